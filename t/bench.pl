# make bench: the same change by native ALTER TABLE, pt-online-schema-change
# and livealter, on an idle server, under load, and under a load of transactions
# that touch several rows in random order, so that they deadlock of themselves,
# beside a reader whose transactions stay open, with a replica, and with tables
# that grow.  gh-ost takes part where it is installed (MySQL, row-based log).
#
#	BENCH_SERVERS="mariadb mysql"	the servers (default: mariadb)
#	BENCH_ROWS=1000000		rows of the table
#	BENCH_INDEXES=2 | 4		its secondary indexes
#	BENCH_POOL=1G			the buffer pool
#	BENCH_ONLY=idle | load | random | reader | replica | growth
#					one of the parts; growth only so
#	BENCH_SIZES="100000 1000000"	rows of the tables that grow
#	BENCH_SHAPE=orders | uuid | wide	UUIDs as keys, rows of 2 KB
#	BENCH_RATE=400			the load, transactions a second
#	BENCH_READER=15			how long the reader's last, seconds
#	BENCH_WHAT=regex		only the contenders whose name matches
#	BENCH_REPEAT=1			the fastest of so many runs (idle)
#
# Servers run with their own default settings (durable, binary log as it comes)
# but for the buffer pool.  Before each run the data directory is put
# back to the same state and the table is read once.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use lib dirname(__FILE__) . '/lib';
use LagMeter;
use LiveAlter;
use Server;
use Test::More ();
use Time::HiRes qw(time);

my $ROWS = $ENV{BENCH_ROWS} // 1_000_000;
my $INDEXES = $ENV{BENCH_INDEXES} // 2;
my $POOL = $ENV{BENCH_POOL} // '1G';
my $RATE = $ENV{BENCH_RATE} // 400;
my $ONLY = $ENV{BENCH_ONLY} // '';
my $WHAT = $ENV{BENCH_WHAT} // '.';
my $READER = $ENV{BENCH_READER} // 15;
my $REPEAT = $ENV{BENCH_REPEAT} // 1;
# A column of it, the name, the columns.
my @indexes = (
	['customer', 'by_customer', 'customer'],
	['updated', 'by_date', 'updated'],
	['state', 'by_state', 'state, amount'],
	['note', 'by_note', 'note'],
)[0 .. $INDEXES - 1];
my $CHANGE = "ADD COLUMN c INT NOT NULL DEFAULT 0, ENGINE=InnoDB";
my $LIMIT = 7200;
my $SHAPE = $ENV{BENCH_SHAPE} // 'orders';
my $BASELINE_SECONDS = 20;

$| = 1;
chdir dirname(__FILE__) . '/..' or die "bench: $!\n";
make_path('build/bench');

sub native {
	my ($algorithm) = @_;
	return sub {
		my ($s) = @_;
		my $t = time;
		my $dbh = $s->dbh(database => 'bench');
		my $ok = eval {
			$dbh->do("ALTER TABLE orders $CHANGE, " .
			    "ALGORITHM=$algorithm");
		};
		return { exit => $ok ? 0 : 1, err => $@ // '', out => '',
		    seconds => time - $t };
	};
}

sub pt_osc {
	my ($s, @more) = @_;
	# EXPLAIN's default since MySQL 9 is a tree, which it cannot read.
	my @vars = $s->is_mysql ?
	    ('--set-vars', "explain_format='TRADITIONAL'") : ();
	my $home = File::Temp->newdir;
	return run_program({ timeout => $LIMIT, env => { HOME => "$home" } },
	    'pt-online-schema-change', '--alter', $CHANGE, '--execute',
	    '--no-version-check', '--no-check-replication-filters',
	    '--charset', 'utf8mb4', @vars, @more ? @more :
	    ('--recursion-method', 'none'),
	    "D=bench,t=orders,S=" . $s->socket . ",u=root");
}

sub gh_ost {
	my ($s) = @_;
	return run_program({ timeout => $LIMIT }, 'gh-ost', '--alter', $CHANGE,
	    '--execute', '--allow-on-master', '--initially-drop-ghost-table',
	    '--initially-drop-old-table', '--ok-to-drop-table',
	    '--host=127.0.0.1', '--port=' . $s->port, '--user=root',
	    '--database=bench', '--table=orders');
}

sub is_installed {
	my ($program) = @_;
	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

sub livealter {
	my (@more) = @_;
	return sub {
		my ($s) = @_;
		return run_livealter($s, { timeout => $LIMIT }, '--alter',
		    $CHANGE, 'D=bench,t=orders', '--execute', @more);
	};
}

my @contenders = (
	['ALTER … ALGORITHM=COPY', native('COPY')],
	['ALTER … ALGORITHM=INPLACE', native('INPLACE')],
	['pt-online-schema-change', \&pt_osc],
	['livealter', livealter()],
	['livealter --threads 1', livealter('--threads', 1)],
	['livealter --threads 4', livealter('--threads', 4)],
	# As little as its predecessor does.
	['livealter --verify-swap no', livealter('--verify-swap', 'no'),
	    'idle'],
	['livealter --verify none', livealter('--verify', 'none'), 'idle'],
	['livealter --defer-indexes never',
	    livealter('--defer-indexes', 'never'), 'idle'],
);
push @contenders, ['gh-ost', \&gh_ost] if is_installed('gh-ost');
@contenders = grep { $_->[0] =~ /$WHAT/ } @contenders;

sub thousands {
	my ($n) = @_;
	1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
	return $n;
}

sub table_line { print '| ', join(' | ', @_), " |\n" }

sub start_server {
	my ($flavour, %o) = @_;
	return Server->start(flavour => $flavour, durable => 1,
	    general_log => 0, buffer_pool => $POOL,
	    redo => $flavour eq 'mysql' ? '100M' : '96M',
	    # MySQL has a binary log unless told otherwise.
	    args => [$flavour eq 'mysql' || $o{tcp} ? ('--log-bin=bin',
	    '--binlog-format=ROW') : ()], %o);
}

# Keys in no order, or rows that are large.
sub reshape {
	my ($s, $rows) = @_;
	my ($column, $select) = $SHAPE eq 'uuid' ?
	    ('MODIFY id CHAR(36) NOT NULL', "INSERT(INSERT(INSERT(INSERT(" .
	    "LEFT(SHA2(id, 224), 32), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), " .
	    "9, 0, '-'), customer, state, amount, note, updated") :
	    ('ADD COLUMN filler VARCHAR(2000)',
	    '*, REPEAT(SHA2(id, 256), 31)');
	$s->sql("ALTER TABLE bench.orders RENAME TO bench.simple");
	$s->sql("CREATE TABLE bench.orders LIKE bench.simple");
	$s->sql("ALTER TABLE bench.orders $column");
	for (my $i = 0; $i < $rows; $i += 100_000) {
		$s->sql("INSERT INTO bench.orders SELECT $select FROM " .
		    "bench.simple WHERE id > $i AND id <= " . ($i + 100_000));
	}
	$s->sql("DROP TABLE bench.simple");
}

# A server whose data directory can be put back.
sub prepare {
	my ($flavour, %o) = @_;
	my $rows = delete $o{rows} // $ROWS;
	my $s = start_server($flavour, %o);
	# The rows go in with nothing to wait for.
	$s->sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
	make_orders($s, 'bench', 'orders', $rows, extra => join ', ',
	    map { "KEY $_->[1] ($_->[2])" } @indexes);
	reshape($s, $rows) if $SHAPE ne 'orders';
	$s->sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
	$s->sql("ANALYZE TABLE bench.orders");
	$s->sql("RESET " . ($s->is_mysql ? "BINARY LOGS AND GTIDS"
	    : "MASTER")) if $s->value('SELECT @@log_bin');
	$s->sql("SET GLOBAL innodb_fast_shutdown = 0");
	$s->stop;
	rename "$s->{data}", "$s->{data}.fresh" or die "bench: $!\n";
	return $s;
}

sub put_back {
	my ($s, $of) = @_;
	$s->stop;
	remove_tree($s->{data});
	system('cp', '-a', ($of // $s)->{data} . '.fresh', $s->{data}) == 0
	    or die "bench: cannot copy the data\n";
	# It holds the uuid, which differs between a replica and its source.
	unlink "$s->{data}/auto.cnf" if $of;
	# What cp has written is not to be flushed during the measurement.
	system('sync', '-f', $s->{data});
	$s->restart;
	$s->rows("SELECT COUNT(note), MAX(updated), SUM(amount) FROM " .
	    "bench.orders FORCE INDEX (PRIMARY)");
	$s->rows("SELECT COUNT($_->[0]) FROM bench.orders " .
	    "FORCE INDEX ($_->[1])") for @indexes;
}

sub verdict {
	my ($s, $name, $r) = @_;
	(my $file = "build/bench/" . $s->flavour . " $name.log") =~
	    s/[^\w.\/-]+/-/g;
	spew($file, "exit $r->{exit}\n$r->{out}\n$r->{err}");
	my $has = grep { $_ eq 'c' } table_columns($s, 'bench', 'orders');
	return if $r->{exit} == 0 && $has;
	my ($why) = grep { /\S/ } reverse split /\n/, "$r->{out}\n$r->{err}";
	return "failed: exit $r->{exit}, see $file" .
	    (defined $why ? " ($why)" : '');
}

sub idle {
	my ($s) = @_;
	my (%seconds, %why);
	# In turns: what else the machine does then hits all of them.
	for my $c ((@contenders) x $REPEAT) {
		my ($name, $code) = @$c;
		next if $why{$name};
		put_back($s);
		my $r = $code->($s);
		my $bad = verdict($s, $name, $r);
		$why{$name} = $bad if $bad;
		$seconds{$name} = $r->{seconds} if !$seconds{$name} ||
		    $r->{seconds} < $seconds{$name};
	}
	my $pt = $seconds{'pt-online-schema-change'};
	table_line('idle', 'seconds', 'rows/s', 'pt-osc = 1');
	table_line('---', '---:', '---:', '---:');
	for my $c (@contenders) {
		my $name = $c->[0];
		if ($why{$name}) {
			table_line($name, $why{$name}, '', '');
			next;
		}
		my $sec = $seconds{$name};
		table_line($name, sprintf('%.1f', $sec),
		    thousands(int($ROWS / $sec)),
		    $pt ? sprintf('%.2f', $sec / $pt) : '');
	}
	print "\n";
}

sub commits {
	my ($s) = @_;
	my ($r) = $s->rows("SHOW GLOBAL STATUS LIKE 'Com_commit'");
	return $r->[1];
}

# Somebody who reads a row and forgets to commit, again and again, with two
# seconds in between.
sub start_reader {
	my ($s) = @_;
	my $pid = fork // die "bench: fork: $!\n";
	return $pid if $pid;
	$SIG{TERM} = 'DEFAULT';
	my $dbh = $s->dbh(database => 'bench');
	while (1) {
		$dbh->begin_work;
		$dbh->selectall_arrayref("SELECT * FROM orders LIMIT 1");
		sleep $READER;
		$dbh->commit;
		sleep 2;
	}
}

sub stop_reader {
	my ($pid) = @_;
	kill 'KILL', $pid;
	waitpid $pid, 0;
}

# What the load is like when nobody else is at work.
sub idle_for {
	my $t = time;
	poll_until(sub { time - $t > $BASELINE_SECONDS },
	    $BASELINE_SECONDS * 2, 'the baseline');
	return { exit => 0, out => '', err => '', seconds => time - $t };
}

sub errors_of {
	my ($app) = @_;
	return join(', ', map { "$_ × $app->{errors}{$_}{count}" }
	    sort keys %{$app->{errors}}) || 'none';
}

sub load {
	my ($s, $title, %profile) = @_;
	my $with_reader = delete $profile{reader};
	table_line("$title, $RATE tx/s", 'seconds', 'tx/s', 'p50 ms', 'p99 ms',
	    'p99.9 ms', 'slowest ms', 'over 1 s', 'errors');
	table_line('---', ('---:') x 7, '---');
	my $baseline = ['no migration', \&idle_for];
	for my $c ($baseline, grep { !$_->[2] } @contenders) {
		my ($name, $code) = @$c;
		put_back($s);
		my $h = start_hammer($s, db => 'bench', table => 'orders',
		    threads => 4, rate => $RATE, seed => 1, %profile);
		my $from = commits($s);
		poll_until(sub { commits($s) - $from > $RATE }, 60,
		    'the load');
		my $reader = $with_reader ? start_reader($s) : undef;
		my $r = $code->($s);
		stop_reader($reader) if $reader;
		$from = commits($s);
		poll_until(sub { commits($s) - $from > $RATE / 2 }, 60,
		    'the load after it');
		my $app = $h->report;
		my $bad = $c == $baseline ? '' : verdict($s, $name, $r) // '';
		table_line($bad ? "$name: $bad" : $name,
		    $c == $baseline ? '' : sprintf('%.1f', $r->{seconds}),
		    sprintf('%.0f', $app->{transactions} / $app->{seconds}),
		    sprintf('%.2f', $app->{p50_ms}),
		    sprintf('%.1f', $app->{p99_ms}),
		    sprintf('%.1f', $app->{p999_ms}),
		    sprintf('%.0f', $app->{max_ms}), $app->{over_1s},
		    errors_of($app));
		print "  <!-- slowest, at $app->{slowest}{at} s: ",
		    "$app->{slowest}{statement} -->\n" if $ENV{BENCH_VERBOSE};
	}
	print "\n";
}

# Seconds of the processors that a process has had, and its most memory in MB.
sub used_by {
	my ($pid) = @_;
	my @f = split ' ', eval { slurp("/proc/$pid/stat") } // '';
	my ($kb) = (eval { slurp("/proc/$pid/status") } // '') =~
	    /^VmHWM:\s*(\d+)/m;
	return (@f ? ($f[13] + $f[14]) / 100 : undef, ($kb // 0) / 1024);
}

# livealter, and what it and the server use meanwhile.
sub watched {
	my ($s) = @_;
	my ($before) = used_by($s->{pid});
	my $p = start_livealter($s, { timeout => $LIMIT }, '--alter', $CHANGE,
	    'D=bench,t=orders', '--execute');
	my ($cpu, $mb) = (0, 0);
	while ($p->running) {
		my ($c, $m) = used_by($p->pid);
		($cpu, $mb) = ($c, $m) if $c && $m;
		select undef, undef, undef, 0.05;
	}
	my $r = $p->wait($LIMIT);
	my ($after) = used_by($s->{pid});
	return { %$r, mb => $mb, share => 100 * $cpu / ($after - $before) };
}

# Seconds for a million rows, which are to stay what they are.
sub growth {
	my ($flavour) = @_;
	table_line("growth, $SHAPE", 'pt-osc s/M rows', 'livealter s/M rows',
	    'pt-osc = 1', 'memory MB', "CPU, % of the server's");
	table_line('---', ('---:') x 5);
	for my $rows (split ' ', $ENV{BENCH_SIZES} // '100000 1000000') {
		my $s = prepare($flavour, rows => $rows);
		my %per;
		for my $c (['pt-osc', \&pt_osc], ['livealter', \&watched]) {
			next if $c->[0] !~ /$WHAT/;
			put_back($s);
			my $r = $c->[1]->($s);
			my $bad = verdict($s, "growth $rows $c->[0]", $r);
			print "$c->[0]: $bad\n" if $bad;
			$per{$c->[0]} = [$r->{seconds} / $rows * 1e6, $r];
		}
		my ($pt, $la) = @per{qw(pt-osc livealter)};
		table_line(thousands($rows), map { defined $_->[1] ?
		    sprintf($_->[0], $_->[1]) : '' }
		    ['%.2f', $pt && $pt->[0]], ['%.2f', $la && $la->[0]],
		    ['%.2f', $pt && $la && $la->[0] / $pt->[0]],
		    ['%.1f', $la && $la->[1]{mb}],
		    ['%.1f', $la && $la->[1]{share}]);
	}
	print "\n";
}

# How far the replica falls behind when each of them is told how far it may.
# The replica's data are a copy of the source's.
sub replica {
	my ($flavour) = @_;
	my $s = prepare($flavour, tcp => 1);
	my $r = start_server($flavour, tcp => 1);
	my $dsns = '--recursion-method=dsn=D=bench,t=dsns';
	table_line("a replica, $RATE tx/s", 'seconds', 'rows/s',
	    'longest lag s', 'p95 s', 'slowest ms', 'errors');
	table_line('---', ('---:') x 5, '---');
	for my $c (['no migration', undef],
	    ['pt-online-schema-change --max-lag 1', sub { pt_osc($_[0], $dsns,
	    '--max-lag', 1) }],
	    ['livealter --max-lag 0.5', livealter($dsns, '--max-lag', 0.5)],
	    ['livealter --recursion-method none',
	    livealter('--recursion-method=none')]) {
		replica_line($s, $r, @$c) if $c->[0] =~ /$WHAT/;
	}
	print "\n";
}

sub put_back_both {
	my ($s, $r) = @_;
	put_back($s);
	put_back($r, $s);
	$r->_follow($s);
	$s->sql("CREATE TABLE bench.dsns (id INT PRIMARY KEY, parent_id INT, " .
	    "dsn VARCHAR(255) NOT NULL)");
	$s->sql("INSERT INTO bench.dsns VALUES (1, NULL, 'h=127.0.0.1,P=" .
	    $r->port . ",u=root')");
	$r->wait_for_source($s);
}

sub replica_line {
	my ($s, $r, $name, $code) = @_;
	put_back_both($s, $r);
	my $h = start_hammer($s, db => 'bench', table => 'orders',
	    threads => 4, rate => $RATE, seed => 1, profile => 'oltp');
	my $from = commits($s);
	poll_until(sub { commits($s) - $from > $RATE }, 60, 'the load');
	my $meter = LagMeter->start($s, $r, 'bench');
	my $run = $code ? $code->($s) : idle_for();
	my $bad = $code ? verdict($s, "replica $name", $run) : undef;
	my $app = $h->report;
	$r->wait_for_source($s, 600);
	my ($longest, $p95) = $meter->stop;
	table_line($bad ? "$name: $bad" : $name,
	    $code ? sprintf('%.1f', $run->{seconds}) : '',
	    $code ? thousands(int($ROWS / $run->{seconds})) : '',
	    sprintf('%.2f', $longest), sprintf('%.2f', $p95),
	    sprintf('%.0f', $app->{max_ms}), errors_of($app));
}

for my $flavour (split ' ', $ENV{BENCH_SERVERS} // 'mariadb') {
	if ($ONLY eq 'replica' || $ONLY eq 'growth') {
		$ONLY eq 'replica' ? replica($flavour) : growth($flavour);
		next;
	}
	my $s = prepare($flavour);
	my $cores = () = slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
	print "\n### ", ($s->is_mysql ? 'MySQL ' : 'MariaDB '), $s->version,
	    ", ", thousands($ROWS), " rows, $INDEXES secondary indexes, ",
	    "buffer pool $POOL, ",
	    "$cores cores\n\n`$CHANGE`\n\n";
	idle($s) if $ONLY eq '' || $ONLY eq 'idle';
	load($s, 'load', profile => 'oltp') if $ONLY eq '' || $ONLY eq 'load';
	load($s, 'rows in random order', profile => 'mixed',
	    random_order => 1) if $ONLY eq '' || $ONLY eq 'random';
	load($s, "reader of $READER s", profile => 'oltp', reader => 1)
	    if $ONLY eq '' || $ONLY eq 'reader';
	undef $s;
	replica($flavour) if $ONLY eq '';
}
