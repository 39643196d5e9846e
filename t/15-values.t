# Values come out as ALTER TABLE makes them, in the copy and in the triggers.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @slow = ('--chunk-size', 10, '--sleep', 0.05, '--threads', 1);
$s->sql("CREATE DATABASE app");

sub make {
	my ($columns, $values, $n) = @_;
	$s->sql("DROP TABLE IF EXISTS app.t, app.c; CREATE TABLE app.t " .
	    "(id INT AUTO_INCREMENT PRIMARY KEY, $columns, w INT) DEFAULT " .
	    "CHARSET=utf8mb4; INSERT INTO app.t VALUES " . join(', ',
	    map { "($_, $values, 0)" } 1 .. $n // 60));
	copy_table($s, 'app', 't', 'c');
}

# While it is copied each row is written once, without changing the values.
sub as_native {
	my ($name, $alter, @sql) = @_;
	my $mark = $s->log_mark;
	my $p = start_migration($s, $alter, 'app', 't', @slow);
	copying($s, $mark, $p);
	my $dbh = $s->dbh(database => 'app');
	for my $sql (@sql ? @sql : 'UPDATE %s SET w = w + 1 WHERE id % 3') {
		for my $t ('t', 'c') {
			(my $x = $sql) =~ s/%s/$t/;
			$dbh->do($x);
		}
	}
	succeeded($p->wait(60), 'app', 't', $name);
	$s->sql("ALTER TABLE app.c $alter");
	same_bytes($s, 'app', 't', 'c', '... with the values of ALTER TABLE');
	same_definition($s, 'app', 't', 'c', '... and its definition');
	nothing_left($s, 'app');
}

for my $to ('VARCHAR(40)', 'VARBINARY(40)', 'TEXT') {
	make('f FLOAT, g FLOAT(7,2), d DOUBLE, z INT(8) ZEROFILL, y YEAR, ' .
	    'n DECIMAL(9,2) ZEROFILL, b BIGINT UNSIGNED', "0.1, 12345.67, " .
	    "1e-20, 42, 2024, 7.5, 18446744073709551615");
	as_native("numbers to $to keep the digits they show",
	    join ', ', map { "MODIFY $_ $to" } qw(f g d z y n b));
}
make('y YEAR, i INT, u VARCHAR(20), v VARBINARY(9), x BIT(9), h CHAR(9)',
    "0000, -5, '12.6', x'00ff41', 300, 'a'");
as_native('from kind to kind', 'MODIFY y VARCHAR(4), MODIFY i DECIMAL(20,3), '
    . 'MODIFY u DECIMAL(9,3), MODIFY v VARBINARY(20), MODIFY x INT, '
    . 'MODIFY h VARBINARY(9)');
make('a VARBINARY(9), b BLOB, c VARBINARY(9)', "'a', 'a', x'0061'");
as_native('bytes that are fewer than a character has', 'MODIFY a VARCHAR(9) ' .
    'CHARACTER SET utf16, MODIFY b TEXT CHARACTER SET utf32, MODIFY c ' .
    'VARCHAR(9) CHARACTER SET ucs2');
make('f FLOAT, g FLOAT(9,3), d DOUBLE, e DOUBLE(12,4), n DOUBLE',
    '0.1, 12.345, -3.14159265, 0.0625, 5.9434999');
as_native('DOUBLEs that keep some digits', 'MODIFY f DOUBLE(9,3), MODIFY g ' .
    'DOUBLE(9,2), MODIFY d DOUBLE(20,7), MODIFY e DOUBLE(12,2), MODIFY n ' .
    'DOUBLE(9,3)');
make('d DATETIME(6), t TIMESTAMP(6) NULL, i INT, b TINYINT',
    "'2026-01-31 23:59:59.999999', '2026-01-31 23:59:59.999999', -1, -128");
as_native('moments that become days, and numbers with a sign bits',
    'MODIFY d DATE, MODIFY t DATE, MODIFY i BIT(64), MODIFY b BIT(64)');
if ($s->is_mysql) {
	make('i BIGINT UNSIGNED, f FLOAT, d DECIMAL(9,3), j JSON, t TEXT',
	    "18446744073709551615, 0.1, -12.500, '{\"b\": 1, \"a\": 2}', " .
	    "'[1, 2]'");
	as_native('to and from JSON', 'MODIFY i JSON, MODIFY f JSON, ' .
	    'MODIFY d JSON, MODIFY j TEXT, MODIFY t JSON');
}
make("e SET('a', 'b''x', 'c\\\\d'), f SET('a', 'b'), g ENUM('x', 'y')",
    "'a,b''x,c\\\\d', 'b', 'y'");
as_native('members in another order', "MODIFY e SET('c\\\\d', 'a', 'z', " .
    "'b''x'), MODIFY f SET('b', 'a'), MODIFY g ENUM('y', 'x', 'q')");

# MariaDB shows triggers the statement's time, and does not store it.
make('ts DATETIME ON UPDATE CURRENT_TIMESTAMP, t2 TIMESTAMP NOT NULL DEFAULT ' .
    'CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP', "'2026-01-01', " .
    "'2026-01-01'", 200);
as_native('ON UPDATE and a statement that changes nothing', 'ADD z INT',
    'UPDATE %s SET w = w', 'UPDATE %s SET w = 1, ts = NULL, t2 = ' .
    "'2026-02-02' WHERE id % 7 = 0", 'INSERT INTO %s (id, w) VALUES (3, 0) ' .
    'ON DUPLICATE KEY UPDATE w = VALUES(w)');

make('a INT', '1', 30);
$s->sql("DELETE FROM app.t WHERE id > 10; DELETE FROM app.c WHERE id > 10");
as_native('AUTO_INCREMENT below the old counter', 'AUTO_INCREMENT = 15');
as_native('AUTO_INCREMENT below the rows', 'AUTO_INCREMENT = 3');

for my $c (['a text to a BIT', "MODIFY a BIT(9)", qr/as ALTER TABLE would/],
    ['a POINT without a value', 'ADD p POINT NOT NULL', qr/no DEFAULT/]) {
	my ($name, $alter, $why) = @$c;
	make('a VARCHAR(9)', "'12'");
	my $dump = $s->dump('app');
	my $r = migrate($s, $alter, 'app', 't');
	is($r->{exit}, 17, "$name: refused");
	like($r->{err}, $why, '... with the reason');
	same_dump($s->dump('app'), $dump, '... and untouched');
}

done_testing;
