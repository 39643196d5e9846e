# The ALTER changes the key itself, while rows are found by it.
#
# long: each change of a key, with a random writer
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(hold);
use KeyCase;
use LiveAlter;
use Server;
use Story;
use Test::More;

note "SEED=$KeyCase::seed";
my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
$s->sql("CREATE DATABASE app; SET SESSION sql_mode = " .
    "CONCAT(\@\@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')");

key_case($s, 'another primary key',
    def => 'k INT NOT NULL PRIMARY KEY, j INT ' .
    'NOT NULL, UNIQUE KEY jj (j)', key => ['k', 'j'], keys => sub {
    ($_[0]->(100), $_[0]->(100)) }, opts => [qw(--no-check-alter
    --no-check-unique-key-change)], alter => 'DROP PRIMARY KEY, ' .
    'ADD PRIMARY KEY (j), DROP KEY jj, ADD UNIQUE KEY kk (k)');
key_case($s, 'a key that the ALTER renames',
    def => 'k INT NOT NULL PRIMARY KEY',
    keys => int_key(0, 1000), alter => 'CHANGE k kk BIGINT NOT NULL',
    ops => sub { $_[0]->(2) ? "DELETE FROM %s WHERE v = 'first " .
    $_[0]->(60) . "'" : "UPDATE %s SET v = 'w' WHERE v = 'first " .
    $_[0]->(60) . "'" }, opts => ['--no-check-alter'], rows => 60);
key_case($s, 'a wider key', def => 'k INT NOT NULL PRIMARY KEY',
    keys => int_key(-70, 140), alter => 'MODIFY k BIGINT NOT NULL');
key_case($s, 'a key in another character set',
    def => 'k VARCHAR(20) CHARACTER ' .
    'SET latin1 COLLATE latin1_bin PRIMARY KEY', rows => 120, keys => sub {
    my ($r) = @_; "_latin1 x'" . join('', map { pick($r, qw(61 41 62 e4 c4
    df 73 80)) }
    0 .. $r->(3)) . "'" }, alter => 'CONVERT TO CHARACTER SET utf8mb4 ' .
    'COLLATE utf8mb4_bin');

my $words = sub { my ($r) = @_; "'" . join('', map { pick($r, qw(a b c d e f
    g)) } 0 .. 2) . "'" };
my $cases = sub { my ($r) = @_; my $w = $words->($r);
    # One spelling of a word is always the same, so that none merge.
    return ord(substr $w, 1) % 2 ? uc $w : $w };
key_case($s, 'no primary key before', def => 'k INT NOT NULL, UNIQUE KEY (k)',
    keys => int_key(-75, 150), alter => 'DROP KEY k, ADD PRIMARY KEY (k)');
key_case($s, 'no primary key afterwards', def => 'k INT PRIMARY KEY',
    keys => int_key(-75, 150),
    alter => 'DROP PRIMARY KEY, ADD UNIQUE KEY kk (k)');
key_case($s, 'a primary key of more columns', def => 'k INT NOT NULL ' .
    'PRIMARY KEY, j INT NOT NULL DEFAULT 3', keys => int_key(-75, 150),
    alter => 'DROP PRIMARY KEY, ADD PRIMARY KEY (j, k)');
key_case($s, 'a text key that becomes case-insensitive', keys => $cases,
    def => 'k VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ' .
    'PRIMARY KEY', rows => 120,
    alter => 'MODIFY k VARCHAR(9) COLLATE utf8mb4_unicode_ci NOT NULL');
key_case($s, 'a text key that becomes case-sensitive', rows => 120,
    def => 'k VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci ' .
    'PRIMARY KEY', keys => $words, ops => sub { my ($r) = @_;
    my $v = 'first ' . (1 + $r->(120)); $r->(8)
    # After the swap only v finds the same rows in both.
    ? "UPDATE %s SET k = IF(BINARY k = LOWER(k), UPPER(k), LOWER(k)) " .
    "WHERE v = '$v'" : "DELETE FROM %s WHERE v = '$v'" },
    alter => 'CONVERT TO CHARACTER SET utf8mb4 ' .
    'COLLATE utf8mb4_bin');
key_case($s, 'a text key in another character set', rows => 120, keys =>
    sub { my ($r) = @_; "_latin1 x'" . join('', map { pick($r, qw(61 62 df
    80)) } 0 .. 3) . "'" }, def => 'k VARCHAR(20) CHARACTER SET latin1 ' .
    'COLLATE latin1_swedish_ci PRIMARY KEY',
    alter => 'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci');
key_case($s, 'CHAR that becomes a longer VARCHAR', keys => $words,
    def => 'k CHAR(5) PRIMARY KEY', rows => 120,
    alter => 'MODIFY k VARCHAR(50) NOT NULL');
key_case($s, 'INT that becomes VARCHAR', def => 'k INT PRIMARY KEY',
    keys => int_key(-75, 150), alter => 'MODIFY k VARCHAR(20) NOT NULL');
key_case($s, 'INT that becomes DECIMAL', def => 'k INT PRIMARY KEY',
    keys => int_key(-75, 150), alter => 'MODIFY k DECIMAL(12,2) NOT NULL');
key_case($s, 'DECIMAL that becomes BIGINT', def => 'k DECIMAL(9,0) PRIMARY ' .
    'KEY', keys => int_key(-75, 150), alter => 'MODIFY k BIGINT NOT NULL');
key_case($s, 'DATETIME that becomes more precise', keys => sub {
    sprintf "'2026-03-29 02:30:%02d.%03d'", $_[0]->(4), $_[0]->(40) },
    def => 'k DATETIME(3) PRIMARY KEY',
    alter => 'MODIFY k DATETIME(6) NOT NULL');
key_case($s, 'DATE that becomes DATETIME', def => 'k DATE PRIMARY KEY',
    keys => sub { sprintf "'2026-%02d-%02d'", 1 + $_[0]->(12),
    1 + $_[0]->(9) }, alter => 'MODIFY k DATETIME NOT NULL');
key_case($s, 'VARBINARY that becomes longer', def => 'k VARBINARY(4) ' .
    'PRIMARY KEY', keys => sub { my ($r) = @_; "x'" . join('', map {
    pick($r, qw(00 20 41 ff)) } 1 .. $r->(4)) . "'" }, rows => 100,
    alter => 'MODIFY k VARBINARY(20) NOT NULL');
key_case($s, 'ENUM that gets members in between', def => 'k ENUM(' .
    join(', ', map { "'m$_'" } 0 .. 39) . ') PRIMARY KEY', rows => 60,
    keys => sub { "'m" . $_[0]->(40) . "'" }, alter => 'MODIFY k ENUM(' .
    join(', ', map { "'n$_', 'm$_'" } reverse 0 .. 39) . ') NOT NULL');
key_case($s, 'a composite key of which two are converted', rows => 120,
    def => 'a SMALLINT NOT NULL, b VARCHAR(9) COLLATE utf8mb4_general_ci ' .
    'NOT NULL, PRIMARY KEY (a, b)', key => ['a', 'b'], keys => sub {
    ($_[0]->(9), $words->($_[0])) }, alter => 'DROP PRIMARY KEY, ' .
    'MODIFY a INT NOT NULL, MODIFY b VARCHAR(30) COLLATE ' .
    'utf8mb4_unicode_ci NOT NULL, ADD PRIMARY KEY (b, a)');

# --- keys that the ALTER makes equal -----------------------------------------

my $merge = 'MODIFY k VARCHAR(9) COLLATE utf8mb4_general_ci NOT NULL';

sub words_table {
	$s->sql("USE app; DROP TABLE IF EXISTS t, control; CREATE TABLE t " .
	    "(k VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY, v INT) " .
	    "DEFAULT CHARSET=utf8mb4; INSERT INTO t VALUES " . join(', ',
	    map { sprintf "('w%03d', $_)", $_ } 1 .. 400) . '; USE mysql');
}

for my $how (['are looked for beforehand', 17, qr/PRIMARY.*not be unique/],
    ['stop the copy', [30, 35], qr/lost|differ/,
	'--no-check-unique-key-change'],
    ['are counted when nothing else looks', 30, qr/differ/,
	'--no-check-unique-key-change', '--verify', 'none']) {
	my ($name, $exit, $why, @opts) = @$how;
	words_table();
	$s->sql("INSERT INTO app.t VALUES ('W007', -7)");
	my $dump = $s->dump('app');
	my $r = migrate($s, $merge, 'app', 't', @opts);
	ok((grep { $r->{exit} == $_ } ref $exit ? @$exit : $exit),
	    "keys that become equal $name") or diag "$r->{exit} $r->{err}";
	like($r->{err}, $why, '... and the message says so');
	same_dump($s->dump('app'), $dump, '... and all is undone');
}

for my $write (["an INSERT", "INSERT INTO t VALUES ('W001', -1)"],
    ["an INSERT before its like is copied",
	"INSERT INTO t VALUES ('W399', -1)"],
    ["an UPDATE of the key", "UPDATE t SET k = 'W001' WHERE k = 'w398'"],
    ["an UPDATE back and forth", "UPDATE t SET k = 'W001' WHERE k = 'w002'",
	"UPDATE t SET k = 'w002' WHERE k = 'W001'"]) {
	my ($name, @sql) = @$write;
	words_table();
	my $p = start_to_step($s, 'before:copy', $merge, 'app', 't',
	    '--chunk-size', 40, '--chunk-time', 0, '--threads', 1, '--tries',
	    'copy_rows:40:0.25', '--verify', 'none');
	my $pin = hold($s, $p, at => "k = 'w161'", below => 160);
	ok($pin, '(the copy is held)') or diag $p->err;
	my $dbh = $s->dbh(database => 'app');
	ok(eval { $dbh->do($_); 1 }, "$name that merges two keys succeeds")
	    or diag $@ for @sql;
	my $rows = rows_of($s, 'app', 't');
	$pin->rollback if $pin;
	my $r = $p->wait(60);
	ok($r->{exit} == 36 || $r->{exit} == 30, '... and stops the run')
	    or diag "$r->{exit} $r->{err}";
	same_dump(rows_of($s, 'app', 't'), $rows, '... with all rows there');
	nothing_left($s, 'app');
}

done_testing;
