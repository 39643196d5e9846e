# --idempotent: each kind of clause, done once, is "already so" the second time,
# in a dry run as well; what is wrong, half done, or there for the rows is not.
# The judge of the first time is ALTER TABLE on another copy of the table.
#
# long: three runs for each of a hundred ALTERs
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mysql = $s->is_mysql;
my $drop_check = $mysql ? 'DROP CHECK' : 'DROP CONSTRAINT';

sub fresh {
	my ($db, $options) = @_;
	$s->sql("DROP DATABASE IF EXISTS $db");
	$s->sql("CREATE DATABASE $db CHARACTER SET utf8mb4");
	$s->sql("CREATE TABLE $db.p (id INT PRIMARY KEY)");
	$s->sql("INSERT INTO $db.p VALUES (1), (2)");
	$s->sql("CREATE TABLE $db.t (id INT AUTO_INCREMENT PRIMARY KEY, " .
	    "a INT NOT NULL, s VARCHAR(20), `o``d` INT, old INT DEFAULT 3, " .
	    "KEY ka (a), KEY ks (s), UNIQUE KEY us (s, id)" .
	    ($options // ", CONSTRAINT c1 CHECK (a >= 0), " .
	    "CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id)"));
	$s->sql("INSERT INTO $db.t (a, s, old) VALUES (1, 'x', 1), " .
	    "(2, 'y', 2)");
}

my $with = ") ENGINE=InnoDB COMMENT='it is'";
my $ranges = "$with PARTITION BY RANGE (id) " .
    "(PARTITION p0 VALUES LESS THAN (100), " .
    "PARTITION pm VALUES LESS THAN MAXVALUE)";
my $closed = "$with PARTITION BY RANGE (id) " .
    "(PARTITION p0 VALUES LESS THAN (100))";
my $plain = ", CONSTRAINT c1 CHECK (a >= 0), " .
    "CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id)$with";

sub run_it { return run_livealter($s, '--idempotent', '--alter', $_[0],
    'D=app,t=t', @_[1 .. $#_]) }

sub result_of {
	my ($r) = @_;
	my ($last) = grep { $_->{type} eq 'result' } map { eval {
	    JSON::PP->new->utf8->decode($_) } // () } split /\n/, $r->{out};
	return $last // { };
}

# All that there is in the schema, with the counter, if it is not wanted else.
sub state_of {
	return join "\n", map { map { $_->[1] } $s->rows("SHOW CREATE TABLE " .
	    "app.`$_->[0]`") } $s->rows("SHOW TABLES FROM app");
}

sub is_already {
	my ($alter, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $before = state_of();
	my $r = run_it($alter, '--execute', '--output=json');
	my $is = result_of($r);
	ok($r->{exit} == 0 && $is->{already_so} && !$is->{changed} &&
	    $is->{state} eq 'untouched', "$name: already so")
	    or diag $r->{out};
	$r = run_it($alter, '--dry-run');
	is($r->{exit}, 0, '... so says a dry run') or diag $r->{err};
	like($r->{out}, qr/^Dry run complete\.  .*is already so/m,
	    '... in words');
	unlike($r->{out}, qr/\(null\)/, '... of that table');
	is(state_of(), $before, '... and nothing is left or changed');
}

# The table ALTER, what else it is made of.
sub twice {
	my ($alter, $options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	fresh('ctl', $options // $plain);
	fresh('app', $options // $plain);
	ok(eval { $s->dbh(database => 'ctl')->do("ALTER TABLE t $alter"); 1 },
	    "ALTER TABLE: $alter") or return diag $@;
	my $r = run_it($alter, '--execute', '--output=json',
	    '--no-check-unique-key-change');
	my $is = result_of($r);
	ok($r->{exit} == 0 && $is->{changed} && !$is->{already_so},
	    '... so do we') or return diag $r->{out};
	is_already($alter, '... and then');
}

my @clauses = (
    'ADD COLUMN b INT',
    'ADD b VARCHAR(10) NOT NULL DEFAULT \'it\'\'s, so (\' FIRST',
    'ADD COLUMN b INT AFTER id, ADD COLUMN c INT AFTER id',
    'ADD COLUMN (b INT, c DECIMAL(5,2), KEY kb (b), CHECK (c > 0))',
    'ADD COLUMN b INT, ADD INDEX (b)',
    'ADD COLUMN b INT UNIQUE',
    'ADD COLUMN b INT, ADD COLUMN `b``c` INT, ADD UNIQUE KEY `k``b` (b)',
    "ADD COLUMN b VARCHAR(9) CHARACTER SET latin1 COMMENT 'PRIMARY KEY'",
    "ADD COLUMN b VARCHAR(9) COLLATE utf8mb4_bin",
    'ADD COLUMN b INT AS (a + 1) STORED',
    'ADD COLUMN b INT AS (a + 1) VIRTUAL, ADD KEY kb (b)',
    'ADD COLUMN b TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP',
    'ADD COLUMN b INT INVISIBLE',
    'ADD COLUMN b INT CHECK (b > 0)',
    'ADD COLUMN b INT, ADD CHECK (b > 0)',
    'ADD COLUMN b INT, ADD FOREIGN KEY (b) REFERENCES p (id)',
    'ADD INDEX kx (a, s)',
    'ADD KEY kx USING BTREE (a)',
    "ADD INDEX kx (s(3)) COMMENT 'x'",
    'ADD UNIQUE INDEX kx (old)',
    'ADD CONSTRAINT kx UNIQUE (old)',
    'ADD CONSTRAINT sy UNIQUE KEY kx (old)',
    'ADD FULLTEXT INDEX kx (s)',
    'ADD CONSTRAINT c2 CHECK (a > 0), ADD COLUMN b INT',
    'ADD CONSTRAINT f2 FOREIGN KEY (old) REFERENCES p (id)',
    'ADD CONSTRAINT f2 FOREIGN KEY (old) REFERENCES p (id) ' .
	'ON DELETE CASCADE, ADD COLUMN b INT',
    'DROP COLUMN old', 'DROP old, DROP INDEX ks',
    'DROP INDEX ka, ADD INDEX ka (a, s)',
    'DROP INDEX ks, ADD INDEX ks (s, a), ADD COLUMN b INT',
    'DROP FOREIGN KEY f1', 'DROP FOREIGN KEY f1, DROP INDEX ka',
    'DROP CONSTRAINT f1', 'DROP CONSTRAINT c1', "$drop_check c1",
    'DROP FOREIGN KEY f1, ADD CONSTRAINT f2 FOREIGN KEY (a) ' .
	'REFERENCES p (id) ON DELETE CASCADE',
    "$drop_check c1, ADD CONSTRAINT c1 CHECK (a >= -1)",
    'DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)',
    'DROP PRIMARY KEY, ADD PRIMARY KEY (id, a), ADD COLUMN b INT',
    'MODIFY a BIGINT NOT NULL, DROP FOREIGN KEY f1',
    'MODIFY s VARCHAR(40)', 'MODIFY COLUMN s TEXT COLLATE utf8mb4_bin, ' .
	'DROP KEY ks, DROP KEY us',
    'MODIFY old INT FIRST',
    'CHANGE old new BIGINT', 'CHANGE COLUMN `o``d` `e``v` BIGINT ' .
	'DEFAULT 3, ADD KEY kx (`e``v`)',
    'CHANGE old old BIGINT UNSIGNED',
    'RENAME COLUMN old TO new', 'RENAME INDEX ks TO kz',
    'RENAME KEY ks TO kz, RENAME COLUMN s TO z',
    'ALTER COLUMN old SET DEFAULT 5', 'ALTER old DROP DEFAULT',
    $mysql ? 'ALTER INDEX ks INVISIBLE' : 'ALTER INDEX ks IGNORED',
    "COMMENT='new'", "COMMENT 'new', ADD COLUMN b INT",
    'DEFAULT CHARACTER SET latin1', 'CONVERT TO CHARACTER SET latin1',
    'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, ADD b TEXT',
    'STATS_PERSISTENT=0', 'AUTO_INCREMENT=1000',
    'ADD COLUMN b INT, AUTO_INCREMENT = 1000',
);
push @clauses, 'ALTER CHECK c1 NOT ENFORCED', 'ADD COLUMN b INT CONSTRAINT ' .
    'cb CHECK (b > 0)', 'ADD COLUMN b INT, ADD INDEX kx ((a + b))'
    if $mysql;
push @clauses, 'ADD COLUMN IF NOT EXISTS b INT', 'DROP COLUMN IF EXISTS old',
    'ADD INDEX IF NOT EXISTS kx (a, s)', 'DROP CONSTRAINT IF EXISTS c1',
    'ADD COLUMN b INT REFERENCES p (id)' if !$mysql;
twice($_) for @clauses;

my $bare = ", UNIQUE KEY kk (id)$with";
twice('DROP PRIMARY KEY, MODIFY id INT NOT NULL, ADD COLUMN k BIGINT ' .
    'AUTO_INCREMENT PRIMARY KEY', $bare);
twice('ADD PARTITION (PARTITION p1 VALUES LESS THAN (200), PARTITION p2 ' .
    'VALUES LESS THAN (300))', $closed);
twice('REORGANIZE PARTITION pm INTO (PARTITION p1 VALUES LESS THAN (200), ' .
    'PARTITION pm VALUES LESS THAN MAXVALUE)', $ranges);
twice('REMOVE PARTITIONING', $ranges);
twice('ADD COLUMN b INT REMOVE PARTITIONING', $ranges);
twice('PARTITION BY HASH (id) PARTITIONS 4', $ranges);
twice('ADD COLUMN b INT PARTITION BY HASH (id) PARTITIONS 4', $ranges);

# --- what is not so ----------------------------------------------------------

# After such a statement, the ALTER is an error, as to ALTER TABLE itself.
sub wrong {
	my ($before, $alter, $why, $options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	fresh('app', $options // $plain);
	$s->sql("ALTER TABLE app.t $before") if $before ne '';
	my $was = state_of();
	for my $how ('--execute', '--dry-run') {
		my $r = run_it($alter, $how);
		ok($r->{exit} != 0, "$alter after '$before': an error, $how")
		    or diag $r->{out}, $r->{err};
		like($r->{err}, $why, '... in the words of the server');
	}
	is(state_of(), $was, '... and all is as it was');
	ok(!eval { $s->dbh(database => 'app')->do("ALTER TABLE t $alter"); 1 },
	    '... and so says ALTER TABLE') or diag state_of();
}

my $dup = qr/Duplicate/;
wrong('ADD COLUMN a2 INT', 'ADD COLUMN a2 INT, ADD COLUMN b INT', $dup);
wrong('ADD COLUMN b TEXT', 'ADD COLUMN b INT', $dup);
wrong('ADD COLUMN b INT NOT NULL', 'ADD COLUMN b INT', $dup);
wrong('ADD COLUMN b INT FIRST', 'ADD COLUMN b INT AFTER id', $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT UNIQUE', $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT, ADD INDEX (b)', $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT, ADD INDEX kb (b)', $dup);
wrong('ADD COLUMN b INT, ADD INDEX (b)', 'ADD COLUMN b INT, ADD INDEX kb (b)',
    $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT, FORCE', $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT, ENGINE=InnoDB', $dup);
wrong('ADD COLUMN b INT', 'ADD COLUMN b INT, MODIFY nowhere INT',
    qr/Duplicate|Unknown column/);
wrong('', 'ADD INDEX ka (s)', $dup);
wrong('', 'ADD UNIQUE INDEX ka (a)', $dup);
wrong('', 'ADD COLUMN a BIGINT', $dup);
wrong('', 'ADD PRIMARY KEY (a)', qr/Multiple primary key/);
wrong('', 'CHANGE nowhere b INT', qr/Unknown column|doesn't exist/);
wrong('', 'CHANGE nowhere old BIGINT NOT NULL, ADD b INT', qr/Unknown column/);
wrong('', 'RENAME COLUMN nowhere TO b', qr/Unknown column/);
wrong('', 'RENAME INDEX nowhere TO kb', qr/nowhere/);
wrong('', 'ADD CONSTRAINT c1 CHECK (a > 5)', qr/[Dd]uplicate/);
wrong('', 'ADD COLUMN b NO_TYPE', qr/syntax|data type/);
wrong('ADD COLUMN b INT', 'ADD COLUMN b NO_TYPE', qr/syntax|data type/);
wrong('', 'DROP COLUMN old, DROP COLUMN old', qr/DROP|drop/);
wrong('', 'ADD PARTITION (PARTITION p0 VALUES LESS THAN (150))', qr/./,
    $closed);

# What is there for the rows is done each time.
for my $alter ('', 'ENGINE=InnoDB', 'FORCE', 'ROW_FORMAT=DYNAMIC',
    'ORDER BY id', "COMMENT='it is' ENGINE=InnoDB",
    'DROP COLUMN old, ADD COLUMN old INT', 'ADD INDEX (old)',
    'CHANGE a old INT NOT NULL FIRST, CHANGE old a INT') {
	fresh('app', ", UNIQUE KEY kk (id)$with");
	for my $time (1, 2) {
		my $is = result_of(run_it($alter, '--execute',
		    '--output=json'));
		ok($is->{changed} && !$is->{already_so},
		    "'$alter' is done, time $time") or diag explain $is;
	}
}
fresh('app', $plain);
$s->sql("ALTER TABLE app.t AUTO_INCREMENT = 50");
ok(result_of(run_it('AUTO_INCREMENT = 40', '--execute', '--output=json'))
    ->{already_so}, 'a counter that is higher is so');
ok(result_of(run_it('AUTO_INCREMENT = 60', '--execute', '--output=json'))
    ->{changed}, '... one that is lower is not');
ok(result_of(run_it('MODIFY s VARCHAR(20)', '--execute', '--output=json',
    '--no-drop-new-table', '--no-swap-tables'))->{already_so},
    'a table that would be kept is not there');
is_deeply([leftovers($s, 'app')], [], '... at all');
ok(result_of(run_livealter($s, '--alter', 'MODIFY s VARCHAR(20)', 'D=app,t=t',
    '--execute', '--output=json'))->{changed},
    'without --idempotent it is done');

done_testing;
