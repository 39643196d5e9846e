# make oracle: what livealter makes of random tables, ALTERs and writers is
# what ALTER TABLE makes of them.  N=1000 seeds from SEED=1 on; ORACLE_ROWS=1
# prints the rows of a failing seed as well.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/lib';
use Oracle;
use Server;
use Time::HiRes qw(time);

my $first = $ENV{SEED} || 1;
my $n = $ENV{N} || 1000;
my $enough = $ENV{ORACLE_STOP_AFTER} || 20;

$| = 1;
chdir dirname(__FILE__) . '/..' or die "oracle: $!\n";
my $s = Server->start(general_log => 0);
my $o = Oracle->new($s);
my (%class, @bad);
my ($begin, $writes, $busy, @deadlocks) = (time, 0, 0, 0, 0);

for my $seed ($first .. $first + $n - 1) {
	my $c = eval { $o->run($seed) };
	if (!$c) {
		my $why = $@;
		if ($why =~ /^the server fell/) {
			$class{'the server fell over its own ALTER'}++;
			print "seed $seed: $why";
		} else {
			push @bad, $seed;
			print $o->report($o->{case}), "died: $why",
			    $s->error_log(40), "\n";
		}
		last if @bad >= $enough;
		# The server may be what died.
		$s->restart;
		$o = Oracle->new($s);
		next;
	}
	$class{$c->{class}}++;
	if ($c->{app}) {
		$busy++;
		$writes += $c->{app}{statements} // 0;
		$deadlocks[$c->{app}{reads_first} // 0] +=
		    $c->{app}{deadlocks} // 0;
		print "seed $seed: $c->{app}{deadlocks} deadlocks, " .
		    "reads first: $c->{app}{reads_first}, @{$c->{args}}\n"
		    if $ENV{ORACLE_WHY} && $c->{app}{deadlocks};
	}
	if ($c->{wrong}) {
		push @bad, $seed;
		print $o->report($c), "\n";
		last if @bad >= $enough;
	}
	printf "%d seeds, %d wrong, %.0f s\n", $seed - $first + 1,
	    scalar @bad, time - $begin if ($seed - $first + 1) % 50 == 0;
}

my $all = 0;
$all += $_ for values %class;
printf "\n%s %s, %d seeds from %d in %.0f s\n", $s->flavour, $s->version,
    $all, $first, time - $begin;
printf "  %5d  %s\n", $class{$_}, $_ for sort keys %class;
printf "  %5d  with an application: %d statements, %d deadlocks, and %d " .
    "where it reads first\n", $busy, $writes, @deadlocks;
my $done = $class{migrated} // 0;
# A test that refuses its way through tests nothing.
if ($all >= 20 && $done * 2 < $all) {
	print "Fewer than half of the seeds are migrations.\n";
	push @bad, 'too few';
}
if ($ENV{ORACLE_WHY}) {
	print map { "table: $_\n" } @{$o->{bad_tables} // []};
	print map { "alter: $_\n" } @{$o->{bad_alters} // []};
}
print @bad ? "The oracle found a difference: @bad\n"
    : "The oracle found no difference.\n";
exit(@bad ? 1 : 0);
