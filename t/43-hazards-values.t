# The known ways in which changing a live table loses data, continued: what
# happens to the values.
#
#  4 a renamed column comes out empty
#  9 a narrower type changes values
# 10 ENUM and SET change their meaning
# 12 id 0 is given another number, the counter is lost
# 15 text is damaged on the way
#
# long: each change of a type, with many values
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

# --- 4: renamed columns ----------------------------------------------------

my @abc = ("CREATE TABLE %s (id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
    "c INT, d VARCHAR(20) COMMENT 'Generated')", "INSERT INTO %s SELECT " .
    "i, i, CONCAT('b', i), i * 2, CONCAT('d', i) FROM (" . numbers(1, 40) .
    ") n");
for my $alter (
    'CHANGE a x INT, CHANGE c y INT',
    "CHANGE a x INT COMMENT 'x', CHANGE c y INT COMMENT 'y'",
    "CHANGE a x INT COMMENT 'it''s, CHANGE c z INT', " .
	"CHANGE c y INT NOT NULL DEFAULT '7' COMMENT \"say \\\"Generated\\\"\"",
    "ADD e INT COMMENT 'new', CHANGE c y INT COMMENT 'y'",
    "ADD e INT COMMENT 'RENAME COLUMN a TO z', RENAME COLUMN a TO x",
    "ADD e VARCHAR(40) DEFAULT 'change a now', CHANGE c y INT",
    "CHANGE b x ENUM('b1','change y z','b2') CHARACTER SET utf8mb4, " .
	"DROP b2",
    'CHANGE a/*c*/x INT', 'change/**/column a x bigint',
    "CHANGE -- a b\n a # c d\n x INT", '/*!50000 CHANGE a x INT */',
    'CHANGE A x INT', 'CHANGE `A` `X` INT', 'CHANGE a A INT',
    'RENAME COLUMN A TO x', 'RENAME COLUMN a TO A',
    'CHANGE a `x, CHANGE c y` INT', 'CHANGE `a` `to` INT, ' .
	'RENAME COLUMN c TO `column`',
    'RENAME COLUMN a TO c, RENAME COLUMN c TO a',
    'CHANGE a c INT, CHANGE c a INT',
    'RENAME COLUMN b TO d, RENAME COLUMN d TO b',
    'CHANGE a b INT, CHANGE b c VARCHAR(20), CHANGE c a INT',
    'DROP a, CHANGE c a INT', 'CHANGE COLUMN c a INT, DROP COLUMN a',
    'DROP a, RENAME COLUMN c TO a', 'DROP a, ADD a INT DEFAULT 7',
    'DROP a, RENAME COLUMN c TO a, ADD c INT DEFAULT 9',
    'CHANGE a x INT AFTER b, CHANGE d y VARCHAR(30) FIRST',
    'CHANGE id key_id BIGINT, RENAME COLUMN a TO id',
    "CHANGE d x VARCHAR(20) COMMENT 'Generated, as DEFAULT', CHANGE a y INT",
    'RENAME INDEX k TO a, RENAME COLUMN a TO x',
    'MODIFY a BIGINT COMMENT "CHANGE c z INT"',
    $maria ? ('CHANGE COLUMN IF EXISTS a x INT',
	'CHANGE IF EXISTS nope y INT, CHANGE IF EXISTS c x INT',
	'RENAME COLUMN IF EXISTS a TO x, RENAME COLUMN IF EXISTS q TO r',
	'DROP COLUMN IF EXISTS a, CHANGE c a INT',
	'DROP IF EXISTS nope, ADD COLUMN IF NOT EXISTS a INT DEFAULT 1, ' .
	    'CHANGE c x INT', "/*M! CHANGE a x INT */") : (),
) {
	(my $shown = $alter) =~ s/\s+/ /g;
	given($s, @abc, $alter =~ /DROP b2/ ?
	    "ALTER TABLE %s ADD b2 INT; UPDATE %s SET b = CONCAT('b', " .
	    "1 + id % 2)" : $alter =~ /INDEX k/ ? "CREATE INDEX k ON %s (a)"
	    : ());
	as_native($s, "D-I 4: a renamed column keeps its values: $shown",
	    $alter);
}
for my $alter ('/*!99999 , DROP a */', '/*!80100 , RENAME COLUMN a TO x */',
    '/*!110000 , CHANGE c x INT */') {
	given($s, @abc);
	my $dump = $s->dump('app');
	my $r = migrate($s, "ADD z INT $alter", 'app', 't');
	my $name = "D-I 4: what depends on the version: $alter";
	if ($r->{exit} == 17) {
		same_dump($s->dump('app'), $dump, "$name: is refused");
		next;
	}
	succeeded($r, 'app', 't', $name);
	$s->sql("ALTER TABLE app.control ADD z INT $alter");
	like_native($s, '...');
}
$s->sql("SET GLOBAL sql_mode = CONCAT(\@\@sql_mode, ',ANSI_QUOTES," .
    "NO_BACKSLASH_ESCAPES')");
for my $alter ("CHANGE \"a\" \"x, y\" INT COMMENT 'a \\', CHANGE c z INT",
    "RENAME COLUMN \"c\" TO \"q\"\"q\", ADD e INT COMMENT 'RENAME TO \"x\"'") {
	given($s, @abc);
	my $r = migrate($s, $alter, 'app', 't');
	succeeded($r, 'app', 't', "D-I 4: by the server's sql_mode: $alter");
	my $dbh = $s->dbh;
	$dbh->do("ALTER TABLE app.control $alter");
	like_native($s, '...');
}
$s->sql("SET GLOBAL sql_mode = DEFAULT");

# --- 9: narrower types -----------------------------------------------------

# Row 4711 has the value that does not fit.
sub narrow {
	my ($type, $value, $others) = @_;
	return ("SET sql_mode = 'ALLOW_INVALID_DATES,ANSI'", "CREATE TABLE " .
	    "%s (id INT PRIMARY KEY, cc $type, dd $type)", "INSERT INTO %s " .
	    "SELECT 4700 + i, $others, $others FROM (" . numbers(1, 30) .
	    ") n", "UPDATE %s SET cc = $value WHERE id = 4711",
	    "SET sql_mode = DEFAULT");
}
my $x = "\xe2\x98\x83";
for my $c (
    ['a smaller integer', 'INT', 70000, 'TINYINT', 7, 70000, 127],
    ['a negative number', 'INT', -5, 'INT UNSIGNED', 7, -5, 0],
    ['a number beyond DECIMAL', 'DECIMAL(12,2)', '123456789.50',
	'DECIMAL(5,2)', 7, '123456789.50', '999.99'],
    ['a shorter VARCHAR', 'VARCHAR(40)', "'much too long'", 'VARCHAR(6)',
	"'short'", 'much too long', 'much t'],
    ['a shorter VARBINARY', 'VARBINARY(40)', "'much too long'",
	'VARBINARY(6)', "'short'", 'much too|6D75636820746F6F',
	'much t|6D7563682074'],
    ['TEXT that becomes shorter', 'TEXT', "REPEAT('xyz', 100)",
	'VARCHAR(200)', "'x'", 'xyzxyz', 'xyzxyz'],
    ['text that is no number', 'VARCHAR(20)', "'seven'", 'INT', "'7'",
	'seven', 0],
    ['text that begins as a number', 'VARCHAR(20)', "'12 pears'", 'INT',
	"'7'", '12 pears', 12],
    ['text that is no date', 'VARCHAR(20)', "'tomorrow'", 'DATE',
	"'2026-01-01'", 'tomorrow', '0000-00-00|NULL'],
    ['text that is no time', 'VARCHAR(20)', "'2026-13-45'", 'DATETIME',
	"'2026-01-01'", '2026-13-45', '0000-00-00|NULL'],
    ['a character that latin1 lacks', 'VARCHAR(20)', "'snow $x man'",
	'VARCHAR(20) CHARACTER SET latin1', "'x'", "snow $x man",
	'snow \\? man'],
    ['bytes that are no text', 'VARBINARY(20)', "x'61ff62'",
	'VARCHAR(20) CHARACTER SET utf8mb4', "'x'", '61|a', '.'],
    ['an ENUM without the value', "ENUM('red','green','blue')", "'green'",
	"ENUM('red','blue')", "'red'", 'green', "''|"],
    ['a SET without a member', "SET('red','green','blue')", "'red,green'",
	"SET('red','blue')", "'red'", 'red,green', 'red'],
    ['NULL that may not be', 'INT', 'NULL', 'INT NOT NULL', 7, 'NULL', 0],
    ['NULL text', 'VARCHAR(9)', 'NULL', 'VARCHAR(9) NOT NULL', "'x'", 'NULL',
	"''|"],
    ['an invalid date', 'DATE', "'2026-02-31'", 'DATETIME', "'2026-02-01'",
	'2026-02-31', '0000-00-00|NULL'],
    ['a FLOAT beyond an integer', 'DOUBLE', '1e15', 'INT', '7',
	'1e\\+?15|10{15}', '2147483647'],
) {
	my ($name, $from, $value, $to, $others, $old, $new) = @$c;
	given($s, narrow($from, $value, $others));
	my $r = undone($s, "D-I 9: $name is never let through", 35, [],
	    "MODIFY cc $to", '--chunk-size', 10);
	like($r->{err}, qr/`?\bid\b`?\W{0,3}4711\b|\brow\W+4711\b/,
	    '... it names the row by its key');
	like($r->{err}, qr/`?\bcc\b`?/, '... the column');
	like($r->{err}, qr/$old/, '... the value that it has');
	like($r->{err}, qr/$new/, '... and the one that it would have');
}
given($s, narrow('VARCHAR(40)', "'much too long'", "'short'"));
my $r = migrate($s, 'MODIFY cc VARCHAR(6), MODIFY dd VARCHAR(6)', 'app', 't',
    '--allow-warnings', '1265:cc');
succeeded($r, 'app', 't', 'D-I 9: --allow-warnings 1265:cc');
is($s->value("SELECT GROUP_CONCAT(cc) FROM app.t WHERE cc <> 'short'"),
    'much t', '... lets that value be cut, and no other');
given($s, narrow('VARCHAR(40)', "'much too long'", "'short'"),
    "UPDATE %s SET dd = 'also too long' WHERE id = 4712");
undone($s, 'D-I 9: --allow-warnings of one column does not let another ' .
    'through', 35, [qr/4712/, qr/\bdd\b/, qr/also too long/],
    'MODIFY cc VARCHAR(6), MODIFY dd VARCHAR(6)', '--allow-warnings',
    '1265:cc');
undone($s, '... nor another code', 35, [qr/4711/, qr/\bcc\b/],
    'MODIFY cc VARCHAR(6)', '--allow-warnings', '1264:cc,1366:cc');
given($s, narrow('INT', 'NULL', 7));
undone($s, 'D-I 9: NULL is not let through by another column', 35,
    [qr/4711/, qr/\bcc\b/], 'MODIFY cc INT NOT NULL, MODIFY dd TINYINT',
    '--allow-warnings', '1048:dd,1264:cc');
# Native ALTER rounds these as well, and says nothing of it.
for my $c (['DATETIME(6)', "'2026-01-01 10:00:00.6'", 'DATETIME'],
    ['DOUBLE', '1.5e0 / 3', 'FLOAT'], ['TIME(3)', "'10:00:00.999'", 'TIME'],
    ['BIGINT', '70000', 'MEDIUMINT'], ['TEXT', "'short'", 'VARCHAR(6)'],
    ['VARCHAR(40)', "'7'", 'INT'], ['INT', '0', 'TINYINT NOT NULL']) {
	my ($from, $value, $to) = @$c;
	given($s, narrow($from, $value, $value));
	as_native($s, "D-I 9: $from to $to: what ALTER does is done",
	    "MODIFY cc $to");
}

# --- 10: ENUM and SET ------------------------------------------------------

sub members {
	my ($type, $key, @values) = @_;
	my $i = 0;
	return ("CREATE TABLE %s (id INT NOT NULL, e $type NOT NULL, " .
	    "n $type, PRIMARY KEY ($key))", map { $i++; "INSERT INTO %s " .
	    "VALUES ($i, '$_', '$_')" } @values);
}
my $set = "SET('a','b','c')";
my @sets = ('', 'a', 'b', 'c', 'a,b', 'a,c', 'b,c', 'a,b,c');
my @two = ('--chunk-size', 2);
for my $c (
    ['reordered', "ENUM('a','b','c')", "ENUM('c','a','b')", [qw(a b c)]],
    ['with a new first member', "ENUM('a','b')", "ENUM('z','a','b')",
	[qw(a b)]],
    ['with a member in the middle gone', "ENUM('a','x','c')",
	"ENUM('a','c')", [qw(a c)]],
    ['of digits', "ENUM('3','1','2')", "ENUM('1','2','3')", [qw(1 2 3)]],
    ['that becomes text', "ENUM('b','a','3')", 'VARCHAR(9)', [qw(a b 3)]],
    ['made of text', 'VARCHAR(9)', "ENUM('2','3','1')", [qw(1 2 3)]],
    ['in another character set', "ENUM('\xc3\xa9','a') CHARACTER SET latin1",
	"ENUM('a','\xc3\xa9') CHARACTER SET utf8mb4", ["\xc3\xa9", 'a']],
    ['that becomes a SET', "ENUM('b','a')", "SET('a','b')", [qw(a b)]],
    ['reordered (SET)', $set, "SET('c','a','b')", \@sets],
    ['with a new first member (SET)', $set, "SET('z','a','b','c')", \@sets],
    ['that becomes text (SET)', $set, 'VARCHAR(20)', \@sets],
) {
	my ($name, $from, $to, $values) = @$c;
	given($s, members($from, 'id', @$values));
	as_native($s, "D-I 10: an ENUM or SET $name keeps its names",
	    "MODIFY e $to NOT NULL, MODIFY n $to", @two);
	next if $name =~ /reordered \(SET/;	# 'a,c' is 'c,a' then
	is($s->value("SELECT GROUP_CONCAT(CAST(e AS CHAR) ORDER BY id " .
	    "SEPARATOR '/') FROM app.t"), join('/', @$values),
	    '... as they were');
}
my $odd = "ENUM('z','m','a','Q','3')";
for my $c (
    ['an ENUM', $odd, 'e', [qw(z m a Q 3)], 'ADD x INT'],
    ['an ENUM and a number', $odd, 'e, id', [qw(z m z a a Q z 3 m z)],
	'ADD x INT'],
    ['a number and an ENUM', $odd, 'id, e', [qw(z m z a a Q z 3 m z)],
	'MODIFY n VARCHAR(20)'],
    ['a SET', $set, 'e', \@sets, 'ADD x INT'],
) {
	my ($name, $type, $key, $values, $alter) = @$c;
	given($s, members($type, $key, @$values));
	as_native($s, "D-I 10: a key of $name loses no row", $alter, @two);
}
for my $c (["ENUM('a','Q','3','z','m')", 'reordered'],
    ["ENUM('z','m','a','Q','3','last')", 'longer'],
    ['VARCHAR(9)', 'text']) {
	# Either done rightly or refused for want of a key.
	given($s, members($odd, 'e', qw(z m a Q 3)));
	my $alter = "MODIFY e $c->[0] NOT NULL";
	my $dump = $s->dump('app');
	$r = migrate($s, $alter, 'app', 't', @two);
	if ($r->{exit} == 4) {
		same_dump($s->dump('app'), $dump, "D-I 10: an ENUM key that " .
		    "becomes $c->[1]: refused");
		next;
	}
	succeeded($r, 'app', 't', "D-I 10: an ENUM key that becomes $c->[1]");
	$s->sql("ALTER TABLE app.control $alter");
	like_native($s, '...');
}

# --- 12: id 0 and the counter ----------------------------------------------

sub counter {
	my ($t) = @_;
	my ($r) = $s->rows("SHOW CREATE TABLE app.$t");
	return $r->[1] =~ / AUTO_INCREMENT=(\d+)/ ? $1 : 'none';
}

my $zero = "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'";
my $auto = "CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, c INT)";
my $fill = "INSERT INTO %s (c) SELECT i FROM (" . numbers(1, 30) . ") n";
for my $c (
    ['id 0', [$auto, $fill, "INSERT INTO %s VALUES (0, 0)"], 'ADD x INT'],
    ['negative ids', [$auto, $fill, "INSERT INTO %s VALUES (-1, 1), " .
	"(-2147483648, 2), (0, 3)"], 'MODIFY c BIGINT'],
    ['only id 0', [$auto, "INSERT INTO %s VALUES (0, 0)"], 'ADD x INT'],
    ['id 0 where it is no key', ["CREATE TABLE %s (k INT PRIMARY KEY, id " .
	"INT AUTO_INCREMENT UNIQUE)", "INSERT INTO %s VALUES (1, 0), " .
	"(2, -1), (3, 3)"], 'ADD x INT'],
    ['id 0 of a wider type', [$auto, $fill, "INSERT INTO %s VALUES (0, 0)"],
	'MODIFY id BIGINT AUTO_INCREMENT'],
    ['a gap at the end', [$auto, $fill, "DELETE FROM %s WHERE id > 10"],
	'ADD x INT'],
    ['a counter set far ahead', [$auto, $fill, "ALTER TABLE %s " .
	"AUTO_INCREMENT = 5000"], 'ADD x INT'],
    ['an empty table with a counter', [$auto, $fill, "DELETE FROM %s"],
	'ADD x INT'],
    ['an empty new table', [$auto], 'ADD x INT'],
    ['a counter that the ALTER sets', [$auto, $fill],
	'ADD x INT, AUTO_INCREMENT = 900'],
    ['a counter that it cannot set back', [$auto, $fill],
	'AUTO_INCREMENT = 3'],
    ['a counter that it sets back over a gap', [$auto, $fill, "DELETE FROM " .
	"%s WHERE id > 10"], 'AUTO_INCREMENT = 15'],
    ['a counter for a column that had none', ["CREATE TABLE %s (id INT " .
	"PRIMARY KEY, c INT)", $fill =~ s/\(c\) SELECT/(id, c) SELECT i,/r],
	'MODIFY id INT AUTO_INCREMENT'],
    ['a counter that ends', [$auto, $fill], 'MODIFY id INT NOT NULL'],
    ['a renamed counter', [$auto, $fill, "ALTER TABLE %s " .
	"AUTO_INCREMENT = 77"], 'CHANGE id nr INT AUTO_INCREMENT'],
) {
	my ($name, $sql, $alter) = @$c;
	given($s, $zero, @$sql, "SET sql_mode = DEFAULT");
	as_native($s, "D-I 12: $name stays", $alter, '--chunk-size', 7);
	is(counter('t'), counter('control'), '... the counter is ALTER\'s');
	next if $alter =~ /nr|NOT NULL|UNIQUE/ || $sql->[0] =~ /UNIQUE/;
	for (@{[tables()]}) {
		$s->sql("INSERT INTO app.$_ (c) VALUES (4711)") }
	is($s->value("SELECT id FROM app.t WHERE c = 4711"),
	    $s->value("SELECT id FROM app.control WHERE c = 4711"),
	    '... and the next number');
}

# --- 15: characters --------------------------------------------------------

# "\" is the second byte of these: 縗 in gbk, ソ in sjis.
my %nasty = (gbk => "x'bf5c', x'bf5c27', x'b1ed61', x'815c5c', x'61'",
    sjis => "x'835c', x'835c27', x'955c61', x'835c5c', x'61'",
    latin1 => "x'e4', x'80', x'5c27', x'81', x'df'",
    utf8mb4 => "x'f09f9880', x'5c27', x'c3a4', x'e2988327', x'61'",
    utf16 => "x'005c', x'0027', x'd83dde00', x'2603', x'0061'",
    big5 => "x'a55c', x'a55c27', x'a440', x'b35c5c', x'61'");
for my $cs (sort keys %nasty) {
	my $i = 0;
	my @v = split /, /, $nasty{$cs};
	my @rows = map { $i++; map { "($i, _$cs $_, _$cs $_)" } $_ } @v;
	for my $key ('id', 'k') {
		given($s, "CREATE TABLE %s (id INT, k VARCHAR(20) NOT NULL, " .
		    "v VARCHAR(20), PRIMARY KEY ($key)) CHARACTER SET $cs " .
		    "COLLATE ${cs}_bin", "INSERT INTO %s VALUES " .
		    join(', ', @rows));
		as_native($s, "D-I 15: $cs, walked by $key, stays as it is",
		    'ADD x INT, MODIFY v VARCHAR(25)', '--chunk-size', 1);
		next if $key eq 'k';
		as_native($s, "D-I 15: $cs becomes utf8mb4 as ALTER does it",
		    'CONVERT TO CHARACTER SET utf8mb4', '--chunk-size', 1);
	}
}
given($s, "CREATE TABLE %s (id INT PRIMARY KEY COMMENT 'n\xc3\xba\xe2\x98\x83" .
    "', `gr\xc3\xb6\xc3\x9fe` VARCHAR(20) DEFAULT '\xe2\x98\x83', e " .
    "ENUM('\xc3\xa9','\xe2\x98\x83','?') NOT NULL, b BLOB) COMMENT " .
    "'\xf0\x9f\x98\x80'", "INSERT INTO %s VALUES (1, '\xf0\x9f\x98\x80', " .
    "'\xe2\x98\x83', x'ff00fe5c27'), (2, DEFAULT, '\xc3\xa9', x'c3')");
as_native($s, 'D-I 15: names, defaults, members and comments stay as they ' .
    'are', "ADD `\xe2\x98\x83` VARCHAR(9) DEFAULT '\xc3\xbc' COMMENT '" .
    "\xe2\x98\x83', CHANGE `gr\xc3\xb6\xc3\x9fe` `ma\xc3\x9f` VARCHAR(30) " .
    "DEFAULT '\xe2\x98\x83'");

done_testing;
