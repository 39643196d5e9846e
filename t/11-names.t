# Whatever a database, a table, a column and an index may be called.
#
# long: each of many names, with three migrations of each
use strict;
use warnings;
use utf8;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
    qw(output failure_output todo_output);

my $seed = $ENV{SEED} // 11;
note "SEED=$seed";
my $s = Server->start;

sub bytes { my ($x) = @_; utf8::encode($x); $x }

sub story {
	my ($what, %n) = @_;
	my ($d, $t, $c, $i) = map { $_ // 'plain' } @n{qw(db table col index)};
	$d = 'names' if !defined $n{db};
	my ($bd, $bt, $bc, $bi) = map { bytes($_) } $d, $t, $c, $i;
	my $db = Story::q($bd);
	my $made = eval {
		$s->sql("CREATE DATABASE $db");
		$s->sql("CREATE TABLE $db." . Story::q($bt) . " (
		id INT AUTO_INCREMENT, " . Story::q($bc) . " VARCHAR(20),
		n INT,
		UNIQUE KEY (id, n), PRIMARY KEY (id), KEY " .
		    Story::q($bi) . " (" . Story::q($bc) . "))");
		1;
	};
	if (!$made) {
		note "$what: the server refuses: $@";
		eval { $s->sql("DROP DATABASE $db") };
		return;
	}
	$s->sql("INSERT INTO $db." . Story::q($bt) . " (" . Story::q($bc) .
	    ", n) VALUES " . join ', ', map { "('v$_', $_)" } 1 .. 60);
	copy_table($s, $bd, $bt, 'control');

	my $dump = $s->dump($bd);
	my $dsn = dsn($bd, $bt);
	my $alter = "ADD z INT DEFAULT 5, MODIFY " . Story::q($bc) .
	    " VARCHAR(40)";
	my $r = run_livealter($s, '--alter', $alter, $dsn, '--dry-run');
	is($r->{exit}, 0, "$what: dry run") or diag $r->{err};
	same_dump($s->dump($bd), $dump, '... changes nothing');

	my $w = start_writer($s, db => $bd, tables => [$bt, 'control'],
	    key => ['id', 'n'], keys => sub { my $k = 1 + $_[0]->(90);
	    ($k, $k) }, column => $bc, values => sub { "'w" . $_[0]->(1000) .
	    "'" }, seed => $seed);
	$r = run_livealter($s, '--alter', $alter, $dsn, '--execute',
	    '--chunk-size', 7);
	my $rep = $w->stop;
	is(join("\n", @{$rep->{errors}}), '',
	    '... the application had no error in its ' .
	    "$rep->{transactions} transactions");
	succeeded($r, $bd, $bt, '... the migration');
	$s->sql("ALTER TABLE $db.control $alter");
	same_bytes($s, $bd, $bt, 'control', '... the rows are right');
	same_definition($s, $bd, $bt, 'control',
	    '... the definition is right');
	is(join(', ', grep { $_ ne "table $bt" } leftovers($s, $bd)), '',
	    '... and nothing is left');

	# The name is quoted in what an operator would paste, too.
	$dump = $s->dump($bd);
	$r = run_livealter($s, { env => { LIVEALTER_FAIL_AT =>
	    'before:swap' } }, '--alter', 'ADD y INT', $dsn, '--execute');
	isnt($r->{exit}, 0, '... a failure before the swap ends non-zero');
	same_dump($s->dump($bd), $dump, '... and is undone');

	my $new = Story::q(bytes($c eq 'select' ? 'x' : 'select'));
	$r = run_livealter($s, '--alter', "CHANGE " . Story::q($bc) .
	    " $new VARCHAR(40), DROP KEY " . Story::q($bi), $dsn,
	    '--execute', '--no-check-alter', '--chunk-size', 7);
	succeeded($r, $bd, $bt, '... a rename of the column');
	$s->sql("ALTER TABLE $db.control CHANGE " . Story::q($bc) .
	    " $new VARCHAR(40), DROP KEY " . Story::q($bi));
	same_bytes($s, $bd, $bt, 'control', '... leaves the values');
	same_definition($s, $bd, $bt, 'control',
	    '... and the definition is right');
	$s->sql("DROP DATABASE $db");
}

my @names = ('a`b', 'select', 'x y', '%s', "o'k", 'q"q', 'back\\slash',
    'Größe', 'a$b%d', '_orders_new', 'comma,name', '1e5', 'ta--b/*c',
    'a' x 64);
for my $n (@names) {
	# All four at once: an error in any one shows.
	story("all named $n", db => $n, table => $n, col => $n, index => $n);
}
# The file system has 255 bytes for a name, of which € takes five: what the
# server itself refuses for that is left out.
my $euro = '€' x 64;
story('a column and an index of 64 €', col => $euro, index => $euro);
story('a table of 50 €', table => '€' x 50);
story('a table of 64 €', table => $euro);
story('a database of 50 €', db => '€' x 50);
story('a database of 64 €', db => $euro);
story('a table of 63 letters', table => 'b' x 63);

# Two long names that only differ at the end, one after the other and with
# the things of the first still there.
{
	my $x = 'c' x 60;
	$s->sql("CREATE DATABASE twins; USE twins");
	$s->sql("CREATE TABLE ${x}$_ (id INT PRIMARY KEY); " .
	    "INSERT INTO ${x}$_ VALUES (1), (2)") for qw(aaaa bbbb);
	$s->sql("USE mysql");
	my $r = migrate($s, 'ADD c INT', 'twins', "${x}aaaa",
	    '--no-drop-old-table');
	succeeded($r, 'twins', "${x}aaaa", 'the first of two long names');
	$r = migrate($s, 'ADD c INT', 'twins', "${x}bbbb",
	    '--no-drop-old-table');
	succeeded($r, 'twins', "${x}bbbb", 'the second of them');
	is($s->value("SELECT COUNT(*) FROM twins.${x}$_"), 2,
	    "... and $_ has its rows") for qw(aaaa bbbb);
}

done_testing;
