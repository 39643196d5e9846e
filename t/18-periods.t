# MariaDB's application-time periods: keys WITHOUT OVERLAPS, to which there is
# no ON DUPLICATE KEY UPDATE (error 1235), while an application moves periods.
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(given numbers);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 18;
note "SEED=$seed";
my $s = Server->start;
if ($s->is_mysql) {
	ok(!eval { $s->sql("CREATE TABLE mysql.t (a DATE, b DATE, PERIOD " .
	    "FOR p (a, b))"); 1 }, 'MySQL has no such periods');
	done_testing;
	exit;
}

my $PERIOD = 'flat INT NOT NULL, a DATE NOT NULL, b DATE NOT NULL, ' .
    'who VARCHAR(20), PERIOD FOR stay (a, b)';
my $ROWS = "INSERT INTO %s (flat, a, b, who) SELECT i % 20, '2024-01-01' + " .
    "INTERVAL i DIV 20 * 10 DAY, '2024-01-06' + INTERVAL i DIV 20 * 10 DAY, " .
    "CONCAT('w', i) FROM (" . numbers(0, 399) . ") n";

# What an application does to periods; the new names come second.
sub op {
	my ($r) = @_;
	my ($flat, $day, $n, $to) = ($r->(20), $r->(200), $r->(400), $r->(20));
	my $d = sub { "'2024-01-01' + INTERVAL $_[0] DAY" };
	my ($a, $b) = ($d->($day), $d->($day + 1 + $r->(8)));
	my @sql = (
	    "INSERT INTO %s (flat, a, b, who) VALUES ($flat, $a, $b, 'x$n')",
	    "INSERT IGNORE INTO %s (flat, a, b, who) VALUES ($flat, $a, $b, " .
	    "'y'), ($to, $a, $b, 'z$n')",
	    "UPDATE %s SET who = 'u$n' WHERE flat = $flat AND a < $a",
	    "UPDATE %s SET a = a + INTERVAL 1 DAY, b = b + INTERVAL 1 DAY " .
	    "WHERE flat = $flat AND a = $a",
	    "UPDATE %s SET b = b + INTERVAL 2 DAY WHERE flat = $flat AND " .
	    "a = $a",
	    "UPDATE IGNORE %s SET flat = $to WHERE flat = $flat AND a < $a",
	    "DELETE FROM %s WHERE flat = $flat AND b = $b",
	    "DELETE FROM %s WHERE flat = $flat AND a = $a",
	);
	my $sql = $sql[$r->(scalar @sql)];
	return [$sql, $sql =~ s/\bwho\b/tenant/gr];
}

my @slow = ('--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.01);
sub changed {
	my ($name, $key, $alter, @opts) = @_;
	given($s, "CREATE TABLE %s ($PERIOD, $key)", $ROWS);
	my @w = map { start_writer($s, db => 'app', tables => ['t',
	    'control'], seed => $seed++, forgive => [1020, 1213], ops => sub {
	    op($_[0])->[0] }) } 1 .. ($key =~ /AUTO_INC/ ? 1 : 2);
	my $r = migrate($s, $alter, 'app', 't', @slow, @opts);
	my @errors = map { @{$_->stop->{errors}} } @w;
	succeeded($r, 'app', 't', $name);
	is(join("\n", @errors), '', '... and the application has no error');
	$s->sql("ALTER TABLE app.control $alter");
	# A writer draws numbers from each counter.
	same_bytes($s, 'app', 't', 'control', '... no row is lost', grep {
	    $_ ne 'id' } table_columns($s, 'app', 't'));
	same_definition($s, 'app', 't', 'control', '... nor the period');
	nothing_left($s, 'app');
}

my $OVERLAPS = 'stay WITHOUT OVERLAPS';
changed('PRIMARY KEY WITHOUT OVERLAPS', "PRIMARY KEY (flat, $OVERLAPS)",
    'ADD price INT');
changed('... whose other column gets a wider type', "PRIMARY KEY (flat, " .
    "$OVERLAPS)", 'MODIFY flat BIGINT NOT NULL');
changed('such a key beside another', "id INT AUTO_INCREMENT PRIMARY KEY, " .
    "UNIQUE KEY k (flat, $OVERLAPS)", 'ADD price INT');
# --- the revert ------------------------------------------------------------

given($s, "CREATE TABLE %s ($PERIOD, note INT DEFAULT 7, " .
    "PRIMARY KEY (flat, $OVERLAPS))", $ROWS, "UPDATE %s SET note = a % 100");
my $ALTER = 'CHANGE who tenant VARCHAR(30), DROP note';
my $w = start_two_shaped($s, db => 'app', seed => $seed++, ops => sub {
    my $op; do { $op = op($_[0]) } while $op->[0] =~ /IGNORE/; $op });
my $r = migrate($s, $ALTER, 'app', 't', @slow, '--reversible');
succeeded($r, 'app', 't', 'a table with a revert kept open');
in_step($s, '... and the old one in step', 't', '_t_old', flat => 'flat',
    a => 'a', b => 'b', tenant => 'who');
$r = run_livealter($s, 'revert', '--alter', $ALTER, '--accept-loss',
    dsn('app', 't'));
is($r->{exit}, 0, '... is got back') or diag $r->{err};
is(join("\n", @{$w->stop->{errors}}), '',
    '... and the application has no error');
same_bytes($s, 'app', 't', 'control', '... no write is lost', qw(flat a b who));
cmp_ok($s->value("SELECT COUNT(*) FROM app.t WHERE note <> 7"), '>', 50,
    '... and what was dropped is still there in rows that were written to');
nothing_left($s, 'app');

# --- a key that goes, and one that is new ------------------------------------

my $GONE = 'DROP PRIMARY KEY, ADD PRIMARY KEY (flat, a)';
given($s, "CREATE TABLE %s ($PERIOD, PRIMARY KEY (flat, $OVERLAPS))", $ROWS);
succeeded(migrate($s, $GONE, 'app', 't'), 'app', 't', 'such a key that goes');
$s->sql("ALTER TABLE app.control $GONE");
same_definition($s, 'app', 't', 'control', '... is gone');
same_bytes($s, 'app', 't', 'control', '... and no row');
my $NEW = "DROP PRIMARY KEY, ADD PRIMARY KEY (flat, $OVERLAPS)";
given($s, "CREATE TABLE %s ($PERIOD, PRIMARY KEY (flat, a, b))", $ROWS);
succeeded(migrate($s, $NEW, 'app', 't'), 'app', 't',
    'a new key WITHOUT OVERLAPS');
$s->sql("ALTER TABLE app.control $NEW");
same_definition($s, 'app', 't', 'control', '... is made');
same_bytes($s, 'app', 't', 'control', '... of all rows');
given($s, "CREATE TABLE %s ($PERIOD, PRIMARY KEY (flat, a, b))", $ROWS,
    "INSERT INTO %s (flat, a, b, who) VALUES (3, '2023-05-01', '2024-01-02', " .
    "'early'), (4, '2025-01-01', '2025-02-01', 'later')");
ok(!eval { $s->sql("ALTER TABLE app.control $NEW"); 1 },
    'where there are overlaps, ALTER TABLE refuses it');
my $dump = $s->dump('app');
$r = migrate($s, $NEW, 'app', 't');
is($r->{exit}, 17, '... and so do we') or diag $r->{err};
like($r->{err}, qr/would have overlaps.*2023-05-01.*2024-01-01/s,
    '... and name the rows');
is($s->dump('app'), $dump, '... all is as it was');
$r = migrate($s, $NEW, 'app', 't', '--no-check-unique-key-change',
    '--verify', 'none');
isnt($r->{exit}, 0, '... and when nobody looks, the copy does') or
    diag $r->{out};
is($s->dump('app'), $dump, '... all is as it was');

done_testing;
