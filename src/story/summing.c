#include "story/summing.h"

#include "base/event.h"
#include "base/util.h"
#include "model/back.h"
#include "model/cutover_fkeys.h"
#include "model/impact.h"
#include "model/misfit.h"
#include "model/outcome.h"
#include "server/disk.h"
#include "steps/breakage.h"
#include "steps/misfits.h"
#include "steps/sample.h"

static void
add_dependents(struct summary_list *l, const struct dependents *d)
{
	size_t i;

	for (i = 0; i < d->child.n; i++)
		summary_add(l, "child", d->child.key[i].child.sql, "foreign "
		    "key %s of %s", d->child.key[i].name.sql,
		    d->child.key[i].child.sql);
	for (i = 0; i < d->n_triggers; i++)
		summary_add(l, "trigger", d->trigger[i].name.raw, "trigger %s",
		    d->trigger[i].name.sql);
}

static void
add_way(struct summary *s, struct str *text, const struct migration *m)
{
	const struct native *n = &m->native;
	const char *words = native_words(n->way, &m->server);

	if (n->way == NATIVE_UNKNOWN)
		return;
	s->at_once = n->free;
	str_addf(text, "could do it by %s%s", words != NULL ? words :
	    "ALGORITHM=COPY", n->free ? ", touching no row" : "");
	s->way = text->s;
}

/* The ALTER that takes it back, and what none does. */
static int
add_back(struct summary *s, const struct migration *m, struct err *e)
{
	const struct back b = { m->old, m->new, s->create_after, &m->alter,
	    m->server.mariadb };

	if (m->filter.n > 0)
		summary_add(&s->lost, "rows", "", "rows that --where leaves "
		    "out");
	return back_find(&s->back, &s->lost, &b, e);
}

#define CROWDED	"little room is on the disk, or it is not known"
#define MARGIN	(256ULL * 1024 * 1024)	/* bytes, beside the new table's */

/*
 * What is tried in the new table takes room there until that is dropped, and a
 * server whose disk is full may end.
 * 1: there is plenty; 0: not, or it is not known; -1 with *e.
 */
static int
has_room(const struct migration *m, struct err *e)
{
	struct disks d;
	int rc;

	if (m->at_once)
		return 1;
	rc = disk_find_all(&d, m->db, &m->names.shadow, m->new->create, e);
	if (rc == 0)
		rc = d.data.by != DISK_UNKNOWN && d.data.free > MARGIN +
		    2 * m->old->bytes;
	disk_free_all(&d);
	return rc;
}

/* What the server does at once converts no value. */
static int
add_misfits(struct summary *s, const struct migration *m, bool room,
    struct err *e)
{
	s->misfits.by_type = m->at_once || !misfit_possible(&m->plan);
	if (!s->misfits.by_type && !room)
		s->misfits.why_not = xstrdup(CROWDED);
	else if (!s->misfits.by_type &&
	    misfits_count(&s->misfits, &m->plan, m->cfg, e) != 0)
		return -1;
	if (s->misfits.why_not != NULL)
		summary_add(&s->unknown, "misfits", "", "which rows do not "
		    "fit: %s", s->misfits.why_not);
	return 0;
}

/* And there is nothing that is to be copied. */
static int
add_estimate(struct summary *s, const struct migration *m, bool room,
    struct err *e)
{
	if (m->at_once)
		s->estimate.why_not = xstrdup("the server does it at once");
	else if (!room)
		s->estimate.why_not = xstrdup(CROWDED);
	else if (sample_measure(&s->estimate, &m->plan, e) != 0)
		return -1;
	if (!m->at_once && m->plan.deferral.n > 0)
		summary_add(&s->unknown, "estimate", "", "how long it takes to "
		    "build %zu indexes after the copy", m->plan.deferral.n);
	return 0;
}

/* What is found out by copying rows. */
static int
add_trials(struct summary *s, const struct migration *m, struct err *e)
{
	int room = has_room(m, e);

	return room < 0 || add_estimate(s, m, room == 1, e) != 0 ? -1 :
	    add_misfits(s, m, room == 1, e);
}

static void
move(struct summary_list *to, const struct summary_list *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		summary_add(to, from->item[i].kind, from->item[i].name, "%s",
		    from->item[i].text);
}

/* Views, routines, events and triggers. */
static int
add_users(struct summary *s, const struct migration *m, struct err *e)
{
	struct breakage b = { .uses = { NULL, 0 } };
	int rc = breakage_find(&b, m->db, &m->plan, true, e);

	move(&s->hangs, &b.uses);
	move(&s->breaks, &b.breaks);
	move(&s->unknown, &b.unknown);
	breakage_free(&b);
	return rc;
}

int
summing_tell(struct migration *m, struct err *e)
{
	struct summary s = {
		.database = m->names.old.db.raw,
		.table = m->names.old.table.raw,
		.name = m->names.old.sql,
		.create_before = m->old->create,
		.rows = m->old->rows,
		.bytes = m->old->bytes,
	};
	struct str after = STR_INIT, way = STR_INIT;
	struct fkeys f = FKEYS_INIT;
	int rc = outcome_create(&after, &m->plan, &m->alter, e);

	s.create_after = after.s;
	add_way(&s, &way, m);
	cutover_fkeys_final(&f, &m->plan, &m->alter);
	add_dependents(&s.hangs, &m->dependents);
	impact_columns(&s.changes, m->old, m->new, &m->alter);
	impact_indexes(&s.indexes, m->new, &f);
	if (rc == 0)
		rc = add_back(&s, m, e);
	if (rc == 0)
		rc = add_users(&s, m, e);
	if (rc == 0)
		rc = add_trials(&s, m, e);
	if (rc == 0)
		event_summary(&s);
	summary_free(&s);
	fkey_free(&f);
	str_free(&after);
	str_free(&way);
	return rc;
}
