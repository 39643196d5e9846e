# livealter revert: the table is what it was before the migration, with all
# that was written since.
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(given numbers);
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{SEED} // 71;
note "SEED=$seed";
my $s = Server->start;

sub revert {
	my $o = ref $_[0] eq 'HASH' ? shift @_ : {};
	my ($alter, @opts) = @_;
	return run_livealter($s, $o, 'revert', '--alter', $alter,
	    dsn('app', 't'), @opts);
}

sub reverted {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is("$r->{exit}: $r->{out}",
	    "0: Successfully reverted `app`.`t`.\n", $name) ||
	    diag $r->{err};
}

# --- under load ------------------------------------------------------------

my $ALTER = 'ADD extra INT NOT NULL DEFAULT 5, CHANGE a b BIGINT, ' .
    'DROP d, ADD KEY (b)';
given($s, "CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, a INT, " .
    "name VARCHAR(20), d VARCHAR(10) NOT NULL DEFAULT 'dull') CHARSET utf8mb4",
    "INSERT INTO %s SELECT i, i, CONCAT('n', i), 'D' FROM (" .
    numbers(1, 1000) . ") n");
my @w = map { start_two_shaped($s, db => 'app', seed => $seed++, ops => sub {
	my ($r) = @_;
	my ($id, $to, $v, $op) = ($r->(1500) + 1, $r->(1500) + 1, $r->(1000),
	    $r->(10));
	return ["INSERT INTO %s (id, a, name) VALUES ($id, $v, 'x$v')",
	    "INSERT INTO %s (id, b, name) VALUES ($id, $v, 'x$v')"]
	    if $op < 3;
	return ["UPDATE %s SET a = $v WHERE id = $id",
	    "UPDATE %s SET b = $v WHERE id = $id"] if $op < 5;
	return "UPDATE %s SET name = 'y$v' WHERE id BETWEEN $id AND $id + 2"
	    if $op < 7;
	return "UPDATE %s SET id = $to WHERE id = $id" if $op < 8;
	return "DELETE FROM %s WHERE id = $id";
    }) } 1 .. 3;
for my $round (1 .. 4) {
	my $r = migrate($s, $ALTER, 'app', 't', '--reversible',
	    '--chunk-size', 100);
	succeeded($r, 'app', 't', "round $round: the migration") or last;
	sleep 0.1;
	reverted(revert($ALTER, '--accept-loss'), '... and back') or last;
	nothing_left($s, 'app');
}
my @rep = map { $_->stop } @w;
is(join("\n", map { @{$_->{errors}} } @rep), '',
    'the application sees no error');
same_bytes($s, 'app', 't', 'control', 'not a write is lost');
same_definition($s, 'app', 't', 'control', '... the table is what it was');

# --- numbers ---------------------------------------------------------------

given($s, "CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, v INT, " .
    "UNIQUE KEY (v))", "INSERT INTO %s (v) VALUES (1), (2)");
succeeded(migrate($s, 'ADD KEY (v, id)', 'app', 't', '--reversible'), 'app',
    't', 'numbers');
my $app = $s->dbh(database => 'app');
$app->{PrintError} = 0;
# Given, and never seen by a trigger.
ok(!eval { $app->do("INSERT INTO t (v) VALUES (2)"); 1 }, 'a duplicate')
    for 1 .. 3;
reverted(revert('ADD KEY (v, id)', '--no-drop-old-table'), '... and back');
$app->do("INSERT INTO t (v) VALUES (6)");
is($s->value("SELECT MAX(id) FROM app.t"), 6, '... none is given twice');
is(join(', ', leftovers($s, 'app')), 'table _t_new',
    '... and the new table stays where that is wanted');

# --- what stops it ---------------------------------------------------------

# Expects it to refuse, and the way back still to be open.
sub stays {
	my ($name, $exit, $why, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, $exit, "$name: ends with $exit") or diag $r->{err};
	like($r->{err}, $why, '... says why');
	is(triggers_on($s, 't'), 'livealter_t_rdel livealter_t_rins ' .
	    'livealter_t_rupd', '... and the way back stays open');
}

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, u INT, s VARCHAR(5), " .
    "UNIQUE KEY u (u))", "INSERT INTO %s VALUES (1, 1, 'a'), (2, 2, 'b')");
$ALTER = 'DROP KEY u, MODIFY s VARCHAR(50), ADD x INT';
my $r = revert($ALTER);
is($r->{exit}, 17, 'nothing to revert');
like($r->{err}, qr/nothing to revert: no table `app`.`_t_old`/, '... it says');
succeeded(migrate($s, $ALTER, 'app', 't', '--reversible'), 'app', 't',
    'another one');
$r = migrate($s, 'ADD y INT', 'app', 't');
is($r->{exit}, 17, 'another migration is refused');
like($r->{err}, qr/can still be reverted/, '... until that is ended');
stays('a column would be lost', 17, qr/would be lost: `x`/, revert($ALTER));
stays('another ALTER', 17, qr/is another ALTER: \Q$ALTER\E/,
    revert('DROP KEY u, MODIFY s VARCHAR(50), ADD x INT, RENAME COLUMN s TO ' .
    'u, RENAME COLUMN u TO s', '--accept-loss'));
$r = revert($ALTER, '--accept-loss', '--dry-run');
stays('a dry run', 0, qr/plan the revert/, $r);
like($r->{out}, qr/^RENAME TABLE `app`.`t` TO `app`.`_t_new`, `app`.`/m,
    '... shows the swap');
unlike($r->{out}, qr/CREATE|INSERT LOW/, '... and nothing that is not done');

$app->do("UPDATE t SET s = 'longer than five' WHERE id = 1");
stays('a value the old table cannot hold', 36, qr/update of row 1: Data t/,
    revert($ALTER, '--accept-loss'));
$app->do("UPDATE t SET s = 'short' WHERE id = 1");
$app->do("DELETE FROM _t_back");
$app->do("INSERT INTO t (id, u, s) VALUES (3, 1, 'c')");
stays('a value that is there twice', 36, qr/insert of row 3: Duplicate entry/,
    revert($ALTER, '--accept-loss'));
$app->do("DELETE FROM _t_back");
stays('... of which the note is gone', 30, qr/row 3: not in the old table/,
    revert($ALTER, '--accept-loss'));
$app->do("UPDATE t SET u = 3 WHERE id = 3");
is($s->value("SELECT u FROM app._t_old WHERE id = 3"), 3,
    'a row that the old table can hold again is there again');
$app->do("UPDATE _t_old SET s = 'other' WHERE id = 2");
stays('a write past the triggers', 30, qr/row 2: not the same in the old /,
    revert($ALTER, '--accept-loss'));
$app->do("UPDATE _t_old SET s = 'b' WHERE id = 2");
my %at = ('before:return' => 39, 'after:return' => 39, 'after:verify' => 39,
    'before:revert' => 14);
for my $at (sort keys %at) {
	stays("a failure $at", $at{$at}, qr/LIVEALTER_FAIL_AT/, revert({ env =>
	    { LIVEALTER_FAIL_AT => $at } }, $ALTER, '--accept-loss'));
}
{
	my $p = start_livealter($s, 'revert', '--alter', $ALTER,
	    dsn('app', 't'), '--accept-loss', '--chunk-size', 1,
	    '--chunk-time', 0, '--sleep', 1);
	$p->wait_for(qr/compare the two tables/);
	$p->kill('INT');
	stays('an interrupt', 32, qr/interrupt|stopped/i, $p->wait(60));
}
$app->do("CREATE TRIGGER mine AFTER INSERT ON t FOR EACH ROW SET \@x = 1");
reverted(revert($ALTER, '--accept-loss'), 'and in the end it goes back');
is(join(' ', map { join ',', @$_ } $s->rows("SELECT id, u, s FROM app.t " .
    "ORDER BY id")), '1,1,short 2,2,b 3,3,c', '... with all the rows');
same_definition($s, 'app', 't', 'control', '... and the old definition');
nothing_left($s, 'app');
is(triggers_on($s, 't'), 'mine', "... and the application's new trigger");
$app->do("DROP TRIGGER mine");

# A trigger that is gone for a moment.
succeeded(migrate($s, 'ADD KEY (s)', 'app', 't', '--reversible'), 'app', 't',
    'once more');
$app->do("DROP TRIGGER livealter_t_rupd");
$r = revert('ADD KEY (s)');
is($r->{exit}, 12, 'a trigger that is gone');
like($r->{err}, qr/livealter_t_rupd` is gone/, '... is named');

# --- values of which the new table holds less ------------------------------

given($s, "CREATE TABLE %s (id INT PRIMARY KEY, c VARCHAR(10) NOT NULL, " .
    "n INT, x INT) CHARSET utf8mb4",
    "INSERT INTO %s SELECT i, LPAD(i, 5, '0'), IF(i % 3, i, NULL), i FROM (" .
    numbers(1, 300) . ") n");
$ALTER = 'MODIFY c INT NOT NULL, MODIFY n INT NOT NULL';
succeeded(migrate($s, $ALTER, 'app', 't', '--reversible',
    '--null-to-not-null'), 'app', 't', 'less');
for ("UPDATE %s SET x = 1 WHERE id < 50", "UPDATE %s SET c = 7, n = 8 WHERE " .
    "id = 60", "UPDATE %s SET id = 1000 WHERE id = 6", "DELETE FROM %s WHERE " .
    "id = 9", "INSERT INTO %s VALUES (2000, '17', 4, 4)") {
	for my $t (qw(t control)) {
		(my $sql = $_) =~ s/%s/$t/;
		$app->do($sql);
	}
}
reverted(revert($ALTER, '--null-to-not-null'), '... and back');
same_bytes($s, 'app', 't', 'control', '... what was not changed is as it was');

done_testing;
