# A server that has no room left: all tables are in one file that must not grow.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--innodb-file-per-table=0',
    '--innodb-data-file-path=ibdata1:12M:autoextend:max:44M']);
make_orders($s, 'app', 'orders', 50_000);
my $rows = table_checksum($s, 'app', 'orders');
my $def = $s->row("SHOW CREATE TABLE app.orders")->{'Create Table'};

# Fill it to the last page, then leave less than the half of what a copy needs.
$s->sql("CREATE DATABASE other");
$s->sql("CREATE TABLE other.part LIKE app.orders");
$s->sql("INSERT INTO other.part SELECT * FROM app.orders LIMIT 20000");
$s->sql("CREATE TABLE other.more (id INT AUTO_INCREMENT PRIMARY KEY, " .
    "pad VARCHAR(4000))");
my $full;
until ($full) {
	eval { $s->sql("INSERT INTO other.more (pad) SELECT REPEAT('x', " .
	    "4000) FROM app.orders LIMIT 100"); 1 } or $full = $@;
}
like($full, qr/is full/, 'there is no room left');
$s->sql("DROP TABLE other.part");

my $r = migrate($s, 'ADD x INT', 'app', 'orders');
is($r->{exit}, 37, 'a copy for which there is no room ends with 37')
    or diag $r->{err};
like($r->{err}, qr/copy the rows: .*full.*hint: free disk space/s,
    '... and says so');
is(table_checksum($s, 'app', 'orders'), $rows, '... the rows are as before');
is($s->row("SHOW CREATE TABLE app.orders")->{'Create Table'}, $def,
    '... and the definition');
nothing_left($s, 'app');

$s->sql("DROP DATABASE other");
# What is dropped there is free some time later.
poll_until(sub {
	$r = migrate($s, 'ADD x INT', 'app', 'orders');
	return $r->{exit} != 37;
}, 30, 'there is room again');
succeeded($r, 'app', 'orders', 'with room for it');
is(table_checksum($s, 'app', 'orders', qw(id customer state amount note
    updated)), $rows, '... with all its rows');
nothing_left($s, 'app');

done_testing;
