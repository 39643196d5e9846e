#include "story/unchanged.h"

#include "base/log.h"
#include "story/unnoted.h"

int
unchanged_note(struct migration *m, struct err *e)
{
	m->told_changed = false;
	return identity_note(&m->old_is, m->db, &m->old->name,
	    m->old->undoes_nothing, e) != 0 || identity_note(&m->new_is,
	    m->db, &m->new->name, false, e) != 0 ||
	    unnoted_note(m, e) != 0 ? -1 : 0;
}

bool
unchanged_other(const struct migration *m)
{
	return m->old_is.other || m->new_is.other;
}

/* Nothing but another comparison can tell whether it is another. */
static bool
is_uncertain(const struct identity *id)
{
	return id->ids == NULL && (id->closed || (!id->prepared &&
	    id->counted));
}

/*
 * A comparison that is so short is done whenever there was any DDL at all:
 * IMPORT TABLESPACE in MySQL, and EXCHANGE PARTITION there and back in
 * MariaDB, leave no other sign.
 */
#define SHORT	60.0	/* seconds */

static bool
is_doubtful(const struct migration *m, const struct identity *id)
{
	return id->closed || (id->counted && m->compared.seconds < SHORT);
}

bool
unchanged_unknown(const struct migration *m)
{
	return unchanged_other(m) || is_uncertain(&m->old_is) ||
	    is_uncertain(&m->new_is) || m->unnoted.likely;
}

bool
unchanged_not(const struct migration *m)
{
	return unchanged_unknown(m) || is_doubtful(m, &m->old_is) ||
	    is_doubtful(m, &m->new_is) ||
	    (m->unnoted.possible && m->compared.seconds < SHORT);
}

int
unchanged_look(struct migration *m, struct err *e)
{
	if (unnoted_look(m, e) != 0)
		return -1;
	if (config_without(m->cfg, "truncate"))
		return 0;
	if (identity_look(&m->old_is, m->db, e) != 0 ||
	    identity_look(&m->new_is, m->db, e) != 0)
		return -1;
	if (unchanged_other(m) && !m->told_changed) {
		log_warn("%s was truncated, exchanged, imported or rebuilt by "
		    "another session, or a part of it was; the tables will be "
		    "compared after that", m->old_is.other ?
		    m->old->name.sql : m->new->name.sql);
		m->told_changed = true;
	}
	return 0;
}
