# What a service manager hears of a service: the socket of NOTIFY_SOCKET.
#
#	my $m = Manager->start("$dir/notify");	# or "\0name"
#	... env => { NOTIFY_SOCKET => $m->name }
#	my @said = $m->said;	# [seconds, 'READY=1'], ... in their order
#	$m->stop;
package Manager;

use strict;
use warnings;

use File::Temp ();
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_DGRAM);
use Time::HiRes qw(time);

sub start {
	my ($class, $path) = @_;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
	    Local => $path) or die "Manager: $path: $!";
	my $log = File::Temp->new(TEMPLATE => 'la-manager-XXXXXX',
	    TMPDIR => 1);
	my $m = bless { path => $path, log => $log, socket => $socket },
	    $class;
	$m->listen;
	return $m;
}

# Somebody has to read all the time: the queue is short.
sub listen {
	my ($m) = @_;
	$m->{pid} = fork // die "Manager: fork: $!";
	return if $m->{pid};
	open my $out, '>>', $m->{log}->filename or POSIX::_exit(1);
	while (defined $m->{socket}->recv(my $text, 65536)) {
		my $at = time;
		syswrite $out, join '', map { "$at $_\n" } split /\n/,
		    $text, -1;
	}
	POSIX::_exit(0);
}

sub name { $_[0]{path} =~ s/\A\0/@/r }

# The lines of all datagrams; an empty one ends each.
sub lines {
	my ($m) = @_;
	open my $in, '<', $m->{log}->filename or die "Manager: $!";
	local $/ = "\n";
	return map { chomp; [split / /, $_, 2] } <$in>;
}

sub said { grep { $_->[1] ne '' } $_[0]->lines }

# The values of one name.
sub values {
	my ($m, $name) = @_;
	return map { $_->[1] =~ /\A\Q$name\E=(.*)/s ? $1 : () } $m->said;
}

sub stop {
	my ($m) = @_;
	return if !$m->{pid};
	kill 'KILL', $m->{pid};
	waitpid $m->{pid}, 0;
	delete $m->{pid};
}

sub DESTROY {
	my ($m) = @_;
	local ($?, $@);
	$m->stop;
	unlink $m->{path} if $m->{path} !~ /\A\0/;
}

1;
