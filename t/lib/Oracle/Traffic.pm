# An application that writes while the table is altered: one connection, which
# does each statement to live.t and, in the same transaction, to ctl.t.  What
# the server answers must be the same for both.
#
#	my $app = Oracle::Traffic->start($server, $seed, $table);
#	my $report = $app->stop;
#
# It ends by itself when live.t is not what it was, since then the statements
# mean something else.  The transaction in which it sees that is rolled back;
# what had succeeded in it before kept the table from being swapped.
package Oracle::Traffic;

use strict;
use warnings;

use JSON::PP ();
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

use LiveAlter;
use Noise;
use Oracle::Rand;
use Oracle::Table qw(ident);

# Deadlocks are in the manual under BUGS; all else the application would see.
my %retry = (1213 => 1);

sub start {
	my ($class, $s, $seed, $table) = @_;
	my $dir = File::Temp->newdir('la-app-XXXXXX', TMPDIR => 1);
	my $self = bless { dir => $dir, owner => $$ }, $class;
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		$SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
		my $w = bless { s => $s, t => $table, dir => "$dir",
		    r => Oracle::Rand->new($seed, 'traffic'),
		    n => { transactions => 0, statements => 0,
		    deadlocks => 0, max_ms => 0 } }, $class;
		$w->{n}{error} = "the traffic itself: $@"
		    if !eval { $w->_write; 1 };
		spew("$dir/report", JSON::PP::encode_json($w->{n}));
		POSIX::_exit(0);
	}
	$self->{pid} = $pid;
	# It has written before this returns.
	my $end = time + Noise::patience(30);
	sleep 0.002 while !-e "$dir/going" && !-e "$dir/report" &&
	    time < $end;
	return $self;
}

sub stop {
	my ($self) = @_;
	return $self->{report} if $self->{report};
	spew("$self->{dir}/stop", '');
	my $end = time + Noise::patience(60);
	until (waitpid($self->{pid}, WNOHANG) != 0) {
		kill 'KILL', $self->{pid} if time > $end;
		sleep 0.002;
	}
	my $text = slurp("$self->{dir}/report");
	return $self->{report} = $text eq ''
	    ? { error => 'the traffic did not end' }
	    : JSON::PP::decode_json($text);
}

sub DESTROY {
	my ($self) = @_;
	return if !$self->{owner} || $self->{owner} != $$ ||
	    $self->{report};
	local ($?, $!, $@);
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
}

# --- the child -------------------------------------------------------------

my @modes = ('', 'STRICT_TRANS_TABLES', 'ANSI_QUOTES,STRICT_ALL_TABLES',
    'NO_AUTO_VALUE_ON_ZERO', 'STRICT_TRANS_TABLES,NO_ZERO_DATE,' .
    'NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO', 'PAD_CHAR_TO_FULL_LENGTH',
    'NO_BACKSLASH_ESCAPES', 'PIPES_AS_CONCAT,IGNORE_SPACE,ANSI',
    'ALLOW_INVALID_DATES');

# MySQL reads a table's expressions by the mode of whoever opens it, and its
# ALTER TABLE then writes other escapes: t/55-backslashes.t is about that.
sub session {
	my ($r, $mysql) = @_;
	my @m = (grep { !$mysql || $_ ne 'NO_BACKSLASH_ESCAPES' } @modes);
	push @m, $mysql ? ('TIME_TRUNCATE_FRACTIONAL') :
	    ('TIME_ROUND_FRACTIONAL', 'EMPTY_STRING_IS_NULL',
	    'SIMULTANEOUS_ASSIGNMENT,STRICT_TRANS_TABLES');
	my $mode = $r->chance(30) ? '' : "sql_mode = '" . $r->pick(@m) .
	    "', ";
	return ("SET NAMES " . $r->weighted(8 => 'utf8mb4', 3 => 'latin1',
	    1 => 'gbk', 1 => 'sjis', 1 => 'binary', 1 => 'ascii'),
	    "SET ${mode}time_zone = '" . $r->pick('SYSTEM', '+00:00',
	    '+05:30', '-08:00', 'Europe/Berlin', 'America/New_York') . "'",
	    "SET SESSION TRANSACTION ISOLATION LEVEL " .
	    $r->pick('REPEATABLE READ', 'READ COMMITTED'));
}

sub _write {
	my ($self) = @_;
	my $r = $self->{r};
	my $dbh = $self->{dbh} = $self->{s}->dbh;
	$self->_do($_) for session($r, $self->{t}->mysql);
	my $pause = $r->pick(0, 0.0005, 0.002);
	# Who reads first, and then wants to write, can get a deadlock while
	# the table is being locked: the manual says so.
	$self->{n}{reads_first} = $r->chance(20) ? 1 : 0;
	$self->{was} = $self->_definition;
	until (-e "$self->{dir}/stop") {
		# Mostly it is seen here, before anything is done to it.
		if ($self->_definition ne $self->{was}) {
			$self->{n}{swapped} = 1;
			last;
		}
		$self->_do("START TRANSACTION");
		$dbh->selectall_arrayref("SELECT 1 FROM live.t LIMIT 1")
		    if $self->{n}{reads_first};
		last if !$self->_transaction;
		spew("$self->{dir}/going", '')
		    if ++$self->{n}{transactions} == 3;
		sleep $pause if $pause;
		# Small chunks with naps between come to an end, too.
		sleep 0.005 if $self->{n}{transactions} > 300;
	}
	$dbh->do("ROLLBACK");
	$dbh->disconnect;
}

# What it said, in ORACLE_SQL's file.
sub _note {
	my ($self, $sql) = @_;
	my $file = $ENV{ORACLE_SQL} // return;
	open my $fh, '>>', $file or die "$file: $!\n";
	print $fh "$sql;\n";
	close $fh;
}

sub _do {
	my ($self, $sql) = @_;
	$self->_note($sql);
	$self->{dbh}->do($sql);
}

sub _definition {
	my ($self) = @_;
	my $dbh = $self->{dbh};
	# In the mode ANSI no table options are shown.
	$dbh->do("SET \@sql_mode = \@\@sql_mode, sql_mode = ''");
	my $create = $dbh->selectrow_arrayref("SHOW CREATE TABLE live.t")->[1];
	$dbh->do("SET sql_mode = \@sql_mode");
	return $create =~ s/ AUTO_INCREMENT=\d+//r;
}

# False: there is no sense in going on.
sub _transaction {
	my ($self) = @_;
	my $r = $self->{r};
	my $saved = 0;
	for (0 .. $r->weighted(6 => 0, 3 => 2, 1 => 5)) {
		if ($r->chance(8)) {
			my $sql = $saved && $r->chance(50)
			    ? 'ROLLBACK TO SAVEPOINT s' : 'SAVEPOINT s';
			$saved = 1;
			$self->_do($sql);
			next;
		}
		my $gone = $self->_both($self->_statement);
		return 0 if $self->{n}{error} || $self->{n}{swapped};
		return 1 if $gone;
	}
	$self->_do($r->chance(12) ? 'ROLLBACK' : 'COMMIT');
	return 1;
}

# What the application sees of a statement.
sub _run {
	my ($self, $sql) = @_;
	my $dbh = $self->{dbh};
	local $dbh->{RaiseError} = 0;
	my $rows = $dbh->do($sql);
	return { errno => $dbh->err, text => $dbh->errstr } if !defined $rows;
	# What the server tells otherwise of a table with triggers, whatever
	# these do: rows that REPLACE could have changed in place count twice;
	# of rows with ids of their own that come from a SELECT it does not
	# tell the last; a generated column can warn once more.
	$rows = 0 if $sql =~ /^REPLACE/ || $rows == 0;
	my $id = $sql =~ /\bSELECT\b/ ? 0 : $dbh->{mysql_insertid} // 0;
	my $warned = $dbh->{mysql_warning_count} ? _warned($dbh) : '';
	return { errno => 0, text => "$rows rows, id $id", say => $warned,
	    warned => $warned ne '' };
}

# Notes tell how the server went about it; and MariaDB compares UUIDs with
# more ado when there are triggers.
sub _warned {
	my ($dbh) = @_;
	return join '; ', map { "$_->[1] $_->[2]" } grep { $_->[0] ne 'Note' &&
	    $_->[2] !~ /^Incorrect uuid value/ }
	    @{$dbh->selectall_arrayref("SHOW WARNINGS")};
}

sub _differ {
	my ($live, $ctl) = @_;
	return 1 if $live->{errno} != $ctl->{errno};
	# Messages name the table.
	return 0 if $live->{errno};
	return $live->{text} ne $ctl->{text} ||
	    $live->{warned} != $ctl->{warned};
}

# True when the transaction is gone.
sub _both {
	my ($self, $sql) = @_;
	my $dbh = $self->{dbh};
	# A clock that both read, and no writer on the control has changed.
	$self->_do(sprintf 'SET timestamp = %.6f',
	    1780000000 + $self->{n}{statements}++ * 0.25);
	$self->_note($sql);
	my $t = time;
	my $live = $self->_run($sql =~ s/\@T\@/live.t/gr);
	my $ms = (time - $t) * 1000;
	@{$self->{n}}{qw(max_ms slowest)} = ($ms, $sql)
	    if $ms > $self->{n}{max_ms};
	if ($retry{$live->{errno}}) {
		$self->{n}{deadlocks}++;
		$dbh->do('ROLLBACK');
		return 1;
	}
	# If it is what it was, the statement met what it was.
	if ($self->_definition ne $self->{was}) {
		# Rolled back, it may have drawn from the counter.
		@{$self->{n}}{qw(swapped drew)} = (1, 1);
		return 1;
	}
	my $ctl = $self->_run($sql =~ s/\@T\@/ctl.t/gr);
	$self->{n}{error} = "the application noticed: on live.t " .
	    join(' ', grep { $_ } @$live{qw(errno text say)}) .
	    '; on ctl.t ' .
	    join(' ', grep { $_ } @$ctl{qw(errno text say)}) . "\n$sql"
	    if _differ($live, $ctl);
	return 0;
}

# --- statements ------------------------------------------------------------

sub _where {
	my ($self) = @_;
	return join ' AND ', map { ident($_->{name}) . ' = ' .
	    Oracle::Type::key_value($self->{r}, $_->{t}) }
	    @{$self->{t}{key}};
}

# A few rows in the order of the key, which both tables have.
sub _some {
	my ($self) = @_;
	my $r = $self->{r};
	my @k = @{$self->{t}{key}};
	my $desc = $r->chance(50) ? ' DESC' : '';
	my $first = ident($k[0]{name}) . ($desc ? ' <= ' : ' >= ') .
	    Oracle::Type::key_value($r, $k[0]{t});
	return "$first ORDER BY " . join(', ', map { ident($_->{name}) .
	    $desc } @k) . ' LIMIT ' . $r->between(1, 6);
}

sub _set {
	my ($self, @c) = @_;
	return join ', ', map { ident($_->{name}) . ' = ' .
	    Oracle::Table::cell($self->{r}, $_) } @c;
}

sub _others {
	my ($self) = @_;
	my @c = $self->{r}->shuffle(grep { !$_->{key} }
	    $self->{t}->writable);
	return @c ? @c[0 .. $self->{r}->below(@c > 3 ? 3 : scalar @c)]
	    : @{$self->{t}{key}};
}

sub _insert {
	my ($self, $verb) = @_;
	return $self->{t}->insert($self->{r}, '@T@',
	    $self->{r}->weighted(7 => 1, 2 => 3, 1 => 8), $verb);
}

sub _insert_auto {
	my ($self) = @_;
	my @c = grep { !$_->{auto} } $self->{t}->writable;
	my $r = $self->{r};
	return $self->_insert('INSERT') if !$self->{t}{auto} || !@c;
	return 'INSERT INTO @T@ (' . join(', ', map { ident($_->{name}) }
	    @c) . ') VALUES ' . join(', ', map { '(' . join(', ', map {
	    Oracle::Table::cell($r, $_) } @c) . ')' } 0 .. $r->below(3));
}

sub _upsert {
	my ($self) = @_;
	my $r = $self->{r};
	my @set = map { my $n = ident($_->{name}); "$n = " .
	    ($r->chance(50) ? "VALUES($n)" : Oracle::Table::cell($r, $_)) }
	    $self->_others;
	return $self->_insert('INSERT') . ' ON DUPLICATE KEY UPDATE ' .
	    join ', ', @set;
}

sub _move {
	my ($self) = @_;
	my ($r, @k) = ($self->{r}, @{$self->{t}{key}});
	my $c = $r->pick(@k);
	my $n = ident($c->{name});
	return "UPDATE \@T\@ SET $n = $n + " . $r->between(1, 3) . ' WHERE ' .
	    $self->_some if $c->{t}{fam} eq 'int' && $r->chance(30);
	return 'UPDATE @T@ SET ' . $self->_set($r->chance(30) ? @k : $c,
	    $r->chance(30) ? grep { !$_->{key} } $self->_others : ()) .
	    ' WHERE ' . $self->_where;
}

# Rows of the table itself, moved on.
sub _insert_select {
	my ($self) = @_;
	my $r = $self->{r};
	my ($first, @k) = @{$self->{t}{key}};
	return $self->_insert('REPLACE') if @k || $first->{t}{fam} ne 'int';
	my @c = grep { !$_->{key} } $self->{t}->writable;
	my $n = ident($first->{name});
	my @from = ("$n + 1000", map { ident($_->{name}) } @c);
	return $r->pick('INSERT', 'INSERT IGNORE', 'REPLACE') .
	    ' INTO @T@ (' . join(', ', map { ident($_->{name}) } $first, @c)
	    . ') SELECT ' . join(', ', @from) . ' FROM @T@ WHERE ' .
	    "$n < 500 AND " . $self->_some;
}

sub _statement {
	my ($self) = @_;
	my $how = $self->{r}->weighted(
	    3 => sub { $self->_insert_select },
	    14 => sub { $self->_insert('INSERT') },
	    6 => sub { $self->_insert('INSERT IGNORE') },
	    12 => sub { $self->_insert('REPLACE') },
	    12 => sub { $self->_upsert },
	    10 => sub { $self->_insert_auto },
	    18 => sub { 'UPDATE @T@ SET ' . $self->_set($self->_others) .
		' WHERE ' . $self->_where },
	    8 => sub { 'UPDATE @T@ SET ' . $self->_set($self->_others) .
		' WHERE ' . $self->_some },
	    14 => sub { $self->_move },
	    10 => sub { 'DELETE FROM @T@ WHERE ' . $self->_where },
	    5 => sub { 'DELETE FROM @T@ WHERE ' . $self->_some });
	return $how->();
}

1;
