# What others do to the table past the triggers, at any moment of a run: the
# rows that come out are those the table had, or nothing was swapped.
#
# long: each change of the tables, by others, at many moments
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $ALTER = "MODIFY what VARCHAR(20), ADD COLUMN extra INT";
my $PARTS = "PARTITION BY RANGE (y) (PARTITION y20 VALUES LESS THAN (21), " .
    "PARTITION y21 VALUES LESS THAN (22), PARTITION y22 VALUES LESS THAN " .
    "(23), PARTITION y23 VALUES LESS THAN (24))";
my $COLS = "(id INT NOT NULL, y INT NOT NULL, what VARCHAR(10), " .
    "PRIMARY KEY (id, y))";

# t or pt, and beside it what is exchanged with it or imported into it.
sub fresh {
	my ($parts) = @_;
	given($s, "CREATE TABLE t $COLS " . ($parts ? $PARTS : ''),
	    "INSERT INTO t SELECT i, 20 + i % 3, 'a' FROM (" .
	    numbers(1, 60) . ") n",
	    "CREATE TABLE same $COLS",
	    "INSERT INTO same SELECT * FROM t" . ($parts ? " WHERE y = 20"
	    : ''),
	    "CREATE TABLE load20 $COLS",
	    "INSERT INTO load20 SELECT id + 100, 20, 'new' FROM t WHERE y = 20",
	    "CREATE TABLE outer_t $COLS $PARTS",
	    "INSERT INTO outer_t SELECT id + 200, 20, 'out' FROM t " .
	    "WHERE y = 20");
}

sub rows_now {
	my $r = $s->dbh(database => 'app')->selectall_arrayref(
	    "SELECT id, y, what FROM t ORDER BY id, y");
	return join "\n", map { join ' ', @$_ } @$r;
}

# Another tablespace file in place of the table's own.
sub import_file {
	my ($sql) = @_;
	my $dir = "$s->{data}/app";
	my $db = $s->dbh(database => 'app');
	$db->do("FLUSH TABLES load20 FOR EXPORT");
	system("cp '$dir/load20.$_' '$dir/copy.$_'") == 0 or die
	    for qw(ibd cfg);
	$db->do("UNLOCK TABLES");
	$sql->("ALTER TABLE t DISCARD TABLESPACE");
	system("cp '$dir/copy.$_' '$dir/t.$_'") == 0 or die for qw(ibd cfg);
	$sql->("ALTER TABLE t IMPORT TABLESPACE");
	unlink "$dir/copy.ibd", "$dir/copy.cfg", "$dir/t.cfg";
}

# name => [statements or code, what may come of it]
#	lost	rows went or came past the triggers: not swapped when they
#		had been copied already
#	same	the rows are the same: it goes on
#	shape	the definition is another: not swapped
my @plain = (
	[ 'DELETE' => ["DELETE FROM t WHERE y = 20"], 'same' ],
	[ 'TRUNCATE TABLE' => ["TRUNCATE TABLE t"], 'lost' ],
	[ 'TRUNCATE TABLE and as many rows' => ["TRUNCATE TABLE t",
	    "INSERT INTO t SELECT id + 500, y, what FROM same"], 'lost' ],
	[ 'TRUNCATE TABLE and the same rows' => ["TRUNCATE TABLE t",
	    "INSERT INTO t SELECT * FROM same"], 'may' ],
	[ 'EXCHANGE as the other table' => ["DELETE FROM t WHERE y <> 20",
	    "ALTER TABLE outer_t EXCHANGE PARTITION y20 WITH TABLE t"],
	    'lost' ],
	[ 'IMPORT TABLESPACE' => \&import_file, 'lost' ],
	[ 'OPTIMIZE TABLE' => ["OPTIMIZE TABLE t"], 'same' ],
	[ 'ALTER TABLE ... FORCE' => ["ALTER TABLE t FORCE"], 'same' ],
	[ 'RENAME away and back' => ["RENAME TABLE t TO elsewhere",
	    "UPDATE elsewhere SET what = 'u' WHERE y = 21",
	    "RENAME TABLE elsewhere TO t"], 'same' ],
	[ 'FLUSH TABLES' => ["FLUSH TABLES"], 'same' ],
	[ 'ANALYZE TABLE' => ["ANALYZE TABLE t"], 'same' ],
	[ 'DROP and CREATE' => ["DROP TABLE t", "CREATE TABLE t $COLS"],
	    'shape' ],
	[ 'an ALTER' => ["ALTER TABLE t COMMENT = 'mine'"], 'shape' ],
	$s->is_mysql ? () : [ 'CREATE OR REPLACE' =>
	    ["CREATE OR REPLACE TABLE t $COLS"], 'shape' ],
);
my @parts = (
	[ 'TRUNCATE TABLE of partitions' => ["TRUNCATE TABLE t"], 'lost' ],
	[ 'TRUNCATE PARTITION' => ["ALTER TABLE t TRUNCATE PARTITION y20"],
	    'lost' ],
	[ 'TRUNCATE of an empty PARTITION' =>
	    ["ALTER TABLE t TRUNCATE PARTITION y23"], 'same' ],
	[ 'EXCHANGE PARTITION' => ["ALTER TABLE t EXCHANGE PARTITION y20 " .
	    "WITH TABLE load20"], 'lost' ],
	[ 'EXCHANGE with the same rows' => ["ALTER TABLE t EXCHANGE " .
	    "PARTITION y20 WITH TABLE same"], 'same' ],
	[ 'REBUILD PARTITION' => ["ALTER TABLE t REBUILD PARTITION y20"],
	    'same' ],
	[ 'OPTIMIZE PARTITION' => ["ALTER TABLE t OPTIMIZE PARTITION y20"],
	    'same' ],
	[ 'DROP PARTITION' => ["ALTER TABLE t DROP PARTITION y20"], 'shape' ],
	[ 'ADD PARTITION' => ["ALTER TABLE t ADD PARTITION (PARTITION y99 " .
	    "VALUES LESS THAN (99))"], 'shape' ],
	[ 'REORGANIZE PARTITION' => ["ALTER TABLE t REORGANIZE PARTITION " .
	    "y20, y21 INTO (PARTITION y21 VALUES LESS THAN (22))"], 'shape' ],
	[ 'REORGANIZE into itself' => ["ALTER TABLE t REORGANIZE PARTITION " .
	    "y20 INTO (PARTITION y20 VALUES LESS THAN (21))"], 'same' ],
	[ 'DROP and ADD PARTITION' => ["ALTER TABLE t DROP PARTITION y23",
	    "ALTER TABLE t DROP PARTITION y22",
	    "ALTER TABLE t ADD PARTITION (PARTITION y22 VALUES LESS THAN " .
	    "(23), PARTITION y23 VALUES LESS THAN (24))"], 'lost' ],
);

sub does {
	my ($what) = @_;
	my $db = $s->dbh(database => 'app');
	my $sql = sub { $db->do($_[0]) };
	ref $what eq 'CODE' ? $what->($sql) : map { $sql->($_) } @$what;
	$db->disconnect;
}

# It ended; did it end well, and by what it said?
sub judge {
	my ($name, $r, $want, $may) = @_;
	my $got = rows_now();
	my $ok = is($got, $want, "$name: the rows are those of the table");
	$ok = is($r->{exit}, 0, '... and it goes on') && $ok
	    if $may eq 'same';
	$ok = isnt($r->{exit}, 0, '... and it is not swapped') && $ok
	    if $may eq 'lost' || $may eq 'shape';
	$ok = like($r->{err}, $may eq 'lost' ? qr/the two tables differ/
	    : qr/altered by another session|trigger|no table/,
	    '... and says why') && $ok if $may eq 'lost' || $may eq 'shape';
	# Where it cannot be told any more whose they are they stay.
	$ok = is(join(', ', leftovers($s, 'app')), '', '... nothing is left')
	    && $ok;
	diag("exit $r->{exit}\n$r->{err}") if !$ok;
}

sub run_at {
	my ($case, $parts, $at, @opts) = @_;
	my ($name, $what, $may) = @$case;
	fresh($parts);
	my $p = start_to_step($s, $at, $ALTER, 'app', 't', @opts);
	does($what);
	my $want = rows_now();
	$p->kill('CONT');
	# What is not copied yet is not lost.
	$may = 'may' if $may eq 'lost' && $at eq 'before:copy';
	judge("$name, $at", $p->wait(60), $want, $may);
}

for my $at ('before:copy', 'after:copy', 'before:swap') {
	# Before the copy only for the sake of those that go on.
	my @some = $at eq 'before:swap' ? (@plain, @parts)
	    : grep { $_->[2] eq 'lost' } $at eq 'after:copy'
	    ? (@plain, @parts) : @parts[0, 3];
	for my $case (@some) {
		run_at($case, (grep { $_ == $case } @parts) ? 1 : 0, $at);
	}
}

# --- it died, it happened, it was resumed ------------------------------------

for my $case (grep { $_->[0] =~ /^(?:TRUNCATE TABLE|EXCHANGE PARTITION)$/ }
    @plain, @parts) {
	fresh($case->[0] =~ /PARTITION/);
	die_at($s, 'before:swap', '--alter', $ALTER, dsn('app', 't'),
	    '--execute');
	does($case->[1]);
	my $want = rows_now();
	my $r = run_livealter($s, 'resume', dsn('app', 't'));
	judge("$case->[0], before resume", $r, $want, 'lost');
}

# --- there and back between two looks before the swap ------------------------

{
	fresh(1);
	my $p = start_migration($s, $ALTER, 'app', 't', '--cut-over',
	    'when-told');
	$p->wait_for(qr/waiting with the swap/, 30);
	my $to = "ALTER TABLE t EXCHANGE PARTITION y20 WITH TABLE load20";
	does([$to]);
	ok($p->wait_for(qr/app`?\.`?t`? was truncated, exchanged/, 30),
	    'what happens while it waits is said at once');
	does(["UPDATE load20 SET what = 'x' WHERE id < 10", $to]);
	my $want = rows_now();
	run_livealter($s, 'control', dsn('app', 't'), 'cut-over');
	judge('EXCHANGE there and back', $p->wait(60), $want, 'lost');
}

# --- an account that may not see InnoDB's ids --------------------------------

$s->sql("CREATE USER weak\@localhost");
$s->sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER, " .
    "REFERENCES, LOCK TABLES ON app.* TO weak\@localhost");
$s->sql("SET GLOBAL log_bin_trust_function_creators = 1");

sub run_weakly {
	my ($case, $parts, $at) = @_;
	my ($name, $what, $may) = @$case;
	fresh($parts);
	my $p = start_livealter($s, { connect => 0, env => {
	    LIVEALTER_STOP_AT => $at } }, '--alter', $ALTER, dsn('app', 't'),
	    '--execute', '-S', $s->socket, '-u', 'weak');
	$p->wait_until_stopped or return fail("$name: it does not stop");
	does($what);
	my $want = rows_now();
	$p->kill('CONT');
	judge("$name, without PROCESS", $p->wait(60), $want, $may);
}

run_weakly($_, 0, 'before:swap') for grep { $_->[2] eq 'lost' ||
    $_->[0] =~ /^(?:DELETE|FLUSH|OPTIMIZE)/ } @plain;
run_weakly($_, 1, 'before:swap') for grep { $_->[2] eq 'lost' } @parts;
run_weakly([ 'DDL elsewhere' => ["CREATE TABLE e (a INT)",
    "ALTER TABLE e ADD b INT", "DROP TABLE e"], 'same' ], 0, 'before:swap');

# --- where rows are not compared ---------------------------------------------

for my $how ('none', 'count') {
	for my $at ('after:copy', 'before:swap') {
		fresh(1);
		my $p = start_to_step($s, $at, $ALTER, 'app', 't', "--verify",
		    $how);
		does($parts[3][1]);
		my $want = rows_now();
		$p->kill('CONT');
		my $r = $p->wait(60);
		is(rows_now(), $want, "--verify=$how, $at: the rows are " .
		    "those of the table") or diag $r->{err};
		like($r->{err}, qr/--verify=$how does not tell/,
		    '... and it says that it cannot know');
	}
}

done_testing;
