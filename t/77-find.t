# How replicas are found, and by which login; one that is not reached is named
# with what was tried; the table of replicas is read again while a run lasts.
use strict;
use warnings;

use lib 't/lib';
use Chain;
use File::Temp ();
use IO::Socket::INET;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2, args => ['--log-bin-trust-function-creators=1']);
my $R = place($r);
my ($h, $P) = ('127.0.0.1', $r->port);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $dir = File::Temp->newdir;
my $nobody = IO::Socket::INET->new(LocalAddr => $h, Listen => 1)
    or die "no port: $!";
my $closed = $nobody->sockport;
close $nobody;

fresh_orders($s, 50);
$s->sql("CREATE DATABASE dba; CREATE TABLE dba.dsns (id INT PRIMARY KEY, " .
    "parent_id INT, dsn VARCHAR(255))");
$r->sql("SET sql_log_bin = 0; CREATE USER looker\@'%' IDENTIFIED " .
    ($s->is_mysql ? "WITH caching_sha2_password BY 'l,g'" : "BY 'l,g'") .
    "; GRANT " . ($s->is_mysql ? 'REPLICATION CLIENT' : 'SLAVE MONITOR') .
    " ON *.* TO looker\@'%'; SET sql_log_bin = 1");
$r->wait_for_source($s);

sub dry { run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', '--dry-run',
    @_) }

# A test: it is found, and alone.
sub finds {
	my ($name, @how) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = dry(@how);
	is("$p->{exit}: " . join(' ', $p->{err} =~
	    /replica (\S+) .*: its lag is watched/g), "0: $R", $name) or
	    diag $p->{err};
	return $p;
}

# A test: it ends with 18, names these addresses, and says why.
sub misses {
	my ($name, $why, @how) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = dry(@how);
	is($p->{exit}, 18, "$name: it ends") or diag $p->{err};
	like($p->{err}, qr/replica \S+ \(found by .*is not reached: .*$why/,
	    '... with what was tried');
	like($p->{err}, qr/--skip-check-replica-lag h=/, '... and what to do');
	nothing_left($s, 'app');
}

# --- where, and as whom ----------------------------------------------------

finds('by default');
finds('by the list of replicas', '--recursion-method', 'hosts')
    if $s->is_mariadb;
finds('by a list in a file', '--config', do {
	spew("$dir/c.yaml",
	    "recursion-method: [processlist, hosts]\nmax-lag: 2\n");
	chmod 0600, "$dir/c.yaml";
	"$dir/c.yaml" });
misses('by addresses alone, at another port', qr/\Q$h:\E\d+: .*known already/,
    '--recursion-method', 'processlist');
finds('the one that is given', '--check-replica-lag', "h=$h,P=$P");
for my $dsn ('S=' . $r->socket, 'h=localhost,S=' . $r->socket) {
	my $p = dry('--check-replica-lag', $dsn);
	is($p->{exit}, 0, "one with a socket only ($dsn)") or diag $p->{err};
	like($p->{err}, qr/replica \Q@{[$r->socket]}\E .*lag is watched/,
	    '... is named by it');
}
misses('a name that nobody has', qr/Unknown/, '--check-replica-lag',
    "h=no-such-host.invalid,P=$P");
misses('an address of IPv6', qr/\[::1\]:1 |connect/, '--check-replica-lag',
    'h=::1,P=1');
for my $word (qw(replica slave)) {
	finds("as another user (--$word-user)", "--$word-user", 'looker',
	    "--$word-password", 'l,g');
}
finds('as another user, by a DSN', '--check-slave-lag',
    "h=$h,P=$P,u=looker,p=l\\,g");
misses('with a wrong password', qr/\Q$R\E: .*Access denied/,
    '--replica-user', 'looker', '--replica-password', 'wrong');
misses('where nobody is', qr/connect/, '--check-replica-lag',
    "h=$h,P=$closed");
{
	my $p = dry('--skip-check-replica-lag', "h=$h,P=1",
	    '--skip-check-slave-lag', "h=$h,P=$P");
	is($p->{exit}, 0, 'one that is left out') or diag $p->{err};
	like($p->{err}, qr/\Q$R\E is not watched, as --skip/, '... is named');
	unlike($p->{err}, qr/is watched/, '... and not watched');
	$p = run_livealter($s, '--print-config', '--check-replica-lag',
	    "h=a,p=hush", '--recursion-method', "dsn=p=hush,D=a,t=b");
	unlike($p->{out}, qr/hush/, 'no password is shown');
	for my $wrong (['--recursion-method', 'guess'],
	    ['--recursion-method', 'none,hosts'],
	    ['--recursion-method', 'dsn=D=dba'], ['--max-lag', 'x'],
	    ['--check-replica-lag', 'P=3']) {
		$p = dry(@$wrong);
		is($p->{exit}, 1, "@$wrong is wrong");
		like($p->{err}, qr/\Q$wrong->[0]\E: /, '... by name');
	}
}

# --- a table ---------------------------------------------------------------

$s->sql("INSERT INTO dba.dsns VALUES (1, NULL, " .
    "'h=$h,P=$P,u=looker,p=l\\\\,g')");
my @table = ('--recursion-method', 'dsn=D=dba,t=dsns');
finds('by a table', @table);
finds('by a table elsewhere', '--recursion-method',
    "dsn=h=$h,P=$P,D=dba,t=dsns");
{
	my $p = dry('--recursion-method', 'dsn=D=dba,t=none');
	isnt($p->{exit}, 0, 'a table that is not there');
	like($p->{err}, qr/looking for replicas: .*dba.*none/, '... is named');
}

$s->sql("DELETE FROM dba.dsns");
fresh_orders($s, 200);
$r->wait_for_source($s);
{
	my $flag = "$dir/flag";
	spew($flag, '');
	my $p = start_migration($s, $ALTER, 'app', 'orders', @table,
	    '--postpone-cut-over-flag-file', $flag, '--max-lag', 0.5);
	ok($p->wait_for(qr/waiting with the swap for the file/, 30),
	    'with an empty table it works');
	hold_back($r);
	$s->sql("INSERT INTO dba.dsns VALUES (1, NULL, 'h=$h,P=$P')");
	ok($p->wait_for(qr/replica \Q$R\E is new in the table/, 30),
	    'a row that comes meanwhile is read');
	poll_until(sub { run_livealter($s, 'status', 'D=app')->{out} =~
	    /waits for: .*replica \Q$R\E, .* behind/ }, 30, 'it is watched');
	unlink $flag;
	poll_until(sub { run_livealter($s, 'status', 'D=app')->{out} =~
	    /waits for: replica \Q$R\E, .* behind/ }, 30, 'it is waited for');
	$s->sql("DELETE FROM dba.dsns");
	ok($p->wait_for(qr/\Q$R\E is not any more in the table/, 30),
	    'a row that goes, too');
	succeeded($p->wait(30), 'app', 'orders', '... it is not waited ' .
	    'for: it');
	let_go($r);
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# --- one that waits on purpose ---------------------------------------------

fresh_orders($s, 200);
$r->wait_for_source($s);
{
	my $delay = $s->is_mysql ?
	    "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = %d; " .
	    "START REPLICA" : "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = " .
	    "%d; START SLAVE";
	$r->sql(sprintf $delay, 3600);
	my $p = migrate($s, $ALTER, 'app', 'orders', '--max-lag', 2,
	    '--chunk-size', 50);
	succeeded($p, 'app', 'orders', 'a replica that waits on purpose ' .
	    'holds up nobody: it');
	unlike($p->{err}, qr/to wait for/, '... and has not paused');
	nothing_left($s, 'app');
	$r->sql(sprintf $delay, 0);
	$r->wait_for_source($s);
}

# --- who may not see them --------------------------------------------------

{
	$s->sql("CREATE USER blind\@localhost; GRANT ALL ON app.* TO " .
	    "blind\@localhost");
	my $p = run_livealter($s, { connect => 0 }, '--alter', $ALTER,
	    'D=app,t=control', '--dry-run', '-S', $s->socket, '-u', 'blind');
	is($p->{exit}, 0, 'without the privileges to see replicas') or
	    diag $p->{err};
	like($p->{err}, qr/warning: if there are replicas, they are not seen/,
	    '... there is a warning');
}

done_testing;
