# Statements that pass over a row: every kind of statement, for every reason,
# while the table is copied, and what ALTER TABLE makes of a control table to
# which the same is said.  MariaDB fires AFTER UPDATE for such rows.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(given goes_on held ends tables numbers between);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mariadb = $s->is_mariadb;

# --- the table: rows to 160 are copied when the application writes ----------

my @given = (
    "CREATE TABLE par (id INT PRIMARY KEY)",
    "INSERT INTO par VALUES (1), (2), (3)",
    "CREATE TABLE %s (id INT PRIMARY KEY, seat INT NOT NULL, a INT, " .
	"b VARCHAR(9) COLLATE utf8mb4_general_ci, p INT, q INT, " .
	"s VARCHAR(20) NOT NULL, v VARCHAR(12), n DECIMAL(6,2), " .
	"changed TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) " .
	"ON UPDATE CURRENT_TIMESTAMP(3), " .
	"twice INT GENERATED ALWAYS AS (n * 2) VIRTUAL, " .
	"kind ENUM('x','y','z') NOT NULL DEFAULT 'x', bits BIT(5), " .
	"UNIQUE KEY by_seat (seat), UNIQUE KEY by_ab (a, b), " .
	"UNIQUE KEY by_twice (twice), UNIQUE KEY by_kind (kind, seat, bits)," .
	" CHECK (q < 100), FOREIGN KEY (p) REFERENCES par (id))",
    "INSERT INTO %s (id, seat, a, b, p, q, s, v, n, bits, changed) SELECT i," .
	" 1000 + i, i DIV 2, IF(i % 2, 'one', 'two'), 1 + i % 3, i % 100, " .
	"CONCAT('s', i), 'v', i, i % 32, '2024-01-02 03:04:05.678' " .
	"FROM (" . numbers(1, 300) . ") x",
    "CREATE TABLE kid_%s (ref INT, FOREIGN KEY (ref) REFERENCES %s (id))",
    "INSERT INTO kid_%s VALUES (12), (202)");

# What an UPDATE may set, of the row k; o is another row.
my %SET = (
    'a duplicate' => "seat = 1000 + {o}",
    'a duplicate, and another column' => "v = 'phantom', seat = 1000 + {o}",
    'a duplicate of two columns' => "a = {o} DIV 2, b = 'TWO', v = 'ph'",
    'a duplicate of a computed column' => "v = 'ph', n = {o}",
    'a missing parent' => "p = 99, v = 'ph'",
    'a value the CHECK refuses' => "q = 200, v = 'ph'",
    'a NULL' => "s = NULL, v = 'null'",
    'a text that is too long' => "v = REPEAT('x', 40)",
    'no number' => "n = 'abc'",
    'a taken key' => "id = {o}, v = 'ph'",
    'a free key' => "id = {k} + 500, v = 'moved'",
    'the same' => "v = v",
    'another case' => "b = UPPER(b), v = 'case'",
    'nothing special' => "v = CONCAT(v, '+'), q = NULL",
);

# Kinds of UPDATE.
my @UPDATE = (
    "UPDATE IGNORE %s SET {set} WHERE id = {k}",
    "UPDATE IGNORE %s SET {set} WHERE id IN ({k}, {k} + 2, {k} + 4)",
    "UPDATE IGNORE %s FORCE INDEX (PRIMARY) STRAIGHT_JOIN par " .
	"ON par.id = %s.p + 0 SET {set1} WHERE %s.id = {k}",
    "UPDATE %s SET {set} WHERE id IN ({k}, {k} + 2, {k} + 4)",
);

sub fill {
	my ($sql, $k, $o, $set) = @_;
	my $set1 = $set =~ s/\bid\b(?= =)/%s.id/r;
	return $sql =~ s/\{set\}/$set/gr =~ s/\{set1\}/$set1/gr =~
	    s/\{k\}/$k/gr =~ s/\{o\}/$o/gr;
}

# In the part that is copied, and in the part that is not, in this order.
sub updates {
	my @sql;
	for my $from (14, 210) {
		my ($k, $i) = ($from, 0);
		for my $why (sort keys %SET) {
			for my $update (@UPDATE) {
				push @sql, fill($update, $k + $i % 3, $from - 4,
				    $SET{$why});
				$i++;
			}
			$k += 6;
		}
	}
	return @sql;
}

my $file = $s->value("SELECT CONCAT(\@\@datadir, 'rows.txt')");
sub others {
	my @sql = (
	    # a child is there
	    (map {; "UPDATE IGNORE %s SET id = $_ + 600, v = 'ph' WHERE id = " .
		$_, "DELETE IGNORE FROM %s WHERE id IN ($_ - 1, $_)" } 12, 202),
	    "DELETE IGNORE %s FROM %s FORCE INDEX (PRIMARY) " .
		"STRAIGHT_JOIN par ON par.id = %s.p " .
		"WHERE %s.id IN (12, 13, 202, 203)",
	    # inserts of all kinds
	    (map { my $k = $_; map { fill($_, $k, $k + 3, '') }
		"INSERT IGNORE INTO %s (id, seat, s, p) VALUES ({k}, 1, 'x', " .
		    "1), ({k} + 800, 1000 + {o}, 'x', 1), ({k} + 801, " .
		    "{k} + 5000, 'x', 77), ({k} + 802, {k} + 5001, NULL, 2)",
		"INSERT INTO %s (id, seat, s) VALUES ({k}, 1, 'x') " .
		    "ON DUPLICATE KEY UPDATE v = 'odku'",
		"INSERT IGNORE INTO %s (id, seat, s) VALUES ({k}, 1, 'x') " .
		    "ON DUPLICATE KEY UPDATE v = 'ph', seat = 1000 + {o}",
		"INSERT INTO %s (id, seat, s) VALUES ({k}, 1, 'x') " .
		    "ON DUPLICATE KEY UPDATE v = 'ph', seat = 1000 + {o}",
		"INSERT IGNORE INTO %s (id, seat, s) VALUES ({k}, 1, 'x') " .
		    "ON DUPLICATE KEY UPDATE v = 'ph', p = 66",
		"INSERT INTO %s (id, seat, s) VALUES ({k} + 803, {k} + 6000," .
		    " 'x'), ({k}, 1, 'y')",
		"REPLACE INTO %s (id, seat, s, v) VALUES ({k}, 1000 + {o}, " .
		    "'r', 'replaced')",
		"REPLACE INTO %s (id, seat, s, p) VALUES ({k}, {k} + 7000, " .
		    "'r', 55)",
		"INSERT IGNORE INTO %s (id, seat, s) SELECT id + 900, seat, " .
		    "s FROM %s WHERE id IN ({k}, {o})" } 120, 280),
	    # keys that change places, and that move up
	    "DELETE FROM %s WHERE id IN (131, 191)",
	    (map { "UPDATE %s SET id = id + 1, v = 'up' WHERE id BETWEEN " .
		($_ - 8) . " AND $_ ORDER BY id DESC" } 130, 190),
	    "UPDATE IGNORE %s SET id = id + 1, v = 'ph' WHERE id BETWEEN 60 " .
		"AND 64 ORDER BY id",
	    (map { "UPDATE %s SET id = $_->[0] WHERE id = $_->[1]" }
		[-1, 70], [70, 230], [230, -1]),
	    "UPDATE %s SET id = CASE id WHEN 74 THEN 234 ELSE 74 END " .
		"WHERE id IN (74, 234)",
	    "UPDATE IGNORE %s SET id = CASE id WHEN 74 THEN 234 ELSE 74 END " .
		"WHERE id IN (74, 234)",
	    "DELETE FROM %s WHERE id IN (71, 231)",
	    "UPDATE %s SET id = 71 WHERE id = 72",
	    "UPDATE %s SET id = 231 WHERE id = 73",
	    # rows from a file
	    "SELECT id + IF(id % 2, 2000, 0), seat + IF(id % 3, 20000, 0), " .
		"'f' FROM %s WHERE id BETWEEN 90 AND 99 " .
		"INTO OUTFILE '$file-%s'",
	    "LOAD DATA INFILE '$file-%s' IGNORE INTO TABLE %s (id, seat, s)",
	    "LOAD DATA INFILE '$file-%s' REPLACE INTO TABLE %s (id, seat, s)",
	);
	return @sql;
}

# Each statement finds its rows by the primary key: else it would wait for the
# row at which the copy is held.

# Says the same to both tables; what fails for one must fail for the other.
sub app_says {
	my ($dbh, @sql) = @_;
	local $dbh->{PrintError} = 0;
	local $dbh->{RaiseError} = 0;
	my ($bad, $done) = ('', 0);
	for my $sql (@sql) {
		my %no;
		for my $t (tables()) {
			(my $x = $sql) =~ s/%s/$t/g;
			$dbh->do($x);
			$no{$t} = $dbh->err ? $dbh->err . ' ' . $dbh->errstr
			    : 0;
		}
		my ($got, $want) = map { /^(\d+)/ } @no{tables()};
		$bad .= "$sql: t $no{t}, control $no{control}\n"
		    if $got != $want;
		$done++ if !$no{control};
	}
	is($bad, '', 'the application meets no error that is not its own');
	cmp_ok($done, '>', @sql / 3, '... and much of it is done');
}

# Names of foreign keys are unique in a schema: only the rows are compared.
sub rows_like_native {
	my ($name, $alter, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	succeeded(held($s, $name, $alter, %o), 'app', 't', $name);
	$s->sql("ALTER TABLE app.control $alter");
	same_bytes($s, 'app', 't', 'control', '... the rows are ALTER\'s');
	nothing_left($s, 'app');
}

# The time of a statement is the same for both tables.
my @session = ("SET NAMES utf8mb4", "SET timestamp = 1750000000.25");
my @rc = ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
my @snap = $mariadb && eval { $s->value(
    "SELECT \@\@innodb_snapshot_isolation"); 1 } ?
    ("SET innodb_snapshot_isolation = ON") : ();
my @lax = ("SET sql_mode = ''");
my $loose = 'DROP KEY by_seat, DROP KEY by_ab, DROP KEY by_twice, ' .
    'DROP KEY by_kind, ADD h INT';

for my $c (
    ['no unique keys any more', $loose],
    ['the same keys', 'ADD h INT', @rc],
    ['a session that is not strict', $loose, @lax, @snap],
    ['values are converted', "MODIFY v VARCHAR(60) CHARACTER SET utf16, " .
	'MODIFY changed DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ' .
	'ON UPDATE CURRENT_TIMESTAMP(3), DROP n, DROP twice, ' .
	'DROP KEY by_seat', @snap],
) {
	my ($name, $alter, @more) = @$c;
	rows_like_native($name, $alter, given => \@given, session =>
	    [@session, @more], app => sub { app_says($_[0], updates(),
	    others()) });
	unlink glob("$file-*");
}

# --- partitions ----------------------------------------------------------

{
	my @parted = (
	    "CREATE TABLE %s (id INT PRIMARY KEY, v VARCHAR(9)) PARTITION BY " .
		"RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION " .
		"p1 VALUES LESS THAN (1000))",
	    "INSERT INTO %s SELECT i, 'v' FROM (" . numbers(1, 300) . ") x");
	goes_on($s, 'a partitioned table', 'ADD h INT', given => \@parted,
	    app => sub { app_says($_[0], map {;
		"UPDATE IGNORE %s SET id = id + 5000, v = 'ph' WHERE id = $_",
		"UPDATE IGNORE %s PARTITION (p0) SET id = id + 400, " .
		    "v = 'ph' WHERE id = $_",
		"UPDATE IGNORE %s SET id = id + 500, v = 'moved' WHERE " .
		    "id = $_",
		"INSERT IGNORE INTO %s VALUES ($_ + 7000, 'none')" }
		50, 250) });
}

# --- without the protection the comparison finds it -----------------------

{
	my $r = do {
		local $ENV{LIVEALTER_WITHOUT} = 'update-ignore';
		given($s, @given);
		between($s, $loose, sub { app_says($_[0],
		    "UPDATE IGNORE %s SET seat = 1003, v = 'ph' WHERE id = 2",
		    "UPDATE %s SET v = 'real' WHERE id = 5") });
	};
	if ($mariadb) {
		ends($r, 30, qr/ row 2: not the same/,
		    'without looking at the row');
	} else {
		succeeded($r, 'app', 't', 'MySQL needs no protection');
	}
}

# --- a row whose key is newer than the transaction that passes over it -------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, u INT, UNIQUE KEY (u))",
    "INSERT INTO %s VALUES (1, 1), (5, 5)");
my $p = start_to_step($s, 'after:capture', 'ADD z INT', 'app', 't');
my ($older, $newer) = map { $s->dbh(database => 'app') } 1, 2;
# Else the newer row is an error to it (1020); not every server knows that.
eval { $older->do("SET SESSION innodb_snapshot_isolation = 0") };
$older->begin_work;
$older->selectall_arrayref("SELECT * FROM $_") for 't', 'control';
$newer->do("UPDATE $_ SET id = 6 WHERE id = 5") for 't', 'control';
$older->do("UPDATE IGNORE $_ SET u = 1 WHERE id = 6") for 't', 'control';
$older->commit;
$p->kill('CONT');
succeeded($p->wait, 'app', 't', 'a key that is newer than the transaction');
same_bytes($s, 'app', 't', 'control', '... and no row is another one', 'id',
    'u');

done_testing;
