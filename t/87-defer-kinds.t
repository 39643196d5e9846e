# --defer-indexes=always with what else a migration can have: the way back,
# children, a part of the rows, no swap, several threads, other engines.
#
# long: many migrations
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $my = $s->is_mysql;
my @ALWAYS = ('--defer-indexes', 'always', '--chunk-size', 50);
my $N = "(WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n " .
    "WHERE i < 600) SELECT i FROM n) n";
my $COLS = "id INT AUTO_INCREMENT PRIMARY KEY, a INT NOT NULL, " .
    "b VARCHAR(40), c INT NOT NULL, KEY ka (a), KEY kb (b(7), a), KEY kc (c)";
my $ROWS = "INSERT INTO t (a, b, c) SELECT i % 7, REPEAT('x', i % 9), " .
    "i % 11 FROM $N";

# SHOW CREATE TABLE, without what a copy of a table has not.
sub shown {
	my ($table) = @_;
	my $d = ($s->rows("SHOW CREATE TABLE app.$table"))[0][1];
	$d =~ s/^.*?\(//;
	$d =~ s/ AUTO_INCREMENT=\d+//;
	$d =~ s/,\n  CONSTRAINT `\w+` FOREIGN.*//g;
	return $d;
}

sub as_native {
	my ($table, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(shown($table), shown('wanted'), "$name: as ALTER TABLE makes it");
}

# Migrates, and the indexes that are given are built after the copy.
sub deferred {
	my ($name, $alter, $built, @o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = migrate($s, $alter, 'app', 't', @ALWAYS, @o);
	is($r->{exit}, 0, $name) or diag $r->{err};
	my ($list) = $r->{err} =~ /^livealter: building (`.*)$/m;
	is($list // 'none', $built, '... and those are built after the copy');
	return $r;
}

my $THREE = '`ka`, `kb`, `kc`';

# --- the way back ----------------------------------------------------------

fresh_schema($s, "CREATE TABLE t ($COLS)", $ROWS);
native($s, 'app', 't', 'wanted', 'ADD x INT, ADD KEY kx (x)');
my $before = shown('t');
deferred('--reversible', 'ADD x INT, ADD KEY kx (x)', "$THREE, `kx`",
    '--reversible');
as_native('t', '--reversible');
$s->sql("UPDATE app.t SET b = 'new' WHERE id % 5 = 0; " .
    "DELETE FROM app.t WHERE id % 7 = 0; " .
    "INSERT INTO app.t (a, b, c, x) VALUES (1, 'y', 2, 3)");
my $r = run_livealter($s, 'revert', '--accept-loss', 'D=app,t=t', '--execute');
is($r->{exit}, 0, 'revert') or diag $r->{err};
is(shown('t'), $before, '... gives the old table back');
is($s->value("SELECT COUNT(*) FROM app.t WHERE b = 'new'"),
    int(600 / 5) - int(600 / 35), '... with what was written since');
nothing_left($s, 'app');

# --- foreign keys ----------------------------------------------------------

my @CHILD = ("CREATE TABLE t ($COLS, UNIQUE KEY u (id, a))", $ROWS,
    "CREATE TABLE k (id INT PRIMARY KEY, t INT, KEY (t), CONSTRAINT kf " .
    "FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)",
    "INSERT INTO k SELECT i, i FROM $N");
for my $how (qw(rebuild_constraints drop_swap)) {
	fresh_schema($s, @CHILD);
	native($s, 'app', 't', 'wanted', 'ADD x INT');
	deferred("children, $how", 'ADD x INT', $THREE,
	    '--alter-foreign-keys-method', $how);
	as_native('t', "children, $how");
	$s->sql("DELETE FROM app.t WHERE id = 5");
	is($s->value("SELECT COUNT(*) FROM app.k WHERE t = 5"), 0,
	    '... whose foreign keys are those of the table');
	nothing_left($s, 'app');
}

fresh_schema($s, "CREATE TABLE p (id INT PRIMARY KEY)",
    "INSERT INTO p SELECT i - 1 FROM $N",
    "CREATE TABLE t ($COLS, CONSTRAINT tf FOREIGN KEY (a) REFERENCES p (id) " .
    "ON UPDATE CASCADE)", $ROWS);
native($s, 'app', 't', 'wanted', 'ADD x INT');
deferred('its own foreign key', 'ADD x INT', '`kb`, `kc`');
as_native('t', 'its own foreign key');
nothing_left($s, 'app');

# --- other ends ------------------------------------------------------------

for my $c (['--threads 4', [qw(--threads 4)], 't'],
    ['--no-swap-tables', [qw(--no-swap-tables --no-drop-new-table
	--no-drop-triggers)], '_t_new'],
    ['--new-table-name', [qw(--new-table-name other_name --no-swap-tables
	--no-drop-new-table --no-drop-triggers)], 'other_name'],
    ['--where', ['--where', 'id > 100', '--force'], 't']) {
	my ($name, $o, $table) = @$c;
	fresh_schema($s, "CREATE TABLE t ($COLS, v INT AS (a + c) VIRTUAL, " .
	    "w INT AS (a * 2) STORED, KEY kw (w))", $ROWS);
	native($s, 'app', 't', 'wanted', 'ADD x INT, MODIFY c BIGINT');
	my $r = deferred($name, 'ADD x INT, MODIFY c BIGINT', "$THREE, `kw`",
	    @$o);
	as_native($table, $name) if $r->{exit} == 0;
	is($s->value("SELECT COUNT(*) FROM app.$table"),
	    $name eq '--where' ? 500 : 600, '... with its rows')
	    if $r->{exit} == 0;
}

# --- another engine --------------------------------------------------------

fresh_schema($s, "CREATE TABLE t ($COLS) ENGINE=MyISAM", $ROWS);
native($s, 'app', 't', 'wanted', 'ENGINE=InnoDB');
deferred('MyISAM to InnoDB', 'ENGINE=InnoDB', $THREE);
as_native('t', 'MyISAM to InnoDB');
same_rows($s, 'app', 't', 'wanted', '... with its rows');
nothing_left($s, 'app');

done_testing();
