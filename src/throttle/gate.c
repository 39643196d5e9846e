#include "throttle/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/reasons.h"
#include "base/timer.h"
#include "base/util.h"

#define PATIENCE	1.0	/* seconds that gate_look() waits */

/* The gate's lock guards all but the first two. */
struct gate_place {
	struct gate *gate;
	const struct source *source;
	struct verdict is;		/* as it was found last, */
	double seen;			/* by the look that began then */
	double since;			/* it holds; 0: it does not */
	bool answered;			/* at least once */
	struct str why;			/* the last look has found nothing */
	double unanswered;		/* since when it is asked; 0: no */
	bool asked, hurry;		/* to look; at once */
	double began, ended;		/* the last look; and the last of
					   them that has ended began */
	struct gate_place *next;
};

struct gate {
	pthread_mutex_t lock;		/* guards what is below it */
	pthread_cond_t asked, noted;
	struct gate_place *first, **end;
	double epoch;			/* the date when now_s() was 0 */
	struct err condemned;
	bool told;			/* that it is */
	struct gate_pace pace;
	bool over;
};

/* Seconds since 1970. */
static double
calendar(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct gate *
gate_new(void)
{
	struct gate *g = xcalloc(1, sizeof(*g));

	pthread_mutex_init(&g->lock, NULL);
	timer_cond(&g->asked);
	timer_cond(&g->noted);
	g->end = &g->first;
	g->epoch = calendar() - now_s();
	g->pace.chunk_time = -1;
	return g;
}

void
gate_free(struct gate *g)
{
	struct gate_place *p, *next;

	if (g == NULL)
		return;
	for (p = g->first; p != NULL; p = next) {
		next = p->next;
		source_free_verdict(&p->is);
		str_free(&p->why);
		free(p);
	}
	pthread_cond_destroy(&g->asked);
	pthread_cond_destroy(&g->noted);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* --- who asks --------------------------------------------------------------*/

/* Has it been silent for too long?  Under the lock. */
static bool
is_blind(const struct gate_place *p)
{
	const struct source *s = p->source;

	return s->blind > 0 && p->unanswered > 0 &&
	    (!p->answered || now_s() - p->unanswered > s->blind);
}

void
gate_free_reasons(struct gate_reasons *r)
{
	str_free(&r->what);
	str_free(&r->list);
}

static void
add_reason(struct gate_reasons *r, const struct gate_place *p, bool blind)
{
	double since = blind ? p->unanswered : p->since;
	struct str text = STR_INIT;

	if (!blind)
		str_addz(&text, p->is.what.s);
	else
		str_addf(&text, "%s, which does not answer%s%s",
		    p->source->name, p->why.len > 0 ? ": " : "", p->why.s);
	str_addf(&r->what, "%s%s", r->what.len > 0 ? "; and " : "", text.s);
	reasons_add(&r->list, p->source->name, p->gate->epoch + since,
	    text.s);
	str_free(&text);
	if (!blind && p->is.in > r->in)
		r->in = p->is.in;
	if (!(r->since > 0) || since < r->since)
		r->since = since;
}

/* Under the lock. */
static int
judge(const struct gate *g, unsigned int what, struct gate_reasons *r,
    struct err *e)
{
	const struct gate_place *p;
	bool blind;
	int rc = 1;

	str_reset(&r->what);
	str_reset(&r->list);
	r->in = r->since = 0;
	for (p = g->first; p != NULL; p = p->next) {
		blind = is_blind(p);
		if (((blind ? p->source->may_hold : p->is.holds) & what) == 0)
			continue;
		add_reason(r, p, blind);
		rc = 0;
	}
	if (g->condemned.kind == ERR_NONE)
		return rc;
	*e = g->condemned;
	return -1;
}

/* Have the sources look again.  Under the lock. */
static void
wake(struct gate *g, bool hurry)
{
	struct gate_place *p;

	for (p = g->first; p != NULL; p = p->next) {
		if (!(p->unanswered > 0))
			p->unanswered = now_s();
		p->asked = true;
		p->hurry = p->hurry || hurry;
	}
	pthread_cond_broadcast(&g->asked);
}

int
gate_ask(struct gate *g, unsigned int what, struct gate_reasons *r,
    struct err *e)
{
	int rc;

	if (g == NULL)
		return 1;
	pthread_mutex_lock(&g->lock);
	wake(g, false);
	rc = judge(g, what, r, e);
	g->told = g->told || rc < 0;
	pthread_mutex_unlock(&g->lock);
	return rc;
}

/* Is it in the midst of a look that takes too long?  Under the lock. */
static bool
is_stuck(const struct gate_place *p)
{
	return p->began > p->ended && now_s() - p->began > PATIENCE;
}

/* Have all of them looked since then that do?  Under the lock. */
static bool
all_looked(const struct gate *g, double since)
{
	const struct gate_place *p;

	for (p = g->first; p != NULL; p = p->next)
		if (p->ended < since && !is_stuck(p))
			return false;
	return true;
}

int
gate_look(struct gate *g, unsigned int what, struct gate_reasons *r,
    struct err *e)
{
	struct timespec until = timer_until(PATIENCE);
	double began = now_s();
	int rc = 0;

	if (g == NULL)
		return 1;
	pthread_mutex_lock(&g->lock);
	wake(g, true);
	while (!g->over && !all_looked(g, began) && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&g->noted, &g->lock, &until);
	rc = judge(g, what, r, e);
	g->told = g->told || rc < 0;
	pthread_mutex_unlock(&g->lock);
	return rc;
}

bool
gate_is_open(struct gate *g, unsigned int what)
{
	struct gate_reasons r = GATE_REASONS_INIT;
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (g == NULL)
		return true;
	pthread_mutex_lock(&g->lock);
	wake(g, false);
	rc = judge(g, what, &r, &ignored);
	pthread_mutex_unlock(&g->lock);
	gate_free_reasons(&r);
	return rc == 1;
}

void
gate_strain(struct gate *g, unsigned int what, struct gate_strain *s)
{
	const struct gate_place *p, *most = NULL;

	str_reset(&s->why);
	s->used = s->at = 0;
	if (g == NULL)
		return;
	pthread_mutex_lock(&g->lock);
	for (p = g->first; p != NULL; p = p->next)
		if (p->answered && (p->source->may_hold & what) != 0 &&
		    (most == NULL || p->is.used > most->is.used))
			most = p;
	if (most != NULL) {
		s->used = most->is.used;
		s->at = most->seen;
		str_addz(&s->why, most->is.near.s);
	}
	pthread_mutex_unlock(&g->lock);
}

bool
gate_is_condemned(struct gate *g)
{
	bool yes;

	if (g == NULL)
		return false;
	pthread_mutex_lock(&g->lock);
	yes = g->condemned.kind != ERR_NONE;
	pthread_mutex_unlock(&g->lock);
	return yes;
}

bool
gate_has_told(struct gate *g)
{
	bool yes;

	if (g == NULL)
		return false;
	pthread_mutex_lock(&g->lock);
	yes = g->told;
	pthread_mutex_unlock(&g->lock);
	return yes;
}

struct gate_pace
gate_pace(struct gate *g)
{
	struct gate_pace pace = { .threads = 0, .chunk_time = -1 };

	if (g == NULL)
		return pace;
	pthread_mutex_lock(&g->lock);
	pace = g->pace;
	pthread_mutex_unlock(&g->lock);
	return pace;
}

void
gate_set_pace(struct gate *g, const struct gate_pace *pace)
{
	pthread_mutex_lock(&g->lock);
	g->pace = *pace;
	pthread_mutex_unlock(&g->lock);
}

/* --- who looks -------------------------------------------------------------*/

struct gate_place *
gate_add(struct gate *g, const struct source *s)
{
	struct gate_place *p = xcalloc(1, sizeof(*p));

	p->gate = g;
	p->source = s;
	p->is.what = p->is.near = p->why = (struct str)STR_INIT;
	pthread_mutex_lock(&g->lock);
	*g->end = p;
	g->end = &p->next;
	pthread_mutex_unlock(&g->lock);
	return p;
}

/* Asked, but not so often.  Under the lock. */
static void
wait_for_turn(struct gate_place *p)
{
	double in = p->began + p->source->every - now_s();
	struct timespec until = timer_until(in > 0 ? in : 0);

	while (!p->gate->over && !p->hurry &&
	    pthread_cond_timedwait(&p->gate->asked, &p->gate->lock, &until) !=
	    ETIMEDOUT)
		;
}

bool
gate_wait(struct gate_place *p)
{
	struct gate *g = p->gate;
	bool over;

	pthread_mutex_lock(&g->lock);
	while (!g->over && !p->asked)
		pthread_cond_wait(&g->asked, &g->lock);
	wait_for_turn(p);
	p->asked = p->hurry = false;
	p->began = now_s();
	over = g->over;
	pthread_mutex_unlock(&g->lock);
	return !over;
}

/* An answer.  Under the lock. */
static void
take(struct gate_place *p, const struct verdict *v)
{
	if (v->holds == 0)
		p->since = 0;
	else if (p->is.holds == 0)
		p->since = now_s();
	p->is.holds = v->holds;
	p->is.in = v->in;
	str_reset(&p->is.what);
	str_addz(&p->is.what, v->what.s);
	p->seen = p->began;
	p->is.used = v->used;
	str_reset(&p->is.near);
	str_addz(&p->is.near, v->near.s);
	p->answered = true;
	p->unanswered = p->asked ? now_s() : 0;
}

void
gate_note(struct gate_place *p, int rc, const struct verdict *v,
    const struct err *e)
{
	struct gate *g = p->gate;

	pthread_mutex_lock(&g->lock);
	str_reset(&p->why);
	if (rc == 0)
		take(p, v);
	else if (rc > 0)
		str_addz(&p->why, e->text);
	else if (g->condemned.kind == ERR_NONE)
		g->condemned = *e;
	p->ended = p->began;
	pthread_cond_broadcast(&g->noted);
	pthread_mutex_unlock(&g->lock);
}

void
gate_end(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->over = true;
	pthread_cond_broadcast(&g->asked);
	pthread_cond_broadcast(&g->noted);
	pthread_mutex_unlock(&g->lock);
}
