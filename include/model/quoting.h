#ifndef QUOTING_H
#define QUOTING_H

#include "base/err.h"
#include "model/plan.h"

/*
 * MySQL keeps the body of a trigger a second time, as information_schema shows
 * it, and makes that one wrong of a quoted name in which quotes are doubled
 * (8.0 to 9.7: get_quoted_token() and body_utf8_append_literal() of
 * sql/sql_lex.cc).  With n of them, the first n bytes of the name, as it is
 * written, come twice, and so do the last n.  Where that begins or ends within
 * a character, it is no UTF-8, and CREATE TRIGGER fails (error 3507).
 *
 * Under ANSI_QUOTES a name may be quoted by either kind of quotes; so such a
 * name gets those that it can have.
 */

/* Quote the names in the bodies of p->trigger so; sets p->ansi_quotes, and
 * p->unsayable to the first name that neither kind can quote. */
void quoting_triggers(struct plan *p);

/* Returns 0, or -1 with *e (ERR_REFUSED) when there is one. */
int quoting_check(const struct plan *p, struct err *e);

#endif
