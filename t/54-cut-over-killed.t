# The program, or one of its connections, dies in the cut-over: the table stands
# under its name, complete, in the one shape or the other; so do its children,
# its own foreign keys and the user's triggers; and what is left can be removed.
#
# long: kills at each moment of the cut-over
use strict;
use warnings;

use lib 't/lib';
use Family;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);
use Twin;

my $seed = $ENV{SEED} // 54;
note "SEED=$seed";
srand $seed;
my $s = Server->start;
my $f = Family->make($s, rows => 40, own => 1, self => 1, triggers => 1,
    children => [qw(c_cascade c_restrict c_far)]);

my $DDL = qr/\b(\d+)\ Query\t\s*((?:RENAME|LOCK\ TABLES?|UNLOCK|ALTER|ANALYZE|
    CREATE\ (?:(?!TEMP)\S+\ )*?(?:TRIGGER|TABLE)|DROP\ (?:TRIGGER|TABLE))\b
    .*)/xi;

# What has come since, each time, as [id of the connection, statement].
sub follow {
	return $s->log_follow(sub { $_[0] =~ $DDL ? [$1, $2] : () });
}

sub sessions { map { $_->[0] => 1 } $s->rows("SHOW PROCESSLIST") }

my @opts = ('--chunk-size', 30);
my $n = 0;

# --- how it goes when nothing dies -------------------------------------------

# The statements, and when each of them came.
my @course;
{
	$f->start(seed => $seed);
	my $new = follow();
	my $p = start_migration($s, 'ADD x0 INT', 'app', 't', @opts);
	while ($p->running) {
		my $t = time;
		push @course, map { [$t, @$_] } $new->();
		sleep 0.0005;
	}
	my $end = time;
	push @course, map { [$end, @$_] } $new->();
	succeeded($p->wait(60), 'app', 't', 'a run to its end');
	$f->noticed_nothing('... the application');
	$f->as_native('ADD x0 INT', '...');
	push @course, [$end, 0, 'the end'];
}
# The cut-over begins where the capture was complete: after the last trigger
# that came before the first LOCK or RENAME.
my ($swap) = grep { $course[$_][2] =~ /^(?:LOCK|RENAME)/i } 0 .. $#course;
$swap //= $#course - 1;
my $first = $swap > 2 ? $swap - 2 : 0;
my $span = $course[-1][0] - $course[$swap][0];
note sprintf "%d statements, %d from the cut-over on, %.3f s", $#course,
    $#course - $first, $span;
note substr $_->[2], 0, 100 for @course[$first .. $#course - 1];

# --- what is asked each time -------------------------------------------------

sub columns_of { join ' ', table_columns($s, $_[0], 't') }

# Foreign keys and CHECKs under any name, in any order.
sub shape {
	my ($side) = @_;
	return join "\n", map { join "\n", sort map { s/,$//r }
	    split /\n/, $f->definition($_, $side) =~
	    s/CONSTRAINT `(?:[^`]|``)*`/CONSTRAINT/gr } $f->tables;
}

# By the program's own means when it has them, else by hand: triggers first,
# with the foreign keys watching.
sub remove_what_is_left {
	my ($r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $sql ($r ? printed_sql($r->{out}) : ()) {
		ok(eval { $s->sql($sql); 1 }, "... it is printed: $sql")
		    or diag $@;
	}
	my @left = leftovers($s, 'app') or return;
	my $c = run_livealter($s, 'cleanup', 'D=app,t=t');
	note "cleanup ends with $c->{exit}" .
	    ($c->{exit} ? ": $c->{err}" : '');
	my $bad = '';
	@left = leftovers($s, 'app');
	for (sort { $b cmp $a } @left) {
		my ($what, $name) = split / /, $_, 2;
		eval { $s->sql("DROP " . uc($what) . " app." .
		    Story::q($name)); 1 } or $bad .= $@;
	}
	is($bad, '', '... what is left can be removed (' . @left .
	    ' by hand)');
}

# A session that goes on without foreign key checks drops what is referenced.
sub drops_unchecked {
	my ($mark) = @_;
	my (%off, @bad);
	for my $st ($s->log_entries($mark)) {
		push @bad, $st->{text} if $off{$st->{id}} &&
		    $st->{text} =~ /^DROP TABLE/;
		$off{$st->{id}} = !$1
		    while $st->{text} =~ /foreign_key_checks ?= ?([01])/g;
	}
	return join "\n", @bad;
}

my $mark;

sub judged {
	my ($name, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$f->go_on(10);
	$f->noticed_nothing($name);
	remove_what_is_left($r);
	my $col = "x$n";
	my $done = grep { $_ eq $col } table_columns($s, 'app', 't');
	$s->sql("ALTER TABLE ctl.t ADD $col INT") if $done;
	is(columns_of('app'), columns_of('ctl'), '... the table has its ' .
	    ($done ? 'new' : 'old') . ' shape');
	if ($r) {
		my $said = $r->{exit} == 0 || $r->{exit} == 38;
		is($done ? 1 : 0, $said ? 1 : 0, "... as the exit " .
		    "$r->{exit} says") or diag $r->{err};
	}
	$f->same_everywhere('...');
	$f->no_orphans('...');
	same_dump(shape('app'), shape('ctl'),
	    '... every foreign key is there, and refers to the table');
	same_triggers($s, '... and the triggers of the user');
	$f->still_guarded('...');
	nothing_left($s, 'app');
	is(drops_unchecked($mark), '', '... no table was dropped unchecked');
	# Names that are not yet what they were must not spread.
	return $done;
}

# Runs it, and calls the code with the process and the statement's connection
# once so many statements have come, counted from one like this if that is
# given; a delay after that, if wanted.
sub at {
	my ($count, $delay, $code, $from) = @_;
	# What is compared each time does not have to grow.
	$f->both("DELETE FROM {log}");
	$f->start(seed => ++$seed);
	my %before = sessions();
	my $new = follow();
	$mark = $s->log_mark;
	my $p = start_migration($s, 'ADD x' . ++$n . ' INT', 'app', 't',
	    @opts);
	my ($seen, $id, $what) = (0, 0, 'the end');
	while (!$id && $p->running) {
		for ($new->()) {
			$seen++ if $seen || !$from || $_->[1] =~ $from;
			($id, $what) = @$_ if !$id && $seen == $count;
		}
		sleep 0.0003 if !$id;
	}
	sleep $delay if $delay;
	$code->($p, $id);
	return ($p, substr($what, 0, 50), \%before);
}

# --- twenty times -------------------------------------------------------------

my @moments;
push @moments, [$first + 1 + int($_ * ($#course - $first) / 10), 0]
    for 0 .. 9;
push @moments, [$swap + 1, $span * rand] for 1 .. 10;

for my $m (@moments) {
	my ($p, $what, $before) = at(@$m, sub { $_[0]->kill('KILL') });
	my $r = $p->wait(10);
	# Its statements end before it is judged: the last may be under way.
	poll_until(sub {
		my %now = sessions();
		return !grep { !$before->{$_} && $_ ne
		    $s->value("SELECT CONNECTION_ID()") } keys %now;
	}, 30, 'its connections end');
	judged(sprintf("killed at statement %d (%s) and %.0f ms%s", $m->[0],
	    $what, $m->[1] * 1000, $r->{exit} < 0 ? '' : ', after its end'));
}

# --- its connections ----------------------------------------------------------

# On MariaDB, also in the midst of it, and after the swap.
$f->{killed} = 1;
for my $i (1 .. 4, $s->is_mariadb ? (2) x 4 : ()) {
	# On MySQL one connection renames and does what follows.  Who ends it
	# in the midst of that lets the application in before the rest is
	# done (BUGS in the manual); so only before it begins.  How many
	# statements come before depends on how often a lock is tried for.
	my ($from, $count) = $s->is_mysql ?
	    (qr/^CREATE .*TRIGGER\b.*livealter_t_ins/, 1) :
	    (qr/^(?:LOCK TABLES .*_t_new|RENAME)/, 3 * $i - 2);
	my ($p, $what) = at($count, $i % 2 ? 0 : 0.001 + 0.007 * rand, sub {
		my ($proc, $id) = @_;
		eval { $s->sql("KILL $id") } if $id;
	}, $from);
	judged("connection killed at a statement ($what)", $p->wait(90));
}

# --- one of those that line up, on MariaDB ------------------------------------

if ($s->is_mariadb) {
	my ($p, $dump, $killed);
	# It is there for milliseconds, and may not be caught at once.
	for my $try (1 .. 6) {
		twins($s, "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
		    "INSERT INTO t VALUES (1, 1)", "CREATE TABLE c (id INT, " .
		    "CONSTRAINT c FOREIGN KEY (id) REFERENCES t (id))",
		    map { "CREATE TRIGGER u$_ BEFORE INSERT ON t FOR EACH " .
		    "ROW SET NEW.v = NEW.v + $_" } 1 .. 30);
		$dump = twin_dump($s, 'app');
		$p = start_migration($s, 'ADD x INT', 'app', 't');
		$killed = kill_who($s, $p, "INFO LIKE 'BEGIN NOT ATOMIC%'")
		    and last;
		$p->wait(60);
	}
	ok($killed, 'one that lines up is killed');
	is($p->wait(60)->{exit}, 14, '... that ends it');
	untouched($s, $dump);
}

done_testing;
