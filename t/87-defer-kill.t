# --defer-indexes, in the midst of the build: signals, kill -9, lost
# connections, and others who end it; and too much to write down meanwhile.
#
# long: builds that take some seconds
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(time sleep);

my $s = Server->start(args => ['--innodb-sort-buffer-size=65536']);
my $ALTER = 'ADD x INT';
my @ALWAYS = ('--defer-indexes', 'always', '--chunk-time', 1);
my $ROWS = 20000;

sub set_up {
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app");
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, " .
	    "a CHAR(250) NOT NULL, b CHAR(250) NOT NULL, n INT NOT NULL, " .
	    "KEY ka (a, b), KEY kb (b, a), KEY kn (n, a, b)) CHARSET latin1");
	$dbh->do("INSERT INTO t (a, b, n) WITH RECURSIVE n AS (SELECT 1 AS i " .
	    "UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT " .
	    "REPEAT(SHA2(i, 256), 3), REPEAT(SHA2(-i, 256), 3), i FROM n");
	for (my $n = 500; $n < $ROWS; $n *= 2) {
		$dbh->do("INSERT INTO t (a, b, n) SELECT REPEAT(SHA2(id + " .
		    "$n, 256), 3), REPEAT(SHA2(-id - $n, 256), 3), id + $n " .
		    "FROM t");
	}
	$dbh->disconnect;
	native($s, 'app', 't', 'wanted', $ALTER);
}

# The connections that build.
sub builders {
	return map { $_->[0] } grep { ($_->[7] // '') =~
	    /^ALTER TABLE `app`\.`_t_new` ADD/ && $_->[5] >= 0 }
	    $s->rows("SHOW FULL PROCESSLIST");
}

# Starts one, and returns when it builds.
sub start_building {
	my (@o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = start_migration($s, $ALTER, 'app', 't', @ALWAYS, @o);
	poll_until(sub { $p->err =~ /building `ka`/ && builders() }, 60,
	    'it builds');
	return $p;
}

sub done_as_planned {
	my ($r, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "$name: exit status 0") or diag $r->{err};
	same_definition($s, 'app', 't', 'wanted', '... as ALTER TABLE does');
	same_rows($s, 'app', 't', 'wanted', '... with its rows');
	nothing_left($s, 'app');
}

sub as_it_was {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join(' ', table_columns($s, 'app', 't')), 'id a b n',
	    "$name: the table is as it was");
	nothing_left($s, 'app');
	poll_until(sub { !builders() }, 30, '... and nobody builds');
}

sub of_t {
	my ($verb, @o) = @_;
	return run_livealter($s, $verb, 'D=app,t=t', @o);
}

# --- signals ---------------------------------------------------------------

set_up();
for my $sig (qw(TERM INT)) {
	my $p = start_building();
	$p->kill($sig);
	my $r = $p->wait(60);
	is($r->{exit}, 32, "SIG$sig in the build: exit status 32") or
	    diag $r->{err};
	as_it_was("SIG$sig");
}
{
	my $p = start_building('--on-interrupt', 'keep');
	$p->kill('TERM');
	my $r = $p->wait(60);
	is($r->{exit}, 33, 'SIGTERM, to be kept: exit status 33') or
	    diag $r->{err};
	done_as_planned(of_t('resume'), 'resumed');
}

# --- kill -9, while the server builds on -----------------------------------

for my $then (qw(resume cleanup)) {
	set_up();
	my $p = start_building();
	$p->kill('KILL');
	$p->wait(60);
	my $r = of_t('status');
	like($r->{out}, qr/building-indexes/, 'killed in the build: status ' .
	    'knows') or diag $r->{out};
	$r = of_t($then);
	if ($then eq 'resume') {
		done_as_planned($r, '... resume');
	} else {
		is($r->{exit}, 0, '... cleanup') or diag $r->{err};
		as_it_was('cleanup');
	}
}

# --- others ----------------------------------------------------------------

for my $kill ('KILL QUERY', 'KILL') {
	set_up();
	my $p = start_building();
	eval { $s->sql("$kill $_") } for builders();
	my $r = $p->wait(120);
	done_as_planned($r, "$kill of the build");
	like($r->{err}, qr/an index build of \N* was lost/,
	    '... which is said');
}
{
	set_up();
	my $p = start_building();
	my ($b) = builders();
	my @main = grep { $_->[0] != ($b // 0) && $_->[0] !=
	    $s->value("SELECT CONNECTION_ID()") } $s->rows("SELECT ID FROM " .
	    "information_schema.PROCESSLIST WHERE COMMAND = 'Sleep'");
	eval { $s->sql("KILL $_->[0]") } for @main;
	done_as_planned($p->wait(120), 'KILL of all its other connections');
}

# --- a transaction that is open at the end ---------------------------------

{
	set_up();
	my $p = start_building();
	my $holder = $s->dbh(database => 'app');
	$holder->begin_work;
	$holder->do("UPDATE t SET n = n + 1 WHERE id = 1");
	# It fails when the table is kept from it for three seconds.
	my $writer = $s->dbh(database => 'app');
	$writer->do("SET SESSION lock_wait_timeout = 3");
	my $failed = '';
	poll_until(sub {
		eval { $writer->do("UPDATE t SET n = n + 1 WHERE id = 2"); 1 }
		    or $failed = $@;
		$failed || $p->err =~ /a transaction on it was still open/;
	}, 60, 'the build is lost');
	for (1 .. 40) {
		eval { $writer->do("UPDATE t SET n = n + 1 WHERE id = 2"); 1 }
		    or $failed = $@;
		sleep 0.05;
	}
	ok($p->running, 'lost for an open transaction, it is not given up');
	$holder->commit;
	my $r = $p->wait(120);
	is($failed, '', '... and no other writer is kept out');
	is($r->{exit}, 0, '... and is done when that is over') or
	    diag $r->{err};
	same_definition($s, 'app', 't', 'wanted', '... as ALTER TABLE does');
	nothing_left($s, 'app');
}

# --- more is written than the log takes ------------------------------------

{
	set_up();
	$s->sql("SET GLOBAL innodb_online_alter_log_max_size = 65536");
	my $p = start_building();
	for (my $id = 1; $id < 20000 && $p->err !~ /was lost/; $id += 300) {
		$s->sql("UPDATE app.t SET n = n + 1 WHERE id BETWEEN $id " .
		    "AND $id + 299");
	}
	my $r = $p->wait(120);
	$s->sql("SET GLOBAL innodb_online_alter_log_max_size = DEFAULT");
	like($r->{err}, qr/innodb_online_alter_log_max_size allows; each is/,
	    'more than the log takes: that is said') or diag $r->{err};
	is($r->{exit}, 0, '... and each index is built by itself') or
	    diag $r->{err};
	same_definition($s, 'app', 't', 'wanted', '... as ALTER TABLE does');
	nothing_left($s, 'app');
}

# --- the server dies -------------------------------------------------------

{
	set_up();
	my $p = start_building('--reconnect-for', 60);
	$s->kill9;
	$s->restart;
	done_as_planned($p->wait(120), 'a crash of the server in the build');
}

done_testing();
