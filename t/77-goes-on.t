# What only reads goes on while a replica is behind, and waits for the load like
# all else; what writes waits, also what brings over rows that the application
# has written.  A replica that has hung, and is back, is taken up again.
# long: waits for lags, and for a replica that does not answer
use strict;
use warnings;

use lib 't/lib';
use Chain;
use File::Temp ();
use LiveAlter;
use POSIX ();
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
my $R = place($r);
my $dir = File::Temp->newdir;
my $flag = "$dir/flag";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my ($COPY, $COMPARE) = (qr/^INSERT LOW_PRIORITY|^EXECUTE/, qr/BIT_XOR/);

sub fresh {
	fresh_orders($s, @_);
	$r->wait_for_source($s);
}

sub begin {
	return start_migration($s, $ALTER, 'app', 'orders', '--max-lag', 0.5,
	    '--check-interval', 0.3, '--critical-load', '', @_);
}

# Until the replica's heartbeat is that old, by the source's.
sub is_behind {
	poll_until(sub {
		my ($new) = $s->value('SELECT heartbeat FROM app._livealter');
		my ($old) = $r->value('SELECT heartbeat FROM app._livealter');
		return $new && $old && $s->value("SELECT TIMESTAMPDIFF(" .
		    "MICROSECOND, '$old', '$new') > 2500000");
	}, 30, 'the replica is behind');
}

sub sees_more {
	my ($mark, $re, $n) = @_;
	my $was = said_once($s, $mark, $re);
	return poll_until(sub { said_once($s, $mark, $re) >= $was + $n }, 20,
	    'more statements');
}

my @busy;
sub busy {
	my $pid = fork // die "fork: $!";
	return push @busy, $pid if $pid != 0;
	eval { $s->dbh->do('SELECT SLEEP(1000)') };
	POSIX::_exit(0);
}
sub idle {
	$s->sql("KILL $_->[0]") for $s->rows("SELECT ID FROM " .
	    "information_schema.PROCESSLIST WHERE INFO LIKE " .
	    "'SELECT SLEEP(1000)'");
	waitpid $_, 0 for @busy;
}

# --- the comparison --------------------------------------------------------

fresh(3000);
{
	my $p = begin('--chunk-size', 50, '--sleep', 0.2, '--max-load',
	    'Threads_running=' . ($s->is_mysql ? 5 : 4));
	ok($p->wait_for(qr/compare the two tables/, 60), 'it compares');
	my $mark = $s->log_mark;
	hold_back($r);
	is_behind();
	ok(sees_more($mark, $COMPARE, 4),
	    'the comparison goes on while a replica is behind');
	unlike($p->err, qr/pausing, to wait for replica/, '... unpaused');
	busy() for 1 .. 6;
	ok($p->wait_for(qr/pausing, to wait for Threads_running/, 20),
	    '... and waits for the load');
	ok(quiet($s, $mark, $COMPARE) >= 0, '... and compares nothing');
	idle();
	ok($p->wait_for(qr/to wait for replica \Q$R\E, |waiting with the swap/,
	    60), 'the swap waits for the replica') or diag $p->err;
	is(said_once($s, $mark, qr/^RENAME/), 0, '... and is not done');
	let_go($r);
	succeeded($p->wait(60), 'app', 'orders', '... until it is back: it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# --- one that hangs and comes back, in the middle of the copy --------------

fresh(3000);
{
	my $mark = $s->log_mark;
	my $p = begin('--chunk-size', 20, '--sleep', 0.1,
	    '--no-fail-on-stopped-replication');
	copying($s, $mark, $p);
	kill STOP => $r->pid;
	ok($p->wait_for(qr/pausing, to wait for replica \Q$R\E(?: to|, which)/,
	    40), 'one that hangs is waited for') or diag $p->err;
	# Who asked before it was shut may be about to send one.
	my $n = quiet($s, $mark, $COPY);
	my %beat;
	poll_until(sub {
		$beat{$s->value('SELECT heartbeat FROM ' .
		    'app._livealter')} = 1;
		return keys %beat > 3;
	}, 30, 'heartbeats go on');
	# The other worker's may have been late.
	cmp_ok(said_once($s, $mark, $COPY), '<=', $n + 2,
	    '... without more chunks');
	kill CONT => $r->pid;
	ok($p->wait_for(qr/going on after a pause/, 30),
	    '... and it is taken up again when it is back');
	$mark = $s->log_mark;
	ok(sees_more($mark, $COPY, 3), '... the copy goes on');
	hold_back($r);
	ok($p->wait_for(qr/going on.*wait for replica \Q$R\E, [\d.]+ s/s,
	    30), '... and its lag is watched as before');
	let_go($r);
	$p->kill('INT');
	is($p->wait(30)->{exit}, 32, 'it is stopped');
	nothing_left($s, 'app');
	$r->wait_for_source($s);
}

# --- who is asked rarely ----------------------------------------------------

fresh(240);
{
	my $p = migrate($s, $ALTER, 'app', 'orders', '--check-interval', 20,
	    '--max-load', 'Threads_running=99', '--chunk-size', 20, '--sleep',
	    2, '--verify', 'none', '--verify-swap', 'no');
	succeeded($p, 'app', 'orders', 'with a long --check-interval it');
	unlike($p->{err}, qr/does not answer/, '... takes it for no silence');
}

# --- rows that are brought over in order -----------------------------------

$s->sql("DROP DATABASE app; CREATE DATABASE app; CREATE TABLE app.docs " .
    "(FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, " .
    "body TEXT, FULLTEXT KEY ft (body)); " .
    "INSERT INTO app.docs (body) VALUES ('a'), ('b'), ('c')");
$r->wait_for_source($s);
{
	spew($flag, '');
	my $p = start_migration($s, 'ADD COLUMN extra INT', 'app', 'docs',
	    '--max-lag', 0.5, '--postpone-cut-over-flag-file', $flag);
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'a table that takes rows in order waits with its swap');
	my $rows = sub { $s->value('SELECT COUNT(*) FROM app._docs_new') };
	$s->sql("INSERT INTO app.docs (body) VALUES ('d')");
	poll_until(sub { $rows->() == 4 }, 30, 'rows are brought over');
	hold_back($r);
	is_behind();
	my $mark = $s->log_mark;
	$s->sql("INSERT INTO app.docs (body) VALUES ('e')");
	ok($p->wait_for(qr/pausing, to wait for replica \Q$R\E/, 30),
	    'what brings rows over waits for a replica') or diag $p->err;
	is($rows->(), 4, '... and brings none');
	let_go($r);
	poll_until(sub { $rows->() == 5 }, 30, '... until it has caught up');
	unlink $flag;
	succeeded($p->wait(60), 'app', 'docs', 'and in the end it');
	is($s->value('SELECT COUNT(*) FROM app.docs'), 5, '... with all');
	nothing_left($s, 'app');
}

done_testing;
