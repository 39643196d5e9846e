# Metadata locks: whoever holds them, the application does not wait for us.
#
# long: holds locks for a quarter of a minute
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Noise;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{SEED} // 33;
note "SEED=$seed";
my $s = Server->start;

# While the code runs, the application writes; then what came of both.  The
# code gets the process and returns nothing.
sub with_traffic {
	my ($name, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	fresh_orders($s);
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    threads => $o{threads} // 3, control => 'control', rate => 200,
	    seed => ++$seed);
	my $mark = $s->log_mark;
	$o{before}->() if $o{before};
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders',
	    '--chunk-size', 100, '--sleep', 0.1, @{$o{opts} // []});
	$o{code}->($p, $mark);
	my $r = $p->wait(60);
	my $rep = $h->report;
	note "$name: the slowest statement took $rep->{max_ms} ms, of " .
	    $rep->{statements};
	succeeded($r, 'app', 'orders', "$name: the run");
	hammer_ok($rep, 1500, '... all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# Ends the reader's transaction when it has lasted so many seconds, in which
# the program waits and says for whom.
sub outlasts {
	my ($p, $reader, $t, $seconds, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($id) = $reader->selectrow_array("SELECT CONNECTION_ID()");
	my $left = $t + $seconds - time;
	sleep $left if $left > 0;
	ok($p->running, "a reader holds the table for $seconds s: $name");
	like($p->err, qr/\bby connection $id\b/, '... and names the ' .
	    'connection that blocks');
	$reader->rollback;
}

# --- long readers ----------------------------------------------------------

{
	my ($reader, $t);
	my $flag = File::Temp->new;
	with_traffic('15 s before the triggers and 15 s before the swap',
	    opts => ['--postpone-cut-over-flag-file', "$flag"],
	    before => sub { $t = time; $reader = open_reader($s) },
	    code => sub {
		my ($p, $mark) = @_;
		$p->wait_for(qr/create the triggers/, 20);
		outlasts($p, $reader, $t, 15, 'it waits with its triggers');
		unlike($p->err, qr/copy the rows/, '... and does nothing ' .
		    'without them');
		# The swap is held until the reader is there.
		$p->wait_for(qr/waiting with the swap/, 30);
		$t = time;
		$reader = open_reader($s);
		unlink "$flag";
		$p->wait_for(qr/waiting for a moment when no session uses/, 30);
		outlasts($p, $reader, $t, 15, 'it waits with the swap');
	    });
}

# One short reader after another, so that the lock is never long free.
with_traffic('readers that overlap for 6 s', threads => 2, code => sub {
	my ($p) = @_;
	my ($stop, @r) = (time + 6);
	while ($p->running && time < $stop) {
		push @r, eval { open_reader($s) } || ();
		sleep 0.02;
		(shift @r)->disconnect if @r > 3;
	}
	$_->disconnect for @r;
});

# --- plain OLTP ------------------------------------------------------------

# SELECT, then UPDATE of the same row in a transaction: the lock of the table
# is shared at first and then one to write.
fresh_orders($s, 3000);
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    profile => 'oltp', rate => 100, seed => $seed + 3);
	my $queued = 0;
	for my $i (1 .. 3) {
		my $r = migrate($s, "ADD x$i INT", 'app', 'orders',
		    '--chunk-size', 100, '--threads', 2, '--sleep', 0.05);
		succeeded($r, 'app', 'orders', "migration $i in plain OLTP");
		$queued += () = $r->{err} =~ /queueing for it for a second/g;
	}
	my $rep = $h->report;
	# Who queues may meet those who have read and now want to write, and
	# on MySQL so may who swaps (BUGS in the manual).
	my $dead = delete $rep->{errors}{1213};
	cmp_ok($dead ? $dead->{count} : 0, '<=', ($s->is_mysql ? 2 : 0) + 4 *
	    $queued, "... no deadlock but where it had to queue ($queued)");
	hammer_ok($rep, 1500, '... the application');
	is($s->value("SELECT COUNT(*) > 0 FROM app.orders"), 1, '... has rows');
	nothing_left($s, 'app');
}

# --- row locks -------------------------------------------------------------

# A transaction holds rows that the copy needs: the copy waits, and meanwhile
# nobody waits for the copy.
fresh_orders($s);
{
	my $mark = $s->log_mark;
	my $holder = $s->dbh(database => 'app');
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders',
	    '--chunk-size', 100, '--sleep', 0.1, '--threads', 1);
	copying($s, $mark, $p);
	$holder->begin_work;
	$holder->do("UPDATE orders SET note = 'held' WHERE id = 900");
	my $other = $s->dbh(database => 'app');
	ok(eval {
		for (1 .. 80) {
			$other->do("UPDATE orders SET customer = " .
			    "customer + 1 WHERE id IN (850, 990)");
			sleep 0.05;
		}
		1;
	}, 'a row is held: its neighbours are free') or diag $@;
	ok($p->running, '... and the copy waits');
	ok(eval { $holder->do("UPDATE orders SET note = 'twice' WHERE id IN " .
	    "(880, 995)"); $holder->commit; 1 },
	    '... and its holder is no victim') or diag $@;
	succeeded($p->wait(60), 'app', 'orders', '... then the run');
	is($s->value("SELECT GROUP_CONCAT(note ORDER BY id) FROM app.orders " .
	    "WHERE id IN (880, 900, 995)"), 'twice,held,twice',
	    '... with what was written');
	nothing_left($s, 'app');
}

done_testing;
