# Columns whose names are of all characters, at all places: what the server
# itself takes, we alter, rename and revert; or a name is refused with nothing
# touched, where MySQL can have no trigger that names it.
#
# long: three migrations and reverts for each portion of names
use strict;
use warnings;
use utf8;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
    qw(output failure_output todo_output);

my $s = Server->start;
my $mysql = $s->is_mysql;

sub bytes { my ($x) = @_; utf8::encode($x); $x }
sub id { Story::q(bytes($_[0])) }

# --- the names --------------------------------------------------------------

# Each printable character in the middle, at the begin, at the end, and twice;
# servers take no blank at the end.
my @sign = grep { !/\w/ } map { chr } 0x20 .. 0x7e;
my @names = map { "a${_}b" } map { chr } 0x20 .. 0x7e;
push @names, (map { "${_}x" } @sign), (map { "y$_" } @sign),
    (map { "v$_${_}w" } @sign);
# What is quoted, beside what takes more than a byte.
for my $q ('`', '"', "'", '\\') {
	push @names, "${q}é", "é$q", "a${q}é", "é${q}a", "€$q$q", "$q$q€",
	    "é${q}é${q}é", "ü$q,\"ö", "b$q`\"k";
}
push @names, 'a `b",é', 'Ab', 'aB2', 'Ä', 'ß', 'İ', "line\nfeed", "tab\tx",
    "\x{7f}", '%s%n', '{far}', '${x}', '$x', '1', '1e5', '0x1', "x'41'",
    '--', '/*', '*/', '#x', ';', 'a;b', '()', '€' x 64, 'é`' . 'x' x 62,
    '`' x 64, '"' x 63 . 'é', 'z' x 64;
# Words of SQL, and what the program's own texts have.
push @names, qw(select table order index key primary references check null
    new old insert values default group from where user rank system
    NEW_x OLD_x d o n c k p s t _t_new _t_old _t_notes _t_back _t_livealter
    la_x livealter livealter_t_ins livealter_errno livealter_text
    livealter_rows what errno row_key message registry _livealter
    livealter2 x_livealter x_livealter2 x_livealter4 ~livealter_x);

# --- many names in one table ------------------------------------------------

# Which of them go into one table, without those that are one name to the
# server.
sub portions {
	my ($size, @n) = @_;
	my (@out, %seen);
	for my $n (grep { !$seen{lc $_}++ } @n) {
		push @out, [] if !@out || @{$out[-1]} >= $size;
		push @{$out[-1]}, $n;
	}
	return @out;
}

# Which of them does the server take here?
sub taken {
	my ($how, @n) = @_;
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET NAMES utf8mb4");
	my @ok = grep {
		my $q = id($_);
		eval { $dbh->do($how =~ s/%/$q/gr); 1 } ||
		    (note("the server refuses $_: " . $dbh->errstr), 0)[1];
	} @n;
	$dbh->disconnect;
	return @ok;
}

sub definition {
	return $s->row("SHOW CREATE TABLE app.$_[0]")->{'Create Table'} =~
	    s/ AUTO_INCREMENT=\d+//r;
}

# As ALTER TABLE does on another table of the kind; and back.
sub there_and_back {
	my ($name, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $was = definition('t');
	my $r = migrate($s, $alter, 'app', 't', '--reversible',
	    '--accept-loss', @opts);
	succeeded($r, 'app', 't', $name) or return;
	$s->sql("UPDATE app.t SET i = i + 1 WHERE i < 3");
	$s->sql("DELETE FROM app.t WHERE i = 5");
	my $rows = $s->value("SELECT GROUP_CONCAT(i ORDER BY i) FROM app.t");
	is($s->value("SELECT GROUP_CONCAT(i ORDER BY i) FROM app._t_old"),
	    $rows, '... the old table is in step');
	$r = run_livealter($s, 'revert', dsn('app', 't'), '--accept-loss');
	is($r->{exit}, 0, '... and back') or diag $r->{err};
	is(definition('t'), $was, '... it is what it was');
	is($s->value("SELECT GROUP_CONCAT(i ORDER BY i) FROM app.t"), $rows,
	    '... with what was written');
}

sub begin {
	fresh_schema($s, "ALTER DATABASE app CHARACTER SET utf8mb4",
	    "CREATE TABLE p (i INT PRIMARY KEY)", "INSERT INTO p VALUES (1)",
	    "CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY, w INT)");
	$s->sql("INSERT INTO app.t (i) VALUES (-1), (3), (4), (5)");
}

# MySQL can say some in no trigger (include/model/quoting.h); this says which.
sub unsayable {
	my ($n) = @_;
	my $bad = 0;
	for my $q ('`', '"') {
		my $text = bytes($n) =~ s/\Q$q\E/$q$q/gr;
		my $k = () = bytes($n) =~ /\Q$q\E/g;
		$bad++ if grep { !utf8::decode(my $x = $_) } map { $k ?
		    substr($text, $_ * (length($text) - $k), $k) : '' } 0, 1;
	}
	return $mysql && $bad == 2;
}

for my $set (portions(40, grep { !unsayable($_) } @names)) {
	begin();
	my @n = taken("ALTER TABLE t ADD % INT", @$set);
	note "columns: @n";
	there_and_back("columns like $n[0]", 'ADD COLUMN z INT');
	there_and_back('... their types', join ', ',
	    map { 'MODIFY ' . id($_) . ' BIGINT DEFAULT 7' } @n);
	there_and_back('... their names', join ', ',
	    map { 'CHANGE ' . id($n[$_]) . ' ' . id("${_}n") . ' BIGINT' }
	    0 .. $#n);
}
for my $n (grep { unsayable($_) } @names) {
	begin();
	taken("ALTER TABLE t ADD % INT", $n) or next;
	my $was = $s->dump('app');
	for my $how ('--dry-run', '--execute') {
		my $r = run_livealter($s, '--alter', 'ADD z INT',
		    dsn('app', 't'), $how);
		is($r->{exit}, 17, "$n: refused, $how");
		like($r->{err}, qr/can store no trigger/, '... says why');
		same_dump($s->dump('app'), $was, '... and all is as it was');
	}
}

done_testing;
