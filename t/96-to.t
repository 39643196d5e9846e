# --to FILE: the table becomes what the CREATE TABLE in the file makes in an
# empty schema; rows stay by name.  What the file does not explain is refused.
#
# long: two runs for each of forty files that are refused
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Test::More;
use Wanted;

my $s = wanted_server();
my $mysql = $s->is_mysql;

# Columns by another name, with all that hangs on them.
my @rename = ('--rename', 'a=b');
for my $case (
    ['a column', 'a INT', 'b INT'],
    ['... and its type', 'a INT', 'b BIGINT NOT NULL'],
    ['... and its place', 'a INT, c INT', 'c INT, b INT'],
    ['... with keys', 'a INT, KEY k (a), UNIQUE u (id, a)',
	'b INT, KEY k (b), UNIQUE u (id, b)'],
    ['... with a key of another name', 'a INT, KEY a (a)',
	'b INT, KEY b (b)'],
    ['... with a CHECK', 'a INT, CONSTRAINT c CHECK (a > 0)',
	'b INT, CONSTRAINT c CHECK (b > 0)'],
    ['... with a CHECK of its own', 'a INT CHECK (a > 0)',
	'b INT CHECK (b > 0)'],
    ['... with generated columns', 'a INT, g INT AS (a + 1) STORED, ' .
	'v INT AS (a + 2), KEY (v)', 'b INT, g INT AS (b + 1) STORED, ' .
	'v INT AS (b + 2), KEY (v)'],
    $mysql ? ['... with a key of an expression', 'a INT, KEY k ((a + 1))',
	'b INT, KEY k ((b + 1))'] : (),
    ['... with a foreign key', 'a INT, FOREIGN KEY (a) REFERENCES p (k)',
	'b INT, FOREIGN KEY (b) REFERENCES p (k)'],
    ['... to a new one of the old name', 'a INT', 'b INT, a INT DEFAULT 7'],
    ['... and others go and come', 'a INT, x INT', 'n INT, b INT',
	'--drop', 'x'],
    ) {
	my ($name, $from, $to, @more) = @$case;
	becomes("renamed: $name", "CREATE TABLE t ($ID, $from)",
	    "CREATE TABLE t ($ID, $to)", keep => 'id, b', from => 'id, a',
	    opts => [@rename, @more]);
}
becomes('names with signs', "CREATE TABLE t ($ID, `a=b` INT DEFAULT 3, " .
    "`c,``d` INT, `\xc3\xa9\"` INT DEFAULT 4)",
    "CREATE TABLE t ($ID, `b=c` INT DEFAULT 3, `--x` INT)",
    keep => 'id, `b=c`', from => 'id, `a=b`', opts => ['--rename',
    'a=b=b=c', '--drop', 'c\\,`d', "--drop=\xc3\xa9\""]);
becomes('a counter is not looked at', "CREATE TABLE t ($ID) " .
    "AUTO_INCREMENT=50", "CREATE TABLE t ($ID, n INT) AUTO_INCREMENT=7");

# The server's own sql_mode says how a file is read.
my $mode = $s->value("SELECT \@\@GLOBAL.sql_mode");
$s->sql("SET GLOBAL sql_mode = '$mode,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
becomes('in another sql_mode', "CREATE TABLE t ($ID, s VARCHAR(9))",
    qq{CREATE TABLE "t" ($ID, "s""" VARCHAR(9) DEFAULT 'a\\' COMMENT } .
    qq{'\\n''x', CHECK ("s""" <> '\\\\')) COMMENT='\\'}, opts => ['--drop=s']);
$s->sql("SET GLOBAL sql_mode = '$mode'");
becomes('in the usual one', "CREATE TABLE t ($ID, s VARCHAR(9))",
    qq{CREATE TABLE t ($ID, `"` VARCHAR(9) DEFAULT "a\\\\" COMMENT } .
    qq{'\\n\\'x', CHECK (`"` <> '\\\\')) COMMENT='\\\\'}, opts => ['--drop=s']);
# What is not explained, all in one message; nothing is touched.
sub refused {
	my ($name, $why, $text, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	fresh('app', "CREATE TABLE t ($ID, a INT, b INT, c INT)");
	my $was = definition('app');
	spew($FILE, $text);
	for my $how ('--dry-run', '--execute') {
		my $r = run_to($how, @opts);
		ok($r->{exit} > 0 && $r->{exit} < 30, "$name: refused, $how")
		    or diag "$r->{exit} $r->{out}";
		like($r->{err}, $why, '... which says why');
	}
	is(definition('app'), $was, '... and it is as it was');
	is_deeply([sort map { $_->[0] } $s->rows("SHOW TABLES FROM app")],
	    ['p', 't'], '... with nothing beside it');
}

my $wanted = "CREATE TABLE t ($ID, b INT, z INT)";
refused('columns that go', qr/only\ the\ table\ has:\ `a`,\ `c`;\ that\ only
    \ the\ file\ has:\ `z`.*--drop\ a\ or\ --rename\ a=NEW,\ --drop\ c/xs,
    $wanted);
refused('... one of two', qr/only the table has: `c`/, $wanted, '--drop', 'a');
for my $kind ('STORED', 'VIRTUAL') {
	my $computed = "a INT, b INT AS (a + 1) $kind";
	refused("values that are lost: $kind",
	    qr/values are lost, [^\n]*: `b`.*--drop b/s,
	    "CREATE TABLE t ($ID, $computed, c INT)");
	refused('... by another name', qr/values are lost, [^\n]*: `b`/,
	    "CREATE TABLE t ($ID, a INT, x INT AS (a) $kind, c INT)",
	    '--rename', 'b=x');
	becomes("... as is said: $kind", "CREATE TABLE t ($ID, a INT, b INT)",
	    "CREATE TABLE t ($ID, $computed)", opts => ['--drop=b']);
}
refused('a DROP of what stays', qr/--drop b: the file has it/, $wanted,
    '--drop', 'a,b,c');
refused('a new name that is not there', qr/--rename a=y: the file has no/,
    $wanted, '--rename', 'a=y', '--drop', 'c');
refused('an old name that is not there', qr/--rename q=z: the table has no/,
    $wanted, '--rename', 'q=z', '--drop=a', '--drop=c');
refused('both', qr/--rename a=b: the table has both/, $wanted,
    '--rename', 'a=b', '--drop=c');
refused('twice the same', qr/--rename c=z: another --rename/, $wanted,
    '--rename', 'a=z', '--rename=c=z');
refused('dropped and renamed', qr/--drop a: --rename has it/, $wanted,
    '--rename', 'a=z', '--drop=a', '--drop=c');
refused('no pair', qr/--rename a: not OLD=NEW/, $wanted, '--rename', 'a',
    '--drop=a', '--drop=c');
for my $case (
    ['', qr/there is no statement/],
    ["-- nothing\n;\n", qr/there is no statement/],
    ['ALTER TABLE t ADD z INT', qr/does not begin with CREATE TABLE/],
    ['CREATE VIEW t AS SELECT 1', qr/does not begin with CREATE TABLE/],
    ["$wanted; DROP TABLE t", qr/more than one statement/],
    ["SET \@a = 1; $wanted", qr/more than one statement/],
    ['CREATE TABLE t LIKE p', qr/LIKE has no columns/],
    ['CREATE TABLE t (LIKE p)', qr/LIKE has no columns/],
    ['CREATE TABLE t SELECT 1', qr/no list of columns/],
    ['CREATE TABLE t AS SELECT 1', qr/no list of columns/],
    ["$wanted SELECT 1", qr/SELECT also says which rows/],
    ["$wanted AS SELECT 1 AS id", qr/SELECT also says which rows/],
    ["$wanted (SELECT 1 AS id)", qr/SELECT also says which rows/],
    ["$wanted AS TABLE p", qr/SELECT also says which rows/],
    ["CREATE TEMPORARY TABLE t (id INT PRIMARY KEY)", qr/temporary/],
    ["CREATE TABLE t (id INT", qr/not closed/],
    ["CREATE TABLE t (id INT, s VARCHAR(9) DEFAULT 'x", qr/not closed/],
    ["$wanted /* x", qr/not closed/],
    ["CREATE TABLE t (id INT PRIMARY KEY, z NOTYPE)",
	qr/--to \S+: .*(?:SQL syntax|Unknown data type)/],
    ["CREATE TABLE t (id INT PRIMARY KEY, z INT REFERENCES)", qr/SQL syntax/],
    ["CREATE TABLE t (id INT PRIMARY KEY,\0 z INT)", qr/no text in UTF-8/],
    ["CREATE TABLE t (id INT PRIMARY KEY, `\xff` INT)", qr/no text in UTF-8/],
    ["$wanted -- " . 'x' x 1048576, qr/cannot read .*too large/],
    ) {
	my ($text, $why) = @$case;
	refused(substr($text, 0, 60) =~ s/[^ -~]/?/gr, $why, $text, '--drop',
	    'a,c');
}

# The file's own name of the table counts for nothing but its own keys.
my $elsewhere = "\xef\xbb\xbf-- ours\n/* x; */ CREATE TABLE IF NOT EXISTS " .
    "`old``s`.other (\n$ID, a INT,\n# why\nKEY ka (a), CONSTRAINT f FOREIGN " .
    "KEY (a) REFERENCES other (id) ON DELETE CASCADE\n) COMMENT='; x' ;\n;\n";
fresh('app', "CREATE TABLE t ($ID, a INT)");
fresh('ctl', "CREATE TABLE t ($ID, a INT, KEY ka (a), CONSTRAINT f FOREIGN " .
    "KEY (a) REFERENCES t (id) ON DELETE CASCADE) COMMENT='; x'");
spew($FILE, $elsewhere);
is(run_to('--execute')->{exit}, 0, 'a file for a table of another name');
is(definition('app'), definition('ctl'), '... makes the same of this one');
nothing_to_do('... and then nothing');

# A child of the table, foreign keys off and on, the way back.
fresh('app', "CREATE TABLE t ($ID, a INT)");
$s->sql("CREATE TABLE app.child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) " .
    "REFERENCES t (id) ON DELETE CASCADE)");
fresh('ctl', my $with = "CREATE TABLE t ($ID, b INT NOT NULL DEFAULT 1)");
spew($FILE, $with);
my $r = run_to('--execute', '--drop=a', '--reversible', '--accept-loss');
is($r->{exit}, 0, 'a table with children, to be taken back') or diag $r->{err};
is(definition('app'), definition('ctl'), '... is as it is to be');
$r = run_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
is($r->{exit}, 0, '... and is taken back') or diag $r->{err};
like(definition('app'), qr/`a` int/, '... with what it had');
run_livealter($s, 'cleanup', 'D=app,t=t');

# By the server at once, by its digest, and after a death.
my $orders = "CREATE TABLE t ($ID, a INT)";
fresh('app', $orders);
spew($FILE, "CREATE TABLE t ($ID, a INT, b INT)");
$r = run_to('--execute', '--instant=only', '--output=json');
is(result_of($r)->{state}, 'instant', 'a column is added at once')
    or diag $r->{out};
nothing_to_do('... and then nothing');
fresh('app', $orders);
my ($hex) = run_to('--dry-run')->{out} =~ /^digest: (\w+)$/m;
my ($same) = run_livealter($s, '--dry-run', '--alter', 'ADD COLUMN `b` ' .
    ($mysql ? 'int' : 'int(11)') . ' DEFAULT NULL', 'D=app,t=t')->{out} =~
    /^digest: (\w+)$/m;
is($hex, $same, 'the digest is that of the ALTER');
is(run_to('--execute', '--expect-digest', $hex)->{exit}, 0,
    '... and is expected');
fresh('app', $orders);
$s->sql("INSERT INTO app.t (a) VALUES (1)");
run_livealter($s, { env => { LIVEALTER_DIE_AT => 'after:copy' } }, '--to',
    $FILE, 'D=app,t=t', '--execute');
unlink $FILE;
$r = run_livealter($s, 'resume', 'D=app,t=t');
is($r->{exit}, 0, 'a run that died is resumed without the file')
    or diag $r->{err};
like(definition('app'), qr/`b` int/, '... to the table that was wanted');

# How it is asked for.
$r = run_to('--dry-run');
is($r->{exit}, 1, 'a file that is not there');
like($r->{err}, qr/cannot open .*No such file/, '... is said');
$r = run_livealter($s, '--to', $DIR, 'D=app,t=t', '--dry-run');
like($r->{err}, qr/cannot read .*directory/, '... as is a directory');
spew($FILE, $wanted);
for my $not (['--alter', 'FORCE'], ['--default-engine'],
    ['--data-dir', '/x'], ['--remove-data-dir']) {
	$r = run_to('--dry-run', @$not);
	is($r->{exit}, 1, "not together with $not->[0]");
	like($r->{err}, qr/$not->[0]: not together with --to/, '... as said');
}
for my $alone ('--rename=a=b', '--drop=a') {
	$r = run_livealter($s, '--alter=FORCE', $alone, 'D=app,t=t',
	    '--dry-run');
	like($r->{err}, qr/--(?:rename|drop): needs --to/, "$alone needs it");
}
spew("$DIR/c.yaml", "jobs:\n  one:\n    to: $FILE\n    database: app\n" .
    "    table: t\n    rename: ['a=z']\n    drop: ['c', 'x,y']\n");
$r = run_livealter($s, '--config', "$DIR/c.yaml", '--job', 'one',
    '--print-config');
like($r->{out}, qr/^to: .*t\.sql.*^rename: .*a=z.*^drop: .*c,x\\+,y/ms,
    'a job may have it') or diag $r->{out};
fresh('app', "CREATE TABLE t ($ID, a INT, b INT, c INT)");
$r = run_livealter($s, '--config', "$DIR/c.yaml", '--job', 'one', '--execute');
is($r->{exit}, 0, '... and does it') or diag $r->{err};
nothing_to_do('... and then nothing', '--rename', 'a=z', '--drop', 'c');

done_testing();
