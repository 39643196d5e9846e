# The registry: what a migration has made, and how far it is, is in the
# database while it runs, and gone afterwards.
#
# long: waits for heartbeats, and eight migrations at once
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $s = Server->start;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my $REG = 'app._livealter';
my @slow = ('--chunk-size', 50, '--sleep', 0.05);

sub registry {
	return if !$s->value("SELECT COUNT(*) FROM information_schema.tables " .
	    "WHERE table_schema = 'app' AND table_name = '_livealter'");
	my $r = eval { $s->row("SELECT * FROM $REG WHERE table_name = ?",
	    $_[0] // 'orders') };
	return $r;
}

make_orders($s, 'app', 'orders', 3000);
copy_table($s, 'app', 'orders', 'control');

# --- what is in it ---------------------------------------------------------

{
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200, seed => 60);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow,
	    '--sleep', 0.2, '--threads', 4);
	my $r = poll_until(sub { my $r = registry();
	    $r && $r->{mark} ne '' && $r }, 30, 'the copy is noted');
	is($r->{state}, 'copying', 'a migration is in the registry');
	is($r->{alter_sql}, $ALTER, '... with its ALTER');
	is("$r->{shadow} $r->{attic} $r->{rejects}",
	    '_orders_new _orders_old _orders_notes', '... its names');
	is_deeply([grep { /sql|trigger/ } sort keys %$r],
	    [qw(alter_sql triggers_made)],
	    '... and of all SQL only that, which is never run');
	like($r->{client}, qr/process @{[$p->pid]}$/, '... and its process');
	like($r->{options}, qr/^chunk-size: "50"$/m, '... its options');
	unlike($r->{options}, qr/socket|user|password/,
	    '... but not how it logs in');

	# In every snapshot: what is up to the mark is in the new table.
	my ($n, $bad, %marks) = (0, 0);
	my $dbh = $s->dbh(database => 'app');
	while ($p->running && $n < 200) {
		$dbh->do("START TRANSACTION WITH CONSISTENT SNAPSHOT");
		my $row = eval { $dbh->selectrow_hashref("SELECT mark, state " .
		    "FROM $REG") };
		last if !$row || $row->{state} ne 'copying';
		my ($id) = $row->{mark} =~ /^\d+:(-?\d+)\n$/;
		my ($missing) = $dbh->selectrow_array("SELECT COUNT(*) FROM " .
		    "orders o LEFT JOIN _orders_new n ON n.id = o.id WHERE " .
		    "o.id <= $id AND n.id IS NULL");
		$bad++ if $missing;
		$marks{$id}++;
		$n++;
		$dbh->do("COMMIT");
		sleep 0.02;
	}
	$dbh->disconnect;
	cmp_ok($n, '>', 5, "the mark was looked at ($n times)");
	cmp_ok(scalar keys %marks, '>', 5, '... it moves');
	is($bad, 0, '... and all rows before it were copied');

	my $res = $p->wait(60);
	my $report = $h->report;
	succeeded($res, 'app', 'orders');
	hammer_ok($report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app', '... and the registry is gone with it');

	# Each mark is the last statement of a chunk's transaction.
	my (%last, $marks, $alone);
	for ($s->log_entries($mark)) {
		next if $_->{command} ne 'Query';
		my $was = $last{$_->{id}} // '';
		if ($was =~ /^UPDATE `app`\.`_livealter` .*?SET rows_copied/) {
			$marks++;
			$alone++ if $_->{text} !~ /^(?:COMMIT|ROLLBACK)/;
		}
		$alone++ if $_->{text} =~ /SET rows_copied/ &&
		    $was !~ /^INSERT\ LOW_PRIORITY|^EXECUTE|^SHOW\ WARN/x;
		$last{$_->{id}} = $_->{text};
	}
	cmp_ok($marks // 0, '>', 10, 'marks are written');
	is($alone // 0, 0, '... each in the transaction of its chunk');
}

# The heartbeat goes on when nothing is copied.
{
	my $dbh = $s->dbh(database => 'app');
	my $p = start_migration($s, 'DROP COLUMN extra', 'app', 'orders',
	    '--threads', 1, @slow);
	my $r = poll_until(sub { my $r = registry();
	    $r && $r->{mark} ne '' && $r }, 30, 'the copy');
	# The row that comes next is locked.
	$dbh->begin_work;
	$dbh->do("SELECT * FROM orders WHERE id > 2500 FOR UPDATE");
	my %beat;
	ok(poll_until(sub {
		my $x = registry() // return;
		$beat{$x->{mark}}{$x->{heartbeat}}++;
		return keys %{$beat{$x->{mark}}} > 2;
	}, 10, 'heartbeats'), 'the heart beats while the copy waits');
	$dbh->rollback;
	$dbh->disconnect;
	succeeded($p->wait(60), 'app', 'orders');
	nothing_left($s, 'app');
}

# Somebody who holds the row holds nothing up.
{
	my $dbh = $s->dbh(database => 'app');
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--statistics',
	    '--threads', 2, @slow);
	poll_until(sub { my $r = registry(); $r && $r->{mark} ne '' }, 30,
	    'the copy');
	$dbh->begin_work;
	$dbh->do("SELECT * FROM $REG FOR UPDATE");
	poll_until(sub { $p->err =~ /compare the two/ || !$p->running }, 60,
	    'the end of the copy');
	ok($p->running, 'a locked row of the registry: the copy is done');
	$dbh->rollback;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', '... and then the rest;');
	like($r->{out}, qr/met by locks 0$/m, '... no chunk was smaller');
	nothing_left($s, 'app');
}

# --- who comes and goes ----------------------------------------------------

make_orders($s, 'app', 'items', 3000);
{
	my $flag = File::Temp->new;
	my $p = start_migration($s, 'DROP COLUMN extra', 'app', 'orders',
	    @slow, '--threads', 1, '--postpone-cut-over-flag-file', "$flag");
	poll_until(sub { registry() }, 30, 'the first');
	my $q = start_migration($s, $ALTER, 'app', 'items', '--chunk-size',
	    1000);
	poll_until(sub { registry('items') || !$q->running }, 30,
	    'the second');
	succeeded($q->wait(60), 'app', 'items', 'the second migration');
	ok($p->running && registry(), '... leaves the first its row');
	unlink "$flag";
	succeeded($p->wait(60), 'app', 'orders', 'the first migration');
	nothing_left($s, 'app', '... the last takes the table away');
}

# Many that begin and end at once.
make_orders($s, 'app', "t$_", 10) for 1 .. 8;
for my $round (1, 2) {
	my @p = map { start_migration($s, $round == 1 ? $ALTER :
	    'DROP COLUMN extra', 'app', "t$_") } 1 .. 8;
	is(join(' ', map { $_->wait(90)->{exit} } @p), join(' ', (0) x 8),
	    'eight at once succeed') or diag map { $_->err } @p;
	nothing_left($s, 'app', '... and leave no registry');
}

# A dry run makes none.
{
	my $mark = $s->log_mark;
	my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
	    '--dry-run');
	is($r->{exit}, 0, 'a dry run') or diag $r->{err};
	is(said_once($s, $mark, qr/CREATE TABLE[^(]*_livealter/), 0,
	    '... has no registry');
}

# A table of that name that is another's.
{
	$s->sql("CREATE TABLE $REG (a INT); INSERT INTO $REG VALUES (1)");
	my $dump = $s->dump('app');
	my $r = migrate($s, $ALTER, 'app', 'orders');
	is($r->{exit}, 17, "somebody else's table _livealter: refused");
	like($r->{err}, qr/_livealter.* is not the registry/, '... by name');
	same_dump($s->dump('app'), $dump, '... and left alone');
	$s->sql("DROP TABLE $REG");
}

# Whoever takes our row away ends the run, which undoes what it made.
{
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow,
	    '--threads', 1);
	poll_until(sub { my $r = registry(); $r && $r->{mark} ne '' }, 30,
	    'the copy');
	$s->sql("DELETE FROM $REG");
	my $r = $p->wait(60);
	is($r->{exit}, 31, 'without its row it ends') or diag $r->{err};
	like($r->{err}, qr/_livealter.* is gone/, '... and says why');
	like($r->{err}, qr/taken over/, '... touching nothing more');
	cmp_ok(scalar(grep { /trigger/ } leftovers($s, 'app')), '==', 3,
	    '... as what is there may be for another to use');
}

# A table with the worst of names.
{
	my $n = "t`'\\\x{e9}%s";
	utf8::encode($n);
	# What died may still be at its last statement.
	poll_until(sub { eval { $s->sql("DROP DATABASE IF EXISTS app"); 1 } },
	    20, 'the database is dropped');
	$s->sql("CREATE DATABASE app");
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("CREATE TABLE " . Story::q($n) . " (id INT PRIMARY KEY)");
	$dbh->do("INSERT INTO " . Story::q($n) . " VALUES (1), (2)");
	die_at($s, 'before:swap', { name => 'a hostile name: it died' },
	    '--alter', $ALTER, dsn('app', $n), '--execute');
	my $r = $dbh->selectrow_hashref("SELECT table_name, mark FROM $REG");
	is($r->{table_name}, $n, '... and is in the registry');
	is($r->{mark}, "1:2\n", '... with its mark');
}

done_testing;
