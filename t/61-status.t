# livealter status: what runs, what died, and what lies around.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $login = "--socket=" . $s->socket . " --user=root";
my $ALTER = "ADD COLUMN \"extra\" INT" =~ s/"/`/gr;
my @slow = ('--chunk-size', 50, '--sleep', 0.05, '--threads', 1);

sub status {
	my (@args) = @_;
	my $r = run_livealter($s, 'status', @args);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "status @args") or diag $r->{err};
	return $r->{out};
}

sub status_json { JSON::PP::decode_json(status(@_, '--output', 'json')) }

make_orders($s, 'app', 'orders', 3000);
make_orders($s, 'app', 'items', 300);

# --- nothing ---------------------------------------------------------------

like(status('D=app'), qr/^no migration is known, and nothing is left over$/,
    '... nothing is there');
is_deeply(status_json('D=app'), { database => 'app', migrations => [],
    leftovers => [] }, '... in JSON as well');
{
	my $r = run_livealter($s, 'status');
	is($r->{exit}, 1, 'status of no database');
	like($r->{err}, qr/--database: missing/, '... says so');
}

# --- one that runs ---------------------------------------------------------

{
	my $dump = $s->dump('app', tables => qr/^items$/);
	my $p = start_to_chunk($s, 4, $ALTER, 'app', 'orders', @slow);
	# It stands still while it is looked at.
	$p->kill('STOP');
	ok($p->wait_until_stopped, '(it still runs)');
	my $text = status('D=app,t=orders');
	my $j = status_json('D=app');
	my $pid = $p->pid;
	like($text, qr/^`app`\.`orders`: running, copying$/m, '... it runs');
	like($text, qr/^  ALTER: \Q$ALTER\E$/m, '... what');
	like($text, qr/process $pid, connection \d+$/m, '... where');
	like($text, qr/began: \d+:\d\d ago$/m, '... since when');
	like($text, qr/rows: copied [1-9]\d* rows, \d+%, [1-9]\d* rows\/s, \d/,
	    '... how far, how fast, how long');
	unlike($text, qr/livealter (?:cleanup|resume)/,
	    '... and nothing is to be done about it');
	is(scalar @{$j->{migrations}}, 1, '... in JSON: one');
	my $m = $j->{migrations}[0];
	is("$m->{table} $m->{life} $m->{state}", 'orders running copying',
	    '... which runs');
	is($m->{alter}, $ALTER, '... with its ALTER');
	cmp_ok($m->{rows}, '>', 0, '... its rows');
	cmp_ok($m->{rate}, '>', 0, '... rate');
	cmp_ok($m->{eta}, '>', 0, '... and ETA');
	cmp_ok($m->{silence}, '<', 10, '... and a heartbeat');
	is_deeply($m->{commands}, [], '... no command');
	is_deeply($j->{leftovers}, [], '... and no leftovers');
	like(status('D=app,t=items'), qr/^no migration is known/,
	    '... and of another table nothing is said');
	$p->kill('CONT');
	is($p->wait(60)->{exit}, 0, '(its end)');
	is($s->dump('app', tables => qr/^items$/), $dump, '(all is well)');
}

# --- those that died -------------------------------------------------------

sub died {
	my ($at, $table) = @_;
	die_at($s, $at, { name => "(died $at)" }, '--alter',
	    'ADD COLUMN died INT', "D=app,t=$table", '--execute');
}

died('after:copy', 'orders');
{
	my $text = status('D=app');
	like($text, qr/^`app`\.`orders`: resumable, copying$/m,
	    '... died while it copied');
	like($text, qr/^  to resume: livealter resume D=app,t=orders $login$/m,
	    '... how to go on');
	like($text, qr/^  to remove it: livealter cleanup D=app,t=orders /m,
	    '... or not');
	unlike($text, qr/of no known migration/,
	    '... all that is there is its own');
	my $m = status_json('D=app,t=orders')->{migrations}[0];
	is($m->{life}, 'resumable', '... in JSON as well');
	is_deeply($m->{commands}, ["livealter resume D=app,t=orders $login",
	    "livealter cleanup D=app,t=orders $login"],
	    '... with the commands');
}
# Between the triggers and the copy the state is that of before: the two ask
# the same.
for my $at (qw(after:capture before:copy)) {
	$s->sql("DROP TABLE IF EXISTS app.early");
	make_orders($s, 'app', 'early', 20);
	died($at, 'early');
	is(status_json('D=app,t=early')->{migrations}[0]{life}, 'resumable',
	    '... its triggers are there: it can be resumed');
	like(run_livealter($s, 'resume', 'D=app,t=early', '--dry-run')->{err},
	    qr/it can be resumed/, '... and resume says the same');
	is(run_livealter($s, 'cleanup', 'D=app,t=early')->{exit}, 0,
	    '(its end)');
}
$s->sql("DROP TABLE app.early");
died('before:capture', 'items');
{
	my $j = status_json('D=app');
	is(join(' ', map { "$_->{table} $_->{life}" } @{$j->{migrations}}),
	    'orders resumable items unfinished', '... two of them');
	is_deeply($j->{migrations}[1]{commands},
	    ["livealter cleanup D=app,t=items $login"],
	    '... only to be removed');
}
$s->sql("DROP DATABASE app");
make_orders($s, 'app', 'orders', 300);
died('after:swap', 'orders');
{
	my $text = status('D=app');
	like($text, qr/`app`\.`orders`: swapped, swapping$/m,
	    '... died after the RENAME');
	like($text, qr/to complete it: livealter cleanup D=app,t=orders /,
	    '... which cleanup finishes');
}

# --- what lies around ------------------------------------------------------

$s->sql("DROP TABLE app._livealter; CREATE TABLE app._x_new (a INT)");
{
	my $j = status_json('D=app');
	is_deeply($j->{migrations}, [], '... without a registry: none');
	is(join(' ', map { "$_->{what}:$_->{name}" } @{$j->{leftovers}}),
	    'trigger:livealter_orders_del trigger:livealter_orders_ins ' .
	    'trigger:livealter_orders_upd table:_orders_notes ' .
	    'table:_orders_old table:_x_new', '... but what it has left');
	my $text = status('D=app,t=orders');
	unlike($text, qr/_x_new/, '... of one table: only its own');
	my @sql = $text =~ /^  (DROP .*);$/mg;
	is(scalar @sql, 5, '... its two tables and what is on the renamed');
	like(status('D=app'),
	    qr/^  DROP TRIGGER `app`\.`livealter_orders_del`;$/m,
	    '... all of them with the statement that removes them');
	$s->sql($_->{sql}) for @{$j->{leftovers}};
	like(status('D=app'), qr/nothing is left over/, '... which do it');
}

# Somebody else's registry.
$s->sql("CREATE TABLE app._livealter (a INT)");
is(run_livealter($s, 'status', 'D=app')->{exit}, 17,
    'a table _livealter that is not ours: said, not read');
is(run_livealter($s, 'status', 'D=nosuch')->{exit}, 0,
    'a database that is not there has no migrations');

done_testing;
