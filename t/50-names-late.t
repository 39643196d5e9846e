# Names of foreign keys that another table of the schema has, which no look into
# the catalogue is needed for (an account may not see the table), also one that
# comes during the copy.  It is found before the tables are swapped, and all is
# as it was; and where that is left out, the run does not claim success.
#
# long: two migrations for each
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;

sub given {
	fresh_schema($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)",
	    "CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT, KEY (w), " .
	    "CONSTRAINT f FOREIGN KEY (v) REFERENCES p (id))",
	    "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)",
	    "CREATE TABLE child (id INT PRIMARY KEY, t INT, CONSTRAINT c " .
	    "FOREIGN KEY (t) REFERENCES t (id))",
	    "CREATE TABLE o (id INT PRIMARY KEY)");
	$s->dbh(database => 'app')->do("CREATE TRIGGER tr BEFORE INSERT ON " .
	    "t FOR EACH ROW SET NEW.v = 1");
}

# The other table has a foreign key of that name.
sub take {
	my ($name) = @_;
	$s->sql("ALTER TABLE app.o ADD CONSTRAINT " . Story::q($name) .
	    " FOREIGN KEY (id) REFERENCES app.p (id)");
}

sub state_of { $s->dump('app') . Twin::triggers_shown($s, 'app') }

sub refused {
	my ($r, $name, $before) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 11, $name) or diag $r->{err};
	like($r->{err}, qr/[Dd]uplicate/, '... says why');
	unlike($r->{out}, qr/Successfully/, '... claims nothing');
	same_dump(state_of(), $before, '... and all is as it was');
}

my @cases = (
    ['that the ALTER gives', 'late', 'ADD CONSTRAINT late FOREIGN KEY (w) ' .
	'REFERENCES p (id)'],
    ['to the table itself', 'late', 'ADD CONSTRAINT late FOREIGN KEY (w) ' .
	'REFERENCES t (id)'],
    ['that the server would give', 't_ibfk_1',
	'ADD FOREIGN KEY (w) REFERENCES p (id)'],
    ["that stands in for a child's", 'c_livealter', 'ADD COLUMN z INT'],
    ['that it has until the swap', 'livealter_late', 'ADD CONSTRAINT late ' .
	'FOREIGN KEY (w) REFERENCES p (id)'],
    ['in another case', 'LATE', 'ADD CONSTRAINT `late` FOREIGN KEY (w) ' .
	'REFERENCES p (id)'],
    ['with quotes', 'l`a"é', 'ADD CONSTRAINT `l``a"é` FOREIGN KEY (w) ' .
	'REFERENCES p (id)'],
);
for my $c (@cases) {
	my ($name, $taken, $alter) = @$c;
	for my $opts ([], ['--reversible']) {
		given();
		take($taken);
		my $before = state_of();
		my $r = migrate($s, $alter, 'app', 't', @$opts);
		refused($r, "a name $name (@$opts)", $before);
		unlike($r->{err}, qr/copy the rows|create the triggers/,
		    '... before a row is copied');
		given();
		my $p = start_to_step($s, 'before:swap', $alter, 'app', 't',
		    @$opts);
		take($taken);
		$p->kill('CONT');
		refused($p->wait(60), '... or one that comes during the copy',
		    $before);
	}
}

# Just in the moment of the swap.
{
	given();
	my %env = (LIVEALTER_WITHOUT => 'fkey-names', LIVEALTER_STOP_AT =>
	    'before:swap');
	my $p = start_migration($s, { env => \%env }, $cases[0][2], 'app', 't');
	$p->wait_until_stopped or fail('it comes to the swap');
	take('late');
	$p->kill('CONT');
	my $r = $p->wait(60);
	like($r->{exit}, qr/\A(?:15|38)\z/, 'found after the swap')
	    or diag $r->{err};
	like($r->{err}, qr/late/, '... it is named');
	# MariaDB's is left to cleanup, when the name is free.
	$s->sql("ALTER TABLE app.o DROP FOREIGN KEY late");
	if ($r->{exit} == 38) {
		$r = run_livealter($s, 'cleanup', dsn('app', 't'));
		is($r->{exit}, 0, '... cleanup completes it') or diag $r->{err};
		like($s->row("SHOW CREATE TABLE app.t")->{'Create Table'},
		    qr/CONSTRAINT `late` FOREIGN KEY/, '... with the name');
	} else {
		unlike($r->{out}, qr/Successfully/, '... and not claimed');
	}
	nothing_left($s, 'app');
}

done_testing;
