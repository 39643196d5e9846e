# Room on the server's disks: what a copy needs is said and compared with what
# is free there, where that is known for certain; what cannot fit is refused,
# and a copy waits before a disk is full.
#
# long: three servers, and a copy that waits for room
use strict;
use warnings;

use lib 't/lib';
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP ();
use LiveAlter;
use POSIX ();
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $kind = $ENV{LIVEALTER_SERVER} // 'mariadb';
my @plugin;
if ($kind eq 'mariadb') {
	chomp(my $so = `t/lib/mariadb-plugin.sh disks`);
	$? == 0 or die "no plugin disks\n";
	@plugin = ("--plugin-dir=$so", '--plugin-maturity=unknown');
}
my $s = Server->start(tcp => 1, args => [@plugin, '--log-bin=binlog']);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @tcp = ({ connect => 0 }, '-h', '127.0.0.1', '-P', $s->port, '-u', 'dba',
    '-p', 'dba');
$s->sql("CREATE USER dba\@'%' IDENTIFIED BY 'dba'");
$s->sql("GRANT ALL ON *.* TO dba\@'%'");
$s->sql("CREATE USER few\@localhost IDENTIFIED BY 'few'");
$s->sql("GRANT ALL ON app.* TO few\@localhost");
$s->sql("GRANT PROCESS ON *.* TO few\@localhost");

# The database's directory becomes a disk of its own, of 80 MiB.
my @sudo = $> == 0 ? () : ('sudo', '-n');
my $dir = $s->value('SELECT @@datadir') . 'app';
my $here = ($s->{root} // '') . $dir;
my $owner = (stat(($s->{root} // '') . $s->value('SELECT @@datadir')))[4];
$s->sql("CREATE DATABASE app");
my $opt = slurp("$here/db.opt");
system(@sudo, 'mount', '-t', 'tmpfs', '-o',
    "size=80m,mode=777,uid=$owner", 'tmpfs', $here) == 0
    or die "cannot mount a small disk\n";
my $test = $$;
END { system(@sudo, 'umount', '-l', $here) if $test && $test == $$ }
spew("$here/db.opt", $opt) if $opt ne '';
make_orders($s, 'app', 'orders', 100_000);
copy_table($s, 'app', 'orders', 'control');
$s->sql("ANALYZE TABLE app.orders");
my $filler = "$here/filler";

sub free_now {
	my ($r) = `df -B1 --output=avail '$here' | tail -1` =~ /(\d+)/;
	return $r;
}

# Leave so many MiB.
sub leave {
	my ($mib) = @_;
	my $size = free_now() + (-s $filler // 0) - $mib * 1024 * 1024;
	unlink $filler;
	return system('fallocate', '-l', int($size), $filler) == 0;
}

# Its general log is elsewhere.
sub dry_run { run_livealter($s, @_, '--alter', $ALTER, 'D=app,t=orders',
    '--dry-run') }

my $dump = $s->dump('app');
my $untouched = sub { same_dump($s->dump('app'), $dump, $_[0]) };
my $at = qr/\Q$dir\E/;
my $mib = qr/[\d.]+ [KMG]iB/;

# --- what is said ----------------------------------------------------------

my $r = dry_run();
is($r->{exit}, 0, 'with room a dry run succeeds') or diag $r->{err};
like($r->{out}, qr/^disk: the new table needs about $mib; $at has $mib free$/m,
    '... and says what is needed, and free');
like($r->{out}, qr/^disk: the binary log of the rows needs .* free$/m,
    '... and of the binary log, which is on another disk');
unlike($r->{err}, qr/disk:/, '... without a warning');
my ($free) = $r->{out} =~ /app has (\d+) MiB/;
cmp_ok(abs($free - free_now() / 1048576), '<', 2, '... as it is');
unlike(dry_run('--min-free-space', 0)->{out}, qr/^disk:/m,
    '--min-free-space=0 does not look');

leave(9);
$r = dry_run();
is($r->{exit}, 0, 'less than the estimate is a warning');
like($r->{err}, qr/warning: disk: the new table needs about $mib; $at has/,
    '... with the figures');

# --- refused ---------------------------------------------------------------

leave(3);
for my $how ('--dry-run', '--execute') {
	my $mark = $s->log_mark;
	$r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders', $how);
	is($r->{exit}, 37, "$how: where it cannot fit, it is refused")
	    or diag $r->{err};
	like($r->{err}, qr/needs at least $mib, and $at has $mib free/,
	    '... with the figures');
	is(said_once($s, $mark, qr/^INSERT LOW_PRIORITY/), 0,
	    '... before a row is copied');
	$untouched->('... and nothing is left');
}
$r = run_livealter($s, '--alter', 'DROP COLUMN note, DROP COLUMN updated',
    'D=app,t=orders', '--dry-run');
is($r->{exit}, 0, 'a table that shrinks is only warned of');
like($r->{err}, qr/warning: disk: the new table/, '... with the figures');

# --- another machine's, or who knows ---------------------------------------

if (@plugin) {
	unlike(dry_run(@tcp)->{out}, qr/ free$/m,
	    'by TCP, without the plugin, nothing is known');
	$s->sql("INSTALL SONAME 'disks'");
	$r = dry_run(@tcp);
	is($r->{exit}, 37, 'by TCP the plugin DISKS tells') or diag $r->{err};
	like($r->{err}, qr/and $at has $mib free/, '... the figures');
	$s->sql("CREATE DATABASE elsewhere");
	make_orders($s, 'elsewhere', 'orders', 100);
	$r = run_livealter($s, @tcp, '--alter', $ALTER,
	    'D=elsewhere,t=orders', '--dry-run');
	like($r->{out}, qr/elsewhere has $mib free, if no symbolic link/,
	    '... of the disk of / it is not certain');
	$s->sql("REVOKE FILE ON *.* FROM dba\@'%'");
	$r = dry_run(@tcp);
	is($r->{exit}, 0, '... without FILE it tells nothing');
	$s->sql("UNINSTALL SONAME 'disks'");
} else {
	$r = dry_run(@tcp);
	is($r->{exit}, 0, 'by TCP nothing is known, and nothing refused')
	    or diag $r->{err};
}
like($r->{out}, qr/how much is free in $at is not known$/m,
    '... which is said');

# A socket of this machine, behind which is no server but something that passes
# on what comes: the server could be anywhere.
{
	my $tmp = File::Temp->newdir;
	my $front = IO::Socket::UNIX->new(Local => "$tmp/s", Listen => 5)
	    or die "socket: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		while (my $c = $front->accept) {
			next if fork;
			open STDOUT, '>', '/dev/null';
			open STDERR, '>', '/dev/null';
			my $b = IO::Socket::UNIX->new(Peer => $s->socket);
			my $sel = IO::Select->new($c, $b);
			while (my @ready = $sel->can_read) {
				for my $from (@ready) {
					POSIX::_exit(0) if !sysread $from,
					    my $buf, 65536;
					syswrite $from == $c ? $b : $c, $buf;
				}
			}
		}
		POSIX::_exit(0);
	}
	$r = dry_run({ connect => 0 }, '-S', "$tmp/s", '-u', 'root');
	kill 'KILL', $pid;
	waitpid $pid, 0;
	is($r->{exit}, 0, 'a socket that is passed on proves nothing')
	    or diag $r->{err};
	like($r->{out}, qr/how much is free in $at is not known$/m,
	    '... so nothing is known');
}

# --- a copy that waits -----------------------------------------------------

my $flag = "$s->{dir}/postpone";
my @slow = ('--min-free-space', '14M', '--chunk-size', 500,
    '--sleep', 0.05, '--progress', 'time,1');
leave(40);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	# It watches the disk from the first look at its tables on.
	poll_until(sub { said_once($s, $mark, qr/^SHOW CREATE TRIGGER/) > 6 },
	    30, 'a look at the tables');
	# What it takes meanwhile may be in the way.
	poll_until(sub { eval { leave(11) } }, 10, 'a file fills the disk');
	ok($p->wait_for(qr/pausing, to wait for $at to have 14 MiB free/, 20),
	    'a copy waits before the disk is full');
	my ($n, $since) = (-1, time);
	poll_until(sub {
		my $now = said_once($s, $mark, qr/^INSERT LOW_PRIORITY/);
		($n, $since) = ($now, time) if $now != $n;
		return time - $since > 1.5;
	}, 20, 'no more chunks');
	ok($p->running, '... copies nothing, and stays');
	my $text;
	poll_until(sub {
		$text = run_livealter($s, 'status', 'D=app,t=orders')->{out};
		return $text =~ /waits for: $at to have/;
	}, 10, 'the status says so');
	ok(eval { $s->sql("UPDATE app.orders SET state = 'x' WHERE id < 50");
	    $s->sql("UPDATE app.control SET state = 'x' WHERE id < 50"); 1 },
	    '... the application can write meanwhile') or diag $@;
	unlink $filler;
	my $end = $p->wait(90);
	succeeded($end, 'app', 'orders', 'with room again it');
	like($end->{err}, qr/going on after a pause/, '... goes on');
	same_rows($s, 'app', 'orders', 'control', '... and has every row');
	nothing_left($s, 'app');
}

# --- a tablespace that may not grow ----------------------------------------

my $t = Server->start(tcp => 1, args => ['--innodb-file-per-table=0',
    '--innodb-data-file-path=ibdata1:12M:autoextend:max:60M']);
make_orders($t, 'app', 'orders', 200_000);
$t->sql("CREATE TABLE app.other LIKE app.orders");
1 while eval { $t->sql("INSERT INTO app.other (note) SELECT REPEAT('x', " .
    "100) FROM app.orders LIMIT 5000"); 1 };
$t->sql("ANALYZE TABLE app.orders");
$t->sql("CREATE USER dba\@'%' IDENTIFIED BY 'dba'");
$t->sql("GRANT ALL ON *.* TO dba\@'%'");
$r = run_livealter($t, { connect => 0 }, '-h', '127.0.0.1', '-P', $t->port,
    '-u', 'dba', '-p', 'dba', '--alter', $ALTER, 'D=app,t=orders',
    '--execute');
is($r->{exit}, 37, 'a system tablespace that may not grow') or diag $r->{err};
like($r->{err}, qr/needs at least $mib, and the system tablespace has/,
    '... is known from afar, too');
nothing_left($t, 'app');

done_testing;
