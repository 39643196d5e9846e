# Connections that run something, for the tests of what load makes wait.
#
#	my $busy = Busy->new($s);
#	$busy->more(5);		# Threads_running is $busy->base + 5
#	$busy->none;
package Busy;

use strict;
use warnings;

use List::Util qw(min);
use LiveAlter;
use POSIX ();
use Time::HiRes qw(sleep);

sub new {
	my ($class, $s) = @_;
	# MySQL counts the scheduler of events; and who asks is there, too.
	my $base = min(map { sleep 0.1; map { $_->[1] - 1 } $s->rows("SHOW " .
	    "GLOBAL STATUS LIKE 'Threads_running'") } 1 .. 10);
	return bless { s => $s, base => $base, pids => [] }, $class;
}

# Threads_running without them, and without whoever asks.
sub base { $_[0]{base} }

sub ids {
	my ($self) = @_;
	return map { $_->[0] } $self->{s}->rows("SELECT ID FROM " .
	    "information_schema.PROCESSLIST WHERE INFO LIKE " .
	    "'SELECT SLEEP(1000)'");
}

# So many more; returns when they are at work.
sub more {
	my ($self, $n) = @_;
	for (1 .. $n) {
		my $pid = fork // die "fork: $!";
		if ($pid == 0) {
			eval { $self->{s}->dbh->do('SELECT SLEEP(1000)') };
			POSIX::_exit(0);
		}
		push @{$self->{pids}}, $pid;
	}
	poll_until(sub { $self->ids == @{$self->{pids}} }, 20,
	    'they are at work');
}

sub none {
	my ($self) = @_;
	eval { $self->{s}->sql("KILL $_") } for $self->ids;
	waitpid $_, 0 for @{$self->{pids}};
	$self->{pids} = [];
}

1;
