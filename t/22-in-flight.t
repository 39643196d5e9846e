# Procedures that are under way when the triggers are made, and when the tables
# are swapped.  On MariaDB each of their statements keeps its list of tables, so
# that our triggers fire in it and may open none of ours.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(ends);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mariadb = !$s->is_mysql;

# Why a statement keeps a list.
my %WHY = (
    trigger => ["CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW " .
	"SET \@seen = 1", 'n + 1'],
    referenced => ["CREATE TABLE item (id INT PRIMARY KEY, ref INT, FOREIGN " .
	"KEY (ref) REFERENCES t (id))", 'n + 1'],
    function => ["CREATE FUNCTION more (x INT) RETURNS INT DETERMINISTIC NO " .
	"SQL RETURN x + 1", 'more(n)'],
);

# A procedure that writes, waits for the lock "go", and writes the same again.
sub fresh {
	my ($why) = @_;
	my ($extra, $value) = @{$WHY{$why}};
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app;
	    CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL);
	    INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)");
	$s->sql($extra);
	$s->sql("CREATE PROCEDURE work() BEGIN
	    DECLARE i INT DEFAULT 0;
	    WHILE i < 2 DO
		UPDATE t SET n = $value WHERE id = 1;
		INSERT INTO t (id, n) VALUES (100 + i, 7);
		DELETE FROM t WHERE id = 2 + i;
		IF i = 0 THEN DO GET_LOCK('go', 60); END IF;
		SET i = i + 1;
	    END WHILE;
	    DO RELEASE_LOCK('go');
	    END");
	$s->sql("USE mysql");
}

# Calls it, and returns when it stands there.
sub call {
	my $holder = $s->dbh(database => 'app');
	$holder->selectrow_array("SELECT GET_LOCK('go', 5)");
	my $app = $s->dbh(database => 'app');
	$app->do("CALL work()", { async => 1 });
	poll_until(sub { $s->value("SELECT n FROM app.t WHERE id = 1") == 1 &&
	    $s->value("SELECT COUNT(*) FROM app.t WHERE id = 2") == 0 }, 20,
	    'the procedure is under way');
	return ($app, $holder);
}

# Lets it go on; its error, if any.
sub go_on {
	my ($app, $holder) = @_;
	$holder->selectrow_array("SELECT RELEASE_LOCK('go')");
	return eval { $app->mysql_async_result; 1 } ? '' : $@;
}

my $RIGHT = '1:12,100:7,101:7';
sub rows { $s->value("SELECT GROUP_CONCAT(CONCAT(id, ':', n) ORDER BY id) " .
    "FROM app.t") }

for my $why (sort keys %WHY) {
	fresh($why);
	my ($app, $holder) = call();
	my $p = start_migration($s, 'ADD h INT', 'app', 't');
	if ($mariadb) {
		ok($p->wait_for(qr/began before the triggers.*GET_LOCK/, 20),
		    "$why: what is under way is waited for, and named");
		# The triggers put this row into the new table ...
		$s->sql("UPDATE app.t SET n = n + 10 WHERE id = 1");
	} else {
		$s->sql("UPDATE app.t SET n = n + 10 WHERE id = 1");
	}
	# ... and do not see that it changes.
	is(go_on($app, $holder), '', "$why: the procedure meets no error");
	succeeded($p->wait(60), 'app', 't', '... the run');
	is(rows(), $RIGHT, '... and nothing is lost');
	nothing_left($s, 'app');
}

for my $why (sort keys %WHY) {
	fresh($why);
	my $p = start_to_step($s, 'before:swap', 'ADD h INT', 'app', 't');
	my ($app, $holder) = call();
	$s->sql("UPDATE app.t SET n = n + 10 WHERE id = 1");
	$p->kill('CONT');
	succeeded($p->wait(60), 'app', 't', "$why: swapped under a procedure");
	is(go_on($app, $holder), '', '... which goes on without an error');
	is(rows(), $RIGHT, '... and nothing is lost');
}

# With a revert kept open, the triggers on the new table are none that it knows.
for my $why (sort keys %WHY) {
	fresh($why);
	my $p = start_to_step($s, 'before:swap', 'ADD h INT', 'app', 't',
	    '--reversible');
	my ($app, $holder) = call();
	$s->sql("UPDATE app.t SET n = n + 10 WHERE id = 1");
	$p->kill('CONT');
	ok($p->wait_for($mariadb ? qr/began before the swap.*GET_LOCK/ :
	    qr/to swap the tables back/, 20), "$why: swapped; revert open");
	is(go_on($app, $holder), '', '... the procedure meets no error');
	succeeded($p->wait(60), 'app', 't', '... the run');
	is(rows(), $RIGHT, '... nothing is lost');
	is($s->value("SELECT GROUP_CONCAT(CONCAT(id, ':', n) ORDER BY id) " .
	    "FROM app._t_old"), $RIGHT, '... nor in the old table');
	my $r = run_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
	is($r->{exit}, 0, '... and back') or diag $r->{err};
	is(rows(), $RIGHT, '... nothing is lost');
	nothing_left($s, 'app');
}

# A signal, and the deadline, end the wait.
if ($mariadb) {
	fresh('trigger');
	my ($app, $holder) = call();
	my $dump = $s->dump('app');
	my $r = migrate($s, 'ADD h INT', 'app', 't',
	    '--metadata-lock-deadline', 1);
	ok($r->{exit} != 0, 'there is an end to the waiting');
	like($r->{err}, qr/began before the triggers have not ended in 1 s/,
	    '... which says so');
	same_dump($s->dump('app'), $dump, '... and all is undone');
	my $p = start_migration($s, 'ADD h INT', 'app', 't');
	$p->wait_for(qr/began before the triggers/, 20);
	$p->kill('INT');
	is($p->wait(60)->{exit}, 32, 'an interrupt ends it, too');
	same_dump($s->dump('app'), $dump, '... and all is undone');
	go_on($app, $holder);
}

# Without the protection, the comparison finds it.
{
	fresh('trigger');
	my ($app, $holder) = call();
	local $ENV{LIVEALTER_WITHOUT} = 'in-flight';
	my $p = start_to_step($s, 'before:copy', 'ADD h INT', 'app', 't');
	$s->sql("UPDATE app.t SET n = n + 10 WHERE id = 1");
	go_on($app, $holder);
	$p->kill('CONT');
	my $r = $p->wait(60);
	if ($mariadb) {
		ends($r, 30, qr/row 1: not the same/, 'not waited for');
	} else {
		succeeded($r, 'app', 't', 'MySQL needs no such wait');
	}
}

done_testing;
