# --where: which conditions there can be, what they mean, and what becomes of
# the rows that do not match.
#
# long: a run for each of many conditions
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @KEEP = ('--no-swap-tables', '--no-drop-new-table');
my $ALTER = 'ADD c INT NOT NULL DEFAULT 3, RENAME COLUMN v TO w, ' .
    'DROP COLUMN gone';

# Not the zone of anybody's session.
$s->sql("SET GLOBAL time_zone = '+03:00'");
$s->sql("SET SESSION time_zone = '+03:00'");

sub set_up {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.t (id INT NOT NULL AUTO_INCREMENT PRIMARY " .
	    "KEY, v INT, gone INT, day DATE, created DATETIME, ts TIMESTAMP " .
	    "NULL, s VARCHAR(40) CHARACTER SET utf8mb4, `we``ird` INT, " .
	    "`limit` INT, epoch INT)");
	$s->sql("INSERT INTO app.t (id, v, gone, day, created, ts, s, " .
	    "`we``ird`, `limit`, epoch) SELECT n, IF(n % 7 = 0, NULL, n), " .
	    "n % 3, CURDATE() - INTERVAL n DAY, NOW() - INTERVAL n HOUR, " .
	    "NOW() - INTERVAL n HOUR, " .
	    "CONCAT(IF(n % 2, 'a''b', 'x\\\\y'), n), " .
	    "n % 5, n % 4, UNIX_TIMESTAMP(NOW()) - n * 3600 FROM " .
	    "(SELECT a.d * 10 + b.d + 1 AS n FROM " .
	    join(', ', map { '(SELECT 0 d' . join('', map {
	    " UNION ALL SELECT $_" } 1 .. 9) . ") $_" } qw(a b)) . ") x");
}

sub ids {
	my ($table, $where) = @_;
	return join ' ', map { $_->[0] } $s->rows("SELECT id FROM app.$table " .
	    ($where ? "WHERE ($where\n) " : '') . "ORDER BY id");
}

sub run_where {
	my ($where, @opts) = @_;
	return migrate($s, $ALTER, 'app', 't', '--where', $where, @opts);
}

# --- as pt-online-schema-change has it ---------------------------------------

set_up();
for (['alone', []], ['with --no-swap-tables', ['--no-swap-tables']],
    ['with --no-drop-new-table', ['--no-drop-new-table']],
    ['with --no-drop-old-table', ['--no-drop-old-table']]) {
	my $r = run_where('v > 3', @{$_->[1]});
	is($r->{exit}, 1, "$_->[0]: refused");
	like($r->{err}, qr/--where: needs --no-swap-tables and --no-drop-new/,
	    '... it says what is needed');
}
for ('--reversible', '--reverse-triggers') {
	my $r = run_where('v > 3', '--force', '--no-drop-old-table', $_);
	is($r->{exit}, 1, "$_: refused");
	like($r->{err}, qr/--where: not together with --reversible/,
	    '... in words');
}
$s->sql("CREATE TABLE app.child (id INT PRIMARY KEY, t INT, " .
    "FOREIGN KEY (t) REFERENCES t (id))");
{
	my $r = run_where('v > 3', @KEEP);
	is($r->{exit}, 17, 'a child: refused');
	like($r->{err}, qr/--where: `app`.`child` references the table/,
	    '... by its name');
	$s->sql("INSERT INTO app.child VALUES (1, 5), (2, 50)");
	$r = run_where('id > 30', '--force');
	succeeded($r, 'app', 't', 'with --force it');
	like($r->{err}, qr/warning: --where: .*dropped with the old one/,
	    '... and says what becomes of its rows');
	like($r->{err}, qr/rows of `app`.`child` that reference them are left/,
	    '... and of the child');
	is(ids('t'), join(' ', 31 .. 100), '... the rows are the ones');
}

# --- conditions --------------------------------------------------------------

# Each means what it means to a client of this server.
my @good = ("v > 10 AND v <= 60", "`v` IN (1, 2, 3) or t.v=5 or app.t.v = 9",
    "v IS NULL", "NOT (v > 50)", "v > 50 -- the larger ones",
    "v > 50 # ) OR (1", "v /* a comment ) */ < 9", "gone = 1",
    "s LIKE 'a\\'b1%' OR s = \"x\\\\y2\"", "s = 'a''b3' AND '(' <> ')'",
    "`we``ird` = 2", "`limit` = 1", "day < '2030-01-01' AND day IS NOT NULL",
    "CASE WHEN v < 5 THEN 1 WHEN v > 95 THEN 1 ELSE 0 END",
    "v BETWEEN 1e1 AND 0x14", "v = 1.5 * 2", "(v, gone) IN ((1, 1), (2, 2))",
    "CAST(v AS CHAR) LIKE '%7'", "s REGEXP '7\$'", "id MOD 2 = 1 XOR v DIV 9 " .
    "= 2", "CONCAT(s, _utf8mb4'!') LIKE '%1!'", "TRIM(BOTH 'a' FROM s) > 'b'",
    "s COLLATE utf8mb4_bin > 'X'", "EXTRACT(DAY FROM day) = 3",
    "TIMESTAMPDIFF(DAY, day, '2026-01-01') % 2 = 1", "'1'", "FALSE");
# Of the day: by the clock of the server, and not by that of our sessions.
my @clock = ("created > NOW() - INTERVAL 30 HOUR",
    "ts > NOW() - INTERVAL 30 HOUR", "ts > CURRENT_TIMESTAMP - INTERVAL 1 DAY",
    "ts BETWEEN DATE_SUB(NOW(6), INTERVAL 2 DAY) AND LOCALTIMESTAMP()",
    "ts >= curdate()", "day > CURRENT_DATE - INTERVAL 12 DAY",
    "HOUR(ts) = 14", "DATE(ts) = CURDATE()",
    "ts < UTC_TIMESTAMP() AND created < UTC_DATE()",
    "UNIX_TIMESTAMP(ts) > UNIX_TIMESTAMP() - 40 * 3600",
    "UNIX_TIMESTAMP(created) > UNIX_TIMESTAMP(NOW() - INTERVAL 40 HOUR)",
    "epoch > UNIX_TIMESTAMP() - 40 * 3600",
    "FROM_UNIXTIME(epoch) > NOW() - INTERVAL 40 HOUR",
    "FROM_UNIXTIME(epoch, '%H') = '14'", "HOUR(FROM_UNIXTIME(epoch)) = 14");
set_up();
# A row is some minutes from any limit.
$s->sql("UPDATE app.t SET created = created - INTERVAL 9 MINUTE, " .
    "ts = ts - INTERVAL 9 MINUTE, epoch = epoch - 540");
for my $where (@good, @clock) {
	my $want = ids('t', $where);
	my $r = run_where($where, @KEEP, '--chunk-size', 30);
	is($r->{exit}, 0, "$where") or diag $r->{err};
	is(ids('_t_new'), $want, '... the rows are those that match');
	$s->sql("DROP TABLE IF EXISTS app._t_new");
}
is(ids('t'), join(' ', 1 .. 100), 'the old table has all of them');

# What would end the condition, or is not the same each time.
my @bad = ("v > 5) OR (1", "1) -- ", "1)", "(1", "v > 5)#", "v > 5)/*",
    "v > 5) LIMIT 1 -- ", "v > 5 LIMIT 3", "v > 5 ORDER BY v",
    "v > 5 GROUP BY v", "1 UNION SELECT 1", "v > 5; DROP TABLE app.t",
    "v > 5) FOR UPDATE -- ", "v > 5 INTO \@x", "\@x := 5", "\@\@port > 1",
    "v = ?", "RAND() < 0.5", "rand ( ) < 0.5", "UUID() > 'a'",
    "SYSDATE() > created", "SLEEP(1)", "GET_LOCK('x', 1)",
    "BENCHMARK(9, 1)", "CONNECTION_ID() > 1", "CURRENT_USER = 'x'",
    "USER() = 'x'", "DATABASE() = 'app'", "LAST_INSERT_ID() = 1",
    "app.f(v)", "f(v) = 1", "`f`(v) = 1", "COUNT(*) > 1", "MAX(v) = v",
    "v = (SELECT MAX(v) FROM app.t)", "v IN (SELECT v FROM app._t_new)",
    "EXISTS (SELECT 1 FROM app.t)", "ROW_NUMBER() OVER () < 5",
    "nosuch = 1", "w = 1", "x.v = 1", "app.x.v = 1", "`no``such` > 1",
    "c = 3", "v >", "v > 5 AND", "v v", "", " ", "-- nothing", "/* nothing */",
    "'open", "`open", "v > 5 /* open", "v > 5 /*!110000 OR 1 */", "v, 1",
    "(1, 2)", "MATCH (s) AGAINST ('x')", "LOAD_FILE('/etc/passwd') = 1",
    "created > '2026-01-01 00:00:00+02:00'", "NOW(v) > created",
    "NOW(7) > created", "VALUES(v) > 1", "DEFAULT(v) > 1", "{d '2026-01-01'}",
    "v \\ 1", "v > 5 PROCEDURE ANALYSE()", "AGAINST", "v = NEW.v",
    "created > NOW", "UNIX_TIMESTAMP > 1", "(" x 70 . "1" . ")" x 70);
set_up();
$s->sql("CREATE FUNCTION app.f(x INT) RETURNS INT DETERMINISTIC RETURN x");
my $dump = $s->dump('app');
my $mark = $s->log_mark;
for my $where (@bad) {
	my $r = run_where($where, @KEEP);
	is($r->{exit}, 17, "refused: $where") or diag $r->{err};
	like($r->{err}, qr/error: [^\n]*--where: \S/, '... as --where');
}
unlike($s->log_text($mark), qr/Query\tCREATE TABLE/,
    'none of them makes a table');
same_dump($s->dump('app'), $dump, '... or anything else');
for my $where ("nosuch = 1", "v > 5) OR (1", "RAND() < 1") {
	my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=t', '--dry-run',
	    @KEEP, '--where', $where);
	is($r->{exit}, 17, "the dry run refuses it: $where");
}

# Modes in which the server means something else.
for (['PIPES_AS_CONCAT', "s || 'a' = 'b'"], ['HIGH_NOT_PRECEDENCE',
    "NOT v BETWEEN 1 AND 2"], ['NO_UNSIGNED_SUBTRACTION', 'id - 1 > 2']) {
	my ($mode, $where) = @$_;
	$s->sql("SET GLOBAL sql_mode = '$mode'");
	my $r = run_where($where, @KEEP);
	is($r->{exit}, 17, "$mode: refused");
	like($r->{err}, qr/--where: the server's sql_mode has $mode/,
	    '... by its name');
}
$s->sql("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
{
	my $r = run_where('"v" = 5 OR s = \'x\y6\'', @KEEP);
	is($r->{exit}, 0, 'ANSI_QUOTES, NO_BACKSLASH_ESCAPES') or
	    diag $r->{err};
	is(ids('_t_new'), '5 6', '... a name is a name, a backslash is one');
}
$s->sql("SET GLOBAL sql_mode = DEFAULT");

# --- what is said, and what becomes of the others ----------------------------

set_up();
{
	my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=t', '--dry-run',
	    '--force', '--where', 'created > NOW() - INTERVAL 1 DAY');
	is($r->{exit}, 0, 'the dry run');
	like($r->{out}, qr/^rows: only those that match \(`created` > /m,
	    '... shows the condition');
	like($r->{out}, qr/^rows: .* > TIMESTAMP'2\d{3}-[-\d]+ [:\d]+' - I/m,
	    '... with the moment');
	like($r->{out}, qr/rows that do not match .*dropped with the old/,
	    '... and what becomes of the others');
	like($r->{out}, qr/INSERT [^\n]* WHERE \(`created` > TIMESTAMP/,
	    '... as it is sent');
}
{
	my $r = run_where('id <= 40', '--force', '--no-drop-old-table');
	succeeded($r, 'app', 't', 'with --no-drop-old-table it');
	like($r->{err}, qr/they are in `app`.`_t_old` only, which is kept/,
	    '... says where they are');
	like($r->{err}, qr/proved 40 rows/, '... and proves the swap');
	is(ids('t'), join(' ', 1 .. 40), '... the new table');
	is(ids('_t_old'), join(' ', 1 .. 100), '... and the old one');
	$s->sql("INSERT INTO app.t (w) VALUES (1)");
	cmp_ok($s->value("SELECT MAX(id) FROM app.t"), '>', 100,
	    '... numbers go on where they were');
}

# What the ALTER adds is judged by the rows that are copied.
set_up();
{
	$s->sql("UPDATE app.t SET `limit` = id; " .
	    "UPDATE app.t SET `limit` = 5 WHERE id > 90");
	my $r = migrate($s, 'ADD UNIQUE KEY u (`limit`)', 'app', 't',
	    '--where', 'id <= 90', '--force');
	succeeded($r, 'app', 't', 'duplicates that are not copied: it');
	set_up();
	$s->sql("CREATE TABLE app.p (id INT PRIMARY KEY); " .
	    "INSERT INTO app.p VALUES (0), (1)");
	$r = migrate($s, 'ADD CONSTRAINT f FOREIGN KEY (gone) REFERENCES ' .
	    'p (id)', 'app', 't', '--where', 'gone < 2', '--force');
	succeeded($r, 'app', 't', 'orphans that are not copied: it');
}

# --- what cannot be ----------------------------------------------------------

set_up();
$s->sql("CREATE TABLE app.tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) " .
    "REFERENCES tree (id)); CREATE TABLE app.p (id INT PRIMARY KEY); " .
    "CREATE TABLE app.k (id INT PRIMARY KEY, p INT, q INT, FOREIGN KEY (p) " .
    "REFERENCES p (id) ON DELETE SET NULL); " .
    "CREATE TABLE app.text (a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE " .
    "utf8mb4_bin PRIMARY KEY, b INT)");
for (['tree', 'ADD c INT', 'id > 1', qr/is one of the table to itself/],
    ['k', 'ADD c INT', 'p > 1', qr/column `p` is changed by cascades/],
    ['text', 'MODIFY a VARCHAR(20) COLLATE utf8mb4_general_ci NOT NULL',
	'b > 1', qr/make keys equal that were different/]) {
	my ($table, $alter, $where, $says) = @$_;
	my $r = migrate($s, $alter, 'app', $table, '--where', $where, @KEEP);
	is($r->{exit}, 17, "$table: refused") or diag $r->{err};
	like($r->{err}, $says, '... with the reason');
}
# A time of day has the current date where it meets one, in the servers' eyes.
$s->sql("CREATE TABLE app.hours (id INT PRIMARY KEY, h TIME, d DATETIME)");
for ('h > NOW()', 'h = d', 'd > CURTIME()', "h < DATE'2026-01-01'",
    'TIMESTAMP(h) > 1', "CAST(h AS DATETIME) > '2026-01-01'") {
	my $r = migrate($s, 'ADD c INT', 'app', 'hours', '--where', $_, @KEEP);
	is($r->{exit}, 17, "refused: $_") or diag $r->{err};
	like($r->{err}, qr/a time of day and a date/, '... with the reason');
}
for ("h > '08:00'", 'h < CURTIME()', "TIME(d) > '08:00'", 'HOUR(h) > 3') {
	my $r = run_livealter($s, '--alter', 'ADD c INT', 'D=app,t=hours',
	    '--dry-run', '--where', $_, @KEEP);
	is($r->{exit}, 0, "by the hour: $_") or diag $r->{err};
}
SKIP: {
	skip 'MySQL computes them by the same functions', 4 if $s->is_mysql;

	$s->sql("CREATE TABLE app.moving (id INT PRIMARY KEY, d DATETIME, " .
	    "age INT AS (DATEDIFF(NOW(), d)) VIRTUAL, twice INT AS (id * 2) " .
	    "VIRTUAL, odds DOUBLE AS (RAND()) VIRTUAL); " .
	    "INSERT INTO app.moving (id, d) VALUES (1, '2026-01-01'), " .
	    "(2, '2036-01-01')");
	for ('age > 1', 'odds < 0.5') {
		my $r = migrate($s, 'ADD c INT', 'app', 'moving', '--where',
		    $_, @KEEP);
		is($r->{exit}, 17, "a VIRTUAL column: $_") or diag $r->{err};
	}
	my $r = migrate($s, 'ADD c INT', 'app', 'moving', '--where',
	    'twice > 2', @KEEP);
	is($r->{exit}, 0, 'one that is the same each time') or diag $r->{err};
	is($s->value("SELECT GROUP_CONCAT(id) FROM app._moving_new"), 2,
	    '... the row');
}
SKIP: {
	skip 'MariaDB has no such operators', 2 if !$s->is_mysql;

	$s->sql("CREATE TABLE app.docs (id INT PRIMARY KEY, j JSON); " .
	    "INSERT INTO app.docs VALUES (1, '{\"a\": 1}'), " .
	    "(2, '{\"a\": 2}')");
	my $r = migrate($s, 'ADD c INT, ADD UNIQUE KEY u (c, id)', 'app',
	    'docs', '--where', "j->'\$.a' > 1 AND j->>'\$.a' < 5", @KEEP);
	is($r->{exit}, 0, 'JSON') or diag $r->{err};
	is($s->value("SELECT GROUP_CONCAT(id) FROM app._docs_new"), 2,
	    '... the row');
}
# A text that is no number is a warning, and not a wrong row.
{
	my $r = migrate($s, 'ADD c INT', 'app', 't', '--where', 's > 5', @KEEP);
	is($r->{exit}, $s->is_mysql ? 0 : 35, 'a text against a number') or
	    diag $r->{err};
	$s->is_mysql ? is(ids('_t_new'), ids('t', 's > 5'), '... the rows') :
	    like($r->{err}, qr/hint: if it is about the condition of --where/,
	    '... it says so');
}
{
	my $r = migrate($s, 'ADD c INT', 'app', 'k', '--where', 'q > 1', @KEEP);
	is($r->{exit}, 0, 'by another column it can be') or diag $r->{err};
}

done_testing;
