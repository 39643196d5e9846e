# The server is far away: each question and its answer take 120 ms.  That is no
# reason for smaller chunks, whose --chunk-time is what the server works: if the
# way counted, every chunk would take too long however small it is, and they
# would come to a row each.
use strict;
use warnings;

use lib 't/lib';
use LiveAlter;
use Proxy;
use Server;
use Story;
use Test::More;

my $ROWS = 20_000;
my $s = Server->start(tcp => 1);
$s->sql('CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, a INT, ' .
    'pad CHAR(40) NOT NULL DEFAULT "x")');
$s->sql('INSERT INTO app.t (id, a) VALUES (1, 1)');
my $n = 1;
while ($n < $ROWS) {
	$s->sql("INSERT INTO app.t (id, a) SELECT id + $n, id % 7 FROM app.t " .
	    "WHERE id <= $ROWS - $n");
	$n *= 2;
}

sub chunks {
	my ($delay, @opts) = @_;
	my $proxy = Proxy->start($s->port, [], { until => '/',
	    delay => $delay });
	my $mark = $s->log_mark;
	my $r = run_livealter($s, { connect => 0, timeout => 60 }, '--alter',
	    'ENGINE=InnoDB', 'D=app,t=t', '--execute', '-h', '127.0.0.1', '-P',
	    $proxy->port, '-u', 'root', @opts);
	$proxy->stop;
	is($r->{exit}, 0, "it comes to its end (delay $delay, @opts)") or
	    diag $r->{err};
	run_livealter($s, 'cleanup', dsn('app', 't')) if $r->{exit} != 0;
	my @all = $s->log_entries($mark);
	return scalar grep { $_->{text} =~
	    /^INSERT LOW_PRIORITY IGNORE INTO/ } @all;
}

my $copied = chunks(0.06, '--threads', 1, '--chunk-time', 0.5);
# 1000 rows, 2000, 4000 and so on, or more where the machine is slow; of a row
# each they would be thousands.
cmp_ok($copied, '<=', 60, 'chunks are large');
done_testing;
