#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/usage.h"
#include "model/user_trigger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_usage(const char *text, const struct lex_mode *mode, const struct qname *q)
{
	struct usage u = { .schema = &q->db };
	struct ident column;
	struct err e;

	if (ident_set(&column, "c", &e) != 0)
		abort();
	if (lex_scan(&u.l, text, mode, &e) == 0) {
		for (int i = 0; i < 4; i++) {
			u.resolved = (i & 1) != 0;
			u.fold = (i & 2) != 0;
			if (usage_column(&u, q, &column) && !usage_table(&u, q))
				abort();
		}
	}
	lex_free(&u.l);
}

static void
try_parse(const char *text, const char *mode, const char *charset,
    bool mariadb)
{
	const struct user_trigger_form form = { .name = "`x`",
	    .mariadb = mariadb };
	struct user_trigger t = { .create = xstrdup(text) };
	struct str q = STR_INIT;
	struct qname table;
	struct err e;

	if (qname_set(&table, "d", "t", &e) != 0 ||
	    ident_set(&t.name, "n", &e) != 0)
		abort();
	t.timing = xstrdup("BEFORE");
	t.event = xstrdup("INSERT");
	t.sql_mode = xstrdup(mode);
	t.charset = xstrdup(charset);
	t.collation = xstrdup("utf8mb4_bin");
	t.definer_sql = xstrdup("`u`@`h`");
	t.name_sql = xstrdup("`n`");
	t.table_sql = xstrdup("`t`");
	if (user_trigger_parse(&t, &table, "u@h", mariadb, &e) == 0)
		user_trigger_create(&q, &t, &form);
	user_trigger_free(&t);
	str_free(&q);
}

/* SHOW CREATE TRIGGER, or whatever a server, or who made it, sends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const modes[] = { "", "ANSI_QUOTES",
	    "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES" };
	static const char *const sets[] = { "utf8mb4", "gbk", "gb18030",
	    "swe7" };
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct lex_mode mode = { .mariadb = false };
	struct qname name;
	struct err e;
	size_t i;

	if (qname_set(&name, "d", "t", &e) != 0)
		abort();
	for (i = 0; i < 4; i++) {
		try_parse(text, modes[i], sets[i], false);
		try_parse(text, modes[i], sets[(i + 1) % 4], true);
		mode.ansi_quotes = (i & 1) != 0;
		mode.mariadb = (i & 2) != 0;
		try_usage(text, &mode, &name);
	}
	free(text);
	return 0;
}
