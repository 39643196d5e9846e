#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/util.h"
#include "cli/config.h"
#include "cli/configure.h"

#define WORDS 24

/* A command line in memory that may be written to, and what came of it. */
struct fixture {
	struct config c;
	struct str rejects;
	struct err e;
	char dir[32], file[64];
	char *argv[WORDS];
	int argc;
};

static int
setup(void **state)
{
	static const struct str empty = STR_INIT;
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->rejects = empty;
	memcpy(f->dir, "/tmp/livealter.XXXXXX", 22);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->file, sizeof(f->file), "%s/.livealter.yaml", f->dir);
	setenv("HOME", f->dir, 1);
	unsetenv("LIVEALTER_FAIL_AT");
	unsetenv("LIVEALTER_WITHOUT");
	*state = f;
	return 0;
}

static void
clear(struct fixture *f)
{
	int i;

	configure_free(&f->c);
	str_reset(&f->rejects);
	memset(&f->e, 0, sizeof(f->e));
	for (i = 0; i < f->argc; i++)
		free(f->argv[i]);
	f->argc = 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	clear(f);
	str_free(&f->rejects);
	unlink(f->file);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* The words are separated by "|", so that they may have blanks. */
static int
load(struct fixture *f, const char *words)
{
	size_t len;

	clear(f);
	f->argv[f->argc++] = xstrdup("livealter");
	for (;; words += len + 1) {
		assert_true(f->argc < WORDS);
		len = strcspn(words, "|");
		f->argv[f->argc++] = xstrndup(words, len);
		if (words[len] == '\0')
			break;
	}
	return configure_load(&f->c, f->argc, f->argv, &f->rejects, &f->e);
}

static void
accept(struct fixture *f, const char *words)
{
	if (load(f, words) != 0)
		fail_msg("%s: %s", words, f->e.text);
}

static void
refuse(struct fixture *f, const char *words, const char *says)
{
	assert_int_equal(load(f, words), -1);
	assert_int_equal(f->e.kind, ERR_USAGE);
	if (strstr(f->e.text, says) == NULL)
		fail_msg("%s: not \"%s\" but: %s", words, says, f->e.text);
}

static void
put(const struct fixture *f, const char *text)
{
	FILE *to = fopen(f->file, "w");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

#define ENOUGH "--alter|ADD c INT|D=app,t=orders"

static void
the_usual_line_is_understood(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|--dry-run");
	assert_string_equal(f->c.alter, "ADD c INT");
	assert_string_equal(f->c.database, "app");
	assert_string_equal(f->c.table, "orders");
	assert_true(f->c.dry_run);
	assert_false(f->c.execute);
	assert_true(f->c.chunk_adapts);
	assert_null(f->c.fail_at);
	assert_string_equal(f->rejects.s, "");
	accept(f, ENOUGH);
	assert_false(f->c.dry_run);
	accept(f, "--alter=|--database|app|t=orders|--exec");
	assert_string_equal(f->c.alter, "");
	assert_true(f->c.execute);
}

static void
short_options_bundle(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|-qhdb1|-P|3307|-udba|-s1|-A|utf8mb4");
	assert_true(f->c.quiet);
	assert_string_equal(f->c.login.host, "db1");
	assert_int_equal(f->c.login.port, 3307);
	assert_string_equal(f->c.login.user, "dba");
	assert_int_equal(f->c.login.tls, TLS_REQUIRED);
}

static void
negation_has_two_forms(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|--no-drop-old-table|--noswap-tables|--no-analyze");
	assert_false(f->c.drop_old_table);
	assert_false(f->c.swap_tables);
	assert_false(f->c.analyze_before_swap);
	accept(f, ENOUGH "|--no-drop-old-table|--drop-old-table");
	assert_true(f->c.drop_old_table);
}

static void
what_is_missing_is_named_all_at_once(void **state)
{
	struct fixture *f = *state;

	refuse(f, "--dry-run", "--database: missing");
	assert_non_null(strstr(f->e.text, "--table: missing"));
}

/* As pt-online-schema-change, which then rebuilds the table. */
static void
no_alter_is_an_empty_one(void **state)
{
	struct fixture *f = *state;

	accept(f, "D=app,t=orders|--execute");
	assert_string_equal(f->c.alter, "");
	assert_non_null(strstr(f->rejects.s, "the table is rebuilt"));
	accept(f, "resume|D=app,t=orders");
	assert_null(f->c.alter);
}

/* What is misspelt may be just what would be missing. */
static void
mistakes_are_named_all_at_once_and_alone(void **state)
{
	struct fixture *f = *state;

	refuse(f, "--threads|99|--bogus|--dry-run=1", "--threads: neither ");
	assert_non_null(strstr(f->e.text, "--bogus: unknown option" ERR_LINE));
	assert_non_null(strstr(f->e.text, "--dry-run: takes no value"));
	assert_null(strstr(f->e.text, "missing"));
	refuse(f, "--atler|ADD c INT|D=app,t=t", "--atler: unknown option");
	assert_null(strchr(f->e.text, '\n'));
	refuse(f, "D=app,t=t|-Z|ADD c INT", "-Z: unknown option");
	assert_null(strchr(f->e.text, '\n'));
	put(f, "alter: 'x");
	refuse(f, "D=app,t=t", "not YAML");
	assert_null(strstr(f->e.text, "missing"));
	put(f, "");
}

/* Each file that says who does what where, and who may write to it. */
static void
what_others_can_write_is_not_read(void **state)
{
	static const struct { mode_t mode; bool good; } by[] = {
		{ 0600, true }, { 0644, true }, { 0640, true },
		{ 0620, false }, { 0602, false }, { 0664, false },
		{ 0666, false }, { 0777, false },
	};
	struct fixture *f = *state;
	struct str line = STR_INIT;
	size_t i;

	put(f, "alter: ADD c INT\n");
	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		assert_int_equal(chmod(f->file, by[i].mode), 0);
		str_reset(&line);
		str_addf(&line, ENOUGH "|--password-file|%s", f->file);
		if (by[i].good) {
			accept(f, "D=app,t=t");
			put(f, "");
			accept(f, line.s);
			put(f, "alter: ADD c INT\n");
			continue;
		}
		refuse(f, "D=app,t=t", "others can write to it");
		assert_null(strstr(f->e.text, "missing"));
		refuse(f, line.s, "--password-file: ");
		str_reset(&line);
		str_addf(&line, "--config|,%s|D=app,t=t", f->file);
		refuse(f, line.s, "others can write to it");
		str_reset(&line);
		str_addf(&line, ENOUGH "|--config|,|-F|%s", f->file);
		refuse(f, line.s, "others can write to it");
	}
	assert_int_equal(chmod(f->file, 0600), 0);
	put(f, "");
	str_free(&line);
}

static void
mistakes_on_the_command_line_are_named(void **state)
{
	struct fixture *f = *state;

	refuse(f, ENOUGH "|--dry-run|--execute", "--dry-run: not together");
	refuse(f, ENOUGH "|--chunk-tiem|1", "did you mean --chunk-time?");
	refuse(f, ENOUGH "|--chunk|1", "--chunk: could be any of --chunk-");
	refuse(f, ENOUGH "|-x", "-x: unknown option");
	refuse(f, ENOUGH "|--host", "--host: needs a value");
	refuse(f, ENOUGH "|-h", "--host: needs a value");
	refuse(f, ENOUGH "|h=b", "more than one DSN");
	refuse(f, ENOUGH "|--max-flow-ctl|1",
	    "--max-flow-ctl is not yet supported");
	refuse(f, ENOUGH "|--where|1=1", "--where: needs --no-swap-tables");
	refuse(f, ENOUGH "|--where|1=1|--no-swap-tables", "--where: needs");
	refuse(f, ENOUGH "|--where|1=1|--force|--reversible",
	    "--where: not together with --reversible");
	refuse(f, ENOUGH "|--where|1=1|--force|--instant|try",
	    "--where: not together with --instant");
	refuse(f, "control|D=app", "livealter control: say what to do");
	refuse(f, "--alter|x|D=app,x=1", "DSN: unknown key \"x\"");
	refuse(f, "--alter|x|D=app,t=o,P=x", "DSN: port: not a whole number");
	refuse(f, "--alter|x|t=t|-D|12345678901234567890123456789012345678901"
	    "234567890123456789012345", "--database: name longer than 64");
	refuse(f, ENOUGH "|--ssl-verify|-s|0", "--mysql_ssl: contradicts");
	refuse(f, ENOUGH "|--config|/nonexistent", "/nonexistent: No such");
}

static void
a_dash_alone_and_two_dashes_end_options(void **state)
{
	struct fixture *f = *state;

	accept(f, "--alter|x|--|D=app,t=--execute");
	assert_string_equal(f->c.table, "--execute");
	assert_false(f->c.execute);
	accept(f, "--alter|-1|D=app,t=t");
	assert_string_equal(f->c.alter, "-1");
}

static void
the_dsn_overrides_options(void **state)
{
	struct fixture *f = *state;

	accept(f, "D=app,t=orders,h=db2,P=3308,s=0|--alter||-h|db1|-D|x|-udba");
	assert_string_equal(f->c.login.host, "db2");
	assert_string_equal(f->c.database, "app");
	assert_string_equal(f->c.login.user, "dba");
	assert_int_equal(f->c.login.port, 3308);
	assert_int_equal(f->c.login.tls, TLS_OFF);
}

static void
passwords_vanish_from_argv(void **state)
{
	struct fixture *f = *state;
	int i;

	accept(f, ENOUGH ",p=secret|--password=secret|-psecret|-p|secret|"
	    "--password|secret|-qpsecret");
	assert_string_equal(f->c.login.password, "secret");
	for (i = 0; i < f->argc; i++)
		assert_null(strstr(f->argv[i], "secret"));
	assert_string_equal(f->argv[3], "D=app,t=orders,p=xxxxxx");
	refuse(f, ENOUGH "|h=x,p=secret|--slave-password|secret|--help-p=x",
	    "more than one");
	for (i = 0; i < f->argc; i++)
		assert_null(strstr(f->argv[i], "secret"));
	assert_null(strstr(f->e.text, "secret"));
}

static void
a_password_may_come_from_a_file(void **state)
{
	struct fixture *f = *state;
	struct str words = STR_INIT;

	put(f, "hush\r\nmore\n");
	str_addf(&words, ENOUGH "|--config=|--password-file|%s", f->file);
	accept(f, words.s);
	assert_string_equal(f->c.login.password, "hush");
	put(f, "");
	accept(f, words.s);
	assert_string_equal(f->c.login.password, "");
	refuse(f, ENOUGH "|--password-file|/nonexistent",
	    "--password-file: cannot open /nonexistent");
	str_free(&words);
}

static void
files_come_before_the_command_line(void **state)
{
	struct fixture *f = *state;

	put(f, "host: db1\nuser: dba\nno-swap-tables: true\nport: x\n");
	refuse(f, ENOUGH, ".livealter.yaml:4:1: port: not a whole number");
	put(f, "host: db1\nuser: dba\nno-swap-tables: true\n");
	accept(f, ENOUGH "|-h|db2|--swap-tables");
	assert_string_equal(f->c.login.host, "db2");
	assert_string_equal(f->c.login.user, "dba");
	assert_true(f->c.swap_tables);
	accept(f, ENOUGH "|--config|");
	assert_null(f->c.login.host);
}

static void
a_job_is_chosen_by_name(void **state)
{
	struct fixture *f = *state;
	struct str words = STR_INIT;

	put(f, "database: app\njobs:\n  j: {alter: ADD c INT, table: t}\n");
	accept(f, "--job|j|--execute");
	assert_string_equal(f->c.table, "t");
	refuse(f, "--job|k", "--job: no such job in the files: \"k\"");
	str_addf(&words, "--config=,%s|--job=j", f->file);
	accept(f, words.s);
	assert_string_equal(f->c.alter, "ADD c INT");
	put(f, "dry-run: yes\n");
	refuse(f, ENOUGH "|--execute", ".livealter.yaml:1:1: dry-run: not");
	str_free(&words);
}

static void
a_chunk_size_alone_stops_adapting(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|--chunk-size|2k");
	assert_false(f->c.chunk_adapts);
	assert_true(f->c.chunk_size == 2048);
	accept(f, ENOUGH "|--chunk-size|2k|--chunk-time|1");
	assert_true(f->c.chunk_adapts);
	accept(f, ENOUGH "|--chunk-time|0");
	assert_false(f->c.chunk_adapts);
}

static void
kept_triggers_keep_their_tables(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|--no-drop-triggers");
	assert_false(f->c.drop_old_table);
	assert_true(f->c.drop_new_table);
	accept(f, ENOUGH "|--no-drop-triggers|--no-swap-tables");
	assert_false(f->c.drop_old_table || f->c.drop_new_table);
}

static void
certificates_imply_tls(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH);
	assert_int_equal(f->c.login.tls, TLS_AUTO);
	accept(f, ENOUGH "|--ssl-verify");
	assert_int_equal(f->c.login.tls, TLS_REQUIRED);
	accept(f, ENOUGH "|--ssl-ca|/ca.pem");
	assert_int_equal(f->c.login.tls, TLS_REQUIRED);
}

static void
what_needs_nothing_is_noted(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH "|--no-version-check|--chunk-size-limit|8");
	assert_non_null(strstr(f->rejects.s, "--version-check: "));
	assert_non_null(strstr(f->rejects.s, "--chunk-size-limit: "));
}

static void
many_mistakes_are_cut_at_a_line(void **state)
{
	struct fixture *f = *state;
	struct str yaml = STR_INIT;
	int i;

	for (i = 0; i < 200; i++)
		str_addf(&yaml, "nothing-%d: 1\n", 1000 + i);
	put(f, yaml.s);
	refuse(f, ENOUGH, "\n... and 1");
	assert_non_null(strstr(f->e.text, " more"));
	assert_true(strlen(f->e.text) < sizeof(f->e.text) - 1);
	str_free(&yaml);
}

/* Everything that --print-config shows. */
static char *
printed(const struct config *c)
{
	struct str text = STR_INIT;

	configure_print(c, &text);
	return str_take(&text);
}

static void
what_is_printed_can_be_loaded_again(void **state)
{
	static const char *const line[] = {
		ENOUGH,
		"--alter|ADD c \"x\\\ty\" COMMENT 'a, b #'|D=app,t=o`r|"
		"--chunk-size|1M|--no-drop-triggers|--progress|percentage,2.5|"
		"--verify=none|-s0|--set-vars|a=1,b='x\\,y'|--threads=8|"
		"--allow-warnings|1265:s|--sleep|1.5m|--tries|copy_rows:3:1ms",
		ENOUGH "|--ssl-verify|--no-swap-tables|--execute|-P1|"
		"--chunk-time=250ms|--progress|iterations,7|--new-table-name|"
		"%T_x|--quiet",
		ENOUGH "|--skip-check-replica-lag|h=a\\,b,P=1|"
		"--skip-check-replica-lag|h=b|--instant|TRY",
	};
	struct fixture *f = *state;
	char *first, *again;
	size_t i;

	for (i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
		put(f, "");
		accept(f, line[i]);
		first = printed(&f->c);
		put(f, first);
		accept(f, "--no-version-check");
		again = printed(&f->c);
		assert_string_equal(first, again);
		free(first);
		free(again);
	}
}

static void
what_is_printed_has_no_password(void **state)
{
	struct fixture *f = *state;
	char *text;

	accept(f, ENOUGH "|-psecret");
	text = printed(&f->c);
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "password:"));
	free(text);
}

static void
the_tests_can_ask_for_a_failure(void **state)
{
	struct fixture *f = *state;

	setenv("LIVEALTER_FAIL_AT", "before:swap", 1);
	accept(f, ENOUGH);
	assert_string_equal(f->c.fail_at, "before:swap");
}

static void
the_tests_can_take_a_protection_out(void **state)
{
	struct fixture *f = *state;

	accept(f, ENOUGH);
	assert_false(config_without(&f->c, "in-flight"));
	setenv("LIVEALTER_WITHOUT", "update-ignore,in-flight", 1);
	accept(f, ENOUGH);
	assert_true(config_without(&f->c, "update-ignore"));
	assert_true(config_without(&f->c, "in-flight"));
	assert_false(config_without(&f->c, "in"));
	assert_false(config_without(&f->c, "update-ignore,in-flight"));
	assert_false(config_without(&f->c, ""));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(the_usual_line_is_understood),
		TEST(short_options_bundle),
		TEST(negation_has_two_forms),
		TEST(what_is_missing_is_named_all_at_once),
		TEST(no_alter_is_an_empty_one),
		TEST(mistakes_are_named_all_at_once_and_alone),
		TEST(what_others_can_write_is_not_read),
		TEST(mistakes_on_the_command_line_are_named),
		TEST(a_dash_alone_and_two_dashes_end_options),
		TEST(the_dsn_overrides_options),
		TEST(passwords_vanish_from_argv),
		TEST(a_password_may_come_from_a_file),
		TEST(files_come_before_the_command_line),
		TEST(a_job_is_chosen_by_name),
		TEST(a_chunk_size_alone_stops_adapting),
		TEST(kept_triggers_keep_their_tables),
		TEST(certificates_imply_tls),
		TEST(what_needs_nothing_is_noted),
		TEST(many_mistakes_are_cut_at_a_line),
		TEST(what_is_printed_can_be_loaded_again),
		TEST(what_is_printed_has_no_password),
		TEST(the_tests_can_ask_for_a_failure),
		TEST(the_tests_can_take_a_protection_out),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
