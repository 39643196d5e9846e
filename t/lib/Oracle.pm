# A random table, a random ALTER, an application that writes at random: what
# livealter makes of it must be what ALTER TABLE makes of a copy.
#
#	my $o = Oracle->new(Server->start(general_log => 0));
#	my $c = $o->run(1234);
#	print $c->{class};		# 'migrated', 'both refuse', ...
#	print $o->report($c) if $c->{wrong};
#
# All of it follows from the seed, but for the moment at which a statement of
# the application meets livealter.
package Oracle;

use strict;
use warnings;

use LiveAlter;
use Oracle::Alter;
use Oracle::Compare qw(definition rows differences left_over);
use Oracle::Rand;
use Oracle::Table;
use Oracle::Traffic;

# What livealter refuses and the server does not: its exit status, what it
# says, what it is called here, and when (a function of the case; else always).
my @refusals = (
	# Rows could not be found again by the triggers.
	[4, qr/no unique key|no PRIMARY KEY/, 'no key'],
	# ADD POINT NOT NULL: the server leaves an empty text in the rows,
	# which is no point, and which no trigger can write.
	[17, qr/has no empty value/, 'no empty value'],
	# Warnings that tell of changed data are fatal by design; the server
	# must have given one as well.
	[35, qr/would change data/, 'changed data', \&_native_warned],
	# MariaDB makes NULL the time of the ALTER, and says nothing.
	[35, qr/would become the current time/, 'changed data'],
	# Values that cannot be written again can be kept by altering in
	# place, but not in a copy, whoever makes it.
	[35, qr/would change data/, 'possible only in place', \&_copy_warns],
	# The key wants UTC, a column that is computed of it the server's clock.
	[17, qr/computes values that depend on the time zone/, 'two clocks'],
);

sub new {
	my ($class, $s) = @_;
	my $dbh = $s->dbh;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'"
	    . ", time_zone = '+00:00'");
	my $self = bless { s => $s, dbh => $dbh, fl => $s->flavour }, $class;
	@{$self->{global}}{qw(sql_mode time_zone)} =
	    $dbh->selectrow_array("SELECT \@\@global.sql_mode, " .
	    "\@\@global.time_zone");
	return $self;
}

sub _try {
	my ($self, $sql) = @_;
	local $self->{dbh}{RaiseError} = 0;
	return defined $self->{dbh}->do($sql);
}

# --- making a case ---------------------------------------------------------

# The ALTER has the server's own sql_mode and time zone, so they vary, too.
sub _settings {
	my ($self, $c, $r) = @_;
	my %g = %{$self->{global}};
	$g{sql_mode} = $r->pick('', 'NO_ENGINE_SUBSTITUTION',
	    'STRICT_ALL_TABLES,ANSI_QUOTES', 'STRICT_TRANS_TABLES')
	    if $r->chance(15);
	# None in which an hour comes twice: MySQL's own ALTER, when it copies
	# in such a zone, moves a TIMESTAMP of that hour.
	$g{time_zone} = $r->pick('+02:00', '+05:45', '-08:00')
	    if $r->chance(30);
	$self->{dbh}->do("SET GLOBAL sql_mode = '$g{sql_mode}', " .
	    "GLOBAL time_zone = '$g{time_zone}'");
	$c->{global} = \%g;
}

sub _fresh {
	my ($self, @dbs) = @_;
	$self->{dbh}->do("DROP DATABASE IF EXISTS $_") for @dbs;
	$self->{dbh}->do("CREATE DATABASE $_ CHARACTER SET utf8mb4")
	    for @dbs;
}

# Not every table that comes to mind can be had.
sub _make_table {
	my ($self, $c) = @_;
	for my $try (1 .. 40) {
		my $r = Oracle::Rand->new($c->{seed}, "table $try");
		my $t = $c->{t} = Oracle::Table->new($r, $self->{fl});
		if (!$self->_try($t->create('ctl.t'))) {
			push @{$self->{bad_tables}}, $self->{dbh}->errstr;
			next;
		}
		$self->{dbh}->do($t->create($_)) for 'live.t', 'pre.t';
		$c->{fill} = [map { $t->insert($r, '@T@', 50) }
		    1 .. $r->weighted(1 => 0, 3 => 1, 3 => 3, 3 => 6)];
		$self->_fill($c);
		return;
	}
	die "seed $c->{seed}: no table can be made\n";
}

sub _fill {
	my ($self, $c) = @_;
	my $dbh = $self->{dbh};
	# For defaults, the same time on both sides.
	$dbh->do("SET timestamp = 1779999999.125");
	for my $db ('live', 'ctl') {
		$dbh->do(s/\@T\@/$db.t/r) for @{$c->{fill}};
		$dbh->do("DELETE FROM $db.t WHERE " .
		    Oracle::Table::ident($c->{t}{auto}{name}) . ' > 90')
		    if $c->{t}{auto} && $c->{seed} % 3 == 0;
	}
	$self->_insert_select($c, 'ctl');
	my $d = differences('rows', [rows($dbh, 'live')],
	    [rows($dbh, 'ctl')]) // return;
	die "seed $c->{seed}: the tables differ from the start\n$d\n";
}

sub _insert_select {
	my ($self, $c, $from) = @_;
	my $cols = join ', ', map { Oracle::Table::ident($_->{name}) }
	    $c->{t}->writable;
	$self->{dbh}->do("INSERT IGNORE INTO pre.t ($cols) " .
	    "SELECT $cols FROM $from.t");
}

# Most ALTERs are to be possible; the server tells which are.
sub _make_alter {
	my ($self, $c, $r) = @_;
	my $any = $r->chance(10);
	for my $try (1 .. 15) {
		$c->{alter} = Oracle::Alter->new(
		    Oracle::Rand->new($c->{seed}, "alter $try"),
		    $c->{t}, $c->{busy})->sql;
		return if $any;
		my $n = $self->_native('pre', $c->{alter});
		return if $n->{ok};
		push @{$self->{bad_alters}}, "$n->{text}: $c->{alter}";
	}
}

sub _native {
	my ($self, $db, $alter, $mode) = @_;
	my $dbh = $self->{s}->dbh;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET sql_mode = '$mode'") if defined $mode;
	local $dbh->{RaiseError} = 0;
	my $ok = $dbh->do("ALTER TABLE $db.t $alter");
	my %n = (ok => defined $ok, errno => $dbh->err // 0,
	    text => $dbh->errstr // '');
	# It happens that a server falls over what it is asked to alter.
	die "the server fell: $alter\n" if $n{errno} =~ /^(2006|2013)$/;
	my $w = $dbh->selectall_arrayref("SHOW WARNINGS");
	$n{warnings} = [map { "$_->[0] $_->[1]: $_->[2]" } @$w];
	$dbh->disconnect;
	return \%n;
}

# --- running it ------------------------------------------------------------

sub run {
	my ($self, $seed) = @_;
	my $r = Oracle::Rand->new($seed, 'case');
	my $c = $self->{case} = { seed => $seed, class => 'broken off' };
	my $dbh = $self->{dbh};
	$self->_settings($c, $r);
	$self->_fresh(qw(live ctl pre));
	$self->_make_table($c);
	# Without a key, ORDER BY ... LIMIT is whatever the server likes.
	$c->{busy} = $r->chance(75) && ($c->{t}{pk} ||
	    grep { $_->{name} eq 'identity' } @{$c->{t}{idx}});
	$self->_make_alter($c, $r);
	$c->{args} = ['--chunk-size', $r->pick(1, 3, 7, 20, 100),
	    '--threads', $r->weighted(6 => 1, 2 => 2, 1 => 3)];
	# Numbers are given as the rows come.
	$c->{args}[3] = 1 if $c->{alter} =~ /AUTO_INCREMENT UNIQUE/;
	push @{$c->{args}}, '--sleep', '0.002' if $r->chance(70);
	# Every second seed, or as the environment says.
	push @{$c->{args}}, '--defer-indexes', $ENV{ORACLE_DEFER} //
	    ($seed % 2 ? 'always' : 'never');
	$c->{before} = definition($dbh, 'live');

	my $app = $c->{busy} ? Oracle::Traffic->start($self->{s}, $seed,
	    $c->{t}) : undef;
	$c->{run} = $self->_livealter($c);
	$c->{app} = $app->stop if $app;
	# What the application wrote may have gone again: ask once more.
	if ($app && ($c->{run}{exit} =~ /^3[56]$/ || $c->{run}{exit} == 17 &&
	    $c->{run}{err} =~ /in the existing rows/) &&
	    !$c->{app}{error}) {
		$c->{first} = $c->{run};
		$c->{run} = $self->_livealter($c);
	}
	$c->{native} = $self->_native('ctl', $c->{alter});
	$self->_judge($c);
	return $c;
}

sub _livealter {
	my ($self, $c) = @_;
	return run_livealter($self->{s}, { timeout => 60 }, '--alter',
	    $c->{alter}, 'D=live,t=t', '--execute', @{$c->{args}});
}

# --- judging it ------------------------------------------------------------

sub _judge {
	my ($self, $c) = @_;
	my @wrong;
	push @wrong, $c->{app}{error} if $c->{app} && $c->{app}{error};
	push @wrong, left_over($self->{dbh});
	my $done = $c->{run}{exit} == 0;
	if ($done && $c->{native}{ok}) {
		$c->{class} = 'migrated';
		push @wrong, $self->_compare($c, 1);
	} elsif ($done && $self->_zero_dates($c)) {
		$c->{class} = 'zero dates kept';
		push @wrong, $self->_compare($c, 1);
	} elsif ($done) {
		$c->{class} = 'only the server refuses';
		push @wrong, "native ALTER: $c->{native}{errno} " .
		    $c->{native}{text};
	} elsif (!$c->{native}{ok}) {
		$c->{class} = 'both refuse';
		push @wrong, $self->_compare($c, 0);
	} else {
		$c->{class} = $self->_refusal($c);
		push @wrong, 'only livealter refuses' if !$c->{class};
		$c->{class} //= 'only livealter refuses';
	}
	@wrong = grep { defined } @wrong;
	$c->{wrong} = join "\n", @wrong if @wrong;
}

sub _refusal {
	my ($self, $c) = @_;
	for (@refusals) {
		my ($exit, $says, $class, $when) = @$_;
		return "refused: $class" if $c->{run}{exit} == $exit &&
		    $c->{run}{err} =~ $says && (!$when || $self->$when($c));
	}
	return;
}

# When the server copies the table it looks at every date anew, and refuses
# zeros that it would keep when it alters in place.  We keep them always.
sub _zero_dates {
	my ($self, $c) = @_;
	return 0 if $c->{native}{text} !~ /^Incorrect \w+ value: '0000-00-00/;
	$c->{native} = $self->_native('ctl', $c->{alter}, '');
	return $c->{native}{ok};
}

sub _native_warned {
	my ($self, $c) = @_;
	return scalar @{$c->{native}{warnings}};
}

# live.t is what it was.
sub _copy_warns {
	my ($self, $c) = @_;
	$self->_fresh('pre');
	$self->{dbh}->do($c->{t}->create('pre.t'));
	$self->_insert_select($c, 'live');
	my $with = $c->{alter} =~ /^(PARTITION BY|REMOVE)/ ? ' ' : ', ';
	my $n = $self->_native('pre', "ALGORITHM=COPY$with$c->{alter}");
	return 0 if $n->{errno} == 1064;
	return !$n->{ok} || @{$n->{warnings}};
}

# On MySQL the name of a CHECK is unique in its database.  One that was given
# by hand comes back with an underscore more or less, which the manual says
# under BUGS; the list is in the order of names.
sub _expected_checks {
	my ($self, $c, $def) = @_;
	return $def if !$c->{t}->mysql;
	my %given = map { $_ => /^_(.+)/ ? $1 : "_$_" } grep { !/^t_chk_/ }
	    $c->{before} =~ /^  CONSTRAINT `([^`]+)` CHECK/mg;
	$def =~ s{^(  CONSTRAINT `)([^`]+)(?=` CHECK)}
	    {$1 . ($given{$2} // $2)}gme;
	return $def;
}

# The lines without their commas, CHECKs in the order of their names.
sub _lines {
	my ($self, $def) = @_;
	my @l = map { s/,$//r } split /\n/, $def;
	# MySQL shows a literal of a CHECK as it was converted when the table
	# was last opened.
	s/\b_[a-z0-9]+'/'/g for $self->{s}->is_mysql ?
	    grep { /^  CONSTRAINT .* CHECK / } @l : ();
	my @checks = sort grep { /^  CONSTRAINT .* CHECK / } @l;
	return \@l if !$self->{s}->is_mysql;
	return [map { /^  CONSTRAINT .* CHECK / ? shift @checks : $_ } @l];
}

# May the counters differ?
sub _counter_unsure {
	my ($self, $c, $live, $ctl) = @_;
	return 1 if $c->{app} && $c->{app}{drew};
	# Numbers that the copy gives, or that were mirrored and taken back.
	return 1 if $c->{alter} =~ /AUTO_INCREMENT/;
	# An UPDATE that moves an id beyond the counter does not raise it; the
	# row that the triggers then write does.  It must not be lower.
	my ($to, $native) = map { / AUTO_INCREMENT=(\d+)/ ? $1 : 0 } $live,
	    $ctl;
	return $c->{app} && $to > $native;
}

sub _compare {
	my ($self, $c, $swapped) = @_;
	my $dbh = $self->{dbh};
	my ($live, $ctl) = map { definition($dbh, $_) } 'live', 'ctl';
	$ctl = $self->_expected_checks($c, $ctl) if $swapped;
	s/ AUTO_INCREMENT=\d+// for $self->_counter_unsure($c, $live, $ctl)
	    ? ($live, $ctl) : ();
	return (differences('definition', $self->_lines($live),
	    $self->_lines($ctl)), differences('rows',
	    [rows($dbh, 'live')], [rows($dbh, 'ctl')]));
}

# --- telling it ------------------------------------------------------------

sub _said {
	my ($what, $run) = @_;
	return $run ? "$what: exit $run->{exit}\n$run->{err}" : ();
}

# Of a case that was broken off, what there is.
sub report {
	my ($self, $c) = @_;
	my $app = $c->{app} // {};
	my $n = $c->{native} // {};
	my @fill = map { s/\@T\@/t/gr } @{$c->{fill} // []};
	my @w = @{$n->{warnings} // []};
	splice @w, 3 if @w > 3;
	return join "\n", "seed $c->{seed}: $c->{class}",
	    "server: $self->{fl} $self->{s}{version}, sql_mode " .
	    "'$c->{global}{sql_mode}', time_zone $c->{global}{time_zone}",
	    $c->{t} ? $c->{t}->create('t') . ';' : (),
	    $ENV{ORACLE_ROWS} ? map { "$_;" } @fill : (),
	    'ALTER TABLE t ' . ($c->{alter} // '?') . ';',
	    "livealter --alter ... --execute @{$c->{args} // []}",
	    _said('first run', $c->{first}), _said('livealter', $c->{run}),
	    'native: ' . ($n->{ok} ? 'done' : 'refused') . join(' ', '',
	    grep { $_ } $n->{errno}, $n->{text}, map { "[$_]" } @w),
	    'traffic: ' . ($c->{app} ? "$app->{transactions} transactions, " .
	    "$app->{deadlocks} deadlocks, up to the " . ($app->{swapped}
	    ? 'swap' : 'end') : 'none'),
	    'WRONG: ' . ($c->{wrong} // 'see above'),
	    "again: make oracle SEED=$c->{seed} N=1 " .
	    "LIVEALTER_SERVER=$self->{fl}", '(ORACLE_ROWS=1 shows the rows, ' .
	    'ORACLE_SQL=FILE keeps the application\'s statements; ' .
	    'when the application meets livealter is left to chance)', '';
}

1;
