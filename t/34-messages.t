# What is said: who is in the way, which rows and keys, to whom it does not
# matter, once, and each line by whom.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my @plugin;
if (($ENV{LIVEALTER_SERVER} // 'mariadb') eq 'mariadb') {
	chomp(my $dir = `t/lib/mariadb-plugin.sh metadata_lock_info`);
	$? == 0 or die "no plugin metadata_lock_info\n";
	@plugin = ("--plugin-dir=$dir",
	    '--plugin-load-add=metadata_lock_info');
}
my $s = Server->start(args => \@plugin);
my $sees = @plugin || $s->is_mysql;

sub fresh {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE " .
	    "TABLE app.t (id INT PRIMARY KEY, a INT, u INT); INSERT INTO " .
	    "app.t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)");
}

sub each_line {
	my ($name, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @bare = grep { !/^livealter: / } split /\n/, $r->{err};
	is("@bare", '', "$name: each line says that it is livealter's");
	unlike($r->{err}, qr/\\n/, '... and none has two in it');
}

# --- who keeps everybody out -------------------------------------------------

for my $hold ('FLUSH TABLES WITH READ LOCK', $s->is_mysql ?
    'LOCK INSTANCE FOR BACKUP' :
    'BACKUP STAGE START; BACKUP STAGE FLUSH; BACKUP STAGE BLOCK_DDL') {
	my $backup = $s->dbh(user => 'root');
	my ($id) = $backup->selectrow_array('SELECT CONNECTION_ID()');
	my @hold = split /; /, $hold;
	fresh();
	$backup->do($_) for @hold;
	my $r = migrate($s, 'ADD b INT', 'app', 't');
	isnt($r->{exit}, 0, "$hold: nothing can be made");
	like($r->{err}, $sees ? qr/hint: connection $id .*backup/ :
	    qr/hint: .*BACKUP STAGE.*metadata_lock_info/,
	    '... by whom, is said') or diag $r->{err};
	each_line('... it', $r);
	$backup->do($s->is_mysql && @hold == 1 && $hold =~ /INSTANCE/ ?
	    'UNLOCK INSTANCE' : $hold =~ /STAGE/ ? 'BACKUP STAGE END' :
	    'UNLOCK TABLES');
	nothing_left($s, 'app');
	my $p = start_to_step($s, 'before:swap', 'ADD b INT', 'app', 't');
	$backup->do($_) for @hold;
	$p->kill('CONT');
	my $named = qr/connection $id .*backup/;
	my $waits = "SELECT COUNT(*) FROM information_schema.processlist " .
	    "WHERE state LIKE 'Waiting for % lock'";
	poll_until(sub { $p->err =~ $named || !$p->running ||
	    $s->value($waits) });
	like($p->err, $named, '... and in the swap')
	    if $sees && $hold =~ /STAGE/;
	# Some statements are not tried for so long.
	$p->wait if $hold =~ /INSTANCE/;
	like($p->err, $named, '... and in the swap') if $hold =~ /INSTANCE/;
	$backup->disconnect;
	is($p->wait->{exit}, 0, '... which goes on after it')
	    or diag $p->err if $hold !~ /INSTANCE/;
	run_livealter($s, 'cleanup', dsn('app', 't'));
	nothing_left($s, 'app');
}

# --- rows, each on a line of its own -----------------------------------------

fresh();
$s->sql('UPDATE app.t SET u = 1 WHERE id = 3; INSERT INTO app.t VALUES ' .
    '(4, 4, 7), (5, 5, 7)');
my $r = migrate($s, 'ADD UNIQUE KEY uu (u)', 'app', 't');
like($r->{err}, qr/^livealter: error: \s*'1' in 2 rows.*\n.*'7' in 2 rows/m,
    'duplicates have a line each');
each_line('... it', $r);

fresh();
my $p = start_to_step($s, 'after:capture', 'ADD UNIQUE KEY uu (u)', 'app',
    't', '--no-check-unique-key-change');
$s->sql('INSERT INTO app.t VALUES (7, 7, 1), (8, 8, 2)');
$s->sql('UPDATE app.t SET u = 1 WHERE id IN (1, 2)');
$p->kill('CONT');
$r = $p->wait;
isnt($r->{exit}, 0, 'duplicates that are written meanwhile');
like($r->{err}, qr/error 1062|Duplicate entry/, '... are duplicates');
like($r->{err}, qr/\buu\b/, '... of the key');
unlike($r->{err}, qr/1242|Subquery/, '... and nothing else');
each_line('... it', $r);

fresh();
$p = start_to_step($s, 'before:verify', 'ADD b INT', 'app', 't');
$s->sql('UPDATE app._t_new SET a = 9 WHERE id > 1');
$p->kill('CONT');
$r = $p->wait;
is($r->{exit}, 30, 'a difference');
like($r->{err}, qr/livealter's|livealter takes/,
    '... need not be the fault of others');
each_line('... it', $r);

# --- what it does not concern ------------------------------------------------

fresh();
$s->sql("DROP DATABASE IF EXISTS other; CREATE DATABASE other; " .
    "CREATE TABLE other.t (id INT PRIMARY KEY, a INT)");
my $dbh = $s->dbh(database => 'other');
$dbh->do($_) for 'CREATE VIEW v1 AS SELECT a FROM t',
    'CREATE PROCEDURE p1() SELECT a FROM t',
    'CREATE VIEW breaks AS SELECT a FROM app.t',
    'CREATE TRIGGER r1 BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1',
    'CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE a = 1',
    'CREATE TABLE z (t INT, a INT)', 'CREATE VIEW v2 AS SELECT t, a FROM z';
$dbh = $s->dbh(database => 'app');
$dbh->do($_) for 'CREATE VIEW v3 AS SELECT a FROM other.t',
    'CREATE VIEW v4 AS SELECT u FROM t',
    'CREATE PROCEDURE breaks() SELECT a FROM t';
$r = migrate($s, 'DROP COLUMN a', 'app', 't');
is($r->{exit}, 0, 'a column goes') or diag $r->{err};
like($r->{err}, qr/uses `a`: view `other`.`breaks`, procedure `app`.`breaks`$/m,
    '... what uses it is named, and nothing else');
my %said;
$said{$_}++ for grep { /warning/ } split /\n/, $r->{err};
is_deeply([grep { $said{$_} > 1 } keys %said], [], '... once');

# --- one mistake, one line ---------------------------------------------------

for (['--chunk-time=abc', '--execute'], ['--frobnicate'],
    ['--config', '/nonexistent', '--execute']) {
	$r = run_livealter($s, dsn('app', 't'), @$_);
	is($r->{exit}, 1, "@$_ is an error");
	unlike($r->{err}, qr/--alter/, '... and not a missing --alter');
	is(() = $r->{err} =~ /error:/g, 1, '... said once');
}
fresh();
$r = migrate($s, 'MODIFY a INT UNSIGNED', 'app', 't', '--allow-warnings',
    '1264:a,3170:a');
is($r->{exit}, 0, '--allow-warnings takes any number with a column')
    or diag $r->{err};
$s->sql('CREATE TABLE app.k (id VARCHAR(20) PRIMARY KEY)');
$r = migrate($s, 'MODIFY id FLOAT NOT NULL', 'app', 'k');
is($r->{exit}, 4, 'a key that becomes something else');
like($r->{err}, qr/column `id` of a key changes from varchar.* to float/,
    '... is told by what it becomes');
done_testing;
