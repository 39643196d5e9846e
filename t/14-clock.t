# TIMESTAMPs are moments: whatever the clocks of the server and of those who
# write, and also in the hour that comes twice when summer time ends.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(hold);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--default-time-zone=Europe/Berlin']);
# In Berlin, 00:00 UTC and 01:00 UTC of that day are both 02:00.
my $TWICE = 1761436800;
$s->sql("CREATE DATABASE app; SET time_zone = '+00:00', sql_mode = ''");

# What is written before a row is copied goes another way than what is written
# after that.
my @when = ('before:copy', 'after:copy');

# Starts it, lets a session with a clock of its own write there, and waits.
sub written {
	my ($at, $table, $alter, $zone, $write) = @_;
	my $p = start_to_step($s, $at, $alter, 'app', $table, '--chunk-size',
	    10, '--threads', 1);
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET time_zone = '$zone', sql_mode = ''");
	$write->($dbh);
	is($dbh->selectrow_array('SELECT @@time_zone'), $zone,
	    "$table: the writer keeps its clock");
	$p->kill('CONT');
	return $p->wait(60);
}

# By the clock of UTC, one line a row.
sub moments {
	my ($sql) = @_;
	$s->sql("SET time_zone = '+00:00'");
	return join "\n", map { join ' ', map { $_ // 'NULL' } @$_ }
	    $s->rows($sql);
}

# Native ALTER on MySQL does not tell the two hours apart, so the judge is
# what the control says the moments are.
for my $c (map { my $zone = $_; map { [$zone, $_] } @when }
    'Europe/Berlin', 'America/New_York', '+00:00') {
	my ($zone, $at) = @$c;
	$s->sql("DROP TABLE IF EXISTS app.t, app.c; CREATE TABLE app.t (" .
	    "id INT PRIMARY KEY, v INT, ts TIMESTAMP(3) NULL, d TIMESTAMP " .
	    "NULL, e DATETIME(2), z TIMESTAMP NULL, w VARCHAR(40)); " .
	    "INSERT INTO app.t VALUES " . join(', ', map { sprintf
	    "(%d, 0, FROM_UNIXTIME(%d.123), FROM_UNIXTIME(%d), " .
	    "'2025-%02d-26 %02d:15:00', %s, '2025-07-0%d 12:00:00')", $_,
	    $TWICE + $_ * 90, $TWICE + $_ * 90, 1 + $_ % 12, 4 + $_ % 20,
	    $_ % 7 ? "'2025-01-01'" : "'0000-00-00'", 1 + $_ % 9 } 1 .. 120));
	copy_table($s, 'app', 't', 'c');
	my $r = written($at, 't', 'MODIFY d DATETIME NULL, MODIFY e ' .
	    'TIMESTAMP(2) NULL, MODIFY w TIMESTAMP NULL, ADD x DATETIME',
	    $zone, sub { my ($dbh) = @_;
		for my $t ('t', 'c') {
			$dbh->do("UPDATE $t SET v = v + 1 WHERE id % 2");
			$dbh->do("UPDATE $t SET v = 3, ts = ts WHERE id % 5 " .
			    "= 0");
			$dbh->do("DELETE FROM $t WHERE id % 11 = 0");
			$dbh->do("INSERT INTO $t (id, ts, d, e) VALUES (500, " .
			    "'2025-07-01', '2025-07-01', '2025-08-01')");
		} });
	succeeded($r, 'app', 't', "a writer in $zone $at");
	my $there = "CONVERT_TZ(%s, '+00:00', 'Europe/Berlin')";
	my $here = "CONVERT_TZ(%s, 'Europe/Berlin', '+00:00')";
	is(moments("SELECT id, v, ts, d, e, z, w FROM app.t ORDER BY id"),
	    moments("SELECT id, v, ts, " . sprintf($there, 'd') . ", " .
	    sprintf($here, 'e') . ", z, CAST(" . sprintf($here, 'w') .
	    " AS DATETIME) FROM app.c ORDER BY id"),
	    '... and every moment is where it was');
	nothing_left($s, 'app');
}

# The key itself: two rows of one local time.
my $r;
for my $at (@when) {
	$s->sql("DROP TABLE IF EXISTS app.k, app.kc; CREATE TABLE app.k (" .
	    "ts TIMESTAMP NOT NULL PRIMARY KEY, v INT, " .
	    "d TIMESTAMP NULL); INSERT INTO app.k VALUES " . join(', ', map {
	    sprintf "(FROM_UNIXTIME(%d), %d, FROM_UNIXTIME(%d))",
	    $TWICE + $_ * 90, $_, $TWICE + $_ * 90 } 1 .. 120));
	copy_table($s, 'app', 'k', 'kc');
	$r = written($at, 'k', 'MODIFY d DATETIME NULL', 'Europe/Berlin', sub {
		my ($dbh) = @_;
		for my $t ('k', 'kc') {
			$dbh->do("UPDATE $t SET v = -v WHERE v % 2");
			$dbh->do("UPDATE $t SET ts = ts + INTERVAL 1 DAY " .
			    "WHERE v % 16 = 0");
			$dbh->do("DELETE FROM $t WHERE v % 9 = 0");
		} });
	succeeded($r, 'app', 'k', "a key of type TIMESTAMP, $at");
	is(moments("SELECT ts, v, d FROM app.k ORDER BY 1"),
	    moments("SELECT ts, v, CONVERT_TZ(d, '+00:00', " .
	    "'Europe/Berlin') FROM app.kc ORDER BY 1"),
	    '... which tells the two hours apart');
}

# A value that does not fit is noted under that clock, too.
$s->sql("CREATE TABLE app.n (id INT PRIMARY KEY, ts TIMESTAMP NULL, " .
    "a VARCHAR(10)); INSERT INTO app.n SELECT id, ts, 'x' FROM app.c");
{
	my $p = start_to_step($s, 'before:copy', 'MODIFY a VARCHAR(3)', 'app',
	    'n', '--chunk-size', 10, '--threads', 1);
	# Of the first fifty some are gone.
	my $pin = hold($s, $p, table => 'n', at => 'id = 51', below =>
	    $s->value("SELECT COUNT(*) FROM app.n WHERE id < 51"));
	ok($pin, '(the copy is held)') or diag $p->err;
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET time_zone = 'America/New_York', sql_mode = ''");
	$dbh->do("UPDATE n SET a = 'too long' WHERE id = 3");
	is($dbh->selectrow_array('SELECT @@time_zone'), 'America/New_York',
	    'n: the writer keeps its clock');
	$pin->rollback if $pin;
	$r = $p->wait(60);
}
is($r->{exit}, 36, 'what a trigger cannot convert ends the run');
like($r->{err}, qr/row 3.*column 'a'/, '... and is told');

# New values by the server's clock, as ALTER TABLE gives them.
$s->sql("CREATE TABLE app.m (id INT PRIMARY KEY, ts TIMESTAMP NULL); " .
    "INSERT INTO app.m SELECT id, ts FROM app.c");
$r = migrate($s, 'ADD made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'app', 'm');
succeeded($r, 'app', 'm', 'a DATETIME whose DEFAULT is now');
is($s->value("SELECT COUNT(*) FROM app.m WHERE ABS(TIMESTAMPDIFF(MINUTE, " .
    "made, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'Europe/Berlin'))) > 10"), 0,
    '... has the time of the server');

done_testing;
