/* Each option of a migration is there for the run that resumes it: taken from
 * the registry, missed, or not needed any more. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "../settings.h"
#include "cli/kept.h"

/* What a run that resumes need not know, and why. */
static const struct {
	const char *name, *why;
} left_out[] = {
	{ "new-table-name", "its name is in the registry" },
	{ "default-engine", "the new table is there" },
	{ "data-dir", "the new table is there" },
	{ "remove-data-dir", "the new table is there" },
	{ "remove-tablespace", "the new table is there" },
	{ "check-unique-key-change", "that was before the copy" },
	{ "verify", "to compare less is for the user to say" },
	{ "verify-swap", "to prove less is for the user to say" },
	{ "recursion-method", "where to log in is for the user to say" },
	{ "replica-user", "belongs to it" },
	{ "replica-password", "belongs to it" },
	{ "check-replica-lag", "where to log in is for the user to say" },
	{ "skip-check-replica-lag", "belongs to --recursion-method" },
	{ "kill-blockers", "to kill somebody is for the user to say" },
	{ "kill-blockers-max-rows", "belongs to --kill-blockers" },
};

static bool
is_left_out(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strcmp(left_out[i].name, name) == 0)
			return true;
	return false;
}

/* Another value than the default, of each type; NULL: none is needed. */
static const char *
sample(const struct option *opt)
{
	if (strcmp(opt->name, "cut-over") == 0)
		return "when-told";
	if (strcmp(opt->name, "on-interrupt") == 0)
		return "keep";
	if (strcmp(opt->name, "alter-foreign-keys-method") == 0)
		return "none";
	if (opt->type == OPTION_DEFER)
		return "never";
	if (opt->type == OPTION_FLAG)
		return "yes";
	if (opt->type == OPTION_BOOL)
		return "no";
	if (opt->type == OPTION_UINT || opt->type == OPTION_SIZE ||
	    opt->type == OPTION_SECONDS)
		return "7";
	if (opt->type == OPTION_REAL)
		return "7";
	if (opt->type == OPTION_LIMITS)
		return "Slow_queries=7";
	if (opt->type == OPTION_WARNINGS)
		return "1265";
	if (opt->type == OPTION_VARS)
		return "a=1";
	if (opt->type == OPTION_ACCOUNT)
		return "trig@localhost";
	if (opt->type == OPTION_WINDOW)
		return "Sun 03:00-04:00";
	if (opt->type == OPTION_TRIES)
		return "swap_tables:77:1";
	return opt->type == OPTION_TEXT ? "none" : NULL;
}

static bool
is_of_a_migration(const struct option *opt)
{
	return opt->state == OPTION_DONE && (opt->group == OPTION_TABLE ||
	    opt->group == OPTION_SAFE || opt->group == OPTION_COPY ||
	    opt->group == OPTION_REPLICAS ||
	    opt->group == OPTION_ENDS);
}

static void
is_there_again(struct settings *f, const struct option *opt)
{
	struct str kept = STR_INIT, unsaid = STR_INIT, was = STR_INIT,
	    is = STR_INIT;
	struct err e = { .kind = ERR_NONE };
	struct settings *later;
	void *state;

	option_set(&f->o, opt, false, sample(opt), NULL);
	option_value(opt, &f->c, &was);
	kept_write(&kept, &f->c);
	settings_setup(&state);
	later = state;
	later->c.given = xcalloc(option_count, sizeof(*later->c.given));
	later->c.said = xcalloc(option_count, sizeof(*later->c.said));
	assert_int_equal(kept_read(&later->c, kept.s, false, &unsaid, &e), 0);
	option_value(opt, &later->c, &is);
	if (strcmp(was.s, is.s) != 0 && strstr(unsaid.s, opt->name) == NULL)
		fail_msg("--%s %s is lost", opt->name, was.s);
	settings_teardown(&state);
	str_free(&kept);
	str_free(&unsaid);
	str_free(&was);
	str_free(&is);
}

static void
each_is_taken_or_missed(void **state)
{
	const struct option *opt;
	size_t i;

	for (i = 0; i < option_count; i++) {
		opt = &option_table[i];
		if (!is_of_a_migration(opt) || is_left_out(opt->name))
			continue;
		if (sample(opt) == NULL)
			fail_msg("no other value is known of --%s", opt->name);
		is_there_again(*state, opt);
	}
}

static void
the_deadline_counts_again(void **state)
{
	struct settings *f = *state;
	struct str unsaid = STR_INIT;
	struct err e = { .kind = ERR_NONE };

	f->c.given = xcalloc(option_count, sizeof(*f->c.given));
	f->c.said = xcalloc(option_count, sizeof(*f->c.said));
	assert_int_equal(kept_read(&f->c, "metadata-lock-deadline: 5\n",
	    false, &unsaid, &e), 0);
	assert_int_equal((int)f->c.tries_swap_tables.deadline, 5);
	assert_int_equal((int)f->c.tries_create_triggers.deadline, 5);
	str_free(&unsaid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_taken_or_missed),
		TEST(the_deadline_counts_again),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
