# A connection that is lost, or a server that restarts, in the copy, the
# comparison or the wait for the swap: the migration goes on and succeeds.
#
# long: connections and servers killed at many moments
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7, ADD KEY (customer)";
my $dir = File::Temp->newdir;
my $flag = "$dir/postpone";
my @opts = ('--chunk-size', 50, '--sleep', 0.3, '--threads', 2,
    '--postpone-cut-over-flag-file', $flag);

# When a phase has begun, as the server's log has it.
my %began = (
    copy => qr/^INSERT LOW_PRIORITY/,
    compare => qr/BIT_XOR/,
    wait => qr/state = 'waiting'/,
);

sub set_up {
	fresh_orders($s);
	spew($flag, '');
}

sub reach {
	my ($phase, $mark, $p) = @_;
	return poll_until(sub { said_once($s, $mark, $began{$phase}) > 2 ||
	    $phase eq 'wait' && said_once($s, $mark, $began{$phase}) ||
	    !$p->running }, 30, "the $phase begins");
}

# Those of the program that live, by what they have said since the mark.
sub others { my %me = map { $_ => 1 } @_; grep { !$me{$_->[0]} } $s->rows(
    "SELECT id, command FROM information_schema.processlist " .
    "WHERE user = 'root'") }

sub ends_well {
	my ($name, $p) = @_;
	unlink $flag;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', $name);
	native_is_the_same();
	return $r;
}

sub native_is_the_same {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$s->sql("ALTER TABLE app.control $ALTER");
	same_definition($s, 'app', 'orders', 'control', '... the shape');
	same_rows($s, 'app', 'orders', 'control', '... and the rows');
	nothing_left($s, 'app');
}

# --- each connection in turn --------------------------------------------------

for my $phase (qw(copy compare wait)) {
	set_up();
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 150, seed => 65);
	my $mine = $s->value("SELECT CONNECTION_ID()");
	my %before = map { $_->[0] => 1 } others($mine);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts);
	reach($phase, $mark, $p);
	my @ids = grep { !$before{$_} } map { $_->[0] } others($mine);
	cmp_ok(scalar @ids, '>=', $phase eq 'wait' ? 1 : 3,
	    "$phase: there are connections (@ids)");
	my ($killed, %gone) = (0);
	for my $id (@ids) {
		$killed++ if eval { $s->sql("KILL $id"); 1 };
		# One after the other: the next when it has come again.
		poll_until(sub { !grep { $_->[0] == $id } others($mine) }, 10,
		    "$id is gone");
	}
	ok($p->running, "... $killed are killed, and it goes on") or
	    diag $p->err;
	poll_until(sub { $p->err =~ /connected again/ || !$p->running }, 20,
	    'its main connection is made anew');
	reach('wait', $mark, $p);
	hammer_ok($h->report, 1500, '... the application');
	ends_well("$phase: every connection killed", $p);
}

# --- the server ------------------------------------------------------------

for my $case (['copy'], ['compare'], ['wait'], ['copy', '--verify', 'none']) {
	my ($phase, @more) = @$case;
	set_up();
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts, @more);
	reach($phase, $mark, $p);
	my $name = join ' ', "the server crashes in the $phase", @more;
	$s->kill9;
	$s->restart;
	$s->sql("UPDATE app.$_ SET note = 'late' WHERE id % 7 = 0; " .
	    "INSERT INTO app.$_ (customer) VALUES (1), (2)")
	    for qw(orders control);
	my $r = ends_well($name, $p);
	like($r->{err}, qr/connection was lost.*connected again/s,
	    '... and it says so');
	cmp_ok(said_once($s, $mark, qr/^SELECT \(SELECT COUNT\(\*\) FROM/),
	    '>', 0, '... the rows are counted at least')
	    if @more;
}

# --- and not for ever ------------------------------------------------------

set_up();
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts,
	    '--reconnect-for', 0.5);
	reach('copy', $mark, $p);
	$s->kill9;
	my $r = $p->wait(60);
	is($r->{exit}, 19, '--reconnect-for=0.5 and no server: 19') or
	    diag $r->{err};
	$s->restart;
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... cleanup, later');
	nothing_left($s, 'app');
}

# Another server in its place is not gone on with, nor cleaned up.
set_up();
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts);
	reach('copy', $mark, $p);
	$s->kill9;
	if ($s->is_mysql) {
		unlink "$s->{data}/auto.cnf";
		$s->restart;
	} else {
		$s->restart(args => ['--server-id=4711']);
	}
	my $r = $p->wait(60);
	isnt($r->{exit}, 0, 'another server');
	like($r->{err}, qr/there is another server.*resume the migration/s,
	    '... is seen to be another');
	ok(scalar(grep { /trigger/ } leftovers($s, 'app')),
	    '... and nothing is taken away there');
	unlink $flag;
	$r = run_livealter($s, 'resume', 'D=app,t=orders', '--sleep', 0);
	succeeded($r, 'app', 'orders', '... resume does it');
	native_is_the_same();
}

done_testing;
