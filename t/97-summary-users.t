# The summary of a dry run names views, routines, events and triggers of other
# tables that name the table, those that a dropped or renamed column breaks, and
# what it could not look at.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $json = JSON::PP->new->utf8;

# The summary of a dry run; {} if there is none.
sub summary {
	my $o = ref $_[0] ? shift : {};
	my ($alter, @args) = @_;
	my $r = run_livealter($s, $o, '--alter', $alter, dsn('app', 't'),
	    '--dry-run', '--output=json', @args);
	is($r->{exit}, 0, "$alter: a dry run") or diag $r->{out};
	my ($line) = grep { /^\{"type": "summary"/ } split /\n/, $r->{out};
	return defined $line ? $json->decode($line) : {};
}

sub names {
	my ($list) = @_;
	return join ', ', sort map { "$_->{kind} $_->{name}" } @$list;
}

fresh_schema($s, 'CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)',
    'CREATE TABLE u (id INT PRIMARY KEY, x INT)',
    'CREATE VIEW va AS SELECT id, a FROM t', 'CREATE VIEW vv AS SELECT a ' .
    'FROM va', 'CREATE VIEW `v``b` AS SELECT b FROM t',
    'CREATE VIEW other AS SELECT x FROM u',
    'CREATE PROCEDURE pa () UPDATE t SET a = 1',
    'CREATE FUNCTION fb () RETURNS INT READS SQL DATA ' .
    'RETURN (SELECT MAX(b) FROM t)',
    'CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR DO DELETE FROM t WHERE a = 9',
    'CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW ' .
    'SET NEW.x = (SELECT MAX(a) FROM t)',
    'CREATE TRIGGER own BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1');
my $all = 'event `app`.`ev`, function `app`.`fb`, procedure `app`.`pa`, ' .
    'trigger `app`.`tr`, trigger own, view `app`.`v``b`, view `app`.`va`';
my $is = summary('ADD c INT');
is(names($is->{hangs_on_it}), $all, '... what names the table');
is(names($is->{breaks}), '', '... of which nothing breaks');
is(names($is->{not_known}), '', '... and all is known');
$is = summary('DROP a');
is(names($is->{hangs_on_it}), $all, '... what names the table');
is(names($is->{breaks}), 'event `app`.`ev`, procedure `app`.`pa`, ' .
    'trigger `app`.`tr`, view `app`.`va`, view `app`.`vv`',
    '... and what the column does that goes, by views, too');
is(names(summary('CHANGE b c INT')->{breaks}), 'function `app`.`fb`, ' .
    'view `app`.`v``b`', '... or one that is renamed');

my $text = run_livealter($s, '--alter', 'DROP b', dsn('app', 't'),
    '--dry-run')->{out};
like($text, qr/^broken by it: +(?:function `app`.`fb`\n +)?view `app`.`v``b`/m,
    'it is shown');

# An account that sees the table only.
$s->sql($_) for 'DROP TRIGGER app.own',
    "CREATE USER little\@'%' IDENTIFIED BY 'pw'",
    "GRANT ALL ON app.* TO little\@'%'";
my @as = ('-S', $s->socket, '-u', 'little', '-p', 'pw');
$is = summary({ connect => 0 }, 'DROP a', @as, '--recursion-method=none');
like(names($is->{not_known}), qr/^unseen /, 'another account: it says so');
like($is->{not_known}[0]{text},
    qr/may not see: it lacks SELECT, SHOW VIEW, EVENT, TRIGGER on/,
    '... and what it lacks');

done_testing;
