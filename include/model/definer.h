#ifndef DEFINER_H
#define DEFINER_H

#include "base/str.h"
#include "model/plan.h"

/*
 * The body of a trigger that uses the tables as ours do, those of the revert
 * as well, and no row of them.  Under --trigger-definer the server checks the
 * rights of that account when a trigger fires, table by table, before it finds
 * that one of them is not there yet.  What it ends by, if nothing is wrong, is
 * the error DEFINER_DONE: so the statement that fired it is not logged.  Pure.
 */
void definer_body(struct str *q, const struct plan *p);

#define DEFINER_DONE 1644	/* ER_SIGNAL_EXCEPTION */

#endif
