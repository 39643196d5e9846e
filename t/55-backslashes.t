# What a default, a generated column, a key or a CHECK means is not changed
# because a session with NO_BACKSLASH_ESCAPES has opened the table: MySQL reads
# expressions by the sql_mode of whoever opens it, and tells others that.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

# One cache of open tables, so that all sessions meet the same.
my $s = Server->start(args => ['--table-open-cache-instances=1']);
my $mysql = $s->is_mysql;

my %place = (
	default => "w VARCHAR(20) DEFAULT (CONCAT('a\\nb', ''))",
	generated => "w VARCHAR(20) AS (CONCAT('a\\nb', id)) VIRTUAL",
	check => "w VARCHAR(20), CHECK (w <> 'a\\nb')",
	$mysql ? (key => "w VARCHAR(20), " .
	    "KEY ((CONCAT(w, 'a\\nb')))") : (),
	quote => "w VARCHAR(20) DEFAULT (CONCAT('it\\'s', ''))",
	backslash => "w VARCHAR(20) DEFAULT (CONCAT('a\\\\b', ''))",
	percent => "w VARCHAR(20), CHECK (w NOT LIKE 'a\\%')",
);

# Opened by such a session, and kept open.
sub open_plainly {
	my $dbh = $s->dbh;
	local $dbh->{PrintError} = 0;
	$dbh->do("FLUSH TABLES app.t");
	$dbh->do("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
	eval { $dbh->selectall_arrayref("SELECT * FROM app.t") };
	$dbh->disconnect;
}

my $misread = 0;
for my $place (sort keys %place) {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; " .
	    "CREATE TABLE app.t (id INT PRIMARY KEY, $place{$place}); " .
	    "INSERT INTO app.t (id) VALUES (1)");
	my $was = $s->row("SHOW CREATE TABLE app.t")->{'Create Table'};
	open_plainly();
	my $r = migrate($s, 'ADD COLUMN added INT', 'app', 't');
	if ($r->{exit}) {
		is($r->{exit}, 10, "$place: refused, where it is read wrong");
		like($r->{err}, qr/other backslashes than the data dictionary/,
		    '... with the reason');
		like($r->{err}, qr/FLUSH TABLES `app`\.`t`/, '... and a way');
		nothing_left($s, 'app');
		$misread++;
		$s->sql("FLUSH TABLES app.t");
		$r = migrate($s, 'ADD COLUMN added INT', 'app', 't');
	}
	is($r->{exit}, 0, "$place: altered") or diag $r->{err};
	$s->sql("ALTER TABLE app.t DROP COLUMN added");
	$s->sql("FLUSH TABLES app.t");
	is($s->row("SHOW CREATE TABLE app.t")->{'Create Table'} =~
	    s/CONSTRAINT `\w+` CHECK/CHECK/r,
	    $was =~ s/CONSTRAINT `\w+` CHECK/CHECK/r,
	    '... and its expressions are what they were');
}
note "$misread of " . keys(%place) . " were read wrong by the server";
cmp_ok($misread, '>', 2, 'MySQL does so, or this test is of no use') if $mysql;
is($misread, 0, 'MariaDB does not') if !$mysql;

done_testing;
