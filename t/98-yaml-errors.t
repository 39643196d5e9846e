# A file of options that is wrong: what is wrong, with file, line and column,
# and exit status 1, before anything is connected.  The examples and those in
# the manuals are right, for the program and by the schema for editors.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use IO::Socket::UNIX ();
use JSON::PP ();
use LiveAlter;
use MIME::Base64 qw(encode_base64);
use POSIX qw(mkfifo);
use Test::More;

my $tmp = File::Temp->newdir('la-yaml-XXXXXX', TMPDIR => 1);
my $file = "$tmp/x.yaml";
my $listen = IO::Socket::UNIX->new(Local => "$tmp/s", Listen => 5) or
    die "$tmp/s: $!\n";
$listen->blocking(0);

# As a run that would begin; whoever connects is hung up on.
sub try_file {
	my ($name, @args) = @_;
	my $p = start_livealter(undef, '--config', '', '--config', $name,
	    '-h', 'localhost', '-S', "$tmp/s", '--alter', 'ADD c INT',
	    '--execute', '--reconnect-for', 0, @args, 'D=app,t=t');
	my $connected = 0;
	poll_until(sub {
		my $c = $listen->accept;
		$connected = 1 if $c;
		close $c if $c;
		return !$p->running;
	}, 60, "$name: it ends");
	$connected = 1 if $listen->accept;
	return ($p->wait(60), $connected);
}

# A test: it is refused, with this place, which "" is the name alone for.
sub refused {
	my ($name, $text, $place, $says, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	spew($file, $text);
	my ($r, $connected) = try_file($file, @args);
	my $first = (split /\n/, $r->{err})[0] // '';
	like($first, qr/\Aliveal.*error: \Q$file:$place: \E.*$says/, $name);
	is("$r->{exit} $connected $r->{out}", '1 0 ', '... status 1, ' .
	    'nothing connected, nothing on standard output') or diag $r->{err};
}

sub is_read {
	my ($name, $text, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	spew($file, $text);
	my ($r, $connected) = try_file($file, @args);
	unlike($r->{err}, qr/\Q$file\E/, $name);
	ok($connected, '... and it goes on to connect') or diag $r->{err};
}

is_read('a file', "host: db1\n");

# --- what is no YAML -------------------------------------------------------

my $big = "# a line\n" x 120_000;
my $deep = 50_000;
for my $t (
	['a mapping in a value', "# c\nhost: a: b\n", '2:8', 'not YAML'],
	['a wrong indentation', "host: a\n  port: 1\n", '2:7', 'not YAML'],
	['... in a job', "jobs:\n  a:\n    table: t\n   alter: x\n", '4:4',
	    'not YAML'],
	['a job that is not indented', "jobs:\n  a:\n  table: t\n", '3:10',
	    'a job is a list of options'],
	['a tab', "jobs:\n\ta:\n", '2:1', 'not YAML: found character that ' .
	    'cannot start'],
	['quotes without an end', "alter: \"x\nport: 1\n", '3:1',
	    'not YAML: .*from line 1 on'],
	['a sequence without an end', "set-vars: [a=1\nport: 1\n", '2:5',
	    'not YAML'],
	['NUL', "host: a\nuser: b\0c\n", '2:8', 'NUL'],
	['UTF-16', "\xff\xfeh\0o\0s\0t\0:\0 \0a\0", '1:4', 'NUL'],
	['a control character', "# c\nhost: a\x01\n", '2:8', 'control char'],
	['Latin 1', "host: a\nuser: m\xfcller\n", '2:8', 'UTF-8'],
	['... after UTF-8', "host: \xc3\xa4\nuser: \xc3\xa4\xe4\n", '2:8',
	    'UTF-8'],
	['a byte that UTF-8 has not', "host: \xff\n", '1:7', 'UTF-8'],
	['more than 1 MiB', $big, int(1048576 / 9) + 1 . ':' .
	    (1048576 % 9 + 1), 'larger than 1 MiB'],
	['... in one line', 'host: "' . 'x' x 1_100_000 . "\"\n", '1:1048577',
	    'larger than 1 MiB'],
	['an alias', "host: *a\n", '1:7', 'aliases'],
	['an anchor', "host: a\nuser: &a b\n", '2:7', 'anchors'],
	['... of a mapping', "jobs: &a\n  x:\n    port: 1\n", '1:7', 'anchors'],
	['a merge key', "# c\n<<: {host: a}\n", '2:1', 'unknown option "<<"'],
	['... with an alias', "<<: *a\n", '1:5', 'aliases'],
	['a tag', "host: !!str a\n", '1:7', 'tags'],
	['two documents', "host: a\n---\nhost: b\n", '2:1', 'more than one'],
	['... the second empty', "host: a\n---\n", '2:1', 'more than one'],
	['a text', "hello\n", '1:1', 'not a list of options'],
	['a sequence', "# c\n- host: a\n", '2:1', 'not a list of options'],
	['a key that is a sequence', "[a]: b\n", '1:1', 'not the name'],
	['deep sequences', 'host: ' . '[' x $deep . "\n", '1:1', 'one value'],
	['... in a list', 'set-vars: ' . '[' x $deep . "\n", '1:12', 'texts'],
	['deep mappings', '{a: ' x $deep . "\n", '1:2', 'a: takes one value|' .
	    'unknown option'],
	['... in lines', join('', map { ' ' x $_ . "a:\n" } 0 .. 1000),
	    '1:1', 'unknown option "a"'],
	['deep keys', '? ' x $deep . "\n", '1:3', 'not the name'],
# --- what is no option -----------------------------------------------------
	['a misspelt option', "host: a\nchunk-tiem: 1\n", '2:1',
	    'did you mean "chunk-time"'],
	['... after UTF-8, CRLF', "# \xc3\xa4\r\nhost: \xe2\x82\xac\r\n" .
	    "prot: 1\r\n", '3:1', 'did you mean "port"'],
	['... after CR', "# c\rhost: a\rprot: 1\r", '3:1', 'port'],
	['... after a BOM', "\xef\xbb\xbfprot: 1\n", '1:1', 'port'],
	['... in braces, after UTF-8', "{user: \xc3\xa4\xe2\x82\xac, prot: 1}",
	    '1:12', 'port'],
	['... that is empty', "\"\": 1\n", '1:1', 'unknown option ""'],
	['one that is refused', "plugin: x\n", '1:1', 'is refused'],
	['one of the command line', "# c\njob: x\n", '2:1',
	    'only on the command line'],
	['jobs in a job', "jobs:\n  a:\n    jobs: {}\n", '3:5', 'jobs'],
	['jobs that are a sequence', "jobs: [a]\n", '1:7',
	    'not a list of names'],
	['... that are none', "jobs:\n", '1:6', 'not a list of names'],
	['a job that is a sequence', "jobs:\n  a: [b]\n", '2:6', 'a job is'],
	['a misspelt option in a job', "jobs:\n  a:\n    prot: 1\n", '3:5',
	    'port'],
	['a key again', "host: a\nport: 1\nhost: b\n", '3:1',
	    'second time; the first is in line 1'],
	['... in another form', "drop-old-table: yes\nno_drop_old_table: yes\n",
	    '2:1', 'second time'],
	['a job again', "jobs:\n  a:\n    port: 1\n  a:\n", '4:3', 'second'],
# --- what is no value ------------------------------------------------------
	['a list where there is one value', "# c\nhost: [a]\n", '2:1',
	    'host: takes one value'],
	['a mapping there', "host: {a: b}\n", '1:1', 'one value'],
	['none', "host:\nport: 1\n", '1:1', 'host: has no value'],
	['~', "host: ~\n", '1:1', 'host: has no value'],
	['none in a list', "set-vars: [a=1, ~]\n", '1:17', 'texts and numbers'],
	['an empty one in a list', "set-vars:\n- a=1\n- ''\n", '3:3',
	    'an empty text'],
	['an empty one', "port: ''\n", '1:1', 'port: not a whole number'],
	['one out of range', "host: a\nport: 65536\n", '2:1', '1 to 65535'],
	['a negative one', "threads: -1\n", '1:1', 'threads'],
	['a word that is none', "\n\ncut-over: later\n", '3:1',
	    'now.when-told'],
	['one in a job', "jobs:\n  a: {sleep: x}\n", '2:7', 'not a duration',
	    '--job', 'a'],
	['a password in a DSN', "check-replica-lag: p=secret,Q=1\n", '1:1',
	    'not a DSN'],
) {
	refused(@$t);
}
unlike(run_livealter(undef, '--config', '', '--config', $file,
    '--print-config')->{err}, qr/secret/, '... is not told');

is_read('a BOM', "\xef\xbb\xbfhost: a\n");
is_read('CRLF', "host: a\r\njobs:\r\n  a:\r\n    port: 1\r\n", '--job', 'a');
is_read('a directive', "%YAML 1.1\n---\nhost: a\n...\n");
is_read('nothing', '');
is_read('1 MiB', "# a line\n" x 116_507 . "#\nhost: ab\n#");
is_read('a value of another job is not looked at',
    "jobs:\n  a: {port: 1}\n  b: {port: x}\n", '--job', 'a');

{
	my $text = join '', map { "nothing-$_: 1\n" } 1 .. 1000;
	spew($file, $text);
	my ($r) = try_file($file);
	is(() = $r->{err} =~ /\Q$file\E:\d+:1: /g, 1000 -
	    ($r->{err} =~ /and (\d+) more/)[0], 'each mistake has its place, ' .
	    'and the rest is counted');
}

# --- what is no file -------------------------------------------------------

symlink 'loop.yaml', "$tmp/loop.yaml" or die "symlink: $!\n";
spew($file, "host: a\n");
for my $t (["$tmp/missing.yaml", 'No such file'], ["$tmp", 'directory'],
    ["$file/x", 'Not a directory'], ["$tmp/loop.yaml", 'symbolic links'],
    ['x' x 300, 'too long'], ['/proc/self/mem', 'Input/output']) {
	my ($r, $connected) = try_file($t->[0]);
	like($r->{err}, qr/error: \Q$t->[0]\E: .*$t->[1]/,
	    substr($t->[0], 0, 30) . ": $t->[1]");
	is("$r->{exit} $connected", '1 0', '... status 1, nothing connected');
}
for my $mode (0666, 0660, 0622) {
	chmod $mode, $file or die "chmod: $!\n";
	my ($r, $connected) = try_file($file);
	is("$r->{exit} $connected", '1 0', sprintf 'mode %o is refused', $mode);
	like($r->{err}, qr/error: \Q$file\E: .*(?:write|writable)/,
	    '... with the file');
}
spew($file, "password: hush\n");
for my $t ([0644, 1], [0604, 1], [0640, 0], [0600, 0]) {
	chmod $t->[0], $file or die "chmod: $!\n";
	my ($r, $connected) = try_file($file);
	ok($connected, sprintf 'a password in a file of mode %o', $t->[0]);
	my $warns = $r->{err} =~ /warning: \Q$file\E contains a password/;
	is($warns ? 1 : 0, $t->[1], $t->[1] ?
	    '... which all can read: a warning' : '... no warning');
	unlike($r->{err}, qr/hush/, '... and it is not shown');
}
{
	mkfifo("$tmp/fifo", 0600) or die "mkfifo: $!\n";
	my $p = start_livealter(undef, '--config', '', '--config', "$tmp/fifo",
	    '--print-config');
	spew("$tmp/fifo", "host: by-pipe\n");
	like($p->wait(60)->{out}, qr/^host: "by-pipe"$/m, 'a pipe is read');
}

# --- the examples ----------------------------------------------------------

# What is displayed as it is in a manual, and begins like a file of options.
my @example = map { [$_, slurp($_)] } glob('examples/*.yaml');
my %known = map { $_ => 1 } run_livealter(undef, '--help')->{out} =~
    /--(?:\[no\])?([\w-]+)/g;
for my $page (glob('man/*.[1-9] README src/README')) {
	for my $block (slurp($page) =~ /^\.Bd.*\n((?s:.*?))^\.Ed$/mg) {
		my $text = $block =~ s/\\e/\\/gr =~ s/\\&//gr;
		my ($key) = $text =~ /\A(?:#.*\n|\s*\n)*([\w-]+): /;
		push @example, [$page, $text] if defined $key &&
		    ($known{$key} || $key eq 'jobs');
	}
}
cmp_ok(scalar(grep { $_->[0] =~ /^man/ } @example), '>=', 1,
    'the manuals have examples of files');
my $in = join '', map { JSON::PP->new->canonical->encode({ name => $_->[0],
    args => ['--print-config', $_->[1] =~ /^jobs:/m ? '--all' : ()],
    bytes => encode_base64($_->[1], '') }) . "\n" } @example;
my $r = run_program({ stdin => $in, env => { HOME => "$tmp" } }, 'python3',
    '-W', 'ignore', 't/lib/yaml_walk.py',
    'examples/schema/livealter.yaml.schema.json', "$tmp",
    split ' ', $ENV{LIVEALTER} // 'build/livealter');
is($r->{err}, '', 'they are tried');
for my $e (map { JSON::PP->new->decode($_) } split /\n/, $r->{out}) {
	is($e->{exit}, 0, "$e->{name}: the program takes it") or
	    diag $e->{err};
	is($e->{schema}, undef, '... and so does the schema');
	is($e->{yaml_1_1}, undef, '... with an older YAML, too');
}
# An editor finds the schema by a line with its name.
like(slurp('man/livealter.yaml.5'), qr{^# yaml-language-server: \$schema=\./}m,
    'the manual says how an editor finds the schema');
for my $name (glob('examples/*.yaml')) {
	my ($schema) = slurp($name) =~
	    /^# yaml-language-server: \$schema=(\S+)$/m;
	ok(defined $schema && -e "examples/$schema", "$name has that line");
}

done_testing;
