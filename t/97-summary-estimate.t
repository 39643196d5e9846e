# The summary of a dry run says how long the copy may take and how large the new
# table will be, by a sample that is copied and rolled back; or why not.
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

sub size_of {
	my ($table) = @_;
	$s->rows("ANALYZE TABLE app.$table");
	return $s->value("SELECT DATA_LENGTH + INDEX_LENGTH FROM " .
	    "information_schema.TABLES WHERE TABLE_SCHEMA = 'app' AND " .
	    "TABLE_NAME = '$table'");
}

fresh_schema($s, 'CREATE TABLE t (id INT PRIMARY KEY, a INT, ' .
    'big VARCHAR(500), KEY (a)) DEFAULT CHARSET=latin1',
    'CREATE TABLE none (id INT PRIMARY KEY, a INT)',
    'CREATE TABLE m (id INT PRIMARY KEY, a INT) ENGINE=MyISAM',
    'INSERT INTO m VALUES (1, 1)');
$s->sql("INSERT INTO app.t VALUES " . join(', ', map { my $n = $_;
    join(', ', map { "($_, $_ * 7 % 1000, REPEAT('x', 300))" }
    $n * 1000 + 1 .. $n * 1000 + 1000) } $_)) for 0 .. 7;
my $was = size_of('t');

my $is = summary('t', 'ADD c INT, ALGORITHM=COPY');
is($is->{estimate_rows_measured}, 8000, '... all rows were measured');
cmp_ok($is->{estimate_copy_s}, '>', 0, '... to copy them takes time');
cmp_ok($is->{estimate_compare_s}, '>', 0, '... and to compare them');
cmp_ok($is->{estimate_size_b}, '>=', $was, '... and a little more room');
cmp_ok($is->{estimate_size_b}, '<', 1.2 * $was, '... but no more');
is($is->{estimate_not_measured}, undef, '... it was measured');
cmp_ok(summary('t', 'DROP big')->{estimate_size_b}, '<', $was / 3,
    '... without the large column it is small');
my $index = summary('t', 'ADD KEY (big)')->{estimate_size_b};
cmp_ok($index, '>', 1.6 * $was, '... with an index of it large');
is($s->value('SELECT COUNT(*) FROM app.t'), 8000, '... and no row is touched');
is($s->value("SELECT COUNT(*) FROM information_schema.TABLES WHERE " .
    "TABLE_SCHEMA = 'app'"), 3, '... and nothing is left');

# Others have all of it locked.
my $other = $s->dbh(database => 'app');
$other->do('BEGIN');
$other->do('SELECT * FROM t FOR UPDATE');
is(summary('t', 'ADD c INT, ALGORITHM=COPY')->{estimate_rows_measured}, 8000,
    '... no lock of a row is in its way, as it takes none');
$other->do('ROLLBACK');

is(summary('none', 'ADD c INT')->{estimate_copy_s}, 0,
    '... an empty table takes no time');
$is = summary('m', 'ADD c INT, ENGINE=InnoDB');
is($is->{estimate_not_measured}, 'to read the table locks it',
    '... it says why not');
is($is->{estimate_copy_s}, undef, '... and no number');
is(summary('none', 'ADD c INT', '--instant=only')->{estimate_not_measured},
    'the server does it at once', '... nor where nothing is copied');

# For people.
my $r = run_livealter($s, '--alter', 'ADD c INT', dsn('app', 't'), '--dry-run');
like($r->{out}, qr/^estimate: {7}about [\d:]+ to copy, [\d:]+ to compare, \d/m,
    'it is shown');
unlike($r->{out}, qr/_t_new` .* SELECT .*LIMIT/, '... and not how');

# The estimate comes true, as far as one can say.
is(run_livealter($s, '--alter', 'ADD KEY (big)', dsn('app', 't'),
    '--execute')->{exit}, 0, 'it is done');
my $now = size_of('t');
cmp_ok($index, '<', 2.5 * $now, 'the size was not far too large');
cmp_ok($index, '>', $now / 2.5, '... nor too small');

done_testing;
