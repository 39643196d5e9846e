# What livealter makes of random tables, ALTERs and writers is what ALTER TABLE
# makes of them: a dozen of the seeds of "make oracle".
#
# long: random tables, ALTERs and writers
use strict;
use warnings;

use lib 't/lib';
use Oracle;
use Server;
use Test::More;

my $s = Server->start(general_log => 0);
my $o = Oracle->new($s);
my %class;

for my $seed (1 .. 12) {
	my $c = $o->run($seed);
	ok(!$c->{wrong}, "seed $seed: $c->{class}") or diag $o->report($c);
	$class{$c->{class}}++;
}
cmp_ok($class{migrated} // 0, '>=', 6, 'half of them are migrations');

done_testing;
