#ifndef OPTION_PARSE_H
#define OPTION_PARSE_H

#include "cli/option_table.h"

/*
 * Put the value of an option where it belongs.  Returns NULL, or what is
 * wrong with it; then nothing has changed.  For option_set() alone.
 */
const char *option_parse(const struct option *opt, struct config *c, bool no,
    const char *value);

/* One of --tries, by number; NULL after the last. */
struct tries *option_tries(struct config *c, size_t i, const char **name);

#endif
