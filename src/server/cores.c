#include "server/cores.h"

#include <stdlib.h>
#include <string.h>

#include "server/host.h"
#include "server/server.h"

#define MOST	100000UL	/* a larger number is none of a core */

/* One number, which *p is then behind; MOST: there is none. */
static unsigned long
number(const char **p)
{
	unsigned long n;
	char *end;

	if (**p < '0' || **p > '9')
		return MOST;
	n = strtoul(*p, &end, 10);
	*p = end;
	return n < MOST ? n : MOST;
}

unsigned int
cores_in(const char *list)
{
	unsigned long first, last, n = 0;
	const char *p = list;

	do {
		p += n > 0;
		last = first = number(&p);
		if (*p == '-') {
			p++;
			last = number(&p);
		}
		if (last == MOST || last < first)
			return 0;
		n += last - first + 1;
	} while (*p == ',');
	return *p == '\0' && n < MOST ? (unsigned int)n : 0;
}

int
cores_ask(unsigned int *cores, struct db *db, struct err *e)
{
	const bool mariadb = db_server(db)->mariadb;
	char *text = NULL;
	int rc;

	/* Both are as many as a server finds when it starts. */
	rc = db_value(db, &text, e, "%s", mariadb ?
	    "SELECT GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES "
	    "WHERE VARIABLE_NAME = 'THREAD_POOL_SIZE' AND "
	    "GLOBAL_VALUE_ORIGIN = 'AUTO'" : "SELECT VCPU_IDS FROM "
	    "information_schema.RESOURCE_GROUPS WHERE "
	    "RESOURCE_GROUP_NAME = 'USR_default'");
	*cores = 0;
	if (rc != 0 && e->kind == ERR_LOST)
		return -1;
	e->kind = ERR_NONE;
	if (rc == 0 && text != NULL)
		*cores = mariadb ? (unsigned int)strtoul(text, NULL, 10) :
		    cores_in(text);
	free(text);
	if (*cores == 0)
		*cores = host_cores(db);
	return 0;
}
