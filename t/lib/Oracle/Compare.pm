# Are two tables the same, definition and rows?
package Oracle::Compare;

use strict;
use warnings;

use Exporter qw(import);

use LiveAlter;
use Oracle::Table qw(ident);

our @EXPORT_OK = qw(definition rows differences left_over);

# SHOW CREATE TABLE; both are called t.
sub definition {
	my ($dbh, $db) = @_;
	return $dbh->selectrow_arrayref("SHOW CREATE TABLE `$db`.t")->[1];
}

# What tells values apart that are shown alike: the digits of a FLOAT, an
# ENUM's number.
sub _expression {
	my ($name, $type) = @_;
	my $n = ident($name);
	return "$n + 0e0" if $type =~ /^(float|double)$/;
	return ($n, "$n + 0") if $type =~ /^(enum|set)$/;
	return $n;
}

# The bytes of every row, as a text each, sorted here: no collation has a say.
sub rows {
	my ($dbh, $db, %except) = @_;
	my $cols = $dbh->selectall_arrayref("SELECT column_name, data_type " .
	    "FROM information_schema.columns WHERE table_schema = ? AND " .
	    "table_name = 't' ORDER BY ordinal_position", undef, $db);
	my @list = map { _expression(@$_) } grep { !$except{lc $_->[0]} }
	    @$cols;
	$dbh->do("SET character_set_results = NULL");
	my $r = $dbh->selectall_arrayref("SELECT " . join(', ', @list) .
	    " FROM `$db`.t");
	$dbh->do("SET character_set_results = utf8mb4");
	return sort map { join ' ', map { defined $_
	    ? /^[\x21-\x7e]{1,40}\z/ ? $_ : 'x' . unpack('H*', $_) : 'NULL' }
	    @$_ } @$r;
}

# The lines that only one of two has, or nothing.
sub differences {
	my ($what, $live, $ctl) = @_;
	my %n;
	$n{$_}++ for @$live;
	$n{$_}-- for @$ctl;
	my @d = map { sprintf '%s %s', $n{$_} > 0 ? '+' : '-',
	    length $_ > 700 ? substr($_, 0, 700) . '...' : $_ }
	    sort grep { $n{$_} } keys %n;
	# The same lines in another order.
	@d = ('(in another order)', map { "+ $_" } @$live)
	    if !@d && "@$live" ne "@$ctl";
	return if !@d;
	my $more = @d > 16 ? @d - 16 : 0;
	splice @d, 16 if $more;
	return join "\n", "$what: (+ is in live.t, - in ctl.t)", @d,
	    $more ? "... and $more more" : ();
}

sub left_over {
	my ($dbh) = @_;
	my $t = $dbh->selectcol_arrayref("SELECT table_name FROM " .
	    "information_schema.tables WHERE table_schema = 'live' AND " .
	    "table_name <> 't'");
	my $g = $dbh->selectcol_arrayref("SELECT trigger_name FROM " .
	    "information_schema.triggers WHERE trigger_schema = 'live'");
	return if !@$t && !@$g;
	return "left over: @$t @$g";
}

1;
