# The summary of a dry run has SHOW CREATE TABLE as it is and as it will be:
# what the server says of the table once the migration is done.
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
	is($r->{exit}, 0, "$alter: a dry run") or diag $r->{out};
	my ($line) = grep { /^\{"type": "summary"/ } split /\n/, $r->{out};
	return defined $line ? $json->decode($line) : {};
}

sub show {
	my ($table) = @_;
	my $dbh = $s->dbh(database => 'app');
	my $text = $dbh->selectrow_arrayref("SHOW CREATE TABLE " .
	    Story::q($table))->[1];
	$dbh->disconnect;
	utf8::decode($text) if !utf8::is_utf8($text);
	return $text;
}

# Tests: what is promised comes.  The numbers of AUTO_INCREMENT are another
# matter: the server looks at the rows.
sub comes_true {
	my ($table, $alter, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $before = show($table);
	my $is = summary($table, $alter, @args);
	is($is->{create_before}, $before, '... has the table as it is');
	is(show($table), $before, '... and leaves it alone');
	my $r = run_livealter($s, '--alter', $alter, dsn('app', $table),
	    '--execute', @args);
	is($r->{exit}, 0, '... it is done') or diag $r->{err};
	my ($want, $got) = map { s/ AUTO_INCREMENT=\d+//r } show($table),
	    $is->{create_after} // '';
	is($got, $want, '... and the table is what was said');
}

my $hostile = "a`b\"c, (d) \xc3\xa9";
fresh_schema($s, "CREATE TABLE parent (id INT PRIMARY KEY, x INT, UNIQUE (x))",
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20)" .
    " COMMENT 'it''s, (a) comment', p INT, q INT, up INT, " .
    "CHECK (a > 0), CONSTRAINT b_is CHECK (b <> ',)'), " .
    "CONSTRAINT z FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE, " .
    "FOREIGN KEY (q) REFERENCES parent (id), " .
    "CONSTRAINT own FOREIGN KEY (up) REFERENCES t (id) ON DELETE SET NULL) " .
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE plain (id INT PRIMARY KEY, c INT DEFAULT '7', " .
    "d DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), " .
    "g INT AS (c + 1) VIRTUAL, KEY (c)) ENGINE=InnoDB " .
    "COMMENT='a (b), c' DEFAULT CHARSET=utf8mb4 " .
    "PARTITION BY HASH (id) PARTITIONS 3",
    "CREATE TABLE `" . $hostile =~ s/`/``/gr . "` (id INT PRIMARY KEY, " .
    "`x,)` INT, CHECK (`x,)` <> 3)) DEFAULT CHARSET=utf8mb4");
comes_true('t', $_) for 'ADD c INT NOT NULL DEFAULT 5 AFTER a, ADD KEY (b)',
    'DROP FOREIGN KEY z',
    'ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES parent (x)',
    'ADD FOREIGN KEY (c) REFERENCES parent (id) ON UPDATE CASCADE',
    'ADD CHECK (b <> 4)', 'ADD CONSTRAINT a FOREIGN KEY (up) REFERENCES ' .
    't (id)', 'MODIFY b VARCHAR(30) COMMENT \'"),\'';
comes_true('plain', $_) for 'ADD e INT', 'MODIFY c BIGINT, DROP KEY c, ' .
    'ADD UNIQUE (id, c)', "COMMENT '(' PARTITION BY KEY (id) PARTITIONS 2";
comes_true('plain', 'ADD f INT', '--instant=only') if $s->is_mysql;
comes_true($hostile, 'ADD `y` INT');

done_testing;
