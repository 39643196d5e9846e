# A random ALTER of one to five clauses for a random table.
#
#	my $alter = Oracle::Alter->new($r, $table)->sql;
package Oracle::Alter;

use strict;
use warnings;

use Oracle::Table qw(ident text quote_plain);
use Oracle::Type qw(random_type value charset_of default_for);

my %clause = (
	add_column => 20, drop_column => 12, modify => 16, change => 10,
	rename => 8, swap => 3, onto_dropped => 2, set_default => 5,
	column_visibility => 2, add_index => 14, drop_index => 6,
	rename_index => 4, index_visibility => 3, primary => 6,
	add_check => 5, drop_check => 4, convert => 4, default_charset => 2,
	option => 9, partition => 5, unpartition => 4, generated => 4,
	regenerate => 3, reorder => 3, quiet_column => 3, nothing => 1,
);

sub new {
	my ($class, $r, $t, $busy) = @_;
	my $self = bless { r => $r, t => $t, busy => $busy, used => {},
	    clauses => [] }, $class;
	my $n = $r->weighted(5 => 1, 5 => 2, 3 => 3, 2 => 4, 1 => 5);
	for (1 .. 40) {
		last if @{$self->{clauses}} >= $n;
		my $what = $r->weighted(map { $clause{$_} => $_ }
		    sort keys %clause);
		my $do = $self->can("_$what");
		push @{$self->{clauses}}, grep { defined } $do->($self);
	}
	return $self;
}

sub sql {
	my ($self) = @_;
	my @c = @{$self->{clauses}};
	# What splits a table comes after the last comma, without one.
	my @last = grep { /^(PARTITION BY|REMOVE PART)/ } @c;
	@c = grep { !/^(PARTITION BY|REMOVE PART)/ } @c;
	my $sep = $self->{r}->weighted(90 => ', ', 4 => ',',
	    4 => " ,\n/* , RENAME COLUMN c1 TO c9 */",
	    2 => " , -- DROP COLUMN c1, 'x\n");
	return join ' ', join($sep, @c), @last ? $last[0] : ();
}

# --- helpers ---------------------------------------------------------------

sub _name {
	my ($self, $name) = @_;
	my $r = $self->{r};
	my $q = $name =~ /^c\d+$/ && $r->chance(40) ? $name : ident($name);
	$q = uc $q if $name =~ /^c\d+$/ && $r->chance(3);
	return $r->chance(3) ? "/* x, y */ $q" : $q;
}

# A column that no other clause has to do with.
sub _free_column {
	my ($self, $test) = @_;
	my @c = grep { !$self->{used}{$_->{name}} && (!$test || $test->($_)) }
	    @{$self->{t}{cols}};
	return if !@c;
	# Keys are for few of the ALTERs.
	my @plain = grep { !$_->{key} } @c;
	@c = @plain if @plain && $self->{r}->chance(80);
	my $c = $self->{r}->pick(@c);
	$self->{used}{$c->{name}} = 1;
	return $c;
}

sub _word { my ($self) = @_; $self->{r}->chance(60) ? 'COLUMN ' : '' }

sub _place {
	my ($self, $not) = @_;
	my $r = $self->{r};
	return '' if $r->chance(65);
	return ' FIRST' if $r->chance(35);
	my @c = grep { !$self->{used}{$_->{name}} } @{$self->{t}{cols}};
	return '' if !@c;
	my $c = $r->pick(@c);
	$self->{used}{$c->{name}} = 1;
	return ' AFTER ' . $self->_name($c->{name});
}

# MariaDB's.
sub _if {
	my ($self, $what) = @_;
	return $self->{t}->mysql || $self->{r}->chance(85) ? '' : "IF $what ";
}

sub _definition { Oracle::Table::definition($_[0]) }

# --- columns ---------------------------------------------------------------

sub _new_column {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	my $c = $t->column($r);
	# Native ALTER and we do not do it in the same microsecond.
	$c->{def} = '' if $c->{def} =~ /CURRENT_TIMESTAMP/;
	$c->{null} = 1 if $c->{def} eq '' && $r->chance(60);
	return $c;
}

sub _add_column {
	my ($self) = @_;
	my $c = $self->_new_column;
	my $if = $self->_if('NOT EXISTS');
	return 'ADD ' . $self->_word . $if . $self->_name($c->{name}) . ' ' .
	    _definition($c) . $self->_place if $self->{r}->chance(85);
	my $d = $self->_new_column;
	return 'ADD ' . $self->_word . '(' . join(', ', map {
	    $self->_name($_->{name}) . ' ' . _definition($_) } $c, $d) . ')';
}

# What gives each row another value: with an application the server, which
# does it all at the end, would see other rows.
sub _quiet_column {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	return if $self->{busy};
	my $name = $self->_name($t->fresh_name($r));
	# On MySQL the numbers have gaps where chunks meet: see BUGS.
	if (!$t->{auto} && $r->chance(50) && !$t->mysql) {
		$t->{auto} = 1;
		return "ADD COLUMN $name INT UNSIGNED NOT NULL " .
		    'AUTO_INCREMENT UNIQUE' . $self->_place;
	}
	my $c = $self->_free_column(sub { $_[0]{t}{fam} eq 'int' &&
	    !$_[0]{auto} && !$_[0]{gen} }) // return;
	return "ADD COLUMN $name VARCHAR(40) DEFAULT (CONCAT('of ', " .
	    ident($c->{name}) . '))';
}

# A stored value becomes one of its own, and keeps what it was.
sub _regenerate {
	my ($self) = @_;
	my $c = $self->_free_column(sub { $_[0]{gen} }) // return;
	return 'MODIFY COLUMN ' . $self->_name($c->{name}) . ' ' .
	    _definition({ %$c, gen => undef, null => 1 });
}

# The members of an ENUM or SET in another order, sometimes without one.
sub _reorder {
	my ($self) = @_;
	my $r = $self->{r};
	my $c = $self->_free_column(sub { $_[0]{t}{fam} =~ /^(enum|set)$/ })
	    // return;
	my @m = $r->shuffle(@{$c->{t}{members}});
	pop @m if @m > 1 && $r->chance(15);
	push @m, "'added'" if $r->chance(30);
	my $list = '(' . join(',', @m) . ')';
	return 'MODIFY ' . $self->_name($c->{name}) . ' ' . _definition({
	    %$c, def => '', t => { %{$c->{t}}, sql =>
	    uc($c->{t}{fam}) . $list } });
}

sub _generated {
	my ($self) = @_;
	my $c = $self->{t}->generated($self->{r});
	return 'ADD COLUMN ' . $self->_name($c->{name}) . ' ' .
	    _definition($c) . $self->_place;
}

sub _drop_column {
	my ($self) = @_;
	my $c = $self->_free_column // return;
	return 'DROP ' . $self->_word . $self->_if('EXISTS') .
	    $self->_name($c->{name});
}

my @wider = (['TINYINT', 'SMALLINT'], ['SMALLINT', 'MEDIUMINT'],
    ['MEDIUMINT', 'INT'], ['INT', 'BIGINT'], ['SMALLINT', 'BIGINT']);

# Types are changed as hashes, as a table makes them.
sub _wider {
	my ($self, $t) = @_;
	my $r = $self->{r};
	my %n = (%$t);
	my $fam = $t->{fam};
	if ($fam eq 'int') {
		my ($w) = grep { $t->{sql} =~ /^$_->[0]\b/ }
		    $r->shuffle(@wider);
		$n{sql} = $t->{sql} =~ s/^\w+/$w->[1]/r if $w;
	} elsif ($fam eq 'decimal') {
		$n{sql} = sprintf 'DECIMAL(%d,%d)', $t->{p} + 4,
		    $t->{s} + $r->pick(0, 2);
	} elsif ($fam eq 'text' && $t->{sql} =~ /CHAR\((\d+)\)/) {
		my $to = $1 + $r->pick(1, 10, 250);
		$n{sql} = $r->chance(30) ? $t->{sql} =~
		    s/(?:VAR)?CHAR\(\d+\)/$r->pick('TEXT', 'LONGTEXT')/er
		    : $t->{sql} =~ s/\(\d+\)/"($to)"/er;
		$n{sql} =~ s/^CHAR/VARCHAR/ if $to > 255;
	} elsif ($fam eq 'binary' && $t->{sql} =~ /VARBINARY\((\d+)/) {
		$n{sql} = $r->chance(40) ? 'BLOB' : 'VARBINARY(' . ($1 + 9) .
		    ')';
	} elsif ($fam =~ /^(datetime|timestamp|time)$/) {
		$n{sql} = uc($fam) . '(6)';
	} elsif ($fam eq 'enum' || $fam eq 'set') {
		$n{sql} = $t->{sql} =~ s/\((.*)\)/($1,'new, one')/r;
	} elsif ($fam eq 'bit' && $t->{n} < 60) {
		$n{sql} = 'BIT(' . ($t->{n} + 3) . ')';
	} elsif ($fam eq 'float') {
		$n{sql} = 'DOUBLE';
	}
	return \%n;
}

my %other = (
	int => ['DECIMAL(25,3)', 'BIGINT UNSIGNED',
	    qw(VARCHAR(30) DOUBLE BIGINT INT CHAR(25))],
	decimal => ['DECIMAL(30,10)', qw(VARCHAR(40) DOUBLE INT)],
	float => ['DECIMAL(30,6)', 'DOUBLE', 'VARCHAR(40)'],
	text => ['TEXT', 'VARCHAR(300)', 'LONGTEXT CHARACTER SET utf8mb4',
	    'VARCHAR(400) CHARACTER SET utf8mb4', 'BLOB', 'VARBINARY(1000)',
	    'VARCHAR(300) CHARACTER SET utf16', 'VARCHAR(30)',
	    'VARCHAR(300) CHARACTER SET latin1', 'INT'],
	binary => ['BLOB', 'VARBINARY(50)', 'VARCHAR(50)', 'BINARY(50)'],
	date => [qw(DATETIME VARCHAR(30) DATETIME(3) TIMESTAMP INT)],
	datetime => [qw(DATE TIMESTAMP(6) TIMESTAMP VARCHAR(40) DATETIME
	    DATETIME(3) BIGINT)],
	timestamp => [qw(DATETIME DATETIME(6) VARCHAR(40) TIMESTAMP DATE)],
	time => [qw(VARCHAR(30) TIME TIME(6) INT)],
	year => [qw(INT SMALLINT VARCHAR(10))],
	enum => [qw(VARCHAR(60) TEXT INT), 'VARCHAR(60) CHARACTER SET utf8mb4'],
	set => [qw(VARCHAR(200) TEXT BIGINT)],
	json => [qw(LONGTEXT TEXT)],
	bit => ['BIGINT UNSIGNED', 'BIT(64)', 'INT'],
	spatial => ['GEOMETRY', 'LONGBLOB'],
	uuid => ['CHAR(36)', 'VARCHAR(40)', 'BINARY(16)'],
	inet6 => ['VARCHAR(40)', 'VARBINARY(16)'], inet4 => ['INET6',
	    'VARCHAR(20)'],
);

sub _changed {
	my ($self, $c) = @_;
	my $r = $self->{r};
	my %n = (%$c, t => { %{$c->{t}} });
	if ($r->chance(40)) {
		$n{null} = 1 if $r->chance(60) && !$c->{key};
		$n{null} = 0 if $r->chance(5);
		$n{def} = default_for($r, $self->{t}{fl}, $n{t});
		$n{comment} = $r->chance(50) ? text($r) : undef;
		$n{inv} = $r->chance(8) && $n{null};
		return \%n;
	}
	my @to = @{$other{$c->{t}{fam}} // ['BLOB']};
	$n{t} = $r->chance(65) ? $self->_wider($c->{t}) :
	    { %{$c->{t}}, after => '', sql => $r->pick(@to) };
	# What fits the type it was need not fit the one it becomes.
	$n{def} = '' if $r->chance(60);
	return \%n;
}

sub _modify {
	my ($self) = @_;
	my $c = $self->_free_column // return;
	return 'MODIFY ' . $self->_word . $self->_if('EXISTS') .
	    $self->_name($c->{name}) . ' ' .
	    _definition($self->_changed($c)) . $self->_place;
}

sub _new_name {
	my ($self) = @_;
	my $name = $self->{t}->fresh_name($self->{r});
	return $self->{used}{$name}++ ? "n$name" : $name;
}

sub _change {
	my ($self) = @_;
	my $c = $self->_free_column // return;
	my $to = $self->{r}->chance(15) ? $c->{name} : $self->_new_name;
	my $as = $self->{r}->chance(60) ? $c : $self->_changed($c);
	return 'CHANGE ' . $self->_word . $self->_if('EXISTS') .
	    $self->_name($c->{name}) . ' ' . $self->_name($to) . ' ' .
	    _definition($as) . $self->_place;
}

sub _rename {
	my ($self) = @_;
	my $c = $self->_free_column // return;
	return 'RENAME COLUMN ' . $self->_if('EXISTS') .
	    $self->_name($c->{name}) . ' TO ' .
	    $self->_name($self->_new_name);
}

sub _swap {
	my ($self) = @_;
	my ($r, $a) = ($self->{r}, $self->_free_column // return);
	my $b = $self->_free_column // return;
	return map { $r->chance(50) ? 'RENAME COLUMN ' .
	    $self->_name($_->[0]{name}) . ' TO ' .
	    $self->_name($_->[1]{name}) : 'CHANGE COLUMN ' .
	    $self->_name($_->[0]{name}) . ' ' .
	    $self->_name($_->[1]{name}) . ' ' . _definition($_->[0]) }
	    [$a, $b], [$b, $a];
}

# One goes, and another takes its name.
sub _onto_dropped {
	my ($self) = @_;
	my $a = $self->_free_column // return;
	my $b = $self->_free_column // return;
	my @c = ('DROP COLUMN ' . $self->_name($a->{name}), 'RENAME COLUMN ' .
	    $self->_name($b->{name}) . ' TO ' . $self->_name($a->{name}));
	# Dropped and added is not the same column; what is computed from it
	# MariaDB then leaves as it was.
	my $read = grep { ($_->{gen} // '') =~ /\Q@{[ident($a->{name})]}\E/ }
	    @{$self->{t}{cols}};
	$c[1] = 'ADD COLUMN ' . $self->_name($a->{name}) . ' ' .
	    _definition({ %{$self->_new_column}, name => $a->{name} })
	    if $self->{r}->chance(40) && !$read;
	return $self->{r}->shuffle(@c);
}

sub _set_default {
	my ($self) = @_;
	my $c = $self->_free_column(sub { !$_[0]{gen} && !$_[0]{auto} })
	    // return;
	my $def = default_for($self->{r}, $self->{t}{fl}, $c->{t});
	$def =~ s/ ON UPDATE.*//;
	$def = '' if $def =~ /CURRENT_TIMESTAMP/;
	return 'ALTER ' . $self->_word . $self->_name($c->{name}) .
	    ($def ne '' ? " SET$def" : ' DROP DEFAULT');
}

sub _column_visibility {
	my ($self) = @_;
	return if !$self->{t}->mysql;
	my $c = $self->_free_column // return;
	return 'ALTER COLUMN ' . $self->_name($c->{name}) . ' SET ' .
	    ($c->{inv} ? 'VISIBLE' : 'INVISIBLE');
}

# --- indexes ---------------------------------------------------------------

# One over columns that stay what they are.
sub _add_index {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	my $name = $r->chance(75) ? $t->fresh_index($r) : undef;
	my $i = $t->random_index($r, $name) // return;
	$self->{used}{$_->{name}} = 1
	    for grep { defined } map { $_->{col} } @{$i->{parts}};
	my $sql = Oracle::Table::index_sql($i);
	$sql =~ s/\bKEY\b/INDEX/ if $r->chance(50);
	return "ADD $sql";
}

sub _free_index {
	my ($self) = @_;
	my @i = grep { defined $_->{name} && !$self->{used}{"i:$_->{name}"} }
	    @{$self->{t}{idx}};
	return if !@i;
	my $i = $self->{r}->pick(@i);
	return if $i->{name} eq 'identity' && $self->{r}->chance(70);
	$self->{used}{"i:$i->{name}"} = 1;
	return $i;
}

sub _drop_index {
	my ($self) = @_;
	my $i = $self->_free_index // return;
	return 'DROP ' . $self->{r}->pick('INDEX ', 'KEY ') .
	    ident($i->{name});
}

sub _rename_index {
	my ($self) = @_;
	my $i = $self->_free_index // return;
	return 'RENAME ' . $self->{r}->pick('INDEX ', 'KEY ') .
	    ident($i->{name}) . ' TO ' .
	    ident($self->{t}->fresh_index($self->{r}) . 'r');
}

sub _index_visibility {
	my ($self) = @_;
	my $i = $self->_free_index // return;
	return 'ALTER INDEX ' . ident($i->{name}) . ' ' .
	    $self->{r}->pick($self->{t}->mysql ? ('VISIBLE', 'INVISIBLE')
	    : ('IGNORED', 'NOT IGNORED'));
}

# Another primary key; the old one's columns often stay unique.
sub _primary {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	return if $self->{used}{pk}++;
	my @drop = $t->{pk} ? 'DROP PRIMARY KEY' : ();
	my @key = map { ident($_->{name}) } @{$t->{key}};
	my @more = map { ident($_->{name}) } grep { !$_->{null} &&
	    !$_->{gen} && !$_->{key} && !$_->{t}{lob} &&
	    $_->{t}{fam} !~ /^(json|spatial)$/ } @{$t->{cols}};
	$self->{used}{$_->{name}} = 1 for @{$t->{key}};
	my @cols = $r->shuffle(@key, @more ? $r->pick(@more) : ());
	return (@drop, 'ADD PRIMARY KEY (' . join(', ', @cols) . ')')
	    if $r->chance(80);
	return (@drop, 'ADD UNIQUE KEY was_primary (' . join(', ', @key) .
	    ')');
}

# --- checks ----------------------------------------------------------------

sub _add_check {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	return 'ADD ' . Oracle::Table::check_sql($t->check($r));
}

sub _drop_check {
	my ($self) = @_;
	my $c = $self->{r}->pick(@{$self->{t}{checks}}) // return;
	return if $self->{used}{"k:$c"}++;
	my $name = $c->{name} // ($self->{t}->mysql ? 't_chk_1'
	    : 'CONSTRAINT_1');
	return 'DROP ' . ($self->{t}->mysql ? $self->{r}->pick('CHECK ',
	    'CONSTRAINT ') : 'CONSTRAINT ') . ident($name);
}

# --- the table -------------------------------------------------------------

sub _some_charset {
	my ($self) = @_;
	return $self->{r}->weighted(10 => 'utf8mb4', 2 => 'utf8mb3',
	    1 => 'latin1', 1 => 'utf16');
}

sub _with_collation {
	my ($self, $cs) = @_;
	return $cs if $self->{r}->chance(50);
	return "$cs COLLATE " . $self->{r}->pick(
	    Oracle::Type::collations($self->{t}{fl}, $cs));
}

sub _convert {
	my ($self) = @_;
	return 'CONVERT TO CHARACTER SET ' .
	    $self->_with_collation($self->_some_charset);
}

sub _default_charset {
	my ($self) = @_;
	return $self->{r}->pick('DEFAULT CHARACTER SET ', 'CHARSET=') .
	    $self->_with_collation($self->_some_charset);
}

sub _option {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	# The application has to see that the table is another one.
	my $seen = $self->{busy} ? " COMMENT='n'" : '';
	return $r->pick('ENGINE=InnoDB', 'ROW_FORMAT=COMPRESSED',
	    'ROW_FORMAT=COMPACT', 'ROW_FORMAT=DYNAMIC', 'FORCE',
	    'COMMENT=' . quote_plain(text($r)), 'COMMENT ' .
	    quote_plain(text($r)), 'STATS_PERSISTENT=1',
	    'AUTO_INCREMENT=' . $r->pick(1, 50, 3000, 12345) . $seen,
	    'AUTO_INCREMENT ' . $r->pick(7, 5000) . $seen,
	    $t->mysql ? () : 'PAGE_CHECKSUM=1');
}

sub _partition {
	my ($self) = @_;
	my ($r, $t) = @$self{qw(r t)};
	return if $self->{used}{part}++;
	$self->{used}{$t->{key}[0]{name}} = 1;
	if ($t->{part} && $r->chance(40)) {
		return 'ADD PARTITION PARTITIONS 2'
		    if $t->{part} =~ /(HASH|KEY).*PARTITIONS \d+$/;
		# Of clauses of its own it is the only one.
		return if @{$self->{clauses}};
		return 'REORGANIZE PARTITION pm INTO (PARTITION pa VALUES ' .
		    'LESS THAN (300), PARTITION pz VALUES LESS THAN ' .
		    'MAXVALUE)' if $t->{part} =~ /^RANGE \(/;
	}
	return 'PARTITION BY ' . $t->partition_by($r, $t->{key}[0]);
}

sub _unpartition {
	my ($self) = @_;
	return if !$self->{t}{part} || $self->{used}{part}++;
	return 'REMOVE PARTITIONING';
}

sub _nothing { 'ENGINE = InnoDB' }

1;
