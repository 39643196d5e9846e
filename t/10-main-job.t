# The main job: one table, altered while it is written to.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 10;
note "SEED=$seed";
my $s = Server->start;
my ($r, $h, $dump, $mark);

# --- a new column under load -----------------------------------------------

my $ADD = "ADD COLUMN extra INT NOT NULL DEFAULT 42, ADD KEY (customer)";

sub under_load {
	my ($name, $alter, @opts) = @_;
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 4,
	    control => 'control', seed => $seed, auto => 1,
	    rate => 1000);
	my $r = migrate($s, $alter, 'app', 'orders', @opts);
	my $report = $h->report;
	succeeded($r, 'app', 'orders', $name);
	hammer_ok($report, undef, $name);
	return ($r, $report);
}

fresh_orders($s, 10000);
my $report;
($r, $report) = under_load('ADD COLUMN under load', $ADD,
    '--chunk-size', 500);
same_rows($s, 'app', 'orders', 'control', 'the rows are those of the control');
is($s->value("SELECT COUNT(*) FROM app.orders WHERE extra <> 42"), 0,
    'the new column has its default in every row');
$s->sql("ALTER TABLE app.control $ADD");
same_definition($s, 'app', 'orders', 'control',
    'the definition is what ALTER TABLE makes');
nothing_left($s, 'app');
hammer_ok($report, 1500, 'the application');
isnt($r->{err}, '', 'diagnostics are on standard error');
unlike($r->{out}, qr/copied|error/i, '... and not on standard output');
my ($next) = $s->value("SELECT auto_increment FROM information_schema.tables " .
    "WHERE table_schema = 'app' AND table_name = 'orders'");
cmp_ok($s->value("SELECT MAX(id) FROM app.orders"), '<', $next,
    'AUTO_INCREMENT is above every row');

# --- what else under load --------------------------------------------------

fresh_orders($s, 4000);
# The hammer names the columns, so it is another that gets a new name.
$s->sql("ALTER TABLE app.$_ ADD old_name VARCHAR(20) DEFAULT 'd', " .
    "ADD victim INT DEFAULT 3; UPDATE app.$_ SET old_name = " .
    "CONCAT('n', id), victim = id") for qw(orders control);
under_load('RENAME COLUMN under load', "CHANGE old_name new_name VARCHAR(30) " .
    "DEFAULT 'd'",
    '--no-check-alter', '--chunk-size', 200);
$s->sql("ALTER TABLE app.control CHANGE old_name new_name VARCHAR(30) " .
    "DEFAULT 'd'");
same_rows($s, 'app', 'orders', 'control', 'a renamed column keeps its values');
same_definition($s, 'app', 'orders', 'control', '... and is defined alike');

under_load('DROP COLUMN under load', "DROP COLUMN victim", '--chunk-size', 200);
same_rows($s, 'app', 'orders', 'control', 'the other columns keep theirs');
$s->sql("ALTER TABLE app.control DROP COLUMN victim");
same_definition($s, 'app', 'orders', 'control', '... and is defined alike');

under_load('--threads 4', "MODIFY state VARCHAR(40), ADD KEY (state)",
    '--threads', 4, '--chunk-size', 100);
$s->sql("ALTER TABLE app.control MODIFY state VARCHAR(40), ADD KEY (state)");
same_rows($s, 'app', 'orders', 'control', '... leaves the rows right');
same_definition($s, 'app', 'orders', 'control', '... and the definition');
nothing_left($s, 'app');

# --- nothing is done that was not asked for --------------------------------

fresh_orders($s, 3000);
$dump = $s->dump('app');
$r = run_livealter($s, '--alter', $ADD, 'D=app,t=orders', '--dry-run');
is($r->{exit}, 0, '--dry-run ends with 0') or diag $r->{err};
same_dump($s->dump('app'), $dump, '... and changes nothing');
is(() = $r->{out} =~ /^CREATE TRIGGER .* ON `app`.`orders` /mg, 3,
    "... and shows three triggers");
like($r->{out}, qr/^CREATE TRIGGER[^\n]*\bAFTER $_\b/m, "... one of them $_")
    for qw(DELETE UPDATE INSERT);
like($r->{out}, qr/INSERT LOW_PRIORITY IGNORE INTO `app`\.`_orders_new`/,
    '... and the statement that copies');
like($r->{out}, qr/RENAME TABLE `app`\.`orders`/, '... and the swap');
unlike($r->{out}, qr/Successfully altered/, '... and claims no success');

$r = run_livealter($s, '--alter', $ADD, 'D=app,t=orders');
is($r->{exit}, 1, 'neither --dry-run nor --execute: ends with 1');
like($r->{err}, qr/without altering `app`\.`orders`/, '... says so');
like($r->{err}, qr/because neither --dry-run nor --execute was specified/,
    '... as pt-online-schema-change');
same_dump($s->dump('app'), $dump, '... and changes nothing');

$r = run_livealter($s, '--alter', 'ADD COLUMN id INT', 'D=app,t=orders',
    '--execute');
is($r->{exit}, 11, 'an ALTER that the server refuses ends with 11');
like($r->{err}, qr/Duplicate column/i, '... with the server\'s words');
same_dump($s->dump('app'), $dump, '... and changes nothing');

# --- one at a time ---------------------------------------------------------

$mark = $s->log_mark;
my $flag = File::Temp->new;
my $p = start_migration($s, 'ADD c1 INT', 'app', 'orders',
    '--chunk-size', 100, '--threads', 1, '--sleep', 0.1,
    '--postpone-cut-over-flag-file', "$flag");
copying($s, $mark, $p);
my $second = migrate($s, 'ADD c2 INT', 'app', 'orders');
is($second->{exit}, 31, 'a second run on the same table is refused with 31');
like($second->{err}, qr/another livealter|already/i, '... and says why');
ok($p->running, '... while the first goes on');
unlink "$flag";
succeeded($p->wait, 'app', 'orders', 'the first run');
same_rows($s, 'app', 'orders', 'control', '... with all rows');
nothing_left($s, 'app');
unlike(join(' ', table_columns($s, 'app', 'orders')), qr/c2/,
    '... and without what the second wanted');

# --- small tables ----------------------------------------------------------

for my $rows (0, 1, 2) {
	fresh_orders($s, $rows);
	$r = migrate($s, $ADD, 'app', 'orders');
	succeeded($r, 'app', 'orders', "a table of $rows rows");
	same_rows($s, 'app', 'orders', 'control', '... keeps them');
	$s->sql("ALTER TABLE app.control $ADD");
	same_definition($s, 'app', 'orders', 'control',
	    '... and is defined as by ALTER TABLE');
	nothing_left($s, 'app');
}

# --- an AUTO_INCREMENT far above the rows ----------------------------------

fresh_orders($s, 10);
$s->sql("ALTER TABLE app.orders AUTO_INCREMENT = 5000");
succeeded(migrate($s, 'ADD c INT', 'app', 'orders'), 'app', 'orders',
    'a counter far above the rows');
$s->sql("INSERT INTO app.orders (customer) VALUES (1)");
cmp_ok($s->value("SELECT MAX(id) FROM app.orders"), '>=', 5000,
    '... does not go back');

# --- what is said ----------------------------------------------------------

fresh_orders($s, 2500);
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--statistics');
succeeded($r, 'app', 'orders', '--statistics');
like($r->{out}, qr/\b2500\b/, '... counts the rows on standard output');

fresh_orders($s, 2500);
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--quiet');
is($r->{exit}, 0, '--quiet: succeeds') or diag $r->{err};
is($r->{err}, '', '... without a word on standard error');

fresh_orders($s, 2500);
$r = migrate($s, 'ADD c INT', 'app', 'orders', '-q', '--verify', 'nonsense');
isnt($r->{exit}, 0, 'with --quiet an error still ends it with non-zero');
like($r->{err}, qr/nonsense/, '... and is said');

$mark = $s->log_mark;
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--print');
succeeded($r, 'app', 'orders', '--print');
{
	my $squeeze = sub { my $x = join ' ', split ' ', $_[0];
	    $x =~ s/;$//; $x };
	my %got = map { $squeeze->($_->{text}) => 1 }
	    $s->log_entries($mark);
	# Of several in one packet MariaDB's log has the first together with
	# those that follow.
	my $all = join "\n", keys %got;
	my @sql = printed_sql($r->{out});
	my %n;
	my @bad;
	for my $q (@sql) {
		$n{$1}++ if $q =~ /^(CREATE\ TABLE|CREATE\ TRIGGER|
		    ALTER\ TABLE|RENAME|DROP|INSERT)/x;
		# On MariaDB, while others write, rows go in by this.
		$n{INSERT}++ if $q =~ /INTO \@livealter_rows FROM/;
		push @bad, $q if $q !~ /^SET/ &&
		    index($all, $squeeze->($q)) < 0;
	}
	is(join("\n", @bad), '', '... every printed statement was received');
	cmp_ok($n{$_} // 0, '>=', 1, "... $_ is printed") for 'CREATE TABLE',
	    'ALTER TABLE', 'RENAME', 'DROP', 'INSERT';
	cmp_ok($n{'CREATE TRIGGER'} // 0, '>=', 3, '... three triggers are');
	# And the other way round: nothing is changed in silence.
	my %printed = map { $squeeze->($_) => 1 } @sql;
	@bad = grep { !$printed{$_} } map { $squeeze->($_->{text}) }
	    grep { $_->{command} eq 'Query' && $_->{text} =~
	    /^(CREATE|ALTER|DROP|RENAME|INSERT LOW_PRIORITY)/ }
	    $s->log_entries($mark);
	s/;.*//s for @bad;
	@bad = grep { !$printed{$_} } @bad;
	is(join("\n", @bad), '', '... every change received was printed');
}

# --- parts of the story left out -------------------------------------------

fresh_orders($s, 1500);
$dump = $s->dump('app');
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--no-swap-tables');
is($r->{exit}, 0, '--no-swap-tables: ends with 0') or diag $r->{err};
same_dump($s->dump('app'), $dump, '... and leaves all as it was');
unlike($r->{out}, qr/Successfully altered/, '... claiming no success');

$r = migrate($s, 'ADD c INT', 'app', 'orders', '--no-swap-tables',
    '--no-drop-new-table');
is($r->{exit}, 0, '... with --no-drop-new-table as well') or diag $r->{err};
is($s->value("SELECT COUNT(*) FROM information_schema.columns WHERE " .
    "table_schema = 'app' AND table_name = '_orders_new' AND " .
    "column_name = 'c'"), 1, '... the new table stays');
same_rows($s, 'app', '_orders_new', 'control', '... with the rows');
is(scalar(() = grep { /trigger/ } leftovers($s, 'app')), 0,
    '... and without triggers');
same_rows($s, 'app', 'orders', 'control', '... beside the original');

fresh_orders($s, 1500);
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--no-drop-old-table');
succeeded($r, 'app', 'orders', '--no-drop-old-table');
same_rows($s, 'app', 'orders', 'control', '... the new one has the rows');
is(join(', ', leftovers($s, 'app')), 'table _orders_old',
    '... and the old one stays, without triggers');
same_definition($s, 'app', '_orders_old', 'control', '... in the old shape');
same_rows($s, 'app', '_orders_old', 'control', '... with the rows');

for my $how (qw(none count)) {
	fresh_orders($s, 1500);
	$mark = $s->log_mark;
	$r = migrate($s, 'ADD c INT', 'app', 'orders', "--verify=$how");
	succeeded($r, 'app', 'orders', "--verify=$how");
	ok($s->log_text($mark) !~ /BIT_XOR/i, '... without a checksum');
	same_rows($s, 'app', 'orders', 'control', '... with the rows');
	nothing_left($s, 'app');
}
fresh_orders($s, 1500);
$mark = $s->log_mark;
succeeded(migrate($s, 'ADD c INT', 'app', 'orders'), 'app', 'orders',
    'without --verify');
ok($s->log_text($mark) =~ /COUNT\(\*\).*FROM `app`\.`_orders_new`/i,
    '... the tables are compared');

# --- the new table's name --------------------------------------------------

fresh_orders($s, 500);
$mark = $s->log_mark;
$r = migrate($s, 'ADD c INT', 'app', 'orders', '--new-table-name', 'x_%T_y');
succeeded($r, 'app', 'orders', '--new-table-name');
ok($s->log_text($mark) =~ /CREATE TABLE `app`\.`x_orders_y`/,
    '... gives the new table its name');
nothing_left($s, 'app');

# Another's table of the name that we would take.
fresh_orders($s, 500);
$s->sql("CREATE TABLE app._orders_new (keep INT PRIMARY KEY);
    INSERT INTO app._orders_new VALUES (7)");
$r = migrate($s, 'ADD c INT', 'app', 'orders');
is($s->value("SELECT keep FROM app._orders_new"), 7,
    'a table that is not ours is never taken or dropped');
same_rows($s, 'app', 'orders', 'control', '... nor is a row lost');
cmp_ok($r->{exit}, '<=', 125, '... and the exit is one of ours');

done_testing;
