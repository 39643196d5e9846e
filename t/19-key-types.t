# Keys whose type the ALTER changes: the rows are found by what becomes of them,
# while an application writes.
#
# long: a key of each type
use strict;
use warnings;

use lib 't/lib';
use KeyCase;
use LiveAlter;
use Server;
use Story;
use Test::More;

note "SEED=$KeyCase::seed";
my $s = Server->start;
$s->sql("CREATE DATABASE app");

my $hex = sub { sprintf '%08x0000100080000000%08x', $_[0] * 7919 % 151, $_[0] };
my $dashed = sub { $hex->($_[0]) =~
    s/^(.{8})(.{4})(.{4})(.{4})/$1-$2-$3-$4-/r };
my @cases = (
	['VARCHAR(20)', 'INT', sub { "'$_[0]'" }],
	['VARCHAR(20)', 'BIGINT UNSIGNED', sub { "'$_[0]'" }],
	['INT', 'VARBINARY(20)', sub { $_[0] }],
	['VARBINARY(20)', 'VARCHAR(20)', sub { "'k$_[0]'" }],
	['VARCHAR(20)', 'VARBINARY(20)', sub { "'k$_[0]'" }],
	['VARBINARY(9)', 'BINARY(12)', sub { "'k$_[0]'" }],
	['VARCHAR(30)', 'DATETIME', sub { sprintf "'2026-01-%02d " .
	    "10:20:%02d'", 1 + $_[0] / 50, $_[0] % 50 }],
	['BIT(9)', 'INT', sub { $_[0] }],
	['YEAR', 'INT', sub { 1901 + $_[0] }],
	['VARCHAR(20)', 'VARCHAR(20) CHARACTER SET utf16', sub { "'k$_[0]'" }],
	$s->is_mariadb ? (
	['CHAR(36)', 'UUID', sub { "'" . $dashed->($_[0]) . "'" }],
	['CHAR(32)', 'UUID', sub { "'" . $hex->($_[0]) . "'" }],
	['BINARY(16)', 'UUID', sub { "x'" . $hex->($_[0]) . "'" }],
	['UUID', 'CHAR(36)', sub { "'" . $dashed->($_[0]) . "'" }],
	['VARCHAR(40)', 'INET6', sub { "'fe80::$_[0]'" }],
	['VARCHAR(40)', 'INET4', sub { "'10.1.2.$_[0]'" }],
	) : (),
);
for my $c (@cases) {
	my ($from, $to, $key) = @$c;
	key_case($s, "$from that becomes $to", def => "k $from PRIMARY KEY",
	    rows => 60, keys => sub { $key->($_[0]->(150)) },
	    alter => "MODIFY k $to NOT NULL", ops => sub {
		my ($r) = @_;
		my $v = 'first ' . (1 + $r->(60));
		# After the swap only v finds the same rows in both.
		return ("UPDATE %s SET v = CONCAT(v, ' ') WHERE v = '$v'",
		    "DELETE FROM %s WHERE v = '$v'",
		    "UPDATE %s SET k = " . $key->($r->(150)) .
		    " WHERE v = '$v'", "INSERT INTO %s (k, v) VALUES (" .
		    $key->($r->(150)) . ", '$v')")[$r->(4)];
	    });
}

done_testing;
