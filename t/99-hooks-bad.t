# --hooks-dir: a hook that never ends, ignores signals, reads nothing, writes
# much, or is there when the run is interrupted holds nothing up.
use strict;
use warnings;

use lib 't/lib';
use Hooks;
use LiveAlter;
use Server;
use Story;
use Test::More;

my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my $s = hooks_on(Server->start);
my $r;

begin();
hook('livealter-on-before-row-copy', "sleep 600 & sleep 600\n");
$r = run_hooks('--execute', '--hooks-timeout', 1);
is($r->{exit}, 17, 'one that never ends says no');
like($r->{err}, qr/longer than 1 seconds/, '... as it took too long');
unchanged('... then');

begin();
hook('livealter-on-validated', "trap '' TERM\n" . 'i=0; while [ $i -lt 9 ]; ' .
    "do sleep 100; done &\necho \$! >$tmp/child; exec sleep 600\n");
$r = run_hooks('--execute', '--hooks-timeout', 0.5);
is($r->{exit}, 17, 'one that ignores SIGTERM');
my $child = slurp("$tmp/child") + 0;
poll_until(sub { !kill(0, $child) || slurp("/proc/$child/stat") =~ /\) Z/ },
    20, 'what it started is gone with it');

begin();
hook('livealter-on-validated', "exec 0<&-\ni=0\nwhile [ \$i -lt 3000 ]; do\n" .
    "i=\$((i+1)); printf 'a line of much text \\033[31m %d\\n' \$i\n" .
    "printf 'another one, elsewhere\\n' >&2\ndone\n");
$r = run_hooks('--execute');
is($r->{exit}, 0, 'one that reads nothing and writes much');
like($r->{err}, qr/there is more, which is left out/, '... is cut short');
unlike($r->{err}, qr/\e/, '... and a terminal does not obey it');
cmp_ok(length $r->{err}, '<', 20000, '... in the log');

begin();
hook('livealter-on-startup', "(sleep 600; echo late) &\n" .
    "echo \$! >$tmp/child\n");
$r = run_hooks('--execute');
is($r->{exit}, 0, 'one that leaves something running is not waited for');
ok(kill('KILL', slurp("$tmp/child") + 0), '... which goes on');

begin();
noting('row-copy-complete', "sleep 600\n");
noting('success', "sleep 600\n");
my $p = start_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
    '--hooks-dir', $dir, '--execute', '--hooks-timeout', 0);
ok($p->wait_for(qr/(Successfully altered)/), 'nothing waits for one that ' .
    'informs');
$p->kill('INT');
$r = $p->wait(60);
is($r->{exit}, 0, '... and at the end a signal ends it');

begin();
noting('before-cut-over', "sleep 600\n");
$p = start_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
    '--hooks-dir', $dir, '--execute', '--hooks-timeout', 0);
poll_until(sub { noted() =~ /before-cut-over/ }, 60, 'one that is asked');
$p->kill('INT');
$r = $p->wait(60);
is($r->{exit}, 32, '... does not hold up a signal');
unchanged('... stopped in a hook');

begin();
noting('failure', "echo done >>$log\n");
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow, '--hooks-dir', $dir);
$p->kill('INT');
$r = $p->wait(60);
is($r->{exit}, 32, 'one that is interrupted');
is(noted(), 'failure done', '... still tells by its hook');

done_testing;
