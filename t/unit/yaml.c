#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../settings.h"
#include "base/util.h"
#include "cli/option.h"
#include "cli/yaml.h"

static int
load(struct settings *f, const char *text, const char *job)
{
	return yaml_load_text(&f->o, "x.yaml", text, strlen(text), job,
	    &f->found);
}

static void
refuse(struct settings *f, const char *text, const char *says)
{
	str_reset(&f->o.wrong);
	assert_int_equal(load(f, text, NULL), -1);
	if (strstr(f->o.wrong.s, says) == NULL)
		fail_msg("%s\nnot \"%s\" but %s", text, says, f->o.wrong.s);
}

static void
accept(struct settings *f, const char *text, const char *job)
{
	if (load(f, text, job) != 0)
		fail_msg("%s", f->o.wrong.s);
	assert_string_equal(f->o.wrong.s, "");
}

static void
keys_are_option_names(void **state)
{
	struct settings *f = *state;

	accept(f, "---\n# comment\nhost: db1\nport: 3307\nexecute: true\n"
	    "no-drop-old-table: yes\nno-swap-tables: no\n"
	    "drop-triggers: off\nchunk-time: 50ms\nalter: ''\n", NULL);
	assert_string_equal(f->c.login.host, "db1");
	assert_int_equal(f->c.login.port, 3307);
	assert_true(f->c.execute);
	assert_false(f->c.drop_old_table);
	assert_true(f->c.swap_tables);
	assert_false(f->c.drop_triggers);
	assert_string_equal(f->c.alter, "");
}

static void
a_sequence_is_a_list(void **state)
{
	struct settings *f = *state;

	accept(f, "set-vars:\n- a=1\n- sql_mode='A,B'\n"
	    "allow-warnings: [1265:status, 1264]\n"
	    "tries: [copy_rows:7:1]\n", NULL);
	assert_string_equal(f->c.login.set_vars, "a=1,sql_mode='A\\,B'");
	assert_string_equal(f->c.allow_warnings, "1265:status,1264");
	assert_int_equal(f->c.tries_copy_rows.times, 7);
	refuse(f, "alter: [a, b]\n", "x.yaml:1:1: alter: takes one value");
	refuse(f, "set-vars: [[a]]\n", "only texts and numbers");
	refuse(f, "set-vars: [a=1,\n  '']\n", "x.yaml:2:3: an empty text");
	str_reset(&f->o.wrong);
	accept(f, "skip-check-replica-lag: ['h=a,P=1', h=b]\n", NULL);
	accept(f, "skip-check-replica-lag: h=c\n", NULL);
	accept(f, "recursion-method: [hosts, 'dsn=D=a,t=b']\n", NULL);
	assert_string_equal(f->c.recursion_method, "hosts,dsn=D=a,t=b");
	assert_string_equal(f->c.skip_check_replica_lag,
	    "h=a,P=1\nh=b\nh=c\n");
	refuse(f, "skip-check-replica-lag: [h=d, Q=1]\n", "not a DSN");
	assert_string_equal(f->c.skip_check_replica_lag,
	    "h=a,P=1\nh=b\nh=c\n");
}

static void
a_job_overrides_what_is_beside_it(void **state)
{
	static const char text[] =
	    "jobs:\n"
	    "  one: {table: t1, chunk-size: 5}\n"
	    "  two:\n    table: t2\n"
	    "chunk-size: 9\ndatabase: app\n";
	struct settings *f = *state;

	accept(f, text, "one");
	assert_true(f->found);
	assert_string_equal(f->c.table, "t1");
	assert_string_equal(f->c.database, "app");
	assert_true(f->c.chunk_size == 5);
	accept(f, text, "two");
	assert_string_equal(f->c.table, "t2");
	assert_true(f->c.chunk_size == 9);
	f->found = false;
	accept(f, text, "three");
	assert_false(f->found);
	accept(f, text, NULL);
	assert_false(f->found);
}

static void
complaints_say_where(void **state)
{
	struct settings *f = *state;

	refuse(f, "host: a\nchunk-time: fast\n",
	    "x.yaml:2:1: chunk-time: not a duration: \"fast\"\n");
	refuse(f, "jobs:\n  a:\n    chunk-tiem: 1\n",
	    "x.yaml:3:5: unknown option \"chunk-tiem\"; "
	    "did you mean \"chunk-time\"?\n");
	refuse(f, "max-flow-ctl: 1\n",
	    "x.yaml:1:1: max-flow-ctl is not yet supported");
	refuse(f, "host:\n", "x.yaml:1:1: host: has no value");
	refuse(f, "host: ~\n", "has no value");
	refuse(f, "config: a\n", "config: only on the command line");
	refuse(f, "a: b: c\n", "x.yaml:1:5: not YAML");
}

static void
all_mistakes_are_reported_and_only_once(void **state)
{
	static const char text[] = "threads: 99\nverify: x\nbogus: 1\n"
	    "jobs: {j: {sleep: x}}\n";
	struct settings *f = *state;
	size_t lines = 0;
	const char *p;

	assert_int_equal(load(f, text, "j"), -1);
	for (p = f->o.wrong.s; *p != '\0'; p++)
		lines += *p == '\n';
	if (lines != 4)
		fail_msg("%s", f->o.wrong.s);
}

static void
what_only_costs_is_refused(void **state)
{
	struct settings *f = *state;
	char *big = xcalloc(2u << 20, 1);

	refuse(f, "host: &a db1\n", "anchors are not supported");
	refuse(f, "host: *a\n", "aliases are not supported");
	refuse(f, "? *a\n: b\n", "aliases are not supported");
	refuse(f, "host: !!binary aGk=\n", "tags are not supported");
	refuse(f, "host: \"a\\0b\"\n", "a NUL character");
	refuse(f, "host: a\n---\nhost: b\n", "more than one document");
	refuse(f, "[a, b]\n", "not a list of options");
	refuse(f, "hello\n", "not a list of options");
	refuse(f, "jobs: [a]\n", "jobs: not a list");
	refuse(f, "jobs: {a: {b: {c: {d: e}}}}\n", "b: takes one value");
	refuse(f, "{{a: b}: c}\n", "not the name of an option");
	assert_int_equal(yaml_load_text(&f->o, "x", "a\0b", 3, NULL,
	    &f->found), -1);
	memset(big, '#', (2u << 20) - 1);
	refuse(f, big, "x.yaml:1:1048577: larger than 1 MiB");
	memset(big, '[', (1u << 19));
	big[1u << 19] = '\0';
	refuse(f, big, "not a list of options");
	free(big);
}

static void
nothing_is_a_file_too(void **state)
{
	struct settings *f = *state;

	accept(f, "", NULL);
	accept(f, "# only a comment\n", NULL);
	accept(f, "---\n", NULL);
	accept(f, "---\n...\n", NULL);
	accept(f, "{}\n", NULL);
	accept(f, "jobs: {}\n", NULL);
}

static void
a_file_may_be_missing_only_when_optional(void **state)
{
	struct settings *f = *state;

	struct yaml_file file;

	assert_int_equal(yaml_read(&file, &f->o, "/nonexistent", true), -1);
	assert_string_equal(f->o.wrong.s, "");
	assert_int_equal(yaml_read(&file, &f->o, "/nonexistent", false), -1);
	assert_string_not_equal(f->o.wrong.s, "");
	assert_int_equal(yaml_read(&file, &f->o, "/", false), -1);
}

static void
what_is_written_reads_back(void **state)
{
	static const char *const text[] = {
		"", "plain", "a \"b\" \\c", "line\nbreak\ttab\r", "\x1b[0m\x7f",
		"null", "~", "# no comment", "a: b", "'",
		("\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9|"
		"\xef\xbb\xbf|\xc2\x80"), "\xf0\x9f\x90\xac", " a ",
		"{a}", "*a", "COMMENT 'x, y'",
	};
	struct settings *f = *state;
	struct str y = STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		str_reset(&y);
		yaml_add(&y, "alter", text[i]);
		accept(f, y.s, NULL);
		assert_string_equal(f->c.alter, text[i]);
	}
	str_free(&y);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(keys_are_option_names),
		TEST(a_sequence_is_a_list),
		TEST(a_job_overrides_what_is_beside_it),
		TEST(complaints_say_where),
		TEST(all_mistakes_are_reported_and_only_once),
		TEST(what_only_costs_is_refused),
		TEST(nothing_is_a_file_too),
		TEST(a_file_may_be_missing_only_when_optional),
		TEST(what_is_written_reads_back),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
