# Between livealter and its server: a TCP proxy that breaks connections.
#
#	my $p = Proxy->start($server->port, [
#		{ at => 5000, how => 'reset' },
#		{ at => 9000, how => 'stall', all => 1 } ]);
#	... connect to $p->port ...
#	my ($bytes, $made) = $p->stop;	# what went through; cuts
#
# at counts the bytes of both directions and all connections; when they come
# to it, the connection that they go by, or all of them, meet with
#	close		an end of file, between two packets or within one
#	truncate	the same to both sides, after half of what was just read
#	reset		RST, as by a host that has rebooted
#	stall		silence for a second, and then a reset
#	corrupt		a bit that is not as it was sent (TLS sees it)
#
# With a hash of when => qr/.../, until => FILE after the cuts, the answer to
# what matches, in plain text, is kept back until there is such a file.  With
# delay => SECONDS it is a server far away: everything is so long on its way.
package Proxy;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use Noise;

sub start {
	my ($class, $to, $cuts, $hold) = @_;
	my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50,
	    ReuseAddr => 1) or die "Proxy: $!";
	pipe my $r, my $w or die "Proxy: pipe: $!";
	my $pid = fork // die "Proxy: fork: $!";
	if ($pid == 0) {
		close $r;
		_serve($l, $to, [sort { $a->{at} <=> $b->{at} } @$cuts], $w,
		    $hold // { until => '/' });
		POSIX::_exit(0);
	}
	close $w;
	return bless { port => $l->sockport, pid => $pid, said => $r }, $class;
}

sub port { $_[0]{port} }

# Returns the bytes, and how many of the cuts were made.
sub stop {
	my ($p) = @_;
	return if !$p->{pid};
	kill 'TERM', $p->{pid};
	my $said = readline $p->{said};
	waitpid $p->{pid}, 0;
	delete $p->{pid};
	return split ' ', $said // '0 0';
}

sub DESTROY {
	local ($?, $@);
	$_[0]->stop;
}

sub _serve {
	my ($l, $to, $cuts, $say, $hold) = @_;
	my ($bytes, $made, $over) = (0, 0, 0);
	my $sel = IO::Select->new($l);
	my (%peer, %stalled, %held, @kept, @late);
	my $delay = $hold->{delay} // 0;
	my $until = time + Noise::patience(300);

	local $SIG{TERM} = sub { $over = 1 };
	local $SIG{PIPE} = 'IGNORE';
	my $end = sub {
		my ($c, $reset) = @_;
		for my $s (map { $_ } $c, $peer{$c}) {
			next if !$s || !defined fileno $s;
			$sel->remove($s);
			setsockopt $s, SOL_SOCKET, SO_LINGER,
			    pack('ii', 1, 0) if $reset;
			delete $stalled{$s};
			close $s;
		}
	};
	while (!$over && time < $until) {
		$sel->add(grep { defined fileno $_ } splice @kept)
		    if @kept && -e $hold->{until};
		for my $who (map { [@$_] } values %stalled) {
			$end->($who->[0], 1) if time > $who->[1];
		}
		while (@late && $late[0][0] <= time) {
			my (undef, $to, $buf) = @{shift @late};
			_write($to, $buf) if defined fileno $to;
		}
		my $next = @late ? $late[0][0] - time : 0.2;
		for my $c ($sel->can_read($next < 0 ? 0 : $next)) {
			if ($c == $l) {
				my $in = $l->accept or next;
				my $out = IO::Socket::INET->new(PeerAddr =>
				    '127.0.0.1', PeerPort => $to);
				if (!$out) {
					close $in;
					next;
				}
				@peer{$in, $out} = ($out, $in);
				$sel->add($in, $out);
				next;
			}
			next if !defined fileno $c || $stalled{$c};
			if ($held{$c} && !-e $hold->{until}) {
				$sel->remove($c);
				push @kept, $c;
				next;
			}
			my $n = sysread $c, my $buf, 65536;
			if (!$n) {
				$end->($c);
				next;
			}
			$bytes += $n;
			$held{$peer{$c}} = 1 if $hold->{when} &&
			    $buf =~ $hold->{when};
			if (@$cuts && $bytes >= $cuts->[0]{at}) {
				my $cut = shift @$cuts;
				$made++;
				my @who = $cut->{all} ?
				    grep { $_ != $l } $sel->handles : $c;
				for my $who (@who) {
					_cut($cut->{how}, $who, $c, \$buf,
					    \%peer, \%stalled, $end);
				}
			}
			next if !defined fileno $c || $stalled{$c};
			if ($delay) {
				push @late, [time + $delay, $peer{$c}, $buf];
			} else {
				_write($peer{$c}, $buf);
			}
		}
	}
	syswrite $say, "$bytes $made\n";
}

sub _cut {
	my ($how, $who, $c, $buf, $peer, $stalled, $end) = @_;
	return if !defined fileno $who;
	if ($how eq 'stall') {
		$stalled->{$who} = [$who, time + 1];
		$stalled->{$peer->{$who}} = [$who, time + 1];
	} elsif ($how eq 'corrupt') {
		my $at = int(length($$buf) / 2);
		substr($$buf, $at, 1) = chr(ord(substr $$buf, $at, 1) ^ 1)
		    if $who == $c;
	} else {
		_write($peer->{$who}, substr $$buf, 0, length($$buf) / 2)
		    if $how eq 'truncate' && $who == $c;
		$end->($who, $how eq 'reset');
	}
}

sub _write {
	my ($to, $buf) = @_;
	while (length $buf) {
		my $n = syswrite $to, $buf;
		return if !$n;
		substr($buf, 0, $n) = '';
	}
}

1;
