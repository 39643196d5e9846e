# The user's own triggers: they stay with the table, as they are, and each fires
# once for each write, whatever goes on.
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
use Twin;

my $seed = $ENV{SEED} // 52;
note "SEED=$seed";
my $s = Server->start;
my @slow = ('--chunk-size', 100, '--sleep', 0.05);

my @table = ("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, " .
    "b INT, c VARCHAR(40), `d e` INT)",
    "INSERT INTO t VALUES (1, 1, 1, 'x', 1), (2, 2, 2, 'y', 2)",
    "CREATE TABLE log (i INT AUTO_INCREMENT PRIMARY KEY, t TEXT)",
    "CREATE TABLE other (id INT PRIMARY KEY, v INT)");

# --- what comes out ----------------------------------------------------------

my $long = 'n' x 64;
my $utf8 = "\xc3\xa9\xe2\x82\xac";
$s->sql("CREATE USER $_; GRANT ALL ON *.* TO $_")
    for 'me', 'poor', "'strange '' name'\@'10.%'";

twins($s, @table,
    "CREATE TRIGGER z1 BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1",
    "CREATE TRIGGER a2 BEFORE INSERT ON t FOR EACH ROW FOLLOWS z1 " .
    "SET NEW.c = CONCAT(NEW.c, NEW.a)",
    "CREATE TRIGGER m3 BEFORE INSERT ON t FOR EACH ROW PRECEDES a2 " .
    "SET NEW.a = NEW.a * 10",
    "CREATE TRIGGER b4 BEFORE INSERT ON t FOR EACH ROW PRECEDES z1 " .
    "SET NEW.a = COALESCE(NEW.a, 7)",
    "CREATE TRIGGER after_i AFTER INSERT ON t FOR EACH ROW BEGIN\n" .
    "\t-- a comment; with a semicolon, and 'quotes\n" .
    "\tDECLARE n INT DEFAULT 0;\n\tWHILE n < 2 DO\n\t\tINSERT INTO log (t) " .
    "VALUES (CONCAT('i ', NEW.id));\n\t\tSET n = n + 1;\n\tEND WHILE;\nEND",
    "CREATE TRIGGER upd_b BEFORE UPDATE ON t FOR EACH ROW IF NEW.b < 0 THEN " .
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'; END IF",
    "CREATE TRIGGER upd_a AFTER UPDATE ON t FOR EACH ROW INSERT INTO log (t) " .
    "VALUES (CONCAT(OLD.a, '>', NEW.a)) /* the end */",
    "CREATE TRIGGER del_b BEFORE DELETE ON t FOR EACH ROW SET \@gone = OLD.id",
    "CREATE TRIGGER del_a AFTER DELETE ON t FOR EACH ROW INSERT INTO log (t) " .
    "VALUES (CONCAT('d ', OLD.`d e`))",
    "CREATE DEFINER = me TRIGGER `a ``b\" $utf8` AFTER DELETE ON t " .
    "FOR EACH ROW SET \@x = '$utf8'",
    "CREATE DEFINER = 'strange '' name'\@'10.%' TRIGGER $long AFTER DELETE " .
    "ON t FOR EACH ROW PRECEDES del_a SET \@y = 1",
    "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
    "CREATE TRIGGER \"in ansi\" AFTER UPDATE ON t FOR EACH ROW FOLLOWS upd_a " .
    "INSERT INTO log (t) VALUES ('\\' || NEW.\"c\")",
    "SET sql_mode = '', NAMES latin1 COLLATE latin1_german1_ci",
    "CREATE TRIGGER in_latin1 AFTER UPDATE ON t FOR EACH ROW FOLLOWS " .
    "upd_a INSERT INTO log (t) VALUES ('\xe9')",
    "SET NAMES utf8mb4",
    "CREATE TRIGGER on_other AFTER INSERT ON other FOR EACH ROW " .
    "UPDATE t SET b = b + 1 WHERE id = NEW.id");
my @writes = ("INSERT INTO t (a, b, c) VALUES (1, 1, 'p'), (NULL, 2, 'q')",
    "UPDATE t SET b = b + 1", "INSERT INTO t (id, c) VALUES (1, 'r') ON " .
    "DUPLICATE KEY UPDATE c = 's'", "REPLACE INTO t (id, c) VALUES (2, 't')",
    "INSERT IGNORE INTO t (id) VALUES (1)", "INSERT INTO other VALUES (1, 1) " .
    "ON DUPLICATE KEY UPDATE v = 2", "DELETE FROM t WHERE id = 1");
twin_sql($s, @writes);
like_twin($s, 'triggers of all kinds', 'ADD x INT');
twin_sql($s, @writes);
same_twins($s, '... fire as they did');
like_twin($s, '... with --preserve-triggers', 'ADD y INT FIRST, ' .
    "MODIFY c VARCHAR(80)", '--preserve-triggers');
twin_sql($s, @writes);
same_twins($s, '... fire as they did');
like_twin($s, '... a column that none of them knows is dropped, and one ' .
    'is renamed', 'DROP COLUMN y, CHANGE x xx BIGINT');
twin_sql($s, @writes);
same_twins($s, '... fire as they did');

# A definer who is gone: the trigger fails as it did, and stays what it was.
twins($s, @table, "CREATE DEFINER = nobody TRIGGER theirs BEFORE DELETE ON t " .
    "FOR EACH ROW SET \@x = 1");
like_twin($s, "a definer who does not exist", 'ADD x INT');

# One who may no longer create it: the server would not let us, either.
twins($s, @table, "CREATE DEFINER = poor TRIGGER theirs BEFORE DELETE ON t " .
    "FOR EACH ROW SET \@x = 1");
$s->sql("REVOKE ALL ON *.* FROM poor");
{
	my $dump = twin_dump($s, 'app');
	my $r = migrate($s, 'ADD x INT', 'app', 't');
	if ($r->{exit} == 0) {
		$s->sql("ALTER TABLE ctl.t ADD x INT");
		same_twins($s, 'a definer without the privilege: done');
	} else {
		like($r->{err}, qr/theirs|poor/, 'a definer without the ' .
		    'privilege: refused, by name');
		untouched($s, $dump);
	}
}

# --- what is refused ---------------------------------------------------------

# ALTER TABLE does these, and every write fails from then on.
for my $c (
    ['dropped', 'DROP COLUMN b', "SET NEW.a = NEW.b"],
    ['dropped, in quotes', 'DROP `B`', "SET NEW.a = new . `b`"],
    ['dropped, of the old row', 'DROP b, ADD x INT', "SET \@o = OLD.B"],
    ['dropped, with a blank in its name', 'DROP COLUMN `d e`',
	"SET \@o = OLD.`d e`"],
    ['dropped, deep inside', 'DROP COLUMN b', "BEGIN IF 1 THEN BEGIN " .
	"UPDATE other SET v = 1 WHERE id = NEW.a + NEW/* */.b; END; END IF; " .
	"END"],
    ['renamed', 'RENAME COLUMN b TO bb', "SET NEW.a = NEW.b"],
    ['renamed by CHANGE', 'CHANGE COLUMN b bb BIGINT', "SET NEW.b = 1"],
    ['renamed, with a blank in its name', 'CHANGE `d e` f INT',
	"SET NEW.`d e` = 1"],
) {
	my ($name, $alter, $body) = @$c;
	my ($col) = $body =~ /(d e)/ ? 'd e' : 'b';
	twins($s, @table, "CREATE TRIGGER uses_it BEFORE UPDATE ON t " .
	    "FOR EACH ROW $body");
	my $dump = twin_dump($s, 'app');
	my $r = migrate($s, $alter, 'app', 't');
	ok($r->{exit} > 0 && $r->{exit} != 38, "a column that a trigger " .
	    "uses, $name: refused") or diag "exit $r->{exit}";
	like($r->{err}, qr/uses_it/, '... naming the trigger');
	like($r->{err}, qr/\b$col\b/i, '... and the column');
	untouched($s, $dump);
}

# What only looks like it.
for my $c (
    ['a string', "SET \@o = 'NEW.b'"],
    ['a comment', "SET \@o = 1 /* NEW.b */"],
    ['a longer name', "SET \@b = NEW.a, \@o = NEW.c"],
    ["another table's column", "SET \@o = (SELECT b.v FROM other AS b " .
	"WHERE b.id = NEW.a)"],
) {
	my ($name, $body) = @$c;
	twins($s, @table, "CREATE TRIGGER harmless BEFORE UPDATE ON t " .
	    "FOR EACH ROW $body");
	like_twin($s, "a column whose name is in $name is dropped",
	    'DROP COLUMN b');
	twin_sql($s, "UPDATE t SET a = a + 1");
	same_twins($s, '... and the trigger works');
}

# --- while the application writes --------------------------------------------

for my $c (['ADD x INT', {}], ['ADD x INT NOT NULL DEFAULT 3', { own => 1,
    self => 1 }], ['MODIFY note VARCHAR(80)', { children => [qw(c_cascade
    c_restrict)] }, '--threads', 4]) {
	my ($alter, $make, @opts) = @$c;
	my $f = Family->make($s, rows => 300, triggers => 1, %$make);
	$f->migrated("$alter, with triggers that write a log:", $alter,
	    { seed => $seed++ }, @slow, @opts);
	same_triggers($s, '... the triggers are what they were');
}

{
	my $f = Family->make($s, rows => 30, triggers => 1,
	    children => [qw(c_cascade)]);
	$f->start(seed => $seed++, pause => 0.001);
	for my $i (1 .. 4) {
		succeeded(migrate($s, "ADD x$i INT", 'app', 't'), 'app', 't',
		    "run $i of four");
		$f->go_on(20);
	}
	$f->noticed_nothing('... the application');
	$f->as_native(join(', ', map { "ADD x$_ INT" } 1 .. 4), '...');
	same_triggers($s, '... the triggers are what they were');
}

# One that comes or goes meanwhile: taken along, or the run stops.
for my $c (
    ['is created', "CREATE TRIGGER late BEFORE INSERT ON t FOR EACH ROW " .
	"SET NEW.note = 'late'"],
    ['is dropped', "DROP TRIGGER after_insert_1"],
    ['is replaced by another', "DROP TRIGGER before_insert_1",
	"CREATE TRIGGER before_insert_1 BEFORE INSERT ON t FOR EACH ROW " .
	"SET NEW.note = 'another'"],
) {
	my ($name, @sql) = @$c;
	my $f = Family->make($s, rows => 100, triggers => 1, children => []);
	my $mark = $s->log_mark;
	my $p = start_migration($s, 'ADD x INT', 'app', 't', '--chunk-size',
	    20, '--sleep', 0.1);
	copying($s, $mark, $p);
	twin_sql($s, "SET lock_wait_timeout = 5", @sql);
	my $r = $p->wait(60);
	if ($r->{exit} == 0) {
		$s->sql("ALTER TABLE ctl.t ADD x INT");
	} else {
		like($r->{err}, qr/trigger/i, "a trigger $name: the run says " .
		    'so');
	}
	same_triggers($s, "a trigger $name meanwhile: what there should be");
	$f->same_definitions('...');
	$f->both("INSERT INTO {t} (id, k) VALUES (40, 40)",
	    "UPDATE {t} SET v = 1 WHERE id = 40",
	    "DELETE FROM {t} WHERE id = 40");
	$f->same_everywhere('... and they fire');
}

# --- when something fails ----------------------------------------------------

for my $at (qw(before:swap after:swap before:release after:release
    before:drop)) {
	my $f = Family->make($s, rows => 20, triggers => 1,
	    children => [qw(c_cascade c_far)]);
	my $r = migrate($s, { env => { LIVEALTER_FAIL_AT => $at } },
	    'ADD x INT', 'app', 't');
	isnt($r->{exit}, 0, "it fails $at");
	$s->sql("ALTER TABLE ctl.t ADD x INT")
	    if grep { $_ eq 'x' } table_columns($s, 'app', 't');
	# What is left is to be removed by what it printed.
	my $left = join ' ', leftovers($s, 'app');
	if ($left ne '') {
		note "left: $left";
		ok(eval { $s->sql($_); 1 }, "... $_") or diag $@
		    for printed_sql($r->{out});
	}
	nothing_left($s, 'app');
	same_triggers($s, '... the triggers are what they were');
	$f->same_definitions('...');
	$f->still_guarded('...');
}

done_testing;
