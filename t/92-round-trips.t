# What a chunk costs, in statements, where nobody else writes.  To a server far
# away each of them is a way of its own, so that another one is not to come in
# unseen: this is how many there are, and what each is there for.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Server;
use Story;
use Test::More;

my $ROWS = 30_000;
my $s = Server->start;
$s->sql('CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT ' .
    'PRIMARY KEY, a INT)');
$s->sql('INSERT INTO app.t VALUES (1, 1)');
for (my $n = 1; $n < $ROWS; $n *= 2) {
	$s->sql("INSERT INTO app.t SELECT id + $n, id % 7 FROM app.t " .
	    "WHERE id <= $ROWS - $n");
}

# Where the chunk ends; whether others write (where there is an AUTO-INC lock);
# two that begin a transaction with the new table in it; the rows; how far it
# is; the end.  MySQL cannot be told to wait for no lock of the new table: one
# row goes first, and the others are locked before they are copied.
my @maria = qw(bound activity begin hold rows mark commit);
my @mysql = qw(bound begin hold rows lock rows mark commit);
my @what = (
	[bound => qr/^SELECT `id` FROM `app`\.`t` .* LIMIT \d+, ?1$/],
	[activity => qr/MODIFIED_COUNTER/],
	[begin => qr/^START TRANSACTION$/],
	[hold => qr/^SELECT 1 FROM `app`\.`_t_new` .* LIMIT 0$/],
	[lock => qr/^SELECT COUNT\(/],
	[rows => qr/^INSERT LOW_PRIORITY IGNORE/],
	[values => qr/^EXECUTE|SEPARATOR/],
	[mark => qr/^UPDATE `app`\.`_livealter` .*rows_copied/],
	[commit => qr/^COMMIT$/],
);

sub kind {
	my ($text) = @_;
	for (@what) {
		my ($name, $like) = @$_;
		return $name if $text =~ $like;
	}
	return $text;
}

my $mark = $s->log_mark;
my $r = run_livealter($s, '--alter', 'ENGINE=InnoDB', 'D=app,t=t',
    '--execute', '--threads', 1, '--chunk-size', 200, '--chunk-time', 0);
is($r->{exit}, 0, 'it runs') or diag $r->{err};
my @all = grep { $_->{command} eq 'Query' } $s->log_entries($mark);
my ($id) = map { $_->{id} } grep { $_->{text} =~ /^INSERT LOW_PRIORITY/ } @all;
my @copy = map { kind($_->{text}) } grep { $_->{id} == $id } @all;
my (@chunks, %seen);
for (@copy) {
	push @chunks, [] if $_ eq 'bound';
	push @{$chunks[-1]}, $_ if @chunks;
}
# Until it is known that nobody writes, rows go as values; and the last chunk
# is what the end of the walk follows.
$seen{"@$_"}++ for grep { !grep { $_ eq 'values' } @$_ } @chunks;
my ($usual) = sort { $seen{$b} <=> $seen{$a} } keys %seen;
cmp_ok($seen{$usual}, '>', 20, 'most chunks are alike') or diag explain \%seen;
is($usual, $s->is_mysql ? "@mysql" : "@maria",
    'a chunk sends these statements and no other');
done_testing;
