# --to FILE: the table becomes what the CREATE TABLE in the file makes, from
# each table to others; the second time there is nothing to do.
#
# long: three runs for each of eighty pairs of tables
use strict;
use warnings;

use lib 't/lib';
use Test::More;
use Wanted;

my $s = wanted_server();

my @parts = (
    "$ID",
    "$ID, a INT, b INT DEFAULT 5",
    "$ID, b INT DEFAULT 5, a INT",
    "a INT, b BIGINT UNSIGNED NOT NULL DEFAULT 7, $ID",
    "$ID, a INT NOT NULL DEFAULT 0, s VARCHAR(20), KEY ka (a), KEY ks (s)",
    "$ID, s VARCHAR(20), a INT NOT NULL DEFAULT 0, KEY ka (a, id), " .
	"UNIQUE KEY us (s, id)",
    "$ID, s VARCHAR(20) CHARACTER SET latin1, FULLTEXT KEY fs (s)",
    "$ID, s VARCHAR(30) COLLATE utf8mb4_bin COMMENT 'it''s \\\\ (,`)'",
    "$ID, a INT DEFAULT 1, CONSTRAINT c1 CHECK (a > 0)",
    "$ID, a INT DEFAULT 2, CONSTRAINT c1 CHECK (a > -1)",
    "$ID, a INT DEFAULT 1, CHECK (a > 0), CHECK (a < 9)",
    "$ID, a INT CHECK (a > 0)",
    "$ID, a INT, g INT AS (a + 1) STORED, KEY kg (g)",
    "$ID, a INT, g INT AS (a + 1) VIRTUAL",
    "$ID, a INT, g INT AS (a + 2) VIRTUAL, KEY kg (g)",
    "$ID, a INT, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id)",
    "$ID, a INT, b INT, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id) " .
	"ON DELETE SET NULL, FOREIGN KEY (b) REFERENCES p (k)",
    "$ID, a INT, KEY k1 (a), CONSTRAINT f9 FOREIGN KEY (a) " .
	"REFERENCES t (id)",
    "id INT NOT NULL, a INT NOT NULL DEFAULT 1, PRIMARY KEY (id, a)",
    "$ID, d TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, e ENUM('x', 'y,')",
    "$ID, j JSON, v VARBINARY(9), d DECIMAL(9,2) DEFAULT '1.50'",
    "$ID, `o``d` INT INVISIBLE, `UP` INT, KEY `k``x` (`o``d`)",
);
my @tails = (
    ["COMMENT='it''s'", "COMMENT='x' ROW_FORMAT=COMPRESSED"],
    ['DEFAULT CHARSET=latin1', 'CHARSET=utf8mb4 COLLATE utf8mb4_bin'],
    ['PARTITION BY HASH (id) PARTITIONS 2', 'PARTITION BY RANGE (id) ' .
	'(PARTITION p0 VALUES LESS THAN (9), PARTITION p1 VALUES LESS THAN ' .
	'MAXVALUE)'],
    ['STATS_PERSISTENT=1 MAX_ROWS=100', 'STATS_AUTO_RECALC=0'],
);

# All that the table has and the file has not goes.
sub drops {
	my ($from, $to) = @_;
	my %to = map { $_ => 1 } columns_of($to);
	return map { ('--drop', $_ =~ s/,/\\,/gr) } grep { !$to{$_} }
	    columns_of($from);
}

sub columns_of {
	fresh('ctl', "CREATE TABLE t ($_[0])");
	return map { $_->[0] } $s->rows("SELECT column_name FROM " .
	    "information_schema.columns WHERE table_schema = 'ctl' AND " .
	    "table_name = 't' ORDER BY ordinal_position");
}

my $may_not = qr/no\ unique\ key\ of\ NOT\ NULL\ columns\ is\ left\ that|
    Out\ of\ range\ value|a\ foreign\ key\ with\ cascades\ stays\ until/x;
for my $i (0 .. $#parts) {
	for my $step (1, 4, 9) {
		my ($from, $to) = ($parts[$i], $parts[($i + $step) % @parts]);
		becomes("($from) to ($to)", "CREATE TABLE t ($from)",
		    "CREATE TABLE t ($to)", opts => [drops($from, $to)],
		    may_not => $may_not);
	}
}
cmp_ok(refusals(), '<', 7, 'few pairs are what --alter refuses as well');
for my $t (@tails) {
	my @t = map { "CREATE TABLE t ($ID, s VARCHAR(9)) $_" } @$t;
	becomes("$t->[0] to $t->[1]", @t);
	becomes("$t->[1] to $t->[0]", reverse @t);
	becomes("none to $t->[1]", "CREATE TABLE t ($ID, s VARCHAR(9))", $t[1]);
	becomes("$t->[1] to none", $t[1], "CREATE TABLE t ($ID, " .
	    "s VARCHAR(9))");
}

done_testing();
