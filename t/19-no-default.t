# Columns that may be NULL and have no default at all, as ALTER ... DROP DEFAULT
# leaves them on MySQL: a copy by the text of SHOW CREATE TABLE would have
# DEFAULT NULL.  After the migration they are as after ALTER TABLE, by what is
# shown, and by what an INSERT without them does.
#
# long: a migration for each
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Twin;

my $s = Server->start;

my %type = (i => 'INT', v => "VARCHAR(10) COMMENT 'a, DEFAULT 7'",
    t => 'TEXT', b => 'BLOB', j => 'JSON', ts => 'TIMESTAMP NULL',
    up => 'TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP',
    d => "DATETIME(3) DEFAULT '2024-02-03 04:05:06.789'",
    e => "ENUM('x', 'y')", st => "SET('x', 'y')", bi => 'BIT(3)',
    g => 'GEOMETRY', f => 'INT DEFAULT 5', ex => 'INT DEFAULT (1 + 1)',
    iv => 'INT INVISIBLE', 'a ``b' => 'DECIMAL(5, 2)');
my @name = sort keys %type;

# Columns of all kinds, each also as it was before the DEFAULT was dropped.
sub given {
	my $columns = join ', ', map { ("`$_` $type{$_}", "`k$_` $type{$_}")
	    } @name;
	twins($s, "CREATE TABLE t (id INT PRIMARY KEY, $columns, gen INT " .
	    "AS (id + 1) VIRTUAL, nn INT NOT NULL DEFAULT 3)",
	    "INSERT INTO t (id) VALUES (1), (2)", "ALTER TABLE t " .
	    join ', ', 'ALTER nn DROP DEFAULT', map { "ALTER `$_` DROP DEFAULT"
	    } @name);
}

# What the server makes of an INSERT that has all columns but this one.
sub without {
	my ($db) = @_;
	my $dbh = $s->dbh(database => $db, PrintError => 0);
	my @all = grep { $_ ne 'gen' } map { $_->[0] } $s->rows("SELECT " .
	    "column_name FROM information_schema.columns WHERE table_schema " .
	    "= '$db' AND table_name = 't' ORDER BY ordinal_position");
	my @said;
	for my $c (@all) {
		my @given = grep { $_ ne $c && $_ ne 'id' && $_ ne 'nn' } @all;
		my @names = map { Story::q($_) } @given;
		my $nn = $c ne 'nn' && grep { $_ eq 'nn' } @all;
		next if $c eq 'id';
		$dbh->begin_work;
		my $ok = eval { $dbh->do("INSERT INTO t (" . join(', ', 'id',
		    @names, $nn ? 'nn' : ()) . ") VALUES (" . join(', ', 9,
		    ('NULL') x @names, $nn ? 1 : ()) . ")") };
		push @said, "$c: " . ($ok ? 'taken' : $dbh->err);
		$dbh->rollback;
	}
	$dbh->disconnect;
	return join "\n", @said;
}

sub like_native {
	my ($name, $alter, @opts) = @_;
	given();
	like_twin($s, $name, $alter, @opts);
	is(without('app'), without('ctl'), '... and so is each INSERT');
}

given();
like(without('app'), qr/^i: 1364$/m, 'such a column has to be given')
    if $s->is_mysql;

like_native('a column is added', 'ADD x INT');
like_native('the table is rebuilt', 'ENGINE=InnoDB');
like_native('such columns get a DEFAULT', 'ALTER i SET DEFAULT 4, ' .
    "ALTER v SET DEFAULT 'v', MODIFY t MEDIUMTEXT, ALTER f SET DEFAULT 2");
like_native('one is dropped, one renamed, one moved, one changed',
    'DROP COLUMN i, RENAME COLUMN t TO tt, MODIFY v VARCHAR(20) FIRST, ' .
    'CHANGE e ee ENUM(\'x\', \'y\', \'z\') AFTER id');
like_native('the DEFAULT of another is dropped, and of a new column',
    'ALTER ki DROP DEFAULT, ALTER kt DROP DEFAULT, ADD z INT');
like_native('with --instant=try', 'ADD x INT, ALTER kb DROP DEFAULT, ' .
    'ADD KEY (i)', '--instant', 'try');

# A dry run shows it.
given();
my $dry = run_livealter($s, '--alter', 'ADD x INT', dsn('app', 't'),
    '--dry-run', '--print');
is($dry->{exit}, 0, 'a dry run');
like($dry->{out} . $dry->{err},
    qr/ALTER TABLE \S*_t_new\S* ALTER .*`i` DROP DEFAULT/,
    '... shows what is dropped') if $s->is_mysql;

# Rows that come after the swap have NULL in the old table.
{
	given();
	my $r = migrate($s, 'DROP COLUMN i, DROP COLUMN t', 'app', 't',
	    '--reversible');
	succeeded($r, 'app', 't', 'reversible, where such columns are dropped');
	my @all = grep { $_ ne 'gen' } map { $_->[0] } $s->rows("SELECT " .
	    "column_name FROM information_schema.columns WHERE table_schema " .
	    "= 'app' AND table_name = 't' ORDER BY ordinal_position");
	$s->sql("INSERT INTO app.t (" . join(', ', map { Story::q($_) } @all) .
	    ") VALUES (" . join(', ', map { $_ eq 'id' ? 7 : $_ eq 'nn' ? 1 :
	    'NULL' } @all) . ")");
	my $back = run_livealter($s, 'revert', dsn('app', 't'));
	is($back->{exit}, 0, '... and reverted') or diag $back->{err};
	is_deeply([$s->rows("SELECT id, i, t FROM app.t WHERE id = 7")],
	    [[7, undef, undef]], '... with the row that came in between');
	is(without('app'), without('ctl'), '... and INSERTs as before');
}

done_testing;
