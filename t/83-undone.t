# Tables that undo nothing (MyISAM, Aria, MEMORY) and become InnoDB: whatever a
# statement, or a transaction, leaves half done in the old table is in the new
# one, at whatever moment it comes.
# long: every way to leave things half done, at four moments, of each engine.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);

my $s = Server->start(args => ['--secure-file-priv=']);
my $ALTER = 'ENGINE=InnoDB, ADD w INT NOT NULL DEFAULT 3, MODIFY v VARCHAR(40)';

# The engines of this server that undo nothing, and take a table like this one.
sub made {
	my ($engine) = @_;
	$s->sql("DROP DATABASE IF EXISTS app");
	$s->sql("CREATE DATABASE app DEFAULT CHARSET latin1");
	$s->sql("CREATE TABLE app.log (id INT PRIMARY KEY AUTO_INCREMENT, " .
	    "what INT NOT NULL) ENGINE=$engine");
	return eval { $s->sql("CREATE TABLE app.t (id INT AUTO_INCREMENT " .
	    "PRIMARY KEY, u INT NOT NULL, v VARCHAR(20), " .
	    "UNIQUE KEY u (u)) ENGINE=$engine"); 1 };
}

sub fill {
	my $n = 1;
	$s->sql("INSERT INTO app.t (u, v) VALUES (1, 'v')");
	for (1 .. 11) {
		$s->sql("INSERT INTO app.t (u, v) SELECT u + $n, " .
		    "CONCAT('v', u) FROM app.t");
		$n *= 2;
	}
	$s->sql("CREATE TABLE app.n (id INT PRIMARY KEY) SELECT id FROM " .
	    "app.t WHERE id < 60");
	# What raises errors by itself.
	$s->sql("CREATE TRIGGER app.before_ins BEFORE INSERT ON app.t FOR " .
	    "EACH ROW IF NEW.v = 'before' THEN SIGNAL SQLSTATE '45000'; " .
	    "END IF");
	$s->sql("CREATE TRIGGER app.after_$_->[0] AFTER $_->[1] ON app.t FOR " .
	    "EACH ROW IF $_->[2].v = 'after' THEN SIGNAL SQLSTATE '45000'; " .
	    "END IF") for ['ins', 'INSERT', 'NEW'], ['upd', 'UPDATE', 'NEW'],
	    ['del', 'DELETE', 'OLD'];
	$s->sql("CREATE FUNCTION app.writes (n INT) RETURNS INT " .
	    "DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO t (u, v) " .
	    "VALUES (n, 'f'); UPDATE t SET v = 'g' WHERE u = n - 1; SIGNAL " .
	    "SQLSTATE '45000'; RETURN 1; END");
}

sub engines {
	return grep { made($_) } map { $_->[0] } $s->rows("SELECT ENGINE " .
	    "FROM information_schema.ENGINES WHERE TRANSACTIONS = 'NO' AND " .
	    "SUPPORT IN ('YES', 'DEFAULT') AND ENGINE IN ('MyISAM', 'Aria', " .
	    "'MEMORY') ORDER BY ENGINE");
}

# Runs it, and ends it by KILL as soon as it has written something.
sub killed {
	my ($kill, $written, $sql) = @_;
	my $dbh = $s->dbh(database => 'app', RaiseError => 0, PrintError => 0);
	my ($id) = $dbh->selectrow_array("SELECT CONNECTION_ID()");
	$dbh->do("SET \@n = 0");
	$dbh->do($sql, { async => 1 });
	# The table is locked: what is written cannot be seen.
	sleep 0.12;
	eval { $s->sql("$kill $id") };
	poll_until(sub { !grep { $_->[0] == $id && $_->[4] ne 'Sleep' }
	    $s->rows("SHOW PROCESSLIST") }, 30, 'the statement ends');
	eval { $dbh->mysql_async_result };
	$dbh->disconnect;
}

# In a session of its own, in which errors are what is wanted.
sub app {
	my ($end, @sql) = @_;
	my $dbh = $s->dbh(database => 'app', RaiseError => 0, PrintError => 0);
	my ($id) = $dbh->selectrow_array("SELECT CONNECTION_ID()");
	$dbh->do($_) for @sql;
	$s->sql("KILL $id") if $end eq 'kill';
	$dbh->disconnect;
}

my $slow = "IF(SLEEP(0.01) = 0, 1, 1)";

# Each with 60 rows of its own: from $a on there are rows, from $f on none.
my %WAY = (
    'a duplicate in the middle' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO t (u, v) VALUES ($f, 'x'), ($f + 1, 'x'), ($a, 'x'), " .
	"($f + 2, 'x')") },
    'one that is ignored' => sub { my ($a, $f) = @_; app('',
	"INSERT IGNORE INTO t (u, v) VALUES ($f, 'x'), ($a, 'x'), " .
	"($f + 2, 'x')") },
    'an UPDATE that meets one' => sub { my ($a, $f) = @_; app('',
	"UPDATE t SET u = IF(id < $a + 5, u + 100000, $a + 20), v = 'moved' " .
	"WHERE id BETWEEN $a AND $a + 9") },
    'an UPDATE IGNORE' => sub { my ($a, $f) = @_; app('',
	"UPDATE IGNORE t SET u = IF(id < $a + 5, u + 200000, $a + 20) WHERE " .
	"id BETWEEN $a AND $a + 9") },
    'keys that move until one is taken' => sub { my ($a, $f) = @_; app('',
	"UPDATE t SET id = IF(id < $a + 5, id + 300000, $a + 30) WHERE id " .
	"BETWEEN $a AND $a + 9") },
    'an UPDATE of two tables' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO log (what) VALUES ($a), ($a + 1)",
	"UPDATE t JOIN log ON t.id = log.what SET t.u = $f + 7, v = 'two' " .
	"WHERE log.what BETWEEN $a AND $a + 1") },
    'a DELETE of two tables' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO log (what) VALUES ($a), ($a + 1)",
	"UPDATE t SET v = 'y' WHERE id = $a",
	"DELETE t, log FROM t JOIN log ON t.id = log.what WHERE log.what " .
	"BETWEEN $a AND $a + 1") },
    'REPLACE' => sub { my ($a, $f) = @_; app('',
	"REPLACE INTO t (id, u, v) VALUES ($a, $a + 1, 'r'), " .
	"($f, $a + 2, 'r')") },
    'ON DUPLICATE KEY UPDATE' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO t (u, v) VALUES ($a, 'x'), ($f, 'x'), ($a + 1, 'x') ON " .
	"DUPLICATE KEY UPDATE v = 'dup', u = u + 400000") },
    'LOAD DATA' => sub { my ($a, $f) = @_; app('',
	"SELECT $f, 'l' UNION ALL SELECT $f + 1, 'l' UNION ALL SELECT $a, " .
	"'l' UNION ALL SELECT $f + 2, 'l' INTO OUTFILE '../load$f'",
	"LOAD DATA INFILE '../load$f' INTO TABLE t (u, v)") },
    'a value that is too long' => sub { my ($a, $f) = @_; app('',
	"SET sql_mode = 'STRICT_ALL_TABLES'", "INSERT INTO t (u, v) VALUES " .
	"($f, 'x'), ($f + 1, REPEAT('x', 50)), ($f + 2, 'x')",
	"UPDATE t SET v = IF(id < $a + 5, 'z', REPEAT('x', 50)) WHERE id " .
	"BETWEEN $a AND $a + 9") },
    'a trigger before the row' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO t (u, v) VALUES ($f, 'x'), ($f + 1, 'before')") },
    'a trigger after the row' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO t (u, v) VALUES ($f, 'x'), ($f + 1, 'after')",
	"UPDATE t SET v = 'after' WHERE id BETWEEN $a AND $a + 3",
	"DELETE FROM t WHERE id BETWEEN $a AND $a + 3") },
    'a function that writes' => sub { my ($a, $f) = @_; app('',
	"INSERT INTO t (u, v) VALUES ($f, 'x')",
	"SELECT writes($f + 1)") },
    'ROLLBACK' => sub { my ($a, $f) = @_; app('', 'BEGIN',
	"INSERT INTO t (u, v) VALUES ($f, 'x')",
	"UPDATE t SET v = 'x', id = id + 500000 WHERE id = $a",
	"DELETE FROM t WHERE id = $a + 1", 'ROLLBACK') },
    'ROLLBACK TO SAVEPOINT' => sub { my ($a, $f) = @_; app('', 'BEGIN',
	'SAVEPOINT s', "INSERT INTO t (u, v) VALUES ($f, 'x')",
	"UPDATE t SET v = 'x' WHERE id = $a", "DELETE FROM t WHERE id = " .
	"$a + 1", 'ROLLBACK TO s', 'COMMIT') },
    'a session that ends' => sub { my ($a, $f) = @_; app('', 'BEGIN',
	"INSERT INTO t (u, v) VALUES ($f, 'x')",
	"UPDATE t SET v = 'x' WHERE id = $a",
	"DELETE FROM t WHERE id = $a + 1") },
    'one that is killed' => sub { my ($a, $f) = @_; app('kill', 'BEGIN',
	"INSERT INTO t (u, v) VALUES ($f, 'x')",
	"UPDATE t SET v = 'x' WHERE id = $a",
	"DELETE FROM t WHERE id = $a + 1") },
    'LOCK TABLES' => sub { my ($a, $f) = @_; app('', "LOCK TABLES t WRITE",
	"INSERT INTO t (u, v) VALUES ($f, 'x'), ($a, 'x')",
	"UPDATE t SET v = 'locked' WHERE id = $a", 'UNLOCK TABLES') },
    'INSERT DELAYED and LOW_PRIORITY' => sub { my ($a, $f) = @_; app('',
	"INSERT DELAYED INTO t (u, v) VALUES ($f, 'x')",
	"INSERT LOW_PRIORITY INTO t (u, v) VALUES ($f + 1, 'x'), ($a, 'x')",
	"INSERT HIGH_PRIORITY INTO t (u, v) VALUES ($f + 2, 'x'), ($a, 'x')")
	},
);

# Values and keys that are passed on in circles, and ways that take longer.
for my $kill ('KILL QUERY', 'KILL') {
	$WAY{"$kill in an UPDATE"} = sub { my ($a, $f) = @_; killed($kill,
	    $a, "UPDATE t SET v = CONCAT('k', $slow), u = u + 600000 " .
	    "WHERE id BETWEEN $a AND $a + 59") };
	$WAY{"$kill in a DELETE"} = sub { my ($a, $f) = @_; killed($kill,
	    $a, "DELETE FROM t WHERE id BETWEEN $a AND $a + 59 AND $slow") };
	$WAY{"$kill in an INSERT"} = sub { my ($a, $f) = @_; killed($kill,
	    $f, "INSERT INTO t (u, v) SELECT $f + id, " .
	    "CONCAT('k', $slow) FROM n") };
	$WAY{"$kill in a REPLACE"} = sub { my ($a, $f) = @_; killed($kill,
	    $f, "REPLACE INTO t (u, v) SELECT $a + id, CONCAT('k', $slow) " .
	    "FROM n") };
}

my $used = 0;			# rows that the ways have got

sub all_ways {
	my @idle;
	for my $name (sort keys %WAY) {
		$used += 60;
		my $was = table_checksum($s, 'app', 't');
		eval { $WAY{$name}->($used % 1900 + 1, 1000000 + $used); 1 }
		    or fail("$name: $@");
		push @idle, $name if $was eq table_checksum($s, 'app', 't');
	}
	is("@idle", '', '... each way has left something');
}

# The rows that the old table has in the end, altered by the server itself.
sub judged {
	my ($name, $r, $what) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	succeeded($r, 'app', 't', $name) or return;
	$s->sql("CREATE TABLE app.want LIKE app._t_old");
	$s->sql("INSERT INTO app.want SELECT * FROM app._t_old");
	$s->sql("ALTER TABLE app.want $ALTER");
	# Aria leaves an option that any further ALTER takes away.
	$s->sql("ALTER TABLE app.$_ AUTO_INCREMENT = 9000000") for 't', 'want';
	same_rows($s, 'app', 't', 'want', "$name: every row");
	same_definition($s, 'app', 't', 'want', '... and the definition');
	$s->sql("DROP TABLE app._t_old, app.want");
	nothing_left($s, 'app', '... and nothing else is there');
}

sub begun {
	my ($engine) = @_;
	made($engine);
	fill();
}

my @engines = engines();
cmp_ok(scalar @engines, '>=', 2, "the server has such engines: @engines");

for my $engine (@engines) {
	for my $at ('before:copy', 'after:copy', 'before:swap') {
		begun($engine);
		my $p = start_to_step($s, $at, $ALTER, 'app', 't',
		    '--no-drop-old-table', '--chunk-size', 100);
		all_ways();
		$p->kill('CONT');
		judged("$engine, $at", $p->wait);
	}
	# Each by itself, once the tables are compared: a row that was not noted
	# would not be looked at again.
	for my $name ($engine eq 'MyISAM' ? sort keys %WAY : ()) {
		begun($engine);
		my $p = start_to_step($s, 'before:swap', $ALTER, 'app', 't',
		    '--no-drop-old-table');
		$WAY{$name}->(1, 1000000);
		$p->kill('CONT');
		judged("$name, last", my $r = $p->wait);
		unlike($r->{err}, qr/compare the two tables once more/,
		    '... and each row was noted') if $name !~ ($s->is_mysql ?
		    qr/kill/i : qr/kill|LOCK TABLES/i);
	}
	# While it is at work, and while it waits for the swap.
	begun($engine);
	my $flag = File::Temp->new;
	my $mark = $s->log_mark;
	my $p = start_to_chunk($s, 2, $ALTER, 'app', 't', '--chunk-size', 20,
	    '--sleep', 0.02, '--no-drop-old-table',
	    '--postpone-cut-over-flag-file', "$flag");
	all_ways();
	$p->wait_for(qr/waiting|postpone/i, 60);
	all_ways();
	unlink "$flag";
	judged("$engine, all the while", $p->wait);
}

done_testing;
