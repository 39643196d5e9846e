# The looks at the triggers while rows are copied may be ended by somebody, or
# find that the table is locked or flushed: a trigger that cannot be looked at
# is not gone, and the copy goes on.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $s = Server->start;
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $dir = File::Temp->newdir;
my $LOOK = qr/^SHOW CREATE TRIGGER/;

# It pauses in the midst of the copy, so that nobody but the main connection
# comes to the table.
sub begin {
	fresh_orders($s, 600);
	$s->sql("DROP TABLE IF EXISTS app.zz; CREATE TABLE app.zz (a INT)");
	native($s, 'app', 'orders', 'wanted', $ALTER);
	my $mark = $s->log_mark;
	my $p = start_to_chunk($s, 1, $ALTER, 'app', 'orders', '--chunk-size',
	    50, '--sleep', 0.3, '--pause-file', "$dir/pause");
	spew("$dir/pause", '');
	$p->wait_for(qr/pausing/);
	return ($p, $mark, (connections($s, $mark))[0]);
}

sub looks { said_once($s, $_[0], $LOOK) }

# Until it has looked so often since.
sub some_looks {
	my ($p, $mark, $n) = @_;
	my $from = looks($mark);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	poll_until(sub { !$p->running || looks($mark) >= $from + $n }, 20,
	    'looks at the triggers');
}

sub goes_on {
	my ($p, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($p->running, "$name: it goes on");
	unlink "$dir/pause";
	my $r = $p->wait(60);
	unlike($r->{err}, qr/is gone/, '... no trigger is said to be gone');
	succeeded($r, 'app', 'orders', '... and in the end it');
	same_rows($s, 'app', 'orders', 'wanted', '... with all rows');
	same_definition($s, 'app', 'orders', 'wanted', '... in the new shape');
	nothing_left($s, 'app');
}

# A statement that waits in a connection of its own; KILL ends it.
sub behind {
	my ($sql) = @_;
	my $dbh = $s->dbh(database => 'app');
	my ($id) = $dbh->selectrow_array("SELECT CONNECTION_ID()");
	$dbh->do($sql, { async => 1 });
	poll_until(sub { my ($r) = grep { $_->[0] == $id }
	    $s->rows("SHOW FULL PROCESSLIST"); ($r->[7] // '') eq $sql }, 30,
	    "$sql runs");
	return { dbh => $dbh, id => $id };
}

sub end_of {
	for (@_) {
		eval { $s->sql("KILL $_->{id}") };
		eval { $_->{dbh}->mysql_async_result };
	}
}

# --- somebody has locked the table ------------------------------------------

# A RENAME that has the lock of the one table and waits for the other: longer
# than lock_wait_timeout (1205).
{
	my ($p, $mark) = begin();
	my $user = open_reader($s, 'zz');
	my $renames = behind("RENAME TABLE orders TO o2, o2 TO orders, " .
	    "zz TO z2, z2 TO zz");
	some_looks($p, $mark, 3);
	ok($p->running, 'a table that is locked');
	end_of($renames);
	$user->rollback;
	goes_on($p, 'the table was locked for three looks');
}

# --- KILL QUERY -----------------------------------------------------------

# While it waits to look, again and again (1317, or on MySQL 1606).
{
	my ($p, $mark, $main) = begin();
	my $user = open_reader($s, 'zz');
	my $renames = behind("RENAME TABLE orders TO o2, o2 TO orders, " .
	    "zz TO z2, z2 TO zz");
	my $killed = 0;
	until ($killed >= 4 || !$p->running) {
		my ($there) = $s->rows("SELECT ID FROM " .
		    "information_schema.PROCESSLIST WHERE ID = $main AND " .
		    "INFO LIKE 'SHOW CREATE TRIGGER%'");
		$killed += eval { $s->sql("KILL QUERY $main"); 1 } ? 1 : 0
		    if $there;
		sleep 0.01;
	}
	end_of($renames);
	$user->rollback;
	is($killed, 4, 'its looks are ended by KILL QUERY');
	goes_on($p, 'KILL QUERY');
}

# --- FLUSH TABLES ---------------------------------------------------------

# Behind a long SELECT; on MySQL who looks waits behind both (1205, and 1606
# when that is ended).
{
	my ($p, $mark) = begin();
	my $reads = behind("SELECT SLEEP(600) FROM orders LIMIT 1");
	my $flushes = behind("FLUSH TABLES orders");
	some_looks($p, $mark, 3);
	ok($p->running, 'FLUSH TABLES behind a long SELECT');
	end_of($reads, $flushes);
	goes_on($p, 'FLUSH TABLES');
}

# --- and one that is gone -------------------------------------------------

{
	my ($p) = begin();
	$s->sql("DROP TRIGGER app.livealter_orders_upd");
	my $r = $p->wait(60);
	isnt($r->{exit}, 0, 'a trigger that is dropped ends it');
	like($r->{err}, qr/livealter_orders_upd`? is gone/, '... and is said');
	same_definition($s, 'app', 'orders', 'control', '... all is undone');
	nothing_left($s, 'app');
}

done_testing;
