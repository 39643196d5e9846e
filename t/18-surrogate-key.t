# A table gets an AUTO_INCREMENT key while an application writes: the copy and
# the triggers draw numbers at the same time (innodb_autoinc_lock_mode=2,
# MySQL's default), and neither gets one that the other has.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 18;
note "SEED=$seed";
my $mode = '--innodb-autoinc-lock-mode';
my $s = Server->start(args => ["$mode=2"]);

my %writes = (
	'an UPDATE' => sub { "UPDATE %s SET v = 'u' WHERE k = $_[0]" },
	'an INSERT of two rows' => sub { "INSERT IGNORE INTO %s (k, v) " .
	    "VALUES ($_[0], 'n'), ($_[1], 'n')" },
	'a DELETE' => sub { "DELETE FROM %s WHERE k = $_[0]" },
	'a REPLACE' => sub { "REPLACE INTO %s (k, v) VALUES ($_[0], 'r')" },
	'ON DUPLICATE KEY UPDATE' => sub { "INSERT INTO %s (k, v) VALUES (" .
	    "$_[0], 'o') ON DUPLICATE KEY UPDATE v = 'oo'" },
	'a new key' => sub { "UPDATE %s SET k = $_[1] WHERE k = $_[0]" },
);
my @all = sort keys %writes;

# Keys are multiples of ten at first; new ones come between them.
sub writer {
	my ($n, @kinds) = @_;
	return start_writer($s, db => 'app', tables => ['t', 'control'],
	    seed => $seed + $n, pause => 0.002, forgive => [1062, 1213],
	    ops => sub {
		my ($rnd) = @_;
		my $w = $kinds[$rnd->(scalar @kinds)];
		my ($k, $new) = (10 * $rnd->(600), $rnd->(6000));
		$k = $new if $w =~ /INSERT/ && $rnd->(2);
		return $writes{$w}->($k, $new);
	});
}

sub surrogate {
	my ($name, $sid, @kinds) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	$s->sql("CREATE TABLE app.t (k INT NOT NULL PRIMARY KEY, " .
	    "v VARCHAR(20)); INSERT INTO app.t VALUES " . join(',',
	    map { "($_, 'x')" } map { 10 * $_ } 0 .. 599));
	copy_table($s, 'app', 't', 'control');
	my @w = map { writer($_, @kinds) } 1 .. 3;
	my $r = migrate($s, "DROP PRIMARY KEY, $sid, ADD UNIQUE KEY ouk (k)",
	    'app', 't', '--chunk-size', 75, '--sleep', 0.01,
	    '--no-check-unique-key-change');
	my @errors = map { @{$_->stop->{errors}} } @w;
	succeeded($r, 'app', 't', "a surrogate key, with $name");
	is(join("\n", @errors), '', '... and the application has no error');
	same_bytes($s, 'app', 't', 'control', '... no row is lost', 'k', 'v');
	nothing_left($s, 'app');
}

my $first = 'ADD COLUMN sid BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST';
surrogate($_, $first, $_) for @all;
surrogate('all of these', $first, @all) for 1 .. 3;
surrogate('all of these, as no primary key', 'ADD PRIMARY KEY (k), ADD sid ' .
    'INT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE', @all);

done_testing;
