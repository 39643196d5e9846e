/* Which generated columns have the same value in both tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/pair.h"

#define UTF8	"collate=utf8mb4_general_ci"
#define BIN3	"collate=utf8mb3_bin"

/* A column that g is computed from, and g, in the two tables. */
struct question {
	const char *from, *to, *from_more, *to_more;
	const char *old, *new;		/* g's expressions */
	bool alike, mariadb;
};

static const struct question questions[] = {
	/* The same, and the same in other words. */
	{ "int", "int", "", "", "(`a`+1)", "(`a`+1)", true, false },
	{ "int", "int", "", "", "(`a`+1)", "(`a`+2)", false, false },
	{ "int", "int", "", "", "(`a`+1)", "(`a`+1+0)", false, false },
	{ "int", "int", "", "", "concat(`a`,_utf8mb3\\'-\\')",
	    "concat(`a`,_utf8mb4\\'-\\')", true, false },
	{ "int", "int", "", "", "concat(`a`,_utf8mb3\\'-\\')",
	    "concat(`a`,_utf8mb4\\'+\\')", false, false },
	{ "int", "int", "", "", "concat(`a`,_utf8mb3\\'-\\')",
	    "concat(`a`,_utf16\\'-\\')", false, false },
	{ "int", "int", "", "", "concat(`a`,_utf8mb3\\'\xc3\\')",
	    "concat(`a`,_latin1\\'\xc3\\')", false, false },
	{ "int", "int", "", "", "concat(`a`,'\\\\')", "concat(`a`,'\\\\')",
	    true, true },
	/* A name changes. */
	{ "int", "int", "", "b", "(`a`+1)", "(`b`+1)", true, true },
	{ "int", "int", "", "b", "(`a`+1)", "(`c`+1)", false, true },
	/* A type changes. */
	{ "int", "bigint", "", "", "(`a`+1)", "(`a`+1)", true, true },
	{ "int", "int(8) zerofill", "", "", "(`a`+1)", "(`a`+1)", false,
	    true },
	{ "int", "varchar(20)", "", UTF8, "(`a`+1)", "(`a`+1)", false, true },
	{ "decimal(10,2)", "decimal(12,2)", "", "", "(`a`/3)", "(`a`/3)",
	    true, true },
	{ "decimal(10,2)", "decimal(12,3)", "", "", "(`a`/3)", "(`a`/3)",
	    false, true },
	{ "datetime", "datetime(3)", "", "", "concat(`a`)", "concat(`a`)",
	    false, true },
	{ "varchar(20)", "varchar(60)", UTF8, UTF8, "lower(`a`)",
	    "lower(`a`)", true, true },
	/* Only a collation, which some functions go by; or the bytes. */
	{ "varchar(20)", "varchar(20)", BIN3, UTF8, "lower(`a`)",
	    "lower(`a`)", true, true },
	{ "varchar(20)", "varchar(20)", BIN3, UTF8, "(`a`>'b')",
	    "(`a`>'b')", false, true },
	{ "varchar(20)", "varchar(20)", BIN3, UTF8, "locate(`a`,'b')",
	    "locate(`a`,'b')", false, true },
	{ "varchar(20)", "varchar(20)", "collate=latin1_bin", UTF8,
	    "lower(`a`)", "lower(`a`)", false, true },
	/* A DEFAULT, which one function reads. */
	{ "int", "int", "default=1", "default=2", "(`a`+1)", "(`a`+1)", true,
	    true },
	{ "int", "int", "default=1", "default=2", "default(`a`)",
	    "default(`a`)", false, true },
};

static bool
are_alike(const struct question *q)
{
	bool renamed = strcmp(q->to_more, "b") == 0, yes;
	struct str old = STR_INIT, new = STR_INIT;
	struct fixture f;

	fixture_begin(&f);
	if (!q->mariadb)
		fixture_server(&f, &mysql_8_4);
	str_addf(&old, "generated=%s", q->old);
	str_addf(&new, "generated=%s", q->new);
	both(&f, "id", "int", "");
	column(&f.old, "a", q->from, q->from_more);
	column(&f.new, renamed ? "b" : "a", q->to, q->to_more);
	column(&f.old, "g", "int", old.s);
	column(&f.new, "g", "int", new.s);
	primary(&f.old, "id");
	primary(&f.new, "id");
	assert_int_equal(fixture_plan(&f, "t", renamed ? "CHANGE a b INT" :
	    "FORCE"), 0);
	yes = f.plan.n_computed == 1 &&
	    pair_to(&f.plan, &f.new.column[2])->from == &f.old.column[2];
	fixture_end(&f);
	str_free(&old);
	str_free(&new);
	return yes;
}

static void
what_is_read_alike_is_computed_alike(void **state)
{
	const struct question *q = questions;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++, q++)
		if (are_alike(q) != q->alike)
			fail_msg("%s of %s and %s of %s are%s alike", q->old,
			    q->from, q->new, q->to, q->alike ? " not" : "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_alike_is_computed_alike),
	};

	return cmocka_run_group_tests_name("generated columns", tests, NULL,
	    NULL);
}
