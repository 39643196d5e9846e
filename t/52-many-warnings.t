# A chunk with more warnings than the protocol can count (65,535) and the server
# shows: each is judged all the same.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @cut = map { "c$_" } 1 .. 4;
my $ALTER = join ', ', (map { "MODIFY $_ VARCHAR(2)" } @cut),
    'MODIFY z TINYINT';
my @chunk = ('--chunk-size', 50000, '--threads', 1);
my @allow = ('--allow-warnings', '1265');
my $ROWS = 16384;

# So many rows, of which four columns are cut off; the last row has a z that is
# out of range, too, when that is wanted.
sub fresh {
	my ($n, $last) = @_;
	my $digits = "(" . join(' UNION ALL ', "SELECT 0 d",
	    map { "SELECT $_" } 1 .. 7) . ")";
	my $i = join ' + ', 1, map { 8 ** $_ . " * n$_.d" } 0 .. 4;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; " .
	    "CREATE TABLE app.t (id INT PRIMARY KEY, " .
	    join(', ', map { "$_ VARCHAR(9)" } @cut) . ", z INT)");
	$s->sql("INSERT INTO app.t SELECT i, 'abc', 'abc', 'abc', 'abc', " .
	    "IF(i = $n, $last, 1) FROM (SELECT $i AS i FROM " .
	    join(', ', map { "$digits n$_" } 0 .. 4) . ") n WHERE i <= $n");
	is($s->value("SELECT COUNT(*) FROM app.t"), $n, "$n rows");
}

# Of so many, 16 bits are 0; it is one more; and 0 again.
for my $case ([$ROWS, 1], [$ROWS, 1000], [2 * $ROWS, 1]) {
	my ($n, $last) = @$case;
	fresh($n, $last);
	my $r = migrate($s, $ALTER, 'app', 't', @chunk);
	my $many = 4 * $n + ($last > 1);
	is($r->{exit}, 35, "$many warnings in one chunk");
	like($r->{err}, qr/would change data:.*row 1, column `c1`/,
	    '... and the first is said') or diag $r->{err};
	nothing_left($s, 'app');
}

# The server shows those that are allowed, and not the one that is not.
{
	fresh($ROWS, 1000);
	my $r = migrate($s, $ALTER, 'app', 't', @chunk, @allow);
	is($r->{exit}, 35, 'those that are allowed hide no other');
	like($r->{err}, qr/would change data:.*row $ROWS, column `z`/,
	    '... which is said') or diag $r->{err};
	nothing_left($s, 'app');
}

{
	fresh($ROWS, 1);
	my $r = migrate($s, $ALTER, 'app', 't', @chunk, @allow);
	succeeded($r, 'app', 't', 'so many that are allowed: it');
	is($s->value("SELECT COUNT(*) FROM app.t WHERE 'ab' = ALL (SELECT " .
	    "c1 UNION ALL SELECT c2 UNION ALL SELECT c3 UNION ALL SELECT c4) " .
	    "AND z = 1"), $ROWS, '... all rows are there, and cut off');
}

done_testing;
