# livealter cleanup: wherever a migration died, what it made goes away, or its
# end is finished; and nothing else is touched.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @run = ('--alter', $ALTER, 'D=app,t=orders', '--execute', '--chunk-size',
    100);
my $REG = 'app._livealter';
my @slow = ('--chunk-size', 50, '--sleep', 0.05);

sub cleanup { run_livealter($s, 'cleanup', 'D=app,t=orders', @_) }

sub set_up {
	fresh_orders($s, 500);
	native($s, 'app', 'orders', 'wanted', $ALTER);
	# Things that look like ours, and are not.
	$s->sql("CREATE TABLE app._orders_new2 (a INT);
	    CREATE TABLE app._items_new (a INT);
	    CREATE TABLE app.items (a INT);
	    CREATE TRIGGER app.livealter_items_ins AFTER INSERT ON app.items
	    FOR EACH ROW SET \@a = 1");
}

sub only_theirs {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join(', ', leftovers($s, 'app')), 'table _items_new, ' .
	    'table _orders_new2, trigger livealter_items_ins', $name);
}

# --- wherever it died ------------------------------------------------------

set_up();
my $dump = $s->dump('app');
my $done = 0;
my @keys = map { $_->{key} } steps_of('migrate');
for my $at (map { my $k = $_; map { "$_:$k" } qw(before after) } @keys) {
	$done = 1 if $at eq 'after:swap';
	die_at($s, $at, @run);
	my $r = cleanup('--dry-run');
	is($r->{exit}, 0, '... cleanup --dry-run') or diag $r->{err};
	my @sql = printed_sql($r->{out});
	my $before = $s->dump('app');
	cleanup('--dry-run');
	same_dump($s->dump('app'), $before, '... changes nothing');
	# Swapped and not proven, the old table goes only when it is said.
	$r = cleanup($at =~ /after:swap|before:prove/ ? '--drop-old-table' :
	    ());
	is($r->{exit}, 0, '... cleanup') or diag $r->{err};
	only_theirs('... leaves what is not its own');
	is(!@sql, !!($r->{out} =~ /^No migration/), '... and what it did was ' .
	    'shown by the dry run');
	if (!$done) {
		same_dump($s->dump('app'), $dump, '... all is as it was');
		next;
	}
	same_definition($s, 'app', 'orders', 'wanted', '... it is altered');
	same_bytes($s, 'app', 'orders', 'wanted', '... with all rows');
	like($r->{out}, qr/^Successfully altered `app`\.`orders`\.$/m,
	    '... and says so') if $r->{out} !~ /^No migration/;
	set_up();
}

# Twice is as good as once.
die_at($s, 'after:copy', @run);
is(cleanup()->{exit}, 0, 'cleanup');
{
	my $r = cleanup();
	is($r->{exit}, 0, '... and once more');
	is($r->{out}, "No migration of `app`.`orders` is known.\n",
	    '... says that there is nothing');
	same_dump($s->dump('app'), $dump, '... and does nothing');
}

# --- with an application, killed anywhere ----------------------------------

for my $round (1 .. 4) {
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200,
	    seed => 620 + $round);
	my $mark = $s->log_mark;
	my $p = start_to_chunk($s, $round * 2, $ALTER, 'app', 'orders', @slow,
	    '--chunk-size', 10);
	$p->kill('KILL');
	gone($s, $mark, $p);
	my $r = cleanup();
	is($r->{exit}, 0, 'killed in the copy: cleanup') or diag $r->{err};
	my $report = $h->report;
	hammer_ok($report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	same_definition($s, 'app', 'orders', 'control', '... in their shape');
	only_theirs('... and nothing is left');
}

# --- the living are not touched --------------------------------------------

set_up();
{
	my $flag = File::Temp->new;
	my $p = start_to_chunk($s, 1, $ALTER, 'app', 'orders', @slow,
	    '--postpone-cut-over-flag-file', "$flag");
	for my $opt ([], ['--dry-run']) {
		my $r = cleanup(@$opt);
		is($r->{exit}, 31, "cleanup @$opt of one that runs");
		like($r->{err}, qr/another livealter is at work/,
		    '... is refused');
	}
	unlink "$flag";
	succeeded($p->wait(60), 'app', 'orders', '... and the run');
	same_bytes($s, 'app', 'orders', 'wanted');
	only_theirs('nothing is left');
}

# A new run is refused until it is cleaned up.
set_up();
die_at($s, 'after:copy', @run);
{
	my $before = $s->dump('app');
	for my $how ('--execute', '--dry-run') {
		my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
		    $how);
		is($r->{exit}, 17, "$how beside a dead migration is refused");
		like($r->{err}, qr/livealter resume D=app,t=orders /,
		    '... with the command to go on');
		like($r->{err}, qr/livealter cleanup D=app,t=orders /,
		    '... and the one to end it');
	}
	same_dump($s->dump('app'), $before,
	    '... and changes nothing');
	cleanup();
	succeeded(migrate($s, $ALTER, 'app', 'orders'), 'app', 'orders',
	    'after cleanup the next run');
}

# --- what it must not drop -------------------------------------------------

set_up();
die_at($s, 'after:swap', @run, '--no-drop-old-table');
is(cleanup()->{exit}, 41, 'with --no-drop-old-table');
is(scalar(grep { /_orders_old/ } leftovers($s, 'app')), 1,
    '... the old table stays');
same_bytes($s, 'app', '_orders_old', 'control', '... whole');

set_up();
die_at($s, 'after:swap', @run);
$s->sql("INSERT INTO app._orders_notes VALUES ('insert', 1406, '5', 'x')");
{
	my $r = cleanup('--drop-old-table');
	is($r->{exit}, 0, 'a write that the new table could not take');
	like($r->{err}, qr/the old table is kept as `app`\.`_orders_old`/,
	    '... is said');
	is(scalar(grep { /_orders_old/ } leftovers($s, 'app')), 1,
	    '... and the old table is kept');
}

# Our trigger's name on another table.
set_up();
die_at($s, 'after:copy', @run);
$s->sql("DROP TRIGGER app.livealter_orders_ins; CREATE TRIGGER " .
    "app.livealter_orders_ins AFTER INSERT ON app.control FOR EACH ROW " .
    "SET \@a = 1");
{
	my $r = cleanup();
	is($r->{exit}, 0, 'a trigger of our name on another table');
	is(join(' ', grep { /livealter_orders/ } leftovers($s, 'app')),
	    'trigger livealter_orders_ins', '... is left alone');
}

# --- a cut-over of several statements --------------------------------------

# What is left is found on the server, by the names of stand-ins.
set_up();
$s->sql("CREATE TABLE app.parent (id INT PRIMARY KEY); ALTER TABLE " .
    "app.orders ADD p INT, ADD CONSTRAINT to_parent FOREIGN KEY (p) " .
    "REFERENCES app.parent (id)");
die_at($s, 'after:swap', @run);
{
	my $list = join '', map { length($_) . ":$_\n" } 'key', 'x_livealter',
	    'gone', '', '', '', 'trigger', 'y_livealter', 'went', 'went',
	    't', '';
	$s->dbh->do("UPDATE $REG SET cut_over = ?", undef, $list);
	$s->sql("ALTER TABLE app.orders DROP FOREIGN KEY to_parent, ADD " .
	    "CONSTRAINT to_parent_livealter FOREIGN KEY (p) REFERENCES " .
	    "app.parent (id)");
	# Its name is taken, which MySQL says as if it were done already.
	$s->sql("CREATE TABLE app.other (p INT, CONSTRAINT to_parent FOREIGN " .
	    "KEY (p) REFERENCES app.parent (id))");
	my $no = cleanup('--drop-old-table');
	if ($s->is_mysql) {
		is($no->{exit}, 38, 'what still has a name for the time of ' .
		    'the cut-over is no success');
	} else {
		isnt($no->{exit}, 0, 'what still has a name for the time of ' .
		    'the cut-over is no success');
	}
	like($no->{err}, qr/error: .*`to_parent_livealter`/,
	    '... and is named') or diag $no->{err};
	$s->sql("DROP TABLE app.other");
	like(cleanup('--dry-run')->{out}, qr/^ALTER\ TABLE\ `app`.`orders`.*
	    DROP\ FOREIGN\ KEY\ `to_parent_livealter`/mx,
	    'what finishes the cut-over is shown');
	my $r = cleanup("--drop-old-table");
	is($r->{exit}, 0, '... and done');
	like($s->row("SHOW CREATE TABLE app.orders")->{'Create Table'},
	    qr/CONSTRAINT `to_parent` /, '... by the key that is there');
	like($r->{err}, qr/key gone, trigger went/,
	    '... and what is only in the registry is named');
}
set_up();

# --- locks -----------------------------------------------------------------

set_up();
die_at($s, 'after:copy', @run);
{
	my $reader = open_reader($s);
	my $r = cleanup('--tries', 'drop_triggers:1:0.1');
	isnt($r->{exit}, 0, 'while somebody uses the table');
	like($r->{err}, qr/to remove what is left, later: livealter cleanup/,
	    '... it gives up');
	$reader->rollback;
	$reader->disconnect;
	is(cleanup()->{exit}, 0, '... and can be run again');
	only_theirs('... then nothing is left');
}

done_testing;
