# Keys of a table to itself, and an ALTER that changes what they reference: the
# new table's key references the old one until the swap, and would find out
# only then.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;

# With keys to another table, too; the server numbers what has no name.
sub given {
	my ($type, $keys) = @_;
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2), (3)",
	    "CREATE TABLE t (id $type AUTO_INCREMENT PRIMARY KEY, q INT, " .
	    "c INT, up $type, a INT, b INT, v INT, UNIQUE KEY a (a), " .
	    "KEY b (b)" . ($keys ? ", $keys" : '') . ")",
	    "INSERT INTO t VALUES (1, 1, 1, NULL, 1, NULL, 1), " .
	    "(2, 2, 3, 1, 2, 1, 2), (3, 3, NULL, 2, 3, 1, 3)");
}

# Refused before a row is copied, by --dry-run as well.
sub refused_early {
	my ($name, $why, $alter, @opts) = @_;
	my $dump = twin_dump($s, 'app');
	my $dry = run_livealter($s, '--alter', $alter, dsn('app', 't'),
	    '--dry-run', @opts);
	is($dry->{exit}, 17, "$name: --dry-run refuses it");
	untouched($s, $dump);
	my $r = refused_like_twin($s, $name, $why, $alter, @opts);
	is($r->{exit}, 17, '... by the exit status of what is refused');
	unlike($r->{err}, qr/copy the rows/, '... before a row is copied');
	is(join(', ', leftovers($s, 'app')), '', '... with nothing left');
}

my $to_p = 'FOREIGN KEY (q) REFERENCES p (id), FOREIGN KEY (c) ' .
    'REFERENCES p (id) ON DELETE CASCADE';
my $up = 'FOREIGN KEY (up) REFERENCES t (id)';
for my $c (
    ['alone', "$up ON DELETE SET NULL"],
    ['that does nothing', $up],
    ['and others, with names', "CONSTRAINT own $up ON DELETE SET NULL, " .
	'CONSTRAINT one FOREIGN KEY (q) REFERENCES p (id)'],
    ['and others without names', "$to_p, $up ON DELETE SET NULL"],
) {
	my ($name, $keys) = @$c;
	for my $opts ([], ['--reversible']) {
		given('INT', $keys);
		refused_early("a key to itself $name, and another type for " .
		    "what it references (@$opts)",
		    qr/foreign key .* could not reference the new table/,
		    'CHANGE id number BIGINT AUTO_INCREMENT', @$opts);
	}
	given('BIGINT', $keys);
	like_twin($s, '... and another name only',
	    'CHANGE id number BIGINT AUTO_INCREMENT');
}

my $own = 'CONSTRAINT own FOREIGN KEY (b) REFERENCES t (a)';
for my $c (
    ['another type', qr/own/, 'MODIFY a BIGINT'],
    ['no index', qr/own/, 'DROP KEY a'],
    ['nothing at all', qr/own/, 'DROP COLUMN a'],
) {
	my ($name, $why, $alter) = @$c;
	for my $rule ('', ' ON DELETE SET NULL') {
		given('INT', $own . $rule);
		refused_early("what a key to itself$rule references becomes " .
		    $name, $why, $alter);
	}
}

for my $c (
    ['another type', 'MODIFY a BIGINT'],
    ['another name', 'CHANGE a aa INT'],
    ['no index', 'DROP KEY a'],
) {
	my ($name, $alter) = @$c;
	given('INT');
	refused_early("a key to itself is added, and what it references " .
	    "gets $name", qr/own/, "ADD $own, $alter");
}

given('INT');
like_twin($s, 'one is added to a column that gives its name to another',
    "ADD $own, CHANGE a aa INT, CHANGE id a INT NOT NULL AUTO_INCREMENT");
given('INT', $own);
like_twin($s, 'what one references gives its name to another',
    'CHANGE a id INT, CHANGE id a INT NOT NULL AUTO_INCREMENT');
given('INT', $own);
like_twin($s, 'the index of what one references is another',
    'DROP KEY a, ADD UNIQUE KEY other (a)');

done_testing;
