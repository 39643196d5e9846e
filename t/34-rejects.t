# What the new table cannot hold: never lost in silence, never the
# application's problem.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(hold);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @chunks = ('--chunk-size', 50, '--chunk-time', 0, '--threads', 1,
    '--tries', 'copy_rows:40:0.25');
# As pt-online-schema-change wants it; here it is safe in any case.
my @uniq = ('--no-check-unique-key-change');

sub fresh {
	my ($rows) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app;
	    CREATE TABLE t (id INT PRIMARY KEY, u INT, v VARCHAR(40),
	    w INT) DEFAULT CHARSET=utf8mb4; USE mysql");
	$s->sql("INSERT INTO app.t VALUES " . join ', ', map {
	    "($_, $_, 'v$_', " . $_ * 2 . ")" } 1 .. $rows // 400);
}

# Runs it and expects it to end so, with nothing changed.
sub refused {
	my ($name, $exit, $why, $alter, @opts) = @_;
	my $dump = $s->dump('app');
	my $r = migrate($s, $alter, 'app', 't', @opts);
	my $ok = grep { $r->{exit} == $_ } ref $exit ? @$exit : $exit;
	ok($ok, "$name: ends with " . join ' or ', ref $exit ? @$exit : $exit)
	    or diag "exit $r->{exit}\n$r->{err}";
	like($r->{err}, $why, '... says why');
	same_dump($s->dump('app'), $dump, '... and all is undone');
	return $r;
}

# Starts it, and holds it where its first 50 rows are copied.
sub start_to_row {
	my ($alter, @opts) = @_;
	my $p = start_to_step($s, 'before:copy', $alter, 'app', 't', @chunks,
	    @opts);
	my $pin = hold($s, $p, at => 'id = 51', below => 50);
	ok($pin, '(the copy is held)') or diag $p->err;
	return ($p, $pin);
}

# Starts it, has the application write while it copies, and waits.
sub while_copying {
	my ($name, $exit, $why, $alter, $opts, @sql) = @_;
	my ($p, $pin) = start_to_row($alter, @$opts);
	my $dbh = $s->dbh(database => 'app');
	for my $sql (@sql) {
		ok(eval { $dbh->do($sql); 1 },
		    "$name: the application's statement succeeds") or diag $@;
	}
	my $dump = rows_of($s, 'app', 't');
	$pin->rollback if $pin;
	my $r = $p->wait(60);
	my $ok = grep { $r->{exit} == $_ } ref $exit ? @$exit : $exit;
	ok($ok, '... the run ends with ' . join ' or ', ref $exit ? @$exit
	    : $exit) or diag "exit $r->{exit}\n$r->{err}";
	like($r->{err}, $why, '... and says why');
	same_dump(rows_of($s, 'app', 't'), $dump,
	    '... the application\'s rows are there');
	nothing_left($s, 'app');
	return $r;
}

# --- unique keys -----------------------------------------------------------

fresh();
$s->sql("UPDATE app.t SET u = 7 WHERE id = 390");
my $r = refused('ADD UNIQUE with a duplicate', 35, qr/uu/,
    'ADD UNIQUE KEY uu (u)', @uniq, '--chunk-size', 50);
like($r->{err}, qr/\b7\b/, '... with the value');

fresh();
succeeded(migrate($s, 'ADD UNIQUE KEY uu (u)', 'app', 't', @uniq), 'app', 't',
    'ADD UNIQUE without duplicates');
is($s->value("SELECT COUNT(*) FROM app.t"), 400, '... with all rows');

fresh();
while_copying('a duplicate written during the copy', 36, qr/uu|unique/i,
    'ADD UNIQUE KEY uu (u)', \@uniq,
    "INSERT INTO t VALUES (0, 1, 'dup', 0)",
    "INSERT INTO t VALUES (-1, 1, 'dup', 0)");
fresh();
while_copying('an update to a duplicate', 36, qr/uu|unique/i,
    'ADD UNIQUE KEY uu (u)', \@uniq,
    "UPDATE t SET u = 1 WHERE id IN (2, 3)");
fresh();
$s->sql("ALTER TABLE app.t MODIFY v VARCHAR(40) COLLATE utf8mb4_bin, " .
    "ADD UNIQUE KEY vv (v); INSERT INTO app.t VALUES (-5, -5, 'V5', 0)");
refused('a collation that makes values equal', 35, qr/vv/, 'MODIFY v ' .
    'VARCHAR(40) COLLATE utf8mb4_general_ci', @uniq);

# --- narrower types --------------------------------------------------------

for my $c (
    ['a shorter VARCHAR', 'MODIFY v VARCHAR(3)', 'v'],
    ['a smaller integer', 'MODIFY w TINYINT', 'w'],
    ['an unsigned integer', 'MODIFY u INT UNSIGNED', 'u',
	"UPDATE app.t SET u = -1 WHERE id = 300"],
    ['text as a number', 'MODIFY v INT', 'v'],
    ['text that the character set lacks', 'MODIFY v VARCHAR(40) CHARACTER ' .
	'SET latin1', 'v',
	"UPDATE app.t SET v = '\xe2\x98\x83' WHERE id = 300"],
    ['an ENUM without the value', "MODIFY v ENUM('v1', 'v2')", 'v'],
    ['a DATE that is none', 'MODIFY v DATE', 'v'],
) {
	my ($name, $alter, $col, @sql) = @$c;
	fresh();
	$s->sql($_) for @sql;
	my $r = refused($name, 35, qr/\b\Q$col\E\b/, $alter, '--chunk-size',
	    50);
	like($r->{err}, qr/row \d+, column `$col`, from '.*' to ('|NULL)/,
	    '... and in which row, with both values');
}

fresh(60);
while_copying('a value too long written during the copy', 36, qr/v/,
    'MODIFY v VARCHAR(3)', [],
    "INSERT INTO t VALUES (0, 0, 'much too long', 0)");
fresh(60);
while_copying('a value too large written during the copy', 36, qr/w/,
    'MODIFY w TINYINT', [], "UPDATE t SET w = 70000 WHERE id = 1");
fresh(200);
{
	# The writer's own session is not strict: the trigger is.
	my ($p, $pin) = start_to_row('MODIFY v VARCHAR(5)');
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET sql_mode = ''");
	ok(eval { $dbh->do("UPDATE t SET v = 'much too long' WHERE id = 1");
	    1 }, 'a session that is not strict may write it');
	$pin->rollback if $pin;
	is($p->wait(60)->{exit}, 36, '... and it is seen all the same');
	is($s->value("SELECT v FROM app.t WHERE id = 1"), 'much too long',
	    '... the value is there');
	nothing_left($s, 'app');
}

fresh(150);
$r = migrate($s, 'MODIFY v VARCHAR(3)', 'app', 't', '--allow-warnings',
    '1265:v');
succeeded($r, 'app', 't', '--allow-warnings 1265:v');
is($s->value("SELECT v FROM app.t WHERE id = 150"), 'v15',
    '... lets the value be cut');
is($s->value("SELECT COUNT(*) FROM app.t"), 150, '... and no row is lost');
fresh(150);
refused('--allow-warnings of another column', 35, qr/\bv\b/,
    'MODIFY v VARCHAR(3)', '--allow-warnings', '1265:w');
fresh(150);
refused('--allow-warnings of another code', 35, qr/\bv\b/,
    'MODIFY v VARCHAR(3)', '--allow-warnings', '1264');

# --- NULL ------------------------------------------------------------------

fresh(150);
$s->sql("UPDATE app.t SET w = NULL WHERE id = 77");
refused('NULL to NOT NULL', 35, qr/\bw\b/, 'MODIFY w INT NOT NULL');
$r = migrate($s, 'MODIFY w INT NOT NULL', 'app', 't', '--null-to-not-null');
succeeded($r, 'app', 't', '--null-to-not-null');
is($s->value("SELECT w FROM app.t WHERE id = 77"), 0,
    '... NULL has become the type\'s own default');
is($s->value("SELECT SUM(w) FROM app.t"), 150 * 151 - 154,
    '... and the others stay');
fresh(150);
while_copying('a NULL written during the copy', 36, qr/w/,
    'MODIFY w INT NOT NULL', [], "UPDATE t SET w = NULL WHERE id = 1");
fresh(150);
{
	my ($p, $pin) = start_to_row('MODIFY w INT NOT NULL',
	    '--null-to-not-null');
	ok(eval { $s->sql("UPDATE app.t SET w = NULL WHERE id IN (1, 149)");
	    1 }, 'a NULL written with --null-to-not-null');
	$pin->rollback if $pin;
	succeeded($p->wait(60), 'app', 't', '... then the run');
	is($s->value("SELECT GROUP_CONCAT(id) FROM app.t WHERE w = 0"),
	    '1,149', '... with the default instead');
}

# --- meddling --------------------------------------------------------------

for my $at ('before:copy', 'after:copy') {
	fresh();
	my $p = start_to_step($s, $at, 'ADD z INT', 'app', 't', @chunks);
	$s->sql("DROP TABLE app._t_new");
	my $dbh = $s->dbh(database => 'app');
	ok(eval { $dbh->do("UPDATE t SET v = 'on' WHERE id = 1");
	    $dbh->do("INSERT INTO t VALUES (1000, 1, 'on', 1)");
	    $dbh->do("DELETE FROM t WHERE id = 5"); 1 },
	    "the new table is dropped $at: the application goes on")
	    or diag $@;
	$p->kill('CONT');
	my $r = $p->wait(60);
	cmp_ok($r->{exit}, '>', 0, '... the run ends non-zero');
	cmp_ok($r->{exit}, '<=', 125, '... by itself');
	like($r->{err}, qr/_t_new/, '... names the table');
	is($s->value("SELECT COUNT(*) FROM app.t"), 400, '... the rows are');
	nothing_left($s, 'app');
}

for my $which (qw(del upd ins)) {
	fresh();
	my $p = start_to_step($s, 'before:copy', 'ADD z INT', 'app', 't',
	    @chunks);
	my ($name) = map { $_->[0] } $s->rows("SELECT trigger_name FROM " .
	    "information_schema.triggers WHERE trigger_schema = 'app' AND " .
	    "event_manipulation = ?", { del => 'DELETE', upd => 'UPDATE',
	    ins => 'INSERT' }->{$which});
	$s->sql("DROP TRIGGER app." . Story::q($name));
	$s->sql("DELETE FROM app.t WHERE id = 1; " .
	    "UPDATE app.t SET v = 'x' WHERE id = 2; " .
	    "INSERT INTO app.t VALUES (-9, 0, 'x', 0)");
	my $dump = rows_of($s, 'app', 't');
	$p->kill('CONT');
	my $r = $p->wait(60);
	is($r->{exit}, 12, "a trigger ($which) is dropped: ends with 12")
	    or diag $r->{err};
	like($r->{err}, qr/\Q$name\E/, '... and names it');
	same_dump(rows_of($s, 'app', 't'), $dump, '... the rows are there');
	nothing_left($s, 'app');
}

for my $c (
    ['changed', "UPDATE app._t_new SET v = 'other' WHERE id = 3", 3],
    ['deleted', "DELETE FROM app._t_new WHERE id = 4", 4],
    ['inserted', "INSERT INTO app._t_new (id, v) VALUES (-17, 'x')", -17],
    ['swapped', "UPDATE app._t_new SET u = 6 WHERE id = 5; " .
	"UPDATE app._t_new SET u = 5 WHERE id = 6", '[56]'],
) {
	my ($name, $sql, $id) = @$c;
	for my $opts (['--threads', 1], ['--threads', 3]) {
		fresh();
		my $dump = $s->dump('app');
		my $p = start_to_step($s, 'after:copy', 'ADD z INT', 'app',
		    't', @chunks, @$opts);
		$s->sql($sql);
		$p->kill('CONT');
		my $r = $p->wait(60);
		is($r->{exit}, 30, "a row $name behind the triggers' back " .
		    "(@$opts): ends with 30") or diag $r->{err};
		like($r->{err} . $r->{out}, qr/(?<!\d)$id\b/,
		    '... names the row');
		same_dump($s->dump('app'), $dump, '... and all is undone');
	}
}
fresh();
{
	my $p = start_to_step($s, 'after:copy', 'ADD z INT', 'app', 't',
	    @chunks, '--verify=count');
	$s->sql("DELETE FROM app._t_new WHERE id = 4");
	$p->kill('CONT');
	is($p->wait(60)->{exit}, 30, 'a missing row with --verify=count: 30');
	nothing_left($s, 'app');
}

done_testing;
