# Without --alter, a table is rebuilt, as by pt-online-schema-change.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $r;

sub rows_are_there {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_rows($s, 'app', 'orders', 'control', '... with all rows');
	same_definition($s, 'app', 'orders', 'control', '... in its shape');
}

# MySQL's ids of tables tell whether it is another one.
sub table_id {
	my $view = $s->is_mysql ? 'innodb_tables' : 'innodb_sys_tables';
	return $s->value("SELECT table_id FROM information_schema.$view " .
	    "WHERE name = 'app/orders'");
}

fresh_orders($s, 2000);
my $id = table_id();
$r = run_livealter($s, 'D=app,t=orders', '--execute');
succeeded($r, 'app', 'orders', '--execute without --alter');
isnt(table_id(), $id, '... makes another table');
like($r->{err}, qr/no --alter: the table is rebuilt/, '... and says so');
rows_are_there();
nothing_left($s, 'app');

my $dump = $s->dump('app');
$r = run_livealter($s, 'D=app,t=orders', '--dry-run');
is($r->{exit}, 0, '--dry-run without it') or diag $r->{err};
like($r->{out}, qr/RENAME TABLE/, '... shows the plan');
same_dump($s->dump('app'), $dump, '... and changes nothing');

# --- what died, and the way back -------------------------------------------

die_at($s, 'after:copy', 'D=app,t=orders', '--execute');
$s->sql("INSERT INTO app.$_ (customer) VALUES (5)") for qw(orders control);
$r = run_livealter($s, 'status', 'D=app,t=orders');
like($r->{out}, qr/ALTER: none, a rebuild/, '... status says what it is');
$r = run_livealter($s, 'D=app,t=orders', '--execute');
is($r->{exit}, 17, '... and another one is refused');
$r = run_livealter($s, 'resume', 'D=app,t=orders');
succeeded($r, 'app', 'orders', '... resume');
rows_are_there();
nothing_left($s, 'app');

$r = run_livealter($s, 'D=app,t=orders', '--execute', '--reversible');
succeeded($r, 'app', 'orders', '--reversible without --alter');
$s->sql("INSERT INTO app.$_ (customer) VALUES (6)") for qw(orders control);
$r = run_livealter($s, 'revert', 'D=app,t=orders');
is("$r->{exit}: $r->{out}", "0: Successfully reverted `app`.`orders`.\n",
    '... revert') or diag $r->{err};
rows_are_there();
nothing_left($s, 'app');

done_testing;
