# livealter revert where foreign keys bind other tables to the table, and it to
# them, and the user has triggers on it: all that goes back with the old table,
# and the application sees nothing of it.
#
# long: random applications on parents and children
use strict;
use warnings;

use lib 't/lib';
use Family;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);
use Twin;

my $seed = $ENV{SEED} // 73;
note "SEED=$seed";
# Where keys are checked above InnoDB, what the writers make of a table that
# references itself may be refused (t/50-self-cascades.t).
my $s = Server->start(args => [($ENV{LIVEALTER_SERVER} // '') eq 'mysql' ?
    '--loose-innodb-native-foreign-keys=ON' : ()]);

sub revert { run_livealter($s, 'revert', 'D=app,t=t', @_) }

# Its connections may outlive a program that was killed.
sub ask {
	my ($verb, @args) = @_;
	return poll_until(sub { my $r = run_livealter($s, $verb, 'D=app,t=t',
	    @args); $r->{exit} != 31 && $r }, 30, 'its connections end');
}

# While it tries the foreign keys of children, as far as that goes.
sub dies_in_the_trial {
	my $mark = $s->log_mark;
	my $p = start_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
	my $gate = $s->dbh;
	$gate->begin_work;
	$gate->selectall_arrayref("SELECT * FROM app._t_old");
	poll_until(sub { said_once($s, $mark, qr/^CREATE TABLE .*_try/) ||
	    !$p->running }, 30, 'the trial');
	$p->kill('KILL');
	$p->wait(10);
	# What waits for a lock may not be seen to be dead before it has it.
	$gate->rollback;
	gone($s, $mark, $p);
}

sub reverted {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, $name) or diag $r->{err};
	return like($r->{out}, qr/^Successfully reverted `app`\.`t`\.$/m,
	    '... says so');
}

# --- while the application writes --------------------------------------------

for my $c (
    ['children of all kinds', { triggers => 0 }],
    ['triggers', { triggers => 1, children => [] }],
    ['children and triggers', { triggers => 1,
	children => [qw(c_cascade c_restrict c_grand)] }],
    ['foreign keys of its own', { own => 1, self => 1, children => [] }],
    ['parents, children and triggers', { own => 1, triggers => 1,
	children => [qw(c_cascade c_null)] }],
) {
	my ($name, $make) = @$c;
	my $f = Family->make($s, rows => 200, %$make);
	$f->start(seed => $seed++);
	succeeded(migrate($s, 'ADD COLUMN extra INT NOT NULL DEFAULT 7', 'app',
	    't', '--reversible'), 'app', 't', "$name: there");
	$f->go_on;
	reverted(revert('--accept-loss'), '... and back');
	$f->go_on;
	$f->noticed_nothing('... the application');
	$f->as_native(undef, '...');
}

# --- killed in the midst of it -----------------------------------------------

{
	my $f = Family->make($s, rows => 100, triggers => 1, own => 1,
	    self => 1, children => [qw(c_cascade c_restrict)]);
	srand $seed;
	for my $i (1 .. 6) {
		# What is compared each time does not have to grow.
		$f->both("DELETE FROM {log}");
		$f->start(seed => $seed++);
		succeeded(migrate($s, 'ADD COLUMN extra INT NOT NULL DEFAULT 7',
		    'app', 't', '--reversible'), 'app', 't', "round $i: there");
		my $mark = $s->log_mark;
		my $p = start_livealter($s, 'revert', 'D=app,t=t',
		    '--accept-loss');
		my $last = $i % 2 ? qr/^LOCK TABLES .*`_?t_old`/ :
		    qr/state = 'reverting'/;
		poll_until(sub { said_once($s, $mark, $last) ||
		    !$p->running }, 30, 'its moment');
		sleep 0.03 * rand;
		$p->kill('KILL');
		gone($s, $mark, $p);
		# 17: it had come to its end.  Not proven, the other table goes
		# only when that is said.
		my $r = ask('revert', '--accept-loss', '--drop-old-table');
		like($r->{exit}, qr/\A(?:0|17)\z/, '... killed, and once more')
		    or diag $r->{err};
		$f->go_on;
		$f->noticed_nothing('... the application');
		$f->same_definitions('...');
		$f->same_everywhere('...');
		$f->no_orphans('...');
		nothing_left($s, 'app');
	}
}

# --- what has to be right at once --------------------------------------------

sub given {
	my (@more) = @_;
	twins($s, "CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT, " .
	    "KEY v (v))",
	    "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)",
	    "CREATE TABLE c (id INT PRIMARY KEY, t INT, CONSTRAINT child " .
	    "FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)",
	    "INSERT INTO c VALUES (1, 1), (2, 2)",
	    "CREATE TRIGGER first BEFORE INSERT ON t FOR EACH ROW " .
	    "SET NEW.v = NEW.v + 10",
	    "CREATE TRIGGER second BEFORE INSERT ON t FOR EACH ROW " .
	    "FOLLOWS first SET NEW.v = NEW.v * 2", @more);
}

given();
succeeded(migrate($s, 'MODIFY v BIGINT, ADD x INT', 'app', 't',
    '--reversible'), 'app', 't', 'triggers in their order: there');
twin_sql($s, "INSERT INTO t (id, v) VALUES (4, 1)",
    "DELETE FROM t WHERE id = 1");
reverted(revert('--accept-loss'), '... and back');
twin_sql($s, "INSERT INTO t (id, v) VALUES (5, 1)",
    "DELETE FROM t WHERE id = 2");
same_twins($s, '... all is as if nothing had been');

# What was made on the new table, and cannot be on the old one.
given();
succeeded(migrate($s, 'ADD x INT', 'app', 't', '--reversible'), 'app', 't',
    'a new column');
$s->sql("CREATE TRIGGER app.late BEFORE UPDATE ON app.t FOR EACH ROW " .
    "SET NEW.x = 1; CREATE VIEW app.seen AS SELECT x FROM app.t");
{
	my @but = (tables => qr/^(?!_livealter)/);
	my $dump = $s->dump('app', @but);
	my $r = revert('--accept-loss');
	is($r->{exit}, 17, '... a trigger that uses it: revert is refused');
	like($r->{err}, qr/trigger `late` cannot be on the old table/,
	    '... names it');
	like($r->{err}, qr/`seen`/, '... and the view that would break');
	same_dump($s->dump('app', @but), $dump, '... and changes nothing');
	like(run_livealter($s, 'status', 'D=app,t=t')->{out},
	    qr/^`app`\.`t`: revertible, revertible$/m,
	    '... it is as revertible as before');
	$s->sql("DROP TRIGGER app.late; DROP VIEW app.seen");
	reverted(revert('--accept-loss'), '... without them: revert');
	same_twins($s, '... all is as if nothing had been');
}

# Dead while it tried the triggers.
given();
succeeded(migrate($s, 'ADD x INT', 'app', 't', '--reversible'), 'app', 't',
    'once more');
$s->sql("CREATE TABLE app._t_old_try (a INT)");
{
	my $r = revert('--accept-loss');
	is($r->{exit}, 17, '... the name for trying is taken: refused');
	like($r->{err}, qr/_t_old_try/, '... says which');
	$s->sql("DROP TABLE app._t_old_try");
	dies_in_the_trial();
	$r = ask('revert', '--accept-loss', '--dry-run');
	is($r->{exit}, 0, '... dead in the trial: a dry run says that it goes')
	    or diag $r->{err};
	reverted(ask('revert', '--accept-loss'), '... dead in the trial, and ' .
	    'once more');
	same_twins($s, '... all is as if nothing had been');
	nothing_left($s, 'app');
	succeeded(migrate($s, 'ADD x INT', 'app', 't', '--reversible'), 'app',
	    't', '... there again');
	dies_in_the_trial();
	$r = ask('cleanup');
	is($r->{exit}, 0, '... dead in the trial, and cleanup') or
	    diag $r->{err};
	nothing_left($s, 'app');
	is(native_twin($s, 'ADD x INT'), '', '(ALTER TABLE)');
	same_twins($s, '... the table has its new shape');
}

# --- what fails leaves the way back open -------------------------------------

sub still_open {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return like(run_livealter($s, 'status', 'D=app,t=t')->{out},
	    qr/^`app`\.`t`: revertible, /m, "... $name: it can be reverted");
}

sub opened {
	my ($name, @more) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	given(@more);
	return succeeded(migrate($s, 'ADD x INT', 'app', 't', '--reversible'),
	    'app', 't', $name);
}

# Somebody who has read the table and is not done.
sub reader {
	my ($table) = @_;
	my $dbh = $s->dbh;
	$dbh->begin_work;
	$dbh->selectall_arrayref("SELECT * FROM app.$table");
	return $dbh;
}

opened('a table that is in use');
{
	my $reader = reader('t');
	my $r = revert('--accept-loss', '--metadata-lock-deadline', 1);
	is($r->{exit}, 34, '... no revert');
	still_open('in use');
	$reader->rollback;
	twin_sql($s, "DROP TRIGGER second");
	reverted(revert('--accept-loss'), '... when it is free');
	same_twins($s, '... without the trigger that was dropped since');
	nothing_left($s, 'app');
}

opened('a child that goes');
{
	my $reader = reader('t');
	my $mark = $s->log_mark;
	my $p = start_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
	poll_until(sub { $p->err =~ /waiting for a moment/ || !$p->running },
	    30, 'it waits for the lock');
	$p->kill('KILL');
	$p->wait(10);
	$reader->rollback;
	gone($s, $mark, $p);
	twin_sql($s, "DROP TABLE c");
	my $r = ask('cleanup');
	is($r->{exit}, 0, '... after a revert that died: cleanup') or
	    diag $r->{err};
	nothing_left($s, 'app');
}

if ($s->is_mysql) {
	opened('interrupted in the trial');
	my $reader = reader('_t_old');
	my $p = start_livealter($s, 'revert', 'D=app,t=t', '--accept-loss',
	    '--on-interrupt', 'keep');
	poll_until(sub { $p->err =~ /waiting for a moment/ || !$p->running },
	    30, 'it waits for the lock');
	$p->kill('INT');
	# It goes away by itself, or is not there to be waited for.
	poll_until(sub { $p->err =~ /stopping/ }, 10, 'it stops');
	$reader->rollback;
	is($p->wait(60)->{exit}, 32, '... that ends it');
	still_open('undone');
	reverted(revert('--accept-loss'), '... and once more');
	same_twins($s, '... all is as if nothing had been');
	nothing_left($s, 'app');
}

# The triggers that keep the old table in step are taken off for a moment.
if ($s->is_mariadb) {
	my ($p, $killed);
	# It is there for milliseconds, and may not be caught at once.
	for my $try (1 .. 6) {
		opened("one that lines up is killed ($try)",
		    map { "CREATE TRIGGER u$_ BEFORE UPDATE ON t FOR EACH " .
		    "ROW SET NEW.v = NEW.v + $_" } 1 .. 30);
		$p = start_livealter($s, 'revert', 'D=app,t=t',
		    '--accept-loss');
		$killed = kill_who($s, $p, "INFO LIKE 'BEGIN NOT ATOMIC%'")
		    and last;
		$p->wait(60);
	}
	ok($killed, '... it is');
	is($p->wait(60)->{exit}, 14, '... that ends it');
	still_open('handed back');
	twin_sql($s, "INSERT INTO t (id, v) VALUES (4, 1)",
	    "DELETE FROM t WHERE id = 1");
	reverted(revert('--accept-loss'), '... and once more');
	same_twins($s, '... all is as if nothing had been');
	nothing_left($s, 'app');
}

# --- foreign keys of the table's own -----------------------------------------

sub with_parents {
	my ($name, $alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2), (3), (4), (5)",
	    "CREATE TABLE q (id INT PRIMARY KEY)",
	    "INSERT INTO q VALUES (2), (4), (7)",
	    "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, " .
	    "KEY with_b (b, c), CONSTRAINT first FOREIGN KEY (a) REFERENCES " .
	    "p (id) ON DELETE CASCADE ON UPDATE CASCADE, " .
	    "FOREIGN KEY (b) REFERENCES q (id) ON DELETE SET NULL, " .
	    "CONSTRAINT `o''k ``` FOREIGN KEY (c) REFERENCES p (id), up INT, " .
	    "two INT, CONSTRAINT above FOREIGN KEY (up) REFERENCES t (id) " .
	    "ON DELETE CASCADE, FOREIGN KEY (two) REFERENCES t (id))",
	    "INSERT INTO t (id, a, b, c) VALUES (1, 1, 2, 3), " .
	    "(2, 2, NULL, 3), (3, NULL, 4, NULL), (10, NULL, NULL, NULL)",
	    "INSERT INTO t (id, up, two) VALUES (11, 10, NULL), " .
	    "(12, 10, 3), (13, NULL, 3)");
	return succeeded(migrate($s, $alter, 'app', 't', '--reversible'),
	    'app', 't', $name);
}

my $loss = '--accept-loss';
for my $alter ('ADD x INT', 'ADD x INT, DROP KEY with_b, ADD KEY other (b)',
    'ADD x INT, ADD CONSTRAINT one_more FOREIGN KEY (x) REFERENCES p (id)',
    'CHANGE a aa INT, MODIFY c INT FIRST, CHANGE up above INT') {
	with_parents("keys to others, $alter: there", $alter);
	my $a = $alter =~ /CHANGE/ ? 'aa' : 'a';
	# Cascades write to the old table as well.
	twin_sql($s, "DELETE FROM p WHERE id = 2",
	    "UPDATE p SET id = 6 WHERE id = 1",
	    "DELETE FROM q WHERE id = 4", "INSERT INTO p VALUES (7)",
	    "DELETE FROM t WHERE id = 10");
	$s->sql("INSERT INTO app.t (id, $a, b, c) VALUES (4, 5, 7, 7)");
	$s->sql("INSERT INTO ctl.t (id, a, b, c) VALUES (4, 5, 7, 7)");
	ok(!eval { $s->sql("INSERT INTO app.t (id, c) VALUES (9, 99)"); 1 },
	    '... the new table has its foreign keys');
	ok(!eval { $s->sql("DELETE FROM app.p WHERE id = 3"); 1 },
	    '... which keep its parents');
	reverted(revert($loss), '... and back');
	ok(!eval { $s->sql("DELETE FROM app.t WHERE id = 3"); 1 },
	    '... with all its foreign keys');
	twin_sql($s, "DELETE FROM p WHERE id = 6", "UPDATE t SET two = NULL",
	    "DELETE FROM t WHERE id = 3");
	same_twins($s, '... all is as if nothing had been');
	nothing_left($s, 'app');
	with_parents('... there again', $alter);
	is(run_livealter($s, 'cleanup', 'D=app,t=t')->{exit}, 0,
	    '... and cleanup');
	is(native_twin($s, $alter), '', '(ALTER TABLE)');
	same_twins($s, '... the table has its new shape');
	nothing_left($s, 'app');
}

# MariaDB fires triggers for rows that UPDATE IGNORE passes over; what it passes
# over for may have come with the swap, or after it.
for (['ADD x INT, ADD CONSTRAINT one_more FOREIGN KEY (x) REFERENCES p (id)',
	'a key that the ALTER adds'],
    ['ADD x INT', 'a key made since',
	"CREATE UNIQUE INDEX late ON t (x)", "UPDATE t SET x = 99 LIMIT 1"],
    ['ADD x INT', 'a child made since',
	"CREATE TABLE kid (c INT, FOREIGN KEY (c) REFERENCES t (c))",
	"INSERT INTO kid VALUES (3)"]) {
	my ($alter, $what, @since) = @$_;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "CREATE TABLE t (id INT PRIMARY KEY, c INT, v INT, UNIQUE (c))",
	    "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)");
	succeeded(migrate($s, $alter, 'app', 't', '--reversible'), 'app', 't',
	    "$what: there");
	$s->sql(join '; ', "USE app", @since, "UPDATE IGNORE t SET c = 4, " .
	    "v = 9, x = 99 WHERE id = 3", "UPDATE t SET v = 7 WHERE id = 1",
	    "USE mysql");
	is($s->value("SELECT v FROM app._t_old WHERE id = 3"), 3,
	    '... the old table gets no phantom');
	$s->sql("DROP TABLE IF EXISTS app.kid");
	reverted(revert($loss), '... and back');
	is($s->value("SELECT GROUP_CONCAT(v ORDER BY id) FROM app.t"), '7,2,3',
	    '... with the right rows');
}

with_parents('a column that is renamed, and a key refers to it: there',
    'CHANGE id nr INT NOT NULL');
$s->sql("DELETE FROM app.t WHERE nr = 10; DELETE FROM ctl.t WHERE id = 10");
reverted(revert(), '... and back');
same_twins($s, '... all is as if nothing had been');

for (['ALTER TABLE t DROP FOREIGN KEY first', 'dropped'],
    ['ALTER TABLE t ADD CONSTRAINT late FOREIGN KEY (x) REFERENCES p (id)',
	'added']) {
	my ($sql, $what) = @$_;
	with_parents("a key that is $what since", 'ADD x INT');
	$s->sql("USE app; $sql; USE mysql");
	my @but = (tables => qr/^(?!_livealter)/);
	my $dump = $s->dump('app', @but);
	my $r = revert($loss);
	is($r->{exit}, 17, '... revert is refused');
	like($r->{err}, qr/foreign keys .* are not those/, '... says why');
	same_dump($s->dump('app', @but), $dump, '... and changes nothing');
	is(run_livealter($s, 'cleanup', 'D=app,t=t')->{exit}, 0,
	    '... and cleanup goes');
}

# --- what cannot be ----------------------------------------------------------

sub refused {
	my ($name, $why, $keys, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1)", "CREATE TABLE t (id INT PRIMARY KEY, " .
	    "p INT" . ($keys ? ", CONSTRAINT k FOREIGN KEY (p) REFERENCES " .
	    $keys : '') . ")", "INSERT INTO t VALUES (1, 1)");
	my $dump = twin_dump($s, 'app');
	my $r = migrate($s, $alter, 'app', 't', @opts);
	is($r->{exit}, 17, "$name: refused before anything is made");
	like($r->{err}, $why, '... says why');
	untouched($s, $dump);
}

refused('cascades that fire no triggers', qr/fire no triggers/, '', 'ADD ' .
    'FOREIGN KEY (p) REFERENCES p (id) ON UPDATE CASCADE', '--reversible');
refused('a foreign key that the ALTER drops', qr/`k`, which the ALTER drops/,
    'p (id)', 'DROP FOREIGN KEY k', '--reversible');
refused('... with --reverse-triggers', qr/`k`, which the ALTER drops/,
    'p (id) ON DELETE SET NULL', 'DROP FOREIGN KEY k', '--reverse-triggers',
    '--no-drop-old-table');

done_testing;
