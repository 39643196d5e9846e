#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cli/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text is parsed or refused, and hidden without changing its length. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	size_t len = strlen(text);
	struct err e;
	struct dsn d;

	dsn_parse(&d, text, &e);
	dsn_free(&d);
	dsn_hide(text);
	if (strlen(text) != len)
		abort();
	free(text);
	return 0;
}
