# A copy and a comparison that pause.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Noise;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{SEED} // 48;
note "SEED=$seed";
my $s = Server->start;
my $dir = File::Temp->newdir;
my $file = "$dir/pause";
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 2,
    '--pause-file', $file);
my ($COPY, $COMPARE) = (qr/^INSERT LOW_PRIORITY|^EXECUTE/, qr/BIT_XOR/);

sub fresh {
	unlink $file;
	fresh_orders($s, @_);
}

sub begin { start_migration($s, $ALTER, 'app', 'orders', @slow) }

# A test: it pauses, within a second or two, and then really does nothing.
sub pauses {
	my ($p, $mark, $re, $name) = @_;
	ok($p->wait_for(qr/pausing, to wait for the file \Q$file\E to be gone/,
	    30), $name);
	# Chunks in flight end.
	my $n = quiet($s, $mark, $re);
	is($s->value("SELECT COUNT(*) FROM information_schema.INNODB_TRX"), 0,
	    '... and keeps no transaction open');
	ok($p->running, '... but stays');
	return $n;
}

sub ends_well {
	my ($p) = @_;
	unlink $file;
	my $r = $p->wait(60);
	like($r->{err}, qr/going on after a pause of \d+ s/,
	    '... then it goes on');
	succeeded($r, 'app', 'orders', '... it');
	same_rows($s, 'app', 'orders', 'control', '... with its rows');
	nothing_left($s, 'app');
}

# --- from the beginning, under load ----------------------------------------

fresh();
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 3,
	    control => 'control', rate => 100, seed => $seed);
	my $mark = $s->log_mark;
	spew($file, '');
	my $p = begin();
	ok($p->wait_for(qr/pausing, to wait for the file/, 30),
	    'a file that is there keeps the copy from beginning');
	my $t = time;
	poll_until(sub { time - $t > 1.5 }, 5, 'some time');
	is(said_once($s, $mark, $COPY), 0, '... with its first chunk');
	is(scalar(grep { /trigger/ } leftovers($s, 'app')), 3,
	    '... and the triggers work meanwhile');
	$p->kill('USR1');
	ok($p->wait_for(qr/status: copy .*; waiting for the file \Q$file\E/,
	    10), '... and the status says so');
	unlink $file;
	my $r = $p->wait(60);
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', 'without the file it');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# --- in the middle ---------------------------------------------------------

fresh();
{
	my $mark = $s->log_mark;
	my $p = begin();
	copying($s, $mark, $p);
	spew($file, '');
	pauses($p, $mark, $COPY, 'a file that comes during the copy pauses it');
	for my $t (qw(orders control)) {
		$s->sql("UPDATE app.$t SET note = 'paused' WHERE id > 3");
	}
	ends_well($p);
}

fresh();
{
	my $mark = $s->log_mark;
	my $p = begin();
	poll_until(sub { said_once($s, $mark, $COMPARE) >= 2 || !$p->running },
	    30, 'the comparison');
	spew($file, '');
	my $n = pauses($p, $mark, $COMPARE,
	    'a file that comes during the comparison pauses it');
	cmp_ok($n, '<', 40, '... in the middle');
	ends_well($p);
}

# --- the end of a pause that is none ---------------------------------------

fresh();
{
	my $dump = $s->dump('app');
	my $mark = $s->log_mark;
	my $p = begin();
	copying($s, $mark, $p);
	spew($file, '');
	$p->wait_for(qr/pausing, to wait for the file/, 30);
	$p->kill('INT');
	my $t = time;
	is($p->wait(30)->{exit}, 32, 'SIGINT during a pause');
	cmp_ok(time - $t, '<', Noise::patience(5), '... is obeyed soon');
	same_dump($s->dump('app'), $dump, '... and all is as it was');
}

fresh();
{
	my $mark = $s->log_mark;
	my $p = begin();
	copying($s, $mark, $p);
	spew($file, '');
	$p->wait_for(qr/pausing, to wait for the file/, 30);
	my ($trigger) = map { s/^trigger //r } grep { /^trigger/ }
	    leftovers($s, 'app');
	$s->sql("DROP TRIGGER app.`$trigger`");
	is($p->wait(30)->{exit}, 12, 'a trigger that is dropped during a ' .
	    'pause ends it');
	same_rows($s, 'app', 'orders', 'control', '... the table is whole');
	nothing_left($s, 'app');
}

done_testing;
