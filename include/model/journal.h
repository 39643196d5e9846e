#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * Where the new table takes rows in order only (see order.h), or the old one
 * undoes nothing (by_key.h), the triggers do not write to the new one: they
 * note which rows were written, in the table of notes, and the copy brings the
 * rows up to date.
 *
 * In order, each note is a row of its own, by a number of its own, so that no
 * writer waits for another one.
 *
 * Pure.
 */

/* Add the ALTER TABLE of the notes, which are made before there is a plan. */
void journal_alter(struct str *q, const struct plan *p);

/* Do the triggers of the plan only note? */
#define journal_is_kept(p) ((p)->in_order || (p)->by_key)

/* Add what a trigger does. */
void journal_body(struct str *q, const struct plan *p, enum trigger_event ev);

/*
 * Add "the row of the table was not noted AND ": what else is copied is equal
 * in both tables, in every snapshot.  Nothing when the triggers write all.
 */
void journal_settled(struct str *q, const struct plan *p, bool old);

/* Add the condition by which notes of what was rejected are told. */
void journal_rejects(struct str *q, const struct plan *p);

#endif
