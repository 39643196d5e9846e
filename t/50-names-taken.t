# Constraints whose names are taken: ALTER TABLE refuses them, and so do we,
# before a row is copied, though they have other names until the swap.
#
# long: a migration for each
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;
my $duplicate = qr/[Dd]uplicate/;

sub given {
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)",
	    "CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT, KEY w (w), " .
	    "KEY v (v), x INT, CONSTRAINT f FOREIGN KEY (v) REFERENCES p " .
	    "(id), CONSTRAINT `a ``b\"é` FOREIGN KEY (w) REFERENCES p (id), " .
	    "CONSTRAINT c CHECK (v < 100))",
	    "INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2)",
	    "CREATE TABLE o (id INT PRIMARY KEY, v INT, CONSTRAINT other " .
	    "FOREIGN KEY (v) REFERENCES p (id), CONSTRAINT far CHECK " .
	    "(v < 50))");
}

# Refused as ALTER TABLE refuses it, by the name that was given.
sub alike {
	my ($name, $alter, $why, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	given();
	my $r = refused_like_twin($s, $name, $why, $alter, @opts);
	is($r->{exit}, 11, '... by the status of the ALTER');
	unlike($r->{err}, qr/copy the rows|create the triggers/,
	    '... before a row is copied');
	unlike($r->{err}, qr/'[^']*_livealter2?'/, '... by the name given');
}

my $key = 'FOREIGN KEY (w) REFERENCES';
alike("a foreign key's", "ADD CONSTRAINT f $key p (id)", $duplicate);
alike('... in capitals', "ADD CONSTRAINT F $key p (id)", $duplicate);
alike('... one with a strange name', 'ADD CONSTRAINT `a ``b"é` FOREIGN KEY ' .
    '(v) REFERENCES p (id)', $duplicate);
alike('... of one that references the table itself',
    "ADD CONSTRAINT f $key t (id)", $duplicate);
alike('... with --instant=try', "ADD CONSTRAINT f $key p (id)", $duplicate,
    '--instant', 'try');
alike("another table's", "ADD CONSTRAINT other $key p (id)", $duplicate);
alike('... by one that references the table itself',
    "ADD CONSTRAINT other $key t (id)", $duplicate);
alike("an index's, by the index of a foreign key", "DROP FOREIGN KEY f, " .
    "ADD KEY f (id, v), ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)",
    qr/Duplicate key name 'f'/);
alike("a CHECK's", 'ADD CONSTRAINT c CHECK (w < 9)', qr/'c'/);
alike("another table's CHECK", 'ADD CONSTRAINT far CHECK (w < 9)', qr/'far'/)
    if $s->is_mysql;
alike("a foreign key's, by a CHECK", 'ADD CONSTRAINT f CHECK (w < 9)',
    qr/'f'/) if !$s->is_mysql;

# What ALTER TABLE does in two statements only.
sub done {
	my ($name, $alter, $shown) = @_;
	given();
	my $r = migrate($s, $alter, 'app', 't');
	succeeded($r, 'app', 't', $name);
	like($s->row("SHOW CREATE TABLE app.t")->{'Create Table'}, $shown,
	    '... with the name');
}

my $of_w = qr/CONSTRAINT `f` FOREIGN KEY \(`w`\)/;
done('the name is given up', "DROP FOREIGN KEY f, ADD CONSTRAINT f $key p " .
    "(id)", $of_w);
done('... in the other order', "ADD CONSTRAINT f $key p (id), DROP FOREIGN " .
    "KEY f", $of_w);
done('... to one that references the table itself',
    "DROP FOREIGN KEY f, ADD CONSTRAINT f $key t (id)", $of_w);
if ($s->is_mariadb) {
	done("... by a CHECK", 'DROP FOREIGN KEY f, ADD CONSTRAINT f CHECK ' .
	    '(w < 9)', qr/CONSTRAINT `f` CHECK/);
	given();
	like_twin($s, 'it is there already, with IF NOT EXISTS', "ADD " .
	    "CONSTRAINT f FOREIGN KEY IF NOT EXISTS (w) REFERENCES p (id), " .
	    "ADD y INT");
	given();
	like_twin($s, "another table's CHECK", 'ADD CONSTRAINT far CHECK ' .
	    '(w < 9)');
}

done_testing;
