# Each option of pt-online-schema-change 3.7.1 is known in its form, and is
# done, accepted with a line that says why nothing needs doing, or refused with
# what there is instead.
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Test::More;

my $dir = File::Temp->newdir;
spew("$dir/my.cnf", "[client]\n");
chmod 0600, "$dir/my.cnf";

# name, its letter; how it is written: "!" has a negative form, "=" a value.
my @options = qw(alter= alter-foreign-keys-method= analyze-before-swap!
    ask-pass binary-index buffer-stdout! channel= charset|A= check-alter!
    check-foreign-keys! check-interval= check-plan! check-replica-lag=
    check-replication-filters! check-slave-lag= check-unique-key-change!
    chunk-index= chunk-index-columns= chunk-size= chunk-size-limit= chunk-time=
    config= critical-load= data-dir= database|D= default-engine
    defaults-file|F= drop-new-table! drop-old-table! drop-triggers! dry-run
    execute fail-on-stopped-replication! force help history history-table=
    host|h= max-flow-ctl= max-lag= max-load= mysql_ssl|s= new-table-name=
    null-to-not-null only-same-schema-fks password|p= pause-file= pid= plugin=
    port|P= preserve-triggers print progress= quiet|q recurse=
    recursion-method= remove-data-dir remove-tablespace replica-password=
    replica-user= resume= reverse-triggers set-vars= skip-check-replica-lag=
    skip-check-slave-lag= slave-password= slave-user= sleep= socket|S=
    statistics swap-tables! tries= user|u= version version-check! where=);
cmp_ok(scalar @options, '>=', 76, 'the options are listed');

# What it takes in the place of a word.
my %value = ('alter-foreign-keys-method' => 'drop_swap', 'check-interval' => 2,
    'chunk-index-columns' => 1, 'chunk-size' => '2k', 'chunk-size-limit' => 4,
    'chunk-time' => 0.5, config => '', 'critical-load' => 'Threads_running=99',
    'defaults-file' => "$dir/my.cnf", 'max-flow-ctl' => 5, 'max-lag' => '1s',
    'max-load' => 'Threads_running=25', mysql_ssl => 1, port => 3307,
    progress => 'time,30', recurse => 1, 'recursion-method' => 'none',
    resume => 1, 'set-vars' => 'a=1', sleep => 0.5,
    tries => 'create_triggers:5:0.5,drop_triggers:5:0.5',
    (map { $_ => 'h=replica,P=3307' } qw(check-replica-lag check-slave-lag
    skip-check-replica-lag skip-check-slave-lag)));
my %with = (resume => ['--execute'], where => ['--force'], 'reverse-triggers' =>
    ['--no-drop-old-table']);

sub asked {
	my ($name, @args) = @_;
	my $r = run_livealter(undef, @args, @{$with{$name} // []},
	    '--print-config');
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	if ($r->{exit} == 0) {
		ok(1, "@args is taken");
		return;
	}
	my ($why) = $r->{err} =~
	    /--\Q$name\E is (?:refused|not yet supported): (.*)/;
	ok(defined $why, "@args is refused by name") or diag $r->{err};
	cmp_ok(length($why // ''), '>', 10, '... with the reason');
	like($why // '', qr/--[a-z]|\buse\b|\binstead\b|\bwill come\b/,
	    '... and with what there is instead')
	    if $r->{err} =~ /--\Q$name\E is refused/;
}

for (@options) {
	my ($name, $letter, $form) = /^([\w-]+)(?:\|(\w))?([=!]?)$/;
	my @value = $form eq '=' ? ($value{$name} // 'x') : ();
	asked($name, "--$name", @value);
	asked($name, "-$letter", @value) if $letter;
	asked($name, "--no-$name") if $form eq '!';
	# The form is the same: what takes a value takes it, and no other does.
	my $r = run_livealter(undef, "--$name" . ($form eq '=' ? '' : '=x'));
	like($r->{err}, $form eq '=' ? qr/--$name: needs a value/ :
	    qr/--$name: takes no value/, "--$name: its form");
}

done_testing;
