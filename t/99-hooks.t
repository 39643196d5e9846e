# --hooks-dir: programs are run when something happens, in the order of their
# names, with what is known as variables and as JSON; some of them may end the
# run before the swap, and none can hold it up, whatever it does.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use Hooks;
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $SCHEMA = 'examples/schema/livealter-hook.schema.json';
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my $s = hooks_on(Server->start);
my $p;

# Tests: all of it is as the schema says.
sub as_schema {
	my ($text, $name) = @_;
	my $check = run_program({ stdin => $text }, 'python3', '-W', 'ignore',
	    't/lib/json_lines.py', $SCHEMA);
	is("$check->{out}$check->{err}", '', $name);
}

my @before = qw(startup validated before-row-copy before-cut-over);

# --- what is run, and when --------------------------------------------------

begin();
noting($_) for @before, qw(row-copy-complete success failure begin-postponed);
hook('livealter-on-success-2', "echo 2 >>$log\n");
hook('livealter-on-success.10', "echo 10 >>$log\n");
hook('livealter-on-success~', "echo copy >>$log\n");
hook('livealter-on-no-such-thing', "echo never >>$log\n");
hook('gh-ost-on-success', "echo \$GH_OST_TABLE_NAME >>$log\n");
my $r = run_hooks('--execute');
is($r->{exit}, 0, 'a run with hooks') or diag $r->{err};
is(noted() =~ s/row-copy-complete //r,
    "@before orders success 2 10", '... each in its place, by name');
like(noted(), qr/before-row-copy.*row-copy-complete.*orders/,
    '... those that inform as well');
like($r->{err}, qr/livealter-on-no-such-thing is never run/,
    '... one that cannot be is named');

begin();
noting($_) for @before, qw(success failure);
$r = run_hooks('--dry-run');
is(noted(), 'startup validated success', 'a dry run has hooks');
unchanged('... and');

# --- what they are told -----------------------------------------------------

begin();
my $odd = "or'd\"e\nr`s\x{c3}\x{bc}";
$s->sql("CREATE TABLE app." . Story::q($odd) . " LIKE app.orders");
for my $event (@before, qw(row-copy-complete success)) {
	hook("livealter-on-$event", "cat >>$tmp/json\nenv -0 >$tmp/$event\n" .
	    "ls -l /proc/\$\$/fd >$tmp/fd\n" .
	    "grep ^Sig /proc/self/status >$tmp/signals\n");
}
$r = run_livealter($s, { env => { NOTIFY_SOCKET => "$tmp/none",
    LIVEALTER_HOOKS_HINT => 'ticket 7' } }, '--alter', $ALTER, '-D', 'app',
    '--table', $odd, '--hooks-dir', $dir, '--execute');
is($r->{exit}, 0, 'a table of a strange name') or diag $r->{err};
my $json = slurp("$tmp/json");
as_schema($json, '... each hook gets what the schema says');
my %of;
for (map { JSON::PP->new->utf8->decode($_) } split /\n/, $json) {
	$of{$_->{event}} = $_;
}
utf8::decode(my $odd_text = $odd);
is($of{success}{table}, $odd_text, '... the name as it is');
is($of{success}{state}, 'swapped', '... what has come of it');
is($of{success}{exit}, 0, '... the exit status');
is($of{'before-cut-over'}{exit}, undef, '... which is not known before');
ok(length $of{'before-cut-over'}{new_table}, '... the new name');
my %env = map { /\A([^=]+)=(.*)\z/s ? ($1, $2) : () }
    split /\0/, slurp("$tmp/before-cut-over");
is($env{LIVEALTER_TABLE_NAME}, $odd, '... and so in the environment');
is($env{LIVEALTER_EVENT}, 'before-cut-over', '... with the event');
is($env{LIVEALTER_HOOKS_HINT}, 'ticket 7', '... what one adds stays');
like($env{LIVEALTER_DDL}, qr/^ALTER TABLE `app`\..*\Q$ALTER\E$/s,
    '... the statement');
is($env{LIVEALTER_DRY_RUN}, 'false', '... no dry run');
ok(!exists $env{NOTIFY_SOCKET}, '... and nothing to speak for us');
my @fd = map { (split)[8] } grep { /->/ } split /\n/, slurp("$tmp/fd");
# A shell keeps its script open.
is(join(' ', grep { $_ > 2 && $_ < 10 } @fd), '',
    '... no descriptor of ours');
unlike(slurp("$tmp/fd"), qr/socket:/, '... no connection');
like(slurp("$tmp/signals"), qr/^SigBlk:\t0+$/m, '... no signal is blocked');
# HUP, INT, PIPE, TERM, TSTP, TTOU; what else we were given is not ours.
is(hex((slurp("$tmp/signals") =~ /^SigIgn:\t0*(\w+)$/m)[0]) & 0x285003, 0,
    '... or ignored');

# --- the password -----------------------------------------------------------

my $PASSWORD = 'Geheim,1=a';
$s->sql("CREATE USER secret IDENTIFIED BY '$PASSWORD'");
$s->sql('GRANT ALL ON *.* TO secret');

# A run with the password, of which each hook writes all that it can see.
sub run_secret {
	my ($alter, $env, @opts) = @_;
	begin();
	noting($_, "{ cat; env; tr '\\0' ' ' </proc/\$PPID/cmdline; " .
	    "tr '\\0' ' ' </proc/\$\$/cmdline; } >>$tmp/seen\n")
	    for @before, qw(row-copy-complete success failure);
	return run_livealter($s, { connect => 0, env => $env }, '--alter',
	    $alter, dsn('app', 'orders'), '--hooks-dir', $dir, '--execute',
	    '-S', $s->socket, '-u', 'secret', @opts);
}

# The one that informs runs beside the others.
sub in_any_order { return join ' ', sort split / /, "@_" }

sub unseen {
	my ($r, $exit, $name, $hooks) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, $exit, $name) or diag $r->{err};
	is(in_any_order(noted()), in_any_order($hooks), '... with its hooks');
	my $seen = -e "$tmp/seen" ? slurp("$tmp/seen") : '';
	my @events = $seen =~ /^LIVEALTER_EVENT=(.*)$/mg;
	is(in_any_order(@events), in_any_order($hooks),
	    '... and what they see is all there');
	like($seen, qr/--hooks-dir/, '... with the command line');
	unlike($seen . $r->{out} . $r->{err}, qr/\Q$PASSWORD\E/,
	    '... and no password in it');
}

my $file = File::Temp->new(TEMPLATE => 'la-pw-XXXXXX', TMPDIR => 1);
spew("$file", "$PASSWORD\n");
my $all = join ' ', @before[0 .. 2], 'row-copy-complete', $before[3];
for (['on the command line', {}, "--password=$PASSWORD"],
    ['in a word of its own', {}, '--password', $PASSWORD],
    ['in the environment', { MYSQL_PWD => $PASSWORD }],
    ['in a file', {}, '--password-file', "$file"]) {
	my ($name, @how) = @$_;
	unseen(run_secret($ALTER, @how), 0, "a password $name",
	    "$all success");
	unseen(run_secret('ADD COLUMN x NO_TYPE', @how), 11,
	    '... of a run that fails', 'startup failure');
	$s->sql("ALTER USER secret IDENTIFIED BY 'another'");
	unseen(run_secret($ALTER, @how), 18, '... and of one that is refused',
	    'startup failure');
	$s->sql("ALTER USER secret IDENTIFIED BY '$PASSWORD'");
}

# --- who says no ------------------------------------------------------------

for my $event (@before) {
	begin();
	noting($_) for @before, qw(success failure);
	noting($event, "echo not on Fridays\nexit 3\n");
	$r = run_hooks('--execute');
	is($r->{exit}, 17, "on-$event says no") or diag $r->{err};
	like($r->{err}, qr/-on-$event says no: .*status 3: not on Fridays/,
	    '... and why');
	like(noted(), qr/ failure$/, '... the run has failed');
	unchanged("... $event");
}

begin();
noting($_, "exit 1\n") for qw(row-copy-complete success);
$r = run_hooks('--execute');
is($r->{exit}, 0, 'those that inform cannot');
like($r->{err}, qr/-on-$_ has failed: it ended with exit status 1/,
    "... $_ is told") for qw(row-copy-complete success);

begin();
noting('failure', 'echo "$LIVEALTER_EXIT_STATUS: $LIVEALTER_ERROR" >>' .
    "$log\n");
$r = run_livealter($s, '--alter', 'ADD COLUMN x NO_TYPE',
    dsn('app', 'orders'), '--hooks-dir', $dir, '--execute');
is($r->{exit}, 11, 'a wrong ALTER');
like(noted(), qr/^failure 11: .*NO_TYPE/, '... its hook says so');

# --- what is not run --------------------------------------------------------

sub refused {
	my ($re, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$r = run_hooks('--execute');
	is($r->{exit}, 1, $name);
	like($r->{err}, $re, '... says why');
	is(noted(), '', '... and nothing is run');
}
begin();
noting('startup');
noting('success');
chmod 0644, "$dir/livealter-on-success";
refused(qr/on-success: it cannot be executed/, 'one that is not executable');
chmod 0775, "$dir/livealter-on-success";
refused(qr/on-success: others can write to it/, 'one that others write to');
chmod 0755, "$dir/livealter-on-success";
chmod 0777, $dir;
refused(qr/hooks: others can write to it/, 'a directory that others write to');
chmod 0755, $dir;
SKIP: {
	skip 'only root gives files away', 3 if $> != 0;
	chown 65534, -1, $dir;
	refused(qr/hooks: it belongs to another/, 'the directory of another');
	chown 0, -1, $dir;
}
unlink "$dir/livealter-on-success";
mkdir "$dir/livealter-on-success";
refused(qr/on-success: not a regular file/, 'a directory');
rmdir "$dir/livealter-on-success";
symlink "$dir/nowhere", "$dir/livealter-on-success";
refused(qr/on-success: No such file/, 'a link to nothing');
unlink "$dir/livealter-on-success";
$dir = "$tmp/nowhere";
refused(qr/nowhere: No such file/, 'no directory');

begin();
spew("$dir/livealter-on-validated", "not a program\n");
chmod 0755, "$dir/livealter-on-validated";
$r = run_hooks('--execute');
is($r->{exit}, 17, 'a file that is no program');
like($r->{err}, qr/it cannot be run: Exec format error/, '... is named');
unchanged('... no program');

# --- status, waits, other commands ------------------------------------------

begin();
noting('begin-postponed');
noting('status', "echo \"\$LIVEALTER_COPIED_ROWS\" >>$tmp/rows\n");
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow, '--cut-over',
    'when-told', '--hooks-dir', $dir, '--hooks-status-interval', 0.2);
poll_until(sub { noted() =~ /begin-postponed/ }, 60, 'a wait for the swap');
run_livealter($s, 'control', dsn('app', 'orders'), 'cut-over');
is($p->wait(60)->{exit}, 0, '... ends');
cmp_ok(scalar(() = noted() =~ /\bstatus\b/g), '>', 1,
    '... and how it goes was told meanwhile');

begin();
noting($_) for @before, qw(success);
run_hooks('--execute', '--reversible');
spew($log, '');
$r = run_livealter($s, 'revert', dsn('app', 'orders'), '--accept-loss',
    '--hooks-dir', $dir);
is($r->{exit}, 0, 'a revert') or diag $r->{err};
is(noted(), 'startup validated before-cut-over success', '... has its hooks');

begin();
noting($_) for @before, qw(success);
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
    '--on-interrupt=keep');
$p->kill('TERM');
$p->wait(60);
$r = run_livealter($s, 'cleanup', dsn('app', 'orders'), '--hooks-dir', $dir);
is($r->{exit}, 0, 'cleanup') or diag $r->{err};
is(noted(), 'startup success', '... has two');

# As JSON, the last line is still the result.
begin();
noting('success', "echo well; exit 1\n");
$r = run_hooks('--execute', '--output=json');
like($r->{out}, qr/"type": "result"[^\n]*\n\z/, 'as JSON, the result is last');
like($r->{out}, qr/on-success: well.*has failed.*"result"/s,
    '... after what hooks have said');

done_testing;
