# A swap that can be reverted, and does not come at the first try: what the
# first made for the way back is no obstacle to the second.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;

sub made {
	my ($mark) = @_;
	return said_once($s, $mark, qr/^CREATE TABLE \S*`_orders_back`/);
}

# The gate closes while it waits for the table.
{
	my $file = "$dir/later";
	fresh_orders($s, 300);
	my $p = start_to_step($s, 'before:swap', 'ADD c INT', 'app', 'orders',
	    '--reversible', '--postpone-cut-over-flag-file', $file);
	my $reader = open_reader($s);
	my $mark = $s->log_mark;
	$p->kill('CONT');
	poll_until(sub { made($mark) }, 30, 'it is about to swap');
	spew($file, '');
	$p->wait_for(qr/waiting with the swap for the file/, 60);
	$reader->rollback;
	unlink $file;
	succeeded($p->wait(60), 'app', 'orders', 'the second try');
	is(made($mark), 2, '... which it was');
	my $r = run_livealter($s, 'revert', 'D=app,t=orders',
	    '--accept-loss');
	is($r->{exit}, 0, '... and it can be reverted') or diag $r->{err};
	same_definition($s, 'app', 'orders', 'control', '... to what it was');
	nothing_left($s, 'app');
}

# It died, and is resumed.
{
	fresh_orders($s, 300);
	my $p = start_to_step($s, 'before:swap', 'ADD c INT', 'app', 'orders',
	    '--reversible');
	my $reader = open_reader($s);
	my $mark = $s->log_mark;
	$p->kill('CONT');
	poll_until(sub { made($mark) }, 30, 'it is about to swap, again');
	$p->kill('KILL');
	gone($s, $mark, $p);
	$reader->rollback;
	my $r = run_livealter($s, 'resume', 'D=app,t=orders');
	succeeded($r, 'app', 'orders', 'resumed, it');
	$r = run_livealter($s, 'revert', 'D=app,t=orders',
	    '--accept-loss');
	is($r->{exit}, 0, '... and can be reverted') or diag $r->{err};
	same_definition($s, 'app', 'orders', 'control', '... to what it was');
	nothing_left($s, 'app');
}
done_testing();
