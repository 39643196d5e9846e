# What the tests of the known ways to lose data have in common.
#
#	given($s, "CREATE TABLE %s (id INT PRIMARY KEY, c INT)",
#	    "INSERT INTO %s VALUES (1, 70000)");
#	undone($s, 'D-I 9: out of range', 35, qr/`?c`?/, 'MODIFY c TINYINT');
#	as_native($s, 'D-I 4: a rename', 'CHANGE c d INT');
#
# A statement with %s is meant for two tables, t and control: livealter
# changes the one, ALTER TABLE the other, and they must come out the same.
package Hazard;

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();
use Time::HiRes qw(time sleep);

use LiveAlter;
use Story;

our @EXPORT = qw(given both undone ends as_native like_native hold held goes_on
    numbers lost_nothing tables app_does between while_copying
    shadow_rows);

sub tables { ('t', 'control') }

sub numbers { my ($lo, $hi) = @_; join ' UNION ALL ',
    map { $_ == $lo ? "SELECT $_ AS i" : "SELECT $_" } $lo .. $hi }

# Runs the statement for each of the two tables it may be about.
sub both {
	my ($dbh, $sql) = @_;
	return $dbh->($sql) if $sql !~ /%s/;
	for my $t (tables()) {
		(my $x = $sql) =~ s/%s/$t/g;
		$dbh->($x);
	}
}

# A new database with what the statements make.
sub given {
	my ($s, @sql) = @_;
	$s->sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app " .
	    "DEFAULT CHARSET utf8mb4; USE app");
	both(sub { $s->sql($_[0]) }, $_) for @sql;
	$s->sql("USE mysql");
}

# A test: it ended with this, or one of these, and said all of that.
sub ends {
	my ($r, $exit, $why, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @exit = ref $exit ? @$exit : $exit;
	my $ok = Test::More::ok((grep { $r->{exit} == $_ } @exit),
	    "$name: ends with " . join ' or ', @exit)
	    or Test::More::diag("exit $r->{exit}\n$r->{err}");
	Test::More::unlike($r->{out}, qr/Successfully/, '... and no success')
	    or $ok = 0;
	Test::More::like($r->{err}, $_, '... says so') or $ok = 0
	    for ref $why eq 'ARRAY' ? @$why : $why;
	return $ok;
}

# Runs it and expects it to end so, with everything as it was.
sub undone {
	my ($s, $name, $exit, $why, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dump = $s->dump('app');
	my $r = migrate($s, $alter, 'app', 't', @opts);
	ends($r, $exit, $why, $name);
	same_dump($s->dump('app'), $dump, '... and all is as it was');
	return $r;
}

# A test: the two tables are the same, in bytes and definition.
sub like_native {
	my ($s, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_bytes($s, 'app', 't', 'control', "$name: the rows are ALTER's");
	same_definition($s, 'app', 't', 'control', '... the definition, too');
	nothing_left($s, 'app');
}

# Runs it, and expects what ALTER TABLE makes of the other table.
sub as_native {
	my ($s, $name, $alter, @opts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = migrate($s, $alter, 'app', 't', @opts);
	succeeded($r, 'app', 't', $name) or return $r;
	$s->sql("ALTER TABLE app.control $alter");
	like_native($s, '...');
	return $r;
}

# A test: the old table is there with the rows that the application wrote,
# which is what the other table holds, and nothing else is.
sub lost_nothing {
	my ($s) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like_native($s, '... nothing is lost');
}

sub shadow_rows {
	my ($s, $table) = @_;
	$table //= 't';
	my $n = eval { $s->value("SELECT COUNT(*) FROM app._${table}_new") };
	return $n // 0;
}

# A test: the application's statements succeed.
sub app_does {
	my ($dbh, $name, @sql) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $bad = '';
	for my $sql (@sql) {
		next if eval { both(sub { $dbh->do($_[0]) }, $sql); 1 };
		$bad .= "$sql: $@";
	}
	return Test::More::is($bad, '', "$name: the application's " .
	    'statements succeed');
}

# --- the copy, held where it is wanted ------------------------------------

# For one that stands before the copy: locks a row, lets the copy begin, and
# waits until it has come to the row.  Returns the connection, whose end of
# transaction lets it go on; undef when the copy has not stopped there.
# Options: at => 'id = 161', below => 160 rows, table => 't'.
sub hold {
	my ($s, $p, %o) = @_;
	my $t = $o{table} // 't';
	my $dbh = $s->dbh(database => 'app');
	$dbh->do("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	$dbh->begin_work;
	$dbh->selectall_arrayref("SELECT 1 FROM $t WHERE $o{at} FOR UPDATE");
	$p->kill('CONT');
	my $n = poll_until(sub { !$p->running ? -1 :
	    shadow_rows($s, $t) >= $o{below} - 1 ? shadow_rows($s, $t) : 0 },
	    20,
	    'the copy comes to the row') // -1;
	# To know where its range ends, the copy may look at the row after.
	return $dbh if $n >= $o{below} - 1 && $n <= $o{below};
	$dbh->rollback;
	return;
}

# Holds the copy at a row and lets the application write; then lets it go on.
#	given => [...]	statements that make the tables (again)
#	at => 'id = 161', below => 160		the row and how many are before
#	app => [...]	what the application does, or sub ($dbh, $process)
#	session => [...]	before that; one => 1: in one transaction
#	opts => [...]
# Returns what came of it.
sub held {
	my ($s, $name, $alter, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	given($s, @{$o{given}});
	my $p = start_to_step($s, 'before:copy', $alter, 'app', 't',
	    '--threads', 1, '--chunk-size', 40, '--chunk-time', 0, '--tries',
	    'copy_rows:40:0.25', @{$o{opts} // []});
	my $pin = hold($s, $p, at => 'id = 161', below => 160, %o);
	if (!$pin) {
		Test::More::fail("$name: the copy could not be held");
		return $p->wait(60);
	}
	my $dbh = $o{one} ? $pin : $s->dbh(database => 'app');
	$dbh->do($_) for @{$o{session} // ["SET NAMES utf8mb4"]};
	$dbh->do("SET SESSION innodb_lock_wait_timeout = 5");
	ref $o{app} eq 'CODE' ? $o{app}->($dbh, $p)
	    : app_does($dbh, $name, @{$o{app}});
	$o{one} ? $pin->commit : $pin->rollback;
	return $p->wait(60);
}

# What the application does there is done, and nothing else comes of it than of
# ALTER TABLE.  Options: those of held, and native => [statements before it].
sub goes_on {
	my ($s, $name, $alter, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = held($s, $name, $alter, %o);
	succeeded($r, 'app', 't', '... the run') or return lost_nothing($s);
	$s->sql($_) for @{$o{native} // []};
	$s->sql("ALTER TABLE app.control $alter");
	$s->sql("SET sql_mode = DEFAULT, time_zone = DEFAULT");
	like_native($s, '...');
}

# The same without a lock: between two steps, which is when all rows are copied
# and none is compared, or at => 'before:copy' and the like.
sub between {
	my ($s, $alter, $code, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $p = start_to_step($s, $o{at} // 'after:copy', $alter, 'app', 't',
	    '--threads', 1, '--chunk-size', 20, '--chunk-time', 0,
	    @{$o{opts} // []});
	$code->($s->dbh(database => 'app'), $p);
	$p->kill('CONT');
	return $p->wait(60);
}

# And amidst a slow copy that goes on meanwhile, when at least twenty rows are
# in the new table.
sub while_copying {
	my ($s, $alter, $code, %o) = @_;
	my $p = start_migration($s, $alter, 'app', 't', '--threads', 1,
	    '--chunk-size', 20, '--chunk-time', 0, '--sleep', 0.2,
	    @{$o{opts} // []});
	poll_until(sub { !$p->running ? -1 : shadow_rows($s) >= 20 }, 20,
	    'some rows are copied');
	$code->($s->dbh(database => 'app'), $p);
	return $p->wait(60);
}

1;
