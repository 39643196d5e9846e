/* Plans with the way back; see golden.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../golden.h"

static void
way_back(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	column(&f->old, "name", "varchar(50)", "null " UTF8);
	column(&f->new, "title", "varchar(90)", "null " UTF8);
	column(&f->old, "color", "varchar(9)", "default=red " UTF8);
	column(&f->old, "size", "int(11)", "");
	column(&f->new, "weight", "int(11)", "null");
	primary(&f->old, "id");
	unique(&f->old, "name", "name");
	primary(&f->new, "id");
}

/* The new table has less than the old one, in three columns. */
static void
less_to_bring_back(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "at", "timestamp(3)", "null");
	column(&f->new, "at", "datetime(3)", "null");
	column(&f->old, "code", "varchar(20)", UTF8);
	column(&f->new, "code", "int(11)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "int(11)", "");
	f->options.null_to_not_null = true;
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
computed_key_alone(struct fixture *f)
{
	both(f, "at", "timestamp(3)", "");
	both(f, "n", "int(11)", "");
	both(f, "g", "int(11)", "generated=(`n`+1)");
	unique(&f->old, "g", "g");
	unique(&f->new, "g", "g");
}

static struct golden cases[] = {
	{ "way-back", "t", "CHANGE name title VARCHAR(90), DROP color, DROP "
	    "size, DROP KEY name, ADD weight INT", &mariadb_10_11, way_back },
	{ "way-back-of-less", "t", "MODIFY at DATETIME(3), MODIFY code INT "
	    "NOT NULL, MODIFY n INT NOT NULL", &mysql_8_4, less_to_bring_back },
	{ "way-back-of-computed-key", "t", "FORCE", &mysql_8_4,
	    computed_key_alone },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* --- each of them is a test ---------------------------------------------- */

static void
revert_is_as_written_down(void **state)
{
	golden_check(*state, true);
}

int
main(void)
{
	struct CMUnitTest tests[N_CASES];

	golden_tests(tests, cases, N_CASES, revert_is_as_written_down);
	return cmocka_run_group_tests_name("reverse", tests, NULL, NULL);
}
