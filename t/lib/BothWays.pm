# For the tests of the way back: an application that goes on writing while the
# table changes its shape, and what the two tables must hold then.
#
#	my $w = start_two_shaped($s, db => 'app', seed => 1, ops => sub {
#	    my ($rnd) = @_; ["UPDATE %s SET a = 1", "UPDATE %s SET b = 1"] });
#
# Each statement has a form for the table as it was and one for the table as
# it will be (or one for both).  t gets the one that fits, control the first.
package BothWays;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();

use Story;

our @EXPORT = qw(start_two_shaped in_step triggers_on);

# Options: db, seed, ops, session => [statements], tables => [t, control].
# in_turn: a transaction of one begins when that of the other is over.  Where a
# row may meet others in several unique keys, and is there or not, no lock keeps
# two from meeting the second table in another order than the first.
sub start_two_shaped {
	my ($s, %o) = @_;
	my ($t, $control) = map { Story::q($_) } @{$o{tables} //
	    ['t', 'control']};
	my ($shape, $old) = (0, 0);
	# They meet each other: the keys come in any order.
	return start_writer($s, pause => 0.001, %o, forgive => [1213],
	    session => [
	    "SET SESSION innodb_lock_wait_timeout = 10", @{$o{session} // []}],
	    transaction => sub {
		my ($dbh, $rnd) = @_;
		_take_turn($dbh) if $o{in_turn};
		for (0 .. $rnd->(3)) {
			my $op = $o{ops}->($rnd);
			$op = [$op] if !ref $op;
			defined _do($dbh, $op, \$shape, $t) or next;
			_do($dbh, $op, \$old, $control);
		}
	    });
}

# The last transaction has been committed by now, or rolled back.
sub _take_turn {
	my ($dbh) = @_;
	$dbh->do("DO RELEASE_LOCK('turn')");
	my ($got) = $dbh->selectrow_array("SELECT GET_LOCK('turn', 60)");
	die "no turn came\n" if !$got;
}

# 1054: the other shape is the right one now.  A duplicate is one in both.
sub _do {
	my ($dbh, $forms, $shape, $table) = @_;
	for my $try (0, 1) {
		(my $sql = $forms->[$$shape] // $forms->[0]) =~ s/%s/$table/g;
		my $n = eval { $dbh->do($sql) };
		return $n if defined $n;
		my $err = $dbh->err // 0;
		return if $err == 1062;
		die "$sql: $@" if $err != 1054 || $try;
		$$shape = 1 - $$shape;
	}
}

# A test: in one snapshot, these expressions over the rows of the two tables
# are the same.
sub in_step {
	my ($s, $name, $new, $old, %as) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dbh = $s->dbh(database => 'app');
	my @new = sort keys %as;
	my $sum = sub {
		my ($table, @cols) = @_;
		return join '/', map { $_ // 'NULL' } $dbh->selectrow_array(
		    "SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', " . join(', ',
		    map { "COALESCE($_, 'NULL')" } @cols) . "))) FROM $table");
	};
	$dbh->do("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
	$dbh->do("START TRANSACTION WITH CONSISTENT SNAPSHOT");
	my ($n, $o) = ($sum->($new, @new), $sum->($old, @as{@new}));
	$dbh->do("COMMIT");
	return Test::More::is($o, $n, $name);
}

# The names of a table's triggers, sorted.
sub triggers_on {
	my ($s, $table) = @_;
	return join ' ', map { $_->[0] } $s->rows("SELECT TRIGGER_NAME FROM " .
	    "information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = 'app' " .
	    "AND EVENT_OBJECT_TABLE = ? ORDER BY 1", $table);
}

1;
