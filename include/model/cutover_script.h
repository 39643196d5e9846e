#ifndef CUTOVER_SCRIPT_H
#define CUTOVER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"

struct alter;
struct fkey;
struct err;
struct plan;

/*
 * Fill p->script.  Returns 0, or -1 with *e: ERR_REFUSED when the ALTER takes
 * from a child what it references.
 */
int cutover_script_render(struct plan *p, const struct alter *a, struct err *e);

/*
 * Adds the definition of a child's foreign key, under this name and turned to
 * this table, by the names that its columns have in the new one.
 */
int cutover_script_child_key(struct str *q, const struct plan *p,
    const struct fkey *k, const struct ident *name, const struct qname *to,
    struct err *e);

/*
 * Add what turns the mirroring around: p->back's triggers take the place of
 * p's.  Only under the lock, and only once: it cannot be made good later.
 */
void cutover_script_flip(struct plan *p);

#endif
