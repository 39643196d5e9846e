# With lower_case_table_names=1 a table is one table, whatever the case in which
# its name is typed; without it there may be two.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--lower-case-table-names=1']);
is($s->value('SELECT @@lower_case_table_names'), 1, 'names are folded');

my @spelling = (['app', 'boss'], ['APP', 'BOSS'], ['App', 'boSS']);

sub tables {
	my ($child) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE App; USE APP");
	$s->sql("CREATE TABLE app.Boss (id INT PRIMARY KEY, a INT)");
	$s->sql("CREATE TABLE app.Staff (id INT PRIMARY KEY, b INT, " .
	    "CONSTRAINT Has_Boss FOREIGN KEY (b) REFERENCES BOSS (id))")
	    if $child;
	$s->sql("CREATE TRIGGER app.Tr BEFORE INSERT ON app.BOSS FOR EACH " .
	    "ROW SET NEW.a = 7");
	$s->sql("INSERT INTO app.boss (id) VALUES (1), (2), (3), (4), (5)");
	$s->sql("INSERT INTO app.STAFF VALUES (1, 1)") if $child;
}

# The child references the table, and its trigger fires.
sub whole {
	my ($child, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $n = $s->value("SELECT MAX(id) + 1 FROM app.boss");
	$s->sql("INSERT INTO app.Boss (id) VALUES ($n)");
	my $ok = $s->value("SELECT a FROM app.boss WHERE id = $n") == 7;
	if ($child) {
		$ok &&= eval { $s->sql("INSERT INTO app.staff VALUES ($n, " .
		    "$n)"); 1 };
		$ok &&= !eval { $s->sql("INSERT INTO app.staff VALUES (" .
		    "99, 99)"); 1 };
		$ok &&= $s->value("SELECT constraint_name FROM " .
		    "information_schema.referential_constraints WHERE " .
		    "constraint_schema = 'app' AND table_name = 'staff'") eq
		    'Has_Boss';
	}
	ok($ok, $name);
}

sub command {
	my ($name, $at, @opts) = @_;
	return run_livealter($s, $name, dsn(@$at), @opts);
}

for my $child (0, 1) {
	my $with = $child ? 'with a child' : 'plain';
	for my $i ($child ? (0, 1) : 2) {
		my ($one, $other) = @spelling[$i, ($i + 1) % @spelling];
		tables($child);
		my $p = start_migration($s, 'ADD c INT', @$one,
		    '--chunk-size', 1, '--sleep', 0.3, '--reversible',
		    '--cut-over=when-told');
		poll_until(sub { command('status', $other)->{out} =~
		    /copying|waiting/ });
		my $at = "@$one, and then @$other ($with)";
		is(command('cleanup', $other)->{exit}, 31,
		    "cleanup leaves a live run alone: $at");
		is(command('resume', $other, '--execute')->{exit}, 31,
		    '... and so does resume');
		is(migrate($s, 'ADD d INT', @$other)->{exit}, 31,
		    '... and another run');
		my $r = run_livealter($s, 'control', dsn(@$other), 'cut-over');
		is($r->{exit}, 0, '... control reaches it') or diag($r->{err});
		is($p->wait->{exit}, 0, '... and it ends well')
		    or diag($p->err);
		whole($child, '... with all that belongs to the table');
		$r = command('revert', $one, '--execute',
		    '--accept-loss');
		is($r->{exit}, 0, '... revert finds it') or diag($r->{err});
		whole($child, '... with all that belongs to the table');
		command('cleanup', $other);
		nothing_left($s, 'app');
		# Dead, and taken up under another name.
		tables($child);
		die_at($s, 'after:copy', '--alter', 'ADD c INT', dsn(@$one),
		    '--execute');
		$r = command('resume', $other, '--execute');
		is($r->{exit}, 0, "a dead run is resumed: $at")
		    or diag($r->{err});
		whole($child, '... with all that belongs to the table');
		die_at($s, 'after:copy', '--alter', 'ADD d INT', dsn(@$one),
		    '--execute');
		$r = command('cleanup', $other);
		is($r->{exit}, 0, '... or cleaned up') or diag($r->{err});
		nothing_left($s, 'app');
	}
}
tables(1);
my $r = migrate($s, 'ADD c INT', 'APP', 'BOSS', '--new-table-name', 'X_%T');
succeeded($r, 'app', 'boss', 'a name that is given for the new table');
nothing_left($s, 'app');

# --- two tables --------------------------------------------------------------

my $two = Server->start;
$two->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); " .
    "CREATE TABLE app.T (id INT PRIMARY KEY, up INT); " .
    "CREATE DATABASE App; CREATE TABLE App.t (id INT PRIMARY KEY)");
my $p = start_migration($two, 'ADD c INT', 'app', 'T',
    '--cut-over=when-told');
poll_until(sub { run_livealter($two, 'status', dsn('app', 'T'))->{out} =~
    /waiting/ });
$r = migrate($two, 'ADD e INT', 'App', 't');
succeeded($r, 'App', 't', 'without it, App.t is altered while app.T is');
run_livealter($two, 'control', dsn('app', 'T'), 'cut-over');
is($p->wait->{exit}, 0, '... T is altered') or diag($p->err);
$r = migrate($two, 'ADD d INT', 'app', 't');
succeeded($r, 'app', 't', '... and then app.t');
is_deeply([map { $_->[0] } $two->rows("SELECT CONCAT(table_schema, '.', " .
    "table_name, '.', column_name) FROM information_schema.columns WHERE " .
    "column_name IN ('c', 'd', 'e') " .
    "ORDER BY BINARY column_name")], ['app.T.c', 'app.t.d', 'App.t.e'],
    '... each has its own column');
$r = migrate($two, 'ADD CONSTRAINT up FOREIGN KEY (up) REFERENCES t (id)',
    'app', 'T');
succeeded($r, 'app', 'T', 'T may reference t');
is($two->value("SELECT CONCAT(constraint_name, ' ', referenced_table_name) " .
    "FROM information_schema.referential_constraints WHERE " .
    "constraint_schema = 'app'"), 'up t', '... and does');
done_testing();
