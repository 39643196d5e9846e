# Connections that break, and servers that go away, at bad moments.
#
# long: breaks connections at many moments
use strict;
use warnings;

use lib 't/lib';
use IO::Select;
use IO::Socket::INET;
use LiveAlter;
use Noise;
use POSIX ();
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start(tcp => 1);
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 2);

sub fresh {
	fresh_orders($s, 1500);
	native($s, 'app', 'orders', 'wanted', $ALTER);
}

# --- KILL ------------------------------------------------------------------

for my $which (qw(main worker every)) {
	fresh();
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200, seed => 32);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	my %copies = map { $_->{id} => 1 } grep { $_->{text} =~
	    /^INSERT LOW_PRIORITY/ } $s->log_entries($mark);
	my @ids = connections($s, $mark);
	my @victims = $which eq 'main' ? $ids[0]
	    : $which eq 'worker' ? (grep { $copies{$_} } @ids)[0] : @ids;
	for (@victims) {
		eval { $s->sql("KILL $_") };
	}
	my $r = $p->wait(90);
	my $rep = $h->report;
	hammer_ok($rep, 1500, "KILL of $which (@victims): the application");
	settled($s, "KILL of $which", $r);
}

# Of a statement only.
fresh();
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size',
	    20, '--threads', 2);
	my $n = 0;
	my $end = time + 20;
	while ($p->running && time < $end) {
		for ($s->rows("SELECT id FROM information_schema.processlist" .
		    " WHERE info LIKE 'INSERT LOW_PRIORITY%'")) {
			$n++ if eval { $s->sql("KILL QUERY $_->[0]"); 1 };
			last if $n > 3;
		}
	}
	note "$n statements were killed";
	settled($s, 'KILL QUERY', $p->wait(60));
}

# --- the server ------------------------------------------------------------

for my $late (0, 1) {
	fresh();
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	$s->kill9;
	if ($late) {
		# Away for a while: it waits, or gives up and says what to do.
		my $end = time + 10;
		sleep 0.05 while $p->running && time < $end;
	}
	$s->restart;
	my $r = $p->wait(120);
	settled($s, 'a server killed' . ($late ? ' and away for a while'
	    : ' and started at once'), $r);
}

# And the program itself.
fresh();
{
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 200, seed => 33);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	$p->kill('KILL');
	gone($s, $mark, $p);
	my $r = migrate($s, $ALTER, 'app', 'orders', '--chunk-size', 100);
	my $rep = $h->report;
	hammer_ok($rep, 1500, 'kill -9 of the program: the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	if ($r->{exit} == 0) {
		same_definition($s, 'app', 'orders', 'wanted',
		    '... the next run succeeds');
		nothing_left($s, 'app');
	} else {
		same_definition($s, 'app', 'orders', 'control',
		    '... the next run changes nothing');
		like($r->{err} . $r->{out}, qr/_orders_new|livealter_/,
		    '... but names what is in the way');
		like($r->{err} . $r->{out}, qr/DROP |livealter cleanup|resume/,
		    '... and the command that removes it');
	}
}

# --- a connection that is cut around the RENAME ----------------------------

# A proxy between them.  It looks for a statement, once, and then either cuts
# the connection before the server has it ("before"), or passes it on, waits
# for the reply and cuts the connection instead of handing it over ("reply").
sub start_proxy {
	my ($how, $re) = @_;
	my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20,
	    ReuseAddr => 1) or die "proxy: $!";
	my $port = $l->sockport;
	my $flag = File::Temp->new;
	my $pid = fork // die "fork: $!";
	return { port => $port, pid => $pid, flag => $flag } if $pid;

	$SIG{TERM} = 'DEFAULT';
	$SIG{PIPE} = 'IGNORE';
	my ($done, %peer, %client, %cut) = (0);
	my $sel = IO::Select->new($l);
	my $close = sub {
		for my $c ($_[0], $peer{$_[0]}) {
			$sel->remove($c);
			close $c;
		}
	};
	my $until = time + Noise::patience(120);
	while (time < $until) {
		for my $c ($sel->can_read(1)) {
			if ($c == $l) {
				my $a = $l->accept or next;
				my $b = IO::Socket::INET->new(PeerAddr =>
				    '127.0.0.1', PeerPort => $s->port)
				    or do { close $a; next };
				@peer{$a, $b} = ($b, $a);
				$client{$a} = 1;
				$sel->add($a, $b);
				next;
			}
			next if !defined fileno $c;
			my $n = sysread $c, my $buf, 65536;
			if (!$n || $cut{$c}) {
				$close->($c);
				next;
			}
			if ($client{$c} && !$done && $buf =~ $re) {
				$done = 1;
				spew("$flag", "cut\n");
				if ($how eq 'before') {
					$close->($c);
					next;
				}
				$cut{$peer{$c}} = 1;
			}
			syswrite $peer{$c}, $buf;
		}
	}
	POSIX::_exit(0);
}

for my $how (qw(reply before)) {
	for my $what (['RENAME', qr/RENAME TABLE/],
	    ['CREATE TRIGGER', qr/CREATE .*TRIGGER .*AFTER UPDATE/s],
	    ['a chunk', qr/INSERT LOW_PRIORITY/],
	    ['COMMIT', qr/\bCOMMIT\b/],
	    ['DROP TABLE', qr/DROP TABLE[^`]*`app`\.`_orders_old`/],
	    ['DROP TRIGGER', qr/DROP TRIGGER[^`]*`app`\.`livealter_orders/]) {
		fresh();
		my ($name, $re) = @$what;
		my $proxy = start_proxy($how, $re);
		my $h = start_hammer($s, db => 'app', table => 'orders',
		    control => 'control', threads => 2, rate => 150,
		    seed => 34);
		my $r = run_livealter($s, { connect => 0, timeout => 60 },
		    '--alter', $ALTER, 'D=app,t=orders', '--execute',
		    '--chunk-size', 200, '-h', '127.0.0.1', '-P',
		    $proxy->{port}, '-u', 'root', '--mysql_ssl', 0);
		my $rep = $h->report;
		kill 'KILL', $proxy->{pid};
		waitpid $proxy->{pid}, 0;
		my $text = ($how eq 'reply' ? 'the reply to ' : '') .
		    "$name is lost" . ($how eq 'before'
		    ? ' before it arrives' : '');
		if (slurp("$proxy->{flag}") ne "cut\n") {
			note "$name is not sent";
			isnt($name, 'RENAME', 'the RENAME is sent');
		}
		hammer_ok($rep, 1500, "$text: the application");
		settled($s, $text, $r);
		if ($name eq 'RENAME' && $how eq 'reply') {
			is($r->{exit}, 0, '... the swap that was done is ' .
			    'found to be done') or diag $r->{err};
		}
	}
}

done_testing;
