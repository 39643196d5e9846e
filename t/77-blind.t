# A replica that stops, errs, vanishes or hangs: the run ends and is undone, or
# waits and says for what, as --[no]fail-on-stopped-replication has it, and goes
# on when the replica is back.  Neither the heartbeat nor Ctrl-C waits for it.
# long: each way to fail, ended and waited for
use strict;
use warnings;

use lib 't/lib';
use Chain;
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
my $dir = File::Temp->newdir;
my $flag = "$dir/postpone";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $R = place($r);
my @opt = ('--postpone-cut-over-flag-file', $flag, '--max-lag', 5);
my @wait = (@opt, '--no-fail-on-stopped-replication');
my ($stop, $start) = map { $s->is_mysql ? "$_ REPLICA" : "$_ SLAVE" }
    qw(STOP START);

sub thread {
	my ($verb, $which) = @_;
	$r->sql("$verb " . ($s->is_mysql ? 'REPLICA' : 'SLAVE') . " $which");
}

# Each way to fail: what is done, what is said of it, and how it is put right.
my @ways = (
	[ 'is stopped', sub { $r->sql($stop) },
	    qr/SQL thread is not running; its I\/O thread is not running/,
	    sub { $r->sql($start) } ],
	[ 'receives nothing', sub { thread(STOP => 'IO_THREAD') },
	    qr/its I\/O thread is not running/, sub { $r->sql($start) } ],
	[ 'has an error', sub {
		my $row = "INSERT INTO app.control (id, note) " .
		    "VALUES (900001, 'x')";
		$r->sql("SET sql_log_bin = 0; $row");
		$s->sql($row);
	    }, qr/its SQL thread is not running: .*\w/, sub {
		$r->sql("DELETE FROM app.control WHERE id = 900001; " .
		    "SET sql_log_bin = 1; $start");
	    } ],
	[ 'is killed', sub { $r->kill9 }, qr/connect|Lost/,
	    sub { $r->restart } ],
	[ 'hangs', sub { kill STOP => $r->pid }, qr/connect|Lost|[Tt]ime/,
	    sub { kill CONT => $r->pid } ],
);

sub begin {
	my (@more) = @_;
	spew($flag, '');
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @more);
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'it waits with the swap') or diag $p->err;
	return $p;
}

sub fresh {
	fresh_orders($s, 200);
	$r->wait_for_source($s);
}

# A test: so many heartbeats.
sub beats {
	my ($p, $name) = @_;
	my %seen;
	poll_until(sub {
		$seen{$s->value("SELECT heartbeat FROM app._livealter")} = 1;
		return !$p->running || keys %seen > 3;
	}, 30, 'heartbeats');
	cmp_ok(scalar keys %seen, '>', 3, $name);
}

for my $way (@ways) {
	my ($name, $do, $why, $undo) = @$way;
	fresh();
	my $dump = $s->dump('app', counter => 0);
	my $p = begin(@opt);
	$do->();
	beats($p, "a replica that $name: heartbeats go on") if $name eq
	    'hangs';
	my $e = $p->wait(40);
	is($e->{exit}, 34, "a replica that $name ends the run") or
	    diag $e->{err};
	like($e->{err}, qr/error: .*\Q$R\E .*$why/, '... by name');
	like($e->{err}, qr/hint: --no-fail-on-stopped-replication waits/,
	    '... with what to do');
	is(join(' ', leftovers($s, 'app')), '', '... and all is undone');
	$undo->();
	$r->wait_for_source($s);
	$s->sql("DELETE FROM app.control WHERE id = 900001");
	same_dump($s->dump('app', counter => 0), $dump, '... as it was');
	$r->wait_for_source($s);
}

for my $way (@ways) {
	my ($name, $do, $why, $undo) = @$way;
	fresh();
	my $p = begin(@wait);
	$do->();
	my $said = poll_until(sub {
		run_livealter($s, 'status', 'D=app')->{out} =~
		    /waits for: .*\Q$R\E to (?:go on|answer): .*$why/;
	}, 40, "status says that it $name");
	ok($said, "one that $name is waited for, by name") or diag $p->err;
	unlink $flag;
	beats($p, '... and heartbeats go on');
	ok($p->running, '... without a swap');
	if ($name eq 'hangs') {
		$p->kill('INT');
		is($p->wait(20)->{exit}, 32, '... and Ctrl-C is obeyed') or
		    diag $p->err;
		nothing_left($s, 'app');
		$undo->();
		next;
	}
	$undo->();
	$r->wait_for_source($s);
	$s->sql("DELETE FROM app.control WHERE id = 900001");
	succeeded($p->wait(60), 'app', 'orders', '... until it is back: it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
	$r->wait_for_source($s);
}

done_testing;
