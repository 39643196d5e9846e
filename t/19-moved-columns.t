# Generated columns that are indexed, and moved: the new table is made anew
# where the server would alter it in place and write a corrupt index
# afterwards (InnoDB of MySQL 9.7).  What the application writes, before the
# swap and after it, gives what a table gives that ALTER TABLE copied.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $mysql = $s->is_mysql;
$s->sql("CREATE DATABASE app");

# What is moved, and where to.
my @moves = (['g1 FIRST', 'MODIFY COLUMN g1 BIGINT AS (ISNULL(c1)) %s FIRST'],
    ['g2 AFTER id', 'MODIFY COLUMN g2 BIGINT AS (ISNULL(c1)) %s AFTER id'],
    ['both', 'MODIFY COLUMN g2 BIGINT AS (ISNULL(c1)) %s FIRST, ' .
	'MODIFY COLUMN g1 BIGINT AS (ISNULL(c1)) %s AFTER id'],
    ['c1 FIRST', 'MODIFY COLUMN c1 TIME NOT NULL FIRST'],
    ['c1 to the end', 'MODIFY COLUMN c1 TIME NOT NULL AFTER g2']);
my $functional = $mysql ? ', (ISNULL(c1))' : '';

sub write_to {
	my ($table, $from) = @_;
	my @id = map { ($from + $_, $from + 10 + $_) } 1 .. 4;
	$s->sql("USE app; REPLACE INTO $table (id, c1) VALUES " .
	    join(', ', map { "($_, SEC_TO_TIME(10 * $_))" } @id) .
	    "; DELETE FROM $table WHERE id = $id[0]; UPDATE $table SET c1 = " .
	    "ADDTIME(c1, '00:00:01') WHERE id > $id[1]; USE mysql");
}

for my $kind ('VIRTUAL', $mysql ? 'STORED' : 'PERSISTENT') {
	for my $move (@moves) {
		my ($name, $alter) = ($move->[0], $move->[1] =~ s/%s/$kind/gr);
		$alter .= ', ADD INDEX g2_c1 (g2, c1)';
		$s->sql("USE app; DROP TABLE IF EXISTS t, control");
		$s->sql("CREATE TABLE app.$_ (id INT NOT NULL PRIMARY KEY, " .
		    "c1 TIME NOT NULL, g1 BIGINT AS (ISNULL(c1)) $kind, " .
		    "g2 BIGINT AS (ISNULL(c1)) $kind, UNIQUE KEY all_of_them " .
		    "(g1, g2, c1$functional))") for 't', 'control';
		write_to($_, 100) for 't', 'control';
		my $r = migrate($s, $alter, 'app', 't');
		is($r->{exit}, 0, "$kind, $name: altered") or diag $r->{err};
		$s->sql("ALTER TABLE app.control $alter, ALGORITHM=COPY");
		same_definition($s, 'app', 't', 'control',
		    '... as by ALTER TABLE');
		for my $n (200, 300) {
			write_to($_, $n) for 't', 'control';
			# The same keys once more.
			eval { write_to($_, $n) } or fail("... $@")
			    for 't', 'control';
		}
		for my $key (qw(PRIMARY all_of_them g2_c1)) {
			my @rows = map { join '|', map { join ',', map {
			    $_ // 'NULL' } @$_ } $s->rows("SELECT id, c1, " .
			    "g1, g2 FROM app.$_ FORCE INDEX (`$key`) WHERE " .
			    "g2 >= 0 AND id > 0 ORDER BY id") } 't', 'control';
			is($rows[0], $rows[1], "... and the same rows by $key");
		}
		is($s->row("CHECK TABLE app.t")->{Msg_text}, 'OK',
		    '... and its indexes are sound');
	}
}

done_testing;
