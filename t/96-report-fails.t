# --report, when the page cannot be written any more: the disk is full, hangs,
# or the file may not grow.  The migration does what it does all the same.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;
my $page = "$dir/run.html";
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
my @slow = ('--chunk-size', 20, '--sleep', 0.1, '--threads', 1);

# fsync() as of a disk that is full, or hangs, as soon as there is such a file.
spew("$dir/disk.c", <<'C');
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int
fsync(int fd)
{
	const char *full = getenv("DISK_FULL"), *hangs = getenv("DISK_HANGS");

	while (hangs != NULL && access(hangs, F_OK) == 0)
		usleep(10000);
	if (full == NULL || access(full, F_OK) != 0)
		return (int)syscall(SYS_fsync, fd);
	errno = ENOSPC;
	return -1;
}
C
system('cc', '-shared', '-fPIC', '-o', "$dir/disk.so", "$dir/disk.c") == 0
    or die 'cc';
my %disk = (LD_PRELOAD => "$dir/disk.so", DISK_FULL => "$dir/full",
    DISK_HANGS => "$dir/hangs", ASAN_OPTIONS => join(':',
    'verify_asan_link_order=0', $ENV{ASAN_OPTIONS} // ()));

# Starts one that comes to its copy before that file is there.
sub start_then {
	my ($what, @more) = @_;
	fresh_orders($s, 200);
	unlink "$dir/full", "$dir/hangs", $page;
	my $p = start_migration($s, { env => \%disk }, $ALTER, 'app',
	    'orders', @slow, '--report', $page, @more);
	$p->wait_for(qr/copy the rows/, 30);
	spew("$dir/$what", '');
	return $p;
}

# A test: it ends so, says that, and what was written before is there.
sub ends {
	my ($r, $exit, $why, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, $exit, "$name: $exit") or diag $r->{err};
	like($r->{err}, qr/^livealter: warning: --report: \Q$page\E: $why$/m,
	    '... and it says so');
	like(slurp($page), qr{Still running, or killed.*</html>}s,
	    '... the page is that of before, and whole');
}

sub nothing_beside {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join(' ', glob("$dir/run.html*")), $page,
	    '... and nothing is beside it');
}

# --- full --------------------------------------------------------------------

my $p = start_then('full');
my $r = $p->wait(60);
ends($r, 0, 'No space left on device', 'a full disk');
succeeded($r, 'app', 'orders', '... the migration');
nothing_left($s, 'app');
nothing_beside();

$p = start_then('full');
$p->kill('TERM');
ends($p->wait(60), 32, 'No space left on device',
    'a full disk, and an interrupt');
nothing_left($s, 'app', '... which is undone');
nothing_beside();

# --- a file that may not grow ------------------------------------------------

fresh_orders($s, 200);
unlink "$dir/full", $page;
$p = start_migration($s, $ALTER, 'app', 'orders', @slow, '--report', $page);
$p->wait_for(qr/connect/, 30);
my $first = -s $page;
is($p->wait(60)->{exit}, 0, '(a migration)');
cmp_ok(-s $page, '>', $first + 2000, '(its page becomes longer)');
fresh_orders($s, 200);
{
	local $ENV{LIVEALTER} = sprintf 'prlimit --fsize=%d -- %s',
	    $first + 1000, $ENV{LIVEALTER} // 'build/livealter';
	$r = migrate($s, $ALTER, 'app', 'orders', '--report', $page);
}
ends($r, 0, 'File too large', 'a limit for files');
succeeded($r, 'app', 'orders', '... the migration');
nothing_beside();

# --- a disk that hangs -------------------------------------------------------

# The page alone keeps it; so it is the first signal that ends that.
$p = start_then('hangs');
poll_until(sub { $p->out =~ /Successfully altered/ }, 60, 'its end');
poll_until(sub { $p->kill('INT'); !$p->running }, 30, 'one signal');
ends($p->wait(30), 0, 'it takes too long to write it', 'a disk that hangs');
nothing_left($s, 'app');

# It was interrupted before that.
$p = start_then('hangs');
$p->kill('INT');
$p->wait_for(qr/was not altered/, 60);
poll_until(sub { $p->kill('INT'); !$p->running }, 30, 'another signal');
ends($p->wait(30), 32, 'it takes too long to write it',
    'an interrupt, and a disk that hangs');
nothing_left($s, 'app', '... which is undone');

# And the undoing hangs as well.
$p = start_then('hangs');
my $reader = open_reader($s);
$p->kill('INT');
$p->wait_for(qr/waiting for a moment when no session uses/, 30);
$p->kill('TERM');
$r = $p->wait(60);
ends($r, 32, 'it takes too long to write it', 'two signals');
like($r->{err}, qr/left on the server; to remove them, run/,
    '... and what is left is told');
$reader->rollback;

done_testing;
