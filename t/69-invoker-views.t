# A view in the place of one of our tables calls no function with the rights of
# whoever runs livealter: neither in its sessions nor in its triggers, whether
# it is at work or has died.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @run = ('--alter', 'ADD COLUMN extra INT', 'D=app,t=t', '--execute');
my $tmp = File::Temp->newdir;
my $pause = "$tmp/pause";

$s->sql("SET GLOBAL log_bin_trust_function_creators = 1;
    CREATE USER app\@localhost IDENTIFIED BY 'app';
    CREATE DATABASE hr; CREATE TABLE hr.loot (who VARCHAR(99));
    GRANT ALL ON app.* TO app\@localhost");

sub set_up {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app;
	    CREATE TABLE app.t (id INT PRIMARY KEY, v INT);
	    INSERT INTO app.t VALUES (1, 1), (2, 2), (3, 3)");
	my $app = $s->dbh(database => 'app', user => 'app', password => 'app');
	$app->do("CREATE FUNCTION f() RETURNS INT SQL SECURITY INVOKER BEGIN
	    INSERT INTO hr.loot VALUES (CURRENT_USER()); RETURN 1; END");
	return $app;
}

my %in_place = (
	_t_notes => ["DROP TABLE _t_notes", "CREATE SQL SECURITY INVOKER " .
	    "VIEW _t_notes AS SELECT 'x' what, 1 errno, 'x' row_key, " .
	    "'x' message FROM t WHERE f() = 0", "DROP TABLE _t_new",
	    "UPDATE t SET v = v + 1"],
	_t_new => ["RENAME TABLE _t_new TO _real", "CREATE SQL SECURITY " .
	    "INVOKER VIEW _t_new AS SELECT * FROM _real WHERE f() = 1 " .
	    "WITH CHECK OPTION", "UPDATE t SET v = v + 1",
	    "INSERT INTO t VALUES (9, 9)", "DELETE FROM t WHERE id = 1"],
	_livealter => ["RENAME TABLE _livealter TO _real", "CREATE SQL " .
	    "SECURITY INVOKER VIEW _livealter AS SELECT * FROM _real " .
	    "WHERE f() = 1", "UPDATE t SET v = v + 1"],
);

sub replaced {
	my ($app, $table) = @_;
	$app->do("SET lock_wait_timeout = 20");
	my @failed = grep { my $q = $_; !eval { $app->do($q); 1 } }
	    @{$in_place{$table}};
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is("@failed", '', "$table: the application's account can do that");
}

sub loot { join ' ', map { $_->[0] } $s->rows("SELECT who FROM hr.loot") }

for my $table (sort keys %in_place) {
	my $app = set_up();
	spew($pause, '');
	my $p = start_livealter($s, @run, '--pause-file', "$pause");
	poll_until(sub { $s->value("SELECT COUNT(*) FROM " .
	    "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'app'") == 3 &&
	    $s->value("SELECT state FROM app._livealter") eq 'copying' }, 30,
	    'it copies');
	replaced($app, $table);
	unlink $pause;
	my $r = $p->wait(60);
	isnt($r->{exit}, 0, '... it ends') or diag $r->{err};
	is(loot(), '', '... and nothing ran with its rights');
	run_livealter($s, $_, 'D=app,t=t') for qw(status resume cleanup);
	is(loot(), '', '... nor later');
}

for my $table (sort keys %in_place) {
	my $app = set_up();
	die_at($s, 'after:capture', @run);
	replaced($app, $table);
	is(loot(), '', '... and its triggers give away nothing');
	run_livealter($s, $_, 'D=app,t=t') for qw(status resume cleanup);
	is(loot(), '', '... nor do the commands');
}

done_testing;
