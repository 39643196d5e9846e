# --output=json: every line is one that the published schema knows, the last
# one is the result, and it agrees with the exit status, the table and what is
# left, however the run ends.  livealter explain knows every exit status.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $SCHEMA = 'examples/schema/livealter-output.schema.json';
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my $s = Server->start;
my $json = JSON::PP->new->utf8->allow_nonref;
my %seen;

sub has_extra {
	return $s->value("SELECT COUNT(*) FROM information_schema.columns " .
	    "WHERE table_schema = 'app' AND table_name = 'orders' AND " .
	    "column_name = 'extra'");
}

# Tests: what a run has printed is as promised.  Returns its result.
sub lines_are_well {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $check = run_program({ stdin => $r->{out} }, 'python3', '-W',
	    'ignore', 't/lib/json_lines.py', $SCHEMA);
	is("$check->{out}$check->{err}", '', "$name: as the schema says");
	is($r->{err}, '', '... nothing on standard error');
	my @line = map { eval { $json->decode($_) } // {} }
	    split /\n/, $r->{out};
	$seen{$_->{type} // ''} = 1 for @line;
	is($line[0]{type}, 'version', '... the first line is the version');
	my $last = $line[-1];
	is(join(' ', map { $_->{type} } grep { $_->{type} eq 'result' } @line),
	    'result', '... one result');
	is($last->{type}, 'result', '... which is the last line');
	is($last->{exit}, $r->{exit}, '... with the exit status');
	is(defined $last->{error} ? $last->{error}{code} : 0, $r->{exit},
	    '... and an error, if it is one');
	return ($last, @line);
}

# ... a run of these arguments, with such a status, state, and change.
sub ends {
	my ($r, $status, $state, $changed, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, $status, "$name: exit status $status")
	    or diag $r->{out};
	my ($last, @line) = lines_are_well($r, $name);
	is($last->{state}, $state, "... $state");
	is($last->{changed} ? 1 : 0, $changed, '... changed or not');
	return ($last, @line);
}

sub run_json { return run_livealter($s, @_, '--output=json') }
my @on = ('--alter', $ALTER, dsn('app', 'orders'));

# --- a success, and how it is told -------------------------------------------

fresh_orders($s);
my ($last, @line) = ends(run_json(@on, '--execute', '--print', @slow,
    '--progress=iterations,2'), 0, 'swapped', 1, 'a migration');
is($last->{rows}, 1000, '... with the rows');
ok($last->{duration_s} >= $last->{copy_s}, '... and seconds');
is($last->{error}, undef, '... no error');
is_deeply($last->{warnings}, [map { $_->{text} } grep { $_->{type} eq
    'warning' } @line], '... and the warnings');
is("$last->{database}.$last->{table}", 'app.orders', '... and the table');
my @steps = grep { $_->{type} eq 'step' } @line;
my @ended = grep { $_->{type} eq 'step_end' && $_->{done} } @line;
is(join(' ', map { $_->{step} } @ended), join(' ', map { $_->{step} } @steps),
    '... each step begins and ends');
my @progress = map { $_->{rows} } grep { $_->{type} eq 'progress' } @line;
cmp_ok(scalar @progress, '>', 1, '... there is progress');
is("@progress[0, 1]", join(' ', sort { $a <=> $b } @progress[0, 1]),
    '... of more and more rows');
ok((grep { $_->{type} eq 'sql' && $_->{statement} =~ /^RENAME TABLE/ } @line),
    '... and the statements are there');

fresh_orders($s);
($last, @line) = ends(run_json(@on, '--dry-run'), 0, 'untouched', 0,
    'a dry run');
ok($last->{dry_run}, '... says so');
my $plan = join '', map { $_->{text} } grep { $_->{type} eq 'plan' } @line;
like($plan, qr/CREATE TRIGGER.*RENAME TABLE/s, '... has the plan');
ok(!has_extra(), '... and the table is what it was');

fresh_orders($s);
($last, @line) = ends(run_json(@on, '--execute', '--quiet'), 0, 'swapped', 1,
    'a quiet one');
is(join(' ', grep { !/version|warning|result|hint/ } map { $_->{type} } @line),
    '', '... has no more than the result');

fresh_orders($s);
ends(run_json(@on, '--execute', '--instant=only'), 0, 'instant', 1,
    'what the server does at once');
ok(has_extra(), '... is done');

# --- ends without a migration ------------------------------------------------

fresh_orders($s);
($last) = ends(run_json('--execute', '--no-such-option'), 1, 'untouched', 0,
    'an unknown option');
like($last->{error}{message}, qr/no-such-option/, '... is named');
($last) = ends(run_json('--alter', $ALTER, dsn('app', 'nowhere'),
    '--execute'), 17, 'untouched', 0, 'no such table');
is($last->{error}{name}, 'refused', '... is refused');
ok(!$last->{error}{retryable}, '... for good');
($last) = ends(run_program({}, $ENV{LIVEALTER} // 'build/livealter', @on,
    '--execute', '--output=json', '-h', '127.0.0.1', '-P', 1, '-u', 'nobody'),
    18, 'untouched', 0, 'no server');
ok($last->{error}{retryable}, '... is worth another try');
($last) = ends(run_json('--alter', 'ADD COLUMN extra NO_TYPE',
    dsn('app', 'orders'), '--execute'), 11, 'undone', 0, 'a wrong ALTER');
cmp_ok($last->{error}{server_error}, '>', 1000, "... the server's number");

# --- ends in the middle -------------------------------------------------------

# Interrupted when some chunks are copied.
sub interrupted {
	my (@args) = @_;
	fresh_orders($s);
	my $p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
	    '--output=json', @args);
	$p->kill('USR1');
	poll_until(sub { $p->out =~ /"type": "status"/ }, 20, 'the status');
	$p->kill('TERM');
	return $p->wait(60);
}

($last) = ends(interrupted(), 32, 'undone', 0, 'one that is interrupted');
ok($last->{error}{retryable}, '... and may be begun again');
nothing_left($s, 'app', '... nothing is left');

($last) = ends(interrupted('--on-interrupt=keep'), 33, 'resumable', 0,
    'one that is interrupted and kept');
ends(run_json('resume', dsn('app', 'orders')), 0, 'swapped', 1,
    '... and resumed');
ok(has_extra(), '... which changes the table');

fresh_orders($s);
my $p = start_to_step($s, 'before:swap', $ALTER, 'app', 'orders',
    '--output=json', '--reversible');
($last) = ends(run_json(@on, '--execute'), 31, 'untouched', 0,
    'a second one meanwhile');
ok($last->{error}{retryable}, '... may come later');
$p->kill('CONT');
ends($p->wait(60), 0, 'swapped', 1, 'the first');
ends(run_json('revert', dsn('app', 'orders'), '--accept-loss'), 0, 'swapped', 1,
    'its revert');
ok(!has_extra(), '... is one');
lines_are_well(run_json('cleanup', dsn('app', 'orders')), 'cleanup');

# Somebody else's transaction is in the way.
fresh_orders($s);
my $reader = open_reader($s);
($last, @line) = ends(run_json(@on, '--execute', '--tries',
    'create_triggers:2:0.1'), 12, 'undone', 0, 'a table in use');
ok($last->{error}{retryable}, '... may be free later');
ok((grep { $_->{type} eq 'blocker' } @line), '... who uses it is named');
$reader->rollback;

# An operator's pause, and the word to go on.
fresh_orders($s);
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow, '--output=json');
lines_are_well(run_json('control', dsn('app', 'orders'), 'pause'), 'control');
poll_until(sub { $p->out =~ /"type": "wait"/ }, 30, 'the pause');
run_json('control', dsn('app', 'orders'), 'go');
(undef, @line) = ends($p->wait(60), 0, 'swapped', 1, 'one that was paused');
cmp_ok($line[-1]{waits_s}{pause}, '>', 0, '... has its seconds');
my @wait = grep { $_->{type} eq 'wait' && $_->{for} eq 'pause' } @line;
is($wait[0]{phase} . ' ' . $wait[-1]{phase}, 'begin end',
    '... tells begin and end');
# Twice in a row: there is no orderly end, but there is a result.
fresh_orders($s);
$p = start_to_chunk($s, 2, $ALTER, 'app', 'orders', @slow, '--output=json');
kill 'STOP', $s->{pid};
$p->kill('TERM');
poll_until(sub { $p->out =~ /SIGTERM/ }, 20, 'the first signal is noted');
# One that comes at once is taken for the same.
my $again = time;
poll_until(sub {
	$p->kill('TERM') if time > $again + 1;
	$again = time if time > $again + 1;
	return !$p->running;
}, 60, 'the end');
kill 'CONT', $s->{pid};
my $r = $p->wait(60);
($last) = lines_are_well($r, 'a server that hangs, and two signals');
cmp_ok($r->{exit}, '>', 0, '... is no success');
run_livealter($s, 'cleanup', dsn('app', 'orders'));

# --- names --------------------------------------------------------------------

my $db = "a\"b\\c\x{1b}[2J\n<";
$s->sql("CREATE DATABASE " . Story::q($db));
$s->sql("CREATE TABLE " . Story::q($db) . ".`t\"\tx` (id INT PRIMARY KEY)");
($last) = ends(run_json('--alter', 'ADD COLUMN extra INT',
    dsn($db, "t\"\tx"), '--execute'), 0,
    'swapped', 1, 'names with all that JSON escapes');
is($last->{database}, $db, '... come back as they are');
is($last->{table}, "t\"\tx", '... both');

# --- what statuses mean -------------------------------------------------------

# These depend on who is faster, and on what the server warns of.
delete @seen{qw(retry warning threads)};
is(join(' ', sort keys %seen), 'answer blocker error hint note plan progress ' .
    'result sql status step step_end summary version wait',
    'these tests have seen each type');

my @all = map { $json->decode($_) } split /\n/, run_livealter($s,
    'explain', '--output=json')->{out};
my ($exits) = slurp('man/livealter.1') =~ /^\.Sh EXIT STATUS$(.*?)^\.Sh /ms;
is(join(' ', map { $_->{code} } @all), join(' ', $exits =~ /^\.It (\d+)$/mg),
    'livealter explain knows each exit status of the manual');
my $schema = $json->decode(slurp($SCHEMA));
is(join(' ', map { $_->{name} } @all), join(' ',
    @{$schema->{definitions}{failure}{properties}{name}{enum}}),
    '... the schema has their names');
for my $one (@all) {
	my ($r, $n) = map { run_livealter($s, 'explain', $_) }
	    @$one{qw(code name)};
	like($r->{out}, qr/^$one->{code} $one->{name}\n/,
	    "explain $one->{code}");
	is($n->{out}, $r->{out}, '... by name');
}
isnt(run_livealter($s, 'explain', 99)->{exit}, 0, 'others are unknown');

done_testing;
