# The ALTER that takes another one back, as the summary of a dry run has it: the
# server runs it, and the definition is what it was.  What it cannot bring back
# is named.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $json = JSON::PP->new->utf8;

# The summary of a dry run; {} if there is none.
sub summary {
	my ($table, $alter, @args) = @_;
	my $r = run_livealter($s, '--alter', $alter, dsn('app', $table),
	    '--dry-run', '--output=json', @args);
	is($r->{exit}, 0, "$table, $alter: a dry run") or diag $r->{out};
	my ($line) = grep { /^\{"type": "summary"/ } split /\n/, $r->{out};
	return defined $line ? $json->decode($line) : {};
}

# SHOW CREATE TABLE, with the keys in the order of their names: one that comes
# back is the last one.  The next number the rows have moved on.
sub show {
	my ($table) = @_;
	my $dbh = $s->dbh(database => 'app');
	my $text = $dbh->selectrow_arrayref("SHOW CREATE TABLE " .
	    Story::q($table))->[1];
	$dbh->disconnect;
	my @line = split /\n/, $text =~ s/ AUTO_INCREMENT=\d+//r =~ s/,$//mgr;
	my @key = sort grep { /^  (?:UNIQUE )?KEY/ } @line;
	return join("\n", map { /^  (?:UNIQUE )?KEY/ ? shift @key : $_ } @line)
	    =~ s/CONSTRAINT `_pos`/CONSTRAINT `pos`/r;
}

# An ALTER that the server does itself.
sub alter {
	my ($table, $alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dbh = $s->dbh(database => 'app', RaiseError => 0, PrintError => 0);
	ok($alter eq '' || $dbh->do("ALTER TABLE " . Story::q($table) .
	    " $alter"), "... the server takes: $alter") or
	    diag $dbh->errstr;
	$dbh->disconnect;
}

# Tests: it is done (by livealter, or, which is quicker and the same, by the
# server), and taken back; and just this is not taken back.
my $run;
sub comes_back {
	my ($table, $alter, @lost) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $before = show($table);
	my $is = summary($table, $alter);
	my $back = $is->{alter_back} // '';
	if ($run) {
		my $r = run_livealter($s, '--alter', $alter,
		    dsn('app', $table), '--execute');
		is($r->{exit}, 0, '... it is done') or diag $r->{err};
	} else {
		alter($table, $alter);
	}
	utf8::encode($back);
	alter($table, $back);
	is(show($table), $before, '... and the table is what it was');
	is(join(', ', map { "$_->{kind} $_->{name}" }
	    @{$is->{not_taken_back}}), join(', ', @lost),
	    '... it says what is lost');
	return $back;
}

my $hostile = "a`b\"c, (d) \xc3\xa9";
my $quoted = Story::q($hostile);
fresh_schema($s, "CREATE TABLE parent (id INT PRIMARY KEY, x INT, UNIQUE (x))",
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 1, " .
    "n INT NOT NULL, v VARCHAR(20) CHARACTER SET latin1 COMMENT 'a, (b)', " .
    "d DOUBLE, p INT, g INT AS (n + 1) VIRTUAL, " .
    "KEY an (a, n), UNIQUE KEY nv (n, v(5)), KEY (p), " .
    "CONSTRAINT pos CHECK (n >= 0), " .
    "CONSTRAINT z FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB " .
    "DEFAULT CHARSET=utf8mb4 COMMENT='it''s (a), b' ROW_FORMAT=DYNAMIC",
    "CREATE TABLE plain (id INT PRIMARY KEY, a VARCHAR(10), b INT, c INT, " .
    "d INT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE parts (id INT PRIMARY KEY, a INT) ENGINE=InnoDB " .
    "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), " .
    "PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "CREATE TABLE $quoted (id INT PRIMARY KEY, `x,)` INT, `y` INT)");
$s->sql("INSERT INTO app.plain VALUES (1, 'a', 2, 3, 4)");

is(comes_back('t', 'ENGINE=InnoDB'), '', '... nothing is to be taken back');
is(comes_back('t', 'ADD c INT'), 'DROP COLUMN `c`', '... by the obvious');
$run = 1;
comes_back('t', 'ADD c INT NOT NULL DEFAULT 3 FIRST, DROP d, ADD KEY (c), ' .
    'CHANGE a e BIGINT, ADD CHECK (n < 9), ADD CONSTRAINT y FOREIGN KEY (n) ' .
    'REFERENCES parent (x)', 'dropped d');
$run = 0;
comes_back('t', $_) for 'ADD c INT NOT NULL DEFAULT 3 FIRST, ADD KEY (c)',
    'ALTER a SET DEFAULT 2', 'MODIFY a BIGINT NOT NULL',
    "MODIFY v VARCHAR(30) CHARACTER SET latin1",
    'DROP KEY an', 'DROP KEY nv, ADD KEY nv (n)', 'ADD UNIQUE KEY (a, n, v)',
    'ADD CHECK (a > 0)', 'DROP CONSTRAINT ' .
    ($s->is_mysql ? '_pos' : 'pos'), 'DROP FOREIGN KEY z',
    'ADD CONSTRAINT y FOREIGN KEY (a) REFERENCES parent (x)',
    "COMMENT=''", 'ROW_FORMAT=COMPRESSED',
    'CHANGE a e INT DEFAULT 1', 'DROP g', 'MODIFY g INT AS (n + 1) VIRTUAL ' .
    'FIRST', 'CHANGE a p INT, CHANGE p a INT DEFAULT 1';
comes_back('t', 'DROP a', 'dropped a');
comes_back('t', 'DROP d, ADD d INT', 'dropped d');
comes_back('t', 'MODIFY d INT', 'converted d');
comes_back('plain', $_) for 'MODIFY b INT AFTER d', 'MODIFY d INT FIRST',
    'MODIFY c INT FIRST, MODIFY b INT AFTER d, MODIFY d BIGINT AFTER c',
    'ADD e INT FIRST, MODIFY a VARCHAR(20) AFTER c, ADD f INT AFTER b',
    'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    'DEFAULT CHARSET=latin1', 'STATS_PERSISTENT=1, MAX_ROWS=5',
    'DROP PRIMARY KEY, ADD PRIMARY KEY (id, b)',
    'PARTITION BY HASH (id) PARTITIONS 3';
comes_back('parts', $_) for 'REMOVE PARTITIONING',
    'ADD b INT PARTITION BY HASH (id) PARTITIONS 2',
    'PARTITION BY KEY (id) PARTITIONS 2';
comes_back($hostile, 'ADD `a``,(` INT, CHANGE `x,)` ' .
    '`z ``` INT, DROP `y`', 'dropped y');
is($s->value("SELECT CONCAT_WS(',', id, a, b, c, d) FROM app.plain"),
    '1,a,2,3,4', 'rows are kept there and back');

is_deeply([map { $_->{kind} } @{summary('plain', 'ADD e INT',
    '--where=id > 0', '--force')->{not_taken_back}}], ['rows'],
    'rows that are left out do not come back');

# For people.
my $r = run_livealter($s, '--alter', 'ADD e INT', dsn('app', 'plain'),
    '--dry-run');
like($r->{out},
    qr/^taken back by: +ALTER TABLE `app`.`plain` DROP COLUMN `e`$/m,
    'it is shown');
unlike($r->{out}, qr/^not taken back:/m, '... and nothing of what is lost');
$r = run_livealter($s, '--alter', 'DROP a, DROP b, MODIFY c BIGINT, ADD e INT',
    dsn('app', 'plain'), '--dry-run');
like($r->{out}, qr/^taken back by: +ALTER TABLE `app`.`plain`
 +DROP COLUMN `e`,
 +ADD COLUMN `a` varchar\(10\) DEFAULT NULL AFTER `id`,
 +ADD COLUMN `b` int(?:\(11\))? DEFAULT NULL AFTER `a`,
 +MODIFY COLUMN `c` int(?:\(11\))? DEFAULT NULL
not taken back: `a`: its values, as it is dropped
 +`b`: its values/m, 'a long one has a line for each clause');

done_testing;
