#include "story/already.h"

#include <string.h>

#include "base/event.h"
#include "model/already.h"
#include "model/repeatable.h"
#include "steps/shadow.h"
#include "story/undoing.h"

/* What the new table is before anything is tried on it, and afterwards. */
struct trial {
	struct table *before, *after;
	struct structure old, was, is;	/* old: of the user's table */
	bool may;		/* something of it may have been done before */
};

#define TRIAL_INIT { .old = STRUCTURE_INIT, .was = STRUCTURE_INIT, \
	.is = STRUCTURE_INIT }

static int
read_new(struct migration *m, struct table **t, struct structure *s,
    struct err *e)
{
	return table_load(t, m->db, &m->names.shadow, e) != 0 ||
	    structure_read(s, *t, e) != 0 ? -1 : 0;
}

/* Options that change the table as well, or which rows it has. */
static bool
is_wanted(const struct migration *m)
{
	const struct config *c = m->cfg;

	return c->idempotent && c->to == NULL && c->where == NULL &&
	    !c->default_engine && c->data_dir == NULL &&
	    !c->remove_data_dir && !c->remove_tablespace;
}

/* It was altered, by this text: is it as it was? */
static int
compare(struct migration *m, struct trial *t, const struct alter *a,
    bool twins, struct err *e)
{
	if (read_new(m, &t->after, &t->is, e) != 0)
		return -1;
	structure_follow(&t->is, &t->was, &t->old);
	structure_follow(&t->was, &t->was, &t->old);
	m->already = !already_moves(a, m->old) &&
	    !already_rebuilds(&m->alter, &m->server, !twins) &&
	    already_same(&t->was, &t->is, a, twins) &&
	    (!a->sets_auto_increment ||
	    t->after->auto_increment <= m->old->auto_increment);
	return 0;
}

/* It says no more than that the ALTER is not one that can be done. */
static bool
is_refusal(const struct err *e)
{
	return (e->kind == ERR_ALTER || e->kind == ERR_SQL) && e->sqlno != 0 &&
	    !db_class_conflict(e);
}

/* Only because it was done before?  A refusal of this one is no error. */
static int
try_again(struct migration *m, struct trial *t, struct err *e)
{
	struct str text = STR_INIT;
	struct alter a = { .n = 0 };
	bool may;
	int rc = 0;

	may = repeatable_text(&text, &m->alter, m->old, &t->old, &m->server);
	t->may = may && strcmp(text.s, m->alter.text) != 0;
	if (may && text.len == 0)
		m->already = true;
	else if (may) {
		rc = alter_read(&a, text.s, &m->server, e);
		if (rc == 0)
			rc = shadow_alter(m->db, &m->names, m->old, &a,
			    m->cfg, e);
		if (rc == 0)
			rc = compare(m, t, &a, true, e);
		else if (is_refusal(e) || e->kind == ERR_USAGE)
			rc = 0;
	}
	alter_free(&a);
	str_free(&text);
	return rc;
}

static int
refused(struct migration *m, struct trial *t, struct err *e)
{
	struct err was = *e;

	e->kind = ERR_NONE;
	if (try_again(m, t, e) != 0)
		return -1;
	if (m->already)
		return 0;
	*e = was;
	if (t->may && e->hint[0] == '\0')
		err_hint(e, "--idempotent: not all of it was applied before; "
		    "SHOW CREATE TABLE shows what was");
	return -1;
}

void
already_tell(const struct migration *m)
{
	char nothing[] = "nothing is to be done";
	const struct summary s = {
		.database = m->names.old.db.raw,
		.table = m->names.old.table.raw,
		.create_before = m->old->create,
		.create_after = m->old->create,
		.name = m->names.old.sql,
		.rows = m->old->rows,
		.bytes = m->old->bytes,
		.misfits.by_type = true,
		.estimate.why_not = nothing,
	};

	event_summary(&s);
}

static int
look(struct migration *m, struct trial *t, struct err *e)
{
	int rc;

	if (structure_read(&t->old, m->old, e) != 0 ||
	    read_new(m, &t->before, &t->was, e) != 0)
		return -1;
	rc = shadow_alter(m->db, &m->names, m->old, &m->alter, m->cfg, e);
	if (rc == 0)
		rc = compare(m, t, &m->alter, false, e);
	else if (is_refusal(e))
		rc = refused(m, t, e);
	if (rc != 0 || undoing_drop_new(m, e) != 0)
		return -1;
	if (m->already && m->cfg->dry_run)
		already_tell(m);
	return m->already ? 0 : shadow_create(m->db, &m->names, m->old, m->cfg,
	    &m->undo, e);
}

int
already_look(struct migration *m, struct err *e)
{
	struct trial t = TRIAL_INIT;
	int rc;

	if (!is_wanted(m) ||
	    already_rebuilds(&m->alter, &m->server, false))
		return 0;
	event_hush_sql(m->cfg->dry_run);
	rc = look(m, &t, e);
	event_hush_sql(false);
	table_free(t.before);
	table_free(t.after);
	structure_free(&t.old);
	structure_free(&t.was);
	structure_free(&t.is);
	return rc;
}
