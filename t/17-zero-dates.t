# Dates such as 0000-00-00 and 2026-00-10: what is made of another type is
# judged by the user's sql_mode, as ALTER TABLE judges it; what a column of the
# same type holds is copied as it is.  So neither may decide for the other.
#
# Every pair of types whose second has days, under each sql_mode that concerns
# dates, alone and beside columns that hold such dates.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use PairTables;
use Pairs;
use Server;
use Test::More;

my $s = Server->start;
$s->sql("CREATE DATABASE app DEFAULT CHARSET utf8mb4");
my $dbh = $s->dbh(database => 'app');
$dbh->do("SET NAMES utf8mb4");
$dbh->do("SET max_error_count = 65535");

my @beside = (
	['z1', 'DATE', "'0000-00-00'"],
	['z2', 'DATETIME', "'2026-00-10 10:20:30'"],
	['z3', 'TIMESTAMP', "'0000-00-00 00:00:00'"],
	['z4', 'DATE', "'2026-02-31'"],
);
my @modes = (
	'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE',
	'STRICT_TRANS_TABLES,NO_ZERO_DATE',
	'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE',
	'STRICT_TRANS_TABLES',
);
for my $mode (@modes) {
	$s->sql("SET GLOBAL sql_mode = '$mode'");
	my @pairs = grep { $_->{to}{sql} =~ /^(DATE|TIMESTAMP)/ &&
	    $_->{from}{sql} !~ /^(JSON|POINT|VECTOR)/ &&
	    judge($dbh, $mode, $_) } pairs($s, $ENV{PAIRS});
	cmp_ok(scalar @pairs, '>', 20, "$mode: " . @pairs . ' pairs');
	for my $with ([], \@beside) {
		PairTables::setup($s, $dbh, $mode, @$with);
		my $name = $mode . (@$with ? ', beside such dates' : '');
		taken($name, [], @pairs);
		not_taken($name, @pairs);
	}
}

done_testing;
