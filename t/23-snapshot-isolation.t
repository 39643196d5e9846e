# innodb_snapshot_isolation (MariaDB): our triggers cause no error 1020, and the
# application gets each that is its own, as without us.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(given between tables like_native);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
if (!eval { $s->value("SELECT \@\@innodb_snapshot_isolation"); 1 }) {
	pass('this server has no innodb_snapshot_isolation');
	done_testing;
	exit;
}

# In a transaction that has read, after which others have written to row 2 of
# each table and, by our triggers, to rows of the new one: says each statement
# and returns the error numbers, 0 for none.
sub numbers_of {
	my ($t, @sql) = @_;
	my @no;
	for my $sql (@sql) {
		my $dbh = $s->dbh(database => 'app');
		$dbh->do("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE " .
		    "READ");
		$dbh->do("SET innodb_snapshot_isolation = ON");
		$dbh->begin_work;
		$dbh->selectall_arrayref("SELECT * FROM $t");
		# the new table's rows are written: by triggers of others
		$s->sql("UPDATE app.$t SET v = v + 100 WHERE id IN (2, 12)");
		(my $x = $sql) =~ s/%s/$t/g;
		local $dbh->{PrintError} = 0;
		push @no, eval { $dbh->do($x); 1 } ? 0 : $dbh->err;
		is($dbh->selectrow_array(
		    "SELECT \@\@innodb_snapshot_isolation"), 1,
		    "the session is as it was: $x");
		eval { $dbh->rollback };
	}
	return "@no";
}

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, u INT UNIQUE, v INT)",
    "INSERT INTO %s SELECT seq, seq, 0 FROM seq_1_to_40");
my @sql = (
    "UPDATE %s SET v = v + 1 WHERE id = 1",
    "UPDATE %s SET v = v + 1 WHERE id IN (1, 2)",
    "UPDATE %s SET id = id + 100 WHERE id IN (1, 2)",
    "UPDATE %s SET u = u + 100 WHERE id IN (1, 12)",
    "UPDATE IGNORE %s SET u = 5 WHERE id IN (1, 2)",
    "DELETE FROM %s WHERE id = 1",
    "DELETE FROM %s WHERE id IN (1, 2)",
    "INSERT INTO %s VALUES (200, 200, 1)",
    "INSERT INTO %s VALUES (200, 200, 1), (1, 1, 1) " .
	"ON DUPLICATE KEY UPDATE v = 9",
    "INSERT INTO %s VALUES (200, 200, 1), (2, 2, 1) " .
	"ON DUPLICATE KEY UPDATE v = 9",
    "REPLACE INTO %s VALUES (1, 1, 5), (2, 2, 5)");

my %way = ('while it copies' => [[], 'before:copy'],
    'when it is copied' => [[], 'after:copy']);
for my $name (sort keys %way) {
	my $r = between($s, 'ADD h INT', sub {
		is(numbers_of('t', @sql), numbers_of('control', @sql),
		    "$name: the same errors as without us");
		}, at => $way{$name}[1]);
	succeeded($r, 'app', 't', '... the run');
	$s->sql("ALTER TABLE app.control ADD h INT");
	like_native($s, '...');
	$s->sql("ALTER TABLE app.$_ DROP h") for tables();
}

# The same triggers, the other way round, after the swap.
succeeded(migrate($s, 'ADD h INT', 'app', 't', '--reversible'), 'app', 't',
    'a reversible one');
$s->sql("ALTER TABLE app.control ADD h INT");
s/VALUES \((\d+), (\d+), (\d)\)/VALUES ($1, $2, $3, 0)/g,
    s/, \((\d+), (\d+), (\d)\)/, ($1, $2, $3, 0)/g for @sql;
is(numbers_of('t', @sql), numbers_of('control', @sql),
    '... and the same errors as without us after the swap');

done_testing;
