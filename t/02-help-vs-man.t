# What --help says, what the manual says, and what the program does agree.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Test::More;

my $man = slurp('man/livealter.1');
my $help = run_livealter(undef, '--help');
is($help->{exit}, 0, '--help succeeds');
is($help->{err}, '', '... silently');

# --- both lists ------------------------------------------------------------

# name => { letter, arg, no, group, default }
my (%help, %man, @help_groups, @man_groups);

{
	my ($group, $last);
	for (split /\n/, $help->{out}) {
		if (/^(\S.*):$/) {
			push @help_groups, $group = $1;
			undef $last;
		} elsif (/^[ ]{2}(?:-(\w),[ ]|[ ]{4})--(\[no\])?([\w-]+)
		    (?:[ ](?![ ])(\S+))?(?:[ ]{2,}(.*))?$/x) {
			$help{$3} = $last = { letter => $1 // '',
			    no => $2 ? 1 : 0, arg => $4 // '',
			    group => $group, text => $5 // '' };
		} elsif ($last && /^ {30}(.*)/) {
			$last->{text} .= " $1";
		}
	}
	for (values %help) {
		$_->{default} = $_->{text} =~ /\(default: ([^()]*)\)$/ ? $1
		    : '';
	}
}
{
	my ($options) = $man =~ /^\.Sh OPTIONS\n(.*?)^\.Sh /ms;
	my ($group, $last);
	for (split /\n/, $options // '') {
		if (/^\.Ss (.*)/) {
			push @man_groups, $group = $1;
		} elsif (/^\.It[ ](?:Fl[ ](\w)[ ],[ ])?Fl[ ]Fl[ ]
		    (\[no\])?([\w-]+)(?:[ ]Ar[ ](\S+))?$/x) {
			$man{$3} = $last = { letter => $1 // '',
			    no => $2 ? 1 : 0, arg => $4 // '',
			    group => $group, default => '' };
		} elsif (/^\.It/) {
			fail("the manual's $_ is not understood");
		} elsif (/^The default is (.*)\.$/) {
			$last->{default} = $1;
		}
	}
}

cmp_ok(scalar keys %help, '>', 80, 'options are found in --help');
is_deeply(\@man_groups, \@help_groups, 'the groups are the same');
is(join(' ', grep { !$man{$_} } sort keys %help), '',
    'every option of --help is in the manual');
is(join(' ', grep { !$help{$_} } sort keys %man), '',
    'every option of the manual is in --help');
for my $what (qw(letter arg no group default)) {
	is(join("\n", map { "--$_: $help{$_}{$what} and $man{$_}{$what}" }
	    grep { $man{$_} && $man{$_}{$what} ne $help{$_}{$what} }
	    sort keys %help), '', "... with the same $what");
}

# The defaults of --help are those of the program.
{
	my $r = run_livealter(undef, '--print-config', '--config', '');
	my %is = $r->{out} =~ /^([\w-]+): "(.*)"$/mg;
	is($r->{exit}, 0, '--print-config succeeds');
	is(join(' ', map { "$_: $is{$_}" } grep { defined $is{$_} &&
	    $help{$_}{default} ne '' && $_ ne 'tries' &&
	    $help{$_}{default} ne $is{$_} } sort keys %help), '',
	    'the defaults are what --print-config shows');
}

# Where --help lists all that a value may be, it may be that and nothing else.
for my $name (grep { $help{$_}{arg} =~ /\|/ } sort keys %help) {
	my $try = sub { run_livealter(undef, '--print-config', '--config', '',
	    "--$name=$_[0]") };
	for my $value (split /\|/, $help{$name}{arg}) {
		my $r = $try->($value);
		is($r->{exit}, 0, "--$name=$value is taken") or diag $r->{err};
	}
	# Of this one the status is its predecessor's.
	is($try->('other')->{exit}, $name eq 'alter-foreign-keys-method' ?
	    6 : 1, "--$name=other is not");
}

# --- what is refused is refused --------------------------------------------

for my $name (sort keys %man) {
	my $o = $man{$name};
	my @arg = $o->{arg} ne '' ? 'x' : ();
	my $r;
	if ($o->{group} eq 'Not yet supported' || $o->{group} eq 'Refused') {
		my $says = $o->{group} eq 'Refused' ? 'is refused'
		    : 'is not yet supported';
		$r = run_livealter(undef, "--$name", @arg);
		ok($r->{exit} == 1 && $r->{err} =~ /--$name \Q$says\E/,
		    "--$name $says") or diag $r->{err};
	} elsif ($o->{group} =~ /^Accepted/) {
		$r = run_livealter(undef, "--$name", @arg);
		unlike($r->{err}, qr/--$name is|--$name: unknown/,
		    "--$name is accepted");
		like($r->{err}, qr/^(?:livealter: )?--$name: \w/m,
		    '... with a note');
	}
}
{
	my ($table) = slurp('src/cli/argv.c') =~ /verb\[\] = \{(.*?)^\};/ms;
	my %done = $table =~ /"(\w+)", COMMAND_\w+, (true|false)/g;
	my ($commands) = $man =~ /^\.Sh COMMANDS\n(.*?)^\.Sh /ms;
	my %told = map { $_ => 1 } $commands =~ /^\.It Nm Cm (\w+)/mg;
	cmp_ok(scalar keys %done, '>=', 5, 'the commands are found');
	for my $verb (sort keys %done) {
		my $said = run_livealter(undef, $verb)->{err};
		my $is = $done{$verb} eq 'true';
		$is ? unlike($said, qr/not yet/, "livealter $verb is there")
		    : like($said, qr/$verb is not yet supported/,
		    "livealter $verb is not yet supported");
		is($told{$verb} // 0, $is ? 1 : 0, '... as the manual says');
		is($help->{out} =~ /livealter $verb (?:D=|\[)/ ? 1 : 0,
		    $is ? 1 : 0,
		    '... and --help');
	}
}

# --- other lists -----------------------------------------------------------

{
	my %code = slurp('include/base/err.h') =~ /\b(ERR_\w+) = (\d+),/g;
	my ($status) = $man =~ /^\.Sh EXIT STATUS\n(.*?)^\.Sh /ms;
	my @in_man = $status =~ /^\.It (\d+)$/mg;
	is("@in_man", join(' ', sort { $a <=> $b } values %code),
	    'the exit statuses are those of err.h, in order');
	is(scalar(grep { $_ > 125 } values %code), 0, '... none above 125');
}
{
	my @steps = steps_of('migrate');
	my ($story) = $man =~ /^\.Sh DESCRIPTION\n(.*?)^\.Sh /ms;
	my @told = $story =~ /^\.It (.*)/mg;
	is_deeply(\@told, [map { $_->{title} } @steps],
	    'the story is told in its order');
	my @keys = map { $_->{key} } @steps;
	my ($env) = slurp('t/README') =~
	    /^  LIVEALTER_FAIL_AT\t(.*?)^  LIVEALTER/ms;
	is(join(' ', grep { $env !~ /\b$_\b/ } @keys), '',
	    '... which t/README names');
}
{
	my ($case) = slurp('src/cli/dsn.c') =~ /^place\(.*?^\}/ms ? $& : '';
	my @keys = sort $case =~ /case '(\w)':/g;
	my ($dsn) = $man =~ /^\.Sh DSN\n(.*?)^\.Sh /ms;
	is_deeply([sort $dsn =~ /^\.It Cm (\w) Ta/mg], \@keys,
	    'the keys of a DSN are in the manual');
}
{
	my ($v) = slurp('Makefile') =~ /^VERSION = (\S+)/m;
	is(run_livealter(undef, '--version')->{out}, "livealter $v\n",
	    '--version');
}

# Somebody looks for the words that he has seen.  Texts that stand one after
# another in C are one.
{
	my ($list) = slurp('man/livealter-safety.7') =~
	    /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh /ms;
	$list =~ s/\\\n//g;
	my $said = join("\n", map { slurp($_) } glob('src/*.c src/*/*.c')) =~
	    s/"\s*"//gr;
	my @part = map { grep { /\w \w/ } split /[ ]?\.\.\.|[ ]?\b[A-Z]\b[ ]?|
	    [ ]?\(.*?\)|:[ ]/x } $list =~ /^\.It (.*)/mg;
	cmp_ok(scalar @part, '>=', 10, 'the manual explains messages');
	is(join("\n", grep { index($said, $_) < 0 } @part), '',
	    '... which the program has');
}

# --- the manuals are in order ----------------------------------------------

for my $page (glob('man/*.[1-9]')) {
	my @tool = ([qw(mandoc -T lint -W warning)],
	    [qw(groff -mdoc -Tutf8 -ww -z)]);
	for my $t (@tool) {
	    SKIP: {
		skip "no $t->[0]", 1
		    if !grep { -x "$_/$t->[0]" } split /:/, $ENV{PATH};
		my $r = run_program(@$t, $page);
		is("$r->{out}$r->{err}", '', "$t->[0] likes $page");
	    }
	}
	unlike(slurp($page), qr/[^\x00-\x7f]/, "$page is plain ASCII");
}

done_testing;
