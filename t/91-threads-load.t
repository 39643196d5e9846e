# While the load is near its limit fewer connections copy, before the copy has
# to pause, and one after the other comes back when it is calm.
# long: calm that has to last
use strict;
use warnings;

use lib 't/lib';
use Busy;
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
# On MySQL, which looks at signs of the tables by EXECUTE, all are of SELECT.
my $COPY = $s->is_mysql ? qr/^INSERT LOW_PRIORITY/ :
    qr/^INSERT LOW_PRIORITY|^EXECUTE/;

sub fresh { fresh_orders($s, @_) }

# The connections that copied, by the log.
sub copied_by {
	my ($mark) = @_;
	my %by = map { $_->{id} => 1 } grep { $_->{text} =~ $COPY }
	    $s->log_entries($mark);
	return scalar keys %by;
}

# --- near the limit --------------------------------------------------------

my $busy = Busy->new($s);
my $LIMIT = $busy->base + 20;
my @slow = ('--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.05,
    '--max-load', "Threads_running=$LIMIT", '--critical-load', '');
sub status {
	my $r = run_livealter($s, 'status', 'D=app,t=orders', '--output',
	    'json');
	return JSON::PP::decode_json($r->{out})->{migrations}[0] // {};
}

# That of the status which is there after the next heartbeat.
sub status_has {
	my ($what) = @_;
	my $has;
	poll_until(sub { $has = status()->{$what} }, 10, 'a heartbeat');
	return $has;
}

# A test: from some moment on so many connections copy, none of them more.
sub copy {
	my ($n, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $seen = 0;
	ok(poll_until(sub {
		my $mark = $s->log_mark;
		poll_until(sub { said_once($s, $mark, $COPY) >= 30 }, 20,
		    'thirty statements');
		return ($seen = copied_by($mark)) == $n;
	}, 30, 'they copy'), $name) or diag "$seen copy";
}

fresh(16000);
{
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow,
	    '--threads', 3);
	copy(3, 'when it is calm, all copy');
	is(status_has('threads'), 3, '... as the status has it');
	like(run_livealter($s, 'status', 'D=app')->{out}, qr/^  threads: 3$/m,
	    '... as text, too');
	$busy->more(17);
	my $why = qr/Threads_running is \d+, and its limit $LIMIT/;
	ok($p->wait_for(qr/2 threads instead of 3: $why/,
	    20), 'near the limit there is one fewer');
	ok($p->wait_for(qr/1 thread instead of 3: $why/,
	    20), '... and another one fewer');
	copy(1, '... and one copies');
	unlike($p->err, qr/pausing/, '... before it had to pause');
	my $st;
	poll_until(sub { ($st = status())->{threads} == 1 }, 10, 'status');
	is("$st->{threads} of $st->{threads_most}", '1 of 3',
	    '... which the status tells');
	like($st->{fewer_threads}, $why, '... and why');
	like(run_livealter($s, 'status', 'D=app')->{out},
	    qr/^  threads: 1 of 3, as $why$/m, '... as text, too');
	$p->kill('USR1');
	ok($p->wait_for(qr/status: .*; 1 of 3 threads, as $why/, 10),
	    '... and the process, when it is asked');

	# More are not to be had by asking for them.
	run_livealter($s, 'control', 'D=app,t=orders', 'set', 'threads=4');
	poll_until(sub { status()->{threads_most} == 4 }, 10, 'it is told');
	is(status()->{threads}, 1, 'a higher ceiling adds none for now');
	$busy->none;
	ok($p->wait_for(qr/2 threads, as it has been calm for some time/, 30),
	    'when it is calm, one comes back');
	unlike($p->err, qr/: [34] threads, as/, '... and no more at once');
	copy(2, '... and copies');
	run_livealter($s, 'control', 'D=app,t=orders', 'set', 'threads=1');
	copy(1, 'the ceiling is obeyed');
	run_livealter($s, 'control', 'D=app,t=orders', 'set', 'threads=auto');
	copy(3, 'and taken back');
	$p->kill('KILL');
	$p->wait;
	my $r = run_livealter($s, 'resume', 'D=app,t=orders', '--sleep', 0);
	succeeded($r, 'app', 'orders', 'killed and resumed, it');
	like($r->{err}, qr/^(?!.*--threads=auto)/s, '... with its number');
	same_rows($s, 'app', 'orders', 'control', '... and its rows');
	nothing_left($s, 'app');
}

# One that dies while it has fewer has as many as it may when it goes on.
fresh(9000);
{
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	my $all = status_has('threads') // 0;
	cmp_ok($all, '>=', 2, 'auto: two or more copy');
	$busy->more(17);
	ok($p->wait_for(qr/1 thread instead of/, 20), '... or one');
	$p->kill('KILL');
	$p->wait;
	$busy->none;
	my $mark = $s->log_mark;
	my $r = run_livealter($s, 'resume', 'D=app,t=orders', '--sleep', 0.01);
	succeeded($r, 'app', 'orders', 'killed meanwhile and resumed, it');
	like($r->{err}, qr/--threads=auto: \d, as/, '... chooses again');
	is(copied_by($mark), $all, '... and as many copy as at first');
	same_rows($s, 'app', 'orders', 'control', '... with its rows');
	nothing_left($s, 'app');
}

# Connections are not made fewer by fewer threads.
fresh(400);
{
	my $n = $s->rows("SHOW PROCESSLIST") + 12;
	$busy->more(10);
	my $r = migrate($s, $ALTER, 'app', 'orders', '--max-load',
	    "Threads_connected=$n", '--chunk-size', 10, '--sleep', 0.05);
	$busy->none;
	succeeded($r, 'app', 'orders', 'near a limit of connections it');
	unlike($r->{err}, qr/threads? instead of/, '... keeps its threads');
}

done_testing;
