# The machine has no thread for livealter for a while: in the copy, in the
# comparison, or when a question is to be asked that may take long.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
# Stacks of a gigabyte, for which there is room or not.
$ENV{LIVEALTER} = "prlimit --stack=1073741824: " .
    ($ENV{LIVEALTER} // 'build/livealter');

sub allow_threads {
	my ($p, $yes) = @_;
	my ($kb) = slurp('/proc/' . $p->pid . '/status') =~ /VmSize:\s+(\d+)/;
	my $as = $yes ? 'unlimited' : $kb * 1024 + (1 << 29);
	system('prlimit', '--pid', $p->pid, "--as=$as:") == 0
	    or die "prlimit: $?\n";
}

# Up to the step; from there on there is none.
sub start_without {
	my ($step, $alter, @opts) = @_;
	fresh_orders($s, 300);
	native($s, 'app', 'orders', 'wanted', $alter);
	my $p = start_to_step($s, "before:$step", $alter, 'app', 'orders',
	    @opts);
	allow_threads($p, 0);
	$p->kill('CONT');
	return $p;
}

sub ends_well {
	my ($p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	allow_threads($p, 1);
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', '... and when there is one, it');
	same_rows($s, 'app', 'orders', 'wanted', '... with all rows');
	same_definition($s, 'app', 'orders', 'wanted', '... in the new shape');
	nothing_left($s, 'app');
	return $r;
}

for my $step (qw(copy verify)) {
	my $p = start_without($step, $ALTER, '--chunk-size', 100);
	ok($p->wait_for(qr/no thread can be started; trying again/),
	    "no thread for the $step is said");
	ok($p->running, '... and it waits');
	my $r = ends_well($p);
	my $said = () = $r->{err} =~ /can be started; trying again/g;
	is($said, 1, '... which is said once');
}

# Not for ever: the wait is that for a server.
{
	my $p = start_without('copy', $ALTER, '--reconnect-for', 1);
	my $r = $p->wait(60);
	isnt($r->{exit}, 0, 'no thread for longer than --reconnect-for');
	like($r->{err}, qr/error: .*no thread can be started/,
	    '... ends it and is said');
	same_definition($s, 'app', 'orders', 'control', '... the table is ' .
	    'as it was');
	nothing_left($s, 'app');
}

{
	my $p = start_without('plan', 'ADD UNIQUE KEY u (updated)');
	ok($p->wait_for(qr/looking for duplicates without one/),
	    'a question that may take long is asked without a thread');
	ok($p->wait_for(qr/no thread can be started; trying again/),
	    '... and it goes on to the copy');
	ends_well($p);
}

done_testing;
