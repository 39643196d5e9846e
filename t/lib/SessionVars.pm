# The variables of a session, as the server itself lists them, and odd values
# for each.
package SessionVars;

use strict;
use warnings;

use Exporter qw(import);

use LiveAlter;

our @EXPORT = qw(session_vars left_alone set_in odd_values);

# Names of all that a session has, also of those without a global value.
sub session_vars {
	my ($s) = @_;
	return map { lc $_->[0] } $s->is_mariadb ?
	    $s->rows("SELECT variable_name FROM " .
	    "information_schema.system_variables WHERE variable_scope LIKE " .
	    "'SESSION%'") :
	    $s->rows("SELECT variable_name FROM " .
	    "performance_schema.variables_metadata WHERE variable_scope LIKE " .
	    "'SESSION%'");
}

# Names in t/session-variables.txt, each with its reason.
sub left_alone {
	my (%why, $reason);
	for (split /\n\n/, slurp('t/session-variables.txt')) {
		my ($text, $names) = /\A((?:[^\t].*\n)+)((?:\t.*\n?)+)\z/
		    or next;
		$why{$_} .= $text for split ' ', $names;
	}
	return \%why;
}

# Names of those that a statement of ours sets.
sub set_in {
	my ($sql) = @_;
	return () if $sql !~ /^SET (?:NAMES|SESSION) /;
	my @names = qw(character_set_client character_set_connection
	    character_set_results collation_connection);
	return ($sql =~ /^SET NAMES/ ? @names : (),
	    $sql =~ /(?:SESSION |, )([a-z_0-9]+) = /g);
}

# Those of which two values cannot be told apart by what is a number.
my %TEXT = (
	binlog_row_value_options => ['PARTIAL_JSON'],
	block_encryption_mode => ['aes-256-cbc'],
	character_set_client => ['latin1', 'koi8r'],
	character_set_collations => ['utf8mb4=utf8mb4_bin', ''],
	character_set_connection => ['latin1', 'utf16'],
	character_set_database => ['latin1'],
	character_set_filesystem => ['utf8mb4'],
	character_set_results => ['latin1', 'utf16'],
	character_set_server => ['latin1', 'utf16'],
	collation_connection => ['latin1_german2_ci', 'utf8mb4_bin'],
	collation_database => ['latin1_german2_ci'],
	collation_server => ['latin1_german2_ci', 'utf8mb4_bin'],
	default_collation_for_utf8mb4 => ['utf8mb4_general_ci'],
	default_storage_engine => ['MyISAM', 'MEMORY'],
	default_tmp_storage_engine => ['MyISAM', 'MEMORY'],
	external_table_secondary_storage_engine => [],
	external_table_storage_engine => [],
	lc_messages => ['de_DE', 'ja_JP'],
	lc_time_names => ['de_DE', 'ja_JP'],
	# With less not even what we send to set it is read.
	max_session_mem_used => [1_000_000],
	myisam_stats_method => ['nulls_equal'],
	session_track_system_variables => ['*', ''],
	sql_mode => ['', 'ANSI', 'TRADITIONAL',
	    'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT',
	    'NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES',
	    'PAD_CHAR_TO_FULL_LENGTH,IGNORE_SPACE,HIGH_NOT_PRECEDENCE',
	    'NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT,ONLY_FULL_GROUP_BY',
	    'ORACLE', 'SIMULTANEOUS_ASSIGNMENT', 'TIME_ROUND_FRACTIONAL',
	    'TIME_TRUNCATE_FRACTIONAL', 'EMPTY_STRING_IS_NULL'],
	storage_engine => [],
	system_versioning_asof => ['2001-01-01 00:00:00'],
	time_zone => ['America/New_York', '-11:00'],
	timestamp => [1],
	innodb_ft_user_stopword_table => [],
	innodb_tmpdir => [],
	redirect_url => [],
);

# Sizes of memory: as much as there may be is more than there is.
my $MEMORY = qr/size|buffer|cache|mem|block|packet|length|space/;

sub _flags { join ',', map { s/=on$/=OFF/r =~ s/=off$/=on/r } split /,/,
    $_[0] }

sub _mariadb {
	my ($s) = @_;
	my %odd;
	for ($s->rows("SELECT LOWER(variable_name), variable_type, " .
	    "numeric_min_value, numeric_max_value, enum_value_list, " .
	    "session_value FROM information_schema.system_variables " .
	    "WHERE variable_scope LIKE 'SESSION%'")) {
		my ($name, $type, $min, $max, $list, $now) = @$_;
		my @all = split /,/, $list // '';
		$odd{$name} =
		    $type eq 'BOOLEAN' ? [$now eq 'ON' ? 0 : 1]
		    : $type eq 'FLAGSET' ? [_flags($now)]
		    : $type eq 'ENUM' ? [grep { lc ne lc $now } @all]
		    : $type eq 'SET' ? [$list, '', @all]
		    : $type =~ /INT|DOUBLE/ ? [$min,
		    $name =~ $MEMORY ? () : $max] : [];
	}
	return %odd;
}

sub _mysql {
	my ($s) = @_;
	my %odd;
	for ($s->rows("SELECT LOWER(m.variable_name), m.data_type, " .
	    "m.min_value, m.max_value, v.variable_value FROM " .
	    "performance_schema.variables_metadata m JOIN " .
	    "performance_schema.session_variables v ON v.variable_name = " .
	    "m.variable_name WHERE m.variable_scope LIKE 'SESSION%'")) {
		my ($name, $type, $min, $max, $now) = @$_;
		$odd{$name} =
		    $type eq 'Boolean' ? [$now eq 'ON' ? 0 : 1]
		    : $type eq 'Set' && $now =~ /=/ ? [_flags($now)]
		    # By number: the names are not to be had.
		    : $type =~ /^(?:Enumeration|Set)$/ ? [0 .. 3]
		    : $type =~ /Integer|Numeric/ ? [$min,
		    $name =~ $MEMORY ? () : $max] : [];
	}
	return %odd;
}

# For each variable a list of values that it may not have by itself.
sub odd_values {
	my ($s) = @_;
	my %odd = $s->is_mariadb ? _mariadb($s) : _mysql($s);
	$odd{$_} = $TEXT{$_} for grep { $TEXT{$_} } keys %odd;
	return \%odd;
}

1;
