# What the machine took from everybody: on each CPU somebody who only sleeps
# notes when he is woken late.  livealter cannot hold him up by any lock.
#
#	Noise::listen();
#	my $t = time;
#	...
#	my $felt = time - $t - Noise::seconds($t, time);
package Noise;

use strict;
use warnings;

use File::Temp ();
use POSIX ();
use Time::HiRes qw(time sleep);

my $NAP = 0.02;
my $LATE = 0.08;	# less is the scheduler's ordinary business
my $BEAT = 0.2;
my ($dir, @pids, $owner);

sub _cpus {
	open my $fh, '<', '/proc/self/status' or return (undef);
	my ($list) = map { /^Cpus_allowed_list:\s*(\S+)/ ? $1 : () } <$fh>;
	return map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $list // '';
}

sub _probe {
	my ($file, $cpu) = @_;
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	# The test's output, its locks and its connections are not ours to
	# hold open.
	POSIX::close($_) for 0 .. 1023;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	open my $out, '>>', $file or POSIX::_exit(1);
	$out->autoflush(1);
	system('taskset', '-cp', $cpu, $$) if defined $cpu;
	my $beat = 0;
	while (getppid() == $owner) {
		my $due = time + $NAP;
		sleep $NAP;
		my $now = time;
		printf $out "%.3f %.3f\n", $due, $now if $now - $due > $LATE;
		# So that who asks knows that all before this is written.
		printf $out "%.3f -\n", $beat = $now if $now - $beat > $BEAT;
	}
	POSIX::_exit(0);
}

# To be called before what is to be judged begins; once is enough.
sub listen {
	return if $owner && $owner == $$;
	$owner = $$;
	@pids = ();
	$dir = File::Temp->newdir('la-noise-XXXXXX', TMPDIR => 1);
	for my $cpu (_cpus()) {
		my $pid = fork // die "fork: $!\n";
		_probe("$dir/" . ($cpu // 'any'), $cpu) if $pid == 0;
		push @pids, $pid;
	}
}

sub pids { @pids }

# A limit that nothing is judged by: so many seconds, on a machine of its own.
# What will not come is missed a little later; what comes late, never.
sub patience { $_[0] * ($ENV{LIVEALTER_PATIENCE} // 4) }

# What one of them has noted, when it has come as far as that moment.
sub _noted {
	my ($file, $to) = @_;
	for (1 .. 500) {
		open my $fh, '<', $file or return;
		my @l = map { [split] } grep { /\n\z/ } <$fh>;
		return grep { $_->[1] ne '-' } @l
		    if grep { $_->[0] > $to } @l;
		sleep 0.02;
	}
	return;
}

# How many seconds between the two moments some CPU stood still.
sub seconds {
	my ($from, $to) = @_;
	return 0 if !$dir;
	my @gap = map { _noted($_, $to) } glob "$dir/*";
	my ($sum, $end) = (0, $from);
	for (sort { $a->[0] <=> $b->[0] } @gap) {
		my ($x, $y) = @$_;
		$x = $end if $x < $end;
		$y = $to if $y > $to;
		next if $y <= $x;
		$sum += $y - $x;
		$end = $y;
	}
	return $sum;
}

# Of what began at "at" and took so many "seconds": how long the longest took
# without the noise, and which it was.
sub longest {
	my @all = @_;
	my ($max, $which) = (0, { seconds => 0 });
	for (sort { $b->{seconds} <=> $a->{seconds} } @all) {
		last if $_->{seconds} <= $max;
		my $n = $_->{seconds} - seconds($_->{at}, $_->{at} +
		    $_->{seconds});
		($max, $which) = ($n, $_) if $n > $max;
	}
	return ($max, $which);
}

END { kill 'KILL', @pids if $owner && $owner == $$ }

1;
