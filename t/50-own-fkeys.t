# The table's own foreign keys: kept, with their cascades, while the table is
# copied, and afterwards what ALTER TABLE would have left.
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

my $seed = $ENV{SEED} // 50;
note "SEED=$seed";
my $s = Server->start;
my @slow = ('--chunk-size', 100, '--sleep', 0.05);

my @parents = ("CREATE TABLE p (id INT PRIMARY KEY, a INT NOT NULL, b INT " .
    "NOT NULL, c VARCHAR(20) NOT NULL, UNIQUE KEY (a, b), UNIQUE KEY (c))",
    "INSERT INTO p VALUES (1, 1, 1, 'x'), (2, 1, 2, 'y'), (3, 2, 1, 'z')",
    # By one key alone a row that is deleted comes to t (below).
    "CREATE TABLE ab (a INT NOT NULL, b INT NOT NULL, UNIQUE KEY (a, b))",
    "INSERT INTO ab VALUES (1, 1), (1, 2), (2, 1)",
    "CREATE TABLE {far}.p (id INT PRIMARY KEY)",
    "INSERT INTO {far}.p VALUES (1), (2), (3)");

# A table with these foreign keys, and a few rows that have parents.
sub given {
	my ($keys, @more) = @_;
	twins($s, @parents, "CREATE TABLE t (id INT PRIMARY KEY, p INT, " .
	    "q INT, a INT, b INT, c VARCHAR(20), f INT, up INT, v INT" .
	    ($keys ? ", $keys" : '') . ")",
	    "INSERT INTO t VALUES (1, 1, 2, 1, 1, 'x', 1, NULL, 1), " .
	    "(2, 2, 3, 1, 2, 'y', 2, 1, 2), (3, NULL, NULL, 2, NULL, NULL, " .
	    "NULL, 3, 3), (4, 3, 1, 2, 1, 'z', 3, 1, 4)", @more);
}

# --- what comes out ----------------------------------------------------------

my $long = 'n' x 64;
my $many = "CONSTRAINT named FOREIGN KEY (p) REFERENCES p (id), " .
    "FOREIGN KEY (q) REFERENCES p (id) ON DELETE CASCADE, " .
    "CONSTRAINT two FOREIGN KEY (a, b) REFERENCES ab (a, b) ON DELETE SET " .
    "NULL ON UPDATE CASCADE, FOREIGN KEY (c) REFERENCES p (c) " .
    "ON UPDATE CASCADE, CONSTRAINT `$long` FOREIGN KEY (f) REFERENCES " .
    "{far}.p (id) ON DELETE CASCADE, CONSTRAINT `a ``b\"é` FOREIGN KEY (up) " .
    "REFERENCES t (id) ON DELETE CASCADE";
given($many);
like_twin($s, 'foreign keys of all kinds', 'ADD x INT');
like_twin($s, '... a second time', 'ADD y INT, MODIFY v BIGINT');
like_twin($s, '... with --no-check-foreign-keys', 'ADD z INT',
    '--no-check-foreign-keys');
like_twin($s, '... a column that a key uses is renamed',
    'CHANGE p pp INT, CHANGE up above INT');
like_twin($s, '... the columns change places',
    'MODIFY f INT FIRST, MODIFY b INT AFTER id');
like_twin($s, '... one is renamed that a key of the table itself refers to',
    'CHANGE id nr INT NOT NULL');

for my $c (
    ['one that the server named', 'DROP FOREIGN KEY t_ibfk_1'],
    ['one with a strange name', "DROP FOREIGN KEY `a ``b\"é`"],
    ['by DROP CONSTRAINT', "DROP CONSTRAINT two"],
    ['and its column', 'DROP FOREIGN KEY named, DROP COLUMN p'],
    ['and its key', 'DROP FOREIGN KEY named, DROP KEY named'],
    ['all, by name', "DROP FOREIGN KEY named, DROP FOREIGN KEY two, " .
	"DROP FOREIGN KEY `$long`, DROP FOREIGN KEY t_ibfk_1, " .
	"DROP FOREIGN KEY t_ibfk_2, DROP FOREIGN KEY `a ``b\"é`"],
    ['and another is added for it', 'DROP FOREIGN KEY named, DROP KEY named, ' .
	'ADD KEY named (p), ADD CONSTRAINT ' .
	'other FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL'],
) {
	my ($name, $alter) = @$c;
	given($many);
	like_twin($s, "dropped, $name", $alter);
}

for my $c (
    ['named', 'ADD CONSTRAINT added FOREIGN KEY (p) REFERENCES p (id)'],
    ['that the server names', 'ADD FOREIGN KEY (p) REFERENCES p (id)'],
    ['two that the server names', 'ADD FOREIGN KEY (p) REFERENCES p (id), ' .
	'ADD FOREIGN KEY (q) REFERENCES p (id) ON DELETE CASCADE'],
    ['on a new column', 'ADD n INT, ADD CONSTRAINT added FOREIGN KEY (n) ' .
	'REFERENCES p (id) ON DELETE SET NULL'],
    ['to the table itself', 'ADD CONSTRAINT added FOREIGN KEY (up) ' .
	'REFERENCES t (id)'],
    ['to another schema', 'ADD CONSTRAINT added FOREIGN KEY (f) ' .
	'REFERENCES {far}.p (id)'],
    ['of two columns, with a key of its own', 'ADD KEY ab (a, b), ADD ' .
	'CONSTRAINT added FOREIGN KEY (a, b) REFERENCES p (a, b)'],
) {
	my ($name, $alter) = @$c;
	# An index that came with a foreign key is taken for one that was
	# wanted, and keeps its name (BUGS in the manual).
	given('CONSTRAINT kept FOREIGN KEY (c) REFERENCES p (c), ' .
	    'KEY up (up), FOREIGN KEY (up) REFERENCES t (id)');
	like_twin($s, "added, $name", $alter);
}

# --- what the server refuses -------------------------------------------------

given($many);
refused_like_twin($s, @$_) for
    ['dropping one that is not there', qr/nothere/,
	'DROP FOREIGN KEY nothere'],
    ['adding one whose name is taken', qr/named/, 'ADD CONSTRAINT named ' .
	'FOREIGN KEY (v) REFERENCES p (id)'],
    ['dropping the column of a key', qr/\bp\b|named/, 'DROP COLUMN p'],
    ['another type for the column of a key', qr/\bp\b/,
	'MODIFY p BIGINT'],
    ['NOT NULL where the key sets NULL', qr/\bb\b/,
	'MODIFY b INT NOT NULL'],
    ['a parent that is not there', qr/nothere|foreign key/i,
	'ADD CONSTRAINT added FOREIGN KEY (v) REFERENCES nothere (id)'],
    ['a parent without a key', qr/./,
	'ADD CONSTRAINT added FOREIGN KEY (v) REFERENCES p (b)'],
    ['a parent of another type', qr/./,
	'ADD CONSTRAINT added FOREIGN KEY (v) REFERENCES p (c)'],
    ['a row without a parent', qr/added|foreign key/i,
	'ADD CONSTRAINT added FOREIGN KEY (v) REFERENCES p (id)'];

# Rows that were without a parent before: nobody asked about them.
given('CONSTRAINT named FOREIGN KEY (p) REFERENCES p (id)',
    "SET foreign_key_checks = 0", "UPDATE t SET p = 99 WHERE id = 4");
like_twin($s, 'an orphan that was there before', 'ADD x INT');

# --- while the application writes --------------------------------------------

sub written {
	my ($name, $alter, %start) = @_;
	Family->make($s, own => 1, self => 1, rows => 400,
	    children => [qw(c_cascade c_restrict)])->migrated($name, $alter,
	    { seed => $seed++, %start }, @slow);
}

written('cascades into the table and from it to itself',
    'ADD COLUMN extra INT NOT NULL DEFAULT 7');
written('a cascade by a key that is dropped', 'DROP FOREIGN KEY t_g',
    until => qr/\A(?!.*`t_g`)/s);
written('a key to itself that is dropped',
    'DROP FOREIGN KEY t_up, ADD COLUMN extra INT',
    until => qr/\A(?!.*`t_up`)/s);

# Who writes with the checks off gets what he wants, here as there.
{
	my $f = Family->make($s, own => 1, self => 1, rows => 200,
	    children => [], unchecked => 1);
	$f->start(seed => $seed++, session => ['SET foreign_key_checks = 0']);
	succeeded(migrate($s, 'ADD x INT', 'app', 't', @slow), 'app', 't',
	    'an application that checks no foreign keys: the run');
	$f->go_on;
	$f->same_answers('... the application');
	$f->as_native('ADD x INT', '...');
}

# The parent's metadata lock is the application's, too.
{
	my $f = Family->make($s, own => 1, rows => 100, children => []);
	$f->start(seed => $seed++);
	my $reader = $f->dbh;
	$reader->begin_work;
	$reader->selectall_arrayref("SELECT * FROM g LIMIT 1");
	my $p = start_migration($s, 'ADD x INT', 'app', 't');
	my $end = time + 3;
	sleep 0.05 while time < $end;
	$reader->rollback;
	succeeded($p->wait(60), 'app', 't', 'a reader holds the parent for ' .
	    '3 s: the run');
	$f->noticed_nothing('... the application');
	$f->as_native('ADD x INT', '...');
}

# A key that is only now being added is nobody's error before it is there.
for my $c (map { my $c = $_; map { [$_, @$c] } 'before:copy', 'after:copy' }
    ['inserts a row that has no parent', 1,
	"INSERT INTO t (id, p) VALUES (9001, 99)"],
    ['takes a row its parent', 1, "UPDATE t SET p = 99 WHERE id = 7"],
    ['deletes the parent of a row', 1, "DELETE FROM p WHERE id = 2"],
    ['deletes a parent, then its rows', 0, "DELETE FROM p WHERE id = 2",
	"DELETE FROM t WHERE p = 2"],
    ['changes the key of a parent, then its rows', 0,
	"UPDATE p SET id = 12 WHERE id = 2", "UPDATE t SET p = 12 WHERE p = 2"],
    ['inserts the row before its parent', 0,
	"INSERT INTO t (id, p) VALUES (9001, 4)", "INSERT INTO p VALUES (4, " .
	"4, 4, 'w')"],
) {
	my ($at, $name, $wrong, @app) = @$c;
	given('', "DELETE FROM t", "INSERT INTO t (id, p) SELECT 10 * x.id + " .
	    "y.id + 100 * z.id - 104, w.id FROM p w, p x, p y, p z WHERE " .
	    "w.id = y.id");
	my $alter = 'ADD CONSTRAINT added FOREIGN KEY (p) REFERENCES p (id)';
	my $p = start_to_step($s, $at, $alter, 'app', 't', '--chunk-size', 4,
	    '--threads', 1);
	ok(eval { twin_sql($s, "SET innodb_lock_wait_timeout = 2", @app); 1 },
	    "a key is added, and the application $name $at: no error")
	    or diag $@;
	$p->kill('CONT');
	my $r = $p->wait(60);
	if ($wrong) {
		isnt($r->{exit}, 0, '... but the run ends');
		like($r->{err}, qr/added|foreign key/i, '... says why');
	} else {
		succeeded($r, 'app', 't', '... and the run');
		$s->sql("USE ctl; ALTER TABLE t $alter; USE mysql");
	}
	same_twins($s, '... and all is as it should be');
}

# MySQL, where it checks foreign keys above InnoDB, may lose one of two ways by
# which a DELETE comes to a table, if there is another like it.
sub two_ways {
	my ($up, @parents) = @_;
	my $second = @parents ? 'm' : 'p';
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)", @parents,
	    "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, up INT, " .
	    "FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE, " .
	    "FOREIGN KEY (b) REFERENCES $second (id) ON DELETE SET NULL, " .
	    "FOREIGN KEY (up) REFERENCES t (id) $up)",
	    "INSERT INTO t VALUES (1, 1, 2, 1), (2, 2, NULL, 1)");
}

my @middle = ("CREATE TABLE m (id INT PRIMARY KEY, FOREIGN KEY (id) " .
    "REFERENCES p (id) ON DELETE CASCADE)", "INSERT INTO m VALUES (1), (2)");
for my $c (['two keys to one table'], ['... and one of them through another',
    @middle]) {
	my ($name, @more) = @$c;
	two_ways('ON DELETE CASCADE', @more);
	if ($s->is_mysql) {
		my $dump = twin_dump($s, 'app');
		my $r = migrate($s, 'ADD x INT', 'app', 't');
		is($r->{exit}, 17, "$name, and a key to itself: refused");
		like($r->{err}, qr/without their parent/, '... says why');
		untouched($s, $dump);
		two_ways('', @more);
	}
	like_twin($s, "$name, and a key to itself", 'ADD x INT');
}

done_testing;
