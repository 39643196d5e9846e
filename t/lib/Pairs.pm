# Column types of each server, values of them that are worth a look, and which
# of them the server's own ALTER takes in columns of other types.
#
#	for my $p (pairs($s)) {
#		judge($s, $p) or next;		# the server refuses any
#		$p->{from}{sql}, $p->{to}{sql}, @{$p->{good}}, @{$p->{bad}};
#	}
#
# A value is an SQL literal for a column of that type.  They are to be stored
# without a strict sql_mode; what the server makes of one does not matter, as
# long as it is the same for everybody.
package Pairs;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(types pairs judge);

sub _text { map { "'$_'" } @_ }

# What other types read in a text, and what they do not.
my @words = _text('', 'a', 'A', 'b', 'x y', 'a,b', 'b,a', '1', '2', '3', '0',
    '-1', '007', '12.6', '12.5', '-12.6', '1e3', '1e-3', ' 5', '5 ', '3.0',
    '+4', '255', '70000', '4294967296', '18446744073709551615', '1,2', '2024',
    '24', '2026-01-31', '2026-01-31 10:20:30', '2026-01-31 10:20:30.5678',
    '2026-01-31T10:20:30', '10:20:30', '10:20:30.5', '-11:00:00', '20260131',
    '20260131102030', '102030', '0000-00-00', '2026-02-31', '26-1-2',
    '{"a": 1}', '[1, 2]', '[1,2,3]', 'null', 'true', '"q"', '::1', '10.1.2.3',
    '::ffff:10.1.2.3', 'POINT(1 1)');
my @uuids = _text('01234567-89ab-4cde-8f01-23456789abcd',
    '0123456789AB4CDE8F0123456789ABCD',
    '{01234567-89ab-4cde-8f01-23456789abcd}');
# In latin1, in three bytes of UTF-8, and beyond.
my %letters = (latin1 => ["_latin1 x'e9'", "_latin1 x'80'"],
    utf8mb3 => ["_utf8mb3 x'c3a9'", "_utf8mb3 x'e697a5'"],
    utf8mb4 => ["_utf8mb4 x'c3a9'", "_utf8mb4 x'e697a5'",
	"_utf8mb4 x'f09f9880'"]);
$letters{ucs2} = $letters{utf8mb3};
$letters{utf16} = $letters{utf8mb4};

my %int = (TINYINT => [-128, 127, 255], SMALLINT => [-32768, 32767, 65535],
    MEDIUMINT => [-8388608, 8388607, 16777215],
    INT => [-2147483648, 2147483647, 4294967295],
    BIGINT => ['-9223372036854775808', '9223372036854775807',
    '18446744073709551615']);
my @numbers = (0, 1, 2, 3, 5, 12, 70, 99, 101);
my @dates = (20260131, 102030, 1999, 2024);

sub _integers {
	my @t;
	for my $n (qw(TINYINT SMALLINT MEDIUMINT INT BIGINT)) {
		my ($lo, $hi, $uhi) = @{$int{$n}};
		my @more = $n =~ /^(INT|BIGINT)/ ? @dates
		    : $n eq 'SMALLINT' ? (1999, 2024) : ();
		push @more, 20260131102030 if $n eq 'BIGINT';
		push @t, [$n, @numbers, @more, -1, -5, $lo, $hi],
		    ["$n UNSIGNED", @numbers, @more, $uhi];
	}
	return (@t, ['INT(8) ZEROFILL', @numbers, @dates],
	    ['TINYINT(1)', 0, 1, 5]);
}

sub _numbers {
	my @d = (@numbers, '1.5', '2.4', '2.5', '-2.5', '0.25', '-0.001',
	    '12.345', '99999.999');
	return (_integers(), ['DECIMAL(10,0)', @numbers, -5, @dates],
	    ['DECIMAL(10,3)', @d, 1999, 102030], ['DECIMAL(30,10)', @d,
	    '20260131102030.5', '12345678901234567890.0123456789', '3e-10'],
	    ['DECIMAL(8,2) UNSIGNED', @numbers, '1.5', '12.34'],
	    ['DECIMAL(9,2) ZEROFILL', @numbers, '7.5'],
	    ['FLOAT', @numbers, '1.5', '2.5', '0.1', '-3.25', '1e10', '1e-7',
	    '16777217', '3.4e38', 2024], ['FLOAT(7,2)', @numbers, '1.5',
	    '12345.67', '0.1'], ['DOUBLE', @numbers, '1.5', '2.5', '3.5',
	    '0.1', '-3.25', '1e10', '1e15', '1e16', '1e17', '1e-20',
	    '1.7e308', '0.1e0 + 0.2e0', 2024, 20260131, 102030, '102030.5',
	    '9007199254740993'], ['DOUBLE(9,3)', @numbers, '1.5', '12.345'],
	    ['BIT(1)', 0, 1], ['BIT(8)', 0, 1, 3, 49, 97, 255],
	    ['BIT(40)', 0, 1, 3, 97, 20260131, 1099511627775],
	    ['BIT(64)', 0, 2, 12, '18446744073709551615'],
	    ['YEAR', 0, 1901, 1999, 2024, 2155]);
}

sub _times {
	my @day = _text('2026-01-31', '1971-03-04', '2024-02-29', '0000-00-00',
	    '1000-01-01', '9999-12-31', '2026-02-31', '2026-00-10');
	my @time = map { s/'$/ 10:20:30.567891'/r } @day[0 .. 2];
	my @odd = _text('0000-00-00 00:00:00', '2026-01-31 00:00:00',
	    '2026-01-31 23:59:59.999999');
	my @hours = _text('00:00:00', '10:20:30', '-11:00:01', '838:59:59',
	    '10:20:30.567891', '23:59:59.999999', '-00:00:00.5', '12:00:00');
	return (['DATE', @day], (map { ["TIME$_", @hours] } '', '(3)',
	    '(6)'), (map { ["DATETIME$_", @time, @odd, $day[4], $day[5],
	    $day[6]] } '', '(3)', '(6)'),
	    map { ["TIMESTAMP$_", @time, @odd] } '', '(6)');
}

sub _texts {
	my @t = (['CHAR(36)', @words, @uuids, @{$letters{utf8mb4}}]);
	my @all = (@words, @uuids);
	push @t, ['CHAR(5)', _text('', 'a', 'b', '1', '3', '12.6', '10:20',
	    '24', '{}')], ['VARCHAR(5)', _text('', 'a', 'a ', '3', '-1', '2024',
	    'true')];
	push @t, ["VARCHAR(60)", @all, _text('a  '), @{$letters{utf8mb4}}];
	push @t, ["VARCHAR(60) CHARACTER SET $_", @all, @{$letters{$_}}]
	    for qw(latin1 utf8mb3 ucs2 utf16);
	push @t, ["CHAR(40) CHARACTER SET latin1", @all, @{$letters{latin1}}];
	push @t, ["TEXT CHARACTER SET $_", @words, @{$letters{$_}}]
	    for qw(latin1 utf16);
	push @t, [$_, @all, @{$letters{utf8mb4}}]
	    for qw(TINYTEXT TEXT MEDIUMTEXT LONGTEXT);
	push @t, ["VARCHAR(60) COLLATE utf8mb4_bin", @all];
	return @t;
}

sub _bytes {
	my @b = (@words, @uuids, "x'00'", "x'ff'", "x'6100'", "x'c3a9'",
	    "x'0a010203'", "x'00000000000000000000000000000001'",
	    "x'0123456789ab4cde8f0123456789abcd'",
	    "x'000000000101000000000000000000f03f000000000000f03f'",
	    "x'0000803f0000004000004040'");
	return (['BINARY(16)', @b[0 .. 20], @b[-5 .. -2]],
	    ['BINARY(4)', _text('', 'a', '1', '12.6'), "x'0a010203'"],
	    ['VARBINARY(60)', @b], map { [$_, @b] } qw(TINYBLOB BLOB LONGBLOB));
}

sub _lists {
	return (["ENUM('a','b','1','3','2','','2024','x y','10:20:30')", _text(
	    'a', 'b', '1', '3', '2', '', '2024', 'x y', '10:20:30')],
	    ["ENUM('3','2','1')", _text(1, 2, 3), 0],
	    ["ENUM('b','a') CHARACTER SET latin1", _text('a', 'b')],
	    ["SET('a','b','1','3','2')", _text('', 'a', 'b', 'a,b', '1', '3,2',
	    'a,b,1,3,2')], ["SET('3','2','1')", _text('', 1, 2, 3, '1,2')],
	    ["SET('b','a','x')", _text('', 'a', 'b', 'a,b', 'a,x')]);
}

sub _others {
	my ($s) = @_;
	my @t = (['JSON', _text('{"a": 1}', '[1, 2]', '[1,2,3]', '"a"', '"3"',
	    '3', '-1', '12.6', '1e3', 'null', 'true', 'false', '[]', '{}',
	    '"2026-01-31"', '"10:20:30"', '18446744073709551615')],
	    ['GEOMETRY', map { "ST_GeomFromText('$_')" } 'POINT(1 1)',
	    'POINT(-3 4.5)', 'LINESTRING(0 0,1 1)'],
	    ['POINT', map { "ST_GeomFromText('$_')" } 'POINT(1 1)',
	    'POINT(-3 4.5)']);
	if ($s->is_mariadb) {
		push @t, ['UUID', @uuids, _text(
		    'ffffffff-ffff-1fff-8fff-ffffffffffff')],
		    ['INET6', _text('::', '::1', 'fe80::1', '::ffff:10.1.2.3')],
		    ['INET4', _text('0.0.0.0', '10.1.2.3', '255.255.255.255')];
		push @t, ['VECTOR(3)', map { "VEC_FromText('$_')" }
		    '[1,2,3]', '[0.5,-1,0]'] if $s->version_number >= 110700;
	} elsif ($s->version_number >= 90000) {
		push @t, ['VECTOR(3)', map { "STRING_TO_VECTOR('$_')" }
		    '[1,2,3]', '[0.5,-1,0]'];
	}
	return @t;
}

# One or two of each family, for a quick look at all of them.
my %few = map { $_ => 1 } 'TINYINT', 'INT', 'BIGINT UNSIGNED',
    'INT(8) ZEROFILL', 'DECIMAL(10,3)', 'FLOAT', 'DOUBLE', 'BIT(8)', 'YEAR',
    'DATE', 'TIME(3)', 'DATETIME(3)', 'TIMESTAMP', 'CHAR(36)', 'VARCHAR(60)',
    'VARCHAR(60) CHARACTER SET latin1', 'LONGTEXT', 'BINARY(16)',
    'VARBINARY(60)', "ENUM('a','b','1','3','2','','2024','x y','10:20:30')",
    "SET('3','2','1')", 'JSON', 'POINT', 'UUID', 'INET6', 'VECTOR(3)';

sub types {
	my ($s) = @_;
	return map { my ($sql, @v) = @$_; { sql => $sql, values => \@v } }
	    _numbers(), _times(), _texts(), _bytes(), _lists(), _others($s);
}

sub pairs {
	my ($s, $all) = @_;
	my @t = grep { $all || $few{$_->{sql}} } types($s);
	return map { my $from = $_; map { { from => $from, to => $_ } }
	    grep { $_->{sql} ne $from->{sql} } @t } @t;
}

sub strict_mode {
	my ($mode) = @_;
	return $mode =~ /STRICT_/ ? $mode : "STRICT_ALL_TABLES,$mode";
}

# What the server says to the ALTER in this sql_mode; '' when it does it.
sub _native {
	my ($dbh, $mode, $p, @values) = @_;
	# A temporary table is altered by copying, and without any file.
	$dbh->do("DROP TEMPORARY TABLE IF EXISTS one");
	$dbh->do("SET sql_mode = 'ALLOW_INVALID_DATES'");
	$dbh->do("CREATE TEMPORARY TABLE one (id INT PRIMARY KEY, " .
	    "c $p->{from}{sql})");
	my $i = 0;
	$dbh->do("INSERT IGNORE INTO one VALUES " .
	    join(', ', map { $i++; "($i, $_)" } @values)) if @values;
	$dbh->do("SET sql_mode = '$mode'");
	return eval { $dbh->do("ALTER TABLE one MODIFY c $p->{to}{sql}"); 1 }
	    ? '' : $dbh->err . ' ' . $dbh->errstr;
}

# The numbers of the values that the ALTER has just complained of, as far as it
# says so: by the row, or by the value.
sub _complaints {
	my ($dbh, @values) = @_;
	my %bad;
	for (@{$dbh->selectall_arrayref("SHOW WARNINGS")}) {
		my ($level, $code, $text) = @$_;
		next if $level eq 'Note' || $code =~ /^(1287|1681|409[56])$/;
		if ($text =~ /.* at row (\d+)/) {
			$bad{$1 - 1} = 1;
		} elsif ($text =~ /value: '(.*)'/s) {
			my $v = $1;
			$bad{$_} = 1 for grep { $values[$_] =~
			    /^'?\Q$v\E'?$|x'/ } 0 .. $#values;
		}
	}
	return \%bad;
}

# The same where it refuses them even when it is not strict.  What is no JSON
# the server can tell; of other such types hardly a value will do.
sub _unfit {
	my ($dbh, $p, @values) = @_;
	my $to = $p->{to}{sql};
	my %good;
	if ($to eq 'JSON') {
		_native($dbh, '', { from => $p->{from}, to => $p->{from} },
		    @values);
		my $ids = eval { $dbh->selectcol_arrayref("SELECT id FROM " .
		    "one WHERE c IS NULL OR JSON_VALID(CAST(c AS CHAR)) " .
		    "= 1") };
		%good = map { $_ - 1 => 1 } @{$ids // []};
	} else {
		my $strict = 'STRICT_ALL_TABLES';
		%good = map { $_ => 1 } grep { $values[$_] =~ /x'/ &&
		    !_native($dbh, $strict, $p, $values[$_]) } 0 .. $#values;
	}
	return { map { $_ => 1 } grep { !$good{$_} } 0 .. $#values };
}

# Sort the pair's values into those that the server's own strict ALTER takes,
# and those it refuses.  False when it refuses the pair as such.
sub judge {
	my ($dbh, $mode, $p) = @_;
	my @v = @{$p->{from}{values}};
	my $strict = strict_mode($mode);
	$p->{why} = _native($dbh, $strict, $p, @v);
	return 0 if $p->{why} =~ /^4078 /;
	my $bad = !$p->{why} ? {} : _native($dbh, '', $p, @v) ?
	    _unfit($dbh, $p, @v) : _complaints($dbh, @v);
	my @good = grep { !$bad->{$_} } 0 .. $#v;
	# What was not told from the others is asked one by one.
	if (!%$bad && $p->{why} || @good && _native($dbh, $strict, $p,
	    @v[@good])) {
		$bad = { map { $_ => 1 } grep {
		    _native($dbh, $strict, $p, $v[$_]) } 0 .. $#v };
	}
	$p->{good} = [map { $v[$_] } grep { !$bad->{$_} } 0 .. $#v];
	$p->{bad} = [map { $v[$_] } grep { $bad->{$_} } 0 .. $#v];
	return 1;
}

1;
