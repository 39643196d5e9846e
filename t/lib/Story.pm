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

our @EXPORT = qw(dsn migrate start_migration start_to_chunk chunks_done
    copying start_to_step die_at die_in_swap gone succeeded native
    fresh_orders open_reader same_dump nothing_left rows_of same_bytes
    connections q start_writer random_from said_once printed_sql kill_who
    settled quiet fresh_schema);

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

# Starts a migration and returns when it stands still before or after a step;
# ->kill('CONT') lets it go on, which has to be soon: its connections and locks
# are held meanwhile.  When it ends without that it is a failed test.
sub start_to_step {
	my ($s, $at, @a) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = start_migration($s, { env => { LIVEALTER_STOP_AT => $at } },
	    @a);
	$p->wait_until_stopped
	    or Test::More::fail("it does not come to stand $at");
	return $p;
}

# A test: livealter dies before or after a step, as in "after:copy".  The
# arguments may begin with { name => of the test }.
sub die_at {
	my ($s, $at, @args) = @_;
	my $o = ref $args[0] ? shift @args : {};
	my $mark = $s->log_mark;
	my $p = start_livealter($s, { env => { LIVEALTER_DIE_AT => $at } },
	    @args);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = gone($s, $mark, $p);
	return Test::More::is($r->{signal}, 9, $o->{name} //
	    "it dies $at") || do { Test::More::diag($p->err); 0 };
}

# livealter is killed when it begins to give names back in the swap: on MySQL in
# one packet, which the server runs to its end unless the connection is killed
# as well.
sub die_in_swap {
	my ($s, @migration) = @_;
	my $moment = $s->is_mysql ? qr/\b(\d+) Query\tRENAME/ :
	    qr/\b(\d+) Query\tLOCK TABLES .*`_t_old`/;
	my $mark = $s->log_mark;
	my $new = $s->log_follow(sub { $_[0] =~ $moment ? $1 : () });
	my $p = start_migration($s, @migration);
	my $id;
	sleep 0.0003 until ($id) = $new->() or !$p->running;
	$p->kill('KILL');
	eval { $s->sql("KILL $id") } if $id && $s->is_mysql;
	return gone($s, $mark, $p);
}

# Waits until a program that was killed is gone for the server as well: until
# then its connections hold what they have locked, and a last statement may be
# under way.  $mark is a log_mark from before its start.
sub gone {
	my ($s, $mark, $p) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = $p->wait(60);
	# Nobody else begins so.
	my %its = map { $_->{id} => 1 } grep { $_->{text} =~
	    /^SET NAMES utf8mb4.*, autocommit = 1/ }
	    $s->log_entries($mark);
	poll_until(sub { !grep { $its{$_->[0]} } $s->rows("SHOW PROCESSLIST")
	    }, 30, 'its connections end');
	return $r;
}

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

# A new schema with the table that the hammer writes to, and its control.
# Options: db => 'app', and those of make_orders.
sub fresh_orders {
	my ($s, $rows, %o) = @_;
	my $db = delete $o{db} // 'app';
	$s->sql("DROP DATABASE IF EXISTS " . Story::q($db));
	make_orders($s, $db, 'orders', $rows // 1000, %o);
	copy_table($s, $db, 'orders', 'control');
}

# A new schema, app, in which these statements have run.
sub fresh_schema {
	my ($s, @sql) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	my $dbh = $s->dbh(database => 'app');
	$dbh->do($_) for @sql;
	$dbh->disconnect;
}

# A connection in a transaction that has read the table, and stays open.
sub open_reader {
	my ($s, $table) = @_;
	my $dbh = $s->dbh(database => 'app');
	$dbh->begin_work;
	$dbh->selectall_arrayref("SELECT * FROM " .
	    Story::q($table // 'orders') . " LIMIT 1");
	return $dbh;
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

# Done or undone, but nothing in between, of app.orders; app.control has the
# same rows, app.wanted the new shape.
sub settled {
	my ($s, $name, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_rows($s, 'app', 'orders', 'control', "$name: no row is wrong");
	my $done = $r->{exit} == 0 || $r->{exit} == 38;
	same_definition($s, 'app', 'orders', $done ? 'wanted' : 'control',
	    "... the table is in its " . ($done ? 'new' : 'old') .
	    " shape, as the exit $r->{exit} says")
	    or Test::More::diag($r->{err});
	Test::More::ok($r->{exit} >= 0 && $r->{exit} <= 125,
	    '... it ended by itself');
	if ($r->{exit} != 0) {
		Test::More::like($r->{err}, qr/error: /,
		    '... and says what happened');
		Test::More::unlike($r->{out}, qr/Successfully/,
		    '... and not success');
	}
	my @left = leftovers($s, 'app') or
	    return Test::More::pass('... nothing is left');
	Test::More::note("left: @left");
	# What is left has to be on standard output, to be run as it is.
	my @sql = printed_sql($r->{out});
	for my $l (@left) {
		my ($what) = $l =~ / (.*)/;
		Test::More::ok((grep { /^DROP.*\Q$what\E/ } @sql),
		    "... $l is left, and the SQL that removes it is printed")
		    or Test::More::diag("$r->{out}\n$r->{err}");
	}
	Test::More::ok(eval { $s->sql($_); 1 }, "... it runs: $_")
	    || Test::More::diag($@) for @sql;
	return nothing_left($s, 'app', '... after which nothing is left');
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

# Waits until the registry knows of so many chunks; $mark is as above.
sub chunks_done {
	my ($s, $mark, $p, $n) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $done = poll_until(sub {
		my $ended = !$p->running;
		return said_once($s, $mark, qr/SET rows_copied/) >= $n ? 1 :
		    $ended ? -1 : 0;
	}, 30, "$n chunks") // return;
	return 1 if $done > 0;
	Test::More::fail("it ended before $n chunks");
	Test::More::diag($p->err);
	return;
}

# Starts a migration and returns when so many chunks are done.
sub start_to_chunk {
	my ($s, $n, @migration) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $mark = $s->log_mark;
	my $p = start_migration($s, @migration);
	chunks_done($s, $mark, $p, $n);
	return $p;
}

# The statement, as often as it is in the log since the mark.
sub said_once {
	my ($s, $mark, $re) = @_;
	return scalar grep { $_->{text} =~ $re } $s->log_entries($mark);
}

# How many of them there are, when no more of them come.
sub quiet {
	my ($s, $mark, $re) = @_;
	my ($n, $since) = (-1, time);
	poll_until(sub {
		my $now = said_once($s, $mark, $re);
		($n, $since) = ($now, time) if $now != $n;
		return time - $since > 1.5;
	}, 20, 'no more of them');
	return $n;
}

# Kills the first connection of which that is so, while the program runs.
sub kill_who {
	my ($s, $p, $where) = @_;
	my $dbh = $s->dbh;
	my $id;
	# It may be there for milliseconds.
	while (!$id && $p->running) {
		($id) = $dbh->selectrow_array("SELECT ID FROM " .
		    "information_schema.PROCESSLIST WHERE $where AND " .
		    "ID <> CONNECTION_ID() LIMIT 1");
	}
	return $id && eval { $s->sql("KILL $id"); 1 };
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

# --- an application that writes ---------------------------------------------

# Whole numbers below the argument, the same each time for the same state.
sub random_from {
	my ($state) = @_;
	return sub {
		my ($n) = @_;
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		return int(($state >> 8) / 16777216 * $n);
	};
}

# A writer in another process, which makes random changes to a table and its
# control in one transaction.  Options: db, tables => [t, control], seed,
# pause => seconds between two transactions, session => [statements],
# forgive => [numbers of errors that are no news], and one of
#	key => [columns], keys => sub ($rnd) { SQL literals of one key },
#	column => a column to write to, values => sub ($rnd) { a literal }
#	ops => sub ($rnd) { a statement with %s for the table }
#	transaction => sub ($dbh, $rnd) { all that is between begin and end }
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

sub _write {
	my ($s, $file, $stop, %o) = @_;
	my $dbh = $s->dbh(database => $o{db});
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do($_) for @{$o{session} // []};
	my $rnd = random_from($o{seed} * 2654435761 % 4294967296);
	my $transaction = $o{transaction} // _transaction(%o);
	my %forgiven = map { $_ => 1 } @{$o{forgive} // []};
	my ($n, @errors) = (0);
	until (-e $stop) {
		my $ok = eval {
			# Three words to the server and no more: DBI's own
			# switch autocommit to and fro.
			$dbh->do("START TRANSACTION");
			$transaction->($dbh, $rnd);
			$dbh->do($rnd->(10) ? "COMMIT" : "ROLLBACK");
			1;
		};
		if (!$ok) {
			push @errors, $@ if !$forgiven{$dbh->err // 0};
			eval { $dbh->do("ROLLBACK") };
			last if @errors > 5;
		}
		spew($file, "$n\n") if ++$n == 10;
		sleep($o{pause} // 0.003);
	}
	spew($file, "$n\n" . join '', @errors);
}

# A few statements, each for both tables.
sub _transaction {
	my (%o) = @_;
	my $ops = $o{ops} // _ops(%o);
	return sub {
		my ($dbh, $rnd) = @_;
		_both($dbh, $ops->($rnd), @{$o{tables}}) for 0 .. $rnd->(4);
	};
}

sub _both {
	my ($dbh, $sql, @tables) = @_;
	for my $i (0 .. $#tables) {
		my $t = Story::q($tables[$i]);
		(my $x = $sql) =~ s/%s/$t/;
		next if eval { $dbh->do($x); 1 };
		# A duplicate is one in both.
		return if $i == 0 && ($dbh->err // 0) == 1062;
		die "$sql: $tables[$i]: $@";
	}
}

# Rows of these keys come, change, move and go.
sub _ops {
	my (%o) = @_;
	my @key = map { Story::q($_) } @{$o{key}};
	my $col = Story::q($o{column});
	my $set = sub { my ($and, @v) = @_;
	    join $and, map { "$key[$_] = $v[$_]" } 0 .. $#v };
	return sub {
		my ($rnd) = @_;
		my @k = $o{keys}->($rnd);
		my $v = $o{values}->($rnd);
		my $op = $rnd->(10);
		my $where = 'WHERE ' . $set->(' AND ', @k);
		return "INSERT INTO %s (" . join(', ', @key, $col) .
		    ") VALUES (" . join(', ', @k, $v) . ")" if $op < 4;
		return "UPDATE %s SET $col = $v $where" if $op < 6;
		return "UPDATE %s SET " . $set->(', ', $o{keys}->($rnd)) .
		    " $where" if $op < 8;
		return "DELETE FROM %s $where";
	};
}

package Story::Writer;

use Time::HiRes qw(time sleep);

sub stop {
	my ($self) = @_;
	return $self->{report} if $self->{report};
	LiveAlter::spew("$self->{dir}/stop", '');
	my $end = time + Noise::patience(60);
	my $hangs;
	until (waitpid($self->{pid}, POSIX::WNOHANG()) != 0) {
		$hangs = kill 'KILL', $self->{pid} if time > $end;
		sleep 0.01;
	}
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	# What it had written of its report before that is not all of it.
	Test::More::fail('the writer hangs and has to be killed') if $hangs;
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
