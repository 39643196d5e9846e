# Statements of several tables, of the table with itself, from files, views,
# procedures and triggers, which return rows, fill invisible columns and draw
# from sequences: in the midst of the copy, compared with native ALTER TABLE.
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $maria = $s->is_mariadb;

# Where the server is; and it writes the file itself.
my $file = $s->value("SELECT \@\@datadir") . '/rows';
$s->sql("SELECT i, i + 3000, 7, CONCAT('loaded', i) FROM (" .
    join(' UNION ', map { numbers(@$_) } [8, 9], [158, 160], [290, 291],
    [3000, 3001]) . ") n INTO OUTFILE '$file'");

# Ids 1 to 300; what is up to 160 is copied when these are run.
my @COLUMNS = ('id INT NOT NULL PRIMARY KEY', 'k INT NOT NULL', 'g INT',
    "v VARCHAR(40) DEFAULT 'none'", 'hid INT INVISIBLE DEFAULT 3',
    'UNIQUE KEY kk (k)', 'KEY gg (g)');
sub made {
	my (@more) = @_;
	return ('CREATE TABLE %s (' . join(', ', @COLUMNS, @more) .
	    ') CHARSET utf8mb4', "INSERT INTO %s (id, k, g, v) SELECT i, i, " .
	    "i % 10, CONCAT('v', i) FROM (" . numbers(1, 300) . ") n",
	    "CREATE TABLE o_%s (id INT PRIMARY KEY, w VARCHAR(40))",
	    "INSERT INTO o_%s SELECT id, CONCAT('o', id) FROM %s WHERE " .
	    "id % 3 = 1",
	    "CREATE VIEW v_%s AS SELECT id, k, g, v FROM %s WHERE g < 8 WITH " .
	    "CHECK OPTION",
	    "CREATE TRIGGER tr_%s AFTER UPDATE ON o_%s FOR EACH ROW " .
	    "UPDATE %s SET v = CONCAT(v, '+') WHERE id = NEW.id + 1",
	    "CREATE FUNCTION f_%s(n INT) RETURNS INT DETERMINISTIC MODIFIES " .
	    "SQL DATA BEGIN UPDATE %s SET v = CONCAT('f', n) WHERE id = n; " .
	    "RETURN ROW_COUNT(); END",
	    "CREATE PROCEDURE p_%s() MODIFIES SQL DATA BEGIN " .
	    "DECLARE done INT DEFAULT 0; DECLARE n INT; " .
	    "DECLARE c CURSOR FOR SELECT id FROM %s WHERE g = 6; " .
	    "DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; " .
	    "OPEN c; REPEAT FETCH c INTO n; IF NOT done THEN " .
	    "IF n % 20 = 6 THEN DELETE FROM %s WHERE id = n; " .
	    "ELSE UPDATE %s SET g = 66 WHERE id = n; END IF; " .
	    "END IF; UNTIL done END REPEAT; CLOSE c; END");
}

my $cols = '(id, k, g, v)';
my @APP = (
    # several tables, one of them twice
    "UPDATE %s a JOIN %s b ON b.id = a.id + 1 SET a.v = CONCAT(a.v, b.k), " .
	"b.v = 'b' WHERE a.id IN (10, 20, 200, 220)",
    "UPDATE %s a, o_%s o SET a.v = o.w WHERE a.id = o.id AND " .
	"(o.id < 30 OR o.id > 280)",
    "UPDATE %s a JOIN %s b ON b.id = 200 - a.id SET a.k = a.k + 1000, " .
	"b.k = b.k + 2000 WHERE a.id IN (12, 14)",
    "UPDATE %s a LEFT JOIN o_%s o ON o.id = a.id SET a.id = a.id + 500 " .
	"WHERE o.id IS NULL AND a.id IN (50, 51, 250, 251)",
    "DELETE a FROM %s a JOIN %s b ON a.g = b.g AND b.id = 7 WHERE a.id > 230",
    "DELETE a, o FROM %s a JOIN o_%s o ON o.id = a.id WHERE o.id IN (40, 43, " .
	"211)",
    "DELETE FROM a USING %s a LEFT JOIN o_%s o ON o.id = a.id WHERE o.id IS " .
	"NULL AND a.id BETWEEN 100 AND 105",
    # of itself
    "INSERT INTO %s $cols SELECT id + 1000, k + 5000, g, v FROM %s WHERE id " .
	"IN (5, 6, 240)",
    "INSERT INTO %s $cols SELECT id + 1, k + 6000, g, v FROM %s WHERE id IN " .
	"(5, 1005, 241) ON DUPLICATE KEY UPDATE v = CONCAT('dup', " .
	"VALUES(k))",
    "INSERT IGNORE INTO %s $cols SELECT id + 1, k, 4, v FROM %s WHERE id " .
	"BETWEEN 296 AND 300",
    "REPLACE INTO %s $cols SELECT id + 3, k, g, 'replaced' FROM (SELECT * " .
	"FROM %s WHERE id IN (30, 60, 260)) x",
    "UPDATE %s SET v = (SELECT m FROM (SELECT MAX(v) AS m FROM %s) x) WHERE " .
	"id = 61",
    "DELETE FROM %s WHERE id IN (SELECT id FROM (SELECT id + 1 AS id FROM %s " .
	"WHERE g = 2) x) AND id < 40",
    # order, limits, defaults
    "UPDATE %s SET id = id + 1 WHERE id > 290 ORDER BY id DESC LIMIT 20",
    "DELETE FROM %s WHERE g = 5 ORDER BY id DESC LIMIT 3",
    "UPDATE %s SET v = DEFAULT, hid = 70, g = DEFAULT(g) WHERE id IN (3, 270)",
    "INSERT INTO %s VALUES (2001, 9001, 1, 'short'), (2002, 9002, NULL, NULL)",
    "INSERT INTO %s SET id = 2003, k = 9003",
    "REPLACE INTO %s SET id = 4, k = 280, v = 'two go'",
    "INSERT INTO %s (id, k, hid) VALUES (2004, 9004, 44), (2005, 9005, " .
	"DEFAULT)",
    # from files
    "LOAD DATA INFILE '$file' REPLACE INTO TABLE %s $cols",
    "LOAD DATA INFILE '$file' IGNORE INTO TABLE %s (\@i, \@k, g, v) SET " .
	"id = \@i + 1, k = \@k + 100",
    # by other names
    "UPDATE v_%s SET g = g + 1, v = 'by the view' WHERE id IN (21, 22, 242)",
    "INSERT INTO v_%s VALUES (2010, 9010, 3, 'view')",
    "DELETE FROM v_%s WHERE id IN (24, 244)",
    "UPDATE o_%s SET w = 'fires' WHERE id IN (70, 73, 247)",
    "DO f_%s(80), f_%s(248)",
    "CALL p_%s()",
    "PREPARE x_%s FROM 'UPDATE %s SET v = ? WHERE id IN (?, ?)'",
    "SET \@v = 'prepared', \@a = 90, \@b = 249",
    "EXECUTE x_%s USING \@v, \@a, \@b", "DEALLOCATE PREPARE x_%s",
    # and not at all
    "SAVEPOINT here", "DELETE FROM %s WHERE id < 20", "UPDATE %s SET k = -k " .
	"WHERE id BETWEEN 120 AND 140", "ROLLBACK TO here",
);
my @MARIADB = (
    "INSERT INTO %s $cols VALUES (2020, 9020, 2, 'r'), (2021, 9021, 2, 'r') " .
	"RETURNING id, hid",
    "REPLACE INTO %s $cols VALUES (95, 9095, 2, 'r') RETURNING *",
    "INSERT INTO %s $cols VALUES (96, 1, 2, 'r') ON DUPLICATE KEY UPDATE " .
	"v = CONCAT(v, VALUE(k)) RETURNING v",
    "DELETE FROM %s WHERE id IN (97, 252) RETURNING id, v",
    "EXECUTE IMMEDIATE 'UPDATE %s SET g = 77 WHERE id IN (98, 253)'",
    "BEGIN NOT ATOMIC FOR r IN (SELECT id FROM %s WHERE g = 9) DO UPDATE %s " .
	"SET v = 'looped' WHERE id = r.id; END FOR; END",
);
my @MYSQL = (
    "WITH c AS (SELECT id FROM %s WHERE g = 3) UPDATE %s SET v = 'cte' WHERE " .
	"id IN (SELECT id FROM c)",
    "WITH c AS (SELECT id + 1 AS id FROM o_%s WHERE id > 180) DELETE FROM %s " .
	"WHERE id IN (SELECT id FROM c)",
    "INSERT INTO %s $cols VALUES (2020, 9020, 2, 'r'), (95, 1, 2, 'r') " .
	"AS n ON DUPLICATE KEY UPDATE v = CONCAT(n.v, n.k)",
    "INSERT INTO %s $cols SELECT * FROM (VALUES ROW(2030, 9030, 2, 'r'), " .
	"ROW(2031, 9031, 2, 's')) AS n",
);
push @APP, $maria ? @MARIADB : @MYSQL;

sub odd {
	my ($name, $alter, $given, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	goes_on($s, $name, $alter, given => $given, one => 1, app => \@APP,
	    %o);
}

odd('odd statements', 'ADD c INT DEFAULT 4, MODIFY v VARCHAR(60)', [made()]);
odd('... with another key afterwards', 'DROP PRIMARY KEY, ADD PRIMARY KEY ' .
    '(k), ADD KEY (id)', [made()]);
odd('... with generated columns', 'MODIFY k BIGINT NOT NULL, DROP KEY gg',
    [made('gv INT AS (k + 1) VIRTUAL INVISIBLE', 'gs VARCHAR(50) AS ' .
    '(CONCAT(v, g)) STORED INVISIBLE', 'KEY (gv)', 'KEY (gs)')]);
odd('... with keys of expressions', 'ADD c INT', [made("KEY ((UPPER(v)))",
    "UNIQUE KEY ((k * 2))")]) if !$maria;
odd('... and what is invisible gets seen', 'MODIFY hid INT DEFAULT 5, ' .
    'MODIFY g INT INVISIBLE', [made()]);

# --- after the swap ----------------------------------------------------------

{
	my $alter = 'ADD c INT INVISIBLE DEFAULT 4, DROP KEY gg, DROP hid, ' .
	    'ADD KEY gk (g, k)';
	my @sql = grep { !/hid/ } @APP;
	given($s, made());
	succeeded(migrate($s, $alter, 'app', 't', '--reversible'), 'app', 't',
	    'a table with a way back');
	my $dbh = $s->dbh(database => 'app');
	$dbh->begin_work;
	app_does($dbh, '... odd statements', @sql);
	$dbh->commit;
	my $r = run_livealter($s, 'revert', '--alter', $alter,
	    '--accept-loss', dsn('app', 't'));
	is($r->{exit}, 0, '... it is got back') or diag $r->{err};
	like_native($s, '... as if nothing had been');
}

# --- what cannot be taken -----------------------------------------------------

given($s, made());
{
	my $r = between($s, 'ADD UNIQUE KEY gv (g, v)', sub {
		app_does($_[0], 'a duplicate when all is copied', "INSERT " .
		    "INTO %s $cols VALUES (2000, 9000, 2, 'v2')");
	});
	is($r->{exit}, 36, '... is known for one before rows are compared');
	like($r->{err}, qr/insert of row 2000: Duplicate entry '2-v2'/,
	    '... and named');
	lost_nothing($s);
}

# --- sequences, and what has a history ---------------------------------------

if ($maria) {
	# Each table draws from a sequence of its own.
	my @given = ("CREATE SEQUENCE s_%s START 500",
	    "CREATE TABLE %s (id INT PRIMARY KEY DEFAULT NEXTVAL(s_%s), " .
	    "v INT DEFAULT (NEXTVAL(s_%s) * 10), w INT)",
	    "INSERT INTO %s SELECT i, i, i FROM (" . numbers(1, 300) . ") n");
	my @app = ("INSERT INTO %s (w) VALUES (1), (2), (3)",
	    "INSERT INTO %s (id) SELECT id + 1000 FROM %s WHERE id IN (3, 250)",
	    "UPDATE %s SET v = DEFAULT, id = NEXTVAL(s_%s) WHERE id IN " .
		"(4, 251)",
	    "REPLACE INTO %s (id, w) VALUES (5, 55), (252, 66)",
	    "INSERT INTO %s (w) SELECT w FROM %s WHERE id IN (6, 253) " .
	    "RETURNING id, v");
	my $r = held($s, 'defaults from a sequence', 'ADD c INT', given =>
	    \@given, one => 1, app => \@app);
	succeeded($r, 'app', 't', '... the run');
	same_bytes($s, 'app', 't', 'control', '... each number is drawn once',
	    qw(id v w));
	like($s->row("SHOW CREATE TABLE app.t")->{'Create Table'},
	    qr/`id`.*nextval\(`app`\.`s_t`\).*`v`.*`app`\.`s_t`/is,
	    '... and the defaults stay');
	# Without a schema, as an application's own client says it.
	@given = ("CREATE TABLE %s (id INT PRIMARY KEY, v INT)", "INSERT " .
	    "INTO %s SELECT i, i FROM (" . numbers(1, 300) . ") n",
	    "CREATE SEQUENCE s_%s START 500");
	given($s, @given);
	$r = migrate($s, 'ADD n INT DEFAULT NEXTVAL(s_t)', 'app', 't',
	    '--threads', 1);
	succeeded($r, 'app', 't', 'a new column with numbers of a sequence');
	$s->sql("USE app; ALTER TABLE control ADD n INT DEFAULT NEXTVAL(" .
	    "s_control); USE mysql");
	same_bytes($s, 'app', 't', 'control', '... each row has its own');
	$r = held($s, '... while they are written to', 'ADD n INT NOT NULL ' .
	    'DEFAULT (NEXTVAL(s_t) + 5), ADD UNIQUE KEY (n)', given =>
	    \@given, one => 1, app => ["UPDATE %s SET v = 5 WHERE id IN " .
	    "(4, 250)", "DELETE FROM %s WHERE id IN (5, 251)", "INSERT INTO " .
	    "%s VALUES (1000, 1), (1001, 2)", "UPDATE %s SET id = id + 2000 " .
	    "WHERE id IN (6, 252)", "REPLACE INTO %s VALUES (7, 1), (253, 2)"]);
	succeeded($r, 'app', 't', '... the run');
	same_bytes($s, 'app', 't', 'control', '... no row is lost', 'id', 'v');
	nothing_left($s, 'app');
	for (['a history', 17, qr/SYSTEM VERSIONED/, 'ADD c INT',
	    ' WITH SYSTEM VERSIONING'],
	    ['one that the ALTER begins', 17, qr/system versioning/i,
	    'ADD SYSTEM VERSIONING', ''], ['... or begins as an option', 17,
	    qr/system versioning/i, 'ADD c INT, WITH SYSTEM VERSIONING', '']) {
		my ($name, $exit, $why, $alter, $more) = @$_;
		given($s, "CREATE TABLE %s (id INT PRIMARY KEY)$more",
		    "INSERT INTO %s VALUES (1), (2), (3)");
		undone($s, $name, $exit, $why, $alter);
	}
}

done_testing;
