# --purge-old-table with a replica: it waits while the replica is behind, also
# in a cleanup that goes on with it, and what it deletes is deleted there, and
# nothing else, whatever the format of the binary log.
#
# long: two servers, and lags that are waited for
use strict;
use warnings;

use lib 't/lib';
use Chain;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my ($s, $r) = chain(2);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $DELETE = qr/^DELETE `app`\.`_orders_old`/;
my @slow = ('--chunk-size', 50, '--sleep', 0.05, '--max-lag', 0.5,
    '--verify', 'none', '--purge-old-table');

sub purging {
	my ($mark, $p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $there = poll_until(sub { said_once($s, $mark, $DELETE) > 1 ? 1 :
	    $p->running ? 0 : -1 }, 30, 'it purges') // 0;
	ok($there > 0, 'the old table is being purged') or diag $p->err;
}

# A test: it waits for the replica, deletes nothing meanwhile, and then ends.
sub waits {
	my ($p, $mark, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	hold_back($r);
	ok($p->wait_for(qr/pausing, to wait for replica /, 20),
	    "$name waits for the replica") or diag $p->err;
	my $n = quiet($s, $mark, $DELETE);
	ok($p->running, '... and deletes nothing meanwhile');
	let_go($r);
	my $end = $p->wait(60);
	is($end->{exit}, 0, '... then it ends well') or diag $end->{err};
	is(said_once($s, $mark, $DELETE) > $n ? 1 : 0, 1, '... with the rest');
}

fresh_orders($s, 3000);
$r->wait_for_source($s);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	purging($mark, $p);
	waits($p, $mark, 'the purge');
	nothing_left($s, 'app');
}

fresh_orders($s, 3000);
$r->wait_for_source($s);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	purging($mark, $p);
	$p->kill('KILL');
	gone($s, $mark, $p);
	$mark = $s->log_mark;
	$p = start_livealter($s, 'cleanup', 'D=app,t=orders');
	purging($mark, $p);
	waits($p, $mark, 'cleanup');
	nothing_left($s, 'app');
}

# A replica that stops does not turn the rest into a DROP.
fresh_orders($s, 3000);
$r->wait_for_source($s);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	purging($mark, $p);
	my $word = $s->is_mysql ? 'REPLICA' : 'SLAVE';
	$r->sql("STOP $word");
	my $end = $p->wait(60);
	is($end->{exit}, 38, 'a replica that stops ends the purge');
	like($end->{err}, qr/replica .*is not purged|is not purged.*replica/s,
	    '... which says so');
	cmp_ok($s->value('SELECT COUNT(*) FROM app._orders_old'), '>', 0,
	    '... the old table stays');
	$r->sql("START $word");
	$r->wait_for_source($s);
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... cleanup goes on when it is back');
	nothing_left($s, 'app');
}

for my $format ('STATEMENT', 'MIXED', 'ROW') {
	$s->sql("SET GLOBAL binlog_format = $format");
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.orders (id INT PRIMARY KEY, up INT, " .
	    "CONSTRAINT u FOREIGN KEY (up) REFERENCES orders (id) " .
	    "ON DELETE CASCADE)");
	$s->sql("INSERT INTO app.orders VALUES (1, NULL), " . join ', ',
	    map { "($_, " . int($_ / 2) . ')' } 2 .. 600);
	$s->sql("CREATE TABLE app.item (o INT, CONSTRAINT o FOREIGN KEY (o) " .
	    "REFERENCES orders (id) ON DELETE CASCADE)");
	$s->sql("INSERT INTO app.item SELECT id FROM app.orders");
	my $mark = $s->log_mark;
	my $end = migrate($s, $ALTER, 'app', 'orders', @slow);
	succeeded($end, 'app', 'orders', "$format: it");
	cmp_ok(said_once($s, $mark, $DELETE), '>', 5, '... with a purge');
	$r->wait_for_source($s);
	for my $t ('orders', 'item') {
		is(table_checksum($r, 'app', $t), table_checksum($s, 'app', $t),
		    "... the replica has the $t of the source");
		is($r->value("SELECT COUNT(*) FROM app.$t"), 600,
		    '... all of them');
	}
	nothing_left($r, 'app', '... and nothing else');
}

done_testing;
