# --trigger-definer: our triggers run with the rights of another account, and
# with no more.  What it lacks is found before anything is copied, and no
# statement of the application fails for it.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(args => ['--log-bin-trust-function-creators=1']);
my $who = 'trig@localhost';
my @opt = ('--trigger-definer', $who);
my @slow = ('--chunk-size', 50, '--chunk-time', 0, '--sleep', 0.02);
my @needed = qw(SELECT INSERT UPDATE DELETE TRIGGER);
my $lock = 'ACCOUNT LOCK';

$s->sql("CREATE USER app\@localhost IDENTIFIED BY 'app'");

# A fresh table; the definer has these rights, each on what stands before it.
sub set_up {
	my (@grants) = @_;
	fresh_orders($s, 1000);
	$s->sql("GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO " .
	    "app\@localhost; DROP USER IF EXISTS $who");
	return if !@grants;
	$s->sql("CREATE USER $who $lock");
	$s->sql("GRANT $_->[1] ON $_->[0] TO $who")
	    for grep { $_->[1] ne '' } @grants;
}

sub all_of { ['app.*', join ', ', @_] }

sub writers {
	return start_hammer($s, db => 'app', table => 'orders', control =>
	    'control', user => 'app', password => 'app', threads => 2,
	    seed => 49, @_);
}

# The definers of all triggers of ours that were made.
sub definers {
	my ($mark) = @_;
	my %d;
	my $made = qr/^CREATE (?:DEFINER=(\S+) )?TRIGGER \S*`livealter_/;
	$d{$_}++ for map { $_->{text} =~ $made ? $1 // 'none' : () }
	    $s->log_entries($mark);
	return join ' ', sort keys %d;
}

sub refused {
	my ($name, $why, $hint, @more) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dump = $s->dump('app', data => 0, counter => 0);
	my $h = writers();
	my $mark = $s->log_mark;
	my $r = migrate($s, 'ADD x INT', 'app', 'orders', @opt, @more);
	hammer_ok($h->report, undef, "$name: the application");
	is($r->{exit}, 3, '... it is refused') or diag $r->{err};
	like($r->{err}, $why, '... for that');
	like($r->{err}, $hint, '... with what to do');
	unlike($s->log_text($mark), qr/CREATE .*TRIGGER .* ON `app`.`orders`/,
	    '... before the table has a trigger');
	is($s->dump('app', data => 0, counter => 0), $dump,
	    '... and nothing is left');
	same_rows($s, 'app', 'orders', 'control', '... nor changed');
}

sub as_written {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_rows($s, 'app', 'orders', 'control', $name);
}

# --- what is enough ----------------------------------------------------------

set_up(all_of(@needed));
my $h = writers();
my $mark = $s->log_mark;
succeeded(migrate($s, 'ADD x INT', 'app', 'orders', @opt, @slow), 'app',
    'orders', 'with an account that nobody can log in as, it');
hammer_ok($h->report);
as_written('... and all is there that was written');
is(definers($mark), '`trig`@`localhost`', '... each trigger is its');
nothing_left($s, 'app');

# The rights that a trigger uses, table by table, and those of the trial; the
# server checks those of tables that are not there yet.
my @by_table = (['app.orders', 'SELECT, TRIGGER'],
    ['app._orders_new_try', 'TRIGGER, CREATE'],
    ['app._orders_new', 'SELECT, INSERT, UPDATE, DELETE, CREATE'],
    ['app._orders_notes', 'SELECT, INSERT, CREATE'],
    ['app._orders_old', 'SELECT, INSERT, UPDATE, DELETE, CREATE'],
    ['app._orders_back', 'SELECT, INSERT, CREATE'],
    ['app._orders_old_try', 'TRIGGER, CREATE']);
set_up(@by_table);
$h = writers();
succeeded(migrate($s, 'ADD x INT', 'app', 'orders', @opt, '--reversible',
    @slow), 'app', 'orders', 'with rights on those tables alone, it');
hammer_ok($h->report);
as_written('... and all is there that was written');
is(join(' ', map { $_->[0] } $s->rows("SELECT DISTINCT DEFINER FROM " .
    "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'app'")), $who,
    '... the revert is open, with triggers of that definer');

# --- the revert ------------------------------------------------------------

my @back = ('revert', dsn('app', 'orders'), '--accept-loss');
my $r = run_livealter($s, @back);
is($r->{exit}, 17, 'revert wants it said again') or diag $r->{err};
like($r->{err}, qr/--trigger-definer/, '... by its name');
$s->sql("REVOKE DELETE ON app._orders_old FROM $who");
$r = run_livealter($s, @back, @opt);
is($r->{exit}, 3, '... and that the account may do all') or diag $r->{err};
like($r->{err}, qr/DELETE command denied to user 'trig'/, '... for that');
is(join(' ', grep { /_try/ } leftovers($s, 'app')), '',
    '... and leaves the window as it was');
$s->sql("GRANT DELETE ON app._orders_old TO $who");
$h = writers();
$r = run_livealter($s, @back, @opt);
hammer_ok($h->report);
is($r->{exit}, 0, '... and swaps back') or diag $r->{err};
as_written('... and all is there that was written');
nothing_left($s, 'app');

# --- what is not enough ------------------------------------------------------

set_up();
refused('an account that does not exist', qr/1449/, qr/CREATE USER `trig`/);
for my $out (@needed) {
	set_up(all_of(grep { $_ ne $out } @needed));
	refused("without $out", qr/$out command denied to user 'trig'/,
	    qr/GRANT .*\b$out\b.* ON `app`\.\* TO `trig`\@`localhost`/);
}
for my $i (0, 2 .. $#by_table) {
	my ($table, $rights) = @{$by_table[$i]};
	for my $out (grep { $_ !~ /CREATE|TRIGGER/ } split /, /, $rights) {
		my @some = map { [@$_] } @by_table;
		$some[$i][1] = join ', ', grep { $_ ne $out } split /, /,
		    $rights;
		set_up(@some);
		$r = migrate($s, 'ADD x INT', 'app', 'orders', @opt,
		    '--reversible');
		is($r->{exit}, 3, "without $out on $table it is refused")
		    or diag $r->{err};
		nothing_left($s, 'app');
	}
}

# Of one column.
set_up(map { $_->[0] eq 'app.orders' ? [$_->[0], 'SELECT (id), TRIGGER'] : $_ }
    @by_table);
refused('without SELECT on a column', qr/SELECT command denied/, qr/GRANT /);

# In a role: MariaDB's triggers have none, MySQL's those that are default.
set_up(all_of());
$s->sql("DROP ROLE IF EXISTS r");
$s->sql("CREATE ROLE r");
$s->sql("GRANT " . join(', ', @needed) . " ON app.* TO r");
$s->sql("GRANT r TO $who");
$s->sql($s->is_mysql ? "SET DEFAULT ROLE r TO $who" :
    "SET DEFAULT ROLE r FOR $who");
if ($s->is_mysql) {
	succeeded(migrate($s, 'ADD x INT', 'app', 'orders', @opt), 'app',
	    'orders', 'with a default role, it');
} else {
	refused('a role', qr/command denied to user 'trig'/, qr/not to a role/);
}

# --- and who may say it ------------------------------------------------------

# Who logs in has all that is needed on the schema.
set_up(all_of(@needed));
$s->sql("DROP USER IF EXISTS few\@localhost; CREATE USER few\@localhost; " .
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, REFERENCES, " .
    "TRIGGER, LOCK TABLES ON app.* TO few\@localhost");
$s->sql("GRANT SELECT ON performance_schema.* TO few\@localhost")
    if $s->is_mysql;
my @few = ('--alter', 'ADD x INT', dsn('app', 'orders'), '--execute', '-S',
    $s->socket, '-u', 'few');
$r = run_livealter($s, { connect => 0 }, @few, @opt);
is($r->{exit}, 3, 'who may not name another definer is refused')
    or diag $r->{err};
like($r->{err}, qr/1227.*GRANT (?:SET USER|SET_ANY_DEFINER|SET_USER_ID) ON \*/s,
    '... with the GRANT that is missing');
nothing_left($s, 'app');
$r = run_livealter($s, { connect => 0 }, @few, '--trigger-definer',
    'few@localhost');
succeeded($r, 'app', 'orders', '... but oneself is no other, and it');
set_up(all_of(@needed));
my ($set) = $s->is_mariadb ? 'SET USER' : $s->version_number >= 80200 ?
    'SET_ANY_DEFINER' : 'SET_USER_ID';
$s->sql("GRANT $set ON *.* TO few\@localhost");
succeeded(run_livealter($s, { connect => 0 }, @few, @opt), 'app', 'orders',
    "... and with $set it");

# --- what is shown -----------------------------------------------------------

set_up(all_of(@needed));
$r = run_livealter($s, '--alter', 'ADD x INT', dsn('app', 'orders'),
    '--dry-run', '--reversible', @opt);
is($r->{exit}, 0, 'a dry run') or diag $r->{err};
my $ours = qr/`livealter_orders_r?(?:del|upd|ins)`/;
my @made = $r->{out} =~ /^CREATE (.*)TRIGGER \S*$ours/mg;
cmp_ok(scalar @made, '>=', 6, '... shows the triggers of both directions');
is(join(' ', grep { $_ ne 'DEFINER=`trig`@`localhost` ' } @made), '',
    '... each with that definer') or diag $r->{out};
nothing_left($s, 'app');

# --- when it dies ------------------------------------------------------------

die_at($s, 'after:copy', '--alter', 'ADD x INT', dsn('app', 'orders'),
    '--execute', @opt, '--reversible');
$r = run_livealter($s, 'resume', dsn('app', 'orders'));
like($r->{err}, qr/not taken from the registry.*--trigger-definer/,
    'resume wants it said again');
$r = run_livealter($s, 'resume', dsn('app', 'orders'), @opt);
succeeded($r, 'app', 'orders', '... and it');
is(join(' ', map { $_->[0] } $s->rows("SELECT DISTINCT DEFINER FROM " .
    "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'app'")), $who,
    '... the revert is open, with triggers of that definer');
is(run_livealter($s, 'cleanup', dsn('app', 'orders'))->{exit}, 0,
    '... cleanup does not ask for it');
nothing_left($s, 'app');

# In the trial, which waits for who has the table.
set_up(all_of(@needed));
my $holder = $s->dbh(database => 'app');
$mark = $s->log_mark;
my $p = start_migration($s, { env => { LIVEALTER_STOP_AT => 'before:plan' } },
    'ADD x INT', 'app', 'orders', @opt);
ok($p->wait_until_stopped, 'it comes to the plan');
$holder->do("LOCK TABLES orders WRITE");
$p->kill('CONT');
poll_until(sub { $s->log_text($mark) =~ /INSERT INTO `app`.`_orders_new_try`/ },
    30, 'it tries');
$p->kill('KILL');
$holder->do("UNLOCK TABLES");
gone($s, $mark, $p);
like(join(' ', leftovers($s, 'app')), qr/_orders_new_try/,
    'killed in the trial, it leaves that table');
is(run_livealter($s, 'cleanup', dsn('app', 'orders'))->{exit}, 0,
    '... cleanup ends it');
nothing_left($s, 'app', '... and takes it away');

done_testing;
