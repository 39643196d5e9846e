# The machine or the server has too little of something for a while: threads,
# connections, patience with idle ones; or the connection with the advisory lock
# is killed.  The run goes on.
#
# long: waits until the server ends idle connections
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $program = $ENV{LIVEALTER} // 'build/livealter';
my @slow = ('--chunk-size', 100, '--sleep', 0.2);

sub fresh {
	my ($rows) = @_;
	fresh_orders($s, $rows);
	native($s, 'app', 'orders', 'wanted', $ALTER);
	return $s->log_mark;
}

sub ends_well {
	my ($p, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', $name);
	same_rows($s, 'app', 'orders', 'wanted', '... with all rows');
	same_definition($s, 'app', 'orders', 'wanted', '... in the new shape');
	nothing_left($s, 'app');
	return $r;
}

# --- threads -----------------------------------------------------------------

# Stacks of a gigabyte, and so many of them.
sub limit_threads {
	my ($p, $n) = @_;
	my ($kb) = slurp('/proc/' . $p->pid . '/status') =~ /VmSize:\s+(\d+)/;
	my $as = $kb * 1024 + ($n << 30) + (1 << 29);
	system('prlimit', '--pid', $p->pid, "--as=$as:") == 0
	    or die "prlimit: $?\n";
}

{
	local $ENV{LIVEALTER} = "prlimit --stack=1073741824: $program";
	fresh(2000);
	my $p = start_to_step($s, 'before:copy', $ALTER, 'app', 'orders',
	    @slow, '--threads', 5);
	limit_threads($p, 3);
	$p->kill('CONT');
	my $r = ends_well($p, 'no more than three threads: it');
	my $said = () = $r->{err} =~ /threads? instead of 5/g;
	cmp_ok($said, '>', 0, '... is done with fewer');
	cmp_ok($said, '<', 5, '... which is not said again and again');
}

# --- connections -----------------------------------------------------------

$s->sql("CREATE USER few\@localhost; GRANT ALL ON *.* TO few\@localhost");
$s->sql($s->is_mysql ? "REVOKE SUPER, CONNECTION_ADMIN ON *.* FROM " .
    "few\@localhost" : "REVOKE SUPER, CONNECTION ADMIN ON *.* FROM " .
    "few\@localhost");
my @few = ('-S', $s->socket, '-u', 'few');

sub start_few {
	return start_livealter($s, { connect => 0 }, '--alter', $ALTER,
	    'D=app,t=orders', '--execute', @slow, @few, @_);
}

{
	fresh(2500);
	$s->sql("ALTER USER few\@localhost WITH MAX_USER_CONNECTIONS 4");
	my $r = ends_well(start_few('--threads', 6),
	    'fewer connections than threads: it');
	my $said = () = $r->{err} =~ /threads? instead of 6/g;
	cmp_ok($said, '>', 0, '... says so');
	cmp_ok($said, '<', 5, '... not again and again');
	$s->sql("ALTER USER few\@localhost WITH MAX_USER_CONNECTIONS 0");
}

# What is not needed gives way to what is: the proof to the cut-over.
for my $n (4 .. 8) {
	fresh(50);
	$s->sql("ALTER USER few\@localhost WITH MAX_USER_CONNECTIONS $n");
	my $r = ends_well(start_few(), "with $n connections it");
	like($r->{err}, qr/\Q$_/, "... and says '$_'")
	    for $r->{err} =~ /proved 5\d rows/ ? 'no difference'
	    : 'warning: the swap will not be proven: cannot connect';
	unlike($r->{err}, qr/ten minutes/, '... and gives no other reason');
	like($r->{err}, qr/proved 5\d rows/, '... enough for a proof')
	    if $n > 4;
}
$s->sql("ALTER USER few\@localhost WITH MAX_USER_CONNECTIONS 0");

{
	my $mark = fresh(2500);
	my $most = $s->value("SELECT \@\@GLOBAL.max_connections");
	my $p = start_few();
	copying($s, $mark, $p);
	my @ids = connections($s, $mark);
	$s->sql("SET GLOBAL max_connections = 12");
	# Those who are refused take the place of those who are killed.
	my @others;
	my $fill = sub {
		while (my $dbh = eval { DBI->connect("DBI:mysql:mysql_socket=" .
		    $s->socket, 'few', '', { RaiseError => 1,
		    PrintError => 0 }) }) {
			push @others, $dbh;
		}
	};
	$fill->();
	for my $id (@ids) {
		eval { $s->sql("KILL $id") };
		$fill->();
	}
	$p->wait_for(qr/connection was lost/);
	ok($p->running, 'others have taken all connections: it waits');
	@others = ();
	$s->sql("SET GLOBAL max_connections = $most");
	ends_well($p, '... and when there are some again, it');
}

# --- connections that are idle ---------------------------------------------

{
	my $dir = File::Temp->newdir;
	my $mark = fresh(400);
	my %was = map { $_ => $s->value("SELECT \@\@GLOBAL.$_") }
	    qw(wait_timeout interactive_timeout);
	$s->sql("SET GLOBAL $_ = 1") for keys %was;
	spew("$dir/pause", '');
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size',
	    100, '--sleep', 2, '--pause-file', "$dir/pause");
	$p->wait_for(qr/pausing/);
	poll_until(sub { said_once($s, $mark, qr/^SHOW CREATE TRIGGER/) > 9 ||
	    !$p->running }, 30, 'three looks at the triggers in the pause');
	unlink "$dir/pause";
	ends_well($p, 'wait_timeout = 1 and long pauses: it');
	$s->sql("SET GLOBAL $_ = $was{$_}") for keys %was;
}

# --- the advisory lock -------------------------------------------------------

{
	my $mark = fresh(1500);
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size',
	    50, '--sleep', 0.2);
	copying($s, $mark, $p);
	my $holder = $s->value("SELECT IS_USED_LOCK('livealter app.orders')");
	ok($holder, 'a connection has the advisory lock');
	$s->sql("KILL $holder");
	$p->wait_for(qr/connected again/);
	my $r = migrate($s, 'ADD COLUMN other INT', 'app', 'orders');
	is($r->{exit}, 31, '... it is killed: a second run is kept out still')
	    or diag $r->{err};
	ok($p->running, '... while the first goes on');
	ends_well($p, '... and in the end it');
}

done_testing;
