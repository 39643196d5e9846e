# Metadata locks: whoever holds them, the application does not wait for us.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{SEED} // 33;
note "SEED=$seed";
my $s = Server->start;

sub fresh {
	my ($rows) = @_;
	$s->sql("DROP DATABASE IF EXISTS app");
	make_orders($s, 'app', 'orders', $rows // 1000);
	copy_table($s, 'app', 'orders', 'control');
}

# A transaction that has read the table and stays open.
sub reader {
	my $dbh = $s->dbh(database => 'app');
	$dbh->begin_work;
	$dbh->selectall_arrayref("SELECT * FROM orders LIMIT 1");
	return $dbh;
}

# The reader holds the lock for this many seconds from when it got it.
sub hold {
	my ($t) = @_;
	my $left = $t + 5 - time;
	sleep $left if $left > 0;
}

# --- before the triggers ---------------------------------------------------

fresh();
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 3,
	    control => 'control', rate => 200, seed => $seed);
	my $t = time;
	my $reader = reader();
	my ($id) = $reader->selectrow_array("SELECT CONNECTION_ID()");
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders');
	$p->wait_for(qr/create the triggers/, 20);
	hold($t);
	ok($p->running, 'a reader holds the table for 5 s: it waits with its ' .
	    'triggers');
	unlike($p->err, qr/copy the rows/, '... and does nothing without them');
	like($p->err, qr/\b$id\b/, '... and names the connection that blocks');
	$reader->rollback;
	my $r = $p->wait(60);
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', '... then the run');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# --- before the swap -------------------------------------------------------

fresh();
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 3,
	    control => 'control', rate => 200, seed => $seed + 1);
	my $mark = $s->log_mark;
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders',
	    '--chunk-size', 100, '--sleep', 0.1);
	copying($s, $mark, $p);
	my $t = time;
	my $reader = reader();
	my ($id) = $reader->selectrow_array("SELECT CONNECTION_ID()");
	$p->wait_for(qr/swap the tables/, 30);
	hold($t);
	ok($p->running, 'a reader holds the table for 5 s: it waits with the ' .
	    'swap');
	like($p->err, qr/\b$id\b/, '... and names the connection that blocks');
	$reader->rollback;
	my $r = $p->wait(60);
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', '... then the run');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# A reader of the old table that stays until after the swap would: the old
# table can wait to be dropped, nobody else can.
fresh();
{
	my $stop = time + 60;
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 200, seed => $seed + 2);
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders');
	# One short reader after another, so that the lock is never long free.
	my @r;
	my $n = 0;
	while ($p->running && time < $stop && $n++ < 300) {
		push @r, eval { reader() } || ();
		sleep 0.02;
		(shift @r)->disconnect if @r > 3;
	}
	$_->disconnect for @r;
	my $r = $p->wait(60);
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', 'readers that overlap for 6 s, the run');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# --- plain OLTP ------------------------------------------------------------

# SELECT, then UPDATE of the same row in a transaction: the lock of the table
# is shared at first and then one to write.
fresh(3000);
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 4,
	    profile => 'oltp', rate => 200, seed => $seed + 3);
	for my $i (1 .. 3) {
		succeeded(migrate($s, "ADD x$i INT", 'app', 'orders',
		    '--chunk-size', 100, '--threads', 2,
		    '--sleep', 0.05), 'app', 'orders',
		    "migration $i in plain OLTP");
	}
	my $rep = $h->report;
	ok(!$rep->{errors}{1213}, '... not one deadlock');
	hammer_ok($rep, 1500, '... the application');
	is($s->value("SELECT COUNT(*) > 0 FROM app.orders"), 1, '... has rows');
	nothing_left($s, 'app');
}

# --- row locks -------------------------------------------------------------

# A transaction holds rows that the copy needs: the copy waits, and meanwhile
# nobody waits for the copy.
fresh();
{
	my $mark = $s->log_mark;
	my $holder = $s->dbh(database => 'app');
	my $p = start_migration($s, 'ADD x INT', 'app', 'orders',
	    '--chunk-size', 100, '--sleep', 0.1, '--threads', 1);
	copying($s, $mark, $p);
	$holder->begin_work;
	$holder->do("UPDATE orders SET note = 'held' WHERE id = 900");
	my $other = $s->dbh(database => 'app');
	my $slowest = 0;
	my $end = time + 4;
	while (time < $end) {
		my $t = time;
		$other->do("UPDATE orders SET customer = customer + 1 " .
		    "WHERE id IN (850, 990)");
		$slowest = time - $t if time - $t > $slowest;
		sleep 0.05;
	}
	ok($p->running, 'a row is held for 4 s: the copy waits');
	cmp_ok($slowest, '<', 1.5, '... and its neighbours are free');
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
