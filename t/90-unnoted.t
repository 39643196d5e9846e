# Under LOCK TABLES of an application, MariaDB's triggers may reach none of
# their tables (error 1442), and what they tell the run ends with the session.
# What is written so after the comparison is found before the swap, not by the
# proof after it, and not by nobody.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;
my $flag = "$dir/postpone";
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';

# Sessions of their own, so that nothing of them is left at the next look.
my %way = (
	insert => "INSERT INTO orders (note) VALUES ('x')",
	update => "UPDATE orders SET note = 'x' WHERE id < 5",
	delete => "DELETE FROM orders WHERE id = 10",
	replace => "REPLACE INTO orders (id, note) VALUES (20, 'x')",
	odku => "INSERT INTO orders (id, note) VALUES (21, 'x') " .
	    "ON DUPLICATE KEY UPDATE note = 'y'",
);

sub locked {
	my ($sql) = @_;
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("LOCK TABLES orders WRITE, control WRITE");
	$dbh->do($sql);
	$dbh->do($sql =~ s/\borders\b/control/r);
	$dbh->do("UNLOCK TABLES");
	$dbh->disconnect;
}

# Either it has the rows, or it has swapped nothing.
sub right {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	if ($r->{exit} == 0) {
		pass("$name: swapped");
	} else {
		like($r->{exit}, qr/^(30|36)$/, "$name: not swapped")
		    or diag $r->{err};
		like($r->{err}, qr/LOCK TABLES/, '... and why');
		nothing_left($s, 'app');
	}
	same_rows($s, 'app', 'orders', 'control', '... no row is lost');
}

sub run_with {
	my ($o, $sql, @opts) = @_;
	fresh_orders($s, 100);
	spew($flag, '');
	my $p = start_migration($s, $o, $ALTER, 'app', 'orders',
	    '--postpone-cut-over-flag-file', $flag, @opts);
	$p->wait_for(qr/waiting with the swap/);
	locked($sql);
	unlink $flag;
	return $p->wait(60);
}

for my $name (sort keys %way) {
	right(run_with({}, $way{$name}), $name);
	right(run_with({}, $way{$name}, '--verify-swap', 'no'),
	    "$name, without the proof");
}

# The protection is what finds it.
if ($s->is_mariadb) {
	my $r = run_with({ env => { LIVEALTER_WITHOUT => 'unnoted' } },
	    $way{update}, '--verify-swap', 'no');
	is($r->{exit}, 0, 'without the counter nothing tells') or
	    diag $r->{err};
}

# Somebody who ends sessions all the time, and locks other tables, delays it.
{
	fresh_orders($s, 100);
	$s->sql("CREATE TABLE app.other (i INT)");
	spew($flag, '');
	my $p = start_migration($s, $ALTER, 'app', 'orders',
	    '--postpone-cut-over-flag-file', $flag);
	$p->wait_for(qr/waiting with the swap/);
	my $dbh = $s->dbh(database => 'app');
	eval { $dbh->do("KILL QUERY 4000000000") };
	$dbh->do("LOCK TABLES other WRITE");
	$dbh->do("UNLOCK TABLES");
	unlink $flag;
	my $r = $p->wait(60);
	succeeded($r, 'app', 'orders', 'a KILL and other LOCK TABLES');
	like($r->{err}, qr/compare the two tables once more/,
	    '... one comparison more');
	same_rows($s, 'app', 'orders', 'control', '... and every row');
}

done_testing;
