# A tablespace that has a little less room each time, until nothing can be
# created in it: wherever the room ends, that is the error.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--innodb-file-per-table=0',
    '--innodb-data-file-path=ibdata1:12M:autoextend:max:80M']);
$s->sql("CREATE DATABASE app; CREATE DATABASE other");
$s->sql("CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, " .
    "a CHAR(250) NOT NULL, KEY ka (a)) CHARSET latin1");
$s->sql("INSERT INTO app.t (a) WITH RECURSIVE n AS (SELECT 1 AS i UNION " .
    "ALL SELECT i + 1 FROM n WHERE i < 900) SELECT REPEAT(SHA2(i, 256), 3) " .
    "FROM n");
$s->sql("INSERT INTO app.t (a) SELECT a FROM app.t") for 1, 2;
my $rows = table_checksum($s, 'app', 't');
my $def = ($s->rows("SHOW CREATE TABLE app.t"))[0][1];

# Until an error says no.
sub as_often_as_it_goes {
	my ($sql) = @_;
	my $n = 0;
	$n++ while eval { $s->sql($sql =~ s/%d/$n/r); 1 };
	return $n;
}
$s->sql("CREATE TABLE other.more (id INT AUTO_INCREMENT PRIMARY KEY, " .
    "pad VARCHAR(4000))");
as_often_as_it_goes("INSERT INTO other.more (pad) SELECT REPEAT('x', 4000) " .
    "FROM app.t LIMIT $_") for 100, 1;
my (%step, $left);
sub try_it {
	my ($name) = @_;
	my $r = migrate($s, 'ADD x INT, ADD KEY kx (x)', 'app', 't');
	is($r->{exit}, 37, "$name: the exit status is that of a full disk")
	    or diag $r->{err};
	like($r->{err}, qr/^livealter: hint: free disk space where/m,
	    '... and the hint') or diag $r->{err};
	is(table_checksum($s, 'app', 't'), $rows, '... the rows are as before');
	is(($s->rows("SHOW CREATE TABLE app.t"))[0][1], $def,
	    '... and the definition');
	is(join(' ', map { $_->[0] } $s->rows("SHOW TRIGGERS FROM app")), '',
	    '... and no trigger is left');
	$left = $r->{err} =~ /to remove what is left, later/;
	$step{$1} = 1 if $r->{err} =~ /^livealter: error: ([^:]+): /m;
}

# Each table takes the room of one more that a run would need.  At some point
# MariaDB has no room to drop one, either, and says what it had to leave.
my $n = 0;
do {
	try_it("with $n tables more");
} while (!$left && eval { $s->sql("CREATE TABLE other.t" . ++$n . " (id INT " .
    "PRIMARY KEY, a INT, b INT, KEY (a), KEY (b))") for 1 .. 4; 1 });
as_often_as_it_goes("CREATE TABLE other.u%d (id INT PRIMARY KEY)");
try_it('with no room at all') if !$left;
ok(keys %step > 1, 'not all of them ended at the same step');
note join ', ', sort keys %step;

done_testing();
