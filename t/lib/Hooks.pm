# A directory of hooks for --hooks-dir, which write what is run to a log.
#
#	my $s = hooks_on(Server->start);
#	begin();			# an empty directory, app.orders anew
#	noting('success', "exit 1\n");	# a hook on success: a line, then that
#	my $r = run_hooks('--execute');
#	is(noted(), 'success');
#
# $tmp is a directory for the test's own files, with the hooks in $dir and the
# log in $log; $ALTER is what run_hooks() alters.
package Hooks;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use Test::More ();

use LiveAlter;
use Story;

our @EXPORT = qw($tmp $dir $log $ALTER hooks_on begin hook noting noted
    run_hooks unchanged);

our ($tmp, $dir, $log);
our $ALTER = 'ADD COLUMN extra INT NOT NULL DEFAULT 7';
my $s;

# The server that the tables are on; returns it.
sub hooks_on { ($s) = @_; $s }

sub begin {
	$tmp = File::Temp->newdir('la-hooks-XXXXXX', TMPDIR => 1);
	$dir = "$tmp/hooks";
	$log = "$tmp/log";
	mkdir $dir, 0755 or die "$dir: $!\n";
	spew($log, '');
	fresh_orders($s);
}

# A program in the directory, of these lines for a shell.
sub hook {
	my ($name, $text, $mode) = @_;
	spew("$dir/$name", "#!/bin/sh\n" . $text);
	chmod $mode // 0755, "$dir/$name" or die "$name: $!\n";
}

# One that writes its event to the log, and goes on with these lines.
sub noting {
	my ($event, $then) = @_;
	hook("livealter-on-$event", "echo $event >>$log\n" . ($then // ''));
}

sub noted { join ' ', split /\n/, slurp($log) }

sub run_hooks {
	return run_livealter($s, '--alter', $ALTER, dsn('app', 'orders'),
	    '--hooks-dir', $dir, @_);
}

# Two tests: the run has changed nothing.
sub unchanged {
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	Test::More::is($s->value("SELECT COUNT(*) FROM " .
	    "information_schema.columns WHERE table_schema = 'app' AND " .
	    "table_name = 'orders' AND column_name = 'extra'"), 0,
	    "$name: the table is as it was");
	nothing_left($s, 'app', '... and nothing is left');
}

1;
