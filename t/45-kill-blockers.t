# --kill-blockers: who is killed for holding the table, and who never is; and
# the deadline of a metadata lock.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my @plugin;
if (($ENV{LIVEALTER_SERVER} // 'mariadb') eq 'mariadb') {
	chomp(my $dir = `t/lib/mariadb-plugin.sh metadata_lock_info`);
	$? == 0 or die "no plugin metadata_lock_info\n";
	@plugin = ("--plugin-dir=$dir");
}
# Far from the system's time zone, by which InnoDB tells its transactions'.
my $s = Server->start(args => [@plugin, '--default-time-zone=-11:00',
    '--event-scheduler=ON']);

sub accounts {
	my ($srv) = @_;
	$srv->sql("CREATE USER app\@localhost, dba\@localhost;
	    GRANT ALL ON app.* TO app\@localhost, dba\@localhost;
	    SET GLOBAL log_bin_trust_function_creators = 1");
}

# As the account that has only what it needs.
sub as_dba {
	my ($run, $srv, @opts) = @_;
	return $run->($srv, { connect => 0 }, 'ADD x INT', 'app', 'orders',
	    '-S', $srv->socket, '-u', 'dba', @opts);
}

# A session of the application, and its id.
sub session {
	my (@do) = @_;
	my $dbh = $s->dbh(user => 'app', database => 'app');
	my ($id) = $dbh->selectrow_array("SELECT CONNECTION_ID()");
	$dbh->do("SET SESSION innodb_lock_wait_timeout = 5");
	for my $sql (@do) {
		my $sth = $dbh->prepare($sql);
		$sth->execute;
		$sth->fetchall_arrayref if $sth->{NUM_OF_FIELDS};
	}
	return ($dbh, $id);
}

sub alive { my ($dbh) = @_; return eval { $dbh->do("DO 1"); 1 } ? 1 : 0 }

sub killed { my ($id) = @_; return qr/connection $id \(.*\) is killed/ }
sub spared {
	my ($id, $why) = @_;
	return qr/connection $id \(\N* is not killed: \N*$why/;
}

sub unaltered {
	my ($r, $exit, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, $exit, "$name: exit status $exit") or diag $r->{err};
	same_definition($s, 'app', 'orders', 'control', '... not altered');
	nothing_left($s, 'app');
}

# --- what it needs ---------------------------------------------------------

accounts($s);
fresh_orders($s, 500);

sub needs {
	my ($name, @says) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = as_dba(\&migrate, $s, '--kill-blockers', 5);
	is($r->{exit}, 3, "$name: exit status 3") or diag $r->{err};
	like($r->{err}, $_, '... and says what it needs') for @says;
	unlike($r->{err}, qr/create the new table/, '... before anything ' .
	    'is made');
}

if ($s->is_mysql) {
	my $mdl = "UPDATE performance_schema.setup_instruments SET " .
	    "ENABLED = '%s' WHERE NAME = 'wait/lock/metadata/sql/mdl'";
	needs('without the right to see locks', qr/metadata_locks cannot/,
	    qr/GRANT SELECT ON performance_schema/);
	$s->sql("GRANT SELECT ON performance_schema.* TO dba\@localhost");
	$s->sql(sprintf $mdl, 'NO');
	needs('without the instrument', qr{wait/lock/metadata/sql/mdl});
	$s->sql(sprintf $mdl, 'YES');
} else {
	needs('without the plugin', qr/METADATA_LOCK_INFO/,
	    qr/INSTALL SONAME 'metadata_lock_info'/);
	$s->sql("INSTALL SONAME 'metadata_lock_info'");
}
needs('without PROCESS', qr/GRANT PROCESS.* ON \*\.\* TO 'dba'/);
$s->sql("GRANT PROCESS ON *.* TO dba\@localhost");
my $right = $s->is_mysql ? 'CONNECTION_ADMIN' : 'CONNECTION ADMIN';
needs('without the right to kill', qr/GRANT $right ON \*\.\* TO 'dba'/);
succeeded(as_dba(\&migrate, $s), 'app', 'orders', 'without the option none ' .
    'of this is needed: the run');
$s->sql("GRANT $right ON *.* TO dba\@localhost");

# --- killed ----------------------------------------------------------------

fresh_orders($s, 500);
{
	my ($idle, $id) = session("BEGIN", "SELECT * FROM orders LIMIT 1");
	# It holds the table without a transaction of InnoDB's.
	my ($none, $id2) = session("BEGIN", "SELECT * FROM orders WHERE 1 = 0");
	my ($wrote, $id3) = session("BEGIN",
	    "UPDATE orders SET note = 'lost' WHERE id = 7");
	my ($busy, $id4) = session("DO 0");
	my $r = as_dba(\&migrate, $s, '--kill-blockers', 2);
	succeeded($r, 'app', 'orders', 'idle transactions older than ' .
	    '--kill-blockers: the run');
	like($r->{err}, killed($_), '... one is killed, and named') for $id,
	    $id2, $id3;
	my ($why) = $r->{err} =~ / $id \(app\@localhost\) is killed: (.*)/;
	like($why // '', qr/^its transaction, open for \d s, holds app.orders/,
	    '... with the reason');
	like($why // '', qr/--kill-blockers is 2; its statement: idle$/,
	    '... and its statement');
	ok(!alive($_), '... it is gone') for $idle, $none, $wrote;
	ok(alive($busy), '... and nobody else');
	same_rows($s, 'app', 'orders', 'control', '... what it had written ' .
	    'is rolled back');
	nothing_left($s, 'app');
}

# The lock of a child is needed to point its foreign key at the new table.
fresh_orders($s, 500);
{
	$s->sql("CREATE TABLE app.line (id INT PRIMARY KEY, o BIGINT, " .
	    "FOREIGN KEY (o) REFERENCES app.orders (id))");
	my ($child, $id) = session("BEGIN", "SELECT * FROM line");
	my $r = as_dba(\&migrate, $s, '--kill-blockers', 2,
	    '--alter-foreign-keys-method', 'auto');
	succeeded($r, 'app', 'orders', 'a child is in use: the run');
	like($r->{err}, killed($id), '... who uses it is killed');
	like($r->{err}, qr/ holds app\.line, /, '... and the child is named');
}

# --- not old enough --------------------------------------------------------

fresh_orders($s, 500);
{
	my ($dbh, $id) = session("BEGIN", "SELECT * FROM orders LIMIT 1");
	my $p = as_dba(\&start_migration, $s, '--kill-blockers', 60);
	$p->wait_for(qr/in use by connection $id /, 30);
	$p->wait_for(qr/trying again in/, 30);
	ok($p->running, 'a younger transaction: it is waited for');
	unlike($p->err, qr/queueing/, '... but not queued for, which would ' .
	    'be in vain');
	ok(eval { $dbh->do("UPDATE orders SET note = 'kept' WHERE id = 7");
	    $dbh->do("COMMIT"); 1 }, '... and goes on') or diag $@;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', '... then the run');
	unlike($r->{err}, qr/killed/, '... and nobody is killed');
	is($s->value("SELECT note FROM app.orders WHERE id = 7"), 'kept',
	    '... with what it wrote');
}

# --- spared ----------------------------------------------------------------

# Until the deadline nobody of these is killed.
my @limit = ('--kill-blockers', 1, '--metadata-lock-deadline', 4,
    '--kill-blockers-max-rows', 100);
sub none_of_them {
	my ($name, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = as_dba(\&migrate, $s, @limit);
	unaltered($r, 34, $name);
	like($r->{err}, qr/orders` was in use for 4 s/, '... by the deadline');
	like($r->{err}, spared($_->[1], $_->[2]), "... $_->[2]")
	    for @{$o{who}};
	ok(alive($_->[0]), '... is there') for @{$o{who}};
	unlike($r->{err}, qr/is killed/, '... as is everybody');
	return $r;
}

fresh_orders($s, 500);
{
	my ($heavy, $id) = session("BEGIN",
	    "UPDATE orders SET note = 'many' WHERE id <= 101");
	none_of_them('more rows modified than --kill-blockers-max-rows',
	    who => [[$heavy, $id, 'its transaction has modified 101 rows']]);
	$heavy->do("ROLLBACK");

	($heavy, $id) = session("BEGIN",
	    "UPDATE orders SET note = 'few' WHERE id <= 100");
	my $r = as_dba(\&migrate, $s, @limit);
	succeeded($r, 'app', 'orders', 'exactly as many rows: the run');
	like($r->{err}, killed($id), '... kills it');
}

fresh_orders($s, 500);
{
	my ($xa, $id) = session("XA START 'a'",
	    "UPDATE orders SET note = 'xa' WHERE id = 7", "XA END 'a'",
	    "XA PREPARE 'a'");
	none_of_them('a prepared XA transaction', who => [[$xa, $id,
	    $s->is_mysql ? 'prepared XA' : 'there is a prepared XA']]);
	$xa->do("XA COMMIT 'a'");
}

fresh_orders($s, 500);
{
	my ($lock, $id) = session("LOCK TABLES orders READ");
	my ($other, $id2) = session(
	    "SELECT GET_LOCK('livealter session 0', 0)", "BEGIN",
	    "SELECT * FROM orders LIMIT 1");
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		my ($dump) = session();
		eval { $dump->do("SELECT /*!40001 SQL_NO_CACHE */ *, " .
		    "SLEEP(60) FROM orders LIMIT 1") };
		require POSIX;
		POSIX::_exit(0);
	}
	$s->sql("CREATE EVENT app.e ON SCHEDULE AT NOW() DO BEGIN " .
	    "START TRANSACTION; DO (SELECT COUNT(*) FROM app.orders); " .
	    "DO SLEEP(60); COMMIT; END");
	my %id;
	poll_until(sub {
		%id = map { $_->[1] => $_->[0] } $s->rows("SELECT ID, " .
		    "LEFT(INFO, 8) FROM information_schema.PROCESSLIST WHERE " .
		    "INFO LIKE '%SLEEP(60)%' AND ID <> CONNECTION_ID()");
		return keys %id == 2;
	}, 20, 'a dump and an event are at it');
	my $r = none_of_them('the untouchable', who => [
	    [$lock, $id, 'it .*holds LOCK TABLES'],
	    [$other, $id2, "it is livealter's"]]);
	like($r->{err}, spared($id{'SELECT /'}, 'it is a dump'), '... a dump');
	like($r->{err}, spared($id{'DO SLEEP'}, "it is the server's own"),
	    '... an event');
	is($s->value("SELECT COUNT(*) FROM information_schema.PROCESSLIST " .
	    "WHERE ID IN (?, ?)", values %id), 2, '... both go on');
	$s->sql("KILL $_") for values %id;
	waitpid $pid, 0;
	$lock->do("UNLOCK TABLES");
	$other->do("ROLLBACK");
}

# By that lock livealters know each other.
{
	my $mark = $s->log_mark;
	succeeded(migrate($s, 'ADD y INT', 'app', 'orders'), 'app', 'orders',
	    'without anybody, the run');
	my @e = $s->log_entries($mark);
	my %marked = map { $_->{id} => 1 } grep { $_->{text} =~
	    /GET_LOCK\(CONCAT\('livealter session '/ } @e;
	is(join(' ', grep { !$marked{$_} } map { $_->{id} }
	    grep { $_->{text} =~ /^(?:INSERT LOW_P|START TRANS|BEGIN)/ } @e),
	    '', '... marks each connection that has transactions');
}

# --- replication -----------------------------------------------------------

{
	my $src = Server->start(tcp => 1, args => ['--log-bin',
	    '--binlog-format=ROW']);
	$s = Server->start(tcp => 1, replica_of => $src,
	    args => [@plugin, '--log-bin']);
	make_orders($src, 'app', 'orders', 500);
	$src->sql("CREATE TABLE app.other (id INT PRIMARY KEY); " .
	    "INSERT INTO app.other VALUES (1)");
	$s->wait_for_source($src);
	copy_table($s, 'app', 'orders', 'control');
	accounts($s);
	$s->sql("INSTALL SONAME 'metadata_lock_info'") if $s->is_mariadb;
	# It waits for a row of another table, and so keeps this one.
	my ($holder) = session("BEGIN", "SELECT * FROM other FOR UPDATE");
	my $w = $src->dbh(database => 'app');
	$w->begin_work;
	$w->do("UPDATE orders SET note = 'late' WHERE id = 7");
	$w->do("DELETE FROM other");
	$w->commit;
	poll_until(sub {
		# Asked again within 0.1 s, it gives the same answer.
		sleep 0.2;
		return $s->value("SELECT COUNT(*) FROM " .
		    "information_schema.INNODB_TRX WHERE trx_state = " .
		    "'LOCK WAIT'");
	}, 20, 'replication waits');
	my $r = migrate($s, 'ADD x INT', 'app', 'orders', '--force', @limit);
	unaltered($r, 34, 'a transaction of replication');
	like($r->{err}, spared(qr/\d+/, '.*or replication'), '... is not ' .
	    'killed');
	$holder->do("ROLLBACK");
	$s->wait_for_source($src);
	is($s->value("SELECT note FROM app.orders WHERE id = 7"), 'late',
	    '... and goes on');
}

done_testing;
