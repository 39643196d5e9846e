#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "base/window.h"
#include "cli/configure.h"
#include "cli/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value that is taken is shown so that it is taken again as the same. */
static void
try_value(struct options *o, const struct option *opt, const char *value)
{
	struct str shown = STR_INIT, again = STR_INIT;

	if (option_set(o, opt, false, value, NULL) == 0 &&
	    option_value(opt, o->c, &shown)) {
		if (option_set(o, opt, false, shown.s, NULL) != 0 ||
		    !option_value(opt, o->c, &again) ||
		    strcmp(shown.s, again.s) != 0)
			abort();
	}
	str_reset(&o->wrong);
	str_free(&shown);
	str_free(&again);
}

static void
try_window(const char *text)
{
	char clock[WINDOW_CLOCK_SIZE];
	struct window w;

	if (window_parse(&w, text) != NULL)
		return;
	(void)window_open(&w, 1700000000);
	window_clock(&w, 1700000000, clock);
	if (window_opens_in(&w, 1700000000) > 15.0 * 24 * 3600)
		abort();
}

/* The first byte chooses the option; the rest is its value, or its name. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *bytes = data;
	char *text = xstrndup(bytes, size);
	struct str rejects = STR_INIT, several = STR_INIT;
	struct options o;
	struct config c;
	bool no;

	option_begin(&o, &c, &rejects);
	if (*text != '\0')
		try_value(&o, &option_table[(unsigned char)*text %
		    option_count], text + 1);
	(void)option_find(text, &no);
	(void)option_match(text, &no, &several);
	(void)option_nearest(text);
	try_window(text);
	option_end(&o);
	configure_free(&c);
	str_free(&rejects);
	str_free(&several);
	free(text);
	return 0;
}
