#include "model/by_key.h"

#include "base/util.h"
#include "model/convert.h"
#include "model/path.h"
#include "model/type.h"
#include "model/value.h"

static int
refuse(const struct plan *p, const char *why, const char *hint, struct err *e)
{
	err_set(e, ERR_REFUSED, "%s is %s, which undoes nothing that a "
	    "statement has written before it failed, and %s",
	    p->names.old.sql, p->old->engine, why);
	return err_hint(e, "%s", hint);
}

#define FIRST "change only the engine first, by --alter ENGINE=InnoDB"

/* A note has to have the key before the row is written. */
static int
check_identity(const struct plan *p, struct err *e)
{
	const struct pair *pr;
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		pr = p->id[i];
		if (p->computes_id || pr->from->generated)
			return refuse(p, "its rows are found by a generated "
			    "column", "name another unique key with "
			    "--chunk-index", e);
		if (pr->from->nullable)
			return refuse(p, "the ALTER makes a key of a column "
			    "that may be NULL", FIRST, e);
		if (type_is_moment(pr->from) != type_is_moment(pr->to))
			return refuse(p, "the ALTER changes the type of a time "
			    "by which its rows are found", FIRST, e);
	}
	return 0;
}

int
by_key_choose(struct plan *p, struct err *e)
{
	if (!p->old->undoes_nothing)
		return 0;
	if (p->complete || p->kept_in_step)
		return refuse(p, "--reversible would mirror to it what the "
		    "application rolls back", "omit --reversible", e);
	if (p->filter != NULL)
		return refuse(p, "with --where it could not be told which of "
		    "its rows were written meanwhile", "change the engine "
		    "first, without --where", e);
	if (p->in_order)
		return refuse(p, "the application gives the document IDs "
		    "(FTS_DOC_ID) of the new table's FULLTEXT key", "change "
		    "the engine first and add the FULLTEXT key afterwards", e);
	if (p->old->has_period)
		return refuse(p, "has an application-time period, whose rows "
		    "are split past the triggers", "use ALTER TABLE", e);
	if (check_identity(p, e) != 0)
		return -1;
	p->by_key = true;
	/* No other session inserts into the new table. */
	p->autoinc_lock = false;
	return 0;
}

static void
add_list(struct str *q, const struct plan *p, const char *before)
{
	size_t i;

	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%skey_%zu", i > 0 ? ", " : before, i);
}

void
by_key_alter(struct str *q, const struct plan *p)
{
	const struct column *c;
	size_t i;

	str_addf(q, "ALTER TABLE %s DROP PRIMARY KEY, ", p->names.rejects.sql);
	/* Its rows have a fixed length, and little room. */
	if (same_text(p->old->engine, "MEMORY"))
		str_addz(q, "MODIFY row_key VARCHAR(8) NOT NULL, "
		    "MODIFY message VARCHAR(60), ");
	for (i = 0; i < p->n_id; i++) {
		c = p->id[i]->from;
		str_addf(q, "ADD key_%zu %s", i, c->type);
		if (c->collation != NULL)
			str_addf(q, " COLLATE %s", c->collation);
		str_addz(q, " NOT NULL, ");
	}
	str_addf(q, "ADD state TINYINT NOT NULL DEFAULT %d, ADD PRIMARY KEY (",
	    NOTE_NEW);
	add_list(q, p, "");
	str_addf(q, "), ADD KEY state (state), ENGINE=%s, ROW_FORMAT=DEFAULT",
	    p->old->engine);
}

static void
add_note(struct str *q, const struct plan *p, const char *row,
    const char *indent)
{
	size_t i;

	str_addf(q, "%sINSERT INTO %s (what, errno, row_key", indent,
	    p->names.rejects.sql);
	add_list(q, p, ", ");
	str_addz(q, ") VALUES ('', 0, ''");
	for (i = 0; i < p->n_id; i++)
		str_addf(q, ", %s.%s", row, p->id[i]->from->name.sql);
	str_addf(q, ") ON DUPLICATE KEY UPDATE state = %d;\n", NOTE_NEW);
}

void
by_key_body(struct str *q, const struct plan *p, enum trigger_event ev)
{
	const char *name;
	size_t i;

	if (ev != ON_INSERT)
		add_note(q, p, "OLD", "  ");
	if (ev == ON_DELETE)
		return;
	if (ev == ON_UPDATE) {
		str_addz(q, "  IF NOT (");
		for (i = 0; i < p->n_id; i++) {
			name = p->id[i]->from->name.sql;
			str_addf(q, "%sOLD.%s = NEW.%s", i > 0 ? " AND " : "",
			    name, name);
		}
		str_addz(q, ") THEN\n");
	}
	add_note(q, p, "NEW", ev == ON_UPDATE ? "    " : "  ");
	str_addz(q, ev == ON_UPDATE ? "  END IF;\n" : "");
}

void
by_key_again(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	const struct path path = plan_path(p);
	size_t i;

	str_addf(q, "INSERT INTO %s (what, errno, row_key",
	    p->names.rejects.sql);
	add_list(q, p, ", ");
	str_addz(q, ") SELECT '', 0, ''");
	for (i = 0; i < p->n_id; i++)
		str_addf(q, ", o.%s", p->id[i]->from->name.sql);
	path_from(q, &path, "o");
	str_addz(q, " WHERE ");
	path_range(q, &path, &(const struct path_names){ "o.", NULL }, after,
	    upto);
	str_addf(q, " ON DUPLICATE KEY UPDATE %s.state = %d",
	    p->names.rejects.sql, NOTE_NEW);
}

/* The row of the old table, called like this, that was noted. */
static void
add_match_old(struct str *q, const struct plan *p, const char *note,
    const char *row)
{
	size_t i;

	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%s%s.%s = %s.key_%zu", i > 0 ? " AND " : "", row,
		    p->id[i]->from->name.sql, note, i);
}

/* The same row of the new table. */
static void
add_match_new(struct str *q, const struct plan *p, const char *note,
    const char *row)
{
	struct str ref = STR_INIT;
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%s%s.%s = ", i > 0 ? " AND " : "", row,
		    p->id[i]->to->name.sql);
		str_reset(&ref);
		str_addf(&ref, "%s.key_%zu", note, i);
		convert_key(q, p->id[i]->from, p->id[i]->to, ref.s);
	}
	str_free(&ref);
}

void
by_key_settled(struct str *q, const struct plan *p, bool old)
{
	str_addf(q, "NOT EXISTS (SELECT 1 FROM %s j FORCE INDEX (PRIMARY) "
	    "WHERE ", p->names.rejects.sql);
	if (old)
		add_match_old(q, p, "j", p->names.old.sql);
	else if (p->same_ranges)
		add_match_new(q, p, "j", p->names.shadow.sql);
	else
		add_match_old(q, p, "j", "o");
	str_addz(q, ") AND ");
}

void
by_key_turn(struct str *q, const struct plan *p, enum by_key_state from,
    enum by_key_state to, unsigned int limit)
{
	str_addf(q, "UPDATE %s SET state = %d WHERE state = %d",
	    p->names.rejects.sql, to, from);
	if (limit == 0)
		return;
	str_addz(q, " ORDER BY ");
	add_list(q, p, "");
	str_addf(q, " LIMIT %u", limit);
}

/* Under LOCK TABLES a table is to be had by its name, and by no other. */
static void
add_taken(struct str *q, const struct plan *p)
{
	str_addf(q, "%s FORCE INDEX (state) STRAIGHT_JOIN ",
	    p->names.rejects.sql);
}

static void
add_which(struct str *q, const struct plan *p)
{
	str_addf(q, " WHERE %s.state = %d", p->names.rejects.sql, NOTE_TAKEN);
}

void
by_key_clear(struct str *q, const struct plan *p)
{
	str_addf(q, "DELETE FROM %s USING ", p->names.shadow.sql);
	add_taken(q, p);
	str_addf(q, "%s FORCE INDEX (%s) ON ", p->names.shadow.sql,
	    p->id_index.sql);
	add_match_new(q, p, p->names.rejects.sql, p->names.shadow.sql);
	add_which(q, p);
}

void
by_key_write(struct str *q, const struct plan *p)
{
	str_addf(q, "INSERT IGNORE INTO %s ", p->names.shadow.sql);
	value_columns(q, p);
	str_addz(q, " SELECT ");
	value_list(q, p, p->names.old.sql);
	str_addz(q, " FROM ");
	add_taken(q, p);
	str_addf(q, "%s ON ", p->names.old.sql);
	add_match_old(q, p, p->names.rejects.sql, p->names.old.sql);
	add_which(q, p);
}

void
by_key_forget(struct str *q, const struct plan *p)
{
	str_addf(q, "DELETE FROM %s WHERE state = %d", p->names.rejects.sql,
	    NOTE_TAKEN);
}

/* SELECT the walking key. */
static void
add_walk(struct str *q, const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->walk->n; i++) {
		str_addz(q, i > 0 ? ", " : "SELECT ");
		bound_read(q, &p->old->column[p->walk->part[i].column]);
	}
}

/* No name of the notes' may be one of the old table's. */
void
by_key_where(struct str *q, const struct plan *p)
{
	size_t i;

	add_walk(q, p);
	str_addz(q, " FROM (SELECT ");
	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%skey_%zu AS livealter_%zu", i > 0 ? ", " : "",
		    i, i);
	str_addf(q, " FROM %s", p->names.rejects.sql);
	add_which(q, p);
	str_addf(q, ") j STRAIGHT_JOIN %s ON ", p->names.old.sql);
	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%s%s.%s = j.livealter_%zu", i > 0 ? " AND " : "",
		    p->names.old.sql, p->id[i]->from->name.sql, i);
	str_addz(q, " LIMIT 1");
}

void
by_key_before(struct str *q, const struct plan *p, const struct bound *at)
{
	const struct path path = plan_path(p);
	const struct bound none = BOUND_INIT;
	const struct key_part *part = p->walk->part;
	size_t i;

	add_walk(q, p);
	path_from(q, &path, NULL);
	str_addz(q, " WHERE ");
	path_between(q, &path, PATH_PLAIN, &none, at);
	for (i = 0; i < p->walk->n; i++)
		str_addf(q, "%s%s%s", i > 0 ? ", " : " ORDER BY ",
		    p->old->column[part[i].column].name.sql,
		    part[i].descending ? "" : " DESC");
	str_addz(q, " LIMIT 1");
}
