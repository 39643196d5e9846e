# A trigger that somebody puts on a table of livealter's would run in its
# sessions and with its triggers.  At each look, and under the lock before the
# swap, it ends the run, which is undone; so it does a resume and a revert.
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
    CREATE USER app\@localhost IDENTIFIED BY 'app'; CREATE DATABASE app;
    GRANT ALL ON app.* TO app\@localhost");

sub set_up {
	$s->sql("DROP DATABASE app; CREATE DATABASE app;
	    CREATE TABLE app.t (id INT PRIMARY KEY, v INT);
	    INSERT INTO app.t VALUES (1, 1), (2, 2), (3, 3)");
	return $s->dbh(database => 'app', user => 'app', password => 'app');
}

sub put_on {
	my ($app, $table, $when) = @_;
	$app->do("CREATE TRIGGER bad " . ($when // 'BEFORE INSERT') .
	    " ON $table FOR EACH ROW SET \@seen = CURRENT_USER()");
}

sub ends {
	my ($r, $table, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 12, "$name ends it") or diag $r->{err};
	my $whose = 'bad, whose definer is app@localhost';
	like($r->{err}, qr/trigger on `app`.`$table`.*: \Q$whose/,
	    '... and is named, with its definer');
	# A registry that is not ours is nothing to write to.
	is(join(', ', grep { !/_livealter|trigger bad/ }
	    leftovers($s, 'app')), '', '... and all is undone');
	is($s->row("SHOW CREATE TABLE app.t")->{'Create Table'} =~ /extra/,
	    '', '... and the table is as it was');
}

for my $table (qw(_t_new _t_notes _livealter)) {
	my $when = $table eq '_livealter' ? 'BEFORE UPDATE' : 'AFTER INSERT';
	my $app = set_up();
	spew($pause, '');
	my $p = start_livealter($s, @run, '--pause-file', $pause);
	poll_until(sub { (eval { $s->value("SELECT state FROM " .
	    "app._livealter") } // "") eq "copying" }, 30, 'it copies');
	put_on($app, $table, $when);
	ends($p->wait(60), $table, "one on $table while it copies");
	unlink $pause;

	$app = set_up();
	$p = start_to_step($s, 'before:swap', 'ADD COLUMN extra INT', 'app',
	    't');
	put_on($app, $table, $when);
	$p->kill('CONT');
	ends($p->wait(60), $table, "one on $table just before the swap");

	$app = set_up();
	die_at($s, 'after:copy', @run);
	put_on($app, $table, $when);
	my $r = run_livealter($s, 'resume', 'D=app,t=t');
	isnt($r->{exit}, 0, "one on $table: it is not resumed");
	like($r->{err}, qr/trigger/, '... and why');
	if ($table ne '_livealter') {
		is(run_livealter($s, 'cleanup', 'D=app,t=t')->{exit}, 0,
		    '... but cleaned up');
		is(join(', ', leftovers($s, 'app')), '', '... all of it');
	}
}

# Between the look and the lock.
for my $table (qw(_t_new _t_notes)) {
	my $app = set_up();
	my $p = start_to_step($s, 'before:swap', 'ADD COLUMN extra INT', 'app',
	    't');
	my $reader = open_reader($s, 't');
	my $mark = $s->log_mark;
	$p->kill('CONT');
	# The last thing that is written before the lock is waited for.
	poll_until(sub { grep { $_->{text} =~ /SET cut_over = / }
	    $s->log_entries($mark) }, 30, 'it has looked');
	put_on($app, $table);
	$reader->rollback;
	ends($p->wait(60), $table, "one on $table after the last look");
}

# While the old table is kept in step.
for my $table (qw(_t_old _t_back)) {
	my $app = set_up();
	is(run_livealter($s, @run, '--reversible')->{exit}, 0, 'altered');
	put_on($app, $table);
	my $r = run_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
	is($r->{exit}, 12, "one on $table: it is not reverted");
	like($r->{err}, qr/trigger on `app`.`$table`/, '... and why');
	$app->do("DROP TRIGGER bad");
	$r = run_livealter($s, 'revert', 'D=app,t=t', '--accept-loss');
	is($r->{exit}, 0, '... until it is gone') or diag $r->{err};
}

# A view in the place of one.
for my $table (qw(_t_new _t_notes)) {
	my $app = set_up();
	my $p = start_to_step($s, 'before:swap', 'ADD COLUMN extra INT', 'app',
	    't');
	$app->do("RENAME TABLE $table TO moved");
	$app->do("CREATE VIEW $table AS SELECT * FROM moved");
	$p->kill('CONT');
	my $r = $p->wait(60);
	is($r->{exit}, 12, "a view in the place of $table ends it");
	like($r->{err}, qr/`$table` is no longer a base table/,
	    '... and is named');
}

done_testing;
