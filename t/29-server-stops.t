# The server stands still for a while, or is shut down, in the middle of a copy.
# The run goes on when it is there again; when it is away for longer than
# --reconnect-for, resume goes on.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use POSIX ();
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';

sub begin {
	my (@more) = @_;
	fresh_orders($s, 600);
	native($s, 'app', 'orders', 'wanted', $ALTER);
	return start_to_chunk($s, 2, $ALTER, 'app', 'orders',
	    '--chunk-size', 50, '--sleep', 0.2, @more);
}

sub ends_well {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	succeeded($r, 'app', 'orders', $name);
	same_rows($s, 'app', 'orders', 'wanted', '... with all rows');
	same_definition($s, 'app', 'orders', 'wanted', '... in the new shape');
	nothing_left($s, 'app');
}

# The server ends by itself.
sub shut_down {
	$s->sql("SHUTDOWN");
	poll_until(sub { waitpid($s->{child}, POSIX::WNOHANG()) != 0 }, 30,
	    'the server ends');
}

# --- it stands still ---------------

# For longer than a heartbeat may be late, a lock is waited for, or a connection
# may take.
{
	my $p = begin();
	kill 'STOP', $s->pid;
	sleep 12;
	ok($p->running, 'a server that stands still is waited for');
	kill 'CONT', $s->pid;
	ends_well($p->wait(60), '... and when it goes on, the run');
}

# --- it is shut down ---------------

{
	my $p = begin();
	shut_down();
	$p->wait_for(qr/connection was lost/);
	$s->restart;
	my $r = $p->wait(60);
	like($r->{err}, qr/connected again/, 'SHUTDOWN, and a new start: it ' .
	    'connects again');
	ends_well($r, '... and');
}

# --- and is away for too long ---------------

{
	my $p = begin('--reconnect-for', 1);
	shut_down();
	my $r = $p->wait(60);
	is($r->{exit}, 19, 'SHUTDOWN, and --reconnect-for is over: 19') or
	    diag $r->{err};
	like($r->{err}, qr/cleaning up: .*\(error 20\d\d\)/,
	    '... it says that nothing can be taken away');
	like($r->{out}, qr/^DROP TRIGGER/m, '... what is left is printed');
	unlike($r->{out}, qr/Successfully/, '... no success is told');
	$s->restart;
	same_rows($s, 'app', 'orders', 'control', '... the table is there');
	ends_well(run_livealter($s, 'resume', 'D=app,t=orders', '--sleep', 0),
	    '... resume');
}

done_testing;
