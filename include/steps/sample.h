#ifndef SAMPLE_H
#define SAMPLE_H

#include "base/err.h"
#include "base/summary.h"
#include "model/plan.h"

/*
 * How long the copy and the comparison may take, and how large the new table
 * will be: the first rows, a second's worth, are copied into the new table,
 * which is empty and stays so, and compared, in one transaction that is rolled
 * back.  No lock is taken on the old table.
 *
 * Fills in *s, with s->why_not where it cannot be measured.  Returns 0, or -1
 * with *e: ERR_STOPPED.
 */
int sample_measure(struct summary_estimate *s, const struct plan *p,
    struct err *e);

#endif
