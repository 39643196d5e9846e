# Every kind of key that a table may be walked by.
#
# long: each kind of key, with a random writer
use strict;
use warnings;

use lib 't/lib';
use KeyCase;
use LiveAlter;
use Server;
use Story;
use Test::More;

note "SEED=$KeyCase::seed";
my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
$s->sql("CREATE DATABASE app; SET SESSION sql_mode = " .
    "CONCAT(\@\@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')");

key_case($s, 'INT with negative numbers', def => 'k INT PRIMARY KEY',
    keys => int_key(-75, 150));
key_case($s, 'TINYINT over its whole range', def => 'k TINYINT PRIMARY KEY',
    keys => int_key(-128, 256));
key_case($s, 'BIGINT UNSIGNED above 2^63',
    def => 'k BIGINT UNSIGNED PRIMARY KEY',
    keys => sub { my $n = $_[0]->(120); $n < 40 ? $n : $n < 80
    ? '92233720368547758' . sprintf('%02d', $n - 40)
    : '184467440737095515' . sprintf('%02d', $n - 80 < 16 ? $n - 80 : 15) });
key_case($s, 'BIGINT at both ends', def => 'k BIGINT PRIMARY KEY',
    keys => sub { my $n = $_[0]->(100); $n < 50
    ? '-92233720368547758' . sprintf('%02d', 8 - $n % 9)
    : '92233720368547757' . sprintf('%02d', $n) }, rows => 150, size => 5);
key_case($s, 'composite: INT, VARCHAR, DATETIME',
    def => 'a INT, b VARCHAR(10), c DATETIME, PRIMARY KEY (a, b, c)',
    key => [qw(a b c)], keys => sub { my ($r) = @_; ($r->(4),
    str(pick($r, qw(a B b ab), '', 'z')), "'2026-01-0" . (1 + $r->(4)) .
    " 00:00:00'") });
my @words = ('a', 'A', 'b', 'B', 'aa', 'aA', 'ab', 'AB', '', 'z', 'Z', 'zz',
    "\xc3\xa4", "\xc3\x84", "\xc3\xa9", 'e', 'E', "\xc3\x9f", 'ss', '_', '%',
    "it''s" , '\\\\', 'a ', 'b  ');
my $word = sub { my ($r) = @_; "'" . join('', map { pick($r, @words) }
    0 .. $r->(2)) . "'" };
for my $c (qw(utf8mb4_general_ci utf8mb4_unicode_ci utf8mb4_bin)) {
	key_case($s, "text, $c", keys => $word,
	    def => "k VARCHAR(20) COLLATE $c PRIMARY KEY", rows => 120);
}
key_case($s, 'text beyond the basic plane', keys => sub { my ($r) = @_;
    "'" . join('', map { pick($r, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81",
    'a', "\xe2\x82\xac", "\xf0\x90\x8d\x88") } 0 .. $r->(3)) . "'" },
    def => "k VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY");
key_case($s, 'text, utf8mb4_0900_ai_ci', keys => $word, rows => 120,
    def => "k VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY")
    if $s->is_mysql;
key_case($s, 'text, latin1', def => 'k VARCHAR(20) CHARACTER SET latin1 ' .
    'PRIMARY KEY', rows => 120, keys => sub { my ($r) = @_; "_latin1 x'" .
    join('', map { pick($r, qw(61 41 62 e4 c4 df 73 80 20 27 5c ff)) }
    0 .. $r->(3)) . "'" });
key_case($s, 'text, utf8mb3', def => 'k VARCHAR(20) CHARACTER SET utf8mb3 ' .
    'PRIMARY KEY', keys => $word, rows => 120);
key_case($s, 'CHAR',
    def => 'k CHAR(10) PRIMARY KEY', keys => $word, rows => 120);
my $bytes = sub { my ($r) = @_; "x'" . join('', map { pick($r, qw(00 20 41 61
    ff 5c 27 80)) } 1 .. $r->(4)) . "'" };
key_case($s, 'VARBINARY', def => 'k VARBINARY(16) PRIMARY KEY', keys => $bytes,
    rows => 120);
key_case($s, 'BINARY(16)', def => 'k BINARY(16) PRIMARY KEY', rows => 100,
    keys => sub { my ($r) = @_; "x'" . join('', map { pick($r, '00', 'ff',
    '7f') } 1 .. 4) . ('00' x 12) . "'" });
key_case($s, 'UUID', def => 'k UUID PRIMARY KEY', keys => sub { my ($r) = @_;
    my $n = $r->(150); sprintf "'%08x-0000-1000-8000-%012x'", $n * 7919 % 151,
    $n }) if $s->is_mariadb;
key_case($s, 'DATE', def => 'k DATE PRIMARY KEY', keys => sub {
    "'" . pick($_[0], 1000, 1969, 2026, 9999) . sprintf("-%02d-%02d'",
    1 + $_[0]->(12), 1 + $_[0]->(3)) });
key_case($s, 'TIME(3) with negative times', def => 'k TIME(3) PRIMARY KEY',
    keys => sub { my $n = $_[0]->(160); sprintf "'%s%02d:%02d:30.%03d'",
    $n < 80 ? '-' : '', $n % 9 * 90, $n % 60, $n * 6 % 1000 });
key_case($s, 'DATETIME(6)', def => 'k DATETIME(6) PRIMARY KEY', keys => sub {
    sprintf "'2026-03-29 02:30:00.%06d'", $_[0]->(150) });
key_case($s, 'TIMESTAMP(6)', def => 'k TIMESTAMP(6) PRIMARY KEY', keys => sub {
    sprintf "'2026-01-29 02:30:00.%06d'", $_[0]->(150) });
# In Berlin, 2025-10-26 00:00 UTC and 01:00 UTC are both 02:00.
my @dst = map { "INSERT INTO t (k, u, v) VALUES (FROM_UNIXTIME(1761436800 + " .
    ($_ * 90) . "), $_, 'first $_')" } 0 .. 119;
key_case($s, 'TIMESTAMP across the end of summer time, written in UTC',
    def => 'k TIMESTAMP NOT NULL, PRIMARY KEY (k)',
    session => ["SET time_zone = '+00:00'"],
    fill => ["SET time_zone = '+00:00'", (map { sprintf "INSERT INTO t " .
    "(k, v) VALUES ('2025-10-26 %02d:%02d:00', 'first')",
    int($_ / 30), $_ % 30 * 2 } 0 .. 89)],
    keys => sub { sprintf "'2025-10-26 %02d:%02d:00'", $_[0]->(3),
    $_[0]->(30) * 2 });
key_case($s, 'TIMESTAMP across it, two rows with one local time, written in ' .
    'Europe/Berlin', def => 'k TIMESTAMP NOT NULL, u INT NOT NULL, ' .
    'PRIMARY KEY (k), KEY (u)', fill => ["SET time_zone = '+00:00'", @dst],
    session => ["SET time_zone = 'Europe/Berlin'"],
    ops => sub { my ($r) = @_; my $u = $r->(120); $r->(8)
    ? "UPDATE %s SET v = 'w" . $r->(10000) . "' WHERE u = $u"
    : "DELETE FROM %s WHERE u = $u" });
key_case($s, 'DECIMAL', def => 'k DECIMAL(22,5) PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); sprintf '%s12345678901234567.%05d',
    $n < 75 ? '-' : '', $n * 31 });
key_case($s, 'BIT(40)', def => 'k BIT(40) PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); $n < 75 ? $n : 1099511627775 - $n });
my @members = map { 'm' . ($_ * 17 % 60) } 0 .. 59;
key_case($s, 'ENUM in no alphabetical order', def => 'k ENUM(' . join(', ',
    map { "'$_'" } @members) . ') PRIMARY KEY', keys => sub { "'" .
    pick($_[0], @members) . "'" }, rows => 90);
key_case($s, 'composite: ENUM, INT',
    def => "e ENUM('z','a','m','Q') NOT NULL, " .
    "i INT, PRIMARY KEY (e, i)", key => ['e', 'i'], keys => sub { my ($r) =
    @_; ("'" . pick($r, qw(z a m Q)) . "'", $r->(40)) }, rows => 120);
key_case($s, 'SET', def => "k SET('x','a','q','b','z','c') PRIMARY KEY",
    keys => int_key(0, 64), rows => 90);
key_case($s, 'id = 0, AUTO_INCREMENT',
    def => 'k INT AUTO_INCREMENT PRIMARY KEY',
    keys => int_key(0, 120));
key_case($s, 'id = 0 and negative, AUTO_INCREMENT',
    def => 'k INT AUTO_INCREMENT PRIMARY KEY', keys => int_key(-5, 60),
    rows => 100);
key_case($s, 'YEAR', def => 'k YEAR PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); $n ? 1900 + $n : "'0000'" });
key_case($s, 'a descending key',
    def => 'a INT, b INT, PRIMARY KEY (a DESC, b)',
    key => ['a', 'b'], keys => sub { ($_[0]->(12), $_[0]->(12)) });
key_case($s, 'a descending text key', keys => $word, rows => 120,
    def => 'k VARCHAR(20), PRIMARY KEY (k DESC)');
key_case($s, 'no primary key, but a unique one', def => 'k INT NOT NULL, ' .
    'o INT, UNIQUE KEY (o), UNIQUE KEY (k)', keys => int_key(-75, 150));
key_case($s, '--chunk-index', def => 'k INT NOT NULL PRIMARY KEY, j INT ' .
    'NOT NULL, UNIQUE KEY other (j)', key => ['k', 'j'], keys => sub {
    my $n = $_[0]->(150); ($n, 150 - $n) }, opts => ['--chunk-index', 'other']);
# --- keys that do not do ---------------------------------------------------

for my $c (
    ['FLOAT', 'k FLOAT PRIMARY KEY', qr/float/i],
    ['DOUBLE', 'k DOUBLE PRIMARY KEY', qr/double|float/i],
    ['a nullable unique key', 'k INT, UNIQUE KEY (k)', qr/null/i],
    ['a unique key with a nullable column', 'k INT NOT NULL, j INT, ' .
	'UNIQUE KEY (k, j)', qr/null/i],
    ['a unique key of a prefix', 'k VARCHAR(20) NOT NULL, UNIQUE KEY (k(5))',
	qr/prefix|whole|part/i],
    ['a key that is not unique', 'k INT NOT NULL, KEY (k)', qr/unique/i],
    ['no key', 'k INT', qr/unique|primary/i],
) {
	my ($name, $def, $why) = @$c;
	$s->sql("USE app; DROP TABLE IF EXISTS t, control; " .
	    "CREATE TABLE t ($def, v VARCHAR(40)); " .
	    "INSERT INTO t VALUES (" . ($def =~ /j INT/ ? '1, 2' : '1') .
	    ", 'x'); USE mysql");
	my $dump = $s->dump('app');
	for my $how (qw(--dry-run --execute)) {
		my $r = run_livealter($s, '--alter', 'ADD z INT', 'D=app,t=t',
		    $how);
		is($r->{exit}, 4, "$name: refused with 4 ($how)");
		like($r->{err}, $why, '... with the reason');
		same_dump($s->dump('app'), $dump, '... and untouched');
	}
}

done_testing;
