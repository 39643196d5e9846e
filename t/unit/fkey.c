#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text_list.h"
#include "base/util.h"
#include "model/fkey.h"
#include "model/registry_row.h"

static struct ident
named(const char *name)
{
	struct err e = { .kind = ERR_NONE };
	struct ident id;

	assert_int_equal(ident_set(&id, name, &e), 0);
	return id;
}

static void
add(struct fkeys *f, const char *name, size_t columns, const char *index,
    const char *on_delete)
{
	struct err e = { .kind = ERR_NONE };
	struct fkey *k;
	size_t i;

	f->key = xrealloc(f->key, f->n + 1, sizeof(*f->key));
	k = &f->key[f->n++];
	memset(k, 0, sizeof(*k));
	k->name = named(name);
	assert_int_equal(qname_set(&k->child, "a`b", "_t\n_new", &e), 0);
	assert_int_equal(qname_set(&k->parent, "far", "3:x\n", &e), 0);
	k->n = columns;
	k->column = xcalloc(columns, sizeof(*k->column));
	k->referenced = xcalloc(columns, sizeof(*k->referenced));
	for (i = 0; i < columns; i++) {
		k->column[i] = named(i == 0 ? "x y" : "o'k");
		k->referenced[i] = named(i == 0 ? "%s" : "€");
	}
	if (index != NULL)
		k->index = named(index);
	k->on_delete = xstrdup_null(on_delete);
}

static void
what_is_kept_is_recalled(void **state)
{
	struct fkeys f = FKEYS_INIT, g = FKEYS_INIT;
	struct str list = STR_INIT, was = STR_INIT, is = STR_INIT;
	struct err e = { .kind = ERR_NONE };

	(void)state;
	add(&f, "one", 1, NULL, NULL);
	add(&f, "t`wo", 2, "t`wo", "SET NULL");
	fkey_keep(&list, &f);
	assert_int_equal(fkey_recall(&g, list.s, &e), 0);
	fkey_text(&was, &f);
	fkey_text(&is, &g);
	assert_string_equal(is.s, was.s);
	assert_string_equal(g.key[0].index.raw, "");
	assert_string_equal(g.key[1].index.sql, "`t``wo`");
	assert_null(g.key[0].on_delete);
	assert_null(g.key[1].on_update);
	fkey_free(&f);
	fkey_free(&g);
	str_free(&list);
	str_free(&was);
	str_free(&is);
}

static void
none_is_none(void **state)
{
	struct fkeys f = FKEYS_INIT;
	struct str list = STR_INIT;
	struct err e = { .kind = ERR_NONE };

	(void)state;
	fkey_keep(&list, &f);
	assert_int_equal(fkey_recall(&f, list.len > 0 ? list.s : "", &e), 0);
	assert_int_equal(f.n, 0);
	str_free(&list);
}

/* Cut off anywhere, it is no list. */
static void
half_a_list_is_refused(void **state)
{
	struct fkeys f = FKEYS_INIT;
	struct str list = STR_INIT;
	size_t len;

	(void)state;
	add(&f, "one", 2, "i", "CASCADE");
	fkey_keep(&list, &f);
	for (len = 1; len < list.len; len++) {
		struct fkeys g = FKEYS_INIT;
		struct err e = { .kind = ERR_NONE };
		char *half = xstrndup(list.s, len);

		assert_int_equal(fkey_recall(&g, half, &e), -1);
		assert_int_equal(e.kind, ERR_REFUSED);
		fkey_free(&g);
		free(half);
	}
	fkey_free(&f);
	str_free(&list);
}

/* What it becomes is SQL. */
static void
only_rules_that_there_are_are_recalled(void **state)
{
	static const char *const rule[] = { "CASCADE", "SET NULL", "RESTRICT",
	    "NO ACTION", "SET DEFAULT", "", "CASCADE, ADD x INT",
	    "RESTRICT; DROP TABLE t", "NO  ACTION", " CASCADE" };
	struct fkeys f;
	struct str list;
	struct err e = { .kind = ERR_NONE };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		f = (struct fkeys)FKEYS_INIT;
		list = (struct str)STR_INIT;
		text_list_add(&list, "k");
		text_list_add(&list, "app");
		text_list_add(&list, "_t_new");
		text_list_add(&list, "app");
		text_list_add(&list, "p");
		text_list_add(&list, "");
		text_list_add(&list, rule[i]);
		text_list_add(&list, "");
		text_list_add(&list, "a");
		text_list_add(&list, "id");
		text_list_add(&list, "");
		assert_int_equal(fkey_recall(&f, list.s, &e), i < 6 ? 0 : -1);
		str_free(&list);
		fkey_free(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_recalled),
		cmocka_unit_test(only_rules_that_there_are_are_recalled),
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(half_a_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
