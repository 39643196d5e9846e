# --report: a page about the run, whole at any time, however the run ends, with
# nothing in it that is run or asked for elsewhere, whatever the names are.
# long: a browser takes its time
use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use LiveAlter;
use Server;
use Story;
use Test::More;

my $s = Server->start;
my $dir = File::Temp->newdir;
my $page = "$dir/run.html";
my $ALTER = "ADD COLUMN extra VARCHAR(40) NOT NULL DEFAULT '<script>\"&'";
my @slow = ('--chunk-size', 50, '--sleep', 0.02, '--threads', 2);

sub slurp_page { -e $page ? LiveAlter::slurp($page) : '' }

# Tests: the page is well-formed, stands alone, and says this of the end.
sub is_well {
	my ($end, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $html = slurp_page();
	like($html, qr{<span class="badge \w+">\Q$end\E}, "$name: $end");
	my $r = run_program({}, 'tidy', '-q', '-e', '-utf8', $page);
	# It does not know all of what SVG has.
	my @wrong = grep { !/<svg>|proprietary attribute|empty <i>/ }
	    split /\n/, $r->{err};
	is("@wrong", '', '... as HTML has to be');
	unlike($html, qr{<script|\bon\w+=|<link|<img|<iframe|\@import|url\(|
	    (?:src|href)=|https?:}xi, '... nothing runs, or is elsewhere');
	cmp_ok(length $html, '<', 1 << 20, '... less than 1 MB');
	is(join(' ', grep { !/^\Q$page\E$/ } glob("$dir/run.html*")), '',
	    '... and nothing is beside it');
	return $html;
}

# --- a run with all that can be seen -----------------------------------------

make_orders($s, 'app', 'orders', 6000);
my $pause = "$dir/pause";
my $p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow,
    '--pause-file', $pause, '--max-load', 'Threads_running=200',
    '--report', $page, '--replica-password=s3cret-word',
    '--tries=swap_tables:50:0.3');
like(slurp_page(), qr/Still running, or killed/, 'there is a page at once');
spew($pause, '');
ok($p->wait_for(qr/pausing, to wait for/, 30), '(it waits)');
my $reader = open_reader($s);
unlink $pause;
ok($p->wait_for(qr/in use by/, 60), '(it is in the way of the swap)');
$reader->rollback;
is($p->wait(60)->{exit}, 0, '(the migration succeeds)');
my $html = is_well('Altered', 'a migration');
like($html, qr/Rows per second.*Chunk size.*<svg/s, '... with figures');
like($html, qr/Load: Threads_running/, '... the load');
like($html, qr/Chunk time/, '... the time of chunks');
like($html, qr/<title>the file \S+pause to be gone/, '... the wait');
like($html, qr/blocker.*in use by connection/s, '... who was in the way');
like($html, qr/compared \d+ rows.*no difference/, '... the comparison');
like($html, qr/proved \d+ rows/, '... the proof');
like($html, qr/CREATE TABLE.*RENAME TABLE/s, '... the statements');
like($html, qr/&lt;script&gt;&quot;&amp;/, '... with what looks like markup');
unlike($html, qr/s3cret-word/, '... no password');
like($html, qr/prefers-color-scheme:dark.*\@media print/s,
    '... dark, light and on paper');

# --- as a browser sees it ----------------------------------------------------

my $build = $ENV{LIVEALTER_BUILD} // 'build';
my @browser = ('chromium', '--headless', '--no-sandbox', '--disable-gpu',
    '--disable-dev-shm-usage', '--hide-scrollbars', '--no-first-run',
    "--user-data-dir=$dir/profile");

sub browse {
	my (@args) = @_;
	return run_program({ env => { HOME => "$dir" } }, @browser, @args,
	    "file://$page");
}

{
	my $r = browse('--dump-dom');
	like($r->{out}, qr{<span>rows copied</span> <b>6000</b>.*</html>}s,
	    'a browser shows it') or diag $r->{err};
	for my $look (['light', 1000], ['dark', 1000, '--force-dark-mode',
	    '--blink-settings=preferredColorScheme=0'], ['phone', 500]) {
		my ($name, $width, @more) = @$look;
		my $shot = "$build/report-$name.png";
		unlink $shot;
		$r = browse(@more, "--screenshot=$shot",
		    "--window-size=$width,4200");
		ok(-s $shot, "... $name: $shot") or diag $r->{err};
	}
	my $pdf = "$build/report.pdf";
	unlink $pdf;
	$r = browse("--print-to-pdf=$pdf", '--no-pdf-header-footer');
	ok(-s $pdf, "... and prints it: $pdf") or diag $r->{err};
}

# --- other ends --------------------------------------------------------------

fresh_orders($s);
is(migrate($s, 'ADD COLUMN extra NO_TYPE', 'app', 'orders', '--report',
    $page)->{exit}, 11, '(a wrong ALTER)');
$html = is_well('Failed', 'a failure');
like($html, qr/role="alert".*NO_TYPE/s, '... with the error');

fresh_orders($s);
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow, '--report', $page,
    '--on-interrupt=keep');
$p->kill('TERM');
is($p->wait(60)->{exit}, 33, '(an interrupt)');
is_well('Interrupted; can be resumed', 'an interrupt');
is(run_livealter($s, 'resume', dsn('app', 'orders'), '--report',
    $page)->{exit}, 0, '(resumed)');
$html = is_well('Altered', 'a resumed migration');
like($html, qr/ALTER TABLE.*extra/s, '... with its ALTER');

fresh_orders($s);
$p = start_to_chunk($s, 3, $ALTER, 'app', 'orders', @slow, '--report', $page);
$p->kill('KILL');
$p->wait(60);
$html = is_well('Still running, or killed', 'a kill');
like($html, qr/last written at \d{4}-/, '... says when');
run_livealter($s, 'cleanup', dsn('app', 'orders'));

fresh_orders($s);
is(run_livealter($s, '--alter', $ALTER, dsn('app', 'orders'), '--dry-run',
    '--report', $page)->{exit}, 0, '(a dry run)');
$html = is_well('Dry run complete', 'a dry run');
like($html, qr{<h2>Plan</h2>.*CREATE TRIGGER}s, '... has the plan');

# --- names, and files that cannot be -----------------------------------------

my $odd = "</title><b>\"'`\n\xe2\x80\xae";
make_orders($s, 'app', 'odd', 50);
$s->sql("RENAME TABLE app.odd TO app." . Story::q($odd));
is(run_livealter($s, '--alter', $ALTER, '-D', 'app', '--table', $odd,
    '--execute', '--report', $page)->{exit}, 0, '(a name like markup)');
$html = is_well('Altered', 'hostile names');
unlike($html, qr{</title><b>}, '... are no markup');
unlike($html, qr/\xe2\x80\xae/, '... and turn no text around');

symlink $page, "$dir/link";
for my $bad ("$dir/no/such", "$dir", "$dir/link", '/dev/null') {
	fresh_orders($s);
	my $r = migrate($s, $ALTER, 'app', 'orders', '--report', $bad);
	is($r->{exit}, 1, "$bad: refused");
	like($r->{err}, qr/--report: \Q$bad\E: /, '... by its name');
	nothing_left($s, 'app', '... before anything begins');
}
unlink $page;
{
	my $old = umask 0077;
	migrate($s, $ALTER, 'app', 'orders', '--report', $page);
	umask $old;
	is(sprintf('%o', (stat $page)[2] & 0777), '600',
	    'its mode is by umask');
}

done_testing;
