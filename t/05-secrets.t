# Whose settings are believed, and where the password is to be seen.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Test::More;

my $s = Server->start;
make_orders($s, 'app', 'orders', 10);
my $PASSWORD = 'Pa,ss=w0rd';
$s->sql("CREATE USER secret IDENTIFIED BY '$PASSWORD'");
$s->sql('GRANT ALL ON *.* TO secret');
my $build = $ENV{LIVEALTER_BUILD} // 'build';
my $tmp = File::Temp->newdir('la-secret-XXXXXX', TMPDIR => 1);
my @table = ('D=app,t=orders', '--alter', 'ADD c INT');

sub file {
	my ($name, $mode, $text) = @_;
	spew("$tmp/$name", $text);
	chmod $mode, "$tmp/$name" or die "$name: $!";
	return "$tmp/$name";
}

# --- files -----------------------------------------------------------------

for my $mode (0600, 0640, 0644, 0620, 0602, 0666) {
	my $bad = $mode & 022;
	my $m = sprintf '%o', $mode;
	for my $what (['a --config file', '--config', "threads: 2\n"],
	    ['a password file', '--password-file', "x\n"],
	    ['a my.cnf', '--defaults-file', "[client]\n"]) {
		my ($name, $opt, $text) = @$what;
		my $file = file('f', $mode, $text);
		my $r = run_livealter($s, @table, $opt, $file);
		is($r->{exit} == 1 || !$bad, 1, "$name of mode $m: exit 1 " .
		    'if others can write to it');
		my ($line) = $r->{err} =~ /^(.*\Q$file\E.*)$/m;
		my $said = ($line // '') =~ /others can write/ ? 1 : 0;
		is($said, $bad ? 1 : 0, $bad ? '... it is not read' :
		    '... it is read') or diag $r->{err};
		unlike($r->{err}, qr/missing/, '... and nothing is dragged in')
		    if $bad;
	}
}

for my $by (['livealter.yaml', "password: x\n"], ['my.cnf', "[client]\n"]) {
	my ($name, $text) = @$by;
	my $home = File::Temp->newdir('la-home-XXXXXX', TMPDIR => 1);
	spew("$home/.$name", $text);
	chmod 0666, "$home/.$name";
	my $r = run_livealter($s, { env => { HOME => "$home" } }, @table);
	is($r->{exit}, 1, "~/.$name that everybody can write: exit 1");
	like($r->{err}, qr/\Q$name\E: others can write to it/, '... says so');
}

{
	my $open = qr/contains a password and is readable by everyone/;
	my $secret = file('pw', 0644, "$PASSWORD\n");
	my @login = (@table, '-u', 'secret', '--dry-run');
	my $r = run_livealter($s, { connect => 0 }, '-S', $s->socket, @login,
	    '--password-file', $secret);
	is($r->{exit}, 0, 'a password file that others can read is read')
	    or diag $r->{err};
	is(scalar(() = $r->{err} =~ /$open/g), 1, '... and warned of, once');
	my $yaml = file('y', 0644, "password: '$PASSWORD'\n");
	$r = run_livealter($s, { connect => 0 }, '-S', $s->socket, @login,
	    '--config', $yaml);
	is($r->{exit}, 0, 'so is YAML with a password') or diag $r->{err};
	is(scalar(() = $r->{err} =~ /$open/g), 1, '... and warned of, once');
	chmod 0600, $yaml;
	$r = run_livealter($s, { connect => 0 }, '-S', $s->socket, @login,
	    '--config', $yaml);
	unlike($r->{err}, $open, 'not so when only its owner can');
	$r = run_livealter($s, @table, '--config',
	    file('z', 0644, "threads: 1\n"));
	unlike($r->{err}, $open, '... nor YAML that has none');
}

# --- root and the home directory of somebody else ---------------------------

SKIP: {
	skip 'only root has somebody else\'s home directory', 8 if $> != 0;
	my $home = File::Temp->newdir('la-home-XXXXXX', TMPDIR => 1);
	my $not = qr/HOME is .*not owned by root: the settings .* not read/;
	spew("$home/.livealter.yaml", "threads: 7\n");
	my $threads = sub {
		my (%env) = @_;
		my $r = run_livealter($s, { env => { HOME => "$home", %env } },
		    '--print-config');
		return ($r->{out} =~ /^threads: "(\w+)"/m, $r->{err});
	};
	my ($n, $err) = $threads->();
	is($n, 7, 'root reads the settings of its own home directory');
	unlike($err, $not, '... without a word');
	chown 65534, -1, "$home", "$home/.livealter.yaml";
	($n, $err) = $threads->();
	isnt($n, 7, 'those of another user\'s it does not read');
	like($err, $not, '... and says so');
	spew("$home/.my.cnf", "[client]\nuser=nobody-there\n");
	unlink "$home/.livealter.yaml";
	my $r = run_livealter($s, { env => { HOME => "$home" } }, @table,
	    '--dry-run');
	is($r->{exit}, 0, '... nor does the library, when it logs in')
	    or diag $r->{err};
	like($r->{err}, $not, '... which is said, too');
	my $file = file('theirs', 0644, "threads: 3\n");
	chown 65534, -1, $file;
	$r = run_livealter($s, @table, '--config', $file);
	like($r->{err}, qr/it belongs to another user/,
	    'a file of another user is not read');
	$r = run_livealter($s, { env => { SUDO_UID => 65534 } }, @table,
	    '--config', $file);
	unlike($r->{err}, qr/belongs to another/,
	    '... but for the one who called sudo');
}

# --- the password ----------------------------------------------------------

sub dsn_of { my ($p) = @_; $p =~ s/,/\\,/gr }

for my $by (['-p and a word', '-p', $PASSWORD], ['-pWORD', "-p$PASSWORD"],
    ['--password=WORD', "--password=$PASSWORD"],
    ['--password and a word', '--password', $PASSWORD],
    ['a bundle', "-qp$PASSWORD"]) {
	my ($how, @words) = @$by;
	see_nothing($how, @table, @words);
}
see_nothing('a DSN', '--alter', 'ADD c INT',
    'D=app,t=orders,p=' . dsn_of($PASSWORD));

sub see_nothing {
	my ($how, @args) = @_;
	my $p = start_livealter($s, { connect => 0, env => {
	    LIVEALTER_STOP_AT => 'after:check' } }, '-S', $s->socket, '-u',
	    'secret', @args, '--dry-run');
	$p->wait_until_stopped;
	my $line = slurp('/proc/' . $p->pid . '/cmdline');
	my $limits = slurp('/proc/' . $p->pid . '/limits');
	my @owner = stat('/proc/' . $p->pid . '/mem');
	like($line, qr/livealter/, "password by $how: ps shows the command");
	unlike($line, qr/Pa.{0,2}ss|w0rd/, '... but not it');
	like($limits, qr/^Max core file size +0 +0 /m,
	    '... and no core file would have it');
	$p->kill('CONT');
	my $r = $p->wait;
	is($r->{exit}, 0, '... with which it logs in') or diag $r->{err};
	unlike($r->{out} . $r->{err}, qr/w0rd/, '... and which it never says');
}

# --- the program that is installed -------------------------------------------

{
	my @var = map { /"(LIVEALTER_\w+)"/g } map { slurp($_) =~
	    /testing_env\(([^)]*)\)/g } glob('src/*.c src/*/*.c');
	cmp_ok(scalar @var, '>', 3, 'there are variables for the tests');
	my @read = grep { slurp($_) =~ /\bgetenv\(/ }
	    glob('src/*.c src/*/*.c');
	is("@read", 'src/base/notify.c src/base/screen.c ' .
	    'src/cli/config_files.c src/cli/configure.c src/cli/ownership.c ' .
	    'src/cli/testing.c', 'nothing else reads the environment');
	my $shipped = "$build/shipped/livealter";
	ok(-x $shipped, 'the program that is installed is there');
	my @run = ('-S', $s->socket, '-u', 'root', '--dry-run', @table);
	for my $var (@var) {
		my $env = { HOME => "$tmp", $var => 'before:check' };
		my $r = run_program({ env => $env }, $shipped, @run);
		is($r->{exit}, 0, "... and is not interested in $var")
		    or diag $r->{err};
	}
	my $r = run_livealter($s, { env => { LIVEALTER_FAIL_AT =>
	    'before:check' } }, @table, '--dry-run');
	is($r->{exit}, 39, '... in which the one of the tests is');
	like(`make -n install DESTDIR=/nowhere`,
	    qr{^install -m 755 livealter "/nowhere}m,
	    'make install takes it from ./livealter');
	like(slurp('Makefile'), qr/^\$\(PROG\): \$B\/shipped\/\$\(PROG\)/m,
	    '... which is the one without');
}

done_testing;
