# Several jobs of a file in one run: all are checked before the first begins,
# they are done in order, each has a result, the last line is that of all, and
# the exit status is the worst.  A failure or a signal ends the run; with
# --keep-going a failure does not.
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
my $s = Server->start;
my $json = JSON::PP->new->utf8->allow_nonref;
my $dir = File::Temp->newdir('la-jobs-XXXXXX', TMPDIR => 1);
my $file = "$dir/jobs.yaml";
my @slow = ('--chunk-size', 20, '--sleep', 0.1, '--threads', 1);

# Tables a, b and c, and a job of each name, which adds a column or what the
# arguments say: another ALTER, another table, or an option more.
sub fresh_jobs {
	my (%alter) = @_;
	fresh_schema($s);
	my $text = "database: app\njobs:\n";
	for my $t (qw(c a b)) {
		make_orders($s, 'app', $t, 300);
		my $alter = $alter{$t} // 'ADD COLUMN extra INT';
		my ($table, $more) = ($t, '');
		($more, $alter) = ("    $1\n", 'ADD COLUMN extra INT')
		    if $alter =~ /^(report: .*)/;
		($table, $alter) = ($1, 'ADD COLUMN extra INT')
		    if $alter =~ /^table (.*)/;
		$text .= "  $t:\n    table: $table\n    alter: $alter\n" .
		    $more;
	}
	spew($file, $text);
	chmod 0600, $file;
}

sub jobs { run_livealter($s, '--config', $file, @_) }

sub changed {
	return join '', map { $_->[0] } $s->rows("SELECT table_name FROM " .
	    "information_schema.columns WHERE table_schema = 'app' AND " .
	    "column_name = 'extra' ORDER BY 1");
}

# Tests what is promised of all lines.  Returns the result and the lines.
sub lines_of {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $check = run_program({ stdin => $r->{out} }, 'python3', '-W',
	    'ignore', 't/lib/json_lines.py', $SCHEMA);
	is("$check->{out}$check->{err}", '', "$name: as the schema says");
	my @line = map { eval { $json->decode($_) } // {} }
	    split /\n/, $r->{out};
	is(join(' ', grep { $_ eq 'result' } map { $_->{type} } @line),
	    'result', '... one result');
	is($line[-1]{type}, 'result', '... which is the last line');
	is($line[-1]{exit}, $r->{exit}, '... with the exit status');
	my @one = grep { $_->{type} eq 'job_result' } @line;
	is(join(' ', map { "$_->{job}$_->{exit}" } @one), join(' ',
	    map { "$_->{job}$_->{exit}" } @{$line[-1]{jobs}}),
	    '... which lists the results of all jobs');
	is(join(' ', grep { $_->{type} =~ /^step/ && !defined $_->{job} }
	    @line), '', '... each step has its job');
	return ($line[-1], \@one, @line);
}

sub ends_of {
	my ($one) = @_;
	return join ' ', map { "$_->{job}:$_->{state}:$_->{exit}" .
	    ($_->{begun} ? '' : ':not begun') } @$one;
}

# --- in order ----------------------------------------------------------------

fresh_jobs();
my $r = jobs('--job', 'b,a', '--execute');
is($r->{exit}, 0, 'two jobs') or diag $r->{err};
is(changed(), 'ab', '... are done, and no other');
like($r->{out}, qr/`app`\.`b`.*`app`\.`a`/s, '... in the order of --job');
like($r->{err}, qr/^livealter: b: copy the rows$/m, '... each under its name');
like($r->{err}, qr/^livealter: 2 of 2 jobs are done$/m, '... both are told');
nothing_left($s, 'app', '... nothing is left');

fresh_jobs();
$r = jobs('--all', '--execute', '--output=json');
is($r->{exit}, 0, 'all jobs') or diag $r->{out};
my ($last, $one) = lines_of($r, 'all jobs');
is(ends_of($one), 'c:swapped:0 a:swapped:0 b:swapped:0',
    '... are done in the order of the file');
is($last->{state}, 'swapped', '... the whole is swapped');
ok($last->{changed}, '... and changed');
is(changed(), 'abc', '... and so it is');

fresh_jobs();
$r = jobs('--all', '--dry-run');
is($r->{exit}, 0, 'a dry run of all') or diag $r->{err};
is(() = $r->{out} =~ /^Dry run complete/mg, 3, '... tries each');
is(changed(), '', '... and changes none');

# --- checked before ----------------------------------------------------------

fresh_jobs(b => 'table nowhere');
$r = jobs('--job', 'a,b,c', '--execute', '--output=json');
is($r->{exit}, 17, 'a table that is not there');
($last, $one) = lines_of($r, '... of the second job');
is(ends_of($one), 'a:untouched:0:not begun b:untouched:17:not begun ' .
    'c:untouched:0:not begun', '... keeps all from being begun');
is(changed(), '', '... nothing is changed');
like($last->{error}{message}, qr/nowhere/, '... and named');

$r = jobs('--job', 'a,b,c', '--execute', '--keep-going', '--output=json');
is($r->{exit}, 17, '... with --keep-going');
($last, $one) = lines_of($r, '... the others');
is(ends_of($one), 'a:swapped:0 b:untouched:17:not begun c:swapped:0',
    '... are done');
is($last->{state}, 'mixed', '... the whole is mixed');
ok(!$last->{retryable}, '... and is not to be tried again as it is');
is(changed(), 'ac', '... and so they are');

spew($file, slurp($file) . "    chunk-time: fast\n");
fresh_schema($s);
$r = jobs('--job', 'c,b', '--execute');
is($r->{exit}, 1, 'a wrong value in the last job');
like($r->{err}, qr/jobs\.yaml:12:5: chunk-time: /,
    '... is told with its place');

# Two jobs of one table: the second is checked when the first has been done.
fresh_jobs(b => 'ADD INDEX by_extra (extra)');
spew($file, slurp($file) =~ s/table: b/table: a/r);
$r = jobs('--job', 'a,b', '--execute');
is($r->{exit}, 0, 'two jobs of one table') or diag $r->{err};

# --- a failure ---------------------------------------------------------------

fresh_jobs(a => 'ADD COLUMN extra NO_TYPE');
$r = jobs('--all', '--execute', '--output=json');
is($r->{exit}, 11, 'an ALTER that the server refuses');
(undef, $one) = lines_of($r, '... in the second job');
is(ends_of($one), 'c:swapped:0 a:undone:11 b:untouched:0:not begun',
    '... ends the run');
is(changed(), 'c', '... what was done is done');

fresh_jobs(a => 'ADD COLUMN extra NO_TYPE');
$r = jobs('--all', '--execute', '--keep-going');
is($r->{exit}, 11, '... the exit status with --keep-going is the same');
like($r->{err}, qr/^livealter: 2 of 3 jobs are done$/m, '... two are done');
is(changed(), 'bc', '... and so they are');
nothing_left($s, 'app', '... nothing is left');

# --- a signal ----------------------------------------------------------------

for my $going ([], ['--keep-going']) {
	fresh_jobs();
	my $p = start_livealter($s, '--config', $file, '--all', '--execute',
	    '--output=json', '--progress=iterations,1', @slow, @$going);
	poll_until(sub { $p->out =~ /"job": "a", [^\n]*"verb": "copied"/ }, 60,
	    'the second job copies');
	$p->kill('INT');
	$r = $p->wait(60);
	is($r->{exit}, 32, "SIGINT @$going");
	($last, $one) = lines_of($r, '... in the second job');
	is(ends_of($one), 'c:swapped:0 a:undone:32 b:untouched:0:not begun',
	    '... ends the whole run');
	nothing_left($s, 'app', '... nothing is left');
}

# A job that fails undoes; the next one has two signals again.
fresh_jobs(c => 'ADD COLUMN extra NO_TYPE');
my $p = start_livealter($s, '--config', $file, '--job', 'c,a', '--execute',
    '--progress=iterations,1', '--keep-going', @slow);
poll_until(sub { $p->err =~ /^livealter: a: copied \d+ rows/m }, 60,
    'the job after a failure copies');
$p->kill('TERM');
$r = $p->wait(60);
like($r->{err}, qr/SIGTERM: stopping; another one/, 'one signal after a ' .
    'failure stops in order');
nothing_left($s, 'app', '... nothing is left');

# --- what is refused ---------------------------------------------------------

fresh_jobs();
for my $t ([['--job', 'a,nope'], qr/no such job.*"nope"; there are c,a,b/],
    [['--job', 'a,b,a'], qr/"a" is named twice/],
    [['--job', 'a', '--all'], qr/--all: not together with --job/],
    [['--job', 'a,b', '--report', "$dir/run.html"],
	qr/report: must be another file for each job/],
    [['--job', 'a,b', '--hooks-dir', "$dir/none"], qr/none/],
    [['status', '--all'], qr/takes one job/],
    [['revert', '--job', 'a,b'], qr/takes one job/]) {
	my ($args, $says) = @$t;
	$r = jobs(@$args, $args->[0] =~ /^--/ ? '--execute' : ());
	is($r->{exit}, 1, "@$args");
	like($r->{err}, $says, '... is refused');
}
is(changed(), '', '... and nothing is changed');

# --- those who look on -------------------------------------------------------

mkdir "$dir/hooks";
spew("$dir/hooks/livealter-on-$_", "#!/bin/sh\necho " .
    "\$LIVEALTER_JOB \$LIVEALTER_TABLE_NAME $_ \$LIVEALTER_EXIT_STATUS " .
    ">>$dir/told\n" . ($_ eq 'startup' ? "[ \$LIVEALTER_JOB != a ]\n" : ''))
    for qw(startup validated success failure);
chmod 0755, glob "$dir/hooks/*";
fresh_jobs(map { $_ => "report: $dir/$_.html" } 'a' .. 'c');
$r = jobs('--all', '--execute', '--keep-going', '--hooks-dir', "$dir/hooks");
is($r->{exit}, 17, 'a hook that says no to one of the jobs');
is(changed(), 'bc', '... keeps that one from being done');
is(slurp("$dir/told"), join('', map { "$_\n" } 'c c startup',
    'c c validated', 'c c success 0', 'a a startup', 'a a failure 17',
    'b b startup', 'b b validated', 'b b success 0'),
    '... and each job has its own events');
for my $t (['a', 17, qr/says no/], ['b', 0, qr/app\.b/], ['c', 0, qr/app\.c/]) {
	my $page = slurp("$dir/$t->[0].html");
	like($page, $t->[2], "job $t->[0] has a report of its own");
	unlike($page, qr/app\.[^$t->[0]\W]/, '... of no other table');
	is($page =~ /exit status (\d+)/ ? $1 : 0, $t->[1],
	    '... with its end');
}

fresh_jobs(b => "report: $dir/none/b.html");
$r = jobs('--job', 'a,b', '--execute');
is($r->{exit}, 1, 'a report that cannot be written');
like($r->{err}, qr{none/b\.html}, '... is named');
is(changed(), '', '... before the first job begins');

# --- what is shown -----------------------------------------------------------

spew($file, "password: s3cret\n" . slurp($file));
$r = jobs('--all', '--print-config');
is($r->{exit}, 0, '--print-config of all jobs');
unlike("$r->{out}$r->{err}", qr/s3cret/, '... has no password');
spew("$dir/again.yaml", $r->{out});
my $again = run_livealter($s, '--config', ",$dir/again.yaml", '--all',
    '--print-config');
is($again->{out}, $r->{out}, '... and is a file of the same jobs');

# A file that can be read only once.
fresh_jobs();
$r = run_program({}, 'bash', '-c', 'exec "$@" --config <(cat "$0")', $file,
    $ENV{LIVEALTER} // 'build/livealter', '-S', $s->socket, '-u', 'root',
    '--all', '--dry-run');
is($r->{exit}, 0, 'a file from a pipe has all jobs') or diag $r->{err};

done_testing;
