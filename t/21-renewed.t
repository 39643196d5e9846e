# An UPDATE that changes nothing leaves ON UPDATE CURRENT_TIMESTAMP alone, but
# MariaDB shows the triggers the current time for it; and UPDATE IGNORE passes
# over rows.  Each kind of date, NULL or not, alone and in a unique key.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
$s->sql("CREATE DATABASE app");
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @renewed = ('TIMESTAMP NULL', 'TIMESTAMP(3) NULL',
    'DATETIME', 'DATETIME(6)');
my @keyed = (@renewed, 'DATE', 'TIME', 'TIME(2)', 'INT', 'VARCHAR(20)',
    'VARBINARY(20)', 'DECIMAL(20,2)', 'BIT(40)');

# The precision of the type.
sub now_of { $_[0] =~ /(\(\d\))/ ? "CURRENT_TIMESTAMP$1" : 'CURRENT_TIMESTAMP' }

my $columns = join '', (map { ", r$_ $renewed[$_] DEFAULT NULL ON UPDATE " .
    now_of($renewed[$_]) } 0 .. $#renewed),
    map { ", k$_ $keyed[$_] DEFAULT NULL, UNIQUE KEY (k$_)" } 0 .. $#keyed;
$s->sql("CREATE TABLE app.t (id INT PRIMARY KEY, n INT$columns)");
$s->sql("INSERT INTO app.t (id, n) VALUES (1, 1), (2, 2), (3, 3), (4, 4)");
$s->sql("UPDATE app.t SET n = 0, r$_ = '2024-01-02 03:04:05' WHERE id > 2")
    for 0 .. $#renewed;
$s->sql("UPDATE app.t SET r$_ = NULL WHERE id < 3") for 0 .. $#renewed;
# A value that a row of its own has, in each key.
my @value = ((map { "'2024-01-02 03:04:05'" } 0 .. $#renewed), "'2024-01-02'",
    "'03:04:05'", "'03:04:05'", 5, "'a'", "'a'", 5, 5);
$s->sql("UPDATE app.t SET k$_ = $value[$_] WHERE id = 4") for 0 .. $#keyed;
copy_table($s, 'app', 't', 'control');

my @sql = ('SET timestamp = 1780000010.25',
    'UPDATE %s SET n = n WHERE id IN (1, 3)',
    'UPDATE %s SET n = n + 1 WHERE id = 2',
    (map { "UPDATE IGNORE %s SET k$_ = $value[$_], n = 77 WHERE id IN " .
    "(1, 3)" } 0 .. $#keyed),
    (map { "UPDATE IGNORE %s SET k$_ = NULL, n = n WHERE id = 4" } 0 ..
    $#keyed));
my $p = start_to_step($s, 'after:copy', $ALTER, 'app', 't');
my $dbh = $s->dbh(database => 'app');
for my $sql (@sql) {
	$dbh->do($sql =~ s/%s/$_/r) for 't', 'control';
}
$p->kill('CONT');
succeeded($p->wait(60), 'app', 't', 'rows that are not changed, or passed ' .
    'over: it');
$s->sql("ALTER TABLE app.control $ALTER");
same_bytes($s, 'app', 't', 'control', '... with the values of ALTER TABLE');
same_definition($s, 'app', 't', 'control', '... and its definition');
nothing_left($s, 'app');

done_testing;
