# The known ways in which changing a live table loses data, continued: while
# the application writes.
#
#  1 a new UNIQUE key drops rows that come meanwhile
#  2 the triggers lose rows, too
#  3 ... and so does a collation that makes values equal
#  6 a gap between the triggers gives stale rows
#  7 triggers vanish and nobody notices
#  8 the swap loses the original
# 13 a copy that broke off is taken for complete
# 14 the swap loses the last writes
# and what the comparison must find.
#
# long: a random writer for each hazard
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time);

my $seed = $ENV{SEED} // 42;
note "SEED=$seed";
my $s = Server->start;

sub table {
	my ($extra, @sql) = @_;
	return ("CREATE TABLE %s (id INT PRIMARY KEY, u INT, v VARCHAR(40) " .
	    "COLLATE utf8mb4_bin, w INT$extra) CHARSET utf8mb4", "INSERT " .
	    "INTO %s SELECT i, i, CONCAT('v', i), i * 2 FROM (" .
	    numbers(1, 200) . ") n", @sql);
}

# Rows up to 160 are copied when the statements run, and the others are not.
sub stopped {
	my ($name, $exit, $why, $alter, $given, @app) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = held($s, $name, $alter, given => $given, app => \@app,
	    one => $name =~ /at once/ ? 1 : 0,
	    opts => ['--no-check-unique-key-change']);
	ends($r, $exit, $why, '... the run');
	lost_nothing($s);
}

# --- 1, 2, 3: duplicates that come meanwhile -------------------------------

my $uu = 'ADD UNIQUE KEY uu (u)';
for my $c (
    ['inserted, of a copied row', 36, qr/\b1000\b/,
	"INSERT INTO %s VALUES (1000, 5, 'x', 0)"],
    ['inserted, of a row not yet copied', [35, 36], qr/./,
	"INSERT INTO %s VALUES (-1, 190, 'x', 0)"],
    ['inserted among others', 36, qr/\b1001\b/, "INSERT INTO %s " .
	"VALUES (1000, 1000, 'x', 0), (1001, 5, 'x', 0), (1002, -1, 'x', 0)"],
    ['updated, both copied', 36, qr/\b5\b/,
	"UPDATE %s SET u = 6 WHERE id = 5"],
    ['updated, the other not yet copied', [35, 36], qr/./,
	"UPDATE %s SET u = 190 WHERE id = 5"],
    ['updated, not yet copied itself', [35, 36], qr/./,
	"UPDATE %s SET u = 5 WHERE id = 190"],
    ['updated, neither yet copied', [35, 36], qr/./,
	"UPDATE %s SET u = 191 WHERE id = 190"],
    ['made by REPLACE', 36, qr/\b5\b/,
	"REPLACE INTO %s VALUES (5, 6, 'x', 0)"],
    ['made by ON DUPLICATE KEY UPDATE', 36, qr/\b5\b/, "INSERT INTO " .
	"%s VALUES (5, 0, 'x', 0) ON DUPLICATE KEY UPDATE u = 6"],
    ['made by a row that moves', 36, qr/-7\b/,
	"UPDATE %s SET id = -7, u = 6 WHERE id = 5"],
    ['made of all rows at once', [35, 36], qr/./,
	"UPDATE %s SET u = 1"],
) {
	my ($name, $exit, $why, @app) = @$c;
	$why = qr/$why.*(uniq|duplicate)/is;
	stopped("D-I 1: a duplicate $name", $exit, $why, $uu, [table('')],
	    @app);
}
goes_on($s, 'D-I 1: a duplicate that is rolled back is none', $uu,
    given => [table('')], app => ["START TRANSACTION",
    "UPDATE %s SET u = 5 WHERE id IN (6, 190)", "ROLLBACK"]);
goes_on($s, 'D-I 1: many NULLs are no duplicates', $uu, given => [table('')],
    app => ["UPDATE %s SET u = NULL WHERE id IN (5, 6, 190, 191)",
    "INSERT INTO %s (id) VALUES (-1), (1000)"]);
my $ci = 'MODIFY v VARCHAR(40) COLLATE utf8mb4_general_ci';
stopped("D-I 3: a value that only the new collation makes equal, $_->[0]",
    [35, 36], qr/vv|uniq/i, $ci, [table(', UNIQUE KEY vv (v)')],
    $_->[1]) for
    ['inserted', "INSERT INTO %s VALUES (1000, 0, 'V5', 0)"],
    ['inserted before its like is copied',
	"INSERT INTO %s VALUES (-1, 0, 'V190', 0)"],
    ['updated', "UPDATE %s SET v = 'V6' WHERE id = 190"];

my @hands = ("UPDATE %s SET u = -1 WHERE id = 5",
    "UPDATE %s SET u = 5 WHERE id = 190", "UPDATE %s SET u = 190 WHERE id = 5",
    "UPDATE %s SET u = -2 WHERE id = 6", "UPDATE %s SET u = 6 WHERE id = 7",
    "UPDATE %s SET u = 7 WHERE id = 6", "DELETE FROM %s WHERE id = 8",
    "INSERT INTO %s VALUES (1000, 8, 'x', 0)",
    "REPLACE INTO %s VALUES (9, 191, 'r', 1)",
    "REPLACE INTO %s VALUES (192, 10, 'r', 1)",
    "INSERT INTO %s VALUES (1001, 11, 'd', 0) ON DUPLICATE KEY UPDATE " .
    "id = -11, v = 'moved'", "INSERT IGNORE INTO %s VALUES (1002, 12, " .
    "'ignored', 0), (1003, 1003, 'new', 0)",
    "UPDATE %s SET u = u + 1 ORDER BY u DESC", "UPDATE %s SET u = -u");
goes_on($s, 'D-I 2: values of a unique key change hands: no row is lost',
    $_, given => [table(', UNIQUE KEY uu (u)')], app => \@hands, one => 1)
    for 'ADD x INT', 'ADD x INT, DROP KEY uu, ADD UNIQUE KEY u2 (u, w)';
{
	given($s, table(', UNIQUE KEY uu (u)'));
	my $w = start_writer($s, db => 'app', tables => [tables()],
	    seed => $seed, key => ['id', 'u'], keys => sub { my ($r) = @_;
	    ($r->(220), $r->(220)) }, column => 'v', values =>
	    sub { "'w" . $_[0]->(1000) . "'" }, pause => 0);
	my $r = migrate($s, 'ADD x INT', 'app', 't', '--chunk-size', 8,
	    '--sleep', 0.02);
	my $rep = $w->stop;
	is(join("\n", @{$rep->{errors}}), '', 'D-I 2: a unique key in ' .
	    "motion: no error in $rep->{transactions} transactions");
	succeeded($r, 'app', 't', '... the run');
	$s->sql("ALTER TABLE app.control ADD x INT");
	like_native($s, '...');
}

# --- 6: the gap between the triggers ---------------------------------------

{
	given($s, table(''));
	# Inserted, soon updated, and never touched again.
	my ($n, $fresh) = (1000, 0);
	my $w = start_writer($s, db => 'app', tables => [tables()],
	    seed => $seed, pause => 0, ops => sub { $fresh = !$fresh;
	    $fresh ? "INSERT INTO %s (id, v) VALUES (" . ++$n . ", 'new')"
	    : "UPDATE %s SET v = 'updated', w = 1 WHERE id = $n" });
	my $mark = $s->log_mark;
	for my $alter ('ADD x INT', 'DROP x', 'ADD y INT', 'DROP y') {
		my $r = migrate($s, $alter, 'app', 't', '--verify=none');
		succeeded($r, 'app', 't', 'D-I 6: a row that is inserted ' .
		    "and updated while triggers are made ($alter)");
	}
	my $rep = $w->stop;
	is(join("\n", @{$rep->{errors}}), '', '... no error in ' .
	    "$rep->{transactions} transactions");
	same_bytes($s, 'app', 't', 'control', '... is as it was updated');
	my $order = join ' ', map { $_->{text} =~ /^INSERT LOW/ ? 'copy' :
	    $_->{text} =~ /TRIGGER \S+ AFTER (\w+) ON \S*`t`/ ? $1 : () }
	    $s->log_entries($mark);
	like($order, qr/\A(DELETE UPDATE INSERT( copy)+ ?){4}\z/, '... the ' .
	    'triggers came in the order that leaves no gap, before the copy');
}

# --- 7: triggers that vanish -----------------------------------------------

sub trigger_of {
	my ($event) = @_;
	return $s->value("SELECT trigger_name FROM " .
	    "information_schema.triggers WHERE trigger_schema = 'app' AND " .
	    "event_manipulation = ?", $event);
}

my %write = (INSERT => "INSERT INTO %s VALUES (-9, -9, 'gap', 0)",
    UPDATE => "UPDATE %s SET v = 'gap' WHERE id = 2",
    DELETE => "DELETE FROM %s WHERE id = 1");
for my $event (sort keys %write) {
	for my $how ('dropped', 'given another body', 'made again') {
		given($s, table(''));
		my $r = between($s, 'ADD x INT', sub { my ($dbh) = @_;
		    my $t = trigger_of($event);
		    my $made = $s->row("SHOW CREATE TRIGGER app.$t")
		        ->{'SQL Original Statement'};
		    $s->sql("DROP TRIGGER app.$t");
		    app_does($dbh, "D-I 7: the $event trigger is $how",
		        $write{$event});
		    return if $how eq 'dropped';
		    $dbh->do($how eq 'made again' ? $made : "CREATE TRIGGER " .
		        "$t AFTER $event ON t FOR EACH ROW SET \@x = 1");
		# What the copy brings is not lost by one that is there again.
		}, at => $how eq 'made again' ? 'after:copy' : 'before:copy');
		ends($r, $how eq 'made again' ? [12, 30] : 12, $how eq
		    'made again' ? [] : qr/trigger.*livealter_t_/i, '... run');
		lost_nothing($s);
	}
}
for my $c (
    ['dropped', "DROP TABLE app._t_new", qr/_t_new/],
    ['renamed', "RENAME TABLE app._t_new TO app.away", qr/_t_new/],
    ['emptied', "TRUNCATE TABLE app._t_new", qr/differ|_t_new/],
    ['altered', "ALTER TABLE app._t_new DROP w", qr/_t_new|\bw\b/],
    ['robbed of its notes', "DROP TABLE app._t_notes", qr/_t_notes/],
) {
	my ($how, $sql, $why) = @$c;
	given($s, table(''));
	my $r = between($s, 'ADD x INT', sub { my ($dbh) = @_;
	    $s->sql($sql);
	    app_does($dbh, "D-I 7: the new table is $how", values %write);
	});
	ends($r, [11 .. 39], $why, '... the run');
	$s->sql("DROP TABLE IF EXISTS app.away");
	lost_nothing($s);
}
{
	given($s, table(''));
	my $r = between($s, 'ADD x INT', sub {
	    app_does($_[0], 'D-I 7: TRUNCATE, which fires no trigger',
	        "TRUNCATE TABLE %s", "INSERT INTO %s VALUES (7, 7, 'x', 7)") });
	ends($r, [17, 30, 36], [], '... the run');
	lost_nothing($s);
}
{
	given($s, table(''));
	my ($p, $t) = (start_migration($s, 'ADD x INT', 'app', 't',
	    '--chunk-size', 1, '--threads', 1, '--sleep', 0.1), time);
	poll_until(sub { shadow_rows($s) > 3 }, 20, 'the copy begins');
	$s->sql("DROP TRIGGER app." . trigger_of('UPDATE'));
	my $r = $p->wait(60);
	ends($r, 12, qr/livealter_t_upd/, 'D-I 7: a trigger is dropped early');
	cmp_ok(time - $t, '<', 12, '... it is noticed before the copy ends');
	nothing_left($s, 'app');
}
{
	# MDEV-26048: it has been prepared with triggers that are gone.
	given($s, table(''), "CREATE TABLE stop (i INT)", "CREATE PROCEDURE " .
	    "busy() BEGIN DECLARE i INT DEFAULT 0; WHILE i < 1000000 AND " .
	    "NOT EXISTS (SELECT 1 FROM stop) DO SET i = i + 1; " .
	    join(' ', map { my $t = $_; "INSERT INTO $t VALUES (10000 + i, " .
	    "-i, 'p', 0); UPDATE $t SET v = CONCAT('p', i) WHERE id = i % " .
	    "200 + 1; DELETE FROM $t WHERE id = 10000 + i - 5;" } tables()) .
	    " END WHILE; SELECT i; END");
	my $pid = fork // die;
	if (!$pid) {
		my $dbh = $s->dbh(database => 'app');
		my $ok = eval { $dbh->do("CALL busy()"); 1 };
		spew($s->dir . '/busy', $ok ? 'no error' : $@);
		POSIX::_exit(0);
	}
	poll_until(sub { $s->value("SELECT MAX(id) FROM app.t") > 10000 }, 20,
	    'the procedure runs');
	for my $alter ('ENGINE=InnoDB', 'MODIFY w BIGINT') {
		my $r = migrate($s, $alter, 'app', 't', '--chunk-size', 50);
		succeeded($r, 'app', 't', "D-I 7: a stored procedure that " .
		    "runs across all of it ($alter)");
	}
	$s->sql("INSERT INTO app.stop VALUES (1)");
	waitpid $pid, 0;
	like(slurp($s->dir . '/busy'), qr/^no error/,
	    '... has no error of ours');
}

# The copy waits for a row, and must hold none that the application wants.
goes_on($s, "The application is never the victim: $_->[0]", 'ADD x INT',
    given => [table('')], one => 1, app => $_->[1]) for
    ['the row before', ["UPDATE %s SET v = 'b' WHERE id = 160"]],
    ['all rows', ["UPDATE %s SET v = CONCAT(v, 'x')"]];

# --- 8, 14: the swap -------------------------------------------------------

{
	given($s, table(''));
	my $w = start_writer($s, db => 'app', tables => [tables()],
	    seed => $seed, key => ['id'], keys => sub { $_[0]->(400) },
	    column => 'v', values => sub { "'w" . $_[0]->(1000) . "'" },
	    pause => 0);
	my $mark = $s->log_mark;
	for my $alter ('ADD x INT', 'DROP x', 'ADD y INT', 'DROP y') {
		my $r = migrate($s, $alter, 'app', 't');
		succeeded($r, 'app', 't', "D-I 14: writes at the swap " .
		    "($alter)");
	}
	my $rep = $w->stop;
	is(join("\n", @{$rep->{errors}}), '', '... all succeed, ' .
	    "$rep->{transactions} transactions");
	same_bytes($s, 'app', 't', 'control', '... and none is lost');
	my $order = join ' ', map { my $x = $_->{text}; $x =~ /\bRENAME\ TABLE
	    \ .*`t`\ TO\ .*`_t_old`,.*`(?:_t_new|_t_livealter)`\ TO\ \S*`t`/x
	    ? 'swap' :
	    $x !~ /_t_notes|_livealter/ &&
	    $x =~ /^(RENAME|DROP) TABLE/ ? 'drop' : () } $s->log_entries($mark);
	# Both are tried again when the table is in use just then.
	like($order, qr/\A(?:(?:swap )+(?:drop ?)+){4}\z/, 'D-I 8: each ' .
	    'swap is one RENAME, and only then is a table dropped');
}
{
	given($s, table(''));
	my $r = between($s, 'ADD x INT', sub {
	    $_[0]->do("CREATE TABLE _t_old (i INT)");
	    app_does($_[0], 'D-I 8: the swap cannot be done', values %write) });
	ends($r, 14, qr/_t_old/, '... the run');
	$s->sql("DROP TABLE app._t_old");
	lost_nothing($s);
	$r = as_native($s, 'D-I 8: dropping first is not done', 'ADD x INT',
	    '--alter-foreign-keys-method', 'drop_swap');
	like($r->{err}, qr/drop_swap is taken as auto/, '... and it says so');
}

# --- 13: a copy that broke off ---------------------------------------------

sub copier {
	my ($mark) = @_;
	my ($e) = grep { $_->{text} =~ /^INSERT LOW/ } $s->log_entries($mark);
	return $e->{id};
}

for my $how ('CONNECTION', 'QUERY') {
	given($s, table(''));
	my $mark = $s->log_mark;
	my $r = while_copying($s, 'ADD x INT', sub { my ($dbh, $p) = @_;
	    my $id = copier($mark);
	    for (1 .. ($how eq 'QUERY' ? 200 : 1)) {
		    eval { $dbh->do("KILL $how $id") };
	    } });
	my $ok = $r->{exit} != 0 ? 1 : succeeded($r, 'app', 't',
	    "D-I 13: KILL $how while it copies");
	$s->sql("ALTER TABLE app.control ADD x INT") if $r->{exit} == 0;
	like_native($s, '... no half of a table');
}
{
	# The copy meets a lock that stays.
	my $r = held($s, 'D-I 13: a lock that stays', 'ADD x INT',
	    given => [table('')], opts => ['--tries', 'copy_rows:2:0.05'],
	    app => sub { $_[1]->wait_for(qr/error: /, 30) });
	ends($r, [19 .. 39], qr/lock/i, 'D-I 13: a lock that stays');
	lost_nothing($s);
}
{
	given($s, table(''));
	my $mark = $s->log_mark;
	my $p = start_migration($s, 'ADD x INT', 'app', 't', '--chunk-size',
	    20, '--sleep', 0.1);
	poll_until(sub { shadow_rows($s) }, 20, 'the copy begins');
	$p->kill('KILL');
	gone($s, $mark, $p);
	my $r = migrate($s, 'ADD x INT', 'app', 't');
	ends($r, [17, 31], qr/livealter_t_/, 'D-I 13: the run after kill -9');
	is($s->value("SELECT COUNT(*) FROM app.t"), 200, '... takes no half ' .
	    'of a table for the whole');
	$r = run_livealter($s, '--alter', 'ADD x INT', 'D=app,t=t',
	    '--execute', '--resume', '1');
	ends($r, 17, qr/has the ID/, 'D-I 13: --resume of another one');
}

# --- what the comparison must find -----------------------------------------

for my $c (
    ['one is not copied', "DELETE FROM _t_new WHERE id = 4", 4],
    ['the last is not', "DELETE FROM _t_new WHERE id = 200", 200],
    ['one is too many', "INSERT INTO _t_new (id) VALUES (-17)", -17],
    ['one is too many at the end', "INSERT INTO _t_new (id) VALUES (999)",
	999],
    ['one has another number', "UPDATE _t_new SET u = u + 1 WHERE id = 5", 5],
    ['letters in another case', "UPDATE _t_new SET v = 'V6' WHERE id = 6", 6],
    ['a blank more', "UPDATE _t_new SET v = 'v7 ' WHERE id = 7", 7],
    ['NULL for empty', "UPDATE _t_new SET v = NULL WHERE id = 8", 8,
	"UPDATE %s SET v = '' WHERE id = 8"],
    ['0 for NULL', "UPDATE _t_new SET u = 0 WHERE id = 9", 9,
	"UPDATE %s SET u = NULL WHERE id = 9"],
    ['two rows for each other', "UPDATE _t_new SET u = 10 * 11 / u WHERE " .
	"id IN (10, 11)", '1[01]'],
    ['two columns for each other', "UPDATE _t_new SET u = w, w = u / 2 " .
	"WHERE id = 12", 12],
    ['a key', "UPDATE _t_new SET id = -13 WHERE id = 13", '-?13'],
    ['a trigger that was switched off', undef, 2],
) {
	my ($name, $sql, $id, @more) = @$c;
	given($s, table('', @more));
	my $r = between($s, 'ADD x INT', sub { my ($dbh) = @_;
	    return $dbh->do($sql) if defined $sql;
	    my $t = trigger_of('UPDATE');
	    my $made = $s->row("SHOW CREATE TRIGGER app.$t")
		->{'SQL Original Statement'};
	    $s->sql("DROP TRIGGER app.$t");
	    both(sub { $dbh->do($_[0]) }, $write{UPDATE});
	    $dbh->do($made) });
	ends($r, $sql ? 30 : [12, 30], qr/row (?:id\W+)?$id\b|trigger/,
	    "The comparison finds: $name");
	lost_nothing($s);
}

# Where one connection copies and the other compares what was copied, and nobody
# writes to any table, they are not compared once more; what is wrong is found
# all the same.
my @numbered = map { s/id INT/id INT AUTO_INCREMENT/r } table('');
for my $c (
    ['nobody writes', 0],
    ['somebody writes', 0, 'UPDATE t SET w = 7 WHERE id = 5', 'twice'],
    ['somebody has written, then not', 0, 'UPDATE t SET w = 7 WHERE id = 199',
	'twice'],
    ['somebody writes to another table', 0, 'CREATE TABLE other SELECT 1 x',
	'twice'],
    ['a row of the new table is gone', 30, 'DELETE FROM _t_new WHERE id = 5',
	'twice'],
    ['a row of the new table is another', 30,
	'UPDATE _t_new SET w = 0 WHERE id = 5', 'twice'],
    ['a row of the new table is too many', 30,
	'INSERT INTO _t_new (id, u) VALUES (-7, 1)', 'twice'],
) {
	my ($name, $exit, $sql, $twice) = @$c;
	given($s, @numbered);
	my $mark = $s->log_mark;
	my $r = while_copying($s, 'ADD x INT', sub { my ($dbh) = @_;
	    both(sub { $dbh->do($_[0]) }, $sql =~ s/\bt\b/%s/r)
		if $sql && $sql !~ /_t_new|other/;
	    $dbh->do($sql) if $sql && $sql =~ /_t_new|other/;
	}, opts => ['--threads', 2, '--verify-swap', 'no']);
	is($r->{exit}, $exit, "A table that is copied by one, and $name")
	    or diag $r->{err};
	like($r->{err}, qr/row (?:id\W+)?-?[57]\b/, '... says so') if $exit;
	next if $s->is_mysql;
	my @sums = grep { /^SELECT COUNT\(\*\), BIT_XOR/ }
	    map { $_->{text} } $s->log_entries($mark);
	# The first chunk begins at no row.
	my $n = grep { /FROM `app`\.`t` / && !/>/ } @sums;
	is($n, $twice ? 2 : 1, '... how often the old table is read');
	$s->sql("DROP TABLE IF EXISTS app.other");
}
{
	given($s, @numbered);
	my $r = between($s, 'ADD x INT', sub { $_[0]->do("UPDATE _t_new " .
	    "SET w = 0 WHERE id = 5") }, opts => [qw(--threads 2)]);
	is($r->{exit}, 30, 'A table that is copied by one, and a row of the ' .
	    'new one is another when all are copied') or diag $r->{err};
}

done_testing;
