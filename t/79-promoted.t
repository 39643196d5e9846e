# The source dies in the middle of the copy, its replica takes its place, the
# application goes on there, and resume finishes the migration; with GTIDs.
# long: servers that die, and replicas that take their place
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT';
my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1',
    '--binlog-format=ROW');
push @log, '--gtid-mode=ON', '--enforce-gtid-consistency=ON'
    if ($ENV{LIVEALTER_SERVER} // '') eq 'mysql';
my $src = Server->start(tcp => 1, args => \@log);
my $rep = Server->start(tcp => 1, replica_of => $src, args => [@log,
    $src->is_mysql ? '--log-replica-updates=1' : '--log-slave-updates=1']);
my $word = $src->is_mysql ? 'REPLICA' : 'SLAVE';
$rep->sql("STOP $word");
$rep->sql($src->is_mysql ?
    "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1" :
    "CHANGE MASTER TO MASTER_USE_GTID = slave_pos");
$rep->sql("START $word");

fresh_orders($src, 600);
my $dir = File::Temp->newdir;
my $run = start_migration($src, $ALTER, 'app', 'orders', '--chunk-size', 20,
    '--chunk-time', 0, '--threads', 1, '--sleep', 0.2, '--pause-file',
    "$dir/pause", '--recursion-method', 'none', '--reconnect-for', 1);
poll_until(sub { (eval { $src->value("SELECT rows_copied FROM " .
    "app._livealter") } // 0) >= 100 }, 60, 'a part is copied');
# However late we are, it comes no further.
spew("$dir/pause", '');
ok($run->wait_for(qr/pausing, to wait for the file/, 30), 'it pauses');
for my $t (qw(orders control)) {
	$src->sql("UPDATE app.$t SET state = 'late' WHERE id IN (3, 590)");
	$src->sql("DELETE FROM app.$t WHERE id IN (4, 580)");
}
$rep->wait_for_source($src);
$src->stop(kill => 1);
isnt($run->wait(60)->{exit}, 0, 'the run ends with its server');

$rep->sql("STOP $word");
$rep->sql("RESET $word ALL");
for my $t (qw(orders control)) {
	$rep->sql("INSERT INTO app.$t (id, state) VALUES (5000, 'new')");
	$rep->sql("UPDATE app.$t SET state = 'later' WHERE id IN (5, 570)");
	$rep->sql("DELETE FROM app.$t WHERE id IN (6, 560)");
}
unlink "$dir/pause";
my $copied = $rep->value("SELECT rows_copied FROM app._livealter");
cmp_ok($copied, '<', 600, 'the copy is not complete there');

my $r = run_livealter($rep, 'resume', dsn('app', 'orders'), '--sleep', 0);
succeeded($r, 'app', 'orders', 'the resumed migration');
like($r->{err}, qr/takes the place of/, '... says that the server is another');
like($r->{err}, qr/had copied $copied rows/, '... goes on where it was');
same_rows($rep, 'app', 'orders', 'control', 'no row is wrong');
nothing_left($rep, 'app');

done_testing;
