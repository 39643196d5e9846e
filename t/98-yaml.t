# What a file of options may say: the schema for editors takes what the program
# takes and refuses what it refuses, value by value, for every option; what is
# wrong is told with file, line and column before anything is connected; and
# what --print-config prints is a file that says the same.
# long: thousands of documents, each with one value or one form of a name.
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

my $SCHEMA = 'examples/schema/livealter.yaml.schema.json';
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $tmp = File::Temp->newdir('la-yaml-XXXXXX', TMPDIR => 1);
my @program = split ' ', $ENV{LIVEALTER} // 'build/livealter';
my %env = (HOME => "$tmp", MYSQL_PWD => undef, LC_ALL => 'C.UTF-8');
spew("$tmp/my.cnf", "[client]\nuser=x\n");
chmod 0600, "$tmp/my.cnf";

# Both verdicts about each document, { name, text, args }.
sub walk {
	my (@doc) = @_;
	my $dir = File::Temp->newdir('walk-XXXXXX', DIR => "$tmp");
	my $in = join '', map { my %d = %$_; my $text = delete $d{text};
	    utf8::encode($text) if utf8::is_utf8($text);
	    $json->encode({ args => ['--print-config'], %d,
		bytes => encode_base64($text, '') }) . "\n" } @doc;
	my $r = run_program({ env => \%env, stdin => $in, timeout => 600 },
	    'python3', '-W', 'ignore', 't/lib/yaml_walk.py', $SCHEMA, "$dir",
	    @program);
	is($r->{exit}, 0, scalar(@doc) . ' documents are tried') or
	    diag $r->{err};
	my @result = map { $json->decode($_) } split /\n/, $r->{out};
	is(scalar @result, scalar @doc, '... each');
	$result[$_]{text} = $doc[$_]{text} for 0 .. $#result;
	return @result;
}

# A test of a list of offenders: none.
sub none_of {
	my ($what, @bad) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @shown = @bad > 20 ? (@bad[0 .. 19], @bad - 20 . ' more') : @bad;
	ok(!@bad, $what) or diag map { "  $_\n" } @shown;
}

sub shown {
	my ($d) = @_;
	my $text = substr $d->{text}, 0, 150;
	utf8::encode($text) if utf8::is_utf8($text);
	return ($text =~ s/\n/\\n/gr) . ' => ' . ($d->{exit} == 0 ? 'taken' :
	    $d->{err} =~ s/\n/\\n/gr) . '; schema: ' .
	    ($d->{schema} // 'taken');
}

# --- every option, with every kind of value ----------------------------------

# What the program has: name => [group, [no], what it takes].
my %option;
{
	my $group = '';
	for (split /\n/, run_livealter(undef, '--help')->{out}) {
		$group = $1 if /^(\S.*):$/;
		$option{$2} = [$group, $1 // '', $3 // '']
		    if /^ {2}(?:-\w, | {4})--(\[no\])?([\w-]+)(?: (\S+))?/;
	}
}
cmp_ok(scalar keys %option, '>', 100, '--help has options');
my $schema = $json->decode(slurp($SCHEMA));
my %known = map { $_ => 1 } grep { $option{$_}[0] !~
    /^(?:Options|Refused|Not yet supported)$/ } keys %option;
is(join(' ', sort grep { !/^(?:jobs?|file)$/ }
    keys %{$schema->{definitions}}), join(' ', sort keys %known),
    'the schema has those that a file may have');
none_of('... says of each what it is', grep {
    ($schema->{definitions}{$_}{description} // '') eq '' } keys %known);

# What is tried of all of them.  What is wrong in itself stands there, so many
# characters behind the beginning of the value; else at the key.
my @any = map { ref $_ ? $_ : [$_] } '', '~', 'null', 'NULL', '""', "''",
    'yes', 'no', 'Off', 'TRUE', '"true"', 'maybe', '0', '1', '-1', '7', '07',
    '65536', '1.5', '-0.5', '.5', '"5."', '"1e3"', '"7"', '" 7"', 'a b', 'x',
    '10k', '"10 k"', '1T', '100ms', '1y', 'auto', 'AUTO', 'a=1', 'a,b',
    ["\"\xe9\"", undef], "\"\x{e9}\x{20ac}\"", 'nUll',
    '2026-01-01', '12:30', '1_000', '[a, b]', '[]', '[a=1, b=2]',
    '[[a]]', '["", a]', '{a: b}', '{}', "|\n      a", "|-\n      7",
    ['"a\\0b"', 0], ['!!str x', 0], ['&a x', 0], ['*a', 0],
    [']', 0], ['"x', undef], ['@x', 0], ['1e3'], ['0x10'], ['+7'], ['7.0'];
my %of = (
	'set-vars' => ['a=1,b=2', '"a=1,"', '"=1"', '" a = 1 , b="', '"a"',
	    '[" a=1"]', '["=1"]', '"a=x\\\\,y,b=1"', '["a=1,2", "b=\\\\"]',
	    '[a]', '"a=1\\\\,b=1"'],
	'allow-warnings' => ['1265', '1265:status', '"1265:a,1264"', '"1265,"',
	    '123456', '"1265:"', '"1265: "', '[1265, "1264:b"]', '["x"]',
	    '99999', '100000', '[100000]', '"1265:a\\\\,b"', '[[1]]'],
	(map { ($_ => ['Threads_running=25', '"a=1,b:2"', 'a=0', 'a=0.1',
	    '"a="', '"a=1,a=2"', '[a=1, b]', '"a=-1"', '"a b"', '"a,"',
	    '[a, A]', 'x' x 64, 'x' x 65]) } qw(max-load critical-load)),
	'tries' => ['copy_rows:1:1', '"copy_rows:0:1"', '"copy_rows:1"',
	    'copy_rows:1000000:1ms', 'copy_rows:1000001:1', 'x:1:1',
	    '[copy_rows:2:1, swap_tables:3:0.5]', '[copy_rows]',
	    '"copy_rows:1:1,"', '" copy_rows:1:1 , drop_triggers:1:1"'],
	'progress' => ['time,30', '"time,0"', '30', '0', '30s', 'percentage,5',
	    '"percentage,100.5"', '"percentage,0"', '"percentage,.5"',
	    'iterations,7', '"iterations,0"', '"iterations,1000001"',
	    '[time, 30]', '[time, 1m]', '[percentage, 100]',
	    '[percentage, 101]', '[iterations, 5]', '[iterations, 0]',
	    '[30]', '["time,30"]', '[time, 30, 1]', '[x, 1]', 'TIME,30'],
	'recursion-method' => ['processlist', 'hosts,PROCESSLIST', 'none',
	    'none,none', 'none,hosts', '[hosts, cluster]', '[hosts, x]',
	    '"dsn=D=a,t=b"', '"hosts,dsn=h=a,D=a,t=b"', '"dsn=D=a"', '"dsn="',
	    '[hosts, "dsn=D=a,t=b"]', '[hosts, "dsn=D=a,t=b", hosts]',
	    '"hosts,"', '[none, hosts]'],
	'cut-over-window' => ['"Sun 03:00-04:00"', '03:00-04:00',
	    '"Mon-Fri,Sun 23:30-00:30 UTC"', '"daily 00:00-24:00 local"',
	    '"03:00-03:00"', '"24:00-01:00"', '"3:00-4:00"', '"Su 03:00-04:00"',
	    '"sun  03:00-04:00\\tutc "', '"03:00-04:00 CET"', '"23:60-24:00"',
	    '"' . 'mon,' x 9 . 'mon 01:00-02:00"',
	    '"' . 'mon,' x 10 . 'mon 01:00-02:00"', '"Sun"'],
	'trigger-definer' => ['app@%', '"a@b@c"', '"@"', '"x@"',
	    '"' . 'x' x 64 . '"', '"' . 'x' x 65 . '"', '"a@' . 'h' x 65 . '"',
	    "\"\x{1f42c}\""],
	(map { ($_ => ['h=a', '"h=a,P=1"', '"P=1"', '"h=a,P=0"', '"h=a,h=b"',
	    '10.0.0.1', '"h=a,X=1"', '"S=/x"', '"h=a,"', '[h=a, "h=b,P=2"]',
	    '[h=a, Q=1]']) } qw(check-replica-lag skip-check-replica-lag
	    check-slave-lag skip-check-slave-lag)),
	'defaults-file' => ["$tmp/my.cnf", '/nonexistent/my.cnf', 'my.cnf'],
	'expect-digest' => ['"' . 'aB3' x 21 . '0"', '"' . 'a' x 63 . '"',
	    '"' . 'g' x 64 . '"', '"' . '1' x 64 . '"'],
	'alter' => ['ADD COLUMN a INT', "\"\x{1f42c}\"", '"a\\tb\\n"'],
);

# The ends of its range, as the manual's words for it have them.
for my $d (values %{$schema->{definitions}}) {
	$d->{ends} = [map { ($_ - 1, $_, $_ + 1, "\"$_\"", '"' . ($_ + 1) .
	    '"', "\"0$_\"") } grep { defined && $_ < 1e15 } map { @{$_}{qw(
	    minimum maximum)} } @{$d->{anyOf} // []}];
}

# All are tried of one option of each kind, and these of the others.
my %some = map { $_ => 1 } '', '""', 'maybe', '0', '7', '1.5', '100ms', 'x',
    '[a=1, b=2]', '{a: b}';
my (@doc, %kind);
for my $name (sort keys %option) {
	my @word = split /\|/, $option{$name}[2];
	my @special = @{$of{$name} // []};
	my $kind = $json->encode(($schema->{definitions}{$name} //
	    {})->{anyOf} // $option{$name}[0]);
	for my $v ((grep { $some{$_->[0]} || !$kind{$kind} } @any),
	    (map { [$_] } @special), (@word > 1 ? (@word,
	    (map { uc } @word), "\"$word[0] \"", "\"$option{$name}[2]\"") : ()),
	    @{($schema->{definitions}{$name} // {})->{ends} // []},
	    $option{$name}[2] eq 'SECONDS' ? ('1e9', '"1e9"', '1d', '"31y"',
	    '"1000000001"', '.5s', '"1.5.5"', '"' . '0' x 31 . '"') : (),
	    $option{$name}[2] =~ /^(?:ROWS|BYTES)$/ ? ('1G', '0k', '00',
	    '"17179869184G"', '18446744073709551615',
	    '"18446744073709551616"') : ()) {
		my $in_job = @doc % 3 == 0;
		my ($value, $behind) = ref $v ? @$v : ($v);
		my $at = !ref $v || @$v == 1 ? 0 : !defined $behind ? undef :
		    length("$name: ") + $behind;
		push @doc, { name => $name, value => $value, at => $at,
		    args => ['--print-config', $in_job ? ('--job', 'j') : ()],
		    line => $in_job ? 3 : 2, column => $in_job ? 5 : 1,
		    text => ($in_job ? "jobs:\n  j:\n    " : "# c\n") .
		    "$name: $value\n" };
	}
	$kind{$kind} = 1;
	# Other forms of the name.
	my $value = $option{$name}[1] ? 'no' : $special[0] // $word[0] // 1;
	$value = 1 if $value eq '';
	for my $key ($name =~ tr/-/_/r, $name =~ tr/_/-/r, "no-$name",
	    @doc % 2 ? ("no$name", uc $name, $name . substr($name, -1)) :
	    ("no_$name", "--$name", "\"$name\""), substr($name, 0, -1)) {
		push @doc, { name => $name, value => $value, at => 0,
		    line => 2, column => 1, text => "# c\n$key: $value\n" };
	}
}

# They do not stand alone.
push @doc, map { { name => 'several', value => 'several', at => 0, line => 1,
    column => 1, text => $_ } } "reverse-triggers: yes\ndrop-old-table: no\n",
    "to: file.sql\nrename: [a=b, c=d]\ndrop: ['e,f', 1]\n";

# Where they differ, and why that is right.  A schema sees what YAML makes of a
# text, one option, and nothing outside of the file.
my @differ = (
	['spellings of numbers that YAML has and the program has not',
	    sub { $_[0]{value} =~ /^(?:1e3|1e9|0x10|\+7|7\.0)$/ }],
	['... and its null, which the program knows in any case',
	    sub { $_[0]{value} =~ /^null$/i }],
	['whether options agree, with those of other files and the command ' .
	    'line', sub { $_[0]{err} =~ /: needs --|: not together/ }],
	['anchors, tags and NUL, which are gone where a schema looks',
	    sub { $_[0]{value} =~ /^(?:&|!!|"a\\0b")/ }],
	['the grammar of a DSN',
	    sub { $_[0]{name} =~ /^(?:skip-)?check-(?:replica|slave)-lag$/ ||
	    $_[0]{value} =~ /dsn=/ }],
	['whether a file is there', sub { $_[0]{value} =~ m{^/nonexistent} }],
	['a variable that is named twice',
	    sub { $_[0]{value} =~ /a=1,a=2|\[a, A\]/ }],
	['durations of more than 31 years, as texts',
	    sub { $_[0]{value} =~ /^"1000000001"$/ }],
	['sizes of more than 64 bits, as texts',
	    sub { $_[0]{value} =~ /^"(?:17179869184G|18446744073709551616)"/ }],
	['which words of --recursion-method stand in a sequence',
	    sub { $_[0]{name} eq 'recursion-method' &&
	    $_[0]{value} =~ /^\[/ }],
	['characters beyond U+FFFF in an account',
	    sub { $_[0]{name} eq 'trigger-definer' &&
	    $_[0]{value} =~ /\x{1f42c}/ }],
);
my (@differs, %seen, @place, @printed, @status, %changed, $taken);
my %default = map { /^([\w-]+): (.*)/ ? ($1 => $2) : () } split /\n/,
    run_livealter(undef, '--print-config', '--config', '')->{out};
for my $d (walk(@doc)) {
	my $same = ($d->{exit} == 0) == !defined $d->{schema};
	if (!$same) {
		my ($why) = grep { $_->[1]->($d) } @differ;
		$seen{$why->[0]} = 1 if $why;
		push @differs, shown($d) if !$why;
	}
	if ($d->{exit} == 0) {
		$taken++;
		push @printed, shown($d) . $d->{printed} if $d->{printed};
		push @printed, shown($d) . "\n$d->{out}\n$d->{again}"
		    if $d->{out} ne $d->{again} && $d->{out} !~ /^jobs:/;
		for (split /\n/, $d->{out}) {
			$changed{$1} = 1 if /^ *([\w-]+): (.*)/ &&
			    ($default{$1} // '') ne $2;
		}
		next;
	}
	push @status, shown($d) if $d->{out} ne '' || $d->{exit} !=
	    ($d->{err} =~ /: alter-foreign-keys-method: not a word/ ? 6 : 1);
	my $place = quotemeta $d->{path};
	$place .= !defined $d->{at} ? ':\d+:\d+: ' :
	    ":$d->{line}:" . ($d->{column} + $d->{at}) . ': ';
	# The items of a list stand for themselves, if there can be one.
	$place = quotemeta($d->{path}) . ":$d->{line}:\\d+: "
	    if $d->{value} =~ /^\[/;
	push @place, shown($d) if $d->{err} !~ /$place/;
}
none_of('the program and the schema say the same of each', @differs);
is(join("\n", grep { !$seen{$_} } map { $_->[0] } @differ), '',
    '... but for these, each of which occurs');
none_of('what is wrong has the status 1, and nothing on standard output',
    @status);
none_of('... and is told with file, line and column', @place);
cmp_ok($taken, '>', 1000, 'many are taken');
none_of('... and are the same when what is printed is read again', @printed);
my %secret = map { $_ => 1 } qw(password replica-password password-file
    ask-pass);
none_of('... for each option that is printed', grep { !$changed{$_} &&
    !$secret{$_} } grep { $known{$_} && exists $default{$_} } keys %option);

done_testing;
