# A hostile server, as far as the login.
#
#	my $f = FakeServer->start(mode => 'clear', caps => sub { $_[0] & ... });
#	... connect to $f->port ...
#	my @seen = $f->stop;		# what it learned, a line each
#
# mode: clear	asks for the password itself (mysql_clear_password)
#	dialog	the same, as PAM does
#	sha2	asks for it by the server's key (caching_sha2_password)
#	sha256	the same (sha256_password)
#	native	asks for nothing that shows it
#	infile	lets everybody in, and asks for a file at each query
#	odd	lets everybody in, and answers with nonsense, from a seed
# tls:	0 offers none, 1 offers it and breaks off
package FakeServer;

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);

use Noise;

my %PLUGIN = (clear => 'mysql_clear_password', dialog => 'dialog',
    sha2 => 'caching_sha2_password', sha256 => 'sha256_password',
    native => 'mysql_native_password');

sub start {
	my ($class, %o) = @_;
	my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50,
	    ReuseAddr => 1) or die "FakeServer: $!";
	pipe my $r, my $w or die "FakeServer: pipe: $!";
	my $pid = fork // die "FakeServer: fork: $!";
	if ($pid == 0) {
		close $r;
		setpgrp;
		$w->autoflush(1);
		local $SIG{TERM} = sub { POSIX::_exit(0) };
		local $SIG{PIPE} = 'IGNORE';
		local $SIG{ALRM} = sub { POSIX::_exit(0) };
		alarm Noise::patience(300);
		srand($o{seed} // 1);
		local $SIG{CHLD} = 'IGNORE';
		for (my $n = 0;; $n++) {
			my $c = $l->accept or next;
			if (fork) {
				close $c;
				next;
			}
			local $SIG{TERM} = 'DEFAULT';
			alarm 60;
			srand(($o{seed} // 1) * 1000 + $n);
			eval { _serve($c, \%o, $w) };
			POSIX::_exit(0);
		}
		POSIX::_exit(0);
	}
	close $w;
	setpgrp $pid, 0;
	return bless { port => $l->sockport, pid => $pid, said => $r }, $class;
}

sub port { $_[0]{port} }

sub stop {
	my ($f) = @_;
	return if !$f->{pid};
	kill 'TERM', -$f->{pid};
	my @said = readline $f->{said};
	waitpid delete $f->{pid}, 0;
	chomp @said;
	return @said;
}

sub DESTROY {
	local ($?, $@);
	$_[0]->stop;
}

sub _send {
	my ($c, $seq, $b) = @_;
	syswrite $c, substr(pack('V', length $b), 0, 3) . chr($seq & 255) . $b;
}

sub _read {
	my ($c, $n) = @_;
	my $b = '';
	while (length $b < $n) {
		sysread $c, $b, $n - length $b, length $b or die "gone\n";
	}
	return $b;
}

sub _packet {
	my ($c) = @_;
	my $h = _read($c, 4);
	return (ord substr($h, 3), _read($c, unpack 'V',
	    substr($h, 0, 3) . "\0"));
}

my $OK = "\0\0\0\2\0\0\0";

sub _serve {
	my ($c, $o, $say) = @_;
	my $mode = $o->{mode};
	my $caps = 0x1 | 0x2 | 0x4 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 |
	    0x10000 | 0x20000 | 0x80000 | 0x100000 | ($o->{tls} ? 0x800 : 0);
	$caps &= ~($o->{without} // 0);
	_send($c, 0, "\x0a5.5.5-10.11.6-MariaDB\0" . pack('V', 7) .
	    "abcdefgh\0" . pack('v', $caps & 0xffff) . "\x2d" .
	    pack('v', 2) . pack('v', $caps >> 16) . chr(21) . "\0" x 10 .
	    "ijklmnopqrst\0" . ($o->{plugin} // 'mysql_native_password') .
	    "\0");
	my ($seq, $b) = _packet($c);
	if (length $b == 32) {
		print $say "TLS\n";
		return;
	}
	my ($user, $rest) = split /\0/, substr($b, 32), 2;
	print $say "login of $user\n";
	print $say "sent: $1\n" if $rest =~ /(s3cret)/;
	print $say "scramble\n" if length $rest && ord $rest == 20;
	if ($PLUGIN{$mode}) {
		_send($c, $seq + 1, "\xfe$PLUGIN{$mode}\0" .
		    'abcdefghijklmnopqrst' . "\0");
		for (1 .. 4) {
			($seq, $b) = _packet($c);
			print $say "sent: s3cret\n" if $b =~ /s3cret/;
			print $say "asked for the key\n" if $b eq "\2" ||
			    $b eq "\1";
			print $say "hash\n" if length $b == 32 ||
			    length $b == 20;
			_send($c, $seq + 1, "\1\4");
		}
		return;
	}
	_send($c, $seq + 1, $OK);
	_query($c, $o, $say) for 1 .. 1000;
}

sub _query {
	my ($c, $o, $say) = @_;
	my ($seq, $b) = _packet($c);
	return _send($c, 1, $OK) if ord $b != 3;
	if ($o->{mode} eq 'infile') {
		_send($c, 1, "\xfb/etc/passwd");
		($seq, $b) = _packet($c);
		print $say "sent: a file\n" if length $b;
		return _send($c, $seq + 1, $OK);
	}
	syswrite $c, _nonsense($b);
	# Half the answers are the last of their connection.
	die "enough\n" if rand() < 0.05;
}

sub _lenenc { chr(length $_[0]) . $_[0] }

sub _frame {
	my ($seq, $b) = @_;
	return substr(pack('V', length $b), 0, 3) . chr($$seq++ & 255) . $b;
}

# A result of any number of columns and rows, with any NULLs; now and then cut
# off, with a bit that is wrong, or no result at all.
sub _nonsense {
	my ($sql) = @_;
	my $seq = 1;
	# So that it comes further than to the first question.
	return _frame(\$seq, $OK) if $sql =~ /^(?:SET|DO)/ && rand() < 0.95;
	return _frame(\$seq, "\xff" . pack('v', int rand 5000) .
	    '#HY000nonsense') if rand() < 0.05;
	my $n = () = $sql =~ /,/g;
	my $cols = rand() < 0.6 ? $n + 1 : int rand 12;
	my $out = _frame(\$seq, $cols > 0 ? chr($cols) : $OK);
	return $out if !$cols;
	for (1 .. $cols) {
		$out .= _frame(\$seq, _lenenc('def') . _lenenc('') x 3 .
		    _lenenc('c') x 2 . "\x0c" . pack('v', 45) .
		    pack('V', 1024) . "\xfd" . pack('v', 0) . "\0\0\0");
	}
	$out .= _frame(\$seq, "\xfe\0\0\2\0");
	for (1 .. int rand 4) {
		my $row = join '', map { rand() < 0.1 ? "\xfb" :
		    _lenenc(_text()) } 1 .. $cols;
		$out .= _frame(\$seq, $row);
	}
	$out .= _frame(\$seq, "\xfe\0\0\2\0");
	substr($out, rand length $out, 1) = chr rand 256 if rand() < 0.1;
	substr($out, rand length $out) = '' if rand() < 0.03;
	return $out;
}

my @TEXT = ('', '0', '1', '10.11.6-MariaDB', '9.7.0', 'BASE TABLE', 'InnoDB',
    'id', 't', 'int(11)', 'int', 'PRIMARY', 'YES', 'NO', 'A', '`', "'", '-1',
    '18446744073709551616', "\xf0\x9f\x98\x80", "\xff", 'x' x 200,
    'CREATE TABLE `t` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'livealter: migrations at work, format 3', 'OFF', 'ON', '1:a', '9:a');
sub _text { rand() < 0.1 ? join '', map { chr rand 256 } 1 .. rand 100 :
    $TEXT[rand @TEXT] }

1;
