# Whatever step fails, before or after it: nothing half done stays behind.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @opts = ('--defer-indexes', 'always');
my $ALTER = "ADD COLUMN extra INT NOT NULL DEFAULT 7, ADD KEY (extra)";

# The steps, in order, as the source tells them.
my @keys = map { $_->{key} } steps_of('migrate');
cmp_ok(scalar @keys, '>=', 12, 'the story: ' . join ' ', @keys);
is(scalar(grep { $_ eq 'swap' } @keys), 1, '... in which there is one swap');

# What pt-online-schema-change says for these, or ours.
my %exit = (connect => [18], create => [10], alter => [11], capture => [12],
    swap => [14, 41], prove => [38, 41], release => [38], drop => [16, 38]);

make_orders($s, 'app', 'orders', 300);
copy_table($s, 'app', 'orders', 'control');
native($s, 'app', 'orders', 'wanted', $ALTER);
my $dump = $s->dump('app');

my $swapped = 0;
for my $key (@keys) {
	for my $when (qw(before after)) {
		$swapped = 1 if "$when:$key" eq 'after:swap';
		my $r = migrate($s, { env => { LIVEALTER_FAIL_AT =>
		    "$when:$key" } }, $ALTER, 'app', 'orders',
		    '--chunk-size', 100, @opts);
		my $name = "failing $when $key";
		cmp_ok($r->{exit}, '>', 0, "$name: the exit is not 0");
		cmp_ok($r->{exit}, '<=', 125, '... nor above 125');
		if ($exit{$key}) {
			my $ok = grep { $r->{exit} == $_ } @{$exit{$key}};
			ok($ok, "... but " . join(' or ', @{$exit{$key}})) or
			    diag "exit $r->{exit}\n$r->{err}";
		}
		like($r->{err}, qr/error: .*LIVEALTER_FAIL_AT/,
		    '... the reason is on standard error');
		if (!$swapped) {
			same_dump($s->dump('app'), $dump,
			    '... and all is as it was');
			unlike($r->{out}, qr/Successfully/,
			    '... and no success is claimed');
			next;
		}
		same_definition($s, 'app', 'orders', 'wanted',
		    '... the table is in its new shape');
		same_bytes($s, 'app', 'orders', 'wanted',
		    '... with all rows');
		nothing_left($s, 'app', '... and nothing else is left') ||
		    diag $r->{out} . $r->{err};
		$s->sql("DROP DATABASE app");
		make_orders($s, 'app', 'orders', 300);
		copy_table($s, 'app', 'orders', 'control');
		native($s, 'app', 'orders', 'wanted', $ALTER);
		is($s->dump('app'), $dump, '(set up again)');
	}
}

# The same in the middle of an application's writes.
for my $at (qw(after:capture after:copy before:swap after:verify)) {
	my $h = start_hammer($s, db => 'app', table => 'orders',
	    control => 'control', threads => 2, rate => 300, seed => 30);
	my $r = migrate($s, { env => { LIVEALTER_FAIL_AT => $at } }, $ALTER,
	    'app', 'orders', '--chunk-size', 50);
	my $report = $h->report;
	isnt($r->{exit}, 0, "failing $at under load");
	hammer_ok($report, 1500, '... the application');
	same_rows($s, 'app', 'orders', 'control', '... has its rows');
	same_definition($s, 'app', 'orders', 'control', '... in their shape');
	nothing_left($s, 'app');
}

# And a dry run that fails.
$dump = $s->dump('app');
for my $at (map { ("before:$_", "after:$_") } qw(create alter plan)) {
	my $r = run_livealter($s, { env => { LIVEALTER_FAIL_AT => $at } },
	    '--alter', $ALTER, 'D=app,t=orders', '--dry-run');
	isnt($r->{exit}, 0, "a dry run that fails $at");
	same_dump($s->dump('app'), $dump, '... leaves all as it was');
}

# What --no-drop-new-table keeps, it says.
my $r = migrate($s, { env => { LIVEALTER_FAIL_AT => 'after:copy' } }, $ALTER,
    'app', 'orders', '--no-drop-new-table');
isnt($r->{exit}, 0, 'failing with --no-drop-new-table');
is(join(',', grep { /_orders_new/ } leftovers($s, 'app')),
    'table _orders_new', '... keeps the new table');
is(scalar(grep { /trigger/ } leftovers($s, 'app')), 0,
    '... but no triggers, which would fail one day');
like($r->{out} . $r->{err}, qr/_orders_new/, '... and says so');

done_testing;
