#include "base/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

int
account_set(struct account *a, const char *text, struct err *e)
{
	const char *at = strrchr(text, '@');
	char *user = at == NULL ? xstrdup(text) :
	    xstrndup(text, (size_t)(at - text));
	int rc;

	rc = ident_set(&a->user, user, e) != 0 ||
	    ident_set(&a->host, at == NULL ? "%" : at + 1, e) != 0 ? -1 : 0;
	free(user);
	if (rc == 0)
		snprintf(a->sql, sizeof(a->sql), "%s@%s", a->user.sql,
		    a->host.sql);
	return rc;
}
