# MariaDB loses a table from those that a session has locked when a statement
# fails and the table's CHECK, DEFAULT or generated columns hold AND or OR.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;

# Expressions of each kind, in each place where one can be.
my @what = ("a < 0 OR a > 0", "a > 0 AND a < 100", "a > 0 XOR a > 100",
    "NOT (a < 0 OR a IS NULL)", "a IN (1, 2, 3)", "a BETWEEN 0 AND 9",
    "CASE WHEN a = 5 AND a > 1 THEN 1 ELSE 2 END > 0",
    "COALESCE(a, 0) > 0 OR 1", "a LIKE '1%' OR a LIKE '2%'");
my %where = (
	check => sub { "k INT CHECK (@_), CONSTRAINT ck CHECK (@_)" },
	default => sub { "k INT DEFAULT (@_)" },
	virtual => sub { "k INT AS (@_) VIRTUAL" },
	stored => sub { "k INT AS (@_) STORED" },
);

for my $where (sort keys %where) {
	my @made;
	for my $what (@what) {
		next if $where eq 'check' && $s->is_mysql && $what =~ /XOR/;
		push @made, $where{$where}->($what =~ s/\ba\b/$where eq
		    'default' ? '7' : 'a'/ger);
	}
	my $n = 0;
	my @columns = map { s/\bk\b/"k" . $n++/er =~ s/\bck\b/"ck$n"/er }
	    @made;
	# A CHECK of a column may only be about that column.
	s/(k\d+) INT CHECK \(.*?\), CONSTRAINT/$1 INT, CONSTRAINT/ for
	    @columns;
	@columns = map { s{CONSTRAINT ck\d+ }{}r } @columns if $s->is_mysql;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)",
	    "CREATE TABLE log (i INT AUTO_INCREMENT PRIMARY KEY, v INT)",
	    "CREATE TABLE t (id INT PRIMARY KEY, a INT, " .
	    join(', ', @columns) . ", CONSTRAINT fk_a FOREIGN KEY (a) " .
	    "REFERENCES p (id))",
	    "INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
	    "CREATE TRIGGER tr AFTER DELETE ON t FOR EACH ROW INSERT INTO " .
	    "log (v) VALUES (OLD.id)",
	    "CREATE TRIGGER tu BEFORE UPDATE ON t FOR EACH ROW SET \@x = 1");
	like_twin($s, "a table with $where columns of AND, OR and the like",
	    'ADD COLUMN c INT');
	nothing_left($s, 'app');
}
done_testing();
