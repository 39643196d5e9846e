# The source dies after an event of its binary log, whichever, and the replica
# takes its place: what has come there of a migration is resumed, or taken away
# without a trace.
# long: each event of the log, once for each command
use strict;
use warnings;

use lib 't/lib';
use Failover;
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT, DROP COLUMN note';
my $REPLICAS = 4;	# at work at the same time: the commands listen
my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1');
push @log, '--gtid-mode=ON', '--enforce-gtid-consistency=ON'
    if ($ENV{LIVEALTER_SERVER} // '') eq 'mysql';
my $src = Server->start(tcp => 1, args => ['--binlog-format=ROW', @log]);
my @rep = map { Server->start(tcp => 1, args => [@log, '--skip-' .
    ($src->is_mysql ? 'replica' : 'slave') . '-start']) } 1 .. $REPLICAS;
my %word = $src->is_mysql ? (
	status => 'SHOW REPLICA STATUS', at => 'Exec_Source_Log_Pos',
	stop => 'STOP REPLICA',
	forget => 'RESET REPLICA ALL', log => 'SHOW BINARY LOG STATUS',
	clear => 'RESET BINARY LOGS AND GTIDS', error => 'Last_Error',
) : (
	status => 'SHOW SLAVE STATUS', at => 'Exec_Master_Log_Pos',
	stop => 'STOP SLAVE',
	forget => 'RESET SLAVE ALL', log => 'SHOW MASTER STATUS',
	clear => 'RESET MASTER', error => 'Last_Error',
);

sub follow_until {
	my ($s, $file, $from, $to) = @_;
	my ($of, $to_word) = $src->is_mysql ?
	    ('SOURCE', 'CHANGE REPLICATION SOURCE') :
	    ('MASTER', 'CHANGE MASTER');
	$s->sql($word{stop});
	$s->sql($word{forget});
	$s->sql("DROP DATABASE IF EXISTS app");
	$s->sql($word{clear});
	$s->sql("$to_word TO ${of}_HOST = '127.0.0.1', ${of}_PORT = " .
	    $src->port . ", ${of}_USER = 'repl', ${of}_PASSWORD = 'repl', " .
	    "${of}_LOG_FILE = '$file', ${of}_LOG_POS = $from" .
	    ($src->is_mysql ? ', GET_SOURCE_PUBLIC_KEY = 1' : ''));
	$s->sql(($src->is_mysql ? 'START REPLICA' : 'START SLAVE') .
	    " UNTIL ${of}_LOG_FILE = '$file', ${of}_LOG_POS = $to");
}

# And takes the place of its source.  It stops at an event that comes after.
sub promote {
	my ($s, $to, $name) = @_;
	my $r;
	poll_until(sub { $r = $s->row($word{status});
	    $r->{$word{at}} >= $to || $r->{$word{error}} ne '' }, 60,
	    "the replica comes to $name");
	is($r->{$word{error}}, '', '... without an error');
	$s->sql($word{stop});
	$s->sql($word{forget});
}

# --- the log of a migration ------------------------------------------------

my $first = $src->row($word{log});
fresh_orders($src, 50);
native($src, 'app', 'orders', 'wanted', $ALTER);
my $begin = $src->row($word{log})->{Position};
succeeded(migrate($src, $ALTER, 'app', 'orders', '--chunk-size', 20), 'app',
    'orders');
my @at = ($begin);
my $what = 'before the first event';
my %what = ($begin => $what);
for my $e ($src->rows("SHOW BINLOG EVENTS IN '$first->{File}' FROM $begin")) {
	my ($type, $end, $info) = @$e[2, 4, 5];
	next if $type !~ /^(?:Query|Xid)/ || $info =~ /^BEGIN/;
	push @at, $end;
	$what{$end} = $type eq 'Xid' ? 'a COMMIT' : $info =~ s/\n.*//sr;
}
cmp_ok(scalar @at, '>', 20, 'there is a log with many events');

# --- the walk --------------------------------------------------------------

# What is to be there at the end, whatever died where.
sub clean {
	my ($s, $name, $r) = @_;
	nothing_left($s, 'app', "$name: nothing is left behind")
	    or diag $r->{err};
	same_rows($s, 'app', 'orders', 'control', '... no row is wrong');
	my ($extra) = $s->rows("SELECT COUNT(*) FROM information_schema." .
	    "columns WHERE table_schema = 'app' AND table_name = 'orders' " .
	    "AND column_name = 'extra'");
	same_definition($s, 'app', 'orders', $extra->[0] ? 'wanted' :
	    'control', '... and the table has one shape or the other');
	return $extra->[0];
}

# Where nobody has compared the tables after the swap, the old one is kept.
sub ended_cleanup {
	my ($s, $name, $r) = @_;
	if ($r->{exit} == 41) {
		is(join(', ', leftovers($s, 'app')), 'table _orders_old',
		    "$name: it leaves the old table only");
		like($r->{err}, qr/is not proven/, '... and says why');
		$s->sql("DROP TABLE app._orders_old");
		return clean($s, $name, $r);
	}
	is($r->{exit}, 0, "$name: cleanup ends well") or diag $r->{err};
	clean($s, $name, $r);
}

# It goes on, or cleanup is what it says, and does it.
sub ended_resume {
	my ($s, $name, $r) = @_;
	if ($r->{exit} == 0) {
		ok(clean($s, $name, $r), "$name: resumed, the table is new");
		return;
	}
	return ended_cleanup($s, "$name: resumed", $r) if $r->{exit} == 41;
	is($r->{exit}, 17, "$name: resume refuses") or diag $r->{err};
	like($r->{err}, qr/no migration of|to remove it|complete it/,
	    '... and says why');
	ended_cleanup($s, "$name, refused to resume", run_livealter($s,
	    'cleanup', dsn('app', 'orders')));
}

sub walk {
	my ($command, $ended) = @_;
	my @todo = map { [$_, $what{$_}] } @at;
	my $n = 0;
	while (my @now = splice @todo, 0, $REPLICAS) {
		my @run;
		follow_until($rep[$_], $first->{File}, $first->{Position},
		    $now[$_][0]) for 0 .. $#now;
		for (0 .. $#now) {
			promote($rep[$_], @{$now[$_]});
			write_there($rep[$_]);
			push @run, start_livealter($rep[$_], $command,
			    dsn('app', 'orders'));
		}
		for (0 .. $#now) {
			my $name = sprintf("%s after event %d, %.70s",
			    $command, $n++, $now[$_][1]);
			$ended->($rep[$_], $name, $run[$_]->wait(120));
		}
	}
}

walk('cleanup', \&ended_cleanup);
walk('resume', \&ended_resume);

done_testing;
