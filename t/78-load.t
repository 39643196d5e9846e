# The load of the server, a query of the user's, and pauses by ratio: what makes
# a copy wait or ends it, by --max-load, --critical-load, --throttle-query.
#
# long: waits until the load has been looked at, again and again
use strict;
use warnings;

use lib 't/lib';
use Busy;
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @slow = ('--chunk-size', 25, '--sleep', 0.1, '--progress', 'time,1');
my $COPY = qr/^INSERT LOW_PRIORITY/;
my @off = ('--max-load', '', '--critical-load', '');

# --- what is taken; t/unit/limit.c has all forms ---------------------------

sub config {
	my (@opts) = @_;
	return run_livealter($s, { connect => 0 }, @opts, '--print-config');
}

is(config('--max-load', 'a=1,b:2,A=3')->{exit}, 1,
    'a variable that is named twice is refused');
is(config('--max-load', 'a=1,,b=2')->{exit}, 1, '... and an empty one');
is(config('--max-load', '')->{exit}, 0, "'' is no limit at all");
my $default = join "\n", 'max-load: "Threads_running=25"',
    'critical-load: "Threads_running=50"';
like(config()->{out}, qr/^$default$/m,
    'by default Threads_running is looked at');

# --- the server's variables ------------------------------------------------

fresh_orders($s, 200);
my $dump = $s->dump('app');

sub dry_run {
	return run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
	    '--dry-run', @_);
}

{
	my @all = grep { $_->[1] =~ /^\d+(\.\d+)?\z/ &&
	    $_->[0] =~ /^[\w.]{1,64}\z/ } $s->rows("SHOW GLOBAL STATUS");
	my $list = join ',', map { "$_->[0]=1000000000000000000" } @all;
	my $r = dry_run('--max-load', $list, '--critical-load', lc $list);
	is($r->{exit}, 0, 'each of ' . @all . ' status variables is found')
	    or diag $r->{err};
	for my $opt ('--max-load', '--critical-load') {
		$r = migrate($s, $ALTER, 'app', 'orders', $opt,
		    'Threads_running=99,Thread_running=3');
		is($r->{exit}, 1, "$opt of a variable that does not exist");
		like($r->{err}, qr/variable Thread_running, which \Q$opt/,
		    '... is named');
	}
	my ($text) = grep { $_->[1] eq 'OFF' || $_->[1] eq 'ON' }
	    $s->rows("SHOW GLOBAL STATUS");
	if ($text) {
		$r = migrate($s, $ALTER, 'app', 'orders', '--max-load',
		    $text->[0]);
		is($r->{exit}, 1, 'one that is no number is refused');
	}
	same_dump($s->dump('app'), $dump, '... all before anything is made');
}

# --- load ------------------------------------------------------------------

my $busy = Busy->new($s);
sub running { 'Threads_running=' . ($busy->base + $_[0]) }
sub below { my ($n, $is) = map { $busy->base + $_ } @_;
    qr/Threads_running to be below $n \(it is $is\)/ }

# A test: it waits for this, says so everywhere, and does nothing.
sub waits {
	my ($p, $mark, $re, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($p->wait_for(qr/pausing, to wait for $re/, 30), "$name: it waits")
	    or diag $p->err;
	my ($n, $since) = (-1, time);
	poll_until(sub {
		my $now = said_once($s, $mark, $COPY);
		($n, $since) = ($now, time) if $now != $n;
		return time - $since > 1.5 || !$p->running;
	}, 20, 'no more chunks');
	ok($p->running, '... and stays');
	ok($p->wait_for(qr/copied \d+ rows.*; waiting for $re/, 10),
	    '... says why on the line of progress');
	# One of ours that is slow to end counts for a look.
	my $said;
	for (1 .. 5) {
		$p->kill('USR1');
		$said = $p->wait_for(qr/status: .*; waiting for $re/, 2);
		last if $said;
	}
	ok($said, '... at SIGUSR1') or diag $p->err;
	my $r;
	poll_until(sub {
		$r = run_livealter($s, 'status', 'D=app,t=orders');
		return $r->{out} =~ /waits for: $re/;
	}, 10, 'status');
	like($r->{out}, qr/waits for: $re/, '... in the status');
	$r = run_livealter($s, 'status', 'D=app,t=orders', '--output', 'json');
	like(JSON::PP::decode_json($r->{out})->{migrations}[0]{waits_for} // '',
	    $re, '... and in its JSON');
}

sub ends_well {
	my ($p, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', $name);
	same_rows($s, 'app', 'orders', 'control', '... with its rows');
	nothing_left($s, 'app');
	return $r;
}

sub begin { start_migration($s, $ALTER, 'app', 'orders', @slow, @_) }

fresh_orders($s, 400);
{
	my $r = begin('--threads', 8, '--sleep', 0, '--chunk-size', 2,
	    '--max-load', running(1), '--critical-load', running(2));
	$r = ends_well($r, 'with nobody else there: it');
	unlike($r->{err}, qr/pausing/, '... its own connections do not count');
}

fresh_orders($s, 400);
{
	my $mark = $s->log_mark;
	my $p = begin('--max-load', running(3) =~ s/=/:/r);
	copying($s, $mark, $p);
	$busy->more(4);
	waits($p, $mark, below(3, 4), 'load in the middle');
	$busy->none;
	ends_well($p, '... and when it is over, it');
}

fresh_orders($s, 400);
{
	my $mark = $s->log_mark;
	my $p = begin('--max-load', 'Threads_connected');
	copying($s, $mark, $p);
	ok($p->wait_for(qr/--max-load: Threads_connected is (\d+) now, and its/,
	    10), 'a relative limit is told');
	$busy->more(8);
	waits($p, $mark, qr/Threads_connected to be below \d+/,
	    '... and a rise above it');
	$busy->none;
	ends_well($p, '... and after it, it');
}

# At the start, before the first chunk.
fresh_orders($s, 400);
{
	my $mark = $s->log_mark;
	$busy->more(4);
	my $p = begin('--max-load', running(2));
	waits($p, $mark, below(2, 4), 'from the beginning');
	is(said_once($s, $mark, $COPY), 0,
	    '... before the first chunk');
	$busy->none;
	ends_well($p, '... then it');
}

# --- critical --------------------------------------------------------------

fresh_orders($s, 400);
$dump = $s->dump('app');
{
	my $mark = $s->log_mark;
	$busy->more(5);
	my $r = migrate($s, $ALTER, 'app', 'orders', @slow,
	    '--critical-load', running(3));
	is($r->{exit}, 34, 'a critical load at the start ends it');
	like($r->{err}, qr/Threads_running is \d, and --critical-load/,
	    '... by name and figure');
	is(said_once($s, $mark, qr/^CREATE TABLE/), 0,
	    '... before anything is made');
	$busy->none;
}
{
	my $mark = $s->log_mark;
	my $p = begin('--critical-load', running(3),
	    '--on-interrupt', 'keep');
	copying($s, $mark, $p);
	$busy->more(5);
	my $r = $p->wait(30);
	$busy->none;
	is($r->{exit}, 34, 'a critical load in the middle ends it');
	like($r->{err}, qr/load is critical: Threads_running is \d/,
	    '... by name and figure');
	same_dump($s->dump('app'), $dump, '... and all is undone');
}
# At the end of the hibernation it is critical still.
my $LOOK = qr/^SHOW GLOBAL STATUS WHERE/;
{
	my $mark = $s->log_mark;
	my $p = begin('--critical-load', running(3),
	    '--critical-load-hibernate', 4);
	copying($s, $mark, $p);
	$busy->more(5);
	waits($p, $mark, qr/the end of --critical-load-hibernate, in \d+ s/,
	    'with --critical-load-hibernate');
	# One look, of two questions, at the end of each.
	my $n = said_once($s, $mark, $LOOK);
	poll_until(sub { !$p->running ||
	    said_once($s, $mark, $LOOK) >= $n + 4 }, 60, 'two more looks');
	ok($p->running, '... and once more, when it is not over then') or
	    diag $p->err;
	$busy->none;
	my $r = ends_well($p, '... and later it');
	like($r->{err}, qr/warning: the load is critical/,
	    '... with a warning');
}
fresh_orders($s, 400);
{
	my $mark = $s->log_mark;
	$busy->more(5);
	my $p = begin('--critical-load', running(3),
	    '--critical-load-hibernate', 2);
	ok($p->wait_for(qr/warning: the load is critical/, 30),
	    '... also at the start') or diag $p->err;
	is(said_once($s, $mark, $COPY), 0, '... before the first chunk');
	$busy->none;
	ends_well($p, '... and later it');
}

# One look is none: it stands still while the load goes, unless it was faster
# than we were and has looked once more, which it may have done before we count.
for my $start (1, 0) {
	my $p;
	for (1 .. 10) {
		fresh_orders($s, 400);
		my $mark = $s->log_mark;
		$busy->more(5) if $start;
		$p = begin('--critical-load', running(3), '--max-load', '',
		    $start ? () : ('--check-interval', 3));
		if (!$start) {
			copying($s, $mark, $p);
			$busy->more(5);
		}
		# What is too much is asked for twice, and counts as one look.
		my $re = $start ? undef : below(3, 5);
		poll_until(sub { !$p->running || ($start ?
		    said_once($s, $mark, $LOOK) >= 2 :
		    $p->err =~ /(?:wait|swap) for $re/) }, 30, 'it looks');
		my $n = said_once($s, $mark, $LOOK);
		$p->kill('STOP');
		$busy->none;
		my $late = said_once($s, $mark, $LOOK) > ($start ? 2 : $n);
		$p->kill('CONT');
		my $r = $p->wait(60);
		last if !$late && $r->{exit} != 34;
	}
	ends_well($p, 'critical once ' . ($start ? 'at the start' :
	    'in the middle') . ': it goes on, and');
}

# --- a query of the user's -------------------------------------------------

fresh_orders($s, 400);
$s->sql("CREATE DATABASE IF NOT EXISTS other; " .
    "CREATE TABLE other.gate (n DECIMAL(5,1)); " .
    "INSERT INTO other.gate VALUES (0)");
my $QUERY = 'SELECT SUM(n) FROM other.gate -- how much;';
$dump = $s->dump('app');
{
	my %wrong = ('SELECT' => qr/syntax/, 'SELECT 1 FROM other.none' =>
	    qr/none/, 'DO 1' => qr/shape|column|answer/,
	    'SELECT \'much\'' => qr/no number, but "much"/,
	    'INSERT INTO other.gate VALUES (1)' => qr/READ ONLY/,
	    'DROP TABLE other.gate' => qr/READ ONLY/,
	    'SELECT 0; DROP TABLE other.gate' => qr/syntax/);
	for my $sql (sort keys %wrong) {
		my $r = migrate($s, $ALTER, 'app', 'orders', '--throttle-query',
		    $sql);
		is($r->{exit}, 1, "--throttle-query '$sql' is an error");
		like($r->{err}, qr/--throttle-query: .*$wrong{$sql}/s,
		    '... and says which');
	}
	same_dump($s->dump('app'), $dump, '... before anything is made');
	is($s->value('SELECT COUNT(*) FROM other.gate'), 1,
	    '... and nothing is written');
}
for my $open ('0', '-1', 'NULL') {
	$s->sql("UPDATE other.gate SET n = $open");
	fresh_orders($s, 50);
	ends_well(begin('--throttle-query', $QUERY), "while it is $open: it");
}
fresh_orders($s, 400);
$s->sql("UPDATE other.gate SET n = 0");
{
	my $mark = $s->log_mark;
	my $p = begin('--throttle-query', $QUERY);
	copying($s, $mark, $p);
	$s->sql("UPDATE other.gate SET n = 0.5");
	waits($p, $mark, qr/--throttle-query to return 0 \(it is 0\.5\)/,
	    'a query that returns more than 0');
	$s->sql("UPDATE other.gate SET n = 0");
	ends_well($p, '... then it');
}
# One that hangs holds up nobody.
fresh_orders($s, 4000);
{
	my $mark = $s->log_mark;
	my $p = begin('--throttle-query', 'SELECT SLEEP(n) FROM other.gate');
	copying($s, $mark, $p);
	$s->sql("UPDATE other.gate SET n = 1000");
	poll_until(sub { $s->value("SELECT COUNT(*) FROM " .
	    "information_schema.PROCESSLIST WHERE TIME > 1 AND " .
	    "INFO LIKE '%SLEEP(n)%' AND ID <> CONNECTION_ID()") }, 20,
	    'it hangs');
	my %seen;
	poll_until(sub {
		$seen{$s->value('SELECT heartbeat FROM app._livealter')} = 1;
		return !$p->running || keys %seen > 2;
	}, 30, 'heartbeats');
	ok($p->running && keys %seen > 2,
	    'a query that hangs does not stop the heartbeat');
	$p->kill('INT');
	is($p->wait(15)->{exit}, 32, '... nor Ctrl-C');
	nothing_left($s, 'app');
}

# --- pauses by ratio -------------------------------------------------------

fresh_orders($s, 400);
{
	my $t = time;
	ends_well(begin('--sleep', 0, '--nice-ratio', 100, '--verify', 'none',
	    '--chunk-size', 10, '--threads', 2), '--nice-ratio: it');
	cmp_ok(time - $t, '>', 1, '... takes longer, by that ratio');
}

# --- many status variables are not needed ----------------------------------

fresh_orders($s, 50);
{
	my $mark = $s->log_mark;
	ends_well(begin(@off), 'without limits: it');
	is(said_once($s, $mark, qr/Variable_name IN \('Threads/), 0,
	    '... does not ask for the load');
}

done_testing;
