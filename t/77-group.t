# --recursion-method=cluster: the other members of a replication group are
# found, their lag is waited for, and one that leaves ends the run; where there
# is no group, it is said, with what to use instead.
#
# long: waits for lags, and for a group to form
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @cluster = ('--recursion-method', 'cluster');
my $mysql = ($ENV{LIVEALTER_SERVER} // '') eq 'mysql';

# The servers of a group that are started together, the first is the primary.
sub group {
	my ($n) = @_;
	my @p = map { Server::_free_port() } 1 .. $n;
	my @s;
	for my $i (0 .. $n - 1) {
		my @group = map { "--loose-group-replication-$_" }
		    'group-name=aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
		    'start-on-boot=OFF', "local-address=127.0.0.1:$p[$i]",
		    'group-seeds=' . join(',', map { "127.0.0.1:$_" } @p),
		    'ip-allowlist=127.0.0.1/32', 'recovery-get-public-key=ON',
		    'bootstrap-group=' . ($i == 0 ? 'ON' : 'OFF');
		push @s, Server->start(tcp => 1, args => ['--log-bin=binlog',
		    '--gtid-mode=ON', '--enforce-gtid-consistency=ON',
		    '--log-bin-trust-function-creators=1',
		    '--report-host=127.0.0.1',
		    '--plugin-load-add=group_replication.so', @group]);
	}
	join_group($_) for @s;
	poll_until(sub { online($s[0]) == $n }, 60, 'the group is there');
	return @s;
}

sub join_group {
	$_[0]->sql("START GROUP_REPLICATION USER = 'repl', PASSWORD = 'repl'");
}

sub online {
	return $_[0]->value("SELECT COUNT(*) FROM performance_schema." .
	    "replication_group_members WHERE MEMBER_STATE = 'ONLINE'");
}

sub dry { run_livealter($_[0], '--alter', $ALTER, 'D=app,t=orders',
    '--dry-run', @_[1 .. $#_]) }

# --- no group --------------------------------------------------------------

{
	my $s = Server->start;
	my $why = $mysql ? qr/this server is in no replication group/
	    : qr/MariaDB has no replication groups/;
	fresh_orders($s, 50);
	my $r = dry($s, @cluster);
	is($r->{exit}, 1, 'cluster where there is none is an error');
	like($r->{err}, qr/error: .*--recursion-method=cluster: $why/,
	    '... that says so');
	like($r->{err}, qr/hint: .*=processlist,hosts .*dsn=/,
	    '... and what finds replicas');
	nothing_left($s, 'app');
	$r = dry($s, '--recursion-method', 'processlist,cluster');
	is($r->{exit}, 0, 'beside another way it is none') or diag $r->{err};
	like($r->{err}, qr/cluster finds nobody: $why/, '... but said');
	$r = dry($s);
	unlike($r->{err}, qr/group|cluster/, '... and nothing by default');
}
if (!$mysql) {
	done_testing;
	exit;
}

# --- a group ---------------------------------------------------------------

my ($s, $m) = group(2);
my $M = '127.0.0.1:' . $m->port;

sub begin { start_migration($s, $ALTER, 'app', 'orders', @cluster,
    '--max-lag', 0.5, '--check-interval', 0.3, '--critical-load', '', @_) }

sub caught_up {
	my $gtid = $s->value('SELECT @@global.gtid_executed');
	$m->value("SELECT WAIT_FOR_EXECUTED_GTID_SET('$gtid', 100)");
}

fresh_orders($s, 200);
caught_up();
{
	my $r = dry($s);
	like($r->{err}, qr/hint: .*members.*=processlist,hosts,cluster/,
	    'by default there is a hint how they are watched');
	for my $how ('cluster', 'processlist,hosts,cluster') {
		$r = dry($s, '--recursion-method', $how);
		is("$r->{exit}: " . join(' ', $r->{err} =~
		    /replica (\S+) \(found by cluster\): its lag is watched/g),
		    "0: $M", "$how finds the other one, and not itself") or
		    diag $r->{err};
		unlike($r->{err}, qr/hint: .*members/, '... without the hint');
	}
	$r = dry($s, @cluster, '--skip-check-replica-lag',
	    'h=127.0.0.1,P=' . $m->port);
	is($r->{exit}, 0, 'one that is left out');
	unlike($r->{err}, qr/is watched/, '... is not watched');
	$r = dry($s, @cluster, '--replica-user', 'nobody');
	is($r->{exit}, 18, 'one that does not let us in ends it');
	like($r->{err}, qr/\Q$M\E \(found by cluster\) is not .*: .*denied/,
	    '... by name');
}

# It is waited for.
{
	my $mark = $s->log_mark;
	my $p = begin('--chunk-size', 20, '--sleep', 0.2);
	copying($s, $mark, $p);
	$m->sql('FLUSH TABLES WITH READ LOCK');
	ok($p->wait_for(qr/pausing, to wait for replica \Q$M\E, .* behind/, 60),
	    'a member that is behind is waited for') or diag $p->err;
	ok($p->running, '... and does not end it');
	$m->sql('UNLOCK TABLES');
	succeeded($p->wait(100), 'app', 'orders', '... and then it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
	caught_up();
	is($m->dump('app'), $s->dump('app'), '... on the other member, too');
}

# It leaves, and is back.
fresh_orders($s, 400);
caught_up();
for my $fail (0, 1) {
	my $mark = $s->log_mark;
	my $p = begin('--chunk-size', 20, '--sleep', 0.2, $fail ? () :
	    '--no-fail-on-stopped-replication');
	copying($s, $mark, $p);
	$m->sql('STOP GROUP_REPLICATION');
	my $re = qr/replication on \Q$M\E .*state in the .*group is OFFLINE/;
	if ($fail) {
		my $r = $p->wait(100);
		is($r->{exit}, 34, 'a member that leaves ends the run') or
		    diag $r->{err};
		like($r->{err}, $re, '... by name');
		nothing_left($s, 'app');
		last;
	}
	ok($p->wait_for(qr/to wait for $re/, 60),
	    'or is waited for');
	join_group($m);
	succeeded($p->wait(100), 'app', 'orders', '... until it is back: it');
	nothing_left($s, 'app');
	fresh_orders($s, 400);
	caught_up();
}

done_testing;
