#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/dsn.h"

static void
all_keys_are_taken(void **state)
{
	struct err e;
	struct dsn d;

	(void)state;
	assert_int_equal(dsn_parse(&d, "A=utf8mb4,D=app,F=/my.cnf,h=db1,p=pw,"
	    "P=3306,S=/sock,t=orders,u=root,s=1", &e), 0);
	assert_string_equal(d.charset, "utf8mb4");
	assert_string_equal(d.database, "app");
	assert_string_equal(d.defaults_file, "/my.cnf");
	assert_string_equal(d.host, "db1");
	assert_string_equal(d.password, "pw");
	assert_string_equal(d.port, "3306");
	assert_string_equal(d.socket, "/sock");
	assert_string_equal(d.table, "orders");
	assert_string_equal(d.user, "root");
	assert_string_equal(d.tls, "1");
	dsn_free(&d);
	assert_null(d.password);
}

static void
an_escaped_comma_is_part_of_the_value(void **state)
{
	struct err e;
	struct dsn d;

	(void)state;
	assert_int_equal(dsn_parse(&d, "p=a\\,b\\c=d,t=x\\,", &e), 0);
	assert_string_equal(d.password, "a,b\\c=d");
	assert_string_equal(d.table, "x,");
	assert_null(d.host);
	dsn_free(&d);
}

static void
a_bare_word_is_the_host(void **state)
{
	struct err e;
	struct dsn d;

	(void)state;
	assert_int_equal(dsn_parse(&d, "db1,D=app", &e), 0);
	assert_string_equal(d.host, "db1");
	assert_string_equal(d.database, "app");
	dsn_free(&d);
}

static void
an_empty_password_is_one(void **state)
{
	struct err e;
	struct dsn d;

	(void)state;
	assert_int_equal(dsn_parse(&d, "p=,t=x", &e), 0);
	assert_string_equal(d.password, "");
	dsn_free(&d);
}

static void
mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "empty" }, { ",", "empty part" }, { "D=a,", "empty" },
		{ "D=a,,t=b", "empty part" }, { "x=1", "unknown key \"x\"" },
		{ "host=db1", "unknown key \"host\"" },
		{ "D=a,D=b", "\"D\" is given twice" },
		{ "D=,t=x", "\"D\" has no value" },
		{ "=x", "unknown key" }, { "a,b", "\"h\" is given twice" },
	};
	struct err e;
	struct dsn d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dsn_parse(&d, bad[i].text, &e), -1);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("\"%s\": %s", bad[i].text, e.text);
		dsn_free(&d);
	}
}

static void
a_complaint_never_shows_a_piece_of_the_password(void **state)
{
	static const char *const bad[] = {
		"p=hush,secret", "p=hush,secret=1", "p=hush,x=secret",
		"h=a,p=hush,secret", "p=secret,p=secret",
	};
	struct err e;
	struct dsn d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dsn_parse(&d, bad[i], &e), -1);
		assert_null(strstr(e.text, "secret"));
		assert_null(strstr(e.text, "hush"));
		dsn_free(&d);
	}
}

static void
the_password_is_hidden_in_place(void **state)
{
	static const struct {
		const char *before, *after;
	} text[] = {
		{ "h=a,p=secret,t=x", "h=a,p=xxxxxx,t=x" },
		{ "p=a\\,b,t=t", "p=xxxx,t=t" },
		{ "p=ab", "p=xx" }, { "D=p=q,t=z", "D=p=q,t=z" },
		{ "p=ab,cd=e,t=z", "p=xx,xxxx,t=z" },
		{ "h=a, p=b", "h=a, p=x" }, { "", "" },
	};
	char copy[40];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		memcpy(copy, text[i].before, strlen(text[i].before) + 1);
		dsn_hide(copy);
		assert_string_equal(copy, text[i].after);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys_are_taken),
		cmocka_unit_test(an_escaped_comma_is_part_of_the_value),
		cmocka_unit_test(a_bare_word_is_the_host),
		cmocka_unit_test(an_empty_password_is_one),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(
		    a_complaint_never_shows_a_piece_of_the_password),
		cmocka_unit_test(the_password_is_hidden_in_place),
	};

	return cmocka_run_group_tests_name("dsn", tests, NULL, NULL);
}
