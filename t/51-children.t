# Tables that refer to the one that is changed: they follow it in the cut-over,
# and their application does not notice.
#
# long: random applications on parents and children
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use Family;
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);
use Twin;

my $seed = $ENV{SEED} // 51;
note "SEED=$seed";
my $s = Server->start;
my @slow = ('--chunk-size', 100, '--sleep', 0.05);

# --- what comes out ----------------------------------------------------------

my $long = 'n' x 64;
my $wide = 'm' x 50;	# so that _ibfk_1 fits

sub given {
	my (@more) = @_;
	twins($s, "CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, " .
	    "b INT NOT NULL, c VARCHAR(20) NOT NULL, v INT, UNIQUE KEY ab " .
	    "(a, b), UNIQUE KEY c (c), KEY c2 (c, v))",
	    "INSERT INTO t VALUES (1, 1, 1, 'x', 1), (2, 1, 2, 'y', 2), " .
	    "(3, 2, 1, 'z', 3)", @more);
}

my @children = ("CREATE TABLE one (id INT PRIMARY KEY, t INT, u INT, " .
    "a INT, b INT, c VARCHAR(20), d INT, " .
    "CONSTRAINT named FOREIGN KEY (t) REFERENCES t (id), " .
    "FOREIGN KEY (u) REFERENCES t (id) ON DELETE CASCADE, " .
    "CONSTRAINT `$long` FOREIGN KEY (a, b) REFERENCES t (a, b) " .
    "ON DELETE SET NULL ON UPDATE CASCADE, " .
    "FOREIGN KEY (d) REFERENCES one (id)) COMMENT 'the first'",
    "INSERT INTO one VALUES (1, 1, 2, 1, 1, 'x', NULL), " .
    "(2, 2, 3, 1, 2, 'y', 1), (3, NULL, NULL, NULL, NULL, NULL, 2)",
    "CREATE TABLE `a ``b\"é` (id INT PRIMARY KEY, c VARCHAR(20), " .
    "CONSTRAINT `c ``d\"é` FOREIGN KEY (c) REFERENCES t (c) " .
    "ON UPDATE CASCADE ON DELETE NO ACTION)",
    "INSERT INTO `a ``b\"é` VALUES (1, 'x'), (2, NULL)",
    "CREATE TABLE $wide (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) " .
    "REFERENCES t (id) ON DELETE RESTRICT ON UPDATE SET NULL)",
    "CREATE TABLE {far}.child (id INT PRIMARY KEY, t INT, " .
    "u INT, FOREIGN KEY (u) REFERENCES {home}.t (id), CONSTRAINT named " .
    "FOREIGN KEY (t) REFERENCES {home}.t (id) ON DELETE CASCADE)",
    "INSERT INTO {far}.child VALUES (1, 1, 2)",
    "CREATE TABLE grand (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) " .
    "REFERENCES one (id) ON DELETE CASCADE)",
    "INSERT INTO grand VALUES (1, 1), (2, 2)",
    "CREATE TABLE log (i INT AUTO_INCREMENT PRIMARY KEY, t TEXT)",
    "CREATE TRIGGER of_one AFTER INSERT ON one FOR EACH ROW " .
    "INSERT INTO log (t) VALUES (NEW.id)");
# The table refers to a child of its own, and to itself.
my $circle = "ALTER TABLE t ADD up INT, ADD o INT, ADD CONSTRAINT t_up " .
    "FOREIGN KEY (up) REFERENCES t (id) ON DELETE CASCADE, " .
    "ADD FOREIGN KEY (o) REFERENCES one (id) ON DELETE SET NULL";

given(@children);
like_twin($s, 'children of all kinds', 'ADD x INT');
like_twin($s, '... a second time', 'ADD y INT, MODIFY v BIGINT',
    '--alter-foreign-keys-method', 'rebuild_constraints');
like_twin($s, '... the columns they refer to are renamed',
    'CHANGE id nr INT NOT NULL, CHANGE a aa INT NOT NULL',
    '--alter-foreign-keys-method', 'auto');
like_twin($s, '... and change places', 'MODIFY b INT NOT NULL FIRST');
like_twin($s, '... the keys they refer to are renamed',
    'RENAME KEY ab TO ba, RENAME KEY c TO cc');
given(@children, $circle);
like_twin($s, 'a circle, and a key to itself', 'ADD x INT');
like_twin($s, '... with --no-check-foreign-keys',
    'ADD y INT, DROP FOREIGN KEY t_up', '--no-check-foreign-keys');

given(@children);
refused_like_twin($s, @$_) for
    ['another type for what a child refers to', qr/\bid\b|foreign key/i,
	'MODIFY id BIGINT'],
    ['dropping what a child refers to', qr/\bc\b|foreign key/i,
	'DROP COLUMN c'],
    ['dropping the key that a child needs', qr/\bab\b|foreign key/i,
	'DROP KEY ab'],
    ['another character set for what a child refers to', qr/\bc\b|foreign key/i,
	'MODIFY c VARCHAR(20) CHARACTER SET latin1 NOT NULL'];

# --- the options -------------------------------------------------------------

given(@children);
{
	my $dump = twin_dump($s, 'app');
	my $r = run_livealter($s, '--alter', 'ADD x INT', 'D=app,t=t',
	    '--dry-run', '--print');
	is($r->{exit}, 0, 'a dry run') or diag $r->{err};
	my $said = $r->{out} . $r->{err};
	like($said, qr/$_/, "... names the child $_") for 'one',
	    'far.{1,3}child', $wide;
	unlike($said, qr/ALTER TABLE [^;]*\bgrand\b/,
	    '... and changes no child of a child');
	untouched($s, $dump);

	my @drop_swap = ('--alter-foreign-keys-method', 'drop_swap');
	my $auto = $r->{out};
	$r = run_livealter($s, '--alter', 'ADD x INT', 'D=app,t=t', '--dry-run',
	    @drop_swap);
	is($r->{exit}, 0, 'drop_swap is taken') or diag $r->{err};
	like($r->{err}, qr/drop_swap is taken as auto: .*never missing/,
	    '... and a line says as what');
	# The digest is one of the options, too.
	is($r->{out} =~ s/^digest: .*\n//mr, $auto =~ s/^digest: .*\n//mr,
	    '... with the plan of auto');
	untouched($s, $dump);
	$r = migrate($s, 'ADD x INT', 'app', 't',
	    '--alter-foreign-keys-method', 'nonsense');
	is($r->{exit}, 6, 'nonsense is refused') or diag $r->{err};
	untouched($s, $dump);
}

# What each child refers to, as "schema.table".
sub referred {
	return map { "$_->[0].$_->[1]" } $s->rows("SELECT DISTINCT " .
	    "referenced_table_schema, referenced_table_name FROM " .
	    "information_schema.key_column_usage WHERE table_schema IN " .
	    "('app', 'far') AND referenced_table_name IS NOT NULL " .
	    "ORDER BY 1, 2");
}

sub exists_ {
	my ($table) = @_;
	return defined eval { $s->value("SELECT COUNT(*) FROM $table") };
}

{
	my $before = join ' ', referred();
	my $r = migrate($s, 'ADD x INT', 'app', 't',
	    '--alter-foreign-keys-method', 'none');
	ok($r->{exit} == 0 || $r->{exit} == 38, 'none is done') or
	    diag "$r->{exit} $r->{err}";
	like($r->{err}, qr/one\b/, '... with a warning that names a child');
	ok((grep { $_ eq 'x' } table_columns($s, 'app', 't')),
	    '... the table is the new one');
	my @now = referred();
	ok((grep { $_ eq 'app._t_old' } @now), '... its children refer to ' .
	    'the old one') or diag "@now";
	is(join(' ', grep { !exists_($_) } @now), '',
	    '... which is still there');
	ok(eval { $s->sql("INSERT INTO app.one (id, t) VALUES (50, 3)"); 1 },
	    '... so that they can be written') or diag $@;
	note "$before; @now";
}

given(@children);
{
	my $r = migrate($s, 'ADD x INT', 'app', 't', '--only-same-schema-fks');
	my $dump = twin_dump($s, 'ctl');
	note "--only-same-schema-fks ends with $r->{exit}";
	is(join(' ', grep { !exists_($_) } referred()), '',
	    '--only-same-schema-fks: no child is left without a parent');
	if ($r->{exit} == 0 || $r->{exit} == 38) {
		unlike($s->row("SHOW CREATE TABLE app.one")->{
		    'Create Table'}, qr/_t_old/,
		    '... those in the schema follow');
	} else {
		like($r->{err}, qr/far.{1,3}child/, '... or it is refused, ' .
		    'naming the child elsewhere');
		untouched($s, $dump);
	}
	given($children[0]);
	like_twin($s, '... and no child is elsewhere', 'ADD x INT',
	    '--only-same-schema-fks');
}

# --- while the application writes --------------------------------------------

sub written {
	my ($name, $alter, $make, @opts) = @_;
	Family->make($s, rows => 400, %$make)->migrated($name, $alter,
	    { seed => $seed++ }, @slow, @opts);
}

written('children that are written', 'ADD x INT', {});
written('... with --threads', 'ADD x INT, MODIFY note VARCHAR(80)', {},
    '--threads', 4, '--alter-foreign-keys-method', 'rebuild_constraints');
written('... children, parent, and the table itself', 'ADD x INT',
    { own => 1, self => 1 });

# Several in a row: the moment of the cut-over is another each time.
{
	my $f = Family->make($s, rows => 50, own => 1);
	$f->start(seed => $seed++, pause => 0.001);
	for my $i (1 .. 4) {
		my $r = migrate($s, "ADD x$i INT", 'app', 't');
		succeeded($r, 'app', 't', "run $i of four");
		$f->go_on(20);
	}
	$f->noticed_nothing('... the application');
	$f->as_native(join(', ', map { "ADD x$_ INT" } 1 .. 4), '...');
}

# Somebody holds a child, or the table, while the cut-over wants them all.
for my $held ('app.c_cascade', 'far.c_far', 'app.t') {
	my $f = Family->make($s, rows => 60);
	$f->start(seed => $seed++);
	my $holder = $f->dbh;
	$holder->do("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	my $flag = File::Temp->new;
	my $p = start_migration($s, 'ADD x INT', 'app', 't',
	    '--postpone-cut-over-flag-file', "$flag");
	$p->wait_for(qr/waiting with the swap/, 30);
	$holder->begin_work;
	# Not by an UPDATE: the new table would get this row before those that
	# keep writers away from it (the manual's BUGS).
	$holder->selectall_arrayref("SELECT v FROM $held WHERE id = 20000 " .
	    "FOR UPDATE");
	my $t = time;
	unlink "$flag";
	poll_until(sub { time > $t + 4 || !$p->running }, 10, '4 s');
	ok($p->running, "$held is held for 4 s: it waits");
	$holder->commit;
	succeeded($p->wait(60), 'app', 't', '... and then succeeds');
	$f->noticed_nothing('... the application');
	$f->as_native('ADD x INT', '...');
}

# A large child makes nothing slower.
{
	my $f = Family->make($s, rows => 60,
	    children => [qw(c_cascade c_restrict)]);
	my $n = 1 << 18;
	$s->sql("CREATE TABLE app.big (id INT AUTO_INCREMENT PRIMARY KEY, " .
	    "p INT, pad VARCHAR(100), CONSTRAINT big_p FOREIGN KEY (p) " .
	    "REFERENCES app.t (id) ON DELETE CASCADE ON UPDATE CASCADE)");
	$s->sql("INSERT INTO app.big (p, pad) VALUES (3, REPEAT('x', 100))");
	$s->sql("INSERT INTO app.big (p, pad) SELECT id % 3 + 1, pad FROM " .
	    "app.big") for 1 .. 18;
	my $def = $s->row("SHOW CREATE TABLE app.big")->{'Create Table'};
	$f->start(seed => $seed++);
	my $mark = $s->log_mark;
	my $r = migrate($s, 'ADD x INT', 'app', 't');
	succeeded($r, 'app', 't', "a child of $n rows");
	$f->go_on;
	$f->noticed_nothing('... the application');
	$f->as_native('ADD x INT', '...');
	is($s->row("SHOW CREATE TABLE app.big")->{'Create Table'}, $def,
	    '... the large child is what it was');
	is($s->value("SELECT COUNT(*) FROM app.big"), $n, '... with its rows');
	ok(!eval { $s->sql("INSERT INTO app.big (p) VALUES (77)"); 1 },
	    '... and its parent');
}

# MySQL checks foreign keys above InnoDB since 9.6, unless told otherwise.
if ($s->is_mysql && $s->value("SELECT COUNT(*) FROM performance_schema." .
    "global_variables WHERE variable_name = 'innodb_native_foreign_keys'")) {
	$s->stop;
	$s = Server->start(args => ['--innodb-native-foreign-keys=ON']);
	written('foreign keys that InnoDB checks', 'ADD x INT', { own => 1,
	    self => 1 });
}

done_testing;
