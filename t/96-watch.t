# livealter watch: what a migration does, as it does it, and how it has ended;
# on any terminal, in a pipe, with names of others, without being in its way.
#
# long: it watches until the end, many times
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Terminal;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @slow = ('--chunk-size', 20, '--sleep', 0.1, '--threads', 1);
my $WATCHED = "(?-x:`app`\\.`orders`)";

sub start_watch { start_livealter($s, 'watch', @_) }
# The servers tell to a second when a table was made.
sub age {
	poll_until(sub { $s->value("SELECT NOW() > MAX(CREATE_TIME) + " .
	    "INTERVAL 1 SECOND FROM information_schema.TABLES WHERE " .
	    "TABLE_SCHEMA = 'app'") }, 10, 'another second');
}

sub fresh {
	fresh_orders(@_);
	age();
}

sub json_of { map { JSON::PP::decode_json($_) } split /\n/, $_[0]{out} }

# Waits until the last look of a watch for programs is so.
sub look_until {
	my ($w, $code, $what) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return poll_until(sub {
		my ($last) = $w->out =~ /(\{"type": "look".*\})\n\z/;
		return $last && $code->(JSON::PP::decode_json($last)) ||
		    !$w->running;
	}, 40, $what);
}

# A test: it ends so, with that status.
sub ends {
	my ($w, $exit, $end, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = $w->wait(60);
	is($r->{exit}, $exit, "$name: $exit") or diag "$r->{out}$r->{err}";
	my $last = (json_of($r))[-1];
	is("$last->{type} $last->{end} $last->{exit}", "end $end $exit",
	    "... the last line says: $end");
	return $r;
}

# --- from the first chunk to the swap ---------------------------------------

make_orders($s, 'app', 'orders', 600);
my $pause = "$dir/pause";
my $p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow,
    '--pause-file', $pause, '--tries=swap_tables:100:0.3');
my $mark = $s->log_mark;
my $w = start_watch('D=app', '--output', 'json');
my $lines = start_watch('D=app,t=orders', '--progress', 'time,1');
look_until($w, sub { $_[0]{chunk_time} }, 'a chunk');
spew($pause, '');
look_until($w, sub { $_[0]{throttled} }, 'the pause');
unlink $pause;
my $reader = open_reader($s);
look_until($w, sub { $_[0]{blocker} }, 'who is in the way');
$reader->rollback;
is($p->wait(60)->{exit}, 0, '(the migration succeeds)');
{
	my $r = ends($w, 0, 'swapped', 'a migration that succeeds');
	my @j = json_of($r);
	my ($copy) = grep { ($_->{verb} // '') eq 'copied' && $_->{eta} &&
	    $_->{rate_now} && $_->{chunk} && $_->{threads} } @j;
	is("$copy->{state} $copy->{chunk} $copy->{threads}", 'copying 20 1',
	    '... before it: chunks, threads');
	cmp_ok($copy->{rows}, '<', $copy->{rows_total}, '... rows');
	my ($wait) = grep { $_->{throttled} } @j;
	like($wait->{waits_for}, qr/^the file \Q$pause\E to be gone$/,
	    '... what it waits for');
	my ($in) = grep { $_->{blocker} } @j;
	like($in->{blocker}, qr/^connection \d+ \(root\@/,
	    '... and who is in the way');
	is($r->{err}, '', '... and nothing else');
	$r = $lines->wait(60);
	is($r->{exit}, 0, 'a pipe is told the same');
	like($r->{out}, qr/^$WATCHED:\ copying,\ copied\ \d+\ rows,\ \d+%,
	    \ \d+\ rows\/s.*^$WATCHED:.*;\ waits\ for\ the\ file.*^$WATCHED:
	    .*;\ in\ the\ way:\ connection.*^$WATCHED:\ the\ tables\ are
	    \ swapped\.\n\z/msx, '... in lines');
	unlike($r->{out}, qr/\e|\r/, '... without anything for a terminal');
	is($r->{err}, '', '... and nothing else');

	# By what it asks, it is known in the log.
	my %its = map { $_->{id} => 1 } grep { $_->{text} =~
	    /IS_USED_LOCK.*figures|figures.*IS_USED_LOCK/s }
	    $s->log_entries($mark);
	is(scalar keys %its, 2, '(two connections)');
	my @said = grep { $its{$_->{id}} && $_->{command} eq 'Query' }
	    $s->log_entries($mark);
	is_deeply([grep { !/^(?:SELECT|SHOW|SET|ROLLBACK)\b/ } map {
	    $_->{text} } @said], [], '... ask, and change nothing');
	unlike(join("\n", map { $_->{text} } @said), qr/`orders`/,
	    '... nor read the table');
	my $looks = grep { $_->{text} =~ /IS_USED_LOCK.*figures|figures.*
	    IS_USED_LOCK/sx } @said;
	my ($first) = grep { $said[$_]{text} =~ /IS_USED_LOCK/ &&
	    $said[$_]{text} =~ /figures/ } 0 .. $#said;
	cmp_ok(@said - $first, '<=', $looks + 30,
	    '... one question for a look');
}

# --- how it ends ------------------------------------------------------------

# An undoing that takes its time tells the status of the run ...
fresh($s, 300);
$p = start_migration($s, { env => { LIVEALTER_FAIL_AT => 'after:copy' } },
    $ALTER, 'app', 'orders', @slow);
$p->wait_for(qr/copy the rows/, 30);
$w = start_watch('D=app', '--output', 'json');
look_until($w, sub { $_[0]{verb} }, 'the copy');
$reader = open_reader($s);
look_until($w, sub { $_[0]{state} eq 'undoing' }, 'the undoing');
$reader->rollback;
is($p->wait(60)->{exit}, 39, '(a failure)');
ends($w, 39, 'undone', 'a failure');

# ... and one that does not is seen by the table.
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow);
$w = start_watch('D=app', '--output', 'json');
look_until($w, sub { $_[0]{verb} }, 'the copy');
$p->kill('TERM');
is($p->wait(60)->{exit}, 32, '(an interrupt)');
like(ends($w, 32, 'undone', 'an interrupt')->{err},
    qr/^livealter: error: $WATCHED: it was undone \(exit status 32, stopped\)$/,
    '... in words, too');

# A swap between two looks.
for my $keep ('', '--reversible') {
	fresh($s, 20);
	my $flag = "$dir/flag";
	spew($flag, '');
	$p = start_migration($s, $ALTER, 'app', 'orders', grep { $_ }
	    '--postpone-cut-over-flag-file', $flag, $keep);
	$p->wait_for(qr/waiting with the swap/, 30);
	$w = start_watch('D=app', '--output', 'json');
	look_until($w, sub { $_[0]{throttled} }, 'the wait');
	unlink $flag;
	is($p->wait(60)->{exit}, 0, "(it swaps $keep)");
	ends($w, 0, $keep ? 'revertible' : 'swapped', "a swap $keep");
}

# And one that is not to be.
fresh($s, 300);
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow,
    '--no-swap-tables');
$w = start_watch('D=app', '--output', 'json');
is($p->wait(60)->{exit}, 0, '(--no-swap-tables)');
ends($w, 0, 'unswapped', 'without a swap');

# A kill.
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow);
$w = start_watch('D=app', '--output', 'json');
look_until($w, sub { $_[0]{verb} }, 'the copy');
$p->kill('KILL');
$p->wait(30);
like(ends($w, 33, 'resumable', 'a kill')->{err},
    qr/^livealter: hint: .*: livealter status D=app /m,
    '... with what to do');
run_livealter($s, 'cleanup', 'D=app,t=orders');

# --- which one --------------------------------------------------------------

{
	my $r = run_livealter($s, 'watch', 'D=app');
	is($r->{exit}, 0, 'none is known: as status');
	like($r->{out}, qr/^no migration is known/, '... which it is');
	make_orders($s, 'app', $_, 3000) for qw(items others);
	my @p = map { start_to_chunk($s, 2, $ALTER, 'app', $_, @slow,
	    '--sleep', 1) } qw(others items);
	$r = run_livealter($s, 'watch', 'D=app');
	is($r->{exit}, 17, 'several are refused');
	like($r->{err}, qr/^livealter:\ hint:\ to\ watch\ `app`\.`$_`:
	    \ livealter\ watch\ D=app,t=$_\ /mx, "... with $_")
	    for qw(others items);
	$w = start_watch('D=app,t=items');
	$w->wait_for(qr/^`app`\.`items`: copying/m, 30);
	$w->kill('INT');
	$r = $w->wait(30);
	is($r->{exit}, 32, 'SIGINT ends the watching');
	like($r->{err}, qr/^livealter:\ error:\ interrupted:\ this\ ends
	    \ the\ watching\ only,\ and\ the\ migration\ goes\ on/mx,
	    '... and it says so');
	ok($p[1]->running, '... of a migration that goes on');
	my $pid = open my $pipe, '-|', "$ENV{LIVEALTER} watch D=app,t=items " .
	    "--output json -u root -S " . $s->socket . " 2>'$dir/err'";
	like(scalar(<$pipe>), qr/"type": "look"/, '(one line is read)');
	kill 'STOP', $p[1]->pid;
	poll_until(sub { close_early($pipe, $pid) }, 30,
	    'it ends when nobody reads');
	$_->kill('CONT'), $_->kill('TERM') for @p;
	$_->wait(60) for @p;
}

# Without another line, nothing would tell it that nobody reads.
sub close_early {
	my ($pipe, $pid) = @_;
	POSIX::close(fileno $pipe);
	return waitpid($pid, POSIX::WNOHANG()) != 0;
}

# --- a server that goes away ------------------------------------------------

fresh($s, 600);
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow);
$w = start_watch('D=app', '--output', 'json');
my $short = start_watch('D=app', '--output', 'json', '--reconnect-for', 1);
look_until($_, sub { $_[0]{verb} }, 'the copy') for $w, $short;
$s->stop(kill => 1);
look_until($w, sub { $_[0]{error} }, 'no connection');
my $r = $short->wait(60);
is($r->{exit}, 19, 'a server that is away for too long');
like($r->{err}, qr/^livealter: error: /, '... is told');
$s->restart;
look_until($w, sub { !$_[0]{error} && $_[0]{running} }, 'both are back');
is($p->wait(90)->{exit}, 0, '(the migration succeeds)');
ends($w, 0, 'swapped', 'a server that comes back');

# --- terminals --------------------------------------------------------------

my $odd = "or\e[31m\n\r\x07ders\xe2\x80\xae\xc2\x9b";
my $name = "or\\e[31m";

# Starts a watch in a terminal; it says which, in a file.
sub start_terminal {
	my ($columns, $rows, $env, @args) = @_;
	unlink "$dir/tty", "$dir/pid", "$dir/before", "$dir/after";
	my $p = start_program({ env => { HOME => "$dir", SHELL => '/bin/sh',
	    TERM => 'xterm', LC_ALL => 'C.UTF-8', NO_COLOR => undef,
	    %$env } }, 'script', '-qfec', "stty cols $columns rows $rows; " .
	    "stty -g >$dir/before; tty >$dir/tty; sh -c 'echo \$\$ " .
	    ">$dir/pid; exec $ENV{LIVEALTER} watch -D app @args -u root -S " .
	    $s->socket . "'; rc=\$?; stty -g >$dir/after; exit \$rc",
	    '/dev/null');
	poll_until(sub { -s "$dir/pid" }, 20, 'the terminal');
	return $p;
}

sub shown { join "\n", screen_after(@_) }

SKIP: {
	my $why = no_terminal('watch on a terminal');
	skip $why, 1 if $why;
	fresh($s, 1200);
	$s->sql("RENAME TABLE app.orders TO app." . Story::q($odd));
	age();
	$p = start_livealter($s, '--alter', "ADD c INT COMMENT '\e]0;x\x07'",
	    '-D', 'app', '--table', $odd, '--execute', @slow);
	$p->wait_for(qr/copy the rows/, 30);

	my $t = start_terminal(100, 30, {});
	$t->wait_for(qr/rows\/s now.*rows\/s now/s, 40);
	my $text = eval { shown($t->out, 100) } // $@;
	is(scalar(() = $text =~ /rows\/s now/g), 1,
	    'a terminal has one frame') or diag $text;
	like($text, qr/^`app`\.`or\\x1b\[31m\\n\\r\\x07ders\\u202e\\u009b`:
	    \ copying$/mx, '... with a name that it does not obey');
	like($text, qr/^\ \ [\x{2588}\x{2591}]{40}\ \d+%,/mx, '... a bar');
	like($text, qr/^\ \ [\x{2581}-\x{2588} ]+$/m, '... a chart');
	like($text, qr/^  ALTER: ADD c INT COMMENT '\\x1b\]0;x\\x07'$/m,
	    '... and the ALTER');
	like($t->out, qr/\e\[1m/, '... in colours');
	# It becomes narrow, and low.
	my $tty = slurp("$dir/tty") =~ s/\s+//r;
	my $before = length $t->out;
	system("stty -F $tty cols 24 rows 5") == 0 or die 'stty';
	poll_until(sub { substr($t->out, $before) =~ /\e\[J.*\e\[J/s }, 20,
	    'another frame');
	my $last = (split /\e\[J/, substr $t->out, $before)[-1];
	my @frame = split /\n/, $last =~ s/\e\[\d*[A-Z]|\e\[\d*m|\r//gr;
	cmp_ok(scalar @frame, '<=', 4, '... a low one has no more lines');
	is_deeply([grep { utf8::decode(my $l = $_); length $l > 23 } @frame],
	    [], '... nor a narrow one longer ones');
	kill 'INT', slurp("$dir/pid");
	is($t->wait(30)->{exit}, 32, '... until Ctrl-C');
	like($t->out, qr/error: interrupted: this ends the watching only/,
	    '... which it says');
	is(slurp("$dir/after"), slurp("$dir/before"),
	    '... and the terminal is as it was');
	unlike($t->out, qr/\e\[\?/, '... with no mode of its own');

	for my $case ([{ NO_COLOR => 1 }, 'NO_COLOR', qr/\e\[\d*m/],
	    [{ LC_ALL => 'C' }, 'no UTF-8', qr/[^\x00-\x7e]/],
	    [{ TERM => 'dumb' }, 'a dumb one', qr/\e/],
	    [{ TERM => undef }, 'one of no kind', qr/\e/]) {
		my ($env, $what, $not) = @$case;
		$t = start_terminal(80, 24, $env);
		$t->wait_for(qr/copied \d+/s, 30);
		kill 'INT', slurp("$dir/pid");
		$t->wait(30);
		unlike($t->out, $not, "$what: obeyed");
		like($t->out, qr/^\s\s[#-]{40}\ /m, '... with other characters')
		    if $what eq 'no UTF-8';
	}
	$t = start_terminal(80, 24, {});
	$t->wait_for(qr/rows\/s now/, 30);
	$p->kill('TERM');
	$p->wait(60);
	is($t->wait(60)->{exit}, 32, 'the end of the run is that of the watch');
	like($t->out, qr/error: .*it was undone/, '... which it says');
	is(slurp("$dir/after"), slurp("$dir/before"),
	    '... and the terminal is as it was');
}

done_testing;
