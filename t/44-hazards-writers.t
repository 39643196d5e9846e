# The known ways in which changing a live table loses data, continued: what
# writers do to values and keys, in whatever session.
#
#  4 a renamed column comes out empty
#  9 a narrower type changes values
# 10 ENUM and SET change their meaning
# 11 a row whose key is updated is there twice, or not at all
# 12 id 0 is given another number
# 15 text is damaged on the way
# and values convert as ALTER would have done it, whatever the writer's
# sql_mode, time zone and character set.
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 44;
note "SEED=$seed";
my $s = Server->start;
my $maria = $s->is_mariadb;

# Rows up to 160 are copied when the application writes, the others are not.
sub stopped {
	my ($name, $exit, $why, $alter, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = held($s, $name, $alter, %o);
	ends($r, $exit, $why, '... the run');
	lost_nothing($s);
}

# --- 11: keys that move ----------------------------------------------------

# Even numbers from 2 to 400; 322 is where the copy is held.
my @even = (at => 'id = 322', below => 160);
sub even {
	my ($key, $value, @more) = @_;
	return ("CREATE TABLE %s ($key, v VARCHAR(40), u INT NOT NULL, " .
	    "UNIQUE KEY uu (u)) CHARSET utf8mb4", "INSERT INTO %s SELECT " .
	    "$value, CONCAT('v', i), i FROM (" . numbers(1, 200) . ") n",
	    @more);
}

sub moves {
	my ($k) = @_;
	my $set = sub { "UPDATE %s SET id = " . $k->($_[1]) . " WHERE id = " .
	    $k->($_[0]) };
	return (
	    # copied or not, to a place that is or is not
	    $set->(10, 11), $set->(12, 381), $set->(380, 13), $set->(382, 383),
	    $set->(14, 1001), $set->(384, 1003), $set->(16, 17),
	    $set->(17, 385), $set->(385, 19), $set->(386, 387),
	    $set->(387, 21), $set->(21, 1005),
	    # two for each other, in all ways
	    (map { ($set->($_->[0], 777), $set->($_->[1], $_->[0]),
	    $set->(777, $_->[1])) } [30, 32], [34, 390], [392, 394]),
	    # moved and written, deleted and made again, moved into its place
	    "UPDATE %s SET v = 'moved', id = " . $k->(41) . " WHERE id = " .
	    $k->(40), "UPDATE %s SET v = 'moved', id = " . $k->(397) .
	    " WHERE id = " . $k->(396),
	    (map { ("DELETE FROM %s WHERE id = " . $k->($_->[0]),
	    $set->($_->[1], $_->[0])) } [50, 52], [54, 398], [400, 56],
	    [376, 378]), "INSERT INTO %s VALUES (" . $k->(52) . ", 'new', " .
	    "5000), (" . $k->(398) . ", 'new', 5001)",
	    "INSERT INTO %s VALUES (" . $k->(60) . ", 'x', 1) ON DUPLICATE " .
	    "KEY UPDATE v = 'twice', id = " . $k->(61),
	    "REPLACE INTO %s VALUES (" . $k->(62) . ", 'r', 189)",
	    "REPLACE INTO %s VALUES (" . $k->(374) . ", 'r', 33)");
}

my @number = moves(sub { $_[0] });
my @text = moves(sub { "'key $_[0]'" });
for my $c (
    ['numbers', 'id INT PRIMARY KEY', 'i * 2', 'ADD x INT', \@number,
	["UPDATE %s SET id = 0 WHERE id = 2", "UPDATE %s SET id = -5 WHERE " .
	"id = 4", "UPDATE %s SET id = -6 WHERE id = 370"]],
    ['numbers, which become wider', 'id INT PRIMARY KEY', 'i * 2',
	'MODIFY id BIGINT', \@number, []],
    ['numbers, which become text', 'id INT PRIMARY KEY', 'i * 2',
	'MODIFY id VARCHAR(20)', \@number, []],
    ['numbers, which get another name', 'id INT PRIMARY KEY', 'i * 2',
	'CHANGE id u BIGINT, CHANGE u id INT NOT NULL', \@number, []],
    ['two numbers', 'id INT, j INT NOT NULL DEFAULT 7, PRIMARY KEY (id, j)',
	'i * 2, i DIV 300', 'ADD x INT', [map {
	s/VALUES \((\S+),/VALUES ($1, 0,/r =~ s/, \((398), /, ($1, 0, /r }
	@number], ["UPDATE %s SET j = 1 WHERE id IN (70, 372)", "UPDATE %s " .
	"SET j = -1, id = id + 1 WHERE id IN (72, 368)"],
	'id = 322 AND j = 0'],
    ['another primary key', 'id INT PRIMARY KEY', 'i * 2', 'DROP PRIMARY ' .
	'KEY, ADD PRIMARY KEY (u), DROP KEY uu, ADD UNIQUE KEY ii (id)',
	\@number, ["UPDATE %s SET u = u + 1000 WHERE id IN (80, 366)"]],
) {
	my ($name, $key, $value, $alter, $moves, $more, $at) = @$c;
	goes_on($s, "D-I 11: keys that move are in one place: $name", $alter,
	    @even, $at ? (at => $at) : (), given => [even($key, $value)],
	    app => [@$moves, @$more]);
}
for my $c (
    ['text', 'VARCHAR(20)', 'ADD x INT'],
    ['text, case-insensitive', 'VARCHAR(20) COLLATE utf8mb4_general_ci',
	'ADD x INT'],
    ['text in another collation', 'VARCHAR(20) COLLATE utf8mb4_bin',
	'MODIFY id VARCHAR(30) COLLATE utf8mb4_unicode_ci'],
    ['text in another character set', 'VARCHAR(20) CHARACTER SET latin1',
	'CONVERT TO CHARACTER SET utf8mb4'],
) {
	my ($name, $type, $alter) = @$c;
	my $ci = $type =~ /general_ci/;
	goes_on($s, "D-I 11: keys that move are in one place: $name", $alter,
	    given => [even("id $type PRIMARY KEY", "CONCAT('key ', i * 2)")],
	    at => "id = 'key 93'", below => 0, opts => ['--chunk-size', 7],
	    at => "id = (SELECT k FROM (SELECT id k FROM control ORDER BY " .
	    "id LIMIT 160, 1) x)", below => 160, app => [@text, $ci ?
	    ("UPDATE %s SET id = 'KEY 100' WHERE id = 'key 100'", "UPDATE " .
	    "%s SET id = 'KEY 99  ', v = 'blanks' WHERE id = 'key 364'",
	    "UPDATE %s SET id = 'key 362  ' WHERE id = 'key 362'") : ()]);
}
for my $c (['all of them', ["UPDATE %s SET id = id + 1000"]],
    ['all by one', ["UPDATE %s SET id = id + 1 ORDER BY id DESC"]],
    ['all backwards', ["UPDATE %s SET id = -id", "UPDATE %s SET id = id + 401",
	"UPDATE %s SET id = id - 200 ORDER BY id"]]) {
	goes_on($s, "D-I 11: keys that move are in one place: $c->[0]",
	    'MODIFY v VARCHAR(50)', @even, one => 1, app => $c->[1],
	    given => [even('id INT PRIMARY KEY', 'i * 2')]);
}

# --- 4, 9, 10: columns and values ------------------------------------------

sub table {
	my ($cols, $values, @sql) = @_;
	return ("CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, $cols) " .
	    "CHARSET utf8mb4", "INSERT INTO %s SELECT i, $values FROM (" .
	    numbers(1, 200) . ") n", @sql);
}

my @ab = table('a INT, b INT, c VARCHAR(20)', "i, -i, CONCAT('c', i)");
my @write = ("UPDATE %s SET a = 1000 + id WHERE id IN (5, 190)", "UPDATE %s " .
    "SET b = a, c = 'w' WHERE id IN (6, 191)", "INSERT INTO %s VALUES " .
    "(-1, 10, 20, 'i'), (1000, 30, 40, NULL)", "DELETE FROM %s WHERE id IN " .
    "(7, 192)", "UPDATE %s SET id = id + 1000 WHERE id IN (8, 193)");
goes_on($s, "D-I 4: writes go to the renamed column: $_", $_, given => \@ab,
    app => \@write) for 'RENAME COLUMN a TO b, RENAME COLUMN b TO a',
    'CHANGE a b BIGINT AFTER c, CHANGE b c INT, CHANGE c a VARCHAR(30)',
    'DROP a, CHANGE b a INT, ADD b INT DEFAULT 7';

my @bad = (['UPDATE, copied', "UPDATE %s SET cc = X WHERE id = 5", 5],
    ['UPDATE, not yet copied', "UPDATE %s SET cc = X WHERE id = 190", 190],
    ['INSERT', "INSERT INTO %s VALUES (4711, X)", 4711],
    ['a key that moves', "UPDATE %s SET id = 4711, cc = X WHERE id = 5",
	4711]);
for my $c (
    ['too large', 'INT', 7, 'MODIFY cc TINYINT', 70000],
    ['too long', 'VARCHAR(40)', "'x'", 'MODIFY cc VARCHAR(5)',
	"'much too long'"],
    ['NULL', 'INT', 7, 'MODIFY cc INT NOT NULL', 'NULL'],
    ['no member', 'VARCHAR(9)', "'a'", "MODIFY cc ENUM('a','b')", "'q'"],
) {
	my ($what, $type, $first, $alter, $value) = @$c;
	my ($how, $sql, $id) = @{$bad[0]};
	push @bad, shift @bad;
	$sql =~ s/X/$value/;
	stopped("D-I 9: a value that is $what ($how)", [35, 36],
	    [qr/\b$id\b/, qr/\bcc\b/], $alter, given =>
	    [table("cc $type", $first)], app => [$sql],
	    session => ["SET NAMES utf8mb4", "SET sql_mode = ''"]);
}
goes_on($s, 'D-I 9: a value that is mended before the copy comes to it',
    'MODIFY cc VARCHAR(5)', given => [table('cc VARCHAR(40)', "'x'", "UPDATE " .
    "%s SET cc = 'much too long' WHERE id > 195")], app => [
    "UPDATE %s SET cc = 'ok' WHERE id = 196", "DELETE FROM %s WHERE id = 197",
    "UPDATE %s SET cc = 'ok', id = 1 + id * 2 WHERE id = 198",
    "REPLACE INTO %s VALUES (199, 'ok')", "INSERT INTO %s VALUES (200, '') " .
    "ON DUPLICATE KEY UPDATE cc = 'ok'"]);
goes_on($s, 'D-I 10: written members of ENUM and SET keep their names',
    "MODIFY e ENUM('z','c','a','b'), MODIFY f SET('c','a','b'), " .
    "MODIFY g VARCHAR(9)",
    given => [table("e ENUM('a','b','c'), f SET('a','b','c'), " .
    "g ENUM('2','1')", "1 + i % 3, i % 8, 1 + i % 2")], app => [
    "UPDATE %s SET e = 'c', f = 'a,c', g = '2' WHERE id IN (5, 190)",
    "UPDATE %s SET e = 1, f = 6, g = 1 WHERE id IN (6, 191)",
    "INSERT INTO %s VALUES (-1, 'b', 'b,c', '1'), (1000, 3, 7, 2)",
    "UPDATE %s SET e = NULL, f = '', id = id + 1000 WHERE id IN (7, 192)"]);

# --- 12: id 0 --------------------------------------------------------------

for my $mode ('NO_AUTO_VALUE_ON_ZERO', '') {
	goes_on($s, "D-I 12: id 0, written with sql_mode '$mode'", 'ADD x INT',
	    given => ["SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
	    table('a INT', 'i', "INSERT INTO %s VALUES (-3, 3)"),
	    "SET sql_mode = DEFAULT"], below => 161,
	    session => ["SET sql_mode = '$mode'"], app => [
	    "UPDATE %s SET id = 0 WHERE id = 190", "UPDATE %s SET id = 1000 " .
	    "WHERE id = 0", "UPDATE %s SET id = 0 WHERE id = 5",
	    "UPDATE %s SET a = 11 WHERE id = 0",
	    $mode ? "REPLACE INTO %s VALUES (0, 12)" : (),
	    "INSERT INTO %s (a) VALUES (13)", "INSERT INTO %s VALUES " .
	    "(NULL, 14), (-7, 15)", "DELETE FROM %s WHERE id = -3"]);
	my ($n) = map { $s->rows("SHOW CREATE TABLE app.$_") } 't';
	my ($m) = $s->rows("SHOW CREATE TABLE app.control");
	is($n->[1] =~ / AUTO_INCREMENT=(\d+)/, $m->[1] =~
	    / AUTO_INCREMENT=(\d+)/, '... the counter goes on');
}
goes_on($s, 'D-I 12: numbers given and rolled back', 'ADD x INT', given =>
    [table('a INT, UNIQUE KEY (a)', 'i')], app => ["START TRANSACTION",
    "INSERT INTO %s (a) SELECT i + 500 FROM (" . numbers(1, 50) . ") n",
    "ROLLBACK", map { "INSERT IGNORE INTO %s (a) VALUES ($_)" } 1 .. 90]);
cmp_ok($s->value("SELECT AUTO_INCREMENT FROM information_schema.tables " .
    "WHERE table_schema = 'app' AND table_name = 't'"), '>', 330,
    '... are not given again');

# --- 15: sessions ----------------------------------------------------------

my @sets = ('gbk', 'sjis', 'latin1', 'utf8mb4', 'big5');
my @in = table(join(', ', map { "c_$_ VARCHAR(30) CHARACTER SET $_" } @sets) .
    ", b VARBINARY(30)", join(', ', map { "CONCAT('x', i)" } @sets, 1));
my %bytes = (gbk => "\xbf\x5c\x81\x5c\xb1\xed", latin1 => "\xe4\x80\xdf\xa7",
    sjis => "\x83\x5c\x95\x5c\x82\xa0", big5 => "\xa5\x5c\xa4\x40",
    utf8mb4 => "\xc3\xa4\xe8\xa1\xa8\xe3\x82\xbd\xf0\x9f\x98\x80",
    binary => "\xff\x00\xfe\x5c");
for my $alter ('ADD x INT', join(', ', map { "MODIFY c_$_ VARCHAR(40) " .
    "CHARACTER SET utf8mb4" } @sets)) {
	goes_on($s, 'D-I 15: writers with other character sets (' .
	    substr($alter, 0, 10) . ')', $alter, given => \@in, app => sub {
		my ($first) = @_;
		my $i = 0;
		for my $cs (sort keys %bytes) {
			my $dbh = $s->dbh(database => 'app');
			$dbh->do("SET NAMES $cs");
			$dbh->do("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
			my @to = $cs eq 'binary' ? 'b' : ('c_utf8mb4', 'b',
			    $cs eq 'utf8mb4' ? () : "c_$cs");
			my $set = join ', ', map { "$_ = '$bytes{$cs}'" } @to;
			my ($k, $n) = (10 + $i, 2000 + $i++);
			app_does($dbh, "SET NAMES $cs", "UPDATE %s SET $set " .
			    "WHERE id IN ($k, $k + 170)", "INSERT INTO %s " .
			    "SET id = $n, $set", "UPDATE %s SET id = id + " .
			    "500, $set WHERE id IN ($k + 20, $k + 180)");
		} });
}
my @odd = ('', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'PIPES_AS_CONCAT',
    'TRADITIONAL', 'PAD_CHAR_TO_FULL_LENGTH', 'ALLOW_INVALID_DATES',
    'NO_UNSIGNED_SUBTRACTION', 'HIGH_NOT_PRECEDENCE', 'ANSI', 'IGNORE_SPACE',
    $maria ? ('ORACLE', 'EMPTY_STRING_IS_NULL', 'TIME_ROUND_FRACTIONAL')
    : 'TIME_TRUNCATE_FRACTIONAL');
my @vars = ('sql_safe_updates = 1', 'sql_select_limit = 1',
    'unique_checks = 0', 'foreign_key_checks = 0', 'autocommit = 1',
    'auto_increment_increment = 7', "time_zone = '-11:00'",
    "lc_time_names = 'ja_JP'", "collation_connection = utf8mb4_bin",
    'sql_big_selects = 0, max_join_size = 2', 'timestamp = 1234567890.5',
    'last_insert_id = 5', 'div_precision_increment = 0',
    $maria ? ('sql_if_exists = 1', "old_mode = ''") : ());
my @types = table("c CHAR(9), v VARCHAR(20), d DATE, m DATETIME(6), " .
    "ts TIMESTAMP(6) NULL, n DECIMAL(9,3), bits BIT(9), f DOUBLE",
    "CONCAT('c', i), 'v', '2026-01-01', '2026-01-01 10:00:00.6', " .
    "'2026-01-01 10:00:00.4', i / 3, i, i / 7");
goes_on($s, 'D-I 15: writers with other settings',
    'MODIFY c CHAR(12), MODIFY v VARCHAR(30), MODIFY n DECIMAL(12,4), ' .
    'MODIFY m DATETIME(3), ADD x INT',
    native => ["SET sql_mode = 'ALLOW_INVALID_DATES'"],
    given => \@types, app => sub {
	my $i = 0;
	for my $set ((map { "sql_mode = '$_'" } @odd), @vars) {
		my $dbh = $s->dbh(database => 'app');
		$dbh->do("SET NAMES utf8mb4");
		$dbh->do("SET $set");
		my ($k, $n) = (10 + $i, 2000 + $i++);
		my $v = "c = 'a\\\\b  ', v = '\\'x''', d = '2026-02-28', " .
		    "m = '2026-03-29 02:30:00.123', n = 10 / 4, bits = 5, " .
		    "ts = '2026-06-01 12:00:00.25', f = 1e0 / 3";
		$v =~ s/\\'//g if $set =~ /NO_BACKSLASH/;
		$v =~ s/02-28/02-31/ if $set =~ /INVALID/;
		app_does($dbh, $set, "UPDATE %s SET $v WHERE id = $k",
		    "UPDATE %s SET $v WHERE id = $k + 155",
		    "INSERT INTO %s SET id = $n, $v", "UPDATE %s SET id = " .
		    "$n + 500, $v WHERE id = $k + 50", "DELETE FROM %s WHERE " .
		    "id = $k + 105");
	} });

# --- time zones ------------------------------------------------------------

# The hour that comes twice in Berlin, and the day of the one that is left out.
$s->sql("SET GLOBAL time_zone = 'Europe/Berlin'");
my $berlin = "SET time_zone = 'Europe/Berlin'";
my @zones = ("'+00:00'", "'America/New_York'", "'Europe/Berlin'");
sub moment {
	my ($type) = @_;
	return ("SET time_zone = '+00:00'", table("m $type NULL",
	    "'2025-10-25 23:10:00' + INTERVAL i MINUTE"),
	    "SET time_zone = DEFAULT");
}
for my $c (['TIMESTAMP', 'DATETIME', '2025-10-26 00:30:00',
    '2025-10-26 01:30:00', '2025-03-30 01:15:00'],
    ['DATETIME', 'TIMESTAMP', '2025-10-26 02:30:00', '2025-10-26 03:30:00',
	'2025-03-30 01:59:59'],
    ['TIMESTAMP', 'TIMESTAMP(3)', '2025-10-26 00:30:00',
	'2025-10-26 01:30:00', '2025-03-30 01:15:00']) {
	my ($from, $to, @at) = @$c;
	goes_on($s, "D-I 15: $from to $to, across the end of summer time",
	    "MODIFY m $to NULL", given => [moment($from)],
	    # ALTER TABLE itself takes the long way round on MySQL.
	    native => [$to =~ /P\(3/ ? "SET time_zone = '+00:00'" : $berlin],
	    app => sub {
		my $i = 0;
		for my $zone (@zones) {
			my $dbh = $s->dbh(database => 'app');
			$dbh->do("SET time_zone = $zone");
			my @sql = map { my $k = 5 + $i++; ("UPDATE %s SET m " .
			    "= '$_' WHERE id IN ($k, $k + 170)", "INSERT " .
			    "INTO %s VALUES (3000 + $k, '$_')", "UPDATE %s " .
			    "SET id = id + 600 WHERE id IN ($k + 20, " .
			    "$k + 180)") } @at;
			app_does($dbh, "a writer in $zone", @sql);
			is($dbh->selectrow_array("SELECT \@\@time_zone"),
			    $zone =~ s/'//gr, '... which it still is in');
		} });
}
stopped('D-I 15: DATETIME to TIMESTAMP, a time that there is not', [35, 36],
    qr/2025-03-30 02:30/, 'MODIFY m TIMESTAMP NULL',
    given => [moment('DATETIME')],
    app => ["UPDATE %s SET m = '2025-03-30 02:30:00' WHERE id = 190"]);
given($s, moment('DATETIME'), "UPDATE %s SET m = '2025-03-30 02:30:00' WHERE " .
    "id = 7");
my $r = undone($s, '... in a row that nobody writes to', 35,
    qr/2025-03-30 02:30/, 'MODIFY m TIMESTAMP NULL');
like($r->{err}, qr/row\W+7\b.*`m`/, '... named by row and column');
unlike($r->{err}, qr/4096/, '... and nobody is told to allow 4096');

done_testing;
