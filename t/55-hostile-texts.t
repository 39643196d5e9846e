# What the application's account has written into a table's definition is made
# again as it is: comments, defaults, expressions, values, bounds and names,
# whatever quotes, comments and separators they have in them, in the character
# set and the sql_mode that they were written in.  Nothing of them is run.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mysql = $s->{flavour} eq 'mysql';
my $ALTER = 'ADD COLUMN added INT';

$s->sql("CREATE USER app\@localhost IDENTIFIED BY 'app';
    CREATE DATABASE hr; GRANT ALL ON app.* TO app\@localhost");

# Each ends a text, a list, a statement or a comment, and begins another.
my $BAD = 'CREATE TABLE hr.pwned (a INT)';
my %text = (
	quote => "'; $BAD; -- ",
	escaped => "\\'; $BAD; -- ",
	backslash => "\\",
	'quote, parenthesis' => "') ENGINE=InnoDB; $BAD; #",
	'double quote' => "\"; $BAD; -- ",
	'back-quote' => "`) ; $BAD; -- ",
	'semicolon' => "; $BAD; ",
	'comment' => 'x -- ',
	'open comment' => 'x /* ',
	'open version comment' => "x /*!50000 ; $BAD",
	'version comment' => "*/ ; $BAD; /*!99999 ",
	'newlines' => "a\n) ENGINE=MyISAM\n/*\r\n; $BAD;\n",
	'percent' => '%s%n%%d',
	'words' => ') COMMENT=\'x\' PARTITION BY HASH (id) COLLATE utf8mb4_bin',
	'beyond ASCII' => "\xc3\xa9\xe3\x81\x82\xe8\xa1\xa8'; $BAD; -- ",
);

# In a literal, by a session with and without escapes.
sub literal {
	my ($t, $plain) = @_;
	$t =~ s/'/''/g;
	$t =~ s/\\/\\\\/g if !$plain;
	return "'$t'";
}

# A definition with the text wherever there can be one.  An ENUM may not have
# two values that are the same, so each place has its own.  MariaDB cannot be
# told the comment of a partition by a session without escapes: it reads it
# again by other rules.  MySQL reads expressions again by those of whoever opens
# the table first, so what they mean after such a session is not certain.
sub definition {
	my ($t, $plain) = @_;
	my $l = sub { literal("$_[0]$t", $plain) };
	my $x = $plain && $mysql ? sub { "'$_[0]'" } : $l;
	my $e = $mysql ? "(CONCAT(" . $x->('d') . ", 'x'))" :
	    "CONCAT(" . $x->('d') . ", 'x')";
	my $o = $plain ? "'o'" : $l->('o');
	my $n = sub { Story::q(substr($_[0] . ($t =~ s/[^\x20-\x7e]//gr), 0,
	    50) . 'n') };
	return "CREATE TABLE t (id INT NOT NULL COMMENT " . $l->('c') . ",
	    a VARCHAR(200) DEFAULT " . $l->('a') . ",
	    b VARCHAR(200) DEFAULT $e,
	    e ENUM('x', " . $l->('e') . ") DEFAULT " . $l->('e') . ",
	    g VARCHAR(250) GENERATED ALWAYS AS (CONCAT(a, " . $x->('g') .
	    ")) VIRTUAL,
	    h VARCHAR(250) GENERATED ALWAYS AS (CONCAT(" . $x->('h') .
	    ", a)) STORED,
	    " . $n->('col') . " INT COMMENT " . $l->('n') . ",
	    PRIMARY KEY (id, a),
	    KEY " . $n->('key') . " (b(20)) COMMENT " . $l->('k') . ",
	    CONSTRAINT " . $n->('chk') . " CHECK (a <> " . $x->('z') . ")
	    ) ENGINE=InnoDB DEFAULT CHARSET=%s COMMENT=" . $l->('t') . "
	    PARTITION BY LIST COLUMNS (a) (PARTITION " . $n->('p') .
	    " VALUES IN (" . $l->('a') . ", 'q') COMMENT = $o, " .
	    "PARTITION p1 VALUES IN ('r', " . $l->('i') . "))";
}

sub make {
	my ($table, $def, $charset, $client, $mode) = @_;
	my $app = $s->dbh(database => 'app', user => 'app',
	    password => 'app');
	$app->do("SET NAMES $client");
	$app->do("SET sql_mode = '$mode'");
	$def =~ s/CHARSET=%s/CHARSET=$charset/;
	$def =~ s/^CREATE TABLE t /CREATE TABLE $table /;
	return eval { local $SIG{__WARN__} = sub {};
	    $app->do($def);
	    $app->do("INSERT INTO $table (id, a) VALUES (1, DEFAULT), " .
		"(2, 'q'), (3, 'r')"); 1 } || $@;
}

# The names of CHECKs change with MySQL: see the manual.  And its ALTER TABLE
# has the texts in them in the table's character set.
sub shown {
	my ($table) = @_;
	my $d = $s->row("SHOW CREATE TABLE app.$table")->{'Create Table'};
	$d =~ s/CONSTRAINT `_?(?=chk)/CONSTRAINT `/ if $mysql;
	$d =~ s/_(?:utf8mb[34]|latin1|sjis|gb18030|gbk)'/_x'/g;
	return $d;
}

# MariaDB's ALTER TABLE doubles the backslashes in comments of partitions; so
# it is not what the result is compared with.
sub with_column {
	my ($d) = @_;
	my $type = $mysql ? 'int' : 'int(11)';
	$d =~ s/\n(?=  PRIMARY KEY)/\n  `added` $type DEFAULT NULL,\n/
	    or die "no place for a column: $d";
	return $d;
}

my @how = (['utf8mb4', 'utf8mb4', ''], ['utf8mb4', 'utf8mb4',
    'NO_BACKSLASH_ESCAPES'], ['latin1', 'utf8mb4',
    'ANSI_QUOTES,PIPES_AS_CONCAT'], ['sjis', 'utf8mb4', ''],
    ['utf8mb4', 'gbk', ''], ['gb18030', 'utf8mb4', '']);
@how = grep { my $c = $_; $s->value("SELECT COUNT(*) FROM " .
    "information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME IN " .
    "('$c->[0]', '$c->[1]')") == ($c->[0] eq $c->[1] ? 1 : 2) } @how;

my ($tried, $i) = (0, 0);
for my $what (sort keys %text) {
	# Two of them for each text; all of them come.
	for my $how (@how[$i % @how, ($i + 1) % @how]) {
		my ($charset, $client, $mode) = @$how;
		my $t = $text{$what};
		$t =~ s/[^\x00-\x7f]//g if $client ne 'utf8mb4' ||
		    $charset ne 'utf8mb4';
		my $name = "$what, $charset by $client, '$mode'";
		my $def = definition($t, $mode =~ /NO_BACKSLASH/);
		$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
		my $rc = make('t', $def, $charset, $client, $mode);
		if ($rc ne 1) {
			fail("$name: $rc");
			next;
		}
		$tried++;
		copy_table($s, 'app', 't', 'was');
		my $want = with_column(shown('t'));
		my $r = migrate($s, $ALTER, 'app', 't');
		is($r->{exit}, 0, "$name: altered") or diag $r->{err};
		is(shown('t'), $want, '... and the definition is what it was');
		same_bytes($s, 'app', 't', 'was', '... and the rows',
		    table_columns($s, 'app', 'was'));
	}
	$i++;
}
# Beside parents, MySQL is asked whether they are free in one packet with the
# statement; of that, nobody else has written a word.
$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE TABLE " .
    "app.p (id INT PRIMARY KEY); CREATE TABLE app.t (id INT PRIMARY KEY, " .
    "p INT COMMENT 'x; $BAD', FOREIGN KEY (p) REFERENCES app.p (id)) " .
    "COMMENT 'y; $BAD'");
my $mark = $s->log_mark;
my $r = migrate($s, "$ALTER COMMENT 'z; $BAD'", 'app', 't');
is($r->{exit}, 0, 'a table with a parent: altered') or diag $r->{err};
# The log has the statements of a packet one by one.
my (%asked, @packets);
for my $entry (grep { $_->{command} eq 'Query' } $s->log_entries($mark)) {
	push @packets, $entry->{text} if delete $asked{$entry->{id}};
	$asked{$entry->{id}} = 1 if $entry->{text} =~ /UNION ALL SELECT 2/;
}
cmp_ok(scalar @packets, '>', 2, '... by packets') if $mysql;
is(join("\n", grep { /pwned/ } @packets), '', '... without texts of others');
$r = $s->row("SHOW CREATE TABLE app.t")->{'Create Table'};
like($r, qr/'$_; \Q$BAD\E'/, "... and the comment $_ is as it was")
    for qw(x y z);

is($s->value("SELECT COUNT(*) FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'hr'"), 0, "of $tried texts nothing was run");

done_testing;
