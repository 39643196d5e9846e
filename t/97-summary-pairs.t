# What the summary of a dry run counts as rows that do not fit is what a run
# refuses, for pairs of types: a run is repeated without the row that it has
# named, until it has no complaint, and that must be so often.
# long: some hundred runs
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $json = JSON::PP->new->utf8;

# What the summary counts; undef if there is none.
sub counted {
	my ($alter) = @_;
	my $r = run_livealter($s, '--alter', $alter, dsn('app', 't'),
	    '--dry-run', '--output=json');
	my ($line) = grep { /^\{"type": "summary"/ } split /\n/, $r->{out};
	return undef if !defined $line;
	my $is = $json->decode($line);
	return undef if !$is->{misfits_all_looked_at};
	my $n = 0;
	$n += $_->{rows} for @{$is->{misfits}};
	return $n;
}

# How many rows a run refuses, one after the other; they are gone then.
sub refused {
	my ($alter) = @_;
	my $n = 0;
	while ($n < 20) {
		my $r = run_livealter($s, '--alter', $alter, dsn('app', 't'),
		    '--execute', '--chunk-size=1', '--verify=none');
		return $n if $r->{exit} == 0;
		my ($id) = grep { defined } $r->{err} =~
		    /: row (\d+), column|\brows up to (\d+)/;
		if (!defined $id) {
			diag $r->{err};
			return 'no row is named';
		}
		$s->sql("DELETE FROM app.t WHERE id = $id");
		$n++;
	}
	return 'no end';
}

my @number = (qw(0 1 -1 127 128 255 256 -129 32768 65536 99999),
    'NULL');
my @text = map { "'$_'" } '', 'a', 'abc', 'abcdefghijkl', '12', '1.5', '-3',
    '300', '2024-02-29', '2023-02-29', '12:13:14', "\xc3\xa9", 'abc         ';
my %value = (
	'INT' => \@number,
	'DECIMAL(10,3)' => [@number, '1.2345', '-0.5'],
	'DOUBLE' => [@number, '1e10', '0.5'],
	'VARCHAR(20)' => [@text, 'NULL'],
	'TEXT' => [@text, "REPEAT('x', 300)"],
	"ENUM('a','b','12')" => ["'a'", "'b'", "'12'", 'NULL'],
	'DATETIME' => ["'2024-02-29 01:02:03'", "'1969-01-01'",
	    "'9999-12-31 23:59:59'", "'1000-01-01'"],
	'VARBINARY(20)' => [map { "x'$_'" } '', '00', 'ff', '6162',
	    '616263646566676869'],
);
my @to = ('TINYINT', 'SMALLINT UNSIGNED', 'BIGINT', 'INT NOT NULL',
    'DECIMAL(4,1)', 'FLOAT', 'VARCHAR(3)', 'VARCHAR(20) NOT NULL',
    'CHAR(10) CHARACTER SET latin1', 'TINYTEXT', "ENUM('a','12')",
    "SET('a','b')", 'DATE', 'TIMESTAMP NULL', 'TIME', 'YEAR',
    'VARBINARY(5)');

my ($some, $none) = (0, 0);
for my $from (sort keys %value) {
	for my $to (@to) {
		my $id = 0;
		fresh_schema($s, "CREATE TABLE t (id INT PRIMARY KEY, " .
		    "c $from) DEFAULT CHARSET=utf8mb4",
		    "INSERT INTO t VALUES " . join(', ', map {
		    "(" . ++$id . ", $_)" } @{$value{$from}}));
		my $is = counted("MODIFY c $to");
		if (!defined $is) {
			my $r = run_livealter($s, '--alter', "MODIFY c $to",
			    dsn('app', 't'), '--execute');
			isnt($r->{exit}, 0, "$from -> $to: is refused");
			next;
		}
		my $want = refused("MODIFY c $to");
		is($is, $want, "$from -> $to: $want do not fit");
		$is > 0 ? $some++ : $none++;
	}
}
cmp_ok($some, '>', 20, 'there are pairs of which some rows do not fit');
cmp_ok($none, '>', 20, '... and of which all do');

done_testing;
