#include "story/filtering.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "model/filter_read.h"
#include "steps/check_filter.h"

/* In a dry run there is no row of it. */
static int
find_moment(struct filter_moment *at, const struct migration *m,
    struct err *e)
{
	const struct registry *r = &m->registry;
	char *began = NULL;
	int rc = 0;

	if (m->resumed)
		return check_filter_moment(at, m->db,
		    m->was.field[REGISTRY_BEGAN], e);
	if (r->id != 0)
		rc = db_value(m->db, &began, e, "SELECT began FROM %s WHERE "
		    "id = %llu", r->name.sql, r->id);
	if (rc == 0)
		rc = check_filter_moment(at, m->db, began, e);
	free(began);
	return rc;
}

int
filtering_read(struct migration *m, struct err *e)
{
	struct filter_moment at;

	filter_free(&m->filter);
	return m->cfg->where == NULL || m->reverting ? 0 :
	    find_moment(&at, m, e) != 0 || filter_read(&m->filter,
	    m->cfg->where, m->old, &m->server, &at, e) != 0 ? -1 : 0;
}

static void
add_fate(struct str *text, const struct migration *m)
{
	const struct config *cfg = m->cfg;
	const char *old = m->names.old.sql, *attic = m->names.attic.sql;

	str_addz(text, "--where: rows that do not match are not copied; ");
	if (!cfg->swap_tables)
		str_addf(text, "they stay in %s", old);
	else if (!cfg->drop_old_table || migration_left_behind(m))
		str_addf(text, "after the swap they are in %s only, which is "
		    "kept", attic);
	else
		str_addf(text, "after the swap they are in no table: they are "
		    "dropped with the old one, for good");
	if (m->dependents.child.n > 0 && cfg->swap_tables &&
	    m->plan.follow_children)
		str_addf(text, "; rows of %s that reference them are left "
		    "without a parent",
		    m->dependents.child.key[0].child.sql);
}

void
filtering_tell(const struct migration *m)
{
	struct str text = STR_INIT;

	if (m->plan.filter == NULL)
		return;
	add_fate(&text, m);
	if (m->cfg->dry_run && !m->cfg->quiet)
		log_answer("%s", text.s);
	else if (m->cfg->swap_tables)
		log_warn("%s", text.s);
	else
		log_info("%s", text.s);
	str_free(&text);
}

void
filtering_tell_copied(const struct migration *m)
{
	if (m->plan.filter != NULL)
		log_info("about %llu rows do not match --where, or triggers "
		    "have brought them", m->copied.walk.others);
}
