# Whatever a server answers once it has let us in, livealter ends by itself, or
# by Ctrl-C where an answer does not come, with one of the statuses of the
# manual; and nothing of it reaches the terminal.  With sanitizers (make check
# SAN=address,undefined) they are the judge.
# LIVEALTER_SECONDS makes it longer, LIVEALTER_SEED begins with that one.
#
# long: random answers, and waits for those that do not come
use strict;
use warnings;

use lib 't/lib';
use FakeServer;
use Liar;
use LiveAlter;
use Server;
use Test::More;
use Time::HiRes qw(time);

my $seed = $ENV{LIVEALTER_SEED} // 28;
diag "LIVEALTER_SEED=$seed";
my $s = Server->start;
my $seconds = $ENV{LIVEALTER_SECONDS} // 10;

my @command = (['status'], ['cleanup'], ['resume'], ['revert'],
    ['cleanup', '--dry-run'], ['control', 'go'],
    ['--alter', 'ADD c INT', '--dry-run'],
    ['--alter', 'ADD c INT', '--execute', '--threads', 3],
    ['--alter', 'MODIFY v BIGINT, ADD UNIQUE (v)', '--execute'],
    ['--alter', 'RENAME COLUMN v TO w', '--execute', '--reversible']);
my @how = grep { $_ ne 'silent' } Liar::hows();
my %documented = map { $_ => 1 } 0 .. 4, 6, 10 .. 12, 14 .. 20, 30 .. 41;
my @bad;

sub start_command {
	my ($port, $command) = @_;
	my ($what, @rest) = @$command;
	my @args = $what eq '--alter' ? ($what, @rest, 'D=app,t=t') :
	    ($what, 'D=app,t=t', @rest);
	return start_livealter(undef, @args, '-h', '127.0.0.1', '-P', $port,
	    '-u', 'root', '--reconnect-for', 1, '--mysql_ssl', 0);
}

sub judge {
	my ($r, $name) = @_;
	note sprintf '%.1f s: %s: %s', $r->{seconds}, $name, $r->{exit}
	    if $r->{seconds} > 5;
	return if !$r->{timed_out} && $documented{$r->{exit}} &&
	    $r->{err} !~ /Sanitizer|runtime error/ &&
	    $r->{out} . $r->{err} !~ /\e/;
	push @bad, "$name: " . ($r->{timed_out} ? 'it does not end' :
	    "exit $r->{exit}, signal " . ($r->{signal} // 0)) .
	    "\n$r->{out}$r->{err}";
}

# Where an answer does not come that was to come, Ctrl-C ends it; the second one
# at once.  How long it is waited for decides nothing: one that is only slow is
# sent away as well, which is documented.
sub end_of {
	my ($seconds, @p) = @_;
	for (1 .. 2) {
		my $until = $p[-1]->seconds + $seconds;
		poll_until(sub { !(grep { $_->running } @p) ||
		    $p[-1]->seconds > $until }, 2 * $seconds,
		    'it ends, or not');
		$_->kill('INT') for @p;
		$seconds = 2;
	}
	return map { $_->wait(30) } @p;
}

sub set_up {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app;
	    CREATE TABLE app.t (id INT PRIMARY KEY, v INT);
	    INSERT INTO app.t VALUES (1, 1), (2, 2), (3, 3)");
}

# A server that is nothing but nonsense.
my $runs = 0;
for (my $until = time + $seconds / 3; time < $until || $runs < @command; ) {
	my $n = $seed + $runs++;
	my $f = FakeServer->start(mode => 'odd', seed => $n);
	my $p = start_command($f->port, $command[$n % @command]);
	judge(end_of(4, $p), "LIVEALTER_SEED=$n nonsense, " .
	    "@{$command[$n % @command]}");
	$f->stop;
}
is(scalar @bad, 0, "$runs runs on nonsense end, as documented")
    or diag join "\n", splice @bad;

# One that is sane up to a question, and perhaps after it.
$runs = 0;
for (my $until = time + $seconds; time < $until || $runs < @how; ) {
	my $n = $seed + $runs++;
	srand $n;
	my $how = $how[$n % @how];
	my $from = 1 + int rand(rand() < 0.3 ? 20 : 300);
	my $command = $command[rand @command];
	set_up();
	run_livealter($s, '--alter', 'ADD old INT', 'D=app,t=t', '--execute',
	    '--reversible') if $command->[0] eq 'revert' || rand() < 0.1;
	run_livealter($s, { env => { LIVEALTER_DIE_AT => (qw(after:capture
	    before:swap after:swap))[rand 3] } }, '--alter', 'ADD old INT',
	    'D=app,t=t', '--execute') if $command->[0] =~ /clean|resume/;
	my $l = Liar->start($s->socket, from => $from, how => $how,
	    often => rand() < 0.5 ? 0 : rand 0.3, seed => $n);
	my $p = start_command($l->port, $command);
	judge(end_of(4, $p), "LIVEALTER_SEED=$n $how from question $from, " .
	    "@$command");
	$l->stop;
}
is(scalar @bad, 0, "$runs runs on lies end, as documented")
    or diag join "\n", splice @bad;

# One that does not answer: Ctrl-C, twice, ends it.
srand $seed;
set_up();
my @left = map {
	my ($what, $from) = ($command[$_->[0]], int $_->[1]);
	my $l = Liar->start($s->socket, from => $from, how => 'silent',
	    often => 1, seed => $seed);
	{ liar => $l, p => start_command($l->port, $what),
	    name => "@$what: $from questions, then silence" };
} [7, 1 + rand 200], map { [$_, 1 + rand 12] } 0 .. 5;
my @end = end_of(0.7, map { $_->{p} } @left);
for (@left) {
	my $r = shift @end;
	judge($r, $_->{name});
	# That it has waited until the connection was given up.
	push @bad, "$_->{name}: $r->{exit}\n$r->{err}"
	    if $r->{exit} == 18 || $r->{exit} == 19;
	$_->{liar}->stop;
}
is(scalar @bad, 0, 'one that does not answer can be left')
    or diag join "\n", splice @bad;

done_testing;
