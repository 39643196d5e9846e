# What the tests of whole migrations have in common.
#
#	my $r = migrate($s, 'ADD c INT', 'app', 'orders', '--chunk-size', 7);
#	succeeded($r, 'app', 'orders');
#	nothing_left($s, 'app');
package Story;

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Test::More ();
use Time::HiRes qw(time sleep);

use LiveAlter;

our @EXPORT = qw(dsn migrate start_migration succeeded native same_dump
    nothing_left rows_of same_bytes copying connections q start_writer
    said_once printed_sql);

sub q { my ($n) = @_; $n =~ s/`/``/g; "`$n`" }

sub dsn {
	my ($db, $table) = @_;
	# A comma in a value is escaped, as in pt-online-schema-change.
	s/,/\\,/g for $db, $table;
	return "D=$db,t=$table";
}

sub _args {
	my ($s, @a) = @_;
	my $o = ref $a[0] eq 'HASH' ? shift @a : {};
	my ($alter, $db, $table, @more) = @a;
	return ($s, $o, '--alter', $alter, dsn($db, $table), '--execute',
	    @more);
}

# Both take ($s, [{ options of run_livealter }], $alter, $db, $table, ...).
sub migrate { run_livealter(_args(@_)) }
sub start_migration { start_livealter(_args(@_)) }

# A test: it ended well, and its last line says so.
sub succeeded {
	my ($r, $db, $table, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($last) = $r->{out} =~ /([^\n]*)\n\z/;
	return Test::More::is("$r->{exit}: " . ($last // $r->{out}),
	    "0: Successfully altered " . Story::q($db) . '.' .
	    Story::q($table) . ".", ($name // 'the migration') . ' succeeds')
	    || do { Test::More::diag($r->{err}); 0 };
}

# Makes a copy of the table, definition and rows, and alters that natively.
sub native {
	my ($s, $db, $from, $to, $alter) = @_;
	copy_table($s, $db, $from, $to);
	$s->sql("ALTER TABLE " . Story::q($db) . "." . Story::q($to) .
	    " $alter");
}

# A test: two dumps are the same.  Shows only what differs.
sub same_dump {
	my ($got, $want, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return Test::More::pass($name) if $got eq $want;
	Test::More::fail($name);
	my %n;
	$n{$_}++ for split /\n/, $got;
	$n{$_}-- for split /\n/, $want;
	my @d = map { ($n{$_} > 0 ? '+' : '-') . substr $_, 0, 300 }
	    sort grep { $n{$_} } keys %n;
	my $more = @d > 20 ? @d - 20 : 0;
	splice @d, 20;
	Test::More::diag(join "\n", '(+ is there, - should be)', @d,
	    $more ? "... and $more lines" : ());
	return 0;
}

# A test: nothing of livealter is left.
sub nothing_left {
	my ($s, $db, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return Test::More::is(join(', ', leftovers($s, $db)), '',
	    $name // 'nothing is left behind');
}

# The bytes of the rows, sorted.
sub rows_of {
	my ($s, $db, $table, @cols) = @_;
	@cols = table_columns($s, $db, $table) if !@cols;
	my $dbh = $s->dbh;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET time_zone = '+00:00', sql_mode = ''");
	my $list = join ', ', map { Story::q($_) } @cols;
	$dbh->do("SET character_set_results = NULL");
	my $r = $dbh->selectall_arrayref("SELECT $list FROM " . Story::q($db) .
	    '.' . Story::q($table));
	return join "\n", sort map { join ' ', map { defined $_
	    ? 'x' . unpack('H*', $_) : 'NULL' } @$_ } @$r;
}

# A test: the tables hold the same bytes in the same columns.
sub same_bytes {
	my ($s, $db, $t1, $t2, $name, @cols) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return same_dump(rows_of($s, $db, $t1, @cols),
	    rows_of($s, $db, $t2, @cols), $name // "$t1 holds what $t2 holds");
}

# Waits until the copy has begun; $mark is a log_mark from before.
sub copying {
	my ($s, $mark, $p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return poll_until(sub {
		return 1 if $s->log_text($mark) =~ /INSERT LOW_PRIORITY/;
		if ($p && !$p->running) {
			Test::More::diag('it ended: ' . $p->err);
			return -1;
		}
		return;
	}, 30, 'the copy begins');
}

# The statement, as often as it is in the log since the mark.
sub said_once {
	my ($s, $mark, $re) = @_;
	return scalar grep { $_->{text} =~ $re } $s->log_entries($mark);
}

# The ids of livealter's connections, in the order in which they came.
sub connections {
	my ($s, $mark) = @_;
	my (%seen, @ids);
	for ($s->log_entries($mark)) {
		next if $_->{command} ne 'Query' ||
		    $_->{text} !~ /lock_wait_timeout|GET_LOCK|INSERT LOW_/i ||
		    $seen{$_->{id}}++;
		push @ids, $_->{id};
	}
	my %alive = map { $_->[0] => 1 } $s->rows("SHOW PROCESSLIST");
	return grep { $alive{$_} } @ids;
}

# The SQL in an output, as statements; bodies of triggers stay whole.
sub printed_sql {
	my ($text) = @_;
	my (@sql, $cur);
	for (split /\n/, $text) {
		next if !defined $cur && !/^(CREATE|DROP|RENAME|ALTER|SET
		    |INSERT|LOCK|UNLOCK|ANALYZE|DELETE|SELECT\ COALESCE
		    |EXECUTE)\b/x;
		$cur = defined $cur ? "$cur\n$_" : $_;
		my $body = $cur =~ /^CREATE.*TRIGGER/ && $cur =~ /BEGIN/;
		next if $body ? $cur !~ /END;?\s*\z/ || !/^END;?\s*$/ &&
		    $cur =~ /BEGIN\s*\n/ : !/;\s*$/;
		$cur =~ s/;\s*\z//;
		push @sql, $cur;
		undef $cur;
	}
	return @sql;
}

# A writer in another process, which makes random changes to a table and its
# control in one transaction.  Options: db, tables => [t, control], seed,
# key => [columns], keys => sub ($rnd) { SQL literals of one key },
# column => a column to write to, values => sub ($rnd) { a literal },
# session => [statements], or ops => sub ($rnd) { a statement with %s for the
# table } instead of keys and values.
# ->stop returns { transactions, errors => [] }.
sub start_writer {
	my ($s, %o) = @_;
	my $file = File::Temp->new;
	my $dir = File::Temp->newdir;
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		$SIG{TERM} = 'DEFAULT';
		my $ok = eval { _write($s, "$file", "$dir/stop", %o); 1 };
		spew("$file", "0\n$@") if !$ok;
		POSIX::_exit(0);
	}
	my $self = bless { pid => $pid, file => $file, dir => $dir,
	    owner => $$ }, 'Story::Writer';
	# It has written before this returns.
	poll_until(sub { -s "$file" }, 30, 'the writer writes');
	return $self;
}

sub _both {
	my ($dbh, $sql, @tables) = @_;
	for my $i (0 .. $#tables) {
		my $t = Story::q($tables[$i]);
		(my $x = $sql) =~ s/%s/$t/;
		next if eval { $dbh->do($x); 1 };
		# A duplicate is one in both.
		return if $i == 0 && ($dbh->err // 0) == 1062;
		die "$tables[$i]: $@";
	}
}

sub _write {
	my ($s, $file, $stop, %o) = @_;
	my $dbh = $s->dbh(database => $o{db});
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do($_) for @{$o{session} // []};
	my $state = $o{seed} * 2654435761 % 4294967296;
	my $rnd = sub {
		my ($n) = @_;
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		return int(($state >> 8) / 16777216 * $n);
	};
	my $key = join ', ', map { Story::q($_) } @{$o{key} // []};
	my $col = Story::q($o{column} // '');
	my $where = sub {
		my @v = @_;
		return join ' AND ', map { Story::q($o{key}[$_]) .
		    " = $v[$_]" } 0 .. $#v;
	};
	my ($n, @errors, $last) = (0);
	my $told = 0;
	until (-e $stop) {
		my $ok = eval {
			$dbh->begin_work;
			for (0 .. $rnd->(4)) {
				if ($o{ops}) {
					$last = $o{ops}->($rnd);
					_both($dbh, $last, @{$o{tables}});
					next;
				}
				my @k = $o{keys}->($rnd);
				my $v = $o{values}->($rnd);
				my $op = $rnd->(10);
				my $sql;
				if ($op < 4) {
					$sql = "INSERT INTO %s ($key, $col) " .
					    "VALUES (" . join(', ', @k, $v) .
					    ")";
				} elsif ($op < 6) {
					$sql = "UPDATE %s SET $col = $v " .
					    "WHERE " . $where->(@k);
				} elsif ($op < 8) {
					my @to = $o{keys}->($rnd);
					$sql = "UPDATE %s SET " . join(', ',
					    map { Story::q($o{key}[$_]) .
					    " = $to[$_]" } 0 .. $#to) .
					    " WHERE " . $where->(@k);
				} else {
					$sql = "DELETE FROM %s WHERE " .
					    $where->(@k);
				}
				$last = $sql;
				_both($dbh, $sql, @{$o{tables}});
			}
			$rnd->(10) ? $dbh->commit : $dbh->rollback;
			1;
		};
		if (!$ok) {
			push @errors, "$last: $@";
			eval { $dbh->rollback };
			last if @errors > 5;
		}
		spew($file, "$n\n") if ++$n == 10;
		sleep($o{pause} // 0.001);
	}
	spew($file, "$n\n" . join '', @errors);
}

package Story::Writer;

use Time::HiRes qw(time sleep);

sub stop {
	my ($self) = @_;
	return $self->{report} if $self->{report};
	LiveAlter::spew("$self->{dir}/stop", '');
	my $end = time + 60;
	until (waitpid($self->{pid}, POSIX::WNOHANG()) != 0) {
		kill 'KILL', $self->{pid} if time > $end;
		sleep 0.01;
	}
	my ($n, @e) = split /\n/, LiveAlter::slurp("$self->{file}");
	return $self->{report} = { transactions => $n // 0, errors => \@e };
}

sub DESTROY {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local ($?, $!, $@);
	return if $self->{report};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
}

1;
