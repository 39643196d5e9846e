#include "server/peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The columns; MariaDB adds Progress. */
enum { ID, USER, HOST, DB, COMMAND, TIME, STATE, INFO };
#define SHAPE "v???????*"

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* "Waiting for table metadata lock", "Waiting for table level lock", ... */
static enum peer_state
state_of(char **c)
{
	if (c[COMMAND] != NULL && strcmp(c[COMMAND], "Sleep") == 0)
		return PEER_IDLE;
	if (c[STATE] != NULL && strncmp(c[STATE], "Waiting for ", 12) == 0 &&
	    ends_in(c[STATE], "lock"))
		return PEER_WAITS;
	return PEER_WORKS;
}

int
peer_look(struct db *db, unsigned long id, enum peer_state *state,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	*state = PEER_GONE;
	rc = db_rows(db, &r, SHAPE, e, "SHOW PROCESSLIST");
	for (i = 0; i < r.n; i++)
		if (strtoul(r.cell[i][ID], NULL, 10) == id)
			*state = state_of(r.cell[i]);
	rows_free(&r);
	return rc;
}

void
peer_name(struct str *out, struct db *db, unsigned long id)
{
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	char **c;
	size_t i;

	if (db_rows(db, &r, SHAPE, &ignored, "SHOW PROCESSLIST") != 0)
		r.n = 0;
	for (i = 0; i < r.n; i++) {
		c = r.cell[i];
		if (strtoul(c[ID], NULL, 10) == id && c[USER] != NULL &&
		    c[HOST] != NULL)
			str_addf(out, "%s@%s", c[USER], c[HOST]);
	}
	rows_free(&r);
}

/* Of all others the id becomes ''. */
static int
find(struct rows *r, struct db *db, const char *begin, const char *part,
    struct err *e)
{
	const char *info;
	size_t i;
	int rc;

	rc = db_rows(db, r, SHAPE, e, "SHOW FULL PROCESSLIST");
	for (i = 0; i < r->n; i++) {
		info = r->cell[i][INFO];
		if (strtoul(r->cell[i][ID], NULL, 10) == db_id(db) ||
		    info == NULL || strncasecmp(info, begin,
		    strlen(begin)) != 0 || strstr(info, part) == NULL)
			r->cell[i][ID][0] = '\0';
	}
	return rc;
}

int
peer_runs(struct db *db, const char *begin, const char *part, bool *yes,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc = find(&r, db, begin, part, e);

	*yes = false;
	for (i = 0; i < r.n; i++)
		*yes = *yes || r.cell[i][ID][0] != '\0';
	rows_free(&r);
	return rc;
}

int
peer_end(struct db *db, const char *begin, const char *part, struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc = find(&r, db, begin, part, e);

	for (i = 0; i < r.n && rc == 0; i++)
		if (r.cell[i][ID][0] != '\0' && db_quiet(db, e,
		    "KILL QUERY %s", r.cell[i][ID]) != 0)
			rc = e->kind == ERR_LOST ? -1 : 0;
	if (rc == 0)
		e->kind = ERR_NONE;
	rows_free(&r);
	return rc;
}

bool
peer_withdraw(struct db *db, struct db *killer)
{
	struct err ignored = { .kind = ERR_NONE };
	enum peer_state state;

	if (peer_look(killer, db_id(db), &state, &ignored) != 0)
		return true;
	if (state == PEER_WAITS)
		db_quiet(killer, &ignored, "KILL QUERY %lu", db_id(db));
	return state != PEER_WORKS;
}
