#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/kin.h"
#include "model/usage.h"

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

/* SHOW CREATE TRIGGER, or whatever a server, or who made it, sends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const modes[] = { "", "ANSI_QUOTES",
	    "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES" };
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct kin_trigger t = { .create = text }, next = t;
	struct str q = STR_INIT;
	struct lex_mode mode = { false, false, false };
	struct qname name;
	struct err e;
	size_t i;

	if (qname_set(&name, "d", "t", &e) != 0 ||
	    ident_set(&next.name, "n", &e) != 0)
		abort();
	for (i = 0; i < 4; i++) {
		t.sql_mode = xstrdup(modes[i]);
		(void)kin_trigger_before(&q, &t, i & 1 ? &next : NULL, &e);
		(void)kin_trigger_on(&q, &t, &name, &name, &e);
		str_reset(&q);
		free(t.sql_mode);
		mode.ansi_quotes = (i & 1) != 0;
		mode.mariadb = (i & 2) != 0;
		try_usage(text, &mode, &name);
	}
	str_free(&q);
	free(text);
	return 0;
}
