# A server that has gone mad: between livealter and a real one, it answers some
# questions itself.
#
#	my $l = Liar->start($server->socket, from => 17, how => 'nulls',
#	    often => 0.1, seed => 4);
#	... connect to 127.0.0.1, $l->port, without TLS ...
#	$l->stop;
#
# The question number from, counted over all connections, is answered by a lie,
# and those after it as often as that.  how is one of hows().
package Liar;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();

use FakeServer;
use Noise;

my $OK = "\0\0\0\2\0\0\0";
my $EOF = "\xfe\0\0\2\0";
my @ROWS = ('', '0', '1', '7', 'BASE TABLE', 'InnoDB', 'YES', 'NO', '-1',
    '18446744073709551616', "\xf0\x9f\x98\x80", "\xff\xfe", 'x' x 250, '`',
    "'; DROP TABLE t; -- ", "\e[2J\n", 'id', 't', 'int', '1:a', '%s%n');

sub start {
	my ($class, $socket, %o) = @_;
	my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50,
	    ReuseAddr => 1) or die "Liar: $!";
	my $pid = fork // die "Liar: fork: $!";
	if ($pid == 0) {
		local $SIG{TERM} = sub { POSIX::_exit(0) };
		local $SIG{PIPE} = 'IGNORE';
		alarm Noise::patience(300);
		srand($o{seed} // 1);
		eval { _serve($l, $socket, \%o) };
		POSIX::_exit(0);
	}
	return bless { port => $l->sockport, pid => $pid }, $class;
}

sub port { $_[0]{port} }

sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	kill 'TERM', $pid;
	waitpid $pid, 0;
}

sub DESTROY {
	local ($?, $@);
	$_[0]->stop;
}

sub _serve {
	my ($l, $socket, $o) = @_;
	my $sel = IO::Select->new($l);
	my (%peer, %is_client, %left, $asked);

	for (;;) {
		for my $c ($sel->can_read) {
			if ($c == $l) {
				my $a = $l->accept or next;
				my $b = IO::Socket::UNIX->new(Peer => $socket)
				    or do { close $a; next };
				@peer{$a, $b} = ($b, $a);
				$is_client{$a} = 1;
				$left{$a} = '';
				$sel->add($a, $b);
				next;
			}
			next if !$peer{$c};
			my $n = sysread $c, my $buf, 65536;
			if ($n) {
				$n = 0 if !($is_client{$c} ? _asked($c,
				    $peer{$c}, \$left{$c}, $buf, \$asked, $o) :
				    _all($peer{$c}, $buf));
			}
			next if $n;
			for my $s ($c, delete $peer{$c}) {
				$sel->remove($s);
				delete $peer{$s};
				close $s;
			}
		}
	}
}

sub _all {
	my ($to, $buf) = @_;
	while (length $buf) {
		my $n = syswrite $to, $buf or return 0;
		substr($buf, 0, $n) = '';
	}
	return 1;
}

# Packets of the client's: false when its connection is to end.
sub _asked {
	my ($client, $server, $left, $buf, $asked, $o) = @_;
	$$left .= $buf;
	while (length $$left >= 4) {
		my $len = 4 + unpack 'V', substr($$left, 0, 3) . "\0";
		last if length $$left < $len;
		my $packet = substr $$left, 0, $len, '';
		my ($seq, $what) = unpack 'xxxCC', "$packet\0";
		my $lies = $seq == 0 && $what == 3 &&
		    (++$$asked == $o->{from} ||
		    ($$asked > $o->{from} && rand() < $o->{often}));
		if (!$lies) {
			_all($server, $packet) or return 0;
			next;
		}
		my ($answer, $end) = _lie($o->{how}, substr $packet, 5);
		_all($client, $answer) or return 0;
		return 0 if $end;
	}
	return 1;
}

sub _string {
	my ($s) = @_;
	my $n = length $s;
	return ($n < 251 ? chr $n : "\xfc" . pack 'v', $n) . $s;
}

# A result of so many columns; each row is a list, undef is NULL.
sub _result {
	my ($cols, @rows) = @_;
	my $seq = 1;
	my $out = FakeServer::_frame(\$seq, $cols < 251 ? chr $cols :
	    "\xfc" . pack 'v', $cols);
	$out .= FakeServer::_frame(\$seq, _string('def') . _string('') x 3 .
	    _string('c') x 2 . "\x0c" . pack('v', 45) . pack('V', 1024) .
	    "\xfd" . pack('v', 0) . "\0\0\0") for 1 .. $cols;
	$out .= FakeServer::_frame(\$seq, $EOF);
	$out .= FakeServer::_frame(\$seq, join '', map { defined() ?
	    _string($_) : "\xfb" } @$_) for @rows;
	return $out . FakeServer::_frame(\$seq, $EOF);
}

# As many as are asked for, more or less.
sub _columns {
	my ($sql) = @_;
	my $list = $sql =~ /^SELECT (.*?) FROM /s ? $1 : $sql;
	1 while $list =~ s/\([^()]*\)//g;
	return 1 + ($list =~ tr/,//);
}

sub _row { map { $ROWS[rand @ROWS] } 1 .. $_[0] }

my %LIE = (
	odd => sub { FakeServer::_nonsense($_[0]) },
	ok => sub { my $seq = 1; FakeServer::_frame(\$seq, $OK) },
	error => sub { my $seq = 1; FakeServer::_frame(\$seq, "\xff" .
	    pack('v', (1205, 1213, 1062, 2013, 1146, 1317, 0, 65535, 1000 +
	    rand 4000)[rand 9]) . "#HY000" . ("%s%n\e[2J\n" . 'x' x 600)) },
	empty => sub { _result(_columns($_[0])) },
	nulls => sub { my $n = _columns($_[0]);
	    _result($n, map { [(undef) x $n] } 1 .. 1 + rand 3) },
	texts => sub { my $n = _columns($_[0]);
	    _result($n, map { [_row($n)] } 1 .. 1 + rand 3) },
	narrow => sub { _result(1, [_row(1)]) },
	wide => sub { _result(400, [_row(400)], [(undef) x 400]) },
	short => sub { my $n = _columns($_[0]);
	    my $a = _result($n + 1, [_row($n)]); $a },
	many => sub { my $n = _columns($_[0]); my @r = _row($n);
	    _result($n, map { [@r] } 1 .. 20000) },
	cut => sub { my $a = _result(3, [_row(3)]);
	    (substr($a, 0, rand length $a), 1) },
	huge => sub { ("\xff\xff\xff\1" . 'x' x 100, 1) },
	length => sub { my $seq = 1; FakeServer::_frame(\$seq, "\1") .
	    FakeServer::_frame(\$seq, "\xfe" . "\xff" x 8) },
	file => sub { my $seq = 1; FakeServer::_frame(\$seq,
	    "\xfb/etc/passwd") },
	silent => sub { '' },
);

sub hows { sort keys %LIE }

sub _lie {
	my ($how, $sql) = @_;
	return $LIE{$how}->($sql);
}

1;
