# The rows of both tables are counted in one question, which may take long:
# somebody's KILL QUERY does not end the run.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;

# Resumed, so that it counts at least.
sub begin {
	$s->sql("DROP DATABASE IF EXISTS app");
	make_orders($s, 'app', 'orders', 150_000);
	my $was = table_checksum($s, 'app', 'orders');
	die_at($s, 'after:copy', '--alter', 'ADD COLUMN extra INT',
	    'D=app,t=orders', '--execute', '--chunk-size', 20000);
	return ($was, start_livealter($s, 'resume', 'D=app,t=orders',
	    '--verify', 'none'));
}

# It is a moment, and may not be met at once.
my ($was, $p, $killed);
for my $try (1 .. 5) {
	($was, $p) = begin();
	my $dbh = $s->dbh;
	while (!$killed && $p->running) {
		my ($id) = $dbh->selectrow_array("SELECT ID FROM " .
		    "information_schema.PROCESSLIST WHERE INFO LIKE " .
		    "'SELECT (SELECT COUNT(*)%' AND ID <> CONNECTION_ID()");
		$killed = eval { $dbh->do("KILL QUERY $id"); 1 } if $id;
	}
	last if $killed;
	$p->wait(60);
}
ok($killed, 'KILL QUERY meets the count');
succeeded($p->wait(60), 'app', 'orders', '... and');
my @cols = grep { $_ ne 'extra' } table_columns($s, 'app', 'orders');
is(table_checksum($s, 'app', 'orders', @cols), $was, '... with all rows');
nothing_left($s, 'app');

done_testing;
