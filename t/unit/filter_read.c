/* What becomes of the text of --where, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../golden.h"

struct reading {
	const char *text, *want;	/* want: of the message, if refused */
};

static void
table(struct fixture *f, const struct server *s)
{
	fixture_server(f, s);
	both(f, "id", "bigint(20)", "");
	both(f, "name", "varchar(50)", "null " UTF8);
	both(f, "day", "date", "null");
	both(f, "at", "timestamp", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
try(const struct reading *r, const struct server *s, bool good)
{
	struct fixture f;
	struct str got = STR_INIT;
	int rc;

	fixture_begin(&f);
	table(&f, s);
	f.where = r->text;
	rc = fixture_plan(&f, "t", "FORCE");
	if (rc == 0)
		filter_add(&got, &f.filter, &f.plan, "o");
	if (!good && rc == 0)
		fail_msg("not refused: %s", r->text);
	if (good && rc != 0)
		fail_msg("%s: %s", r->text, f.e.text);
	if (good)
		assert_string_equal(got.s, r->want);
	else if (strstr(f.e.text, r->want) == NULL)
		fail_msg("%s: %s", r->text, f.e.text);
	str_free(&got);
	fixture_end(&f);
}

#define HERE(c) "COALESCE(CONVERT_TZ(" c ", '+00:00', 'SYSTEM'), " c ")"

static void
names_get_the_alias_and_moments_are_literals(void **state)
{
	static const struct reading all[] = {
		{ "id>1", "(o.`id`>1)" },
		{ " ID = 1 AND app.t.`name` LIKE 'a%' -- b",
		    "(o.`id` = 1 AND o.`name` LIKE 'a%')" },
		{ "name = 'it''s \\' )' or/**/id=1e3",
		    "(o.`name` = 'it''s \\' )' or o.`id`=1e3)" },
		{ "day > NOW() - INTERVAL 3 DAY",
		    "(o.`day` > TIMESTAMP'2026-03-01 01:30:00' - "
		    "INTERVAL 3 DAY)" },
		{ "day = day + interval day day",
		    "(o.`day` = o.`day` + interval o.`day` day)" },
		{ "day in (CURDATE(), current_date, utc_date)",
		    "(o.`day` in (DATE'2026-03-01', DATE'2026-03-01', "
		    "DATE'2026-02-28'))" },
		{ "at < now(6)", "(" HERE("o.`at`")
		    " < TIMESTAMP'2026-03-01 01:30:00.123456')" },
		{ "curtime(3) > 0", "(TIME'01:30:00.123' > 0)" },
		{ "unix_timestamp(at) > unix_timestamp()",
		    "(unix_timestamp(o.`at`) > 1772321400)" },
		{ "unix_timestamp(day) > 0", "(unix_timestamp(CONVERT_TZ("
		    "o.`day`, 'SYSTEM', '+00:00')) > 0)" },
		{ "from_unixtime(id) > 0", "(CONVERT_TZ(from_unixtime("
		    "o.`id`), '+00:00', 'SYSTEM') > 0)" },
		{ "from_unixtime(id, '%Y') > 0", "(DATE_FORMAT(CONVERT_TZ("
		    "from_unixtime(o.`id`), '+00:00', 'SYSTEM'), '%Y') > 0)" },
		{ "extract(day from day) = 1",
		    "(extract(day from o.`day`) = 1)" },
		{ "cast(day as date) = date '2026-01-01'",
		    "(cast(o.`day` as date) = date '2026-01-01')" },
		{ "substr (name, 1) = _utf8mb4'a' and name = x'41'",
		    "(substr(o.`name`, 1) = _utf8mb4'a' and "
		    "o.`name` = x'41')" },
		{ "name collate utf8mb4_bin > 'a'",
		    "(o.`name` collate utf8mb4_bin > 'a')" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		try(&all[i], &mariadb_10_11, true);
		try(&all[i], &mysql_8_4, true);
	}
}

static void
what_ends_it_or_changes_is_refused(void **state)
{
	static const struct reading all[] = {
		{ "", "there is no condition" },
		{ "# id = 1", "there is no condition" },
		{ "id > 1) OR (1", "not opened" },
		{ "(id > 1", "not closed" },
		{ "name = 'a", "not closed" },
		{ "id = @x", "a variable" },
		{ "id = 1; DROP TABLE t", "no part of a condition: ;" },
		{ "id = (SELECT 1)", "a subquery" },
		{ "id = RAND()", "something else each time" },
		{ "sysdate() > at", "something else each time" },
		{ "id = f(1)", "not one of the server's own functions" },
		{ "id = `abs`(1)", "not the server's own" },
		{ "id = app.f(1)", "another table" },
		{ "max(id) = 1", "of many rows" },
		{ "size = 1", "no such column in `app`.`t`" },
		{ "u.id = 1", "another table" },
		{ "id = 1 limit 1", "no such column" },
		{ "now(7) = at", "0 to 6" },
		{ "at > '2026-01-01 00:00:00+00:00'", "an offset" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		try(&all[i], &mariadb_10_11, false);
		try(&all[i], &mysql_8_4, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_get_the_alias_and_moments_are_literals),
		cmocka_unit_test(what_ends_it_or_changes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
