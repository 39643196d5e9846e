# A random table: what it is made of, CREATE TABLE, and rows.
#
#	my $t = Oracle::Table->new($r, 'mysql');
#	print $t->create('app.t'), ";\n", $t->insert($r, 'app.t', 40);
package Oracle::Table;

use strict;
use warnings;

use Exporter qw(import);

use Oracle::Type qw(random_type key_type value key_value quoted charset_of
    default_for);

our @EXPORT_OK = qw(ident text quote_plain);

my @odd_names = ('order', 'select', 'two words', 'a`b', "it's", 'RENAME',
    'to', 'a.b', 'comment', 'x,y', 'DROP', 'Mixed', '1st', 'c(1)', 'first',
    'index', "\xc3\xa9t\xc3\xa9");
my @texts = ('RENAME COLUMN a TO b', 'x, DROP COLUMN c1', 'it\'s', '',
    'a; b', '`c1`', 'plain', '/* no comment', 'AUTO_INCREMENT=7 ', '(');

sub ident { my ($n) = @_; $n =~ s/`/``/g; "`$n`" }

sub new {
	my ($class, $r, $fl) = @_;
	my $self = bless { fl => $fl, cols => [], idx => [], checks => [],
	    n => 0 }, $class;
	$self->_make_key($r);
	$self->_add_column($r) for 1 .. $r->weighted(1 => 0, 8 => 2, 8 => 4,
	    4 => 7, 2 => 11);
	@{$self->{cols}} = $r->shuffle(@{$self->{cols}}) if $r->chance(25);
	$self->_make_partitions($r) if $r->chance(12);
	$self->_make_generated($r) for 1 .. $r->weighted(6 => 0, 3 => 1,
	    1 => 2);
	$self->_make_index($r) for 1 .. $r->weighted(3 => 0, 4 => 1, 3 => 2,
	    2 => 4);
	push @{$self->{checks}}, $self->check($r)
	    for 1 .. $r->weighted(7 => 0, 2 => 1, 1 => 2);
	$self->{opts} = $self->_options($r);
	return $self;
}

sub mysql { $_[0]{fl} eq 'mysql' }
sub text { my ($r) = @_; return $r->pick(@texts) }

sub fresh_name {
	my ($self, $r) = @_;
	$self->{n}++;
	my $name = "c$self->{n}";
	$name = $r->pick(@odd_names) if $r->chance(12);
	my %taken = map { lc $_->{name} => 1 } @{$self->{cols}};
	return $taken{lc $name} ? "c$self->{n}" : $name;
}

# --- columns ---------------------------------------------------------------

sub column {
	my ($self, $r, %o) = @_;
	my $t = $o{t} // random_type($r, $self->{fl});
	my $c = { name => $self->fresh_name($r), t => $t,
	    null => $r->chance(60) ? 1 : 0 };
	# MySQL's ALTER does not evaluate the DEFAULT of such a column (1138).
	$c->{null} = 1 if $t->{fam} eq 'spatial' && $self->mysql;
	$t->{zero} = 1 if $t->{fam} =~ /^date/ && $r->chance(4);
	$c->{def} = default_for($r, $self->{fl}, $t);
	$c->{inv} = 1 if $r->chance(4) && ($c->{null} || $c->{def} ne '');
	$c->{comment} = text($r) if $r->chance(12);
	return $c;
}

sub _add_column {
	my ($self, $r) = @_;
	push @{$self->{cols}}, $self->column($r);
}

sub definition {
	my ($c) = @_;
	my $s = $c->{t}{sql} . ($c->{t}{after} // '');
	if ($c->{gen}) {
		$s .= " GENERATED ALWAYS AS ($c->{gen}) $c->{kind}";
	} else {
		$s .= $c->{null} ? ' NULL' : ' NOT NULL';
		$s .= $c->{def} // '';
		$s .= ' AUTO_INCREMENT' if $c->{auto};
	}
	$s .= ' INVISIBLE' if $c->{inv};
	$s .= ' COMMENT ' . quote_plain($c->{comment})
	    if defined $c->{comment};
	return $s;
}

# COMMENT takes no introducer.
sub quote_plain {
	my ($text) = @_;
	return "'" . $text =~ s/'/''/gr . "'";
}

sub column_by_name {
	my ($self, $name) = @_;
	my ($c) = grep { $_->{name} eq $name } @{$self->{cols}};
	return $c;
}

# --- the key that identifies a row -----------------------------------------

sub _key_column {
	my ($self, $r, $t) = @_;
	my $c = { name => $self->fresh_name($r), t => $t, null => 0,
	    key => 1 };
	$t->{neg} = 1 if $t->{fam} eq 'int' && $r->chance(25);
	$t->{far} = 1 if $t->{fam} eq 'int' && $t->{bytes} == 8 &&
	    $r->chance(30);
	push @{$self->{cols}}, $c;
	return $c;
}

sub _make_key {
	my ($self, $r) = @_;
	my $how = $r->weighted(34 => 'auto', 34 => 'one', 20 => 'composite',
	    9 => 'unique', 2 => 'none');
	my @k = map { $self->_key_column($r, key_type($r, $self->{fl})) }
	    1 .. ($how eq 'composite' ? $r->between(2, 3) : 1);
	if ($how eq 'auto') {
		my $c = $k[0];
		my $uns = $r->chance(40);
		my $type = $r->pick('INT', 'INT', 'BIGINT', 'MEDIUMINT');
		$c->{t} = { fam => 'int', bytes => $type eq 'BIGINT' ? 8 :
		    $type eq 'INT' ? 4 : 3, uns => $uns,
		    sql => $uns ? "$type UNSIGNED" : $type };
		$c->{t}{neg} = 1 if !$uns && $r->chance(15);
		$c->{auto} = 1;
		$self->{auto} = $c;
	}
	$self->{key} = \@k;
	my @parts = map { { col => $_, desc => $r->chance(10) } } @k;
	if ($how eq 'unique') {
		push @{$self->{idx}}, { name => 'identity', kind => 'UNIQUE',
		    parts => \@parts };
	} elsif ($how ne 'none') {
		$self->{pk} = { kind => 'PRIMARY', parts => \@parts };
	}
}

# --- indexes ---------------------------------------------------------------

sub part_sql {
	my ($p) = @_;
	return "($p->{expr})" if $p->{expr};
	return ident($p->{col}{name}) .
	    ($p->{prefix} ? "($p->{prefix})" : '') .
	    ($p->{desc} ? ' DESC' : '');
}

sub index_sql {
	my ($i) = @_;
	my $list = '(' . join(', ', map { part_sql($_) } @{$i->{parts}}) .
	    ')';
	return "PRIMARY KEY $list" if $i->{kind} eq 'PRIMARY';
	my $s = ($i->{kind} eq '' ? 'KEY' : "$i->{kind} KEY") .
	    (defined $i->{name} ? ' ' . ident($i->{name}) : '') .
	    " $list";
	return $s . ($i->{more} // '');
}

# One that may be in a key, and how.
sub part {
	my ($self, $r, @cols) = @_;
	my $c = $r->pick(@cols);
	my $t = $c->{t};
	my $p = { col => $c, desc => $r->chance(12) };
	$p->{prefix} = $r->between(1, 5) if $t->{fam} =~ /^(text|binary)$/ &&
	    ($t->{lob} || $t->{n} > 5 && $r->chance(20)) && !$c->{key};
	return $p;
}

sub random_index {
	my ($self, $r, $name) = @_;
	my @cols = grep { $_->{t}{fam} !~ /^(json|spatial|vector)$/ }
	    @{$self->{cols}};
	return if !@cols;
	my $kind = $r->weighted(14 => '', 3 => 'UNIQUE', 2 => 'FULLTEXT',
	    2 => 'SPATIAL');
	my $i = { name => $name, kind => $kind };
	if ($kind eq 'FULLTEXT') {
		@cols = grep { $_->{t}{fam} eq 'text' && !$_->{gen} } @cols;
		return if !@cols;
		$i->{parts} = [{ col => $r->pick(@cols) }];
	} elsif ($kind eq 'SPATIAL') {
		@cols = grep { $_->{t}{fam} eq 'spatial' && !$_->{null} }
		    @{$self->{cols}};
		return if !@cols;
		$i->{parts} = [{ col => $r->pick(@cols) }];
	} else {
		my %seen;
		$i->{parts} = [grep { !$seen{$_->{col}{name}}++ } map {
		    $self->part($r, @cols) } 1 .. $r->between(1, 3)];
		# Of few columns few rows would be left.
		push @{$i->{parts}}, grep { !$seen{$_->{col}{name}}++ } map {
		    { col => $_ } } @{$self->{key}} if $kind eq 'UNIQUE' &&
		    $r->chance(70);
		push @{$i->{parts}}, { expr => $self->expression($r)->{gen} }
		    if $self->mysql && $r->chance(12);
	}
	$i->{more} = ' COMMENT ' . quote_plain(text($r)) if $r->chance(8);
	$i->{more} = $self->mysql ? ' INVISIBLE' : ' IGNORED'
	    if $r->chance(6);
	return $i;
}

sub fresh_index {
	my ($self, $r) = @_;
	my $n = ++$self->{n_idx};
	return $r->chance(10) ? "RENAME, $n" : "i$n";
}

sub _make_index {
	my ($self, $r) = @_;
	my $i = $self->random_index($r, $self->fresh_index($r)) // return;
	push @{$self->{idx}}, $i;
}

# --- generated columns, checks ---------------------------------------------

# A type and an expression for it that no value makes fail.
sub expression {
	my ($self, $r) = @_;
	my @c = grep { !$_->{gen} && !$_->{auto} } @{$self->{cols}};
	my $int = { fam => 'int', bytes => 8, sql => 'BIGINT' };
	my $vc = { fam => 'text', n => 60, sql => 'VARCHAR(60)',
	    base => 'VARCHAR(60)' };
	return { t => $int, gen => '1 + 1' } if !@c;
	my $c = $r->pick(@c);
	my ($n, $fam) = (ident($c->{name}), $c->{t}{fam});
	return { t => $int, gen => $r->pick("$n % 7", "COALESCE($n, 0) % 10",
	    "IF($n > 5, 1, 0)") } if $fam =~ /^(int|year|decimal)$/;
	return { t => $int, gen => "CHAR_LENGTH($n)" }
	    if $fam eq 'text' && $r->chance(40);
	# On MySQL a value that does not fit makes the application's UPDATE
	# fail as soon as there is any trigger: see BUGS.
	my $cs = $self->mysql ? 'utf8mb4' : $c->{t}{cs};
	return { t => { %$vc, sql => 'VARCHAR(60)' . ($cs ?
	    " CHARACTER SET $cs" : '') }, gen => $r->pick("LEFT($n, 3)",
	    "UPPER(LEFT($n, 5))", "CONCAT('x, ', LEFT($n, 4))") }
	    if $fam eq 'text';
	return { t => $int, gen => $r->pick("YEAR($n)", "DAYOFMONTH($n)") }
	    if $fam =~ /^(date|datetime)$/;
	return { t => $vc, gen => "JSON_TYPE($n)" } if $fam eq 'json';
	return { t => $int, gen => "LENGTH($n)" } if $fam eq 'binary';
	return { t => $int, gen => "ISNULL($n)" };
}

sub generated {
	my ($self, $r) = @_;
	my $e = $self->expression($r);
	return { name => $self->fresh_name($r), %$e, null => 1,
	    kind => $r->pick('VIRTUAL', 'STORED') };
}

sub _make_generated {
	my ($self, $r) = @_;
	push @{$self->{cols}}, $self->generated($r);
}

sub check {
	my ($self, $r) = @_;
	my $e = $self->expression($r);
	my $name = $r->chance(50) ? 'ck' . ++$self->{n_checks} : undef;
	return { name => $name, idle => $self->mysql && $r->chance(12),
	    expr => "($e->{gen}) IS NULL OR ($e->{gen}) "
	    . ($e->{t}{fam} eq 'int' ? '> -1000' : "<> 'never'") };
}

sub check_sql {
	my ($c) = @_;
	return (defined $c->{name} ? 'CONSTRAINT ' .
	    ident($c->{name}) . ' ' : '') . "CHECK ($c->{expr})" .
	    ($c->{idle} ? ' NOT ENFORCED' : '');
}

# --- partitions, options ---------------------------------------------------

sub _make_partitions {
	my ($self, $r) = @_;
	my $k = $self->{key}[0];
	$self->{part} = $self->partition_by($r, $k) or return;
	# What cannot be in a partitioned table.
	@{$self->{cols}} = grep { $_->{t}{fam} ne 'spatial' }
	    @{$self->{cols}};
	$self->{partitioned} = 1;
}

sub partition_by {
	my ($self, $r, $k) = @_;
	my ($n, $fam) = (ident($k->{name}), $k->{t}{fam});
	my $any = "KEY ($n) PARTITIONS " . $r->between(2, 5);
	$any = "LINEAR $any" if $r->chance(20);
	return $any if $r->chance(20);
	my $max = ", PARTITION pm VALUES LESS THAN ";
	if ($fam eq 'int') {
		return $r->pick("HASH ($n) PARTITIONS 3", "LINEAR HASH ($n) " .
		    "PARTITIONS 4", "RANGE ($n) (PARTITION p0 VALUES LESS " .
		    "THAN (50)$max MAXVALUE)", "RANGE ($n) (PARTITION p0 " .
		    "VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN " .
		    "(200) COMMENT = 'RENAME, b'$max MAXVALUE)",
		    "RANGE ($n) SUBPARTITION BY HASH ($n) SUBPARTITIONS 2 " .
		    "(PARTITION p0 VALUES LESS THAN (100)$max MAXVALUE)",
		    "LIST (ABS($n % 3)) (PARTITION l0 VALUES IN (0), " .
		    "PARTITION l1 VALUES IN (1, 2))");
	}
	return $r->pick("RANGE COLUMNS ($n) (PARTITION p0 VALUES LESS THAN " .
	    "('2026-01-01')$max (MAXVALUE))", "RANGE COLUMNS ($n) (PARTITION "
	    . "p0 VALUES LESS THAN ('1999-01-01'), PARTITION p1 VALUES LESS "
	    . "THAN ('2026-06-15')$max (MAXVALUE))", "HASH (TO_DAYS($n)) " .
	    "PARTITIONS 3") if $fam =~ /^(date|datetime)$/;
	return $any;
}

sub _options {
	my ($self, $r) = @_;
	my @o = ('ENGINE=InnoDB');
	my $cs = $r->weighted(50 => 'utf8mb4', 15 => 'latin1',
	    10 => 'utf8mb3', 5 => 'ascii', 3 => 'gbk');
	$self->{cs} = $cs;
	push @o, "DEFAULT CHARSET=$cs" if $r->chance(75);
	push @o, 'COLLATE=' . $r->pick(Oracle::Type::collations($self->{fl},
	    $cs)) if @o > 1 && $r->chance(50);
	push @o, 'ROW_FORMAT=' . $r->pick('DYNAMIC', 'COMPACT', 'COMPRESSED',
	    'REDUNDANT') if $r->chance(15);
	push @o, 'COMMENT=' . quote_plain(text($r)) if $r->chance(15);
	push @o, 'AUTO_INCREMENT=' . $r->between(2, 2000) if $self->{auto} &&
	    $r->chance(40);
	push @o, $r->pick('STATS_PERSISTENT=0', 'STATS_AUTO_RECALC=1',
	    'STATS_SAMPLE_PAGES=30') if $r->chance(6);
	return join ' ', @o;
}

sub create {
	my ($self, $table) = @_;
	my @l = map { ident($_->{name}) . ' ' . definition($_) }
	    @{$self->{cols}};
	push @l, map { index_sql($_) } grep { defined } $self->{pk},
	    @{$self->{idx}};
	push @l, map { check_sql($_) } @{$self->{checks}};
	return "CREATE TABLE $table (\n  " . join(",\n  ", @l) .
	    "\n) $self->{opts}" .
	    ($self->{part} ? "\nPARTITION BY $self->{part}" : '');
}

# --- rows ------------------------------------------------------------------

sub cell {
	my ($r, $c) = @_;
	return key_value($r, $c->{t}) if $c->{key};
	return 'NULL' if $c->{null} && $r->chance(15);
	return 'DEFAULT' if $c->{def} && $r->chance(15);
	return value($r, $c->{t});
}

sub writable { grep { !$_->{gen} } @{$_[0]{cols}} }

# INSERT of so many rows; some of them may be refused.
sub insert {
	my ($self, $r, $table, $n, $verb) = @_;
	my @c = $self->writable;
	return ($verb // 'INSERT IGNORE') . " INTO $table (" . join(', ', map {
	    ident($_->{name}) } @c) . ") VALUES\n" .
	    join(",\n", map { '(' . join(', ', map { cell($r, $_) } @c) .
	    ')' } 1 .. $n);
}

1;
