# What make install puts where, that make uninstall takes all of it away and
# nothing else, that all say the same version, and that bash completes what
# --help lists.
use strict;
use warnings;

use lib 't/lib';
use Cwd qw(getcwd);
use File::Find ();
use File::Path qw(make_path);
use File::Temp ();
use LiveAlter;
use Test::More;

my $top = getcwd();
my $tmp = File::Temp->newdir('la-install-XXXXXX', TMPDIR => 1);
my ($VERSION) = slurp('Makefile') =~ /^VERSION = (\S+)/m;
# A make of its own, which compiles nothing: ./livealter is what was built.
my %ENV_OF_MAKE = map { $_ => undef } qw(MAKEFLAGS MAKELEVEL MFLAGS
    MAKEOVERRIDES SAN T PREFIX BINDIR MANDIR DOCDIR COMPDIR DESTDIR);

sub make {
	return run_program({ env => \%ENV_OF_MAKE }, 'make', '-o', 'livealter',
	    "B=$tmp/built", @_);
}

# The files below a directory, sorted, without it.
sub files {
	my ($dir) = @_;
	my @f;
	File::Find::find(sub {
		push @f, $File::Find::name =~ s{^\Q$dir\E/}{}r if !-d;
	}, $dir);
	return sort @f;
}

sub mode { sprintf '%o', (stat $_[0])[2] & 07777 }

# --- one version -----------------------------------------------------------

is(run_livealter(undef, '--version')->{out}, "livealter $VERSION\n",
    '--version is that of the Makefile');
is((slurp('man/CHANGES') =~ /^(\d\S*)\n-+$/m)[0], $VERSION,
    'the newest one of man/CHANGES, too');
is((slurp('examples/debian/changelog') =~ /\Alivealter \((.*)-[^-]+\) /)[0],
    $VERSION, '... and of the Debian package');

# --- install and uninstall -------------------------------------------------

my @page = map { s{^man/}{}r } glob('man/*.[1-9]');
my @example = map { s{^examples/}{}r } grep {
    !m{^examples/(?:completion|debian)/} } map { "examples/$_" }
    files('examples');
cmp_ok(scalar @page, '>=', 3, 'there are manuals');
cmp_ok(scalar @example, '>=', 4, '... and examples');

sub expected {
	my (%dir) = @_;
	return sort "$dir{bin}/livealter", "$dir{comp}/livealter",
	    (map { my ($n) = /(\d)$/; "$dir{man}/man$n/$_" } @page),
	    (map { "$dir{doc}/$_" } qw(README COPYING CHANGES)),
	    (map { "$dir{doc}/examples/$_" } @example);
}

my %usual = (bin => 'bin', man => 'share/man', doc => 'share/doc/livealter',
    comp => 'share/bash-completion/completions');
my $root = "$tmp/a root";

for my $case (['the usual places', 'usr/local', {}],
    ['PREFIX=/usr', 'usr', { PREFIX => '/usr' }],
    ['a directory each', '', { BINDIR => '/b', MANDIR => '/m/n',
	DOCDIR => '/shared/doc', COMPDIR => '/c' },
	{ bin => 'b', man => 'm/n', doc => 'shared/doc', comp => 'c' }]) {
	my ($name, $prefix, $vars, $dir) = @$case;
	my %at = map { $_ => $dir ? $dir->{$_} : "$prefix/$usual{$_}" }
	    keys %usual;
	my @args = ("DESTDIR=$root", map { "$_=$vars->{$_}" }
	    sort keys %$vars);
	# Of others, in every directory that is ours and others' as well.
	make_path(map { "$root/$_" } values %at);
	my @other = map { "$at{$_}/other" } sort keys %at;
	spew("$root/$_", "mine\n") for @other;

	my $r = make('install', @args);
	is($r->{exit}, 0, "make install, $name") or diag $r->{err};
	is_deeply([files($root)], [sort @other, expected(%at)],
	    '... puts these files there');
	is(join(' ', map { mode("$root/$at{bin}/$_") } 'livealter'), '755',
	    '... a program');
	is(join(' ', grep { mode("$root/$_") ne '644' } grep {
	    $_ ne "$at{bin}/livealter" } expected(%at)), '',
	    '... and files that all may read');
	$r = run_program("$root/$at{bin}/livealter", '--version');
	is($r->{out}, "livealter $VERSION\n", '... it runs');
	$r = run_program({ env => { LIVEALTER_FAIL_AT => 'before:connect',
	    HOME => "$tmp" } }, "$root/$at{bin}/livealter", '--dry-run',
	    '-S', "$tmp/none", 'D=app,t=x');
	like($r->{err}, qr/error: connect: cannot connect/,
	    '... and does not obey the variables of the tests');
	for my $page (@page) {
		my ($n) = $page =~ /(\d)$/;
		my $text = slurp("$root/$at{man}/man$n/$page");
		like($text, qr/^\.Os livealter \Q$VERSION\E$/m,
		    "... $page says of which version it is");
		is($text =~ s/^\.Os .*/.Os/mr, slurp("man/$page"),
		    '... and is otherwise the same');
	}
	$r = make('install', @args);
	is($r->{exit}, 0, '... and again, over it') or diag $r->{err};

	$r = make('uninstall', @args);
	is($r->{exit}, 0, "make uninstall, $name") or diag $r->{err};
	is_deeply([files($root)], [sort @other], '... leaves what is not ours');
	unlink map { "$root/$_" } @other;
	$r = make('uninstall', @args);
	is($r->{exit}, 0, '... and may be said again') or diag $r->{err};
	ok(!-e "$root/$at{doc}/examples", '... without a directory left');
}

# --- completion ------------------------------------------------------------

my $help = run_livealter(undef, '--help')->{out};
my $script = "$top/examples/completion/livealter";
my ($binary) = split ' ', $ENV{LIVEALTER} // "$top/build/livealter";
my $home = "$tmp/home";
mkdir $home or die "$home: $!\n";
mkdir "$tmp/bin" or die "$tmp/bin: $!\n";
symlink $binary, "$tmp/bin/livealter" or die "symlink: $!\n";

# What bash offers at the end of this line.  readline divides words at blanks,
# "=" and ":", where these are not quoted.
sub complete {
	my ($line, %o) = @_;
	my @word = $line =~ /("[^"]*"?|[^\s=:]+|[=:]+)/g;
	push @word, '' if $line =~ /\s$/;
	my $code = <<'END';
		. "$1" && shift || exit 9
		COMP_LINE=$1 COMP_POINT=${#1}
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		COMPREPLY=(of an earlier call)
		_livealter livealter "${COMP_WORDS[-1]}" ""
		printf '%s\n' "${COMPREPLY[@]}"
END
	my $r = run_program({ env => { PATH => "$tmp/bin:$ENV{PATH}",
	    HOME => $home }, cwd => $home },
	    'bash', '--norc', @{$o{args} // []}, '-euc', $code, 'bash',
	    $script, $line, @word);
	is($r->{err}, '', "no errors: $line");
	is($r->{exit}, 0, '... at all');
	return grep { $_ ne '' } split /\n/, $r->{out};
}

# A test: it offers these, in any order.
sub offers {
	my ($line, @want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my %got = map { $_ => 1 } complete($line);
	is(join(' ', sort keys %got), join(' ', sort @want),
	    "$line<TAB>: " . (@want > 9 ? scalar @want : "@want"));
}

# name => what it takes, in the words of --help; and the short forms.
my (%takes, %no, %letter, @verb);
{
	my $group = '';
	for (split /\n/, $help) {
		$group = $1 if /^(\S.*):$/;
		push @verb, $1 if /^\s+livealter ([a-z]\S*) /;
		next if !/^ {2}(?:-(\w), | {4})--(\[no\])?([\w-]+)(?: (\S+))?/;
		next if $group eq 'Refused' || $group eq 'Not yet supported';
		$takes{$3} = $4 // '';
		$no{$3} = 1 if $2;
		$letter{$1} = $3 if $1;
	}
}
cmp_ok(scalar keys %takes, '>', 80, '--help has options');
cmp_ok(scalar @verb, '>=', 5, '... and commands');

my @all = map { ("--$_", $no{$_} ? "--no-$_" : ()) } keys %takes;
offers('livealter -', @all);
offers('livealter status D=app --', @all);
offers('livealter --exec', '--execute');
offers('livealter --no-such-option');
offers('livealter --plug');

# Every option that --help gives values for has them; the others have none.
spew("$home/a file", '');
spew("$home/afile", '');
mkdir "$home/adir" or die "$home/adir: $!\n";
my %seen;
for my $name (sort keys %takes) {
	my $kind = $takes{$name} =~ /\|/ ? 'values' : $takes{$name};
	# One of each kind but the values, which are all tried.
	next if $kind eq '' || $kind ne 'values' && $seen{$kind}++;
	my @want = $kind eq 'values' ? split(/\|/, $takes{$name}) : ();
	if ($kind eq 'FILE' || $kind eq 'DIR') {
		@want = $kind eq 'FILE' ? ('a file', 'adir', 'afile') : 'adir';
		offers("livealter --$name a", @want);
		offers("livealter --$name=a", @want);
		next;
	}
	offers("livealter --$name ", @want);
	offers("livealter --$name=", @want);
	offers("livealter status --$name=$want[0]", $want[0]) if @want;
}
for my $l (sort grep { $takes{$letter{$_}} =~ /\||FILE/ } keys %letter) {
	my $takes = $takes{$letter{$l}};
	offers("livealter -$l a", $takes =~ /\|/ ? 'auto' : ('a file', 'adir',
	    'afile'));
}
is($seen{FILE} && $seen{DIR} && $seen{SQL} ? 1 : 0, 1,
    'files, directories and free text were tried');

my @key = map { "$_=" } qw(h P S u p D t A F s);
offers('livealter ', @verb, @key);
offers('livealter stat', 'status');
offers('livealter status ', @key);
offers('livealter --host db res', grep { /^res/ } @verb);
offers('livealter D=app,', map { "app,$_" } grep { $_ ne 'D=' } @key);
offers('livealter D=app,t=x,F=a', 'a file', 'adir', 'afile');
offers('livealter D=app,s=', qw(0 1 auto));
offers('livealter --execute D=app,t=x ', @all);
offers('livealter --alter "ADD c=1 INT, ADD d');
offers('livealter --alter "ADD c=1 INT" D=app,t=o --exec', '--execute');
offers('livealter --max-load= --exec', '--execute');
offers('livealter control D=app,t=x ', qw(pause go postpone cut-over abort
    set));
offers('livealter control D=app,t=x set ', qw(chunk-time= threads=));
offers('livealter cleanup D=app,t=x ', @all);

# A name that is not there in PATH or as a file is not run, nor expanded.
complete("\$(touch\${IFS}$tmp/expanded)/livealter --exec");
ok(!-e "$tmp/expanded", 'nothing on the line is run');
is(join(' ', complete('livealter --exec', args => ['-O', 'nocasematch'])),
    '--execute', 'it bears the options of a shell');

done_testing;
