# MariaDB's table cache may hold a table whose triggers were parsed half: after
# a CREATE TRIGGER that failed under LOCK TABLES, or a KILL.  Who changes the
# triggers of such a table writes wrong files: they fire, and cannot be dropped.
# livealter opens the table anew before, with RELOAD and without.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;
$s->sql("CREATE USER poor\@'%'");
$s->sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, " .
    "TRIGGER, LOCK TABLES, REFERENCES, PROCESS, SUPER ON *.* TO poor\@'%'");
$s->sql("GRANT SELECT ON performance_schema.metadata_locks TO poor\@'%'; " .
    "GRANT SYSTEM_USER ON *.* TO poor\@'%'") if $s->is_mysql;
$s->sql("GRANT SET USER ON *.* TO poor\@'%'") if !$s->is_mysql;
my %as = ('with RELOAD' => 'root', 'without RELOAD' => 'poor');

# The server parses a decimal number only when no error stands.
sub fresh {
	twins($s, "CREATE TABLE l (n DOUBLE)", "CREATE TABLE t (id INT " .
	    "PRIMARY KEY, b BIT(8))",
	    "INSERT INTO t VALUES (1, 1), (2, 2), (3, 200)",
	    "CREATE TRIGGER u_ins AFTER INSERT ON t FOR EACH ROW " .
	    "INSERT INTO l SELECT NEW.id + 0e0",
	    "CREATE TRIGGER u_upd BEFORE UPDATE ON t FOR EACH ROW " .
	    "INSERT INTO l SELECT NEW.id + 1.5");
}

sub half_parsed {
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("LOCK TABLES t WRITE");
	my $ok = eval { $dbh->do("CREATE TRIGGER bad BEFORE INSERT ON t FOR " .
	    "EACH ROW SET NEW.nowhere = 1"); 1 };
	$dbh->do("UNLOCK TABLES");
	ok(!$ok, 'a trigger cannot be created');
	$dbh->disconnect;
}

sub judged {
	my ($alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	native_twin($s, $alter) if $alter;
	twin_sql($s, "INSERT INTO t (id) VALUES (7)", "UPDATE t SET id = 8 " .
	    "WHERE id = 1", "DROP TRIGGER u_ins", "DROP TRIGGER u_upd",
	    "UPDATE t SET id = 9 WHERE id = 2");
	same_twins($s, '... and the triggers of the user fire, and are ' .
	    'dropped');
	nothing_left($s, 'app');
}

sub run_to {
	my ($at, $user) = @_;
	my $p = start_migration($s, { connect => 0, env =>
	    { LIVEALTER_STOP_AT => $at } }, 'MODIFY b DOUBLE', 'app', 't',
	    '-S', $s->socket, '-u', $user);
	ok($p->wait_until_stopped, "... as $user, it stops $at");
	half_parsed();
	return $p;
}

for my $how (sort keys %as) {
	my $user = $as{$how};
	for my $at ('after:copy', 'before:swap') {
		fresh();
		my $p = run_to($at, $user);
		$p->kill('CONT');
		# What it reads of such a table may be an error, or not.
		my $r = $p->wait;
		ok($r->{exit} >= 0, "$how: half parsed $at: $r->{exit}");
		unlike($r->{err}, qr/error (1602|1603|1710|1711|1064)\)(?!.*
		    FLUSH\ TABLES)/sx, '... an error of it says what helps');
		judged($r->{exit} == 0 ? 'MODIFY b DOUBLE' : undef);

		fresh();
		$p = run_to($at, $user);
		$p->kill('TERM');
		$p->kill('CONT');
		isnt($p->wait->{exit}, 0, "$how: undone $at");
		judged();
	}
}

done_testing;
