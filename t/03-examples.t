# The EXAMPLES of the manuals, the commands of README, and everything in
# examples/ do what they say.
use strict;
use warnings;

use lib 't/lib';
use Cwd qw(getcwd);
use File::Temp ();
use LiveAlter;
use Server;
use Test::More;

my $s = Server->start;
my $top = getcwd();
my $tmp = File::Temp->newdir('la-examples-XXXXXX', TMPDIR => 1);
my $cnf = "$tmp/.my.cnf";
my ($binary) = split ' ', $ENV{LIVEALTER} // "$top/build/livealter";
my %checked;

# What somebody who types the commands has: livealter in his PATH, and how to
# log in in his my.cnf.
spew($cnf, "[client]\nsocket=" . $s->socket . "\nuser=root\n");
mkdir "$tmp/bin" or die "$tmp/bin: $!\n";
symlink $binary, "$tmp/bin/livealter" or die "symlink: $!\n";
my %env = (HOME => "$tmp", PATH => "$tmp/bin:$ENV{PATH}",
    MYSQL_PWD => undef, MYSQL_HOST => undef, MYSQL_TCP_PORT => undef);

sub fresh {
	$s->sql("DROP DATABASE IF EXISTS app");
	make_orders($s, 'app', 'orders', 500);
}

sub shell {
	my ($cmd, @args) = @_;
	return run_program({ env => \%env }, 'sh', '-c', $cmd, 'sh', @args);
}

sub has_column {
	my ($name) = @_;
	return $s->value("SELECT COUNT(*) FROM information_schema.columns " .
	    "WHERE table_schema = 'app' AND table_name = 'orders' AND " .
	    "column_name = ?", $name);
}

sub has_index {
	my ($column) = @_;
	return $s->value("SELECT COUNT(*) FROM information_schema.statistics " .
	    "WHERE table_schema = 'app' AND table_name = 'orders' AND " .
	    "column_name = ? AND seq_in_index = 1", $column);
}

sub id_of {
	# Another table has another id.
	my $sys = $s->is_mysql ? 'innodb_tables' : 'innodb_sys_tables';
	return $s->value("SELECT table_id FROM information_schema.$sys " .
	    "WHERE name = 'app/orders'");
}

# Runs one command and tests what came of it: done, not done, or shown.
sub try_command {
	my ($cmd, $where) = @_;
	fresh();
	my $id = id_of();
	my $r = shell($cmd);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "$where: $cmd") or diag $r->{out} . $r->{err};

	my $new = id_of() != $id;
	if ($cmd =~ /--print-config/) {
		like($r->{out}, qr/^alter: "\w.*"$/m, '... shows its settings');
		ok(!$new, '... and does nothing');
		return $r;
	}
	if ($cmd =~ /--dry-run|--no-swap-tables/) {
		like($r->{out}, qr/was not altered\.\n\z/, '... says so');
		ok(!$new, '... and the table is the same');
		is(join(', ', leftovers($s, 'app')), '', '... alone');
		return $r;
	}
	$cmd =~ /--quiet/ ? is($r->{out}, '', '... says nothing') :
	    like($r->{out}, qr/^Successfully altered `app`\.`orders`\.\n\z/m,
	    '... says so');
	ok($new, '... and the table is another one');
	my $kept = $cmd =~ /--no-drop-old|--job add-channel/;
	is(join(', ', leftovers($s, 'app')), $kept ? 'table _orders_old' : '',
	    $kept ? '... beside the old one' : '... alone');
	is($s->value("SELECT COUNT(*) FROM app.orders"), 500, '... with rows');
	for ($cmd =~ /ADD COLUMN (\w+)/g) {
		ok(has_column($_), "... with column $_");
	}
	for ($cmd =~ /ADD INDEX \w* ?\((\w+)/g) {
		ok(has_index($_), "... with an index on $_");
	}
	return $r;
}

# --- the manual ------------------------------------------------------------

{
	my $part = join '', map { slurp($_) =~ /^\.Sh EXAMPLES\n(.*?)^\.Sh/ms }
	    'man/livealter.1', 'man/livealter-scripts.7';
	my @cmd;
	while ($part =~ /^\.Bd -literal[^\n]*\n(.*?)^\.Ed/msg) {
		my $text = $1 =~ s/\\e\n\s*/ /gr;
		push @cmd, split /\n/, $text;
	}
	cmp_ok(scalar @cmd, '>=', 8, 'the manual has examples');
	is(scalar(grep { m{\\} } @cmd), 0, "... without escapes");
	for my $cmd (@cmd) {
		my $r = try_command($cmd, 'manual');
		like($r->{out}, qr/^# rows copied +500$/m, '... and statistics')
		    if $cmd =~ /--statistics/;
		is($r->{err}, '', '... and quietly') if $cmd =~ /--quiet/;
		is($s->value("SELECT COUNT(*) FROM app.orders " .
		    "WHERE note IS NULL"), 0, '... without NULLs')
		    if $cmd =~ /--null-to-not-null/;
	}
}
{
	my ($yaml) = slurp('man/livealter.yaml.5') =~
	    /^\.Bd -literal[^\n]*\n((?:(?!^\.Ed).)*^jobs:.*?)^\.Ed/ms;
	my $socket = $s->socket;
	$yaml =~ s{/run/mysqld/mysqld\.sock}{$socket};
	spew("$tmp/jobs.yaml", $yaml);
	my ($cmd) = slurp('man/livealter.yaml.5') =~ /^\.Dl (livealter .*)/m;
	for my $job (qw(add-channel rebuild)) {
		fresh();
		my $r = shell("cd $tmp && " . $cmd =~ s/add-channel/$job/r);
		is($r->{exit}, 0, "livealter.yaml.5: job $job")
		    or diag $r->{err};
		is(has_column('channel'), $job eq 'add-channel' ? 1 : 0,
		    '... did what it says');
	}
}

# What is to be typed into a server and into a shell.
{
	my ($made, $ran) = (0, 0);
	fresh();
	$s->sql("CREATE USER dba_app\@localhost");
	for (slurp('man/livealter-safety.7') =~
	    /^\.Bd -literal[^\n]*\n(.*?)^\.Ed/msg) {
		my $text = s/\\e\n\s*/ /gr;
		if ($text =~ /^(?:CREATE|GRANT) /) {
			$s->sql($text =~ s/dba_app;/dba_app\@localhost;/r);
			$made++;
			next;
		}
		fresh();
		for my $cmd (split /\n/, $text) {
			my $r = shell($cmd);
			is($r->{exit}, 0, "livealter-safety.7: $cmd")
			    or diag $r->{err};
			$ran++;
		}
		is(join(', ', leftovers($s, 'app')), '',
		    '... and at its end all is as it was');
	}
	is("$made, $ran", '2, 2', 'accounts and a revert were tried');
}

# --- README ----------------------------------------------------------------

{
	my $text = slurp('README') =~ s/\\\n\s*/ /gr;
	my @cmd = $text =~
	    /^ {4}(?:\$ |.*&& )?((?:livealter --alter|make)(?: .*)?)$/mg;
	my $make = slurp('Makefile');
	my $n = 0;
	for my $cmd (@cmd) {
		$cmd =~ s/\s+#.*//;
		if ($cmd =~ /^make\b(.*)/) {
			my @target = grep { !/=/ } split ' ', $1 =~
			    s/"[^"]*"//gr;
			like($make, qr{^(?:[\w. -]+ )?\Q$_\E[\w. -]*:}m,
			    "README: make $_")
			    for @target;
			next;
		}
		try_command($cmd, 'README');
		$n++;
	}
	cmp_ok($n, '>=', 1, 'README has an example');
}

# What its session shows is what the program says, but for numbers and for how
# often it says how far it is.
sub without_numbers {
	my (@line) = @_;
	# Why, depends on the server.
	return map { s/auto: \d\K.*//r =~ s/[\d.]+/N/gr }
	    grep { !/ chunks of / } @line;
}
{
	my ($part) = slurp('README') =~ /^A session\n-+\n(.*?)^The/ms;
	$part =~ s/\\\n\s*//g;
	my ($cmd, @shown) = $part =~ /^ {4}(.*)/mg;
	fresh();
	my $r = shell(($cmd =~ s/^\$ //r) .
	    ' --progress iterations,1 --chunk-size 50');
	for my $text (join("\n", @shown), $r->{err}) {
		like($text, qr{^livealter:\ \w+\ \d+\ rows,\ \d+%,\ \d+\ rows/s,
		    (?:\ [\d:]+\ left,)?\ chunks\ of\ \d+$}mx,
		    'README shows how far it is, as the program does');
	}
	is(join("\n", without_numbers(@shown)), join("\n",
	    without_numbers(split /\n/, $r->{err} . $r->{out})),
	    '... and what else it says');
}

# The commands for when it was killed, and for a change that may be taken back.
{
	my $alter = '--alter "MODIFY state VARCHAR(32)" D=app,t=orders ' .
	    '--execute';
	my %before = (
	    'what runs, what died, what is left' => 'LIVEALTER_DIE_AT=',
	    'what runs, live, until it ends' => '--reversible',
	    'continue after the last chunk' => 'LIVEALTER_DIE_AT=',
	    'remove what died, or complete it' => 'LIVEALTER_DIE_AT=',
	    'swap back, with all written since' => '--reversible',
	    'or keep the change' => '--reversible',
	);
	for (slurp('README') =~ /^ {4}\$ (livealter \w+ D=.* # .*)$/mg) {
		my ($cmd, $what) = /^(.*?) +# (.*)$/;
		my $how = delete $before{$what} // '';
		fresh();
		if ($how =~ /^--/) {
			is(shell("livealter $how $alter")->{exit}, 0,
			    "$how, for README's $cmd");
		} else {
			shell("${how}after:copy livealter $alter");
		}
		isnt(join(', ', leftovers($s, 'app')), '',
		    '... leaves something');
		my $r = shell($cmd);
		is($r->{exit}, 0, "README: $cmd") or diag $r->{err};
		like($r->{out}, qr/orders/, '... tells of the table')
		    if $cmd =~ /status|watch/;
		is(join(', ', leftovers($s, 'app')), '', '... and removes it')
		    if $cmd !~ /status|watch/;
	}
	is(join(', ', sort keys %before), '', 'README has these commands');
}

# --- examples/ -------------------------------------------------------------

# jobs.yaml: every job of it.
{
	my $file = 'examples/jobs.yaml';
	my @job = slurp($file) =~ /^  ([\w-]+):$/mg;
	cmp_ok(scalar @job, '>=', 2, "$file has jobs");
	for my $job (@job) {
		fresh();
		my $r = shell("livealter --config $file --job $job --dry-run");
		is($r->{exit}, 0, "$file: $job, dry run") or diag $r->{err};
		ok(!has_column('channel') && !has_index('customer'),
		    '... did nothing');
		$r = shell("livealter --config $file --job $job --execute");
		is($r->{exit}, 0, '... executed') or diag $r->{err};
		is(join(', ', leftovers($s, 'app')),
		    $job eq 'add-channel' ? 'table _orders_old' : '',
		    '... and its old table is kept, or not');
		ok($job eq 'add-channel' ? has_column('channel') &&
		    has_index('channel') : has_index('customer'),
		    '... and it did what it says');
	}
	$checked{$file} = 1;
}

# livealter.cnf, with our socket and an account with just the privileges that
# the manual asks for.
{
	my $file = 'examples/livealter.cnf';
	my $text = slurp($file);
	my ($user, $password) = map { $text =~ /^$_ = (.*)$/m }
	    qw(user password);
	fresh();
	$s->sql("CREATE USER '$user'\@'localhost' IDENTIFIED BY '$password'");
	my ($grants) = slurp('man/livealter-safety.7') =~
	    /^The account needs (SELECT.*?)\s+on the database/ms;
	$grants =~ s/ and /, /;
	$grants =~ s/\n/ /g;
	$s->sql("GRANT $grants ON app.* TO '$user'\@'localhost'");
	$s->sql("GRANT SELECT ON performance_schema.metadata_locks TO " .
	    "'$user'\@'localhost'") if $s->is_mysql;
	my $socket = $s->socket;
	$text =~ s/^socket = .*/socket = $socket/m;
	spew("$tmp/livealter.cnf", $text);
	my $r = shell("livealter -F $tmp/livealter.cnf --alter " .
	    "'ADD COLUMN c INT' D=app,t=orders --execute");
	is($r->{exit}, 0, "$file, with these privileges: $grants")
	    or diag $r->{err};
	ok(has_column('c'), '... did it');
	$checked{$file} = 1;
}

# The wrapper: status and words.
{
	my $file = 'examples/livealter.sh';
	my @case = (
	    ['--execute', 'ADD COLUMN d INT', 0, 'done'],
	    ['--execute', 'ADD COLUMN d INT', 11, 'refused: .*'],
	    ['', 'ADD COLUMN e INT', 1, 'refused: .*'],
	    ['--execute', 'MODIFY amount DECIMAL(4,1)', 35, 'stopped: .*'],
	    ['--execute --host 127.0.0.1 --port 1 --mysql_ssl 0', '', 18,
		'try again: .*'],
	    ['--bogus', '', 1, 'refused: .*'],
	);
	fresh();
	for (@case) {
		my ($how, $alter, $exit, $says) = @$_;
		my $r = shell("$file -q D=app,t=orders --alter \"\$1\" $how",
		    $alter);
		is($r->{exit}, $exit, "$file: $how '$alter'")
		    or diag $r->{err};
		like($r->{out}, qr/^$says\n\z/m, "... says $says");
	}
	# Another one at work: hold its lock.
	my $dbh = $s->dbh;
	$dbh->do("SELECT GET_LOCK('livealter app.orders', 0)");
	my $r = shell("$file -q D=app,t=orders --alter '' --execute");
	is($r->{exit}, 31, "$file: while another one is at work");
	like($r->{out}, qr/^try later: /m, '... says so');
	$dbh->disconnect;
	# Its list of numbers is err.h's.
	my %known = map { $_ => 1 } slurp('include/base/err.h') =~
	    /ERR_\w+ = (\d+),/g;
	is(join(' ', grep { !$known{$_} } map { split / \| / }
	    slurp($file) =~ /^([\d |]+)\)$/mg), '',
	    "$file knows no other status");
	$checked{$file} = 1;
}

# The one that reads JSON: what cannot be done now is tried again.
{
	my $file = 'examples/livealter-watch.sh';
	fresh();
	my $dbh = $s->dbh;
	$dbh->do("SELECT GET_LOCK('livealter app.orders', 0)");
	my $cmd = "$file D=app,t=orders --alter 'ADD COLUMN w INT' --execute";
	my $r = shell("TRIES=2 WAIT=0 $cmd");
	is($r->{exit}, 31, "$file: another one is at work");
	like($r->{err}, qr/^try 1: .*^try 2: /ms, '... it tries twice');
	like($r->{out}, qr/\A\{.*"exit": 31,.*\}\n\z/, '... ends with JSON');
	$dbh->disconnect;
	$r = shell($cmd);
	is($r->{exit}, 0, '... and then it is done') or diag $r->{err};
	like($r->{err}, qr/^\.\.\. copy the rows$/m, '... says how far it is');
	ok(has_column('w'), '... the column is there');
	$checked{$file} = 1;
}

# The schema is t/95-json.t's, the unit t/99-notify.t's.
$checked{"examples/$_"} = 1 for qw(schema systemd);
# This is t/97-ansible.t's.
$checked{'examples/ansible'} = 1;
# These are t/94-install.t's and t/94-package.t's.
$checked{"examples/$_"} = 1 for qw(completion debian);

# The hooks are run as they are.
{
	fresh();
	my $cmd = q{livealter --alter "ADD COLUMN x INT" D=app,t=orders } .
	    "--hooks-dir $tmp/hooks --hooks-timeout 0 --execute";
	mkdir "$tmp/hooks", 0755 or die "$tmp/hooks: $!\n";
	for (glob('examples/hooks/*')) {
		my ($name) = m{([^/]+)\z};
		spew("$tmp/hooks/$name", slurp($_));
		chmod 0755, "$tmp/hooks/$name";
	}
	$env{LIVEALTER_TELL} = "cat >$tmp/told";
	$env{HOURS_NOW} = '5 14';
	my $r = shell($cmd);
	is($r->{exit}, 17, 'examples/hooks: no swap during working hours');
	like($r->{err}, qr/says no: .*during working hours/, '... says so');
	like(slurp("$tmp/told"), qr/^failure: app\.orders .* undone: .*hours/s,
	    '... and somebody is told');
	$env{HOURS_NOW} = '5 08';
	unlink "$tmp/told";
	is(shell($cmd)->{exit}, 0, '... but before them');
	ok(!-e "$tmp/told", '... which is not told');
	ok(has_column('x'), '... and done');
	delete @env{qw(LIVEALTER_TELL HOURS_NOW)};
	$checked{'examples/hooks'} = 1;
}
is(join(' ', grep { !$checked{$_} } glob('examples/*')), '',
    'nothing in examples/ is left out');
ok($s->running, 'the server is well');

done_testing;
