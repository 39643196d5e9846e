# The proof of the swap: what is lost in its moment, by whatever way, is found
# before the old table is dropped; and nothing else is taken for a loss.
use strict;
use warnings;

use lib 't/lib';
use Family;
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $ALTER = 'ADD COLUMN c INT NOT NULL DEFAULT 3';

sub set_up {
	fresh_orders($s, $_[0] // 300);
	native($s, 'app', 'orders', 'wanted', $ALTER);
}

# Waits for a migration that stands still at the step, does something, and
# lets it go on.
sub meanwhile {
	my ($at, $do, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = start_to_step($s, $at, $ALTER, 'app', 'orders', @opts);
	$do->();
	$p->kill('CONT');
	return $p->wait;
}

sub stays {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join(', ', leftovers($s, 'app')), 'table _orders_old', $name);
}

# --- nothing is lost -------------------------------------------------------

set_up();
{
	my $r = migrate($s, $ALTER, 'app', 'orders');
	succeeded($r, 'app', 'orders');
	like($r->{err}, qr/proved 300 rows, as they were at the swap/,
	    'the swap is proven, and it says so');
	nothing_left($s, 'app');
	same_bytes($s, 'app', 'orders', 'wanted');
}

# An empty table is compared in no time, which is not the same as not at all.
for my $key ('INT PRIMARY KEY', 'BIGINT AUTO_INCREMENT PRIMARY KEY') {
	$s->sql("CREATE TABLE app.empty (id $key, d INT)");
	my $r = migrate($s, $ALTER, 'app', 'empty');
	succeeded($r, 'app', 'empty', "$key: the empty table");
	like($r->{err}, qr/proved 0 rows/, '... and its swap is proven');
	unlike($r->{err}, qr/not proven/, '... with nothing else said');
	$s->sql('DROP TABLE app.empty');
}

# What applications do after the RENAME is no difference, whatever it is.
set_up();
{
	my $r = meanwhile('before:prove', sub {
		$s->sql("UPDATE app.orders SET note = 'later' WHERE id < 100;
		    DELETE FROM app.orders WHERE id BETWEEN 100 AND 150;
		    INSERT INTO app.orders (id, c) VALUES (9000, 1), (-5, 2);
		    UPDATE app.orders SET id = id + 100000 WHERE id = 200");
	});
	succeeded($r, 'app', 'orders', 'with writes since the RENAME it');
	like($r->{err}, qr/proved 300 rows/, '... and the proof is as of it');
	nothing_left($s, 'app');
}

# --- something is lost -----------------------------------------------------

my %loss = (
    'a row that is missing' => [ "DELETE FROM app._orders_new WHERE id = 17",
	qr/row 17: not in the new table/ ],
    'a row that is another' => [ "UPDATE app._orders_new SET amount = -1 " .
	"WHERE id = 298", qr/row 298: not the same/ ],
    'a row too many' => [ "INSERT INTO app._orders_new (id) VALUES (7777)",
	qr/row 7777: only in the new table/ ],
    'a trigger that was away' => [ "DROP TRIGGER IF EXISTS app.nothing",
	qr/row 300: not in the new table/, "DELETE FROM app._orders_new " .
	"WHERE id = 300" ],
);
for my $what (sort keys %loss) {
	set_up();
	my ($sql, $says, @more) = @{$loss{$what}};
	my $r = meanwhile('before:swap', sub {
		$s->sql($_) for $sql, @more;
	}, '--chunk-size', 50);
	is($r->{exit}, 40, "$what: exit status 40") or diag $r->{err};
	like($r->{err}, $says, '... the row is named');
	like($r->{err}, qr/hint: .*_orders_old.* is kept/,
	    '... and what to do');
	unlike($r->{out}, qr/Successfully/, '... it is no success');
	stays('... only the old table stays');
	same_bytes($s, 'app', '_orders_old', 'wanted', '... with all its rows',
	    grep { $_ ne 'c' } table_columns($s, 'app', 'wanted'));
	my $st = run_livealter($s, 'cleanup', 'D=app,t=orders');
	is($st->{exit}, 0, '... and cleanup has nothing to do');
	stays('... and does nothing to it');
}

# Between the snapshot and the RENAME nobody can write to the old table; if
# somebody did, it would look like this.
set_up();
{
	my $r = meanwhile('before:prove', sub {
		$s->sql("UPDATE app._orders_old SET note = 'late' WHERE id = 33;
		    UPDATE app.orders SET note = 'another' WHERE id = 34");
	}, '--chunk-size', 60);
	is($r->{exit}, 40, 'a write in the moment of the swap: status 40');
	like($r->{err}, qr/in the moment of the swap.*row 33: not the same/s,
	    '... the row is named');
	unlike($r->{err}, qr/row 34/, '... and none that was changed later');
	stays('... the old table stays');
}
set_up();
{
	my $r = meanwhile('before:prove', sub {
		$s->sql("UPDATE app._orders_old SET note = 'late' WHERE id = 33;
		    UPDATE app.orders SET note = 'late' WHERE id = 33");
	});
	is($r->{exit}, 0, '... one that the triggers have brought is no loss')
	    or diag $r->{err};
	nothing_left($s, 'app');
}

# --- it cannot be found out ------------------------------------------------

my $OTHERS = "SELECT ID FROM information_schema.PROCESSLIST WHERE " .
    "ID <> CONNECTION_ID() AND COMMAND = 'Sleep'";
my %unknown = (
    'the new table is emptied' => sub { $s->sql("TRUNCATE app.orders") },
    'the new table is rebuilt' => sub {
	$s->sql("ALTER TABLE app.orders ENGINE = InnoDB")
    },
    'the connections are killed' => sub {
	# Also that which keeps others out: it is made anew.
	for ($s->rows($OTHERS)) {
		eval { $s->sql("KILL $_->[0]") };
	}
    },
    'the server is restarted' => sub { $s->restart },
);
for my $what (sort keys %unknown) {
	set_up();
	my $r = meanwhile('before:prove', $unknown{$what});
	is($r->{exit}, 41, "$what: exit status 41") or diag $r->{err};
	like($r->{err}, qr/hint: .*_orders_old.* is kept/, '... what to do');
	stays('... the old table stays');
}

# A statement that is ended is sent again.
set_up(2000);
{
	my $p = start_to_step($s, 'before:prove', $ALTER, 'app', 'orders',
	    '--chunk-size', 20);
	$p->kill('CONT');
	while ($p->running) {
		for ($s->rows("SELECT ID FROM information_schema.PROCESSLIST " .
		    "WHERE INFO LIKE 'SELECT COUNT(*), BIT_XOR%'")) {
			eval { $s->sql("KILL QUERY $_->[0]") };
		}
	}
	my $r = $p->wait;
	succeeded($r, 'app', 'orders', 'with KILL QUERY in the midst it');
}

# --- a signal, and a death -------------------------------------------------

set_up();
{
	my $p = start_to_step($s, 'before:prove', $ALTER, 'app', 'orders');
	$p->kill('INT');
	$p->kill('CONT');
	my $r = $p->wait;
	is($r->{exit}, 41, 'Ctrl-C in the proof: exit status 41')
	    or diag $r->{err};
	stays('... the old table stays, and all else goes');
}
for my $command (qw(cleanup resume)) {
	for my $at (qw(after:swap before:prove)) {
		set_up();
		die_at($s, $at, '--alter', $ALTER, 'D=app,t=orders',
		    '--execute');
		my $r = run_livealter($s, 'status', 'D=app');
		like($r->{out}, qr/not proven/, '... status says that it is ' .
		    'not proven');
		$r = run_livealter($s, 'status', 'D=app', '--output', 'json');
		my $j = JSON::PP::decode_json($r->{out});
		is($j->{migrations}[0]{swap_proven}, JSON::PP::false,
		    '... in JSON, too');
		$r = run_livealter($s, $command, 'D=app,t=orders');
		is($r->{exit}, 41, "... $command exits with 41")
		    or diag $r->{err};
		like($r->{err}, qr/not proven/, '... and says it');
		stays('... the old table stays, and all else goes');
	}
	set_up();
	die_at($s, 'before:prove', '--alter', $ALTER, 'D=app,t=orders',
	    '--execute');
	my $r = run_livealter($s, $command, '--drop-old-table',
	    'D=app,t=orders');
	is($r->{exit}, 0, "... $command --drop-old-table drops it")
	    or diag $r->{err};
	nothing_left($s, 'app');
	same_bytes($s, 'app', 'orders', 'wanted', '... and all is there');
	set_up();
	die_at($s, 'after:prove', '--alter', $ALTER, 'D=app,t=orders',
	    '--execute');
	$r = run_livealter($s, $command, 'D=app,t=orders');
	is($r->{exit}, 0, "... $command after the proof drops it")
	    or diag $r->{err};
	nothing_left($s, 'app');
}

# --- when it is wanted -----------------------------------------------------

for (['--verify-swap', 'no', qr/not proven, as --verify-swap=no/],
    ['--verify', 'none', qr/not proven, as --verify=none/]) {
	my ($opt, $value, $says) = @$_;
	set_up();
	my $r = migrate($s, $ALTER, 'app', 'orders', $opt, $value);
	is($r->{exit}, 0, "$opt $value: it succeeds");
	like($r->{err}, $says, '... and is not proven');
	nothing_left($s, 'app');
}
set_up();
{
	my $r = meanwhile('before:swap', sub {
		$s->sql("UPDATE app._orders_new SET amount = -1 WHERE id = 9")
	}, '--verify', 'none', '--verify-swap', 'yes');
	is($r->{exit}, 40, '--verify none --verify-swap yes finds a loss')
	    or diag $r->{err};
}
set_up();
{
	my $r = meanwhile('before:swap', sub {
		$s->sql("DELETE FROM app._orders_new WHERE id = 9")
	}, '--verify', 'count');
	is($r->{exit}, 40, '--verify count finds a row that is missing')
	    or diag $r->{err};
}

# --- a table that cannot be read by the same ranges ------------------------

set_up();
{
	my $p = start_to_step($s, 'before:swap',
	    'MODIFY id VARCHAR(20) NOT NULL', 'app', 'orders',
	    '--chunk-size', 50);
	$s->sql("INSERT INTO app._orders_new (id, state) VALUES (8888, 'x')");
	$p->kill('CONT');
	my $r = $p->wait;
	is($r->{exit}, 40, 'compared by joins, a row too many is found')
	    or diag $r->{err};
	like($r->{err}, qr/8888/, '... and named');
}

# --- there and back --------------------------------------------------------

set_up();
{
	my $r = migrate($s, $ALTER, 'app', 'orders', '--reversible');
	is($r->{exit}, 0, '--reversible') or diag $r->{err};
	like($r->{err}, qr/proved 300 rows/, '... is proven');
	my $p = start_livealter($s, { env => { LIVEALTER_STOP_AT =>
	    'before:revert' } }, 'revert', '--accept-loss', 'D=app,t=orders');
	$p->wait_until_stopped;
	$s->sql("UPDATE app._orders_old SET amount = -2 WHERE id = 5");
	$p->kill('CONT');
	$r = $p->wait;
	is($r->{exit}, 40, 'revert: a loss is found') or diag $r->{err};
	like($r->{err}, qr/row 5: /, '... and named');
	is($s->value("SELECT COUNT(*) FROM app._orders_new WHERE c = 3"), 300,
	    '... and the table in the new shape stays');
	is(join(', ', leftovers($s, 'app')), 'table _orders_new',
	    '... alone');
}
set_up();
{
	my $p = start_to_step($s, 'before:swap', $ALTER, 'app', 'orders',
	    '--on-interrupt', 'keep');
	$p->kill('KILL');
	$p->wait;
	my $r = run_livealter($s, 'resume', 'D=app,t=orders');
	is($r->{exit}, 0, 'resume') or diag $r->{err};
	like($r->{err}, qr/proved 300 rows/, '... proves the swap');
	nothing_left($s, 'app');
}

# --- with everything that hangs on a table, while all is written to --------

{
	my $f = Family->make($s, own => 1, self => 1, triggers => 1);
	$f->start(seed => 80);
	my $r = migrate($s, 'ADD COLUMN extra INT', 'app', 't');
	$f->stop;
	is($r->{exit}, 0, 'foreign keys, children, triggers: no false alarm')
	    or diag $r->{err};
	like($r->{err}, qr/proved \d+ rows/, '... and it is proven');
	$f->noticed_nothing('all the while');
}

done_testing;
