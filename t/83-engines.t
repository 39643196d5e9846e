# Tables of other engines: which ones this server has, which of them livealter
# changes, and why not the others; and what it does when rows of those that undo
# nothing come past the triggers, the server restarts or the program dies.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my %OURS = map { $_ => 1 } qw(InnoDB MyISAM Aria MEMORY);

sub fresh {
	my ($engine, $more) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.t (id INT NOT NULL AUTO_INCREMENT, u INT " .
	    "NOT NULL, PRIMARY KEY (id)) ENGINE=$engine " . ($more // ''));
	$s->sql("INSERT INTO app.t (u) VALUES (1), (2), (3), (4)");
}

# --- every engine of the server ---------------------------------------------

my @changed;
for ($s->rows("SELECT ENGINE, TRANSACTIONS FROM information_schema.ENGINES " .
    "WHERE SUPPORT IN ('YES', 'DEFAULT') ORDER BY ENGINE")) {
	my ($engine) = @$_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	my $made = grep { eval { $s->sql("CREATE TABLE app.t (id INT NOT " .
	    "NULL$_) ENGINE=$engine"); 1 } } ', PRIMARY KEY (id)', '';
	if (!$made) {
		note("$engine: no such table can be made");
		next;
	}
	my $was = $s->dump('app');
	my $r = migrate($s, 'ENGINE=InnoDB', 'app', 't');
	if ($OURS{$engine}) {
		succeeded($r, 'app', 't', $engine);
		push @changed, $engine;
		next;
	}
	isnt($r->{exit}, 0, "$engine is refused");
	like($r->{err}, qr/engine is \Q$engine\E: \w.*ALTER TABLE/s,
	    '... with the reason, and what to use');
	is($s->dump('app'), $was, '... and nothing was touched');
}
cmp_ok(scalar @changed, '>=', 3, "changed: @changed");

# --- what is not to be had --------------------------------------------------

sub refused {
	my ($name, $say, @args) = @_;
	my $was = $s->dump('app');
	my $r = run_livealter($s, @args, '--execute', 'D=app,t=t');
	is($r->{exit}, 17, "$name is refused") or diag $r->{err};
	like($r->{err}, $say, '... with the reason');
	is($s->dump('app'), $was, '... and nothing was touched');
}

fresh('MyISAM');
refused('MyISAM that stays', qr/ENGINE=InnoDB/, '--alter', 'ADD z INT');
refused('--reversible', qr/MyISAM.*undoes nothing.*omit --reversible/s,
    '--alter', 'ENGINE=InnoDB', '--reversible');
refused('--where', qr/--where.*MyISAM/s, '--alter', 'ENGINE=InnoDB',
    '--where', 'id > 1', '--force');
$s->sql("ALTER TABLE app.t ENGINE=InnoDB");
refused('InnoDB that becomes MyISAM', qr/rolls back would stay/, '--alter',
    'ENGINE=MyISAM');

fresh('MyISAM');
my $r = migrate($s, 'ENGINE=InnoDB', 'app', 't', '--no-swap-tables',
    '--no-drop-new-table');
is($r->{exit}, 17, '--no-swap-tables is refused');
like($r->{err}, qr/MyISAM.*flag-file/s, '... with what to use');

# The server's own ALTER TABLE refuses it, and so does the new table.
$s->sql("DROP TABLE app.t, app._t_new; CREATE TABLE app.t (a INT NOT NULL, " .
    "id INT NOT NULL AUTO_INCREMENT, PRIMARY KEY (a, id)) ENGINE=MyISAM");
ok(!eval { $s->sql("ALTER TABLE app.t ENGINE=InnoDB"); 1 },
    'a second column of a key that counts');
my ($why) = $@ =~ /(there can be only one auto column)/;
$r = migrate($s, 'ENGINE=InnoDB', 'app', 't');
is($r->{exit}, 11, '... is refused here, too');
like($r->{err}, qr/\Q$why\E/, '... with the same words');

# --- what becomes of MyISAM's own options -----------------------------------

for my $more ('ROW_FORMAT=FIXED', 'PACK_KEYS=1', 'DELAY_KEY_WRITE=1',
    'CHECKSUM=1', 'MIN_ROWS=5 MAX_ROWS=1000 AVG_ROW_LENGTH=100') {
	fresh('MyISAM', $more);
	copy_table($s, 'app', 't', 'want');
	my $like = eval { $s->sql("ALTER TABLE app.want ENGINE=InnoDB"); 1 };
	my $r = migrate($s, 'ENGINE=InnoDB', 'app', 't');
	if (!$like) {
		is($r->{exit}, 11, "$more: refused as by ALTER TABLE");
		next;
	}
	succeeded($r, 'app', 't', $more);
	same_definition($s, 'app', 't', 'want', '... and is what it becomes');
}
$s->sql("DROP TABLE IF EXISTS app.t; CREATE TABLE app.t (id INT NOT NULL, " .
    "b VARCHAR(20), p POINT NOT NULL, UNIQUE KEY k (id), FULLTEXT KEY f (b), " .
    "SPATIAL KEY s (p)) ENGINE=MyISAM; INSERT INTO app.t VALUES (1, 'one', " .
    "POINT(1, 2)), (2, 'two', POINT(3, 4))");
copy_table($s, 'app', 't', 'want2');
$s->sql("ALTER TABLE app.want2 ENGINE=InnoDB");
my $p = start_to_step($s, 'before:swap', 'ENGINE=InnoDB', 'app', 't');
$s->sql("UPDATE app.$_ SET b = 'three' WHERE id = 2") for 't', 'want2';
$p->kill('CONT');
succeeded($p->wait, 'app', 't', 'FULLTEXT and SPATIAL keys');
same_definition($s, 'app', 't', 'want2', '... and its definition');
same_bytes($s, 'app', 't', 'want2', '... and its rows');

# --- keys, as they are and as they become -----------------------------------

for (["k VARCHAR(20) COLLATE latin1_swedish_ci NOT NULL, v INT, " .
    "PRIMARY KEY (k)", 'CONVERT TO CHARACTER SET utf8mb4', "('b', 1), " .
    "('c', 2), (_latin1 x'E4', 3)", "UPDATE {t} SET k = 'B' WHERE v = 1",
    "DELETE FROM {t} WHERE v = 2", "INSERT INTO {t} VALUES ('C', 4)"],
    ["k INT NOT NULL, v VARCHAR(5) NOT NULL, PRIMARY KEY (k), UNIQUE KEY (v)",
    'MODIFY k BIGINT NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (v, k)',
    "(1, 'a'), (2, 'b'), (3, 'c')", "UPDATE {t} SET v = 'd' WHERE k = 1",
    "UPDATE {t} SET v = 'a' WHERE k = 2", "UPDATE {t} SET k = 9 WHERE k = 3"],
    ["state TINYINT NOT NULL, what VARCHAR(9) NOT NULL, key_0 INT NOT NULL, " .
    "PRIMARY KEY (state, what, key_0)", 'ADD x INT DEFAULT 3',
    "(1, 'a', 1), (1, 'b', 1), (2, 'a', 2)", "UPDATE {t} SET what = 'c' " .
    "WHERE key_0 = 2", "DELETE FROM {t} WHERE what = 'b'",
    "REPLACE INTO {t} VALUES (1, 'a', 1)"]) {
	my ($cols, $alter, $rows, @writes) = @$_;
	for my $engine (@changed) {
		$s->sql("DROP TABLE IF EXISTS app.t, app.want; CREATE TABLE " .
		    "app.t ($cols) ENGINE=$engine DEFAULT CHARSET latin1; " .
		    "INSERT INTO app.t VALUES $rows");
		copy_table($s, 'app', 't', 'want');
		my $p = start_to_step($s, 'before:swap',
		    "ENGINE=InnoDB, $alter", 'app', 't');
		for my $t ('t', 'want') {
			$s->sql(s/\{t\}/app.$t/r) for @writes;
		}
		$p->kill('CONT');
		$s->sql("ALTER TABLE app.want ENGINE=InnoDB, $alter");
		succeeded($p->wait, 'app', 't', "$engine, $alter");
		same_bytes($s, 'app', 't', 'want', '... and every row');
	}
}

# --- past the triggers ------------------------------------------------------

# With this protection left out: the proof of the swap is there to find it.
sub past {
	my ($without, $sql) = @_;
	my $p = start_to_step($s, 'before:swap', 'ENGINE=InnoDB', 'app', 't')
	    if !$without;
	if ($without) {
		$p = start_migration($s, { env => { LIVEALTER_WITHOUT =>
		    $without, LIVEALTER_STOP_AT => 'before:swap' } },
		    'ENGINE=InnoDB', 'app', 't');
		$p->wait_until_stopped or fail('it comes to the swap');
	}
	$s->sql($sql);
	$p->kill('CONT');
	return $p->wait;
}

for my $engine (grep { $_ ne 'InnoDB' } @changed) {
	fresh($engine);
	succeeded(past('', "TRUNCATE TABLE app.t"), 'app', 't',
	    "$engine that is emptied");
	is($s->value("SELECT COUNT(*) FROM app.t"), 0, '... is empty');
	fresh($engine);
	$r = past('truncate,count,follow', "TRUNCATE TABLE app.t");
	is($r->{exit}, 40, '... and without that it is a loss');
}

# --- the program dies, and the server restarts ------------------------------

for my $at ('after:capture', 'after:copy', 'before:swap') {
	fresh('MyISAM');
	die_at($s, $at, '--alter', 'ENGINE=InnoDB', 'D=app,t=t', '--execute');
	$s->sql("UPDATE app.t SET u = 70 WHERE id = 2; DELETE FROM app.t " .
	    "WHERE id = 3; INSERT INTO app.t (u) VALUES (80)");
	succeeded(run_livealter($s, 'resume', 'D=app,t=t'), 'app', 't',
	    'resumed');
	is(join(' ', map { "@$_" } $s->rows("SELECT id, u FROM app.t ORDER " .
	    "BY id")), '1 1 2 70 4 4 5 80', '... with all rows');
	nothing_left($s, 'app');
}
fresh('MyISAM');
die_at($s, 'after:copy', '--alter', 'ENGINE=InnoDB', 'D=app,t=t',
    '--execute');
$r = run_livealter($s, 'cleanup', 'D=app,t=t');
is($r->{exit}, 0, 'cleaned up') or diag $r->{err};
nothing_left($s, 'app');
is($s->value("SELECT ENGINE FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'app' AND TABLE_NAME = 't'"), 'MyISAM',
    '... and it is what it was');

for my $engine (grep { $_ ne 'InnoDB' } @changed) {
	fresh($engine);
	my $p = start_to_step($s, 'before:swap', 'ENGINE=InnoDB', 'app', 't');
	$s->sql("UPDATE app.t SET u = 70 WHERE id = 2");
	$s->restart;
	my $rows = rows_of($s, 'app', 't');
	$p->kill('CONT');
	succeeded($p->wait, 'app', 't', "$engine, over a restart");
	is(rows_of($s, 'app', 't'), $rows, '... the rows it has now');
}

# --- nobody sees an error ---------------------------------------------------

for my $engine (grep { $_ ne 'InnoDB' } @changed) {
	fresh($engine);
	my $p = start_to_step($s, 'before:copy', 'ENGINE=InnoDB', 'app', 't');
	my $dbh = $s->dbh(database => 'app');
	my @said;
	for my $sql ("INSERT INTO t (u) VALUES (9)",
	    "UPDATE t SET u = u + 1", "DELETE FROM t WHERE id = 1",
	    "BEGIN", "INSERT INTO t (u) VALUES (10)", "COMMIT") {
		$dbh->do($sql);
		push @said, map { "$sql: @$_" }
		    @{$dbh->selectall_arrayref("SHOW WARNINGS")};
	}
	is("@said", '', "$engine: no statement gets a warning from us");
	$p->kill('CONT');
	succeeded($p->wait, 'app', 't', '... and it');
}

# --- MySQL and its GTIDs ----------------------------------------------------

SKIP: {
	skip 'MariaDB enforces nothing of the kind', 4 if !$s->is_mysql;
	$s = Server->start(args => ['--log-bin=b', '--gtid-mode=ON',
	    '--enforce-gtid-consistency=ON']);
	fresh('MyISAM');
	refused('enforce_gtid_consistency', qr/1785.*ALTER TABLE/s, '--alter',
	    'ENGINE=InnoDB');
	fresh('InnoDB');
	succeeded(migrate($s, 'ADD z INT', 'app', 't'), 'app', 't',
	    '... but not of InnoDB');
}

done_testing;
