# A second run of a migration that died says what can be done about the first,
# and that is what status says and what works.
use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my @again = ('--alter', 'ADD COLUMN again INT', 'D=app,t=orders', '--execute');

sub status_says {
	my $r = run_livealter($s, 'status', 'D=app,t=orders', '--output',
	    'json');
	my ($m) = @{JSON::PP::decode_json($r->{out})->{migrations}};
	return ($m->{life}, join ' ', map { /^livealter (\w+)/ }
	    @{$m->{commands}});
}

# Where it died => what is to be done.
for my $case (
    ['before:alter', 'cleanup'],
    ['before:capture', 'cleanup'],
    ['after:capture', 'resume cleanup'],
    ['after:copy', 'resume cleanup'],
    ['after:verify', 'resume cleanup'],
    ['after:swap', 'cleanup'],
    ['after:release', 'cleanup'],
) {
	my ($at, $want) = @$case;
	fresh_orders($s, 50);
	die_at($s, $at, @again) or next;
	my $r = run_livealter($s, @again);
	isnt($r->{exit}, 0, '... a second run is refused');
	my $offers = join ' ', $r->{err} =~ /livealter (\w+) D=app,t=orders/g;
	is($offers, $want, '... and offers what can be done') or
	    diag $r->{err};
	my ($life, $says) = status_says();
	is($says, $want, "... as status does of one that is $life");
	for my $verb (split / /, $want) {
		$r = run_livealter($s, $verb, 'D=app,t=orders', '--dry-run');
		is($r->{exit}, 0, "... and $verb works") or diag $r->{err};
	}
}

# While it was undone: the rest of it is all that can be done.
fresh_orders($s, 50);
die_at($s, 'after:copy', @again);
$s->sql("UPDATE app._livealter SET state = 'undoing'");
{
	my $r = run_livealter($s, @again);
	unlike($r->{err}, qr/livealter resume/, 'of one that died while it ' .
	    'was undone, no resume is offered');
	like($r->{err}, qr/livealter cleanup/, '... but cleanup is');
	is(run_livealter($s, 'cleanup', 'D=app,t=orders')->{exit}, 0,
	    '... which works');
	nothing_left($s, 'app');
}

done_testing;
