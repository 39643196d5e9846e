# --defer-indexes where there is room for the copy, but not for the build.
#
# long: a file of tables that is filled
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--innodb-file-per-table=0',
    '--innodb-data-file-path=ibdata1:12M:autoextend:max:80M']);
my @ALWAYS = ('--defer-indexes', 'always');

# Three indexes, of which each takes as much room as the rows.
$s->sql("CREATE DATABASE app; CREATE DATABASE other");
$s->sql("CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, " .
    "a CHAR(250) NOT NULL, b CHAR(250) NOT NULL, KEY ka (a, b), " .
    "KEY kb (b, a), KEY kc (a(100), b)) CHARSET latin1");
$s->sql("INSERT INTO app.t (a, b) WITH RECURSIVE n AS (SELECT 1 AS i UNION " .
    "ALL SELECT i + 1 FROM n WHERE i < 500) SELECT REPEAT(SHA2(i, 256), 3), " .
    "REPEAT(SHA2(-i, 256), 3) FROM n");
$s->sql("INSERT INTO app.t (a, b) SELECT REPEAT(SHA2(id + $_, 256), 3), " .
    "REPEAT(SHA2(-id - $_, 256), 3) FROM app.t") for map { 500 << $_ } 0 .. 3;
my $rows = table_checksum($s, 'app', 't');
my $def = ($s->rows("SHOW CREATE TABLE app.t"))[0][1];

$s->sql("CREATE TABLE other.part LIKE app.t");
$s->sql("ALTER TABLE other.part DROP KEY ka, DROP KEY kb, DROP KEY kc");
$s->sql("INSERT INTO other.part SELECT * FROM app.t");
$s->sql("CREATE TABLE other.part2 LIKE other.part");
$s->sql("INSERT INTO other.part2 SELECT * FROM app.t LIMIT 3000");
$s->sql("CREATE TABLE other.more (id INT AUTO_INCREMENT PRIMARY KEY, " .
    "pad VARCHAR(4000))");
my $full;
until ($full) {
	eval { $s->sql("INSERT INTO other.more (pad) SELECT REPEAT('x', " .
	    "4000) FROM app.t LIMIT 100"); 1 } or $full = $@;
}
like($full, qr/is full/, 'there is no room left');
$s->sql("DROP TABLE other.part; DROP TABLE other.part2");

# What is dropped there is free some time later.
my $r;
poll_until(sub {
	$r = migrate($s, 'ADD x INT', 'app', 't', @ALWAYS);
	return $r->{exit} != 37 || $r->{err} =~ /^livealter: building/m;
}, 30, 'there is room for the copy');
is($r->{exit}, 37, 'a build for which there is no room ends with 37')
    or diag $r->{err};
like($r->{err}, qr/build the indexes: .*hint: free disk space/s,
    '... and says so') or diag $r->{err};
is(table_checksum($s, 'app', 't'), $rows, '... the rows are as before');
is(($s->rows("SHOW CREATE TABLE app.t"))[0][1], $def,
    '... and the definition');
is(join(' ', map { $_->[0] } $s->rows("SHOW TRIGGERS FROM app")), '',
    '... and no trigger is left that would fail the application')
    or diag $r->{err};

# MariaDB has no room for any DROP TABLE then, and what is left is told.
if ($s->is_mysql) {
	nothing_left($s, 'app');
} else {
	my @left = grep { /^table _t_new/ } leftovers($s, 'app');
	my @told = grep { my ($t) = /^table (.*)/;
	    $r->{out} =~ /^DROP \N*`\Q$t\E`;/m } @left;
	is("@told", "@left", '... what is left is printed');
	unlike($r->{out}, qr/DROP TRIGGER/, '... and that is all');
}

done_testing();
