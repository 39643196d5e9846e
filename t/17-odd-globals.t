# Whatever the server's global values or its init_connect make of a session, a
# migration by an ordinary account ends as ALTER TABLE does in a session as it
# comes.
#
# Every variable that the server lists gets odd values: enumerations each of
# theirs, switches the other one, numbers the least and the greatest.  The n-th
# of each are set together; when that does not end well, fewer of them are,
# until it is known which one it is.  LIVEALTER_ODD=all tries all of them, and
# LIVEALTER_ODD=sql_mode,autocommit only these, each value by itself.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use SessionVars;
use Story;
use Test::More;
use Twin;

my $s = Server->start(args => ($ENV{LIVEALTER_SERVER} // '') eq 'mysql' ? []
    : ['--query-cache-type=1', '--query-cache-size=1M']);
my @APP = ('-S', $s->socket, '-u', 'plain');
my $adm = $s->dbh;
$adm->do("SET SESSION wait_timeout = 100000");
$adm->do("CREATE USER plain\@localhost");
$adm->do("GRANT ALL ON $_.* TO plain\@localhost") for qw(app ctl far ctlfar);
$adm->do("GRANT PROCESS ON *.* TO plain\@localhost");
$adm->do("GRANT SELECT ON performance_schema.* TO plain\@localhost")
    if $s->is_mysql;

# Who we are to others, limits of the account or the server, which end what
# they meet, what replication is told, and what an ordinary account cannot take
# back (require_row_format).
my $NOT = qr/^(?:max_user_connections|max_allowed_packet|net_buffer_length
    |server_id|wsrep_.*|gtid_.*|max_relay_log_size|sql_slave_skip_counter
    |connection_memory_.*|require_row_format|redirect_url|pseudo_.*
    |sql_log_.*|binlog_format)$/x;

my $odd = odd_values($s);
delete @$odd{grep { /$NOT/ } keys %$odd};

# What ALTER TABLE obeys as well, so that the twin's has to.
my $why = left_alone();
my %native = map { $_ => 1 } qw(sql_mode time_zone old_mode sql_if_exists
    explicit_defaults_for_timestamp restrict_fk_on_non_standard_key
    innodb_compression_default innodb_default_encryption_key_id
    enforce_storage_engine), grep { $why->{$_} =~ /^Native ALTER/ } keys %$why;

my $ALTER = "ADD x INT NOT NULL DEFAULT 5, MODIFY v VARCHAR(60), DROP y, " .
    "MODIFY ts DATETIME NULL, MODIFY e ENUM('b', 'a', 'c'), " .
    "MODIFY n BIGINT, ADD UNIQUE KEY u (u), ADD CONSTRAINT far " .
    "FOREIGN KEY (q) REFERENCES par (id)";

sub tables {
	twins($s, "CREATE TABLE par (id INT PRIMARY KEY)",
	    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, p INT, " .
	    "q INT, n INT, u BIGINT UNSIGNED, m DECIMAL(20, 6), f DOUBLE, " .
	    "b BIT(9), y YEAR, d DATE, ti TIME(3), dt DATETIME(6), " .
	    "ts TIMESTAMP NULL, c CHAR(9), v VARCHAR(40), " .
	    "l VARCHAR(20) CHARACTER SET latin1, vb VARBINARY(20), bl BLOB, " .
	    "tx TEXT, e ENUM('a', 'b'), se SET('x', 'y'), z INT, " .
	    "g INT AS (n + 1) STORED, KEY (p), KEY (q), " .
	    "CONSTRAINT pp FOREIGN KEY (p) REFERENCES par (id) " .
	    "ON DELETE CASCADE) DEFAULT CHARSET utf8mb4",
	    "CREATE TABLE kid (id INT PRIMARY KEY, t INT, " .
	    "CONSTRAINT kk FOREIGN KEY (t) REFERENCES t (id) " .
	    "ON DELETE CASCADE)",
	    "CREATE DEFINER = plain\@localhost TRIGGER up BEFORE UPDATE ON t " .
	    "FOR EACH ROW SET NEW.z = OLD.z + 1",
	    "INSERT INTO par VALUES (1), (2), (3), (4)",
	    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
	    map { "INSERT INTO t (id, p, q, n, u, m, f, b, y, d, ti, dt, ts, " .
	    "c, v, l, vb, bl, tx, e, se, z) VALUES (" . 3 * $_ . ", " .
	    ($_ % 4 + 1) . ", 1, " . ($_ - 9) . ", " .
	    "18446744073709551500 + $_, $_ / 7, $_ / 3, b'10101', 1990 + $_, " .
	    "'2020-01-01' + INTERVAL $_ DAY, '-10:11:12.125', " .
	    "'2021-03-04 05:06:07.123456', '2022-07-08 09:10:11', 'c $_', " .
	    "CONCAT('v', 'ä', $_), 'é', x'00ff', 'bl $_', " .
	    "REPEAT('text ', $_), 'b', 'x,y', $_)" } 0 .. 25);
	twin_sql($s, "INSERT INTO t (id) VALUES (100)",
	    "INSERT INTO kid SELECT id, id FROM t WHERE id < 40");
}

my @WRITES = ("INSERT INTO t (id, n, v, ts) VALUES (200, 5, 'ö', " .
    "'2022-01-02 03:04:05')", "UPDATE t SET v = 'ü', n = 77 WHERE id = 6",
    "UPDATE t SET id = 300 WHERE id = 63", "DELETE FROM t WHERE id = 66",
    "DELETE FROM par WHERE id = 3", "INSERT INTO par VALUES (9)",
    "INSERT INTO t (id, p, u) VALUES (201, 9, 3)",
    "REPLACE INTO t (id, n) VALUES (69, 4)",
    "INSERT INTO t (id, n) VALUES (72, 1) ON DUPLICATE KEY UPDATE n = 8",
    "INSERT INTO kid VALUES (500, 201)", "UPDATE t SET z = 0 WHERE id < 30",
    "INSERT IGNORE INTO t (id, n) VALUES (200, 1), (202, 2)");

# --- globals ---------------------------------------------------------------

# As they are now, for the revert.
my %was;
for my $name (keys %$odd) {
	my ($v) = eval { $adm->selectrow_array("SELECT \@\@global.$name") };
	$was{$name} = $v;
}

sub set_global {
	my ($name, $value) = @_;
	my $v = defined $value && $value =~ /^-?[\d.]+$/ ? $value :
	    defined $value ? $adm->quote($value) : 'NULL';
	return eval { $adm->do("SET GLOBAL $name = $v"); 1 };
}

sub reset_globals {
	set_global($_, $was{$_}) for @_;
}

# Sets them, and returns the names of those that are not what they were.
sub set_globals {
	my ($values) = @_;
	my @done;
	for my $name (sort keys %$values) {
		next if !defined $was{$name} ||
		    !set_global($name, $values->{$name});
		my ($v) = $adm->selectrow_array("SELECT \@\@global.$name");
		push @done, $name if ($v // '') ne $was{$name};
	}
	return @done;
}

# --- one migration ---------------------------------------------------------

# The ordinary application: it wants its statements to be statements, and all
# else is as the server has it.
sub application {
	my $dbh = eval { $s->dbh(user => 'plain') } or return;
	eval { $dbh->do($_) } for 'SET autocommit = 1',
	    'SET completion_type = 0', 'SET sql_big_selects = 1',
	    'SET NAMES utf8mb4',
	    'SET SESSION TRANSACTION READ WRITE', 'SET sql_safe_updates = 0',
	    # Or ALTER TABLE refuses the orphans that it makes.
	    'SET foreign_key_checks = 1',
	    # What a trigger does takes some as well.
	    'SET max_session_mem_used = 1000000000',
	    'SET SESSION lock_wait_timeout = 20',
	    'SET SESSION innodb_lock_wait_timeout = 20';
	return $dbh;
}

# Both get the same, and either both take a statement or none does.
sub write_both {
	my @bad;
	my $dbh = application() or return 'no application';
	for my $sql (@WRITES) {
		my @said = map { my $db = $_; eval { $dbh->do("USE $db");
		    $dbh->do($sql); 1 } ? '' : $dbh->errstr =~
		    s/\bctl\b/app/gr } qw(app ctl);
		push @bad, "$sql: $said[0] ($said[1])" if $said[0] ne $said[1];
	}
	return @bad;
}

# ALTER TABLE in a session in which only what it may obey is odd.
sub alter_control {
	my (@changed) = @_;
	my $dbh = $s->dbh;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("USE ctl");
	for (grep { !$native{$_} } @changed) {
		my $v = $was{$_} =~ /^-?[\d.]+$/ ? $was{$_} :
		    $dbh->quote($was{$_});
		eval { $dbh->do("SET SESSION $_ = $v") };
	}
	$dbh->do("SET SESSION innodb_lock_wait_timeout = 20, " .
	    "lock_wait_timeout = 20");
	return eval { $dbh->do("ALTER TABLE t $ALTER"); 1 } ? '' :
	    $dbh->errstr;
}

# Nothing, or what went wrong.
sub try {
	my ($set, $unset) = @_;
	my $flag = $s->dir . '/flag';
	tables();
	spew($flag, '');
	my @changed = $set->();
	my $p = start_livealter($s, { connect => 0 }, @APP, '--alter', $ALTER,
	    'D=app,t=t', '--execute', '--chunk-size', 5, '--chunk-time', 0,
	    '--postpone-cut-over-flag-file', $flag);
	my $end = time + 60;
	sleep 0.02 while $p->running && $p->err !~ /waiting with the swap/ &&
	    time < $end;
	my @bad = $p->running ? write_both() : ();
	unlink $flag;
	my $r = $p->wait(60);
	my $native = alter_control(@changed);
	$unset->(@changed);
	return "exit $r->{exit}, and ALTER TABLE says '$native':\n$r->{err}"
	    if $r->{exit} != 0 || $native ne '';
	my ($x, $y) = map { twin_dump($s, $_) } qw(app ctl);
	return join "\n", @bad if @bad;
	my (%in_x, %in_y);
	$in_x{$_} = 1 for split /\n/, $x;
	$in_y{$_} = 1 for split /\n/, $y;
	return join "\n", map({ "got    $_" } grep { !$in_y{$_} }
	    split /\n/, $x), map { "wanted $_" } grep { !$in_x{$_} }
	    split /\n/, $y;
}

sub try_globals {
	my ($values) = @_;
	return try(sub { set_globals($values) }, \&reset_globals);
}

# Which of them it is: halves, as long as one of them fails by itself.
sub narrow {
	my ($values, $said, $try) = @_;
	my @names = sort keys %$values;
	return ($said, @names) if @names <= 1;
	my $half = @names / 2;
	for my $part ([@names[0 .. $half - 1]], [@names[$half .. $#names]]) {
		my %some = map { $_ => $values->{$_} } @$part;
		my $now = $try->(\%some);
		return narrow(\%some, $now, $try) if $now ne '';
	}
	return ($said, @names);
}

sub goes_well {
	my ($name, $values, $try) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $said = $try->($values);
	return ok(1, $name) if $said eq '';
	my @which;
	($said, @which) = narrow($values, $said, $try);
	ok(0, $name);
	diag(join(', ', map { "$_ = '$values->{$_}'" } @which) . ":\n$said");
}

# --- which -----------------------------------------------------------------

my $how = $ENV{LIVEALTER_ODD} // '';
is(try(sub { () }, sub { }), '', 'with nothing odd') or
    BAIL_OUT('the migration itself fails');
if ($how ne '' && $how ne 'all') {
	for my $name (split /,/, $how) {
		goes_well("$name = '$_'", { $name => $_ }, \&try_globals)
		    for @{$odd->{$name} // []};
	}
	done_testing;
	exit;
}

my ($most) = sort { $b <=> $a } map { scalar @$_ } values %$odd;
for my $n (0 .. ($how eq 'all' ? $most - 1 : 1)) {
	my %values = map { $_ => $odd->{$_}[$n % @{$odd->{$_}}] }
	    grep { @{$odd->{$_}} && ($n < 2 || $n < @{$odd->{$_}}) }
	    keys %$odd;
	goes_well("odd value $n of each of " . keys(%values) . ' variables',
	    \%values, \&try_globals);
}

# --- init_connect ----------------------------------------------------------

# What an ordinary account may set, also what has no global value.
sub by_init_connect {
	my ($values) = @_;
	my $sql = join '; ', map { "SET SESSION $_ = " .
	    ($values->{$_} =~ /^-?[\d.]+$/ ? $values->{$_} :
	    $adm->quote($values->{$_})) } grep { /^[a-z]/ }
	    sort keys %$values;
	$sql = join '; ', $sql || (), map { $values->{$_} } grep { !/^[a-z]/ }
	    sort keys %$values;
	return try(sub { set_global('init_connect', $sql); () },
	    sub { set_global('init_connect', '') });
}
for my $n (0 .. ($how eq 'all' ? 3 : 0)) {
	my $dbh = $s->dbh(user => 'plain');
	my %values = (' names' => 'SET NAMES latin1', ' begin' => 'BEGIN');
	for my $name (sort keys %$odd) {
		next if !@{$odd->{$name}} || $native{$name};
		my $v = $odd->{$name}[$n % @{$odd->{$name}}];
		my $to = $v =~ /^-?[\d.]+$/ ? $v : $adm->quote($v);
		$values{$name} = $v
		    if eval { $dbh->do("SET SESSION $name = $to"); 1 };
	}
	goes_well("odd value $n of each of " . keys(%values) .
	    ' variables by init_connect', \%values, \&by_init_connect);
}

done_testing;
