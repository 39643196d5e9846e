# TLS means TLS, and the password is for the server that was meant.
use strict;
use warnings;

use lib 't/lib';
use FakeServer;
use File::Temp ();
use LiveAlter;
use Server;
use Test::More;

my $PASS = 's3cret';

sub login {
	my ($port, @args) = @_;
	return run_livealter(undef, { timeout => 60 }, 'status', '-h',
	    '127.0.0.1', '-P', $port, '-u', 'dba', '-p', $PASS, @args,
	    'D=app');
}

# --- a server that wants the password -----------------------------------------

for my $mode (qw(clear dialog sha2 sha256 native)) {
	for my $by (['--mysql_ssl', 1], ['--ssl-ca', $0], ['--ssl-verify'],
	    ['--mysql_ssl', 'auto'], ['--mysql_ssl', 0]) {
		for my $odd ({}, { without => 0x80000 }, { tls => 1 },
		    { plugin => 'livealter_gate' },
		    { plugin => 'mysql_clear_password' }) {
			my $f = FakeServer->start(mode => $mode, %$odd);
			my $r = login($f->port, @$by);
			my @seen = $f->stop;
			my $what = join ' ', $mode, @$by, %$odd;
			is($r->{exit}, 18, "$what: no connection")
			    or diag $r->{err};
			unlike("@seen", qr/sent|asked/,
			    '... and no password') or diag "@seen";
			next if "@$by" =~ /auto|_ssl 0/ && !$odd->{tls};
			unlike("@seen", qr/login|scramble|hash/,
			    '... nor any login without TLS') or diag "@seen"
			    if "@$by" !~ /_ssl 0/;
		}
	}
}

# Who asks for it gets it.
{
	my $f = FakeServer->start(mode => 'clear');
	login($f->port, '--mysql_ssl', 0, '--enable-cleartext-plugin');
	like(join(' ', $f->stop), qr/sent/, '--enable-cleartext-plugin');
	$f = FakeServer->start(mode => 'sha2');
	login($f->port, '--mysql_ssl', 0, '--get-server-public-key');
	like(join(' ', $f->stop), qr/asked for the key/,
	    '--get-server-public-key');
}

# --- a file of ours -----------------------------------------------------------

{
	my $cnf = File::Temp->new;
	print $cnf "[client]\nlocal-infile=1\ndefault-auth=" .
	    "mysql_clear_password\nreconnect\n";
	$cnf->flush;
	for my $by ([], ['-F', "$cnf"]) {
		my $f = FakeServer->start(mode => 'infile');
		my $r = login($f->port, @$by);
		unlike(join(' ', $f->stop), qr/sent/, "@$by: no local file " .
		    'is read for a server');
		isnt($r->{exit}, 0, '... which ends the run');
	}
	# The host that stands only there is not local.
	my $f = FakeServer->start(mode => 'native', tls => 1);
	my $port = $f->port;
	my $host = File::Temp->new;
	print $host "[client]\nhost=127.0.0.1\nport=$port\nprotocol=tcp\n";
	$host->flush;
	my $r = run_livealter(undef, { timeout => 60 }, 'status', '-F',
	    "$host", '-u', 'dba', '-p', $PASS, 'D=app');
	is(join(' ', $f->stop), 'TLS', 'a host of my.cnf is asked for TLS');
}

# --- real servers -------------------------------------------------------------

my $s = Server->start(tcp => 1);
$s->sql("CREATE USER dba\@'%' IDENTIFIED BY '$PASS'");
$s->sql("GRANT ALL ON *.* TO dba\@'%'");
$s->sql('CREATE DATABASE app');
my $tls = $s->is_mysql || $s->version_number >= 110400;
is(login($s->port)->{exit}, 0, 'auto connects');
is(login($s->port, '--mysql_ssl', 1)->{exit}, $tls ? 0 : 18,
    '--mysql_ssl 1 connects only with TLS');
is(login($s->port, '--ssl-verify')->{exit}, 18, 'nobody vouches for it');
is(login($s->port, '--mysql_ssl', 0)->{exit}, 0,
    'without TLS, once the server knows the account');
isnt(login($s->port, '-p', 'wrong')->{exit}, 0, 'a wrong password');

done_testing;
