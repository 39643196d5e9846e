#ifndef DB_LOGIN_H
#define DB_LOGIN_H

#include "base/err.h"
#include "base/login.h"

struct st_mysql;

/* Once per program, after the library's own start. */
void db_login_init(void);

/*
 * Connect and log in as it and the user's my.cnf say.  Nothing
 * that helps to learn the password leaves before the channel is what was asked
 * for: TLS when it is required, or when the server offers it; and no server
 * can choose a method that shows the password, unless the user allows it.
 * -1 with *e (ERR_CONNECT, sqlno the library's or the server's number); *to is
 * then a handle without a connection, to be closed as well.
 */
int db_login(struct st_mysql **to, const struct login *how, struct err *e);

#endif
