# The rules of the house, as far as a program can see them.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter qw(slurp);
use Test::More;

my @SRC = sort glob('src/*.c src/*/*.c');
my @HDR = sort glob('include/*.h include/*/*.h');
my @TST = sort glob('t/unit/*.c t/fuzz/*.c t/*.h
    t/lib/hammer/*.c t/lib/hammer/*.h');
my @TXT = (sort(glob('t/*.t t/*.pl t/lib/*.pm t/lib/*/*.pm t/lib/*.sh
    t/README'), grep { -f } glob('examples/debian/* examples/debian/*/*
    examples/completion/*')), qw(README src/README Makefile .ci/run
    man/livealter.1 man/livealter-safety.7 man/livealter.yaml.5 man/CHANGES));
my %text = map { $_ => slurp($_) } @SRC, @HDR, @TST, @TXT;

cmp_ok(scalar @SRC, '>', 30, 'the sources are here');

# A test of a list of offenders: none.
sub none_of {
	my ($what, @bad) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(!@bad, $what) or diag map { "  $_\n" } @bad;
}

# C without comments and without the insides of strings, line by line.
sub code_of {
	my ($c) = @_;
	my $blank = sub { $_[0] =~ s/[^\n]//gr };
	$c =~ s{(/\*.*?\*/)|("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)*')}
	    {defined $1 ? $blank->($1) : defined $2 ? '""' : "''"}gse;
	return $c;
}
my %code = map { $_ => code_of($text{$_}) } @SRC, @HDR, @TST;

# Every line of these files for which the code says so.
sub lines_where {
	my ($say, $of, @files) = @_;
	my @bad;
	for my $f (@files) {
		my $n = 0;
		for (split /\n/, $of->{$f}) {
			$n++;
			push @bad, "$f:$n: $_" if $say->($f);
		}
	}
	return @bad;
}

# --- looks -----------------------------------------------------------------

sub width {
	my ($line) = @_;
	1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
	utf8::decode($line);
	return length $line;
}
none_of('no line is wider than 80 columns', lines_where(sub {
	width($_) > 80 }, \%text, grep { !/^README$|\/changelog$/ }
	sort keys %text));
none_of('no blanks at the end of a line', lines_where(sub { /[ \t]$/ },
    \%text, sort keys %text));
none_of('lines are indented by tabs, and continued by four blanks',
    lines_where(sub { /^\t* {8}/ || /^\t* {1,3}[^ *]/ || /^ +\t/ }, \%code,
    @SRC, @HDR, @TST));
none_of('comments are not begun by //', lines_where(sub { m{//} }, \%code,
    @SRC, @HDR, @TST));
none_of('every file ends with a line end and is not empty',
    grep { $text{$_} !~ /\n\z/ } sort keys %text);
none_of('files are under 600 lines', map { my $n = () = $text{$_} =~ /\n/g;
	$n < 600 ? () : "$_: $n" } @SRC, @HDR);

{
	my (@long, @many);
	for my $f (@SRC, grep { /\.c$/ } @TST) {
		my ($name, $start, $n) = ('', 0, 0);
		for (split /\n/, $code{$f}) {
			$n++;
			$name = $1 if /^(\w+)\(/;
			$start = $n if /^\{/;
			push @long, "$f:$start: $name has " . ($n - $start - 1)
			    if /^\}$/ && $start && $n - $start - 1 > 50;
			$start = 0 if /^\}/;
		}
		# Parameters that are functions have parameters of their own.
		while ($code{$f} =~ /^(\w+)(\((?:[^(){};]|(?2))*\))\n\{/mg) {
			my ($who, $list) = ($1, substr $2, 1, -1);
			$list =~ s/\([^()]*\)//g;
			my $has = 1 + ($list =~ tr/,//);
			push @many, "$f: $who has $has" if $has > 6;
		}
	}
	none_of('functions have at most 50 lines', @long);
	none_of('... and at most six parameters', @many);
}
none_of('the name of a function begins its line', lines_where(sub {
	/^(?:static )?(?:const )?\w[\w ]* \**\w+\([^;]*$/ && !/^\w+ \w+ = / &&
	!/^(?:typedef|struct|enum|extern)\b/ && !/[;=]/ && !/__attribute__/ },
    \%code, @SRC));

# --- rooms -----------------------------------------------------------------

my %level = (base => 0, cli => 1, server => 2, model => 3, throttle => 4,
    steps => 5, cutover => 6, story => 7, commands => 8, top => 9);
sub room_of { $_[0] =~ m{^(?:src|include)/(\w+)/} ? $1 : 'top' }

# A file and its header are one.
my %needs;
{
	my (@up, @nameless, @unknown);
	for my $f (@SRC, @HDR) {
		my $room = room_of($f);
		my $self = $f =~ s{^(?:src|include)/|\.[ch]$}{}gr;
		for ($text{$f} =~ /^#include "([^"]+)"/mg) {
			my ($to) = m{^(\w+)/} ? $1 : 'top';
			push @unknown, "$f: $_" if !exists $text{"include/$_"};
			push @nameless, "$f: $_" if $to eq 'top';
			$needs{$self}{s/\.h$//r} = 1 if "$self.h" ne $_;
			next if !exists $level{$to} || !exists $level{$room};
			push @up, "$f includes $_"
			    if $level{$to} > $level{$room};
		}
	}
	none_of('headers are included downwards only', @up);
	none_of('... by the name of their room', @nameless);
	none_of('... and exist', @unknown);
}

# Take away what needs nothing that is left, again and again.
{
	my %left = %needs;
	while (my @free = grep { !grep { $left{$_} } keys %{$left{$_}} }
	    sort keys %left) {
		delete @left{@free};
	}
	none_of('no files include each other in a circle', sort keys %left);
}

sub only_in {
	my ($what, $re, @where) = @_;
	my %here = map { $_ => 1 } @where;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	none_of($what, grep { $text{$_} =~ $re && !$here{$_} } @SRC, @HDR);
}
only_in('only db.c and db_login.c know the client library',
    qr/^#include <(?:mysql|mariadb|errmsg)/m, 'src/server/db.c',
    'src/server/db_login.c');
only_in('only yaml.c knows libyaml', qr/^#include <yaml/m,
    'src/cli/yaml.c');
none_of('only session.c opens connections, which it sets up', grep {
	$code{$_} =~ /\bdb_open\(/ &&
	!m{^(?:src|include)/server/(?:db|session)\.[ch]$} } @SRC, @HDR);
none_of('the connection does not know the command line', grep {
	$text{$_} =~ /^#include "cli\//m &&
	m{^(?:src|include)/server/} } @SRC, @HDR);
none_of('only the stories know the migration', grep {
	$text{$_} =~ /"story\/migration\.h"|struct migration\b/ &&
	!m{^src/main\.c$|^(?:src|include)/(?:story|commands)/} } @SRC, @HDR);
none_of('headers stand alone, with a guard', grep {
	$text{$_} !~ /\A#ifndef (\w+)\n#define \1\n.*#endif\n\z/s } @HDR);
none_of('headers say what is in them', grep { $text{$_} !~ m{/\*} } @HDR);

# A step is handed what it needs; it does not call the next.
{
	# The parts of steps that more than one of them uses.
	my %shared = map { $_ => 1 } qw(checksum cursor
	    interruptible_query mdl piece registry trigger_set trust walk);
	# What the copy is told of its rows has a file of its own, and so has
	# who is in the way of a lock.
	my %may = ('copy warning' => 1, 'copy follow' => 1,
	    'copy bring' => 1, 'bring follow' => 1, 'bring warning' => 1,
	    'recopy bring' => 1, 'recopy verify' => 1,
	    'check check_engine' => 1,
	    'follow warning' => 1, 'mend warning' => 1,
	    'misfits warning' => 1, 'mdl blocker' => 1,
	    'index_build blocker' => 1,
	    'check blocker' => 1, 'check check_server' => 1,
	    'check check_keys' => 1, 'check check_filter' => 1,
	    'check privileges' => 1,
	    'check unseen_children' => 1,
	    'check_replicas check_server' => 1,
	    'check_replicas replica_signs' => 1,
	    'check_server replica_signs' => 1,
	    'proof verify' => 1, 'walk progress_report' => 1);
	my @bad;
	for my $f (sort glob('src/steps/*.c')) {
		my $me = $f =~ s{.*/|\.c$}{}gr;
		for ($text{$f} =~ m{^#include "steps/(\w+)\.h"}mg) {
			next if /^(?:mdl_set|walking)$/;	# only types
			push @bad, "$f includes steps/$_.h" if $_ ne $me &&
			    !$shared{$_} && !$may{"$me $_"};
		}
	}
	none_of('steps do not call each other', @bad);
}

# The files that the texts for newcomers name are there.
{
	my @gone;
	for ($text{'src/README'} =~ m{(?<![\w/])(?:\.\./)?((?:include/)?[a-z]+/
	    [a-z_]+\.[ch])\b}xg) {
		my $f = m{^include/} ? $_ : /\.h$/ ? "include/$_" : "src/$_";
		push @gone, $_ if !-e $f;
	}
	push @gone, grep { !-e } $text{README} =~ m{\b(src/[\w/]+\.c)\b}g;
	none_of('src/README and README name files that exist', @gone);
}

# --- words that are not said -----------------------------------------------

none_of('no sprintf, strcpy, strcat, atoi, gets, system, popen', lines_where(
    sub { /\b(?:v?sprintf|strn?cpy|strn?cat|ato[ifl]l?|gets|system|popen|
	tmpnam|mktemp|strtok|setjmp|longjmp|alloca)\s*\(/x }, \%code, @SRC));
none_of('memory comes from util.c and str.c', lines_where(sub {
	$_[0] !~ m{/(?:util|str)\.c$} && /\b(?:m|c|re)alloc\(|\bstrn?dup\(/ },
    \%code, @SRC));
none_of('nothing but a lack of memory ends the program', lines_where(
    sub { $_[0] !~ m{/(?:util|str|stop|db|db_login)\.c$} &&
	/\b(?:exit|_exit|abort|_Exit)\(/ }, \%code, @SRC));

# Standard output and standard error are written by output.c alone, to which
# the sinks for text and JSON hand what they make of events.  util.c says that
# memory is gone, when nothing else can; password.c asks on the terminal.
none_of('only output.c writes to the user', lines_where(sub {
	my $own = { 'src/base/util.c' => qr/\bfputs\(""?[^)]*, stderr\)/,
	    'src/base/output.c' => qr/\bwrite\(fd, |\bSTDERR_FILENO\b/,
	    'src/base/json_sink.c' => qr/\bSTDOUT_FILENO\b/,
	    # What an event that is the last one leads to can be none.
	    'src/base/report_sink.c' => qr/\bSTDERR_FILENO, &text\b/,
	    'src/base/screen.c' => qr/\bSTDOUT_FILENO\b/,
	    'src/base/text_sink.c' => qr/\bSTD(?:OUT|ERR)_FILENO\b/,
	    'src/cli/password.c' => qr/\bwrite\(tty, /,
	    'src/base/child.c' => qr/\bwrite\((?:p->failed\[1\]|r->in), /,
	    'src/main.c' => qr/\bfd (?:<=|>) STDERR_FILENO\b/ }->{$_[0]};
	/\b(?:v?f?printf|v?dprintf|f?puts|f?putc|putchar|perror|fwrite|
	    writev?)\s*\(|\bstd(?:out|err)\b|\bSTD(?:OUT|ERR)_FILENO\b/x &&
	    !($own && /$own/) }, \%code, @SRC));
# Names and SQL are texts of others, and may have what a terminal obeys.
none_of('texts of others go through print.c', map { my $f = $_;
	map { s/\s+/ /gr =~ s/^/$f: /r } $text{$f} =~ m{\b(?:
	    str_addf?\(to,\s*[^;]*?%[-.*\d]*s[^;]*; |
	    str_add[fz]?\(to,\s*[^"\s][^;]*;)}xg } grep { $code{$_} =~
	    /\b\w*print\w*\([^;{]*struct\ str\ \*to\b/x } grep {
	!m{^src/(?:base/print|cli/option_print)\.c$} } @SRC);

# They are to be pasted: whatever the names are, and with the login.
only_in('commands are suggested by command.c',
    qr/"[^"\n]*livealter (?:resume|cleanup|revert|status|watch|control) /,
    'src/cli/option_print.c', 'src/cli/option_table.c');

# The words of src/README took the place of these.
none_of('no names of old', lines_where(sub {
	/\b(?:vigil|pulse|telling|rowsum|claim|trail|mirror|conductor|cutkey|
	plan_wish|wish|kin|kinship|fresh|turn|record|anew|born|lanes)
	(?:_\w+)?\b|_(?:wish|kin|kinship|record|anew|born|cutkey|way_back)\b|
	\b(?:struct|enum)\ (?:ask|sum|clock)\b/x }, \%code, @SRC, @HDR));

# --- what the object files say ---------------------------------------------

# Names that a file exports besides its own.
my %also = (
    'base/ident' => qr/^qname_/,
    'base/util' => qr/^(?:x(?:calloc|realloc|strn?dup(?:_null)?)|now_s|
	same_text)$/x,
    'base/str' => qr/^str_nothing$/,
    'cli/option_parse' => qr/^option_/,
    'cli/option_print' => qr/^option_/,
    'cli/option_table' => qr/^option_/,
    'server/db' => qr/^rows_free$/,
);
my $build = $ENV{LIVEALTER_BUILD} // 'build';

SKIP: {
	# Sanitizers add symbols of their own.
	skip "no plain object files in $build", 3
	    if $build ne 'build' || !-e "$build/main.o" ||
	    system('nm --version >/dev/null 2>&1') != 0;
	my (@names, @vars, @seen);
	for my $f (@SRC) {
		my $stem = $f =~ s{^src/|\.c$}{}gr;
		my $mine = $stem =~ s{.*/}{}r;
		my @sym = `nm -P $build/$stem.o 2>/dev/null`;
		push @seen, $f if @sym;
		for (@sym) {
			my ($name, $type) = split ' ';
			push @names, "$f exports $name"
			    if $type =~ /^[TDBRCVW]$/ && $name ne 'main' &&
			    $name !~ /^\Q$mine\E(?:_|$)/ &&
			    !($also{$stem} && $name =~ $also{$stem});
		}
		for (`objdump -t $build/$stem.o 2>/dev/null`) {
			# Constants that hold addresses are in .data.rel.ro.
			push @vars, "$f: $1" if
			    $mine !~ /^(?:event|output|stop)$/ &&
			    /\sO\s+\.(?:t?data|t?bss)(?!\.rel\.ro)\S*\s+
			    [0-9a-f]+\s+(\w\S*)/x && $1 ne 'str_nothing';
		}
	}
	is(scalar @seen, scalar @SRC, 'there is an object file for each');
	none_of('a file exports its own names only', @names);
	none_of('only event.c, output.c and stop.c have variables that last',
	    @vars);
}

# --- scripts ---------------------------------------------------------------

SKIP: {
	my @sh = (glob('t/lib/*.sh examples/*.sh examples/completion/*
	    examples/debian/tests/installed'), '.ci/run');
	skip 'no shellcheck', 1 if system('shellcheck -V >/dev/null 2>&1');
	my $said = `shellcheck @sh 2>&1`;
	is($said, '', 'shellcheck has nothing to say');
}
for my $f (sort glob('t/*.t t/*.pl t/lib/*.pm t/lib/*/*.pm')) {
	like($text{$f}, qr/^use strict;\nuse warnings;/m, "$f is strict");
}

# The Makefile takes any such line; who reads the file looks at its head.
none_of('a test says in its head that it is long, and why', grep {
    $text{$_} =~ /^# ?long:/mi && $text{$_} !~ /\A(?:#.*\n)*# long: \w/ }
    sort glob('t/*.t'));

done_testing;
