# --quiet: standard output stays empty, as with pt-online-schema-change, and
# standard error says only what went wrong.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @q = ('D=app,t=orders', '--quiet');
my $r;

sub silent {
	my ($name, $exit, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $o = ref $args[0] eq 'HASH' ? shift @args : {};
	$r = run_livealter($s, $o, @args);
	is($r->{exit}, $exit, $name) or diag $r->{err};
	is($r->{out}, '', '... nothing is on standard output');
	is($r->{err}, '', '... nor on standard error') if $exit == 0;
	isnt($r->{err}, '', '... what went wrong is on standard error')
	    if $exit != 0;
	return;
}

fresh_orders($s, 300);
silent('a migration', 0, '--alter', 'ADD c INT', '--execute', @q);
silent('with all that is shown', 0, '--alter', 'ADD d INT', '--execute', @q,
    '--print', '--statistics', '--progress', 'iterations,1');
silent('a dry run', 0, '--alter', 'ADD e INT', '--dry-run', @q);
silent('a dry run with a window', 0, '--alter', 'ADD e INT', '--dry-run', @q,
    '--cut-over-window', 'Sun 03:00-04:00');
silent('neither', 1, '--alter', 'ADD e INT', @q);
silent('an ALTER that fails', 11, '--alter', 'ADD d INT', '--execute', @q);
silent('a table that is not there', 17, '--alter', 'ADD d INT', '--execute',
    '-q', 'D=app,t=nothere');
silent('without a swap', 0, '--alter', 'ADD e INT', '--execute', @q,
    '--no-swap-tables');
silent('one that can be reverted', 0, '--alter', 'ADD KEY (state)',
    '--execute', @q, '--reversible');
silent('revert', 0, 'revert', @q);
die_at($s, 'after:copy', '--alter', 'ADD e INT', '--execute', @q);
silent('resume', 0, 'resume', @q);
nothing_left($s, 'app');

# What is left to be done is not lost.
silent('a step that fails', 39,
    { env => { LIVEALTER_FAIL_AT => 'after:copy' } },
    '--alter', 'ADD f INT', '--execute', @q);
nothing_left($s, 'app');
$r = run_livealter($s, 'status', @q);
like($r->{out}, qr/\w/, 'status is asked for what it answers');

done_testing;
