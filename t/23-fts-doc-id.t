# Tables that keep the IDs of their FULLTEXT keys themselves (FTS_DOC_ID):
# InnoDB takes such rows in ascending order only (error 182).  The application
# gets no error that it would not have got without us, and no row is lost.
#
# long: random writers
use strict;
use warnings;

use lib 't/lib';
use Hazard;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $s = Server->start;
my $SEED = $ENV{SEED} // 23;
note("SEED=$SEED");

my $BODY = 'id INT NOT NULL, body TEXT, views INT NOT NULL DEFAULT 0, ' .
    'u VARCHAR(20) NULL';
my %TABLE = (
    'by its primary key' => "FTS_DOC_ID BIGINT UNSIGNED NOT NULL " .
	"AUTO_INCREMENT PRIMARY KEY, $BODY, UNIQUE KEY u (u)",
    'beside another primary key' => "FTS_DOC_ID BIGINT UNSIGNED " .
	"NOT NULL, $BODY, PRIMARY KEY (id), UNIQUE KEY u (u), UNIQUE " .
	"KEY FTS_DOC_ID_INDEX (FTS_DOC_ID)",
);

# The table with this many rows, and its control, which has no FULLTEXT key.
sub documents {
	my ($columns, $rows) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app " .
	    "DEFAULT CHARSET utf8mb4");
	$s->sql("CREATE TABLE app.ids (n BIGINT UNSIGNED NOT NULL); " .
	    "INSERT INTO app.ids VALUES ($rows)");
	for my $t ('t', 'control') {
		$s->sql("CREATE TABLE app.$t ($columns" . ($t eq 't' ?
		    ', FULLTEXT KEY ft (body)' : '') . ")");
		$s->sql("INSERT INTO app.$t (id, FTS_DOC_ID, body, u) " .
		    "VALUES " . join ', ', map { "($_, $_, 'word$_ all', " .
		    "'u$_')" } 1 .. $rows)
		    if $rows;
	}
}

# The same from then on: rows, definition and what is found.
sub same_documents {
	my ($name, @alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$s->sql("ALTER TABLE app.control ADD FULLTEXT KEY ft (body)");
	$s->sql("ALTER TABLE app.control $_") for @alter;
	$s->sql("ALTER TABLE app.$_ AUTO_INCREMENT = 1000000") for tables();
	like_native($s, $name);
	same_found($name);
}

sub same_found {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @found = map { my $t = $_; join "\n", map { my $w = $_;
	    "$w: " . join ' ', map { $_->[0] } $s->rows("SELECT FTS_DOC_ID " .
	    "FROM app.$t WHERE MATCH (body) AGAINST ('$w') ORDER BY 1") }
	    'all', 'moved', 'later', map { "word$_" } 1 .. 60 } tables();
	return same_dump($found[0], $found[1], "$name: the same is found");
}

# An application that keeps to InnoDB's order: whoever gives a new ID does so
# while nobody else does; the transactions end in any order.  Each has rows of
# its own, and writes to the table before it reads it, so that nobody waits for
# another.  In REPEATABLE READ, where a row that is not there would lock a gap,
# rows are not deleted.
sub writer {
	my ($seed, %o) = @_;
	my $ids;
	my $new = sub {
		my ($dbh, $sql) = @_;
		my ($got) = $dbh->selectrow_array(
		    "SELECT GET_LOCK('ids', 60)");
		die "no lock\n" if !$got;
		$ids //= $s->dbh(database => 'app');
		$ids->do("UPDATE ids SET n = LAST_INSERT_ID(n + 1)");
		my ($id) = $ids->selectrow_array("SELECT LAST_INSERT_ID()");
		my $ok = eval { $dbh->do(sprintf $sql, 't', $id); 1 };
		my $why = $@;
		$dbh->do("DO RELEASE_LOCK('ids')");
		die $why if !$ok;
		$dbh->do(sprintf $sql, 'control', $id);
	};
	return start_writer($s, db => 'app', seed => $seed, pause => 0.002,
	    session => ["SET SESSION TRANSACTION ISOLATION LEVEL " .
		($o{repeatable} ? 'REPEATABLE READ' : 'READ COMMITTED')],
	    transaction => sub {
		my ($dbh, $rnd) = @_;
		my $op = $rnd->($o{repeatable} ? 8 : 12);
		my $row = 'FTS_DOC_ID = ' .
		    (1 + 3 * $rnd->(133) + ($o{rows} // 0));
		my $both = sub { $dbh->do(sprintf $_[0], $_) for tables() };
		if ($op < 4) {
			$new->($dbh, "INSERT INTO %1\$s (id, FTS_DOC_ID, " .
			    "body) VALUES (%2\$d, %2\$d, 'later all word" .
			    $rnd->(60) . "')");
		} elsif ($op < 7) {
			$both->("UPDATE %s SET views = views + 1 WHERE $row");
		} elsif ($op < 8) {
			$both->("UPDATE %s SET u = CONCAT('x', FTS_DOC_ID, " .
			    "'-', " . $rnd->(3) . ") WHERE $row");
		} elsif ($op < 10) {
			$new->($dbh, "UPDATE %s SET body = 'moved all word" .
			    $rnd->(60) . "', FTS_DOC_ID = %d WHERE $row");
		} else {
			$both->("DELETE FROM %s WHERE $row");
		}
		sleep(0.02) if !$rnd->(3);
	    });
}

# MySQL's may meet a deadlock, as the manual's BUGS say.
sub no_error {
	my ($name, @w) = @_;
	my @errors = map { @{$_->stop->{errors}} } @w;
	my @dead = grep { $s->is_mysql && /Deadlock found/ } @errors;
	@errors = grep { !$s->is_mysql || !/Deadlock found/ } @errors;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join('', @errors, @dead > 5 ? @dead : ()), '', $name);
}

for my $name (sort keys %TABLE) {
	documents($TABLE{$name}, 400);
	my @w = map { writer($SEED + $_, rows => $_,
	    repeatable => $_ == 2) } 0 .. 2;
	my $r = migrate($s, 'ADD lang CHAR(2)', 'app', 't', '--chunk-size', 15,
	    '--sleep', 0.01, '--threads', 4);
	no_error("$name: no statement of the application fails", @w);
	succeeded($r, 'app', 't', $name) or last;
	same_documents($name, 'ADD lang CHAR(2)');
}

# --- rows that come in another order than their transactions end -----------

for my $end (qw(commit rollback)) {
	documents($TABLE{'by its primary key'}, 20);
	my $p = start_to_step($s, 'before:copy', 'ADD lang CHAR(2)', 'app',
	    't', '--chunk-size', 5);
	my $slow = $s->dbh(database => 'app');
	my $mark = $s->log_mark;
	$slow->begin_work;
	$slow->do("INSERT INTO $_ (id, FTS_DOC_ID, body) VALUES (21, 21, " .
	    "'later')")
	    for tables();
	$s->sql("INSERT INTO app.$_ (id, FTS_DOC_ID, body) VALUES " .
	    "(22, 22, 'all')")
	    for tables();
	$p->kill('CONT');
	# By queueing for the row that is not committed.
	poll_until(sub { $s->log_text($mark) =~
	    /LIMIT 0, 1 (?:FOR SHARE|LOCK IN SHARE MODE WAIT 1)/ }, 30,
	    'the copy waits for the smaller ID');
	$slow->$end;
	succeeded($p->wait(60), 'app', 't', "a smaller ID, then its $end");
	same_documents('...', 'ADD lang CHAR(2)');
}

# --- unique values that go from row to row ----------------------------------

documents($TABLE{'by its primary key'}, 40);
{
	my $p = start_to_step($s, 'after:copy', 'ADD lang CHAR(2)', 'app',
	    't');
	for my $t (map { "app.$_" } tables()) {
		$s->sql("UPDATE $t SET u = 'free' WHERE FTS_DOC_ID = 3");
		$s->sql("UPDATE $t SET u = 'u3' WHERE FTS_DOC_ID = 2");
		$s->sql("UPDATE $t SET u = 'u2' WHERE FTS_DOC_ID = 1");
		$s->sql("INSERT INTO $t (id, FTS_DOC_ID, u) VALUES " .
		    "(41, 41, 'u1')");
	}
	$p->kill('CONT');
	succeeded($p->wait(60), 'app', 't', 'values that move on');
	same_documents('...', 'ADD lang CHAR(2)');
}

# --- a FULLTEXT key that comes or goes -------------------------------------

for my $alter ('ADD FULLTEXT KEY ft (body)', 'DROP KEY ft') {
	documents($TABLE{'by its primary key'}, 200);
	$s->sql("ALTER TABLE app.t DROP KEY ft") if $alter =~ /ADD/;
	my $w = writer($SEED);
	my $r = migrate($s, $alter, 'app', 't', '--chunk-size', 15,
	    '--sleep', 0.01);
	no_error("$alter: no statement fails", $w);
	succeeded($r, 'app', 't', $alter);
	$s->sql("ALTER TABLE app.t DROP KEY ft") if $alter =~ /ADD/;
	$s->sql("ALTER TABLE app.$_ AUTO_INCREMENT = 1000000") for tables();
	like_native($s, '...');
}

# What the old table takes, and the new one would not.
my %BAD = ('a text that changes without its ID' =>
	"UPDATE %s SET body = 'other' WHERE FTS_DOC_ID = 3",
    'an ID that comes late' =>
	"INSERT INTO %s (id, FTS_DOC_ID, body) VALUES (15, 15, 'late')");
for my $name (sort keys %BAD) {
	documents($TABLE{'by its primary key'}, 20);
	$s->sql("ALTER TABLE app.t DROP KEY ft");
	$s->sql("DELETE FROM app.$_ WHERE FTS_DOC_ID = 15") for tables();
	my $p = start_to_step($s, 'after:copy', 'ADD FULLTEXT KEY ft (body)',
	    'app', 't');
	$s->sql(sprintf $BAD{$name}, "app.$_") for tables();
	$p->kill('CONT');
	my $r = $p->wait(60);
	is($r->{exit}, 36, "$name: nothing is swapped") or diag($r->{err});
	like($r->{err}, qr/row (?:3|15)\b/, '... and the row is named');
	like_native($s, '...');
}

# --- dying, and going on ----------------------------------------------------

documents($TABLE{'by its primary key'}, 300);
{
	my $mark = $s->log_mark;
	my $p = start_to_chunk($s, 3, 'ADD lang CHAR(2)', 'app', 't',
	    '--chunk-size', 10, '--chunk-time', 0, '--sleep', 0.05);
	my $w = writer($SEED);
	$p->kill('KILL');
	gone($s, $mark, $p);
	my $r = run_livealter($s, {}, 'resume', 'D=app,t=t');
	no_error('resumed: no statement fails', $w);
	succeeded($r, 'app', 't', 'resumed');
	same_documents('...', 'ADD lang CHAR(2)');
}

# Without what is done under the locks, the proof of the swap finds the rows.
documents($TABLE{'by its primary key'}, 50);
{
	my $w = writer($SEED);
	my $r = migrate($s, { env => { LIVEALTER_WITHOUT => 'follow' } },
	    'ADD lang CHAR(2)', 'app', 't', '--verify-swap', 'yes');
	$w->stop;
	is($r->{exit}, 40, 'the rest is brought over under the locks, or ' .
	    'else the proof misses it') or diag($r->{err});
}

# --- what is refused --------------------------------------------------------

documents($TABLE{'by its primary key'}, 5);
$s->sql("DROP TABLE app.control, app.ids");
undone($s, 'reversible', 17, qr/--reversible/, 'ADD lang CHAR(2)',
    '--reversible');
undone($s, 'the revert to such a table', 17, qr/--reversible/,
    'DROP KEY ft', '--reversible');
Hazard::ends(migrate($s, 'ADD lang CHAR(2)', 'app', 't', '--no-swap-tables',
    '--no-drop-new-table'), 17, qr/--no-swap-tables/, 'a new table that stays');
$s->sql("DROP TABLE app._t_new");
is(migrate($s, 'ADD lang CHAR(2)', 'app', 't', '--no-swap-tables')->{exit},
    0, 'a rehearsal');
nothing_left($s, 'app');
$s->sql("ALTER TABLE app.t ADD UNIQUE KEY uu (u, views)");
undone($s, 'another order', 1, qr/--chunk-index/, 'MODIFY u VARCHAR(20) NOT ' .
    'NULL', '--chunk-index', 'nosuch');
$s->sql("DROP TABLE app.t; CREATE TABLE app.t (id INT PRIMARY KEY, " .
    "FTS_DOC_ID BIGINT UNSIGNED NOT NULL, body TEXT, FULLTEXT KEY ft (body))" .
    "; INSERT INTO app.t VALUES (1, 1, 'one')");
undone($s, 'no key of it', 4, qr/FTS_DOC_ID/, 'ADD lang CHAR(2)');
$s->sql("DROP TABLE app.t; CREATE TABLE app.t (id INT PRIMARY KEY, " .
    "body TEXT, FULLTEXT KEY ft (body)); INSERT INTO app.t VALUES (1, 'x')");
undone($s, 'IDs that the ALTER makes', 17, qr/FTS_DOC_ID/,
    'ADD FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE');
$s->sql("DROP TABLE app.t; CREATE TABLE app.t (FTS_DOC_ID BIGINT UNSIGNED " .
    "NOT NULL PRIMARY KEY, up BIGINT UNSIGNED NULL, body TEXT, FULLTEXT KEY " .
    "ft (body), FOREIGN KEY (up) REFERENCES t (FTS_DOC_ID) ON DELETE " .
    "CASCADE)");
undone($s, 'cascades within the table', 17, qr/cascades/, 'ADD lang CHAR(2)');

done_testing;
