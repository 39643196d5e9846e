# A replica that joins while a run lasts is found, on each level, and by its
# number, so that one that is known already is not taken for another.
# long: replicas that are found within seconds, and lags
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
my $R = place($r);
my $dir = File::Temp->newdir;
my $flag = "$dir/flag";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @log = ('--log-bin=binlog', '--binlog-format=ROW', $s->is_mysql ?
    ('--log-replica-updates', '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON') : '--log-slave-updates');

sub joins {
	my ($source, @args) = @_;
	return Server->start(tcp => 1, replica_of => $source,
	    args => [@log, @args]);
}

sub begin {
	my (@more) = @_;
	fresh_orders($s, 200);
	$r->wait_for_source($s);
	spew($flag, '');
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--max-lag', 0.5,
	    '--postpone-cut-over-flag-file', $flag, @more);
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'it waits with the swap') or diag $p->err;
	return $p;
}

# A test: it is found, once, and the swap waits for it.
sub is_taken_up {
	my ($p, $new, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $N = place($new);
	ok($p->wait_for(qr/replica \Q$N\E is new here: its lag is watched/,
	    40), "$name is found") or diag $p->err;
	hold_back($new);
	my $behind = poll_until(sub { run_livealter($s, 'status',
	    'D=app')->{out} =~ /waits for: .*replica \Q$N\E, .* behind/ }, 30,
	    'it is behind');
	ok($behind, '... and waited for');
	let_go($new);
	is(() = $p->err =~ /replica \Q$N\E is new/g, 1, '... and found once');
}

sub ends_well {
	my ($p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	unlink $flag;
	succeeded($p->wait(60), 'app', 'orders', 'then it');
	nothing_left($s, 'app');
}

my $q;
{
	my $p = begin();
	$q = joins($r);
	is_taken_up($p, $q, 'a replica of a replica that joins');
	my $t = joins($s);
	is_taken_up($p, $t, 'a replica that joins');
	# It connects anew, from another port; it is the same one.
	my $stop = $s->is_mysql ? 'REPLICA' : 'SLAVE';
	$t->sql("STOP $stop IO_THREAD; START $stop IO_THREAD");
	my $mark = $s->log_mark;
	my $search = qr/^SHOW (?:SLAVE HOSTS|REPLICAS)/;
	poll_until(sub { said_once($s, $mark, $search) > 1 }, 60,
	    'it is searched again');
	unlike($p->err, qr/\Q$R\E is new/, 'those that are known are not new');
	ends_well($p);
	unlike($p->err, qr/warning: .*replica/, '... without a warning');

	# One that goes has stopped.
	$p = begin();
	ok($p->err =~ /replica \Q@{[place($t)]}\E .* watched/,
	    'the next run finds it at once');
	$t->stop;
	my $e = $p->wait(60);
	is($e->{exit}, 34, 'one that goes ends the run');
	like($e->{err}, qr/error: .*replica \Q@{[place($t)]}\E/, '... by name');
	nothing_left($s, 'app');
}

# --- one that cannot be reached, or would break -----------------------------

{
	my $p = begin();
	my $t = joins($s, '--report-host=192.0.2.1', '--report-port=1');
	ok($p->wait_for(qr/replica 192.0.2.1:1 .* new here, .* not watched/,
	    60), 'one that is not reached is named') or diag $p->err;
	ends_well($p);
	$t->stop;
	$p = begin();
	my $filter = joins($s, '--replicate-do-db=other');
	my $e = $p->wait(60);
	is($e->{exit}, 3, 'one that filters ends the run') or diag $e->{err};
	like($e->{err}, qr/error: .*replicate/i, '... which says why');
	nothing_left($s, 'app');
	$filter->stop;
	$p = begin('--recursion-method', 'none');
	my $mark = $s->log_mark;
	ends_well($p);
	is(said_once($s, $mark, qr/^SHOW (?:SLAVE HOSTS|REPLICAS)/), 0,
	    '--recursion-method=none searches for none');
}

done_testing;
