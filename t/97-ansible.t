# The Ansible module and the role of examples/ansible, with Debian's
# ansible-core and a real server: check mode, difference, idempotence, failures,
# async, what died, signals; and no password where others see it.
# long: each task of Ansible takes a second or two.
use strict;
use warnings;

use lib 't/lib';
use Cwd qw(getcwd);
use File::Temp ();
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $top = getcwd();
my $dir = "$top/examples/ansible";
my $tmp = File::Temp->newdir('la-ansible-XXXXXX', TMPDIR => 1);
my $json = JSON::PP->new->utf8->canonical;
my ($binary) = split ' ', $ENV{LIVEALTER} // "$top/build/livealter";
my $PASSWORD = "s3cret\x{e9}, \"'#: \\x";
utf8::encode(my $password = $PASSWORD);
my $SECRET = qr/s3cret/;

# With DEPS=no it does nothing.
my $deps = run_program({ timeout => 900, env => { map { $_ => undef }
    qw(MAKEFLAGS MAKELEVEL MFLAGS) } }, 'make', 'deps-ansible');
is($deps->{exit}, 0, 'the packages that it takes') or
    BAIL_OUT($deps->{out} . $deps->{err});

my $s = Server->start;
$s->sql("CREATE USER deploy\@localhost IDENTIFIED BY " .
    $s->dbh->quote($password));
$s->sql("GRANT ALL ON *.* TO deploy\@localhost");

# Whatever the modules log, to syslog or to the journal, comes to a file.
mkdir "$tmp/python" or die "$tmp/python: $!\n";
spew("$tmp/python/sitecustomize.py", <<"END");
import sys
import syslog
sys.modules['systemd'] = None
def to_file(*args):
    with open('$tmp/syslog', 'a') as f:
        print(args, file=f)
syslog.syslog = to_file
END
mkdir "$tmp/bin" or die "$tmp/bin: $!\n";
symlink $binary, "$tmp/bin/livealter" or die "symlink: $!\n";
my %env = (HOME => "$tmp", PATH => "$tmp/bin:$ENV{PATH}",
    PYTHONPATH => "$tmp/python", ANSIBLE_NOCOLOR => 1,
    ANSIBLE_LOCAL_TEMP => "$tmp/local", ANSIBLE_REMOTE_TEMP => "$tmp/remote",
    ANSIBLE_ASYNC_DIR => "$tmp/async", ANSIBLE_RETRY_FILES_ENABLED => 0,
    MYSQL_PWD => undef, LC_ALL => 'C.UTF-8');
spew("$tmp/inventory", "[databases]\ndb1 ansible_connection=local " .
    "ansible_python_interpreter=/usr/bin/python3\n");

my %login = (login_unix_socket => $s->socket, login_user => 'deploy',
    login_password => $PASSWORD);

# A task with the module.  Options beside those of the module: of the task.
sub task {
	my ($name, $args, %more) = @_;
	my $ignore = $more{ignore_errors} // JSON::PP::true;
	return { name => $name, register => "r_$name", livealter =>
	    { %login, database => 'app', %$args }, %more,
	    ignore_errors => $ignore };
}

sub arguments {
	my ($name, @task) = @_;
	my @known = grep { defined } map { $_->{register} } @task;
	push @task, { name => 'tell', 'ansible.builtin.copy' => {
	    dest => "$tmp/$name.out", mode => '0600', content => '{{ {' .
	    join(', ', map { "'$_': $_" } @known) . '} | to_json }}' } };
	spew("$tmp/$name.json", $json->encode([{ hosts => 'databases',
	    gather_facts => JSON::PP::false, tasks => \@task }]));
	return ({ env => \%env, timeout => 300, cwd => $dir },
	    'ansible-playbook', '-vvv', '-i', "$tmp/inventory", '-e',
	    "ansible_async_dir=$tmp/async", '-M', 'library',
	    "$tmp/$name.json");
}

# What the tasks had for results, without the prefix.
sub results_of {
	my ($name) = @_;
	my $text = slurp("$tmp/$name.out");
	my $r = $text eq '' ? {} : $json->decode($text);
	return map { s/^r_//r => $r->{$_} } keys %$r;
}

# Tests: this task changed something, changed nothing, or failed.
sub ends {
	my ($r, $how, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $was = !$r ? 'missing' : $r->{failed} ? 'failed' :
	    $r->{changed} ? 'changed' : 'ok';
	is($was, $how, $name) or diag $json->pretty->encode($r // {});
}

# Has the table this column?
sub has { $s->value("SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = 'app' AND table_name = ? AND column_name = ?", @_) }

# What any user sees of all processes, and what root sees as well.
sub scan_processes {
	my @bad;
	for my $d (glob '/proc/[0-9]*') {
		my $text = slurp("$d/cmdline") . slurp("$d/environ");
		push @bad, "$d: " . slurp("$d/cmdline") =~ tr/\0/ /r
		    if $text =~ $SECRET;
	}
	return @bad;
}

# The module that a livealter belongs to, and that, by its table.
sub at_work {
	my ($table) = @_;
	for my $d (glob '/proc/[0-9]*') {
		next if slurp("$d/cmdline") !~
		    /livealter\0.*--execute\0.*--table=\Q$table\E\0/s;
		my ($parent) = slurp("$d/stat") =~ /.*\) \S (\d+)/s;
		return ($parent, $d =~ m{(\d+)$});
	}
	return;
}

# --- the pieces --------------------------------------------------------------

my $HOSTILE_DB = "a`b,\"c'\\";
my $HOSTILE = "--x,y `z\"\x{fc}\n\$HOME";
utf8::encode(my $hostile = $HOSTILE);
$s->sql("CREATE DATABASE app");
make_orders($s, 'app', $_, 500)
    for qw(orders died_resume died_clean died_other rev);
make_orders($s, 'app', 'slow', 4000);
make_orders($s, $HOSTILE_DB, $hostile, 200);

my $ADD = 'ADD COLUMN channel VARCHAR(16)';
for my $t (qw(died_resume died_clean died_other)) {
	die_at($s, 'after:copy', '--alter', $ADD, dsn('app', $t), '--execute');
}
my %check = (check_mode => JSON::PP::true, diff => JSON::PP::true);
my %orders = (table => 'orders', alter => $ADD);
my %slow = (chunk_time => 0, chunk_size => 50, sleep => 0.1, threads => 1);
my @task = (
	task('start', { table => 'slow', alter => $ADD, options => \%slow },
	    async => 600, poll => 0),
	task('check', \%orders, %check),
	task('real', \%orders, diff => JSON::PP::true),
	task('again', \%orders),
	task('check_again', \%orders, %check),
	task('wrong', { %orders, alter => 'ADD COLUMN c NO_TYPE' }),
	task('missing', { %orders, table => 'nowhere' }, %check),
	task('no_server', { %orders, login_unix_socket => "$tmp/none" }),
	task('unknown', { %orders, options => { 'no-such' => 1 } }),
	task('secret', { %orders, options => { password => 'x' } }),
	task('hostile', { database => $HOSTILE_DB, table => $HOSTILE,
	    alter => "ADD `--c\"\x{fc}` INT COMMENT '\$(touch $tmp/pwned)'",
	    options => { where => "1 = 1 OR 'a\x{85}b\"\n\x{fc}' <> ''",
		force => JSON::PP::true, 'max-load' => {
		Threads_running => 50, Threads_connected => 5000 },
		'verify_swap' => JSON::PP::false } }),
	task('died', { table => 'died_resume', alter => $ADD }),
	task('died_check', { table => 'died_resume', alter => $ADD,
	    on_unfinished => 'resume' }, %check),
	task('died_other', { table => 'died_other', alter => 'ADD d INT',
	    on_unfinished => 'resume' }),
	task('died_resume', { table => 'died_resume', alter => $ADD,
	    on_unfinished => 'resume' }),
	task('died_clean', { table => 'died_clean', alter => 'ADD d INT',
	    on_unfinished => 'cleanup' }),
	task('resumed', { table => 'died_other', state => 'resumed' }),
	task('resumed_2', { table => 'died_other', state => 'resumed' }),
	task('reversible', { table => 'rev', alter => $ADD,
	    options => { reversible => JSON::PP::true } }, async => 120,
	    poll => 1),
	task('reverted', { table => 'rev', state => 'reverted',
	    options => { accept_loss => JSON::PP::true } }),
	task('reverted_2', { table => 'rev', state => 'reverted' }),
	task('cleaned', { table => 'rev', state => 'cleaned' }),
	task('cleaned_2', { table => 'rev', state => 'cleaned' }),
	{ name => 'finished', register => 'r_finished', until =>
	    'r_finished is finished', retries => 100, delay => 1,
	    'ansible.builtin.async_status' => {
	    jid => '{{ r_start.ansible_job_id }}' } });
my $mark = $s->log_mark;
my $p = start_program(arguments('main', @task));
my ($module) = poll_until(sub { (at_work('slow'))[0] }, 60,
    'the module has it at work');
is(join("\n", scan_processes()), '',
    'the password is in no command line and no environment');
my $run = $p->wait(300);
is($run->{exit}, 0, 'a playbook runs to its end') or diag $run->{out};
my %r = results_of('main');

# --- the results -------------------------------------------------------------

ends($r{check}, 'changed', 'check mode: it would change the table');
unlike($r{check}{diff}{before}, qr/channel/, '... the difference: not yet');
like($r{check}{diff}{after}, qr/`channel`/, '... and then');
like($r{check}{plan}, qr/CREATE TRIGGER/, '... the plan');
ends($r{real}, 'changed', 'the real run finds that to do, and does it');
is($r{real}{state}, 'swapped', '... to the end');
like($r{real}{diff}{after}, qr/`channel`/, '... and has a difference');
ok(has('orders', 'channel'), '... the column is there');
ends($r{again}, 'ok', 'the second run: ok');
is($r{again}{rc}, 0, '... as the program says');
ends($r{check_again}, 'ok', '... and so in check mode');
is($r{check_again}{diff}, undef, '... without a difference');

ends($r{wrong}, 'failed', 'an ALTER that is wrong');
is("$r{wrong}{code} $r{wrong}{name}", '11 alter', '... by its code');
like($r{wrong}{msg}, qr/NO_TYPE/, '... and what is wrong');
ok(!$r{wrong}{retryable}, '... for good');
ends($r{missing}, 'failed', 'no such table, in check mode');
like($r{missing}{message}, qr/nowhere/, '... is named');
ends($r{no_server}, 'failed', 'no server');
ok($r{no_server}{retryable}, '... is worth another try');
ends($r{unknown}, 'failed', 'an unknown option');
like($r{unknown}{msg}, qr/no-such/, '... is named');
ends($r{secret}, 'failed', 'a password among the options');
like($r{secret}{msg}, qr/^options: password /, '... is refused');
ends($r{hostile}, 'changed', 'hostile names');
ok(!-e "$tmp/pwned", '... are names');

ends($r{died}, 'failed', 'one that died before');
like($r{died}{msg}, qr/is resumable.*on_unfinished/s, '... is found');
is($r{died}{unfinished}{table}, 'died_resume', '... and told');
ends($r{died_check}, 'changed', '... would be resumed');
ends($r{died_resume}, 'changed', '... is resumed');
like("@{$r{died_resume}{command}}", qr/--resume=\w/, '... as that one');
ok(has('died_resume', 'channel'), '... and done');
ends($r{died_other}, 'failed', 'another ALTER is not resumed');
ends($r{resumed}, 'changed', '... but by state: resumed');
ends($r{resumed_2}, 'ok', '... which is done then');
ends($r{died_clean}, 'changed', 'on_unfinished: cleanup begins again');
is(has('died_clean', 'd') . has('died_clean', 'channel'), '10',
    '... with the new ALTER');

ends($r{reversible}, 'changed', 'async, and polled');
ends($r{reverted}, 'changed', 'state: reverted');
ok(!has('rev', 'channel'), '... takes it back');
ends($r{reverted_2}, 'ok', '... once');
like("@{$r{reverted_2}{warnings} // []}", qr/nothing to revert/,
    '... with a warning then');
ends($r{cleaned}, 'ok', 'state: cleaned, and nothing is there');
ends($r{finished}, 'changed', 'async, and asked for later');
is($r{finished}{state}, 'swapped', '... has the result of the module');
is($r{finished}{result}{rows}, 4000, '... with the rows');
ok(has('slow', 'channel'), '... and it is done');
is(join(', ', leftovers($s, 'app')), '', 'nothing is left');

unlike($run->{out} . $run->{err}, $SECRET, 'no password in -vvv');
like(slurp("$tmp/syslog"), qr/alter=.*login_user=deploy/,
    '... the log of the host has the call');
unlike(slurp("$tmp/syslog"), $SECRET, '... without the password');
is(join(' ', grep { slurp($_) =~ $SECRET } glob "$tmp/async/*"), '',
    '... nor is it in the files of async');

# --- signals -----------------------------------------------------------------

# Returns the program, the module and livealter, when rows are copied.
sub begin {
	my ($name, %more) = @_;
	$s->sql("DROP TABLE app.slow");
	make_orders($s, 'app', 'slow', 4000);
	my $mark = $s->log_mark;
	# It cannot come to its end before it is to.
	spew("$tmp/flag", '');
	my $p = start_program(arguments($name, task('signal', { table =>
	    'slow', alter => $ADD, options => { %slow,
	    postpone_cut_over_flag_file => "$tmp/flag" } }, %more)));
	copying($s, $mark, $p);
	return ($p, $mark, at_work('slow'));
}
{
	my ($p, $mark, $module, $pid) = begin('signals');
	kill 'HUP', $module, $pid;
	my $done = said_once($s, $mark, qr/heartbeat = /);
	ok(poll_until(sub { said_once($s, $mark, qr/heartbeat = /) > $done },
	    60, 'a heartbeat'), 'SIGHUP: it goes on');
	kill 'TERM', $module;
	is($p->wait(120)->{exit}, 0, 'SIGTERM: the playbook goes on');
	my %r = results_of('signals');
	ends($r{signal}, 'failed', '... the task has failed');
	is($r{signal}{code}, 32, '... interrupted, and undone');
	ok($r{signal}{retryable}, '... and may be tried again');
	is(join(', ', leftovers($s, 'app')), '', '... nothing is left');
}
{
	my ($p, $mark, $module, $pid) = begin('limit', async => 5, poll => 1);
	is($p->wait(120)->{exit}, 0, 'the time of async is over');
	my %r = results_of('limit');
	ends($r{signal}, 'failed', '... the task has failed');
	poll_until(sub { !at_work('slow') }, 60, '... livealter ends');
	poll_until(sub { !leftovers($s, 'app') }, 30, '... nothing is left');
	ok(!has('slow', 'channel'), '... and nothing is done');
}
{
	my ($p, $mark, $module, $pid) = begin('away');
	kill 'KILL', $p->pid;
	$p->wait(30);
	kill 'HUP', $module, $pid;
	unlink "$tmp/flag";
	poll_until(sub { has('slow', 'channel') }, 120,
	    'the controller is away: it goes on to its end');
	poll_until(sub { !at_work('slow') }, 60, '... and ends');
	is(join(', ', leftovers($s, 'app')), '', '... with nothing left');
}

# --- the playbook and the role -----------------------------------------------

$s->sql("DROP TABLE app.orders");
make_orders($s, 'app', 'orders', 200);
(my $quoted = $password) =~ s/([\\"])/\\$1/g;
spew("$tmp/livealter.cnf", "[client]\nsocket=" . $s->socket .
    "\nuser=deploy\npassword=\"$quoted\"\n");
chmod 0600, "$tmp/livealter.cnf";

sub playbook {
	return run_program({ env => \%env, timeout => 300, cwd => $dir },
	    'ansible-playbook', '-i', "$tmp/inventory", 'playbook.yml', '-e',
	    "livealter_cnf=$tmp/livealter.cnf", @_);
}
my $play = playbook('--check', '--diff');
is($play->{exit}, 0, 'the playbook, in check mode') or
    diag $play->{out} . $play->{err};
like($play->{out}, qr/^\+\s+`channel`/m, 'the playbook shows what would be');
ok(!has('orders', 'channel'), '... and does nothing');
for my $changed (2, 0) {
	$play = playbook();
	is($play->{exit}, 0, 'the playbook runs') or
	    diag $play->{out} . $play->{err};
	like($play->{out}, qr/^db1 .*changed=$changed .*failed=0/m,
	    "... and changes $changed tables");
}
ok(has('orders', 'channel'), '... all is there');

# --- the same on all servers -------------------------------------------------

SKIP: {
	skip 'is seen on MariaDB', 4 if ($ENV{LIVEALTER_SERVER} // 'mariadb')
	    ne 'mariadb';
	my $doc = run_program({ env => \%env, cwd => $dir }, 'ansible-doc',
	    '-M', 'library', 'livealter');
	is($doc->{exit}, 0, 'ansible-doc shows the module') or
	    diag $doc->{err};
	like($doc->{out}, qr/on_unfinished/, '... with its options');
	my ($words) = slurp("$dir/library/livealter.py") =~
	    /DOCUMENTATION = r'''(.*?)'''/s;
	my ($spec) = slurp("$dir/library/livealter.py") =~
	    /    spec = \{(.*?)\n    \}/s;
	is(join(' ', sort grep { !/_mode$/ } $words =~ /^  (\w+):$/mg),
	    join(' ', sort $spec =~ /^        '(\w+)':/mg),
	    '... all that it takes');
	my $lint = run_program({ env => \%env, cwd => $dir, timeout => 300 },
	    'ansible-lint', '--nocolor', '--offline', '--profile',
	    'production', 'playbook.yml', 'roles/livealter');
	is($lint->{exit}, 0, 'ansible-lint passes it for production') or
	    diag $lint->{out} . $lint->{err};
}
ok($s->running, 'the server is well');

done_testing;
