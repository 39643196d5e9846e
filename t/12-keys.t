# Every kind of key that a table may be walked by.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 12;
note "SEED=$seed";
my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
$s->sql("CREATE DATABASE app; SET SESSION sql_mode = " .
    "CONCAT(\@\@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')");

my $ALTER = "ADD z INT DEFAULT 5, MODIFY v VARCHAR(60)";

# A generator of its own for the rows that are there at first.
sub random {
	my ($state) = @_;
	return sub {
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		return int(($state >> 8) / 16777216 * $_[0]);
	};
}

sub pick { my ($rnd, @l) = @_; $l[$rnd->(scalar @l)] }

my $n_case = 0;
sub key_case {
	my ($name, %o) = @_;
	my @key = @{$o{key} // ['k']};
	$s->sql("USE app; DROP TABLE IF EXISTS t, control");
	$s->sql("CREATE TABLE t ($o{def}, v VARCHAR(40)) ENGINE=InnoDB " .
	    ($o{options} // "DEFAULT CHARSET=utf8mb4"));
	if ($o{fill}) {
		$s->sql($_) for @{$o{fill}};
	} else {
		my $rnd = random($seed + $n_case);
		for (1 .. $o{rows} // 80) {
			my @k = $o{keys}->($rnd);
			eval {
				$s->sql("INSERT INTO t (" .
				    join(', ', map { Story::q($_) } @key) .
				    ", v) VALUES (" . join(', ', @k) .
				    ", 'first $_')");
				1;
			} or $@ =~ /Duplicate/ or die "$name: $@";
		}
	}
	my $rows = $s->value("SELECT COUNT(*) FROM t");
	copy_table($s, 'app', 't', 'control');
	$s->sql("USE mysql");

	my $w = start_writer($s, db => 'app', tables => ['t', 'control'],
	    key => \@key, keys => $o{keys}, column => 'v',
	    values => sub { "'w" . $_[0]->(100000) . "'" }, ops => $o{ops},
	    session => ["SET sql_mode = CONCAT(\@\@sql_mode, " .
	    "',NO_AUTO_VALUE_ON_ZERO')", @{$o{session} // []}],
	    seed => $seed + $n_case++);
	my $mark = $s->log_mark;
	my $size = $o{size} // 7;
	my $alter = $o{alter} // $ALTER;
	my $r = migrate($s, $alter, 'app', 't', '--chunk-size', $size,
	    '--sleep', 0.01, @{$o{opts} // []});
	my $chunks = said_once($s, $mark, qr/^INSERT LOW_PRIORITY/);
	my $rep = $w->stop;
	my $ok = succeeded($r, 'app', 't', $name);
	is(join("\n", @{$rep->{errors}}), '', '... the application had no ' .
	    "error in its $rep->{transactions} transactions");
	if (!$ok) {
		same_bytes($s, 'app', 't', 'control', '... at least it is ' .
		    'undone', common_columns($s, 'app', 't', 'control'));
		return nothing_left($s, 'app');
	}
	cmp_ok($chunks, '>', $rows / $size / 2,
	    "... $rows rows at first in more than a few chunks");
	$s->sql("ALTER TABLE app.control $alter");
	same_bytes($s, 'app', 't', 'control', '... the rows are right');
	same_definition($s, 'app', 't', 'control', '... the definition too');
	nothing_left($s, 'app');
}

sub int_key { my ($lo, $n) = @_; sub { $lo + $_[0]->($n) } }
sub str { my ($x) = @_; $x =~ s/'/''/g; "'$x'" }

key_case('INT with negative numbers', def => 'k INT PRIMARY KEY',
    keys => int_key(-75, 150));
key_case('TINYINT over its whole range', def => 'k TINYINT PRIMARY KEY',
    keys => int_key(-128, 256));
key_case('BIGINT UNSIGNED above 2^63', def => 'k BIGINT UNSIGNED PRIMARY KEY',
    keys => sub { my $n = $_[0]->(120); $n < 40 ? $n : $n < 80
    ? '92233720368547758' . sprintf('%02d', $n - 40)
    : '184467440737095515' . sprintf('%02d', $n - 80 < 16 ? $n - 80 : 15) });
key_case('BIGINT at both ends', def => 'k BIGINT PRIMARY KEY',
    keys => sub { my $n = $_[0]->(100); $n < 50
    ? '-92233720368547758' . sprintf('%02d', 8 - $n % 9)
    : '92233720368547757' . sprintf('%02d', $n) }, rows => 150, size => 5);
key_case('composite: INT, VARCHAR, DATETIME',
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
	key_case("text, $c", keys => $word,
	    def => "k VARCHAR(20) COLLATE $c PRIMARY KEY", rows => 120);
}
key_case('text beyond the basic plane', keys => sub { my ($r) = @_;
    "'" . join('', map { pick($r, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81",
    'a', "\xe2\x82\xac", "\xf0\x90\x8d\x88") } 0 .. $r->(3)) . "'" },
    def => "k VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY");
key_case('text, utf8mb4_0900_ai_ci', keys => $word, rows => 120,
    def => "k VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY")
    if $s->is_mysql;
key_case('text, latin1', def => 'k VARCHAR(20) CHARACTER SET latin1 ' .
    'PRIMARY KEY', rows => 120, keys => sub { my ($r) = @_; "_latin1 x'" .
    join('', map { pick($r, qw(61 41 62 e4 c4 df 73 80 20 27 5c ff)) }
    0 .. $r->(3)) . "'" });
key_case('text, utf8mb3', def => 'k VARCHAR(20) CHARACTER SET utf8mb3 ' .
    'PRIMARY KEY', keys => $word, rows => 120);
key_case('CHAR', def => 'k CHAR(10) PRIMARY KEY', keys => $word, rows => 120);
my $bytes = sub { my ($r) = @_; "x'" . join('', map { pick($r, qw(00 20 41 61
    ff 5c 27 80)) } 1 .. $r->(4)) . "'" };
key_case('VARBINARY', def => 'k VARBINARY(16) PRIMARY KEY', keys => $bytes,
    rows => 120);
key_case('BINARY(16)', def => 'k BINARY(16) PRIMARY KEY', rows => 100,
    keys => sub { my ($r) = @_; "x'" . join('', map { pick($r, '00', 'ff',
    '7f') } 1 .. 4) . ('00' x 12) . "'" });
key_case('UUID', def => 'k UUID PRIMARY KEY', keys => sub { my ($r) = @_;
    my $n = $r->(150); sprintf "'%08x-0000-1000-8000-%012x'", $n * 7919 % 151,
    $n }) if $s->is_mariadb;
key_case('DATE', def => 'k DATE PRIMARY KEY', keys => sub {
    "'" . pick($_[0], 1000, 1969, 2026, 9999) . sprintf("-%02d-%02d'",
    1 + $_[0]->(12), 1 + $_[0]->(3)) });
key_case('TIME(3) with negative times', def => 'k TIME(3) PRIMARY KEY',
    keys => sub { my $n = $_[0]->(160); sprintf "'%s%02d:%02d:30.%03d'",
    $n < 80 ? '-' : '', $n % 9 * 90, $n % 60, $n * 6 % 1000 });
key_case('DATETIME(6)', def => 'k DATETIME(6) PRIMARY KEY', keys => sub {
    sprintf "'2026-03-29 02:30:00.%06d'", $_[0]->(150) });
key_case('TIMESTAMP(6)', def => 'k TIMESTAMP(6) PRIMARY KEY', keys => sub {
    sprintf "'2026-01-29 02:30:00.%06d'", $_[0]->(150) });
# In Berlin, 2025-10-26 00:00 UTC and 01:00 UTC are both 02:00.
my @dst = map { "INSERT INTO t (k, u, v) VALUES (FROM_UNIXTIME(1761436800 + " .
    ($_ * 90) . "), $_, 'first $_')" } 0 .. 119;
key_case('TIMESTAMP across the end of summer time, written in UTC',
    def => 'k TIMESTAMP NOT NULL, PRIMARY KEY (k)',
    session => ["SET time_zone = '+00:00'"],
    fill => ["SET time_zone = '+00:00'", (map { sprintf "INSERT INTO t " .
    "(k, v) VALUES ('2025-10-26 %02d:%02d:00', 'first')",
    int($_ / 30), $_ % 30 * 2 } 0 .. 89)],
    keys => sub { sprintf "'2025-10-26 %02d:%02d:00'", $_[0]->(3),
    $_[0]->(30) * 2 });
key_case('TIMESTAMP across it, two rows with one local time, written in ' .
    'Europe/Berlin', def => 'k TIMESTAMP NOT NULL, u INT NOT NULL, ' .
    'PRIMARY KEY (k), KEY (u)', fill => ["SET time_zone = '+00:00'", @dst],
    session => ["SET time_zone = 'Europe/Berlin'"],
    ops => sub { my ($r) = @_; my $u = $r->(120); $r->(8)
    ? "UPDATE %s SET v = 'w" . $r->(10000) . "' WHERE u = $u"
    : "DELETE FROM %s WHERE u = $u" });
key_case('DECIMAL', def => 'k DECIMAL(22,5) PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); sprintf '%s12345678901234567.%05d',
    $n < 75 ? '-' : '', $n * 31 });
key_case('BIT(40)', def => 'k BIT(40) PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); $n < 75 ? $n : 1099511627775 - $n });
my @members = map { 'm' . ($_ * 17 % 60) } 0 .. 59;
key_case('ENUM in no alphabetical order', def => 'k ENUM(' . join(', ',
    map { "'$_'" } @members) . ') PRIMARY KEY', keys => sub { "'" .
    pick($_[0], @members) . "'" }, rows => 90);
key_case('composite: ENUM, INT', def => "e ENUM('z','a','m','Q') NOT NULL, " .
    "i INT, PRIMARY KEY (e, i)", key => ['e', 'i'], keys => sub { my ($r) =
    @_; ("'" . pick($r, qw(z a m Q)) . "'", $r->(40)) }, rows => 120);
key_case('SET', def => "k SET('x','a','q','b','z','c') PRIMARY KEY",
    keys => int_key(0, 64), rows => 90);
key_case('id = 0, AUTO_INCREMENT', def => 'k INT AUTO_INCREMENT PRIMARY KEY',
    keys => int_key(0, 120));
key_case('id = 0 and negative, AUTO_INCREMENT',
    def => 'k INT AUTO_INCREMENT PRIMARY KEY', keys => int_key(-5, 60),
    rows => 100);
key_case('YEAR', def => 'k YEAR PRIMARY KEY', keys => sub {
    my $n = $_[0]->(150); $n ? 1900 + $n : "'0000'" });
key_case('a descending key', def => 'a INT, b INT, PRIMARY KEY (a DESC, b)',
    key => ['a', 'b'], keys => sub { ($_[0]->(12), $_[0]->(12)) });
key_case('a descending text key', keys => $word, rows => 120,
    def => 'k VARCHAR(20), PRIMARY KEY (k DESC)');
key_case('no primary key, but a unique one', def => 'k INT NOT NULL, ' .
    'o INT, UNIQUE KEY (o), UNIQUE KEY (k)', keys => int_key(-75, 150));
key_case('--chunk-index', def => 'k INT NOT NULL PRIMARY KEY, j INT ' .
    'NOT NULL, UNIQUE KEY other (j)', key => ['k', 'j'], keys => sub {
    my $n = $_[0]->(150); ($n, 150 - $n) }, opts => ['--chunk-index', 'other']);
key_case('another primary key', def => 'k INT NOT NULL PRIMARY KEY, j INT ' .
    'NOT NULL, UNIQUE KEY jj (j)', key => ['k', 'j'], keys => sub {
    ($_[0]->(100), $_[0]->(100)) }, opts => [qw(--no-check-alter
    --no-check-unique-key-change)], alter => 'DROP PRIMARY KEY, ' .
    'ADD PRIMARY KEY (j), DROP KEY jj, ADD UNIQUE KEY kk (k)');
key_case('a key that the ALTER renames', def => 'k INT NOT NULL PRIMARY KEY',
    keys => int_key(0, 1000), alter => 'CHANGE k kk BIGINT NOT NULL',
    ops => sub { $_[0]->(2) ? "DELETE FROM %s WHERE v = 'first " .
    $_[0]->(60) . "'" : "UPDATE %s SET v = 'w' WHERE v = 'first " .
    $_[0]->(60) . "'" }, opts => ['--no-check-alter'], rows => 60);
key_case('a wider key', def => 'k INT NOT NULL PRIMARY KEY',
    keys => int_key(-70, 140), alter => 'MODIFY k BIGINT NOT NULL');
key_case('a key in another character set', def => 'k VARCHAR(20) CHARACTER ' .
    'SET latin1 COLLATE latin1_bin PRIMARY KEY', rows => 120, keys => sub {
    my ($r) = @_; "_latin1 x'" . join('', map { pick($r, qw(61 41 62 e4 c4
    df 73 80)) }
    0 .. $r->(3)) . "'" }, alter => 'CONVERT TO CHARACTER SET utf8mb4 ' .
    'COLLATE utf8mb4_bin');

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
