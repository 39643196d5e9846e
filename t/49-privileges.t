# The privileges that the manual lists are enough, and each is asked for.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my ($list) = slurp('man/livealter.1') =~
    /^The account needs (.*?) on the database/ms or die 'no list';
$list =~ s/\s+/ /g;
my @needed = split /, | and /, $list;
is(scalar @needed, 9, 'the manual lists nine privileges') or diag $list;

my $s = Server->start(args => ['--log-bin-trust-function-creators=1']);
my $who = 'few@localhost';
push @needed, 'REFERENCES' if $s->is_mysql;

sub run_with {
	my (@privileges) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE " .
	    "TABLE app.p (id INT PRIMARY KEY); CREATE TABLE app.c (id INT " .
	    "PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES app.p (id)); " .
	    "DROP USER IF EXISTS $who; CREATE USER $who");
	$s->sql("GRANT " . join(', ', @privileges) . " ON app.* TO $who");
	$s->sql("GRANT SELECT ON performance_schema.metadata_locks TO $who")
	    if $s->is_mysql;
	return run_livealter($s, { connect => 0 }, '--alter', 'ADD x INT',
	    dsn('app', 'p'), '--execute', '-S', $s->socket, '-u', 'few');
}

my $r = run_with(@needed);
is($r->{exit}, 0, 'all of them: it is altered') or diag $r->{err};
nothing_left($s, 'app');

for my $out (@needed) {
	$r = run_with(grep { $_ ne $out } @needed);
	isnt($r->{exit}, 0, "without $out it is refused");
	like($r->{err}, qr/GRANT [A-Z, ]*\b$out\b/,
	    '... and the hint names it');
	unlike($r->{err}, qr/create the triggers/, '... before it begins');
	nothing_left($s, 'app');
}

done_testing;
