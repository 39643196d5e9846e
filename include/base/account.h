#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "base/err.h"
#include "base/ident.h"

/* An account of the server, as `user`@`host`. */
struct account {
	struct ident user, host;
	char sql[2 * IDENT_SQL_BYTES + 2];
};

/*
 * text is USER or USER@HOST, without quotes: what follows the last "@" is the
 * host, and without one it is "%".  Returns 0, or -1 with *e (ERR_USAGE): a
 * part is empty, or is no name (see ident_set()).
 */
int account_set(struct account *a, const char *text, struct err *e);

#endif
