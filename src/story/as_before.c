#include "story/as_before.h"

#include "model/as_was.h"
#include "model/cutover_fkeys.h"
#include "model/fingerprint.h"

/* Its definition, if it had these keys and the table's own name. */
static bool
is_same(const struct migration *m, const struct table *t,
    const struct fkeys *f, struct str *why)
{
	const char *was = m->was.field[REGISTRY_OLD_PRINT];
	struct str text = STR_INIT;
	bool same;

	if (was == NULL)
		return true;
	as_was_text(&text, t, f, &m->names.old);
	same = fingerprint_same(was, text.s, why);
	str_free(&text);
	return same;
}

int
as_before_check(const struct migration *m, struct err *e)
{
	struct fkeys f = FKEYS_INIT;
	struct str why = STR_INIT;
	int rc = 0;

	if (config_without(m->cfg, "as-before"))
		return 0;
	cutover_fkeys_final(&f, &m->plan, &m->alter);
	if (!is_same(m, m->new, &f, &why)) {
		rc = err_set(e, ERR_REFUSED, "%s would not be defined as it "
		    "was before the migration: %.1000s", m->names.old.sql,
		    why.s);
		err_hint(e, "if somebody has altered %s since, ALTER it back; "
		    "its rows are in step until then", m->names.shadow.sql);
	}
	fkey_free(&f);
	str_free(&why);
	return rc;
}

int
as_before_look(const struct migration *m, struct err *e)
{
	struct table *now = NULL;
	struct str why = STR_INIT;
	int rc = table_load(&now, m->db, &m->names.old, e);

	if (rc == 0 && !is_same(m, now, &now->fkey, &why)) {
		rc = err_set(e, ERR_FKEYS, "%s is swapped back, but not "
		    "defined as it was before the migration: %.1000s",
		    m->names.old.sql, why.s);
		err_hint(e, "its rows are those that it had at the swap; "
		    "ALTER TABLE makes it what it was");
	}
	table_free(now);
	str_free(&why);
	return rc;
}
