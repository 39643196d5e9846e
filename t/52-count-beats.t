# While the rows of both tables are counted, which may take long, the heartbeat
# goes on, and Ctrl-C ends the question on the server as well.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Proxy;
use Server;
use Story;
use Test::More;

my $s = Server->start(tcp => 1);
my $dir = File::Temp->newdir;
my $COUNT = qr/SELECT \(SELECT COUNT\(\*\) FROM/;

fresh_orders($s, 100);
die_at($s, 'after:copy', '--alter', 'ADD COLUMN extra INT',
    'D=app,t=orders', '--execute');
my $mark = $s->log_mark;
# The server's answer comes when there is that file.
my $proxy = Proxy->start($s->port, [], { when => $COUNT,
    until => "$dir/answer" });
my $p = start_livealter($s, { connect => 0 }, 'resume', 'D=app,t=orders',
    '--verify', 'none', '-h', '127.0.0.1', '-P', $proxy->port, '-u', 'root',
    '--mysql_ssl', 0);
poll_until(sub { !$p->running || said_once($s, $mark, $COUNT) }, 30,
    'it counts');
my %seen;
poll_until(sub {
	$seen{$s->value("SELECT heartbeat FROM app._livealter")} = 1;
	return !$p->running || keys %seen > 2;
}, 30, 'two heartbeats');
cmp_ok(scalar keys %seen, '>', 2, 'the heart beats while it counts');
ok($p->running, '... and counts');
$p->kill('INT');
poll_until(sub { !$p->running || said_once($s, $mark, qr/^KILL QUERY/) }, 30,
    'the question is ended');
is(said_once($s, $mark, qr/^KILL QUERY/), 1,
    'Ctrl-C: the question is ended on the server');
spew("$dir/answer", '');
my $r = $p->wait(60);
is($r->{exit}, 32, '... and so does the run') or diag $r->{err};
same_definition($s, 'app', 'orders', 'control', '... all is undone');
same_rows($s, 'app', 'orders', 'control', '... no row is touched');
nothing_left($s, 'app');

done_testing;
