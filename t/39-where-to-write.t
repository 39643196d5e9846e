# Servers on which nothing may be written: replicas, and nodes of clusters.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT';
my @log = ('--log-bin=binlog', '--binlog-format=ROW',
    '--log-bin-trust-function-creators=1');
my $src = Server->start(tcp => 1, args => \@log);
my $rep = Server->start(tcp => 1, replica_of => $src, args => \@log);

# A test: it still replicates, and has no tables but the source's.
sub replicates {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$src->sql("REPLACE app.mark VALUES (1, RAND())");
	my $ok = eval { $rep->wait_for_source($src); 1 };
	ok($ok, "$name: it replicates") or diag $@;
	is(join(',', map { @$_ } $rep->rows("SHOW TABLES FROM app")),
	    join(',', map { @$_ } $src->rows("SHOW TABLES FROM app")),
	    '... and has the tables of its source');
}

sub refused {
	my ($s, $name, $why, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = run_livealter($s, @args);
	is($r->{exit}, 17, "$name: refused") or diag $r->{out}, $r->{err};
	like($r->{err}, $why, '... with the reason');
	unlike($r->{err}, qr/^(?!livealter: |  )./m,
	    '... and every line has the prefix');
	return $r;
}

# One that died before the swap, and one that can be reverted: both known on
# the replica, with a heartbeat that is old there.
fresh_orders($src, 300, db => 'app');
$src->sql("CREATE TABLE app.mark (id INT PRIMARY KEY, x DOUBLE); " .
    "CREATE TABLE app.back (id INT PRIMARY KEY); " .
    "INSERT INTO app.back VALUES (1), (2)");
is(migrate($src, $ALTER, 'app', 'back', '--reversible')->{exit}, 0,
    'one can be reverted');
die_at($src, 'after:copy', '--alter', $ALTER, dsn('app', 'orders'),
    '--execute');
$src->sql("UPDATE app._livealter SET heartbeat = heartbeat - INTERVAL 1 DAY");
$rep->wait_for_source($src);

my $is = qr/this server is a replica/;
my @there = (
	[ 'resume', 'orders' ], [ 'cleanup', 'orders' ], [ 'cleanup', 'back' ],
	[ 'revert', 'back' ], [ 'resume', 'orders', '--dry-run' ],
	[ 'revert', 'back', '--dry-run' ],
	[ '--alter', "$ALTER, ADD e2 INT", 'mark', '--execute' ],
	[ '--alter', "$ALTER, ADD e2 INT", 'mark', '--dry-run' ],
);
for my $c (@there) {
	my @a = map { /^(?:orders|back|mark)$/ ? dsn('app', $_) : $_ } @$c;
	refused($rep, "@$c on a replica", $is, @a);
	replicates('...');
}
{
	my $r = run_livealter($rep, 'status', 'D=app');
	is($r->{exit}, 0, 'status reads there');
	like($r->{out}, qr/orders/, '... and tells');
	$r = run_livealter($rep, 'cleanup', dsn('app', 'orders'), '--dry-run');
	is($r->{exit}, 0, 'cleanup --dry-run, too') or diag $r->{err};
	replicates('...');
	$rep->sql($rep->is_mysql ? "STOP REPLICA" : "STOP SLAVE");
	refused($rep, 'a replica that is stopped', $is, 'cleanup',
	    dsn('app', 'orders'));
	$rep->sql($rep->is_mysql ? "START REPLICA" : "START SLAVE");
}

# One that runs on the source must not be told anything on the replica.
is(run_livealter($src, 'cleanup', dsn('app', 'orders'))->{exit}, 0,
    'on the source it is taken away');
{
	my $p = start_migration($src, $ALTER, 'app', 'orders', '--cut-over',
	    'when-told');
	$p->wait_for(qr/waiting with the swap/, 30);
	$rep->wait_for_source($src);
	refused($rep, 'control on a replica', $is, 'control',
	    dsn('app', 'orders'), 'pause');
	replicates('...');
	run_livealter($src, 'control', dsn('app', 'orders'), 'cut-over');
	is($p->wait(60)->{exit}, 0, '... and the run goes on');
}

# An account that may not ask for the state of replication.
$rep->sql("SET sql_log_bin = 0; CREATE USER blind\@localhost; GRANT SELECT, " .
    "INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER, REFERENCES, LOCK " .
    "TABLES ON app.* TO blind\@localhost; SET sql_log_bin = 1");
$rep->sql("GRANT SELECT ON performance_schema.* TO blind\@localhost")
    if $rep->is_mysql;
$rep->wait_for_source($src);
refused($rep, 'an account that may not ask', $is, { connect => 0 },
    '--alter', $ALTER, dsn('app', 'mark'), '--execute', '-S', $rep->socket,
    '-u', 'blind');

done_testing;
