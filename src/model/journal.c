#include "model/journal.h"

#include "model/by_key.h"
#include "model/verb.h"

/*
 * A doc_id of 0, which no row has that is in a FULLTEXT key, is a note of what
 * the new table could not hold.
 */
void
journal_alter(struct str *q, const struct plan *p)
{
	if (p->by_key) {
		by_key_alter(q, p);
		return;
	}
	str_addf(q, "ALTER TABLE %s DROP PRIMARY KEY, "
	    "ADD doc_id BIGINT UNSIGNED NOT NULL DEFAULT 0, "
	    "ADD seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, "
	    "ADD PRIMARY KEY (doc_id, seq), ADD KEY (seq)",
	    p->names.rejects.sql);
}

/* Note the row for the copy: always, or when it has moved. */
static void
add_note(struct str *q, const struct plan *p, const char *row, bool moved)
{
	const char *id = p->id[0]->from->name.sql;

	if (moved)
		str_addf(q, "  IF OLD.%s <> NEW.%s THEN\n  ", id, id);
	str_addz(q, "  ");
	verb_add(q, p, "INSERT");
	str_addf(q, " INTO %s (what, errno, row_key, doc_id) VALUES "
	    "('', 0, '', %s.%s);\n", p->names.rejects.sql, row, id);
	str_addz(q, moved ? "  END IF;\n" : "");
}

void
journal_body(struct str *q, const struct plan *p, enum trigger_event ev)
{
	if (p->by_key) {
		by_key_body(q, p, ev);
		return;
	}
	if (ev != ON_INSERT)
		add_note(q, p, "OLD", false);
	if (ev != ON_DELETE)
		add_note(q, p, "NEW", ev == ON_UPDATE);
}

void
journal_settled(struct str *q, const struct plan *p, bool old)
{
	const struct pair *id = p->in_order ? p->id[0] : NULL;

	if (p->by_key)
		by_key_settled(q, p, old);
	if (id != NULL)
		str_addf(q, "NOT EXISTS (SELECT 1 FROM %s j FORCE INDEX "
		    "(PRIMARY) WHERE j.doc_id = %s.%s) AND ",
		    p->names.rejects.sql,
		    old ? p->names.old.sql : p->names.shadow.sql,
		    old ? id->from->name.sql : id->to->name.sql);
}

void
journal_rejects(struct str *q, const struct plan *p)
{
	str_addz(q, p->in_order ? " WHERE doc_id = 0" : " WHERE errno <> 0");
}
