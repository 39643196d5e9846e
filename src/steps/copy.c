/*
 * The copy.
 *
 * A chunk is one transaction: INSERT IGNORE ... SELECT with a locking read.
 * The lock is what makes it right: without it, a row deleted between the
 * read and the insert would come back.
 *
 * The locking read never waits while it holds locks.  If it did, it could
 * meet an application's transaction that waits for one of them, and InnoDB
 * would end the smaller of the two: the application's.  So it asks for NOWAIT;
 * what meets a lock is rolled back and tried again in pieces half as large.
 * A piece of one row may wait: it holds nothing yet, and a row that is always
 * locked is only to be had by queueing.
 */
#include "steps/copy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/option.h"
#include "model/sql.h"

#define BREATH	0.002	/* seconds: most transactions are over by then */

struct job {
	const struct plan *plan;
	const struct config *cfg;
	/* Held while a statement copies, where the server would make the
	 * next one wait with its locks in its hands. */
	pthread_mutex_t *turn;
};

/* Says nothing about the data. */
static bool
is_harmless(unsigned long code)
{
	switch (code) {
	case 1062:	/* the row is there already; is_missing() knows better */
	case 1287:	/* deprecated syntax */
	case 1592:	/* unsafe for statement-based logging */
	case 1681:	/* deprecated */
	case 1364:	/* no default: ALTER TABLE gives the same */
		return true;
	default:
		return false;
	}
}

/* --allow-warnings 1265:status,1264 */
static bool
is_allowed(const struct config *cfg, unsigned long code, const char *text)
{
	const char *list = cfg->allow_warnings;
	struct str quoted = STR_INIT;
	char *item, *column;
	bool yes = false;

	while (list != NULL && !yes &&
	    (item = option_list_next(&list)) != NULL) {
		column = strchr(item, ':');
		if (column != NULL)
			*column++ = '\0';
		if (strtoul(item, NULL, 10) == code) {
			str_reset(&quoted);
			str_addf(&quoted, "'%s'", column != NULL ? column : "");
			yes = column == NULL ||
			    strstr(text, quoted.s) != NULL;
		}
		free(item);
	}
	str_free(&quoted);
	return yes;
}

static int
changes_data(const char *code, const char *text, const struct chunk *c,
    struct err *e)
{
	struct str where = STR_INIT;

	if (c->upto.n > 0) {
		str_addz(&where, ", in the rows up to ");
		bound_print(&where, &c->upto);
	}
	err_set(e, ERR_CHANGED, "the copy would change data: %s (warning "
	    "%s)%s", text, code, where.s);
	err_hint(e, "correct the rows or the ALTER, or allow it with "
	    "--allow-warnings %s:COLUMN", code);
	str_free(&where);
	return -1;
}

/* Read what the server had to say about the chunk. */
static int
judge_warnings(const struct job *j, struct db *db, const struct chunk *c,
    bool *duplicates, struct err *e)
{
	unsigned int said = db_warnings(db);
	struct rows r = ROWS_INIT;
	unsigned long code;
	size_t i;
	int rc = 0;

	if (db_rows(db, &r, e, "SHOW WARNINGS") != 0)
		return -1;
	for (i = 0; i < r.n && rc == 0; i++) {
		code = strtoul(r.cell[i][1], NULL, 10);
		if (code == 1062)
			*duplicates = true;
		else if (!is_harmless(code) &&
		    !is_allowed(j->cfg, code, r.cell[i][2]))
			rc = changes_data(r.cell[i][1], r.cell[i][2], c, e);
	}
	if (rc == 0 && r.n < said)
		rc = err_set(e, ERR_CHANGED, "a chunk gave %u warnings, of "
		    "which the server shows only %zu", said, r.n);
	rows_free(&r);
	return rc;
}

/*
 * A duplicate means that a trigger was there first; unless it is of another
 * unique key, and then a row is lost.  Which one it was cannot be told from
 * a number, so see whether every row has arrived.
 */
static int
is_missing(const struct job *j, struct db *db, const struct chunk *c,
    struct err *e)
{
	unsigned long long n = 0;
	struct str q = STR_INIT, where = STR_INIT;
	int rc;

	sql_missing(&q, j->plan, &c->after, &c->upto);
	rc = db_number(db, &n, e, "%s", q.s);
	if (rc == 0 && n > 0) {
		bound_print(&where, &c->upto);
		rc = err_set(e, ERR_CHANGED, "%llu rows up to %s would be "
		    "lost: other rows have the same value in a unique key of "
		    "the new table", n, where.s);
		err_hint(e, "make the values unique first");
	}
	str_free(&q);
	str_free(&where);
	return rc;
}

static int
insert_rows(const struct job *j, struct db *db, const char *sql,
    struct err *e)
{
	int rc;

	if (!j->plan->one_at_a_time)
		return db_run_text(db, sql, e);
	pthread_mutex_lock(j->turn);
	rc = db_run_text(db, sql, e);
	pthread_mutex_unlock(j->turn);
	return rc;
}

static int
insert_piece(const struct job *j, struct db *db, const struct chunk *c,
    bool wait, unsigned long long *rows, struct err *e)
{
	struct str q = STR_INIT;
	bool duplicates = false;
	int rc;

	sql_copy(&q, j->plan, &c->after, &c->upto, wait);
	rc = db_quiet(db, e, "START TRANSACTION");
	if (rc == 0)
		rc = insert_rows(j, db, q.s, e);
	*rows = db_affected(db);
	if (rc == 0 && db_warnings(db) > 0)
		rc = judge_warnings(j, db, c, &duplicates, e);
	if (rc == 0 && duplicates && j->plan->other_unique)
		rc = is_missing(j, db, c, e);
	if (rc == 0)
		rc = db_quiet(db, e, "COMMIT");
	str_free(&q);
	return rc;
}

/* What to do about a piece that failed: 1 a smaller one, 0 again, -1 give up. */
static int
recover(const struct job *j, struct db *db, unsigned long long rows,
    unsigned int *tries, struct err *e)
{
	const struct tries *t = &j->cfg->tries_copy_rows;
	struct err ignored = { .kind = ERR_NONE };
	enum db_class class = db_class(e->sqlno);

	if (e->kind == ERR_LOST) {
		if (++*tries > t->times || stop_sleep(t->wait))
			return -1;
		return db_reopen(db, &ignored) == 0 || *tries < t->times ?
		    0 : -1;
	}
	db_quiet(db, &ignored, "ROLLBACK");
	if (e->kind != ERR_SQL ||
	    (class != DB_CONFLICT && class != DB_TOO_BIG))
		return -1;
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "stopped while rows were locked");
	if (rows > 1) {
		stop_sleep(BREATH);
		return 1;
	}
	if (++*tries > t->times || class == DB_TOO_BIG)
		return -1;
	return stop_sleep(t->wait) ? -1 : 0;
}

/* Where a piece of so many rows ends, inside the chunk. */
static int
cut_piece(const struct job *j, struct db *db, struct chunk *piece,
    const struct chunk *c, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc = 0;

	bound_copy(&piece->upto, &c->upto);
	if (piece->rows < c->rows) {
		sql_boundary(&q, j->plan, &piece->after, &c->upto,
		    piece->rows);
		rc = db_rows(db, &r, e, "%s", q.s);
		if (rc == 0 && r.n > 0)
			bound_set(&piece->upto, j->plan->old, j->plan->walk,
			    r.cell[0]);
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}

static int
copy_chunk(void *arg, struct db *db, const struct chunk *c,
    unsigned long long *rows, struct err *e)
{
	const struct job *j = arg;
	struct chunk piece = { BOUND_INIT, BOUND_INIT, c->rows };
	unsigned long long n = 0;
	unsigned int tries = 0;
	bool met = false, done = false;
	int rc = 0;

	bound_copy(&piece.after, &c->after);
	while (!done && rc >= 0) {
		rc = cut_piece(j, db, &piece, c, e);
		if (rc == 0)
			rc = insert_piece(j, db, &piece, piece.rows == 1, &n,
			    e);
		if (rc != 0) {
			rc = recover(j, db, piece.rows, &tries, e);
			met = true;
			if (rc == 1)
				piece.rows = (piece.rows + 1) / 2;
			continue;
		}
		*rows += n;
		tries = 0;
		done = bound_equal(&piece.upto, &c->upto);
		bound_copy(&piece.after, &piece.upto);
		if (piece.rows < c->rows)
			piece.rows *= 2;
	}
	bound_free(&piece.after);
	bound_free(&piece.upto);
	return rc < 0 ? -1 : met;
}

int
copy_run(const struct plan *p, const struct config *cfg,
    struct walk_result *result, struct err *e)
{
	pthread_mutex_t turn;
	struct job j = { .plan = p, .cfg = cfg, .turn = &turn };
	struct walk w = { .plan = p, .cfg = cfg, .verb = "copied",
	    .session = SESSION_COPY, .chunk = copy_chunk, .arg = &j };
	int rc;

	pthread_mutex_init(&turn, NULL);
	rc = walk_run(&w, result, e);
	pthread_mutex_destroy(&turn);
	return rc;
}
