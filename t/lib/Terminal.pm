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

our @EXPORT = qw(no_terminal);

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

1;
