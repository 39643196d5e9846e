#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/alter.h"
#include "model/ddl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rename_check(void *arg, const char *name, struct ident *to)
{
	ident_derive(to, arg, name, "_new");
}

/* Every item lies within the text, and is found again by its name. */
static void
try_alter(const char *text, const struct alter_mode *mode)
{
	const struct alter_item *it;
	size_t i, len = strlen(text);
	struct alter a;
	struct err e;

	if (alter_parse(&a, text, mode, &e) == 0) {
		for (i = 0; i < a.n; i++) {
			it = &a.item[i];
			if (it->at > len || it->len > len - it->at)
				abort();
			if ((it->what == ALTER_REFUSED) != (it->why != NULL))
				abort();
			if (it->what == ALTER_DROP_COLUMN &&
			    !alter_drops(&a, it->from.raw))
				abort();
			if (it->what == ALTER_RENAME_COLUMN &&
			    alter_renamed(&a, it->from.raw) == NULL)
				abort();
		}
	}
	alter_free(&a);
}

/* What is made can be read again, whatever comes of it. */
static void
try_ddl(const char *text, struct ddl_change *how)
{
	struct str once = STR_INIT, twice = STR_INIT;
	struct err e;

	if (ddl_create(&once, text, how, &e) == 0)
		(void)ddl_create(&twice, once.s, how, &e);
	str_free(&once);
	str_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char prefix[] = "_";
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct alter_mode mode;
	struct ddl_change how;
	struct qname to;
	struct err e;
	unsigned int i;

	if (qname_set(&to, "d", "_t_new", &e) != 0)
		abort();
	for (i = 0; i < 8; i++) {
		mode.ansi_quotes = (i & 1) != 0;
		mode.no_backslash_escapes = (i & 2) != 0;
		mode.mariadb = (i & 4) != 0;
		try_alter(text, &mode);
		memset(&how, 0, sizeof(how));
		how.to = &to;
		how.drop_engine = how.drop_data_dir = (i & 1) != 0;
		how.drop_tablespace = (i & 2) != 0;
		how.drop_collation = (i & 4) != 0;
		how.data_dir = i & 2 ? "/a'\\" : NULL;
		how.rename_check = i & 4 ? rename_check : NULL;
		how.arg = prefix;
		try_ddl(text, &how);
	}
	free(text);
	return 0;
}
