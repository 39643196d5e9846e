# What a playbook asks for and cannot have is refused before anything is
# written, here or on the replica; and what is accepted says so, a line each.
use strict;
use warnings;

use lib 't/lib';
use Chain;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
my $R = place($r);
my $word = $s->is_mysql ? 'REPLICA' : 'SLAVE';
my $ALTER = 'ADD COLUMN extra INT';

fresh_orders($s, 50);
$r->wait_for_source($s);

sub refused {
	my ($exit, $why, @args) = @_;
	for my $how ('--dry-run', '--execute') {
		my $e = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
		    $how, @args);
		is($e->{exit}, $exit, "$how @args: refused") or diag $e->{err};
		like($e->{err}, $why, '... with the reason');
		unlike($e->{err}, qr/create the new table/, '... at once');
	}
}

# --- lines -----------------------------------------------------------------

my $e = run_livealter($s, '--no-check-plan', '--charset=utf8', '--slave-user',
    'root', '--no-version-check', 'D=app,t=orders', '--dry-run',
    '--recursion-method=none');
is($e->{exit}, 0, 'options that need nothing are accepted') or diag $e->{err};
my @lines = map { /^livealter: (?:(--[a-z-]+)|no --alter:)/ ? $1 // 'none' :
    () } split /\n/, $e->{err};
is("@lines", '--check-plan --charset --slave-user --version-check none ' .
    '--recursion-method', '... with a line each');
unlike($e->{err}, qr/\\x1e/, '... and nothing between them');

# --- what is not logged ----------------------------------------------------

refused(1, qr/has sql_log_bin=OFF/, '--set-vars', 'sql_log_bin=0');
refused(1, qr/has sql_log_bin=OFF/, '--set-vars',
    'wait_timeout=100,SESSION sql_log_bin=OFF');
if ($s->is_mariadb) {
	refused(1, qr/has skip_replication=ON/, '--set-vars',
	    'skip_replication=1');
	refused(1, qr/has server_id=7,/, '--set-vars', 'server_id=7');
}
$e = run_livealter($s, '--set-vars', '@@x=1', 'D=app,t=orders', '--dry-run');
isnt($e->{exit}, 0, 'a wrong --set-vars is refused');
unlike($e->{err}, qr/triggers/, '... and nothing is said of triggers');

# --- names of triggers -----------------------------------------------------

$e = run_livealter($s, '--alter', 'ADD COLUMN a INT', 'D=app,t=orders',
    '--execute', '--no-drop-triggers');
is($e->{exit}, 0, '--no-drop-triggers') or diag $e->{err};
refused(17, qr/names that are needed: .*livealter_orders_\w+ on _orders_old/);
$s->sql("DROP TABLE app._orders_old, app._orders_notes");
$e = run_livealter($s, '--alter', 'ADD COLUMN b INT', 'D=app,t=orders',
    '--execute');
is($e->{exit}, 0, 'without them it succeeds again') or diag $e->{err};

# --- replicas --------------------------------------------------------------

refused(34, qr/it is no replica/, '--check-replica-lag', 'h=127.0.0.1,P=' .
    $s->port);
$r->wait_for_source($s);
$r->sql("STOP $word");
refused(34, qr/replication on \Q$R\E has stopped: /);
$e = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run',
    '--no-fail-on-stopped-replication');
is($e->{exit}, 0, 'a dry run waits for none') or diag $e->{err};
like($e->{err}, qr/replication on \Q$R\E has stopped, and will be waited/,
    '... and says which would be waited for');
$r->sql("START $word");
$r->wait_for_source($s);
$r->sql("SET SESSION sql_log_bin = 0");
$r->sql("ALTER TABLE app.orders ADD COLUMN more INT");
$e = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run');
is($e->{exit}, 0, 'a replica may have more columns') or diag $e->{err};
like($e->{err}, qr/replica \Q$R\E has a column of .*, and will lose it: more$/m,
    '... which is said, by name');
$r->sql("ALTER TABLE app.orders DROP COLUMN more");
$r->wait_for_source($s);
$e = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--execute');
unlike($e->{err}, qr/will lose it/, '... and not where there are none');
is($e->{exit}, 0, 'one that is back is no reason') or diag $e->{err};
nothing_left($s, 'app');

done_testing;
