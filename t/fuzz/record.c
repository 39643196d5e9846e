#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cli/config.h"
#include "model/fingerprint.h"
#include "model/fkey.h"
#include "model/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read from a list makes a list that reads the same. */
static void
try_list(const char *text)
{
	struct str again = STR_INIT;
	const char *list = text;
	char *element;

	while ((element = record_next(&list)) != NULL) {
		record_add(&again, element);
		(void)record_is_literal(element);
		free(element);
	}
	/* Numbers may have zeros in front. */
	if (again.len > (size_t)(list - text))
		abort();
	str_free(&again);
}

static void
try_keys(const char *text)
{
	struct fkeys f = FKEYS_INIT, g = FKEYS_INIT;
	struct str kept = STR_INIT, again = STR_INIT;
	struct err e;

	if (fkey_recall(&f, text, &e) == 0) {
		fkey_keep(&kept, &f);
		if (fkey_recall(&g, kept.s, &e) != 0)
			abort();
		fkey_keep(&again, &g);
		if (strcmp(kept.s, again.s) != 0)
			abort();
	}
	fkey_free(&f);
	fkey_free(&g);
	str_free(&kept);
	str_free(&again);
}

/* A row's texts, which whoever writes the schema may have written. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct str why = STR_INIT;

	try_list(text);
	try_keys(text);
	(void)record_is_literal(text);
	(void)fingerprint_same(text, "a\nb\nc", &why);
	str_free(&why);
	free(text);
	return 0;
}
