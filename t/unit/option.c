#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../settings.h"
#include "base/util.h"
#include "cli/option.h"

static int
set(struct settings *f, const char *name, const char *value)
{
	const struct option *opt;
	bool no;

	opt = option_find(name, &no);
	if (opt == NULL)
		fail_msg("no option %s", name);
	return option_set(&f->o, opt, no, value, NULL);
}

/* Wrong, and the complaint is this line. */
static void
refuse(struct settings *f, const char *name, const char *value,
    const char *says)
{
	str_reset(&f->o.wrong);
	assert_int_equal(set(f, name, value), -1);
	if (strstr(f->o.wrong.s, says) == NULL)
		fail_msg("not \"%s\" but %s", says, f->o.wrong.s);
	str_reset(&f->o.wrong);
}

static void
every_option_of_pt_osc_is_known(void **state)
{
	static const char *const name[] = {
		"alter", "alter-foreign-keys-method", "analyze-before-swap",
		"ask-pass", "binary-index", "buffer-stdout", "channel",
		"charset", "check-alter", "check-foreign-keys",
		"check-interval", "check-plan", "check-replica-lag",
		"check-replication-filters", "check-slave-lag",
		"check-unique-key-change", "chunk-index",
		"chunk-index-columns", "chunk-size", "chunk-size-limit",
		"chunk-time", "config", "critical-load", "data-dir",
		"database", "default-engine", "defaults-file",
		"drop-new-table", "drop-old-table", "drop-triggers",
		"dry-run", "execute", "fail-on-stopped-replication", "force",
		"help", "history", "history-table", "host", "max-flow-ctl",
		"max-lag", "max-load", "mysql_ssl", "new-table-name",
		"null-to-not-null", "only-same-schema-fks", "password",
		"pause-file", "pid", "plugin", "port", "preserve-triggers",
		"print", "progress", "quiet", "recurse", "recursion-method",
		"remove-data-dir", "remove-tablespace", "replica-password",
		"replica-user", "resume", "reverse-triggers", "set-vars",
		"skip-check-replica-lag", "skip-check-slave-lag",
		"slave-password", "slave-user", "sleep", "socket",
		"statistics", "swap-tables", "tries", "user", "version",
		"version-check", "where",
	};
	const char letter[] = "ADFPSdhpqsu";
	size_t i;
	bool no;

	(void)state;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (option_find(name[i], &no) == NULL || no)
			fail_msg("--%s is not known", name[i]);
	for (i = 0; letter[i] != '\0'; i++)
		if ((option_letter(letter[i]) == NULL) != (letter[i] == 'd'))
			fail_msg("-%c", letter[i]);
}

static void
the_table_is_consistent(void **state)
{
	const struct option *a, *b;
	size_t i, k;

	(void)state;
	for (i = 0; i < option_count; i++) {
		a = &option_table[i];
		assert_non_null(a->help);
		/* a flag has no value, everything else has one */
		assert_int_equal(a->arg == NULL, a->type == OPTION_FLAG ||
		    a->type == OPTION_BOOL);
		assert_true(strlen(a->name) < 37);
		for (k = 0; k < i; k++) {
			b = &option_table[k];
			assert_string_not_equal(a->name, b->name);
			if (a->letter != '\0')
				assert_int_not_equal(a->letter, b->letter);
			if (a->state == OPTION_DONE && b->state == a->state)
				assert_true(a->at != b->at);
		}
	}
}

static void
defaults_are_good(void **state)
{
	struct settings *f = *state;

	assert_string_equal(f->o.wrong.s, "");
	assert_true(f->c.chunk_time > 0.09 && f->c.chunk_time < 0.11);
	assert_true(f->c.chunk_size == 1000);
	assert_int_equal(f->c.threads, 0);
	assert_int_equal(f->c.verify, VERIFY_CHECKSUM);
	assert_int_equal(f->c.login.tls, TLS_AUTO);
	assert_int_equal(f->c.login.port, 0);
	assert_null(f->c.new_table_name);
	assert_true(f->c.analyze_before_swap &&
	    f->c.swap_tables && f->c.drop_old_table &&
	    f->c.drop_new_table && f->c.drop_triggers);
	assert_false(f->c.dry_run || f->c.execute || f->c.force);
	assert_int_equal(f->c.progress_by, PROGRESS_TIME);
	assert_true(f->c.progress_every > 29 && f->c.progress_every < 31);
	assert_int_equal(f->c.tries_swap_tables.times, 10);
	assert_true(f->c.tries_swap_tables.wait > 0.9);
	assert_true(f->c.tries_copy_rows.wait < 0.3);
}

static void
names_negate_only_what_can_be_negated(void **state)
{
	bool no;

	(void)state;
	assert_non_null(option_find("no-swap-tables", &no));
	assert_true(no);
	assert_non_null(option_find("noswap-tables", &no));
	assert_true(no);
	assert_non_null(option_find("null-to-not-null", &no));
	assert_false(no);
	assert_null(option_find("no-execute", &no));
	assert_null(option_find("no-host", &no));
	assert_null(option_find("", &no));
	assert_non_null(option_find("mysql-ssl", &no));
}

static void
a_beginning_will_do_when_it_fits_only_one(void **state)
{
	struct str several = STR_INIT;
	const struct option *opt;
	bool no;

	(void)state;
	opt = option_match("exec", &no, &several);
	assert_string_equal(opt->name, "execute");
	opt = option_match("no-swap", &no, &several);
	assert_string_equal(opt->name, "swap-tables");
	assert_true(no);
	/* --print is whole, although --print-config begins with it */
	opt = option_match("print", &no, &several);
	assert_string_equal(opt->name, "print");
	assert_string_equal(several.s, "");
	assert_null(option_match("chunk-", &no, &several));
	assert_non_null(strstr(several.s, "--chunk-time"));
	assert_null(option_match("", &no, &several));
	str_free(&several);
}

static void
the_nearest_name_is_near(void **state)
{
	(void)state;
	assert_string_equal(option_nearest("chunk-tiem"), "chunk-time");
	assert_string_equal(option_nearest("thread"), "threads");
	assert_null(option_nearest("xyzzy-plugh"));
	assert_null(option_nearest("x"));
	assert_null(option_nearest("a-name-that-is-much-too-long-to-be-one-"
	    "of-the-options-that-there-are"));
}

static void
wrong_values_are_refused_by_name(void **state)
{
	struct settings *f = *state;

	refuse(f, "chunk-time", "fast",
	    "--chunk-time: not a duration: \"fast\"\n");
	refuse(f, "chunk-size", "0", "--chunk-size: must be at least 1");
	refuse(f, "chunk-size", "-1", "--chunk-size: not a number");
	refuse(f, "threads", "65", "--threads: neither auto nor a whole "
	    "number in its range (1 to 64): \"65\"");
	refuse(f, "threads", "0", "(1 to 64)");
	refuse(f, "port", "70000", "(1 to 65535)");
	refuse(f, "verify", "maybe", "not checksum, count or none");
	refuse(f, "mysql_ssl", "2", "not 0, 1 or auto");
	refuse(f, "defaults-file", "my.cnf", "not an absolute path");
	refuse(f, "defaults-file", "/nonexistent/my.cnf", "cannot be read");
	refuse(f, "allow-warnings", "data", "not a list of CODE");
	refuse(f, "allow-warnings", "1265:", "not a list of CODE");
	refuse(f, "set-vars", "a=1,b", "not a list of name=value");
	refuse(f, "set-vars", "a=1,=2", "not a list of name=value");
	refuse(f, "host", NULL, "--host: needs a value: NAME");
	refuse(f, "execute", "maybe", "not yes or no");
	assert_int_equal(f->c.threads, 0);
}

static void
progress_has_three_forms(void **state)
{
	struct settings *f = *state;

	assert_int_equal(set(f, "progress", "60"), 0);
	assert_int_equal(f->c.progress_by, PROGRESS_TIME);
	assert_true(f->c.progress_every > 59);
	assert_int_equal(set(f, "progress", "percentage,5"), 0);
	assert_int_equal(f->c.progress_by, PROGRESS_PERCENTAGE);
	assert_int_equal(set(f, "progress", "iterations,100"), 0);
	assert_int_equal(f->c.progress_by, PROGRESS_ITERATIONS);
	refuse(f, "progress", "time,0", "--progress");
	refuse(f, "progress", "percentage,101", "--progress");
	refuse(f, "progress", "iterations,1.5", "--progress");
	refuse(f, "progress", "days,1", "--progress");
	refuse(f, "progress", "", "--progress");
	assert_int_equal(f->c.progress_by, PROGRESS_ITERATIONS);
}

static void
tries_change_only_what_they_name(void **state)
{
	struct settings *f = *state;

	assert_int_equal(set(f, "tries", "swap_tables:99:0.5, "
	    "copy_rows:5:100ms"), 0);
	assert_int_equal(f->c.tries_swap_tables.times, 99);
	assert_int_equal(f->c.tries_copy_rows.times, 5);
	assert_int_equal(f->c.tries_create_triggers.times, 10);
	refuse(f, "tries", "swap_tables:3:1,bogus:1:1", "not an operation");
	refuse(f, "tries", "swap_tables", "OPERATION:TIMES:WAIT");
	refuse(f, "tries", "swap_tables:0:1", "number of times");
	refuse(f, "tries", "swap_tables:1:x", "time to wait");
	refuse(f, "tries", "", "OPERATION:TIMES:WAIT");
	assert_int_equal(f->c.tries_swap_tables.times, 99);
}

static void
each_state_is_said(void **state)
{
	struct settings *f = *state;

	refuse(f, "max-flow-ctl", "1", "--max-flow-ctl is not yet supported: "
	    "pause while Galera's flow control does\n");
	refuse(f, "plugin", "x.pl", "--plugin is refused: it is a Perl");
	assert_int_equal(set(f, "no-version-check", NULL), 0);
	assert_string_equal(f->o.wrong.s, "");
	assert_non_null(strstr(f->notes.s, "--version-check: "));
}

static void
a_password_is_never_shown(void **state)
{
	struct settings *f = *state;
	struct str value = STR_INIT;
	const struct option *opt;
	bool no;

	assert_int_equal(set(f, "password", "hush"), 0);
	opt = option_find("password", &no);
	assert_false(option_value(opt, &f->c, &value));
	assert_string_equal(value.s, "");
	assert_int_equal(set(f, "slave-password", "hush"), 0);
	opt = option_find("replica-password", &no);
	assert_false(option_value(opt, &f->c, &value));
	refuse(f, "check-replica-lag", "p=hush", "a DSN without h=");
	assert_null(strstr(f->o.wrong.s, "hush"));
	assert_int_equal(set(f, "check-slave-lag", "h=a,p=hush,P=1"), 0);
	opt = option_find("check-replica-lag", &no);
	assert_true(option_value(opt, &f->c, &value));
	assert_string_equal(value.s, "h=a,p=xxxx,P=1");
	str_free(&value);
}

static void
the_last_way_to_give_a_password_counts(void **state)
{
	struct settings *f = *state;

	assert_int_equal(set(f, "password", "no"), 0);
	assert_int_equal(set(f, "ask-pass", "no"), 0);
	assert_string_equal(f->c.login.password, "no");
	assert_int_equal(set(f, "password-file", "/f"), 0);
	assert_null(f->c.login.password);
	assert_int_equal(set(f, "ask-pass", NULL), 0);
	assert_null(f->c.password_file);
	assert_int_equal(set(f, "password", "x"), 0);
	assert_false(f->c.ask_pass);
}

static void
a_complaint_is_one_line(void **state)
{
	struct settings *f = *state;

	refuse(f, "verify", "a\nb\033[31m", "\"a\\nb\\x1b[31m\"");
}

static void
help_names_every_option_within_80_columns(void **state)
{
	char *line, *end, name[60];
	struct str text = STR_INIT;
	size_t i;

	(void)state;
	option_help(&text);
	for (i = 0; i < option_count; i++) {
		snprintf(name, sizeof(name), "--%s%s",
		    option_table[i].type == OPTION_BOOL ? "[no]" : "",
		    option_table[i].name);
		if (strstr(text.s, name) == NULL)
			fail_msg("no %s in --help", name);
	}
	for (line = text.s; (end = strchr(line, '\n')) != NULL;
	    line = end + 1) {
		*end = '\0';
		if (strlen(line) > 79)
			fail_msg("too wide: %s", line);
	}
	str_free(&text);
}

static void
a_word_is_one_of_the_table(void **state)
{
	struct settings *f = *state;

	assert_int_equal(set(f, "instant", "Only"), 0);
	assert_int_equal(f->o.status, ERR_USAGE);
	assert_int_equal(set(f, "alter-foreign-keys-method", "nothing"), -1);
	assert_int_equal(f->o.status, ERR_FK_METHOD);
	refuse(f, "instant", "tr", "(never|try|only): \"tr\"");
	refuse(f, "instant", "", "not a word that it takes");
	refuse(f, "instant", "try|only", "not a word that it takes");
	assert_string_equal(f->c.instant, "Only");
	assert_int_equal(set(f, "expect-digest", "abc"), -1);
	assert_int_equal(f->o.status, ERR_USAGE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_option_of_pt_osc_is_known),
		TEST(the_table_is_consistent),
		TEST(defaults_are_good),
		TEST(names_negate_only_what_can_be_negated),
		TEST(a_beginning_will_do_when_it_fits_only_one),
		TEST(the_nearest_name_is_near),
		TEST(wrong_values_are_refused_by_name),
		TEST(progress_has_three_forms),
		TEST(tries_change_only_what_they_name),
		TEST(each_state_is_said),
		TEST(a_password_is_never_shown),
		TEST(the_last_way_to_give_a_password_counts),
		TEST(a_complaint_is_one_line),
		TEST(a_word_is_one_of_the_table),
		TEST(help_names_every_option_within_80_columns),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
