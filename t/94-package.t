# The Debian package that make deb makes is one that lintian has nothing to say
# about; in a system that has nothing else it installs, alters a table, and goes
# away, by hand, by autopkgtest and by the role for Ansible; what make install
# puts there runs as well; and the source is complete.
# long: builds the program twice, and unpacks a small Debian for it.
use strict;
use warnings;

use lib 't/lib';
use Cwd qw(getcwd);
use File::Temp ();
use LiveAlter;
use Test::More;

# Whatever the server is: the package has a MariaDB of its own.
my $tmp = File::Temp->newdir('la-package-XXXXXX', TMPDIR => 1);
my @sudo = $> == 0 ? () : ('sudo', '-n');
my ($VERSION) = slurp('Makefile') =~ /^VERSION = (\S+)/m;
my %plain = map { $_ => undef } qw(MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
    PREFIX DESTDIR CFLAGS SAN T B ASAN_OPTIONS);

sub run {
	return run_program({ env => \%plain, timeout => 1200 }, @_);
}

# A test: it ends well.
sub ok_run {
	my ($name, @cmd) = @_;
	my $r = run(@cmd);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, $name) or diag $r->{out} . $r->{err};
	return $r;
}

END { system(@sudo, 'rm', '-rf', '--one-file-system', "$tmp/root") if $tmp }

# With DEPS=no they do nothing.
ok_run('the packages that it takes', 'make', 'deps', 'deps-deb', 'deps-root',
    'deps-ansible');

# --- the source ------------------------------------------------------------

my $r = ok_run('make distcheck', 'make', 'distcheck-now');
like($r->{out}, qr/^distcheck: livealter-\Q$VERSION\E is complete$/m,
    '... says so');
{
	ok_run('make dist', 'make', 'dist', "TARBALL=$tmp/source.tar.gz");
	my %in = map { s{^livealter-\Q$VERSION\E/}{}r => 1 } split /\n/,
	    run('tar', '-tzf', "$tmp/source.tar.gz")->{out};
	my @git = -e '.git' ? grep { -e } split /\n/,
	    run('git', 'ls-files')->{out} : qw(Makefile README src/main.c);
	is(join(' ', grep { !$in{$_} } @git), '', '... has all that git has');
	is(join(' ', grep { m{^build|^livealter$|\.o$} } keys %in), '',
	    '... and nothing that was built');
}

# --- the package -----------------------------------------------------------

$r = ok_run('make deb', 'make', 'deb-now', "B=$tmp/b");
like($r->{out}, qr/^deb: lintian$/m, '... runs lintian');
unlike($r->{out} . $r->{err}, qr/^[EW]: /m, '... which has nothing to say');
my ($deb) = glob("$tmp/b/livealter_*.deb");
my ($changes) = glob("$tmp/b/livealter_*.changes");
ok($deb && $changes, '... and makes a package') or BAIL_OUT('no package');

# lintian would have found a fault.
{
	run('dpkg-deb', '-R', $deb, "$tmp/bad");
	unlink "$tmp/bad/usr/share/doc/livealter/copyright";
	run('dpkg-deb', '--root-owner-group', '-b', "$tmp/bad", "$tmp/bad.deb");
	my $l = run('lintian', '--fail-on', 'error,warning', '--allow-root',
	    "$tmp/bad.deb");
	isnt($l->{exit}, 0, 'a package without its license is found');
	like($l->{out}, qr/^E: livealter: no-copyright-file/m, '... by that');
}

# --- in a bare system ------------------------------------------------------

my ($suite) = slurp('/etc/os-release') =~ /^VERSION_CODENAME=(\w+)$/m;
my ($name) = $deb =~ m{([^/]+)$};
my ($depends) = slurp('examples/debian/tests/control') =~
    /^Depends: @, (.*)$/m;
$depends =~ s/ //g;
my $root = "$tmp/root";
chmod 0755, $tmp;
# apt-get installs it there as it would anywhere, with what it depends on.
ok_run('a bare system, with the package', @sudo, 'mmdebstrap', '--quiet',
    '--variant=minbase',
    "--include=$depends,autopkgtest,dpkg-dev,python3-apt",
    "--customize-hook=copy-in $deb /tmp",
    '--customize-hook=chroot "$1" apt-get install -y -q ' .
    "--no-install-recommends /tmp/$name", $suite, $root);
my @in = (@sudo, 'chroot', $root);
my $version = "livealter $VERSION\n";

is(run(@in, 'livealter', '--version')->{out}, $version,
    'the program runs there');
is(run(@in, 'dpkg', '--verify', 'livealter')->{out}, '',
    '... and all files are as packed');
my @packed = grep { m{^/usr/share/man/} && /\.gz$/ } split /\n/,
    run(@in, 'dpkg', '-L', 'livealter')->{out};
is(scalar @packed, scalar(my @m = glob('man/*.[1-9]')),
    '... with each manual');
unlike(run(@in, 'dpkg', '-L', 'livealter')->{out}, qr{examples/debian},
    '... and without what makes the package');

run(@sudo, 'install', '-m', '755', 'examples/debian/tests/installed',
    "$root/tmp/installed");
for my $user ('root:root', 'nobody:nogroup') {
	$r = ok_run("its autopkgtest, as $user", @sudo, 'chroot',
	    "--userspec=$user", $root, 'env', '-u', 'AUTOPKGTEST_TMP',
	    '/tmp/installed');
	like($r->{out}, qr/^ok: nothing is lost\n(?s:.*)^ok: nothing is left$/m,
	    '... up to its end');
}

# Its own control file, on the source and the package as they were made.
{
	my ($dsc) = glob("$tmp/b/livealter_*.dsc");
	run(@sudo, 'install', '-m', '644', $_, "$root/tmp/") for $deb, $dsc,
	    glob("$tmp/b/livealter_*.tar.*");
	$r = ok_run('autopkgtest, on the system itself', @in, 'env',
	    'DEBIAN_FRONTEND=noninteractive', 'autopkgtest',
	    '--no-built-binaries', '--output-dir=/tmp/autopkgtest',
	    "/tmp/$name", '/tmp/' . $dsc =~ s{.*/}{}r, '--', 'null');
	my $summary = run(@sudo, 'cat', "$root/tmp/autopkgtest/summary");
	like($summary->{out}, qr/^installed\s+PASS\s*\z/, '... has one test, ' .
	    'which passes') or diag $r->{out} . $r->{err};
}

ok_run('the package goes away', @in, 'dpkg', '--purge', 'livealter');
is(run(@sudo, 'find', "$root/usr", "$root/etc", '-name', '*livealter*')->{out},
    '', '... with all its files');

# --- the role --------------------------------------------------------------

# As by ssh, with the system for a host.
spew("$tmp/ssh", <<"END");
#!/bin/bash
exec @in /bin/sh -c "\${!#}"
END
chmod 0755, "$tmp/ssh";
spew("$tmp/inventory", "[databases]\nbare ansible_host=bare " .
    "ansible_user=root ansible_python_interpreter=/usr/bin/python3\n");
spew("$tmp/role.yml", <<"END");
- hosts: databases
  gather_facts: false
  roles:
    - role: livealter
      vars:
        livealter_deb: $deb
END
my %ansible = (%plain, HOME => "$tmp", ANSIBLE_NOCOLOR => 1,
    ANSIBLE_SSH_EXECUTABLE => "$tmp/ssh", ANSIBLE_SSH_TRANSFER_METHOD =>
    'piped', ANSIBLE_ROLES_PATH => getcwd() . '/examples/ansible/roles',
    ANSIBLE_LIBRARY => getcwd() . '/examples/ansible/library',
    LC_ALL => 'C.UTF-8', ANSIBLE_LOCAL_TEMP => "$tmp/local");
for my $case (['in check mode', 'changed=1', '', '--check'],
    ['for real', 'changed=2', $version], ['again', 'changed=0', $version]) {
	my ($how, $changed, $there, @args) = @$case;
	my $p = run_program({ env => \%ansible, timeout => 600 },
	    'ansible-playbook', '-i', "$tmp/inventory", @args,
	    "$tmp/role.yml");
	is($p->{exit}, 0, "the role with the package, $how") or
	    diag $p->{out} . $p->{err};
	like($p->{out}, qr/^bare .*\b$changed .*failed=0/m,
	    "... $changed") or diag $p->{out};
	is(run(@in, 'sh', '-c', 'livealter --version 2>/dev/null')->{out},
	    $there, $there ? '... the program is there' :
	    '... it is not installed');
}
ok_run('... that goes away, too', @in, 'dpkg', '--purge', 'livealter');

# --- make install ----------------------------------------------------------

ok_run('make install into it', @sudo, 'make', '-C', "$tmp/b/deb", 'install',
    "DESTDIR=$root");
$r = run(@in, 'livealter', '--version');
is($r->{out}, $version, '... runs there, too') or diag $r->{err};
ok_run('make uninstall', @sudo, 'make', '-C', "$tmp/b/deb", 'uninstall',
    "DESTDIR=$root");
is(run(@sudo, 'find', "$root/usr", '-name', '*livealter*')->{out}, '',
    '... leaves nothing');

done_testing;
