#ifndef DSN_H
#define DSN_H

#include "base/err.h"

/*
 * "h=db1,P=3306,u=root,p=a\,b,D=app,t=orders": keys and escapes are
 * pt-online-schema-change's.  A word without "=" is the host.  What was not
 * given is NULL.
 */
struct dsn {
	char *charset;		/* A */
	char *database;		/* D */
	char *defaults_file;	/* F */
	char *host;		/* h */
	char *password;		/* p */
	char *port;		/* P, not yet a number */
	char *socket;		/* S */
	char *table;		/* t */
	char *user;		/* u */
	char *tls;		/* s: 0 or 1 */
};

/* Returns 0, or -1 with *e saying which key is wrong; dsn_free() either way. */
int dsn_parse(struct dsn *d, const char *text, struct err *e);

/*
 * Overwrite the password in the text of a DSN with x, so that ps(1) does not
 * show it; anything else that may be part of it goes too.
 */
void dsn_hide(char *text);

/* Overwrites the password before it frees it. */
void dsn_free(struct dsn *d);

#endif
