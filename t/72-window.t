# While a migration can be reverted, the registry knows it: status shows it,
# revert needs to be told nothing, cleanup ends it, and nobody begins another.
#
# long: each command, and a death, in each state of a migration
use strict;
use warnings;

use lib 't/lib';
use BothWays;
use Hazard qw(given numbers);
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $login = "--socket=" . $s->socket . " --user=root";
my $ALTER = 'MODIFY c INT NOT NULL, ADD KEY (x)';
my @THIS = ('--null-to-not-null');
my $WINDOW = 'table _livealter, table _t_back, table _t_old, ' .
    'trigger livealter_t_rdel, trigger livealter_t_rins, ' .
    'trigger livealter_t_rupd';

sub la { run_livealter($s, @_) }
sub of_t { my ($verb, @o) = @_; la($verb, 'D=app,t=t', @o) }

sub verdict {
	my ($r, $out, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is("$r->{exit}: $r->{out}", "0: $out\n", $name) ||
	    diag $r->{err};
}
sub reverted { verdict($_[0], 'Successfully reverted `app`.`t`.', $_[1]) }
sub ended {
	verdict($_[0], 'Cleaned up: `app`.`t` can no longer be reverted.',
	    $_[1]);
}

# "life state: commands"
sub life {
	my $r = la('status', 'D=app', '--output', 'json');
	my $j = JSON::PP::decode_json($r->{out});
	return join ', ', (map { my $m = $_; "$m->{life} $m->{state}: " .
	    join ' ', map { /^livealter (\w+) D=app,t=$m->{table} / }
	    @{$m->{commands}} } @{$j->{migrations}}),
	    map { "leftover $_->{name}" } @{$j->{leftovers}};
}

sub left { join ', ', leftovers($s, 'app') }

sub set_up {
	given($s, "CREATE TABLE %s (id INT PRIMARY KEY, c VARCHAR(10), " .
	    "x INT) CHARSET utf8mb4", "INSERT INTO %s SELECT i, " .
	    "IF(i % 7, LPAD(i, 5, '0'), NULL), i FROM (" . numbers(1, 300) .
	    ") n");
}

sub open_window {
	my (@o) = @_;
	set_up();
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return succeeded(migrate($s, $ALTER, 'app', 't', '--reversible',
	    @THIS, @o), 'app', 't', "a migration to go back from @o");
}

sub both_write {
	for my $sql ("UPDATE %s SET x = x + 1 WHERE id % 3 = 0",
	    "DELETE FROM %s WHERE id % 10 = 1",
	    "INSERT INTO %s VALUES (1000, '17', 4)") {
		$s->sql($sql =~ s/%s/app.$_/r) for qw(t control);
	}
}

sub is_back {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_bytes($s, 'app', 't', 'control', "$name: the rows");
	same_definition($s, 'app', 't', 'control', '... and the shape');
	is(left(), '', '... and nothing is left');
}

# --- what is known ---------------------------------------------------------

my $r = open_window();
is(left(), $WINDOW, '... all is there that is needed');
is(life(), 'revertible revertible: revert cleanup',
    '... status knows it, and what can be done');
{
	my $text = of_t('status')->{out};
	like($text, qr/^`app`\.`t`: revertible, revertible$/m, '... in text');
	like($text, qr/^  ALTER: \Q$ALTER\E$/m, '... with the ALTER');
	like($text, qr/^  to revert: livealter revert D=app,t=t $login$/m,
	    '... how to go back');
	like($text, qr/^  to end that: livealter cleanup D=app,t=t $login$/m,
	    '... or not');
	unlike($text, qr/of no known migration/, '... and all that is its own');
	my $before = $s->dump('app');
	for my $how (['--execute'], ['--dry-run'], ['--execute',
	    '--reversible']) {
		$r = la('--alter', 'ADD y INT', 'D=app,t=t', @$how);
		is($r->{exit}, 17, "another migration is refused (@$how)");
		like($r->{err}, qr/still be reverted.*: \Q$ALTER\E$/m,
		    '... because of this one');
		like($r->{err}, qr/livealter $_ D=app,t=t /, "... try $_")
		    for qw(revert cleanup);
	}
	$r = of_t('resume');
	is($r->{exit}, 17, 'it cannot be resumed');
	like($r->{err}, qr/has succeeded/, '... as it has succeeded');
	same_dump($s->dump('app'), $before, '... none of that changes it');
}

# --- back, without a word --------------------------------------------------

both_write();
$r = of_t('revert', '--dry-run');
is($r->{exit}, 0, 'a dry run of revert') or diag $r->{err};
like($r->{out}, qr/^RENAME TABLE `app`.`t` TO `app`.`_t_new`, /m,
    '... shows the swap');
is(life(), 'revertible revertible: revert cleanup', '... and does nothing');
reverted(of_t('revert'), 'revert knows the ALTER and the options');
is_back('it is back');
verdict(of_t('cleanup'), 'No migration of `app`.`t` is known.',
    'then there is nothing to clean up');

# The registry stays for the others.
open_window();
$s->sql("CREATE TABLE app.u (id INT PRIMARY KEY)");
is(migrate($s, 'ADD a INT', 'app', 'u', '--reverse-triggers',
    '--no-drop-old-table')->{exit}, 0, 'a second table');
reverted(of_t('revert'), 'one goes back');
is(life(), 'revertible revertible: revert cleanup', '... one stays');
is(la('revert', 'D=app,t=u', '--accept-loss')->{exit}, 0, '... goes, too');
is_back('both are back');

# --- what is not taken up again --------------------------------------------

set_up();
succeeded(migrate($s, 'ADD a INT', 'app', 't', '--reversible',
    '--accept-loss', '--verify', 'none', '--on-interrupt', 'keep'), 'app',
    't', 'careless');
$r = of_t('revert');
is($r->{exit}, 17, '--accept-loss is asked for anew');
like($r->{err}, qr/would be lost: `a`/, '... for this');
$s->sql("UPDATE app._t_old SET x = 77 WHERE id = 5");
$r = of_t('revert', '--accept-loss');
is($r->{exit}, 30, '... and the tables are compared');
is(life(), 'revertible reverting: revert cleanup',
    '... after which it can still be reverted');
$s->sql("UPDATE app._t_old SET x = 5 WHERE id = 5");
reverted(of_t('revert', '--accept-loss', '--no-drop-old-table'), '... it is');
is(left(), 'table _t_new', '... and the new table stays if that is wanted');

# A name that was taken in the meantime.
open_window();
$s->sql("CREATE TABLE app._t_new (theirs INT)");
reverted(of_t('revert', '--no-drop-old-table'),
    'somebody has a table _t_new');
is(join(', ', sort(leftovers($s, 'app'))),
    'table __t_new, table _t_new', '... and keeps it');

# --- without the row -------------------------------------------------------

open_window();
both_write();
$s->sql("DROP TABLE app._livealter");
like(life(), qr/^leftover \w+, .*leftover _t_back, leftover _t_old$/,
    'without the row these are leftovers');
$r = of_t('revert');
is($r->{exit}, 1, 'revert must be told');
like($r->{err}, qr/give --alter/, '... what');
$r = of_t('revert', '--alter', "$ALTER, ADD KEY (c)", @THIS);
is($r->{exit}, 0, '... it goes by the plan') or diag $r->{err};
is_back('it is back');
open_window();
$s->sql("DROP TABLE app._livealter");
$r = of_t('revert', '--alter', 'RENAME COLUMN c TO x, RENAME COLUMN x TO c');
is($r->{exit}, 12, '... and another plan is noticed');
like($r->{err}, qr/livealter_t_r\w+` was changed/, '... by its triggers');

# --- the end ---------------------------------------------------------------

open_window();
both_write();
{
	my $before = $s->dump('app');
	$r = of_t('cleanup', '--dry-run');
	is($r->{exit}, 0, 'cleanup --dry-run');
	like($r->{out}, qr/^(DROP\ TRIGGER\ IF\ EXISTS\ `app`
	    \.`livealter_t_r\w+`;\n){3} DROP\ TABLE\ IF\ EXISTS\ `app`\.
	    `_t_old`;\n DROP\ TABLE\ IF\ EXISTS\ `app`\.`_t_back`;\n
	    DELETE\ FROM\ `app`\.`_livealter`\ WHERE\ id\ =\ \d+;\n\z/x,
	    '... shows what goes, and in which order');
	same_dump($s->dump('app'), $before, '... and does not do it');
	my $w = start_two_shaped($s, db => 'app', seed => 72, ops => sub {
		my ($rnd) = @_;
		my $id = $rnd->(400);
		return "UPDATE %s SET x = x + 1 WHERE id = $id";
	    });
	ended(of_t('cleanup'), 'cleanup');
	is(join("\n", @{$w->stop->{errors}}), '',
	    '... of which the application sees nothing');
	is(left(), '', '... takes all of it');
	same_rows($s, 'app', 't', 'control', '... but what is the table\'s',
	    qw(id x));
	succeeded(migrate($s, 'ADD y INT', 'app', 't'), 'app', 't',
	    '... and then there can be another migration');
}
open_window();
ended(of_t('cleanup', '--no-drop-old-table'), 'with --no-drop-old-table');
is(left(), 'table _t_old', '... that stays');

# A table that is in use is waited for; what was begun is finished.
open_window();
{
	my $reader = open_reader($s, '_t_old');
	$r = of_t('cleanup', '--tries', 'drop_triggers:1:0.1');
	isnt($r->{exit}, 0, 'the old table is in use');
	is(life(), 'swapped ending: cleanup', '... so the end is missing');
	$r = of_t('revert');
	is($r->{exit}, 17, '... and it can no longer be reverted');
	like($r->{err}, qr/but ending/, '... it says');
	$reader->rollback;
	$reader->disconnect;
	ended(of_t('cleanup'), '... cleanup finishes it');
	is(left(), '', '... all of it');
}

# --- one at a time ---------------------------------------------------------

open_window();
both_write();
{
	my $p = start_livealter($s, { env => { LIVEALTER_STOP_AT =>
	    'before:verify' } }, 'revert', 'D=app,t=t');
	ok($p->wait_until_stopped, '(a revert stands still)');
	for my $verb (['cleanup'], ['cleanup', '--dry-run'], ['revert']) {
		$r = of_t(@$verb);
		is($r->{exit}, 31, "@$verb beside a revert is refused");
	}
	is(life(), 'running reverting: ', '... which runs');
	$p->kill('INT');
	$p->kill('CONT');
	is($p->wait(60)->{exit}, 32, '... until it is stopped');
	is(left(), $WINDOW, '... with the way back open');
	is(life(), 'revertible reverting: revert cleanup', '... and known');
	reverted(of_t('revert'), '... so that it can be gone');
	is_back('it is back');
}

# --- deaths ----------------------------------------------------------------

sub dies_at {
	my ($at, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	die_at($s, $at, { name => "$args[0] dies $at" }, @args);
	# The server takes a while to see it.
	poll_until(sub { life() !~ /running/ }, 30, 'its lock goes');
}

# What connects and looks at the migration has nothing to leave behind.
my @keys = grep { !/^(?:connect|check)\z/ }
    map { $_->{key} } steps_of('revert');
is("@keys", 'look return verify revert prove release drop',
    'the steps of a revert');
for my $at (map { ("before:$_", "after:$_") } @keys) {
	for my $verb ('revert', 'cleanup') {
		open_window();
		both_write();
		dies_at($at, 'revert', 'D=app,t=t');
		my $back = $s->value("SELECT COUNT(*) FROM " .
		    "information_schema.TABLES WHERE TABLE_SCHEMA = 'app' " .
		    "AND TABLE_NAME = '_t_old'") == 0;
		is($back, $at =~ /after:revert|prove|release|drop/,
		    '... where it should');
		my $known = life();
		if ($known eq ',' || $known eq '') {
			is($at, 'after:drop', '... when all was done');
			next;
		}
		like($known, $back ?
		    qr/^swapped (?:reverting|reverted|proving-back): cleanup$/ :
		    qr/^revertible revert(?:ible|ing): revert cleanup$/,
		    '... status says what can be done');
		# Not proven: it must be said that the other table may go.
		$r = of_t($verb, $at =~ /after:revert|before:prove/ ?
		    '--drop-old-table' : ());
		if ($verb eq 'revert' || $back) {
			reverted($r, "... $verb finishes it");
			is_back('it is back');
		} else {
			ended($r, '... cleanup ends it');
			is(left(), '', '... with all that was for it');
		}
	}
}

# Where somebody had taken the new table's name by then.
open_window();
both_write();
$s->sql("CREATE TABLE app._t_new (theirs INT)");
dies_at('after:revert', 'revert', 'D=app,t=t');
is(life(), 'swapped reverting: cleanup, leftover _t_new',
    '... and the new table is called something else');
reverted(of_t('cleanup', '--drop-old-table'), '... cleanup knows what');
is(left(), 'table _t_new', '... and does not drop theirs');

# In the middle of MariaDB's cut-over.
for my $verb ('revert', 'cleanup') {
	open_window();
	both_write();
	$s->sql("RENAME TABLE app._t_old TO app._t_livealter; UPDATE " .
	    "app._livealter SET state = 'reverting'");
	is(life(), 'revertible reverting: revert cleanup',
	    'died with the old table under its third name');
	if ($verb eq 'revert') {
		reverted(of_t($verb), '... revert finds it');
		is_back('it is back');
	} else {
		ended(of_t($verb), '... cleanup finds it');
		is(left(), '', '... and all the rest');
		is($s->value("SELECT COUNT(*) FROM information_schema.TABLES" .
		    " WHERE TABLE_SCHEMA = 'app'"), 2, '... none is left');
	}
}

# On the way forth.
for my $at ('after:swap', 'before:drop') {
	set_up();
	dies_at($at, '--alter', $ALTER, 'D=app,t=t', '--execute',
	    '--reversible', @THIS);
	like(life(), qr/^swapped \w+: cleanup$/, '... its end is missing');
	$r = of_t('revert');
	is($r->{exit}, 17, '... so it cannot be reverted yet');
	like(of_t('cleanup', '--dry-run')->{out}, qr/^UPDATE\ `app`
	    \.`_livealter`\ SET\ state\ =\ 'revertible'/mx,
	    '... cleanup would bring it to its end');
	$r = of_t('cleanup');
	is($r->{exit}, $at eq 'after:swap' ? 41 : 0, '... and does') or
	    diag $r->{err};
	is(left(), $WINDOW, '... which is the way back');
	is(life(), 'revertible revertible: revert cleanup', '... open');
	both_write();
	reverted(of_t('revert'), '... to be gone');
	is_back('it is back');
}
set_up();
dies_at('after:copy', '--alter', $ALTER, 'D=app,t=t', '--execute',
    '--reversible', @THIS);
succeeded(of_t('resume'), 'app', 't', 'resumed');
is(left(), $WINDOW, '... it keeps its way back');
both_write();
reverted(of_t('revert'), '... which can be gone');
is_back('it is back');

# Killed in the cut-over: what was made for the way back goes, too.
set_up();
dies_at('after:verify', '--alter', $ALTER, 'D=app,t=t', '--execute',
    '--reversible', @THIS);
$s->sql("CREATE TABLE app._t_back (a INT) COMMENT = 'livealter: rejects of " .
    "`_t_old`, `_t_new`'");
is(of_t('cleanup')->{exit}, 0, 'cleanup');
is_back('nothing has happened');

done_testing;
