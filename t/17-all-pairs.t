# Every type becomes every other, with the values that ALTER TABLE gives; or is
# refused as ALTER TABLE refuses it.
#
# A table has a column for each of many pairs; its rows hold values that the
# server's own ALTER takes there in strict mode.  livealter changes it, and
# before the swap an application writes all of these values once more.  Then
# the same with the values that ALTER TABLE refuses: neither the copy nor the
# triggers may take one of them.
#
# PAIRS=all takes every type; else some of each family stand for it.
#
# long: each pair of types
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use PairTables;
use Pairs;
use Server;
use Story;
use Test::More;

my $COLUMNS = 60;
my $s = Server->start;
$s->sql("CREATE DATABASE app DEFAULT CHARSET utf8mb4");
my $dbh = $s->dbh(database => 'app');
$dbh->do("SET NAMES utf8mb4");
$dbh->do("SET max_error_count = 65535");
my $mode = $s->value("SELECT \@\@global.sql_mode");
PairTables::setup($s, $dbh, $mode);

# --- pairs that are refused beforehand, though ALTER TABLE does them ---------

my $maria = $s->is_mariadb;
my $text = $PairTables::TEXT;
my @refused = (
	# The number in a text, of which an INSERT takes the bytes.
	sub { $_[1] =~ /^BIT/ && $_[0] =~ /$text|^(FLOAT|DOUBLE)/ },
	# Bytes, if there are as many as it wants.
	sub { $_[1] =~ /^VECTOR/ },
	# An INSERT of a document reads it in another way.
	sub { !$maria && $_[0] eq 'JSON' && $_[1] !~ /CHAR|TEXT|BINARY|BLOB/ },
	# Of these ALTER TABLE takes hardly any.
	sub { $_[0] =~ /^(POINT|VECTOR|GEOM)/ && $_[1] !~
	    /CHAR|TEXT|BINARY|BLOB|POINT|GEOM|^JSON/ || !$maria && $_[0] =~
	    /^(POINT|VECTOR|GEOM)/ && $_[1] eq 'JSON' },
);
# And values: what does not fit is taken for another without a word, or a number
# is refused that fits.
my @values = $maria ? (
	[qr/^(FLOAT|DOUBLE)/, qr/^BIGINT/, sub { /e38/ }],
	[qr/^DECIMAL/, qr/^BIT/, sub { /-0.001/ }],
	[$text, qr/^BIGINT UNSIGNED/, sub { /18446744073709551615/ }],
) : (
	# Cut off, and neither an error nor a warning.
	[qr/^\w+(TEXT|BLOB)/, qr/^DECIMAL/, sub { !/^'[-+]?[\d.]+'$/ ||
	    /\..*\./ }],
);
sub leave_out {
	my ($p) = @_;
	for (grep { $p->{from}{sql} =~ $_->[0] && $p->{to}{sql} =~
	    $_->[1] } @values) {
		my $which = $_->[2];
		$p->{$_} = [grep { !$which->() } @{$p->{$_}}]
		    for 'good', 'bad';
	}
}

my (@pairs, @no, $impossible);
for my $p (pairs($s, $ENV{PAIRS})) {
	my @t = map { $p->{$_}{sql} } 'from', 'to';
	if (!judge($dbh, $mode, $p)) {
		$impossible++;
	} elsif (grep { $_->(@t) } @refused) {
		push @no, $p;
	} else {
		leave_out($p);
		push @pairs, $p;
	}
}
cmp_ok(scalar @pairs, '>', 300, @pairs . ' pairs of types are possible, ' .
    ($impossible // 0) . ' are not, ' . @no . ' are refused');

my $k = 0;
while (my @p = splice @pairs, 0, $COLUMNS) {
	my $name = "$p[0]{from}{sql} ... to $p[-1]{to}{sql}";
	taken($name, $k++ % 2 ? ['--verify', 'none'] : [], @p);
	not_taken($name, @p);
}

# --- what is refused beforehand ---------------------------------------------

for my $p (@no) {
	next if !@{$p->{good}};
	make('t', 'good', $p);
	my $dump = $s->dump('app', tables => qr/^t$/);
	my $r = migrate($s, alter($p), 'app', 't');
	is($r->{exit}, 17, "$p->{from}{sql} to $p->{to}{sql} is refused") or
	    diag $r->{err};
	is($s->dump('app', tables => qr/^t$/), $dump, '... and untouched');
}

done_testing;
