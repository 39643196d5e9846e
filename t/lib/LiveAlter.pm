# What the tests of livealter have in common.  They say
#
#	use lib 't/lib';
#	use Test::More;
#	use Server;
#	use LiveAlter;
#
#	my $s = Server->start;
#	make_orders($s, 'app', 'orders', 1000);
#	my $r = run_livealter($s, '--alter', 'ADD COLUMN c INT',
#	    'D=app,t=orders', '--execute');
#	is($r->{exit}, 0) or diag $r->{err};
package LiveAlter;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Glob qw(bsd_glob);
use File::Path qw(make_path);
use File::Temp ();
use JSON::PP ();
use POSIX qw(:sys_wait_h);
use Test::More ();
use Time::HiRes qw(time sleep);

use Noise;

our @EXPORT = qw(run_livealter start_livealter run_program start_program
    poll_until leftovers same_definition same_rows table_checksum
    table_columns make_orders copy_table hammer start_hammer hammer_ok
    longest_wait common_columns slurp spew steps_of);

my $ROOT = abs_path(dirname(__FILE__) . '/../..');
our $LIMIT = $ENV{LIVEALTER_TIMEOUT} // 120;

# --- programs --------------------------------------------------------------

# All of these take a hash reference before the arguments, with
#	env => { NAME => value, or undef to unset }, timeout => seconds,
#	stdin => text, cwd => directory
# and for livealter
#	connect => 0	no -S and -u
sub _livealter {
	my ($s, @args) = @_;
	my $o = ref $args[0] eq 'HASH' ? { %{shift @args} } : {};
	my $prog = $ENV{LIVEALTER} // "$ROOT/build/livealter";

	push @args, '-S', $s->socket, '-u', 'root'
	    if $s && ($o->{connect} // 1);
	# Nobody's own settings may have a say here.
	$o->{home} = File::Temp->newdir('la-home-XXXXXX', TMPDIR => 1);
	$o->{env} = { HOME => "$o->{home}", MYSQL_PWD => undef,
	    MYSQL_HOST => undef, MYSQL_TCP_PORT => undef, LC_ALL => 'C.UTF-8',
	    %{$o->{env} // {}} };
	return ($o, split(' ', $prog), @args);
}

# Runs it and returns { exit, signal, out, err, seconds, timed_out }.  exit is
# -1 when a signal ended it or it took longer than the limit.
sub run_livealter { run_program(_livealter(@_)) }

# The same in the background: see LiveAlter::Process below.
sub start_livealter { start_program(_livealter(@_)) }

sub run_program {
	my ($o, @cmd) = ref $_[0] eq 'HASH' ? @_ : ({}, @_);
	my $p = LiveAlter::Process->new($o, @cmd);
	return $p->wait($o->{timeout} // $LIMIT);
}

sub start_program {
	my ($o, @cmd) = ref $_[0] eq 'HASH' ? @_ : ({}, @_);
	return LiveAlter::Process->new($o, @cmd);
}

# --- waiting ---------------------------------------------------------------

# Calls the code until it returns something true, and returns that.  At the
# limit it is a failed test.
sub poll_until {
	my ($code, $limit, $what) = @_;
	$limit = Noise::patience($limit // 30);
	my $end = time + $limit;
	for (;;) {
		my $v = $code->();
		return $v if $v;
		last if time > $end;
		sleep 0.02;
	}
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	Test::More::fail(($what // 'a condition') . ": not within $limit s");
	return;
}

# --- what is in the database -----------------------------------------------

# What should not be there any more, as a list of texts.
sub leftovers {
	my ($s, $db) = @_;
	my @t = map { "table $_->[0]" } $s->rows("SELECT table_name FROM " .
	    "information_schema.tables WHERE table_schema = ? AND " .
	    "LEFT(table_name, 1) = '_' ORDER BY 1", $db);
	my @g = map { "trigger $_->[0]" } $s->rows("SELECT trigger_name FROM " .
	    "information_schema.triggers WHERE trigger_schema = ? AND " .
	    "LOWER(trigger_name) LIKE '%livealter%' ORDER BY 1", $db);
	return (@t, @g);
}

sub _q { my ($n) = @_; $n =~ s/`/``/g; "`$n`" }

sub _definition {
	my ($s, $db, $table) = @_;
	my ($r) = $s->rows("SHOW CREATE TABLE " . _q($db) . '.' . _q($table));
	my $def = $r->[1];
	$def =~ s/^(CREATE TABLE )`(?:[^`]|``)*`/$1`t`/;
	$def =~ s/ AUTO_INCREMENT=\d+//;
	return $def;
}

# A test: both tables are defined alike, but for name and counter.
sub same_definition {
	my ($s, $db, $t1, $t2, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return Test::More::is(_definition($s, $db, $t1),
	    _definition($s, $db, $t2), $name // "$t1 is defined like $t2");
}

sub table_columns {
	my ($s, $db, $table) = @_;
	return map { $_->[0] } $s->rows("SELECT column_name FROM " .
	    "information_schema.columns WHERE table_schema = ? AND " .
	    "table_name = ? ORDER BY ordinal_position", $db, $table);
}

sub common_columns {
	my ($s, $db, $t1, $t2) = @_;
	my %in_b = map { $_ => 1 } table_columns($s, $db, $t2);
	return grep { $in_b{$_} } table_columns($s, $db, $t1);
}

sub _row_hash {
	my (@cols) = @_;
	# Not MD5(): MySQL 9.6 has moved it to a component.
	return "SHA2(CONCAT_WS('|', " . join(', ', map {
	    "ISNULL(" . _q($_) . "), COALESCE(CAST(" . _q($_) .
	    " AS BINARY), '')" } @cols) . "), 256)";
}

# "rows/checksum" of the columns, of all when none are given.
sub table_checksum {
	my ($s, $db, $table, @cols) = @_;
	@cols = table_columns($s, $db, $table) if !@cols;
	my ($r) = $s->rows("SELECT COUNT(*), HEX(BIT_XOR(CAST(CONV(" .
	    "LEFT(" . _row_hash(@cols) . ", 16), 16, 10) AS UNSIGNED))) " .
	    "FROM " . _q($db) . '.' . _q($table));
	return "$r->[0]/$r->[1]";
}

# A test: the columns that both tables have hold the same.  Shows the first
# rows that differ; their primary key is taken to be "id".
sub same_rows {
	my ($s, $db, $t1, $t2, $name, @cols) = @_;
	@cols = common_columns($s, $db, $t1, $t2) if !@cols;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $ok = Test::More::is(table_checksum($s, $db, $t1, @cols),
	    table_checksum($s, $db, $t2, @cols),
	    $name // "$t1 holds the rows of $t2");
	return $ok if $ok || !grep { $_ eq 'id' } @cols;

	my @sides;
	for my $t ($t1, $t2) {
		push @sides, { map { $_->[0] => $_->[1] }
		    $s->rows("SELECT id, " . _row_hash(@cols) . " FROM " .
		    _q($db) . '.' . _q($t)) };
	}
	my ($x, $y) = @sides;
	my %all = (%$x, %$y);
	my @bad = grep { ($x->{$_} // '') ne ($y->{$_} // '') } keys %all;
	@bad = sort { $a <=> $b } @bad;
	Test::More::diag(@bad . " rows differ");
	for my $id (@bad[0 .. ($#bad > 4 ? 4 : $#bad)]) {
		for my $t ($t1, $t2) {
			my ($r) = $s->rows("SELECT " .
			    join(', ', map { _q($_) } @cols) . " FROM " .
			    _q($db) . '.' . _q($t) . " WHERE id = ?", $id);
			Test::More::diag("  $t $id: " . ($r ? join(', ',
			    map { $_ // 'NULL' } @$r) : 'no such row'));
		}
	}
	return $ok;
}

# --- the table that hammer writes to ---------------------------------------

# Creates the database when needed, and the table with so many rows, the same
# each time.  Options: extra => 'KEY (customer)', options => 'CHARSET=latin1'.
sub make_orders {
	my ($s, $db, $table, $rows, %o) = @_;
	my $q = _q($db) . '.' . _q($table);
	my $extra = $o{extra} ? ",\n$o{extra}" : '';
	my $options = $o{options} // 'DEFAULT CHARSET=utf8mb4';
	$s->sql("CREATE DATABASE IF NOT EXISTS " . _q($db));
	$s->sql("CREATE TABLE $q (
	id BIGINT NOT NULL AUTO_INCREMENT,
	customer INT,
	state VARCHAR(16),
	amount DECIMAL(10,2),
	note VARCHAR(100),
	updated DATETIME(6),
	PRIMARY KEY (id)$extra
	) ENGINE=InnoDB $options");

	# Numbers from crossing digits: the same on every server.
	my $digit = '(SELECT 0 d' .
	    join('', map { " UNION ALL SELECT $_" } 1 .. 9) . ')';
	my $done = 0;
	while ($done < $rows) {
		# Some transactions rather than one that fills the undo log.
		my $n = $rows - $done > 100_000 ? 100_000 : $rows - $done;
		my $k = length($n - 1);
		my @from = map { "$digit AS d$_" } 0 .. $k - 1;
		my $i = join ' + ', map { "d$_.d * " . 10 ** $_ } 0 .. $k - 1;
		$s->sql("INSERT INTO $q (id, customer, state, amount, note, " .
		    "updated) SELECT i + 1, CRC32(i) % 10000 + 1, " .
		    "ELT(CRC32(i + 0.5) % 4 + 1, " .
		    "'new', 'paid', 'packed', 'shipped'), " .
		    "CRC32(i * 7) % 1000000 / 100, " .
		    "IF(i % 20 = 7, NULL, " .
		    "CONCAT('note ', LEFT(SHA2(i, 224), 32))), " .
		    "'2026-01-01' + INTERVAL i SECOND " .
		    "FROM (SELECT $i + $done AS i FROM " .
		    join(', ', @from) . ") AS n WHERE i < " . ($done + $n) .
		    " ORDER BY i");
		$done += $n;
	}
	return;
}

sub copy_table {
	my ($s, $db, $from, $to) = @_;
	my ($f, $t) = map { _q($db) . '.' . _q($_) } $from, $to;
	$s->sql("CREATE TABLE $t LIKE $f");
	# Those that are generated are not for anybody to assign.
	my $cols = join ', ', map { _q($_->[0]) } $s->rows("SELECT " .
	    "column_name FROM information_schema.columns WHERE table_schema " .
	    "= ? AND table_name = ? AND COALESCE(generation_expression, '') " .
	    "= '' ORDER BY ordinal_position", $db, $from);
	$s->sql("INSERT INTO $t ($cols) SELECT $cols FROM $f");
}

# The path of the hammer, compiled when it has to be.
sub hammer {
	my $bin = "$ROOT/build/t/hammer";
	my @src = bsd_glob("$ROOT/t/lib/hammer/*.c");
	make_path(dirname($bin));
	open my $lock, '>>', "$bin.lock" or die "$bin.lock: $!\n";
	flock $lock, LOCK_EX;
	return $bin if -x $bin && !grep { -M $bin > -M } @src,
	    "$ROOT/t/lib/hammer/hammer.h";
	my $flags = `pkg-config --cflags --libs libmariadb`;
	chomp $flags;
	my $cc = $ENV{CC} // 'gcc';
	my $files = join ' ', map { "'$_'" } @src;
	system("$cc -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra " .
	    "-o '$bin.new' $files $flags -lpthread") == 0
	    or die "cannot compile $ROOT/t/lib/hammer\n";
	rename "$bin.new", $bin or die "$bin: $!\n";
	return $bin;
}

# start_hammer($s, db => 'app', table => 'orders', control => 'control',
# threads => 4, ...): every option of hammer by its name, with "_" for "-".
# It is writing when this returns.  ->report stops it and returns its report.
sub start_hammer {
	my ($s, %o) = @_;
	my @args = ('--socket', $s->socket);
	$o{seconds} //= 600 if !$o{until_file} && !$o{transactions};
	for my $k (sort keys %o) {
		(my $name = $k) =~ tr/_/-/;
		next if $k =~ /^(random_order|auto)$/ && !$o{$k};
		push @args, "--$name";
		push @args, $o{$k} if $k !~ /^(random_order|auto)$/;
	}
	Noise::listen();
	my $p = LiveAlter::Process->new({}, hammer(), @args);
	$p->wait_for(qr/hammer: running/, 60)
	    or die "hammer did not start: " . $p->err;
	return bless $p, 'LiveAlter::Hammer';
}

# How many ms the application waited for a statement at most, less those in
# which the machine stood still; and for which.
sub longest_wait {
	my ($report) = @_;
	# No more are told apart: the rest could be longer than one of these.
	my $full = @{$report->{slow}} >= 100;
	return ($report->{max_ms}, $report->{slowest}) if $full;
	my ($max, $which) = Noise::longest(map { { %$_, seconds =>
	    $_->{ms} / 1000, at => $report->{started} + $_->{at} } }
	    @{$report->{slow}});
	# Shorter ones are not in the list.
	my $rest = $report->{max_ms} < 300 ? $report->{max_ms} : 300;
	return ($rest, $report->{slowest}) if $max * 1000 <= $rest;
	return ($max * 1000, { %$which, at => $which->{at} -
	    $report->{started} });
}

# A test: the application saw no error and waited for no statement longer.
sub hammer_ok {
	my ($report, $max_ms, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	# On MySQL one may meet the swap, or rows that are copied (the manual
	# says so under BUGS): once or twice.
	my $dead = $report->{errors}{1213};
	Test::More::note("deadlocks: $dead->{count}"),
	    delete $report->{errors}{1213}
	    if $dead && $dead->{count} <= 2 &&
	    ($ENV{LIVEALTER_SERVER} // '') eq 'mysql';
	my $bad = join '; ', map { "$_ x $report->{errors}{$_}{count}: " .
	    "$report->{errors}{$_}{message} ($report->{errors}{$_}{statement})"
	    } sort keys %{$report->{errors}};
	my $ok = Test::More::is($bad, '', ($name // 'the application') .
	    ": no error in $report->{statements} statements");
	return $ok if !defined $max_ms;
	# What stalls does so for longer, on any machine: until whoever is in
	# the way goes, or a timeout.
	$max_ms = Noise::patience($max_ms);
	my ($waited, $for) = longest_wait($report);
	return Test::More::cmp_ok($waited, '<=', $max_ms,
	    ($name // 'the application') . ": no statement took longer " .
	    "than $max_ms ms") || do {
		Test::More::diag("at $for->{at} s, $for->{ms} ms: " .
		    $for->{statement});
		0;
	} && $ok;
}

# The steps of a command's story, in order, as its source has them: hashes with
# title, run, due and key.
sub steps_of {
	my ($command) = @_;
	my ($story) = slurp("$ROOT/src/commands/$command.c") =~
	    /story\[\]\s*=\s*\{(.*?)\n\};/s
	    or die "no story in src/commands/$command.c\n";
	my @steps;
	while ($story =~ /\{\ "([^"]+)",\s+(\w+),\s+(\w+),\s+\w+,\s+
	    "(\w+)"\ \}/gx) {
		push @steps, { title => $1, run => $2, due => $3, key => $4 };
	}
	return @steps;
}

sub slurp {
	my ($file) = @_;
	open my $fh, '<:raw', $file or return '';
	local $/;
	return scalar(<$fh>) // '';
}

sub spew {
	my ($file, $text) = @_;
	open my $fh, '>:raw', $file or die "$file: $!\n";
	print $fh $text;
	close $fh or die "$file: $!\n";
}

# --- a program in the background -------------------------------------------

package LiveAlter::Process;

use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

sub new {
	my ($class, $o, @cmd) = @_;
	my $dir = File::Temp->newdir('la-run-XXXXXX', TMPDIR => 1);
	my $self = bless { dir => $dir, cmd => \@cmd, start => time,
	    opt => $o, owner => $$ }, $class;
	LiveAlter::spew("$dir/in", $o->{stdin} // '');

	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		# A group of its own, so that it can be killed with its
		# children, and Ctrl-C on the test is not one on it.
		setpgrp 0, 0;
		open STDIN, '<', "$dir/in";
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		for my $k (keys %{$o->{env} // {}}) {
			defined $o->{env}{$k} ? $ENV{$k} = $o->{env}{$k}
			    : delete $ENV{$k};
		}
		chdir $o->{cwd} if $o->{cwd};
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
		unshift @cmd, 'setpriv', '--pdeathsig', 'KILL', '--'
		    if -x '/usr/bin/setpriv';
		exec { $cmd[0] } @cmd or do {
			print STDERR "$cmd[0]: $!\n";
			POSIX::_exit(127);
		};
	}
	$self->{pid} = $pid;
	return $self;
}

sub pid { $_[0]{pid} }
sub out { LiveAlter::slurp("$_[0]{dir}/out") }
sub err { LiveAlter::slurp("$_[0]{dir}/err") }
sub seconds { ($_[0]{end} // time) - $_[0]{start} }

sub _reap {
	my ($self, $flags) = @_;
	return 1 if exists $self->{status};
	my $r = waitpid $self->{pid}, $flags;
	return 0 if $r == 0;
	$self->{status} = $r == $self->{pid} ? $? : -1;
	$self->{end} = time;
	return 1;
}

sub running { !$_[0]->_reap(WNOHANG) }

sub kill {
	my ($self, $sig) = @_;
	return 0 if !$self->running;
	return CORE::kill $sig // 'TERM', $self->{pid};
}

# Waits for its end.  At the limit it is killed, and the result says so.
sub wait {
	my ($self, $limit) = @_;
	$limit = Noise::patience($limit // $LiveAlter::LIMIT);
	my $end = time + $limit;
	my $nap = 0.002;
	until ($self->_reap(WNOHANG)) {
		if (time > $end) {
			CORE::kill 'KILL', -$self->{pid};
			CORE::kill 'KILL', $self->{pid};
			$self->_reap(0);
			$self->{timed_out} = 1;
			Test::More::diag("killed after $limit s: " .
			    "@{$self->{cmd}}\n" . $self->out . $self->err);
		} else {
			sleep $nap;
			$nap *= 1.5 if $nap < 0.05;
		}
	}
	my $st = $self->{status};
	return { exit => $st & 127 || $self->{timed_out} ? -1 : $st >> 8,
	    signal => $st & 127, out => $self->out, err => $self->err,
	    seconds => $self->seconds,
	    timed_out => $self->{timed_out} ? 1 : 0 };
}

# Waits until its output or its errors match; undef when it ends or the limit
# is over without that.  Returns what the first group matched, or 1.
sub wait_for {
	my ($self, $re, $limit) = @_;
	my $end = time + Noise::patience($limit // 30);
	for (;;) {
		# Asked first: what it wrote before its end counts.
		my $alive = $self->running;
		for my $text ($self->out, $self->err) {
			return $1 // 1 if $text =~ $re;
		}
		if (!$alive || time > $end) {
			Test::More::diag("no $re in\n" . $self->out .
			    $self->err . ($alive ? '(still running)'
			    : '(it ended)'));
			return;
		}
		sleep 0.01;
	}
}

# Waits until it stands still (SIGSTOP); undef when it ends without that.
sub wait_until_stopped {
	my ($self, $limit) = @_;
	my $end = time + Noise::patience($limit // 30);
	for (;;) {
		return 1 if LiveAlter::slurp("/proc/$self->{pid}/stat") =~
		    /.*\) T /s;
		my $alive = $self->running;
		if (!$alive || time > $end) {
			Test::More::diag('it does not stop: ' . $self->err .
			    ($alive ? '(still running)' : '(it ended)'));
			return;
		}
		sleep 0.005;
	}
}

sub DESTROY {
	my ($self) = @_;
	return if !$self->{pid} || $self->{owner} != $$;
	local ($?, $!, $@);
	return if $self->_reap(WNOHANG);
	CORE::kill 'KILL', -$self->{pid};
	CORE::kill 'KILL', $self->{pid};
	$self->_reap(0);
}

package LiveAlter::Hammer;

our @ISA = ('LiveAlter::Process');

sub report {
	my ($self, $limit) = @_;
	$self->kill('TERM');
	my $r = $self->wait($limit // 90);
	$r->{exit} == 0 or die "hammer: exit $r->{exit}: $r->{err}";
	my $text = $r->{out};
	if ($text eq '') {
		my ($i) = grep { $self->{cmd}[$_] eq '--report-file' }
		    0 .. $#{$self->{cmd}};
		$text = LiveAlter::slurp($self->{cmd}[$i + 1]) if defined $i;
	}
	return JSON::PP::decode_json($text);
}

1;
