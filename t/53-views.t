# Views, routines, events and other tables' triggers that use the table: they
# work as before, and what ALTER TABLE itself would break is named in the plan.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);
use Twin;

my $s = Server->start;

my @things = ("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, " .
    "c VARCHAR(20))",
    "INSERT INTO t VALUES (1, 1, 10, 'x'), (2, 2, 20, 'y')",
    "CREATE TABLE other (id INT PRIMARY KEY, v INT)",
    "CREATE VIEW v_all AS SELECT * FROM t",
    "CREATE VIEW v_a AS SELECT id, a FROM t WHERE a > 0 WITH CHECK OPTION",
    "CREATE ALGORITHM = TEMPTABLE VIEW v_b AS SELECT id AS i, b AS q FROM t",
    "CREATE VIEW v_of_v AS SELECT q FROM v_b JOIN v_a ON i = id",
    "CREATE VIEW {far}.v_far AS SELECT id, b FROM {home}.t",
    "CREATE FUNCTION f_b() RETURNS INT READS SQL DATA " .
    "RETURN (SELECT MAX(b) FROM t)",
    "CREATE FUNCTION f_a(n INT) RETURNS INT READS SQL DATA " .
    "RETURN (SELECT a FROM t WHERE id = n)",
    "CREATE PROCEDURE p_put(n INT) INSERT INTO t (id, a) VALUES (n, f_a(1))",
    "CREATE PROCEDURE p_sum() SELECT SUM(a) FROM v_a",
    "CREATE PROCEDURE {far}.p_far() SELECT MAX(a) FROM {home}.t",
    "CREATE TRIGGER on_other AFTER INSERT ON other FOR EACH ROW " .
    "UPDATE t SET a = NEW.v WHERE id = NEW.id",
    "CREATE EVENT e_a ON SCHEDULE EVERY 1 YEAR STARTS '2036-01-01' DISABLE " .
    "DO UPDATE t SET a = a + 1");

my @uses = ("INSERT INTO v_all (id, a, b, c) VALUES (3, 3, 30, 'z')",
    "UPDATE v_a SET a = a + 1", "DELETE FROM v_all WHERE id = 2",
    "SELECT * FROM v_of_v ORDER BY 1", "SELECT * FROM v_all ORDER BY 1",
    "SELECT * FROM {far}.v_far ORDER BY 1", "SELECT f_b(), f_a(1)",
    "CALL p_put(7)", "CALL p_sum()", "CALL {far}.p_far()",
    "INSERT INTO other VALUES (1, 55)", "INSERT INTO v_a VALUES (8, -1)");

# What the statements give, or their errors; on the twin the same.
sub used {
	my ($db) = @_;
	my $dbh = $s->dbh(database => $db);
	my $far = $db eq 'app' ? 'far' : 'ctlfar';
	my $out = '';
	for my $sql (@uses) {
		my $sth = $dbh->prepare($sql =~ s/\{far\}/$far/gr);
		if (!eval { $sth->execute }) {
			$out .= "$sql: " . $sth->err . "\n";
			next;
		}
		my $r = $sth->{NUM_OF_FIELDS} ? $sth->fetchall_arrayref : [];
		$out .= "$sql: " . join(' | ', map { join ' ', map {
		    $_ // 'NULL' } @$_ } @$r) . "\n";
		1 while $sth->more_results;
	}
	return $out;
}

sub work_alike {
	my ($name) = @_;
	return same_dump(used('app'), used('ctl'), $name);
}

# --- they go on working ------------------------------------------------------

twins($s, @things);
for my $c (['ADD x INT', 'a column'], ['ADD y INT FIRST, MODIFY a BIGINT',
    'a column in front, and another type'], ['DROP x, DROP y',
    'columns that nobody uses are dropped'], ['ADD KEY (a), ADD KEY (b)',
    'keys']) {
	my ($alter, $name) = @$c;
	like_twin($s, $name, $alter);
	work_alike('... views and routines work as on the twin');
}

# A connection that has used them all, and uses them while they are changed.
{
	twins($s, @things);
	my $dbh = $s->dbh(database => 'app', mysql_server_prepare => 1);
	my @sth = map { $dbh->prepare($_) } "SELECT id, a FROM v_a ORDER BY id",
	    "SELECT f_b()", "SELECT b FROM t WHERE id = ?",
	    "SELECT q FROM v_of_v ORDER BY q";
	my $all = sub {
		my @r;
		for my $sth (@sth) {
			$sth->execute($sth->{NUM_OF_PARAMS} ? 1 : ());
			push @r, map { join ' ', @$_ } @{
			    $sth->fetchall_arrayref };
		}
		return join '; ', @r;
	};
	my $want = $all->();
	my ($bad, $n) = ('', 0);
	my $p = start_migration($s, 'ADD x INT', 'app', 't', '--chunk-size',
	    1, '--sleep', 0.2);
	while ($p->running) {
		my $got = eval { $all->() } // $@;
		$bad ||= $got if $got ne $want;
		$n++;
		sleep 0.002;
	}
	succeeded($p->wait(60), 'app', 't', 'in use all the while: the run');
	is($bad, '', "... prepared statements give the same $n times");
	is($all->(), $want, '... and afterwards');
}

# The summary lists what names the table, whether it breaks or not.
sub without_users { return $_[0] =~ s/^hangs on it:.*\n(?: .*\n)*//mr }

# --- what ALTER TABLE breaks -------------------------------------------------

for my $c (
    ['DROP COLUMN b', [qw(v_all v_b v_of_v v_far f_b)], [qw(v_a p_sum
	on_other e_a)]],
    ['RENAME COLUMN b TO bb', [qw(v_all v_b v_of_v v_far f_b)], [qw(v_a
	p_sum on_other e_a)]],
    ['CHANGE a aa INT', [qw(v_all v_a v_of_v f_a p_put p_far on_other e_a)],
	[qw(v_b v_far)]],
    ['DROP COLUMN c', [qw(v_all)], [qw(v_a v_b v_far f_b e_a)]],
    ['ADD x INT', [], [qw(v_all v_a v_b f_b p_put on_other e_a)]],
) {
	my ($alter, $broken, $fine) = @$c;
	twins($s, @things);
	my $dump = twin_dump($s, 'app');
	my $r = run_livealter($s, '--alter', $alter, 'D=app,t=t',
	    '--dry-run');
	is($r->{exit}, 0, "$alter: a dry run") or diag $r->{err};
	my $said = without_users($r->{out}) . $r->{err};
	my @silent = grep { $said !~ /\b$_\b/ } @$broken;
	is("@silent", '', '... names all that ALTER TABLE would break');
	my @loud = grep { $said =~ /\b$_\b/ } @$fine;
	is("@loud", '', '... and nothing else');
	untouched($s, $dump);
}

# What only looks like it, and what is hard to see.
twins($s, @things);
twin_sql($s, "CREATE TABLE u (id INT PRIMARY KEY, b INT)",
    "CREATE VIEW w_label AS SELECT t.id AS b, u.b AS ub FROM t JOIN u USING " .
	"(id) HAVING b > 0",
    "CREATE TABLE {far}.t (id INT PRIMARY KEY, b INT)",
    "CREATE VIEW {far}.w_own AS SELECT b FROM {far}.t",
    "CREATE FUNCTION {far}.g_own() RETURNS INT READS SQL DATA " .
	"RETURN (SELECT MAX(b) FROM t)",
    "CREATE TRIGGER on_u AFTER INSERT ON u FOR EACH ROW " .
	"UPDATE t SET a = NEW.b WHERE id = NEW.id",
    "CREATE PROCEDURE p_text() SELECT 'b', a /* b */ FROM t",
    "CREATE VIEW {far}.w_deep AS SELECT v.b FROM (SELECT x.b FROM " .
	"{home}.t x) v",
    "CREATE VIEW w_deeper AS SELECT COUNT(*) AS n FROM {far}.w_deep",
    "CREATE PROCEDURE p_view() SELECT * FROM w_deeper",
    "SET SESSION sql_mode = 'ANSI_QUOTES'",
    'CREATE PROCEDURE p_ansi() SELECT "B" FROM "t"');
my $said = run_livealter($s, '--alter', 'DROP b', 'D=app,t=t', '--dry-run');
like($said->{out}, qr/`$_`/, "$_ breaks") for qw(w_deep w_deeper p_view p_ansi);
unlike(without_users($said->{out}), qr/`$_`/, "$_ does not") for
    qw(w_label w_own g_own on_u p_text);
for my $name (qw(w_deep w_deeper w_label w_own)) {
	my $far = $name =~ /w_deep$|own/ ? 'ctlfar' : 'ctl';
	my $dbh = $s->dbh(database => 'ctl');
	$dbh->do("ALTER TABLE t DROP b") if $name eq 'w_deep';
	my $ok = eval { $dbh->do("SELECT * FROM $far.$name"); 1 };
	is(!!$ok, $name !~ /deep/, '... so says ALTER TABLE');
}
for my $alter ('DROP b, ADD b BIGINT', 'RENAME COLUMN a TO b, ' .
    'RENAME COLUMN b TO a', 'CHANGE b B INT') {
	my $r = run_livealter($s, '--alter', $alter, 'D=app,t=t',
	    '--dry-run');
	is($r->{exit}, 0, "$alter: a dry run") or diag $r->{err};
	unlike($r->{out} . $r->{err}, qr/w_deep/, '... all names are there');
}

# Who may not read them is told so.
$s->sql("CREATE USER eve IDENTIFIED BY 'p'; GRANT SELECT, INSERT, UPDATE, " .
    "DELETE, CREATE, DROP, ALTER, TRIGGER, LOCK TABLES, EXECUTE, INDEX, " .
    "REFERENCES ON app.* TO eve; GRANT PROCESS ON *.* TO eve");
$s->sql("GRANT SESSION_VARIABLES_ADMIN ON *.* TO eve") if $s->is_mysql;
for my $alter ('DROP b', 'ADD x INT') {
	my $r = run_livealter($s, { connect => 0 }, '--alter', $alter,
	    'D=app,t=t', '--dry-run', '-S', $s->socket, '-u', 'eve', '-p', 'p');
	is($r->{exit}, 0, "$alter, by who cannot see: a dry run") or
	    diag $r->{err};
	like($r->{out}, qr/^not known: (?:.*\n +)?.*definition cannot be read/m,
	    '... which says so');
}
$s->sql("DROP USER eve");

# Naming it is all: ALTER TABLE does it, and so do we.
twins($s, @things);
my $r = like_twin($s, 'a column that views use is dropped', 'DROP COLUMN b');
like($r->{err}, qr/warning: .*`app`\.`v_of_v`.*`app`\.`f_b`/,
    '... with a warning');
work_alike('... what is broken is what ALTER TABLE breaks');

done_testing;
