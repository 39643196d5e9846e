# Filters of replication, and of binary logs, that would break a replica or
# lose its rows are refused before anything is made; others are let alone, and
# what is said of a filter is what the server makes of it.
# long: each filter, on a replica of its own
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ALTER = 'ADD COLUMN extra INT';
my @log = ('--log-bin=binlog', '--log-bin-trust-function-creators=1');
my $src = Server->start(tcp => 1, args => [@log]);
my $mysql = $src->is_mysql;
my $updates = '--log-' . ($mysql ? 'replica' : 'slave') . '-updates=1';
my $rep = Server->start(tcp => 1, replica_of => $src, args => [@log,
    $updates]);

$src->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
$src->sql("INSERT INTO app.t VALUES (1), (2), (3)");
$src->sql("CREATE DATABASE other");
$rep->wait_for_source($src);

my @seen = ('--recursion-method', 'dsn=D=app,t=dsns');
$src->sql("CREATE TABLE app.dsns (id INT PRIMARY KEY, parent_id INT, " .
    "dsn VARCHAR(100)); INSERT INTO app.dsns VALUES (1, NULL, " .
    "'h=127.0.0.1,P=" . $rep->port . "')");

# One filter, or none.
sub filter {
	my ($name, $value) = @_;
	my %none = map { $_ => '' } qw(do_db ignore_db do_table ignore_table
	    wild_do_table wild_ignore_table);
	if (!$mysql) {
		$rep->sql("STOP SLAVE");
		$rep->sql("SET GLOBAL replicate_$_ = '" .
		    ($_ eq $name ? $value : '') . "'") for sort keys %none;
		$rep->sql("SET GLOBAL replicate_rewrite_db = '" .
		    ($name eq 'rewrite_db' ? $value : '') . "'")
		    if $rep->version_number >= 101100;
		$rep->sql("START SLAVE");
		return;
	}
	my $sql = $name eq 'rewrite_db' ? $value =~ s/(\w+)->(\w+)/($1,$2)/gr :
	    $name =~ /wild/ ? join(',', map { "'" . s/\\/\\\\/gr . "'" }
	    split /,/, $value) : $value;
	$rep->sql("STOP REPLICA");
	$rep->sql("CHANGE REPLICATION FILTER " . join(', ', map {
	    "REPLICATE_\U$_\E = (" . ($_ eq $name ? $sql : '') . ")" }
	    sort keys %none, 'rewrite_db'));
	$rep->sql("START REPLICA");
}

# The server's own list; what is left out filters nothing of ours: the servers
# of a ring, and what a session asks to be skipped.
{
	my %there = map { lc($_) => 1 } grep { /^replicate_/i }
	    keys %{$rep->row($mysql ? 'SHOW REPLICA STATUS' :
	    'SHOW SLAVE STATUS')}, map { $_->[0] } $rep->rows("SHOW GLOBAL " .
	    "VARIABLES LIKE 'replicate\\_%'");
	delete $there{"replicate_$_"} for qw(do_db ignore_db do_table
	    ignore_table wild_do_table wild_ignore_table rewrite_db
	    ignore_server_ids do_domain_ids ignore_domain_ids
	    annotate_row_events events_marked_for_skip);
	is(join(' ', sort keys %there), '', 'each filter there is, is known');
}

# Is it refused, and does nothing lie around then?
my @case = (
	[ wild_do_table => 'app.t', 1 ],
	[ wild_do_table => 'app.t,app.\_t\_%', 1 ],
	[ wild_do_table => 'app.%', 0 ],
	[ do_table => 'app.t', 1 ],
	[ do_table => 'other.x', 0 ],
	[ ignore_table => 'app._t_new', 1 ],
	[ ignore_table => 'app._livealter', 1 ],
	[ ignore_table => 'other.x', 0 ],
	[ wild_ignore_table => 'app.\_%', 1 ],
	[ wild_ignore_table => 'app.%', 0 ],
	[ do_db => 'other', 1 ],
	[ do_db => 'app,other', 1 ],
	[ ignore_db => 'app', 1 ],
	[ ignore_db => 'other', 1 ],
	[ rewrite_db => 'app->other', 1 ],
	[ rewrite_db => 'other->other2', 0 ],
);
@case = grep { $_->[0] ne 'rewrite_db' } @case
    if !$mysql && $rep->version_number < 101100;
for my $c (@case) {
	my ($name, $value, $refused) = @$c;
	filter($name, $value);
	my $r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run');
	is($r->{exit}, $refused ? 3 : 0, "replicate_$name=$value: " .
	    ($refused ? 'refused' : 'let alone')) or diag $r->{err};
	like($r->{err}, qr/replica 127\.0\.0\.1:\d+ filters what it .*$name/,
	    '... by name') if $refused;
	nothing_left($src, 'app');
	# What is let through there is really so.
	next if $refused;
	my $t = $r->{exit} == 0 ? migrate($src, $ALTER, 'app', 't', @seen,
	    '--max-lag', 1000) : next;
	succeeded($t, 'app', 't', "replicate_$name=$value");
	eval { $rep->wait_for_source($src); 1 } or diag $@;
	my $s = $rep->row($mysql ? 'SHOW REPLICA STATUS' :
	    'SHOW SLAVE STATUS');
	is($s->{Last_Error}, '', '... and the replica goes on');
	$src->sql("ALTER TABLE app.t DROP COLUMN extra");
	$rep->wait_for_source($src);
}

# The fault that this is about, and the way around it.
filter(wild_do_table => 'app.t');
{
	my $r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run', '--no-check-replication-filters');
	is($r->{exit}, 0, '--no-check-replication-filters asks nobody')
	    or diag $r->{err};
	die_at($src, 'after:copy', '--alter', $ALTER, dsn('app', 't'),
	    '--execute', '--recursion-method', 'none');
	$r = run_livealter($src, 'resume', dsn('app', 't'), @seen);
	is($r->{exit}, 3, 'resume is refused, too') or diag $r->{err};
	is(run_livealter($src, 'cleanup', dsn('app', 't'))->{exit}, 0,
	    '... and cleanup is not');
}
filter('', '');
eval { $rep->wait_for_source($src); 1 } or diag $@;

$src->sql("CREATE TABLE app.back (id INT PRIMARY KEY)");
is(migrate($src, $ALTER, 'app', 'back', @seen, '--reversible')->{exit}, 0,
    'one that can be reverted');
filter(ignore_table => 'app._back_old');
is(run_livealter($src, 'revert', dsn('app', 'back'), '--accept-loss',
    @seen)->{exit}, 3,
    'revert is refused, too');
filter('', '');
{
	my $r = run_livealter($src, 'revert', dsn('app', 'back'), @seen,
	    '--accept-loss');
	is($r->{exit}, 0, '... and not without the filter') or diag $r->{err};
}

# A child in another schema is altered, too.
$src->sql("CREATE TABLE other.c (id INT PRIMARY KEY, FOREIGN KEY (id) " .
    "REFERENCES app.t (id))");
$rep->wait_for_source($src);
for my $c ([ignore_table => 'other.c', 1],
    [wild_ignore_table => 'other.%', 1], [wild_do_table => 'app.%', 1],
    [wild_do_table => 'app.%,other.%', 0]) {
	my ($name, $value, $refused) = @$c;
	filter($name, $value);
	my $r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run');
	is($r->{exit}, $refused ? 3 : 0, "a child, and replicate_$name=" .
	    "$value: " . ($refused ? 'refused' : 'let alone')) or
	    diag $r->{err};
	like($r->{err}, qr/$name=.* treats `other`.`c` otherwise/,
	    '... by name') if $refused;
}
filter('', '');
$src->sql("DROP TABLE other.c");
$rep->wait_for_source($src);

# One that passes over errors.
{
	my $exec = ($mysql ? 'replica' : 'slave') . '_exec_mode';
	$rep->sql("SET GLOBAL $exec = 'IDEMPOTENT'");
	my $r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run');
	is($r->{exit}, 0, "$exec=IDEMPOTENT goes") or diag $r->{err};
	like($r->{err}, qr/warning: replica \S+ has $exec=IDEMPOTENT/,
	    '... with a warning');
	$rep->sql("SET GLOBAL $exec = 'STRICT'");
	my $skip = ($mysql ? 'replica' : 'slave') . '-skip-errors';
	my $s = Server->start(tcp => 1, args => [@log, "--$skip=1032,1062"]);
	$src->sql("INSERT INTO app.dsns VALUES (2, NULL, 'h=127.0.0.1,P=" .
	    $s->port . "')");
	$r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run', '--no-fail-on-stopped-replication');
	like($r->{err}, qr/warning: replica \S+ has \w+_skip_errors=1032,1062/,
	    "--$skip: warned of");
	unlike($r->{err}, qr/has $exec/, '... and of nothing else');
	$src->sql("DELETE FROM app.dsns WHERE id = 2");
}

# A replica that would run the triggers once more.
if (!$mysql) {
	$rep->sql("SET GLOBAL slave_run_triggers_for_rbr = 'YES'");
	my $r = run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run');
	is($r->{exit}, 17, 'slave_run_triggers_for_rbr=YES on a replica: ' .
	    'refused') or diag $r->{err};
	like($r->{err}, qr/replica 127\.0\.0\.1:\d+: slave_run_triggers/,
	    '... by name');
	is(run_livealter($src, '--alter', $ALTER, dsn('app', 't'), @seen,
	    '--dry-run', '--force')->{exit}, 0, '... unless --force');
	$rep->sql("SET GLOBAL slave_run_triggers_for_rbr = 'NO'");
}

# The binary log itself.
for my $c (qw(do-db=other do-db=app ignore-db=app ignore-db=other)) {
	my $s = Server->start(args => [@log, "--binlog-$c"]);
	$s->sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
	is(run_livealter($s, '--alter', $ALTER, dsn('app', 't'),
	    '--dry-run')->{exit}, 3, "binlog-$c: refused");
}

done_testing;
