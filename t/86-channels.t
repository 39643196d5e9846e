# A replica with two sources: which channel counts, with --channel and without,
# when one of them is behind, delayed or stopped; a wrong name is told.
# long: lags, and stopped threads, of two servers' replica
use strict;
use warnings;

use lib 't/lib';
use Chain qw(place);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1');
my ($s, $other, $r) = map { Server->start(tcp => 1, args => [@log,
    '--binlog-format=ROW', '--report-host=127.0.0.1', @$_]) }
    [], [($ENV{LIVEALTER_SERVER} // '') eq 'mysql' ? () :
    '--gtid-domain-id=7'], [];
my $R = place($r);
my $mysql = $s->is_mysql;

sub channel {
	my ($name, $from) = @_;
	my $to = "127.0.0.1', %s_PORT = " . $from->port . ", %s_USER = " .
	    "'repl', %s_PASSWORD = 'repl', %s_CONNECT_RETRY = 1";
	my $w = $mysql ? 'SOURCE' : 'MASTER';
	$to =~ s/%s/$w/g;
	$r->sql($mysql ? "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$to, " .
	    "GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL '$name'" :
	    "CHANGE MASTER '$name' TO MASTER_HOST = '$to");
	thread('START', $name);
}

sub thread {
	my ($verb, $name) = @_;
	$r->sql($mysql ? "$verb REPLICA FOR CHANNEL '$name'" :
	    "$verb SLAVE '$name'");
}

sub delay {
	my ($name, $seconds) = @_;
	thread('STOP', $name);
	$r->sql($mysql ? "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = " .
	    "$seconds FOR CHANNEL '$name'" :
	    "CHANGE MASTER '$name' TO MASTER_DELAY = $seconds");
	thread('START', $name);
}

sub fresh {
	fresh_orders($s, 200);
	$s->sql("CREATE TABLE app.mark (a INT)");
	poll_until(sub { $r->value("SELECT COUNT(*) FROM " .
	    "information_schema.TABLES WHERE TABLE_SCHEMA = 'app' AND " .
	    "TABLE_NAME IN ('orders', 'control', 'mark')") == 3 }, 30,
	    'the replica has it');
}

# The applier of that channel waits for a table.
sub hold_up {
	my ($table, $from) = @_;
	$r->sql("LOCK TABLES $table READ");
	$from->sql("INSERT INTO other.t VALUES (1)") if $from;
}

sub begin {
	fresh();
	return start_migration($s, $ALTER, 'app', 'orders', '--chunk-size', 20,
	    '--sleep', 0.3, '--max-lag', 0.5, @_);
}

channel('one', $s);
channel('two', $other);
$other->sql("CREATE DATABASE other; CREATE TABLE other.t (a INT)");
poll_until(sub { $r->value("SELECT COUNT(*) FROM information_schema.TABLES " .
    "WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = 'other'") }, 30,
    'both channels work');

# --- a wrong name ----------------------------------------------------------

fresh();
for my $name ('three', '', "o'ne") {
	for my $how ('--dry-run', '--execute') {
		my $p = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
		    $how, '--channel', $name);
		is($p->{exit}, 1, "--channel '$name' $how ends at the start")
		    or diag $p->{err};
		my $said = qq(replica $R has no channel "$name", but "one");
		like($p->{err}, qr/--channel: \Q$said\E, "two"/,
		    '... by name');
		nothing_left($s, 'app');
	}
}

# --- one of them ------------------------------------------------------------

for my $opt ([], ['--channel', 'ONE']) {
	my $with = @$opt ? "with @$opt" : 'without --channel';
	hold_up('other.t', $other);
	my $p = begin(@$opt)->wait(60);
	$r->sql('UNLOCK TABLES');
	succeeded($p, 'app', 'orders', "$with, while the other one lags, it");

	delay('two', 3600);
	my $run = begin(@$opt);
	ok($run->wait_for(qr/copy the rows/, 30), 'it copies');
	poll_until(sub { eval { $r->sql('LOCK TABLES app._livealter READ');
	    1 } }, 20, 'the replica has the registry');
	ok($run->wait_for(qr/pausing, to wait for replica \Q$R\E, .* behind/,
	    30), "$with, its own channel's lag counts, also when the other " .
	    "one is delayed on purpose") or diag $run->err;
	$r->sql('UNLOCK TABLES');
	succeeded($run->wait(60), 'app', 'orders', '... then it');
	delay('two', 0);

	thread('STOP', 'two');
	$run = begin(@$opt)->wait(60);
	if (@$opt) {
		succeeded($run, 'app', 'orders', "$with, while the other " .
		    'one is stopped, it');
	} else {
		is($run->{exit}, 34, "$with, one that is stopped ends it");
		like($run->{err}, qr/channel two is not running/,
		    '... by name');
		like($run->{err}, qr/--channel/, '... with what to do');
	}
	thread('START', 'two');
	nothing_left($s, 'app');
}

# --- a filter of one of them ------------------------------------------------

thread('STOP', 'two');
$r->sql($mysql ? "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (other) " .
    "FOR CHANNEL 'two'" : "SET GLOBAL two.replicate_do_db = 'other'");
thread('START', 'two');
fresh();
for my $opt ([], ['--channel', 'one']) {
	my $p = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
	    '--dry-run', @$opt);
	is($p->{exit}, @$opt ? 0 : 3, 'a filter of the other channel ' .
	    (@$opt ? 'does not matter' : 'matters without') . ' --channel')
	    or diag $p->{err};
}

fresh();
thread('STOP', 'one');
my $p = migrate($s, $ALTER, 'app', 'orders', '--channel', 'one', '--sleep',
    0.5, '--chunk-size', 20);
is($p->{exit}, 34, 'the channel that counts, stopped, ends it');
like($p->{err}, qr/channel one is not running/, '... by name');

done_testing;
