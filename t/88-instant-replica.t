# --instant with a replica: the server's own statement is replicated with its
# algorithm, and the replica does it at once as well.
use strict;
use warnings;

use lib 't/lib';
use Chain;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
fresh_orders($s, 200);
$r->wait_for_source($s);
my $mark = $r->log_mark;
my $m = migrate($s, 'ADD c INT', 'app', 'orders', '--instant=only',
    '--recursion-method', 'none');
succeeded($m, 'app', 'orders', 'on the source');
$r->wait_for_source($s);
nothing_left($r, 'app', '... nothing is left on the replica');
$s->sql("ALTER TABLE app.control ADD c INT");
$r->wait_for_source($s);
same_definition($r, 'app', 'orders', 'control', '... it has the shape');
same_bytes($r, 'app', 'orders', 'control', '... and the rows');
like($r->log_text($mark), qr/ALTER TABLE `app`.`orders` ALGORITHM=INSTANT,/,
    '... by the same algorithm');

# Another follows at once.
for my $i (1 .. 2) {
	$m = migrate($s, "ADD d$i INT", 'app', 'orders', '--instant=try',
	    '--recursion-method', 'none');
	succeeded($m, 'app', 'orders', "another ($i)");
}
$r->wait_for_source($s);
is(join(' ', table_columns($r, 'app', 'orders')),
    join(' ', table_columns($s, 'app', 'orders')), '... the columns');

done_testing;
