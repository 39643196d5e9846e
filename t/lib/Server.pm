# A throwaway MariaDB or MySQL server for one test.
#
#	my $s = Server->start(flavour => 'mysql', args => ['--log-bin']);
#
# The flavour, or LIVEALTER_SERVER, is mariadb (as installed), mariadb-11.8 or
# mysql (unpacked by server-root.sh).  flavour() says mariadb for both of the
# first.
#
#	$s->sql("CREATE DATABASE app");
#	my $mark = $s->log_mark;
#	... print $s->log_text($mark);
#
# It has a directory, a socket and a tmpdir of its own, so that any number of
# them run at the same time, and goes away with the object or the program.
package Server;

use strict;
use warnings;

use Cwd qw(abs_path);
use DBI;
use Fcntl qw(:flock);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use File::Spec;
use File::Temp ();
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

use Noise;

my $ROOT = abs_path(dirname(__FILE__) . '/../..');
my $START_LIMIT = Noise::patience(60);
my $STOP_LIMIT = Noise::patience(60);

my %running;		# every server this process has to take away
my $next_id = 100;

# Named zones for the tests of TIMESTAMP across a change of daylight saving.
my @ZONES = qw(UTC Europe/Berlin America/New_York);

sub start {
	my ($class, %o) = @_;
	my $kind = $o{flavour} // $ENV{LIVEALTER_SERVER} // 'mariadb';
	# Who asks for the flavour of another server means the same release.
	$kind = $ENV{LIVEALTER_SERVER} if $kind eq 'mariadb' &&
	    ($ENV{LIVEALTER_SERVER} // '') =~ /^mariadb/;
	my $self = bless {
		flavour => $kind =~ /^mariadb/ ? 'mariadb' : $kind,
		kind => $kind,
		opt => \%o,
		owner => $$,
		id => $o{server_id} // ($$ % 40000) * 100 + ($next_id++ % 100),
	}, $class;

	my $found = $kind eq 'mariadb' ? $self->_find_mariadb
	    : $kind =~ /^(mysql|mariadb-11\.8)$/ ? $self->_find_unpacked
	    : die "Server: unknown flavour '$kind'\n";
	if (!$found) {
		my $why = "no $kind server found" . ($self->{root}
		    ? " in $self->{root} (run t/lib/server-root.sh $kind)"
		    : '');
		if ($ENV{LIVEALTER_NO_SERVER}) {
			require Test::More;
			Test::More::plan(skip_all => $why);
		}
		# A suite that tests nothing must not look like one that passed.
		die "Server: $why; LIVEALTER_NO_SERVER=1 skips such tests\n";
	}

	_catch_signals();
	$self->_make_dirs;
	$running{0 + $self} = 1;
	$Server::alive{0 + $self} = $self;
	require Scalar::Util;
	Scalar::Util::weaken($Server::alive{0 + $self});

	my $t = time;
	$self->_copy_template;
	for my $try (1 .. 3) {
		# Somebody may take the free port before the server does.
		last if $self->_launch($try < 3 && $o{tcp} && !$o{port});
	}
	$self->{start_seconds} = time - $t;
	$self->_open_tcp if $o{tcp};
	$self->_follow($o{replica_of}) if $o{replica_of};
	return $self;
}

sub flavour { $_[0]{flavour} }
sub is_mysql { $_[0]{flavour} eq 'mysql' }
sub is_mariadb { $_[0]{flavour} =~ /^mariadb/ }
sub socket { $_[0]{socket} }
sub port { $_[0]{port} }
sub pid { $_[0]{pid} }
sub dir { $_[0]{dir} }
sub server_id { $_[0]{id} }
sub start_seconds { $_[0]{start_seconds} }
sub version { $_[0]{version} }

sub version_number {
	my ($self) = @_;
	my ($a, $b, $c) = $self->{version} =~ /(\d+)\.(\d+)\.(\d+)/;
	return $a * 10000 + $b * 100 + $c;
}

# --- where the servers are -------------------------------------------------

sub _sudo { $> == 0 ? () : ('sudo', '-n') }

sub _find_mariadb {
	my ($self) = @_;
	my @try = $ENV{LIVEALTER_MARIADBD} // ();
	push @try, map { "$_/mariadbd" } '/usr/sbin', '/usr/libexec',
	    '/usr/local/sbin', split /:/, $ENV{PATH} // '';
	($self->{binary}) = grep { -x } @try or return;
	my $v = `"$self->{binary}" --no-defaults --version 2>&1`;
	($self->{version}) = $v =~ /Ver\s+(\S+)/ or return;
	$self->{cache} = "$ROOT/build/servers";
	return 1;
}

# Where server-root.sh has unpacked it.
sub _find_unpacked {
	my ($self) = @_;
	my $var = $self->is_mysql ? 'LIVEALTER_MYSQL_ROOT'
	    : 'LIVEALTER_MARIADB_ROOT';
	$self->{root} = $ENV{$var} // "$ROOT/build/$self->{kind}";
	my $program = $self->is_mysql ? 'mysqld' : 'mariadbd';
	-x "$self->{root}/usr/sbin/$program" or return;
	$self->{root} = abs_path($self->{root});
	$self->{binary} = "/usr/sbin/$program";
	# It runs by chroot, so all it is to see lives inside.
	$self->{cache} = "$self->{root}/srv";
	my @cmd = $self->_command('--no-defaults', '--version');
	my $v = `@cmd 2>&1`;
	($self->{version}) = $v =~ /Ver\s+(\S+)/
	    or die "Server: $program does not run in $self->{root}: $v";
	if (!-w $self->{cache}) {
		system(_sudo(), 'chmod', '1777', $self->{cache});
	}
	return 1;
}

sub _command {
	my ($self, @args) = @_;
	return $self->_in_root($self->{binary}, @args);
}

sub _in_root {
	my ($self, @cmd) = @_;
	return @cmd if !$self->{root};
	return ('chroot', $self->{root}, @cmd) if $> == 0;
	# With --userspec the server is ours: we can signal it and read what
	# it writes.
	my ($gid) = split / /, $);
	return (_sudo(), 'chroot', "--userspec=$>:$gid", $self->{root}, @cmd);
}

# The server's name for one of our paths.
sub _inside {
	my ($self, $path) = @_;
	$path =~ s/^\Q$self->{root}\E// if $self->{root};
	return $path;
}

sub _user { $> == 0 ? ('--user=root') : () }

# --- directories and templates ---------------------------------------------

sub _make_dirs {
	my ($self) = @_;
	my $tmp = $ENV{TMPDIR} // '/tmp';
	# A socket's path has to fit in 107 bytes.
	$tmp = '/tmp' if length("$tmp/la-XXXXXX/s") > 90;
	$self->{dir} = File::Temp::tempdir('la-XXXXXX', DIR => $tmp);
	if ($self->{root}) {
		$self->{base} = File::Temp::tempdir('la-XXXXXX',
		    DIR => $self->{cache});
		symlink "$self->{base}/s", "$self->{dir}/s"
		    or die "Server: symlink: $!\n";
	} else {
		$self->{base} = $self->{dir};
	}
	chmod 0755, $self->{dir}, $self->{base};
	mkdir "$self->{base}/tmp" or die "Server: $self->{base}/tmp: $!\n";
	$self->{data} = "$self->{base}/data";
	$self->{socket} = "$self->{dir}/s";
	$self->{log} = "$self->{base}/general.log";
	$self->{errlog} = "$self->{base}/error.log";
	$self->{pidfile} = "$self->{base}/pid";
}

sub _lock {
	my ($self, $name) = @_;
	make_path($self->{cache});
	open my $fh, '>>', "$self->{cache}/$name-$>.lock"
	    or die "Server: $self->{cache}/$name-$>.lock: $!\n";
	flock $fh, LOCK_EX or die "Server: flock: $!\n";
	return $fh;
}

# Making system tables takes long and is always the same: do it once for each
# version and user, and copy.
sub _copy_template {
	my ($self) = @_;
	(my $v = $self->{version}) =~ s/[^\w.-]/_/g;
	# MySQL's dictionary keeps how names are compared.
	my ($lower) = grep { /^--lower.case.table.names/ }
	    @{$self->{opt}{args} // []};
	$self->{lower} = $lower if $self->is_mysql && $lower;
	$v .= '-lower' if $self->{lower};
	my $template = "$self->{cache}/template-$self->{flavour}-$v-$>";

	if (!-d $template || $self->{root} && !-d "$self->{root}/proc/self") {
		my $lock = $self->_lock('template');
		$self->_mount_proc if $self->{root};
		if (!-d $template) {
			my $new = "$template.new";
			remove_tree($new);
			$self->is_mysql ? $self->_init_mysql($new)
			    : $self->_init_mariadb($new);
			# auto.cnf holds the uuid, which is to differ.
			unlink "$new/auto.cnf";
			rename $new, $template
			    or die "Server: $template: $!\n";
		}
	}
	system('cp', '-a', '--reflink=auto', $template, $self->{data}) == 0
	    or die "Server: cannot copy $template\n";
}

# mysqld finds out about the machine from /proc.
sub _mount_proc {
	my ($self) = @_;
	my $proc = "$self->{root}/proc";
	return if -d "$proc/self";
	my $quiet = '>/dev/null 2>&1';
	my $sudo = join ' ', _sudo();
	system("$sudo mount -t proc proc '$proc' $quiet") == 0
	    || system("$sudo mount --bind /proc '$proc' $quiet") == 0
	    || warn "Server: cannot mount $proc, trying without\n";
}

sub _zone_sql {
	my ($tool) = grep { -x } '/usr/bin/mariadb-tzinfo-to-sql',
	    '/usr/bin/mysql_tzinfo_to_sql' or return '';
	my $sql = '';
	for my $z (@ZONES) {
		my $file = "/usr/share/zoneinfo/$z";
		$sql .= `"$tool" $file $z 2>/dev/null` if -r $file;
	}
	return $sql;
}

sub _run_quietly {
	my ($what, @cmd) = @_;
	my $log = File::Temp->new;
	my $pid = fork // die "Server: fork: $!\n";
	if ($pid == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $log;
		open STDERR, '>&', $log;
		exec { $cmd[0] } @cmd or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return if $? == 0;
	my $st = $?;
	die "Server: $what failed (status $st):\n" . _tail("$log", 40);
}

sub _init_mariadb {
	my ($self, $dir) = @_;
	my ($tool) = $self->{root} ? '/usr/bin/mariadb-install-db' : grep { -x }
	    map { "$_/mariadb-install-db" } '/usr/bin', '/usr/local/bin',
	    '/usr/scripts', split /:/, $ENV{PATH} // ''
	    or die "Server: mariadb-install-db is not installed\n";
	# --force: a bare system cannot look up its own name, and need not.
	_run_quietly('mariadb-install-db', $self->_in_root($tool,
	    '--no-defaults', '--force', '--datadir=' . $self->_inside($dir),
	    '--auth-root-authentication-method=normal', '--skip-test-db',
	    '--skip-name-resolve', _user(), '--innodb-log-file-size=16M'));

	my $sql = _zone_sql() or return;
	my $in = File::Temp->new;
	# Bootstrap mode reads a statement a line, and Aria has no transactions.
	$sql =~ s/^--.*\n//mg;
	print $in "USE mysql;\n", $sql;
	close $in;
	my $boot = join ' ', map { "'$_'" } $self->_command('--no-defaults',
	    '--bootstrap', '--datadir=' . $self->_inside($dir), _user(),
	    '--innodb-log-file-size=16M');
	system("$boot < $in >/dev/null 2>&1") == 0
	    or warn "Server: no time zones (bootstrap failed)\n";
}

sub _init_mysql {
	my ($self, $dir) = @_;
	my $init = "$dir.sql";
	my @init;
	if (my $sql = _zone_sql()) {
		# An init file may hold neither delimiters nor IF blocks.
		$sql = join '', map { "$_;\n" } grep { /^\s*(INSERT|SET \@t)/i }
		    split /;\s*\n/, $sql;
		open my $fh, '>', $init or die "Server: $init: $!\n";
		print $fh "USE mysql;\n", $sql;
		close $fh;
		chmod 0644, $init;
		@init = ('--init-file=' . $self->_inside($init));
	}
	mkdir $dir or die "Server: $dir: $!\n";
	_run_quietly('mysqld --initialize-insecure', $self->_command(
	    '--no-defaults', '--initialize-insecure', _user(), @init,
	    $self->{lower} // (),
	    '--datadir=' . $self->_inside($dir), '--mysqlx=0',
	    '--secure-file-priv=', '--innodb-redo-log-capacity=8M',
	    '--innodb-use-native-aio=0', '--skip-log-bin'));
	unlink $init;
}

# --- up and down -----------------------------------------------------------

sub _arguments {
	my ($self) = @_;
	my $o = $self->{opt};
	my $b = $self->_inside($self->{base});
	my @given = @{$o->{args} // []};
	my $has = sub { my $re = shift; grep { /^--$re/ } @given };

	my @a = ('--no-defaults', "--datadir=$b/data", "--socket=$b/s",
	    "--tmpdir=$b/tmp", "--pid-file=$b/pid", "--log-error=$b/error.log",
	    "--general-log-file=$b/general.log",
	    '--general-log=' . ($o->{general_log} // 1 ? 1 : 0),
	    '--log-output=FILE', "--server-id=$self->{id}", _user(),
	    '--innodb-buffer-pool-size=' . ($o->{buffer_pool} // '64M'),
	    # Many servers at once run into the limit of fs.aio-max-nr.
	    '--innodb-use-native-aio=0', '--max-connections=200');
	# No test cuts the power, and what a server that is killed has written
	# is the system's: so nobody has to wait for the disk.
	push @a, '--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0',
	    $self->is_mysql ? '--innodb-flush-method=nosync'
	    : '--debug-no-sync' if !$o->{durable};
	if ($o->{tcp}) {
		$self->{port} = $o->{port} // _free_port()
		    if !$self->{port};
		push @a, '--bind-address=127.0.0.1', "--port=$self->{port}";
	} else {
		push @a, '--skip-networking';
	}
	if ($self->is_mysql) {
		push @a, '--mysqlx=0', '--secure-file-priv=';
		push @a, '--innodb-redo-log-capacity=' .
		    ($o->{redo} // '64M') if !$has->('innodb.redo');
		push @a, '--skip-log-bin'
		    if !$has->('(skip.|disable.)?log.bin');
	} else {
		push @a, '--innodb-log-file-size=' . ($o->{redo} // '64M')
		    if !$has->('innodb.log.file');
		push @a, '--skip-name-resolve';
	}
	return (@a, @given);
}

sub _free_port {
	my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
	    or die "Server: no free port: $!\n";
	return $l->sockport;
}

# Returns true when the server answers; dies, or returns false when asked to
# leave the other attempts to the caller.
sub _launch {
	my ($self, $soft) = @_;
	my @cmd = $self->_command($self->_arguments);

	unlink $self->{pidfile};
	open my $err, '>>', $self->{errlog}
	    or die "Server: $self->{errlog}: $!\n";
	my $pid = fork // die "Server: fork: $!\n";
	if ($pid == 0) {
		# Ctrl-C is for the test; the test stops the server.
		setpgrp 0, 0;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $err;
		open STDERR, '>&', $err;
		$ENV{$_} = $self->{opt}{env}{$_}
		    for keys %{$self->{opt}{env} // {}};
		# Nobody is left to stop it when the test dies by SIGKILL.
		unshift @cmd, 'setpriv', '--pdeathsig', 'TERM', '--'
		    if -x '/usr/bin/setpriv';
		exec { $cmd[0] } @cmd or POSIX::_exit(127);
	}
	$self->{child} = $pid;
	$self->{pid} = $pid;

	my $end = time + $START_LIMIT;
	my $why = "no answer in $START_LIMIT s";
	while (time < $end) {
		if (waitpid($pid, WNOHANG) == $pid) {
			$why = "it ended with status $?";
			delete @$self{qw(child pid)};
			last;
		}
		if (-S $self->{socket} && -s $self->{pidfile}) {
			my $dbh = eval { $self->_connect };
			if ($dbh) {
				$self->{version} = $dbh->{mysql_serverinfo};
				$dbh->disconnect;
				$self->_read_pid;
				return 1;
			}
			$why = "no answer in $START_LIMIT s: " . DBI->errstr
			    if DBI->errstr;
		}
		sleep 0.01;
	}
	my $tail = _tail($self->{errlog}, 30);
	$self->stop(kill => 1);
	if ($soft && $tail =~ /already in use|Bind on TCP/i) {
		delete $self->{port};
		return 0;
	}
	$self->_remove;
	die "Server: $self->{flavour} did not start: $why\n$tail";
}

# Under sudo the child is not the server.
sub _read_pid {
	my ($self) = @_;
	open my $fh, '<', $self->{pidfile} or return;
	my $line = <$fh> // '';
	$self->{pid} = $1 if $line =~ /^(\d+)/;
}

sub _open_tcp {
	my ($self) = @_;
	# Not in the binary log: a replica has these accounts already.
	my $dbh = $self->dbh;
	$dbh->do("SET SESSION sql_log_bin = 0");
	for my $u (['root', ''], ['repl', 'repl']) {
		$dbh->do("CREATE USER IF NOT EXISTS '$u->[0]'\@'%' " .
		    "IDENTIFIED BY '$u->[1]'");
		$dbh->do("GRANT ALL ON *.* TO '$u->[0]'\@'%' " .
		    "WITH GRANT OPTION");
	}
	$dbh->disconnect;
}

sub _follow {
	my ($self, $src) = @_;
	my $port = $src->port or die "Server: the source needs tcp => 1\n";
	if ($self->is_mysql) {
		$self->sql("CHANGE REPLICATION SOURCE TO " .
		    "SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $port, " .
		    "SOURCE_USER = 'repl', SOURCE_PASSWORD = 'repl', " .
		    "SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1");
		$self->sql("START REPLICA");
	} else {
		$self->sql("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', " .
		    "MASTER_PORT = $port, MASTER_USER = 'repl', " .
		    "MASTER_PASSWORD = 'repl', MASTER_CONNECT_RETRY = 1");
		$self->sql("START SLAVE");
	}
}

# Waits until this replica has applied what its source has written so far.
sub wait_for_source {
	my ($self, $src, $limit) = @_;
	$limit = Noise::patience($limit // 60);
	my $m = eval { $src->row($self->is_mysql ? "SHOW BINARY LOG STATUS"
	    : "SHOW MASTER STATUS") }
	    // $src->row("SHOW MASTER STATUS");
	my $fn = $self->is_mysql ? 'SOURCE_POS_WAIT' : 'MASTER_POS_WAIT';
	my $r = $self->value("SELECT $fn(?, ?, ?)", $m->{File},
	    $m->{Position}, $limit);
	die "Server: the replica did not catch up in $limit s\n"
	    if !defined $r || $r < 0;
}

sub stop {
	my ($self, %o) = @_;
	return if !$self->{child} || $self->{owner} != $$;
	$self->_forget_dbh;
	local ($?, $!);
	my $end = time + $STOP_LIMIT;
	my $sig = $o{kill} ? 'KILL' : 'TERM';
	kill $sig, $self->{pid};
	kill $sig, $self->{child} if $self->{child} != $self->{pid};
	until (waitpid($self->{child}, WNOHANG)) {
		if (time > $end && $sig eq 'TERM') {
			$sig = 'KILL';
			kill $sig, $self->{pid}, $self->{child};
		}
		sleep 0.005;
	}
	$self->{status} = $?;
	# Under sudo it is not the server that was waited for.
	if ($self->{pid} != $self->{child}) {
		sleep 0.005 while $self->running && time < $end;
	}
	delete @$self{qw(child pid)};
	return 1;
}

sub kill9 { $_[0]->stop(kill => 1) }

# Starts a stopped or killed server, or stops and starts a running one.
sub restart {
	my ($self, %o) = @_;
	$self->stop;
	$self->{opt}{args} = $o{args} if $o{args};
	$self->_launch;
	return $self;
}

sub running {
	my ($self) = @_;
	return $self->{pid} && kill(0, $self->{pid}) ? 1 : 0;
}

sub _remove {
	my ($self) = @_;
	local ($?, $!, $@);
	remove_tree(grep { defined } @$self{qw(base dir)}, { safe => 0 })
	    if !$ENV{LIVEALTER_KEEP};
	delete $Server::alive{0 + $self};
}

# What it has written is deleted, so nobody waits until it is in order (MySQL
# takes a second for that).
sub DESTROY {
	my ($self) = @_;
	return if $self->{owner} != $$;
	local ($?, $!, $@);
	$self->stop(kill => !$ENV{LIVEALTER_KEEP});
	$self->_remove if $self->{base};
}

sub _stop_all {
	$_->DESTROY for grep { defined && $_->{owner} == $$ }
	    values %Server::alive;
}

END { _stop_all() }

my $caught;
sub _catch_signals {
	return if $caught++;
	for my $sig (qw(INT TERM HUP)) {
		next if $SIG{$sig} && $SIG{$sig} ne 'DEFAULT';
		my $owner = $$;
		$SIG{$sig} = sub {
			_stop_all() if $$ == $owner;
			$SIG{$sig} = 'DEFAULT';
			kill $sig, $$;
		};
	}
}

sub _tail {
	my ($file, $lines) = @_;
	open my $fh, '<', $file or return "($file: $!)\n";
	my @l = <$fh>;
	splice @l, 0, @l - $lines if @l > $lines;
	return join '', @l;
}

# --- talking to it ---------------------------------------------------------

sub _connect {
	my ($self, %attr) = @_;
	my $db = delete $attr{database} // '';
	my $user = delete $attr{user} // 'root';
	my $pw = delete $attr{password} // '';
	return DBI->connect(
	    "DBI:mysql:database=$db;mysql_socket=$self->{socket}", $user, $pw,
	    { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1,
	    mysql_enable_utf8mb4 => 0, %attr });
}

# A new connection; database, user and password may be among the attributes.
sub dbh {
	my ($self, %attr) = @_;
	return $self->_connect(%attr);
}

# The connection that sql() and its likes share.
sub _own_dbh {
	my ($self) = @_;
	if (!$self->{dbh} || $self->{dbh_pid} != $$ || !$self->{dbh}->ping) {
		$self->_forget_dbh;
		$self->{dbh} = $self->_connect(mysql_multi_statements => 1);
		$self->{dbh_pid} = $$;
		# Bytes in, bytes out; the tests say what they mean.
		$self->{dbh}->do("SET NAMES utf8mb4");
	}
	return $self->{dbh};
}

sub _forget_dbh {
	my ($self) = @_;
	my $dbh = delete $self->{dbh} or return;
	eval { $dbh->disconnect } if $self->{dbh_pid} == $$;
}

# Runs any number of statements, separated by semicolons.
sub sql {
	my ($self, $sql, @bind) = @_;
	my $sth = $self->_own_dbh->prepare($sql);
	my $n = $sth->execute(@bind);
	# An error in a later statement shows only when its result is asked for.
	while ($sth->more_results) {
	}
	$sth->finish;
	return $n;
}

# A list of array references, one a row.
sub rows {
	my ($self, $sql, @bind) = @_;
	return @{$self->_own_dbh->selectall_arrayref($sql, undef, @bind)};
}

# The first row as a hash reference.
sub row {
	my ($self, $sql, @bind) = @_;
	return $self->_own_dbh->selectrow_hashref($sql, undef, @bind);
}

# The first column of the first row.
sub value {
	my ($self, $sql, @bind) = @_;
	my ($v) = $self->_own_dbh->selectrow_array($sql, undef, @bind);
	return $v;
}

sub error_log { _tail($_[0]{errlog}, $_[1] // 200) }
sub log_mark { -s $_[0]{log} // 0 }

sub log_text {
	my ($self, $mark) = @_;
	open my $fh, '<:raw', $self->{log} or return '';
	seek $fh, $mark // 0, 0;
	local $/;
	return scalar(<$fh>) // '';
}

# The same as a list of { id, command, text }.
sub log_entries {
	my ($self, $mark) = @_;
	my @e;
	for (split /\n/, $self->log_text($mark)) {
		if (/^(?:\d{6}\s+\d+:\d\d:\d\d\t|\t\t|\d{4}-\S+Z?\t)
		    \s*(\d+)\s([A-Z][A-Za-z\ ]*?)\s*\t(.*)$/x) {
			push @e, { id => $1, command => $2, text => $3 };
		} elsif (@e && !/^(Time\s+Id|Tcp port|\S+, Version)/) {
			$e[-1]{text} .= "\n$_";
		}
	}
	return @e;
}

# Follows the log: each call of what this returns gives what has come since, as
# the code makes it of each line.  The server writes a statement there before
# it executes it.
sub log_follow {
	my ($self, $take) = @_;
	open my $fh, '<:raw', $self->{log} or die "$self->{log}: $!\n";
	seek $fh, $self->log_mark, 0;
	my $rest = '';
	return sub {
		my @new;
		while (sysread $fh, my $some, 1 << 16) {
			$rest .= $some;
		}
		while ($rest =~ s/\A(.*)\n//) {
			push @new, $take->("$1");
		}
		return @new;
	};
}

# --- everything there is in a schema, as a text ----------------------------

sub _ident {
	my ($name) = @_;
	$name =~ s/`/``/g;
	return "`$name`";
}

# Options: data => 0; counter => 0 leaves AUTO_INCREMENT=n out;
# tables => qr/.../ takes only these.
sub dump {
	my ($self, $db, %o) = @_;
	my $dbh = $self->dbh(database => $db);
	# No conversion of text or time on its way here.
	$dbh->do("SET NAMES utf8mb4");
	$dbh->do("SET time_zone = '+00:00', sql_mode = ''");
	my $d = _ident($db);
	my $out = '';

	my $sc = $dbh->selectrow_arrayref("SHOW CREATE DATABASE $d");
	$out .= "$sc->[1]\n";

	my $tables = $dbh->selectall_arrayref("SELECT table_name, table_type " .
	    "FROM information_schema.tables WHERE table_schema = ? " .
	    "ORDER BY CAST(table_name AS BINARY)", undef, $db);
	for my $t (@$tables) {
		my ($name, $type) = @$t;
		next if $o{tables} && $name !~ $o{tables};
		my $q = "$d." . _ident($name);
		my $view = $type =~ /VIEW/;
		my $row = $dbh->selectrow_arrayref(
		    $view ? "SHOW CREATE VIEW $q" : "SHOW CREATE TABLE $q");
		my $def = $row->[1];
		$def =~ s/ AUTO_INCREMENT=\d+//
		    if defined $o{counter} && !$o{counter};
		$out .= "\n-- $type $name\n$def\n";
		next if $view || defined $o{data} && !$o{data};
		$out .= $self->_dump_rows($dbh, $db, $name, $q);
	}

	my $tr = $dbh->selectall_arrayref("SELECT trigger_name, " .
	    "event_object_table, action_timing, event_manipulation, " .
	    "action_order, definer, sql_mode, character_set_client, " .
	    "collation_connection, database_collation, action_statement " .
	    "FROM information_schema.triggers WHERE trigger_schema = ? " .
	    "ORDER BY 2, 4, 3, 5, 1", undef, $db);
	for my $t (@$tr) {
		next if $o{tables} && $t->[1] !~ $o{tables};
		$out .= "\n-- TRIGGER " . join(' | ', @$t) . "\n";
	}
	return $out if $o{tables};

	my $ro = $dbh->selectall_arrayref("SELECT routine_type, " .
	    "routine_name FROM information_schema.routines " .
	    "WHERE routine_schema = ? ORDER BY 1, 2", undef, $db);
	for my $r (@$ro) {
		my $sth = $dbh->prepare("SHOW CREATE $r->[0] $d." .
		    _ident($r->[1]));
		$sth->execute;
		my @c = map { $_ // 'NULL' } @{$sth->fetchrow_arrayref};
		$out .= "\n-- $r->[0] " . join(' | ', @c) . "\n";
	}
	my $ev = $dbh->selectall_arrayref("SELECT event_name " .
	    "FROM information_schema.events WHERE event_schema = ? " .
	    "ORDER BY 1", undef, $db);
	for my $e (@$ev) {
		my $c = $dbh->selectrow_arrayref("SHOW CREATE EVENT $d." .
		    _ident($e->[0]));
		$out .= "\n-- EVENT " .
		    join(' | ', map { $_ // 'NULL' } @$c) . "\n";
	}
	return $out;
}

sub _dump_rows {
	my ($self, $dbh, $db, $name, $q) = @_;
	# Named one by one: "*" leaves invisible columns out.
	my $cols = $dbh->selectcol_arrayref("SELECT column_name " .
	    "FROM information_schema.columns WHERE table_schema = ? AND " .
	    "table_name = ? ORDER BY ordinal_position", undef, $db, $name);
	my $list = join ', ', map { _ident($_) } @$cols;
	$dbh->do("SET character_set_results = NULL");
	my $sth = $dbh->prepare("SELECT $list FROM $q",
	    { mysql_use_result => 1 });
	$sth->execute;
	my @rows;
	while (my $r = $sth->fetchrow_arrayref) {
		push @rows, join ' ', map { defined $_ ? 'x' . unpack('H*', $_)
		    : 'NULL' } @$r;
	}
	$dbh->do("SET character_set_results = utf8mb4");
	# Sorted here, so that no collation has a say.
	return join "\n", "-- rows: " . @rows, (sort @rows), '';
}

1;
