# A schema and its twin: livealter changes a table in the one, ALTER TABLE the
# same in the other, and all there is in them must come out the same: tables,
# rows, foreign keys, triggers, views, routines and events.
#
#	twins($s, "CREATE TABLE t (id INT PRIMARY KEY)", ...);
#	like_twin($s, 'a column', 'ADD c INT', @opts);
#	refused_like_twin($s, 'a parent is missing', 'ADD FOREIGN KEY ...');
#
# The schemas are app and ctl, the table is t; "{far}" in a statement stands for
# another schema, far or ctlfar, and "{home}" for the first.
package Twin;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();

use LiveAlter;
use Story;

our @EXPORT = qw(twins twin_sql twin_dump like_twin refused_like_twin
    native_twin same_twins same_triggers untouched);

my %FAR = (app => 'far', ctl => 'ctlfar');

# Both schemas anew, with what the statements make.
sub twins {
	my ($s, @sql) = @_;
	$s->sql("SET foreign_key_checks = 0");
	$s->sql("DROP DATABASE IF EXISTS $_; CREATE DATABASE $_ " .
	    "DEFAULT CHARSET utf8mb4") for %FAR;
	$s->sql("SET foreign_key_checks = 1");
	twin_sql($s, @sql);
}

sub _for {
	my ($db, $sql) = @_;
	return $sql =~ s/\{far\}/$FAR{$db}/gr =~ s/\{home\}/$db/gr;
}

# The statements in both.
sub twin_sql {
	my ($s, @sql) = @_;
	for my $db (sort keys %FAR) {
		my $dbh = $s->dbh(database => $db);
		$dbh->do("SET NAMES utf8mb4");
		$dbh->do(_for($db, $_)) for @sql;
		$dbh->disconnect;
	}
}

# What is in the schema and its far one, called app and far.  The definers' and
# other quoted names are the twin's own business: none is called ctl.
sub twin_dump {
	my ($s, $db) = @_;
	my $text = $s->dump($db, counter => 0) . $s->dump($FAR{$db},
	    counter => 0) . triggers_shown($s, $db);
	$text =~ s/\b\Q$FAR{ctl}\E\b/$FAR{app}/g;
	$text =~ s/\bctl\b/app/g;
	return $text;
}

# SHOW CREATE TRIGGER of all, but for when they were created.
sub triggers_shown {
	my ($s, $db) = @_;
	my $out = '';
	my $order = "event_object_table, event_manipulation, action_timing, " .
	    "action_order";
	for ($s->rows("SELECT trigger_name FROM information_schema.triggers " .
	    "WHERE trigger_schema = ? ORDER BY $order", $db)) {
		my $r = $s->row("SHOW CREATE TRIGGER " . Story::q($db) . "." .
		    Story::q($_->[0]));
		$out .= join '', map { "$_: $r->{$_}\n" } grep {
		    $_ ne 'Created' } sort keys %$r;
	}
	return $out;
}

# A test: the triggers on the tables of both are the same.
sub same_triggers {
	my ($s, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($x, $y) = map { triggers_shown($s, $_) =~ s/\b$_\b/app/gr }
	    'app', 'ctl';
	return same_dump($x, $y, $name);
}

sub same_twins {
	my ($s, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return same_dump(twin_dump($s, 'app'), twin_dump($s, 'ctl'), $name);
}

# Nothing but what was there before; $dump is a twin_dump.
sub untouched {
	my ($s, $dump, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return same_dump(twin_dump($s, 'app'), $dump,
	    $name // '... and all is as it was');
}

# What ALTER TABLE says to it: nothing when it does it.
sub native_twin {
	my ($s, $alter) = @_;
	my $dbh = $s->dbh(database => 'ctl');
	$dbh->do("SET NAMES utf8mb4");
	return eval { $dbh->do("ALTER TABLE t " . _for('ctl', $alter)); 1 }
	    ? '' : $dbh->errstr;
}

# Runs it and expects what ALTER TABLE makes of the twin.
sub like_twin {
	my ($s, $name, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = migrate($s, _for('app', $alter), 'app', 't', @opts);
	succeeded($r, 'app', 't', $name) or return $r;
	Test::More::is(native_twin($s, $alter), '', '... as ALTER TABLE does');
	same_twins($s, '... and all is what that makes of it');
	return $r;
}

# ALTER TABLE refuses it; so do we, say why, and leave everything alone.
sub refused_like_twin {
	my ($s, $name, $why, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dump = twin_dump($s, 'app');
	my $no = native_twin($s, $alter);
	Test::More::isnt($no, '', "$name: ALTER TABLE refuses it");
	Test::More::note($no);
	my $r = migrate($s, _for('app', $alter), 'app', 't', @opts);
	Test::More::ok($r->{exit} > 0 && $r->{exit} != 38,
	    "... and so do we") or Test::More::diag("exit $r->{exit}");
	Test::More::like($r->{err}, $why, '... say why');
	Test::More::unlike($r->{out}, qr/Successfully/, '... claim nothing');
	untouched($s, $dump);
	return $r;
}

1;
