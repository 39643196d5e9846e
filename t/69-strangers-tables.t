# What livealter drops is its own.  A row of the registry that an account has
# planted which may not drop a table itself, or one that is out of date, has no
# table dropped, renamed or altered that is somebody else's, whatever its name.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $REG = 'app._livealter';
my @run = ('--alter', 'ADD COLUMN extra INT', 'D=app,t=t', '--execute');

$s->sql("CREATE USER low\@localhost IDENTIFIED BY 'low'; CREATE DATABASE app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO low\@localhost");

my %stranger = map { $_ => 1 } qw(_t_new _t_old _t_notes _t_back _t_new_try
    _t_old_try _t_livealter __t_new);

# A table, another one with a migration that died, and what is not ours.
sub set_up {
	my (@strangers) = @_;
	$s->sql("DROP DATABASE app; CREATE DATABASE app;
	    CREATE TABLE app.t (id INT PRIMARY KEY, v INT);
	    CREATE TABLE app.other (id INT PRIMARY KEY, v INT);
	    INSERT INTO app.t VALUES (1, 1), (2, 2)");
	$s->sql("CREATE TABLE app.$_ (id INT PRIMARY KEY, v INT);
	    INSERT INTO app.$_ VALUES (7, 7)") for @strangers;
	$s->sql("CREATE TABLE app.child (id INT PRIMARY KEY, p INT, CONSTRAINT
	    c_livealter FOREIGN KEY (p) REFERENCES app._t_new (id))")
	    if grep { $_ eq '_t_new' } @strangers;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	die_at($s, 'after:capture', { name => 'there is a registry' },
	    '--alter', 'ADD COLUMN extra INT', 'D=app,t=other', '--execute');
}

# As the account that may write rows only: the other one's, changed.
sub plant {
	my (%set) = @_;
	my $low = $s->dbh(database => 'app', user => 'low',
	    password => 'low');
	my $row = $low->selectrow_hashref("SELECT * FROM $REG");
	s/_other_/_t_/ for grep { defined } values %$row;
	my %new = (%$row, id => 7, table_name => 't', %set);
	my @c = sort keys %new;
	$low->do("INSERT INTO $REG (" . join(', ', @c) . ") VALUES (" .
	    join(', ', ('?') x @c) . ")", undef, @new{@c});
}

sub theirs {
	my $names = join '|', 'child', keys %stranger;
	return $s->dump('app', tables => qr/^(?:$names)\z/);
}

sub element { join '', map { length($_) . ":$_\n" } @_ }
my $names = element('key', 'c_livealter', 'c', '', '', '') .
    element('child', 'c_livealter', 'c', '', '', '');
my %row = (
	'copying' => {},
	'making' => { triggers_made => '' },
	'swapping' => { cut_over => $names },
	'undoing' => { shadow => '__t_new' },
	'cleaning' => { shadow => '___t_new', cut_over => $names },
	'proving' => { shadow => '___t_new' },
	'revertible' => { back_rejects => '_t_back' },
	'reverting' => { back_rejects => '_t_back', cut_over => $names },
	'reverted' => { back_rejects => '_t_back', cut_over => $names },
	'ending' => { back_rejects => '_t_back' },
);
for my $state (sort keys %row) {
	set_up(sort keys %stranger);
	my $before = theirs();
	plant(state => $state, %{$row{$state}});
	for my $what ([qw(resume)], [qw(revert)], [qw(cleanup --dry-run)],
	    [qw(cleanup --drop-old-table)]) {
		my ($verb, @more) = @$what;
		my $r = run_livealter($s, $verb, 'D=app,t=t', @more);
		unlike($r->{out}, qr/^(?:DROP TABLE|RENAME)/m,
		    "$state: @$what shows nothing of it") if @more;
		like($r->{err}, qr/table `app`.`_\w+` is left alone/,
		    "$state: @$what says that it lets them alone")
		    if $verb eq 'cleanup' && $r->{exit} == 0 &&
		    $r->{out} !~ /No migration/;
		same_dump(theirs(), $before, "... and $verb does so");
	}
	is($s->value("SELECT COUNT(*) FROM $REG WHERE id = 7"), 0,
	    '... and takes the row away') or diag run_livealter($s, 'cleanup',
	    'D=app,t=t')->{err};
}

# One that was ours, and that somebody has taken away by hand.
for my $notes ('', 'CREATE TABLE app._t_notes (id INT PRIMARY KEY); ') {
	set_up();
	die_at($s, 'after:copy', @run);
	$s->sql("DROP TRIGGER app.livealter_t_del; DROP TRIGGER
	    app.livealter_t_upd; DROP TRIGGER app.livealter_t_ins;
	    DROP TABLE app._t_new; DROP TABLE app._t_notes; $notes
	    CREATE TABLE app._t_new (id INT PRIMARY KEY, mine INT);
	    INSERT INTO app._t_new VALUES (1, 1)");
	my $before = theirs();
	isnt(run_livealter($s, 'resume', 'D=app,t=t')->{exit}, 0,
	    'a row that is out of date is not resumed');
	is(run_livealter($s, 'cleanup', 'D=app,t=t')->{exit}, 0,
	    '... and goes');
	same_dump(theirs(), $before, '... but not the table that is new');
}

# A row that is changed to name another one.
for my $column (qw(shadow rejects attic)) {
	my $name = $column eq 'attic' ? 'old' : $column eq 'shadow' ? 'new' :
	    'notes';
	set_up();
	die_at($s, 'before:swap', @run);
	$s->sql("CREATE TABLE app.__t_$name LIKE app._t_new");
	my $dump = sub { $s->dump('app', tables => qr/^__t_$name\z/) };
	my $before = $dump->();
	$s->sql("UPDATE $REG SET $column = '__t_$name', state = '" .
	    ($column eq 'attic' ? 'cleaning' : 'copying') . "' WHERE " .
	    "table_name = 't'");
	$s->sql("RENAME TABLE app._t_new TO app.moved") if $column eq 'attic';
	run_livealter($s, $_, 'D=app,t=t') for qw(resume cleanup);
	same_dump($dump->(), $before, "another $column in the row: it stays");
}

# On the way back, too; and what is ours goes, wherever it died.
for my $at (qw(before:revert after:revert after:release)) {
	set_up();
	is(run_livealter($s, @run, '--reversible')->{exit}, 0, 'altered');
	$s->sql("CREATE TABLE app._t_new (id INT PRIMARY KEY, mine INT);
	    INSERT INTO app._t_new VALUES (1, 1)");
	my $dump = sub { $s->dump('app', tables => qr/^_t_new\z/) };
	my $before = $dump->();
	die_at($s, $at, 'revert', 'D=app,t=t', '--accept-loss');
	my $r = run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
	is($r->{exit}, 0, "a way back that died $at is cleaned up")
	    or diag $r->{err};
	same_dump($dump->(), $before,
	    "... and the stranger's table stays");
	is(join(' ', grep { /_t_/ && !/_t_new/ || /__t_new/ }
	    leftovers($s, 'app')), '', '... but nothing of ours');
}

# The same without a stranger's: the way it is meant to be.
for my $at (qw(after:create after:alter after:capture after:copy after:swap
    after:release)) {
	set_up();
	die_at($s, $at, @run);
	my $r = run_livealter($s, 'cleanup', 'D=app,t=t', '--drop-old-table');
	is("$r->{exit} " . join(' ', grep { /_t_/ } leftovers($s, 'app')),
	    '0 ', 'what is ours goes') or diag $r->{err};
}

done_testing;
