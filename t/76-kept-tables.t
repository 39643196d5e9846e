# --no-drop-old-table and --no-drop-new-table: what is kept, however often, and
# under which names.
#
# long: a run for each of many names
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my ($r, $mark);

sub tables {
	return map { $_->[0] } $s->rows("SELECT table_name FROM " .
	    "information_schema.tables WHERE table_schema = 'app' ORDER BY 1");
}

# The names in the order in which they are tried.
sub name_of {
	my ($n) = @_;
	return $n < 10 ? '_' x ($n + 1) . 'orders_old' : '_orders_old_' .
	    ($n + 1);
}

# --- the old table ---------------------------------------------------------

fresh_orders($s, 50);
$s->sql("CREATE TABLE app." . name_of($_) . " (i INT)") for 2 .. 8, 10 .. 98;
for my $n (0, 1, 9, 99, 100) {
	my @before = tables();
	$r = migrate($s, 'ENGINE=InnoDB', 'app', 'orders',
	    '--no-drop-old-table');
	succeeded($r, 'app', 'orders', "the old table of run $n is kept");
	my %was = map { $_ => 1 } @before;
	is(join(' ', grep { !$was{$_} } tables()), name_of($n),
	    '... under the next name');
	same_rows($s, 'app', name_of($n), 'control', '... with its rows');
}

# What died there is found again.
die_at($s, 'after:prove', '--alter', 'ENGINE=InnoDB', 'D=app,t=orders',
    '--execute', '--no-drop-old-table');
$r = run_livealter($s, 'cleanup', 'D=app,t=orders');
is($r->{exit}, 0, 'cleanup') or diag $r->{err};
die_at($s, 'after:copy', '--alter', 'ENGINE=InnoDB', 'D=app,t=orders',
    '--execute', '--no-drop-old-table');
$r = run_livealter($s, 'resume', 'D=app,t=orders');
succeeded($r, 'app', 'orders', 'resume');
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--reversible');
succeeded($r, 'app', 'orders', '--reversible');
$r = run_livealter($s, 'revert', 'D=app,t=orders', '--accept-loss');
is($r->{exit}, 0, 'revert') or diag $r->{err};
same_rows($s, 'app', 'orders', 'control', '... the rows are there');

# Each with a name that is as long as it can be.
my $long = 'x' x 64;
$s->sql("CREATE DATABASE far; CREATE TABLE far.$long (i INT PRIMARY KEY); " .
    "INSERT INTO far.$long VALUES (1)");
for my $n (1 .. 12) {
	$r = migrate($s, 'ENGINE=InnoDB', 'far', $long, '--no-drop-old-table');
	succeeded($r, 'far', $long, "a long name, run $n") or last;
	is($s->value("SELECT COUNT(*) FROM information_schema.tables WHERE " .
	    "table_schema = 'far'"), 1 + $n, '... keeps another old table');
}

# Constraints whose names are unique in the database: either the next run
# succeeds, or it says what is in its way.
sub again {
	my ($name, $first, @opts) = @_;
	my $o = ref $opts[0] ? shift @opts : {};
	$s->sql("DROP DATABASE IF EXISTS far; CREATE DATABASE far; " .
	    "CREATE TABLE far.p (id INT PRIMARY KEY); CREATE TABLE far.t " .
	    "(id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) " .
	    "REFERENCES p (id), CONSTRAINT positive CHECK (id > 0))");
	for (1, 2) {
		$r = migrate($s, $o, 'ENGINE=InnoDB', 'far', 't', @opts);
		last if $r->{exit} != $first;
	}
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	if ($r->{exit} == $first) {
		pass("$name: again");
		return;
	}
	is($r->{exit}, 10, "$name: a constraint is in the way");
	like($r->{err}, qr/hint: a table that .* kept may have a constraint/,
	    '... which is said');
	is_deeply([leftovers($s, 'far')], ['table _t_new'],
	    '... and nothing else is left');
	$s->sql("DROP TABLE far._t_new");
	$r = migrate($s, 'ENGINE=InnoDB', 'far', 't');
	succeeded($r, 'far', 't', '... without it the next one');
	return;
}
again('constraints, new tables kept', 14,
    { env => { LIVEALTER_FAIL_AT => 'before:swap' } }, '--no-drop-new-table');

# CHECKs of a table and of all that were kept of it, whose names are like those
# that others may get; MySQL has them unique in the database.
sub checks {
	my $create = ($s->rows("SHOW CREATE TABLE far.t"))[0][1];
	return join ' ', sort $create =~ /(CHECK \(.*\))/g;
}
$s->sql("DROP DATABASE far; CREATE DATABASE far; CREATE TABLE far.t (id INT " .
    "PRIMARY KEY, v INT, CONSTRAINT x CHECK (v > 1), CONSTRAINT _x CHECK " .
    "(v > 2), CONSTRAINT __x CHECK (v > 3), CONSTRAINT X1 CHECK (v > 4), " .
    "CONSTRAINT _ CHECK (v > 5), CONSTRAINT `ä` CHECK (v > 6), CHECK " .
    "(v > 7), CONSTRAINT t_chk_foo CHECK (v > 8), CONSTRAINT $long CHECK " .
    "(v > 9)); INSERT INTO far.t VALUES (1, 10)");
my $had = checks();
for my $n (1 .. 8) {
	$r = migrate($s, "ADD c$n INT", 'far', 't', '--no-drop-old-table');
	succeeded($r, 'far', 't', "names of CHECKs, run $n") or last;
	is(checks(), $had, '... each is there');
}

# Whatever it is called by then, it is replaced by another.
for my $n (1 .. 9) {
	my ($name) = $s->value("SELECT CONSTRAINT_NAME FROM " .
	    "information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = 'far' " .
	    "AND TABLE_NAME = 't' AND CONSTRAINT_TYPE = 'CHECK' ORDER BY " .
	    "CONSTRAINT_NAME LIMIT 1 OFFSET " . ($n - 1));
	$r = migrate($s, "DROP CONSTRAINT `$name`, ADD CONSTRAINT `$name` " .
	    "CHECK (v <> -$n)", 'far', 't', '--no-drop-old-table');
	succeeded($r, 'far', 't', "CHECK $n is replaced") or last;
	is(() = checks() =~ /CHECK/g, 9, '... none is left over');
	like(checks(), qr/<> \(?-\(?$n/, '... it is the new one');
}

# --- the new table ---------------------------------------------------------

fresh_orders($s, 300);
for my $name ('_orders_new', '__orders_new') {
	$r = migrate($s, { env => { LIVEALTER_FAIL_AT => 'before:swap' } },
	    'ADD c INT', 'app', 'orders', '--no-drop-new-table');
	is($r->{exit}, 14, 'a swap that fails') or diag $r->{err};
	like($r->{err}, qr/new table stays as `app`.`$name`/,
	    '... --no-drop-new-table keeps the new table');
	same_rows($s, 'app', $name, 'control', '... with its rows');
	is(scalar(() = grep { /trigger/ } leftovers($s, 'app')), 0,
	    '... without triggers');
}
is(join(' ', sort(leftovers($s, 'app'))),
    'table __orders_new table _orders_new',
    '... and nothing else');
$s->sql('DROP TABLE app._orders_new, app.__orders_new');

$r = migrate($s, { env => { LIVEALTER_FAIL_AT => 'before:swap' } },
    'ADD c INT', 'app', 'orders');
is($r->{exit}, 14, 'without the option') or diag $r->{err};
nothing_left($s, 'app');

$mark = $s->log_mark;
my $p = start_migration($s, 'ADD c INT', 'app', 'orders',
    '--no-drop-new-table', '--chunk-size', 20, '--sleep', 0.1, '--threads', 1);
copying($s, $mark, $p);
$p->kill('INT');
is($p->wait->{exit}, 32, 'interrupted');
is(join(' ', leftovers($s, 'app')), 'table _orders_new',
    '... the new table stays, too');
$s->sql('DROP TABLE app._orders_new');

die_at($s, 'after:copy', '--alter', 'ADD c INT', 'D=app,t=orders', '--execute',
    '--no-drop-new-table');
$r = run_livealter($s, 'cleanup', 'D=app,t=orders');
is($r->{exit}, 0, 'cleanup') or diag $r->{err};
nothing_left($s, 'app');
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--no-drop-new-table');
succeeded($r, 'app', 'orders', 'and a run that succeeds');
nothing_left($s, 'app');

done_testing;
