# What an account may not see is not taken for not there: a server that may be
# a replica, replicas, filters, and foreign keys of other databases.  Each is
# refused or told, with the GRANT that helps; and a plain server is neither.
# long: servers that restart, for each role
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1',
    '--binlog-format=ROW');
my $src = Server->start(tcp => 1, args => [@log]);
my $mysql = $src->is_mysql;
my $word = $mysql ? 'REPLICA' : 'SLAVE';
my $rep = Server->start(tcp => 1, args => [@log, '--skip-' . lc($word) .
    '-start', '--log-' . lc($word) . '-updates=1'], replica_of => $src);

# The account of the manual, with more or less of this.
my @all = $mysql ? ('PROCESS', 'REPLICATION CLIENT', 'REPLICATION SLAVE') :
    ('PROCESS', 'SLAVE MONITOR', 'BINLOG MONITOR',
    'REPLICATION MASTER ADMIN');
sub account {
	my ($s, @with) = @_;
	$s->sql("SET SESSION sql_log_bin = 0; DROP USER IF EXISTS " .
	    "few\@localhost; CREATE USER few\@localhost; GRANT SELECT, " .
	    "INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, REFERENCES, " .
	    "TRIGGER, LOCK TABLES ON app.* TO few\@localhost");
	$s->sql("GRANT " . join(', ', @with) . " ON *.* TO few\@localhost")
	    if @with;
	$s->sql("SET SESSION sql_log_bin = 1");
}
sub try_on {
	my ($s, @more) = @_;
	return run_livealter($s, { connect => 0 }, '--alter', 'ADD x INT',
	    dsn('app', 't'), '--dry-run', '-S', $s->socket, '-u', 'few',
	    @more);
}

# --- is it a replica? ------------------------------------------------------

sub source_is {
	my ($name, $runs) = @_;
	my $to = "127.0.0.1', %s_PORT = " . $src->port . ", %s_USER = " .
	    "'repl', %s_PASSWORD = 'repl'";
	$to =~ s/%s/$mysql ? 'SOURCE' : 'MASTER'/ge;
	$rep->sql($mysql ? "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$to, " .
	    "GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL '$name'" :
	    "CHANGE MASTER '$name' TO MASTER_HOST = '$to");
	$rep->sql($mysql ? "START REPLICA FOR CHANNEL '$name'" :
	    "START SLAVE '$name'") if $runs;
}
sub stop { $rep->sql($mysql ? 'STOP REPLICA' : 'STOP ALL SLAVES') }
sub restart { $rep->restart }
sub runs {
	my $r = $rep->row($mysql ? 'SHOW REPLICA STATUS' :
	    'SHOW ALL SLAVES STATUS') or return 0;
	return ($r->{Replica_SQL_Running} // $r->{Slave_SQL_Running}) eq 'Yes';
}

$src->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
$rep->wait_for_source($src);
account($_) for $src, $rep;
# By which the replica is looked at.
$rep->sql("CREATE USER few\@'127.0.0.1'; GRANT ALL ON *.* TO " .
    "few\@'127.0.0.1'");

# The plain server says nothing of it, whoever asks.
for my $with ([], [@all]) {
	account($src, @$with);
	my $r = try_on($src);
	is($r->{exit}, 0, 'a source: ' . (@$with ? 'all' : 'few') .
	    ' privileges are enough') or diag $r->{err};
	unlike($r->{err}, qr/whether this server is a replica|is a replica/,
	    '... and nobody takes it for a replica');
}

# Each: how it comes to be so, and what is to be said: refused, or warned of.
my @roles = (
	[ 'runs', sub { }, 'refused' ],
	[ 'has a broken applier', sub {
	    $rep->sql($mysql ? 'STOP REPLICA SQL_THREAD' :
		'STOP SLAVE SQL_THREAD') }, 'refused' ],
	[ 'is stopped', \&stop, 'refused' ],
	[ 'is stopped, and was restarted', \&restart,
	    'told' ],
	[ 'runs, after a restart', sub { $rep->sql("START $word");
	    poll_until(\&runs, 30, 'it runs') }, 'refused' ],
	[ 'is stopped, and wrote itself', sub { stop();
	    $rep->sql('CREATE TABLE app.own (id INT)') }, 'told' ],
	[ 'was promoted', sub { $rep->sql("RESET $word ALL") }, 'told' ],
	[ 'has a channel with a name', sub { source_is('two', 0) }, 'told' ],
	[ 'has one that runs', sub { source_is('two', 1);
	    poll_until(\&runs, 30, 'it runs') }, 'refused' ],
);
for (@roles) {
	my ($name, $how, $what) = @$_;
	$how->();
	account($rep);
	my $r = try_on($rep);
	like($r->{exit}, $what eq 'refused' ? qr/^(?:3|17)$/ : qr/^(?:0|3)$/,
	    "a server that $name: few privileges: $what") or diag $r->{err};
	like($r->{err}, qr/this server is a replica/, '... with the reason');
	like($r->{err}, qr/GRANT (?:SLAVE MONITOR|REPLICATION CLIENT) ON/,
	    '... and the privilege that it takes') if $r->{exit} != 17;
	is(try_on($rep, '--force')->{exit}, 0, '... unless --force')
	    if $r->{exit} == 3;
	account($rep, $mysql ? 'REPLICATION CLIENT' : 'SLAVE MONITOR');
	$r = try_on($rep);
	is($r->{exit}, $name eq 'was promoted' ? 0 : 17,
	    '... who has it is told for certain') or diag $r->{err};
	unlike($r->{err}, qr/may not ask whether/, '... without a doubt');
}

# --- replicas, filters, children -------------------------------------------

# Each privilege, and what is said where it is missing.
my %said = (
	'BINLOG MONITOR' => qr/filters of the binary log.*GRANT BINLOG MONITOR/,
	'REPLICATION CLIENT' =>
	    qr/filters of the binary log.*GRANT REPLICATION CLIENT/,
);
$src->sql("CREATE DATABASE hidden; CREATE TABLE hidden.c (id INT PRIMARY " .
    "KEY, FOREIGN KEY (id) REFERENCES app.t (id))");
for my $out (@all) {
	account($src, grep { $_ ne $out } @all);
	my $r = try_on($src, '--only-same-schema-fks');
	# 18: a replica is seen, and where it is must be said.
	like($r->{exit}, qr/^(?:0|18)$/, "a source: without $out it goes")
	    or diag $r->{err};
	like($r->{err}, $said{$out}, '... and says what it does not see')
	    if $said{$out};
	# One of two is enough to find replicas.
	unlike($r->{err}, qr/they are not seen/, '... replicas are seen');
}
account($src, grep { !/PROCESS|SLAVE$|ADMIN/ } @all);
like(try_on($src, '--only-same-schema-fks')->{err},
    qr/not seen: GRANT PROCESS, or REPLICATION /,
    'without both, replicas are not, and it says so');
account($src, grep { !/PROCESS/ } @all);
like(try_on($src, '--only-same-schema-fks', '--recursion-method',
    'processlist')->{err}, qr/not seen: GRANT PROCESS/,
    '... nor without PROCESS in the list of threads alone');

account($src, @all);
my $r = try_on($src);
is($r->{exit}, 3, 'a child in a database that it may not see: refused')
    or diag $r->{err};
like($r->{err}, qr{hidden/c}, '... by name');
like($r->{err}, qr/GRANT .* ON their databases/s, '... with the privileges')
    or diag $r->{err};
account($src);
like(try_on($src)->{err}, qr/would not see foreign keys.*PROCESS/,
    '... and without PROCESS it says that it would not see it');
$src->sql("GRANT ALL ON hidden.* TO few\@localhost");
$src->sql("GRANT PROCESS ON *.* TO few\@localhost");
is(try_on($src, '--recursion-method', 'none')->{exit}, 0,
    '... with the privileges it goes');

done_testing;
