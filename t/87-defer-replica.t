# --defer-indexes with a replica: auto leaves it where the replica would lag by
# as long as the build takes; always builds, there as well.
#
# long: two servers, and a table that is not small
use strict;
use warnings;

use lib 't/lib';
use Chain;
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($s, $r) = chain(2);
my $my = $s->is_mysql;

$s->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT " .
    "PRIMARY KEY, a INT NOT NULL, KEY ka (a)); INSERT INTO app.t (a) " .
    "VALUES (1), (2), (3), (4)");
$s->sql("INSERT INTO app.t (a) SELECT a + id FROM app.t") for 1 .. 16;
$s->sql("ANALYZE TABLE app.t");
$r->wait_for_source($s);

# What the plan says of it.
sub plan_of {
	my (@o) = @_;
	my $p = run_livealter($s, '--alter', 'ADD x INT', 'D=app,t=t',
	    '--dry-run', @o);
	is($p->{exit}, 0, 'a dry run') or diag $p->{err};
	my ($which) = $p->{out} =~ /^indexes built after the copy: (.*)$/m;
	return $which;
}

my $LAG = 'none; replicas would lag by as long as that takes';

is(plan_of(), $LAG, 'a replica: auto leaves it');
is(plan_of('--recursion-method', 'none'), '`ka`',
    '... and not when none is looked for');
is(plan_of('--defer-indexes', 'always'), '`ka`', '... nor does always');

if (!$my) {
	my $two = "SET GLOBAL binlog_alter_two_phase =";
	my $several = sub { $r->sql("STOP SLAVE; SET GLOBAL " .
	    "slave_parallel_threads = $_[0]; START SLAVE") };
	$s->sql("$two 1");
	is(plan_of(), $LAG, 'ALTER in two phases, a replica that has not: no');
	$r->sql("$two 1");
	is(plan_of(), $LAG, '... one that applies in a single thread: no');
	$several->(2);
	is(plan_of(), '`ka`', '... one that applies in several: yes');
	$r->sql("$two 0");
	is(plan_of(), $LAG, '... but whose replicas would lag: no');
	$r->sql("$two 1");
	$r->sql("STOP SLAVE; SET GLOBAL slave_parallel_mode = 'none'; " .
	    "START SLAVE");
	is(plan_of(), $LAG, '... or that has parallel replication off: no');
	$r->sql("STOP SLAVE; SET GLOBAL slave_parallel_mode = DEFAULT; " .
	    "START SLAVE");
	$s->sql("$two 0");
	is(plan_of(), $LAG, '... or where the source has not: no');
	$s->sql("$two 1");
}

my $p = migrate($s, 'ADD x INT', 'app', 't', '--defer-indexes', 'always',
    '--max-lag', 1);
succeeded($p, 'app', 't', 'always, with a replica,');
like($p->{err}, qr/^livealter: building `ka`$/m, '... builds after the copy');
$r->wait_for_source($s);
is(($r->rows("SHOW CREATE TABLE app.t"))[0][1],
    ($s->rows("SHOW CREATE TABLE app.t"))[0][1],
    '... and the replica has the same table');
nothing_left($s, 'app');

done_testing();
