# --purge-old-table: the old table is emptied chunk by chunk before it is
# dropped, as whatever makes the copy wait allows; it harms nobody, and wherever
# it breaks off it can be gone on with.
#
# long: some twenty migrations, each slowed down so that its end can be watched
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $dir = File::Temp->newdir;
my $file = "$dir/pause";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $DELETE = qr/^DELETE `app`\.`_+orders_(old|new)`/;
my @slow = ('--chunk-size', 50, '--sleep', 0.04, '--verify', 'none',
    '--purge-old-table', '--pause-file', $file);

sub begin { start_migration($s, $ALTER, 'app', 'orders', @slow, @_) }

# The same, with a transaction that holds a row of the old table: however late
# we are, the purge is not at its end.
sub begin_held {
	my $p = start_to_step($s, 'before:drop', $ALTER, 'app', 'orders',
	    @slow, @_);
	my $holder = held();
	$p->kill('CONT');
	return ($p, $holder);
}

sub held {
	my $dbh = $s->dbh(database => 'app');
	$dbh->begin_work;
	$dbh->selectall_arrayref("SELECT id FROM _orders_old WHERE id = 1490 " .
	    "FOR UPDATE");
	return $dbh;
}

# The statements about the old table since the mark, in their order.
sub about_old {
	my ($mark, $re) = @_;
	return grep { /_(old|new)`/ && $_ =~ $re } map { $_->{text} }
	    grep { $_->{command} =~ /^(Query|Execute)$/ }
	    $s->log_entries($mark);
}

sub purging {
	my ($mark, $p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $there = poll_until(sub { about_old($mark, $DELETE) > 1 ? 1 :
	    $p->running ? 0 : -1 }, 30, 'it purges') // 0;
	ok($there > 0, 'the old table is being purged') or diag $p->err;
}

# How many rows the old table has; undef when it is gone.
sub left { eval { $s->value("SELECT COUNT(*) FROM app._orders_old") } }

# A test: it was emptied in chunks, and then dropped.
sub purged {
	my ($mark, $least, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	# MySQL logs the statements of triggers as well.
	my @sql = about_old($mark, qr/^(DELETE `|DROP TABLE )/);
	my @del = grep { /^DELETE/ } @sql;
	cmp_ok(scalar @del, '>=', $least, "$name: it is emptied in chunks");
	is(scalar(grep { !/FORCE INDEX \(.*\) WHERE .*([<>]=|IN) / } @del), 0,
	    '... each a range of its key');
	like($sql[-1] // '', qr/^DROP TABLE IF EXISTS/, '... then dropped');
	# It is tried again when something is in the way.
	shift @sql while @sql && $sql[0] !~ /^DROP/;
	is(scalar(grep { !/^DROP/ } @sql), 0, '... and nothing comes after it');
}

# --- what does not go together ---------------------------------------------

fresh_orders($s, 300);
my $dump = $s->dump('app');
for my $with ('--no-drop-old-table', '--reversible', '--no-swap-tables',
    '--no-drop-triggers') {
	my $r = migrate($s, $ALTER, 'app', 'orders', '--purge-old-table',
	    $with);
	is($r->{exit}, 1, "with $with it is refused");
	like($r->{err}, qr/--purge-old-table: not together with.*\Q$with\E/,
	    '... with the reason');
}

# --- what is shown is what is sent -----------------------------------------

my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run',
    '--purge-old-table');
my ($planned) = $r->{out} =~ /^(DELETE `app`.*) WHERE 1;\nDROP TABLE/m;
ok($planned, 'a dry run shows the DELETE before the DROP') or diag $r->{out};
same_dump($s->dump('app'), $dump, '... and purges nothing');
unlike(run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run')
    ->{out}, qr/^DELETE/m, '... and without the option there is none');

# --- the ordinary case, with an application --------------------------------

{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 100, seed => 84);
	my $mark = $s->log_mark;
	$r = migrate($s, $ALTER, 'app', 'orders', @slow);
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', 'with --purge-old-table it');
	hammer_ok($rep, 1500, '... the application');
	purged($mark, 5, 'the old table');
	is(scalar(grep { index($_, "$planned WHERE") != 0 }
	    about_old($mark, $DELETE)), 0, '... as the dry run said');
	like($r->{err}, qr/purging `app`\.`_orders_old`, of about \d+ rows/,
	    '... it is said when it begins');
	like($r->{err}, qr/purged (\d+) rows in /, '... and what it came to');
	same_rows($s, 'app', 'orders', 'control',
	    '... the table has every row that was written');
	nothing_left($s, 'app');
}

# --- it waits, and says so -------------------------------------------------

fresh_orders($s, 4000);
{
	my $mark = $s->log_mark;
	my $p = begin('--progress', 'time,1');
	purging($mark, $p);
	spew($file, '');
	ok($p->wait_for(qr/pausing, to wait for the file \Q$file\E/, 20),
	    'a pause file holds up the purge');
	my ($n, $since) = (-1, time);
	poll_until(sub {
		my $now = about_old($mark, $DELETE);
		($n, $since) = ($now, time) if $now != $n;
		return time - $since > 1;
	}, 20, 'no more chunks');
	my $left = left();
	my $gone = 4000 - $left;
	ok($p->running && $left, '... the old table stays, with its rows');
	ok($p->wait_for(qr/purged \d+ rows, \d+%/, 10),
	    '... the line of progress counts them');
	$p->kill('USR1');
	ok($p->wait_for(qr/status: .*purged \d+ rows.*waiting for the file/,
	    10), '... so does SIGUSR1');
	my $text;
	poll_until(sub {
		$text = run_livealter($s, 'status', 'D=app,t=orders')->{out};
		return $text =~ /rows: purged $gone rows.*waits for: the file/s;
	}, 10, 'the status says how far it is, and what it waits for')
	    or diag $text;
	like($text, qr/: running, purging\n/, '... and what it does');
	my $json = JSON::PP::decode_json(run_livealter($s, 'status',
	    'D=app,t=orders', '--output', 'json')->{out})->{migrations}[0];
	is("$json->{state} $json->{rows}", "purging $gone",
	    '... also for machines');
	unlink $file;
	succeeded($p->wait(60), 'app', 'orders', 'without the file it');
	purged($mark, 10, '... the old table');
	nothing_left($s, 'app');
}

# --- it ends early ---------------------------------------------------------

# A test: altered, but the old table is there with some rows.
sub broken_off {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 38, "$name: the exit status") or diag $r->{err};
	my $left = left() // 0;
	ok($left > 0 && $left < 1500, "... $left rows are left");
	like($r->{err}, qr/_orders_old` is not purged, and stays/,
	    '... which it says');
	like($r->{err}, qr/hint: .*: livealter cleanup .*t=orders/,
	    '... and how to go on');
	like($r->{out}, qr/^DROP TABLE IF EXISTS `app`\.`_orders_old`;$/m,
	    '... or what to run');
	ok((grep { $_ eq 'extra' } table_columns($s, 'app', 'orders')),
	    '... the table is altered');
	same_rows($s, 'app', 'orders', 'control', '... and complete');
	like(run_livealter($s, 'status', 'D=app,t=orders')->{out},
	    qr/: swapped, purging\n.*livealter cleanup/s,
	    '... the status knows');
	is(migrate($s, 'ADD y INT', 'app', 'orders')->{exit}, 17,
	    '... another run is refused');
}

for my $sig ('INT', 'TERM') {
	fresh_orders($s, 1500);
	my $mark = $s->log_mark;
	my ($p, $holder) = begin_held();
	purging($mark, $p);
	$p->kill($sig);
	broken_off($p->wait(30), "SIG$sig");
	$holder->rollback;
	$mark = $s->log_mark;
	$r = run_livealter($s, 'cleanup', 'D=app,t=orders');
	is($r->{exit}, 0, 'cleanup goes on') or diag $r->{err};
	purged($mark, 2, '... with the rest');
	nothing_left($s, 'app');
}

fresh_orders($s, 1500);
{
	my $mark = $s->log_mark;
	my ($p, $holder) = begin_held();
	purging($mark, $p);
	$p->kill('KILL');
	$holder->rollback;
	gone($s, $mark, $p);
	$holder = held();
	$mark = $s->log_mark;
	$p = start_livealter($s, 'cleanup', 'D=app,t=orders');
	purging($mark, $p);
	$p->kill('TERM');
	broken_off($p->wait(30), 'cleanup that is interrupted');
	$holder->rollback;
	$mark = $s->log_mark;
	$r = run_livealter($s, 'resume', 'D=app,t=orders');
	succeeded($r, 'app', 'orders', 'resume, after two that died,');
	purged($mark, 2, '... goes on');
	same_rows($s, 'app', 'orders', 'control', '... no row is missing');
	nothing_left($s, 'app');
}

fresh_orders($s, 1500);
{
	my $mark = $s->log_mark;
	my ($p, $holder) = begin_held();
	purging($mark, $p);
	$p->kill('KILL');
	$holder->rollback;
	gone($s, $mark, $p);
	$mark = $s->log_mark;
	$r = run_livealter($s, 'cleanup', '--no-purge-old-table',
	    'D=app,t=orders');
	is($r->{exit}, 0, 'cleanup --no-purge-old-table') or diag $r->{err};
	is(scalar about_old($mark, $DELETE), 0, '... drops it at once');
	nothing_left($s, 'app');
}

# A load that is critical ends the purge, and does not make it a DROP.
fresh_orders($s, 1500);
{
	my $mark = $s->log_mark;
	my ($p, $holder) = begin_held('--critical-load',
	    'Threads_connected=30');
	purging($mark, $p);
	my @busy = map { $s->dbh } 1 .. 40;
	$r = $p->wait(30);
	@busy = ();
	broken_off($r, 'a critical load');
	$holder->rollback;
	like($r->{err}, qr/Threads_connected is \d+/, '... by name');
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... cleanup goes on');
	nothing_left($s, 'app');
}

# --- whoever has to do with the table --------------------------------------

# Cascades to children and to the table itself.
{
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.orders (id INT PRIMARY KEY, up INT, " .
	    "CONSTRAINT u FOREIGN KEY (up) REFERENCES orders (id) " .
	    "ON DELETE CASCADE)");
	$s->sql("CREATE TABLE app.log (w VARCHAR(9))");
	$s->sql("CREATE TRIGGER app.gone AFTER DELETE ON app.orders FOR EACH " .
	    "ROW INSERT INTO log VALUES ('gone')");
	$s->sql("INSERT INTO app.orders VALUES (1, NULL), " . join ', ',
	    map { "($_, " . int($_ / 2) . ')' } 2 .. 300);
	$s->sql("CREATE TABLE app.item (o INT, CONSTRAINT o FOREIGN KEY (o) " .
	    "REFERENCES orders (id) ON DELETE CASCADE)");
	$s->sql("INSERT INTO app.item SELECT id FROM app.orders");
	my $mark = $s->log_mark;
	$r = migrate($s, $ALTER, 'app', 'orders', @slow);
	succeeded($r, 'app', 'orders', 'with foreign keys and a trigger it');
	purged($mark, 5, 'the old table');
	is(join(' ', map { $s->value("SELECT COUNT(*) FROM app.$_") }
	    qw(orders item log)), '300 300 0',
	    '... nothing is deleted but its own rows, and no trigger fires');
	$s->sql("DELETE FROM app.orders WHERE id = 80");
	is($s->value("SELECT COUNT(*) FROM app.item"),
	    $s->value("SELECT COUNT(*) FROM app.orders"),
	    '... and the keys act as before');
	nothing_left($s, 'app');
}

# Keys that come to reference the old table, and triggers on it.
for my $what ('a foreign key', 'a trigger') {
	fresh_orders($s, 400);
	$s->sql("CREATE TABLE app.log (w VARCHAR(9))");
	my $p = start_to_step($s, 'before:drop', $ALTER, 'app', 'orders',
	    @slow);
	my $key = $what =~ /key/;
	$s->sql($key ? "CREATE TABLE app.other (o BIGINT, CONSTRAINT oo " .
	    "FOREIGN KEY (o) REFERENCES _orders_old (id) " .
	    "ON DELETE CASCADE)" : "CREATE TRIGGER app.theirs AFTER DELETE " .
	    "ON app._orders_old FOR EACH ROW INSERT INTO log VALUES ('x')");
	$s->sql("INSERT INTO app.other SELECT id FROM app._orders_old") if $key;
	my $mark = $s->log_mark;
	$p->kill('CONT');
	$r = $p->wait(60);
	is($r->{exit}, 38, "$what of others: it is not purged")
	    or diag $r->{err};
	is(scalar about_old($mark, qr/^(DELETE|DROP TABLE) /), 0,
	    '... and not dropped');
	is(left(), 400, '... the rows stay');
	like($r->{err}, $key ? qr/`oo` of `app`\.`other`/ : qr/`theirs`|theirs/,
	    '... it is named') or diag $r->{err};
	is($s->value("SELECT COUNT(*) FROM app." . ($key ? 'other' : 'log')),
	    $key ? 400 : 0, '... and nothing happens to them');
	$s->sql($key ? "DROP TABLE app.other" : "DROP TRIGGER app.theirs");
	$mark = $s->log_mark;
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... without it cleanup goes on');
	purged($mark, 2, '... the old table');
	nothing_left($s, 'app');
}

# --- with a revert ---------------------------------------------------------

for my $command ('cleanup', 'revert') {
	fresh_orders($s, 400);
	$r = migrate($s, $ALTER, 'app', 'orders', '--reversible');
	succeeded($r, 'app', 'orders', 'with --reversible it');
	my $mark = $s->log_mark;
	$r = run_livealter($s, $command, '--purge-old-table', '--chunk-size',
	    50, 'D=app,t=orders', $command eq 'revert' ? '--accept-loss' : ());
	is($r->{exit}, 0, "$command --purge-old-table") or diag $r->{err};
	purged($mark, 5, '... the table that goes');
	same_rows($s, 'app', 'orders', 'control', '... the other one stays');
	is(scalar(grep { $_ eq 'extra' } table_columns($s, 'app', 'orders')),
	    $command eq 'revert' ? 0 : 1, '... in its shape');
	nothing_left($s, 'app');
}

# --- keys ------------------------------------------------------------------

my %shape = (
	'a partitioned table' => "id INT PRIMARY KEY) PARTITION BY HASH (id) " .
	    "PARTITIONS 3",
	'a key of two texts' => "id INT NOT NULL, a VARCHAR(9) COLLATE " .
	    "utf8mb4_bin, PRIMARY KEY (a, id)) CHARSET=utf8mb4",
	'an ENUM' => "id INT NOT NULL, a ENUM('z', 'b', 'c') NOT NULL, " .
	    "UNIQUE KEY k (a, id))",
	'a TIMESTAMP' => "a TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, " .
	    "id INT NOT NULL, PRIMARY KEY (a, id))",
	'a descending key' => "id INT NOT NULL, PRIMARY KEY (id DESC))",
	'an empty table' => "id INT PRIMARY KEY)",
);
for my $name (sort keys %shape) {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.orders ($shape{$name}");
	my @cols = grep { $_ ne 'id' } table_columns($s, 'app', 'orders');
	my $value = $name =~ /ENUM/ ? 'MOD(id, 3) + 1' :
	    $name =~ /TIMESTAMP/ ? "'2026-10-25 00:30:00' + INTERVAL id DAY" :
	    "CONCAT('x', id)";
	$s->sql("INSERT INTO app.orders (" . join(', ', 'id', @cols) . ") " .
	    "SELECT id" . (@cols ? ", $value" : '') . " FROM (SELECT " .
	    "100 * a.n + 10 * b.n + c.n AS id FROM " . join(', ', map {
	    '(' . join(' UNION ALL ', map { "SELECT $_ n" } 0 .. 9) . ") $_"
	    } qw(a b c)) . ") t WHERE id < 300") if $name !~ /empty/;
	my $mark = $s->log_mark;
	$r = migrate($s, 'ADD extra INT', 'app', 'orders', @slow);
	succeeded($r, 'app', 'orders', "$name:");
	purged($mark, 5, $name) if $name !~ /empty/;
	my $n = $name =~ /empty/ ? 0 : 300;
	like($r->{err}, qr/purged $n rows/, '... to the last row');
	is($s->value('SELECT COUNT(*) FROM app.orders'), $n,
	    '... and the table is as it was');
	nothing_left($s, 'app');
}

done_testing;
