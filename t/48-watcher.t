# What a run looks at on the side, here what the operator asks for, hangs or
# breaks: neither the copy nor the heartbeat, Ctrl-C or the end wait for it.
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
my $flag = "$dir/postpone";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $REG = 'app._livealter';
my $LOOK = qr/^SELECT request FROM/;
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 2,
    '--postpone-cut-over-flag-file', $flag);

# --- it hangs --------------------------------------------------------------

# Starts one that is never answered what the operator asks for.
sub start_deaf {
	my $mark = $s->log_mark;
	my $proxy = Proxy->start($s->port, [], { until => "$dir/never",
	    when => qr/SELECT request FROM/ });
	my $p = start_livealter($s, { connect => 0 }, '--alter', $ALTER,
	    'D=app,t=orders', '--execute', @slow, '-h', '127.0.0.1', '-P',
	    $proxy->port, '-u', 'root', '--mysql_ssl', 0);
	poll_until(sub { !$p->running || said_once($s, $mark, $LOOK) }, 30,
	    'it asks what the operator wants');
	return ($p, $proxy);
}

for my $end (qw(INT none)) {
	fresh_orders($s, 400);
	my $dump = $s->dump('app');
	spew($flag, '');
	my ($p, $proxy) = start_deaf();
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'a question that is not answered does not hold up the copy');
	if ($end eq 'none') {
		unlink $flag;
		my $r = $p->wait(30);
		succeeded($r, 'app', 'orders', '... nor the end: it');
		same_rows($s, 'app', 'orders', 'control');
		nothing_left($s, 'app');
		next;
	}
	my %seen;
	poll_until(sub {
		$seen{$s->value("SELECT heartbeat FROM $REG")} = 1;
		return !$p->running || keys %seen > 2;
	}, 30, 'two heartbeats');
	cmp_ok(scalar keys %seen, '>', 2, '... nor the heartbeat');
	$p->kill($end);
	my $r = $p->wait(30);
	is($r->{exit}, 32, '... nor Ctrl-C') or diag $r->{err};
	same_dump($s->dump('app'), $dump, '... and all is undone');
}

# --- it breaks -------------------------------------------------------------

fresh_orders($s, 2000);
unlink $flag;
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	my %killed;
	poll_until(sub {
		for (grep { $_->{text} =~ $LOOK } $s->log_entries($mark)) {
			next if $killed{$_->{id}}++;
			eval { $s->sql("KILL $_->{id}") };
		}
		return keys %killed >= 3 || !$p->running;
	}, 30, 'three connections');
	cmp_ok(scalar keys %killed, '>=', 3, 'a connection that is killed ' .
	    'is made again, and again');
	ok($p->running, '... and the copy goes on');
	my $r = run_livealter($s, 'control', 'D=app,t=orders', 'pause');
	is("$r->{exit} $r->{out}", "0 Done.\n", '... a request is read') or
	    diag $r->{err};
	ok($p->wait_for(qr/pausing, to wait for livealter control .* go/, 10),
	    '... and obeyed');
	run_livealter($s, 'control', 'D=app,t=orders', 'go');
	succeeded($p->wait(60), 'app', 'orders', '... it');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

done_testing;
