# The summary of a dry run counts the rows that the new table would not take,
# and names some of them.  It locks none, and says where it has not looked.
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
	my ($alter, @args) = @_;
	my $r = run_livealter($s, '--alter', $alter, dsn('app', 't'),
	    '--dry-run', '--output=json', @args);
	is($r->{exit}, 0, "$alter: a dry run") or diag $r->{out};
	my ($line) = grep { /^\{"type": "summary"/ } split /\n/, $r->{out};
	return defined $line ? $json->decode($line) : {};
}

# Rows that do not fit: those, and by their keys.
sub misfits {
	my ($alter, @want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $is = summary($alter);
	is(join('; ', map { my $m = $_; "$m->{kind} $m->{name} $m->{rows}: " .
	    join(' ', map { "$_->{key}=$_->{value}" } @{$m->{sample}}) }
	    sort { $b->{kind} cmp $a->{kind} } @{$is->{misfits}}),
	    join('; ', sort { $b cmp $a } @want), '... rows that do not fit');
	is($is->{misfits_not_looked_for}, undef, '... were looked for');
	return $is;
}

fresh_schema($s, "CREATE TABLE t (id INT PRIMARY KEY, a INT DEFAULT 1, " .
    "n INT, v VARCHAR(20) NOT NULL, d DECIMAL(10,2), e ENUM('x','y')) " .
    "DEFAULT CHARSET=utf8mb4");
$s->sql($_) for "INSERT INTO app.t (id, a, n, v, d, e) VALUES " . join(', ',
    map { "($_, $_, NULLIF($_ % 5, 0), REPEAT('x', $_), $_.25, '" .
    ($_ % 2 ? 'x' : 'y') . "')" } 1 .. 20),
    'UPDATE app.t SET a = a * 10000 WHERE id IN (7, 9)';
my $is = misfits('ADD c INT');
is($is->{misfits_rows_looked_at}, 0, '... in no row, as nothing changes');
ok($is->{misfits_all_looked_at}, '... which is known');
$is = misfits('MODIFY a BIGINT');
is($is->{misfits_rows_looked_at}, 0, '... nor where there is more room');
$is = misfits('MODIFY a SMALLINT', "out-of-range a 2: 7='70000' 9='90000'");
is($is->{misfits_rows_looked_at}, 20, '... in all rows');
ok($is->{misfits_all_looked_at}, '... which it says');
misfits('MODIFY a SMALLINT UNSIGNED', "out-of-range a 2: 7='70000' 9='90000'");
misfits('MODIFY n INT NOT NULL', "null n 4: 5=NULL 10=NULL 15=NULL");
misfits('MODIFY v VARCHAR(18) NOT NULL', "too-long v 2: 19='" . 'x' x 19 .
    "' 20='" . 'x' x 20 . "'");
misfits("MODIFY e ENUM('y')", "not-a-member e 10: 1='x' 3='x' 5='x'");
misfits('MODIFY v DATE NOT NULL', join '', "not-convertible v 20: ",
    join ' ', map { "$_='" . 'x' x $_ . "'" } 1 .. 3);
misfits('MODIFY d DECIMAL(3,2)', "out-of-range d 11: 10='10.25' " .
    "11='11.25' 12='12.25'");
misfits('MODIFY n INT NOT NULL, CHANGE v w VARCHAR(19) NOT NULL',
    "null n 4: 5=NULL 10=NULL 15=NULL", "too-long v 1: 20='" . 'x' x 20 . "'");
# In one column: NULLs beside other values, and several warnings of a row.
$s->sql('UPDATE app.t SET n = 70000 WHERE id = 3');
misfits('MODIFY n SMALLINT NOT NULL', "out-of-range n 1: 3='70000'",
    "null n 4: 5=NULL 10=NULL 15=NULL");
{
	my $n = 0;
	$n += $_->{rows} for
	    @{summary('MODIFY d TIMESTAMP NULL')->{misfits}};
	is($n, 20, '... each row counts once');
}
{
	my $m = summary('ADD CONSTRAINT small CHECK (id < 15)')->{misfits};
	is(join(' ', map { "$_->{kind} $_->{rows}" } @$m), 'check 6',
	    '... counts those that a CHECK forbids');
	like($m->[0]{text}, qr/small/, '... and names it');
}
is_deeply(summary('MODIFY a SMALLINT', '--allow-warnings=1264,167')->{misfits},
    [], 'what --allow-warnings lets through fits');
is_deeply(summary('MODIFY n INT NOT NULL', '--null-to-not-null')->{misfits},
    [], '... and so does what --null-to-not-null makes of NULL');

# No row is locked by it, and none that others have locked is in its way.
my $other = $s->dbh(database => 'app');
$other->do('BEGIN');
$other->do('SELECT * FROM t FOR UPDATE');
misfits('MODIFY a SMALLINT', "out-of-range a 2: 7='70000' 9='90000'");
$other->do('ROLLBACK');

# A table that is large: it says how far it has come.
{
	my $r = run_livealter($s, { env => { LIVEALTER_WITHOUT =>
	    'looking-on' } }, '--alter', 'MODIFY a SMALLINT',
	    dsn('app', 't'), '--dry-run', '--chunk-size=8');
	like($r->{out}, qr/^does\ not\ fit: \s+ some\ of\ the\ first\ 8\ rows;
	    \ more\ were\ not\ looked\ at\n
	    \s+ 1\ row\ of\ `a`\ are\ out\ of\ range\ for\ smallint.*:
	    \ row\ 7\ has\ '70000'$/mx, 'it says what it has not looked at')
	    or diag $r->{out};
}
$s->sql($_) for 'CREATE TABLE app.m (id INT PRIMARY KEY, a INT) ' .
    'ENGINE=MyISAM', 'INSERT INTO app.m VALUES (1, 70000)';
like(run_livealter($s, '--alter', 'MODIFY a SMALLINT, ENGINE=InnoDB',
    dsn('app', 'm'), '--dry-run')->{out},
    qr/^not known: +which rows do not fit: to read the table locks it$/m,
    '... and why it has not looked');
is_deeply([grep { !/^[tm]$/ } map { $_->[0] } $s->rows(
    "SELECT TABLE_NAME FROM information_schema.TABLES " .
    "WHERE TABLE_SCHEMA = 'app'")], [], '... and leaves nothing');


done_testing;
