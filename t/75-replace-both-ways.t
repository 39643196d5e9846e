# REPLACE and INSERT ... ON DUPLICATE KEY UPDATE, of several rows and against
# several unique keys, in both directions: while the table is altered, after
# the swap, when the triggers mirror into the old table, and over the way back.
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

my $seed = $ENV{SEED} // 75;
note "SEED=$seed";
my $s = Server->start;

# The two shapes: v becomes w, note goes, extra comes.
my $ALTER = 'CHANGE v w VARCHAR(40), DROP note, ADD extra INT DEFAULT 5';
my $COLUMNS = 'id INT NOT NULL, email VARCHAR(20) NOT NULL, k INT, ' .
    "v VARCHAR(20), note INT NOT NULL DEFAULT 7, PRIMARY KEY (id)";

# Statements that meet up to three rows, in as many unique keys.
sub op {
	my ($r) = @_;
	my $n = $r->(1000);
	my $row = sub { sprintf "(%d, 'e%d', %s, '%s%d')", $r->(120),
	    $r->(120), $r->(8) ? $r->(120) : 'NULL', $_[0], $n };
	my $rows = join ', ', map { $row->('r') } 0 .. $r->(3);
	my ($lo, $to) = ($r->(120), $r->(120));
	my $cols = '(id, email, k, v)';
	my @sql = (
	    "REPLACE INTO %s $cols VALUES $rows",
	    "REPLACE INTO %s $cols VALUES " . $row->('s'),
	    "REPLACE INTO %s $cols SELECT id, email, k, CONCAT('c', $n) " .
	    "FROM (SELECT * FROM %s WHERE id BETWEEN $lo AND $lo + 3) x",
	    "REPLACE INTO %s $cols SELECT $to, email, k, CONCAT('d', $n) " .
	    "FROM %s WHERE id = $lo",
	    "INSERT INTO %s $cols VALUES $rows ON DUPLICATE KEY UPDATE " .
	    "v = 'o$n'",
	    "INSERT INTO %s $cols VALUES $rows ON DUPLICATE KEY UPDATE " .
	    "v = VALUES(v), k = NULL",
	    "INSERT INTO %s $cols VALUES " . $row->('p') . ' ON DUPLICATE ' .
	    'KEY UPDATE id = VALUES(id), email = VALUES(email)',
	    "INSERT IGNORE INTO %s $cols VALUES $rows",
	    "UPDATE IGNORE %s SET id = id + 1 WHERE id BETWEEN $lo AND " .
	    "$lo + 2 ORDER BY id DESC",
	    "UPDATE %s SET v = 'u$n' WHERE email = 'e$lo'",
	    "DELETE FROM %s WHERE k = $lo",
	);
	my $sql = $sql[$r->(scalar @sql)];
	return [$sql, $sql =~ s/\bv\b/w/gr];
}

# innodb_snapshot_isolation, where there is one, has errors (1020) of its own.
my @session = $s->value("SELECT COUNT(*) FROM information_schema." .
    'SYSTEM_VARIABLES WHERE VARIABLE_NAME = "innodb_snapshot_isolation"') ?
    'SET SESSION innodb_snapshot_isolation = OFF' : () if !$s->is_mysql;

sub way_back {
	my ($name, $keys, %o) = @_;
	given($s, "CREATE TABLE %s ($COLUMNS$keys)", "INSERT INTO %s (id, " .
	    "email, k, v) SELECT i, CONCAT('e', i), i, 'v' FROM (" .
	    numbers(0, 99) . ") n", "UPDATE %s SET note = id");
	my @w = map { start_two_shaped($s, db => 'app', seed => $seed++,
	    session => \@session, ops => \&op, in_turn => 1) } 1, 2;
	for my $round (1, 2) {
		my $r = migrate($s, $ALTER, 'app', 't', '--reversible',
		    '--chunk-size', 10, '--chunk-time', 0, '--sleep', 0.02);
		succeeded($r, 'app', 't', "$name: round $round") or last;
		in_step($s, '... the old table is in step', 't', '_t_old',
		    id => 'id', email => 'email', k => 'k', w => 'v');
		sleep 0.3;
		$r = run_livealter($s, 'revert', '--alter', $ALTER,
		    '--accept-loss', dsn('app', 't'));
		is($r->{exit}, 0, '... it is got back') or diag $r->{err};
	}
	my @rep = map { $_->stop } @w;
	is(join("\n", map { @{$_->{errors}} } @rep), '',
	    '... the application has no error');
	cmp_ok($_->{transactions}, '>', 30, '... which was at work') for @rep;
	same_bytes($s, 'app', 't', 'control', '... every row is as it would ' .
	    'have been, with what was dropped meanwhile');
	nothing_left($s, 'app');
}

way_back('a primary key alone', '');
way_back('another unique key', ', UNIQUE KEY (email)');
way_back('two of them, one with NULLs', ', UNIQUE KEY (email), ' .
    'UNIQUE KEY (k)');

done_testing;
