#ifndef WAITING_H
#define WAITING_H

#include <stdbool.h>

#include "base/str.h"
#include "model/registry_row.h"

/*
 * What a migration waits for, and for how long it has waited, by its registry
 * row: lines for people, and members of its JSON object, behind a comma.  One
 * that does not run waits for nothing.
 */
void waiting_print(struct str *to, const struct registry_row *r, bool runs);
void waiting_json(struct str *out, const struct registry_row *r, bool runs);

#endif
