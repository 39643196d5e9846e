# --instant: what is done at once is what the server itself takes as INSTANT,
# on tables of many kinds, and some that provably touches no row.  The judge is
# native ALTER TABLE ... ALGORITHM=INSTANT on another copy of the table.
#
# long: two hundred migrations
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mysql = $s->is_mysql;

sub ids {
	my ($t) = @_;
	return join ' ', map { $_->[0] } $s->rows($mysql ?
	    "SELECT SPACE FROM information_schema.INNODB_TABLESPACES WHERE " .
	    "NAME = 'app/$t' OR NAME LIKE 'app/$t#p#%' ORDER BY 1" :
	    "SELECT TABLE_ID FROM information_schema.INNODB_SYS_TABLES WHERE " .
	    "NAME = 'app/$t' OR NAME LIKE 'app/$t#%' ORDER BY 1");
}

# Two tables alike, %s is the name; with rows.
my %table = (
	plain => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20) NOT NULL DEFAULT 'q', e ENUM('x','y'), KEY a (a), " .
	    "KEY ba (b, a)) DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC" ],
	keyless => [ "(id INT, a INT, b VARCHAR(20), c VARCHAR(20), " .
	    "e ENUM('x','y'), KEY a (a), KEY ba (b, a))" ],
	promoted => [ "(id INT NOT NULL, a INT NOT NULL, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), UNIQUE a (a), KEY ba (b, a))" ],
	fulltext => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b), " .
	    "FULLTEXT f (b))" ],
	was_fulltext => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b), " .
	    "FULLTEXT f (b))", "DROP INDEX f" ],
	compressed => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b)) " .
	    "ROW_FORMAT=COMPRESSED" ],
	redundant => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b)) " .
	    "ROW_FORMAT=REDUNDANT" ],
	partitioned => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b)) " .
	    "PARTITION BY HASH (id) PARTITIONS 3" ],
	generated => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), v INT AS (a + 1) VIRTUAL, " .
	    "w INT AS (a + 2) STORED, KEY a (a), KEY ba (b), KEY v (v))" ],
	checked => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b), " .
	    "CONSTRAINT k_%s CHECK (a > 0))" ],
	child => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b), " .
	    "CONSTRAINT k_%s FOREIGN KEY (a) REFERENCES up (id) ON DELETE " .
	    "CASCADE)" ],
	parent => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b))", undef,
	    "(id INT PRIMARY KEY, k INT, CONSTRAINT f_%s FOREIGN KEY (k) " .
	    "REFERENCES %s (id))" ],
	self => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b), " .
	    "CONSTRAINT k_%s FOREIGN KEY (a) REFERENCES %s (id))" ],
	altered => [ "(id INT PRIMARY KEY, a INT, b VARCHAR(20), " .
	    "c VARCHAR(20), e ENUM('x','y'), KEY a (a), KEY ba (b))",
	    "ADD z INT FIRST" ],
);

# '+' in front: no row is touched, though it is no INSTANT on each server.
my @clause = ('ADD d INT', 'ADD d INT NOT NULL DEFAULT 7', 'ADD d INT FIRST',
    'ADD d INT AFTER a', "ADD d VARCHAR(10) NOT NULL, ADD g INT",
    'ADD d INT UNIQUE', 'ADD d INT AS (a * 2) VIRTUAL',
    'ADD d INT AS (a * 2) STORED', 'ADD INDEX n (c)', 'ADD FULLTEXT n (c)',
    'DROP COLUMN c', 'DROP COLUMN b', 'RENAME COLUMN c TO cc',
    'RENAME COLUMN a TO aa', 'RENAME COLUMN id TO ident',
    "ALTER c SET DEFAULT 'z'", 'ALTER c DROP DEFAULT',
    'MODIFY a BIGINT', 'MODIFY c VARCHAR(30)', 'MODIFY c VARCHAR(300)',
    'MODIFY c VARCHAR(20) FIRST', 'MODIFY c VARCHAR(20) NULL',
    "MODIFY c VARCHAR(20) NOT NULL DEFAULT 'q'",
    "MODIFY e ENUM('x','y','z')", "MODIFY e ENUM('z','x','y')",
    "MODIFY e ENUM('x','y') COMMENT 'said'",
    '+DROP INDEX ba', '+RENAME INDEX ba TO ab', "+COMMENT 'said'",
    '+DROP INDEX ba, RENAME INDEX a TO aa', 'DROP INDEX ba, ADD INDEX n (c)',
    'DROP INDEX a', 'DROP PRIMARY KEY', 'FORCE', 'ENGINE=InnoDB',
    'ROW_FORMAT=COMPACT', 'AUTO_INCREMENT = 100', 'STATS_PERSISTENT=1',
    'CONVERT TO CHARACTER SET utf8mb4', 'DEFAULT CHARACTER SET latin1',
    'ADD CONSTRAINT n CHECK (a < 100)', 'DROP CONSTRAINT k_%s',
    'DROP FOREIGN KEY k_%s', 'ADD FOREIGN KEY (a) REFERENCES up (id)',
    'ORDER BY a', 'PARTITION BY HASH (id) PARTITIONS 2',
    'REMOVE PARTITIONING', 'ADD d INT /*!40000 , ALGORITHM=COPY */',
    'ADD d INT -- , ALGORITHM=COPY', 'ADD d INT, LOCK=NONE',
    $mysql ? ('ALTER INDEX ba INVISIBLE', 'ALTER c SET INVISIBLE') :
    ('ALTER INDEX ba IGNORED', 'MODIFY c VARCHAR(20) INVISIBLE'));

# Those in which the kind of the table may matter.
my %tells = map { $_ => 1 } ('ADD d INT', 'ADD d INT FIRST', 'DROP COLUMN c',
    'ADD d INT AS (a * 2) VIRTUAL', 'RENAME COLUMN a TO aa',
    'RENAME COLUMN id TO ident', 'MODIFY c VARCHAR(30)', 'DROP INDEX a',
    "MODIFY e ENUM('x','y','z')", '+DROP INDEX ba', '+RENAME INDEX ba TO ab',
    'DROP CONSTRAINT k_%s', 'DROP FOREIGN KEY k_%s');

sub make {
	my ($kind, $t) = @_;
	my ($def, $then, $child) = @{$table{$kind}};
	(my $sql = $def) =~ s/%s/$t/g;
	$s->sql("CREATE TABLE app.$t $sql");
	$s->sql("INSERT INTO app.$t (id, a, b, c, e) VALUES (1, 1, 'x', 'y', " .
	    "'x'), (2, 2, 'y', 'z', 'y')");
	$s->sql("ALTER TABLE app.$t $then") if $then;
	return if !$child;
	$child =~ s/%s/$t/g;
	$s->sql("CREATE TABLE app.${t}_child $child");
}

# Without an error: and whether the table is still the one that it was.
sub natively {
	my ($t, $how, $clause) = @_;
	my $was = ids($t);
	# Their own modifiers are not ours to judge.
	$clause =~ s{ /\*!.*\*/| -- .*|, LOCK=NONE}{};
	my $sep = $how && $clause !~ /^(?:PARTITION|REMOVE)/ ? ', ' : ' ';
	eval { local $SIG{__WARN__} = sub { };
	    $s->sql("ALTER TABLE app.$t $how$sep$clause"); 1 } or return;
	return ids($t) eq $was ? 'same' : 'anew';
}

sub rows_in { my ($t) = @_;
	return join "\n", map { join ',', map { $_ // 'NULL' } @$_ }
	    $s->rows("SELECT * FROM app.$t ORDER BY 1, 2") }

sub definition { my ($t) = @_;
	my $d = $s->row("SHOW CREATE TABLE app.$t")->{'Create Table'};
	$d =~ s/\b(?:t|c|n)(?:_child)?(?=`)/T/;
	$d =~ s{`(k_|f_)?[tn]((?:_chk_|_ibfk_)\d+)?`}
	    {"`" . ($1 // "") . "T" . ($2 // "") . "`"}ge;
	return $d }

my ($done, $refused, $free) = (0, 0, 0);
for my $kind (sort keys %table) {
	for my $clause (@clause) {
		next if $kind ne 'plain' && !$tells{$clause};
		next if $clause =~ /k_/ && $table{$kind}[0] !~ /k_/;
		my $touches_none = (my $c = $clause) =~ s/^\+//;
		$s->sql("DROP DATABASE IF EXISTS app");
		$s->sql("CREATE DATABASE app");
		$s->sql("CREATE TABLE app.up (id INT PRIMARY KEY)");
		$s->sql("INSERT INTO app.up VALUES (1), (2)");
		make($kind, $_) for 't', 'n';
		(my $mine = $c) =~ s/%s/t/g;
		(my $native = $c) =~ s/%s/n/g;
		my $took = natively('n', 'ALGORITHM=INSTANT', $native);
		my $was = definition('t');
		my $rows = rows_in('t');
		my $id = ids('t');
		my $r = run_livealter($s, '--alter', $mine, 'D=app,t=t',
		    '--execute', '--instant=only');
		my $name = "$kind, $c";
		if ($r->{exit} == 0) {
			my $plain = ($took // '') eq 'same' ? 'same' :
			    natively('n', '', $native);
			is($plain, 'same', "$name: done, and it touches no row")
			    or diag $r->{err};
			is(definition('t'), definition('n'), '... the shape');
			is(ids('t'), $id, '... the table was not made anew');
			is(rows_in('t'), rows_in('n'), '... the rows');
			($took // '') eq 'same' ? $done++ : $free++;
		} else {
			# What no server does is refused by its own word.
			ok(!defined $took || $took eq 'anew' ||
			    $mine =~ /ALGORITHM/,
			    "$name: not done, and it is not INSTANT") or
			    diag $r->{err};
			ok(!$touches_none || $kind =~ /child|self|fulltext/ ||
			    !defined natively('n', '', $native),
			    '... nor is it known to touch no row')
			    or diag $r->{err};
			like($r->{exit}, qr/^(?:11|17)\z/, '... the exit');
			is(definition('t'), $was, '... the shape is what it ' .
			    'was');
			is(rows_in('t'), $rows, '... the rows, too');
			$refused++;
		}
		nothing_left($s, 'app');
	}
}
note "$done at once, $free more without a row, $refused refused";
cmp_ok($done, '>', 50, 'many are done at once');
cmp_ok($free, '>', 10, '... some that are no INSTANT') if $mysql;
cmp_ok($refused, '>', 30, '... and many are refused');

done_testing;
