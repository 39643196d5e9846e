# One kind of key: a table that has it, a writer that uses it, a migration,
# and native ALTER as the judge.
#
#	key_case($s, 'INT', def => 'k INT PRIMARY KEY',
#	    keys => sub ($rnd) { SQL literals of one key });
#
# Further: key => [columns], alter, rows and size of a chunk, opts of
# livealter, session of the writer, fill => [statements] instead of random
# rows, and ops as start_writer() has it.
package KeyCase;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use LiveAlter;
use Story;

our @EXPORT = qw(key_case int_key str pick);
our $seed = $ENV{SEED} // 12;
my $ALTER = "ADD z INT DEFAULT 5, MODIFY v VARCHAR(60)";

sub pick { my ($rnd, @l) = @_; $l[$rnd->(scalar @l)] }

my $n_case = 0;
sub key_case {
	my ($s, $name, %o) = @_;
	my @key = @{$o{key} // ['k']};
	$s->sql("USE app; DROP TABLE IF EXISTS t, control");
	$s->sql("CREATE TABLE t ($o{def}, v VARCHAR(40)) ENGINE=InnoDB " .
	    ($o{options} // "DEFAULT CHARSET=utf8mb4"));
	if ($o{fill}) {
		$s->sql($_) for @{$o{fill}};
	} else {
		# A generator of its own for the rows that are there at first.
		my $rnd = random_from($KeyCase::seed + $n_case);
		for (1 .. $o{rows} // 80) {
			my @k = $o{keys}->($rnd);
			eval {
				$s->sql("INSERT INTO t (" .
				    join(', ', map { Story::q($_) } @key) .
				    ", v) VALUES (" . join(', ', @k) .
				    ", 'first $_')");
				1;
			} or $@ =~ /Duplicate/ or die "$name: $@";
		}
	}
	my $rows = $s->value("SELECT COUNT(*) FROM t");
	copy_table($s, 'app', 't', 'control');
	$s->sql("USE mysql");

	my $w = start_writer($s, db => 'app', tables => ['t', 'control'],
	    key => \@key, keys => $o{keys}, column => 'v',
	    values => sub { "'w" . $_[0]->(100000) . "'" }, ops => $o{ops},
	    session => ["SET sql_mode = CONCAT(\@\@sql_mode, " .
	    "',NO_AUTO_VALUE_ON_ZERO')", @{$o{session} // []}],
	    seed => $KeyCase::seed + $n_case++);
	my $mark = $s->log_mark;
	my $size = $o{size} // 7;
	my $alter = $o{alter} // $ALTER;
	my $r = migrate($s, $alter, 'app', 't', '--chunk-size', $size,
	    '--sleep', 0.01, @{$o{opts} // []});
	my $chunks = said_once($s, $mark, qr/^INSERT LOW_PRIORITY/);
	my $rep = $w->stop;
	my $ok = succeeded($r, 'app', 't', $name);
	is(join("\n", @{$rep->{errors}}), '', '... the application had no ' .
	    "error in its $rep->{transactions} transactions");
	if (!$ok) {
		same_bytes($s, 'app', 't', 'control', '... at least it is ' .
		    'undone', common_columns($s, 'app', 't', 'control'));
		return nothing_left($s, 'app');
	}
	# By the time of the copy the writer may have deleted many of them.
	cmp_ok($chunks, '>', 2, "... $rows rows at first in several chunks");
	$s->sql("ALTER TABLE app.control $alter");
	same_bytes($s, 'app', 't', 'control', '... the rows are right');
	same_definition($s, 'app', 't', 'control', '... the definition too');
	nothing_left($s, 'app');
}

sub int_key { my ($lo, $n) = @_; sub { $lo + $_[0]->($n) } }
sub str { my ($x) = @_; $x =~ s/'/''/g; "'$x'" }

1;
