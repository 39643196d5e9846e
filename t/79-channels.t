# Every command that writes is refused on a replica, by whatever channels it
# replicates, whether they run or not, and has then written nothing.
# long: each command on each layout of channels
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT';
my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1');
my $src = Server->start(tcp => 1, args => [@log, '--binlog-format=ROW']);
my $other = Server->start(tcp => 1, args => [@log,
    '--binlog-format=STATEMENT']);
my $rep = Server->start(tcp => 1, args => [@log, '--log-' .
    ($src->is_mysql ? 'replica' : 'slave') . '-updates=1']);
my $mysql = $src->is_mysql;

# --- channels --------------------------------------------------------------

sub channel {
	my ($name, $from, $runs) = @_;
	my $to = "127.0.0.1', %s_PORT = " . $from->port . ", %s_USER = " .
	    "'repl', %s_PASSWORD = 'repl', %s_CONNECT_RETRY = 1";
	if ($mysql) {
		$to =~ s/%s/SOURCE/g;
		$rep->sql("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$to, " .
		    "GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL '$name'");
		$rep->sql("START REPLICA FOR CHANNEL '$name'") if $runs;
	} else {
		$to =~ s/%s/MASTER/g;
		$rep->sql("CHANGE MASTER '$name' TO MASTER_HOST = '$to");
		$rep->sql("START SLAVE '$name'") if $runs;
	}
}

sub no_channels {
	if ($mysql) {
		$rep->sql("STOP REPLICA");
		$rep->sql("RESET REPLICA ALL");
		return;
	}
	for my $r ($rep->rows("SHOW ALL SLAVES STATUS")) {
		$rep->sql("STOP SLAVE '$r->[0]'");
		$rep->sql("RESET SLAVE '$r->[0]' ALL");
	}
}

# Each a list of [ name, source, does it run? ].
my @ways = (
	[ [ '', $src, 1 ] ],
	[ [ '', $src, 0 ] ],
	[ [ 'two', $src, 1 ] ],
	[ [ 'two', $src, 0 ] ],
	[ [ '', $other, 1 ], [ 'two', $src, 1 ] ],
	[ [ '', $other, 1 ], [ 'two', $src, 0 ] ],
	[ [ 'one', $other, 0 ], [ 'two', $src, 0 ] ],
	[ [ 'one', $other, 1 ] ],
);

sub describe {
	join ' and ', map { ($_->[0] eq '' ? 'the default channel' :
	    "channel $_->[0]") . ' from a source with ' . ($_->[1] == $src ?
	    'rows' : 'statements') . ', ' . ($_->[2] ? 'running' :
	    'stopped') } @_;
}

# --- commands --------------------------------------------------------------

# How each is called, on a table that there is something of for it.  What
# --dry-run does of them only reads, is allowed.
my %how = (
	migrate => [ '--alter', $ALTER, dsn('app', 'plain'), '--execute' ],
	'migrate --dry-run' =>
	    [ '--alter', $ALTER, dsn('app', 'plain'), '--dry-run' ],
	resume => [ 'resume', dsn('app', 'orders') ],
	cleanup => [ 'cleanup', dsn('app', 'orders') ],
	'cleanup of nothing' => [ 'cleanup', dsn('app', 'plain') ],
	'cleanup of a way back' => [ 'cleanup', dsn('app', 'back') ],
	revert => [ 'revert', dsn('app', 'back') ],
	control => [ 'control', dsn('app', 'orders'), 'pause' ],
);
my %reads = (status => [ 'status', 'D=app' ],
    watch => [ 'watch', dsn('app', 'plain') ]);

# --help names all the words there are; one of them asks no server.
{
	my $help = run_livealter($src, { connect => 0 }, '--help')->{out};
	my %word = map { $_ => 1 } $help =~ /^\s*livealter\s+([a-z]+)\b/gm;
	cmp_ok(scalar keys %word, '>=', 5, '--help has commands') or diag $help;
	delete $word{explain};
	is(join(' ', grep { !$how{$_} && !$reads{$_} } sort keys %word), '',
	    'each of them is tried here');
}

# One that died, one that can be reverted, and a table without any: made there
# while it replicates from nobody.
$rep->sql("CREATE DATABASE app; CREATE TABLE app.back (id INT PRIMARY KEY)");
$rep->sql("CREATE TABLE app.plain (id INT PRIMARY KEY)");
make_orders($rep, 'app', 'orders', 100);
is(migrate($rep, $ALTER, 'app', 'back', '--reversible')->{exit}, 0,
    'one can be reverted');
die_at($rep, 'after:copy', '--alter', $ALTER, dsn('app', 'orders'),
    '--execute');

# Whatever is written is in its log; there is nothing that would arrive there.
sub written {
	my $r = eval { $rep->row($mysql ? "SHOW BINARY LOG STATUS" :
	    "SHOW MASTER STATUS") } // $rep->row("SHOW MASTER STATUS");
	return "$r->{File} $r->{Position}";
}

for my $way (@ways) {
	my $name = describe(@$way);
	channel(@$_) for @$way;
	for (grep { $_->[2] } @$way) {
		my $ch = $_->[0];
		poll_until(sub {
		    my @r = $mysql ? $rep->row("SHOW REPLICA STATUS FOR " .
			"CHANNEL '$ch'") : $rep->row("SHOW SLAVE '$ch' STATUS");
		    ($r[0]{Slave_IO_Running} // $r[0]{Replica_IO_Running}) eq
			'Yes' }, 30, "channel '$ch' runs");
	}
	my $before = written();
	for my $c (sort keys %how) {
		my $r = run_livealter($rep, @{$how{$c}});
		is($r->{exit}, 17, "$c: refused with $name")
		    or diag $r->{out}, $r->{err};
		like($r->{err}, qr/this server is a replica/,
		    '... with the reason');
		is(written(), $before, '... and nothing is written');
	}
	for my $c (sort keys %reads) {
		is(run_livealter($rep, @{$reads{$c}})->{exit}, 0,
		    "$c: may read with $name");
	}
	no_channels();
}

is(run_livealter($rep, 'cleanup', dsn('app', 'back'))->{exit}, 0,
    'without a channel it is no replica any more');
is(run_livealter($rep, 'resume', dsn('app', 'orders'))->{exit}, 0,
    '... and what has died goes on');

done_testing;
