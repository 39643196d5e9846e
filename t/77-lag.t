# Replicas are found, also those of replicas, and while one of them is too far
# behind no chunk is copied and no table is swapped; why, is said everywhere.
# long: three servers in a row, and lags that are waited for
use strict;
use warnings;

use lib 't/lib';
use Chain;
use File::Temp ();
use JSON::PP;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r, $q) = chain();
my $dir = File::Temp->newdir;
my $flag = "$dir/postpone";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $COPY = qr/^INSERT LOW_PRIORITY|^EXECUTE/;
my @slow = ('--chunk-size', 50, '--sleep', 0.05, '--max-lag', 0.5,
    '--postpone-cut-over-flag-file', $flag);
my ($R, $Q) = (place($r), place($q));

sub begin { start_migration($s, $ALTER, 'app', 'orders', @slow, @_) }

sub fresh {
	unlink $flag;
	fresh_orders($s, @_);
	$_->[1]->wait_for_source($_->[0]) for [$s, $r], [$r, $q];
}

sub no_more_chunks { quiet($s, $_[0], $COPY) }

# --- found -----------------------------------------------------------------

fresh(200);
{
	my $p = migrate($s, $ALTER, 'app', 'orders');
	succeeded($p, 'app', 'orders', 'with replicas it');
	like($p->{err}, qr/replica \Q$_\E .*its lag is watched/,
	    "... and has found $_") for $R, $Q;
	is(() = $p->{err} =~ /its lag is watched/g, 2, '... and no others');
	for ($r, $q) {
		poll_until(sub { $_->value("SELECT COUNT(*) FROM " .
		    "information_schema.PROCESSLIST WHERE USER = 'root' AND " .
		    "HOST LIKE '%:%'") == 0 }, 10, 'connections close');
	}
	pass('... and leaves no connection behind');
	my $mark = $q->log_mark;
	$p = migrate($s, 'DROP COLUMN extra', 'app', 'orders', '--recurse', 1);
	like($p->{err}, qr/\Q$R\E .*watched/, '--recurse 1 finds the first');
	unlike($p->{err}, qr/\Q$Q\E/, '... only');
	$p = migrate($s, $ALTER, 'app', 'orders', '--recursion-method', 'none');
	succeeded($p, 'app', 'orders', '--recursion-method=none');
	like($p->{err}, qr/none: no replica's lag is watched/, '... says so');
	is(scalar(grep { $_->{command} =~ /^Connect/ && $_->{text} !~
	    /repl\@/ } $q->log_entries($mark)), 0, '... and connects to none');
}

# --- in the middle ---------------------------------------------------------

fresh(3000);
{
	my $mark = $s->log_mark;
	my $p = begin();
	copying($s, $mark, $p);
	hold_back($q);
	my $why = qr/replica \Q$Q\E, \d+\.\d s behind/;
	ok($p->wait_for(qr/pausing, to wait for $why/, 30),
	    'a replica of a replica that falls behind pauses the copy');
	my $n = no_more_chunks($mark);
	$p->kill('USR1');
	ok($p->wait_for(qr/status: copy .*; waiting for $why/, 10),
	    '... which the status of the process says');
	my $json;
	poll_until(sub {
		$json = run_livealter($s, 'status', 'D=app', '--output',
		    'json')->{out};
		return $json =~ $why;
	}, 10, 'the registry has it');
	like(decode_json($json)->{migrations}[0]{waits_for}, $why,
	    '... and livealter status, as JSON');
	like(run_livealter($s, 'status', 'D=app')->{out},
	    qr/waits for: $why/, '... and as text');
	is(said_once($s, $mark, $COPY), $n, '... and copies nothing');
	let_go($q);
	ok($p->wait_for(qr/going on after a pause/, 20), '... until it has ' .
	    'caught up');
	succeeded($p->wait(60), 'app', 'orders', '... then it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
	$_->[1]->wait_for_source($_->[0]) for [$s, $r], [$r, $q];
	same_rows($q, 'app', 'orders', 'control', 'the replica has them, too');
	nothing_left($q, 'app');
}

# --- before the first chunk, and before the swap ---------------------------

fresh(300);
hold_back($r);
$s->sql("INSERT INTO app.control (id, note) VALUES (900001, 'x')");
$s->sql("DELETE FROM app.control WHERE id = 900001");
my $behind = $s->is_mysql ? 'Seconds_Behind_Source' : 'Seconds_Behind_Master';
poll_until(sub { ($r->row($s->is_mysql ? "SHOW REPLICA STATUS" :
    "SHOW SLAVE STATUS")->{$behind} // 0) >= 2 }, 20, 'it is behind');
{
	my $mark = $s->log_mark;
	spew($flag, '');
	my $p = begin();
	ok($p->wait_for(qr/pausing, to wait for replica \Q$R\E, .* behind/,
	    30), 'one that is behind at the start');
	is(said_once($s, $mark, $COPY), 0, '... keeps the first chunk back');
	let_go($r);
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    '... and no longer');
	hold_back($r);
	my $waits = poll_until(sub {
		run_livealter($s, 'status', 'D=app')->{out} =~
		    /waits for: the file .*; and replica \Q$R\E,/
	}, 20, 'it falls behind');
	ok($waits, 'one that falls behind before the swap is one more reason');
	unlink $flag;
	poll_until(sub {
		run_livealter($s, 'status', 'D=app')->{out} =~
		    /waits for: replica \Q$R\E,/
	}, 20, 'it waits for the replica alone');
	is(said_once($s, $mark, qr/^RENAME/), 0, '... that keeps it back');
	let_go($r);
	succeeded($p->wait(60), 'app', 'orders', '... until it has caught ' .
	    'up: then it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

done_testing;
