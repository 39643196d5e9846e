# Pseudo-terminals, for tests that need one: there is none where /dev/pts is
# not mounted or script(1) is not installed, as in some containers.
#
#	SKIP: {
#		my $why = no_terminal('what is tested');
#		skip $why, 5 if $why;
#		my $p = start_program('script', '-qfc', ...);
package Terminal;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();

use LiveAlter;

our @EXPORT = qw(no_terminal screen_after);

# '' when there are pseudo-terminals; else what is missing, which is said on
# standard error as well: prove shows the reason of a skip to nobody.
sub no_terminal {
	my ($what) = @_;
	my $r = run_program('script', '-qec', 'test -t 0 && echo here',
	    '/dev/null');
	return '' if $r->{out} =~ /^here\r?$/m;
	my ($said) = grep { /\S/ } map { s/\s+\z//r } split /\n/,
	    "$r->{err}\n$r->{out}";
	my $why = "no pseudo-terminal (/dev/ptmx and /dev/pts, by " .
	    "script(1)): " . ($said // "script ends with $r->{exit}");
	Test::More::diag("NOT TESTED: $what: $why");
	return $why;
}

# What a terminal of that width shows after this output: its lines, the last
# ones of which may be empty.  It knows what livealter uses, and dies of
# anything else that begins with ESC or is another control character.
sub screen_after {
	my ($out, $columns) = @_;
	my (@line, $row, $col) = ('');
	($row, $col) = (0, 0);
	utf8::decode($out);
	while ($out =~ /\G(?:\e\[(\d*)([A-Za-z])|([\x00-\x1f\x7f-\x9f])|
	    (.))/gsx) {
		my ($n, $do, $control, $char) = ($1, $2, $3, $4);
		if (defined $char) {
			($row, $col) = ($row + 1, 0) if $col >= $columns;
			$line[$_] //= '' for 0 .. $row;
			$line[$row] .= ' ' x ($col - length $line[$row])
			    if length $line[$row] < $col;
			substr($line[$row], $col++, 1) = $char;
		} elsif (defined $control) {
			die sprintf "control character %02x\n", ord $control
			    if $control !~ /[\r\n]/;
			$col = 0 if $control eq "\r";
			$row++ if $control eq "\n";
		} elsif ($do eq 'A') {
			$row = $row > $n ? $row - $n : 0;
		} elsif ($do eq 'K') {
			$line[$row] = substr $line[$row] // '', 0, $col;
		} elsif ($do eq 'J') {
			$#line = $row - 1;
		} elsif ($do ne 'm') {
			die "ESC [ $n $do\n";
		}
	}
	return map { $_ // '' } @line;
}

1;
