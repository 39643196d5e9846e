# livealter resume: whatever ended a migration, it goes on after the last
# chunk that was committed, or says what is not as it was.
#
# long: kills at many moments, and a run after each
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(tcp => 1, args => ['--log-bin=binlog',
    '--binlog-format=ROW', '--log-bin-trust-function-creators=1']);
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7, DROP KEY customer";
my @run = ('--alter', $ALTER, 'D=app,t=orders', '--execute', '--chunk-size',
    100);
my $REG = 'app._livealter';
my @slow = ('--chunk-size', 50, '--sleep', 0.05);

sub resume {
	my $o = ref $_[0] ? shift : {};
	return run_livealter($o->{on} // $s, $o, 'resume', 'D=app,t=orders',
	    @_);
}

sub set_up {
	fresh_orders($s, $_[0], extra => 'KEY customer (customer)');
}

# Starts one and kills it after so many marks.
sub kill_after {
	my ($marks, @start) = @_;
	my $mark = $s->log_mark;
	my $p = start_livealter($s, @start);
	chunks_done($s, $mark, $p, $marks);
	$p->kill('KILL');
	is(gone($s, $mark, $p)->{signal}, 9, "(killed after $marks chunks)")
	    or diag $p->err;
}

# The control table is altered natively, and is then what it should be.
sub all_is_done {
	my ($name, $r, $on) = @_;
	$on //= $s;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	succeeded($r, 'app', 'orders', $name);
	$on->sql("ALTER TABLE app.control $ALTER");
	same_rows($on, 'app', 'orders', 'control', '... with all rows');
	same_definition($on, 'app', 'orders', 'control', '... and its shape');
	nothing_left($on, 'app');
}

# --- wherever it died ------------------------------------------------------

for my $at (qw(after:capture before:copy after:copy after:verify before:swap
    after:swap after:prove after:release before:drop)) {
	set_up();
	die_at($s, $at, @run);
	$s->sql("INSERT INTO app.$_ (customer) VALUES (1), (2)")
	    for qw(orders control);
	# Not proven, it goes on only when it is said what becomes of it.
	my $r = resume($at eq 'after:swap' ? '--drop-old-table' : ());
	all_is_done('... resume', $r);
}
for my $at (qw(after:create after:plan)) {
	set_up();
	die_at($s, $at, @run);
	my $dump = $s->dump('app');
	my $r = resume();
	is($r->{exit}, 17, '... which is too early to go on');
	like($r->{err}, qr/to remove it, .*: livealter cleanup D=app,t=orders /,
	    '... but not to be cleaned up');
	same_dump($s->dump('app'), $dump, '... and nothing is touched');
}
set_up();
is(resume()->{exit}, 17, 'resume of nothing');

# --- while the application writes ------------------------------------------

for my $threads (1, 4) {
	set_up(3000);
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200,
	    seed => 630 + $threads);
	kill_after(5, '--alter', $ALTER, 'D=app,t=orders', '--execute',
	    '--threads', $threads, @slow, '--sleep', 0.2);
	my $rows = $s->value("SELECT rows_copied FROM $REG");
	my $id = $s->value("SELECT id FROM $REG");
	cmp_ok($rows, '>=', 100, "$threads threads: rows were copied");
	kill_after(5, 'resume', 'D=app,t=orders');
	cmp_ok($s->value("SELECT rows_copied FROM $REG"), '>', $rows,
	    '... more of them by the second run');
	is($s->value("SELECT id FROM $REG"), $id, '... in the same row');
	my ($last) = $s->value("SELECT mark FROM $REG") =~ /:(-?\d+)/;
	my $mark = $s->log_mark;
	my $r = resume('--statistics', '--sleep', 0);
	my $report = $h->report;
	hammer_ok($report, 1500, '... the application');
	all_is_done('... the third run', $r);
	my @first = $s->log_text($mark) =~
	    /^.*(?:INSERT LOW_PRIORITY|INTO \@livealter_rows).*$/mg;
	# Of several threads the second may be quicker.
	my ($lowest) = sort { $a <=> $b } map { /`id` > (-?\d+)/ ? $1 : () }
	    @first;
	is($lowest, $last, '... which began where the second had ended') or
	    diag "@first";
	is(scalar(grep { /`id` <= (-?\d+)/ && $1 <= $last } @first), 0,
	    '... and never before that');
	like($r->{err}, qr/had copied \d{3,} rows/, '... and says so');
}

# --- the server ------------------------------------------------------------

for my $first ('the client', 'the server') {
	set_up(2000);
	my $p = start_to_chunk($s, 5, $ALTER, 'app', 'orders', @slow);
	$p->kill('KILL') if $first eq 'the client';
	$s->kill9;
	$p->kill('KILL');
	$p->wait(10);
	$s->restart;
	cmp_ok($s->value("SELECT COUNT(*) FROM app.orders o JOIN $REG r LEFT " .
	    "JOIN app._orders_new n ON n.id = o.id WHERE n.id IS NULL AND " .
	    "o.id <= SUBSTRING_INDEX(r.mark, ':', -1)"), '==', 0,
	    "$first is killed first: the mark is true");
	all_is_done('... resume', resume());
}

# --- what is kept ----------------------------------------------------------

set_up();
kill_after(2, '--alter', $ALTER, 'D=app,t=orders', '--execute', @slow,
    '--no-drop-old-table', '--threads', 1);
{
	my $mark = $s->log_mark;
	my $dump = $s->dump('app');
	my $r = resume('--dry-run');
	is($r->{exit}, 0, 'resume --dry-run') or diag $r->{err};
	like($r->{err}, qr/it can be resumed/, '... says that it can be');
	same_dump($s->dump('app'), $dump, '... and does nothing');
	$r = resume('--sleep', 0);
	is($r->{exit}, 0, 'the options of the first run') or diag $r->{err};
	cmp_ok(said_once($s, $mark, qr/SET rows_copied/), '>', 10,
	    '... are those of the second (the size of a chunk)');
	is(join(' ', leftovers($s, 'app')), 'table _orders_old',
	    '... (the old table is kept)');
}

# Only the end is missing: a dry run tells, and does not say that it did it.
set_up();
die_at($s, 'after:swap', @run);
{
	my $dump = $s->dump('app');
	my $r = resume('--dry-run');
	is($r->{exit}, 0, 'resume --dry-run after the swap') or diag $r->{err};
	unlike($r->{out}, qr/Successfully/, '... does not claim the swap');
	like($r->{out}, qr/^Dry run complete\./m, '... it says what it is');
	same_dump($s->dump('app'), $dump, '... and does nothing');
}

# As pt-online-schema-change says it.
set_up();
die_at($s, 'after:copy', @run, '--history', '--history-table',
    'percona.pt_osc_history');
{
	my $id = $s->value("SELECT id FROM $REG");
	my $r = migrate($s, $ALTER, 'app', 'orders', '--history',
	    '--resume', $id - 1);
	is($r->{exit}, 17, '--resume with the wrong ID is refused');
	like($r->{err}, qr/has the ID $id, not/, '... with the right one');
	is(run_livealter($s, 'D=app,t=orders', '--resume', $id)->{exit}, 1,
	    '--resume without --execute is refused, too');
	is(migrate($s, 'DROP COLUMN note', 'app', 'orders', '--resume',
	    $id)->{exit}, 17, '... and with another ALTER');
	all_is_done('--resume with the right ID', migrate($s, $ALTER, 'app',
	    'orders', '--history', '--resume', $id));
}

# --- what is not as it was -------------------------------------------------

sub refused {
	my ($name, $exit, $why, $break, @more) = @_;
	set_up();
	die_at($s, 'after:copy', @run);
	$break->();
	my $dump = $s->dump('app');
	my $r = resume(@more);
	is($r->{exit}, $exit, "$name: refused") or diag $r->{err};
	like($r->{err}, $why, '... says why');
	like($r->{err}, qr/to remove it, .*: livealter cleanup D=app,t=orders /,
	    '... and what to do');
	same_dump($s->dump('app'), $dump, '... and touches nothing');
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... cleanup');
	nothing_left($s, 'app', '... leaves nothing');
}

refused('somebody altered the table', 17,
    qr/table `app`\.`orders` is not what it was.*`more` int/s,
    sub { $s->sql("ALTER TABLE app.orders ADD COLUMN more INT") });
refused('somebody altered the new table', 17,
    qr/table `app`\.`_orders_new` is not what it was.*1 line of before/s,
    sub { $s->sql("ALTER TABLE app._orders_new DROP COLUMN note") });
refused('a trigger is gone', 12, qr/`livealter_orders_upd` is gone/,
    sub { $s->sql("DROP TRIGGER app.livealter_orders_upd") });
refused('a trigger was changed', 12, qr/`livealter_orders_del` was changed/,
    sub { $s->sql("DROP TRIGGER app.livealter_orders_del;
	CREATE TRIGGER app.livealter_orders_del AFTER DELETE ON app.orders
	FOR EACH ROW SET \@a = 1") });
refused('a trigger was away for a while', 12, qr/dropped and created again/,
    sub {
	my ($r) = $s->rows("SHOW CREATE TRIGGER app.livealter_orders_ins");
	(my $sql = $r->[2]) =~ s/TRIGGER `/TRIGGER app.`/;
	$sql =~ s/TRIGGER app\.`app`\./TRIGGER app./;
	$sql =~ s/ ON `orders`/ ON app.`orders`/;
	my $made = $r->[6];
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("DROP TRIGGER livealter_orders_ins");
	poll_until(sub { $s->value("SELECT NOW(2)") gt "$made" }, 5, 'a tick');
	$dbh->do($sql);
    });
refused('the new table could not take something', 36,
    qr/wrote what the new table cannot hold/, sub { $s->sql("INSERT INTO " .
	"app._orders_notes VALUES ('insert', 1406, '5', 'x')") });
refused('another plan', 17,
    qr/the plan, with its options, of livealter [\d.]+ is not what it was/,
    sub { $s->sql("UPDATE $REG SET plan_print = '0123456789abcdef'") });
refused('a mark that is none', 17,
    qr/mark is not a position in the table: 1 OR 1$/m,
    sub { $s->sql("UPDATE $REG SET mark = '6:1 OR 1\n'") });
refused('a mark of two parts', 17, qr/mark has 2 parts, and .* has 1$/m,
    sub { $s->sql("UPDATE $REG SET mark = '1:1\n1:1\n'") });
refused('the new table is gone', 17,
    qr/table `app`\.`_orders_new` does not exist/,
    sub { $s->sql("DROP TABLE app._orders_new") });

# A change past the triggers is seen by the comparison.
set_up();
die_at($s, 'after:verify', @run);
$s->sql("UPDATE app._orders_new SET note = 'x' WHERE id = 5");
{
	my $r = resume();
	is($r->{exit}, 30, 'a change past the triggers: found');
	same_rows($s, 'app', 'orders', 'control', '... the table is whole');
	nothing_left($s, 'app', '... and all is undone');
}
for my $verify (qw(checksum none)) {
	set_up();
	die_at($s, 'after:copy', @run, '--verify', $verify);
	$s->sql("TRUNCATE app.orders; TRUNCATE app.control");
	my $r = resume();
	is($r->{exit}, 30, "TRUNCATE meanwhile, --verify=$verify: found");
	is($s->value("SELECT COUNT(*) FROM app.orders"), 0,
	    '... the table stays empty');
	nothing_left($s, 'app');
}

# One that is alive.
set_up();
{
	my $flag = File::Temp->new;
	my $p = start_to_chunk($s, 1, $ALTER, 'app', 'orders', @slow,
	    '--postpone-cut-over-flag-file', "$flag");
	is(resume()->{exit}, 31, 'resume of one that runs is refused');
	unlink "$flag";
	all_is_done('... which goes on', $p->wait(60));
}

# --- marks of every kind ---------------------------------------------------

my @kind = (
    ['INT, negative', 'k INT', sub { $_[0] - 60 }],
    ['BIGINT UNSIGNED', 'k BIGINT UNSIGNED',
	sub { '184467440737095' . (50000 + $_[0]) }],
    ['DECIMAL', 'k DECIMAL(20,6)', sub { ($_[0] - 60) . '.000001' }],
    ['DATETIME(6)', 'k DATETIME(6)', sub { "'2026-01-01 00:00:00.25' + " .
	"INTERVAL $_[0] HOUR" }],
    ['TIME', 'k TIME(3)', sub { "SEC_TO_TIME($_[0] * 60.5 - 3000)" }],
    ['TIMESTAMP', 'k TIMESTAMP(2) DEFAULT CURRENT_TIMESTAMP(2)',
	sub { "'2026-10-24 23:00:00' + INTERVAL $_[0] MINUTE" }],
    ['VARCHAR', 'k VARCHAR(20) COLLATE utf8mb4_unicode_ci',
	sub { "CONCAT(CHAR(" . (97 + $_[0] % 26) . "), '''\\\\\n:,', " .
	"_utf8mb4 x'e282ac', $_[0])" }],
    ['latin1', 'k VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin',
	sub { "_latin1 x'" . sprintf('%02x', 33 + $_[0]) . "e4'" }],
    ['VARBINARY', 'k VARBINARY(20)', sub { sprintf "x'00%02xff'", $_[0] }],
    ['BIT', 'k BIT(12)', sub { $_[0] * 30 }],
    ['ENUM and INT', "k ENUM('z','a','m'), l INT", sub { 1 + $_[0] % 3, $_[0]
	}, 'k, l'],
    ['three parts', 'k VARCHAR(5), l DATE, m INT',
	sub { "'" . $_[0] % 4 . "'", "'2026-01-0" . (1 + $_[0] % 7) . "'",
	$_[0] }, 'k, l, m'],
);
push @kind, ['UUID', 'k UUID', sub { sprintf
    "'%08x-0000-4000-8000-00000000ffff'", $_[0] * 7919 }]
    if $s->is_mariadb && $s->version_number >= 100700;
for my $k (@kind) {
	my ($name, $columns, $make, $key) = @$k;
	$key //= 'k';
	$s->sql("DROP DATABASE app; CREATE DATABASE app");
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("CREATE TABLE orders ($columns, v INT, KEY customer (v), " .
	    "PRIMARY KEY ($key)) DEFAULT CHARSET=utf8mb4");
	$dbh->do("INSERT INTO orders VALUES (" . join(', ', $make->($_), $_) .
	    ")") for 1 .. 120;
	copy_table($s, 'app', 'orders', 'control');
	kill_after(4, '--alter', $ALTER, 'D=app,t=orders', '--execute',
	    '--chunk-size', 10, '--sleep', 0.3, '--threads', 1);
	my $rows = $s->value("SELECT rows_copied FROM $REG");
	ok($rows >= 30 && $rows < 120, "$name: $rows rows are copied");
	my $r = resume('--statistics', '--sleep', 0);
	succeeded($r, 'app', 'orders', '... the rest');
	my ($more) = $r->{out} =~ /^# rows copied +(\d+)/m;
	is($more + $rows, 120, '... no row twice, and none not at all');
	$s->sql("ALTER TABLE app.control $ALTER");
	same_bytes($s, 'app', 'orders', 'control');
}

# --- interrupted on purpose -------------------------------------------------

for my $sig (qw(INT TERM)) {
	set_up(2000);
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 150, seed => 639);
	my $p = start_to_chunk($s, 5, $ALTER, 'app', 'orders', @slow,
	    '--on-interrupt', 'keep');
	$p->kill($sig);
	my $r = $p->wait(20);
	is($r->{exit}, 33, "SIG$sig with --on-interrupt=keep: 33") or
	    diag $r->{err};
	like($r->{err}, qr/to resume it: livealter resume D=app,t=orders /,
	    '... says how to go on');
	my $rows = $s->value("SELECT rows_copied FROM $REG");
	$r = resume('--sleep', 0);
	my $report = $h->report;
	hammer_ok($report, 1500, '... the application');
	like($r->{err}, qr/had copied $rows rows/, '... it goes on there');
	all_is_done('... and comes to its end', $r);
}
set_up();
{
	# It is too early to be kept.
	my $reader = open_reader($s);
	my $p = start_migration($s, $ALTER, 'app', 'orders',
	    '--on-interrupt', 'keep');
	$p->wait_for(qr/create the triggers/, 20);
	$p->kill('TERM');
	is($p->wait(20)->{exit}, 32, '... before the triggers: undone');
	nothing_left($s, 'app');
	$reader->rollback;
	$reader->disconnect;
	is(migrate($s, $ALTER, 'app', 'orders', '--on-interrupt',
	    'maybe')->{exit}, 1, '... and no other word will do');
}

# --- failover --------------------------------------------------------------

set_up(3000);
{
	my $r = Server->start(tcp => 1, replica_of => $s, args =>
	    ['--log-bin=binlog', '--log-bin-trust-function-creators=1',
	    '--binlog-format=ROW']);
	$r->wait_for_source($s);
	my $mark = $s->log_mark;
	my $p = start_to_chunk($s, 5, $ALTER, 'app', 'orders', '--chunk-size',
	    50, '--sleep', 0.5, '--threads', 2);
	$r->wait_for_source($s);
	for my $verb (qw(cleanup resume)) {
		my $x = run_livealter($r, $verb, 'D=app,t=orders');
		is($x->{exit}, 17, "$verb on the replica of one that runs: " .
		    'refused') or diag $x->{err};
	}
	like(run_livealter($r, 'status', 'D=app')->{out}, qr/: running, /,
	    '... status says that it runs');
	$p->kill('KILL');
	gone($s, $mark, $p);
	$s->sql("UPDATE app.$_ SET note = 'late' WHERE id % 7 = 0")
	    for qw(orders control);
	$r->wait_for_source($s);
	$s->kill9;
	$r->sql($r->is_mysql ? "STOP REPLICA; RESET REPLICA ALL" :
	    "STOP SLAVE; RESET SLAVE ALL");
	# The application has gone there already.
	$r->sql("UPDATE app.$_ SET note = 'later' WHERE id % 11 = 0;
	    INSERT INTO app.$_ (customer) VALUES (1), (2)")
	    for qw(orders control);
	my $rows = $r->value("SELECT rows_copied FROM $REG");
	cmp_ok($rows, '>=', 100, 'failover: the replica knows the mark');
	my $x = resume({ on => $r }, '--statistics', '--sleep', 0);
	like($x->{err}, qr/this server takes the place of/,
	    '... and takes it up');
	all_is_done('... resume there', $x, $r);
	my ($more) = $x->{out} =~ /^# rows copied +(\d+)/m;
	cmp_ok($more, '<=', 3002 - $rows, '... and does not start over');
}

done_testing;
