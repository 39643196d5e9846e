#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "base/str.h"
#include "cli/config.h"

/*
 * livealter explain [CODE]: what an exit status means, or all of them; as text,
 * or as JSON Lines.  The action of cfg is one that catalogue_lookup() knows.
 */
void explain_print(const struct config *cfg, struct str *to);

#endif
