# The registry is data: whoever may write the schema can write it, and gains
# nothing from what cleanup, resume, revert, status and control then do.
#
# long: each column of the registry, with many values
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $seed = $ENV{SEED} // 68;
note "SEED=$seed";
srand $seed;
my $s = Server->start;
my @run = ('--alter', 'ADD COLUMN extra INT', 'D=app,t=orders', '--execute');
my $REG = 'app._livealter';

# What the application's account may do, and what it must not reach.
$s->sql("SET GLOBAL log_bin_trust_function_creators = 1;
    CREATE USER app\@localhost IDENTIFIED BY 'app';
    CREATE DATABASE hr; CREATE TABLE hr.pay (id INT PRIMARY KEY, v INT);
    INSERT INTO hr.pay VALUES (1, 100);
    CREATE TABLE hr.loot (who VARCHAR(99));
    GRANT ALL ON app.* TO app\@localhost");

sub outside {
	return join "\n", (map { @$_ } $s->rows("SHOW GRANTS FOR " .
	    "app\@localhost")), $s->value("SELECT COUNT(*) FROM hr.loot"),
	    (map { @$_ } $s->rows("SELECT * FROM hr.pay")),
	    (map { @$_ } $s->rows("SELECT table_schema, table_name FROM " .
	    "information_schema.tables WHERE table_schema NOT IN ('app', " .
	    "'information_schema', 'performance_schema') ORDER BY 1, 2")),
	    $s->row("SHOW CREATE TABLE hr.pay")->{'Create Table'};
}
my $outside = outside();

# As the account: a function that tells whose rights it has.
sub plant_function {
	my $app = $s->dbh(database => 'app', user => 'app', password => 'app');
	$app->do("CREATE FUNCTION f() RETURNS INT SQL SECURITY INVOKER BEGIN
	    INSERT INTO hr.loot VALUES (CURRENT_USER()); RETURN 1; END");
	return $app;
}

my $GRANT = "GRANT ALL ON *.* TO app\@localhost WITH GRANT OPTION";
sub element { join '', map { length($_) . ":$_\n" } @_ }

my @hostile = (
	$GRANT, "x'; $GRANT; -- ", "`; $GRANT; -- ", "1 OR app.f()", "1--",
	"\e[2J\r\n$GRANT;\n", 'pay', 'control', '_orders_new`', '',
	element($GRANT), element('key', 'livealter_x', "x`; $GRANT", $GRANT,
	    $GRANT, ';'), element('trigger', 'a_livealter', "a", "a AFTER",
	    "orders FOR EACH ROW $GRANT", ''), element("(app.f())"),
	element("a_fkey", 'hr', 'pay', 'hr', 'pay', '', "CASCADE, $GRANT", '',
	    'id', 'id', ''), "set-vars: \"sql_mode=''; $GRANT\"\n",
	"kill-blockers: \"1\"\nforce: \"yes\"\nverify: \"none\"\n",
	"new-table-name: \"pay\"\ndata-dir: \"/tmp\"\n",
	"alter: \"ADD x INT, DROP COLUMN id\"\n",
);

my %begin = (
	'after:capture' => [@run],
	'before:swap' => [@run],
	'after:swap' => [@run],
	'' => [@run, '--reversible'],
);

# One that died there, or can be reverted.
sub set_up {
	my ($at) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$s->sql("DROP DATABASE IF EXISTS app");
	make_orders($s, 'app', 'orders', 50);
	copy_table($s, 'app', 'orders', 'control');
	my $app = plant_function();
	my @args = @{$begin{$at}};
	return $at ? (die_at($s, $at, @args) && $app) :
	    (run_livealter($s, @args)->{exit} == 0 && $app);
}

# --- every column, every value -----------------------------------------------

{
	my $app = set_up('after:capture');
	my $was = $app->selectrow_hashref("SELECT * FROM $REG");
	my (@ran, @told);
	for my $column (sort keys %$was) {
		for my $value (map { $hostile[rand @hostile] } 1 .. 2) {
			eval { $app->do("UPDATE $REG SET $column = ?", undef,
			    $value); 1 } or next;
			my $r = run_livealter($s, 'status', 'D=app');
			push @told, "$column: $r->{signal}" if $r->{signal};
			push @told, "$column: escape" if $r->{out} =~ /\e/;
			push @ran, $column if outside() ne $outside;
			$app->do("UPDATE $REG SET $column = ?", undef,
			    $was->{$column});
		}
	}
	is("@ran", '', 'status: whatever is in a column, nothing outside ' .
	    'changes');
	is("@told", '', '... nor reaches the terminal, nor ends it');
}

my @verb = qw(cleanup resume revert);
for my $at (sort keys %begin) {
	my $app = set_up($at);
	my @column = sort keys %{$app->selectrow_hashref(
	    "SELECT * FROM $REG")};
	my (@ran, @died);
	for my $column (@column) {
		my $value = $hostile[rand @hostile];
		eval { $app->do("UPDATE $REG SET $column = ?", undef,
		    $value); 1 } or next;
		my $verb = $verb[rand @verb];
		my $r = run_livealter($s, $verb, 'D=app,t=orders');
		push @died, "$verb $column $value" if $r->{signal};
		push @ran, "$verb $column $value" if outside() ne $outside;
		last if $r->{exit} == 0 && $r->{out} !~ /No migration/;
	}
	is("@ran", '', ($at || 'revertible') . ": nothing outside changes");
	is("@died", '', '... and nothing ends by a signal');
	is($s->value("SELECT COUNT(*) >= 50 FROM app.orders"), 1,
	    '... the table is there');
}

# --- a registry that is not what we make -------------------------------------

my %strange = (
	'a trigger' => "CREATE TRIGGER app.x BEFORE UPDATE ON $REG FOR EACH " .
	    "ROW SET \@x = app.f()",
	'an engine' => "ALTER TABLE $REG ENGINE=MyISAM",
	'a column' => "ALTER TABLE $REG ADD x INT",
	'a column less' => "ALTER TABLE $REG DROP waits_for",
	'a type' => "ALTER TABLE $REG MODIFY shadow TEXT NOT NULL",
	'an index' => "ALTER TABLE $REG ADD INDEX x (state)",
	'a CHECK' => "ALTER TABLE $REG ADD CONSTRAINT x CHECK (id <> 1)",
	'an older format' => "ALTER TABLE $REG COMMENT 'livealter: " .
	    "migrations at work, format 3'",
	'a view' => "RENAME TABLE $REG TO app.r; CREATE SQL SECURITY INVOKER " .
	    "VIEW $REG AS SELECT * FROM app.r WHERE app.f() = 1",
);
for my $what (sort keys %strange) {
	my $app = set_up('after:capture');
	$app->do($_) for split /; /, $strange{$what};
	my @exit = map { run_livealter($s, $_, 'D=app,t=orders')->{exit} }
	    qw(status cleanup resume revert);
	push @exit, run_livealter($s, 'control', 'D=app,t=orders', 'go')
	    ->{exit}, run_livealter($s, @run)->{exit};
	is("@exit", join(' ', (17) x 6), "$what: every command refuses it");
	is(outside(), $outside, '... and nothing of it runs');
}

done_testing;
