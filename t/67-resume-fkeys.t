# Migrations of tables that foreign keys bind, resumed where they died: what
# comes out is what ALTER TABLE would have made.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;
use Time::HiRes qw(sleep);
use Twin;

my $s = Server->start;
my @ALTERS = (
    ['a key that is named', 'ADD CONSTRAINT added FOREIGN KEY (q) ' .
	'REFERENCES p (id) ON DELETE CASCADE'],
    ['two that the server names, and a column', 'ADD x INT, ADD FOREIGN KEY ' .
	'(q) REFERENCES p (id), ADD FOREIGN KEY (a, b) REFERENCES p (a, b) ' .
	'ON UPDATE CASCADE ON DELETE SET NULL'],
    ['one to itself, one to another schema', 'ADD CONSTRAINT `u``p` FOREIGN ' .
	'KEY (up) REFERENCES t (id), ADD CONSTRAINT away FOREIGN KEY (f) ' .
	'REFERENCES {far}.p (id)'],
    ['one for another', 'DROP FOREIGN KEY kept, DROP KEY kept, ADD KEY kept ' .
	'(p), ADD CONSTRAINT other FOREIGN KEY (p) REFERENCES p (id) ' .
	'ON DELETE CASCADE'],
    ['none', 'ADD x INT'],
);

sub given {
	twins($s, "CREATE TABLE p (id INT PRIMARY KEY, a INT NOT NULL, b INT " .
	    "NOT NULL, UNIQUE KEY (a, b))",
	    "INSERT INTO p VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)",
	    "CREATE TABLE {far}.p (id INT PRIMARY KEY)",
	    "INSERT INTO {far}.p VALUES (1), (2), (3)",
	    "CREATE TABLE t (id INT PRIMARY KEY, p INT, q INT, a INT, b INT, " .
	    "f INT, up INT, KEY up (up), KEY q (q), KEY ab (a, b), " .
	    "CONSTRAINT kept FOREIGN KEY (p) REFERENCES p (id))",
	    "CREATE TABLE c (id INT PRIMARY KEY, t INT, CONSTRAINT child " .
	    "FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)",
	    "INSERT INTO t VALUES " . join(', ', map { my $m = 1 + $_ % 3;
	    "($_, $m, $m, 1, 1 + $_ % 2, $m, 1)" } 1 .. 60),
	    "INSERT INTO c SELECT id, id FROM t WHERE id > 50");
}

sub ask {
	my (@args) = @_;
	return poll_until(sub { my $r = run_livealter($s, @args);
	    $r->{exit} != 31 && $r }, 30, 'its connections end');
}

sub as_native {
	my ($name, $r, $alter) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($r->{exit}, 0, "$name: resume") or diag $r->{err};
	is(native_twin($s, $alter), '', '... ALTER TABLE does it');
	same_twins($s, '... and all is what that makes of it');
}

for (@ALTERS) {
	my ($name, $alter) = @$_;
	my $ours = $alter =~ s/\{far\}/far/gr;
	given();
	die_at($s, 'after:copy', { name => "$name: it dies after the copy" },
	    '--alter', $ours, 'D=app,t=t', '--execute', '--chunk-size', 10);
	twin_sql($s, "INSERT INTO t VALUES (99, 2, 2, 1, 1, 2, 1)",
	    "DELETE FROM t WHERE id = 55");
	# A key to another schema is not taken from the registry.
	my @again = $alter =~ /\{far\}/ ? ('--alter', $ours) : ();
	is(ask('resume', 'D=app,t=t')->{exit}, 17, '... to another schema it ' .
	    'is asked for again') if @again;
	is(ask('resume', 'D=app,t=t', '--dry-run', @again)->{exit}, 0,
	    '... it can be resumed');
	as_native($name, ask('resume', 'D=app,t=t', @again), $alter);

	# Once more where the keys have just come to the new table.
	given();
	my $mark = $s->log_mark;
	my $flag = File::Temp->new;
	my $p = start_migration($s, $ours, 'app', 't', '--chunk-size', 10,
	    '--postpone-cut-over-flag-file', "$flag");
	$p->wait_for(qr/waiting with the swap/, 30);
	# The swap wants the children as well; the keys do not.
	my $reader = open_reader($s, 'c');
	unlink "$flag";
	my $last = $alter =~ /ADD (?:CONSTRAINT|FOREIGN)/ ?
	    qr/ ADD CONSTRAINT `livealter_/ : qr/state = 'swapping'/;
	poll_until(sub { said_once($s, $mark, $last) || !$p->running }, 30,
	    'the end of the copy');
	$p->kill('KILL');
	is($p->wait(10)->{signal}, 9, "$name: killed before the swap");
	# What waits for a lock may not be seen to be dead before it has it.
	$reader->rollback;
	gone($s, $mark, $p);
	my $r = ask('resume', 'D=app,t=t', '--dry-run', @again);
	is($r->{exit}, 0, '... and a dry run of resume') or diag $r->{err};
	as_native('...', ask('resume', 'D=app,t=t', @again), $alter);
}

# A key that rows have come in the way of while nobody looked.
given();
{
	die_at($s, 'after:copy', '--alter', 'ADD CONSTRAINT added FOREIGN ' .
	    'KEY (q) REFERENCES p (id)', 'D=app,t=t', '--execute');
	twin_sql($s, "UPDATE t SET q = 77 WHERE id = 5");
	my $r = ask('resume', 'D=app,t=t');
	isnt($r->{exit}, 0, 'a row without a parent by now: resume fails');
	like($r->{err}, qr/added/, '... says why');
	same_twins($s, '... and all is as it was');
}

done_testing;
