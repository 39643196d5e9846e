# Tables whose names differ in case or accents only are different tables, though
# many lists and names of the server's compare without: they are altered at the
# same time, and each has its own children, triggers, locks and leftovers.
use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @table = map { encode_utf8($_) } ('te', 'Te', 'té', 'TÉ');
my %n = map { $table[$_] => $_ } 0 .. $#table;

sub make {
	$s->sql('DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app; ' .
	    'CREATE TABLE parent (id INT PRIMARY KEY); ' .
	    'INSERT INTO parent VALUES (1)');
	$s->sql("CREATE TABLE app.`$_` (id INT PRIMARY KEY, a INT, " .
	    "up INT, KEY (up))") for @table;
	for (@table) {
		my $i = $n{$_};
		$s->sql("INSERT INTO app.`$_` (id, a) VALUES (1, $i), " .
		    "(2, $i), (3, $i)");
		$s->sql("CREATE TABLE app.child$i (id INT PRIMARY KEY, " .
		    "CONSTRAINT of$i FOREIGN KEY (id) REFERENCES `$_` (id)); " .
		    "INSERT INTO app.child$i VALUES (1)");
		$s->sql("ALTER TABLE app.`$_` ADD CONSTRAINT next$i FOREIGN " .
		    "KEY (up) REFERENCES parent (id)");
		$s->sql("CREATE TRIGGER app.own$i BEFORE INSERT ON `$_` FOR " .
		    "EACH ROW SET NEW.a = $i");
		$s->sql("UPDATE app.`$_` SET up = 1 WHERE id = 2");
	}
}

# What hangs on each: its column, its children, its triggers, its parent.
sub whole {
	my ($name, @new) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my (@is, @want);
	for (@table) {
		my $i = $n{$_};
		my ($ref) = $s->rows("SHOW CREATE TABLE app.child$i");
		push @is, "$_: " . ($ref->[1] =~ /REFERENCES `(.*?)`/)[0];
		my ($own) = $s->rows("SHOW CREATE TABLE app.`$_`");
		push @is, ($own->[1] =~ /(`new.*?`)/)[0] // 'old',
		    $own->[1] =~ /CONSTRAINT (`.*?`).*REFERENCES `(.*?)`/;
		push @want, "$_: $_", (grep { $_ == $i } @new) ? "`new$i`" :
		    'old', "`next$i`", 'parent';
		my ($trigger) = $s->rows("SHOW CREATE TRIGGER app.own$i");
		push @is, $trigger->[2] =~ /(?: ON )`?([^ `]+)/;
		push @want, $_;
		push @is, $s->value("SELECT GROUP_CONCAT(DISTINCT a) FROM " .
		    "app.`$_`");
		push @want, $i;
	}
	is("@is", "@want", $name);
}

make();
my @m = map { start_migration($s, "ADD new$n{$_} INT", 'app', $_,
    '--cut-over=when-told') } @table;
for (@table) {
	my $t = $_;
	poll_until(sub { run_livealter($s, 'status', dsn('app', $t))->{out} =~
	    /waiting/ || !$m[$n{$t}]->running });
}
$s->sql("INSERT INTO app.`$_` (id) VALUES (9); DELETE FROM app.`$_` WHERE " .
    "id = 3; UPDATE app.`$_` SET id = 7 WHERE id = 9") for @table;
for (@table) {
	run_livealter($s, 'control', dsn('app', $_), 'cut-over');
	is($m[$n{$_}]->wait->{exit}, 0, "all at once, and $_ is altered")
	    or diag($m[$n{$_}]->err);
}
whole('... each has what is its own', 0 .. 3);
is(join(' ', map { $s->value("SELECT GROUP_CONCAT(id ORDER BY id) FROM " .
    "app.`$_`") } @table), '1,2,7 1,2,7 1,2,7 1,2,7', '... and its rows');
nothing_left($s, 'app');

# --- one that died -----------------------------------------------------------

make();
die_at($s, 'after:copy', '--alter', "ADD new$n{$_} INT", dsn('app', $_),
    '--execute') for @table;
my $r = run_livealter($s, 'resume', dsn('app', $table[1]), '--execute');
is($r->{exit}, 0, 'four that died: one is resumed') or diag($r->{err});
whole('... and nothing else has happened to it', 1);
$r = run_livealter($s, 'cleanup', dsn('app', $table[2]));
is($r->{exit}, 0, '... one is cleaned up') or diag($r->{err});
$r = run_livealter($s, 'cleanup', dsn('app', $table[3]));
is($r->{exit}, 0, '... and another') or diag($r->{err});
$s->sql("INSERT INTO app.`$table[0]` (id) VALUES (9)");
$r = run_livealter($s, 'resume', dsn('app', $table[0]), '--execute');
is($r->{exit}, 0, '... and the first is resumed') or diag($r->{err});
whole('... and nothing else has happened to it', 0, 1);
nothing_left($s, 'app');
$r = migrate($s, 'ADD new3 INT', 'app', $table[3]);
succeeded($r, 'app', $table[3], 'then it is altered');
$r = migrate($s, 'ADD new2 INT', 'app', $table[2], '--reversible');
is($r->{exit}, 0, '... and so is that') or diag($r->{err});
$r = migrate($s, 'ADD again INT', 'app', $table[3], '--reversible');
is($r->{exit}, 0, '... and both can be reverted') or diag($r->{err});
whole('... each has what is its own', 0 .. 3);
$r = run_livealter($s, 'revert', dsn('app', $table[2]), '--execute',
    '--accept-loss');
is($r->{exit}, 0, '... one is') or diag($r->{err});
whole('... and has what it had', 0, 1, 3);
run_livealter($s, 'cleanup', dsn('app', $_)) for @table;
nothing_left($s, 'app');

# --- those who are in the way ------------------------------------------------

$s->sql('DROP DATABASE app; CREATE DATABASE app');
$s->sql("CREATE TABLE app.`$_` (id INT PRIMARY KEY)") for @table;
my $reader = $s->dbh(database => 'app');
$reader->do('BEGIN');
$reader->selectall_arrayref("SELECT * FROM `$_`") for @table[0, 2, 3];
$r = migrate($s, 'ADD new1 INT', 'app', $table[1]);
succeeded($r, 'app', $table[1], 'others of the same name are read');
unlike($r->{err}, qr/in use|never free/, '... who does that is not in the way');
done_testing();
