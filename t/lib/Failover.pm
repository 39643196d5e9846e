# A source whose binary log is kept, and replicas that are brought to any place
# in it and then take its place.
#
#	my $f = Failover->new(replicas => 4, args => ['--binlog-format=ROW']);
#	$f->begin;			# what follows is from here on
#	...				# on $f->source
#	my @events = $f->events;	# [ where it ends, what it is ]
#	$f->promote($f->replica(0), $events[3]);
#
# Only the schema app is that of the test.
package Failover;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();

use LiveAlter;
use Server;

our @EXPORT = qw(write_there);

my %MYSQL = (
	status => 'SHOW REPLICA STATUS', at => 'Exec_Source_Log_Pos',
	stop => 'STOP REPLICA', start => 'START REPLICA', of => 'SOURCE',
	forget => 'RESET REPLICA ALL', log => 'SHOW BINARY LOG STATUS',
	clear => 'RESET BINARY LOGS AND GTIDS',
	change => 'CHANGE REPLICATION SOURCE TO', more =>
	', GET_SOURCE_PUBLIC_KEY = 1', skip => '--skip-replica-start',
);
my %MARIADB = (
	status => 'SHOW SLAVE STATUS', at => 'Exec_Master_Log_Pos',
	stop => 'STOP SLAVE', start => 'START SLAVE', of => 'MASTER',
	forget => 'RESET SLAVE ALL', log => 'SHOW MASTER STATUS',
	clear => 'RESET MASTER',
	change => 'CHANGE MASTER TO', more => '', skip => '--skip-slave-start',
);

# { replicas, args of the source }
sub new {
	my ($class, %o) = @_;
	my $mysql = ($ENV{LIVEALTER_SERVER} // '') eq 'mysql';
	my %word = $mysql ? %MYSQL : %MARIADB;
	my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1');
	push @log, '--gtid-mode=ON', '--enforce-gtid-consistency=ON' if $mysql;
	my $src = Server->start(tcp => 1, args => [@{$o{args} // []}, @log]);
	my @rep = map { Server->start(tcp => 1, args => [@log, $word{skip}]) }
	    1 .. $o{replicas} // 1;
	return bless { word => \%word, source => $src, replicas => \@rep },
	    $class;
}

sub source { $_[0]{source} }
sub replica { $_[0]{replicas}[$_[1]] }
sub replicas { scalar @{$_[0]{replicas}} }

sub _now {
	my ($self) = @_;
	return $self->{source}->row($self->{word}{log});
}

# What replicas are given begins here, with an empty schema.
sub begin {
	my ($self) = @_;
	$self->{source}->sql("DROP DATABASE IF EXISTS app");
	@{$self}{qw(file from)} = @{$self->_now}{qw(File Position)};
	$self->{source}->sql("CREATE DATABASE app");
	$self->mark;
}

# What events() has begins here.
sub mark {
	my ($self) = @_;
	$self->{marked} = $self->_now->{Position};
}

# Where a source may have died: each [ position, what was the last ].
sub events {
	my ($self) = @_;
	my @at = ([$self->{marked}, 'nothing']);
	for my $e ($self->{source}->rows("SHOW BINLOG EVENTS IN " .
	    "'$self->{file}' FROM $self->{marked}")) {
		my ($type, $end, $info) = @$e[2, 4, 5];
		next if $type !~ /^(?:Query|Xid)/ || $info =~ /^BEGIN/;
		push @at, [$end, $type eq 'Xid' ? 'a COMMIT' :
		    $info =~ s/\n.*//sr];
	}
	return @at;
}

# Begin to bring one there; several go on at the same time.
sub send {
	my ($self, $s, $event) = @_;
	my %w = %{$self->{word}};
	my $at = "$w{of}_LOG_FILE = '$self->{file}', $w{of}_LOG_POS = ";
	$s->sql($w{stop});
	$s->sql($w{forget});
	$s->sql("DROP DATABASE IF EXISTS app");
	$s->sql($w{clear});
	$s->sql("$w{change} $w{of}_HOST = '127.0.0.1', $w{of}_PORT = " .
	    $self->{source}->port . ", $w{of}_USER = 'repl', " .
	    "$w{of}_PASSWORD = 'repl', $at$self->{from}$w{more}");
	$s->sql("$w{start} UNTIL $at$event->[0]");
}

# It is there, and replicates no more.  It stops at an event that comes after.
sub promote {
	my ($self, $s, $event) = @_;
	my %w = %{$self->{word}};
	my $r;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	poll_until(sub { $r = $s->row($w{status});
	    $r->{$w{at}} >= $event->[0] || $r->{Last_Error} ne '' }, 60,
	    "a replica comes to $event->[1]");
	Test::More::is($r->{Last_Error}, '', '... without an error');
	$s->sql($w{stop});
	$s->sql($w{forget});
}

# The application goes on there, before anybody looks after the migration.
sub write_there {
	my ($s) = @_;
	for my $t (qw(orders control)) {
		$s->sql("INSERT INTO app.$t (id, state) VALUES (5000, 'new')");
		$s->sql("UPDATE app.$t SET state = 'late' WHERE id IN (2, 30)");
		$s->sql("UPDATE app.$t SET id = 6000 WHERE id = 7");
		$s->sql("DELETE FROM app.$t WHERE id IN (3, 48)");
	}
}

1;
