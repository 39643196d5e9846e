# Each variable of a session is either set by us in every session, or there is
# a reason why it cannot matter (t/session-variables.txt); and no connection
# says anything before it is set up.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use SessionVars;
use Story;
use Test::More;

my $s = Server->start(args => $ENV{LIVEALTER_SERVER} &&
    $ENV{LIVEALTER_SERVER} eq 'mysql' ? [] : ['--query-cache-type=1',
    '--query-cache-size=1M']);
my $NO_ROOT = { connect => 0 };
my @APP = ('-S', $s->socket, '-u', 'plain');
$s->sql("CREATE USER plain\@localhost; CREATE DATABASE app; " .
    "GRANT ALL ON app.* TO plain\@localhost; " .
    "GRANT PROCESS ON *.* TO plain\@localhost");

sub plain {
	my $o = ref $_[0] ? shift : {};
	return run_livealter($s, { %$NO_ROOT, %$o }, @APP, @_);
}

sub fresh {
	$s->sql(join '; ', "DROP TABLE IF EXISTS app.c, app.p, app.g",
	    "CREATE TABLE app.g (id INT PRIMARY KEY)",
	    "CREATE TABLE app.p (id INT PRIMARY KEY, g INT, w INT, " .
	    "FOREIGN KEY gg (g) REFERENCES app.g (id))",
	    "CREATE TABLE app.c (id INT PRIMARY KEY, p INT, " .
	    "FOREIGN KEY pp (p) REFERENCES app.p (id))",
	    "CREATE DEFINER = plain\@localhost TRIGGER app.u BEFORE INSERT " .
	    "ON app.p FOR EACH ROW SET NEW.w = NEW.id",
	    "INSERT INTO app.g VALUES (1)",
	    "INSERT INTO app.p VALUES (1, 1, 1), (2, 1, 2)",
	    "INSERT INTO app.c VALUES (1, 1)");
}

# --- all that we do, by an account without any privilege of its own ---------

my $mark = $s->log_mark;
my @DO = ('--alter', 'ADD x INT, ADD UNIQUE KEY ww (w)', 'D=app,t=p');

fresh();
my $r = plain(@DO, '--execute', '--threads', 2);
is($r->{exit}, 0, 'a migration with parents, children and a trigger') or
    diag $r->{err};
fresh();
{
	my $p = start_livealter($s, { connect => 0 }, @APP, @DO, '--execute',
	    '--cut-over', 'when-told');
	$p->wait_for(qr/waiting with the swap/, 60);
	is(plain('status', 'D=app')->{exit}, 0, 'status');
	# Those that break are made anew: whichever, all of them.
	my @ids = $s->rows("SELECT ID FROM information_schema.PROCESSLIST " .
	    "WHERE USER = 'plain'");
	for my $id (map { $_->[0] } @ids) {
		eval { $s->sql("KILL $id") };
	}
	ok($p->wait_for(qr/connected again/, 60), '... that breaks');
	# With that connection went the lock by which control knows it.
	ok(poll_until(sub { plain('control', 'D=app,t=p', 'cut-over')->{exit}
	    == 0 }, 60, 'control'), 'control');
	my $got = $p->wait(90);
	is($got->{exit}, 0, 'one that is told when to swap, and reconnects')
	    or diag $got->{err};
}
for my $command (qw(resume cleanup)) {
	fresh();
	plain({ env => { LIVEALTER_DIE_AT => 'after:copy' } }, @DO,
	    '--execute');
	$r = plain($command, 'D=app,t=p', '--execute');
	is($r->{exit}, 0, $command) or diag $r->{err};
}
fresh();
plain(@DO, '--execute', '--reversible');
$r = plain('revert', 'D=app,t=p', '--execute', '--accept-loss');
is($r->{exit}, 0, 'revert') or diag $r->{err};

# --- what they sent --------------------------------------------------------

my %first;
my %set;
for ($s->log_entries($mark)) {
	if ($_->{command} eq 'Connect') {
		$first{$_->{id}} = [] if $_->{text} =~ /^plain\@/;
	} elsif ($_->{command} eq 'Query' && exists $first{$_->{id}}) {
		push @{$first{$_->{id}}}, $_->{text};
		$set{$_} = 1 for set_in($_->{text});
	}
}
cmp_ok(scalar keys %first, '>', 25, 'there were many connections');
my $end = 'ROLLBACK AND NO CHAIN NO RELEASE';
is(join("\n", grep { !/^(?:$end(?:;SET NAMES utf8mb4.* autocommit = 1,.*)?)?$/
    } map { join ';', grep { defined } @{$_}[0, 1] } values %first), '',
    '... and each is set up before it says anything else');

my $why = left_alone();
# Only MySQL's cannot be set to what it is without.
delete $why->{insert_id} if $s->is_mariadb;
is(join(' ', sort grep { $set{$_} } keys %$why), '',
    'no variable that is set is called one that is left alone');
is(join(' ', sort grep { !$set{$_} && !$why->{$_} } session_vars($s)), '',
    'each variable of a session is set, or there is a reason not to');
my %there = map { $_ => 1 } session_vars($s);
is(join(' ', sort grep { !$there{$_} } keys %set), '',
    '... and none is set that there is not');

# --- what an administrator may, and what --set-vars says -------------------

sub statements {
	my ($from) = @_;
	return map { $_->{text} } grep { $_->{command} eq 'Query' }
	    $s->log_entries($from);
}
{
	fresh();
	$mark = $s->log_mark;
	$r = run_livealter($s, @DO, '--execute');
	is($r->{exit}, 0, 'an administrator') or diag $r->{err};
	my %more = map { map { $_ => 1 } set_in($_) } statements($mark);
	is(join(' ', sort grep { $more{$_} && $why->{$_} } keys %more), '',
	    '... sets nothing that is called left alone');
}
{
	fresh();
	$mark = $s->log_mark;
	$r = plain(@DO, '--execute', '--set-vars',
	    'net_read_timeout=77,sql_select_limit=1,unique_checks = 0');
	is($r->{exit}, 0, '--set-vars') or diag $r->{err};
	my @said = $r->{err} =~ /--set-vars: (\S+?)\s*=\s*\d+ is ignored/g;
	is("@said", 'sql_select_limit unique_checks',
	    '... says which are not done, once');
	my (%now, %at);
	for ($s->log_entries($mark)) {
		my $sets = $_->{text} =~ /^SET / ? $_->{text} : '';
		$now{$_->{id}}{$1} = $2 while $sets =~ /\b(net_read_timeout
		    |sql_select_limit|unique_checks)\s*=\s*(\d+)/gx;
		$at{$_->{id}} = { %{$now{$_->{id}} // {}} } if $_->{text} =~
		    /^(?:INSERT LOW|START TRANS|CREATE TRIGGER|RENAME)/;
	}
	cmp_ok(scalar keys %at, '>=', 2, '... there is work to be seen');
	is(join(' ', map { "$at{$_}{unique_checks}:" .
	    "$at{$_}{net_read_timeout}:" . length $at{$_}{sql_select_limit} }
	    grep { $at{$_}{unique_checks} ne '1' ||
	    $at{$_}{net_read_timeout} ne '77' ||
	    length $at{$_}{sql_select_limit} < 20 } keys %at), '',
	    '... and the others are, wherever work is done');
}

done_testing;
