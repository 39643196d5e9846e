# The digest of a dry run: it stays the same while nothing is different that
# the plan depends on, and --expect-digest refuses when something is.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @alter = ('--alter', 'ADD COLUMN b INT');

sub fresh {
	$s->sql("DROP DATABASE IF EXISTS app");
	$s->sql("CREATE DATABASE app");
	$s->sql("CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, " .
	    "a INT, s VARCHAR(20), KEY ka (a), CONSTRAINT c1 CHECK (a > 0))");
	$s->sql("INSERT INTO app.t (a) VALUES (1), (2)");
}

sub run_it { return run_livealter($s, 'D=app,t=t', @_) }

sub digest {
	my $r = run_it('--dry-run', @_);
	is($r->{exit}, 0, "a dry run: @_") or diag $r->{err};
	my ($hex) = $r->{out} =~ /^digest: ([0-9a-f]{64})$/m;
	return $hex // 'none';
}

fresh();
my $hex = digest(@alter);
isnt($hex, 'none', '... tells a digest');
my ($last) = grep { $_->{type} eq 'result' } map { JSON::PP->new->utf8
    ->decode($_) } split /\n/, run_it('--dry-run', @alter,
    '--output=json')->{out};
is($last->{digest}, $hex, '... the same in JSON');

my %same = (
    'rows' => ["INSERT INTO app.t (a) SELECT a FROM app.t"],
    'the counter' => ["ALTER TABLE app.t AUTO_INCREMENT = 5000"],
    'statistics' => ["ANALYZE TABLE app.t"],
    'another table' => ["CREATE TABLE app.u (id INT PRIMARY KEY)"],
);
for my $what (sort keys %same) {
	fresh();
	$s->sql($_) for @{$same{$what}};
	is(digest(@alter), $hex, "... which does not depend on $what");
}
fresh();
is(digest(@alter, @$_), $hex, "... nor on @$_") for ['--chunk-size', 10],
    ['--threads', 2], ['--max-lag', 5], ['--idempotent'],
    ['--expect-digest', uc $hex];

my %other = (
    'a column' => "ALTER TABLE app.t ADD COLUMN z INT",
    'a type' => "ALTER TABLE app.t MODIFY s VARCHAR(21)",
    'a character set' => "ALTER TABLE app.t MODIFY s VARCHAR(20) " .
	"CHARACTER SET ascii",
    'an index' => "ALTER TABLE app.t DROP KEY ka",
    'a comment' => "ALTER TABLE app.t COMMENT = 'new'",
    'a constraint' => "ALTER TABLE app.t ADD CONSTRAINT c2 CHECK (a < 1000)",
    'a trigger' => "CREATE TRIGGER app.g BEFORE INSERT ON app.t FOR EACH " .
	"ROW SET NEW.s = 'x'",
    'a child' => "CREATE TABLE app.c (id INT PRIMARY KEY, t INT, " .
	"FOREIGN KEY (t) REFERENCES app.t (id))",
);
for my $what (sort keys %other) {
	fresh();
	$s->sql($other{$what});
	my ($was) = $s->rows("SHOW CREATE TABLE app.t");
	my $r = run_it(@alter, '--execute', '--expect-digest', $hex);
	is($r->{exit}, 17, "$what: refused") or diag $r->{err};
	like($r->{err}, qr/--expect-digest: the digest is [0-9a-f]{64}/,
	    '... for the digest');
	is(($s->rows("SHOW CREATE TABLE app.t"))[0][1], $was->[1],
	    '... and the table is what it was');
	is_deeply([leftovers($s, 'app')], [], '... and nothing is left');
}
fresh();
for my $how (['--no-drop-old-table'], ['--where', 'a > 1', '--force'],
    ['--null-to-not-null'], ['--instant=try']) {
	isnt(digest(@alter, @$how), $hex, "... another with @$how");
}
isnt(digest('--alter', 'ADD COLUMN b INT NULL'), $hex, '... or ALTER');

fresh();
my $once = digest(@alter, '--instant=only');
my $r = run_it(@alter, '--execute', '--instant=only', '--expect-digest', $hex);
is($r->{exit}, 17, 'what is done at once is refused, too') or diag $r->{err};
$r = run_it(@alter, '--execute', '--instant=only', '--expect-digest', $once);
is($r->{exit}, 0, '... unless it is as expected') or diag $r->{err};

fresh();
$r = run_it(@alter, '--execute', '--expect-digest', $hex);
is($r->{exit}, 0, 'what is as expected is done') or diag $r->{err};
$r = run_it(@alter, '--execute', '--idempotent', '--expect-digest', $hex);
is($r->{exit}, 0, '... and with --idempotent, then already so')
    or diag $r->{err};
like($r->{out}, qr/already so/, '... as it says');

for my $bad ('', 'abc', "g$hex", 'g' x 64) {
	$r = run_it(@alter, '--execute', '--expect-digest', $bad);
	is($r->{exit}, 1, "'$bad' is no digest");
}
for my $command ('resume', 'revert', 'cleanup', 'status') {
	$r = run_livealter($s, $command, 'D=app,t=t', '--expect-digest', $hex);
	is($r->{exit}, 1, "livealter $command does not take it");
}
done_testing;
