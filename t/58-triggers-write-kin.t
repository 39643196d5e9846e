# Triggers that write to parents and children: whoever locks a table locks these
# for writing, too, and the program's own connections must not wait for each
# other.  Meanwhile the application adds and removes parents with their rows.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $seed = $ENV{SEED} // 58;
note "SEED=$seed";
my $s = Server->start;

my @tables = ("CREATE TABLE p (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0)",
    "CREATE TABLE log (i INT AUTO_INCREMENT PRIMARY KEY, v INT)",
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, p INT, up INT, " .
    "v INT NOT NULL DEFAULT 0, " .
    "CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (id), " .
    "CONSTRAINT of_up FOREIGN KEY (up) REFERENCES t (id))",
    "INSERT INTO p (id) VALUES (1), (2)",
    "INSERT INTO t (p, up) VALUES (1, NULL), (1, 1), (2, NULL)");
my @child = ("CREATE TABLE c (id INT PRIMARY KEY AUTO_INCREMENT, t INT, " .
    "n INT NOT NULL DEFAULT 0, CONSTRAINT of_t FOREIGN KEY (t) " .
    "REFERENCES t (id) ON DELETE CASCADE)",
    "INSERT INTO c (t) VALUES (1), (3)");
my $bump = "UPDATE p SET n = n + 1 WHERE id = NEW.p";
my $count = "CREATE FUNCTION counted (i INT) RETURNS INT " .
    "MODIFIES SQL DATA BEGIN UPDATE p SET n = n + 1 WHERE id = i; " .
    "RETURN i; END";

# What the triggers do, and what is altered otherwise.
my @cases = (
	['its parent', [], "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH " .
	    "ROW $bump"],
	['its parent, and the swap can be reverted', ['--reversible'],
	    "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW $bump"],
	['its parent, in a procedure', [], "CREATE PROCEDURE bump (i INT) " .
	    "UPDATE p SET n = n + 1 WHERE id = i", "CREATE TRIGGER tr " .
	    "AFTER INSERT ON t FOR EACH ROW CALL bump(NEW.p)"],
	['its parent, in a function', [], $count, "CREATE TRIGGER tr " .
	    "BEFORE INSERT ON t FOR EACH ROW SET NEW.v = counted(NEW.p)"],
	['its parent, by the trigger of another table', [], "CREATE TRIGGER " .
	    "tl AFTER INSERT ON log FOR EACH ROW UPDATE p SET n = n + 1 " .
	    "WHERE id = NEW.v", "CREATE TRIGGER tr AFTER INSERT ON t FOR " .
	    "EACH ROW INSERT INTO log (v) VALUES (NEW.p)"],
	['its child', [], @child, "CREATE TRIGGER tr AFTER UPDATE ON t FOR " .
	    "EACH ROW UPDATE c SET n = n + 1 WHERE t = NEW.id"],
	['its child, and the child\'s its parent', [], @child, "CREATE " .
	    "TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO c (t) " .
	    "VALUES (NEW.id)", "CREATE TRIGGER tc AFTER INSERT ON c FOR " .
	    "EACH ROW UPDATE p SET n = n + 1 WHERE id = 1"],
	['the table, from a child', [], @child, "CREATE TRIGGER tc AFTER " .
	    "INSERT ON c FOR EACH ROW UPDATE t SET v = v + 1 WHERE id = " .
	    "NEW.t"],
	['the table, from its parent', [], "CREATE TRIGGER tp AFTER UPDATE " .
	    "ON p FOR EACH ROW UPDATE t SET v = v + 1 WHERE p = NEW.id"],
);

# A row and its parent come; those of some time ago go, the parent at once,
# when nothing but the old table could still hold it.
sub transaction {
	my ($dbh, $rnd) = @_;
	my $id = 100 + $rnd->(1000);
	$dbh->do("DELETE FROM t WHERE p = ?", undef, $id);
	$dbh->do("DELETE FROM p WHERE id = ?", undef, $id);
	$dbh->do("INSERT INTO p (id) VALUES (?)", undef, $id);
	$dbh->do("INSERT INTO t (p) VALUES (?)", undef, $id);
	$dbh->do("UPDATE t SET v = v + 1 WHERE p = ?", undef, $id);
	$dbh->do("UPDATE p SET n = n + 1 WHERE id = 1");
}

for my $case (@cases) {
	my ($name, $opts, @sql) = @$case;
	twins($s, @tables, @sql);
	my $r = migrate($s, 'ADD x INT', 'app', 't', @$opts);
	succeeded($r, 'app', 't', "writes to $name");
	unlike($r->{err}, qr/is in use|is never free/,
	    '... and nothing stands in its way');
	$r = run_livealter($s, 'cleanup', 'D=app,t=t');
	is($r->{exit}, 0, '... nothing is wrong with what is left') or
	    diag $r->{err};
	is(native_twin($s, 'ADD x INT'), '', '... as ALTER TABLE does');
	same_twins($s, '... and all is what that makes of it');
	nothing_left($s, 'app');
	my $w = start_writer($s, db => 'app', seed => $seed,
	    transaction => \&transaction);
	$r = migrate($s, 'ADD y INT, DROP COLUMN x', 'app', 't', @$opts);
	succeeded($r, 'app', 't', '... under load');
	my @error = @{$w->stop->{errors}};
	# The deadlocks that the manual's BUGS tell of.
	my @dead = $s->is_mysql ? grep { /Deadlock found/ } @error : ();
	cmp_ok(scalar @dead, '<=', 5, '... which meets few deadlocks, if any');
	is(join('', grep { !$s->is_mysql || !/Deadlock found/ } @error), '',
	    '... of which nobody notices anything');
	is($s->value("SELECT COUNT(*) FROM app.t LEFT JOIN app.p ON p.id = " .
	    "t.p WHERE t.p IS NOT NULL AND p.id IS NULL"), 0,
	    '... and each row has its parent');
}

# --- the old table's keys go before the RENAME; the server dies in between ----

if (!$s->is_mysql) {
	twins($s, @tables, "CREATE TABLE q (id INT PRIMARY KEY)",
	    "ALTER TABLE t ADD q INT, ADD CONSTRAINT of_q FOREIGN KEY (q) " .
	    "REFERENCES q (id) ON DELETE SET NULL", "CREATE TRIGGER tr " .
	    "AFTER INSERT ON t FOR EACH ROW $bump");
	# Indexes that the server made for them come in another order.
	my $sorted = sub { join "\n", sort map { s/,$//r } split /\n/,
	    twin_dump($s, 'app') };
	my $dump = $sorted->();
	my $p = start_to_step($s, 'before:swap', 'ADD x INT, ADD ' .
	    'CONSTRAINT new_p FOREIGN KEY (p) REFERENCES p (id)', 'app',
	    't');
	my $reader = open_reader($s, 't');
	my $mark = $s->log_mark;
	$p->kill('CONT');
	poll_until(sub { said_once($s, $mark, qr/^LOCK TABLES/) }, 30,
	    'it is about to swap');
	$p->kill('KILL');
	gone($s, $mark, $p);
	$reader->rollback;
	$reader->disconnect;
	$s->sql("ALTER TABLE app.t DROP FOREIGN KEY of_p, " .
	    "DROP FOREIGN KEY of_up, DROP FOREIGN KEY of_q");
	my $r = run_livealter($s, 'cleanup', 'D=app,t=t');
	is($r->{exit}, 0, 'killed when the old keys were gone, it is ' .
	    'cleaned up') or diag $r->{err};
	same_dump($sorted->(), $dump, '... and they are back, and no others');
	nothing_left($s, 'app');
}
done_testing();
