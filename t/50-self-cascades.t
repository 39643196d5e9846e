# Foreign keys of a table to itself that delete rows or set them NULL, down many
# generations: each statement of the application is answered as without us, and
# all that it does is in the new table, wherever the copy is.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);
use Twin;

my $seed = $ENV{SEED} // 5050;
note "SEED=$seed";
my $rnd = Story::random_from($seed);
my $s = Server->start;
my $has = eval { $s->value("SELECT \@\@enable_cascade_triggers"); 1 };
my @firing = $has ? (0, 1) : (0);
# Only there the new table is without the keys until the swap.
my $above = eval { $s->value("SELECT \@\@innodb_native_foreign_keys") eq
    '0' };
my @opts = ('--threads', 1, '--chunk-size', 20, '--chunk-time', 0);

my %dbh;
my @session;

# A statement in both schemas; what each answers, and whether that is the same.
sub answers {
	my (@sql) = @_;
	my @said;
	for my $db ('app', 'ctl') {
		my $dbh = $dbh{$db};
		my $said = '';
		for my $sql (@sql) {
			my $n = eval { $dbh->do($sql) };
			$said .= defined $n ? "$n;" : $dbh->err . ';';
		}
		push @said, $said;
	}
	return @said;
}

sub connect_both {
	my (@session) = @_;
	%dbh = map { $_ => $s->dbh(database => $_) } 'app', 'ctl';
	for my $dbh (values %dbh) {
		$dbh->do("SET SESSION innodb_lock_wait_timeout = 10");
		$dbh->do($_) for @session;
	}
}

# A test: they are answered alike; and, with ok => 1, without an error.
sub alike {
	my ($name, $sql, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @bad;
	for my $one (@$sql) {
		my ($app, $ctl) = answers($one);
		push @bad, "$one: $app, not $ctl" if $app ne $ctl ||
		    ($o{ok} && $ctl !~ /^[0-9E]+;\z/);
	}
	is(join("\n", @bad), '', "$name: the application is answered as ever");
}

sub finish {
	my ($p, $name, $alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$p->kill('CONT');
	my $r = $p->wait(60);
	succeeded($r, 'app', 't', $name);
	is(native_twin($s, $alter), '', '... ALTER TABLE does it');
	same_twins($s, '... and all is what that makes of it');
	return $r;
}

# --- chains ------------------------------------------------------------------

my $TREE = "CREATE TABLE t (id INT PRIMARY KEY, m INT, v INT, CONSTRAINT fm " .
    "FOREIGN KEY (m) REFERENCES t (id) ON DELETE CASCADE)";

# Rows, each the child of the one before.
sub chain {
	my (@id) = @_;
	my $before = 'NULL';
	my @rows;
	for (@id) {
		push @rows, "($_, $before, 1)";
		$before = $_;
	}
	return "INSERT INTO t VALUES " . join ', ', @rows;
}

# Of each depth; every other one with its root at the end of the table.
sub chains {
	my ($from) = @_;
	return map {
		my $at = $from + 20 * $_;
		my @id = $at .. $at + $_ - 1;
		chain($_ % 2 ? @id : reverse @id);
	} 1 .. 12;
}

sub roots {
	my ($from) = @_;
	return map { $from + 20 * $_ + ($_ % 2 ? 0 : $_ - 1) } 1 .. 12;
}

for (['before:copy', 0], ['after:copy', 1], ['after:verify', 0]) {
	my ($at, $fires) = ($_->[0], $has && $_->[1]);
	twins($s, $TREE, chains(0), chains(1000), chains(2000));
	connect_both($has ? "SET SESSION enable_cascade_triggers = $fires" :
	    ());
	my $p = start_to_step($s, $at, 'ADD c INT', 'app', 't', @opts);
	alike("chains, $at" . ($fires ? ', triggers fire' : ''),
	    [map { "DELETE FROM t WHERE id = $_" } roots(0),
	    reverse roots(1000)], ok => 1);
	alike('... by REPLACE', [map { "REPLACE INTO t VALUES ($_, NULL, 9)" }
	    roots(2000)], ok => 1);
	finish($p, '... the run', 'ADD c INT');
}

# What the writer's session forbids is its own business.
twins($s, $TREE, chains(0), chains(1000));
connect_both("SET SESSION sql_safe_updates = 1, max_join_size = 1, " .
    "sql_select_limit = 1", $s->is_mysql ? "SET SESSION " .
    "cte_max_recursion_depth = 0" : ());
{
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't',
	    @opts);
	alike('a session that may do little', [map { "DELETE FROM t WHERE " .
	    "id = $_" } roots(0)], ok => 1);
	finish($p, '... the run', 'ADD c INT');
}

# Who checks no foreign keys deletes one row, and no other.
twins($s, $TREE, chains(0));
connect_both("SET SESSION foreign_key_checks = 0");
{
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't',
	    @opts);
	alike('no foreign keys are checked', [map { "DELETE FROM t WHERE id " .
	    "= $_" } roots(0)], ok => 1);
	finish($p, '... the run', 'ADD c INT');
}

# Rolled back, it has not been.
twins($s, $TREE, chains(0), chains(1000));
connect_both();
{
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't',
	    @opts);
	alike('rolled back', ["START TRANSACTION", (map { "DELETE FROM t " .
	    "WHERE id = $_" } roots(0)), "ROLLBACK"]);
	finish($p, '... the run', 'ADD c INT');
}

# --- where the copy has a part of them ---------------------------------------

# The copy stands at row 161.  By their first letters: there, or not yet.
my %SPLIT = (tnt => [5, 300, 6], ntnt => [310, 7, 311, 8], ttt => [9, 10, 11],
    nnn => [320, 321, 322], tnnntt => [12, 330, 331, 332, 13, 14],
    nttn => [340, 15, 16, 341]);
my $TWO = "CREATE TABLE t (id INT PRIMARY KEY, m INT, v INT, w INT, " .
    "CONSTRAINT fm FOREIGN KEY (m) REFERENCES t (id) ON DELETE CASCADE, " .
    "CONSTRAINT fw FOREIGN KEY (w) REFERENCES t (id) ON DELETE SET NULL)";
my @fill = ((map { chain(@$_) =~ s/t VALUES/t (id, m, v) VALUES/r }
    map { $SPLIT{$_} } sort keys %SPLIT),
    "INSERT INTO t (id, v) SELECT x.n * 40 + y.n + 17, 1 FROM (" .
    join(' UNION ALL ', map { "SELECT $_ AS n" } 0 .. 6) . ") x, (" .
    join(' UNION ALL ', map { "SELECT $_ AS n" } 0 .. 39) . ") y",
    # The last of the longest chain that has one behind the copy.
    "UPDATE t SET w = 8 WHERE id IN (20, 250)",
    "UPDATE t SET w = 14 WHERE id IN (21, 251)");
my @last = map { "DELETE FROM t WHERE id = $SPLIT{$_}[0]" } sort keys %SPLIT;

sub held_at_161 {
	my ($env) = @_;
	my $p = start_migration($s, { env => { %$env,
	    LIVEALTER_STOP_AT => 'before:copy' } }, 'ADD c INT', 'app', 't',
	    @opts, '--tries', 'copy_rows:400:0.05');
	$p->wait_until_stopped or fail('it does not come to the copy');
	my $pin = $s->dbh(database => 'app');
	$pin->do("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	$pin->begin_work;
	$pin->selectall_arrayref("SELECT 1 FROM t WHERE id = 161 FOR UPDATE");
	$p->kill('CONT');
	my $last = 0;
	poll_until(sub { my $n = eval { $s->value("SELECT COUNT(*) FROM " .
	    "app._t_new WHERE id < 161") } // 0;
	    !$p->running ? -1 : $n == $s->value("SELECT COUNT(*) FROM app.t " .
	    "WHERE id < 161") }, 30, 'the copy comes to the row');
	return ($p, $pin);
}

for (['REPEATABLE READ', 0], ['READ COMMITTED', 1]) {
	my ($level, $fires) = ($_->[0], $has && $_->[1]);
	twins($s, $TWO, @fill);
	connect_both("SET SESSION TRANSACTION ISOLATION LEVEL $level",
	    $has ? "SET SESSION enable_cascade_triggers = $fires" : ());
	my ($p, $pin) = held_at_161({});
	alike("the copy has a part, $level" . ($fires ? ', triggers fire' :
	    ''), \@last, ok => 1);
	$pin->rollback;
	my $r = finish($p, '... the run', 'ADD c INT');
	like($r->{err}, qr/`fm`: corrected \d+ rows/, '... says that it ' .
	    'has swept') if $above && !$fires;
}

# Without that the comparison finds it.
if ($above) {
	twins($s, $TWO, @fill);
	connect_both();
	my ($p, $pin) = held_at_161({ LIVEALTER_WITHOUT => 'sweep' });
	alike('... and is not swept', \@last, ok => 1);
	$pin->rollback;
	is($p->wait(60)->{exit}, 30, '... the comparison finds that');
	same_twins($s, '... and all is as it was');
}

# --- all kinds, at random ----------------------------------------------------

my $C = 'ON DELETE CASCADE';
my $N = 'ON DELETE SET NULL';
my @KINDS = (
    ['one that cascades', "m INT", "FOREIGN KEY (m) REFERENCES t (id) $C"],
    ['one that sets NULL', "m INT",
	"FOREIGN KEY (m) REFERENCES t (id) $N"],
    ['two that cascade', "m INT, w INT", "CONSTRAINT a_b FOREIGN KEY (m) " .
	"REFERENCES t (id) $C, CONSTRAINT a FOREIGN KEY (w) REFERENCES t " .
	"(id) $C"],
    ['one of each', "m INT, w INT", "FOREIGN KEY (m) REFERENCES t (id) $C, " .
	"FOREIGN KEY (w) REFERENCES t (id) $N ON UPDATE CASCADE"],
    ['of each, named the other way', "m INT, w INT", "CONSTRAINT z FOREIGN " .
	"KEY (m) REFERENCES t (id) $C, CONSTRAINT y FOREIGN KEY (w) " .
	"REFERENCES t (id) $N"],
    ['one that cascades, one that refuses', "m INT, w INT", "FOREIGN KEY (m) " .
	"REFERENCES t (id) $C, FOREIGN KEY (w) REFERENCES t (id)"],
    ['of two columns', "m INT, k INT NOT NULL DEFAULT 1, UNIQUE KEY (k, id)",
	"FOREIGN KEY (k, m) REFERENCES t (k, id) $C"],
    ['that references another key', "code VARCHAR(20) COLLATE " .
	"utf8mb4_unicode_ci UNIQUE, m VARCHAR(20) COLLATE utf8mb4_unicode_ci",
	"FOREIGN KEY (m) REFERENCES t (code) $C", 'code'],
    ['with a stamp', "m INT, at TIMESTAMP NOT NULL DEFAULT '2020-01-01' " .
	"ON UPDATE CURRENT_TIMESTAMP", "FOREIGN KEY (m) REFERENCES t (id) $N"],
);

sub somebody { 1 + $rnd->(40) }
sub parent_of {
	my ($code) = @_;
	return $rnd->(4) == 0 ? 'NULL' : $code ? "'C" . somebody() . "'" :
	    somebody();
}

sub random_statement {
	my ($columns, $code) = @_;
	my @ref = grep { $columns =~ /\b$_ (?:INT|VARCHAR)/ } 'm', 'w';
	my $ref = $ref[$rnd->(scalar @ref)];
	my $op = $rnd->(10);
	my $id = somebody();
	my $set = $code ? "code = 'c$id', " : '';
	return "DELETE FROM t WHERE id = $id" if $op < 4;
	return "DELETE FROM t WHERE id IN ($id, " . somebody() . ")"
	    if $op < 5;
	return "INSERT INTO t SET id = $id, $set$ref = " . parent_of($code)
	    if $op < 7;
	return "REPLACE INTO t SET id = $id, $set$ref = " . parent_of($code)
	    if $op < 8;
	return "UPDATE t SET $ref = " . parent_of($code) . " WHERE id = $id"
	    if $op < 9;
	return "UPDATE t SET id = " . (40 + somebody()) . " WHERE id = $id";
}

for (@KINDS) {
	my ($name, $columns, $keys, $code) = @$_;
	my $alter = 'ADD x INT, CHANGE m above ' .
	    ($columns =~ /\bm (INT|VARCHAR.*_ci)/)[0];
	my $set = $code ? "code = CONCAT('c', id), " : '';
	twins($s, "CREATE TABLE t (id INT PRIMARY KEY, $columns, $keys)",
	    (map { "INSERT INTO t SET id = $_" . ($code ?
	    ", code = 'c$_'" : '') } 1 .. 40));
	connect_both("SET timestamp = 1700000000");
	my $p = start_to_step($s, 'before:copy', $alter, 'app', 't', @opts);
	my @sql = map { random_statement($columns, $code) } 1 .. 60;
	splice @sql, 10 * $_, 0, "SET SESSION enable_cascade_triggers = " .
	    $_ % 2 for $has ? (1 .. 5) : ();
	alike("$name", [@sql[0 .. 29]]);
	$p->kill('CONT');
	# The other half while it copies, compares and swaps; the column is
	# called otherwise afterwards.
	for (@sql[30 .. $#sql]) {
		last if /\bm = / && !$p->running;
		my ($app, $ctl) = answers($_);
		next if $app eq $ctl;
		my ($mapped) = s/\bm = /above = /r;
		if ($app =~ /^1054/) {
			$app = eval { $dbh{app}->do($mapped) } //
			    $dbh{app}->err;
			$app .= ';' if $app !~ /;/;
		}
		is($app, $ctl, "$name: $_") if $app ne $ctl;
	}
	finish($p, '... the run', $alter);
}

# --- many at once ------------------------------------------------------------

# Each has families of its own, and deletes them by their roots; no statement
# fails, and no row is left.
{
	my $writers = 3;
	twins($s, $TREE, chains(0), chains(300));
	my @w = map {
		my ($n, $next, $root) = ($_, 0);
		Story::start_writer($s, db => 'app', seed => $seed + $n,
		    session => $has ? ["SET SESSION enable_cascade_triggers " .
		    "= " . $n % 2] : [], transaction => sub {
			my ($dbh, $rnd) = @_;
			if (!$root) {
				my $at = 10000 * $n + 20 * $next++;
				my @id = $at .. $at + $rnd->(12);
				@id = reverse @id if $rnd->(2);
				$dbh->do(chain(@id) =~ s/t V/t (id, m, v) V/r);
				$root = $id[0];
			} else {
				$dbh->do("DELETE FROM t WHERE id = $root");
				undef $root;
			}
		    });
	} 1 .. $writers;
	my $r = migrate($s, 'ADD c INT', 'app', 't', '--chunk-size', 20,
	    '--verify-swap', 'yes');
	my @end = map { $_->stop } @w;
	succeeded($r, 'app', 't', "$writers who delete families: the run");
	is(join(' ', map { @{$_->{errors} // []} } @end), '',
	    '... no statement failed');
	is($s->value("SELECT COUNT(*) FROM app.t a LEFT JOIN app.t b ON b.id " .
	    "= a.m WHERE a.m IS NOT NULL AND b.id IS NULL"), 0,
	    '... and each row has its parent');
}

# --- and back ----------------------------------------------------------------

twins($s, $TWO, @fill);
connect_both();
{
	my $alter = 'ADD c INT, CHANGE m above INT';
	succeeded(migrate($s, $alter, 'app', 't', @opts, '--reversible'),
	    'app', 't', 'to be reverted: the run');
	is(native_twin($s, $alter), '', '... ALTER TABLE does it');
	alike('... the application, then', [@last, "UPDATE t SET w = 8 WHERE " .
	    "id = 30", "INSERT INTO t (id, above, w) VALUES (901, NULL, " .
	    "NULL), (902, 901, NULL), (903, 902, NULL), (904, 903, NULL)",
	    "UPDATE t SET w = 904 WHERE id = 31", "REPLACE INTO t (id) " .
	    "VALUES (901)", "DELETE FROM t WHERE id = 902"], ok => 1);
	my $r = run_livealter($s, 'revert', 'D=app,t=t', '--execute',
	    '--accept-loss');
	is($r->{exit}, 0, '... it is reverted') or diag $r->{err};
	is(native_twin($s, 'DROP c, CHANGE above m INT'), '',
	    '... ALTER TABLE does that');
	same_twins($s, '... and all is what that makes of it');
}

# --- the moment between the RENAME and the key -------------------------------

# What the server has done of the packet when it crashes.
my @DONE = ("RENAME TABLE app.t TO app._t_old, app._t_new TO app.t",
    "ALTER TABLE app._t_old DROP FOREIGN KEY fm, DROP FOREIGN KEY fw",
    "ALTER TABLE app.t ADD CONSTRAINT fm FOREIGN KEY (above) REFERENCES " .
    "app.t (id) ON DELETE CASCADE, ADD CONSTRAINT fw FOREIGN KEY (w) " .
    "REFERENCES app.t (id) ON DELETE SET NULL");
my $KILLED = 'ADD c INT, CHANGE m above INT';

# It has noted what is to come, and waits for the table: there it is killed.
sub killed_before {
	my ($count, @more) = @_;
	twins($s, $TWO, @fill);
	my $p = start_to_step($s, 'before:swap', $KILLED, 'app', 't', @opts,
	    @more);
	my $mark = $s->log_mark;
	my $reader = open_reader($s, 't');
	$p->kill('CONT');
	poll_until(sub { !$p->running ? -1 : $s->value("SELECT cut_over <> " .
	    "'' FROM app._livealter") }, 30, 'what is to come is noted');
	$p->kill('KILL');
	Story::gone($s, $mark, $p);
	$reader->rollback;
	$reader->disconnect;
	$s->sql("SET foreign_key_checks = 0");
	$s->sql($_) for @DONE[0 .. $count - 1];
	$s->sql("SET foreign_key_checks = 1");
}

for ($above ? ([0, 'resume'], [1, 'cleanup'], [1, 'resume'], [2, 'cleanup'],
    [3, 'resume']) : ()) {
	my ($count, $verb) = @$_;
	killed_before($count);
	my $name = "killed when $count statements were done";
	my $status = run_livealter($s, 'status', 'D=app');
	like($status->{out}, qr/app.*swapping/s, "$name: status says so");
	like(run_livealter($s, 'cleanup', 'D=app,t=t', '--dry-run')->{out},
	    qr/ADD CONSTRAINT `fm`/, '... cleanup shows the key')
	    if $count == 1 || $count == 2;
	my $r = poll_until(sub { my $r = run_livealter($s, $verb, 'D=app,t=t');
	    $r->{exit} != 31 && $r }, 30, 'its connections end');
	is($r->{exit}, $count > 0 ? 41 : 0, "... $verb") or diag $r->{err};
	# The old table is kept where the swap is not proven.
	$s->sql("DROP TABLE IF EXISTS app._t_old");
	is(native_twin($s, $KILLED), '', '... ALTER TABLE does it');
	same_twins($s, '... and all is what that makes of it');
}

# --- what is refused, and what is not ----------------------------------------

# Rows of t go with those of p, too: by that no trigger fires.
my @WITH_PARENT = ("CREATE TABLE p (id INT PRIMARY KEY)",
    "INSERT INTO p VALUES (1), (2), (3)",
    "CREATE TABLE t (id INT PRIMARY KEY, m INT, v INT, p INT, " .
    "FOREIGN KEY (m) REFERENCES t (id) ON DELETE CASCADE, " .
    "FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
    "INSERT INTO t VALUES (1, NULL, 1, 1), (2, 1, 1, NULL), " .
    "(3, NULL, 1, 2), (4, 3, 1, 1), (5, NULL, 1, 3), (6, 5, 1, 3)");

{
	twins($s, @WITH_PARENT);
	connect_both();
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't', @opts);
	alike('rows that go with a parent', ["UPDATE p SET id = 12 WHERE id " .
	    "= 2", "DELETE FROM p WHERE id = 1", "DELETE FROM t WHERE id = 5"],
	    ok => 1);
	finish($p, '... the run', 'ADD c INT');
}

for ($above ? (['down three generations', "(7, 2, 1, NULL)"],
    ['two families with one parent', "(8, NULL, 1, 1), (9, 8, 1, NULL)"]) :
    ()) {
	my ($name, $rows) = @$_;
	twins($s, @WITH_PARENT, "INSERT INTO t VALUES $rows");
	my $dump = twin_dump($s, 'app');
	my $r = migrate($s, 'ADD c INT', 'app', 't');
	is($r->{exit}, 17, "... $name: refused");
	like($r->{err}, qr/6575/, '... says why');
	untouched($s, $dump);
}

if ($has) {
	twins($s, @WITH_PARENT);
	my $dump = twin_dump($s, 'app');
	$s->sql("SET GLOBAL enable_cascade_triggers = ON");
	my $r = migrate($s, 'ADD c INT', 'app', 't');
	$s->sql("SET GLOBAL enable_cascade_triggers = OFF");
	is($r->{exit}, 17, '... while triggers fire on cascades: refused');
	like($r->{err}, qr/enable_cascade_triggers/, '... says why');
	untouched($s, $dump);
}

# A parent's key changes, and with it the rows'.
for my $fires (@firing) {
	twins($s, @WITH_PARENT[0, 1], "CREATE TABLE t (id INT PRIMARY KEY, " .
	    "m INT, v INT, p INT, FOREIGN KEY (m) REFERENCES t (id) ON " .
	    "DELETE CASCADE, FOREIGN KEY (p) REFERENCES p (id) ON DELETE " .
	    "SET NULL ON UPDATE CASCADE)", $WITH_PARENT[3]);
	connect_both($has ? "SET SESSION enable_cascade_triggers = $fires" :
	    ());
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't', @opts);
	alike('a parent changes its key' . ($fires ? ', triggers fire' : ''),
	    ["UPDATE p SET id = 12 WHERE id = 2", "DELETE FROM p WHERE id = 1",
	    "DELETE FROM t WHERE id = 5"], ok => 1);
	finish($p, '... the run', 'ADD c INT');
}

done_testing;
