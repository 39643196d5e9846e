# Type=notify: what a service manager hears of a run, as sd_notify(3) has it,
# and that it hears nothing of one that hangs.
# long: it waits for what hangs
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use IO::Socket::UNIX;
use LiveAlter;
use Manager;
use Noise;
use Proxy;
use Server;
use Socket qw(SOCK_DGRAM);
use Story;
use Test::More;
use Time::HiRes qw(sleep time);

my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my $s = Server->start(tcp => 1);
my $tmp = File::Temp->newdir('la-notify-XXXXXX', TMPDIR => 1);
my ($m, $r, $p);

sub begin {
	my ($rows, $path) = @_;
	$m->stop if $m;
	undef $m;
	$m = Manager->start($path // "$tmp/socket");
	fresh_orders($s, $rows // 300);
}
sub env { return { env => { NOTIFY_SOCKET => $m->name, @_ } } }
sub value { join ' ', $m->values($_[0]) }

# It may be read a moment later than it was sent.
sub last_words {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	poll_until(sub { length value('EXIT_STATUS') }, 30, "$name: its end");
	is(join(' ', grep { !/\A(?:READY|STOPPING|WATCHDOG)=1\z|
	    \ASTATUS=.|\A(?:EXTEND_TIMEOUT_USEC|EXIT_STATUS|ERRNO)=\d+\z/x }
	    map { $_->[1] } $m->said), '', "$name: nothing else is said");
}

# --- a run that goes well ---------------------------------------------------

# A status is said once a second: the copy takes some.
begin(1500);
$r = run_livealter($s, env(), '--alter', $ALTER, dsn('app', 'orders'),
    @slow, '--execute');
is($r->{exit}, 0, 'a run') or diag $r->{err};
last_words('a run');
is(value('READY'), 1, '... is ready, once');
my $all = join '', map { "$_->[1]\n" } $m->said;
like($all, qr/EXTEND_TIMEOUT_USEC=6\d{8}\n.*READY=1\n/s,
    '... asks for patience until then');
unlike($all, qr/READY=1\n.*EXTEND/s, '... not afterwards');
like($all, qr/READY=1\n.*STATUS=copied \d+ rows, /s,
    '... which is before the copy');
like($all, qr/\nSTOPPING=1\nSTATUS=[^\n]+\nEXIT_STATUS=0\n\z/,
    '... and its end is last');
unlike($all, qr/WATCHDOG/, '... no signs of life, as nobody asks for them');
is(value('ERRNO'), '', '... and no error');

begin(10, "\0la-notify-$$");
$r = run_livealter($s, env(), '--alter', $ALTER, dsn('app', 'orders'),
    '--dry-run');
is($r->{exit}, 0, 'a name that is in no file system');
last_words('a dry run');
is(value('READY') . value('EXIT_STATUS'), '10', '... is heard');

# --- others -----------------------------------------------------------------

begin();
$r = run_livealter($s, env(), '--alter', 'ADD COLUMN x NO_TYPE',
    dsn('app', 'orders'), '--execute');
is($r->{exit}, 11, 'one that is refused');
last_words('one that is refused');
is(value('READY'), '', '... was never ready');
is(value('EXIT_STATUS'), 11, '... says its exit status');
like(value('STATUS'), qr/NO_TYPE/, '... and why');

# What is in names says nothing to the manager.
my $odd = "x\nREADY=1\nMAINPID=1\n\e[31m\xc3\xbc";
$r = run_livealter($s, env(), '--alter', $ALTER, '-D', 'app', '--table', $odd,
    '--execute');
ok($r->{exit}, 'a table of a strange name');
poll_until(sub { 2 == scalar(() = $m->values('EXIT_STATUS')) }, 30, 'its end');
last_words('a strange name');
is(value('READY'), '', '... and is not ready');
unlike(value('STATUS'), qr/[\0-\x1f\x7f]/, '... its status can be shown');

begin(3000);
$p = start_livealter($s, env(), '--alter', $ALTER, dsn('app', 'orders'),
    @slow, '--execute');
poll_until(sub { value('STATUS') =~ /copied/ || !$p->running }, 60, 'a copy');
$p->kill('TERM');
is($p->wait(60)->{exit}, 32, 'one that is stopped') or diag $p->err;
last_words('one that is stopped');
like(join(' ', map { $_->[1] } $m->said), qr/STOPPING=1.*EXTEND_TIMEOUT_USEC/,
    '... says that it stops, and asks for time to undo');
is(value('ERRNO'), 4, '... an error: EINTR');
nothing_left($s, 'app', '... and nothing is left');

# Those that cannot be told are not.
fresh_orders($s, 10);
for my $name ('vsock:2:1234', 'relative', '@', '/', '', "$tmp/nobody",
    '/' . 'x' x 200) {
	$r = run_livealter($s, { env => { NOTIFY_SOCKET => $name,
	    WATCHDOG_USEC => 'soon' } }, '--alter', $ALTER, '--quiet',
	    dsn('app', 'orders'), '--dry-run');
	is("$r->{exit}$r->{err}", '0', "NOTIFY_SOCKET=" . substr $name, 0, 20);
}
my $deaf = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$tmp/deaf");
$r = run_livealter($s, { env => { NOTIFY_SOCKET => "$tmp/deaf",
    WATCHDOG_USEC => 400000 } }, '--alter', $ALTER, dsn('app', 'orders'),
    '--execute');
is($r->{exit}, 0, 'a manager that does not listen is not waited for');

# --- hooks ------------------------------------------------------------------

begin();
mkdir "$tmp/hooks", 0755;
spew("$tmp/hooks/livealter-on-validated", "#!/bin/sh\nenv >$tmp/env\n" .
    "exit 1\n");
chmod 0755, "$tmp/hooks/livealter-on-validated";
$r = run_livealter($s, env(WATCHDOG_USEC => 60000000), '--alter', $ALTER,
    '--hooks-dir', "$tmp/hooks", dsn('app', 'orders'), '--execute');
is($r->{exit}, 17, 'a hook that says no');
unlike(slurp("$tmp/env"), qr/^(NOTIFY_SOCKET|WATCHDOG_)/m,
    '... cannot speak for us');
last_words('a hook that says no');
is(value('READY'), '', '... and the run was not ready');

# --- signs of life ----------------------------------------------------------

begin();
$r = run_livealter($s, env(WATCHDOG_USEC => 400000, WATCHDOG_PID => 1),
    '--alter', $ALTER, dsn('app', 'orders'), '--execute');
last_words('WATCHDOG_PID');
is(value('WATCHDOG'), '', 'WATCHDOG_PID of another: no signs of life');

# The main connection gets no answer to its heartbeat, while a worker goes on.
begin(15000);
my $proxy = Proxy->start($s->port, [], { when => qr/SET waits_for = /,
    until => "$tmp/answer" });
$p = start_livealter($s, { %{env(WATCHDOG_USEC => 1000000)}, connect => 0 },
    '--alter', $ALTER, dsn('app', 'orders'), @slow, '--execute', '-h',
    '127.0.0.1', '-P', $proxy->port, '-u', 'root', '--mysql_ssl', 0);
my $last = sub { (grep { $_->[1] eq 'WATCHDOG=1' } $m->said)[-1] };
poll_until(sub { value('STATUS') =~ /copied/ || !$p->running }, 60, 'a copy');
ok($last->(), 'signs of life are given while it works');
ok(poll_until(sub { time - $last->()[0] > 3 }, 60, 'it hangs'),
    '... and none when it hangs');
my $rows = 'SELECT rows_copied FROM app._livealter';
my $had = $s->value($rows);
ok(poll_until(sub { $s->value($rows) > $had }, 10, 'rows are copied'),
    '... though other threads go on');
my $n = () = $m->values('WATCHDOG');
spew("$tmp/answer", '');
ok(poll_until(sub { $n < (() = $m->values('WATCHDOG')) }, 60, 'it goes on'),
    '... and again when it goes on');
$p->kill('TERM');
is($p->wait(60)->{exit}, 32, '... and ends') or diag $p->err;
last_words('one that hangs');

# --- the example ------------------------------------------------------------

{
	my $unit = slurp('examples/systemd/livealter@.service');
	my $prog = (split ' ', $ENV{LIVEALTER} // 'build/livealter')[-1];
	like($unit, qr/^Type=notify$/m, 'examples/systemd');
	$unit =~ s/^ExecStart=\Klivealter/$prog/m;
	mkdir "$tmp/units";
	spew("$tmp/units/livealter\@.service", $unit);
	$r = run_program({ env => { SYSTEMD_UNIT_PATH => "$tmp/units:" } },
	    'systemd-analyze', 'verify', '--man=no',
	    "$tmp/units/livealter\@orders.service");
	is("$r->{exit}$r->{out}$r->{err}", '0', '... is understood by systemd');
}

$m->stop;
done_testing;
