#include "story/summing.h"

#include "base/event.h"
#include "model/back.h"
#include "model/cutover_fkeys.h"
#include "model/impact.h"
#include "model/outcome.h"
#include "steps/misfits.h"

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

/* What the server does at once converts no value. */
static int
add_misfits(struct summary *s, const struct migration *m, struct err *e)
{
	s->misfits.by_type = m->at_once;
	return m->at_once ? 0 : misfits_count(&s->misfits, &m->plan, m->cfg, e);
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
		rc = add_misfits(&s, m, e);
	if (rc == 0)
		event_summary(&s);
	summary_free(&s);
	fkey_free(&f);
	str_free(&after);
	str_free(&way);
	return rc;
}
