#ifndef KEPT_H
#define KEPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"

/*
 * The options of a migration that the registry keeps for a later run.
 *
 * Whoever writes the schema can write the registry.  So only those are taken
 * from there that neither reach SQL as they are, nor end a connection, nor
 * open a file of this host, nor allow what is otherwise refused.  The others
 * the user says again, on the command line or in a file of the user's; of
 * those without which the migration would be another one, the registry keeps
 * that they were given, so that they are missed.
 */

/*
 * Can they be kept?  ERR_USAGE when one is no UTF-8, in which YAML is written:
 * what is there then could not be read again.
 */
int kept_check(const struct config *c, struct err *e);

/* Adds them as YAML. */
void kept_write(struct str *out, const struct config *c);

/*
 * Take up what kept_write() has written, but for what the command line gives.
 * back: only what the plan of the revert depends on.  Adds to *unsaid the
 * names of options that the migration had, and that must be said again.  -1
 * with *e (ERR_USAGE) when the text cannot be read.
 */
int kept_read(struct config *c, const char *text, bool back,
    struct str *unsaid, struct err *e);

#endif
