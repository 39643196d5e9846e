# Stopped by a signal: everything is undone, and the application goes on.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Noise;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7";
fresh_orders($s, 2000);
my $dump = $s->dump('app');

# Starts a slow one, does something at a moment, and checks the end.
sub stopped {
	my ($name, $opts, $moment, @signals) = @_;
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @$opts);
	$moment->($p, $mark);
	ok($p->running, "$name: it runs");
	my $t = time;
	$p->kill($_) for @signals;
	my $r = $p->wait(30);
	is($r->{exit}, 32, '... ends with 32') or diag $r->{err};
	cmp_ok(time - $t, '<', Noise::patience(5), '... soon');
	same_dump($s->dump('app'), $dump, '... and all is as it was');
	unlike($r->{out}, qr/Successfully/, '... and no success is claimed');
	return $r;
}

my @slow = ('--chunk-size', 50, '--sleep', 0.2, '--threads', 1);
for my $sig (qw(INT TERM)) {
	stopped("SIG$sig during the copy", \@slow, sub {
		my ($p, $mark) = @_;
		copying($s, $mark, $p);
	}, $sig);
	stopped("SIG$sig after some chunks, 4 workers", ['--chunk-size', 20,
	    '--sleep', 0.2, '--threads', 4], sub {
		my ($p, $mark) = @_;
		poll_until(sub { said_once($s, $mark,
		    qr/^INSERT LOW_PRIORITY/) >= 5 }, 20, 'chunks');
	}, $sig);
	stopped("SIG$sig during the comparison", ['--chunk-size', 20,
	    '--sleep', 0.02, '--threads', 1], sub {
		my ($p, $mark) = @_;
		poll_until(sub { $p->err =~ /compare the two/ ||
		    !$p->running }, 30, 'the comparison');
	}, $sig);

	# A reader keeps it from creating its triggers.
	my $reader = open_reader($s);
	stopped("SIG$sig while it waits for a metadata lock", [], sub {
		my ($p, $mark) = @_;
		$p->wait_for(qr/create the triggers/, 20);
		poll_until(sub { $s->log_text($mark) =~
		    /(LOCK\s+TABLES|CREATE\s+TRIGGER\s+\S+\s+AFTER\s+\w+\s+ON\s+
		    `app`\.`orders`|metadata_locks|METADATA_LOCK|innodb_trx)/xi
		    }, 20, 'the wait for the lock');
	}, $sig);
	$reader->rollback;
	$reader->disconnect;
}

stopped('two signals', \@slow, sub {
	my ($p, $mark) = @_;
	copying($s, $mark, $p);
}, 'INT') for 1;

# Under load.
{
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 300, seed => 31);
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @slow);
	copying($s, $mark, $p);
	$p->kill('TERM');
	is($p->wait(30)->{exit}, 32, 'SIGTERM while the application writes');
	my $before = $s->value("SELECT COUNT(*) FROM app.orders");
	my $report = $h->report;
	hammer_ok($report, 1500, '... the application goes on');
	same_rows($s, 'app', 'orders', 'control', '... with its rows');
	same_definition($s, 'app', 'orders', 'control', '... in their shape');
	nothing_left($s, 'app');
}

# What does not stop it.
fresh_orders($s, 500);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size',
	    50, '--sleep', 0.1, '--threads', 1);
	copying($s, $mark, $p);
	$p->kill('HUP');
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', 'SIGHUP: the run it does not stop');
	same_rows($s, 'app', 'orders', 'control', '... the rows are right');
	nothing_left($s, 'app');
}

# A terminal that closed: a pipe that nobody reads.
for my $closed ('2>&1 | head -n 1 >/dev/null', '2>&1 | true',
    '2>/dev/null >&-', '>/dev/null 2>&-', '>&- 2>&- <&-',
    '>/dev/full 2>/dev/full') {
	fresh_orders($s, 500);
	my $dir = File::Temp->newdir;
	my $prog = $ENV{LIVEALTER} // './build/livealter';
	my $cmd = "{ $prog --alter '$ALTER' D=app,t=orders --execute --print " .
	    "--chunk-size 50 --sleep 0.02 --statistics -S " . $s->socket .
	    " -u root; echo \$? >$dir/rc; } $closed";
	run_program({ env => { HOME => "$dir" } }, 'sh', '-c', $cmd);
	poll_until(sub { -s "$dir/rc" }, 30, 'its end');
	is(scalar(grep { $_ eq 'extra' } table_columns($s, 'app', 'orders')),
	    1, "closed output ($closed): the migration is done");
	same_rows($s, 'app', 'orders', 'control', '... the rows are right');
	nothing_left($s, 'app');
}

done_testing;
