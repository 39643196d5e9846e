# MariaDB's cut-over is two statements, between which the new table has another
# name, and no session can write.  A replica that takes its source's place just
# then has no such locks: what the application writes there is not lost, and
# resume and revert go on.  MySQL's is one statement.
# long: servers that die, and replicas that take their place
use strict;
use warnings;

use lib 't/lib';
use Failover;
use LiveAlter;
use Server;
use Story;
use Test::More;

my $f = Failover->new(replicas => 1, args => ['--binlog-format=ROW']);
my ($src, $rep) = ($f->source, $f->replica(0));

sub is_between { grep { $_->[1] =~ /^(?:use.*)?ALTER TABLE .*_livealter/
    && $_->[1] !~ /_livealter`? (?:ENGINE|COMMENT)/i
    && $_->[1] =~ / RENAME TO / } @_ }

# What the application does there, to the table and to one that nobody alters.
sub write_to {
	my ($dbh, @tables) = @_;
	for my $t (@tables) {
		$dbh->do("INSERT INTO app.$t (id, state) VALUES (5000, 'a')");
		$dbh->do("UPDATE app.$t SET state = 'b' WHERE id IN (2, 30)");
		$dbh->do("UPDATE app.$t SET id = 6000 WHERE id = 7");
		$dbh->do("DELETE FROM app.$t WHERE id IN (3, 48, 50)");
	}
}

sub run_on_source {
	my ($alter, @args) = @_;
	$f->begin;
	make_orders($src, 'app', 'orders', 50);
	copy_table($src, 'app', 'orders', 'control');
	native($src, 'app', 'orders', 'wanted', $alter);
	$f->mark;
	succeeded(migrate($src, $alter, 'app', 'orders', '--chunk-size', 20,
	    '--recursion-method', 'none',
	    @args), 'app', 'orders');
}

# Bring the replica between the two statements, and let the application write.
sub between {
	my ($event) = @_;
	$f->send($rep, $event);
	$f->promote($rep, $event);
	write_to($rep->dbh, qw(orders control));
}

sub finished {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "$name: it finishes") or diag $r->{err};
	nothing_left($rep, 'app', '... nothing is left behind');
	same_rows($rep, 'app', 'orders', 'control', '... no row is wrong');
	same_definition($rep, 'app', 'orders', 'wanted', '... it is altered');
}

my $ALTER = 'ADD COLUMN extra INT, DROP COLUMN note';
run_on_source($ALTER);
my @at = is_between($f->events);
if ($src->is_mysql) {
	is(scalar @at, 0, 'there is nothing between');
	done_testing;
	exit;
}
is(scalar @at, 1, 'there is something between');

between($at[0]);
my $r = run_livealter($rep, 'resume', dsn('app', 'orders'));
finished($r, 'resumed');
like($r->{err}, qr/written while the new table was not there/,
    '... and says what it did');

# The protection, and that the application's rows are in danger without it.
between($at[0]);
is(run_livealter($rep, { env => { LIVEALTER_WITHOUT => 'missed' } }, 'resume',
    dsn('app', 'orders'))->{exit}, 36, 'without it, it would be refused');
finished(run_livealter($rep, 'resume', dsn('app', 'orders')),
    'refused once, and resumed');

# It dies on the way, wherever.
for my $step (qw(before:check after:plan before:join after:join after:copy)) {
	between($at[0]);
	die_at($rep, $step, 'resume', dsn('app', 'orders'));
	$rep->sql("UPDATE app.$_ SET state = 'c' WHERE id = 20")
	    for qw(orders control);
	finished(run_livealter($rep, 'resume', dsn('app', 'orders')),
	    "died $step and resumed");
}

# A transaction is open that began before anybody came.
between($at[0]);
{
	my $dbh = $rep->dbh;
	$dbh->begin_work;
	$dbh->do("UPDATE app.$_ SET state = 'open' WHERE id = 11")
	    for qw(orders control);
	my $p = start_livealter($rep, 'resume', dsn('app', 'orders'));
	poll_until(sub { $p->err =~ /is in use; trying again/ }, 60,
	    'resume waits for an open transaction');
	$dbh->commit;
	finished($p->wait(60), 'with an open transaction');
}
# What the new table cannot hold is still refused, and nothing is lost.
run_on_source('MODIFY COLUMN state VARCHAR(10)');
between((is_between($f->events))[0]);
$rep->sql("UPDATE app.$_ SET state = 'more than ten' WHERE id = 9")
    for qw(orders control);
$r = run_livealter($rep, 'resume', dsn('app', 'orders'));
like($r->{exit}, qr/^3[56]$/, 'what does not fit: refused') or diag $r->{err};
is(run_livealter($rep, 'cleanup', dsn('app', 'orders'))->{exit}, 0,
    '... and cleanup ends well');
nothing_left($rep, 'app');
same_rows($rep, 'app', 'orders', 'control');

# Without a common order of both tables it begins anew.
run_on_source('MODIFY COLUMN id VARCHAR(20) NOT NULL');
between((is_between($f->events))[0]);
$r = run_livealter($rep, 'resume', dsn('app', 'orders'));
is($r->{exit}, 36, 'another key: refused') or diag $r->{err};
like($r->{err}, qr/to remove it, and then start again/, '... and says how');
is(run_livealter($rep, 'cleanup', dsn('app', 'orders'))->{exit}, 0,
    '... and cleanup ends well');
nothing_left($rep, 'app');
same_rows($rep, 'app', 'orders', 'control');

# The way back has the same moment.
run_on_source($ALTER, '--reversible');
$f->mark;
$r = run_livealter($src, 'revert', dsn('app', 'orders'), '--accept-loss');
is($r->{exit}, 0, 'reverted') or diag $r->{err};
@at = is_between($f->events);
is(scalar @at, 1, 'there is something between');
$f->send($rep, $at[0]);
$f->promote($rep, $at[0]);
write_to($rep->dbh, qw(orders control));
$r = run_livealter($rep, 'revert', dsn('app', 'orders'), '--accept-loss');
is($r->{exit}, 0, 'between, the revert finishes') or diag $r->{err};
like($r->{err}, qr/2 of these rows .* no values there in .*note/,
    '... says what nobody knows of rows that are new, or have another key');
$rep->sql("UPDATE app.control SET note = NULL WHERE id = 6000");
nothing_left($rep, 'app', '... nothing is left behind');
same_rows($rep, 'app', 'orders', 'control', '... no row is wrong');

done_testing;
