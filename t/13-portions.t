# MariaDB's UPDATE and DELETE ... FOR PORTION OF, while the table is altered:
# the parts of a row come before the row itself has made room for them.
#
# long: each kind of key, with a random writer
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(app_does between given numbers);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 13;
note "SEED=$seed";
my $s = Server->start;
if ($s->is_mysql) {
	ok(!eval { $s->sql("CREATE TABLE mysql.t (a DATE, b DATE, PERIOD " .
	    "FOR p (a, b))"); 1 }, 'MySQL has no such periods');
	done_testing;
	exit;
}

my $OVERLAPS = 'room, stay WITHOUT OVERLAPS';
my $ROWS = "INSERT INTO %s (room, a, b, who) SELECT i %% 20, '2024-01-01' + " .
    "INTERVAL i DIV 20 * 10 DAY, '2024-01-09' + INTERVAL i DIV 20 * 10 DAY, " .
    "CONCAT('w', i) FROM (" . numbers(0, 239) . ") n";
$ROWS =~ s/%%/%/g;

sub table {
	my ($id, @keys) = @_;
	return "CREATE TABLE %s (" . join(', ', $id, 'room INT NOT NULL',
	    'a DATE NOT NULL', 'b DATE NOT NULL', 'who VARCHAR(20)',
	    'note INT DEFAULT 7', 'PERIOD FOR stay (a, b)', @keys) . ')';
}
my $NUMBERED = 'id INT AUTO_INCREMENT PRIMARY KEY';
my $PLAIN = 'id INT NOT NULL DEFAULT 1';

# Rows that do not overlap never will: parts stay where the row was.
sub op {
	my ($r) = @_;
	my ($room, $day, $n) = ($r->(20), $r->(120), $r->(1000));
	my $d = sub { "'2024-01-01' + INTERVAL $_[0] DAY" };
	my $portion = 'FOR PORTION OF stay FROM ' . $d->($day) . ' TO ' .
	    $d->($day + 1 + $r->(6));
	my $long = "FOR PORTION OF stay FROM " . $d->($day) . ' TO ' .
	    $d->($day + 15);
	my @sql = (
	    "UPDATE %s $portion SET who = 'u$n' WHERE room = $room",
	    "UPDATE %s $portion SET who = 'v$n' WHERE room IN ($room, 3)",
	    "UPDATE %s $long SET who = 'x$n' WHERE room = $room",
	    "UPDATE %s $portion SET who = 'y$n', room = room + 100 WHERE " .
	    "room = $room",
	    "UPDATE IGNORE %s $portion SET who = 'i$n', room = room + 100 " .
	    "WHERE room = $room",
	    "DELETE FROM %s $portion WHERE room = $room",
	    "DELETE FROM %s $long WHERE room = $room",
	    "UPDATE %s SET who = 'w$n' WHERE room = $room AND a < " .
	    $d->($day),
	    "DELETE FROM %s WHERE room = $room AND a = " . $d->($day),
	);
	my $sql = $sql[$r->(scalar @sql)];
	return [$sql, $sql =~ s/\bwho\b/tenant/gr];
}

# Two who draw numbers for parts deadlock by themselves (error 1467).
my @slow = ('--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.02);
sub changed {
	my ($name, $table, $alter) = @_;
	given($s, $table, $ROWS);
	my @w = map { start_writer($s, db => 'app', tables => ['t',
	    'control'], seed => $seed++, forgive => [1020, 1213],
	    session => ['SET sql_select_limit = 0'], ops => sub {
	    op($_[0])->[0] }) } 1 .. ($table =~ /AUTO_INC/ ? 1 : 2);
	my $r = migrate($s, $alter, 'app', 't', @slow);
	my @errors = map { @{$_->stop->{errors}} } @w;
	succeeded($r, 'app', 't', $name);
	is(join("\n", @errors), '', '... and the application has no error');
	$s->sql("ALTER TABLE app.control $alter");
	same_bytes($s, 'app', 't', 'control', '... no row is lost', grep {
	    $_ ne 'id' } table_columns($s, 'app', 't'));
	nothing_left($s, 'app');
}

my $ADD = 'ADD price INT';
changed('a key of number and start', table($PLAIN,
    'PRIMARY KEY (id, room, a)'), $ADD);
changed('of number and end', table($PLAIN, 'PRIMARY KEY (id, room, b)'), $ADD);
changed('a number, and the start unique', table($NUMBERED,
    'UNIQUE KEY (room, a)'), $ADD);
changed('both ends unique', table($NUMBERED, 'UNIQUE KEY (room, a)',
    'UNIQUE KEY (room, b)'), "$ADD, MODIFY room BIGINT NOT NULL");
changed('only a number', table($NUMBERED), $ADD);
changed('a key WITHOUT OVERLAPS', table($PLAIN, "PRIMARY KEY ($OVERLAPS)"),
    $ADD);
changed('such a key beside a number', table($NUMBERED,
    "UNIQUE KEY ($OVERLAPS)"), $ADD);
changed('the start, which is unique only afterwards', table($NUMBERED,
    'KEY (room)'), 'ADD UNIQUE KEY ra (room, a)');
changed('WITHOUT OVERLAPS only afterwards', table($NUMBERED, 'KEY (room)'),
    "ADD UNIQUE KEY ra ($OVERLAPS)");
changed('a key of the end instead of the start', table($PLAIN,
    'PRIMARY KEY (id, room, a)'), 'DROP PRIMARY KEY, ADD PRIMARY KEY ' .
    '(room, b), ADD UNIQUE KEY (room, a)');

# --- the counter -------------------------------------------------------------

# To set it, MariaDB would copy a table with such a key, in everybody's way.
given($s, table($NUMBERED, "UNIQUE KEY ($OVERLAPS)"), $ROWS);
my $mark = $s->log_mark;
my $r = between($s, $ADD, sub {
	my ($dbh) = @_;
	# The server reserves more numbers than there are rows.
	$dbh->do("INSERT INTO $_ (room, a, b) SELECT room + 200, a, b FROM " .
	    "$_ WHERE id <= 5") for qw(t control);
});
succeeded($r, 'app', 't', 'numbers that nobody has kept');
is(join(' ', map { $_->{text} =~ /AUTO_INCREMENT = \d+/ ? $_->{text} : () }
    $s->log_entries($mark)), '', '... no table is rebuilt for them');
is($s->value("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'app' AND TABLE_NAME = 't'"),
    $s->value("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'app' AND TABLE_NAME = 'control'"),
    '... and the counter goes on');

# --- what is noted for longer ------------------------------------------------

my $PORTION = "FOR PORTION OF stay FROM '2024-03-01' TO '2024-04-01'";
sub year {
	my (@more) = @_;
	given($s, "CREATE TABLE %s (id INT NOT NULL, room INT NOT NULL, " .
	    "a DATE NOT NULL, b DATE NOT NULL, PERIOD FOR stay (a, b), " .
	    "PRIMARY KEY (id, a))", "INSERT INTO %s SELECT i, i, " .
	    "'2024-01-01', '2024-12-01' FROM (" . numbers(1, 100) . ") n",
	    @more);
}

for my $goes (0, 1) {
	year();
	$r = between($s, 'ADD UNIQUE KEY (room, a)', sub {
		app_does($_[0], 'a duplicate that is none of a row that is ' .
		    'split', "INSERT INTO %s VALUES (200, 4, '2024-01-01', " .
		    "'2024-02-01')", $goes ? "DELETE FROM %s WHERE id = 200" :
		    (), "UPDATE %s $PORTION SET room = 500 WHERE id = 9");
	});
	$goes ? succeeded($r, 'app', 't', '... and that goes') :
	    is($r->{exit}, 36, '... ends the run');
	my @named = $r->{err} =~ /(\w+ of row [\d, -]+)/g;
	is("@named", $goes ? '' : 'insert of row 200, 2024-01-01',
	    '... and no other row is named');
	nothing_left($s, 'app');
}

year();
die_at($s, 'after:copy', '--alter', $ADD, dsn('app', 't'), '--execute');
app_does($s->dbh(database => 'app'), 'while it is dead',
    "UPDATE %s $PORTION SET room = 500 WHERE id IN (4, 90)",
    "DELETE FROM %s $PORTION WHERE id IN (5, 91)");
$r = run_livealter($s, 'resume', dsn('app', 't'));
is($r->{exit}, 0, '... it goes on') or diag $r->{err};
$s->sql("ALTER TABLE app.control $ADD");
same_bytes($s, 'app', 't', 'control', '... no row is lost');

# What was one key becomes two, and a row gets the other one.
given($s, "CREATE TABLE %s (room VARCHAR(9) COLLATE utf8mb4_general_ci NOT " .
    "NULL, a DATE NOT NULL, b DATE NOT NULL, PERIOD FOR stay (a, b), " .
    "PRIMARY KEY (room, a))", "INSERT INTO %s VALUES ('one', '2024-01-01', " .
    "'2024-12-01'), ('two', '2024-01-01', '2024-12-01')");
my $BIN = 'MODIFY room VARCHAR(9) COLLATE utf8mb4_bin NOT NULL';
$r = between($s, $BIN, sub {
	app_does($_[0], 'keys that are equal to the old table',
	    "UPDATE %s SET room = 'ONE' WHERE room = 'one'",
	    "UPDATE %s $PORTION SET room = 'Two' WHERE room = 'two'");
});
succeeded($r, 'app', 't', '... the run');
$s->sql("ALTER TABLE app.control $BIN");
same_bytes($s, 'app', 't', 'control', '... no row is lost');

# --- triggers of the user -----------------------------------------------------

year('CREATE TABLE log_%s (ev VARCHAR(9), id INT, a DATE)',
    'CREATE TRIGGER b_%s BEFORE INSERT ON %s FOR EACH ROW SET NEW.room = 77, ' .
    'NEW.id = IF(NEW.id = 7, 2000, NEW.id)',
    (map { "CREATE TRIGGER $_->[0]_%s AFTER $_->[1] ON %s FOR EACH ROW " .
    "INSERT INTO log_%s VALUES ('$_->[0]', $_->[2].id, $_->[2].a)" }
    ['i', 'INSERT', 'NEW'], ['u', 'UPDATE', 'NEW'], ['d', 'DELETE', 'OLD']));
$r = between($s, $ADD, sub {
	app_does($_[0], 'triggers that change the parts',
	    "UPDATE %s $PORTION SET room = 5 WHERE id IN (4, 7, 80)",
	    "DELETE FROM %s $PORTION WHERE id IN (5, 81)");
}, at => 'before:copy');
succeeded($r, 'app', 't', '... the run');
$s->sql("ALTER TABLE app.control $ADD");
same_bytes($s, 'app', 't', 'control', '... no row is lost');
same_bytes($s, 'app', 'log_t', 'log_control', '... each has fired once');

# --- the revert ------------------------------------------------------------

my $ALTER = 'CHANGE who tenant VARCHAR(30), DROP note';
sub reverted {
	my ($name, $table) = @_;
	given($s, $table, $ROWS, 'UPDATE %s SET note = room');
	my $w = start_two_shaped($s, db => 'app', seed => $seed++, ops => \&op);
	my $r = migrate($s, $ALTER, 'app', 't', @slow, '--reversible');
	succeeded($r, 'app', 't', "$name, with a revert kept open");
	in_step($s, '... and the old table in step', 't', '_t_old',
	    room => 'room', a => 'a', b => 'b', tenant => 'who');
	my @day = map { "'2023-01-01' + INTERVAL $_ DAY" } 0, 10, 20, 30;
	$w->stop;
	for (['t', 'tenant'], ['control', 'who']) {
		my ($t, $who) = @$_;
		$s->sql("INSERT INTO app.$t (room, a, b, $who) VALUES " .
		    "(77, $day[0], $day[3], 'w')");
	}
	$s->sql("UPDATE app._t_old SET note = 77 WHERE room = 77");
	for (['t', 'tenant'], ['control', 'who']) {
		my ($t, $who) = @$_;
		$s->sql("UPDATE app.$t FOR PORTION OF stay FROM $day[1] TO " .
		    "$day[2] SET $who = 'of the split row' WHERE room = 77");
	}
	$r = run_livealter($s, 'revert', '--alter', $ALTER, '--accept-loss',
	    dsn('app', 't'));
	is($r->{exit}, 0, '... it is got back') or diag $r->{err};
	is(join("\n", @{$w->stop->{errors}}), '',
	    '... the application has no error');
	same_bytes($s, 'app', 't', 'control', '... no write is lost',
	    qw(room a b who));
	is($s->value("SELECT note FROM app.t WHERE who = 'of the split row'"),
	    77, '... a row that was split has what the ALTER had dropped');
	nothing_left($s, 'app');
}
reverted('a key of number and start', table($PLAIN,
    'PRIMARY KEY (id, room, a)', 'UNIQUE KEY (room, b)'));
reverted('a key WITHOUT OVERLAPS', table($PLAIN, "PRIMARY KEY ($OVERLAPS)"));
reverted('a number', table($NUMBERED, 'UNIQUE KEY (room, a)'));

done_testing;
