#ifndef MODIFIER_H
#define MODIFIER_H

#include "base/err.h"
#include "base/str.h"
#include "model/lex.h"

/*
 * ALGORITHM and LOCK in an ALTER say how the server alters a table.  The one
 * that it alters here is empty, so they do not matter; nor does a ";" that
 * ends the text.
 */

/*
 * Puts in *rest the text without them and without the commas that go with
 * them.  What is left out is blank there, so that everything else stands where
 * it stood.  *left_out gets the modifiers as they were written, separated by
 * ", ".  Returns 0, or -1 with *e (ERR_USAGE) as lex_scan().
 */
int modifier_blank(struct str *rest, struct str *left_out, const char *text,
    const struct lex_mode *mode, struct err *e);

#endif
