#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/undo.h"

/* A server that notes what it is told, and fails at one statement. */
struct server {
	struct str ran;
	const char *fails_at;
};

static int
run(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	struct server *s = arg;

	if (s->fails_at != NULL && strcmp(sql, s->fails_at) == 0)
		return err_set(e, ERR_SQL, "no: %s", sql);
	str_addf(&s->ran, "%d:%s ", (int)what, sql);
	return 0;
}

static void
fill(struct undo *u)
{
	undo_push(u, UNDO_SHADOW, "drop %s", "shadow");
	undo_push(u, UNDO_REJECTS, "drop notes");
	undo_push(u, UNDO_TRIGGER, "drop del");
	undo_push(u, UNDO_TRIGGER, "drop upd");
}

static void
prints(struct undo *u, const char *want)
{
	struct str text = STR_INIT;

	undo_print(u, &text);
	assert_string_equal(text.s, want);
	str_free(&text);
}

static void
the_last_is_undone_first(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, NULL };
	struct err e;

	(void)state;
	fill(&u);
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	assert_string_equal(s.ran.s, "3:drop upd 3:drop del 2:drop notes "
	    "1:drop shadow ");
	assert_false(undo_owes(&u, UNDO_ANY));
	str_free(&s.ran);
}

static void
nothing_is_undone_only_once(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, NULL };
	struct err e;

	(void)state;
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	fill(&u);
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	str_reset(&s.ran);
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	assert_string_equal(s.ran.s, "");
	str_free(&s.ran);
}

static void
the_first_failure_ends_it_and_the_rest_stays(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, "drop del" };
	struct err e;

	(void)state;
	fill(&u);
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), -1);
	assert_string_equal(e.text, "no: drop del");
	assert_string_equal(s.ran.s, "3:drop upd ");
	assert_true(undo_owes(&u, UNDO_TRIGGER));
	assert_true(undo_owes(&u, UNDO_SHADOW));
	prints(&u, "drop del;\ndrop notes;\ndrop shadow;\n");
	/* Another time it works. */
	s.fails_at = NULL;
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	assert_string_equal(s.ran.s, "3:drop upd 3:drop del 2:drop notes "
	    "1:drop shadow ");
	str_free(&s.ran);
}

/* On a new connection they have to be sent once more. */
static void
settings_stay_until_all_is_done(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, "drop del" };
	struct err e;

	(void)state;
	fill(&u);
	undo_push(&u, UNDO_TRIGGER, "SET SESSION x = 1");
	undo_push(&u, UNDO_TRIGGER, "USE app");
	assert_int_equal(undo_run(&u, UNDO_TRIGGER, run, &s, &e), -1);
	assert_string_equal(s.ran.s, "3:USE app 3:SET SESSION x = 1 "
	    "3:drop upd ");
	prints(&u, "USE app;\nSET SESSION x = 1;\ndrop del;\ndrop notes;\n"
	    "drop shadow;\n");
	s.fails_at = NULL;
	str_reset(&s.ran);
	assert_int_equal(undo_run(&u, UNDO_TRIGGER, run, &s, &e), 0);
	assert_string_equal(s.ran.s, "3:USE app 3:SET SESSION x = 1 "
	    "3:drop del ");
	assert_false(undo_owes(&u, UNDO_TRIGGER));
	undo_forget(&u, UNDO_ANY);
	str_free(&s.ran);
}

static void
one_kind_can_be_undone(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, NULL };
	struct err e;

	(void)state;
	fill(&u);
	assert_int_equal(undo_run(&u, UNDO_TRIGGER, run, &s, &e), 0);
	assert_string_equal(s.ran.s, "3:drop upd 3:drop del ");
	assert_false(undo_owes(&u, UNDO_TRIGGER));
	prints(&u, "drop notes;\ndrop shadow;\n");
	undo_forget(&u, UNDO_ANY);
	str_free(&s.ran);
}

static void
what_is_forgotten_is_not_undone(void **state)
{
	struct undo u = UNDO_INIT;

	(void)state;
	fill(&u);
	undo_forget(&u, UNDO_TRIGGER);
	assert_false(undo_owes(&u, UNDO_TRIGGER));
	prints(&u, "drop notes;\ndrop shadow;\n");
	undo_forget(&u, UNDO_ATTIC);
	prints(&u, "drop notes;\ndrop shadow;\n");
	undo_forget_but(&u, UNDO_REJECTS);
	prints(&u, "drop notes;\n");
	undo_forget(&u, UNDO_ANY);
	prints(&u, "");
	undo_forget(&u, UNDO_ANY);
}

static void
it_knows_what_it_owes(void **state)
{
	struct undo u = UNDO_INIT;

	(void)state;
	assert_false(undo_owes(&u, UNDO_ANY));
	undo_push(&u, UNDO_REJECTS, "drop notes");
	assert_true(undo_owes(&u, UNDO_ANY));
	assert_true(undo_owes(&u, UNDO_REJECTS));
	assert_false(undo_owes(&u, UNDO_SHADOW));
	undo_forget(&u, UNDO_REJECTS);
	assert_false(undo_owes(&u, UNDO_ANY));
}

static void
a_statement_may_be_long_and_hold_formats(void **state)
{
	struct undo u = UNDO_INIT;
	char name[3000];

	(void)state;
	memset(name, '%', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	undo_push(&u, UNDO_SHADOW, "%s", name);
	assert_string_equal(u.item[0].sql, name);
	undo_forget(&u, UNDO_ANY);
}

static void
it_holds_as_many_as_there_are(void **state)
{
	struct undo u = UNDO_INIT;
	struct server s = { STR_INIT, NULL };
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		undo_push(&u, i % 2 ? UNDO_ATTIC : UNDO_TRIGGER, "%d", i);
	undo_forget(&u, UNDO_ATTIC);
	assert_int_equal(u.n, 50);
	assert_int_equal(undo_run(&u, UNDO_ANY, run, &s, &e), 0);
	assert_memory_equal(s.ran.s, "3:98 3:96 3:94 ", 15);
	assert_int_equal(u.n, 0);
	str_free(&s.ran);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_is_undone_first),
		cmocka_unit_test(nothing_is_undone_only_once),
		cmocka_unit_test(the_first_failure_ends_it_and_the_rest_stays),
		cmocka_unit_test(settings_stay_until_all_is_done),
		cmocka_unit_test(one_kind_can_be_undone),
		cmocka_unit_test(what_is_forgotten_is_not_undone),
		cmocka_unit_test(it_knows_what_it_owes),
		cmocka_unit_test(a_statement_may_be_long_and_hold_formats),
		cmocka_unit_test(it_holds_as_many_as_there_are),
	};

	return cmocka_run_group_tests_name("undo", tests, NULL, NULL);
}
