#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "model/modifier.h"

static const struct lex_mode mysql = { .mariadb = false };
static const struct lex_mode mariadb = { .mariadb = true };

/* What a server would read of a text: its tokens, one on a line. */
static void
read_tokens(struct str *out, const char *text, const struct lex_mode *mode)
{
	struct lex l;
	struct err e;
	size_t i;

	assert_int_equal(lex_scan(&l, text, mode, &e), 0);
	for (i = 0; i < l.n; i++) {
		str_add(out, text + l.token[i].at, l.token[i].len);
		str_addz(out, "\n");
	}
	lex_free(&l);
}

/* With text, the server reads what it would read with want. */
static void
leaves(const char *text, const char *want, const struct lex_mode *mode)
{
	struct str rest = STR_INIT, out = STR_INIT;
	struct str is = STR_INIT, ought = STR_INIT;
	struct err e;

	assert_int_equal(modifier_blank(&rest, &out, text, mode, &e), 0);
	assert_int_equal(rest.len, strlen(text));
	read_tokens(&is, rest.s, mode);
	read_tokens(&ought, want, mode);
	if (strcmp(is.s, ought.s) != 0)
		fail_msg("of \"%s\" this is left: \"%s\"", text, rest.s);
	str_free(&rest);
	str_free(&out);
	str_free(&is);
	str_free(&ought);
}

/* Clauses that are an ALTER, whatever words are in them; {NULL}: none. */
#define CLAUSES 4
static const char *const base[][CLAUSES] = {
	{ NULL },
	{ "ADD a INT", NULL },
	{ "ADD a INT", "DROP b", NULL },
	{ "ADD a INT", "DROP b", "ENGINE=InnoDB", NULL },
	{ "ADD `algorithm` INT COMMENT 'x, ALGORITHM=COPY, LOCK=NONE;'",
	    "DROP `, LOCK=NONE`", NULL },
	{ "ADD (a INT, algorithm INT, ALGORITHM VARCHAR(10))", "DROP b", NULL },
	{ "CHANGE a algorithm INT", "DROP algorithm", NULL },
	{ "ADD a ENUM(',', 'LOCK=NONE', ')') /* , LOCK=NONE */",
	    "DROP b # , LOCK=NONE\n", NULL },
	{ "ADD a VARCHAR(20) DEFAULT '\\', LOCK=NONE'", "DROP b", NULL },
	{ "ADD a INT DEFAULT (IF(1, 2, 3))",
	    "ADD INDEX algorithm (a) COMMENT \"LOCK=NONE\"", NULL },
};

static const char *const spelled[] = {
	"ALGORITHM=INPLACE", "ALGORITHM = COPY", "algorithm instant",
	"ALGORITHM DEFAULT", "ALGORITHM=`copy`", "LOCK=NONE", "Lock Shared",
	"LOCK\n=\tEXCLUSIVE", "LOCK/* , a */=/* ( */DEFAULT",
	"LOCK -- ALGORITHM=x\n NONE", "/*!50600 ALGORITHM=COPY */",
	"/*!50600 LOCK */=`none`",
};

static const char *const ends[] = {
	"", ";", " ;; ", "; -- done", "\n;/* ; */",
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Where bit i of places is set, a modifier stands before clause i. */
static void
put_together(struct str *with, struct str *without, size_t which,
    unsigned int places, size_t spelling, const char *end)
{
	size_t i;

	for (i = 0; i < CLAUSES; i++) {
		if (places & 1u << i)
			str_addf(with, "%s%s", with->len > 0 ? "," : "",
			    spelled[(spelling + i) % N(spelled)]);
		if (base[which][i] == NULL)
			break;
		str_addf(with, "%s%s", with->len > 0 ? ", " : "",
		    base[which][i]);
		str_addf(without, "%s%s", without->len > 0 ? ", " : "",
		    base[which][i]);
	}
	str_addz(with, end);
}

static void
they_are_left_out_wherever_they_stand(void **state)
{
	struct str with = STR_INIT, without = STR_INIT;
	unsigned int places;
	size_t b, s, e;

	(void)state;
	for (b = 0; b < N(base); b++)
	for (places = 0; places < 1u << CLAUSES; places++)
	for (s = 0; s < N(spelled); s++)
	for (e = 0; e < N(ends); e++) {
		str_reset(&with);
		str_reset(&without);
		put_together(&with, &without, b, places, s, ends[e]);
		leaves(with.s, without.s, &mysql);
		leaves(with.s, without.s, &mariadb);
	}
	str_free(&with);
	str_free(&without);
}

static void
what_follows_without_a_comma_stays(void **state)
{
	(void)state;
	leaves("ADD a INT, LOCK=NONE PARTITION BY HASH (a)",
	    "ADD a INT PARTITION BY HASH (a)", &mysql);
	leaves("LOCK=NONE REMOVE PARTITIONING", "REMOVE PARTITIONING",
	    &mariadb);
	leaves("LOCK=NONE COMMENT 'x', DROP a", "COMMENT 'x', DROP a", &mysql);
}

/* The server judges what it may not know, and what is no such clause. */
static void
all_else_is_the_servers(void **state)
{
	static const char *const text[] = {
		"ALGORITHM=QUICK", "LOCK=SOME", "ADD a INT, LOCK",
		"ADD a INT LOCK=NONE", "ALGORITHM='COPY'", "LOCK==NONE",
		"ADD a INT /*!99999 , LOCK=NONE */",
		"ADD a INT, /*!99999 LOCK=NONE, */ DROP b",
		"; DROP a", "DROP a; DROP b", "`LOCK`=NONE",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(text); i++)
		leaves(text[i], text[i], &mysql);
	leaves("ALGORITHM=NOCOPY", "ALGORITHM=NOCOPY", &mysql);
	leaves("ALGORITHM=NOCOPY", "", &mariadb);
}

static void
what_is_left_out_is_said(void **state)
{
	struct str rest = STR_INIT, out = STR_INIT;
	struct err e;

	(void)state;
	modifier_blank(&rest, &out, "ALGORITHM = COPY, DROP a, LOCK=NONE;",
	    &mysql, &e);
	assert_string_equal(out.s, "ALGORITHM = COPY, LOCK=NONE");
	str_free(&rest);
	str_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_left_out_wherever_they_stand),
		cmocka_unit_test(what_follows_without_a_comma_stays),
		cmocka_unit_test(all_else_is_the_servers),
		cmocka_unit_test(what_is_left_out_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
