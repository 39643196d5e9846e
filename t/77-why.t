# Why a run waits is said of each source and of several at once, in the log, at
# SIGUSR1, in status and its JSON, whatever the texts hold; and for how long.
# long: a wait for each source
use strict;
use warnings;

use lib 't/lib';
use Chain;
use File::Temp ();
use JSON::PP;
use List::Util qw(first);
use LiveAlter;
use POSIX qw(strftime);
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my ($s, $r) = chain(2);
my $R = place($r);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $dir = File::Temp->newdir;
# What a terminal would obey, and what JSON escapes.
my $hostile = qq{a"b\\c'd\te\nf\x1b[31mg\xe2\x80\xae\xf0\x9f\x90\x98};
my $pause = "$dir/pause $hostile";
my ($flag, $long) = ("$dir/flag $hostile", "$dir/" . "\xc3\xa9" x 120);

$s->sql("CREATE DATABASE dba; CREATE TABLE dba.gate (n DOUBLE); " .
    "INSERT INTO dba.gate VALUES (0); " .
    "CREATE TABLE dba.dup (a VARBINARY(20) PRIMARY KEY)");
my $STOP = $s->is_mysql ? 'STOP REPLICA' : 'STOP SLAVE';
my $START = $s->is_mysql ? 'START REPLICA' : 'START SLAVE';

sub control { run_livealter($s, 'control', 'D=app,t=orders', @_) }

my @busy;
sub busy {
	for (1 .. 12) {
		my $pid = fork // die "fork: $!";
		if ($pid == 0) {
			eval { $s->dbh->do('SELECT SLEEP(1000)') };
			POSIX::_exit(0);
		}
		push @busy, $pid;
	}
}
sub idle {
	poll_until(sub {
		eval { $s->sql("KILL $_->[0]") } for $s->rows("SELECT ID " .
		    "FROM information_schema.PROCESSLIST WHERE INFO LIKE " .
		    "'SELECT SLEEP(1000)'");
		@busy = grep { waitpid($_, POSIX::WNOHANG()) == 0 } @busy;
		return !@busy;
	}, 20, 'they end');
}

# source => [its name, what is waited for, shut, open]
my %source = (
	file => [qr/^the file \Q$dir\E\/pause a"b/,
	    qr/^the file .* to be gone/s,
	    sub { spew($pause, '') }, sub { unlink $pause }],
	operator => [qr/^livealter control$/, qr/^livealter control D=.* go$/,
	    sub { control('pause') }, sub { control('go') }],
	load => [qr/^the load of the server$/, qr/^Threads_running to be below/,
	    \&busy, \&idle],
	query => [qr/^--throttle-query$/,
	    qr/^--throttle-query to return 0 \(it is 2\.5\)/,
	    sub { $s->sql('UPDATE dba.gate SET n = 2.5') },
	    sub { $s->sql('UPDATE dba.gate SET n = 0') }],
	lag => [qr/^replica \Q$R\E$/, qr/^replica \Q$R\E, [\d.]+ s behind/,
	    sub { hold_back($r) }, sub { let_go($r) }],
	stopped => [qr/^replica \Q$R\E$/, qr/^replication on \Q$R\E to go on/,
	    sub { $r->sql($STOP) }, sub { $r->sql($START) }],
	flag => [qr/^the file \Q$dir\E\/flag a"b/,
	    qr/^the file .* to be gone/s,
	    sub { spew($flag, '') }, sub { unlink $flag }],
	window => [qr/^the clock$/, qr/^the time .*, in /, sub { }, sub { }],
);

sub json {
	my $out = run_livealter($s, 'status', 'D=app,t=orders', '--output',
	    'json')->{out};
	return decode_json($out)->{migrations}[0] // {};
}

sub readable { my ($t) = @_; utf8::encode($t); $t }

# The reason of this source, as JSON has it.
sub reason_of {
	my ($j, $name) = @_;
	my ($source, $text) = @{$source{$name}};
	return first { readable($_->{source}) =~ $source &&
	    readable($_->{text}) =~ $text } @{$j->{reasons} // []};
}

# A test: it waits for these, and no others, and says so everywhere.
sub waits_for {
	my ($p, $t, @names) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $j;
	poll_until(sub {
		$j = json();
		return $p->running && @{$j->{reasons} // []} == @names &&
		    !grep { !reason_of($j, $_) } @names;
	}, 30, "reasons: @names") or diag explain($j), $p->err;
	ok($j->{throttled}, "waiting for @names: throttled");
	for my $name (@names) {
		my $since = reason_of($j, $name)->{since} // '';
		my @from = map { strftime('%Y-%m-%d %H:%M:%S', gmtime $_) }
		    $t - 1, time + 1;
		ok($since =~ /^\S+ \S+\.\d{6}$/ && $since ge $from[0] &&
		    $since le $from[1], "... for $name since then") or
		    diag "$since, not from $from[0] to $from[1]";
	}
	is(join('; and ', map { $_->{text} } @{$j->{reasons}}),
	    $j->{waits_for}, '... with all their texts');
	cmp_ok($j->{waited_share}, '>', 0, '... with a share of the run');
	my $text = run_livealter($s, 'status', 'D=app')->{out};
	is(() = $text =~ /^    since \S+ \S+ UTC: /mg, @names,
	    '... and as text');
	unlike($text, qr/[^\n\x20-\x7e\xc2-\xf4\x80-\xbf]/,
	    '... that a terminal can show');
	my $err = $p->err;
	$p->kill('USR1');
	my ($w, $share);
	poll_until(sub { ($w, $share) = substr($p->err, length $err) =~
	    /status: .*; waiting for .*; waited ([\d:]+), (\d+)% of the run/ },
	    10, '... and at SIGUSR1');
	cmp_ok(abs($share / 100 - $j->{waited_share}), '<', 0.5,
	    '... and the shares agree');
}

sub waits_for_none {
	my ($p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $j;
	poll_until(sub { $j = json(); !$p->running || $j->{throttled} ? 0 : 1 },
	    30, 'it goes on') or diag explain($j), $p->err;
	is_deeply([$j->{reasons}, $j->{waits_for}], [[], ''],
	    '... and then for nothing');
}

fresh_orders($s, 6000);
$r->wait_for_source($s);
{
	my ($min, $hour) = (gmtime(time + 7200))[1, 2];
	my $window = sprintf '%02d:%02d-%02d:%02d UTC', $hour, $min,
	    ($hour + 1) % 24, $min;
	spew($flag, '');
	my ($mark, $began) = ($s->log_mark, time);
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--chunk-size', 25,
	    '--sleep', 0.1, '--max-lag', 0.5, '--check-interval', 0.3,
	    '--pause-file', $pause, '--postpone-cut-over-flag-file', $flag,
	    '--cut-over-window', $window, '--no-fail-on-stopped-replication',
	    '--max-load', 'Threads_running=10', '--critical-load', '',
	    '--throttle-query', 'SELECT n FROM dba.gate', '--statistics',
	    '--progress', 'time,1');
	copying($s, $mark, $p);
	my ($j, $t);
	# On a busy machine a replica may be late at first.
	poll_until(sub { $j = json(); $p->running && !$j->{throttled} }, 30,
	    'no replica is late');
	is_deeply([$j->{throttled}, $j->{reasons}], [JSON::PP::false, []],
	    'it copies, and waits for nothing');
	for my $name (qw(file operator load query lag stopped)) {
		$t = time;
		$source{$name}[2]->();
		waits_for($p, $t, $name);
		$source{$name}[3]->();
		waits_for_none($p);
	}
	# What a replica says may be anything, and no UTF-8.
	my $row = "INSERT INTO dba.dup VALUES (x'22275C0AFF1B5B33316D61')";
	$r->sql("SET sql_log_bin = 0; $row; SET sql_log_bin = 1");
	$t = time;
	$s->sql($row);
	waits_for($p, $t, 'stopped');
	like(reason_of(json(), 'stopped')->{text},
	    qr/: its SQL thread .*: .*(Duplicate entry|end_log_pos)/s,
	    'an error of a replica is told');
	$r->sql("SET sql_log_bin = 0; DELETE FROM dba.dup; " .
	    "SET sql_log_bin = 1; $START");
	waits_for_none($p);
	my @all = qw(file operator load query stopped);
	$t = time;
	$source{file}[2]->();
	waits_for($p, $t, 'file');
	$source{$_}[2]->() for @all[1 .. $#all];
	waits_for($p, $t, @all);
	like($p->err, qr/now pausing, to wait for the file .*; and replication/,
	    '... and the log has a reason that came while it waited');
	$source{$_}[3]->() for @all;
	ok($p->wait_for(qr/copied \d+ rows, .*, waited [\d:]+, \d+% of the run/,
	    10), 'how long it has waited is on the line of progress');
	ok($p->wait_for(qr/waiting with the swap for the file/, 120),
	    'in the end it waits with the swap');
	waits_for($p, $began, qw(flag window));
	$source{operator}[2]->();
	$source{lag}[2]->();
	waits_for($p, $began, qw(operator lag flag window));
	$source{$_}[3]->() for qw(operator lag flag);
	waits_for($p, $began, 'window');
	$p->kill('KILL');
	$p->wait(20);
	$j = json();
	is_deeply([$j->{life}, $j->{throttled}, $j->{reasons}, $j->{waits_for}],
	    ['resumable', JSON::PP::false, [], ''],
	    'one that is dead waits for nothing');
	cmp_ok($j->{waited}, '>', 1, '... but has waited');
	$s->sql("UPDATE app._livealter SET waits_for = " .
	    "'12:nan infinity\n0:\n1:a\n2:\"\\\\\n99:b'");
	$j = json();
	is($j->{waited_share}, 0, '... whatever the registry says of that');
	my $done = run_livealter($s, 'cleanup', 'D=app,t=orders');
	is($done->{exit}, 0, 'it is removed') or diag $done->{err};
	nothing_left($s, 'app');
}

# What is no UTF-8 could not be read again.
{
	my $done = migrate($s, $ALTER, 'app', 'orders', '--pause-file',
	    "$dir/\xff");
	is($done->{exit}, 1, 'a file name that is no UTF-8 is refused');
	like($done->{err}, qr/--pause-file: .* is no UTF-8/, '... by name');
	nothing_left($s, 'app');
}

# --- the last line ---------------------------------------------------------

fresh_orders($s, 100);
$r->wait_for_source($s);
{
	spew($long, '');
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--pause-file',
	    $long, '--statistics');
	poll_until(sub { json()->{throttled} }, 20, 'it waits');
	like(readable(json()->{reasons}[0]{text}), qr/^the file \Q$long\E to/,
	    'a long name is there in full');
	poll_until(sub { (json()->{waited} // 0) >= 1 }, 20, 'for a while');
	unlink $long;
	my $done = $p->wait(60);
	succeeded($done, 'app', 'orders', 'after a wait it');
	my ($share) = $done->{err} =~ /: waited [\d:]+, (\d+)% of the run$/m;
	my ($waits) = $done->{out} =~ /^# seconds waiting +([\d.]+)$/m;
	my ($all) = $done->{out} =~ /^# seconds in all +([\d.]+)$/m;
	ok($share && $waits && $all && abs($share - 100 * $waits / $all) < 10,
	    '... and tells how long it has waited, alike in both places') or
	    diag $done->{err}, $done->{out};
	$done = migrate($s, 'DROP COLUMN extra', 'app', 'orders', '--sleep',
	    0.2, '--chunk-size', 20, '--nice-ratio', 1);
	succeeded($done, 'app', 'orders', 'with pauses that are its pace it');
	unlike($done->{err}, qr/waited/, '... has waited for nothing');
}

done_testing;
