# A swap that waits until it is wanted, and what happens meanwhile.
#
# long: two migrations that wait for over a minute
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Noise;
use POSIX ();
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{SEED} // 46;
note "SEED=$seed";
my $s = Server->start;
my $dir = File::Temp->newdir;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @often = ('--progress', 'time,1');

sub fresh {
	my ($db) = @_;
	fresh_orders($s, 500, db => $db // 'app');
}

# The UTC clock, so many minutes from now.
sub clock { POSIX::strftime('%H:%M', gmtime(time + 60 * $_[0])) }

sub flag {
	my ($name) = @_;
	spew("$dir/$name", '');
	return "$dir/$name";
}

# Starts one that waits for its flag file, and waits until it does.
sub waiting {
	my ($db, $file, @opts) = @_;
	my $p = start_migration($s, $ALTER, $db, 'orders',
	    '--postpone-cut-over-flag-file', $file, @opts);
	$p->wait_for(qr/waiting with the swap for the file \Q$file\E/, 30);
	return $p;
}

# --- what is asked for is read, and shown ----------------------------------

fresh();
my $dump = $s->dump('app');
{
	my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
	    '--dry-run', '--cut-over-window', 'Funday 03:00-04:00');
	is($r->{exit}, 1, 'a window of no day is refused');
	like($r->{err}, qr/--cut-over-window: its days .*"Funday 03:00-04:00"/,
	    '... and it says what is wrong');

	my $f = flag('shown');
	$r = run_livealter($s, { env => { TZ => 'Asia/Kolkata' } }, '--alter',
	    $ALTER, 'D=app,t=orders', '--dry-run', '--cut-over-window',
	    'Sun 03:00-04:00', '--postpone-cut-over-flag-file', $f);
	is($r->{exit}, 0, 'a dry run does not wait') or diag $r->{err};
	like($r->{out}, qr/03:00-04:00, by the local clock, which shows /,
	    '... and shows which clock is meant');
	like($r->{out}, qr/shows \w{3} \d\d:\d\d IST$/m, '... its zone');
	like($r->{out}, qr/while there is a file \Q$f\E \(there is now\)/,
	    '... and the file');
	same_dump($s->dump('app'), $dump, '... and all is as it was');
}

# --- two that wait for longer than a minute, to the end of this test -------

fresh($_) for qw(late later);
my $late = waiting('late', flag('late'));
my $later = waiting('later', flag('later'));
my $since = time;
# Past the triggers, which is to be found.
$s->sql("UPDATE late._orders_new SET note = 'not so' WHERE id = 400");

# And one whose window opens soon: if not in this minute, in the next.
fresh('soon');
my $lead = time % 60 > 40 ? 2 : 1;
my $opens = (int(time / 60) + $lead) * 60;
my $soon = start_migration($s, $ALTER, 'soon', 'orders', '--cut-over-window',
    clock($lead) . '-' . clock($lead + 5) . ' UTC');

# --- a file ----------------------------------------------------------------

{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 3,
	    control => 'control', rate => 200, seed => $seed);
	my $file = flag('flag');
	my $p = waiting('app', $file, @often);
	# The application goes on, and the new table has what it writes.
	for my $t (qw(orders control)) {
		$s->sql("INSERT INTO app.$t (id, note) VALUES (777777, 'x')");
		$s->sql("DELETE FROM app.$t WHERE id = 77");
		$s->sql("UPDATE app.$t SET note = 'late' WHERE id = 78");
	}
	is($s->value("SELECT GROUP_CONCAT(note ORDER BY id) FROM " .
	    "app._orders_new WHERE id IN (77, 78, 777777)"), 'late,x',
	    'while it waits, the new table has what is written');
	poll_until(sub { (() = $p->err =~ /waiting with the swap/g) >= 3 ||
	    !$p->running }, 20, 'it says that it waits');
	ok($p->running, '... and it waits while the file is there');
	unlike($p->err, qr/drop the triggers/, '... and does not swap');
	unlink $file;
	my $t = time;
	my $r = $p->wait(30);
	cmp_ok(time - $t, '<', Noise::patience(5),
	    'without the file it goes on, soon');
	my $rep = $h->report;
	succeeded($r, 'app', 'orders', '... the run');
	unlike($r->{err}, qr/once more/, '... after so short a wait without ' .
	    'comparing again');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	native($s, 'app', 'control', 'wanted', $ALTER);
	same_definition($s, 'app', 'orders', 'wanted', '... in their shape');
	nothing_left($s, 'app');
}

fresh();
{
	my $mark = $s->log_mark;
	my $file = "$dir/made-later";
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size',
	    50, '--sleep', 0.1, '--threads', 1,
	    '--postpone-cut-over-flag-file', $file);
	copying($s, $mark, $p);
	spew($file, '');
	$p->wait_for(qr/waiting with the swap for the file/, 30);
	ok($p->running, 'a file that is made during the copy makes it wait');
	unlink $file;
	succeeded($p->wait(30), 'app', 'orders', '... until it is gone: it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# Made while the swap waits for the table, it sends the swap back.
fresh();
{
	my $reader = $s->dbh(database => 'app');
	$reader->begin_work;
	my $file = flag('again');
	my $p = waiting('app', $file);
	$reader->selectall_arrayref("SELECT * FROM orders LIMIT 1");
	unlink $file;
	$p->wait_for(qr/waiting for a moment when no session uses/, 30);
	spew($file, '');
	poll_until(sub { (() = $p->err =~ /waiting with the swap/g) == 2 ||
	    !$p->running }, 30, 'it waits for the file again');
	$reader->rollback;
	my $t = time;
	poll_until(sub { time - $t > 2 || !$p->running }, 5, 'some time');
	ok($p->running && !(grep { $_ eq 'extra' } table_columns($s, 'app',
	    'orders')), 'a file that comes while the swap waits for the ' .
	    'table postpones it');
	unlink $file;
	succeeded($p->wait(30), 'app', 'orders', '... until it is gone: it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# --- a window --------------------------------------------------------------

fresh();
{
	my $r = migrate($s, $ALTER, 'app', 'orders', '--cut-over-window',
	    clock(-5) . '-' . clock(30) . ' UTC');
	succeeded($r, 'app', 'orders', 'in a window that is open it');
	unlike($r->{err}, qr/waiting with the swap/, '... without waiting');
	like($r->{err}, qr/by the UTC clock, which shows \w{3} \d\d:\d\d UTC/,
	    '... and it said which clock is meant');
}

fresh();
$dump = $s->dump('app');
{
	my $file = flag('both');
	my $start = time;
	my $shut = join('-', map { POSIX::strftime('%H:%M', gmtime($start +
	    60 * $_)) } 30, 60) . ' UTC';
	my $shut_until = (int($start / 60) + 30) * 60;
	my $p = waiting('app', $file, @often, '--cut-over-window', $shut);
	like($p->err, qr/\Q$file to be gone; and the time $shut (now \E\w{3}
	    \ \d\d:\d\d\ UTC\),\ in\ \d+:\d\d$/mx,
	    'it waits for the file and for the window, and says when that is');
	my ($min, $sec) = $p->err =~ / UTC\), in (\d+):(\d\d)$/m;
	my $then = ($min // 0) * 60 + ($sec // 0);
	# It said that after its start and before now, to the second.
	ok($then >= $shut_until - time - 1 && $then <= $shut_until - $start +
	    1, "... rightly ($then s)");
	unlink $file;
	ok($p->wait_for(qr/waiting with the swap for the time \Q$shut\E/, 20),
	    'without the file it still waits for the window');
	ok($p->running, '... and does not swap');
	$p->kill('TERM');
	is($p->wait(30)->{exit}, 32, 'SIGTERM while it waits for a window');
	same_dump($s->dump('app'), $dump, '... undoes everything');
}

# --- ends of a wait --------------------------------------------------------

{
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 200, seed => $seed + 1);
	my $p = waiting('app', flag('int'));
	$p->kill('INT');
	my $t = time;
	my $r = $p->wait(30);
	is($r->{exit}, 32, 'SIGINT while it waits for a file');
	cmp_ok(time - $t, '<', Noise::patience(5), '... is obeyed soon');
	unlike($r->{out}, qr/Successfully/, '... and no success is claimed');
	hammer_ok($h->report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	same_definition($s, 'app', 'orders', 'control', '... in their shape');
	nothing_left($s, 'app');
}

fresh();
{
	my $p = waiting('app', flag('trigger'));
	my ($trigger) = map { s/^trigger //r } grep { /^trigger/ }
	    leftovers($s, 'app');
	$s->sql("DROP TRIGGER app.`$trigger`");
	my $r = $p->wait(30);
	is($r->{exit}, 12, 'a trigger that is dropped while it waits ends it');
	like($r->{err}, qr/trigger .*\Q$trigger\E.* is gone/,
	    '... and it says which');
	same_rows($s, 'app', 'orders', 'control', '... the table is whole');
	nothing_left($s, 'app');
}

fresh();
{
	my $p = waiting('app', flag('altered'));
	$s->sql("ALTER TABLE app.orders ADD COLUMN other INT");
	unlink "$dir/altered";
	my $r = $p->wait(30);
	is($r->{exit}, 17, 'a table that is altered while it waits is not ' .
	    'swapped') or diag $r->{err};
	is(scalar(grep { $_ eq 'other' } table_columns($s, 'app', 'orders')),
	    1, '... and stays as it is');
	nothing_left($s, 'app');
}

# --- those that waited long ------------------------------------------------

{
	my $r = $soon->wait(150);
	cmp_ok(time, '>=', $opens, 'a window that opens is waited for');
	succeeded($r, 'soon', 'orders', '... and used: it');
	same_rows($s, 'soon', 'orders', 'control');
	nothing_left($s, 'soon');
}
{
	my $h = start_hammer($s, db => 'later', table => 'orders',
	    threads => 2, control => 'control', rate => 200,
	    seed => $seed + 2);
	poll_until(sub { time - $since > 63 }, 70, 'more than a minute');
	ok($late->running && $later->running, 'two wait for over a minute');
	unlink "$dir/late", "$dir/later";
	my $r = $late->wait(30);
	is($r->{exit}, 30, 'a row that was changed past the triggers ' .
	    'meanwhile is found');
	like($r->{err}, qr/once more.*row 400: not the same/s,
	    '... and named');
	same_rows($s, 'late', 'orders', 'control', '... the table is whole');
	nothing_left($s, 'late');

	$r = $later->wait(30);
	my $rep = $h->report;
	like($r->{err}, qr/once more.*no difference/s, 'the tables are ' .
	    'compared again after a long wait');
	succeeded($r, 'later', 'orders', '... and the other one');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'later', 'orders', 'control', '... has its rows');
	nothing_left($s, 'later');
}

done_testing;
