# A table with parents and children, and an application that writes to all of
# them at the same time.
#
#	my $f = Family->make($s, own => 1, self => 1);
#	$f->start(seed => 51);
#	my $r = migrate($s, $alter, 'app', 't', @opts);
#	$f->stop;
#	$f->noticed_nothing('all the while');
#	$f->as_native($alter, 'a migration');
#
# The tables are in the schema app, one child is in far, and all of them once
# more in the schemas ctl and ctlfar, where nothing is migrated.  Each statement
# is executed on a table and, in the same transaction, on its control: error
# and number of rows have to be the same.  What a connection has committed it
# also reads again, on both sides.
#
#	g	what t refers to (own)			id, v
#	t	the table				id, k, g, up, v, note
#	c_cascade, c_null, c_restrict			id, p, v
#	c_key	refers to the column k			id, p, v
#	c_two	refers to t by two columns		id, p, v
#	c_grand	refers to c_cascade			id, p, v
#	c_far	the child in the schema far		id, p, v
#	log	what triggers write to (triggers)	id, p, v
#
# Two writers never wait for each other in a circle: each has ids of its own
# (10000, 20000, ...), with rows at both ends that nobody touches, so that
# locks on gaps end there.  Only the parents 1 to 5 are shared, and come last
# in a transaction.
package Family;

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Test::More ();
use Time::HiRes qw(time sleep);

use LiveAlter;
use Noise;
use Story;

my %SCHEMA = (app => 'ctl', far => 'ctlfar');
my $SPAN = 10000;
my $LAST = 999;		# the last id of a writer, counted from its first
my @ID = (1 .. 15, 961 .. 975);
my %EXPECTED = map { $_ => 1 } 0, 1062, 1451, 1452;

my %REF = (
    c_cascade => 't (id) ON DELETE CASCADE ON UPDATE CASCADE',
    c_null => 't (id) ON DELETE SET NULL ON UPDATE SET NULL',
    c_restrict => 't (id)',
    c_key => 't (k) ON DELETE CASCADE ON UPDATE CASCADE',
    c_two => 't (id) ON DELETE CASCADE ON UPDATE CASCADE',
    c_grand => 'c_cascade (id) ON DELETE CASCADE ON UPDATE CASCADE',
    c_far => 't (id) ON DELETE CASCADE ON UPDATE CASCADE',
);

# Options: children => [names; all], own => 1: t refers to g, self => 1: and
# to itself, triggers => 1: t has triggers that write a log, writers => 3,
# rows => 600 a writer, options => of the table t, unchecked => 1: the session
# checks no foreign keys.
sub make {
	my ($class, $s, %o) = @_;
	my $self = bless { s => $s, owner => $$, writers => 3, rows => 600,
	    children => [sort keys %REF], %o }, $class;
	my %has = map { $_ => 1 } @{$self->{children}};
	$self->{children} = [grep { $has{$_} } sort keys %REF];
	$self->{tables} = [$o{own} ? 'g' : (), 't', @{$self->{children}},
	    $o{triggers} ? 'log' : ()];
	$self->{replaces} = !_wrong_replace($s);
	$s->sql("SET foreign_key_checks = 0");
	$s->sql("DROP DATABASE IF EXISTS $_; CREATE DATABASE $_ " .
	    "DEFAULT CHARSET utf8mb4") for %SCHEMA;
	$s->sql("SET foreign_key_checks = 1");
	$self->_create($_) for 'app', 'ctl';
	$self->_triggers($_) for $o{triggers} ? ('app', 'ctl') : ();
	return $self;
}

# MySQL checks foreign keys above InnoDB since 9.6, unless told otherwise.  A
# REPLACE that removes one row by one unique key and finds the other by another
# then leaves or takes the wrong grandchildren (seen in 9.7 in plain SQL, on
# tables that nobody migrates), so the controls would be no judge.
sub _wrong_replace {
	my ($s) = @_;
	return $s->is_mysql && $s->value("SELECT COUNT(*) FROM " .
	    "performance_schema.global_variables WHERE variable_name = " .
	    "'innodb_native_foreign_keys' AND variable_value = 'OFF'");
}

sub tables { @{$_[0]{tables}} }
sub children { @{$_[0]{children}} }
sub dbh { $_[0]{s}->dbh(database => 'app') }

# The table's name with its schema, on the side "app" or "ctl".
sub name {
	my ($self, $table, $side) = @_;
	my $db = $table eq 'c_far' ? 'far' : 'app';
	return ($side eq 'app' ? $db : $SCHEMA{$db}) . ".$table";
}

# The statement with {t} and the like replaced by the names on this side.
sub text {
	my ($self, $sql, $side) = @_;
	return $sql =~ s/\{(\w+)\}/$self->name($1, $side)/ger;
}

# Executes a statement on both sides, outside of any traffic.
sub both {
	my ($self, @sql) = @_;
	for my $sql (@sql) {
		$self->{s}->sql($self->text($sql, $_)) for 'app', 'ctl';
	}
}

sub _create {
	my ($self, $side) = @_;
	my $run = sub { $self->{s}->sql($self->text($_[0], $side)) };
	my $fk = '';
	if ($self->{own}) {
		$run->("CREATE TABLE {g} (id INT PRIMARY KEY, v INT)");
		$fk .= ", CONSTRAINT t_g FOREIGN KEY (g) REFERENCES {g} " .
		    "(id) ON DELETE CASCADE ON UPDATE CASCADE";
	}
	$fk .= ", CONSTRAINT t_up FOREIGN KEY (up) REFERENCES {t} (id) " .
	    "ON DELETE SET NULL" if $self->{self};
	$run->("CREATE TABLE {t} (id INT NOT NULL AUTO_INCREMENT " .
	    "PRIMARY KEY, k INT NOT NULL, g INT, up INT, v INT NOT NULL " .
	    "DEFAULT 0, note VARCHAR(40), UNIQUE KEY k (k), KEY by_g (g), " .
	    "KEY by_up (up)$fk) " . ($self->{options} // ''));
	for my $c (sort @{$self->{children}}) {
		my $more = '';
		$more = ", CONSTRAINT c_two_2 FOREIGN KEY (v) REFERENCES " .
		    "{t} (id) ON DELETE SET NULL" if $c eq 'c_two';
		(my $ref = $REF{$c}) =~ s/^(\w+)/{$1}/;
		$run->("CREATE TABLE {$c} (id INT PRIMARY KEY, p INT, v INT" .
		    ", CONSTRAINT ${c}_1 FOREIGN KEY (p) REFERENCES $ref" .
		    "$more)");
	}
	$self->_fill($run);
}

sub _fill {
	my ($self, $run) = @_;
	my @ids = map { my $b = $_ * $SPAN; map { $b + $_ } 0, (grep {
	    $_ % 3 } @ID), 20 .. 19 + $self->{rows}, $LAST }
	    1 .. $self->{writers};
	unshift @ids, 1 .. 5;
	my $insert = sub {
		my ($table, $cols, @rows) = @_;
		while (my @some = splice @rows, 0, 500) {
			$run->("INSERT INTO {$table} ($cols) VALUES " .
			    join ', ', @some);
		}
	};
	$insert->('g', 'id, v', map { "($_, 0)" } @ids) if $self->{own};
	my $g = sub { $self->{own} && $_[0] % 2 ? $_[0] : 'NULL' };
	$insert->('t', 'id, k, g, v, note', map { "($_, $_, " . $g->($_) .
	    ", 0, 'row $_')" } @ids);
	for my $c (@{$self->{children}}) {
		# One in seven has children of all kinds; the ends do, too.
		$insert->($c, 'id, p', map { "($_, $_)" } grep {
		    $_ % $SPAN == 0 || $_ % $SPAN == $LAST || $_ % 7 == 0 }
		    @ids);
	}
}

# Two for each moment, so that there is an order; one has a definer and a mode
# of its own, one is on another table and writes to this one.
sub _triggers {
	my ($self, $side) = @_;
	my $dbh = $self->{s}->dbh(database => $side);
	$dbh->do("CREATE TABLE log (id INT, p VARCHAR(40), v TEXT, " .
	    "KEY by_id (id))");
	my %row = (INSERT => 'NEW', UPDATE => 'NEW', DELETE => 'OLD');
	for my $time (qw(BEFORE AFTER)) {
		for my $event (sort keys %row) {
			my $r = $row{$event};
			my $name = lc "${time}_$event";
			my $old = $event eq 'UPDATE' ? "OLD.id" : 0;
			$dbh->do("CREATE TRIGGER ${name}_1 $time $event ON t " .
			    "FOR EACH ROW INSERT INTO log VALUES ($r.id, " .
			    "'$name 1', CONCAT($old, ' ', $r.k, ' ', $r.v, " .
			    "' ', \@\@sql_mode))");
			my $set = $time eq 'BEFORE' && $event ne 'DELETE'
			    ? "SET NEW.v = NEW.v + 10;" : '';
			$dbh->do("CREATE TRIGGER ${name}_0 $time $event ON t " .
			    "FOR EACH ROW PRECEDES ${name}_1 BEGIN $set " .
			    "INSERT INTO log VALUES ($r.id, '$name 0', " .
			    "CONCAT($r.v, ' ', CURRENT_USER())); END");
		}
	}
	$dbh->do("SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'");
	$dbh->do("CREATE USER IF NOT EXISTS definer");
	$dbh->do("GRANT ALL ON *.* TO definer");
	$dbh->do("CREATE DEFINER = definer TRIGGER \"after update 2\" AFTER " .
	    "UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id, " .
	    "'after update ' || 2, CURRENT_USER() || \@\@sql_mode)");
	$dbh->do("CREATE TRIGGER nested AFTER INSERT ON c_cascade FOR EACH " .
	    "ROW UPDATE t SET v = v + 1 WHERE id = NEW.id")
	    if grep { $_ eq 'c_cascade' } @{$self->{children}};
}

# --- the application --------------------------------------------------------

# Options: seed, pause => seconds between two transactions, session =>
# [statements for each connection], until => a regular expression: the writer
# ends when the table's definition matches, since from then on the control's
# foreign keys are others.
sub start {
	my ($self, %o) = @_;
	Noise::listen();
	$self->{dir} = File::Temp->newdir;
	$self->{pids} = [];
	delete $self->{report};
	for my $w (1 .. $self->{writers}) {
		my $pid = fork // die "fork: $!\n";
		if ($pid == 0) {
			$SIG{TERM} = 'DEFAULT';
			$self->{owner} = 0;
			my $rep = { problems => [], errors => {}, n => 0 };
			eval { $self->_write($w, $rep, %o); 1 } or
			    push @{$rep->{problems}}, "the writer: $@";
			spew("$self->{dir}/$w", JSON::PP::encode_json($rep));
			POSIX::_exit(0);
		}
		push @{$self->{pids}}, $pid;
	}
	for my $w (1 .. $self->{writers}) {
		poll_until(sub { -e "$self->{dir}/$w.on" || -e "$self->{dir}/$w"
		    }, 30, "writer $w writes");
	}
	return $self;
}

# Waits until every writer has done so many transactions more, or is at its
# end.
sub go_on {
	my ($self, $n) = @_;
	$n //= 40;
	for my $w (1 .. $self->{writers}) {
		my $count = sub { my $c = slurp("$self->{dir}/$w.on");
		    $c eq '' ? 0 : $c };
		my $from = $count->();
		poll_until(sub { $count->() >= $from + $n ||
		    -e "$self->{dir}/$w" }, 30, "writer $w goes on");
	}
}

# Ends the writers and returns what they report, all in one.
sub stop {
	my ($self) = @_;
	return $self->{report} if $self->{report};
	spew("$self->{dir}/stop", '');
	my $end = time + Noise::patience(60);
	for my $pid (@{$self->{pids}}) {
		until (waitpid($pid, POSIX::WNOHANG()) != 0) {
			kill 'KILL', $pid if time > $end;
			sleep 0.01;
		}
	}
	my %r = (problems => [], errors => {}, n => 0, slow => []);
	for my $w (1 .. $self->{writers}) {
		my $text = slurp("$self->{dir}/$w");
		my $x = $text eq '' ? { problems => ["writer $w hangs"] }
		    : JSON::PP::decode_json($text);
		push @{$r{problems}}, @{$x->{problems}};
		$r{n} += $x->{n} // 0;
		$r{errors}{$_} += $x->{errors}{$_} for keys %{$x->{errors}};
		push @{$r{slow}}, @{$x->{slow} // []};
	}
	$self->{pids} = [];
	return $self->{report} = \%r;
}

# Those that took long are kept, so that an excuse for the slowest is none for
# the next.
sub _took {
	my ($rep, $at, $sql) = @_;
	my $t = time - $at;
	push @{$rep->{slow}}, { at => $at, seconds => $t, sql => $sql }
	    if $t > 0.3;
}

# One statement on one side: its error, and how many rows it found.
sub _do {
	my ($dbh, $sql, $rep) = @_;
	my $t = time;
	my $n = eval { $dbh->do($sql) };
	_took($rep, $t, $sql);
	$rep->{n}++;
	return ($dbh->err, $dbh->errstr, 0) if !defined $n;
	return (0, '', $n + 0);
}

# False: the transaction is over.
sub _twice {
	my ($self, $dbh, $op, $rep) = @_;
	my @r;
	for my $side ('app', 'ctl') {
		my $sql = $self->text($op, $side);
		my ($err, $text, $n) = _do($dbh, $sql, $rep);
		if (!$EXPECTED{$err}) {
			push @{$rep->{problems}}, "$sql: $err $text";
			return 0;
		}
		push @r, [$err, $text, $n];
	}
	$rep->{errors}{$r[1][0]}++;
	return 1 if $r[0][0] == $r[1][0] && $r[0][2] == $r[1][2];
	push @{$rep->{problems}}, "$op: $r[0][0] $r[0][1] ($r[0][2] rows), " .
	    "its control: $r[1][0] $r[1][1] ($r[1][2] rows)";
	return 0;
}

sub _write {
	my ($self, $w, $rep, %o) = @_;
	my $dbh = $self->dbh;
	# A record lock a row is enough; gaps are nobody's.
	$dbh->do("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	$dbh->do($_) for @{$o{session} // []};
	my $rnd = random_from((($o{seed} // 1) * 97 + $w) * 2654435761 %
	    4294967296);
	my $count = 0;
	until (-e "$self->{dir}/stop" || @{$rep->{problems}} > 5) {
		$dbh->begin_work;
		last if $o{until} && _changed($dbh, $w, $o{until});
		my $ok = 1;
		for (0 .. $rnd->(3)) {
			$ok = $self->_twice($dbh, $self->_op($rnd, $w), $rep)
			    or last;
		}
		$ok &&= $self->_twice($dbh, $self->_shared($rnd, $w), $rep)
		    if $rnd->(3) == 0;
		sleep 0.02 if $rnd->(20) == 0;
		$ok && $rnd->(10) ? $dbh->commit : $dbh->rollback;
		$self->_read($dbh, $w, $rep) if ++$count % 25 == 0;
		spew("$self->{dir}/$w.on", $count) if $count % 5 == 0;
		sleep($o{pause} // 0.004);
	}
	$self->_read($dbh, $w, $rep);
}

# The table that this transaction sees, and no other from now on, is defined
# so.  The lock is the one that the writer would take anyway.
sub _changed {
	my ($dbh, $w, $re) = @_;
	$dbh->selectall_arrayref("SELECT id FROM app.t WHERE id = " .
	    $w * $SPAN . " FOR UPDATE");
	my $r = $dbh->selectrow_arrayref("SHOW CREATE TABLE app.t");
	return $r->[1] =~ $re;
}

# What this writer alone has written is the same on both sides, now.
sub _read {
	my ($self, $dbh, $w, $rep) = @_;
	my ($from, $to) = ($w * $SPAN, $w * $SPAN + $LAST);
	for my $t (@{$self->{tables}}) {
		my @cols = $t eq 't' ? qw(id k g up v note) : $t eq 'g'
		    ? qw(id v) : qw(id p v);
		my @got;
		for my $side ('app', 'ctl') {
			my $sql = "SELECT " . join(', ', @cols) . " FROM " .
			    $self->name($t, $side) . " WHERE id BETWEEN " .
			    "$from AND $to";
			my $at = time;
			my $r = $dbh->selectall_arrayref($sql);
			_took($rep, $at, $sql);
			push @got, join "\n", sort map { join ' ', map {
			    $_ // 'NULL' } @$_ } @$r;
		}
		next if $got[0] eq $got[1];
		my %n;
		$n{$_}++ for split /\n/, $got[0];
		$n{$_}-- for split /\n/, $got[1];
		my @d = map { ($n{$_} > 0 ? '+' : '-') . $_ }
		    sort grep { $n{$_} } keys %n;
		push @{$rep->{problems}}, "$t is not what was committed: " .
		    join '; ', splice @d, 0, 6;
		return;
	}
}

# --- what it does -----------------------------------------------------------

sub _op {
	my ($self, $rnd, $w) = @_;
	my $base = $w * $SPAN;
	my $id = sub { $base + $ID[$rnd->(scalar @ID)] };
	my $or_null = sub { $rnd->(3) ? $id->() : 'NULL' };
	my $what = $rnd->($self->{own} ? 23 : 20);
	return $self->_parent($rnd, $what, $id, $or_null) if $what < 10;
	return $self->_grand($rnd, $id) if $what >= 20;
	my @c = @{$self->{children}} or
	    return "UPDATE {t} SET note = 'n' WHERE id = " . $id->();
	my $c = $c[$rnd->(scalar @c)];
	my ($i, $p, $v) = ($id->(), $or_null->(), $rnd->(100));
	$v = $or_null->() if $c eq 'c_two';
	my $ignore = $rnd->(8) ? '' : ' IGNORE';
	return "INSERT$ignore INTO {$c} (id, p, v) VALUES ($i, $p, $v)"
	    if $what < 14;
	return "UPDATE {$c} SET p = $p WHERE id = $i" if $what < 16;
	return "UPDATE {$c} SET v = $v WHERE id = $i" if $what < 17;
	return "UPDATE {$c} SET id = " . $id->() . " WHERE id = $i"
	    if $what < 18;
	return "DELETE FROM {$c} WHERE id = $i" if $what < 19;
	return "DELETE FROM {$c} WHERE p = $i";
}

sub _parent {
	my ($self, $rnd, $what, $id, $or_null) = @_;
	my ($i, $j, $v) = ($id->(), $id->(), $rnd->(1000));
	my $g = $self->{own} ? $or_null->() : 'NULL';
	my $up = $self->{self} ? $or_null->() : 'NULL';
	my $ignore = $rnd->(8) ? '' : ' IGNORE';
	return "INSERT$ignore INTO {t} (id, k, g, up, v, note) VALUES ($i, " .
	    "$j, $g, $up, $v, 'new')" if $what < 3;
	return "INSERT INTO {t} (id, k, v) VALUES ($i, $j, $v) " .
	    "ON DUPLICATE KEY UPDATE v = v + 1" if $what < 4;
	return "UPDATE {t} SET v = $v, note = 'v $v' WHERE id = $i"
	    if $what < 5;
	# A few neighbours move as well, in the order that lets them.
	return $rnd->(4) ? "UPDATE {t} SET id = $j WHERE id = $i"
	    : "UPDATE {t} SET id = id + 1 WHERE id BETWEEN $i AND $i + 3 " .
	    "AND id % $SPAN < $LAST - 9 ORDER BY id DESC" if $what < 6;
	return "UPDATE {t} SET k = $j WHERE id = $i" if $what < 7;
	return "UPDATE {t} SET g = $g, up = $up WHERE id = $i" if $what < 8;
	return "REPLACE INTO {t} (id, k, g, v) VALUES ($i, $j, $g, $v)"
	    if $what < 9 && $rnd->(3) == 0 && $self->{replaces};
	return "DELETE FROM {t} WHERE id = $i" if $what < 9;
	return "DELETE FROM {t} WHERE id BETWEEN $i AND $i + 1 AND v <> 0 " .
	    "AND note <> 'kept'";
}

sub _grand {
	my ($self, $rnd, $id) = @_;
	my ($i, $j, $what) = ($id->(), $id->(), $rnd->(4));
	return "INSERT INTO {g} (id, v) VALUES ($i, 0)" if $what == 0;
	return "UPDATE {g} SET id = $j WHERE id = $i" if $what == 1;
	return "DELETE FROM {g} WHERE id = $i" if $what == 2;
	return "UPDATE {g} SET v = v + 1 WHERE id = $i";
}

# The parents that all writers use; nobody deletes them.
sub _shared {
	my ($self, $rnd, $w) = @_;
	my $p = 1 + $rnd->(6);		# 6 is none
	my @c = grep { !/grand/ } @{$self->{children}};
	return "UPDATE {t} SET v = v + 1 WHERE id = $p"
	    if !@c || $rnd->(4) == 0;
	my $c = $c[$rnd->(scalar @c)];
	my $i = $w * $SPAN + $ID[$rnd->(scalar @ID)];
	return "INSERT INTO {$c} (id, p) VALUES ($i, $p)";
}

# --- what is tested ----------------------------------------------------------

# Each statement did what it did to the control.  Some may have met a deadlock
# that there would not be without us (the manual's BUGS); so few.  And where a
# connection was killed while MariaDB opened a table for it, triggers that were
# read by half.
sub same_answers {
	my ($self, $name) = @_;
	my $r = $self->stop;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @dead = grep { /: 1213 Deadlock/ } @{$r->{problems}};
	my $by_half = $self->{killed} && $self->{s}->is_mariadb ?
	    qr/: 1064 .* has an error in its body/ : qr/^(?!)/;
	my @rest = grep { !/: 1213 Deadlock/ && !/$by_half/ }
	    @{$r->{problems}};
	Test::More::is(join("\n", @rest), '', "$name: " .
	    "$r->{n} statements do what they do to the controls");
	my $few = 4 + int($r->{n} / 500);
	Test::More::cmp_ok(scalar @dead, '<=', $few, "... at most $few " .
	    'meet a deadlock') or Test::More::diag(join "\n", @dead);
}

# The application saw what it would have seen without us.  What stalls does so
# until a timeout, on any machine; less is for the benchmark to judge.
sub noticed_nothing {
	my ($self, $name) = @_;
	my $r = $self->stop;
	my $max = Noise::patience(2.5);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$self->same_answers($name);
	my ($longest, $which) = Noise::longest(@{$r->{slow}});
	Test::More::cmp_ok($longest, '<', $max, '... none takes longer ' .
	    "than $max s") or Test::More::diag("$which->{seconds} s: " .
	    $which->{sql});
	my @due = $self->{own} || $self->{self} || @{$self->{children}}
	    ? (1062, 1452) : 1062;
	push @due, 1451 if grep { /restrict/ } @{$self->{children}};
	# A short run may not have come to all of them; several will.
	$self->{seen}{$_} += $r->{errors}{$_} for keys %{$r->{errors}};
	$self->{said} += $r->{n};
	my @none = grep { !$self->{seen}{$_} } 0, @due;
	Test::More::is("@none", '', '... among them every kind of error')
	    if $self->{said} > 3000;
	Test::More::note(join ', ', map { "$_: $r->{errors}{$_}" } sort
	    keys %{$r->{errors}});
}

sub _rows {
	my ($self, $table, $side) = @_;
	my ($db) = split /\./, $self->name($table, $side);
	return rows_of($self->{s}, $db, $table);
}

# All tables hold what their controls hold.
sub same_everywhere {
	my ($self, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @bad;
	for my $t (@{$self->{tables}}) {
		push @bad, $t if $self->_rows($t, 'app') ne
		    $self->_rows($t, 'ctl');
	}
	Test::More::is("@bad", '', "$name: all tables hold what the " .
	    'controls do') and return 1;
	same_dump($self->_rows($_, 'app'), $self->_rows($_, 'ctl'), $_)
	    for @bad;
	return 0;
}

# Children without their parents, asked without the foreign keys' help.
sub _orphans {
	my ($self, $side) = @_;
	my @ref = map { my ($to, $col) = $REF{$_} =~ /^(\w+) \((\w+)\)/;
	    [$_, 'p', $to, $col] } @{$self->{children}};
	push @ref, ['c_two', 'v', 't', 'id']
	    if grep { $_ eq 'c_two' } @{$self->{children}};
	push @ref, ['t', 'g', 'g', 'id'] if $self->{own};
	push @ref, ['t', 'up', 't', 'id'] if $self->{self};
	my @bad;
	for (@ref) {
		my ($c, $col, $p, $key) = @$_;
		my $rows = join ' ', map { "$_->[0]>$_->[1]" }
		    $self->{s}->rows("SELECT c.id, c.$col FROM " .
		    $self->name($c, $side) . " AS c LEFT JOIN " .
		    $self->name($p, $side) . " AS p ON p.$key = c.$col " .
		    "WHERE c.$col IS NOT NULL AND p.$key IS NULL " .
		    "ORDER BY c.id LIMIT 5");
		push @bad, "$c.$col: $rows" if $rows ne '';
	}
	return join ', ', @bad;
}

sub no_orphans {
	my ($self, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return Test::More::is($self->_orphans('app'), $self->_orphans('ctl'),
	    "$name: the orphans that the application makes itself")
	    if $self->{unchecked};
	return Test::More::is($self->_orphans('app'), '',
	    "$name: no orphans") && Test::More::is($self->_orphans('ctl'), '',
	    '... nor with the controls');
}

# SHOW CREATE TABLE, as if it were in the schema app.
sub definition {
	my ($self, $table, $side) = @_;
	my ($r) = $self->{s}->rows("SHOW CREATE TABLE " .
	    $self->name($table, $side));
	my $def = $r->[1];
	$def =~ s/ AUTO_INCREMENT=\d+//;
	$def =~ s/`$SCHEMA{$_}`\./`$_`./g for keys %SCHEMA;
	return $def;
}

sub definitions {
	my ($self, $side) = @_;
	return join "\n", map { $self->definition($_, $side) }
	    @{$self->{tables}};
}

sub same_definitions {
	my ($self, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return same_dump($self->definitions('app'), $self->definitions('ctl'),
	    "$name: all tables are defined like the controls");
}

# Alters the control natively; then all is the same.
sub as_native {
	my ($self, $alter, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$self->{s}->sql("USE ctl; ALTER TABLE ctl.t $alter; USE mysql")
	    if defined $alter;
	$self->same_definitions($name);
	$self->same_everywhere('...');
	$self->no_orphans('...');
	nothing_left($self->{s}, $_) for 'app', 'far';
	$self->still_guarded('...');
}

# A migration while the application writes; $start is for start().
sub migrated {
	my ($self, $name, $alter, $start, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$self->start(%$start);
	my $r = migrate($self->{s}, $alter, 'app', 't', @opts);
	succeeded($r, 'app', 't', $name);
	$self->go_on;
	$self->noticed_nothing('... the application');
	$self->as_native($alter, '...');
}

# Every foreign key does on the one side what it does on the other.
sub still_guarded {
	my ($self, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dbh = $self->dbh;
	my $rep = { problems => [], errors => {}, n => 0 };
	my ($a, $b) = (20, 30);
	my @ops;
	# Two parents with a child of each kind, one to move, one to delete.
	push @ops, map { "INSERT INTO {g} (id, v) VALUES ($_, 0)" } $a, $b
	    if $self->{own};
	push @ops, map { "INSERT INTO {t} (id, k, g) VALUES ($_, $_, " .
	    ($self->{own} ? $_ : 'NULL') . ")" } $a, $b;
	for my $c (@{$self->{children}}) {
		push @ops, map { "INSERT INTO {$c} (id, p) VALUES ($_, $_)" }
		    $a, $b, 77;
	}
	push @ops, "INSERT INTO {t} (id, k, up) VALUES (40, 40, 20)",
	    "INSERT INTO {t} (id, k, up) VALUES (41, 41, 77)",
	    "INSERT INTO {t} (id, k, g) VALUES (42, 42, 77)";
	push @ops, "DELETE FROM {c_restrict} WHERE id = 20"
	    if grep { $_ eq 'c_restrict' } @{$self->{children}};
	push @ops, "UPDATE {t} SET id = 25, k = 25 WHERE id = 20",
	    "UPDATE {t} SET id = 35 WHERE id = 30",
	    "DELETE FROM {t} WHERE id IN (20, 25)",
	    "DELETE FROM {t} WHERE id = 30";
	push @ops, "UPDATE {g} SET id = 36 WHERE id = 30",
	    "DELETE FROM {g} WHERE id = 20", "DELETE FROM {g} WHERE id = 36"
	    if $self->{own};
	for my $op (@ops) {
		$self->_twice($dbh, $op, $rep);
	}
	Test::More::is(join("\n", @{$rep->{problems}}), '', "$name: every " .
	    'foreign key works');
	return $self->same_everywhere('...');
}

sub DESTROY {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local ($?, $!, $@);
	for my $pid (@{$self->{pids} // []}) {
		kill 'KILL', $pid;
		waitpid $pid, 0;
	}
}

1;
