# --instant on a table that is in use: locks, signals, lost connections, what
# is asked for beside it, and what a dry run shows.
#
# long: waits for locks
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Proxy;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start(tcp => 1);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @only = ('--instant=only');

sub fresh {
	fresh_orders($s, 300);
	native($s, 'app', 'orders', 'wanted', $ALTER);
}

sub as_it_was {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_definition($s, 'app', 'orders', 'control', $name);
	nothing_left($s, 'app');
}

sub is_altered {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	succeeded($r, 'app', 'orders', $name);
	like($r->{err}, qr/altered at once, by ALGORITHM=INSTANT/,
	    '... at once');
	same_definition($s, 'app', 'orders', 'wanted', '... the shape');
	same_bytes($s, 'app', 'orders', 'wanted', '... the rows');
	nothing_left($s, 'app');
}

# --- nothing is in the way ---------------------------------------------------

fresh();
my $mark = $s->log_mark;
my $r = migrate($s, $ALTER, 'app', 'orders', '--instant=try');
my @sent = map { $_->{text} } $s->log_entries($mark);
is_altered($r, 'nobody is in the way: it');
is(scalar(grep { /INSERT LOW_PRIORITY|LOCK TABLES `app`.`orders`/ } @sent), 0,
    '... nothing is copied or locked');
unlike($r->{err}, qr/drop the old table|prove the swap|create the tri/,
    '... no step is told that there is not');
is(join("\n", grep { /^SELECT .*FROM `app`.`orders`(?! LIMIT 0| WHERE F)/s }
    @sent), '', '... and no row is looked at');

fresh();
$r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run',
    @only);
is($r->{exit}, 0, 'a dry run of it');
my ($shown) = $r->{out} =~ /^statements:\n(ALTER TABLE .*);\n/m;
ok(defined $shown && grep({ $_ eq $shown } @sent), '... shows the statement ' .
    'that is sent') or diag $r->{out};
as_it_was('... and does nothing');

# --- without it --------------------------------------------------------------

$mark = $s->log_mark;
$r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run');
like($r->{out}, qr/^by itself, the server could do it: at once by ALGO/m,
    'the plan says what the server could do');
like($r->{err}, qr/^livealter: hint: --instant=try /m, '... and names the ' .
    'option');
like($r->{out}, qr/^INSERT LOW_PRIORITY/m, '... but shows a copy');
is(scalar(() = $r->{out} =~ /^CREATE TABLE `app`.`_orders_new`/mg), 1,
    '... not what was only tried');
unlike($r->{out}, qr/ALGORITHM=INSTANT, ADD/, '... nor how');
for ([ 'MODIFY customer BIGINT', $s->is_mysql ?
    qr/a copy by ALGORITHM=COPY: no se/ : qr/a copy by ALGORITHM=COPY/ ],
    [ 'ENGINE=InnoDB',
    qr/a rebuild by ALGORITHM=INPLACE, LOCK=NONE: .*\d+ rows, \d+ MB/ ]) {
	$r = run_livealter($s, '--alter', $_->[0], 'D=app,t=orders',
	    '--dry-run');
	like($r->{out}, $_->[1], "... as of $_->[0]") or diag $r->{err};
	unlike($r->{err}, qr/--instant/, '... and names no option');
}
$mark = $s->log_mark;
$r = migrate($s, $ALTER, 'app', 'orders');
succeeded($r, 'app', 'orders', 'without the option');
is(scalar(grep { $_->{text} =~ /ALGORITHM=/ } $s->log_entries($mark)), 0,
    '... the server is not asked');
like($r->{err}, qr/copied 300 rows/, '... and it is copied');

# --- else copied, or refused -------------------------------------------------

for my $alter ('MODIFY customer BIGINT', "$ALTER, ALGORITHM=COPY",
    "$ALTER /*!" . ($s->is_mysql ? 80000 : 50000) . ' , ALGORITHM=COPY */') {
	fresh();
	native($s, 'app', 'orders', 'asked', $alter);
	$r = migrate($s, $alter, 'app', 'orders', @only);
	is($r->{exit}, 17, "only, $alter: refused");
	as_it_was('... and nothing is done');
	$r = migrate($s, $alter, 'app', 'orders', '--instant=try');
	succeeded($r, 'app', 'orders', '... try:');
	like($r->{err}, qr/does not change it at once: .*\n(?:.*\n)*.*copied /,
	    '... says why, and copies');
	same_definition($s, 'app', 'orders', 'asked', '... the shape');
	nothing_left($s, 'app');
}

for my $o ('--reversible', '--no-swap-tables', '--no-drop-old-table',
    '--no-drop-triggers', '--default-engine') {
	fresh();
	$r = migrate($s, $ALTER, 'app', 'orders', @only, $o);
	is($r->{exit}, 17, "only, $o: refused") or diag $r->{err};
	as_it_was('... and nothing is done');
	next if $o eq '--no-drop-triggers';
	$r = migrate($s, $ALTER, 'app', 'orders', '--instant=try', $o);
	is($r->{exit}, 0, "try, $o");
	like($r->{err}, qr/copied 300 rows/, '... copies') or diag $r->{err};
}

# What may not be copied can still be altered.
fresh();
$s->sql("CREATE TABLE app.bag (a INT, b INT, KEY (a))");
$s->sql("INSERT INTO app.bag VALUES (1, 1), (1, 1)");
$r = migrate($s, 'ADD c INT', 'app', 'bag', @only);
succeeded($r, 'app', 'bag', 'a table without a unique key');
$r = migrate($s, 'MODIFY b BIGINT', 'app', 'bag', '--instant=try');
is($r->{exit}, 4, '... of which no copy is made') or diag $r->{err};
nothing_left($s, 'app');

# The new table can be altered so, but not the original.
if ($s->is_mysql) {
	$s->sql("CREATE TABLE app.old (id INT PRIMARY KEY)");
	$s->sql("INSERT INTO app.old VALUES (1), (2)");
	my $cap = $s->version_number >= 90100 ? 255 : 64;
	for my $i (1 .. $cap) {
		$s->sql("ALTER TABLE app.old " . ($i % 2 ? 'ADD x INT' :
		    'DROP x') . ", ALGORITHM=INSTANT");
	}
	$r = run_livealter($s, '--alter', 'ADD y INT', 'D=app,t=old',
	    '--dry-run');
	like($r->{out}, qr/row versions: it would be ${\($cap + 1)} of $cap/,
	    'a table at the cap of row versions: the plan says so') or
	    diag $r->{out};
	unlike($r->{err}, qr/--instant/, '... and names no option');
	$r = migrate($s, 'ADD y INT', 'app', 'old', @only);
	is($r->{exit}, 17, '... only: refused') or diag $r->{err};
	like($r->{err}, qr/4092|[Mm]aximum row versions/, '... for that');
	nothing_left($s, 'app');
	$r = migrate($s, 'ADD y INT', 'app', 'old', '--instant=try');
	succeeded($r, 'app', 'old', '... try: copies');
	like($r->{err}, qr/copied 2 rows/, '... it says so');
	is($s->value("SELECT TOTAL_ROW_VERSIONS FROM " .
	    "information_schema.INNODB_TABLES WHERE NAME = 'app/old'"), 0,
	    '... and the new table has none');
} else {
	$s->sql("CREATE TABLE app.old (id INT PRIMARY KEY, t TEXT, " .
	    "FULLTEXT f (t)) ROW_FORMAT=DYNAMIC");
	$s->sql("INSERT INTO app.old VALUES (1, 'a'), (2, 'b')");
	$s->sql("ALTER TABLE app.old DROP INDEX f");
	my $takes = eval { $s->sql("CREATE TABLE app.old2 LIKE app.old");
	    $s->sql("ALTER TABLE app.old ADD z INT, ALGORITHM=INSTANT"); 1 };
	$r = migrate($s, 'ADD y INT', 'app', 'old', @only);
	is($r->{exit}, $takes ? 0 : 17, 'a table that had a FULLTEXT index');
	$r = migrate($s, 'ADD w INT', 'app', 'old', '--instant=try');
	succeeded($r, 'app', 'old', '... try');
}

# --- what hangs on it --------------------------------------------------------

fresh();
$s->sql("CREATE TRIGGER app.mine BEFORE INSERT ON app.orders FOR EACH ROW " .
    "SET NEW.note = CONCAT(NEW.note, '.')");
for my $how ('only', 'try') {
	$r = migrate($s, 'RENAME COLUMN note TO remark', 'app', 'orders',
	    "--instant=$how");
	is($r->{exit}, 17, "$how: a trigger names the column: refused");
	like($r->{err}, qr/trigger `mine`/, '... it is named') or
	    diag $r->{err};
}
as_it_was('... and the table is as it was');
$r = migrate($s, $ALTER, 'app', 'orders', @only);
succeeded($r, 'app', 'orders', 'a trigger that names others');
is($s->value("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE " .
    "TRIGGER_SCHEMA = 'app'"), 1, '... stays');
$s->sql("CREATE VIEW app.seen AS SELECT id, extra FROM app.orders");
$r = migrate($s, 'DROP COLUMN extra', 'app', 'orders', @only);
succeeded($r, 'app', 'orders', 'a view of the column');
like($r->{err}, qr/breaks, as ALTER TABLE would, .*view `app`.`seen`/,
    '... is told to break');

# --- locks -------------------------------------------------------------------

for my $rounds ('never', 'at last') {
	fresh();
	my $reader = open_reader($s);
	my ($id) = $reader->selectrow_array("SELECT CONNECTION_ID()");
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 100, seed => 88);
	my $p = start_migration($s, $ALTER, 'app', 'orders', @only,
	    '--tries', 'swap_tables:' . ($rounds eq 'never' ? 2 : 30) .
	    ':0.1');
	$p->wait_for(qr/by connection $id\b/, 40);
	pass("a reader holds the table: it is named ($rounds)");
	if ($rounds ne 'never') {
		$p->wait_for(qr/is in use; trying again/, 60);
		$reader->rollback;
	}
	my $r = $p->wait(90);
	my $rep = $h->report;
	hammer_ok($rep, 1500, '... meanwhile the application');
	if ($rounds eq 'never') {
		is($r->{exit}, 14, '... the exit is that of the swap');
		like($r->{err}, qr/was in use each of 2 times/, '... why');
		as_it_was('... nothing was done');
		$reader->rollback;
		next;
	}
	succeeded($r, 'app', 'orders', 'when it is free it');
	same_definition($s, 'app', 'orders', 'wanted', '... the shape');
	same_rows($s, 'app', 'orders', 'control', '... the rows');
	nothing_left($s, 'app');
}

# Ctrl-C while it waits; a killed session; a deadline; blockers that are killed.
for my $what (qw(INT KILL deadline blockers)) {
	# MariaDB needs a plugin to know who holds a lock.
	next if $what eq 'blockers' && !$s->is_mysql;
	fresh();
	my $reader = open_reader($s);
	my ($id) = $reader->selectrow_array("SELECT CONNECTION_ID()");
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @only,
	    $what eq 'deadline' ? ('--metadata-lock-deadline', 3) :
	    $what eq 'blockers' ? ('--kill-blockers', 1) : ());
	if ($what eq 'deadline') {
		is($p->wait(60)->{exit}, 34, 'a deadline ends the wait');
		as_it_was('... with nothing done');
		$reader->rollback;
		next;
	}
	$p->wait_for(qr/by connection $id\b|kill/i, 40);
	if ($what eq 'INT') {
		$p->kill('INT');
		is($p->wait(60)->{exit}, 32, 'SIGINT ends the wait');
		as_it_was('... with nothing done');
		$reader->rollback;
		next;
	}
	if ($what eq 'KILL') {
		my ($its) = map { $_->{id} } grep { $_->{text} =~
		    /^(?:ALTER TABLE `app`.`orders`|PREPARE livealter_st|EXEC)/
		    } reverse $s->log_entries($mark);
		$s->sql("KILL $its");
		$p->wait_for(qr/connection was lost/, 40);
		$reader->rollback;
	}
	my $r = $p->wait(60);
	is_altered($r, $what eq 'KILL' ? 'after its session is killed, it' :
	    'once the reader is killed, it') or diag $r->{err};
}

# The ALTER is the cut-over: it waits for the same.
fresh();
{
	my $flag = File::Temp->new;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @only,
	    '--postpone-cut-over-flag-file', "$flag");
	$p->wait_for(qr/waiting with the swap/, 30);
	same_definition($s, 'app', 'orders', 'control', 'a flag file: it ' .
	    'waits');
	my $st = run_livealter($s, 'status', 'D=app,t=orders');
	like($st->{out}, qr/waiting/, '... status says so') or diag $st->{out};
	my $second = migrate($s, 'ADD z INT', 'app', 'orders', @only);
	is($second->{exit}, 31, '... no other can begin');
	unlink "$flag";
	is_altered($p->wait(60), 'then it');
}

# Another session has altered the table while it waited.
fresh();
{
	my $flag = File::Temp->new;
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--instant=try',
	    '--postpone-cut-over-flag-file', "$flag");
	$p->wait_for(qr/waiting with the swap/, 30);
	$s->sql("ALTER TABLE app.$_ ADD other INT") for qw(orders control);
	unlink "$flag";
	my $r = $p->wait(60);
	is($r->{exit}, 17, 'a table that was altered meanwhile is refused');
	as_it_was('... and left alone');
}

# --- the end of the program, and of its connections --------------------------

for my $at ('before:alter', 'after:alter') {
	fresh();
	die_at($s, $at, '--alter', $ALTER, 'D=app,t=orders', '--execute',
	    @only);
	my $altered = $at =~ /after/;
	same_definition($s, 'app', 'orders', $altered ? 'wanted' : 'control',
	    '... with the table as that says');
	my $r = migrate($s, 'ADD z INT', 'app', 'orders', @only);
	is($r->{exit}, 17, '... another is refused until it is cleaned up');
	$r = run_livealter($s, 'cleanup', 'D=app,t=orders');
	is($r->{exit}, 0, '... cleanup');
	like($r->{out}, $altered ? qr/is not as it was/ : qr/is as it was\./,
	    '... says which it is');
	nothing_left($s, 'app');
}

my $size = do {
	fresh();
	my $proxy = Proxy->start($s->port, []);
	$r = migrate($s, $ALTER, 'app', 'orders', @only, '-h', '127.0.0.1',
	    '-P', $proxy->port);
	($proxy->stop)[0];
};
is_altered($r, 'over a proxy it');
my %ends;
for my $i (1 .. 16) {
	fresh();
	my $proxy = Proxy->start($s->port, [ { how => 'reset',
	    at => int($size * (0.5 + 0.5 * $i / 17)) } ]);
	my $r = migrate($s, $ALTER, 'app', 'orders', @only, '-h', '127.0.0.1',
	    '-P', $proxy->port, '--reconnect-for', 20);
	$proxy->stop;
	settled($s, "a connection is lost ($i)", $r);
	$ends{$r->{exit}}++;
}
note join ', ', map { "exit $_: $ends{$_}" } sort keys %ends;

done_testing;
