# status names what a cut-over that was killed still owes to foreign keys and
# triggers; and that is what cleanup does.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;

# Killed there.
sub killed {
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY)",
	    "INSERT INTO p VALUES (1), (2)",
	    "CREATE TABLE t (id INT PRIMARY KEY, up INT, a INT, " .
	    "CONSTRAINT self FOREIGN KEY (up) REFERENCES t (id), " .
	    "CONSTRAINT parent FOREIGN KEY (a) REFERENCES p (id))",
	    "INSERT INTO t VALUES (1, NULL, 1), (2, 1, 2)",
	    "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW SET \@x = 1");
	die_in_swap($s, 'ADD c INT', 'app', 't');
}

sub status {
	my $r = run_livealter($s, 'status', 'D=app,t=t', @_);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "status @_") or diag $r->{err};
	return $r->{out};
}

sub owed {
	my ($m) = @{JSON::PP::decode_json(status('--output', 'json'))
	    ->{migrations}};
	return $m ? @{$m->{owed} // ['unknown']} : ();
}

# It is milliseconds, and may not be met at once.
my @owed;
for my $try (1 .. 15) {
	killed();
	@owed = owed();
	last if (grep { /ADD CONSTRAINT `parent`/ } @owed) &&
	    grep { /TRIGGER `?own/ } @owed;
	run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
}
note $_ for @owed;
ok(scalar(grep { /ADD CONSTRAINT `self` FOREIGN KEY/ } @owed),
    'the foreign key to the table itself is named');
ok(scalar(grep { /ADD CONSTRAINT `parent` FOREIGN KEY/ } @owed),
    '... and that to another');
ok(scalar(grep { /TRIGGER `?own/ } @owed), '... and the trigger');
my $text = status();
ok(index($text, "  the cut-over has left to do: $_;\n") >= 0,
    '... for people as well: ' . substr $_, 0, 40) for @owed;

my $r = run_livealter($s, 'cleanup', 'D=app,t=t', '--dry-run');
my @sql = printed_sql($r->{out});
for my $o (@owed) {
	ok(scalar(grep { $_ eq $o } @sql), '... and cleanup would do it');
}

$r = run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
is($r->{exit}, 0, 'cleanup does it') or diag $r->{err};
is(join("\n", owed()), '', '... and nothing is owed');
is(native_twin($s, 'ADD c INT'), '', '(native ALTER TABLE)');
same_twins($s, '... all names are those that ALTER TABLE leaves');

done_testing;
