# The known ways in which changing a live table loses data, by number: what
# can be seen on a table at rest.  42-hazards-live.t has the others.
#
#  1 a new or narrower UNIQUE key drops rows
#  3 ... and so does a collation that makes values equal
#  4 a renamed column comes out empty
#  5 rebuilding foreign keys deletes the children's rows
#  8 the swap loses the original
#  9 a narrower type changes values
# 10 ENUM and SET change their meaning
# 12 id 0 is given another number, the counter is lost
# 15 text is damaged on the way
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $maria = $s->is_mariadb;
my @skip = ('--no-check-unique-key-change');

# --- 1: UNIQUE -------------------------------------------------------------

my @plain = ("CREATE TABLE %s (id INT PRIMARY KEY, u INT NOT NULL, " .
    "v VARCHAR(40) NOT NULL, w INT NOT NULL, b TEXT)",
    "INSERT INTO %s SELECT i, i, CONCAT('v', i), i, CONCAT('b', i) FROM (" .
    numbers(1, 60) . ") n");
my $twice = "UPDATE %s SET u = 7, v = 'v7', w = 7, b = 'b7' WHERE id = 50";

# The check finds it before anything but the empty new table is made; without
# the check the copy does.
sub not_unique {
	my ($name, $why, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $mark = $s->log_mark;
	undone($s, $name, 17, [qr/would not be unique/, @$why], $alter, @opts);
	is(said_once($s, $mark, qr/^CREATE\ TRIGGER\ (?!.*_try)
	    |^INSERT\ LOW/x), 0, '... before there is a trigger');
	# Two rows that have become one by their very key differ, at the least.
	undone($s, "$name, not checked for", $alter =~ /v VARCHAR/ ? [30, 35]
	    : 35, qr/unique|differ/, $alter, @opts, @skip);
}

for my $c (
    ['ADD UNIQUE', 'ADD UNIQUE KEY uu (u)', qr/`?uu`?.*\b7\b/s],
    ['USING BTREE', 'ADD UNIQUE KEY uu USING BTREE (u)', qr/uu/],
    ['a name with a blank', 'ADD UNIQUE INDEX `my idx` (u)', qr/my idx/],
    ['a comment in it', 'ADD UNIQUE /* x */ INDEX uu (u)', qr/uu/],
    ['comments around it', "ADD -- one\n UNIQUE\n\tKEY # two\n uu (u)",
	qr/uu/],
    ['no blank in it', 'ADD/**/UNIQUE(u)', qr/\bu\b/],
    ['a version comment', '/*!50000 ADD UNIQUE KEY uu (u) */', qr/uu/],
    ['a constraint', 'ADD CONSTRAINT uu UNIQUE (u)', qr/uu/],
    ['after a DEFAULT with a quote', "ADD z VARCHAR(30) DEFAULT 'it''s " .
	"not', add unique(u)", qr/\bu\b/],
    ['inline with MODIFY', 'MODIFY u INT NOT NULL UNIQUE', qr/\bu\b/],
    ['inline with UNIQUE KEY', 'MODIFY v VARCHAR(40) UNIQUE KEY', qr/v7/],
    ['inline with CHANGE', 'CHANGE u uu BIGINT UNIQUE', qr/uu/],
    ['two columns', 'ADD UNIQUE KEY uw (u, w)', qr/uw.*7/s],
    ['a prefix', 'ADD UNIQUE KEY vv (v(2))', qr/vv/],
    ['of a TEXT\'s beginning', 'ADD UNIQUE KEY bb (b(20))', qr/bb/],
    ['another primary key', 'DROP PRIMARY KEY, ADD PRIMARY KEY (u), ' .
	'ADD UNIQUE KEY (id)', qr/PRIMARY/],
) {
	my ($name, $alter, $why) = @$c;
	given($s, @plain, $twice);
	not_unique("D-I 1: $name: a new unique key loses no row", [$why],
	    $alter);
}

# Values that only the ALTER makes: found by the check or by the copy.
sub loses_none {
	my ($name, $why, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	undone($s, "D-I 1: $name: no row is lost", [17, 35], $why, $alter,
	    @opts);
	undone($s, '... nor without the check', 35, qr/./, $alter, @opts,
	    @skip);
}

for my $c (
    ['a new column that is UNIQUE', 'ADD x INT NOT NULL DEFAULT 0 UNIQUE'],
    ['a generated column that is UNIQUE',
	'ADD x INT GENERATED ALWAYS AS (u % 10) STORED UNIQUE'],
    ['a virtual one', 'ADD x INT GENERATED ALWAYS AS (u % 10) VIRTUAL, ' .
	'ADD UNIQUE KEY x (x)'],
    $maria ? ['a key by hash', 'ADD UNIQUE KEY x (b) USING HASH']
	: ['a key of an expression', 'ADD UNIQUE KEY x ((u % 10))'],
) {
	my ($name, $alter) = @$c;
	given($s, @plain, $twice);
	loses_none($name, qr/\bx\b/, $alter);
}

my @tight = ("CREATE TABLE %s (id INT PRIMARY KEY, u INT, w INT, " .
    "v VARCHAR(40), d DECIMAL(10,2), m DATETIME(6), f DOUBLE, " .
    "n VARCHAR(10), UNIQUE KEY uw (u, w), UNIQUE KEY vv (v), " .
    "UNIQUE KEY dd (d), UNIQUE KEY mm (m), UNIQUE KEY ff (f), " .
    "UNIQUE KEY nn (n))", "INSERT INTO %s SELECT i, 1000 + i DIV 2, i, " .
    "CONCAT('same', i), 7 + i / 100, '2026-01-01 07:00:07' + INTERVAL i " .
    "MICROSECOND, 7 + i / 1e12, IF(i = 40, '07', IF(i = 41, '7', i)) FROM (" .
    numbers(8, 60) . ") n");
for my $c (
    ['fewer columns', 'DROP KEY uw, ADD UNIQUE KEY uw (u)', qr/uw/],
    ['a shorter prefix', 'DROP KEY vv, ADD UNIQUE KEY vv (v(4))', qr/vv/],
    ['a shorter type', 'MODIFY v VARCHAR(4)', qr/\bvv?\b/],
    ['fewer digits', 'MODIFY d DECIMAL(10,1)', qr/\bdd?\b/],
    ['no fractions', 'MODIFY m DATETIME', qr/\bmm?\b/],
    ['half the precision', 'MODIFY f FLOAT', qr/\bff?\b/],
    ['text as a number', 'MODIFY n INT', qr/\bnn?\b/],
) {
	my ($name, $alter, $why) = @$c;
	given($s, @tight);
	loses_none("a unique key with $name", $why, $alter);
}
given($s, @tight);
# MySQL takes the column out of the key, MariaDB refuses.
undone($s, 'D-I 1: a column of a unique key is dropped: no row is lost',
    $maria ? 11 : [17, 35], qr/uw|\bw\b/, 'DROP w');
given($s, @tight, "UPDATE %s SET u = NULL");
loses_none('NULLs that become the same value', qr/\bu\b|uu/,
    'MODIFY u INT NOT NULL, DROP KEY uw, ADD UNIQUE KEY uu (u)',
    '--null-to-not-null');

given($s, @tight, "UPDATE %s SET u = NULL, w = 1 WHERE id > 30");
as_native($s, "D-I 1: unique keys that hold are no hindrance: $_", $_) for
    'ADD UNIQUE KEY a USING BTREE (w, u)', 'DROP KEY vv, ' .
    'ADD UNIQUE KEY vv (v(6))', 'ADD UNIQUE KEY many (id, v, d)',
    'MODIFY v VARCHAR(20)', 'DROP KEY dd, DROP KEY ff';
given($s, "CREATE TABLE %s (id INT PRIMARY KEY)", "INSERT INTO %s VALUES (1)");
as_native($s, 'D-I 1: a new UNIQUE column where there is one row',
    'ADD x INT NOT NULL DEFAULT 0 UNIQUE');

# --- 3: collations ---------------------------------------------------------

my $pad = $maria ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
sub words {
	my ($type, @w) = @_;
	return ("CREATE TABLE %s (id INT PRIMARY KEY, v $type NOT NULL, " .
	    "UNIQUE KEY vv (v))", "INSERT INTO %s SELECT i, CONCAT('w', i) " .
	    "FROM (" . numbers(1, 40) . ") n", map { "INSERT INTO %s VALUES " .
	    "(100$_, '$w[$_]')" } 0 .. $#w);
}

for my $c (
    ['case', 'utf8mb4_bin', ['google', 'Google'], 'utf8mb4_general_ci'],
    ['accents', 'utf8mb4_bin', ['cafe', "caf\xc3\xa9"],
	'utf8mb4_general_ci'],
    ['accents, decomposed', 'utf8mb4_bin', ["e\xcc\x81", "\xc3\xa9"],
	'utf8mb4_unicode_ci'],
    ['sharp s', 'utf8mb4_bin', ["Stra\xc3\x9fe", 'strasse'],
	'utf8mb4_unicode_ci'],
    ['trailing blanks', $pad, ['a', 'a  '], 'utf8mb4_bin'],
    ['emoji, which this collation does not tell apart', 'utf8mb4_bin',
	["\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81"], 'utf8mb4_general_ci'],
) {
	my ($what, $from, $words, $to) = @$c;
	given($s, words("VARCHAR(40) COLLATE $from", @$words));
	not_unique("D-I 3: $what: values that only the new collation makes " .
	    'equal stop the run before the swap', [qr/vv/, qr/\Q$words->[0]\E|
	    \Q$words->[1]\E/x], "MODIFY v VARCHAR(40) COLLATE $to NOT NULL");
}
for my $c (
    ['CONVERT TO CHARACTER SET', 'VARCHAR(40) COLLATE utf8mb4_bin',
	'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci'],
    ['... of another one', 'VARCHAR(40) CHARACTER SET latin1 COLLATE ' .
	'latin1_bin', 'CONVERT TO CHARACTER SET utf8mb4 COLLATE ' .
	'utf8mb4_general_ci'],
    ['a key that gets a longer prefix', 'VARCHAR(40) COLLATE utf8mb4_bin',
	'MODIFY v TEXT COLLATE utf8mb4_general_ci NOT NULL, DROP KEY vv, ' .
	'ADD UNIQUE KEY vv (v(30))'],
    ['the primary key', 'VARCHAR(40) COLLATE utf8mb4_bin', 'MODIFY v ' .
	'VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL', qr/PRIMARY/],
) {
	my ($what, $type, $alter, $key) = @$c;
	given($s, words($type, 'google', 'Google'), $key ?
	    "ALTER TABLE %s DROP PRIMARY KEY, DROP KEY vv, " .
	    "ADD PRIMARY KEY (v)" : ());
	not_unique("D-I 3: $what: values that become equal stop the run " .
	    'before the swap', [$key // qr/vv/, qr/google/i], $alter);
}
given($s, words('VARBINARY(40)', 'google', 'Google'));
undone($s, 'D-I 3: bytes that become text: nothing is lost', [17, 35],
    qr/\bvv\b/, 'MODIFY v VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL');
given($s, words("VARCHAR(40) COLLATE $pad", 'a', 'a '));
undone($s, 'D-I 3: CHAR, which has no trailing blanks: nothing is lost',
    [17, 35], qr/\bvv?\b/, "MODIFY v CHAR(40) COLLATE $pad NOT NULL");
given($s, words('VARCHAR(40) COLLATE utf8mb4_bin', 'google', 'Goggle',
    "caf\xc3\xa9"));
as_native($s, 'D-I 3: a collation that merges nothing is no hindrance',
    'MODIFY v VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL');
as_native($s, '... nor is the revert', "MODIFY v VARCHAR(40) " .
    "COLLATE $pad NOT NULL");

# --- 5: foreign keys -------------------------------------------------------

# Refused until it is done; when it is done, this is what it must keep.
for my $rule ('CASCADE', 'RESTRICT', 'SET NULL') {
	given($s, "CREATE TABLE t (id INT PRIMARY KEY, c INT)", "INSERT INTO " .
	    "t VALUES (1, 1), (2, 2)", "CREATE TABLE child (id INT PRIMARY " .
	    "KEY, t INT, CONSTRAINT down FOREIGN KEY (t) REFERENCES t (id) " .
	    "ON DELETE $rule)", "INSERT INTO child VALUES (1, 1), (2, 2)");
	my $r = migrate($s, 'MODIFY c BIGINT', 'app', 't');
	ok($r->{exit} == 17 || $r->{exit} == 0, "D-I 5: ON DELETE $rule: " .
	    'done, or refused') or diag $r->{err};
	$s->sql("UPDATE app.t SET c = c + 1");
	is($s->value("SELECT GROUP_CONCAT(id, t ORDER BY id) FROM app.child"),
	    '11,22', "... no child's row is deleted");
	is($s->value("SELECT referenced_table_name FROM information_schema." .
	    "key_column_usage WHERE table_schema = 'app' AND " .
	    "constraint_name = 'down'"), 't', '... the parent is the same');
	nothing_left($s, 'app');
}
done_testing;
