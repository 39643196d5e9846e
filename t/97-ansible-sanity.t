# What ansible-test sanity says of the module and the role, in a collection of
# their own, as far as it needs nothing from elsewhere; and by the same tools
# that it would fetch, what it says of the rest.
# long: makes a collection of them, and starts a program for each test.
use strict;
use warnings;

use lib 't/lib';
use Cwd qw(getcwd);
use File::Path qw(make_path);
use File::Temp ();
use JSON::PP ();
use LiveAlter;
use Test::More;

my $top = getcwd();
my $tmp = File::Temp->newdir('la-sanity-XXXXXX', TMPDIR => 1);
my %env = (HOME => "$tmp", LC_ALL => 'C.UTF-8', PYTHONPATH => "$tmp",
    map { $_ => undef } qw(MAKEFLAGS MAKELEVEL MFLAGS));

sub run { run_program({ env => \%env, timeout => 900, cwd => $_[0] },
    @_[1 .. $#_]) }

# With DEPS=no it does nothing.
my $deps = run($top, 'make', 'deps-ansible');
is($deps->{exit}, 0, 'the packages that it takes') or
    BAIL_OUT($deps->{out} . $deps->{err});

# --- a collection -------------------------------------------------------------

my $dir = "$tmp/ansible_collections/livealter/livealter";
make_path("$dir/plugins/modules", "$dir/roles", "$dir/meta", "$dir/tests");
run($top, 'cp', 'examples/ansible/library/livealter.py',
    "$dir/plugins/modules/");
run($top, 'cp', '-r', 'examples/ansible/roles/livealter', "$dir/roles/");
spew("$dir/galaxy.yml", "namespace: livealter\nname: livealter\n" .
    "version: 0.1.0\nreadme: README.md\nauthors: [livealter]\n");
spew("$dir/README.md", "livealter\n");
spew("$dir/meta/runtime.yml", "requires_ansible: '>=2.14.0'\n");
spew("$dir/tests/config.yml", "modules:\n  python_requires: '>=3.5'\n");
run($dir, 'git', 'init', '-q');
run($dir, 'git', 'add', '.');

# --- ansible-test -------------------------------------------------------------

my ($python) = run($top, '/usr/bin/python3', '-c', 'import sys; ' .
    'print("%d.%d" % sys.version_info[:2])')->{out} =~ /(\S+)/;
my @local = ('sanity', '--local', '--python', $python, '--color', 'no');
# Those that make a virtual environment of modules from elsewhere; their tools
# are below.
my %elsewhere = map { $_ => 1 } qw(ansible-doc import mypy pep8 pslint pylint
    runtime-metadata validate-modules yamllint);
my $list = run($dir, 'ansible-test', @local, '--list-tests');
my @test = grep { !$elsewhere{$_} } $list->{out} =~ /^([a-z][a-z0-9-]+)$/mg;
cmp_ok(scalar @test, '>', 15, 'ansible-test has tests') or diag $list->{err};
my $r = run($dir, 'ansible-test', @local, map { ('--test', $_) } @test);
is($r->{exit}, 0, '... which pass') or diag $r->{out} . $r->{err};

my ($sanity) = grep { -d } glob('/usr/lib/python3*/dist-packages/' .
    'ansible_test/_util/controller/sanity');
ok($sanity, 'its other tools are there') or BAIL_OUT('no ansible_test');

# What it says of a module is one line for each.
sub validate {
	my $v = run($dir, '/usr/bin/python3',
	    "$sanity/validate-modules/validate.py", '--format', 'json',
	    '--arg-spec', '--collection',
	    'ansible_collections/livealter/livealter', '--collection-version',
	    '0.1.0', 'plugins/modules/livealter.py');
	my $all = eval { JSON::PP->new->decode($v->{out}) };
	return ("$v->{out}$v->{err}") if !$all;
	return sort map { "$_->{code}: $_->{msg}" } map { @{$_->{errors}},
	    @{$_->{warnings}} } values %$all;
}
# run_command() neither streams nor passes a signal on, and the license is that
# of the rest.
my $allowed = qr/^(?:use-run-command-not-popen|missing-gplv3-license): /;
is(join("\n", grep { !/$allowed/ } validate()), '',
    'validate-modules has nothing else to say');

my $ignore = join ',', split ' ', slurp("$sanity/pep8/current-ignore.txt");
my $pep8 = run($dir, 'pycodestyle', '--max-line-length=80', '--ignore',
    $ignore, 'plugins/modules/livealter.py');
is($pep8->{out} . $pep8->{err}, '', 'pycodestyle has none');

my $yamllint = run($dir, 'yamllint', '-s', '-c',
    "$sanity/yamllint/config/default.yml", 'roles',
    "$top/examples/ansible/playbook.yml", "$top/examples/jobs.yaml");
is($yamllint->{out} . $yamllint->{err}, '', 'yamllint has none');

my $doc = run($dir, 'ansible-doc', '-t', 'role',
    'livealter.livealter.livealter');
is($doc->{exit}, 0, 'ansible-doc knows the role') or diag $doc->{err};
$doc = run($dir, 'ansible-doc', '-j', 'livealter.livealter.livealter');
my $said = eval { JSON::PP->new->decode($doc->{out}) };
ok($said && $said->{'livealter.livealter.livealter'}{doc}{options}{alter},
    '... and the module') or diag $doc->{out} . $doc->{err};

# What python itself makes of it, the oldest version that it promises included.
my $ast = run($dir, '/usr/bin/python3', '-c',
    'import ast; ast.parse(open("plugins/modules/livealter.py", "rb").read' .
    '(), feature_version=(3, 5))');
is($ast->{out} . $ast->{err}, '', 'it is Python 3.5');

# They would have found a fault.
my $module = slurp("$dir/plugins/modules/livealter.py");
spew("$dir/plugins/modules/livealter.py", $module =~
    s/^  table:$/  tabel:/mr =~ s/^import json$/import json, os\n/mr);
cmp_ok(scalar(grep { !/$allowed/ } validate()), '>', 0,
    'an option that is misspelt in the manual is found');
isnt(run($dir, 'pycodestyle', '--ignore', $ignore,
    'plugins/modules/livealter.py')->{exit}, 0, '... and a line by pep8');

done_testing;
