#ifndef AS_WAS_H
#define AS_WAS_H

#include "base/str.h"
#include "model/fkey.h"
#include "model/table.h"

/*
 * Add the definition of t as the table called name, with these foreign keys in
 * the place of its own: what a table was or will be, to be compared by
 * fingerprints.  It is without the AUTO_INCREMENT counter, and the keys come
 * last, in the order of their names, as the server's order may change when they
 * are dropped and added.  Pure.
 */
void as_was_text(struct str *q, const struct table *t, const struct fkeys *f,
    const struct qname *name);

#endif
