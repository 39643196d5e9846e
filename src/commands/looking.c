/*
 * The row of a migration goes when it ends, and with it what could tell how.
 * Mostly the last state that was seen tells: what is done in it takes longer
 * than from one look to the next.  Else the time does at which the server says
 * that the table was made: the new one was made later.
 */
#include "commands/looking.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "model/names.h"
#include "model/table.h"
#include "server/server.h"
#include "steps/advisory_lock.h"
#include "steps/registry_swapped.h"

#define MOST	4000UL	/* characters of a text */
#define GRACE	10.0	/* seconds */
#define GRACE_AFTER 60.0	/* the same, when we had to do so ourselves */

/* --- telling the two tables apart -----------------------------------------*/

/*
 * NULL when somebody holds the table, or there is none.  To MariaDB, who
 * renames a table makes it.
 */
static int
when_made(char **when, struct db *db, const struct qname *name, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	table_where(&q, db, name);
	/* MySQL asks its dictionary, MariaDB the table. */
	rc = db_value(db, when, e, "%sSELECT CREATE_TIME FROM "
	    "information_schema.TABLES WHERE %s", db_server(db)->mariadb ?
	    "SET STATEMENT lock_wait_timeout = 0 FOR " : "", q.s);
	str_free(&q);
	if (rc == 0 || e->kind == ERR_LOST)
		return rc;
	e->kind = ERR_NONE;
	return 0;
}

static int
note_made(struct looking *l, struct err *e)
{
	struct qname shadow;
	char *new = NULL;
	int rc;

	if (qname_set(&shadow, l->table.db.raw, l->row.field[REGISTRY_SHADOW],
	    e) != 0)
		return -1;
	rc = when_made(&l->made, l->db, &l->table, e);
	if (rc == 0)
		rc = db_server(l->db)->mariadb ?
		    db_value(l->db, &new, e, "SELECT CAST(NOW() AS CHAR)") :
		    when_made(&new, l->db, &shadow, e);
	l->alike = same_text(l->made, new);
	free(new);
	return rc;
}

/* 1 another table, 0 the same, or -1: it cannot be told; *e if it is lost. */
static int
is_other(const struct looking *l, struct err *e)
{
	char *now = NULL;
	int yes = -1;

	if (l->made != NULL && when_made(&now, l->db, &l->table, e) == 0 &&
	    now != NULL)
		yes = strcmp(l->made, now) != 0 ? 1 : l->alike ? -1 : 0;
	free(now);
	return yes;
}

/* --- how it has ended -----------------------------------------------------*/

static void
end(struct looking *l, enum looking_end how, enum err_kind status)
{
	l->end = how;
	l->status = status;
}

/* What it has noted of its end, if it had the time. */
static enum err_kind
noted(const struct looking *l, enum err_kind otherwise)
{
	return l->figures.error != ERR_NONE ? l->figures.error : otherwise;
}

static void
end_undone(struct looking *l)
{
	if (l->figures.error == ERR_NONE && !l->reverting &&
	    l->state == STATE_UNDOING)
		end(l, LOOKING_UNSWAPPED, ERR_NONE);
	else
		end(l, LOOKING_UNDONE, noted(l, ERR_STOPPED));
}

/* There is no row any more, or another's. */
static int
judge_gone(struct looking *l, struct err *e)
{
	const bool no_swap = strstr(l->row.field[REGISTRY_OPTIONS],
	    "swap-tables: \"no\"") != NULL;
	int other;

	if (l->state == STATE_UNDOING) {
		end_undone(l);
	} else if (l->state == STATE_PROVING || l->state == STATE_CLEANING ||
	    l->state == STATE_PURGING || l->state == STATE_ENDING ||
	    l->state == STATE_REVERTIBLE) {
		end(l, LOOKING_SWAPPED, ERR_NONE);
	} else if (l->state == STATE_PROVING_BACK ||
	    l->state == STATE_REVERTED) {
		end(l, LOOKING_REVERTED, ERR_NONE);
	} else {
		other = is_other(l, e);
		if (e->kind != ERR_NONE)
			return -1;
		if (other == 1)
			end(l, l->reverting ? LOOKING_REVERTED :
			    LOOKING_SWAPPED, ERR_NONE);
		else if (other == 0 && no_swap &&
		    l->figures.error == ERR_NONE)
			end(l, LOOKING_UNSWAPPED, ERR_NONE);
		else if (other == 0)
			end(l, LOOKING_UNDONE, noted(l, ERR_STOPPED));
		else
			end(l, LOOKING_UNKNOWN, ERR_LOST);
	}
	return 0;
}

/* The row is there, but nobody is at work. */
static int
judge_left(struct looking *l, struct err *e)
{
	int swapped;

	if (l->state == STATE_REVERTIBLE) {
		if (l->reverting)
			end(l, LOOKING_UNDONE, noted(l, ERR_STOPPED));
		else
			end(l, LOOKING_REVERTIBLE, ERR_NONE);
		return 0;
	}
	if (now_s() - l->unseen < l->grace)
		return 0;
	swapped = registry_swapped(l->db, &l->table, &l->row, e);
	if (swapped < 0)
		return -1;
	if (swapped || l->state == STATE_ENDING)
		end(l, LOOKING_LEFT, noted(l, ERR_LEFT));
	else
		end(l, registry_row_is_resumable(&l->row) ?
		    LOOKING_RESUMABLE : LOOKING_UNFINISHED, ERR_KEPT);
	return 0;
}

/* --- looking --------------------------------------------------------------*/

static void
read_row(struct looking *l)
{
	waits_free(&l->waits);
	waits_unpack(&l->waits, l->row.field[REGISTRY_WAITS_FOR]);
	figures_unpack(&l->figures, l->row.field[REGISTRY_FIGURES]);
	l->state = registry_row_state(&l->row);
	l->reverting = l->reverting || l->state == STATE_REVERTING ||
	    l->state == STATE_PROVING_BACK || l->state == STATE_REVERTED;
}

int
looking_begin(struct looking *l, struct db *db, const struct qname *table,
    struct registry_row *row, struct err *e)
{
	struct ident id;

	*l = (struct looking){ .db = db, .table = *table, .row = *row,
	    .unseen = now_s(), .grace = GRACE };
	memset(row, 0, sizeof(*row));
	ident_derive(&id, "", REGISTRY_NAME, "");
	qname_beside(&l->registry, table, &id);
	read_row(l);
	return note_made(l, e);
}

static void
take(struct looking *l, char **cell)
{
	char *beat = l->row.field[REGISTRY_HEARTBEAT];
	bool beats = cell[REGISTRY_HEARTBEAT] != NULL &&
	    strcmp(beat, cell[REGISTRY_HEARTBEAT]) != 0;
	int f;

	registry_row_free(&l->row);
	for (f = 0; f < N_REGISTRY_FIELDS; f++)
		l->row.field[f] = xstrdup(cell[f] != NULL ? cell[f] : "");
	read_row(l);
	free(l->connection);
	l->connection = xstrdup_null(cell[N_REGISTRY_FIELDS]);
	/* Of one on another server, only the heartbeat is there. */
	if (l->connection != NULL || beats) {
		l->unseen = 0;
		l->grace = GRACE;
	} else if (!(l->unseen > 0)) {
		l->unseen = now_s();
	}
}

void
looking_reconnected(struct looking *l)
{
	l->unseen = now_s();
	l->grace = GRACE_AFTER;
}

static void
add_question(struct str *q, const struct looking *l)
{
	registry_row_select(q, MOST);
	str_addz(q, ", IS_USED_LOCK(");
	advisory_lock_name(q, l->db, &l->table);
	str_addf(q, ") FROM %s" REGISTRY_OURS " WHERE id = %llu",
	    l->registry.sql, strtoull(l->row.field[REGISTRY_ID], NULL, 10));
}

int
looking_again(struct looking *l, struct err *e)
{
	char shape[N_REGISTRY_FIELDS + 2] = { 0 };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	memset(shape, DB_NULL, N_REGISTRY_FIELDS + 1);
	add_question(&q, l);
	rc = db_rows(l->db, &r, shape, e, "SELECT %s", q.s);
	if (rc == 0 && r.n > 0)
		take(l, r.cell[0]);
	else if (rc != 0 && e->kind == ERR_SQL &&
	    db_class(e->sqlno) == DB_NO_TABLE)
		rc = 0;
	/* It is being dropped: the next look will tell. */
	if (rc != 0 && db_class_conflict(e)) {
		e->kind = ERR_NONE;
	} else if (rc == 0) {
		e->kind = ERR_NONE;
		rc = r.n == 0 ? judge_gone(l, e) : l->unseen > 0 ?
		    judge_left(l, e) : 0;
	}
	rows_free(&r);
	str_free(&q);
	return e->kind != ERR_NONE ? -1 : 0;
}

/* --- how far it is --------------------------------------------------------*/

/* What is in the row itself is younger: so far is each chunk. */
static void
take_rows(struct progress *p, const struct registry_row *r)
{
	unsigned long long rows = strtoull(r->field[REGISTRY_ROWS], NULL, 10);

	if (rows > p->done && p->done > p->before)
		p->seconds *= (double)(rows - p->before) /
		    (double)(p->done - p->before);
	if (rows > p->done)
		p->done = rows;
}

static void
progress_of_row(struct progress *p, const struct registry_row *r)
{
	p->done = strtoull(r->field[REGISTRY_ROWS], NULL, 10);
	p->total = strtoull(r->field[REGISTRY_ROWS_TOTAL], NULL, 10);
	p->before = strtoull(r->field[REGISTRY_RUN_ROWS], NULL, 10);
	if (p->before > p->done)
		p->before = p->done;
	p->seconds = strtod(r->field[REGISTRY_RUN_AGE], NULL);
}

bool
looking_is_young(const struct looking *l)
{
	return l->state == STATE_COPYING || l->state == STATE_PURGING;
}

void
looking_progress(const struct looking *l, struct progress *p)
{
	const bool rows = looking_is_young(l);

	*p = (struct progress){ .verb = NULL };
	if (l->figures.verb[0] != '\0') {
		*p = l->figures.progress;
		p->verb = l->figures.verb;
		if (rows && strcmp(p->verb, "copied") == 0)
			take_rows(p, &l->row);
	} else if (rows) {
		p->verb = l->state == STATE_PURGING ? "purged" : "copied";
		progress_of_row(p, &l->row);
	}
}

void
looking_free(struct looking *l)
{
	registry_row_free(&l->row);
	waits_free(&l->waits);
	free(l->connection);
	free(l->made);
	l->connection = l->made = NULL;
}
