#include "throttle/beats.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/util.h"
#include "model/registry_row.h"
#include "throttle/link.h"

#define REMEMBERED	512	/* heartbeats */
#define STALE		10.0	/* seconds: then they tell nothing any more */

struct beats {
	struct link link;
	struct qname registry;
	unsigned long long id;
	double period;
	pthread_mutex_t lock;		/* guards what is below it */
	long long beat[REMEMBERED];	/* a ring of microseconds, each later
					   than the one before */
	size_t n, next;
	double ahead;			/* of now_s() is the source's clock */
	double read;			/* when (now_s()); 0: never */
};

/* Microseconds that fit in a double, and are there before and after 2038. */
#define MICROSECONDS(time) \
	"TIMESTAMPDIFF(MICROSECOND, '2020-01-01', " time ")"

struct beats *
beats_new(const struct server *s, const struct qname *registry,
    unsigned long long id, double period)
{
	struct beats *p = xcalloc(1, sizeof(*p));

	link_init(&p->link, s, "beats");
	p->registry = *registry;
	p->id = id;
	p->period = period;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
beats_question(struct str *q, const struct beats *p)
{
	str_addf(q, "SELECT " MICROSECONDS("heartbeat") " FROM %s"
	    REGISTRY_OURS " WHERE id = %llu", p->registry.sql, p->id);
}

/* --- the source's ---------------------------------------------------------*/

/* Under the lock. */
static long long
last(const struct beats *p)
{
	return p->n == 0 ? -1 : p->beat[(p->next + REMEMBERED - 1) %
	    REMEMBERED];
}

/* began: when the question was sent. */
static void
note(struct beats *p, long long beat, long long now, double began)
{
	double ended = now_s();

	pthread_mutex_lock(&p->lock);
	p->ahead = (double)now / 1e6 - (began + ended) / 2;
	p->read = ended;
	if (beat > last(p)) {
		p->beat[p->next] = beat;
		p->next = (p->next + 1) % REMEMBERED;
		p->n += p->n < REMEMBERED;
	}
	pthread_mutex_unlock(&p->lock);
}

/* Sets *age to that of the last one, in seconds; below 0: there is no row. */
static int
read_beat(struct beats *p, double *age, struct err *e)
{
	struct rows r = ROWS_INIT;
	double began = now_s();
	long long beat, now;

	*age = -1;
	if (db_rows(p->link.db, &r, "vv", e, "SELECT " MICROSECONDS(
	    "heartbeat") ", " MICROSECONDS("UTC_TIMESTAMP(6)") " FROM %s"
	    REGISTRY_OURS " WHERE id = %llu", p->registry.sql, p->id) != 0)
		return -1;
	if (r.n == 1) {
		beat = strtoll(r.cell[0][0], NULL, 10);
		now = strtoll(r.cell[0][1], NULL, 10);
		note(p, beat, now, began);
		*age = now > beat ? (double)(now - beat) / 1e6 : 0;
	}
	rows_free(&r);
	return 0;
}

/* A row that somebody holds is just getting one, or will the next time. */
static int
beat(struct beats *p, struct err *e)
{
	if (db_quiet(p->link.db, e, "UPDATE %s" REGISTRY_OURS
	    " SET heartbeat = UTC_TIMESTAMP(6) WHERE id = %llu",
	    p->registry.sql, p->id) == 0)
		return 0;
	if (e->kind != ERR_SQL || db_class(e->sqlno) != DB_CONFLICT)
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct beats *p = arg;
	double age;

	(void)v;
	if (link_open(&p->link, e) != 0)
		return 1;
	if (read_beat(p, &age, e) == 0 && (age < p->period ||
	    (beat(p, e) == 0 && read_beat(p, &age, e) == 0)))
		return 0;
	link_close(&p->link);
	return 1;
}

static void
cut(void *arg)
{
	struct beats *p = arg;

	link_cut(&p->link);
}

static void
free_beats(void *arg)
{
	struct beats *p = arg;

	link_free(&p->link);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
beats_source(struct source *s, struct beats *p)
{
	*s = (struct source){ .name = xstrdup("the heartbeat"),
	    .every = p->period, .look = look, .cut = cut, .free = free_beats,
	    .arg = p };
}

/* --- a replica's ----------------------------------------------------------*/

/* The first one that it has not seen; -1: it has seen all.  Under the lock. */
static long long
first_unseen(const struct beats *p, long long seen)
{
	size_t i, at;

	for (i = p->n; i > 0; i--) {
		at = (p->next + REMEMBERED - i) % REMEMBERED;
		if (p->beat[at] > seen)
			return p->beat[at];
	}
	return -1;
}

double
beats_behind(struct beats *p, long long seen)
{
	double now = now_s(), behind;
	long long unseen;

	pthread_mutex_lock(&p->lock);
	unseen = first_unseen(p, seen);
	/* Of older ones than are remembered only that one is known. */
	if (p->n == REMEMBERED && unseen == p->beat[p->next])
		unseen = seen;
	behind = !(p->read > 0) || now - p->read > STALE ? -1 :
	    unseen < 0 ? 0 : now + p->ahead - (double)unseen / 1e6;
	pthread_mutex_unlock(&p->lock);
	return behind < 0 && p->read > 0 && now - p->read <= STALE ? 0 :
	    behind;
}
