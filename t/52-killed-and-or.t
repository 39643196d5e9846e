# A cut-over that was killed is settled by cleanup also where MariaDB may lose a
# table from those that a session has locked (1100), because a CHECK, DEFAULT or
# generated column of it holds AND or OR.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;
my %column = (
	# A CHECK with a name has another one in the new table of MySQL.
	check => "k INT, " . ($s->is_mysql ? '' : "CONSTRAINT ck ") .
	    "CHECK (k < 0 OR k > 0 AND k < 100)",
	default => "k INT DEFAULT (1 < 0 OR 2 > 5 AND 3 > 4)",
	virtual => "k INT AS (a < 0 OR a > 5 AND a < 9) VIRTUAL",
	stored => "k INT AS (a < 0 OR a > 5 AND a < 9) STORED",
);

sub killed {
	my ($column) = @_;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)",
	    "CREATE TABLE log (i INT AUTO_INCREMENT PRIMARY KEY, v INT)",
	    "CREATE TABLE t (id INT PRIMARY KEY, up INT, a INT, $column, " .
	    "CONSTRAINT self FOREIGN KEY (up) REFERENCES t (id), " .
	    "CONSTRAINT parent FOREIGN KEY (a) REFERENCES p (id))",
	    "INSERT INTO t (id, up, a) VALUES (1, NULL, 1), (2, 1, 2)",
	    "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW SET \@x = 1",
	    "CREATE TRIGGER late AFTER DELETE ON t FOR EACH ROW INSERT INTO " .
	    "log (v) VALUES (OLD.id)");
	die_in_swap($s, 'ADD c INT', 'app', 't');
	# The one that queues for the table does what is left, or not.
	my $r = run_livealter($s, 'cleanup', 'D=app,t=t', '--dry-run');
	return grep { /ADD CONSTRAINT `parent`/ } printed_sql($r->{out});
}

for my $kind (sort keys %column) {
	my $owed;
	# It is milliseconds, and may not be met at once.
	for my $try (1 .. 15) {
		$owed = killed($column{$kind}) and last;
		run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
	}
	ok($owed, "$kind: the cut-over is killed before the names are back");
	# The application evaluates them meanwhile; on MySQL the triggers are
	# still those of the old table.
	twin_sql($s, "INSERT INTO t (id, up, a) VALUES (3, 1, 2), (4, 2, 1)",
	    "UPDATE t SET a = 3 - a");
	my $r = run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
	is($r->{exit}, 0, '... cleanup succeeds') or diag $r->{err};
	unlike($r->{err}, qr/1100|left out/, '... and leaves nothing out');
	is(native_twin($s, 'ADD c INT'), '', '... as ALTER TABLE does');
	same_twins($s, '... all names are those that it leaves');
}

done_testing;
