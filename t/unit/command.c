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
#include "base/util.h"
#include "cli/command.h"
#include "cli/configure.h"

static void
command_is(const char *database, const char *table, const char *want)
{
	const struct config c = { .database = (char *)(uintptr_t)database };
	struct str s = STR_INIT;

	command_add(&s, &c, "status", table);
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
	const char *second;
	size_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		memcpy(name + 4 * i, "\xf3\xa0\x80\x81", 4);
	command_hint(&e, &c, "to end that and drop the old table", "cleanup",
	    "to swap the tables back", "revert", COMMAND_END);
	second = strstr(e.hint, ERR_LINE "to swap the tables back: livealter "
	    "revert \"$(printf 'D=");
	assert_non_null(second);
	assert_string_equal(e.hint + strlen(e.hint) - 7, "\\201')\"");
}

/* As the command line gives it; a password is not in it. */
static void
logins_are(const char *words, const char *want)
{
	struct str notes = STR_INIT, s = STR_INIT;
	struct config c;
	struct err e;
	const char *word = words;
	char *argv[12];
	size_t len;
	int argc = 0;

	argv[argc++] = xstrdup("livealter");
	do {
		len = strcspn(word, "|");
		argv[argc++] = xstrndup(word, len);
		word += len + 1;
	} while (word[-1] != '\0');
	if (configure_load(&c, argc, argv, &notes, &e) != 0)
		fail_msg("%s: %s", words, e.text);
	command_add(&s, &c, "resume", c.table);
	assert_string_equal(s.s, want);
	str_reset(&s);
	command_bare(&s, &c, "control", c.table);
	assert_string_equal(s.s, "livealter control D=d,t=t");
	configure_free(&c);
	while (argc > 0)
		free(argv[--argc]);
	str_free(&notes);
	str_free(&s);
}

static void
it_says_how_to_log_in_but_no_password(void **state)
{
	(void)state;
	setenv("HOME", "/nonexistent", 1);
	logins_are("--alter||D=d,t=t|--threads=2|-h|db1|-P|3307|-u|it's",
	    "livealter resume D=d,t=t --host=db1 --port=3307 "
	    "'--user=it'\\''s'");
	logins_are("--alter||D=d,t=t,h=db1,S=/run/my sql,p=secret|--ssl-verify",
	    "livealter resume D=d,t=t --host=db1 '--socket=/run/my sql' "
	    "--ssl-verify --ask-pass");
	logins_are("--alter||D=d,t=t|--password=secret|-u$(id)",
	    "livealter resume D=d,t=t '--user=$(id)' --ask-pass");
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
		cmocka_unit_test(it_says_how_to_log_in_but_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
