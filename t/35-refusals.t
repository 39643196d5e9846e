# What is refused, and that nothing was touched when it was.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;

sub fresh {
	my (@sql) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app;
	    CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), w INT);
	    INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
	$s->sql($_) for @sql;
	$s->sql("USE mysql");
}

sub refused {
	my ($name, $exit, $why, @args) = @_;
	my $dump = $s->dump('app');
	my $r = run_livealter($s, @args);
	my @exit = ref $exit ? @$exit : $exit;
	my $ok = grep { $r->{exit} == $_ } @exit;
	ok($ok, "$name: refused with " . join ' or ', @exit)
	    or diag "exit $r->{exit}\n$r->{err}";
	like($r->{err}, $_, '... and says why')
	    for ref $why eq 'ARRAY' ? @$why : $why;
	unlike($r->{out}, qr/Successfully/, '... and claims no success');
	same_dump($s->dump('app'), $dump, '... and has touched nothing');
	return $r;
}

my @t = ('--execute', 'D=app,t=t');

# --- tables ----------------------------------------------------------------

# Its name is ours, but it is not.
fresh("CREATE TABLE other (a INT); CREATE TRIGGER livealter_t_upd BEFORE " .
    "INSERT ON other FOR EACH ROW SET NEW.a = 1");
refused('a trigger of our name on another table', 17, qr/livealter_t_upd/,
    '--alter', 'ADD z INT', @t);

# What native ALTER refuses, or what would break afterwards.
fresh("CREATE TABLE child (id INT PRIMARY KEY, t INT, CONSTRAINT down " .
    "FOREIGN KEY (t) REFERENCES t (id)); INSERT INTO child VALUES (1, 1)");
refused('a column that a child references', [4, 11, 17], qr{down|id}, '--alter',
    'DROP id, ADD PRIMARY KEY (w)', @t);
refused('another type than the child has', 17, [qr/down/, qr/child/],
    '--alter', 'MODIFY id BIGINT', @t);
refused('children by a method that is none', 6, qr/rebuild_constraints/,
    '--alter', 'ADD z INT', '--alter-foreign-keys-method', 'magic', @t);

fresh("CREATE TRIGGER mine BEFORE INSERT ON t FOR EACH ROW SET NEW.w = 1");
refused('a column that a trigger uses', 17, [qr/trigger/i, qr/mine/, qr/w/],
    '--alter', 'DROP w', @t);
refused('a new name for a column that a trigger uses', 17,
    [qr/trigger/i, qr/mine/, qr/w/], '--alter', 'CHANGE w w2 INT', @t);

fresh("CREATE VIEW view_of_t AS SELECT * FROM t");
refused('a view', [17, 1, 4], qr/view/i, '--alter', 'ADD z INT', '--execute',
    'D=app,t=view_of_t');
succeeded(migrate($s, 'ADD z INT', 'app', 't'), 'app', 't',
    'the table below the view');

fresh("CREATE TABLE my (id INT PRIMARY KEY) ENGINE=MyISAM",
    "INSERT INTO my VALUES (1)");
refused('a MyISAM table', 17, qr/MyISAM/i, '--alter', 'ADD z INT',
    '--execute', 'D=app,t=my');

fresh("CREATE TABLE nokey (id INT)", "INSERT INTO nokey VALUES (1)");
refused('a table without a key', 4, qr/unique|primary/i, '--alter',
    'ADD z INT', '--execute', 'D=app,t=nokey');

fresh();
refused('no such table', 17, qr/`app`\.`nothere` does not exist/,
    '--alter', 'ADD z INT', '--execute', 'D=app,t=nothere');
refused('no such database', 17, qr/`nodb`\.`t` does not exist/,
    '--alter', 'ADD z INT', '--execute', 'D=nodb,t=t');

# --- the ALTER -------------------------------------------------------------

refused("an ALTER with $_->[0]", [1, 11, 17], $_->[1], '--alter', $_->[2], @t)
    for ['RENAME TO', qr/rename/i, 'RENAME TO other'],
    ['RENAME AS, after another clause', qr/rename/i,
	'ADD z INT, RENAME AS other'],
    ['an ALGORITHM that there is not', qr/algorithm/i,
	'ADD z INT, ALGORITHM=QUICK'],
    ['a LOCK that there is not', qr/lock/i, 'ADD z INT, LOCK=SOME'],
    ['DISCARD TABLESPACE', qr/discard|tablespace|files/i, 'DISCARD TABLESPACE'],
    ['another ALTER TABLE in it', qr/ALTER TABLE|syntax/i,
	'ALTER TABLE t ADD z INT'],
    ['a second statement', qr/;|statement|syntax/i,
	'ADD z INT; DROP TABLE t'],
    ['an open quote', qr/quot|string|syntax|end/i,
	"ADD z VARCHAR(10) DEFAULT 'x"],
    ['an error', qr/syntax|NOTATYPE/i, 'ADD z NOTATYPE'],
    ['a column that is not there', qr/nocol/i, 'DROP COLUMN nocol'];

# What pt-online-schema-change stops at, because it guesses, is just done.
fresh();
succeeded(migrate($s, 'CHANGE v vv VARCHAR(20)', 'app', 't'), 'app', 't',
    'a column rename without --no-check-alter');
is($s->value("SELECT GROUP_CONCAT(vv ORDER BY id) FROM app.t"), 'a,b,c',
    '... keeps the values');
succeeded(migrate($s, 'DROP PRIMARY KEY, ADD PRIMARY KEY (id, w)', 'app',
    't'), 'app', 't', 'another primary key without --no-check-alter');
is($s->value("SELECT GROUP_CONCAT(vv ORDER BY id) FROM app.t"), 'a,b,c',
    '... keeps the rows');
fresh();
refused('dropping the only key', [4, 17, 1], qr/key/i, '--alter',
    'DROP PRIMARY KEY', '--no-check-alter', @t);

# Words in strings and comments are no clauses.
fresh();
succeeded(migrate($s, "ADD z VARCHAR(40) DEFAULT 'RENAME TO x, ALGORITHM=1' " .
    "COMMENT 'CHANGE a b INT; x' /* RENAME TO y */", 'app', 't'), 'app', 't',
    'the same words in a string and a comment');

# --- the command line ------------------------------------------------------

fresh();
refused($_->[0], 1, $_->[1], @{$_->[2]}) for
    ['an unknown option', qr/--no-such-thing/, ['--alter', 'ADD z INT',
	'--no-such-thing', @t]],
    ['--execute with --dry-run', qr/--dry-run/, ['--alter', 'ADD z INT',
	'--dry-run', @t]],
    ['no table', qr/table|\bt\b/, ['--alter', 'ADD z INT', '--execute',
	'D=app']],
    ['no database', qr/database|\bD\b/, ['--alter', 'ADD z INT', '--execute',
	't=t']],
    ['no DSN', qr/DSN|table/i, ['--alter', 'ADD z INT', '--execute']],
    ['an unknown DSN key', qr/\bx\b/, ['--alter', 'ADD z INT', '--execute',
	'D=app,t=t,x=1']],
    ['two DSNs', qr/DSN|D=app,t=u/i, ['--alter', 'ADD z INT', @t,
	'D=app,t=u']],
    ['a number that is none', qr/chunk-size.*12x|12x.*chunk-size/,
	['--alter', 'ADD z INT', '--chunk-size', '12x', @t]],
    ['a negative number', qr/chunk-size|-5/, ['--alter', 'ADD z INT',
	'--chunk-size', '-5', @t]],
    ['a number too large', qr/threads/, ['--alter', 'ADD z INT', '--threads',
	'99999999999999999999', @t]],
    ['a missing value', qr/chunk-size/, [@t, '--alter', 'ADD z INT',
	'--chunk-size']],
    ['--verify with an unknown way', qr/verify/, ['--alter', 'ADD z INT',
	'--verify', 'twice', @t]],
    ['--plugin', qr/plugin.*=json/s, ['--alter', 'ADD z INT', '--plugin',
	'/tmp/x.pm', @t]],
    ['a file of options that is not there', qr/nofile/, ['--config',
	'/nofile.yaml', '--alter', 'ADD z INT', @t]];

# All in one go, each with where it came from.
{
	my $dir = File::Temp->newdir;
	spew("$dir/c.yaml", "chunk-time: fast\nnonsense: 1\n");
	my $r = refused('several errors', 1, [qr/chunk-size/, qr/threads/,
	    qr/chunk-time/, qr/nonsense/, qr/c\.yaml/], '--config',
	    "$dir/c.yaml", '--alter', 'ADD z INT', '--chunk-size', 'many',
	    '--threads', 'some', @t);
	like($r->{err}, qr/c\.yaml:?.{0,12}1\b/, '... with the line');
}

# --- the server and the account --------------------------------------------

my $r = run_livealter($s, { connect => 0 }, '--alter', 'ADD z INT', @t, '-S',
    '/nowhere/s', '-u', 'root');
is($r->{exit}, 18, 'no server: ends with 18') or diag $r->{err};
like($r->{err}, qr{/nowhere/s}, '... and names the socket');
$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD z INT', @t, '-S',
    $s->socket, '-u', 'nobody_here', '-p', 'sesame');
is($r->{exit}, 18, 'a wrong login: ends with 18') or diag $r->{err};
unlike($r->{err} . $r->{out}, qr/sesame/, '... without the password');

my @need = ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER',
    'TRIGGER');
my $admin = $s->is_mysql ? '; GRANT SESSION_VARIABLES_ADMIN ON *.* TO u' : '';
for my $lack (@need) {
	$s->sql("CREATE USER u IDENTIFIED BY 'p'; GRANT " . join(', ',
	    grep { $_ ne $lack } @need, 'LOCK TABLES', 'INDEX',
	    'REFERENCES') . " ON app.* TO u$admin");
	my $dump = $s->dump('app');
	for my $how ('--dry-run', '--execute') {
		my $r = run_livealter($s, { connect => 0 }, '--alter',
		    'ADD z INT', $how, 'D=app,t=t', '-S', $s->socket, '-u',
		    'u', '-p', 'p');
		# Who may not SELECT may not even see it.
		my $ok = $r->{exit} == 3 || $lack eq 'SELECT' &&
		    $r->{exit} > 0 && $r->{exit} < 39;
		ok($ok, "without $lack: refused with 3 ($how)") or
		    diag "exit $r->{exit}\n$r->{err}";
		like($r->{err}, qr/GRANT[^\n]*\b$lack\b[^\n]* ON /,
		    '... with the GRANT that it takes') if $ok &&
		    $r->{exit} == 3;
		same_dump($s->dump('app'), $dump, '... and nothing touched');
	}
	$s->sql("DROP USER u");
}
# An ordinary account, or one that is told what it lacks.
$s->sql("CREATE USER u IDENTIFIED BY 'p'; GRANT ALL ON app.* TO u");
$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD x INT', @t, '-S',
    $s->socket, '-u', 'u', '-p', 'p');
ok($r->{exit} == 0 || $r->{exit} == 3 && $r->{err} =~ /GRANT .* TO /,
    'ALL ON app.* is enough, or the GRANT that lacks is named') or
    diag "exit $r->{exit}\n$r->{err}";
$s->sql("DROP USER u");

# With exactly what it asks for, it works.
$s->sql("CREATE USER u IDENTIFIED BY 'p'; GRANT SELECT ON app.* TO u$admin");
my $n = 0;
for (1 .. 12) {
	$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD z INT', @t,
	    '-S', $s->socket, '-u', 'u', '-p', 'p');
	last if $r->{exit} != 3;
	my @g = $r->{err} =~ /(GRANT [^\n;]+? TO [^\n;]+)/g or last;
	like($_, qr/ TO '?`?u['`]?@/, "can be pasted: $_") for @g;
	s/ TO the account/ TO u/ for @g;
	$n += @g;
	eval { $s->sql($_) } || diag "$_: $@" for @g;
}
succeeded($r, 'app', 't', 'an account with the privileges asked for') or
    diag "after $n GRANTs";
nothing_left($s, 'app');

# Roles count as well, but for the triggers on MariaDB (t/34-notes-lost.t).
$s->sql("DROP USER u; CREATE ROLE r; CREATE USER u IDENTIFIED BY 'p'; " .
    "GRANT ALL ON app.* TO r; GRANT r TO u; " . ($s->is_mysql
    ? "SET DEFAULT ROLE r TO u" : "SET DEFAULT ROLE r FOR u"));
$s->sql("GRANT PROCESS ON *.* TO u$admin");
$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD y INT', @t, '-S',
    $s->socket, '-u', 'u', '-p', 'p');
if ($s->is_mariadb) {
	is($r->{exit}, 3, 'privileges from a role only') or diag $r->{err};
	$s->sql("GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON app.* TO u");
	$r = run_livealter($s, { connect => 0 }, '--alter', 'ADD y INT', @t,
	    '-S', $s->socket, '-u', 'u', '-p', 'p');
}
succeeded($r, 'app', 't', 'privileges from a role');

done_testing;
