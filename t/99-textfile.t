# --prometheus-textfile: metrics of a run, for node_exporter, as promtool wants
# them, at each kind of end; a file that cannot be written harms no run.
# long: it sees files age
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my @slow = ('--chunk-size', 50, '--sleep', 0.1, '--threads', 1);
my $s = Server->start;
my $tmp = File::Temp->newdir('la-textfile-XXXXXX', TMPDIR => 1);
my $file = "$tmp/a.prom";
my ($r, $p);

# The metrics by name and other labels: { 'state{state="running"}' => 1 }.
sub metrics {
	my ($path) = @_;
	my %of;
	for (split /\n/, slurp($path // $file)) {
		next if /^#/;
		my ($name, $labels, $n) = /^livealter_(\w+)\{(.*)\} (\S+)$/s
		    or next;
		$labels =~ s/(?:database|table|job|run)="(?:\\.|[^"\\])*",?//g;
		$of{$name . ($labels ne '' ? "{$labels}" : '')} = $n;
	}
	return \%of;
}

# Tests: all of it is as Prometheus wants it, and nothing lies beside it.
sub as_promtool_wants {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $check = run_program({ stdin => slurp($file) }, 'promtool',
	    'check', 'metrics');
	is("$check->{exit}$check->{out}$check->{err}", '0',
	    "$name: promtool has nothing to say");
	is(join(' ', glob "$tmp/a.prom*"), $file, '... one file');
}

sub state_of { join ' ', map { /^state\{state="(.*)"\}/ && $_[0]{$_} ? $1 : ()
    } sort keys %{$_[0]} }

sub altered { run_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
    '--prometheus-textfile', $file, @_) }

# --- ends -------------------------------------------------------------------

fresh_orders($s, 300);
my $before = time;
$r = altered('--execute');
is($r->{exit}, 0, 'a run') or diag $r->{err};
unlike($r->{err}, qr/prometheus/, '... of which nobody is warned');
as_promtool_wants('a run');
my $m = metrics();
is($m->{copied_rows_total}, 300, '... the rows are told');
is($m->{copy_progress_ratio}, 1, '... as all of them');
is($m->{exit_status}, 0, '... and the exit status');
is($m->{running}, 0, '... it has ended');
is(state_of($m), 'swapped', '... so');
cmp_ok($m->{$_ . '_timestamp_seconds'}, '>=', $before - 1, "... $_: a time")
    for qw(start update end);
like(slurp($file), qr/^livealter_exit_status\{database="app",
    table="orders",run="alter"\}\ 0$/mx, '... its labels');
is((stat $file)[2] & 07777, 0666 & ~umask, '... its mode is by the umask');

fresh_orders($s, 10);
$r = altered('--dry-run');
is(state_of(metrics()), 'untouched', 'a dry run');
like(slurp($file), qr/run="dry-run"/, '... is told apart');

$r = run_livealter($s, '--alter', 'ADD COLUMN x NO_TYPE',
    dsn('app', 'orders'), '--prometheus-textfile', $file, '--execute');
is(metrics()->{exit_status}, 11, 'one that is refused');
is(metrics()->{errors_total}, 1, '... has an error');
as_promtool_wants('one that is refused');

fresh_orders($s, 3000);
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
    '--prometheus-textfile', $file);
is(metrics()->{running}, 1, 'one that is at work');
poll_until(sub { metrics()->{copied_rows_total} > 0 }, 60,
    '... is written again');
as_promtool_wants('one at work');
$p->kill('TERM');
is($p->wait(60)->{exit}, 32, '... is stopped') or diag $p->err;
is(metrics()->{exit_status}, 32, '... its end is there');
is(state_of(metrics()), 'undone', '... it was undone');

my $mark = $s->log_mark;
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
    '--prometheus-textfile', $file);
$p->kill('KILL');
gone($s, $mark, $p);
$m = metrics();
is($m->{running}, 1, 'one that was killed looks as if it were at work');
ok(!exists $m->{exit_status}, '... it has no exit status');
my $age = $m->{update_timestamp_seconds};
select undef, undef, undef, 6;
is(metrics()->{update_timestamp_seconds}, $age,
    '... and its time stands still');
$r = run_livealter($s, 'cleanup', dsn('app', 'orders'),
    '--prometheus-textfile', $file);
is($r->{exit}, 0, 'cleanup') or diag $r->{err};
like(slurp($file), qr/run="cleanup"\} 0$/m, '... has metrics, too');

# --- names ------------------------------------------------------------------

my $odd = qq(o"r\\d\n} 7\nr`s\xc3\xbc\\);
$s->sql("CREATE TABLE app." . Story::q($odd) . " LIKE app.orders");
$r = run_livealter($s, '--alter', $ALTER, '-D', 'app', '--table', $odd,
    '--prometheus-textfile', $file, '--execute');
is($r->{exit}, 0, 'a table of a strange name') or diag $r->{err};
as_promtool_wants('a strange name');
like(slurp($file), qr/table="o\\"r\\\\d\\n\} 7\\nr`s\xc3\xbc\\\\",run=/,
    '... is escaped');
run_livealter($s, '--alter', $ALTER, '-D', 'app', '--table', "a\xff\xc3",
    '--prometheus-textfile', $file, '--execute')->{exit} or
    fail('no such table');
as_promtool_wants('bytes that are no UTF-8');

# --- jobs -------------------------------------------------------------------

fresh_orders($s, 10);
$s->sql('CREATE TABLE app.second LIKE app.orders');
sub jobs {
	my ($second) = @_;
	spew("$tmp/jobs.yaml", "database: app\nalter: $ALTER\njobs:\n" .
	    "  one:\n    table: orders\n    prometheus-textfile: $file\n" .
	    "  two:\n    table: second\n    prometheus-textfile: $second\n");
	return run_livealter($s, '--config', "$tmp/jobs.yaml", '--all',
	    '--execute');
}
$r = jobs($file);
is($r->{exit}, 1, 'two jobs with one file');
like($r->{err}, qr/prometheus-textfile.*another file for each job/,
    '... are refused');
$r = jobs("$tmp/b.prom");
is($r->{exit}, 0, '... and with two are done') or diag $r->{err};
like(slurp($file), qr/table="orders",job="one",run="alter"\} 0/,
    '... each has its own');
like(slurp("$tmp/b.prom"), qr/table="second",job="two",run="alter"\} 0/,
    '... with its name');

# --- files that cannot be written -------------------------------------------

fresh_orders($s, 10);
mkdir "$tmp/d.prom";
symlink $file, "$tmp/l.prom";
for my $bad ("$tmp/none/a.prom", "$tmp/d.prom", "$tmp/l.prom", '/dev/full') {
	$mark = $s->log_mark;
	$r = run_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
	    '--prometheus-textfile', $bad, '--execute');
	is($r->{exit}, 1, "$bad is refused");
	like($r->{err}, qr/--prometheus-textfile: \Q$bad\E: /,
	    '... by its name');
	is(join(' ', map { $_->{text} } $s->log_entries($mark)), '',
	    '... before there is a connection');
}
$r = run_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
    '--prometheus-textfile', "$tmp/a.txt", '--dry-run');
like($r->{err}, qr/reads files whose names end in \.prom only/,
    'a name that the collector does not read is warned of');

# What goes wrong later is a warning, once.
sub warned {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($p->wait(120)->{exit}, 0, "$name: the run goes on") or diag $p->err;
	is(scalar(() = $p->err =~ /prometheus-textfile.*the run goes on/g), 1,
	    '... and warns once');
}
fresh_orders($s, 3000);
mkdir "$tmp/dir";
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
    '--prometheus-textfile', "$tmp/dir/a.prom");
rename "$tmp/dir", "$tmp/gone";
warned('a directory that goes');

mkdir "$tmp/disk";
my $mounted = $> == 0 && run_program('mount', '-t', 'tmpfs', '-o', 'size=64k',
    'tmpfs', "$tmp/disk")->{exit} == 0;
if ($mounted) {
	fresh_orders($s, 3000);
	$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
	    '--prometheus-textfile', "$tmp/disk/a.prom");
	open my $fill, '>', "$tmp/disk/fill";
	1 while syswrite $fill, 'x' x 4096;
	warned('a disk that is full');
	is(metrics("$tmp/disk/a.prom")->{running}, 1,
	    '... the last file that fitted is there');
	is(join(' ', glob "$tmp/disk/*~"), '', '... and none beside it');
	close $fill;
	run_program('umount', "$tmp/disk");
} else {
	diag 'NOT TESTED: a disk that is full (no tmpfs can be mounted)';
}

done_testing;
