# --reversible and --reverse-triggers: from the moment of the swap on, the old
# table holds what the new one holds, in its own shape.
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(given numbers);
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{SEED} // 70;
note "SEED=$seed";
my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
my @slow = ('--chunk-size', 50, '--chunk-time', 0, '--sleep', 0.01);

# Migrates with writers before, during and after the swap.
sub with_writers {
	my ($name, $alter, %o) = @_;
	my @w = map { start_two_shaped($s, db => 'app', seed => $seed++,
	    ops => $o{ops}, session => $o{session}) } 1 .. 3;
	my $r = migrate($s, $alter, 'app', 't', @slow, @{$o{opts} //
	    ['--reversible']});
	succeeded($r, 'app', 't', $name) or note $r->{err};
	if ($o{in_step}) {
		for (1 .. 10) {
			in_step($s, "... in step while it is written to, $_",
			    't', '_t_old', %{$o{in_step}}) or last;
			sleep 0.02;
		}
	}
	my @rep = map { $_->stop } @w;
	is(join("\n", map { @{$_->{errors}} } @rep), '',
	    '... the application sees no error');
	is($s->value("SELECT COUNT(*) FROM app._t_back"), 0,
	    '... nothing is noted');
	same_bytes($s, 'app', '_t_old', 'control',
	    '... the old table holds what was written', @{$o{columns} // []});
	is(triggers_on($s, 't'), 'livealter_t_rdel livealter_t_rins ' .
	    'livealter_t_rupd', '... the triggers are on the new table');
	is(triggers_on($s, '_t_old'), '', '... and none on the old one');
	same_definition($s, 'app', '_t_old', 'control',
	    '... which is defined as it was');
	is(join(' ', grep { /_new|_notes/ } leftovers($s, 'app')), '',
	    '... nothing else is left');
	return $r;
}

# --- shapes ----------------------------------------------------------------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, a INT, name VARCHAR(20), " .
    "d VARCHAR(10) NOT NULL DEFAULT 'dull', up TIMESTAMP NOT NULL DEFAULT " .
    "'2020-01-01' ON UPDATE CURRENT_TIMESTAMP) CHARSET utf8mb4",
    "INSERT INTO %s (id, a, name, d) SELECT i, i, CONCAT('n', i), 'D' FROM (" .
    numbers(1, 2000) . ") n");
$s->sql("UPDATE app.control SET up = (SELECT up FROM app.t WHERE t.id = " .
    "control.id)");
with_writers('added, renamed, dropped', 'ADD extra INT NOT NULL DEFAULT 5, ' .
    'CHANGE a b BIGINT, RENAME COLUMN name TO title, DROP d', ops => sub {
	my ($r) = @_;
	my ($id, $to, $v, $op) = ($r->(2500), $r->(2500), $r->(100000),
	    $r->(10));
	my $ts = "up = '2024-01-01 00:00:00' + INTERVAL $v SECOND";
	return ["INSERT INTO %s SET id = $id, a = $v, name = 'x$v', $ts",
	    "INSERT INTO %s SET id = $id, b = $v, title = 'x$v', $ts"]
	    if $op < 3;
	return ["UPDATE %s SET a = $v, $ts WHERE id = $id",
	    "UPDATE %s SET b = $v, $ts WHERE id = $id"] if $op < 5;
	return ["UPDATE %s SET name = 'y$v', $ts WHERE id BETWEEN $id AND " .
	    ($id + 2), "UPDATE %s SET title = 'y$v', $ts WHERE id BETWEEN " .
	    "$id AND " . ($id + 2)] if $op < 7;
	return "UPDATE %s SET id = $to, $ts WHERE id = $id" if $op < 8;
	return "DELETE FROM %s WHERE id = $id";
    }, in_step => { id => 'id', b => 'a', title => 'name', up => 'up' });

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, code VARCHAR(20) NOT NULL, " .
    "v INT, w INT DEFAULT 3, UNIQUE KEY (code)) CHARSET utf8mb4",
    "INSERT INTO %s SELECT i, CONCAT('c', i), i, i FROM (" .
    numbers(1, 1500) . ") n");
with_writers('another primary key', 'DROP PRIMARY KEY, ADD PRIMARY KEY ' .
    '(code), DROP KEY code, ADD UNIQUE KEY (id), DROP w', ops => sub {
	my ($r) = @_;
	my ($id, $to, $v, $op) = ($r->(2000), $r->(2000), $r->(1000),
	    $r->(10));
	return "INSERT INTO %s (id, code, v) VALUES ($id, 'c$to', $v)"
	    if $op < 3;
	return "UPDATE %s SET v = $v WHERE id = $id" if $op < 5;
	return "UPDATE %s SET code = 'c$to' WHERE id = $id" if $op < 6;
	return "UPDATE %s SET id = $to, v = $v WHERE code = 'c$id'" if $op < 8;
	return "DELETE FROM %s WHERE code = 'c$id'";
    }, in_step => { id => 'id', code => 'code', v => 'v' });

# Moments by another clock than the server's, in the hour that comes twice.
given($s, "SET time_zone = '+00:00'", "CREATE TABLE %s (id INT PRIMARY KEY, " .
    "ts TIMESTAMP(3) NULL, d TIMESTAMP NULL, e DATETIME NULL)",
    "INSERT INTO %s SELECT i, FROM_UNIXTIME(1761436800 + i * 30), " .
    "FROM_UNIXTIME(1761436800 + i * 30), '2025-05-05 12:00:00' FROM (" .
    numbers(1, 600) . ") n", "SET time_zone = DEFAULT");
with_writers('moments', 'MODIFY d DATETIME NULL, MODIFY e TIMESTAMP NULL',
    session => ["SET time_zone = '+00:00'"], ops => sub {
	my ($r) = @_;
	my ($id, $v, $op) = ($r->(900), 1761430000 + $r->(20000), $r->(10));
	my $ts = "FROM_UNIXTIME($v)";
	# What is written to d and e is the application's own business: these
	# it leaves alone, or to NULL.
	return "INSERT INTO %s (id, ts) VALUES ($id, $ts)" if $op < 4;
	return "UPDATE %s SET ts = $ts WHERE id = $id" if $op < 7;
	return "UPDATE %s SET d = NULL WHERE id = $id" if $op < 8;
	return "DELETE FROM %s WHERE id = $id";
    });

# --- less in the new table than in the old one -----------------------------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, c VARCHAR(10) NOT NULL, " .
    "n INT, x INT, k INT) CHARSET utf8mb4",
    "INSERT INTO %s SELECT i, LPAD(i, 5, '0'), IF(i % 3, i, NULL), i, i FROM " .
    "(" . numbers(1, 500) . ") n");
with_writers('texts of numbers', 'MODIFY c INT NOT NULL, MODIFY n INT NOT ' .
    'NULL', opts => ['--reverse-triggers', '--no-drop-old-table',
    '--null-to-not-null'], ops => sub {
	my ($r) = @_;
	my ($id, $v, $op) = ($r->(900), $r->(1000), $r->(10));
	return "INSERT INTO %s (id, c, n, x) VALUES ($id, '$v', $v, $v)"
	    if $op < 3;
	return "UPDATE %s SET x = $v WHERE id = $id" if $op < 6;
	return "UPDATE %s SET c = '$v', n = $v WHERE id = $id" if $op < 7;
	return "UPDATE %s SET id = $v WHERE id = $id" if $op < 8;
	return "DELETE FROM %s WHERE id = $id";
    });
like($s->value("SELECT GROUP_CONCAT(c) FROM app._t_old"), qr/00\d\d/,
    '... what was not written keeps its zeros');

# --- what the old table cannot hold ----------------------------------------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, u INT, s VARCHAR(5), " .
    "n INT NOT NULL, UNIQUE KEY u (u))",
    "INSERT INTO %s VALUES (1, 1, 'a', 1), (2, 2, 'b', 2), (3, 3, 'c', 3)");
my $r = migrate($s, 'DROP KEY u, MODIFY s VARCHAR(50), MODIFY n INT', 'app',
    't', '--reversible');
succeeded($r, 'app', 't', 'a wider table');
like($r->{err}, qr/unique keys: `u`/, '... the key that may be violated is ' .
    'named');
my $app = $s->dbh(database => 'app');
for my $sql ("INSERT INTO t VALUES (4, 1, 'd', 4)", "UPDATE t SET s = " .
    "'longer than five' WHERE id = 2", "UPDATE t SET n = NULL WHERE id = 3",
    "UPDATE t SET u = 9 WHERE id = 1") {
	ok(eval { $app->do($sql); 1 }, "the application can: $sql")
	    or diag $@;
}
is(join(', ', map { "$_->[0] $_->[1]" } $s->rows("SELECT what, row_key FROM " .
    "app._t_back ORDER BY row_key")), 'update 2, update 3, insert 4',
    '... and what the old table cannot hold is noted');
is($s->value("SELECT u FROM app._t_old WHERE id = 1"), 9,
    '... the rest is written');

# --- numbers ---------------------------------------------------------------

given($s, "CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
    "INSERT INTO %s (v) SELECT i FROM (" . numbers(1, 100) . ") n");
$r = migrate($s, 'ADD w INT', 'app', 't', '--reversible');
succeeded($r, 'app', 't', 'numbers');
$app->do("INSERT INTO t (v) VALUES (1), (2), (3)");
same_bytes($s, 'app', '_t_old', 't', '... come back as they were given', 'id',
    'v');
cmp_ok($s->value("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'app' AND TABLE_NAME = '_t_old'"), '>',
    $s->value("SELECT MAX(id) FROM app.t"), '... and the counter goes along');

# --- what is refused -------------------------------------------------------

sub refused {
	my ($name, $exit, $why, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dump = $s->dump('app');
	my $r = migrate($s, $alter, 'app', 't', @opts);
	is($r->{exit}, $exit, "$name is refused") or diag $r->{err};
	like($r->{err}, $why, '... and why');
	same_dump($s->dump('app'), $dump, '... before anything is done');
}

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, d INT NOT NULL, c VARCHAR(9))",
    "INSERT INTO %s VALUES (1, 1, '1'), (2, 2, '2')");
refused('a dropped column without DEFAULT', 17, qr/`d` \(0\)/, 'DROP d',
    '--reversible');
refused('... with --reverse-triggers', 17, qr/`d` \(0\)/, 'DROP d',
    '--reverse-triggers', '--no-drop-old-table');
refused('--reverse-triggers alone', 1, qr/needs --no-drop-old-table/, 'ADD x ' .
    'INT', '--reverse-triggers');
refused('--reversible without a swap', 1, qr/--no-swap-tables/, 'ADD x INT',
    '--reversible', '--no-swap-tables');
refused('--reversible with the triggers left', 1, qr/--no-drop-triggers/,
    'ADD x INT', '--reversible', '--no-drop-triggers');
if ($s->is_mariadb && $s->version_number >= 100700) {
	given($s, "CREATE TABLE %s (id BINARY(16) PRIMARY KEY, d INT NOT NULL)",
	    "INSERT INTO %s VALUES (UNHEX(REPLACE(UUID(), '-', '')), 1)");
	refused('a key that does not come back', 4, qr/planning the revert/,
	    'MODIFY id UUID NOT NULL', '--reversible');
	given($s, "CREATE TABLE %s (id INT PRIMARY KEY, d INT NOT NULL, " .
	    "c VARCHAR(9))", "INSERT INTO %s VALUES (1, 1, '1'), (2, 2, '2')");
}
$r = migrate($s, 'DROP d', 'app', 't', '--reversible', '--accept-loss');
succeeded($r, 'app', 't', '... but not with --accept-loss');
$app->do("INSERT INTO t VALUES (3, 'x')");
$app->do("UPDATE t SET id = 5, c = 'y' WHERE id = 2");
is(join(' ', map { join ',', @$_ } $s->rows("SELECT id, d, c FROM app._t_old " .
    "ORDER BY id")), '1,1,1 3,0,x 5,2,y', '... and what is there stays');

# --- failures --------------------------------------------------------------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, c VARCHAR(9))",
    "INSERT INTO %s VALUES (1, '1'), (2, '2')");
my $dump = $s->dump('app');
for my $at ('after:plan', 'after:verify', 'before:swap') {
	$r = migrate($s, { env => { LIVEALTER_FAIL_AT => $at } }, 'ADD x INT',
	    'app', 't', '--reversible');
	isnt($r->{exit}, 0, "fails $at");
	same_dump($s->dump('app'), $dump, '... and all is as it was');
}
# Somebody has a trigger of that name.
$s->sql("USE app; CREATE TRIGGER livealter_t_rupd BEFORE INSERT ON control " .
    "FOR EACH ROW SET NEW.c = NEW.c; USE mysql");
$dump = $s->dump('app');
$r = migrate($s, 'ADD x INT', 'app', 't', '--reversible');
is($r->{exit}, 20, 'a trigger that cannot be made');
same_dump($s->dump('app'), $dump, '... and all is as it was');

# --- a dry run -------------------------------------------------------------

$s->sql("DROP TRIGGER app.livealter_t_rupd");
$r = run_livealter($s, '--alter', 'ADD x INT', dsn('app', 't'), '--dry-run',
    '--reversible');
is($r->{exit}, 0, 'a dry run');
like($r->{out}, qr/CREATE TRIGGER `app`.`livealter_t_rins` AFTER INSERT ON/,
    '... shows the triggers');
like($r->{out}, qr/lost when it is taken: `x`/, '... and what would be lost');

done_testing;
