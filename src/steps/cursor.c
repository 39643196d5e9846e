#include "steps/cursor.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/timer.h"

double
cursor_pace(const struct walk *w, double seconds)
{
	return w->locks_table && seconds > WALK_LOCKED ? WALK_LOCKED : seconds;
}

void
cursor_init(struct cursor *c, const struct walk *w)
{
	c->walk = w;
	pthread_mutex_init(&c->lock, NULL);
	timer_cond(&c->worker_left);
	pace_init(&c->pace, w->cfg->chunk_adapts,
	    cursor_pace(w, w->cfg->chunk_time), w->cfg->chunk_size);
	bound_copy(&c->last, &w->from);
	low_water_start(&c->low_water, &w->from, w->from_rows);
}

void
cursor_free(struct cursor *c)
{
	bound_free(&c->last);
	bound_free(&c->end);
	low_water_free(&c->low_water);
	pthread_cond_destroy(&c->worker_left);
	pthread_mutex_destroy(&c->lock);
}

void
cursor_fail(struct cursor *c, const struct err *e)
{
	pthread_mutex_lock(&c->lock);
	if (c->failed.kind == ERR_NONE)
		c->failed = *e;
	c->done = true;
	pthread_mutex_unlock(&c->lock);
}

int
cursor_ask(struct db *db, const struct path *p, const char *sql,
    struct bound *b, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str shape = STR_INIT;
	size_t i;
	int rc;

	for (i = 0; i < p->key->n; i++)
		str_addf(&shape, "%c", DB_VALUE);
	rc = db_rows(db, &r, shape.s, e, "%s", sql);
	str_free(&shape);
	if (rc == 0 && r.n > 0) {
		bound_set(b, p->table, p->key, r.cell[0]);
		rc = 1;
	}
	rows_free(&r);
	return rc;
}

int
cursor_nth(struct db *db, const struct path *p, const struct chunk *k,
    const char *locking, struct bound *b, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	path_nth(&q, p, &k->after, &k->upto, k->rows);
	str_addz(&q, locking);
	rc = cursor_ask(db, p, q.s, b, e);
	str_free(&q);
	return rc;
}

int
cursor_last(struct db *db, const struct path *p, struct bound *b,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	path_last(&q, p);
	rc = cursor_ask(db, p, q.s, b, e);
	str_free(&q);
	return rc;
}

int
cursor_find_end(struct cursor *c, struct db *db, struct err *e)
{
	int rc = 1;

	bound_copy(&c->end, &c->walk->upto);
	if (c->end.n == 0)
		rc = cursor_last(db, c->walk->path, &c->end, e);
	/* An empty table, or nothing after where it begins. */
	if (!c->walk->to_the_end && (rc == 0 || (rc == 1 &&
	    bound_equal(&c->last, &c->end))))
		c->done = true;
	return rc < 0 ? -1 : 0;
}

/* Where the next chunk ends; needs the baton. */
static int
next_bound(struct cursor *c, struct db *db, struct chunk *k, struct err *e)
{
	struct chunk rest;
	int rc;

	bound_copy(&k->after, &c->last);
	bound_free(&k->upto);
	k->rows = pace_rows(&c->pace);
	if (bound_equal(&c->last, &c->end)) {
		c->done = true;		/* what is left is after the end */
		return 0;
	}
	rest = (struct chunk){ .after = c->last, .upto = c->end,
	    .rows = k->rows };
	rc = cursor_nth(db, c->walk->path, &rest, "", &k->upto, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		bound_copy(&k->upto, &c->end);
	bound_copy(&c->last, &k->upto);
	if (bound_equal(&c->last, &c->end) && !c->walk->to_the_end)
		c->done = true;
	return 0;
}

int
cursor_next(struct cursor *c, struct db *db, struct chunk *k, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&c->lock);
	if (!c->done) {
		rc = next_bound(c, db, k, e);
		if (rc == 0) {
			k->number = low_water_add(&c->low_water, &k->upto);
			k->of = c;
			rc = 1;
		}
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

bool
cursor_mark(const struct chunk *k, unsigned long long rows, struct bound *mark,
    unsigned long long *total)
{
	struct cursor *c = k->of;
	bool moves;

	pthread_mutex_lock(&c->lock);
	moves = low_water_would_move(&c->low_water, k->number, rows, mark,
	    total);
	pthread_mutex_unlock(&c->lock);
	return moves;
}

void
cursor_note(struct cursor *c, const struct chunk *k,
    const struct chunk_done *done, double seconds, bool conflict)
{
	unsigned long long rows = done->rows + done->others;

	pthread_mutex_lock(&c->lock);
	c->rows += done->rows;
	c->others += done->others;
	c->chunks++;
	low_water_done(&c->low_water, k->number, rows);
	if (conflict) {
		c->conflicts++;
		pace_shrink(&c->pace);
	} else if (rows > k->rows / 2) {
		/* The short last chunk says little about the rate. */
		pace_note(&c->pace, rows, seconds);
	}
	pthread_mutex_unlock(&c->lock);
}
