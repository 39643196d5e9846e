# A source, its replica, and a replica of that; on MySQL by GTID, and with a
# password that travels encrypted.
#
#	my ($s, $r, $q) = chain();
#	hold_back($q);		# it applies nothing
#	let_go($q);
package Chain;

use strict;
use warnings;

use Exporter qw(import);
use Server;

our @EXPORT = qw(chain place hold_back let_go);

my @args = ('--log-bin=binlog', '--binlog-format=ROW');
my %more = (mysql => ['--log-replica-updates', '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON'], mariadb => ['--log-slave-updates']);

# $n servers, three unless it is said.
sub chain {
	my ($n, %o) = @_;
	my @s;
	my $kind = ($ENV{LIVEALTER_SERVER} // '') eq 'mysql' ? 'mysql'
	    : 'mariadb';
	for my $i (1 .. $n // 3) {
		push @s, Server->start(tcp => 1, %o,
		    args => [@args, @{$more{$kind}}, @{$o{args} // []}],
		    $i > 1 ? (replica_of => $s[-1]) : ());
	}
	$s[-1]->wait_for_source($s[-2]) if @s > 1;
	return @s;
}

# How messages call it.
sub place { "127.0.0.1:" . $_[0]->port }

# Its applier waits, as behind any lock.
sub hold_back { $_[0]->sql("FLUSH TABLES WITH READ LOCK") }
sub let_go { $_[0]->sql("UNLOCK TABLES") }

1;
