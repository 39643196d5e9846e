#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/command.h"

static void
command_is(const char *database, const char *table, const char *want)
{
	struct str s = STR_INIT;

	command_add(&s, "status", database, table);
	assert_string_equal(s.s, want);
	str_free(&s);
}

static void
plain_names_look_plain(void **state)
{
	(void)state;
	command_is("app", "orders", "livealter status D=app,t=orders");
	command_is("app", "a_b-2.c", "livealter status D=app,t=a_b-2.c");
	command_is("app", NULL, "livealter status D=app");
}

static void
others_are_quoted(void **state)
{
	(void)state;
	command_is("app", "a b", "livealter status 'D=app,t=a b'");
	command_is("app", "a$b", "livealter status 'D=app,t=a$b'");
	command_is("a'b", "c`d", "livealter status 'D=a'\\''b,t=c`d'");
	command_is("app", "\xc3\xa9", "livealter status 'D=app,t=\xc3\xa9'");
	command_is("app", "x;touch y", "livealter status 'D=app,t=x;touch y'");
}

static void
a_comma_and_a_backslash_stay_in_the_name(void **state)
{
	(void)state;
	command_is("app", "a,h=evil", "livealter status 'D=app,t=a\\,h=evil'");
	command_is("app", "a\\", "livealter status 'D=app,t=a\\'");
	command_is("a\\", "t", "livealter status 't=t,D=a\\'");
	command_is("a\\", "t\\", "livealter status 'D=a\\' --table 't\\'");
	command_is("a\\,b", "t", "livealter status 'D=a\\\\,b,t=t'");
}

static void
a_control_character_is_made_by_the_shell(void **state)
{
	(void)state;
	command_is("app", "a\033!%\\'\n",
	    "livealter status \"$(printf 't=a\\033\\041\\045\\134\\047\\012,"
	    "D=app')\"");
	command_is("app", "\xe2\x80\xae",
	    "livealter status \"$(printf 'D=app,t=\\342\\200\\256')\"");
}

/* All of the longest names arrive, or else another table may be named. */
static void
two_commands_fit_into_a_hint(void **state)
{
	char name[4 * 64 + 1] = "";
	struct config c = { .database = name, .table = name };
	struct err e = { .kind = ERR_NONE };
	size_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		memcpy(name + 4 * i, "\xf3\xa0\x80\x81", 4);
	command_hint(&e, &c, "cleanup", "ends that and drops the old table",
	    "revert", "swaps the tables back", NULL);
	assert_memory_equal(e.hint + strlen(e.hint) - 22,
	    " swaps the tables back", 22);
	assert_string_equal(strstr(e.hint, "')\" swaps"),
	    "')\" swaps the tables back");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_names_look_plain),
		cmocka_unit_test(others_are_quoted),
		cmocka_unit_test(a_comma_and_a_backslash_stay_in_the_name),
		cmocka_unit_test(a_control_character_is_made_by_the_shell),
		cmocka_unit_test(two_commands_fit_into_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
