# Column types, and values for them as SQL literals.
#
# A type is a hash: fam, the family that decides about its values; sql, as it
# is written in CREATE TABLE; and what that family needs besides.  Literals
# mean the same in every sql_mode and connection character set: what is not
# plain ASCII is written in hexadecimal.
package Oracle::Type;

use strict;
use warnings;

use Exporter qw(import);

# Oracle.pm's list of what is passed over.

our @EXPORT_OK = qw(random_type key_type value key_value quoted member
    charset_of default_for collations);

my %collations = (
	common => {
		latin1 => [qw(latin1_swedish_ci latin1_bin latin1_general_cs)],
		utf8mb3 => [qw(utf8mb3_general_ci utf8mb3_bin)],
		ascii => [qw(ascii_general_ci ascii_bin)],
		gbk => [qw(gbk_chinese_ci gbk_bin)],
		sjis => [qw(sjis_japanese_ci sjis_bin)],
		utf16 => [qw(utf16_general_ci)],
	},
	mysql => { utf8mb4 => [qw(utf8mb4_0900_ai_ci utf8mb4_general_ci
	    utf8mb4_bin utf8mb4_unicode_ci utf8mb4_0900_as_cs
	    utf8mb4_0900_bin)] },
	mariadb => { utf8mb4 => [qw(utf8mb4_general_ci utf8mb4_bin
	    utf8mb4_unicode_ci utf8mb4_nopad_bin utf8mb4_unicode_520_ci)] },
);

# UTF-8, by what can hold it.
my @plain = ('', 'a', 'A', 'b', 'abc', 'ABC', 'Abc ', 'x y', '0', '12', '-3.5',
    'NULL', 'O\'Neil', 'a,b', '`q`', '%', "a\\b", "tab\there", 'zz top',
    'RENAME COLUMN c1 TO c2', '2026-01-31', ' lead', "nl\nx", '"dq"', '{}');
my @accents = ("\xc3\xa9", "\xc3\x89t\xc3\xa9", 'ete', "stra\xc3\x9fe",
    "\xc3\xa4\xc3\xb6\xc3\xbc", "E", "e");
my @kanji = ("\xe6\x97\xa5\xe6\x9c\xac", "\xe4\xb8\xad",
    "\xe4\xb8\xad\xe6\x96\x87");
my @emoji = ("\xf0\x9f\x98\x80", "a\xf0\x9f\x91\x8d", "\xf0\x9f\x98\x81");
my %extra = (latin1 => [@accents], utf8mb3 => [@accents, @kanji],
    ascii => [], gbk => ["\xe4\xb8\xad", "\xe4\xb8\xad\xe6\x96\x87"],
    sjis => ["\xe6\x97\xa5\xe6\x9c\xac", "\xe3\x82\xbd", "\xe8\xa1\xa8"],
    utf16 => [@accents, @emoji],
    utf8mb4 => [@accents, @kanji, @emoji, @emoji]);

sub collations {
	my ($flavour, $cs) = @_;
	return @{$collations{common}{$cs} // $collations{$flavour}{$cs}};
}

# "CHARACTER SET x COLLATE y", or nothing for the table's.
sub charset_of {
	my ($r, $flavour, $t) = @_;
	return if $r->chance(45);
	my $cs = $r->weighted(30 => 'utf8mb4', 15 => 'latin1',
	    10 => 'utf8mb3', 8 => 'ascii', 8 => 'gbk', 8 => 'sjis',
	    4 => 'utf16');
	$t->{cs} = $cs;
	my $sql = " CHARACTER SET $cs";
	$sql .= " COLLATE " . $r->pick(collations($flavour, $cs))
	    if $r->chance(60);
	return $sql;
}

sub _text_type {
	my ($r, $fl) = @_;
	my %t = (fam => 'text', n => $r->pick(1, 5, 20, 20, 60, 255));
	my $base = $r->weighted(12 => "VARCHAR($t{n})", 5 => "CHAR($t{n})",
	    2 => 'TINYTEXT', 5 => 'TEXT', 1 => 'MEDIUMTEXT',
	    1 => 'LONGTEXT');
	@t{qw(n lob)} = (60, 1) if $base =~ /TEXT/;
	$t{base} = $base;
	$t{sql} = $base . (charset_of($r, $fl, \%t) // '');
	return \%t;
}

sub _binary_type {
	my ($r) = @_;
	my %t = (fam => 'binary', n => $r->pick(1, 4, 16, 40));
	my $base = $r->weighted(8 => "VARBINARY($t{n})", 4 => "BINARY($t{n})",
	    1 => 'TINYBLOB', 3 => 'BLOB', 1 => 'MEDIUMBLOB',
	    1 => 'LONGBLOB');
	@t{qw(n lob)} = (40, 1) if $base =~ /BLOB/;
	return { %t, sql => $base };
}

my %bytes = (TINYINT => 1, SMALLINT => 2, MEDIUMINT => 3, INT => 4,
    BIGINT => 8);

sub _int_type {
	my ($r, $name, $unsigned) = @_;
	$name //= $r->weighted(3 => 'TINYINT', 3 => 'SMALLINT',
	    2 => 'MEDIUMINT', 8 => 'INT', 5 => 'BIGINT');
	$unsigned //= $r->chance(30);
	my %t = (fam => 'int', bytes => $bytes{$name}, uns => $unsigned);
	my $wide = $r->chance(10) ? '(' . $r->between(1, 12) . ')' : '';
	$t{sql} = $name . $wide . ($unsigned ? ' UNSIGNED' : '');
	if ($r->chance(4)) {
		@t{qw(uns zf)} = (1, 1);
		$t{sql} = "$name$wide UNSIGNED ZEROFILL";
	}
	return \%t;
}

sub _decimal_type {
	my ($r) = @_;
	my $p = $r->pick(5, 10, 10, 18, 30);
	my $s = $r->pick(0, 2, 2, 4);
	return { fam => 'decimal', p => $p, s => $s,
	    sql => "DECIMAL($p,$s)" };
}

sub _time_type {
	my ($r) = @_;
	my $name = $r->weighted(4 => 'DATE', 4 => 'TIME', 8 => 'DATETIME',
	    7 => 'TIMESTAMP', 2 => 'YEAR');
	my $f = $name =~ /TIME/ && $r->chance(60) ? $r->pick(1, 3, 6, 6) : 0;
	return { fam => lc $name, f => $f,
	    sql => $f ? "$name($f)" : $name };
}

my @members = ("'a'", "'b'", "'B2'", "'it''s'", "'x y'", "'1'", "''",
    "'RENAME COLUMN c1 TO c2'", "'end)'", "'`'");

sub member {
	my ($r, $t) = @_;
	return $r->pick(@{$t->{members}});
}

sub _enum_type {
	my ($r, $fl) = @_;
	my $name = $r->chance(65) ? 'ENUM' : 'SET';
	my @m = ("'a'", "'b'", "'cc'");
	push @m, ($r->shuffle(@members[2 .. $#members]))[0 .. $r->below(5)];
	push @m, "'a,b'" if $name eq 'ENUM' && $r->chance(30);
	# No empty member in a SET: it cannot be told from none.
	@m = grep { $name eq 'ENUM' || !/^''$/ } @m;
	my %t = (fam => lc $name, members => \@m);
	$t{sql} = "$name(" . join(',', @m) . ")" .
	    ($r->chance(20) ? charset_of($r, $fl, {}) // '' : '');
	return \%t;
}

sub _spatial_type {
	my ($r, $fl) = @_;
	my $name = $r->pick('POINT', 'POINT', 'GEOMETRY', 'LINESTRING',
	    'POLYGON');
	my $srid = $fl eq 'mysql' && $r->chance(50) ? ' SRID 0' : '';
	return { fam => 'spatial', kind => $name, sql => $name,
	    after => $srid, lob => 1 };
}

sub _other_type {
	my ($r, $fl) = @_;
	my @of = $fl eq 'mysql' ? ('VECTOR(3)') : ('UUID', 'UUID', 'INET6',
	    'INET4');
	my $name = $r->pick(@of);
	return { fam => $name =~ /(\w+)/ ? lc $1 : '', sql => $name,
	    lob => $name =~ /VECTOR/ ? 1 : 0 };
}

sub random_type {
	my ($r, $fl) = @_;
	my $make = $r->weighted(
	    24 => sub { _int_type($_[0]) }, 8 => \&_decimal_type,
	    24 => \&_text_type,
	    8 => \&_binary_type, 16 => \&_time_type, 8 => \&_enum_type,
	    5 => sub { { fam => 'json', sql => 'JSON', lob => 1 } },
	    5 => sub { my $n = $_[0]->pick(1, 5, 8, 33, 64);
		{ fam => 'bit', n => $n, sql => "BIT($n)" } },
	    5 => sub { my $n = $_[0]->pick('FLOAT', 'DOUBLE');
		{ fam => 'float', sql => $n } },
	    4 => \&_spatial_type, 3 => \&_other_type);
	return $make->($r, $fl);
}

# A type that a key can be made of, with values enough.
sub key_type {
	my ($r, $fl) = @_;
	my $make = $r->weighted(
	    30 => sub { _int_type($_[0], $_[0]->weighted(3 => 'SMALLINT',
		1 => 'MEDIUMINT', 8 => 'INT', 8 => 'BIGINT')) },
	    12 => sub { my $t;
		do { $t = _text_type(@_) } while $t->{lob} || $t->{n} < 5 ||
		    $t->{n} > 60; $t },
	    6 => sub { my $n = $_[0]->pick(4, 16); { fam => 'binary', n => $n,
		sql => $_[0]->pick('BINARY', 'VARBINARY') . "($n)" } },
	    10 => sub { my $t;
		do { $t = _time_type(@_) } while $t->{fam} eq 'year'; $t },
	    5 => \&_decimal_type,
	    3 => sub { { fam => 'bit', n => 10, sql => 'BIT(10)' } },
	    4 => \&_enum_type,
	    $fl eq 'mariadb' ? (5 => \&_other_type) : ());
	return $make->($r, $fl);
}

# --- values ----------------------------------------------------------------

sub quoted {
	my ($text) = @_;
	return "_utf8mb4 x'" . unpack('H*', $text) . "'"
	    if $text =~ /[^\x20-\x7e]|\\/;
	return "'" . $text =~ s/'/''/gr . "'";
}

sub _hex { "x'" . unpack('H*', $_[0]) . "'" }

sub _random_bytes {
	my ($r, $n) = @_;
	return join '', map { chr $r->weighted(8 => $r->below(256), 2 => 0,
	    1 => 0x5c, 1 => 0x20) } 1 .. $n;
}

my %max = (1 => 127, 2 => 32767, 3 => 8388607, 4 => 2147483647,
    8 => '9223372036854775807');
my %umax = (1 => 255, 2 => 65535, 3 => 16777215, 4 => 4294967295,
    8 => '18446744073709551615');

sub _int_value {
	my ($r, $t) = @_;
	return $r->weighted(55 => $r->below(100), 10 => 0,
	    20 => ($t->{uns} ? 1 : -1) * $r->below(100),
	    10 => $r->below($max{$t->{bytes} > 4 ? 4 : $t->{bytes}}),
	    3 => $t->{uns} ? $umax{$t->{bytes}} : $max{$t->{bytes}},
	    2 => $t->{uns} ? 1 : "-$max{$t->{bytes}}" );
}

sub _decimal_value {
	my ($r, $t) = @_;
	my $whole = $r->below(10 ** ($t->{p} - $t->{s} > 6 ? 6
	    : $t->{p} - $t->{s}));
	my $sign = $r->chance(30) ? '-' : '';
	return "$sign$whole" if !$t->{s};
	return sprintf '%s%d.%0*d', $sign, $whole, $t->{s},
	    $r->below(10 ** $t->{s});
}

sub _text_value {
	my ($r, $t) = @_;
	my $cs = $t->{cs} // 'latin1';
	my $v = $r->pick(@plain, @{$extra{$cs}});
	$v .= $r->pick(@plain) if $r->chance(20);
	$v x= 200 if $t->{lob} && $t->{base} !~ /TINY/ && $r->chance(5);
	# In characters; the column's character set may be smaller, then the
	# server cuts or refuses.
	utf8::decode($v);
	$v = substr $v, 0, $t->{n} if !$t->{lob} && length $v > $t->{n};
	utf8::encode($v);
	return quoted($v);
}

sub _fraction {
	my ($r, $f) = @_;
	return '' if !$f || $r->chance(20);
	return sprintf '.%0*d', $f, $r->below(10 ** $f);
}

sub _date {
	my ($r, $t) = @_;
	return '0000-00-00' if $t->{zero} && $r->chance(5);
	return sprintf '%04d-%02d-%02d', $r->weighted(6 => 2026, 3 => 2025,
	    1 => $t->{fam} eq 'timestamp' ? 1971 : 1000),
	    $r->between(1, 12), $r->between(1, 28);
}

sub _moment_value {
	my ($r, $t) = @_;
	return "'0000-00-00 00:00:00'" if $t->{zero} && $r->chance(5);
	# The nights in which clocks are put back or forth.
	my $day = $r->chance(15) ? $r->pick('2026-10-25', '2026-11-01',
	    '2025-10-26') : _date($r, { %$t, zero => 0 });
	return sprintf "'%s %02d:%02d:%02d%s'", $day, $r->chance(30)
	    ? $r->between(0, 3) : $r->below(24), $r->below(60),
	    $r->below(60), _fraction($r, $t->{f});
}

my %json = map { $_ => 1 } '{}', '[]', '1', '"text"', 'null', 'true',
    '[1, 2, {"a": null}]', '{"a": 1, "b": "x"}', '{"b": 2, "a": [1.50]}',
    '{"k": "RENAME COLUMN c1 TO c2"}', '-0.125', '{"long key": {"x": 0}}';
my @json = sort keys %json;

sub _spatial_value {
	my ($r, $t) = @_;
	my ($x, $y) = map { $r->between(-50, 50) } 1, 2;
	my $kind = $t->{kind} eq 'GEOMETRY' ? $r->pick('POINT', 'LINESTRING',
	    'POLYGON') : $t->{kind};
	my %text = (POINT => "POINT($x $y)",
	    LINESTRING => "LINESTRING(0 0,$x $y,1 9)",
	    POLYGON => "POLYGON((0 0,60 0,60 60,$x 70,0 0))");
	return "ST_GeomFromText('$text{$kind}')";
}

my %value = (
    int => \&_int_value, decimal => \&_decimal_value, text => \&_text_value,
    binary => sub { my ($r, $t) = @_;
	_hex(_random_bytes($r, $r->below($t->{n} + 1))) },
    float => sub { my ($r) = @_; $r->pick('0', '1.5', '-2.25', '0.1', '1e10',
	'-3.4e-5', '16777217', '3.14159265358979', $r->below(1000) / 8) },
    bit => sub { my ($r, $t) = @_; "b'" . join('', map { $r->below(2) }
	1 .. $t->{n}) . "'" },
    date => sub { "'" . _date(@_) . "'" },
    datetime => \&_moment_value, timestamp => \&_moment_value,
    time => sub { my ($r, $t) = @_; sprintf "'%s%02d:%02d:%02d%s'",
	$r->chance(20) ? '-' : '', $r->weighted(8 => $r->below(24),
	1 => 838), $r->below(60), $r->below(59), _fraction($r, $t->{f}) },
    year => sub { $_[0]->pick(2026, 1999, 1901, 2155, 0, 2000) },
    enum => sub { my ($r, $t) = @_; member($r, $t) },
    set => sub { my ($r, $t) = @_; my %m = map { member($r, $t) =~
	s/^'|'$//gr => 1 } 0 .. $r->below(3); "'" . join(',', sort keys %m) .
	"'" },
    json => sub { "'" . $_[0]->pick(@json) . "'" },
    spatial => \&_spatial_value,
    vector => sub { my ($r) = @_; "STRING_TO_VECTOR('[" . join(',', map {
	$r->below(80) / 8 } 1 .. 3) . "]')" },
    uuid => sub { my ($r) = @_; sprintf "'%08x-%04x-4%03x-8%03x-%012x'",
	map { $r->below($_) } 4, 9, 16, 16, 4000 },
    inet6 => sub { my ($r) = @_; sprintf "'%x::%x'", $r->below(9),
	$r->below(300) },
    inet4 => sub { my ($r) = @_; join('.', "'10", map { $r->below(8) }
	1 .. 3) . "'" },
);

sub value {
	my ($r, $t) = @_;
	return $value{$t->{fam}}->($r, $t);
}

# Of some hundred values, so that one is met again and there are many rows.
sub key_value {
	my ($r, $t) = @_;
	my $fam = $t->{fam};
	my $n = $r->below(400);
	if ($fam eq 'int') {
		return $n if $t->{bytes} < 2 || $r->chance(60);
		my $max = ($t->{uns} ? \%umax : \%max)->{$t->{bytes}};
		# As text: Perl has no such numbers.
		return substr($max, 0, -3) . sprintf '%03d',
		    substr($max, -3) - $n % 100 if $t->{far};
		return $t->{uns} || !$t->{neg} ? $n : -$n;
	}
	return quoted($r->chance(40) ? substr($r->pick(qw(a A b ab Ab)) . $n,
	    0, $t->{n}) : _unquoted($r, $t)) if $fam eq 'text' && $t->{n} > 4;
	return "b'" . sprintf('%b', $n) . "'" if $fam eq 'bit';
	return _hex(pack 'N', $n * 65539) if $fam eq 'binary';
	return sprintf '%d.%0*d', $n / 10, $t->{s}, $n % 10 if $fam eq
	    'decimal' && $t->{s};
	return value($r, $t);
}

sub _unquoted {
	my ($r, $t) = @_;
	my $v = $r->pick(@plain, @{$extra{$t->{cs} // 'latin1'}}) .
	    $r->below(30);
	utf8::decode($v);
	$v = substr $v, 0, $t->{n};
	utf8::encode($v);
	return $v;
}

# " DEFAULT ...", or nothing.
sub default_for {
	my ($r, $fl, $t) = @_;
	return '' if $r->chance(45);
	my $fam = $t->{fam};
	return '' if $fam eq 'vector';
	if ($fam =~ /^(datetime|timestamp)$/ && $r->chance(50)) {
		my $f = $t->{f} ? "($t->{f})" : '';
		return " DEFAULT CURRENT_TIMESTAMP$f" . ($r->chance(50)
		    ? " ON UPDATE CURRENT_TIMESTAMP$f" : '');
	}
	my $v = value($r, { %$t, zero => 0 });
	# SHOW CREATE TABLE shows six digits of it: see BUGS.
	return ' DEFAULT ' . $r->between(-9999, 9999) / 100
	    if $fam eq 'float' && $t->{sql} =~ /^FLOAT/;
	# MariaDB's SHOW CREATE TABLE does not escape a backslash there, and
	# its own ALTER changes the value.
	$v = "'plain'" if $v =~ /^_utf8mb4/ && $fl eq 'mariadb' && $t->{lob};
	# Where a session has NO_BACKSLASH_ESCAPES, MySQL cannot open a table
	# with a quote in such an expression.
	$v = "'plain'" if $v =~ /''|\\/ && $fl eq 'mysql' && $t->{lob};
	return $r->chance(60) ? " DEFAULT ($v)" : ''
	    if $t->{lob} || $fam eq 'spatial';
	return " DEFAULT (CONCAT('d,', 'RENAME COLUMN c1 TO c2'))"
	    if $fam eq 'text' && $t->{n} > 30 && $r->chance(15);
	return " DEFAULT (1 + 2)" if $fam =~ /^(int|decimal|float)$/ &&
	    $r->chance(15);
	return " DEFAULT $v";
}

1;
