# The summary of a dry run: it comes before the plan, is no more than a screen,
# and names each kind of change that an application may notice, what hangs on
# the table, and indexes that are of no use.
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

# Tests: in that list of the summary are just these, as "kind name".
sub finds {
	my ($list, $alter, @want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $is = summary($alter);
	is(join(', ', map { "$_->{kind} $_->{name}" } @{$is->{$list}}),
	    join(', ', @want), "... its $list");
	return $is;
}

fresh_schema($s, "CREATE TABLE t (id INT PRIMARY KEY, a INT DEFAULT 1, " .
    "n INT, v VARCHAR(20) NOT NULL, d DECIMAL(10,2), u BIGINT UNSIGNED, " .
    "e ENUM('x','y'), `q``x,` INT, x TEXT, " .
    "KEY an (a, n), KEY n (n)) DEFAULT CHARSET=utf8mb4");

finds('changes', 'ADD c INT');
finds('changes', 'ADD c INT NOT NULL DEFAULT 3');
finds('changes', 'ADD c INT NOT NULL', 'required c');
finds('changes', 'DROP a', 'dropped a');
finds('changes', 'DROP `q``x,`', 'dropped q`x,');
finds('changes', 'DROP a, ADD a INT', 'dropped a');
finds('changes', 'CHANGE a b INT DEFAULT 1', 'renamed a');
finds('changes', 'CHANGE a n INT DEFAULT 1, CHANGE n a INT', 'renamed a',
    'renamed n');
finds('changes', "MODIFY $_->[0]", @$_[1 .. $#$_]) for
    ['a SMALLINT DEFAULT 1', 'narrowed a'], ['a BIGINT DEFAULT 1', 'type a'],
    ['a INT UNSIGNED DEFAULT 1', 'narrowed a'],
    ['v VARCHAR(10) NOT NULL', 'narrowed v'],
    ['v VARCHAR(30) NOT NULL', 'type v'],
    ['d DECIMAL(9,2)', 'narrowed d'], ['d DECIMAL(10,3)', 'narrowed d'],
    ['d DECIMAL(12,3)', 'type d'], ['u BIGINT', 'narrowed u'],
    ["e ENUM('x')", 'narrowed e'], ["e ENUM('x','y','z')", 'type e'],
    ['x TINYTEXT', 'narrowed x'], ['a VARCHAR(20)', 'type a', 'default a'],
    ['a INT DEFAULT 2', 'default a'],
    ['a INT NOT NULL DEFAULT 1', 'not-null a'],
    ['v VARCHAR(20) COLLATE utf8mb4_bin NOT NULL', 'collation v'];

finds('indexes', 'ADD c INT');
finds('indexes', 'ADD KEY a (a)', 'redundant a');
finds('indexes', 'ADD KEY b (a, n)', 'redundant b');
finds('indexes', 'ADD KEY b (a DESC)') if $s->is_mysql;
finds('indexes', 'ADD KEY b (v(3))');

$s->sql("CREATE TABLE app.child (p INT, CONSTRAINT fk FOREIGN KEY (p) " .
    "REFERENCES app.t (id))");
$s->sql("CREATE TRIGGER app.`on t` BEFORE INSERT ON app.t FOR EACH ROW " .
    "SET NEW.n = 1");
my $is = finds('hangs_on_it', 'ADD c INT', 'child `app`.`child`',
    'trigger on t');
cmp_ok($is->{size_b}, '>', 0, '... and its size');
like($is->{server_way}, qr/ALGORITHM=INSTANT/, '... what the server could do');
ok($is->{server_at_once}, '... and what it costs');

# Many changes: the screen is not full.
$s->sql("CREATE TABLE app.wide (id INT PRIMARY KEY, " . join(', ',
    map { "c$_ INT, KEY (c$_)" } 1 .. 30) . ")");
my $r = run_livealter($s, '--alter', join(', ', map { "DROP c$_" } 1 .. 20) .
    ', ' . join(', ', map { "ADD KEY k$_ (c$_)" } 21 .. 30),
    dsn('app', 'wide'), '--dry-run');
is($r->{exit}, 0, 'a wide table: a dry run') or diag $r->{err};
my ($text) = $r->{out} =~ /\A(table: .*?)^CREATE TABLE /ms;
my @line = split /\n/, $text // '';
cmp_ok(scalar @line, '>', 10, '... the summary comes first');
cmp_ok(scalar @line, '<=', 30, '... which is a screen');
is((grep { length > 80 } @line)[0], undef, '... of 80 columns');
like($text, qr/`c1`: dropped.*and 16 more/s, '... it says what it leaves out');
is(run_livealter($s, '--alter', 'ADD c INT', dsn('app', 'wide'), '--dry-run',
    '--quiet')->{out}, '', '... and with --quiet there is none');

done_testing;
