#ifndef MATTERS_H
#define MATTERS_H

#include "base/str.h"
#include "cli/config.h"

/*
 * Add, a line for each, the options that say what becomes of the table and what
 * is refused, and their values; not those that say how fast it goes, how to
 * connect and what is shown.
 */
void matters_write(struct str *out, const struct config *c);

#endif
