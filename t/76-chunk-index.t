# --chunk-index: of any index that there is or is not; one that cannot walk the
# table is not used, and a line says why.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;

fresh_orders($s, 400);
for my $t (qw(orders control)) {
	$s->sql("ALTER TABLE app.$t ADD nul INT, ADD num INT NOT NULL " .
	    "DEFAULT 0, ADD str VARCHAR(20) NOT NULL DEFAULT ''; " .
	    "UPDATE app.$t SET nul = id, num = id, str = id; " .
	    "ALTER TABLE app.$t ADD UNIQUE u_null (nul), " .
	    "ADD UNIQUE u_num (num), ADD UNIQUE u_both (num, nul), " .
	    "ADD UNIQUE u_prefix (str(10)), ADD KEY plain (num), " .
	    "ADD UNIQUE `odd ``name` (str, num), ADD FULLTEXT f (note)");
}
my @index = (map { $_->[0] } $s->rows("SELECT DISTINCT index_name FROM " .
    "information_schema.statistics WHERE table_schema = 'app' AND " .
    "table_name = 'orders'"));
cmp_ok(scalar @index, '>=', 7, 'the table has indexes of many kinds');
my %good = map { $_ => 1 } 'PRIMARY', 'u_num', 'odd `name';

for my $name (@index, 'nosuch', 'primary', 'U_NUM', '', 'x' x 70) {
	my $r = migrate($s, 'ENGINE=InnoDB', 'app', 'orders', '--chunk-index',
	    $name, '--chunk-size', 100);
	succeeded($r, 'app', 'orders', "--chunk-index '$name'") or next;
	same_rows($s, 'app', 'orders', 'control', '... has all rows');
	my $want = $good{$name} || $name =~ /^primary$/i || $name eq 'U_NUM';
	my $says = qr/--chunk-index: .*; the table is walked by `PRIMARY`/;
	$want ? unlike($r->{err}, qr/--chunk-index/, '... and uses it')
	    : like($r->{err}, $says, '... and says which it uses instead');
}
nothing_left($s, 'app');

done_testing;
