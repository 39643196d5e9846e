# A replica whose applier meets an error with a table that the run has made does
# not go on by itself: the run ends by name, is undone, and nobody waits for
# ever; also with --no-fail-on-stopped-replication.  One that met an error of
# the application's own is waited for.
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
my $dir = File::Temp->newdir;
my $flag = "$dir/postpone";
my $R = place($r);
my $word = $s->is_mysql ? 'REPLICA' : 'SLAVE';

# Each: what is done to the replica, and the write that it then stumbles over.
my $write = "INSERT INTO app.orders (id, state) VALUES (5000, 'new')";
my @ways = (
	[ 'lacks the new table', 'DROP TABLE app._orders_new', $write,
	    '_orders_new' ],
	[ 'has another row there', "INSERT INTO app._orders_new (id) " .
	    "VALUES (5000)", $write, '_orders_new' ],
	[ 'lacks the registry row', 'DELETE FROM app._livealter', 'DO 0',
	    '_livealter' ],
	[ 'lacks the registry', 'DROP TABLE app._livealter', 'DO 0',
	    '_livealter' ],
);
for (@ways) {
	my ($name, $there, $here, $what) = @$_;
	fresh_orders($s, 50);
	$r->wait_for_source($s);
	spew($flag, '');
	my $p = start_migration($s, 'ADD COLUMN extra INT', 'app', 'orders',
	    '--postpone-cut-over-flag-file', $flag, '--max-lag', 60,
	    '--no-fail-on-stopped-replication');
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'it waits with the swap') or diag $p->err;
	$r->wait_for_source($s);
	$r->sql("SET SESSION sql_log_bin = 0; $there");
	$s->sql($here);
	my $e = $p->wait(60);
	is($e->{exit}, 34, "a replica that $name: the run ends")
	    or diag $e->{err};
	my $said = qr/replication on \Q$R\E has stopped at what this run/;
	like($e->{err}, qr/$said has written: .*$what/, '... by name');
	nothing_left($s, 'app');
	is($s->value("SELECT COUNT(*) FROM app.orders"), $here eq $write ?
	    51 : 50, '... and no row is lost');
	# Begin anew.
	$r->sql("STOP $word");
	$r->sql("SET SESSION sql_log_bin = 0; DROP DATABASE app");
	$r->sql($s->is_mysql ? "RESET BINARY LOGS AND GTIDS" :
	    "SET GLOBAL gtid_slave_pos = ''");
	$s->sql("DROP DATABASE app");
	$s->sql($s->is_mysql ? "RESET BINARY LOGS AND GTIDS" :
	    "RESET MASTER");
	$r->sql("RESET $word");
	$r->sql("START $word");
}

# Somebody has stopped it: that is waited for.
fresh_orders($s, 50);
$r->wait_for_source($s);
spew($flag, '');
my $p = start_migration($s, 'ADD COLUMN extra INT', 'app', 'orders',
    '--postpone-cut-over-flag-file', $flag, '--no-fail-on-stopped-replication');
ok($p->wait_for(qr/waiting with the swap for the file/, 30), 'it waits');
$r->wait_for_source($s);
$r->sql("STOP $word");
ok(poll_until(sub { run_livealter($s, 'status', 'D=app')->{out} =~
    /waits for: .*\Q$R\E to go on/ }, 40, 'status says so'),
    'one that is stopped is waited for');
$r->sql("START $word");
unlink $flag;
succeeded($p->wait(60), 'app', 'orders', '... until it is back: it');

done_testing;
