# --sleep is a pause of the whole copy, however many connections it has.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time);

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @opts = ('--chunk-size', 10, '--threads', 8, '--verify', 'none');

fresh_orders($s, 200);
{
	my $t = time;
	my $r = migrate($s, $ALTER, 'app', 'orders', @opts, '--sleep', 0.2);
	my $took = time - $t;
	succeeded($r, 'app', 'orders', 'with eight connections it');
	same_rows($s, 'app', 'orders', 'control', '... with its rows');
	# 20 chunks, of which eight may be begun together at the end, and wait
	# for no pause of each other.  Each connection by itself would have two.
	cmp_ok($took, '>=', (20 - 8) * 0.2, '... and the pauses of all');
}

fresh_orders($s, 10);
{
	my $r = migrate($s, $ALTER, 'app', 'orders', @opts, '--sleep', 3600);
	succeeded($r, 'app', 'orders', 'there is no pause after the last: it');
}

fresh_orders($s, 200);
{
	my $dump = $s->dump('app');
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts, '--sleep',
	    3600);
	copying($s, $mark, $p);
	$p->kill('INT');
	is($p->wait(30)->{exit}, 32, 'Ctrl-C ends a pause');
	same_dump($s->dump('app'), $dump, '... and all is undone');
}

done_testing;
