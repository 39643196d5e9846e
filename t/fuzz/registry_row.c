#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_list.h"
#include "base/util.h"
#include "cli/config.h"
#include "cli/configure.h"
#include "cli/kept.h"
#include "cli/option.h"
#include "model/fingerprint.h"
#include "model/fkey.h"
#include "model/registry_row.h"
#include "model/standin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read from a list makes a list that reads the same. */
static void
try_list(const char *text)
{
	struct str again = STR_INIT;
	const char *list = text;
	char *element;

	while ((element = text_list_next(&list)) != NULL) {
		text_list_add(&again, element);
		(void)registry_row_is_literal(element);
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

/* A stand-in is somebody's only under a name that fits. */
static void
try_standins(const char *text)
{
	const char *list = text;
	struct standin p;
	struct ident to;

	while (standin_next(&p, &list)) {
		(void)standin_find(&to, text, p.kind, p.stand_in);
		(void)standin_real(&to, text, p.kind, p.name);
		(void)standin_end(p.end);
		standin_free(&p);
	}
	standin_free(&p);
	(void)standin_real(&to, text, STANDIN_KEY, text);
	(void)standin_real(&to, text, STANDIN_TRIGGER, text);
}

/* Options, of which none that could do harm is taken. */
static void
try_kept(const char *text, bool back)
{
	struct str unsaid = STR_INIT, rejects = STR_INIT;
	struct options o;
	struct config c;
	struct err e;

	option_begin(&o, &c, &rejects);
	c.given = xcalloc(option_count, sizeof(*c.given));
	c.said = xcalloc(option_count, sizeof(*c.said));
	(void)kept_read(&c, text, back, &unsaid, &e);
	if ((c.login.set_vars != NULL && c.login.set_vars[0] != '\0') ||
	    c.force || c.accept_loss || c.kill_blockers.after > 0)
		abort();
	option_end(&o);
	configure_free(&c);
	str_free(&rejects);
	str_free(&unsaid);
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
	try_standins(text);
	try_kept(text, false);
	try_kept(text, true);
	(void)registry_row_is_literal(text);
	(void)fingerprint_same(text, "a\nb\nc", &why);
	str_free(&why);
	free(text);
	return 0;
}
