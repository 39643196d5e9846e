# The user's triggers come back byte for byte, whatever character set and mode
# their client had; and nothing in them is ever read as anything else.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dbh = $s->dbh;
$dbh->do("SET NAMES utf8mb4");

# What the server keeps of the triggers on a table, in the order in which they
# fire; bytes as they are.
sub kept {
	my ($db, $table) = @_;
	my $out = '';
	$dbh->do("SET NAMES utf8mb4");
	my $names = $dbh->selectcol_arrayref("SELECT trigger_name FROM " .
	    "information_schema.triggers WHERE event_object_schema = ? AND " .
	    "event_object_table = ? ORDER BY event_manipulation, " .
	    "action_timing, action_order", undef, $db, $table);
	$dbh->do("SET character_set_results = NULL");
	for my $n (@$names) {
		my $r = $dbh->selectrow_arrayref("SHOW CREATE TRIGGER " .
		    Story::q($db) . '.' . Story::q($n));
		$out .= join(' | ', map { s/[^ -~]/sprintf '\\x%02x',
		    ord $&/ger } @$r[0 .. 5]) . "\n";
	}
	$dbh->do("SET NAMES utf8mb4");
	return $out;
}

sub fresh {
	my ($db, $table) = @_;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET sql_mode = DEFAULT");
	$dbh->do("DROP DATABASE IF EXISTS " . Story::q($db));
	$dbh->do("CREATE DATABASE " . Story::q($db) .
	    " DEFAULT CHARSET utf8mb4");
	$dbh->do("USE " . Story::q($db));
	$dbh->do("CREATE TABLE " . Story::q($table) . " (id INT PRIMARY " .
	    "KEY, b BLOB, a INT)");
	$dbh->do("INSERT INTO " . Story::q($table) . " VALUES (1, '', 1)");
}

# --- every character set that a client can have ------------------------------

my @letters = map { my $c = chr $_; utf8::encode($c); $c } 0xe4, 0x44f, 0x5d0,
    0x3b1, 0xe01, 0x4e2d, 0x8868, 0x3042, 0xd55c, 0x105, 0x531, 0x10d0, 0x61;

# Its bytes for the first of the letters that it has, and the letter.
sub letter_of {
	my ($cs) = @_;
	for my $l (@letters) {
		my $hex = unpack 'H*', $l;
		my ($bytes, $same) = $dbh->selectrow_array("SELECT " .
		    "HEX(CONVERT(_utf8mb4 x'$hex' USING $cs)), " .
		    "HEX(CONVERT(CONVERT(_utf8mb4 x'$hex' USING $cs) USING " .
		    "utf8mb4)) = '$hex'");
		return (pack('H*', $bytes), $l) if $same;
	}
	return;
}

my %set;
for my $cs (sort @{$dbh->selectcol_arrayref("SELECT character_set_name " .
    "FROM information_schema.character_sets")}) {
	next if !eval { $dbh->do("SET NAMES $cs"); 1 };
	$dbh->do("SET NAMES utf8mb4");
	$set{$cs} = [letter_of($cs)] if letter_of($cs);
}
cmp_ok(scalar keys %set, '>', 25, 'many character sets are tried');

# Does a table with such a trigger work at all?  MySQL reads names in UTF-8 as
# if they were in the client's character set.
sub usable {
	my ($db) = @_;
	$dbh->do("SET NAMES utf8mb4");
	return eval { $dbh->do("UPDATE t SET a = a + 1"); 1 };
}

sub create {
	my ($cs, $mode, $name, $body) = @_;
	$dbh->do("SET NAMES $cs");
	$dbh->do("SET sql_mode = '$mode'");
	my $done = eval { $dbh->do("CREATE TRIGGER `$name` BEFORE UPDATE ON " .
	    "t FOR EACH ROW $body"); 1 };
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET sql_mode = DEFAULT");
	return $done;
}

# The name's bytes are written as the client would, and looked for in UTF-8.
sub create_usable {
	my ($cs, $mode, $bytes, $letter, $n, $body) = @_;
	create($cs, $mode, "n$n$bytes", $body) or return 0;
	return 1 if usable();
	$dbh->do("DROP TRIGGER `n$n$letter`");
	return 0;
}

sub bodies {
	my ($cs, $b) = @_;
	return (['', "SET NEW.b = CONCAT(NEW.b, HEX('$b'), HEX(_$cs'$b'))"],
	    ['NO_BACKSLASH_ESCAPES', "SET NEW.b = CONCAT(NEW.b, '\\')"],
	    ['ANSI_QUOTES', "BEGIN SET NEW.\"b\" = CONCAT(NEW.\"b\", '$b'); " .
	    "END"],
	    ['', "SET NEW.b = CONCAT(NEW.b, '''\\'') # the end"],
	    ['', "SET NEW.b = CONCAT(NEW.b, CASE WHEN 1 THEN 'x' END)"],
	    ['', "SET NEW.b = CONCAT(NEW.b, '; SELECT 1; ') -- END"],
	    ['', "SET NEW.b = CONCAT(NEW.b, 1) /* $b ' */"]);
}

my @sets = sort keys %set;
while (my @some = splice @sets, 0, 5) {
	fresh('app', 't');
	my $n = 0;
	for my $cs (@some) {
		my ($bytes, $letter) = @{$set{$cs}};
		my $i = 0;
		for (bodies($cs, $bytes)) {
			$n += create($cs, $_->[0], "p_${cs}_" . $i++,
			    $_->[1]) ? 1 : 0;
			$n += create_usable($cs, $_->[0], $bytes, $letter,
			    "_${cs}_$i", $_->[1]) if $i < 3;
		}
	}
	my $was = kept('app', 't');
	cmp_ok($n, '>', 4 * @some, "$n triggers of clients in @some");
	my $r = migrate($s, 'ADD c INT', 'app', 't');
	succeeded($r, 'app', 't', '... on a table that is altered');
	is(kept('app', 't'), $was, '... come back as they were');
	ok(usable(), '... and work');
	nothing_left($s, 'app');
}

# --- names -------------------------------------------------------------------

my ($ae, $han) = ("\xc3\xa4", "\xe4\xb8\xad");

for my $case ([$ae, "latin1", "\xe4"], [$han, "utf8mb4", $han],
    ["a`$ae.b", "latin1", "a``\xe4.b"], ["\xe2\x82\xac", "cp1250", "\x80"]) {
	my ($name, $cs, $bytes) = @$case;
	my $table = "t$name";
	my ($mine, $schema) = ("app$name", Story::q("app$name"));
	fresh($mine, $table);
	$dbh->do("SET NAMES $cs");
	$dbh->do("CREATE TRIGGER `tr` AFTER INSERT ON `t$bytes` FOR EACH " .
	    "ROW SET \@x = '$bytes' # " . ($s->is_mariadb ? $bytes : ''));
	$dbh->do("CREATE TRIGGER `tr$bytes` AFTER DELETE ON `t$bytes` FOR " .
	    "EACH ROW BEGIN SET \@x = '$bytes'; END");
	my $was = kept($mine, $table);
	my $r = migrate($s, 'ADD c INT', $mine, $table);
	succeeded($r, $mine, $table, "$mine.$table, with triggers in $cs");
	is(kept($mine, $table), $was, '... come back as they were');
	nothing_left($s, $mine);
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("DROP DATABASE $schema");
}

# Renamed since, the table has a name that the trigger's client cannot write.
fresh('app', 't');
create('latin1', '', 'tr', "SET NEW.b = '\xe4'");
$dbh->do("RENAME TABLE t TO `t$han`");
my $was = kept('app', "t$han");
my $r = migrate($s, 'ADD c INT', 'app', "t$han");
is($r->{exit}, 17, 'a table whose name is not in the character set of a ' .
    'trigger is refused') or diag($r->{err});
like($r->{err}, qr/latin1, has not all characters/, '... with the reason');
is(kept('app', "t$han"), $was, '... and the trigger is as it was');
nothing_left($s, 'app');
# MariaDB would write its name into the trigger in UTF-8, and break it.
if ($s->is_mariadb) {
	fresh('app', "t$han");
	$dbh->do("SET NAMES gbk");
	$dbh->do("CREATE TRIGGER tr BEFORE UPDATE ON `t\xd6\xd0` FOR EACH " .
	    "ROW SET NEW.b = 1");
	$was = kept('app', "t$han");
	$r = migrate($s, 'ADD c INT', 'app', "t$han");
	is($r->{exit}, 17, 'a trigger that no RENAME of the table would ' .
	    'survive is refused') or diag($r->{err});
	is(kept('app', "t$han"), $was, '... and is as it was');
	nothing_left($s, 'app');
}
fresh('app', 't');
create('latin1', '', 'tr', "SET NEW.b = '\xe4'");
$dbh->do("RENAME TABLE t TO `t$ae`");
$r = migrate($s, 'ADD c INT', 'app', "t$ae");
succeeded($r, 'app', "t$ae", 'one whose new name is in it is altered');
my $now = $dbh->selectrow_arrayref("SELECT trigger_name, " .
    "HEX(action_statement) FROM information_schema.triggers WHERE " .
    "event_object_table = 't$ae'");
is_deeply($now, ['tr', uc unpack 'H*', "SET NEW.b = '$ae'"],
    '... and the trigger is on it, as it was');

# The definer has a name that the client cannot write, but can be.
fresh('app', 't');
$dbh->do("CREATE USER IF NOT EXISTS 'd$ae'\@'%'");
$dbh->do("GRANT ALL ON *.* TO 'd$ae'\@'%'");
$dbh->do("SET NAMES latin1");
$dbh->do("CREATE DEFINER = 'd\xe4'\@'%' TRIGGER tr AFTER INSERT ON t FOR " .
    "EACH ROW SET \@x = '\xe4'");
$was = kept('app', 't');
$r = migrate($s, 'ADD c INT', 'app', 't');
succeeded($r, 'app', 't', 'a definer whose name is not ASCII');
is(kept('app', 't'), $was, '... stays the one who he was');

# --- nobody gains anything by it ---------------------------------------------

$dbh->do("CREATE USER app IDENTIFIED BY 'app'");
my $grant = "UNLOCK TABLES;GRANT ALL ON *.* TO app;DO 1";
my $bad = "$grant#";
for my $cs (grep { $set{$_} } qw(gbk gb18030 big5 sjis cp932 swe7)) {
	# A lead byte before a quote, in texts and then in a name.
	fresh('app', 't');
	my $n = 0;
	for my $lead ("\xad", "\xb5", "\x95\x5c", "\x81", "\xd6\x5c", "a") {
		$n += create($cs, '', "x$n", $_) ? 1 : 0
		    for "SET \@a = '*/;$bad'",
		    "SET \@a = 1 /*$lead*/ -- $grant",
		    "SET \@a = '$lead\\'';$bad'", "SET \@a = '$lead'' ;$bad'";
	}
	migrate($s, 'ADD c INT', 'app', 't');
	run_livealter($s, 'cleanup', dsn('app', 't'));
	for my $lead ("\xad", "\x95") {
		fresh('app', 't');
		create($cs, '', "x$lead`` after insert on t for each row do " .
		    "1/*", "SET \@a = '*/;$bad'") or next;
		migrate($s, 'ADD c INT', 'app', 't');
		run_livealter($s, 'cleanup', dsn('app', 't'));
	}
	my $grants = join ' ', map { $_->[0] } $s->rows("SHOW GRANTS FOR app");
	unlike($grants, qr/ALL PRIVILEGES|INSERT/,
	    "a name or text in $cs gives nobody a grant, of $n tried");
}

done_testing();
