# Tables that cannot be changed beside what cascades to them: it is said before
# anything is made, in words that name the foreign key; and what looks like one
# of these, and is not, is done.
use strict;
use warnings;

use lib 't/lib';
use Hazard qw(given);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $above = !$s->is_mysql ? 0 : eval { $s->value("SELECT " .
    "\@\@innodb_native_foreign_keys"); 1 } // 0;

sub tables {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app");
	$s->sql($_) for @_;
	$s->sql("USE mysql");
}

# Nothing that is made or changed is in what the server was sent.
sub refused {
	my ($name, $why, $o, @sql) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	tables(@sql);
	my ($dump, $mark) = ($s->dump('app'), $s->log_mark);
	my $r = migrate($s, $o->{alter} // 'ADD c INT', 'app', 't',
	    @{$o->{opts} // []});
	is($r->{exit}, 17, "$name: refused") or diag "$r->{out}$r->{err}";
	like($r->{err}, $_, '... says why') for ref $why eq 'ARRAY' ? @$why :
	    $why;
	like($r->{err}, qr/^livealter: hint: \w/m, '... and what to do');
	is(join("\n", map { $_->{text} } grep { $_->{text} =~ /^(CREATE|ALTER
	    |DROP|RENAME|INSERT|UPDATE|DELETE|LOCK)\b/xi }
	    $s->log_entries($mark)), '', '... before anything is made');
	is($s->dump('app'), $dump, '... and all is as it was');
}

# It is done, and the definition is that of ALTER TABLE but for the names.
sub done {
	my ($name, $o, @sql) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	tables(@sql);
	my $n = $s->value("SELECT COUNT(*) FROM app.t");
	my $r = migrate($s, $o->{alter} // 'ADD c INT', 'app', 't',
	    @{$o->{opts} // []});
	succeeded($r, 'app', 't', $name);
	is($s->value("SELECT COUNT(*) FROM app.t"), $n, '... no row is lost');
	like($r->{err}, $o->{says}, '... says what is at risk') if $o->{says};
	nothing_left($s, 'app');
}

my $P = "CREATE TABLE p (id INT PRIMARY KEY)";
my @PQ = ("CREATE TABLE g (id INT PRIMARY KEY)",
    "CREATE TABLE p (id INT PRIMARY KEY, g INT, FOREIGN KEY (g) REFERENCES " .
    "g (id) ON DELETE CASCADE)",
    "CREATE TABLE q (id INT PRIMARY KEY, g INT, FOREIGN KEY (g) REFERENCES " .
    "g (id) ON DELETE CASCADE)", "INSERT INTO g VALUES (1), (2)",
    "INSERT INTO p VALUES (1, 1), (2, 2)", "INSERT INTO q VALUES (1, 1)");
my $SELF = "CONSTRAINT fm FOREIGN KEY (m) REFERENCES t (id) ON DELETE ";
my $T = "CREATE TABLE t (id INT PRIMARY KEY, m INT, a INT, b INT, ";
sub to { my ($col, $table, $rule) = @_;
    "FOREIGN KEY ($col) REFERENCES $table (id) ON DELETE $rule" }
my $FAMILY = "INSERT INTO t VALUES (1, NULL, 1, 1), (2, 1, 1, NULL)";
my $FAMILIES = "INSERT INTO t VALUES (1, NULL, 1, NULL), (2, 1, NULL, NULL), " .
    "(3, NULL, 1, NULL), (4, 3, NULL, NULL)";
my $DEEP = "INSERT INTO t VALUES (1, NULL, 1, NULL), (2, 1, NULL, NULL), " .
    "(3, 2, NULL, NULL)";

# Two ways from one parent, at once or through others.
my @two = (
	['one parent by two keys', $P, "INSERT INTO p VALUES (1), (2)", $T .
	    "${SELF}CASCADE, " . to('a', 'p', 'CASCADE') . ', ' .
	    to('b', 'p', 'SET NULL') . ')', $FAMILY],
	['a grandparent through two parents', @PQ, $T . "${SELF}SET NULL, " .
	    to('a', 'p', 'CASCADE') . ', ' . to('b', 'q', 'CASCADE') . ')',
	    $FAMILY],
	['a parent and what that goes with', @PQ, $T . "${SELF}CASCADE, " .
	    to('a', 'g', 'CASCADE') . ', ' . to('b', 'p', 'CASCADE') . ')',
	    $FAMILY],
);
for (@two) {
	my ($name, @sql) = @$_;
	$above ? refused($name, qr/two others by which deleting one parent/,
	    {}, @sql) : done($name, {}, @sql);
	refused("... with a way back: $name", qr/two others by which deleting/,
	    { opts => ['--reversible'] }, @sql) if $above;
}
done('two ways without a key to itself', {}, $P, "INSERT INTO p VALUES (1)",
    "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, " .
    to('a', 'p', 'CASCADE') . ', ' . to('b', 'p', 'SET NULL') . ')',
    "INSERT INTO t VALUES (1, 1, 1)");
done('two ways of which none deletes', {}, $P, "INSERT INTO p VALUES (1)",
    $T . "${SELF}CASCADE, " . to('a', 'p', 'SET NULL') . ', ' .
    to('b', 'p', 'SET NULL') . ')', $FAMILY);

# A key to itself beside one to another table, both of which delete.
my $BOTH = $T . "${SELF}CASCADE, " . to('a', 'p', 'CASCADE') . ')';
my @with = ($P, "INSERT INTO p VALUES (1)", $BOTH);
for (['grandchildren', $DEEP], ['two families with one parent', $FAMILIES]) {
	my ($name, $rows) = @$_;
	$above ? refused($name, [qr/foreign key `fm` references the table /,
	    qr/6575/], {}, @with, $rows) : done($name, {}, @with, $rows);
	done("... with --force: $name", { opts => ['--force'],
	    says => $above ? qr/6575 until this is done/ : undef }, @with,
	    $rows);
}
done('one family', { says => $above ? qr/6575 until this is done/ : undef },
    @with, $FAMILY);
done('grandchildren of nobody else', {}, $P, "INSERT INTO p VALUES (1)", $T .
    "${SELF}CASCADE, " . to('a', 'p', 'SET NULL') . ')', $DEEP);
done('rows that are their own parents', { says => undef }, @with, "INSERT " .
    "INTO t VALUES (1, 1, 1, NULL), (2, 2, NULL, NULL)");

done_testing;
