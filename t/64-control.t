# livealter control: what runs is told what to do, and obeys within a second.
# long: waits for pauses of the copy
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
my $REG = 'app._livealter';
my @slow = ('--chunk-size', 20, '--sleep', 0.1, '--threads', 2);

sub control { run_livealter($s, 'control', 'D=app,t=orders', @_) }

sub rows { $s->value("SELECT rows_copied FROM $REG") }

sub set_up {
	fresh_orders($s, $_[0] // 2000);
	native($s, 'app', 'orders', 'wanted', $ALTER);
}

sub start_slow {
	return start_to_chunk($s, 3, $ALTER, 'app', 'orders', @_);
}

# Told, and read, as its messages say.
sub told {
	my ($p, @words) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = control(@words);
	is("$r->{exit} $r->{out}", "0 Done.\n", "control @words") or
	    diag $r->{err};
	my $said = $p->wait_for(qr/livealter control: \Q@words\E\n/, 5);
	ok($said, '... is read');
}

# A test: what is asked for is read within a second.  The start of a program
# has no part in that, so the request is put where control puts it.
sub within_a_second {
	my ($p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @took;
	for my $i (1 .. 5) {
		my $said = () = $p->err =~ /livealter control: go\n/g;
		my $t = time;
		$s->sql("UPDATE $REG SET request = 'go\n'");
		poll_until(sub { $said < (() = $p->err =~
		    /livealter control: go\n/g) }, 5, 'it is read') or return;
		push @took, time - $t - Noise::seconds($t, time);
	}
	my $median = (sort { $a <=> $b } @took)[2];
	cmp_ok($median, '<', Noise::patience(1), '... within a second') or
	    diag "@took";
}

# --- pause and go ----------------------------------------------------------

# So many rows that the copy is not over before all is tried.
set_up(10000);
{
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 150, seed => 64);
	my $p = start_slow(@slow);
	told($p, 'pause');
	$p->wait_for(qr/pausing, to wait for livealter control .* go/, 5);
	my ($last, $since) = (rows(), time);
	ok(poll_until(sub {
		my $now = rows();
		($last, $since) = ($now, time) if $now != $last;
		return time - $since > 1;
	}, 10, 'a pause'), '... no row is copied any more');
	like(run_livealter($s, 'status', 'D=app')->{out},
	    qr/waits for: livealter control D=app,t=orders go$/m,
	    '... status says what it waits for')
	    if poll_until(sub { $s->value("SELECT waits_for FROM $REG") },
	    10, 'a heartbeat');
	told($p, 'go');
	ok(poll_until(sub { rows() > $last }, 5, 'a row'),
	    '... and it goes on');
	within_a_second($p);

	# --- chunk-time and threads
	my $mark = $s->log_mark;
	told($p, 'set', 'threads=6');
	my %by;
	poll_until(sub {
		%by = map { $_->{id} => 1 } grep { $_->{text} =~
		    /SET rows_copied/ } $s->log_entries($mark);
		return keys %by >= 6;
	}, 10, 'six connections');
	cmp_ok(scalar keys %by, '>=', 6, '... six copy');
	told($p, 'set', 'threads=1');
	# Those that were at work finish what they have.
	ok(poll_until(sub {
		my @last = grep { $_->{text} =~ /SET rows_copied/ }
		    $s->log_entries($mark);
		return @last > 3 && (grep { $_->{id} eq $last[-1]{id} }
		    @last[-4 .. -1]) == 4;
	}, 20, 'one connection'), '... and then one');
	told($p, 'set', 'chunk-time=0.5');
	told($p, 'set', 'threads=4');
	my $r = $p->wait(60);
	my $report = $h->report;
	succeeded($r, 'app', 'orders');
	hammer_ok($report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}

# --- the swap --------------------------------------------------------------

set_up(300);
{
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 150, seed => 65);
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--cut-over',
	    'when-told');
	$p->wait_for(qr/livealter control D=app,t=orders cut-over/, 30);
	is($s->value("SELECT state FROM $REG"), 'waiting',
	    '--cut-over=when-told waits');
	same_definition($s, 'app', 'orders', 'control', '... with the swap');
	told($p, 'pause');
	told($p, 'cut-over');
	my %beat;
	poll_until(sub { my $b = eval { $s->value("SELECT heartbeat FROM " .
	    $REG) } // 'gone'; $beat{$b}++; keys %beat > 2 }, 20, 'beats');
	ok($p->running && !$beat{gone}, '... a pause still holds');
	told($p, 'go');
	my $r = $p->wait(30);
	my $report = $h->report;
	succeeded($r, 'app', 'orders', '... and then it does it;');
	hammer_ok($report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control');
	nothing_left($s, 'app');
}
set_up();
{
	my $p = start_slow(@slow);
	told($p, 'postpone');
	$p->wait_for(qr/livealter control D=app,t=orders cut-over/, 60);
	ok($p->running, 'postponed while it copied: it waits with the swap');
	told($p, 'go');
	succeeded($p->wait(30), 'app', 'orders', '... until it is told');
	nothing_left($s, 'app');
}

# --- abort -----------------------------------------------------------------

set_up();
my $dump = $s->dump('app');
for my $when (['while it copies', @slow], ['while it waits', '--cut-over',
    'when-told'], ['with --on-interrupt=keep', @slow, '--on-interrupt',
    'keep']) {
	my ($name, @opts) = @$when;
	my $p = start_migration($s, $ALTER, 'app', 'orders', @opts);
	$name =~ /waits/ ? $p->wait_for(qr/control D=app,t=orders cut-o/, 30)
	    : poll_until(sub { eval { rows() } }, 30, 'the copy');
	told($p, 'abort');
	my $r = $p->wait(20);
	is($r->{exit}, 32, "... $name: it ends with 32") or diag $r->{err};
	like($r->{err}, qr/stopped by livealter control/, '... says why');
	same_dump($s->dump('app'), $dump, '... and all is as it was');
}

# --- what cannot be told ---------------------------------------------------

{
	my $r = control('pause');
	is($r->{exit}, 17, 'nothing runs: refused');
	like($r->{err}, qr/no migration of `app`.`orders` is running/,
	    '... says so');
	for my $words ([], ['stop'], ['set'], ['set', 'sleep=1'],
	    ['set', 'threads=0'], ['set', 'threads=65'],
	    ['set', 'chunk-time=-1'], ['pause', 'go']) {
		is(control(@$words)->{exit}, 1, "control @$words: no such " .
		    'thing');
	}
	die_at($s, 'after:copy', '--alter', $ALTER, 'D=app,t=orders',
	    '--execute');
	is(control('pause')->{exit}, 17, 'one that died is not told');
	run_livealter($s, 'cleanup', 'D=app,t=orders');
	same_dump($s->dump('app'), $dump, '... (all is as it was)');
}

done_testing;
