# The privileges that the manual lists for each operation are enough, and each
# is asked for before anything is made or taken away.
#
# long: each privilege missing in turn
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $manual = slurp('man/livealter-safety.7');
my ($list) = $manual =~ /^The account needs (.*?) on the database/ms
    or die 'no list';
$list =~ s/\s+/ /g;
my @all = split /, | and /, $list;
is(scalar @all, 9, 'the manual lists nine privileges') or diag $list;

# Those that it gives to an operation of this name, which others may share.
sub listed {
	my ($op) = @_;
	my ($text) = $manual =~ /^\.It [^\n]*\b\Q$op\E[^\n]*\n
	    ((?:SELECT)[^.;]*)[.;]/mx or die "no list for $op";
	$text =~ s/\s+/ /g;
	return split /, /, $text;
}

my $s = Server->start(args => ['--log-bin-trust-function-creators=1']);
my $who = 'few@localhost';
my $set = $s->is_mariadb ? 'SET USER' : $s->version_number >= 80200 ?
    'SET_ANY_DEFINER' : 'SET_USER_ID';
my @alter = ('--alter', 'ADD x INT', dsn('app', 't'), '--execute');
my @few = ('-S', $s->socket, '-u', 'few');
$s->sql("CREATE USER maker\@localhost; GRANT ALL ON *.* TO maker\@localhost");
$s->sql("REVOKE SYSTEM_USER ON *.* FROM maker\@localhost") if $s->is_mysql;

sub run_with {
	my ($op, @privileges) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; " .
	    "CREATE TABLE app.t (id INT PRIMARY KEY, v INT); " .
	    "INSERT INTO app.t VALUES (1, NULL), (2, NULL); " .
	    ($op->{sql} // 'DO 0'));
	$s->sql("DROP USER IF EXISTS $who; CREATE USER $who");
	$op->{before}->() if $op->{before};
	$s->sql("GRANT " . join(', ', @privileges) . " ON app.* TO $who");
	$s->sql("GRANT SELECT ON performance_schema.metadata_locks TO $who")
	    if $s->is_mysql;
	$s->sql("GRANT $op->{global} ON *.* TO $who") if $op->{global};
	$op->{there} = join ' ', leftovers($s, 'app');
	return run_livealter($s, { connect => 0 }, @{$op->{args}}, @few);
}

sub is_refused {
	my ($op, $out, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 3, "$op->{name} without $out is refused")
	    or diag $r->{err};
	like($r->{err}, qr/GRANT [A-Z_, ]*\b$out\b/,
	    '... and the hint names it');
	is(join(' ', leftovers($s, 'app')), $op->{there},
	    '... before anything is made or taken away');
}

sub try_all {
	my ($op, @needed) = @_;
	my @out = @{$op->{out} // \@needed};
	my $r = run_with($op, @needed);
	is($r->{exit}, 0, "$op->{name}: what is listed is enough")
	    or diag $r->{err};
	is(join(' ', leftovers($s, 'app')), $op->{left} // '',
	    '... and leaves what it should');
	for my $out (@out) {
		is_refused($op, $out, run_with($op, grep { $_ ne $out }
		    @needed));
	}
}

sub died {
	return sub { die_at($s, 'after:copy', @alter) };
}

sub open_window {
	my $r = migrate($s, 'ADD x INT', 'app', 't', '--reversible');
	is($r->{exit}, 0, '(it can be reverted)') or diag $r->{err};
}

my @migration = listed('a migration');
is(join(', ', @migration), join(', ', @all), 'both lists are the same');
my @fkeys = $s->is_mysql ? 'REFERENCES' : ();

try_all({ name => 'a table', args => \@alter }, @migration);
try_all({ name => 'a table with a child', args => \@alter, out => \@fkeys,
    sql =>
    "CREATE TABLE app.c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES " .
    "app.t (id))" }, @migration, @fkeys);
my $parent = { name => 'a table with a parent', args => \@alter, sql =>
    "CREATE TABLE app.p (id INT PRIMARY KEY); ALTER TABLE app.t ADD FOREIGN " .
    "KEY (v) REFERENCES app.p (id)" };
is(run_with($parent, @migration, @fkeys)->{exit}, 0, $parent->{name});
is_refused($parent, $_, run_with($parent, @migration)) for @fkeys;

# Their definer stays; to say so is for who may.
my $own = { name => 'a table with a trigger', args => \@alter, global => $set,
    out => ['TRIGGER'],
    sql => "CREATE DEFINER = maker\@localhost TRIGGER app.x BEFORE INSERT ON " .
    "app.t FOR EACH ROW SET NEW.v = 1" };
try_all($own, @migration);
delete $own->{global};
is_refused($own, $set, run_with($own, @migration));

my @left = map { "table $_" } qw(_livealter _t_back _t_old);
try_all({ name => '--reversible', args => [@alter, '--reversible'], left =>
    join(' ', @left, map { "trigger livealter_t_$_" } qw(rdel rins rupd)) },
    @migration);
try_all({ name => 'revert', before => \&open_window, args => ['revert',
    dsn('app', 't'), '--accept-loss'] }, listed('revert'));
try_all({ name => 'resume', before => died(), args => ['resume',
    dsn('app', 't')] }, listed('resume'));
try_all({ name => 'cleanup', before => died(), args => ['cleanup',
    dsn('app', 't')] }, listed('cleanup'));
try_all({ name => 'cleanup of a window', before => \&open_window, args =>
    ['cleanup', dsn('app', 't')] }, listed('cleanup'));
my $status = { name => 'status', before => died(), left => join(' ', (map {
    "table $_" } qw(_livealter _t_new _t_notes)), (map {
    "trigger livealter_t_$_" } qw(del ins upd))), args => ['status',
    dsn('app', 't')] };
try_all($status, listed('status')) if $s->is_mariadb;
# Without TRIGGER it sees no triggers there.
is_refused($status, 'SELECT', run_with($status, 'TRIGGER'));
is(run_with($status, 'SELECT')->{exit}, 0, 'status: SELECT may do on MySQL')
    if $s->is_mysql;

# One that runs, and is told to go on running.
run_with({ args => ['status', 'D=app'] }, 'SELECT');
my $running = start_migration($s, 'ADD x INT', 'app', 't', '--cut-over',
    'when-told');
poll_until(sub { (eval { $s->value("SELECT state FROM app._livealter") } //
    '') eq 'waiting' }, 30, 'it waits');
my $control = { name => 'control', there => join ' ', leftovers($s, 'app') };
sub told {
	my (@privileges) = @_;
	$s->sql("DROP USER $who; CREATE USER $who; GRANT " .
	    join(', ', @privileges) . " ON app.* TO $who");
	return run_livealter($s, { connect => 0 }, 'control', dsn('app', 't'),
	    'postpone', @few);
}
my @tells = listed('control');
is(told(@tells)->{exit}, 0, 'control: what is listed is enough');
for my $out (@tells) {
	is_refused($control, $out, told(grep { $_ ne $out } @tells));
}
$running->kill('TERM');
is($running->wait(60)->{exit}, 32, '(it is ended)');
nothing_left($s, 'app');

# What comes by a role is in no list; a trigger that the account cannot see is
# not one that is gone.
my $r = run_with({ before => sub {
	die_at($s, 'after:copy', @alter);
	$s->sql($_) for 'DROP ROLE IF EXISTS r', 'CREATE ROLE r', 'GRANT ' .
	    'SELECT, UPDATE, DELETE, DROP, LOCK TABLES ON app.* TO r',
	    "GRANT r TO $who";
	$s->sql("SET DEFAULT ROLE r " . ($s->is_mysql ? 'TO' : 'FOR') .
	    " $who");
    }, args => ['cleanup', dsn('app', 't')] }, 'SELECT');
isnt($r->{exit}, 0, 'cleanup by a role without TRIGGER is refused');
is(scalar(grep { /^trigger|_t_new/ } leftovers($s, 'app')), 4,
    '... and the table stays that the triggers write to');

done_testing;
