# Connections break at any byte, in any way, with TLS and without: the run goes
# on to its end, or undoes what it did.
#
# long: breaks connections at many moments
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Proxy;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $seed = $ENV{LIVEALTER_SEED} // 26;
diag "LIVEALTER_SEED=$seed";
srand $seed;

# A server without a certificate gets one.
my $dir = File::Temp->newdir('la-tls-XXXXXX', TMPDIR => 1);
my @tls = map { "$dir/$_" } qw(key cert);
my $can = system("openssl req -x509 -newkey rsa:2048 -nodes -keyout $tls[0] " .
    "-out $tls[1] -days 2 -subj /CN=127.0.0.1 >/dev/null 2>&1") == 0;
chmod 0755, "$dir";
chmod 0644, @tls;
my $s = Server->start(tcp => 1, args => [$can &&
    ($ENV{LIVEALTER_SERVER} // 'mariadb') eq 'mariadb' ?
    ("--ssl-key=$tls[0]", "--ssl-cert=$tls[1]") : ()]);

sub run_by {
	my ($port, @how) = @_;
	fresh_orders($s, 600);
	native($s, 'app', 'orders', 'wanted', $ALTER);
	return run_livealter($s, { connect => 0, timeout => 100 }, '--alter',
	    $ALTER, 'D=app,t=orders', '--execute', '--chunk-size', 60,
	    '--threads', 2, '-h', '127.0.0.1', '-P', $port, '-u', 'root',
	    '--reconnect-for', 20, '--verify-swap', 'no', '--mysql_ssl', @how);
}

for my $tls (0, 1) {
	my $name = $tls ? 'TLS' : 'plain text';
	# All of it once, to know how much there is to cut.
	my $proxy = Proxy->start($s->port, []);
	my $r = run_by($proxy->port, $tls);
	my ($all) = $proxy->stop;
	is($r->{exit}, 0, "$name, nothing is cut: exit 0") or diag $r->{err};
	note "$all bytes";
	my %ended;
	my @how = (qw(close truncate reset stall), $tls ? 'corrupt' : ());
	my $rounds = 2 * @how;
	for my $i (0 .. $rounds - 1) {
		# One in each part of the run, and then some more.
		my $at = ($i + rand) * $all / $rounds;
		my @cuts = ({ at => $at, how => $how[$i % @how],
		    all => rand() < 0.3 });
		push @cuts, map { { at => $at + rand($all - $at),
		    how => $how[rand @how], all => rand() < 0.2 } } 1 .. 2;
		$proxy = Proxy->start($s->port, \@cuts);
		$r = run_by($proxy->port, $tls);
		my (undef, $made) = $proxy->stop;
		$ended{$r->{exit}}++;
		settled($s, "$name, $made cuts: " . join(', ', map {
		    $_->{how} . ($_->{all} ? ' of all' : '') . ' at ' .
		    int $_->{at} } @cuts), $r);
	}
	note "$name: exit $_, $ended{$_} times" for sort keys %ended;
}

done_testing;
