# --pid FILE: there while livealter is at work, however that ends.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use POSIX ();
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;
my $file = "$dir/livealter.pid";
my @pid = ('--pid', $file);
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my ($r, $p, $mark);

sub gone_is_the_file {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(!-e $file, $name // '... and removes the file') or unlink $file;
}

# A PID that nobody has: of a child that has ended.
sub dead_pid {
	my $child = fork // die "fork: $!";
	POSIX::_exit(0) if !$child;
	waitpid $child, 0;
	return $child;
}

sub running {
	$mark = $s->log_mark;
	my $p = start_migration($s, 'ENGINE=InnoDB', 'app', 'orders', @pid,
	    @slow, @_);
	copying($s, $mark, $p);
	return $p;
}

# --- every end -------------------------------------------------------------

fresh_orders($s, 2000);
$p = running();
is(slurp($file), $p->{pid} . "\n", 'the file has the PID while it copies');
$r = run_livealter($s, '--alter', 'ADD d INT', 'D=app,t=control', '--execute',
    @pid);
is($r->{exit}, 31, 'another one is refused meanwhile');
like($r->{err}, qr/PID file \Q$file\E already exists.* $p->{pid}, is running/,
    '... by the PID');
is(slurp($file), $p->{pid} . "\n", '... and leaves the file alone');
$r = run_livealter($s, 'status', 'D=app', @pid);
is($r->{exit}, 0, 'status does not mind') or diag $r->{err};
$p->kill('INT');
is($p->wait->{exit}, 32, 'SIGINT ends it');
gone_is_the_file();

$r = migrate($s, 'ADD c INT', 'app', 'orders', @pid);
succeeded($r, 'app', 'orders', 'a migration');
gone_is_the_file();
$r = migrate($s, 'ADD c INT', 'app', 'orders', @pid);
is($r->{exit}, 11, 'one that fails');
gone_is_the_file();
$r = migrate($s, 'ADD c INT', 'app', 'nothere', @pid);
is($r->{exit}, 17, 'one that is refused');
gone_is_the_file();
$r = run_livealter($s, '--alter', 'ADD d INT', 'D=app,t=orders', @pid);
is($r->{exit}, 1, 'one without --execute');
gone_is_the_file();
$r = run_livealter($s, '--alter', 'ADD d INT', 'D=app,t=orders', @pid,
    '--dry-run');
is($r->{exit}, 0, 'a dry run') or diag $r->{err};
gone_is_the_file();

# Two signals, while the server does not answer.
$p = running();
kill 'STOP', $s->pid;
$p->kill('INT');
# Within half a second, two count as one.
select undef, undef, undef, 0.7;
$p->kill('INT');
$r = $p->wait(30);
kill 'CONT', $s->pid;
is($r->{exit}, 32, 'two signals before a server that stands still');
like($r->{out}, qr/DROP TABLE/, '... which print what is left');
gone_is_the_file();
gone($s, $mark, $p);
run_livealter($s, 'cleanup', 'D=app,t=orders');

# --- what is there ---------------------------------------------------------

fresh_orders($s, 2000);
$p = running();
$p->kill('KILL');
gone($s, $mark, $p);
is(slurp($file), $p->{pid} . "\n", 'SIGKILL leaves the file');
$r = run_livealter($s, 'resume', 'D=app,t=orders', @pid, '--sleep', 0);
succeeded($r, 'app', 'orders', '... resume');
like($r->{err}, qr/PID file .* taken over: .* $p->{pid}, is not running/,
    '... takes it over');
gone_is_the_file();

spew($file, dead_pid() . "\n");
$r = migrate($s, 'ADD d INT', 'app', 'orders', @pid, '--reversible');
succeeded($r, 'app', 'orders', 'a stale one of another program');
gone_is_the_file();
$r = run_livealter($s, 'revert', 'D=app,t=orders', @pid, '--accept-loss');
is($r->{exit}, 0, 'revert') or diag $r->{err};
gone_is_the_file();

my $dump = $s->dump('app');
spew($file, "$$\n");
$r = migrate($s, 'ADD d INT', 'app', 'orders', @pid);
is($r->{exit}, 31, 'a live one that is no livealter');
is(slurp($file), "$$\n", '... is left alone');
spew($file, "my notes\n");
$r = migrate($s, 'ADD d INT', 'app', 'orders', @pid);
is($r->{exit}, 1, 'a file of something else is refused');
like($r->{err}, qr/does not contain a PID/, '... by that');
is(slurp($file), "my notes\n", '... and left alone');
unlink $file;
symlink "$dir/elsewhere", $file;
$r = migrate($s, 'ADD d INT', 'app', 'orders', @pid);
is($r->{exit}, 1, 'a link is not followed');
ok(!-e "$dir/elsewhere", '... nor is anything made');
unlink $file;
$r = migrate($s, 'ADD d INT', 'app', 'orders', '--pid', "$dir/no/x");
is($r->{exit}, 1, 'a directory that is not there');
like($r->{err}, qr{--pid: \Q$dir\E/no/x: }, '... is named');
same_dump($s->dump('app'), $dump, '... and nothing is changed by all that');

done_testing;
