#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/util.h"
#include "model/user_trigger.h"

static void
make(struct user_trigger *t, struct qname *table, const char *charset,
    const char *text)
{
	struct err e;

	memset(t, 0, sizeof(*t));
	assert_int_equal(qname_set(table, "d", "c", &e), 0);
	assert_int_equal(ident_set(&t->name, "a`b", &e), 0);
	t->timing = xstrdup("BEFORE");
	t->event = xstrdup("INSERT");
	t->sql_mode = xstrdup("");
	t->charset = xstrdup(charset);
	t->collation = xstrdup("utf8mb4_bin");
	t->name_sql = xstrdup(t->name.sql);
	t->table_sql = xstrdup(table->table.sql);
	t->definer_sql = xstrdup("`u`@`h`");
	t->create = xstrdup(text);
}

static void
fails(const char *text, bool mariadb)
{
	struct user_trigger t;
	struct qname table;
	struct err e;

	make(&t, &table, "gbk", text);
	assert_int_equal(user_trigger_parse(&t, &table, "u@h", mariadb, &e),
	    -1);
	user_trigger_free(&t);
}

static const char whole[] = "CREATE DEFINER=`u`@`h` TRIGGER `a``b` BEFORE "
    "INSERT ON `c` FOR EACH ROW";

/* The server's answer is not believed to be complete. */
static void
a_text_that_ends_early_is_not_understood(void **state)
{
	char *text;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(whole) - 1; len++) {
		text = strndup(whole, len);
		fails(text, true);
		fails(text, false);
		free(text);
	}
	fails("CREATE DEFINER=`u`@`h` TRIGGER IF", true);
	fails("CREATE DEFINER=`u`@`h` TRIGGER a.", true);
	fails("CREATE DEFINER=`u`@`h` TRIGGER `a``b` BEFORE INSERT ON c FOR "
	    "ALL ROWS SET @a = 1", true);
	fails("CREATE DEFINER=`v`@`h` TRIGGER `a``b` BEFORE INSERT ON c FOR "
	    "EACH ROW SET @a = 1", true);
}

static void
becomes(const char *charset, const char *body, bool mariadb,
    const char *want)
{
	const struct user_trigger_form form = { .name = "`x`", .table = "`y`",
	    .mariadb = mariadb };
	struct str text = STR_INIT, q = STR_INIT;
	struct user_trigger t;
	struct qname table;
	struct err e;

	str_addf(&text, "%s %s", whole, body);
	make(&t, &table, charset, text.s);
	assert_int_equal(user_trigger_parse(&t, &table, "u@h", mariadb, &e),
	    0);
	user_trigger_create(&q, &t, &form);
	assert_string_equal(q.s, want);
	user_trigger_free(&t);
	str_free(&text);
	str_free(&q);
}

#define MADE "CREATE " REST
#define REST "DEFINER=`u`@`h` TRIGGER `x` BEFORE INSERT ON `y` FOR " \
	"EACH ROW "

static void
what_follows_is_no_part_of_a_comment(void **state)
{
	(void)state;
	becomes("latin1", "SET @a = 1", false, MADE "SET @a = 1");
	becomes("latin1", "SET @a = 1 -- b", false, MADE "SET @a = 1 -- b\n");
	becomes("latin1", "SET @a = 1 --", false, MADE "SET @a = 1 --\n");
	becomes("latin1", "SET @a = '# b'", false, MADE "SET @a = '# b'");
	becomes("gbk", "SET @a = '\xad\x5c' # '", false, MADE
	    "SET @a = '\xad\x5c' # '\n");
}

#define MADE_HEX \
	"435245415445204f52205245504c41434520444546494e45523d60756040" \
	"606860205452494747455220607860204245464f524520494e5345525420" \
	"4f4e2060796020464f52204541434820524f5720"

static void
mariadb_takes_it_as_a_literal(void **state)
{
	(void)state;
	becomes("latin1", "SET @a = '\\''; DO 1", true, "EXECUTE IMMEDIATE '"
	    "CREATE OR REPLACE " REST "SET @a = ''\\\\''''; DO 1'");
	becomes("latin1", "SET @a = '\xe4'", true, "EXECUTE IMMEDIATE "
	    "_latin1 x'" MADE_HEX "534554204061203d2027e427'");
	/* It has letters where others have "`", "@" and "\". */
	becomes("swe7", "DO 1", true, "EXECUTE IMMEDIATE _swe7 x'" MADE_HEX
	    "444f2031'");
}

static void
a_block_is_known_by_both_ends(void **state)
{
	static const struct {
		const char *body;
		bool block;
	} is[] = {
		{ "BEGIN END", true },
		{ "BEGIN SET @a = 1; END", true },
		{ "SET @a = CASE WHEN 1 THEN 2 END", false },
		{ "SET @a = 1 -- END", false },
		{ "IF 1 THEN SET @a = 1; END IF", false },
	};
	struct user_trigger t;
	struct str text = STR_INIT;
	struct qname table;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		str_reset(&text);
		str_addf(&text, "%s %s", whole, is[i].body);
		make(&t, &table, "latin1", text.s);
		assert_int_equal(user_trigger_parse(&t, &table, "u@h", false,
		    &e), 0);
		assert_int_equal(t.block, is[i].block);
		user_trigger_free(&t);
	}
	str_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_ends_early_is_not_understood),
		cmocka_unit_test(what_follows_is_no_part_of_a_comment),
		cmocka_unit_test(mariadb_takes_it_as_a_literal),
		cmocka_unit_test(a_block_is_known_by_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
