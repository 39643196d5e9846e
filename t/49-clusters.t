# Servers that do not write alone: a node of a Galera cluster, and a member of
# a replication group.  Both are real ones, of one node.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $kind = $ENV{LIVEALTER_SERVER} // 'mariadb';
my $ALTER = 'ADD COLUMN extra INT';

sub port { Server::_free_port() }

sub tables {
	my ($s) = @_;
	$s->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY);
	    INSERT INTO app.t VALUES (1), (2)");
}

# Nothing that writes does so; status reads.
sub only_reads {
	my ($s, $what, $why) = @_;
	my $dump = $s->dump('app');
	for my $c ([ '--alter', $ALTER, dsn('app', 't'), '--execute' ],
	    [ '--alter', $ALTER, dsn('app', 't'), '--dry-run' ],
	    [ '--alter', $ALTER, dsn('app', 't'), '--dry-run',
	    '--recursion-method', 'cluster' ],
	    map { [ $_, dsn('app', 't'), $_ eq 'control' ? 'pause' : () ] }
	    qw(resume cleanup revert control)) {
		my $r = run_livealter($s, @$c);
		isnt($r->{exit}, 0, "$what: $c->[0] $c->[-1] is refused");
		like($r->{err}, $why, '... with the reason')
		    if $c->[0] !~ /resume|revert/;
		is($s->dump('app'), $dump, '... and has written nothing');
	}
	is(run_livealter($s, 'status', 'D=app')->{exit}, 0, '... status reads');
}

if ($kind =~ /^mariadb/) {
	# Unpacked servers run in a root of their own, without the provider.
	local $ENV{LIVEALTER_SERVER} = 'mariadb';
	chomp(my $provider = `t/lib/galera.sh`);
	my ($p, $ist) = (port(), port());
	my $s = Server->start(args => ['--wsrep-on=ON', '--wsrep-new-cluster',
	    "--wsrep-provider=$provider", '--wsrep-cluster-address=gcomm://',
	    "--wsrep-node-address=127.0.0.1:$p", '--binlog-format=ROW',
	    '--innodb-autoinc-lock-mode=2', '--wsrep-provider-options=' .
	    "base_host=127.0.0.1;base_port=$p;" .
	    "gmcast.listen_addr=tcp://127.0.0.1:$p;" .
	    "ist.recv_addr=127.0.0.1:$ist"]);
	is(($s->row("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'"))->{Value},
	    1, 'a cluster of one node');
	tables($s);
	only_reads($s, 'Galera', qr/is a node of a Galera cluster/);
	# The sessions do not take part, but what the others do stays so.
	$s->sql("SET GLOBAL wsrep_on = OFF");
	only_reads($s, 'Galera with wsrep_on=OFF', qr/of a Galera cluster/);
	$s->sql("SET GLOBAL wsrep_on = ON");
}

if ($kind eq 'mysql') {
	for my $single ('ON', 'OFF') {
		my $p = port();
		my @args = map { "--loose-group-replication-$_" }
		    'group-name=aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
		    'start-on-boot=OFF', "local-address=127.0.0.1:$p",
		    "single-primary-mode=$single", 'bootstrap-group=ON',
		    'ip-allowlist=127.0.0.1/32', $single eq 'ON' ? ()
		    : 'enforce-update-everywhere-checks=ON';
		my $s = Server->start(tcp => 1, args => ['--log-bin=binlog',
		    '--gtid-mode=ON', '--enforce-gtid-consistency=ON',
		    '--log-bin-trust-function-creators=1',
		    '--plugin-load-add=group_replication.so', @args]);
		$s->sql("START GROUP_REPLICATION USER = 'repl', " .
		    "PASSWORD = 'repl'");
		is($s->value("SELECT MEMBER_STATE FROM performance_schema." .
		    "replication_group_members"), 'ONLINE',
		    "a group of one member, single primary $single");
		tables($s);
		if ($single eq 'OFF') {
			only_reads($s, 'all write',
			    qr/a replication group in which every member/);
			next;
		}
		my $r = migrate($s, $ALTER, 'app', 't');
		succeeded($r, 'app', 't', 'the primary of a group');
		nothing_left($s, 'app');
	}
}

done_testing;
