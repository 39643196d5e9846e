# The program, or the server, dies by SIGKILL at many moments of a migration:
# each time the table stands under its name, complete and in the old or the new
# shape, the application sees nothing but the server's crash, and livealter
# resume or cleanup brings it to a clean end.
#
# long: kills program and server at many moments
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Noise;
use POSIX ();
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

# How often; a quick run takes fewer.
my $CLIENT = $ENV{LIVEALTER_KILLS} // 60;
my $SERVER = $ENV{LIVEALTER_CRASHES} // 20;
my $WRITERS = 4;
my $seed = $ENV{SEED} // 66;
note "SEED=$seed LIVEALTER_KILLS=$CLIENT LIVEALTER_CRASHES=$SERVER";
srand $seed;

my $s = Server->start;
my @opts = ('--chunk-size', 40, '--sleep', 0.002, '--threads', 2,
    '--defer-indexes', 'always');
my %shape = (
    add => 'ADD COLUMN extra INT NOT NULL DEFAULT 7, ADD KEY by_a (a), ' .
	'MODIFY note VARCHAR(60)',
    drop => 'DROP COLUMN extra, DROP KEY by_a, MODIFY note VARCHAR(40)',
);

# --- two schemas to migrate, and the controls, which are not -----------------

# "app" has the table alone; "kin" has parent, child and a user's trigger.
sub make {
	my ($db, $kin) = @_;
	my $dbh = $s->dbh;
	$dbh->do($_) for "CREATE DATABASE $db", "USE $db",
	    "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2), (3)",
	    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, " .
	    "note VARCHAR(40), touched INT NOT NULL DEFAULT 0, p INT" .
	    ($kin ? ", CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id)" : '') .
	    ")",
	    "CREATE TABLE c (id INT PRIMARY KEY, t INT" . ($kin ?
	    ", CONSTRAINT c_t FOREIGN KEY (t) REFERENCES t (id) " .
	    "ON DELETE CASCADE" : '') . ")";
	my @rows = map { my $w = $_; map { my $id = $w * 1000 + $_;
	    "($id, $_, 'row $_', 0, 1 + $_ % 3)" } 1 .. 90 } 1 .. $WRITERS;
	$dbh->do("INSERT INTO t VALUES " . join ', ', @rows);
	$dbh->do("CREATE TRIGGER mine BEFORE UPDATE ON t FOR EACH ROW " .
	    "SET NEW.touched = OLD.touched + 1") if $kin;
	$dbh->disconnect;
}

my %has;	# what was done last

sub set_up {
	my ($db) = @_;
	for ($db, "${db}_control") {
		$s->sql("DROP DATABASE IF EXISTS $_");
		make($_, $db eq 'kin');
	}
	$has{$db} = 'drop';
}
set_up($_) for qw(app kin);

# --- the application -------------------------------------------------------

# What a crash of the server explains, and nothing else does.
my %GONE = map { $_ => 1 } 1053, 1927, 2002, 2003, 2006, 2013, 2055;

# Each writer has rows of its own; what it says can be told in the log.
sub statement {
	my ($w) = @_;
	my $id = $w * 1000 + 1 + int rand 120;
	my $v = int rand 1000;
	my $what = int rand 10;
	return "/* w */ INSERT IGNORE INTO {db}.t (id, a, note, p) VALUES " .
	    "($id, $v, 'new $v', 1 + $v % 3)" if $what < 3;
	return "/* w */ UPDATE {db}.t SET a = $v, note = 'is $v' " .
	    "WHERE id = $id" if $what < 7;
	return "/* w */ DELETE FROM {db}.t WHERE id = $id" if $what < 8;
	return "/* w */ INSERT IGNORE INTO {db}.c SELECT id, id FROM {db}.t " .
	    "WHERE id = $id";
}

sub transaction {
	my ($dbh, $db, $w) = @_;
	my @sql = map { statement($w) } 0 .. int rand 3;
	# One that has read the table and then writes to it may be refused
	# when DDL has come between: src/steps/mdl.c says when.
	@sql = sort { ($a =~ /SELECT/) <=> ($b =~ /SELECT/) } @sql;
	$dbh->do("/* w */ START TRANSACTION");
	for my $sql (@sql) {
		my @n = map { my $side = $_;
		    eval { $dbh->do($sql =~ s/\{db\}/$side/gr) } //
		    die "$side: @sql: $@" } $db, "${db}_control";
		die "$sql: $n[0] rows, and $n[1] in the control\n"
		    if $n[0] != $n[1];
	}
	$dbh->do("/* w */ COMMIT");
}

# And the deadlock that the manual's BUGS tell of, where foreign keys bind
# tables together.
sub explained {
	my ($no, $db, $crashes) = @_;
	return $crashes && $GONE{$no} ||
	    $no == 1213 && $s->is_mysql && $db eq 'kin';
}

sub write_rows {
	my ($db, $w, $stop, $file, $crashes) = @_;
	my ($dbh, $n, @error) = (undef, 0);
	until (-e $stop) {
		my $ok = eval {
			if (!$dbh) {
				$dbh = $s->dbh;
				$dbh->do("/* w */ SET SESSION TRANSACTION " .
				    "ISOLATION LEVEL READ COMMITTED");
			}
			transaction($dbh, $db, $w);
			1;
		};
		if (!$ok) {
			my $why = $@;
			my $no = ($dbh ? $dbh->err : DBI->err) // 0;
			push @error, "$no: $why" if !explained($no, $db,
			    $crashes);
			undef $dbh;
		}
		spew($file, "going\n") if ++$n == 3;
		sleep 0.003;
	}
	spew($file, "done\n" . join '', @error);
}

# It has written before this returns.
sub start_application {
	my ($db, $crashes) = @_;
	my $dir = File::Temp->newdir('la-kill-XXXXXX', TMPDIR => 1);
	my %app = (dir => $dir);
	for my $w (1 .. $WRITERS) {
		my $random = int rand 1 << 30;
		my $pid = fork // die "fork: $!\n";
		if ($pid == 0) {
			srand $random;
			eval { write_rows($db, $w, "$dir/stop", "$dir/$w",
			    $crashes); 1 } or spew("$dir/$w", "died\n$@");
			POSIX::_exit(0);
		}
		push @{$app{pids}}, $pid;
	}
	poll_until(sub { !grep { !-s "$dir/$_" } 1 .. $WRITERS }, 30,
	    'the application writes');
	return \%app;
}

# All that it has to complain of.
sub stop_application {
	my ($app) = @_;
	spew("$app->{dir}/stop", '');
	waitpid $_, 0 for @{$app->{pids}};
	return join '', map { slurp("$app->{dir}/$_") =~ s/\Adone\n//r }
	    1 .. $WRITERS;
}

# --- moments ---------------------------------------------------------------

# Our statements that have come, each time.
sub follow {
	return $s->log_follow(sub { $_[0] =~ /\d Query\t(.*)/ &&
	    substr($1, 0, 7) ne '/* w */' ? $1 : () });
}

# Starts one and waits for the moment: { after => so many statements } or
# { seconds }.  Returns the process and what it said last.
sub start_until {
	my ($db, $alter, $moment) = @_;
	my $new = follow();
	my $p = start_migration($s, $alter, $db, 't', @opts);
	my ($n, $last) = (0, 'nothing');
	my $until = time + ($moment->{seconds} // Noise::patience(60));
	while ($p->running && time < $until) {
		for ($new->()) {
			$last = $_ if !$moment->{after} ||
			    ++$n <= $moment->{after};
		}
		last if $moment->{after} && $n >= $moment->{after};
		sleep 0.0003;
	}
	return ($p, substr $last, 0, 60);
}

# Its connections may outlive the program for a moment: then it is busy.
sub ask {
	my ($verb, $db) = @_;
	my ($r, $end) = (undef, time + Noise::patience(30));
	do {
		sleep 0.02 if $r;
		$r = run_livealter($s, { timeout => 60 }, $verb, "D=$db,t=t");
	} while ($r->{exit} == 31 && time < $end);
	return $r;
}

# Swapped and not proven: the old table is kept for whoever it concerns.
sub old_table_kept {
	my ($name, $db, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like($r->{err}, qr/hint: .*_t_old.* is kept/,
	    "$name keeps the old table");
	return $s->sql("DROP TABLE $db._t_old");
}

# What somebody would do who finds it dead: 17 is what resume says when there
# is nothing, or not enough, to go on with.
sub bring_to_an_end {
	my ($name, $db, $verb) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = ask($verb, $db);
	if ($verb eq 'resume' && $r->{exit} == 17) {
		$verb = 'resume (17) and cleanup';
		$r = ask('cleanup', $db);
	}
	return old_table_kept("$name: $verb", $db, $r) if $r->{exit} == 41;
	return is($r->{exit}, 0, "$name: $verb") || diag $r->{err}, $r->{out};
}

# --- what is asked each time -------------------------------------------------

sub definition {
	my ($db, $table) = @_;
	my ($r) = $s->rows("SHOW CREATE TABLE $db.$table");
	# An option that is no news, and names that the swap changes.
	my $sql = $r->[1] =~ s/ AUTO_INCREMENT=\d+//r;
	$sql =~ s/CONSTRAINT `[^`]*`/CONSTRAINT/g;
	return join "\n", sort map { s/,$//r } split /\n/, $sql;
}

sub judge {
	my ($name, $db, $way, $app) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $ctl = "${db}_control";
	my $bad = 0;
	$bad += !is(stop_application($app), '', "$name: the application");
	my $done = definition($db, 't') ne definition($ctl, 't');
	if ($done) {
		$s->sql("ALTER TABLE $ctl.t $shape{$way}");
		$has{$db} = $way;
	}
	$bad += !is(definition($db, 't'), definition($ctl, 't'), '... the ' .
	    'table has its ' . ($done ? 'new' : 'old') . ' shape');
	$bad += !is(definition($db, 'c'), definition($ctl, 'c'),
	    '... the child is as it was');
	for my $t (qw(t c)) {
		my ($x, $y) = map { my $side = $_; join "\n", map { join ' ',
		    map { $_ // 'NULL' } @$_ } $s->rows("SELECT * FROM " .
		    "$side.$t ORDER BY id") } $db, $ctl;
		$bad += !same_dump($x, $y, "... $t has the control's rows");
	}
	is($s->value("SELECT COUNT(*) FROM information_schema.triggers " .
	    "WHERE trigger_schema = '$db'"), $db eq 'kin' ? 1 : 0,
	    "... the user's triggers are there, and no others") or $bad++;
	$bad += !nothing_left($s, $db, '... nothing is left');
	set_up($db) if $bad;	# one failure is not to be told again and again
	return $done;
}

sub other_way { $has{$_[0]} eq 'add' ? 'drop' : 'add' }

# --- how it goes when nothing dies -------------------------------------------

my (%course, %seconds, %cut);
for my $db (qw(app kin)) {
	my $way = other_way($db);
	my $app = start_application($db);
	my $new = follow();
	my $p = start_migration($s, $shape{$way}, $db, 't', @opts);
	succeeded($p->wait(60), $db, 't', "$db: a run to its end");
	$seconds{$db} = $p->seconds;
	$course{$db} = [$new->()];
	# The cut-over begins with the state in the registry.
	($cut{$db}) = grep { $course{$db}[$_] =~ /state = 'swapping'/ }
	    0 .. $#{$course{$db}};
	ok(judge("$db: a run to its end", $db, $way, $app), '... it is done');
	note sprintf "%s: %d statements, %d before the cut-over, %.2f s", $db,
	    scalar @{$course{$db}}, $cut{$db}, $seconds{$db};
}

# A third over the whole story, a third from the cut-over on, and a third by
# the clock.
sub moment {
	my ($db, $i, $n) = @_;
	my ($all, $cut) = (scalar @{$course{$db}}, $cut{$db});
	my $at = ($i + 0.5) / $n;
	return { after => 1 + int($at * $all) } if $i % 3 == 0;
	return { after => 1 + $cut + int($at * ($all - $cut)) } if $i % 3 == 1;
	return { seconds => rand() * $seconds{$db} };
}

# While triggers and foreign keys are brought from table to table, a crash shows
# one without the other until somebody looks: BUGS.
sub harmless_moment {
	my ($db, $i, $n) = @_;
	return moment($db, $i, $n) if $db eq 'app';
	# One run has more statements before its cut-over than another.
	return { after => 1 + int(($i + 0.5) / $n * 0.8 * $cut{kin}) };
}

sub describe {
	my ($i, $m, $what) = @_;
	return "$i, at " . ($m->{after} ? "statement $m->{after}" :
	    sprintf '%.3f s', $m->{seconds}) . " ($what)";
}

# --- the program -------------------------------------------------------------

my %ends;
for my $i (0 .. $CLIENT - 1) {
	my $db = rand() < 0.5 ? 'app' : 'kin';
	my $way = other_way($db);
	my $verb = rand() < 0.5 ? 'resume' : 'cleanup';
	my $m = moment($db, $i, $CLIENT);
	my $app = start_application($db);
	my ($p, $what) = start_until($db, $shape{$way}, $m);
	$p->kill('KILL');
	my $r = $p->wait(10);
	my $name = "$db, kill " . describe($i, $m, $what) .
	    ($r->{signal} ? '' : ', which was after its end');
	bring_to_an_end($name, $db, $verb);
	my $done = judge($name, $db, $way, $app);
	$ends{$done ? "$verb: new shape" : "$verb: old shape"}++;
}
note "$_: $ends{$_}" for sort keys %ends;

# --- the server --------------------------------------------------------------

# In every other round the program goes with it.
%ends = ();
for my $i (0 .. $SERVER - 1) {
	my $db = rand() < 0.5 ? 'app' : 'kin';
	my $way = other_way($db);
	my $verb = rand() < 0.5 ? 'resume' : 'cleanup';
	my $m = harmless_moment($db, $i, $SERVER);
	my $app = start_application($db, 1);
	my ($p, $what) = start_until($db, $shape{$way}, $m);
	$s->kill9;
	$p->kill('KILL') if $i % 2;
	$s->restart;
	my $r = $p->wait(60);
	my $name = "$db, crash " . describe($i, $m, $what) . " ($r->{exit})";
	old_table_kept($name, $db, $r) if $r->{exit} == 41;
	# A crash may bring back a registry that was dropped as the last.
	bring_to_an_end($name, $db, $r->{exit} ? $verb : 'cleanup');
	my $done = judge($name, $db, $way, $app);
	ok($done, '... as its success says') if $r->{exit} == 0;
	$ends{($i % 2 ? $verb : "by itself ($r->{exit})") . ': ' .
	    ($done ? 'new' : 'old') . ' shape'}++;
}
note "$_: $ends{$_}" for sort keys %ends;

done_testing;
