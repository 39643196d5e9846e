# What the two tables are compared by: no change of rows leaves the checksum as
# it was; not the same change in two rows, nor values that change places.
#
# The checksum is that of the plan, and so is its text of a row.  It is asked
# for what rows were and what became of them, a hundred thousand times.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $CHANGES = 25_000;	# each in four kinds of rows
my $s = Server->start;
$s->sql("CREATE DATABASE app DEFAULT CHARSET utf8mb4");
my $columns = "id INT NOT NULL, s VARCHAR(60) NOT NULL, " .
    "t VARCHAR(60) NOT NULL, n INT, a VARCHAR(60), b VARBINARY(60), " .
    "d DECIMAL(12,2), at DATETIME(3), m INT NOT NULL, c CHAR(30) NOT NULL";
$s->sql("CREATE TABLE app.t ($columns, PRIMARY KEY (id))");

# The checksum of the plan, and in it the text of a row.
sub rendered {
	my $r = run_livealter($s, '--alter', 'ADD h INT', dsn('app', 't'),
	    '--dry-run', '--print');
	is($r->{exit}, 0, 'there is a plan') or diag $r->{err};
	my ($sum) = $r->{out} =~ /^SELECT COUNT\(\*\), (.*BIT_XOR.*) FROM /m
	    or BAIL_OUT('it has no checksum');
	my ($text) = $sum =~ /(CONCAT_WS(\((?:[^()]|(?2))*\)))/;
	return ($sum, $text);
}

# --- changes ----------------------------------------------------------------

my $random = random_from($ENV{SEED} // 1);
my @WORD = ('', '#', '##', '#0#', '#1', 'N', '0', '1', ' ', 'a', 'A', 'ab',
    'b#a', "\0", "\1", "\0#\1", '#N#', 'x#0', "\1\0\0\1", '\\', '16777216');

sub pick { $_[int($random->(scalar @_))] }
sub word { join '', map { pick(@WORD) } 0 .. $random->(3) }
sub maybe { $random->(4) ? $_[0] : undef }

sub value {
	my ($column) = @_;
	return word() if $column =~ /^[st]$/;
	return maybe(word()) if $column =~ /^[ab]$/;
	return maybe($random->(3) ? $random->(1000) : -$random->(3))
	    if $column eq 'n';
	return maybe(sprintf '%.2f', $random->(100_000) / 100)
	    if $column eq 'd';
	return maybe(sprintf '2026-01-%02d 00:00:%02d.%03d',
	    1 + $random->(9), $random->(60), $random->(1000))
	    if $column eq 'at';
	return $random->(1000) if $column eq 'm';
	# Blanks at the end of a CHAR are none.
	return word() =~ s/ +\z//r;
}

my @COLUMN = qw(s t n a b d at m c);
my @TEXT = qw(s t a b);

sub row { my ($id) = @_; +{ id => $id, map { $_ => value($_) } @COLUMN } }
sub copies { map { +{ %$_ } } @_ }

# Each takes rows and changes them.
my @KINDS = (
	[one => sub { my $c = pick(@COLUMN); $_[0]{$c} = value($c) }],
	[same => sub {
		my ($c, $w) = (pick(@COLUMN));
		$_[1]{$c} = $_[0]{$c};
		$w = value($c);
		# The rest is for the rows as they will be.
		return sub { $_->{$c} = $w for @_[0, 1] };
	}],
	[appended => sub {
		my ($c, $w) = (pick(qw(s t)), word());
		$_->{$c} .= $w for @_;
	}],
	[swapped => sub {
		my $c = pick(@COLUMN);
		($_[0]{$c}, $_[1]{$c}) = ($_[1]{$c}, $_[0]{$c});
	}],
	[rotated => sub {
		my $c = pick(@COLUMN);
		($_[0]{$c}, $_[1]{$c}, $_[2]{$c}) =
		    ($_[2]{$c}, $_[0]{$c}, $_[1]{$c});
	}],
	[exchanged => sub {	# rows, but for the key
		my ($x, $y) = @_[0, 1];
		($x->{id}, $y->{id}) = ($y->{id}, $x->{id});
	}],
	[columns => sub {
		my ($c, $e) = (pick([qw(s t)], [qw(a b)], [qw(n m)]))->@*;
		for (@_[0 .. $random->(2)]) {
			next if !defined $_->{$c} || !defined $_->{$e};
			($_->{$c}, $_->{$e}) = ($_->{$e}, $_->{$c});
		}
	}],
	[null => sub {	# moves to the next column
		my ($c, $e) = (pick([qw(a b)], [qw(b a)]))->@*;
		($_[0]{$c}, $_[0]{$e}) = ($_[0]{$e}, $_[0]{$c});
	}],
	[shifted => sub {	# from the end of a text to the next one
		my $r = $_[0];
		my ($c, $e) = (pick([qw(s t)], [qw(a b)]))->@*;
		return if !defined $r->{$c} || !defined $r->{$e};
		my $all = "$r->{$c}#$r->{$e}";
		my @at = grep { substr($all, $_, 1) eq '#' }
		    0 .. length($all) - 1;
		my $at = pick(@at);
		$r->{$c} = substr $all, 0, $at;
		$r->{$e} = substr $all, $at + 1;
	}],
	[reversed => sub { $_ = reverse $_ for $_[0]{s}, $_[0]{t} }],
);

sub same_row {
	my ($x, $y) = @_;
	return !grep { ($x->{$_} // "\377") ne ($y->{$_} // "\377") } 'id',
	    @COLUMN;
}

sub differ {
	my ($before, $after) = @_;
	my %was = map { $_->{id} => $_ } @$before;
	return grep { !same_row($_, $was{$_->{id}}) } @$after;
}

my @POOL = map { row(0) } 1 .. 5000;

# ($kind, [rows before], [rows after])
sub change {
	for (;;) {
		my $kind = pick(@KINDS);
		my @rows = map { +{ %{pick(@POOL)}, id => $_ } } 1 .. 3;
		# Rows that have much in common, too.
		@rows = map { +{ %{$rows[0]}, id => $_ } } 1 .. 3
		    if !$random->(3);
		my $later = $kind->[0] eq 'same' ? $kind->[1]->(@rows) :
		    $kind->[1];
		my @after = copies(@rows);
		$later->(@after);
		return ($kind->[0], \@rows, \@after)
		    if differ(\@rows, \@after);
	}
}

my $dbh = $s->dbh(database => 'app');
$dbh->do("CREATE TABLE changes (no INT NOT NULL, side INT NOT NULL, " .
    "$columns, PRIMARY KEY (no, side, id))");
my (@kind, @batch);

sub flush_batch {
	$dbh->do("INSERT INTO changes (no, side, id, " .
	    join(', ', @COLUMN) . ") VALUES " . join ', ', @batch) if @batch;
	@batch = ();
}

sub literal {
	my ($v) = @_;
	return 'NULL' if !defined $v;
	$v =~ s/([\\'])/\\$1/g;
	$v =~ s/\0/\\0/g;
	return "'$v'";
}

$dbh->do("SET NAMES utf8mb4");
$dbh->begin_work;
for my $no (0 .. $CHANGES - 1) {
	($kind[$no], my @sides) = change();
	for my $side (0, 1) {
		push @batch, "($no, $side, $_->{id}, " . join(', ',
		    map { literal($_) } @$_{@COLUMN}) . ')'
		    for @{$sides[$side]};
	}
	flush_batch() if @batch > 2000;
}
flush_batch();
for my $more (1 .. 3) {
	push @kind, @kind[0 .. $CHANGES - 1];
	$dbh->do("INSERT INTO changes SELECT no + $more * $CHANGES, side, " .
	    "id, CONCAT('$more', s), t, n, a, b, d, at, m + 1000 * $more, c " .
	    "FROM changes WHERE no < $CHANGES");
}
$dbh->commit;

# --- what is seen of them ---------------------------------------------------

sub missed {
	my ($sum) = @_;
	my $rows = $dbh->selectcol_arrayref("SELECT no FROM (SELECT no, " .
	    "side, $sum AS sum FROM changes GROUP BY no, side) s GROUP BY no " .
	    "HAVING COUNT(DISTINCT sum) < 2");
	my %n;
	$n{$kind[$_]}++ for @$rows;
	return join ', ', map { "$n{$_} $_" } sort keys %n;
}

my ($sum, $text) = rendered();
is(missed($sum), '', @kind . " changes of rows are seen") or diag $sum;
is(missed("BIT_XOR(CAST(CONV(LEFT(SHA2($text, 224), 16), 16, 10) AS " .
    "UNSIGNED))"), '', '... and by half a SHA');
like(missed("BIT_XOR(CRC32($text))"), qr/swapped/,
    '... while a sum that is linear would miss some');

# --- the comparison itself --------------------------------------------------

my %past = (
	'a text shifted to the next column' =>
	    "s = 'x', t = 'y#z' WHERE id = 1",
	'the same change in two rows' => "n = n + 1 WHERE id IN (2, 3)",
	'a value that two rows swap' => "n = 13 - n WHERE id IN (4, 5)",
	'NULL that was none' => "a = NULL WHERE id = 2",
);
for my $what (sort keys %past) {
	$s->sql("DROP TABLE IF EXISTS app.t; CREATE TABLE app.t ($columns, " .
	    "PRIMARY KEY (id)); INSERT INTO app.t (id, s, t, n, a, m, c) " .
	    "VALUES (1, 'x#y', 'z', 1, '', 1, ''), (2, 's', 't', 2, '', 1, " .
	    "''), (3, 's', 't', 2, '', 1, ''), (4, 's', 't', 6, '', 1, ''), " .
	    "(5, 's', 't', 7, '', 1, '')");
	my $p = start_to_step($s, 'before:verify', 'ADD h INT', 'app', 't',
	    '--threads', 1);
	$s->sql("UPDATE app._t_new SET $past{$what}");
	$p->kill('CONT');
	my $r = $p->wait;
	is($r->{exit}, 30, "$what is found") or diag $r->{err};
}

done_testing;
