# Whatever the main connection is about to say when it breaks: from the first
# row that is copied on the run goes on, and before that it undoes what it made;
# only the snapshots of the swap cannot be had again.
#
# long: breaks the connection at many moments
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Proxy;
use Server;
use Story;
use Test::More;

my $s = Server->start(tcp => 1);
my $seed = $ENV{LIVEALTER_SEED} // 26;
diag "LIVEALTER_SEED=$seed";
srand $seed;

sub run_by {
	my ($port, @opts) = @_;
	$s->sql('DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE ' .
	    'TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); ' .
	    'INSERT INTO app.t VALUES (1, 1), (2, 2), (3, 3)');
	return run_livealter($s, { connect => 0, timeout => 100 }, '--alter',
	    'ADD b INT', 'D=app,t=t', '--execute', '--threads', 1, '-h',
	    '127.0.0.1', '-P', $port, '-u', 'root', '--reconnect-for', 30,
	    @opts);
}

for my $how ([], ['--reversible']) {
	my $proxy = Proxy->start($s->port, []);
	my $r = run_by($proxy->port, @$how);
	my ($all) = $proxy->stop;
	is($r->{exit}, 0, "nothing breaks (@$how)") or diag $r->{err};
	my $n = $ENV{LIVEALTER_CUTS} // 6;
	for my $i (0 .. $n - 1) {
		my $at = int(($i + rand) * $all / $n);
		$proxy = Proxy->start($s->port, [{ at => $at,
		    how => 'close' }]);
		$r = run_by($proxy->port, @$how);
		$proxy->stop;
		my $late = $r->{err} =~ /copied 3 rows/;
		# The snapshot goes with its connection: swapped, not proven.
		my $unproven = $r->{exit} == 41 &&
		    $r->{err} =~ /snapshot of the swap was lost/;
		# MariaDB's lanes hand over what is kept in step only once.
		my $undone = @$how && $r->{exit} == 14 &&
		    $r->{err} =~ /did not line up/;
		my $name = "at byte $at of $all (@$how)";
		ok($r->{exit} == 0 || $unproven || $undone ||
		    !$late && $r->{exit} =~ /^1[89]$/,
		    "$name: " . ($late ? 'it goes on' : 'it goes on or ends'))
		    or diag "exit $r->{exit}\n$r->{err}";
		run_livealter($s, 'cleanup', dsn('app', 't'))
		    if @$how && $r->{exit} == 0;
		nothing_left($s, 'app', '... with nothing left')
		    if !$unproven;
		is($s->value('SELECT GROUP_CONCAT(id, a) FROM app.t'),
		    '11,22,33', '... and all rows there');
		my $new = grep { $_ eq 'b' } table_columns($s, 'app', 't');
		is($new, $r->{exit} == 0 || $unproven ? 1 : 0,
		    '... in the shape that it says');
	}
}
done_testing;
