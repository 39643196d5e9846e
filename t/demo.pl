# make demo: one migration under live writes, on a throwaway server.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/lib';
use LiveAlter;
use Server;
use Test::More ();
use Time::HiRes qw(time);

my $ROWS = $ENV{DEMO_ROWS} // 300_000;
my $ALTER = "ADD COLUMN channel VARCHAR(16) NOT NULL DEFAULT 'web', " .
    "ADD INDEX by_customer (customer)";
my @COMMON = qw(id customer state amount note updated);
my $bad = 0;

$| = 1;
chdir dirname(__FILE__) . '/..' or die "demo: $!\n";

sub say_step { print "\n", -t STDOUT ? "\e[1m$_[0]\e[0m" : $_[0], "\n" }

sub check {
	my ($what, $ok, $value) = @_;
	printf "  %-4s %-46s %s\n", $ok ? 'ok' : 'BAD', $what, $value // '';
	$bad++ if !$ok;
}

sub thousands {
	my ($n) = @_;
	1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
	return $n;
}

say_step("A throwaway server, and a table of " . thousands($ROWS) . " rows");
my $t = time;
my $s = Server->start(general_log => 0, buffer_pool => '256M');
make_orders($s, 'app', 'orders', $ROWS);
copy_table($s, 'app', 'orders', 'control');
printf "  %s %s, app.orders and app.control, %.1f s\n",
    $s->is_mysql ? 'MySQL' : 'MariaDB',
    $s->version, time - $t;

say_step("An application: four connections change orders, and control the " .
    "same way");
my $before = table_checksum($s, 'app', 'orders', @COMMON);
my $h = start_hammer($s, db => 'app', table => 'orders',
    control => 'control', threads => 4, rate => 400, auto => 1,
    seed => $ENV{SEED} // time % 100000);

my @show = ('--alter', "\"$ALTER\"", 'D=app,t=orders', '--execute',
    '--progress', 'time,1');
say_step("\$ livealter @show");
$t = time;
my $p = start_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
    '--execute', '--progress', 'time,1');
my %seen = (out => 0, err => 0);
my $limit = time + 100;
# Once more after its end, for what it said last.
for (my $more = 1; $more; ) {
	$more = $p->running;
	for my $stream (qw(err out)) {
		my $text = $p->$stream;
		next if length $text == $seen{$stream};
		print substr $text, $seen{$stream};
		$seen{$stream} = length $text;
	}
	$p->kill('KILL') if time > $limit;
	select undef, undef, undef, 0.05 if $more;
}
my $r = $p->wait;
my $took = time - $t;

# The application has to live with the new table too.
my $commits = sub { ($s->rows("SHOW GLOBAL STATUS LIKE 'Com_commit'"))[0][1] };
my $mark = $commits->();
poll_until(sub { $commits->() > $mark + 100 }, 20,
    'the application goes on') or $bad++;
my $app = $h->report;

say_step(sprintf "What came of it, after %.1f s", $took);
check('livealter succeeded', $r->{exit} == 0, "exit $r->{exit}");
check('the application had no error', !%{$app->{errors}},
    join '; ', map { "$_ x $app->{errors}{$_}{count}: " .
    $app->{errors}{$_}{message} } sort keys %{$app->{errors}});
check('it ran', $app->{statements} > 0, sprintf '%s statements in %s ' .
    'transactions', thousands($app->{statements}),
    thousands($app->{transactions}));
check('no statement took longer than a second', $app->{max_ms} < 1000,
    sprintf 'p50 %.2f ms, p99 %.1f ms, slowest %.0f ms', $app->{p50_ms},
    $app->{p99_ms}, $app->{max_ms});
print "       the slowest: ", substr($app->{slowest}{statement}, 0, 60), "\n"
    if $app->{max_ms} > 100;

my ($x, $y) = map { table_checksum($s, 'app', $_, @COMMON) }
    qw(orders control);
my ($rows) = split m{/}, $x;
check('orders and control hold the same rows', $x eq $y,
    thousands($rows) . " rows, checksum " . ($x =~ s{.*/}{}r) .
    ($x eq $y ? '' : " and $y"));
check('the application did change them', $x ne $before);
my @left = leftovers($s, 'app');
check('nothing is left over', !@left, join ', ', @left);
my ($def) = map { $_->[1] } $s->rows("SHOW CREATE TABLE app.orders");
check('the column and the index are there', $def =~ /`channel` varchar\(16\)/
    && $def =~ /KEY `by_customer`/ ? 1 : 0);
print "\n$def\n" =~ s/\n/\n  /gr, "\n\n";
if ($bad) {
	print "The demo FAILED.\n";
	exit 1;
}
