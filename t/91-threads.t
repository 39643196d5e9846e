# How many connections copy: what --threads=auto chooses, or a number.
use strict;
use warnings;

use lib 't/lib';
use List::Util qw(max min);
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start(tcp => 1);
my $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
# On MySQL, which looks at signs of the tables by EXECUTE, all are of SELECT.
my $COPY = $s->is_mysql ? qr/^INSERT LOW_PRIORITY/ :
    qr/^INSERT LOW_PRIORITY|^EXECUTE/;

sub fresh { fresh_orders($s, @_) }

# --- what auto chooses -----------------------------------------------------

my $cores = qx(nproc);
my $half = max(2, min(4, int($cores / 2)));
my $by_cores = "$half, as the server has " . ($cores + 0) . ' core';
my $in_turn = '2, as one copies while one compares (innodb_autoinc';
my $unknown = '2, as it is not known how many cores the server has';

sub plan_has {
	my ($on, $want, $name, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = run_livealter($on, '--alter', $ALTER, 'D=app,t=orders',
	    '--dry-run', @opts);
	like($r->{out}, qr/^threads: \Q$want\E/m, $name)
	    or diag $r->{out}, $r->{err};
}

# The connections that copied, by the log.
sub copied_by {
	my ($mark) = @_;
	my %by = map { $_->{id} => 1 } grep { $_->{text} =~ $COPY }
	    $s->log_entries($mark);
	return scalar keys %by;
}

fresh(2000);
my $lock = $s->value('SELECT @@innodb_autoinc_lock_mode');
plan_has($s, $lock < 2 ? $in_turn : $by_cores,
    "auto, as the server is set (innodb_autoinc_lock_mode=$lock)");
plan_has($s, $lock < 2 ? $in_turn : $by_cores, '... the same as a word',
    '--threads', 'auto');
plan_has($s, '3, as --threads says', 'a number is kept', '--threads', 3);
plan_has($s, '1, as --threads says', '... whatever it is', '--threads', 1);
like(run_livealter($s, { connect => 0 }, '--print-config')->{out},
    qr/^threads: "?auto"?$/m, 'it is the default');
is(run_livealter($s, { connect => 0 }, '--print-config', '--threads',
    'some')->{exit}, 1, 'another word is refused');

# A table without a number of its own needs no turns.
$s->sql('CREATE TABLE app.plain (id INT PRIMARY KEY, a INT)');
like(run_livealter($s, '--alter', 'ADD b INT', 'D=app,t=plain',
    '--dry-run')->{out}, qr/^threads: \Q$by_cores\E/m,
    'a table without AUTO_INCREMENT: by the cores');
like(run_livealter($s, '--alter', 'ADD b INT AUTO_INCREMENT UNIQUE',
    'D=app,t=plain', '--dry-run', '--threads', 3)->{out},
    qr/^threads: 1 copies, whatever --threads says.*; 3 compare/m,
    'rows that are numbered are copied by one');

{
	my $other = Server->start(args => ['--innodb-autoinc-lock-mode=' .
	    ($lock < 2 ? 2 : 1)]);
	make_orders($other, 'app', 'orders', 10);
	plan_has($other, $lock < 2 ? $by_cores : $in_turn,
	    'auto, on a server that is set otherwise');
}

# A server may not tell: by the network, it is then not known.
if ($s->is_mysql) {
	$s->sql("CREATE USER few\@'%' IDENTIFIED BY 'few'");
	$s->sql("GRANT ALL ON app.* TO few\@'%'");
	my @few = ('-h', '127.0.0.1', '-P', $s->port, '-u', 'few', '-p',
	    'few', '--recursion-method', 'none');
	my $r = run_livealter($s, { connect => 0 }, '--alter', 'ADD b INT',
	    'D=app,t=plain', '--dry-run', @few);
	like($r->{out}, qr/^threads: \Q$unknown\E/m,
	    'cores that the account may not see') or diag $r->{err};
}

{
	my $mark = $s->log_mark;
	my $r = migrate($s, $ALTER, 'app', 'orders', '--chunk-size', 20,
	    '--chunk-time', 0, '--sleep', 0.005);
	succeeded($r, 'app', 'orders', 'with what auto chose it');
	my $n = $lock < 2 ? 2 : $half;
	like($r->{err}, qr/--threads=auto: $n, as /, '... and says so');
	is(copied_by($mark), $n, '... and so many connections copy');
	fresh(2000);
	$mark = $s->log_mark;
	$r = migrate($s, $ALTER, 'app', 'orders', '--threads', 3,
	    '--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.005);
	succeeded($r, 'app', 'orders', 'with three it');
	is(copied_by($mark), 3, '... has three copy');
	unlike($r->{err}, qr/--threads=auto/, '... of which nothing is said');
}

# --- a proof ---------------------------------------------------------------

# It has a snapshot for each of those that were planned.
fresh(3000);
{
	my $mark = $s->log_mark;
	my $p = start_migration($s, $ALTER, 'app', 'orders', '--threads', 2,
	    '--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.005,
	    '--verify-swap', 'yes');
	$p->wait_for(qr/copy the rows/, 30);
	is(run_livealter($s, 'control', 'D=app,t=orders', 'set',
	    'threads=6')->{exit}, 0, 'six are asked for');
	succeeded($p->wait(60), 'app', 'orders', '... then it');
	my (%copied, %proved);
	for ($s->log_entries($mark)) {
		$copied{$_->{id}} = 1 if $_->{text} =~ $COPY;
		$proved{$_->{id}} = 1 if $_->{text} =~
		    /BIT_XOR.*`_orders_old`/;
	}
	cmp_ok(keys %copied, '>', 3, '... and copy');
	is(keys %proved, 2, '... but no worker of the proof waits for a ' .
	    'snapshot');
}

# --- the threads of an index build -----------------------------------------

# MySQL would use four on any machine, MariaDB always uses one.
SKIP: {
	skip 'MySQL has threads for it', 4 if !$s->is_mysql;
	my $set = sub {
		my ($to) = @_;
		fresh(1000);
		$s->sql('ALTER TABLE app.orders ADD KEY k (customer)');
		$s->sql("SET GLOBAL innodb_ddl_threads = $to");
		my $mark = $s->log_mark;
		my $r = run_livealter($s, '--alter', $ALTER, 'D=app,t=orders',
		    '--defer-indexes', 'always', '--execute', '--threads', 1);
		is($r->{exit}, 0, "indexes are built, innodb_ddl_threads=$to")
		    or diag $r->{err};
		return ($s->log_text($mark) =~
		    /^.*(SET innodb_parallel_read_threads.*)/m)[0] // '';
	};
	my ($n, $read) = $cores < 4 ? (2, 1) : ($cores + 0, int($cores / 2));
	my $want = "SET innodb_parallel_read_threads = $read, " .
	    "innodb_ddl_threads = %d, innodb_ddl_buffer_size = 4194304";
	is($set->(4), $cores >= 8 ? '' : sprintf($want, $n),
	    '... by no more of them than there are cores');
	is($set->(1), $cores >= 8 ? '' : sprintf($want, 1),
	    '... nor than the server has them use');
	$s->sql('SET GLOBAL innodb_ddl_threads = DEFAULT');
}

done_testing;
