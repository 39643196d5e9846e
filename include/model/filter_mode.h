#ifndef FILTER_MODE_H
#define FILTER_MODE_H

#include "base/err.h"
#include "model/lex.h"
#include "server/server.h"

/*
 * A condition is read by our sessions' sql_mode.  Returns 0, or -1 with *e
 * (ERR_REFUSED) when the server's own, by which its user means it, makes
 * something else of these tokens.
 */
int filter_mode_check(const struct lex *l, const struct server *s,
    struct err *e);

#endif
