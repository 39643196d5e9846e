# ALGORITHM, LOCK and a ";" in the ALTER: what the server's own ALTER TABLE
# takes comes out alike, and what it refuses is refused.  t/unit/modifier.c has
# the spellings.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;

# Some values are refused for what they are, some for what is asked of them:
# the table is empty where that matters.
my @words = ((map { "ALGORITHM=$_" } qw(DEFAULT COPY QUICK NOCOPY)),
    'ALGORITHM INPLACE', 'algorithm = `instant`',
    (map { "LOCK=$_" } qw(DEFAULT SHARED EXCLUSIVE SOME)), 'LOCK/* , */none',
    "ALGORITHM=COPY, LOCK=SHARED");
my %forms = (
	'after' => sub { "ADD c INT COMMENT 'LOCK=x;', $_[0]" },
	'before' => sub { "$_[0],ADD c INT;" },
	'between' => sub { "ADD c INT, $_[0], ADD d INT ; -- LOCK=x" },
);

my ($n, $taken, $refused) = (0, 0, 0);
for my $word (@words) {
	my $how = (sort keys %forms)[$n++ % 3];
	my $alter = $forms{$how}->($word);
	fresh_orders($s, 50);
	(my $plain = $alter) =~ s/;[^;']*\z//;
	my $native = eval { $s->sql("ALTER TABLE app.control $plain"); 1 };
	my $r = migrate($s, $alter, 'app', 'orders');
	if (!$native) {
		# No instant change or none without a lock: the server's
		# limits for its own table, not ours.
		next if $@ =~ /not supported/ && $r->{exit} == 0;
		$refused++;
		is($r->{exit}, 11, "$alter: refused, as by the server") or
		    diag $@;
		nothing_left($s, 'app');
		next;
	}
	$taken++;
	succeeded($r, 'app', 'orders', $alter);
	like($r->{err}, qr/left out, as the server alters an empty table: /,
	    '... and says so');
	same_rows($s, 'app', 'orders', 'control', '... with the rows');
	same_definition($s, 'app', 'orders', 'control', '... and the shape');
}
cmp_ok($taken, '>=', 8, 'the server takes some of these');
cmp_ok($refused, '>=', 2, '... and refuses others');

# Alone, they leave nothing to be altered.
fresh_orders($s, 50);
my $r = migrate($s, 'LOCK=NONE, ALGORITHM=INPLACE;', 'app', 'orders');
succeeded($r, 'app', 'orders', 'nothing but such words');
same_definition($s, 'app', 'orders', 'control', '... rebuilds the table');

# The text in the registry is the user's.
die_at($s, 'after:copy', '--alter', 'ADD c INT, LOCK=NONE;', 'D=app,t=orders',
    '--execute');
$r = run_livealter($s, '--resume', $s->value('SELECT id FROM app._livealter'),
    '--alter', 'ADD c INT, LOCK=NONE;', 'D=app,t=orders', '--execute');
succeeded($r, 'app', 'orders', 'resumed with such words');
$s->sql('ALTER TABLE app.control ADD c INT');
same_rows($s, 'app', 'orders', 'control', '... it has the rows');
same_definition($s, 'app', 'orders', 'control', '... and its shape');
nothing_left($s, 'app');

done_testing;
