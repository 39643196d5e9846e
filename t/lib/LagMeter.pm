# How far a replica is behind, by a clock of its own: a row that one process
# writes on the source every 50 ms, and another one reads on the replica as
# often.
#
#	my $m = LagMeter->start($source, $replica, 'bench');
#	...
#	my ($longest, $p95) = $m->stop;		# seconds
package LagMeter;

use strict;
use warnings;

use File::Temp ();
use Time::HiRes qw(sleep time);

my $INTERVAL = 0.05;

sub start {
	my ($class, $source, $replica, $db) = @_;
	$source->sql("CREATE TABLE IF NOT EXISTS `$db`.beat " .
	    "(id INT PRIMARY KEY, at DOUBLE NOT NULL)");
	$source->sql("REPLACE INTO `$db`.beat VALUES (1, ?)", time);
	$replica->wait_for_source($source);
	my $self = bless { dir => File::Temp->newdir }, $class;
	$self->{pids} = [
		_child($source, sub {
			$_[0]->do("UPDATE `$db`.beat SET at = ?", undef, time);
		}),
		_child($replica, $self->_reader($db)),
	];
	return $self;
}

sub _child {
	my ($server, $code) = @_;
	my $pid = fork // die "LagMeter: fork: $!\n";
	return $pid if $pid;
	$SIG{TERM} = 'DEFAULT';
	my $dbh = $server->dbh;
	while (1) {
		$code->($dbh);
		sleep $INTERVAL;
	}
}

sub _reader {
	my ($self, $db) = @_;
	my $file = "$self->{dir}/lags";
	my $fh;
	return sub {
		my ($dbh) = @_;
		if (!$fh) {
			open $fh, '>', $file or die "LagMeter: $file: $!\n";
			$fh->autoflush(1);
		}
		my ($at) = $dbh->selectrow_array("SELECT at FROM `$db`.beat");
		printf $fh "%.3f\n", time - $at;
	};
}

sub stop {
	my ($self) = @_;
	kill 'KILL', @{$self->{pids}};
	waitpid $_, 0 for @{$self->{pids}};
	open my $fh, '<', "$self->{dir}/lags"
	    or die "LagMeter: it has measured nothing\n";
	my @lags = sort { $a <=> $b } grep { /^[\d.]+$/ }
	    map { s/\s+//r } <$fh>;
	die "LagMeter: it has measured nothing\n" if !@lags;
	return ($lags[-1], $lags[int(0.95 * $#lags)]);
}

1;
