#ifndef DENIED_H
#define DENIED_H

#include "base/err.h"
#include "base/ident.h"

/*
 * The hint of an error of the class DB_DENIED: which privilege to grant, or
 * which setting of the server stands in the way.  The server's own words say
 * which; they are in e->text, in English whatever lc_messages is.  user is
 * the account, quoted; schema the one that we work in.  Returns -1.
 */
int denied_hint(struct err *e, const struct ident *schema, const char *user);

/*
 * The same of an error that the server gave because our triggers have another
 * definer, quoted: there is no such account, or it has not all rights that a
 * trigger needs.  Then e->kind is ERR_NEEDS; other errors are left alone.
 * Returns -1.
 */
int denied_definer(struct err *e, const struct ident *schema,
    const char *definer);

#endif
