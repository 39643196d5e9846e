# A table that becomes what the CREATE TABLE in a file says (--to); the judge is
# that CREATE TABLE in an empty schema, ctl.
#
#	my $s = wanted_server();
#	becomes('a column more', "CREATE TABLE t (...)", "CREATE TABLE t (...)",
#	    opts => ['--drop', 'a']);
package Wanted;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use JSON::PP ();
use Test::More;

use LiveAlter;
use Server;

our @EXPORT = qw(wanted_server fresh definition run_to result_of
    nothing_to_do becomes refusals $ID $DIR $FILE);

our $ID = 'id INT NOT NULL AUTO_INCREMENT PRIMARY KEY';
our $DIR = File::Temp->newdir('la-wanted-XXXXXX', TMPDIR => 1);
our $FILE = "$DIR/t.sql";
my ($s, $refused);

sub wanted_server {
	$refused = 0;
	return $s = Server->start;
}

# How many were refused that may be.
sub refusals { return $refused }

sub fresh {
	my ($db, $table) = @_;
	my $dbh = $s->dbh;
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("DROP DATABASE IF EXISTS $db");
	$dbh->do("CREATE DATABASE $db CHARACTER SET utf8mb4");
	$dbh->do("USE $db");
	$dbh->do("CREATE TABLE p (id INT PRIMARY KEY, k INT, UNIQUE (k))");
	$dbh->do("INSERT INTO p VALUES (1, 1), (2, 2)");
	$dbh->do($table);
	return $dbh;
}

# Without the counter, and what is apart: names of foreign keys, underscores of
# CHECKs (MySQL), and the order of keys and constraints.
sub definition {
	my ($db) = @_;
	my $text = ($s->rows("SHOW CREATE TABLE $db.t"))[0][1];
	$text =~ s/ AUTO_INCREMENT=\d+//;
	$text =~ s/CONSTRAINT `[^`]+` FOREIGN/CONSTRAINT FOREIGN/g;
	$text =~ s/CONSTRAINT `_+/CONSTRAINT `/g;
	my ($columns, $rest, $end) = $text =~ /^(CREATE .*?)((?:^  (?:[A-Z].*))*
	    )^(\).*)/msx;
	my @rest = sort map { s/,$//r } split /\n/, $rest;
	return join "\n", $columns =~ s/,\n\z//r, @rest, $end;
}

sub run_to { return run_livealter($s, '--to', $FILE, 'D=app,t=t', @_) }

sub result_of {
	my ($r) = @_;
	my ($last) = grep { $_->{type} eq 'result' } map { eval {
	    JSON::PP->new->utf8->decode($_) } // () } split /\n/, $r->{out};
	return $last // { };
}

sub nothing_to_do {
	my ($name, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $was = definition('app');
	for my $how ('--dry-run', '--execute') {
		my $r = run_to($how, '--output=json', @opts);
		my $is = result_of($r);
		ok($r->{exit} == 0 && $is->{already_so} && !$is->{changed},
		    "$name, by $how") or diag $r->{out}, $r->{err};
	}
	is(definition('app'), $was, '... and it is as it was');
}

sub rows {
	return [map { join '|', map { $_ // 'NULL' } @$_ } $s->rows("SELECT " .
	    "$_[0] FROM app.t ORDER BY id")];
}

# From one CREATE TABLE t to the other; columns of which the values stay.
sub becomes {
	my ($name, $from, $to, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dbh = fresh('app', $from);
	my @opts = @{$o{opts} // []};
	my $keep = $o{keep} // 'id';
	$dbh->do("INSERT INTO t (id$_->[0]) VALUES (1$_->[1]), (2$_->[1])")
	    for ($from =~ /\ba INT/ ? [', a', ', 1'] : ['', '']);
	my $was = rows($o{from} // $keep);
	fresh('ctl', $to);
	spew($FILE, "$to;\n");
	my $r = run_to('--execute', '--output=json',
	    '--no-check-unique-key-change', @opts);
	my $is = result_of($r);
	if ($o{may_not} && $r->{exit} > 0 && $r->{out} =~ $o{may_not}) {
		note "$name: $&";
		return $refused++;
	}
	ok($r->{exit} == 0 && $is->{changed}, $name) or return diag $r->{out};
	my ($got, $expected) = (definition('app'), definition('ctl'));
	is($got, $expected, '... as in an empty schema');
	is_deeply(rows($keep), $was, '... with its rows');
	nothing_to_do('... and then nothing', @opts);
}

1;
