#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/ddl.h"
#include "model/fingerprint.h"
#include "model/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rename_check(void *arg, const char *name, struct ident *to)
{
	(void)arg;
	ident_derive(to, "_", name, "");
}

/* The new name is where the other was; or nothing comes out. */
static void
try_create(const char *text, struct ddl_change how)
{
	struct str q = STR_INIT;
	struct err e;

	if (ddl_create(&q, text, &how, &e) != 0 ? q.len != 0 :
	    strstr(q.s, how.to->sql) == NULL)
		abort();
	str_free(&q);
}

/* Of a definition that is the same, the fingerprint is the same. */
static void
try_definition(char *text)
{
	struct table t = { .create = text };
	struct str definition = STR_INIT, print = STR_INIT, why = STR_INIT;

	table_definition(&definition, &t);
	fingerprint_add(&print, definition.s != NULL ? definition.s : "");
	if (!fingerprint_same(print.s != NULL ? print.s : "",
	    definition.s != NULL ? definition.s : "", &why))
		abort();
	str_free(&definition);
	str_free(&print);
	str_free(&why);
}

/* The server's SHOW CREATE TABLE, in which the application's texts stand. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct qname to;
	struct err e;

	if (qname_set(&to, "d", "_t_new", &e) != 0)
		abort();
	try_create(text, (struct ddl_change){ .to = &to });
	try_create(text, (struct ddl_change){ .to = &to, .drop_engine = true,
	    .drop_data_dir = true, .drop_tablespace = true,
	    .drop_collation = true, .data_dir = "/a'\\b",
	    .rename_check = rename_check });
	(void)ddl_key_overlaps(text, "PRIMARY");
	try_definition(text);
	free(text);
	return 0;
}
