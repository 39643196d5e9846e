#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "base/err.h"
#include "story/migration.h"

/*
 * The swap, with all that is asked and waited for around it: until it is
 * wanted, whether everything is still as it was, and once more while no session
 * can write.  m->swap says whether it happened.  Returns 0, or -1 with *e.
 */
int exchange_run(struct migration *m, struct err *e);

#endif
