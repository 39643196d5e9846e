# A primary key that the server generates and may hide, and a CHECK that is
# enforced or not: as ALTER TABLE leaves them (MySQL).  MariaDB has neither, and
# its error is told.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
$s->sql("CREATE DATABASE app");

sub checked {
	$s->sql("DROP TABLE IF EXISTS app.k; CREATE TABLE app.k (id INT " .
	    "PRIMARY KEY, a INT, CONSTRAINT pos CHECK (a > 0))");
	$s->sql("INSERT INTO app.k VALUES (1, 1)");
}

if ($s->is_mariadb) {
	checked();
	my $r = migrate($s, 'ALTER CONSTRAINT pos NOT ENFORCED', 'app', 'k');
	isnt($r->{exit}, 0, 'what the server does not know');
	like($r->{err}, qr/1064/, '... is its error');
	nothing_left($s, 'app');
	done_testing;
	exit 0;
}

# --- hidden keys -------------------------------------------------------------

my $show = 'show_gipk_in_create_table_and_information_schema';
for my $shown ('ON', 'OFF') {
	$s->sql("SET GLOBAL $show = $shown");
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET sql_generate_invisible_primary_key = ON");
	for my $t ('t', 'control') {
		$dbh->do("DROP TABLE IF EXISTS $t");
		$dbh->do("CREATE TABLE $t (a INT, b VARCHAR(9))");
		$dbh->do("INSERT INTO $t VALUES (1, 'x'), (2, 'y'), (1, 'x')");
		$dbh->do("DELETE FROM $t WHERE a = 2");
	}
	my $p = start_to_step($s, 'after:copy', 'ADD c INT', 'app', 't');
	$dbh->do("INSERT INTO t (a) VALUES (4)");
	$dbh->do("UPDATE t SET b = 'z' WHERE my_row_id = 3");
	$p->kill('CONT');
	succeeded($p->wait, 'app', 't', "a table with a key that is $shown");
	$dbh->do("INSERT INTO control (a) VALUES (4)");
	$dbh->do("UPDATE control SET b = 'z' WHERE my_row_id = 3");
	$dbh->do("ALTER TABLE control ADD c INT");
	for my $see ('ON', 'OFF') {
		$dbh->do("SET $show = $see");
		my ($x, $y) = map { ($dbh->selectrow_array("SHOW CREATE " .
		    "TABLE $_"))[1] =~ s/`$_`/`x`/r =~
		    s/ AUTO_INCREMENT=\d+//r } 't', 'control';
		is($x, $y, "... its definition, while such are $see");
	}
	my ($x, $y) = map { join "\n", map { join ' ', map { $_ // 'NULL' }
	    @$_ } @{$dbh->selectall_arrayref("SELECT my_row_id, x.* FROM " .
	    "$_ x ORDER BY 1")} } 't', 'control';
	is($x, $y, '... and its rows, with the key');
	nothing_left($s, 'app');
}
$s->sql("SET GLOBAL $show = DEFAULT");

# --- a CHECK that is not enforced -------------------------------------------

sub enforced {
	return $s->value("SELECT ENFORCED FROM " .
	    "information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = " .
	    "'app' AND TABLE_NAME = 'k' AND CONSTRAINT_TYPE = 'CHECK'");
}

for my $word ('CHECK', 'CONSTRAINT') {
	checked();
	for (['NOT ENFORCED', 'NO'], ['ENFORCED', 'YES']) {
		my ($how, $is) = @$_;
		my ($name) = $s->value("SELECT CONSTRAINT_NAME FROM " .
		    "information_schema.TABLE_CONSTRAINTS WHERE " .
		    "TABLE_SCHEMA = 'app' AND TABLE_NAME = 'k' AND " .
		    "CONSTRAINT_TYPE = 'CHECK'");
		succeeded(migrate($s, "ALTER $word `$name` $how", 'app', 'k'),
		    'app', 'k', "ALTER $word ... $how");
		is(enforced(), $is, '... and it is');
	}
}
$s->sql("DROP TABLE app.k; CREATE TABLE app.k (id INT PRIMARY KEY, a INT, " .
    "CONSTRAINT pos CHECK (a > 0) NOT ENFORCED); INSERT INTO app.k VALUES " .
    "(1, -1)");
isnt(migrate($s, 'ALTER CHECK pos ENFORCED', 'app', 'k')->{exit}, 0,
    'a row that breaks it');
is(enforced(), 'NO', '... leaves all as it was');
nothing_left($s, 'app');

# --- a key that is generated --------------------------------------------------

$s->sql("CREATE TABLE app.g (a INT NOT NULL, b INT AS (a + 1) STORED NOT " .
    "NULL PRIMARY KEY)");
my $r = migrate($s, 'ADD c INT', 'app', 'g');
is($r->{exit}, 0, 'no key but one that is generated will do') or
    diag $r->{err};
$s->sql("CREATE TABLE app.g2 (a INT NOT NULL, b INT AS (a + 1) STORED NOT " .
    "NULL PRIMARY KEY)");
$r = migrate($s, 'MODIFY b INT AS (a + 2) STORED NOT NULL', 'app', 'g2');
is($r->{exit}, 4, '... and none that is computed otherwise then');
like($r->{err}, qr/`b`/, '... which is named');
nothing_left($s, 'app');

done_testing;
