# The ground the other tests stand on: servers, dumps, and the hammer.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Noise;
use Server;
use Terminal;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $o = Server->start(args => ['--log-bin=bin']);
note "started " . $s->version . " in " . $s->start_seconds . " s and " .
    $o->start_seconds . " s";

# Two at a time.
isnt($s->socket, $o->socket, 'two servers have two sockets');
isnt($s->value('SELECT @@datadir'), $o->value('SELECT @@datadir'),
    '... and two data directories');
isnt($s->value('SELECT @@server_id'), $o->value('SELECT @@server_id'),
    '... and two ids');
$s->sql("CREATE DATABASE only_here");
is($o->value("SELECT COUNT(*) FROM information_schema.schemata " .
    "WHERE schema_name = 'only_here'"), 0, 'what one gets the other has not');
is($o->value('SELECT @@log_bin'), 1, 'arguments reach the server');
is($s->value('SELECT @@log_bin'), 0, '... that they were given to');
is($s->value("SELECT CONVERT_TZ('2026-07-01', 'UTC', 'Europe/Berlin')"),
    '2026-07-01 02:00:00', 'it knows named time zones');

# The general log.
my $mark = $s->log_mark;
$s->sql("SELECT 'needle',\n'thread'");
poll_until(sub { $s->log_text($mark) =~ /needle/ }, 10, 'the log');
is_deeply([map { $_->{text} } grep { $_->{text} =~ /needle/ }
    $s->log_entries($mark)], ["SELECT 'needle',\n'thread'"],
    'the general log shows the statement');
unlike($s->log_text($s->log_mark), qr/needle/, '... and not after a mark');

# Programs: how they end, and what they say until then.
my $r = run_program('sh', '-c', 'echo out; echo err >&2; exit 3');
is("$r->{exit} $r->{out}$r->{err}", "3 out\nerr\n", 'status and output');
my $p = start_program({ env => { HELLO => 'there' } }, 'sh', '-c',
    'trap "echo caught; exit 7" TERM; echo $HELLO; ' .
    'while :; do sleep 0.05; done');
is($p->wait_for(qr/(the\w+)/, 20), 'there', 'environment, and waiting for it');
ok($p->running, 'it runs');
$p->kill('TERM');
is($p->wait(20)->{exit}, 7, 'it got the signal');
is(run_program('sh', '-c', 'kill -9 $$')->{signal}, 9, 'killed by a signal');

# Where there is no pseudo-terminal, it is said what is missing.
{
	my $dir = File::Temp->newdir;
	my $said = '';
	no warnings 'redefine';
	local *Test::More::diag = sub { $said .= join '', @_ };
	symlink '/usr/bin/setpriv', "$dir/setpriv";
	local $ENV{PATH} = "$dir";
	like(no_terminal('this'), qr{^no pseudo-terminal .*script: No such},
	    'without script(1) there is no terminal');
	spew("$dir/script", "#!/bin/sh\necho 'script: failed to create " .
	    "pseudo-terminal: No such file or directory' >&2; exit 1\n");
	chmod 0755, "$dir/script";
	$said = '';
	like(no_terminal('this'), qr{/dev/ptmx.*: script: failed to create },
	    '... nor where none can be made');
	like($said, qr/^NOT TESTED: this: no pseudo-terminal/,
	    '... and it is said, not only skipped');
}

# Errors, also of a later statement.
ok(!eval { $s->sql("SELECT 1; SELEKT 2"); 1 }, 'an error is an exception');
like($@, qr/syntax/i, '... that says why');
is($s->value("SELECT 42"), 42, '... and the connection goes on');

# The dump.
sub fill {
	my ($server) = @_;
	$server->sql("CREATE DATABASE d DEFAULT CHARACTER SET utf8mb4;
	USE d;
	CREATE TABLE a (id INT PRIMARY KEY, b VARBINARY(10), t TIMESTAMP NULL,
	    x VARCHAR(10) CHARACTER SET latin1, f DOUBLE, n BIT(9));
	INSERT INTO a VALUES (2, x'00ff', '2026-01-01 00:00:00', 'z', 0.1, 3),
	    (1, '', NULL, NULL, -0, NULL), (3, NULL, NULL, '', 1e100, 256);
	CREATE TABLE nokey (v INT);
	INSERT INTO nokey VALUES (3), (1), (1), (NULL);
	CREATE VIEW v AS SELECT id FROM a;
	CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET NEW.f = 1;
	CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;
	CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00'
	    DISABLE DO DELETE FROM nokey");
	$server->sql("USE mysql");
}
fill($s);
fill($o);
my $dump = $s->dump('d');
is($dump, $s->dump('d'), 'a dump is the same twice');
is($dump, $o->dump('d'), '... and on two servers');
like($dump, qr/^x32 x00ff x\w+ x7a x302e31 x0003$/m, '... has the rows');
like($dump, qr/-- $_/, "... and the $_")
    for 'VIEW v', 'TRIGGER g', 'PROCEDURE p', 'EVENT';
$s->sql("UPDATE d.a SET b = x'00fe' WHERE id = 2");
isnt($dump, $s->dump('d'), '... and tells a bit');

# The hammer: table and control stay equal, and a seed says it all.
make_orders($s, 'app', 'orders', 2000);
copy_table($s, 'app', 'orders', 'control');
is($s->value("SELECT COUNT(*) FROM app.orders"), 2000, 'orders are made');
same_rows($s, 'app', 'orders', 'control', 'the control table is a copy');

my $seed = $ENV{SEED} // 42;
my %sum;
for my $round (1, 2) {
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 4,
	    control => 'control', seed => $seed, transactions => 150);
	$r = $h->wait(60);
	is($r->{exit}, 0, 'the hammer ends by itself') or diag $r->{err};
	$r = $h->report;
	cmp_ok($r->{transactions}, '>', 400, '... after its transactions');
	hammer_ok($r);
	same_rows($s, 'app', 'orders', 'control', 'table and control agree');
	$sum{$round} = table_checksum($s, 'app', 'orders');
	$s->sql("DROP TABLE app.orders; DROP TABLE app.control");
	make_orders($s, 'app', 'orders', 2000);
	copy_table($s, 'app', 'orders', 'control');
}
is($sum{1}, $sum{2}, 'the same seed writes the same');
isnt($sum{1}, table_checksum($s, 'app', 'orders'), '... and it does write');

sub status {
	my ($server, $name) = @_;
	my ($r) = $server->rows("SHOW GLOBAL STATUS LIKE '$name'");
	return $r->[1];
}

for my $p (qw(mixed keychange hot oltp)) {
	my $h = start_hammer($s, db => 'app', table => 'orders', seed => $seed,
	    threads => 4, profile => $p, rate => 2000, auto => $p eq 'mixed',
	    $p eq 'oltp' ? () : (control => 'control'));
	my $before = status($s, 'Com_commit');
	poll_until(sub { status($s, 'Com_commit') - $before > 300 }, 60,
	    "$p: transactions");
	my $r = $h->report;
	hammer_ok($r, undef, $p);
	cmp_ok($r->{p50_ms}, '<=', $r->{p99_ms}, "$p: percentiles ascend");
	cmp_ok($r->{p99_ms}, '<=', $r->{max_ms} * 1.02, '... to the maximum');
	cmp_ok($r->{slowest}{statement}, 'ne', '', '... which has a text');
	same_rows($s, 'app', 'orders', 'control', "$p: table and control agree")
	    if $p ne 'oltp';
}

# A statement that has to wait shows; so does one that fails.
{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    profile => 'hot');
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("LOCK TABLES orders WRITE");
	# The time is in whole seconds: 1 may be as good as none.
	poll_until(sub { $s->value("SELECT COUNT(*) FROM " .
	    "information_schema.processlist WHERE state LIKE '%metadata%' " .
	    "AND time >= 2") }, 20, 'the hammer waits');
	$dbh->do("UNLOCK TABLES");
	$dbh->disconnect;
	my $r = $h->report;
	cmp_ok($r->{max_ms}, '>', 100, 'a wait shows in the report');
	like($r->{slowest}{statement}, qr/UPDATE orders/, '... by statement');
	is((sort { $b <=> $a } map { $_->{ms} } @{$r->{slow}})[0],
	    $r->{max_ms}, '... and is among those that took long');
	cmp_ok(abs((longest_wait({ %$r, started => $r->{started} - 3600 }))[0] -
	    $r->{max_ms}), '<', 0.001, '... which no noise excuses');

	$h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    profile => 'hot');
	$s->sql("RENAME TABLE app.orders TO app.gone");
	# The transactions that fail are rolled back, and so can be counted.
	my $before = status($s, 'Com_rollback');
	poll_until(sub { status($s, 'Com_rollback') - $before > 10 }, 20,
	    'the hammer fails');
	$s->sql("RENAME TABLE app.gone TO app.orders");
	$r = $h->report;
	is(join(',', keys %{$r->{errors}}), 1146, 'an error is in the report');
	cmp_ok($r->{errors}{1146}{count}, '>', 5, '... and counted');
	like($r->{errors}{1146}{message}, qr/orders/, '... with its message');
}

# Time in which the machine stood still is nobody's.
{
	Noise::listen();
	my $t = time;
	kill 'STOP', Noise::pids();
	sleep 0.5;
	kill 'CONT', Noise::pids();
	my $now = time;
	my $n = Noise::seconds($t, $now);
	ok($n > 0.3 && $n <= $now - $t, "a machine that stops is heard ($n s)");
	# A time in seconds since 1970 has no more than some six decimals.
	cmp_ok(Noise::seconds($t, $t + 0.2), '<=', 0.2 + 1e-5,
	    '... and counted while it was listened for');
	is(Noise::seconds($t - 100, $t - 90), 0, '... not elsewhere');
	my $slow = { at => $t, seconds => $now - $t };
	my $next = { at => $t - 100, seconds => 0.4 };
	my ($max, $which) = Noise::longest($slow, $next);
	is("$max $which->{seconds}", '0.4 0.4',
	    '... an excuse for the slowest is none for the next');
}

# Down and up again.
$s->kill9;
ok(!$s->running, 'killed');
$s->restart;
is($s->value("SELECT COUNT(*) > 0 FROM app.orders"), 1, 'up again, with rows');
my $dir = $s->dir;
undef $s;
ok(!-e $dir, 'a server leaves nothing behind');

done_testing;
