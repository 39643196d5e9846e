# The copy has rows of the old table locked while it writes to the new one.
# What it meets there must not make it wait for an application that wants one of
# them: of two that wait for each other the server ends the application's.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start;
my $rows = 400;
my $ahead = 350;

sub set_up {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	# Some sixteen rows on a page, so that there are many to split.
	$s->sql("CREATE TABLE app.t (id INT PRIMARY KEY, v INT NOT NULL, " .
	    "pad VARCHAR(1000) NOT NULL)");
	$s->sql("INSERT INTO app.t VALUES " . join ', ', map {
	    "($_, 0, REPEAT('x', 900))" } 1 .. $rows);
	$s->sql("CREATE TABLE app.control LIKE app.t; " .
	    "INSERT INTO app.control SELECT * FROM app.t");
}

# The rows of the old table that somebody has locked who waits for the new one;
# where nobody ever does, none.
sub waiting_with {
	return if !$s->is_mysql;
	return map { $_->[0] } $s->rows("SELECT CAST(l.LOCK_DATA AS " .
	    "UNSIGNED) AS id FROM performance_schema.data_lock_waits AS w " .
	    "JOIN performance_schema.data_locks AS n ON n.ENGINE_LOCK_ID = " .
	    "w.REQUESTING_ENGINE_LOCK_ID AND n.OBJECT_NAME = '_t_new' JOIN " .
	    "performance_schema.data_locks AS l ON " .
	    "l.ENGINE_TRANSACTION_ID = w.REQUESTING_ENGINE_TRANSACTION_ID " .
	    "AND l.OBJECT_NAME = 't' AND l.LOCK_TYPE = 'RECORD' AND " .
	    "l.LOCK_STATUS = 'GRANTED' ORDER BY 1");
}

# A transaction has written a row that is not copied yet, twice, so that the
# server keeps a lock on it in the new table.  When the copy comes to others
# before that row, the page is split between these and it, and then the gap is
# locked as well.  As soon as the copy waits for that, or after two seconds, the
# transaction writes one of the rows in its hands.
sub meet {
	my ($name, @opts) = @_;
	set_up();
	my $pause = $s->dir . '/pause';
	spew($pause, '');
	my $p = start_migration($s, 'ADD x INT', 'app', 't', '--threads', 1,
	    '--chunk-time', 0, '--pause-file', $pause, @opts);
	$p->wait_for(qr/pausing/, 30);
	my $dbh = $s->dbh(database => 'app');
	my $write = sub {
		my ($id) = @_;
		return join ' ', map { my $t = $_; eval { $dbh->do("UPDATE " .
		    "$t SET v = v + 1 WHERE id = $id") } ? () : $dbh->errstr
		    } 't', 'control';
	};
	$write->($_) for 120, 160, 200;
	$dbh->begin_work;
	is($write->($ahead) . $write->($ahead), '', "$name: a row ahead of " .
	    'the copy is written twice');
	unlink $pause;
	my ($end, @held) = time + 2;
	@held = waiting_with() until @held || time > $end;
	note "it waits with @held[0, -1] in its hands" if @held;
	my $id = $held[0] // $ahead - 10;
	# The last row goes first, with no other; whoever wants that one waits.
	$id-- if @held == 1;
	is($write->($id), '', '... and then one that is being copied');
	$dbh->commit;
	succeeded($p->wait(60), 'app', 't', '... the run');
	same_rows($s, 'app', 't', 'control', '... every write is there',
	    'id', 'v');
}

meet('a large chunk', '--chunk-size', $ahead - 50);
meet('one that ends there', '--chunk-size', $ahead - 1);
meet('chunks of a hundred', '--chunk-size', 100);
meet('chunks of twenty', '--chunk-size', 20, '--sleep', 0.02);

done_testing;
