# A run that waits for the table's lock is seen to be alive, and to wait,
# wherever it waits.
#
# long: each wait is one of seconds
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT';

# The migration, as status tells it, or {}.
sub seen {
	my $r = run_livealter($s, 'status', 'D=app,t=orders', '--output',
	    'json');
	my $all = eval { JSON::PP::decode_json($r->{out})->{migrations} };
	return $all && $all->[0] || {};
}

sub waits { ($_[0]{waits_for} // '') =~ /no session uses/ }

# Somebody's transaction on the table.
sub hold {
	my $dbh = $s->dbh(database => 'app');
	$dbh->begin_work;
	$dbh->do('UPDATE orders SET amount = amount + 1 WHERE id = 7');
	return $dbh;
}

# While the table is held, the heartbeat goes on, in all its waits.
sub beats {
	my ($name, $p) = @_;
	my (%beat, $now);
	poll_until(sub { waits($now = seen()) }, 30, "$name: status");
	ok(waits($now), "$name: status says what it waits for");
	is($now->{life}, 'running', '... and that it runs') or
	    diag explain $now;
	# Beyond its first look, which takes eight seconds.
	poll_until(sub {
		$now = seen();
		$beat{$now->{heartbeat}} = 1 if waits($now) &&
		    defined $now->{heartbeat};
		return keys %beat > 3 && $p->err =~ /trying again/;
	}, 60, "$name: heartbeats");
	cmp_ok(keys %beat, '>', 3, '... and its heartbeat goes on');
	like($p->err, qr/trying again in/, '... however long it takes');
}

my @tries = ('--tries', 'create_triggers:100:1,swap_tables:100:1');

for my $case (
    ['the triggers', 'before:capture', []],
    ['the swap', 'before:swap', []],
    ['INSTANT', 'before:alter', ['--instant', 'only']]) {
	my ($name, $at, $more) = @$case;
	fresh_orders($s, 500);
	my $p = start_to_step($s, $at, $ALTER, 'app', 'orders', @tries, @$more);
	my $other = hold();
	$p->kill('CONT');
	beats($name, $p);
	$other->commit;
	succeeded($p->wait(60), 'app', 'orders', '... and when it is free,');
	like(run_livealter($s, 'status', 'D=app')->{out}, qr/^no migration/,
	    '... of which nothing is left');
}

done_testing;
