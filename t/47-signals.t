# Asked for its status, interrupted twice, left alone by its terminal.
#
# long: signals at many moments
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Noise;
use Server;
use Story;
use Terminal;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @slow = ('--chunk-size', 50, '--sleep', 0.2, '--threads', 1);

sub is_clean { my @left = leftovers($s, 'app'); return !@left }

# A test: SIGUSR1 is answered with such a line, and does nothing else.
sub status_is {
	my ($p, $re, $name) = @_;
	my $before = length $p->err;
	$p->kill('USR1');
	my $line;
	poll_until(sub { ($line) = substr($p->err, $before) =~
	    /^(livealter: status: .*)$/m }, 10, 'the status');
	like($line // '', $re, $name);
	ok($p->running, '... and it goes on');
}

# --- the status ------------------------------------------------------------

fresh_orders($s);
{
	my $mark = $s->log_mark;
	my $file = File::Temp->new;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow,
	    '--postpone-cut-over-flag-file', "$file", '--quiet');
	copying($s, $mark, $p);
	poll_until(sub { said_once($s, $mark, qr/^INSERT LOW_PRIORITY/) >= 5 },
	    20, 'some chunks');
	status_is($p, qr/status:\ copy\ the\ rows,\ for\ 0:\d\d:\ copied
	    \ \d+\ rows,\ \d+%,\ \d+\ rows\/s,\ 0:\d\d\ left,\ chunks\ of
	    \ 50$/x, 'SIGUSR1 during the copy tells step, rows, rate, ETA');

	poll_until(sub { !$p->running || said_once($s, $mark,
	    qr/BIT_XOR/) >= 4 }, 30, 'the comparison');
	status_is($p, qr/status:\ compare\ the\ two\ tables,\ for\ 0:\d\d:
	    \ compared\ \d+\ rows,\ \d+%,/x, '... during the comparison');
	poll_until(sub { $p->kill('USR1'); $p->err =~ /status:\ swap\ the
	    \ tables,\ .*\ waiting\ for\ the\ file/x || !$p->running }, 30,
	    'the swap');
	status_is($p, qr/status:\ swap\ the\ tables,\ for\ 0:\d\d;
	    \ waiting\ for\ the\ file\ \Q$file\E\ to\ be\ gone$/x,
	    '... and while it waits, for what');

	my $reader = open_reader($s);
	unlink "$file";
	poll_until(sub { $p->kill('USR1');
	    $p->err =~ /status: .*when no session uses `app`.`orders`(;|$)/m
	    || !$p->running }, 20, '... for a lock as well');
	$reader->rollback;
	my $r = $p->wait(30);
	is("$r->{exit}: $r->{out}", '0: ', 'the run that was asked succeeds');
	unlike($p->err, qr/^(?!livealter: status: )/m,
	    '... and, being quiet, said nothing else');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# --- two signals -----------------------------------------------------------

# A test: what it printed is what takes away what is left.
sub leaves_sql {
	my ($r, $dump, $name) = @_;
	like($r->{err}, qr/left on the server; to remove them, run/,
	    "$name: it says that something is left");
	isnt(join(', ', leftovers($s, 'app')), '', '... which is so');
	unlike($r->{out}, qr/Successfully/, '... and claims no success');
	$s->sql($_) for printed_sql($r->{out});
	# The record of the run is what "status" and "cleanup" go by.
	$s->sql("DROP TABLE IF EXISTS app._livealter");
	same_dump($s->dump('app'), $dump, '... and prints what removes it');
}

fresh_orders($s);
my $dump = $s->dump('app');
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	my $reader = open_reader($s);
	$p->kill('INT');
	$p->wait_for(qr/SIGINT: stopping; another one/, 10);
	$p->wait_for(qr/waiting for a moment when no session uses/, 20);
	my $t = time;
	$p->kill('TERM');
	my $r = $p->wait(30);
	cmp_ok(time - $t, '<', Noise::patience(3),
	    'a second signal while it undoes stops at ' .
	    'once');
	is($r->{exit}, 32, '... with 32') or diag $r->{err};
	like($r->{err}, qr/SIGTERM: stopping at once/, '... and it says so');
	$reader->rollback;
	leaves_sql($r, $dump, '... it');
}
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	$p->kill('INT');
	$p->kill('TERM');
	my $r = $p->wait(30);
	is($r->{exit}, 32, 'two signals of one moment are one');
	unlike($r->{err}, qr/at once$/m, '... and are taken as one');
	same_dump($s->dump('app'), $dump, '... and all is undone');
}

# A server that does not answer.
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	CORE::kill 'STOP', $s->pid;
	$p->kill('INT');
	$p->wait_for(qr/SIGINT: stopping; another one/, 10);
	poll_until(sub { $p->kill('INT'); $p->err =~ /stopping at once/ }, 10,
	    'the second signal');
	my $t = time;
	my $r = $p->wait(30);
	CORE::kill 'CONT', $s->pid;
	cmp_ok(time - $t, '<', Noise::patience(8),
	    'a second signal ends it, though the ' .
	    'server does not answer');
	is($r->{exit}, 32, '... with 32') or diag $r->{err};
	# What it had sent is still done.
	poll_until(sub { !grep { ($_->[7] // '') =~ /_orders_new/ }
	    $s->rows("SHOW PROCESSLIST") }, 20, 'its statements end');
	leaves_sql($r, $dump, '... it');
}

# A failure of another kind is undone, and then one signal is the second.
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, { env => { LIVEALTER_FAIL_AT =>
	    'after:copy' } }, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	my $reader = open_reader($s);
	$p->wait_for(qr/waiting for a moment when no session uses/, 40);
	$p->kill('INT');
	my $r = $p->wait(30);
	is($r->{exit}, 39, 'a signal during the undoing of a failure stops it')
	    or diag $r->{err};
	$reader->rollback;
	leaves_sql($r, $dump, '... it');
}

# --- what does not stop it -------------------------------------------------

fresh_orders($s);
for my $sig (qw(HUP TSTP TTOU PIPE)) {
	fresh_orders($s, 500);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	$p->kill($sig);
	succeeded($p->wait(30), 'app', 'orders', "SIG$sig: the run");
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# The command, as words of a shell; what it ends with is written to a file.
sub command {
	my ($dir, @opts) = @_;
	my $prog = $ENV{LIVEALTER} // './build/livealter';
	return "$prog --alter '$ALTER' D=app,t=orders --execute -u root -S " .
	    $s->socket . " @opts; echo \$? >$dir/rc";
}

# A connection by ssh that breaks: the terminal is gone.
fresh_orders($s);
SKIP: {
	my $why = no_terminal('a terminal that goes away');
	skip $why, 5 if $why;
	my $dir = File::Temp->newdir;
	my $mark = $s->log_mark;
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 200, seed => 47);
	# The shell stays to tell the end; script would pass on what it gets.
	my $p = start_program({ env => { HOME => "$dir", SHELL => '/bin/sh' }},
	    'script', '-qfc', "trap '' HUP; " . command($dir, @slow,
	    '--statistics'), '/dev/null');
	copying($s, $mark, $p);
	poll_until(sub { $p->out =~ /\r\e\[Klivealter: copied/ }, 20,
	    'a line that is redrawn');
	$p->kill('KILL');
	$p->wait(10);
	poll_until(sub { -s "$dir/rc" }, 60, 'its end');
	is(slurp("$dir/rc"), "0\n", 'a terminal that goes away does not stop ' .
	    'it nor make it fail');
	is(scalar(grep { $_ eq 'extra' } table_columns($s, 'app', 'orders')),
	    1, '... the table is altered');
	hammer_ok($h->report, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

# A terminal that stands still (Ctrl-S, a pager): a pipe that nobody reads.
fresh_orders($s, 2000);
{
	my $dir = File::Temp->newdir;
	my $h = start_hammer($s, db => 'app', table => 'orders', threads => 2,
	    control => 'control', rate => 200, seed => 48);
	local $ENV{HOME} = "$dir";
	my $pid = open my $pipe, '-|', '{ ' . command($dir, '--print',
	    '--chunk-size', 5, '--progress', 'iterations,1') . '; } 2>&1';
	poll_until(sub { grep { $_ eq 'extra' } table_columns($s, 'app',
	    'orders') }, 60, 'the swap');
	poll_until(sub { is_clean() }, 20, 'its end');
	my $rep = $h->report;
	ok(!-s "$dir/rc", 'output that nobody reads does not stop it');
	my $text = do { local $/; <$pipe> };
	close $pipe;
	is(slurp("$dir/rc"), "0\n", '... nor make it fail');
	cmp_ok(length $text, '>', 100_000, '... and is kept for its reader');
	like($text, qr/^Successfully altered `app`.`orders`\.\n\z/m,
	    '... to the last line');
	hammer_ok($rep, 1500, 'all the while the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	nothing_left($s, 'app');
}

fresh_orders($s, 2000);
{
	my $dir = File::Temp->newdir;
	local $ENV{HOME} = "$dir";
	$dump = $s->dump('app');
	open my $pipe, '-|', '{ echo $$; exec 2>&1; ' . command($dir,
	    '--print', '--chunk-size', 5, '--sleep', 0.05) . '; }';
	chomp(my $shell = <$pipe>);
	my $mark = $s->log_mark;
	poll_until(sub { said_once($s, $mark, qr/^INSERT LOW_|^EXECUTE/) > 99 },
	    60, 'a full pipe');
	my ($pid) = split ' ', slurp("/proc/$shell/task/$shell/children");
	CORE::kill 'INT', $pid;
	poll_until(sub { is_clean() }, 20, 'the undoing');
	same_dump($s->dump('app'), $dump, 'SIGINT is obeyed when nobody ' .
	    'reads');
	my $text = do { local $/; <$pipe> };
	close $pipe;
	is(slurp("$dir/rc"), "32\n", '... with 32');
	like($text, qr/SIGINT: stopping/, '... and it said so');
}

done_testing;
