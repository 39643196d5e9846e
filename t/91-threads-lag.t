# A replica that falls behind first has fewer connections copy, and only then
# the copy pause; when it has caught up, they come back.
# long: a lag that grows, and calm that has to last
use strict;
use warnings;

use lib 't/lib';
use Chain;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';

fresh_orders($s, 6000);
$r->wait_for_source($s);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--threads', 3,
	    '--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.1,
	    '--max-lag', 12, '--max-load', '', '--critical-load', '');
	copying($s, $mark, $p);
	hold_back($r);
	my $why = qr/replica \S+ is \d+\.\d s behind, and 12 s is the limit/;
	ok($p->wait_for(qr/2 threads instead of 3: $why/,
	    30), 'one that falls behind has fewer threads copy');
	unlike($p->err, qr/pausing/, '... before it has to pause');
	let_go($r);
	my ($n) = $p->err =~ /.*(\d) threads? instead of 3/s;
	my $more = $n + 1;
	ok($p->wait_for(qr/$more threads, as it has been calm/, 40),
	    '... until it has caught up');
	succeeded($p->wait(120), 'app', 'orders', '... then it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

done_testing;
