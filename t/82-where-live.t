# --where while the application writes, after a death, and when rows are not
# where they should be.
#
# long: migrations under load, and deaths
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD c INT NOT NULL DEFAULT 3';
my @KEEP = ('--no-swap-tables', '--no-drop-new-table');
my $COLUMNS = 'id, customer, state, amount, note, updated';
my $SAME = join ' AND ', map { "a.$_ <=> b.$_" } split /, /, $COLUMNS;

# Rows that are, or are not, in one table as in another.
sub count_of {
	my ($from, $not, $other, $where) = @_;
	return $s->value("SELECT COUNT(*) FROM app.$from a WHERE $not EXISTS " .
	    "(SELECT 1 FROM app.$other b WHERE $SAME) AND ($where)");
}

# What a table has: the rows of the frozen copy that match and are as they
# were, and all others of the old table, which were written meanwhile.
sub has_what_it_should {
	my ($table, $all, $where, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(count_of($all, 'NOT', $table, "($where) OR NOT EXISTS " .
	    "(SELECT 1 FROM app.frozen b WHERE $SAME)"), 0,
	    "$name: rows that match, and those that were written, are there");
	is(count_of($table, 'NOT', $all, '1'), 0,
	    '... as they are');
	is($s->value("SELECT COUNT(*) FROM app.$table WHERE NOT COALESCE(" .
	    "$where, 0) AND id NOT IN (SELECT id FROM app.written)"), 0,
	    '... and no others');
}

sub set_up {
	fresh_orders($s, $_[0] // 3000);
	copy_table($s, 'app', 'orders', 'frozen');
	$s->sql("CREATE TABLE app.written (id BIGINT PRIMARY KEY)");
	$s->sql("CREATE TRIGGER app.note_$_ AFTER $_ ON app.orders FOR EACH " .
	    "ROW INSERT IGNORE INTO app.written VALUES (NEW.id)")
	    for qw(insert update);
}

# --- under load --------------------------------------------------------------

# What is written from then on is in the new table.
sub triggers_are_there {
	my ($p) = @_;
	$p->wait_for(qr/: copy the rows/, 60);
}

# The application begins when the triggers are there, and ends before the swap,
# after which it would miss the rows that are left behind.
sub under_load {
	my ($name, $alter, $where, @opts) = @_;
	set_up();
	my ($hold, $late) = map { File::Temp->new } 1, 2;
	my $p = start_migration($s, $alter, 'app', 'orders', '--where', $where,
	    '--force', '--pause-file', "$hold", '--chunk-size', 60, '--sleep',
	    0.02, '--postpone-cut-over-flag-file', "$late", @opts);
	triggers_are_there($p);
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 3, rate => 300, seed => 82);
	unlink "$hold";
	$p->wait_for(qr/no difference/, 60);
	my $report = $h->report;
	unlink "$late";
	my $r = $p->wait;
	succeeded($r, 'app', 'orders', $name);
	hammer_ok($report, 1500, "$name: the application");
	has_what_it_should('orders', 'control', $where, $name);
	nothing_left($s, 'app', "$name: nothing is left");
	return $r;
}

my $r = under_load('of a fifth', $ALTER, 'customer % 5 = 0');
like($r->{err}, qr/copied \d+ rows .*\n.*about \d+ rows do not match/,
    'it says how many there are');
under_load('at the end', $ALTER, "id > 2900 AND note IS NOT NULL",
    '--threads', 4);
under_load('of none', $ALTER, 'FALSE');
# --- in steps ----------------------------------------------------------------

# A row that does not match and is deleted, or comes back, leaves no trace.
set_up(300);
my $p = start_to_step($s, 'before:copy', $ALTER, 'app', 'orders', '--where',
    'id <= 100', @KEEP);
$s->sql("UPDATE app.orders SET note = 'now' WHERE id IN (50, 150);
    DELETE FROM app.orders WHERE id IN (51, 151);
    INSERT INTO app.orders (id) VALUES (900);
    UPDATE app.orders SET id = 901 WHERE id = 152;
    UPDATE app.orders SET id = 902 WHERE id = 53;
    UPDATE app.orders SET note = 'twice' WHERE id = 154;
    DELETE FROM app.orders WHERE id = 154");
$p->kill('CONT');
$r = $p->wait;
is($r->{exit}, 0, 'written before the copy') or diag $r->{err};
is(join(' ', map { $_->[0] } $s->rows("SELECT id FROM app._orders_new WHERE " .
    "id > 99 OR id BETWEEN 49 AND 55 ORDER BY id")),
    '49 50 52 54 55 100 150 900 901 902', '... what is there');
is($s->value("SELECT COUNT(*) FROM app.orders"), 298, '... and there');

# A row that is not to be copied may be locked as long as it likes: the last of
# a chunk, the last of all, and one in between.
for my $id (60, 300, 173) {
	set_up(300);
	# Not by the key, by which they would not be looked at.
	$s->sql("UPDATE app.orders SET customer = id IN (60, 172, 173, 300)");
	my $dbh = $s->dbh(database => 'app');
	my $hold = File::Temp->new;
	$p = start_migration($s, $ALTER, 'app', 'orders', '--where',
	    'customer = 0', '--force', '--chunk-size', 60, '--pause-file',
	    "$hold");
	triggers_are_there($p);
	$dbh->begin_work;
	$dbh->do("UPDATE orders SET note = 'held' WHERE id = $id");
	unlink "$hold";
	ok($p->wait_for(qr/no difference/, 60), "row $id is locked: it goes " .
	    'on to the swap');
	$dbh->commit;
	$dbh->disconnect;
	$r = $p->wait;
	succeeded($r, 'app', 'orders', '... and');
	is($s->value("SELECT COUNT(*) FROM app.orders"), 297, '... the rows');
}

# --- what the comparison finds -----------------------------------------------

my %wrong = (
    'a row that matches is missing' => ['DELETE FROM app._orders_new WHERE ' .
	'id = 17', qr/row (?:\d+, )?17: not in the new table/],
    'a row that does not match is another' => ["INSERT INTO app._orders_new " .
	"(id, customer, note) SELECT id, customer, 'no' FROM app.orders " .
	"WHERE id = 200", qr/row (?:\d+, )?200: not the same in the new table/],
    'a row that the old table has not' => ['INSERT INTO app._orders_new (id, ' .
	'customer) VALUES (7777, 1)',
	qr/row (?:\d+, )?7777: only in the new table/],
);
my $OTHER = 'MODIFY id BIGINT NOT NULL, MODIFY customer INT NOT NULL, DROP ' .
    'PRIMARY KEY, ADD PRIMARY KEY (customer, id)';
for my $alter ($ALTER, $OTHER) {
	my ($word) = $alter =~ /(\w+ \w+)/;
	for my $what (sort keys %wrong) {
		my ($sql, $says) = @{$wrong{$what}};
		set_up(300);
		$p = start_to_step($s, 'after:copy', $alter, 'app', 'orders',
		    '--where', 'id <= 100', '--force');
		$s->sql($sql);
		$p->kill('CONT');
		$r = $p->wait;
		is($r->{exit}, 30, "$word: $what") or diag $r->{err};
		like($r->{err}, $says, '... the row is named');
		nothing_left($s, 'app', '... nothing is left');
	}
}
# Of the unmatched rows, all may be as they are.
set_up(300);
$r = migrate($s, $ALTER, 'app', 'orders', '--where', 'id <= 100', '--force',
    '--verify', 'count');
succeeded($r, 'app', 'orders', '--verify=count');

# After the swap the application goes on, also with keys that were left behind.
set_up(300);
$p = start_to_step($s, 'before:prove', $ALTER, 'app', 'orders', '--where',
    'id <= 100', '--force', '--chunk-size', 30);
$s->sql("INSERT INTO app.orders (id, note) VALUES (200, 'again'), (950, 'new');
    DELETE FROM app.orders WHERE id = 3");
$p->kill('CONT');
$r = $p->wait;
succeeded($r, 'app', 'orders', 'with writes since the swap it');
like($r->{err}, qr/proved 100 rows/, '... and is proven');

# --- resumed -----------------------------------------------------------------

# The moment is that in which it began; the zone is nobody's own.
$s->sql("SET GLOBAL time_zone = '+05:00'");
for my $at ('before:copy', 'after:copy', 'after:verify', 'before:swap') {
	set_up(500);
	$s->sql("ALTER TABLE app.orders ADD at TIMESTAMP NULL; " .
	    "UPDATE app.orders SET at = FROM_UNIXTIME(UNIX_TIMESTAMP() + " .
	    "id % 50 - 20)");
	my $where = 'at >= NOW()';
	my @run = ('--alter', $ALTER, 'D=app,t=orders', '--execute', '--where',
	    $where, @KEEP, '--chunk-size', 40);
	die_at($s, $at, @run);
	my $began = $s->value("SELECT DATE_FORMAT(began, '%Y-%m-%d %H:%i:%s')" .
	    " FROM app._livealter");
	$r = run_livealter($s, 'resume', 'D=app,t=orders');
	is($r->{exit}, 0, '... resume') or diag $r->{err};
	is($s->value("SELECT GROUP_CONCAT(id ORDER BY id) FROM " .
	    "app._orders_new"), $s->value("SELECT GROUP_CONCAT(id ORDER BY " .
	    "id) FROM app.orders WHERE UNIX_TIMESTAMP(at) >= " .
	    "TIMESTAMPDIFF(SECOND, '1970-01-01', '$began')"),
	    '... with the rows of then');
}
set_up(500);
die_at($s, 'after:copy', '--alter', $ALTER, 'D=app,t=orders', '--execute',
    '--where', 'id > NOW() - NOW() + 100', '--force');
$r = run_livealter($s, 'resume', 'D=app,t=orders', '--force', '--where',
    'id > 7');
is($r->{exit}, 17, 'resume with another condition: refused');
like($r->{err}, qr/the plan, with its options, .*is not what it was/,
    '... as another plan');
$r = run_livealter($s, 'resume', 'D=app,t=orders');
isnt($r->{exit}, 0, 'resume without --force: refused') or diag $r->{err};
$r = run_livealter($s, 'resume', 'D=app,t=orders', '--force', '--where',
    'id > NOW() - NOW() + 100');
succeeded($r, 'app', 'orders', 'resume with the same');
is($s->value("SELECT COUNT(*) FROM app.orders"), 400, '... the rows');

# Killed in the midst of it, under load.
set_up(3000);
{
	my $mark = $s->log_mark;
	$p = start_migration($s, $ALTER, 'app', 'orders', '--where',
	    'customer % 3 = 0', '--force', '--chunk-size', 50, '--sleep', 0.1,
	    '--threads', 3);
	triggers_are_there($p);
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200, seed => 83);
	chunks_done($s, $mark, $p, 8);
	$p->kill('KILL');
	gone($s, $mark, $p);
	my $late = File::Temp->new;
	$p = start_livealter($s, 'resume', 'D=app,t=orders', '--force',
	    '--sleep', 0.02, '--postpone-cut-over-flag-file', "$late");
	$p->wait_for(qr/no difference/, 60);
	my $report = $h->report;
	unlink "$late";
	$r = $p->wait;
	succeeded($r, 'app', 'orders', 'killed and resumed, it');
	hammer_ok($report, 1500, '... the application');
	has_what_it_should('orders', 'control', 'customer % 3 = 0',
	    '... the rows');
	nothing_left($s, 'app');
}

done_testing;
