package PairTables;
# Tables with a column for each of many pairs of types, see Pairs.pm: what
# ALTER TABLE takes is taken under live writes, and what it refuses is written
# neither by the triggers nor by the copy.
use strict;
use warnings;

use Exporter 'import';
use LiveAlter;
use Pairs;
use Story;
use Test::More;

our @EXPORT = qw(make alter taken not_taken);

our $TEXT = qr/^(CHAR|VARCHAR|\w*TEXT|ENUM|SET|BINARY|VARBINARY|\w*BLOB|JSON)/;

my ($s, $dbh, $mode, $maria, @beside);

# Before anything else: the server, a connection to its database app, and the
# sql_mode by which ALTER TABLE judges.  Further columns, [name, type, value],
# are in every table and stay what they are.
sub setup {
	($s, $dbh, $mode, @beside) = @_;
	$maria = $s->is_mariadb;
}

# --- tables -----------------------------------------------------------------

# One column for each pair, with the values of that list, over and over again.
sub make {
	my ($name, $list, @p) = @_;
	$dbh->do("DROP TABLE IF EXISTS $name");
	$dbh->do("SET sql_mode = 'ALLOW_INVALID_DATES'");
	$dbh->do("CREATE TABLE $name (id INT PRIMARY KEY, " . join(', ', (map {
	    "c$_ $p[$_]{from}{sql}" } 0 .. $#p), map { "$_->[0] $_->[1] NULL" }
	    @beside) . ')');
	my ($n) = sort { $b <=> $a } map { scalar @{$_->{$list}} } @p;
	for my $i (0 .. $n - 1) {
		$dbh->do("INSERT IGNORE INTO $name VALUES (" . join(', ',
		    $i + 1, map { my $v = $_->{$list};
		    @$v ? $v->[$i % @$v] : 'NULL' } @p, map { { $list =>
		    [$_->[2]] } } @beside) . ')');
	}
	return $n;
}

sub alter {
	my (@p) = @_;
	return join ', ', map { "MODIFY c$_ $p[$_]{to}{sql}" } 0 .. $#p;
}

# All values are inserted, rows get those of others, and some go.
sub write_all {
	my ($t, $n, @p) = @_;
	my $cols = join ', ', (map { "c$_" } 0 .. $#p), map { $_->[0] } @beside;
	my $set = join ', ', map { "t.c$_ = s.c$_" } 0 .. $#p;
	$dbh->do("SET sql_mode = 'ALLOW_INVALID_DATES'");
	$dbh->do("INSERT INTO $t (id, $cols) SELECT id + 1000, $cols " .
	    "FROM source");
	$dbh->do("UPDATE $t t JOIN source s ON s.id = t.id % $n + 1 SET $set " .
	    "WHERE t.id < 1000");
	$dbh->do("DELETE FROM $t WHERE id % 4 = 0");
}

# What a difference is about.
sub which {
	my (@p) = @_;
	for my $i (0 .. $#p) {
		my ($x, $y) = map { rows_of($s, 'app', $_, 'id', "c$i") } 't',
		    'control';
		next if $x eq $y;
		my %n = map { $_ => 1 } split /\n/, $y;
		my @d = grep { !$n{$_} } split /\n/, $x;
		diag("$p[$i]{from}{sql} to $p[$i]{to}{sql}: @d[0 .. ($#d > 3
		    ? 3 : $#d)]\n  of: " . join ', ', @{$p[$i]{good}});
	}
}

# Which of them are at fault when livealter does not take them all.
sub culprits {
	my ($list, @p) = @_;
	make('t', $list, @p);
	my $r = migrate($s, alter(@p), 'app', 't');
	return if $r->{exit} == 0;
	return join("\n", "$p[0]{from}{sql} to $p[0]{to}{sql}: $r->{exit}",
	    grep { /error/ } split /\n/, $r->{err}) if @p == 1;
	my @half = splice @p, 0, @p / 2;
	return (culprits($list, @half), culprits($list, @p));
}

# --- what is possible -------------------------------------------------------

# What stays as it is would be judged where ALTER TABLE copies, though not where
# it does the same in place.
sub alter_control {
	my (@p) = @_;
	$dbh->do("UPDATE control SET $_->[0] = NULL") for @beside;
	$dbh->do("SET sql_mode = '" . Pairs::strict_mode($mode) . "'");
	$dbh->do("ALTER TABLE control " . alter(@p));
	$dbh->do("SET sql_mode = 'ALLOW_INVALID_DATES'");
	$dbh->do("UPDATE control SET $_->[0] = $_->[2]") for @beside;
}

sub taken {
	my ($name, $opts, @p) = @_;
	my $n = make('source', 'good', @p);
	for my $t ('t', 'control') {
		$dbh->do("DROP TABLE IF EXISTS $t");
		$dbh->do("CREATE TABLE $t LIKE source");
		$dbh->do("INSERT INTO $t SELECT * FROM source");
	}
	my $p = start_to_step($s, 'after:copy', alter(@p), 'app', 't', @$opts);
	write_all('t', $n, @p) if $p->running;
	$p->kill('CONT');
	my $r = $p->wait;
	succeeded($r, 'app', 't', $name) or
	    diag(join ' ', map { "c$_: $p[$_]{from}{sql} to $p[$_]{to}{sql};" }
	    grep { $r->{err} =~ /'c$_'/ } 0 .. $#p),
	    return diag(join "\n", culprits('good', @p));
	write_all('control', $n, @p);
	alter_control(@p);
	same_bytes($s, 'app', 't', 'control', '... with the values of ' .
	    'ALTER TABLE') or which(@p);
	same_definition($s, 'app', 't', 'control', '... and its definition');
	nothing_left($s, 'app');
}

# --- what is not ------------------------------------------------------------

# Each value in a row of its own, with nothing beside it.
sub unfit {
	my (@p) = @_;
	my @rows;
	for my $i (0 .. $#p) {
		push @rows, map { [$i, $_] } @{$p[$i]{bad}};
	}
	return @rows;
}

# The statement of the copy, for one row, and its sql_mode.
sub statement_of_copy {
	my ($mark) = @_;
	my @e = $s->log_entries($mark);
	my ($copy) = grep { $_->{text} =~ /^INSERT LOW_PRIORITY/ } @e;
	my ($m) = map { $_->{id} == $copy->{id} && $_->{text} =~
	    /(sql_mode = '[^']*', time_zone = [^,\s]+)/ ? $1 : () } @e;
	return ("SET $m", $copy->{text} =~
	    s/( FROM \S+ FORCE INDEX \S+ WHERE ).*/$1/rs);
}

sub harmless {
	my ($w, $p) = @_;
	# Of a text that is cut off MySQL makes no more than a note.
	return 0 if !$maria && $p->{to}{sql} =~ /^DECIMAL/ &&
	    $p->{from}{sql} =~ $TEXT;
	return $w->[0] eq 'Note' || $w->[1] =~ /^(1287|1681|409[56])$/;
}

sub not_taken {
	my ($name, @p) = @_;
	make('t', 'good', @p);
	my $mark = $s->log_mark;
	my $p = start_to_step($s, 'after:copy', alter(@p), 'app', 't',
	    '--verify', 'none');
	return if !$p->running;
	my ($session, $copy) = statement_of_copy($mark);
	my (@copied, @written);
	my ($id, %row, %of) = (5000);
	$dbh->do("SET sql_mode = 'ALLOW_INVALID_DATES'");
	for (unfit(@p)) {
		my ($i, $v) = @$_;
		$of{++$id} = $p[$i];
		$row{$id} = "$p[$i]{from}{sql} to $p[$i]{to}{sql}: $v";
		$dbh->do("INSERT IGNORE INTO t (id, c$i) VALUES ($id, $v)");
	}
	my %noted = map { $_->[0] => 1 } $s->rows("SELECT row_key FROM " .
	    "app.$_") for grep { /notes|rejects/ } map { $_->[0] }
	    $s->rows("SHOW TABLES FROM app LIKE '\\_t\\_%'");
	my %there = map { $_->[0] => 1 } $s->rows("SELECT id FROM app._t_new");
	@written = map { $row{$_} } grep { $there{$_} } sort keys %row;
	$dbh->do($session);
	for my $k (sort keys %row) {
		next if $there{$k};
		$dbh->begin_work;
		my $ok = eval { $dbh->do("$copy id = $k"); 1 };
		my $w = $dbh->selectall_arrayref("SHOW WARNINGS");
		push @copied, $row{$k} if $ok &&
		    !grep { !harmless($_, $of{$k}) } @$w;
		$dbh->rollback;
	}
	$dbh->do("SET time_zone = DEFAULT");
	$p->kill('CONT');
	my $r = $p->wait;
	is(join("\n", @written), '', "$name: what ALTER TABLE refuses, the " .
	    'triggers do not write');
	is(join("\n", @copied), '', '... and the copy does not, either');
	is($r->{exit}, 36, '... it ends with 36') or diag $r->{err} if %row;
	nothing_left($s, 'app');
}

1;
