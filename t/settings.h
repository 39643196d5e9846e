#ifndef SETTINGS_H
#define SETTINGS_H

/*
 * Options without values, for the tests of what sets them; after the headers
 * that cmocka wants.
 */

#include <stdlib.h>

#include "base/util.h"
#include "cli/configure.h"
#include "cli/option.h"

struct settings {
	struct config c;
	struct options o;
	struct str notes;
	bool found;		/* the job, for yaml.c */
};

static inline int
settings_setup(void **state)
{
	static const struct str empty = STR_INIT;
	struct settings *f = xcalloc(1, sizeof(*f));

	f->notes = empty;
	option_begin(&f->o, &f->c, &f->notes);
	*state = f;
	return 0;
}

static inline int
settings_teardown(void **state)
{
	struct settings *f = *state;

	option_end(&f->o);
	str_free(&f->notes);
	configure_free(&f->c);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, settings_setup, \
    settings_teardown)

#endif
