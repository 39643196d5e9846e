# Keys over generated columns: rows are found by what nobody assigns, while an
# application writes to the columns that it is computed from.  Only MySQL has
# generated columns that are NOT NULL, and so keys of them to walk by.
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(given numbers);
use KeyCase;
use LiveAlter;
use Server;
use Story;
use Test::More;

note "SEED=$KeyCase::seed";
my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
$s->sql("CREATE DATABASE app");

# ALTER TABLE does it, we cannot, and say so before anything is made.
sub refused {
	my ($name, $why, $def, $alter, $exit) = @_;
	$s->sql("USE app; DROP TABLE IF EXISTS t, control; CREATE TABLE t " .
	    "($def) DEFAULT CHARSET=utf8mb4; USE mysql");
	my $dump = $s->dump('app');
	my $r = migrate($s, $alter, 'app', 't');
	is($r->{exit}, $exit // 4, "$name: refused") or diag $r->{err};
	like($r->{err}, $why, '... with the reason');
	is($s->dump('app'), $dump, '... and nothing is made');
}

# --- MariaDB: they may always be NULL ----------------------------------------

if ($s->is_mariadb) {
	refused("a unique key of a $_ column alone", qr/may be NULL/,
	    "a INT NOT NULL, g INT AS (a + 1) $_, UNIQUE KEY (g)",
	    'ADD z INT') for qw(PERSISTENT VIRTUAL);
	for my $kind (qw(PERSISTENT VIRTUAL)) {
		key_case($s, "a unique key of a $kind column beside another",
		    def => "k INT PRIMARY KEY, b INT, w VARCHAR(20), g INT " .
		    "AS (b * 2) $kind, l VARCHAR(30) AS (CONCAT(LOWER(w), " .
		    "'-', b)) $kind, UNIQUE KEY (g), UNIQUE KEY (l, g)",
		    key => [qw(k b w)], keys => sub { my ($r) = @_;
		    ($r->(90), $r->(90), str(pick($r, qw(a A b)))) },
		    alter => 'ADD z INT, MODIFY b BIGINT');
	}
	done_testing;
	exit;
}

# --- keys of MySQL -----------------------------------------------------------

my $ref = "ref VARCHAR(36) AS (JSON_UNQUOTE(body->'\$.ref')) STORED NOT NULL";
my $json = sub { my ($r) = @_; ($r->(4), "CAST('{\"ref\": \"" .
    pick($r, 'a' .. 'h') . $r->(5) . "\", \"x\": 1}' AS JSON)") };
my $word = sub { my ($r) = @_; str(join '', map { pick($r, qw(a A b c),
    "\xc3\xa4", "\xc3\x89") } 0 .. $r->(4)) };

key_case($s, 'PRIMARY KEY, stored column last', key => ['tenant', 'body'],
    keys => $json, def => "tenant INT NOT NULL, body JSON NOT NULL, $ref, " .
    "PRIMARY KEY (tenant, ref)");
key_case($s, 'PRIMARY KEY, stored column first, and a wider type beside it',
    key => ['tenant', 'body'], keys => $json, def => "$ref, tenant INT NOT " .
    "NULL, body JSON NOT NULL, PRIMARY KEY (ref DESC, tenant)",
    alter => 'MODIFY tenant BIGINT NOT NULL, ADD z INT');
key_case($s, 'PRIMARY KEY of a column computed from two', keys => sub {
    my ($r) = @_; ($r->(15), $word->($r)) }, key => ['a', 'b'],
    def => "a INT NOT NULL, b VARCHAR(20) NOT NULL, g VARCHAR(40) AS " .
    "(CONCAT(a, '''-\\\\', b)) STORED NOT NULL PRIMARY KEY");
key_case($s, 'UNIQUE KEY of a virtual column', key => ['a'],
    keys => int_key(-75, 150), def => 'a INT NOT NULL, g BIGINT AS (a * 2) ' .
    'VIRTUAL NOT NULL, UNIQUE KEY (g)');
key_case($s, 'UNIQUE KEY of virtual columns, one computed from the other',
    key => ['a', 'd'], keys => sub { my ($r) = @_; ($r->(12), "'2026-0" .
    (1 + $r->(9)) . "-11 10:20:30'") }, def => 'a INT NOT NULL, d DATETIME ' .
    'NOT NULL, m DATE AS (CAST(d AS DATE)) VIRTUAL NOT NULL, g INT AS ' .
    '(MONTH(m) * 100 + a) VIRTUAL NOT NULL, UNIQUE KEY (m, g)');
key_case($s, 'PRIMARY KEY of a digest', key => ['u'], keys => $word,
    rows => 120, def => 'u VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, ' .
    'h BINARY(32) AS (UNHEX(SHA2(u, 256))) STORED NOT NULL PRIMARY KEY');
key_case($s, 'PRIMARY KEY of an ENUM and a text of latin1',
    key => ['n', 'w'], keys => sub { my ($r) = @_; (1 + $r->(3),
    $word->($r)) }, rows => 120, def => "n INT NOT NULL, w VARCHAR(20) NOT " .
    "NULL, e ENUM('z', 'a', 'm') AS (ELT(n, 'z', 'a', 'm')) STORED NOT " .
    "NULL, l VARCHAR(20) CHARACTER SET latin1 AS (UPPER(w)) STORED NOT " .
    "NULL, PRIMARY KEY (e, l)");
key_case($s, 'PRIMARY KEY with the day of a TIMESTAMP, by the server\'s clock',
    key => ['id', 'ts'], keys => sub { my ($r) = @_; ($r->(60),
    sprintf "'2026-0%d-10 %02d:30:00'", 1 + $r->(3), $r->(24)) },
    def => 'id INT NOT NULL, ts TIMESTAMP NOT NULL, day DATE AS ' .
    '(CAST(ts AS DATE)) STORED NOT NULL, PRIMARY KEY (id, day)');

# --- what ALTERs make of them ------------------------------------------------

my $lower = 'a INT NOT NULL, b VARCHAR(20) NOT NULL, g VARCHAR(20) AS ' .
    "(CONCAT(LOWER(b), '-')) STORED NOT NULL, PRIMARY KEY (a, g)";
my %lower = (key => ['a', 'b'], keys => sub { ($_[0]->(5), $word->($_[0])) });
key_case($s, 'wider columns in the expression, and the generated one',
    def => $lower, %lower, alter => "MODIFY b VARCHAR(40) NOT NULL, MODIFY " .
    "g VARCHAR(60) AS (CONCAT(LOWER(b), '-')) STORED NOT NULL, ADD y INT AS " .
    "(a + 1) VIRTUAL, ADD UNIQUE KEY (a, g, y)");
key_case($s, 'utf8mb3 that becomes utf8mb4', def => $lower, %lower,
    options => 'DEFAULT CHARSET=utf8mb3',
    alter => 'CONVERT TO CHARACTER SET utf8mb4');
key_case($s, 'another primary key of the same columns', def => $lower, %lower,
    alter => 'DROP PRIMARY KEY, ADD PRIMARY KEY (g, a)');
# A name that changes is another text in the expression.  The application uses
# the one that there is.
given($s, "CREATE TABLE %s ($lower) CHARSET utf8mb4", "INSERT INTO %s (a, b) " .
    "SELECT i % 7, CONCAT('N', i) FROM (" . numbers(1, 500) . ") n");
my $ops = sub {
	my ($r) = @_;
	my ($a, $n, $to) = ($r->(7), $r->(600), $r->(600));
	my @sql = ("INSERT INTO %s (a, b) VALUES ($a, 'n$n')",
	    "UPDATE %s SET b = 'n$to' WHERE a = $a AND b = 'N$n'",
	    "UPDATE %s SET a = $a WHERE b = 'N$n'",
	    "REPLACE INTO %s (a, b) VALUES ($a, 'N$n')",
	    "INSERT INTO %s (a, b) VALUES ($a, 'n$n') ON DUPLICATE KEY " .
	    "UPDATE b = 'n$to'", "DELETE FROM %s WHERE a = $a AND b = 'n$n'");
	my $sql = $sql[$r->(scalar @sql)];
	return [$sql, $sql =~ s/\bb\b/bb/gr];
};
my $RENAME = "CHANGE b bb VARCHAR(30) NOT NULL, MODIFY g VARCHAR(20) AS " .
    "(CONCAT(LOWER(bb), '-')) STORED NOT NULL, ADD z INT";
my @w = map { start_two_shaped($s, db => 'app', seed => $KeyCase::seed + $_,
    ops => $ops) } 1 .. 2;
for my $round (1 .. 2) {
	my $r = migrate($s, $RENAME, 'app', 't', '--reversible',
	    '--chunk-size', 50, '--sleep', 0.01);
	succeeded($r, 'app', 't', "a column that is read is renamed, $round");
	in_step($s, '... the old table is kept in step', 't', '_t_old',
	    a => 'a', bb => 'b', g => 'g');
	$r = run_livealter($s, 'revert', '--alter', $RENAME,
	    '--accept-loss', dsn('app', 't'));
	is($r->{exit}, 0, '... and back again') or diag $r->{err};
}
my @rep = map { $_->stop } @w;
is(join("\n", map { @{$_->{errors}} } @rep), '',
    '... the application sees no error');
same_bytes($s, 'app', 't', 'control', '... not a write is lost');
nothing_left($s, 'app');

# Without an application: columns that are computed no more, or once more.
sub done {
	my ($name, $def, $rows, $alter, @opts) = @_;
	given($s, "CREATE TABLE %s ($def) CHARSET utf8mb4",
	    "INSERT INTO %s $rows");
	my $r = migrate($s, $alter, 'app', 't', @opts);
	succeeded($r, 'app', 't', $name) or return;
	$s->sql("ALTER TABLE app.control $alter");
	same_bytes($s, 'app', 't', 'control', '... with the same rows');
	same_definition($s, 'app', 't', 'control', '... and definition');
	nothing_left($s, 'app');
}
done('a stored column that is computed no more', $lower, "(a, b) VALUES " .
    "(1, 'A'), (2, 'B')", 'MODIFY g VARCHAR(20) NOT NULL');
done('an expression that changes beside another key', "$lower, u INT NOT " .
    "NULL, UNIQUE KEY (u)", "(a, b, u) VALUES (1, 'A', 1), (2, 'B', 2)",
    "MODIFY g VARCHAR(20) AS (CONCAT(b, '+')) STORED NOT NULL");
done('a key over an expression beside another', 'a INT NOT NULL, b INT, ' .
    'UNIQUE KEY ((a + b)), UNIQUE KEY (a)', '(a, b) VALUES (1, 2), (3, 4)',
    'ADD z INT');

# --- going on after a death --------------------------------------------------

given($s, "CREATE TABLE %s ($lower) CHARSET utf8mb4", "INSERT INTO %s (a, b) " .
    "SELECT i % 7, CONCAT('N', i) FROM (" . numbers(1, 300) . ") n");
die_at($s, 'after:copy', '--alter', 'ADD z INT', dsn('app', 't'),
    '--chunk-size', 20, '--execute');
$s->sql("UPDATE app.$_ SET b = CONCAT('m', a, b) WHERE b LIKE 'n1%'")
    for 't', 'control';
my $r = run_livealter($s, 'resume', dsn('app', 't'));
is($r->{exit}, 0, 'it is resumed') or diag $r->{err};
$s->sql("ALTER TABLE app.control ADD z INT");
same_bytes($s, 'app', 't', 'control', '... and loses nothing');

# --- what cannot be done -----------------------------------------------------

my $same = qr/column `g` of a key is generated, and not by the same/;
refused('an expression that changes', $same, $lower, "MODIFY g VARCHAR(20) " .
    "AS (CONCAT(b, '-')) STORED NOT NULL");
refused('a column that it reads and that becomes a number', $same, $lower,
    'MODIFY b INT NOT NULL');
refused('... and that gets other bytes', $same, $lower =~
    s/(b VARCHAR\(20\))/$1 CHARACTER SET latin1/r,
    'MODIFY b VARCHAR(20) NOT NULL');
refused('... and another collation, by which texts are compared', $same,
    $lower =~ s/CONCAT.*?\)\)/REPLACE(b, 'a', 'x'))/r,
    'MODIFY b VARCHAR(20) COLLATE utf8mb4_bin NOT NULL');
refused('... and another DEFAULT', $same, 'a INT NOT NULL DEFAULT 3, ' .
    'g INT AS (DEFAULT(a) + 1) STORED NOT NULL PRIMARY KEY',
    'ALTER a SET DEFAULT 5');
refused('a column of a key that is computed from now on', $same,
    'a INT, g INT NOT NULL PRIMARY KEY',
    'MODIFY g INT AS (a + 1) STORED NOT NULL');
refused('a TIMESTAMP that is computed', $same, 'd DATETIME NOT NULL, ' .
    'g TIMESTAMP AS (d) STORED NOT NULL PRIMARY KEY', 'ADD z INT');
refused('a FLOAT that is computed', qr/FLOAT/, 'a INT NOT NULL, ' .
    'g FLOAT AS (a / 3) STORED NOT NULL PRIMARY KEY', 'ADD z INT');
refused('a key over an expression alone', qr/expression/, 'a INT NOT NULL, ' .
    'UNIQUE KEY ((a + 1))', 'ADD z INT');
refused('a virtual column that may be NULL', qr/may be NULL/, 'a INT NOT ' .
    'NULL, g INT AS (a + 1) VIRTUAL, UNIQUE KEY (g)', 'ADD z INT');

# What a session of another time zone has computed to another key is no copy:
# ALTER TABLE computes it anew, and two rows get one key.
given($s, "CREATE TABLE %s (ts TIMESTAMP NOT NULL, g DATE AS (CAST(ts AS " .
    "DATE)) STORED NOT NULL PRIMARY KEY)", "INSERT INTO %s (ts) VALUES " .
    "('2026-01-05 12:00:00')", "SET time_zone = '-11:00'; INSERT INTO %s " .
    "(ts) VALUES ('2026-01-04 12:00:00'); SET time_zone = DEFAULT");
ok(!eval { $s->sql("ALTER TABLE app.control ADD z INT, ALGORITHM=COPY"); 1 },
    'two rows whose key is another one in this time zone: ALTER TABLE ' .
    'refuses them');
for my $verify (qw(checksum none)) {
	my $dump = $s->dump('app');
	$r = migrate($s, 'ADD z INT', 'app', 't', '--verify', $verify);
	isnt($r->{exit}, 0, "... and so do we (--verify $verify)") or
	    diag $r->{out};
	note $r->{err};
	is($s->dump('app'), $dump, '... all is as it was');
}

done_testing;
