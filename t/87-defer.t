# --defer-indexes: secondary indexes are left out of the copy and built after
# it, and the table is what ALTER TABLE makes of it.
#
# long: many shapes of tables, and deaths
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $my = $s->is_mysql;
my @ALWAYS = ('--defer-indexes', 'always');

# --- which, and what comes of it -------------------------------------------

my $N = "(WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n " .
    "WHERE i < 300) SELECT i FROM n) n";

# The names in a line of the log, or 'none'.
sub built {
	my ($r) = @_;
	my ($list) = $r->{err} =~ /^livealter: building (`.*)$/m;
	return defined $list ? $list =~ s/`(.*?)`(?:, |$)/$1 /gr =~ s/ $//r :
	    'none';
}

my $ROWS = "INSERT INTO t (id, a, b, c) SELECT i, i % 7, REPEAT('x', i % 9), " .
    "i % 11 FROM $N";
my $COLS = "id INT AUTO_INCREMENT PRIMARY KEY, a INT NOT NULL, " .
    "b VARCHAR(40), c INT NOT NULL";
my $PARENT = "CREATE TABLE p (id INT PRIMARY KEY)";
my $PARENTS = "INSERT INTO p SELECT i - 1 FROM $N";

# name, which are built (MariaDB, MySQL or both), statements, ALTER
my @shape = (
    ['plain ones', 'ka kb', ["CREATE TABLE t ($COLS, KEY ka (a), " .
	"KEY kb (b, a))"], 'ADD x INT'],
    ['none there', 'none', ["CREATE TABLE t ($COLS, UNIQUE KEY (id, a))"],
	'ADD x INT'],
    ['unique ones stay', 'ka kb', ["CREATE TABLE t ($COLS, KEY ka (a), " .
	"UNIQUE KEY u (a, id), KEY kb (b))"], 'ADD x INT'],
    ['prefixes, DESC, comments', 'ka k,(b kc', ["CREATE TABLE t ($COLS, " .
	"KEY ka (a DESC, b(3)) COMMENT 'it''s, (so)\\n', " .
	"KEY `k,(b` (b(5)) USING BTREE, KEY kc (c) KEY_BLOCK_SIZE = 8)"],
	'ADD x INT'],
    ['new, renamed and moved', 'kb two kc', ["CREATE TABLE t ($COLS, " .
	"KEY ka (a), KEY kb (b), KEY kc (c))"], 'DROP KEY ka, RENAME COLUMN ' .
	'a TO a2, ADD KEY two (a2, c), DROP KEY kc, ADD KEY kc (c, a2)'],
    ['hidden from the optimizer', 'ka kb', ["CREATE TABLE t ($COLS, " .
	"KEY ka (a) " . ($my ? 'INVISIBLE' : 'IGNORED') . ", KEY kb (b))"],
	'ADD x INT'],
    ['that of its foreign key stays in its place', 'ka kb', [$PARENT, $PARENTS,
	"CREATE TABLE t ($COLS, KEY ka (a), KEY kp (c), KEY kb (b), " .
	"CONSTRAINT f FOREIGN KEY (c) REFERENCES p (id) ON DELETE CASCADE)"],
	'ADD x INT'],
    ['that of a foreign key that is new', 'ka kb', [$PARENT, $PARENTS,
	"CREATE TABLE t ($COLS, KEY ka (a), KEY kc (c), KEY kb (b))"],
	'ADD CONSTRAINT g FOREIGN KEY (c) REFERENCES p (id)'],
    ['that of a key to itself', 'kb', ["CREATE TABLE t ($COLS, KEY ka (a), " .
	"KEY kb (b), m INT, KEY km (m), CONSTRAINT s FOREIGN KEY (m) " .
	"REFERENCES t (id))"], 'ADD x INT, DROP KEY ka'],
    ['virtual and stored columns', undef, ["CREATE TABLE t ($COLS, " .
	"v INT AS (a + 1) VIRTUAL, w INT AS (c + 1) STORED, KEY ka (a), " .
	"KEY kv (v), KEY kw (w), KEY kb (b))"], 'ADD x INT'],
    ['a counter that is not the primary key', 'ka', ["CREATE TABLE t (id INT " .
	"AUTO_INCREMENT, a INT NOT NULL, b VARCHAR(40), c INT NOT NULL, " .
	"PRIMARY KEY (a, id), KEY ki (id), KEY ka (a))"], 'ADD x INT'],
    ['FULLTEXT', undef, ["CREATE TABLE t ($COLS, KEY ka (a), " .
	"FULLTEXT KEY f (b), KEY kb (b))"], 'ADD x INT'],
    ['SPATIAL', undef, ["CREATE TABLE t ($COLS, g POINT NOT NULL DEFAULT (" .
	"POINT(1, 2))" . ($my ? ' SRID 0' : '') . ", KEY ka (a), " .
	"SPATIAL KEY sg (g), KEY kb (b))"], 'ADD x INT'],
    ['partitions', 'ka kb', ["CREATE TABLE t ($COLS, KEY ka (a), " .
	"KEY kb (b)) PARTITION BY HASH (id) PARTITIONS 3"], 'ADD x INT'],
    ['another primary key', 'ka', ["CREATE TABLE t ($COLS, KEY ka (a))"],
	'DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)'],
    ['compressed', 'ka', ["CREATE TABLE t ($COLS, KEY ka (a)) " .
	"ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"], 'ADD x INT'],
    ['JSON and text', 'ka kj', ["CREATE TABLE t ($COLS, KEY ka (a), j TEXT, " .
	"KEY kj (j(20)))"], 'CHARSET utf8mb4'],
);
push @shape, ['expressions', undef, ["CREATE TABLE t ($COLS, KEY ka (a), " .
    "KEY ke ((a + c)), KEY kl ((LOWER(b))), KEY kb (b))"], 'ADD x INT'] if $my;
push @shape, ['texts that the next ALTER changes', 'none', ["CREATE TABLE t " .
    "($COLS, KEY ka (a)) CHARSET latin1"], "ADD CONSTRAINT g CHECK (CONCAT(" .
    "'x', b) <> 'never')"] if $my;
push @shape, ['a CHECK constraint', 'ka', ["CREATE TABLE t ($COLS, " .
    "KEY ka (a))"], 'ADD CONSTRAINT g CHECK (a > -1)'];
push @shape, ['options that an ALTER forgets', 'none', ["CREATE TABLE t " .
    "($COLS, KEY ka (a))"], 'PAGE_CHECKSUM=1'] if !$my;

for my $c (@shape) {
	my ($name, $which, $make, $alter) = @$c;
	fresh_schema($s, @$make, $ROWS);
	native($s, 'app', 't', 'wanted',
	    $alter =~ s/CONSTRAINT g/CONSTRAINT h/r);
	my $r = migrate($s, $alter, 'app', 't', '--chunk-size', 50, @ALWAYS);
	succeeded($r, 'app', 't', $name);
	$which //= built($r);
	is(built($r), $which, "... built after the copy: $which");
	my $t = $s->dump('app');
	my ($got, $want) = map { my $d = ($s->rows("SHOW CREATE TABLE app.$_")
	    )[0][1]; $d =~ s/^.*?\(//; $d =~ s/ AUTO_INCREMENT=\d+//;
	    $d =~ s/CONSTRAINT `h`/CONSTRAINT `g`/; $d =~
	    s/,\n  CONSTRAINT `[fs]`.*//; $d } qw(t wanted);
	is($got, $want, '... as ALTER TABLE makes it');
	same_rows($s, 'app', 't', 'wanted', '... with its rows');
	nothing_left($s, 'app');
}

# --- wherever it dies, and is resumed or taken away ------------------------

my $DIES = 'ADD x INT, ADD KEY kx (x, a), DROP KEY kb';
my @dies = ("CREATE TABLE t ($COLS, KEY ka (a), KEY kc (c), KEY kb (b))",
    $ROWS);
my %state = ('before:index' => 'copying', 'after:index' => 'building-indexes',
    'after:copy' => 'copying', 'before:verify' => 'building-indexes');

sub of_t {
	my ($verb, @o) = @_;
	return run_livealter($s, $verb, 'D=app,t=t', @o);
}

for my $at (sort keys %state) {
	for my $then (qw(resume cleanup)) {
		fresh_schema($s, @dies);
		native($s, 'app', 't', 'wanted', $DIES);
		my $before = $s->dump('app');
		die_at($s, $at, '--alter', $DIES, 'D=app,t=t', '--execute',
		    '--chunk-size', 50, @ALWAYS);
		my $r = of_t('status', '--output', 'json');
		my $j = JSON::PP::decode_json($r->{out});
		my ($m) = @{$j->{migrations}};
		is($m->{state}, $state{$at}, "... which status calls so") or
		    diag $r->{out};
		is(scalar @{$j->{leftovers} // []}, 0, '... and knows of all ' .
		    'that is there');
		$r = of_t($then);
		is($r->{exit}, 0, "... $then") or diag $r->{err};
		if ($then eq 'resume') {
			same_definition($s, 'app', 't', 'wanted',
			    '... ends as ALTER TABLE does');
			same_rows($s, 'app', 't', 'wanted',
			    '... with its rows');
		} else {
			is($s->dump('app'), $before, '... takes it all away');
		}
		nothing_left($s, 'app');
	}
}

# --- when it is not done ---------------------------------------------------

fresh_schema($s, @dies);
for my $c (['auto', 'the table is small'],
    ['never', '--defer-indexes=never']) {
	my ($how, $why) = @$c;
	my $r = run_livealter($s, '--alter', $DIES, 'D=app,t=t', '--dry-run',
	    '--defer-indexes', $how);
	like($r->{out}, qr/^indexes built after the copy: none; $why$/m,
	    "$how: the plan says why not");
	unlike($r->{out}, qr/_t_new_try` LIKE/, '... and has nothing of it');
}
my $r = run_livealter($s, '--alter', $DIES, 'D=app,t=t', '--dry-run', @ALWAYS);
like($r->{out}, qr/^indexes built after the copy: `ka`, `kc`, `kx`$/m,
    'always: the plan says which');
like($r->{out}, qr/^ALTER TABLE `app`.`_t_new` ADD KEY `ka` .*LOCK=NONE;$/m,
    '... and shows the statement that builds them');
nothing_left($s, 'app');

done_testing();
