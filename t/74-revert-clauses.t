# Each kind of clause, done with --reversible while an application writes, and
# then reverted: the table, its children and all triggers are defined as before,
# by what SHOW CREATE says; or it is refused before anything is made.  A revert
# that could not bring that back is refused before the swap, and one that has
# not does not claim success.
#
# long: a migration and a revert for each
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $seed = $ENV{SEED} // 74;
note "SEED=$seed";
# Where keys are checked above InnoDB, the new table is without its keys to
# itself until the swap (include/model/apart.h).
my $s = Server->start;
my $mysql = $s->is_mysql;
my $drop_check = $mysql ? 'DROP CHECK' : 'DROP CONSTRAINT';
my $unseen = $mysql ? 'INVISIBLE' : 'IGNORED';

# --- tables -----------------------------------------------------------------

my $columns = "id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL DEFAULT 0, " .
    "a INT COMMENT 'it''s, (a) column', s VARCHAR(20) DEFAULT 'x' COLLATE " .
    "utf8mb4_bin, `o``d` INT INVISIBLE, old INT DEFAULT 3, up INT, b INT, " .
    "g INT AS (a + 1) STORED, v INT AS (a + 2) VIRTUAL, KEY ka (a), " .
    "KEY ks (s(3)) COMMENT 'a key', UNIQUE KEY u (n, id), KEY kb (b)";
my $options = "ENGINE=InnoDB COMMENT='it is' ROW_FORMAT=DYNAMIC " .
    "STATS_PERSISTENT=1";
my $checks = ", CONSTRAINT c1 CHECK (a >= 0), CHECK (n < 5000)";
my $hash = 'PARTITION BY HASH (id) PARTITIONS 3';
my $ranges = "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100) " .
    "COMMENT = 'low', PARTITION pm VALUES LESS THAN MAXVALUE)";
my %made = (
	plain => "($columns) $options",
	checks => "($columns$checks, KEY hid (old) $unseen) $options",
	keys => "($columns$checks, CONSTRAINT f1 FOREIGN KEY (old) " .
	    "REFERENCES p (id) ON DELETE CASCADE, FOREIGN KEY (b) " .
	    "REFERENCES p (id), " .
	    "CONSTRAINT `f``2` FOREIGN KEY (up) REFERENCES p (id) " .
	    "ON UPDATE SET NULL) $options",
	self => "($columns, CONSTRAINT own FOREIGN KEY (up) REFERENCES t " .
	    "(id) ON DELETE SET NULL, CONSTRAINT fa FOREIGN KEY (b) " .
	    "REFERENCES p (id)) $options",
	unnamed => "($columns, FOREIGN KEY (up) REFERENCES t (id)) $options",
	hash => "($columns) $options $hash",
	ranges => "($columns$checks) $options $ranges",
);

sub make {
	my ($kind) = @_;
	fresh_schema($s, "SET NAMES utf8mb4", "ALTER DATABASE app " .
	    "CHARACTER SET utf8mb4",
	    "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2), (3)",
	    "CREATE TABLE t $made{$kind}",
	    "CREATE TABLE control (id INT PRIMARY KEY, n INT NOT NULL)",
	    "CREATE TABLE log (id INT)");
	my $app = $s->dbh(database => 'app');
	$app->do("INSERT INTO $_ (id, n) VALUES " . join ', ',
	    map { "($_, $_)" } 1 .. 40) for 't', 'control';
	$app->do("UPDATE t SET a = id % 3 + 1, s = id, old = 3 WHERE id < 30");
	# Who comes to the table and whom it comes to.
	$app->do("CREATE TABLE child (id INT PRIMARY KEY, t INT, CONSTRAINT " .
	    "c FOREIGN KEY (t) REFERENCES t (id) ON DELETE SET NULL)")
	    if $kind !~ /hash|ranges|self|unnamed/;
	$app->do("CREATE TRIGGER $_->[0] $_->[1] ON t FOR EACH ROW $_->[2]")
	    for ['one', 'BEFORE INSERT', "SET NEW.s = COALESCE(NEW.s, 'y')"],
	    ['two', 'BEFORE INSERT', 'BEGIN SET @x = NEW.n; END'],
	    ['`th``ree`', 'AFTER DELETE', 'DO 1 /* it is */'];
	$app->disconnect;
}

# All that is defined in the schema, but for the counters.
sub defined_as {
	my $text = '';
	for (sort map { $_->[0] } $s->rows("SHOW TABLES FROM app")) {
		my $r = $s->row("SHOW CREATE TABLE app." . Story::q($_));
		$text .= $r->{'Create Table'} =~ s/ AUTO_INCREMENT=\d+//r .
		    "\n";
	}
	return $text . Twin::triggers_shown($s, 'app');
}

# --- clauses ----------------------------------------------------------------

my @any = (
	'ADD COLUMN x INT', 'ADD COLUMN x INT NOT NULL DEFAULT 5 FIRST',
	"ADD COLUMN x VARCHAR(9) CHARACTER SET latin1 COMMENT 'a ; b' AFTER n",
	'ADD COLUMN x INT AS (n + 1) STORED, ADD KEY kx (x)',
	'ADD COLUMN x INT AS (n + 1) VIRTUAL', 'ADD COLUMN x INT INVISIBLE',
	'ADD COLUMN x INT CHECK (x > 0)', 'ADD COLUMN (x INT, y INT, KEY (y))',
	'ADD KEY kx (n, b)', 'ADD UNIQUE KEY kx (id, b)',
	'ADD CONSTRAINT c9 CHECK (n >= 0)', 'ADD CHECK (n > -5)',
	'DROP COLUMN `o``d`', 'DROP COLUMN v', 'DROP COLUMN g',
	'DROP KEY ks', 'RENAME KEY ks TO kz', "ALTER INDEX ks $unseen",
	'RENAME COLUMN s TO z', 'CHANGE `o``d` `e``v` BIGINT',
	'MODIFY s VARCHAR(80)', 'MODIFY n BIGINT NOT NULL FIRST',
	'MODIFY s VARCHAR(20) DEFAULT \'z\' COLLATE utf8mb4_general_ci',
	'MODIFY id BIGINT NOT NULL AUTO_INCREMENT', "MODIFY v INT AS (a + 3)",
	'MODIFY COLUMN a INT AFTER b', 'ALTER COLUMN s SET DEFAULT 5',
	'ALTER s DROP DEFAULT', 'ALTER old SET DEFAULT 2',
	'DROP PRIMARY KEY, ADD PRIMARY KEY (n, id), ADD UNIQUE KEY only (id)',
	"COMMENT='new'", 'ROW_FORMAT=COMPRESSED', 'STATS_PERSISTENT=0',
	'DEFAULT CHARACTER SET latin1', 'CONVERT TO CHARACTER SET utf8mb4 ' .
	'COLLATE utf8mb4_bin', 'AUTO_INCREMENT=1000', 'ENGINE=InnoDB', 'FORCE',
	'ADD CONSTRAINT own2 FOREIGN KEY (b) REFERENCES t (id)',
	'ADD CONSTRAINT Own3 FOREIGN KEY (b) REFERENCES app.t (id) ON DELETE ' .
	'RESTRICT, ADD x INT',
	'ADD FOREIGN KEY (`o``d`) REFERENCES t (id)',
	'ADD FOREIGN KEY (`o``d`) REFERENCES p (id), ADD CONSTRAINT ' .
	'`a ``b"é` FOREIGN KEY (b) REFERENCES t (id)',
	'ADD CONSTRAINT f9 FOREIGN KEY (`o``d`) REFERENCES p (id)',
	'ADD FOREIGN KEY (`o``d`) REFERENCES p (id) ON DELETE CASCADE',
	'ADD COLUMN x INT REFERENCES p (id)',
	'ADD COLUMN x INT REFERENCES t (id)',
);
my %more = (
	plain => ['ADD FULLTEXT KEY kx (s)', $hash, $ranges],
	checks => ["$drop_check c1", "$drop_check c1, ADD CONSTRAINT c1 " .
	    "CHECK (a >= -1)", 'DROP CONSTRAINT c1', "ALTER INDEX hid " .
	    ($mysql ? 'VISIBLE' : 'NOT IGNORED')],
	keys => ['DROP FOREIGN KEY f1', 'DROP FOREIGN KEY f1, ADD CONSTRAINT ' .
	    'f1 FOREIGN KEY (old) REFERENCES p (id)', 'RENAME COLUMN old TO ' .
	    'z, RENAME COLUMN b TO y', 'RENAME KEY ka TO kz', 'DROP KEY kb',
	    'DROP KEY ka, ADD KEY kz (a, n)'],
	self => ['DROP FOREIGN KEY own', 'RENAME COLUMN up TO upper, ' .
	    'RENAME COLUMN b TO y', 'DROP FOREIGN KEY own, DROP COLUMN up'],
	hash => ['REMOVE PARTITIONING', $ranges, 'COALESCE PARTITION 1',
	    'ADD PARTITION PARTITIONS 2'],
	ranges => ['REMOVE PARTITIONING', $hash, 'REORGANIZE PARTITION pm ' .
	    'INTO (PARTITION p1 VALUES LESS THAN (200), PARTITION pm VALUES ' .
	    'LESS THAN MAXVALUE)'],
);
if ($mysql) {
	push @any, 'ADD KEY kx ((n + b))', 'ADD KEY kx (n DESC)';
	push @{$more{checks}}, 'ALTER CHECK c1 NOT ENFORCED';
}

# --- there and back ---------------------------------------------------------

# On a busy machine a swap may not come about in time: all is undone then.
sub in_time {
	my ($run) = @_;
	my $r;
	for (1 .. 5) {
		$r = $run->();
		return $r if $r->{exit} != 14;
		note $r->{err} =~ /error: (.*)/;
	}
	return $r;
}

my %done;
sub there_and_back {
	my ($kind, $alter) = @_;
	my $name = "$kind, $alter";
	make($kind);
	my $was = defined_as();
	# MySQL ends a transaction that meets a table which is made or dropped
	# and references t (1213); what is defined in the end is asked here.
	my $w = start_writer($s, db => 'app', tables => ['t', 'control'],
	    forgive => $mysql ? [1213] : [], seed => $seed++,
	    key => ['id'], keys => sub { 1 + $_[0]->(60) },
	    column => 'n', values => sub { $_[0]->(1000) });
	my $r = in_time(sub { migrate($s, $alter, 'app', 't', '--reversible',
	    '--accept-loss', '--chunk-size', 20) });
	if ($r->{exit} == 0) {
		$r = in_time(sub { run_livealter($s, 'revert',
		    dsn('app', 't'), '--accept-loss') });
		is("$r->{exit}: $r->{out}",
		    "0: Successfully reverted `app`.`t`.\n", $name)
		    or diag $r->{err};
		$done{$kind}++;
	} else {
		like($r->{exit}, qr/\A(?:4|11|17|20)\z/, "$name is refused")
		    or diag $r->{err};
		note $r->{err} =~ /error: (.*)/;
	}
	my $rep = $w->stop;
	is(join("\n", @{$rep->{errors}}), '',
	    '... and the application sees no error') or diag $name;
	same_dump(defined_as(), $was, '... all is defined as before')
	    or diag $name;
	same_bytes($s, 'app', 't', 'control', '... with all that was written',
	    'id', 'n');
}

# All of them on one kind of table, and on the others by turns, so that a few
# seeds come to each pair; what is about foreign keys always.
my $i = 0;
for my $alter (@any) {
	my @kinds = sort keys %made;
	my $turn = ($i++ + $seed) % @kinds;
	there_and_back($_, $alter) for $alter =~ /REFERENCES/ ||
	    $ENV{ALL_PAIRS} ? @kinds : ('keys', grep { $_ ne 'keys' }
	    $kinds[$turn]);
}
for my $kind (sort keys %more) {
	there_and_back($kind, $_) for @{$more{$kind}};
}
cmp_ok($done{$_} // 0, '>', 2, "there were some of $_") for sort keys %made;

# --- what is not as before --------------------------------------------------

# Somebody has altered the old table meanwhile, in each way.
for my $c (
    ['a comment', "COMMENT='other'"], ['a column', 'ADD z INT'],
    ['the order of columns', 'MODIFY a INT AFTER b'],
    ['a key less', 'DROP KEY ks'], ['a key more', 'ADD KEY kz (n)'],
    ["a key's name", 'RENAME KEY ks TO kz'],
    ['a DEFAULT', 'ALTER s SET DEFAULT 7'], ["a key that is $unseen",
	"ALTER INDEX ks $unseen"], ['a CHECK', "$drop_check c1"],
    ['an option', 'STATS_PERSISTENT=0'],
) {
	my ($name, $alter) = @$c;
	make('checks');
	my $was = defined_as();
	succeeded(migrate($s, 'ADD x INT', 'app', 't', '--reversible'), 'app',
	    't', $name);
	$s->sql("ALTER TABLE app._t_old $alter");
	my $now = defined_as();
	for my $how (['--dry-run'], []) {
		my $r = run_livealter($s, 'revert', dsn('app', 't'),
		    '--accept-loss', @$how);
		# With other columns the triggers would be other ones, too.
		like($r->{exit}, $name =~ /column/ ? qr/\A(?:12|17)\z/ :
		    qr/\A17\z/, "... not as before: refused (@$how)")
		    or diag $r->{err};
		like($r->{err}, $name =~ /column/ ? qr/error: plan the rev/ :
		    qr/would not be defined as it was/, '... says so');
		same_dump(defined_as(), $now, '... and all stays');
	}
	next if $name ne 'a comment';
	my $r = run_livealter($s, { env => { LIVEALTER_WITHOUT =>
	    'as-before' } }, 'revert', dsn('app', 't'), '--accept-loss');
	is($r->{exit}, 15, '... or it is found after the swap');
	like($r->{err}, qr/is swapped back, but not defined as it was/,
	    '... and said');
	unlike($r->{out}, qr/Successfully/, '... not claimed');
	nothing_left($s, 'app');
	$s->sql("ALTER TABLE app.t COMMENT='it is'");
	same_dump(defined_as(), $was, '... and that was all');
}

done_testing;
