# What a trigger can neither write to the new table nor note: the application
# does not fail, and the run comes to know of it.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--log-bin-trust-function-creators=1']);
my $dba = 'few@localhost';
my @as = ('-u', 'few', '-S', $s->socket);

sub fresh {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE " .
	    "TABLE app.t (id INT PRIMARY KEY, a INT); INSERT INTO app.t " .
	    "VALUES (1, 1), (2, 2), (3, 3)");
	$s->sql("DROP USER IF EXISTS $dba; CREATE USER $dba; GRANT SELECT, " .
	    "INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER, LOCK " .
	    "TABLES ON app.* TO $dba");
	$s->sql("GRANT SELECT ON performance_schema.metadata_locks TO $dba")
	    if $s->is_mysql;
}

# Compared, and waiting for the word.
sub waiting {
	my (@opts) = @_;
	my $p = start_migration($s, { connect => 0 }, 'ADD b INT', 'app', 't',
	    @as, '--cut-over=when-told', @opts);
	poll_until(sub { !$p->running || run_livealter($s, 'status',
	    dsn('app', 't'))->{out} =~ /waiting/ });
	return $p;
}

my @writes = ('INSERT INTO t VALUES (4, 4)', 'UPDATE t SET a = 7 WHERE id = 1',
    'DELETE FROM t WHERE id = 2', 'UPDATE t SET id = 9 WHERE id = 3');

for (
    ['a privilege that was taken away', "REVOKE INSERT, UPDATE, DELETE ON " .
	"app.* FROM $dba", "GRANT INSERT, UPDATE, DELETE ON app.* TO $dba"],
    ['a table that is gone', 'RENAME TABLE app._t_notes TO app.elsewhere, ' .
	'app._t_new TO app.nowhere',
	'RENAME TABLE app.elsewhere TO app._t_notes, app.nowhere TO ' .
	'app._t_new'],
    ['a view in its place', 'RENAME TABLE app._t_notes TO app.elsewhere, ' .
	'app._t_new TO app.nowhere; CREATE VIEW app._t_notes AS SELECT * ' .
	'FROM app.elsewhere; CREATE VIEW app._t_new AS SELECT * FROM ' .
	'app.nowhere', 'DROP VIEW app._t_notes, app._t_new; RENAME TABLE ' .
	'app.elsewhere TO app._t_notes, app.nowhere TO app._t_new'],
) {
	my ($name, $break, $mend) = @$_;
	for my $i (0 .. $#writes) {
		my $write = $writes[$i];
		fresh();
		# At any other time the looks of the run tell as well.
		# On MariaDB a missing table makes no mark: a statement that
		# began before the triggers does not find it, either.
		my $marks = $s->is_mysql || $name !~ /gone/;
		my $p = waiting('--verify-swap=no');
		$p->kill('STOP');
		my $app = $s->dbh(database => 'app');
		$s->sql($break);
		ok(eval { $app->do($write); 1 }, "$name: $write") or diag $@;
		my $rows = rows_of($s, 'app', 't');
		$s->sql($mend);
		$p->kill('CONT');
		run_livealter($s, 'control', dsn('app', 't'), 'cut-over');
		my $r = $p->wait;
		if (!$marks) {
			is($r->{exit}, 30, '... that it was away is seen, ' .
			    'and what it lacks') or diag $r->{err};
			next;
		}
		is($r->{exit}, 36, '... the run ends') or diag $r->{err};
		my ($id) = $r->{err} =~ /connection (\d+) wrote a row to/;
		is($id, $app->selectrow_array('SELECT CONNECTION_ID()'),
		    '... and says who wrote it') or diag $r->{err};
		same_dump(rows_of($s, 'app', 't'), $rows,
		    '... the row is where it was written');
		nothing_left($s, 'app');
		next if $i > 0;
		$r = migrate($s, 'ADD b INT', 'app', 't');
		is($r->{exit}, 36, '... the next run sees it as well');
		like($r->{err}, qr/KILL $id\b/, '... and says how to go on');
		nothing_left($s, 'app');
		$s->sql("KILL $id");
		poll_until(sub { !$s->value("SELECT COUNT(*) FROM " .
		    "information_schema.processlist WHERE id = $id") });
		succeeded(migrate($s, 'ADD b INT', 'app', 't'), 'app', 't',
		    '... which helps');
	}
}

# --- rights that only a role has ---------------------------------------------

fresh();
$s->sql("DROP USER few\@localhost; CREATE USER few\@localhost; CREATE ROLE " .
    "dba; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, " .
    "TRIGGER, LOCK TABLES ON app.* TO dba; GRANT dba TO few\@localhost; " .
    "SET DEFAULT ROLE dba " . ($s->is_mysql ? 'TO' : 'FOR') .
    " few\@localhost");
my $r = run_livealter($s, { connect => 0 }, '--alter', 'ADD c INT',
    dsn('app', 't'), '--execute', '-u', 'few', '-S', $s->socket);
if ($s->is_mysql) {
	is($r->{exit}, 0, 'a role will do') or diag $r->{err};
} else {
	isnt($r->{exit}, 0, 'triggers run without a role');
	like($r->{err}, qr/role dba/, '... which is said');
	like($r->{err}, qr/GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON /,
	    '... with what helps');
	nothing_left($s, 'app');
	$s->sql("GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON app.* TO " .
	    "few\@localhost");
	$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD c INT',
	    dsn('app', 't'), '--execute', '-u', 'few', '-S', $s->socket);
	is($r->{exit}, 0, '... and helps') or diag $r->{err};
}
done_testing;
