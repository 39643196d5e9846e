#include "model/split.h"

#include "model/value.h"
#include "model/verb.h"

bool
split_possible(const struct plan *p)
{
	return p->server->mariadb && p->old->has_period && !p->in_order;
}

/* The key is no session's where an INSERT has not noted it. */
static void
add_key_columns(struct str *q, const struct plan *p)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		c = p->id[i]->from;
		str_addf(q, "ADD key_%zu %s", i, c->type);
		if (c->collation != NULL)
			str_addf(q, " COLLATE %s", c->collation);
		str_addz(q, " NULL, ");
	}
}

void
split_alter(struct str *q, const struct plan *p)
{
	if (!split_possible(p))
		return;
	str_addf(q, "ALTER TABLE %s DROP PRIMARY KEY, "
	    "ADD writer BIGINT UNSIGNED NOT NULL, ", p->names.rejects.sql);
	add_key_columns(q, p);
	str_addz(q, "ADD seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, "
	    "ADD PRIMARY KEY (seq), ADD KEY writer (writer)");
}

void
split_columns(struct str *q, const struct plan *p)
{
	size_t i;

	if (!split_possible(p))
		return;
	str_addz(q, ", writer");
	for (i = 0; i < p->n_id; i++)
		str_addf(q, ", key_%zu", i);
}

void
split_values(struct str *q, const struct plan *p, enum trigger_event ev)
{
	size_t i;

	if (!split_possible(p))
		return;
	str_addz(q, ev == ON_INSERT ? ", CONNECTION_ID()" : ", 0");
	for (i = 0; i < p->n_id; i++)
		if (ev == ON_INSERT)
			str_addf(q, ", NEW.%s", p->id[i]->from->name.sql);
		else
			str_addz(q, ", NULL");
}

void
split_declare(struct str *q, const struct plan *p)
{
	if (!split_possible(p))
		return;
	str_addz(q, "  DECLARE livealter_part BIGINT UNSIGNED;\n");
}

/* o.`k` = OLD.`k` AND ... */
static void
add_key(struct str *q, const struct plan *p, const char *row)
{
	const char *name;
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		name = p->id[i]->from->name.sql;
		str_addf(q, "%so.%s = %s.%s", i > 0 ? " AND " : "", name, row,
		    name);
	}
}

/* A row that has OLD's key, and is not the row itself: a collation may take
 * the two keys for equal. */
static void
add_heir(struct str *q, const struct plan *p, enum trigger_event ev)
{
	str_addf(q, " FROM %s o WHERE ", p->names.old.sql);
	add_key(q, p, "OLD");
	if (ev != ON_UPDATE)
		return;
	str_addz(q, " AND NOT (");
	add_key(q, p, "NEW");
	str_addz(q, ")");
}

/* INSERT the row o; what follows says which. */
static void
add_insert(struct str *q, const struct plan *p)
{
	value_insert_into(q, p);
	str_addz(q, " SELECT ");
	value_list(q, p, "o");
}

#define LOCKING " LOCK IN SHARE MODE;\n"

/*
 * There is no such row but for a split, and to find that out by a locking read
 * would lock the gap.  A snapshot that is older than OLD may show a row that is
 * gone by now, but none that is there stays unseen: it is the statement's own.
 */
void
split_again(struct str *q, const struct plan *p, enum trigger_event ev,
    const char *indent)
{
	if (!split_possible(p))
		return;
	str_addz(q, indent);
	verb_add(q, p, "SELECT");
	str_addz(q, " COUNT(*)");
	add_heir(q, p, ev);
	str_addf(q, " LIMIT 1 INTO livealter_part;\n"
	    "%sIF livealter_part > 0 THEN\n%s  ", indent, indent);
	add_insert(q, p);
	add_heir(q, p, ev);
	str_addf(q, LOCKING "%sEND IF;\n", indent);
}

static void
add_next(struct str *q, const struct plan *p, const char *indent)
{
	str_addz(q, indent);
	verb_add(q, p, "SELECT");
	str_addf(q, " MIN(seq) FROM %s FORCE INDEX (writer) WHERE writer = "
	    "CONNECTION_ID() AND seq > livealter_part LIMIT 1 INTO "
	    "livealter_part;\n", p->names.rejects.sql);
}

/* But for the row that has OLD's key, which has come again. */
static void
add_part(struct str *q, const struct plan *p)
{
	size_t i;

	add_insert(q, p);
	str_addf(q, " FROM %s n FORCE INDEX (PRIMARY) JOIN %s o ON ",
	    p->names.rejects.sql, p->names.old.sql);
	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%so.%s = n.key_%zu", i > 0 ? " AND " : "",
		    p->id[i]->from->name.sql, i);
	str_addz(q, " WHERE n.seq = livealter_part AND NOT (");
	add_key(q, p, "OLD");
	str_addz(q, ")" LOCKING);
}

/*
 * Note by note, by its number, so that no gap is locked in which others note
 * theirs.  What cannot be put there stays noted.
 */
void
split_parts(struct str *q, const struct plan *p, const char *indent)
{
	if (!split_possible(p))
		return;
	str_addf(q, "%sSET livealter_part = 0;\n", indent);
	add_next(q, p, indent);
	str_addf(q, "%sWHILE livealter_part IS NOT NULL DO\n"
	    "%s  BEGIN\n"
	    "%s    DECLARE EXIT HANDLER FOR " PASSED_ON " RESIGNAL;\n"
	    "%s    DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLWARNING "
	    "BEGIN END;\n%s    ", indent, indent, indent, indent, indent);
	add_part(q, p);
	str_addf(q, "%s    ", indent);
	verb_add(q, p, "DELETE");
	str_addf(q, " FROM %s WHERE seq = livealter_part;\n"
	    "%s  END;\n%s  ", p->names.rejects.sql, indent, indent);
	add_next(q, p, "");
	str_addf(q, "%sEND WHILE;\n", indent);
}
