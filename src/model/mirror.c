/*
 * The triggers.
 *
 * They touch only the row with the same key, and they do it so that no gap
 * is locked.  An UPDATE or DELETE that finds no row locks the gap where it
 * would be (REPEATABLE READ, the application's usual level): two writers who
 * meet there deadlock, and the copy waits for both.  A row that is not yet
 * copied is just that case.  INSERT ... ON DUPLICATE KEY UPDATE locks only
 * the record, found or made, on both servers; so rows are written by it, and
 * a row to be deleted is first made sure to be there.
 *
 * ON DUPLICATE KEY UPDATE would also "update" another row that has the same
 * value in another unique key.  The first assignment guards against that: if
 * the row it found is not the one with our key, it raises an error.
 *
 * Errors that the application has nothing to do with are caught and noted in
 * a table, in the application's transaction: when it rolls back, the note
 * goes as well, and rightly.  Lock waits and deadlocks are passed on: the
 * server may already have rolled the transaction back.
 *
 * On the way back, from the new table into the old one, every row is there
 * and there is no copy.  So a row is deleted, and moved, just by its key; and
 * what the new table does not have of it stays as it is.
 */
#include "model/mirror.h"

#include <string.h>

#include "base/util.h"
#include "model/clock.h"
#include "model/convert.h"
#include "model/sql.h"
#include "server/session.h"

/* `shadow`.`k` = NEW.`k` AND ... */
static void
add_match(struct str *q, const struct plan *p, const char *row)
{
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%s%s.%s = ", i > 0 ? " AND " : "",
		    p->names.shadow.table.sql, p->id[i]->to->name.sql);
		sql_key(q, p, p->id[i], row);
	}
}

static void
add_insert(struct str *q, const struct plan *p, const char *row)
{
	size_t i;

	clock_verb(q, p, "INSERT");
	str_addf(q, " INTO %s (", p->names.shadow.sql);
	for (i = 0; i < p->n_pairs; i++)
		str_addf(q, "%s%s", i > 0 ? ", " : "",
		    p->pair[i].to->name.sql);
	str_addz(q, ") VALUES (");
	for (i = 0; i < p->n_pairs; i++) {
		if (i > 0)
			str_addz(q, ", ");
		sql_value(q, p, &p->pair[i], row);
	}
	str_addz(q, ") ON DUPLICATE KEY UPDATE ");
}

/*
 * The guard: it assigns a column of the key to itself, unless that is not to
 * be.  It is not when the row found is not the one with our key; and never
 * where the key is new to the old table, for then it cannot be in the shadow:
 * the copy does not pass the lock that the statement holds.  What is found
 * there is another row, even where the new table takes the keys for equal.
 */
static void
add_guard(struct str *q, const struct plan *p, bool is_new)
{
	const char *shadow = p->names.shadow.table.sql;
	const char *id = p->id[0]->to->name.sql;

	str_addf(q, "%s = IF(", id);
	if (is_new)
		str_addf(q, "%s.%s IS NULL", shadow, id);
	else
		add_match(q, p, "NEW");
	str_addf(q, " OR (SELECT 1 UNION ALL SELECT 2), %s.%s, %s.%s)",
	    shadow, id, shadow, id);
}

/*
 * Make the row in the shadow what it is in the old table now.  Each value is
 * assigned as it is, because an expression around it would turn a TIMESTAMP
 * into local time.
 */
static void
add_put(struct str *q, const struct plan *p, bool is_new, const char *indent)
{
	size_t i;

	str_addz(q, indent);
	add_insert(q, p, "NEW");
	add_guard(q, p, is_new);
	for (i = 0; i < p->n_pairs && !is_new; i++) {
		if (p->pair[i].from == NULL || p->pair[i].forth != NULL)
			continue;
		str_addf(q, ", %s = ", p->pair[i].to->name.sql);
		sql_value(q, p, &p->pair[i], "NEW");
	}
	str_addz(q, ";\n");
}

/*
 * A value that the new table holds only in part goes back when it changes: the
 * old one has more of it.
 */
static void
add_lesser(struct str *q, const struct plan *p, const char *indent)
{
	const struct pair *pr;
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->forth == NULL)
			continue;
		str_addz(q, indent);
		clock_verb(q, p, "UPDATE");
		str_addf(q, " %s SET %s = ", p->names.shadow.sql,
		    pr->to->name.sql);
		sql_value(q, p, pr, "NEW");
		str_addz(q, " WHERE ");
		add_match(q, p, "NEW");
		str_addf(q, pr->from->kind == KIND_TEXT ?
		    " AND NOT (CAST(OLD.%s AS BINARY) <=> "
		    "CAST(NEW.%s AS BINARY));\n" :
		    " AND NOT (OLD.%s <=> NEW.%s);\n", pr->from->name.sql,
		    pr->from->name.sql);
	}
}

static void
add_delete(struct str *q, const struct plan *p, const char *indent)
{
	str_addz(q, indent);
	clock_verb(q, p, "DELETE");
	str_addf(q, " FROM %s WHERE ", p->names.shadow.sql);
	add_match(q, p, "OLD");
	str_addz(q, ";\n");
}

/* Give the row its new key, where it is. */
static void
add_move(struct str *q, const struct plan *p, const char *indent)
{
	size_t i;

	str_addz(q, indent);
	clock_verb(q, p, "UPDATE");
	str_addf(q, " %s SET ", p->names.shadow.sql);
	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%s%s = ", i > 0 ? ", " : "",
		    p->id[i]->to->name.sql);
		sql_value(q, p, p->id[i], "NEW");
	}
	str_addz(q, " WHERE ");
	add_match(q, p, "OLD");
	str_addz(q, ";\n");
}

/*
 * Take the row out of the shadow: put it there if it is not (what is wrong
 * with that row does not matter any more), and delete it.
 */
static void
add_take(struct str *q, const struct plan *p, const char *indent)
{
	const char *id = p->id[0]->to->name.sql;

	str_addf(q, "%sBEGIN\n"
	    "%s  DECLARE EXIT HANDLER FOR 1205, 1213 RESIGNAL;\n"
	    "%s  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION, SQLWARNING "
	    "BEGIN END;\n%s  ", indent, indent, indent, indent);
	add_insert(q, p, "OLD");
	str_addf(q, "%s = %s.%s;\n%sEND;\n", id, p->names.shadow.table.sql,
	    id, indent);
	add_delete(q, p, indent);
}

/* Does the row keep its key, in the old table's eyes and in the new one's? */
static void
add_unchanged(struct str *q, const struct plan *p)
{
	const struct pair *pr;
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		pr = p->id[i];
		str_addf(q, "%sOLD.%s = NEW.%s", i > 0 ? " AND " : "",
		    pr->from->name.sql, pr->from->name.sql);
		if (convert_distinct(pr->from, pr->to))
			continue;
		str_addz(q, " AND ");
		sql_key(q, p, pr, "OLD");
		str_addz(q, " = ");
		sql_key(q, p, pr, "NEW");
	}
}

/*
 * MariaDB: where a statement changes nothing, NEW has the time of the
 * statement in a column with ON UPDATE, but the row keeps the one it had.
 * So look at the row; no expression must be put around a TIMESTAMP.
 */
static void
add_else(struct str *q, const struct plan *p)
{
	const struct column *c;
	struct str same = STR_INIT, kept = STR_INIT;
	size_t i;

	for (i = 0; i < p->old->n_columns && p->server->mariadb; i++) {
		c = &p->old->column[i];
		if (strstr(c->extra, "on update") == NULL)
			continue;
		str_addf(&same, "%sNEW.%s <=> OLD.%s",
		    same.len > 0 ? " AND " : "", c->name.sql, c->name.sql);
		/* Not by <=>, which in a subquery takes two equal TIMESTAMPs
		 * with a fraction for different ones. */
		str_addf(&kept, " AND (o.%s = OLD.%s OR (o.%s IS NULL AND "
		    "OLD.%s IS NULL))", c->name.sql, c->name.sql,
		    c->name.sql, c->name.sql);
	}
	if (same.len == 0) {
		str_addz(q, "  ELSE\n");
	} else {
		str_addf(q, "  ELSEIF (%s) OR NOT EXISTS (SELECT 1 FROM %s o "
		    "WHERE ", same.s, p->names.old.sql);
		for (i = 0; i < p->n_id; i++)
			str_addf(q, "%so.%s = NEW.%s", i > 0 ? " AND " : "",
			    p->id[i]->from->name.sql,
			    p->id[i]->from->name.sql);
		str_addf(q, "%s) THEN\n", kept.s);
	}
	str_free(&same);
	str_free(&kept);
}

/* The key for people, in the note. */
static void
add_key_text(struct str *q, const struct plan *p, const char *row)
{
	size_t i;

	str_addz(q, "LEFT(CONCAT_WS(', '");
	for (i = 0; i < p->n_id; i++) {
		str_addz(q, ", ");
		convert_text(q, p->id[i]->from, row);
	}
	str_addz(q, "), 200)");
}

/*
 * What a trigger does when the shadow cannot take the row.  GET DIAGNOSTICS
 * must be the handler's first statement: on MySQL any other clears what it
 * would read.  SQLWARNING is there because some errors (1265) are of its
 * class, also when the strict mode makes errors of them.
 */
static void
add_handlers(struct str *q, const struct plan *p, const char *what,
    const char *row)
{
	str_addz(q, "  DECLARE livealter_errno INT;\n"
	    "  DECLARE livealter_text TEXT;\n"
	    "  DECLARE EXIT HANDLER FOR 1205, 1213 RESIGNAL;\n"
	    "  DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLWARNING\n"
	    "  BEGIN\n"
	    "    GET DIAGNOSTICS CONDITION 1 livealter_errno = MYSQL_ERRNO, "
	    "livealter_text = MESSAGE_TEXT;\n");
	str_addf(q, "    BEGIN\n"
	    "      DECLARE CONTINUE HANDLER FOR SQLEXCEPTION, SQLWARNING "
	    "BEGIN END;\n"
	    "      INSERT IGNORE INTO %s (what, errno, row_key, message) "
	    "VALUES ('%s', livealter_errno, ", p->names.notes.sql, what);
	add_key_text(q, p, row);
	str_addz(q, ", LEFT(livealter_text, 500));\n    END;\n  END;\n");
}

static void
add_if_moved(struct str *q, const struct plan *p)
{
	if (p->zone == NULL) {
		str_addz(q, "  IF NOT (");
		add_unchanged(q, p);
		str_addz(q, ") THEN\n");
		return;
	}
	/* An IF has no clock of its own. */
	str_addz(q, "  ");
	clock_verb(q, p, "SELECT");
	str_addz(q, " ");
	add_unchanged(q, p);
	str_addz(q, " INTO livealter_kept;\n  IF NOT livealter_kept THEN\n");
}

static void
add_update(struct str *q, const struct plan *p)
{
	add_if_moved(q, p);
	if (p->complete) {
		add_move(q, p, "    ");
		add_put(q, p, false, "    ");
		add_lesser(q, p, "    ");
	} else {
		add_take(q, p, "    ");
		add_put(q, p, true, "    ");
	}
	add_else(q, p);
	add_put(q, p, false, "    ");
	add_lesser(q, p, "    ");
	str_addz(q, "  END IF;\n");
}

static void
add_body(struct str *q, const struct plan *p, enum trigger_event ev)
{
	switch (ev) {
	case ON_DELETE:
		if (p->complete)
			add_delete(q, p, "  ");
		else
			add_take(q, p, "  ");
		break;
	case ON_UPDATE:
		add_update(q, p);
		break;
	case ON_INSERT:
		add_put(q, p, true, "  ");
		break;
	case N_TRIGGERS:
		break;
	}
}

static char *
body(const struct plan *p, enum trigger_event ev)
{
	static const char *const what[] = { "delete", "update", "insert" };
	struct str q = STR_INIT;

	str_addz(&q, "BEGIN\n");
	if (ev == ON_UPDATE && p->zone != NULL)
		str_addz(&q, "  DECLARE livealter_kept BOOLEAN;\n");
	add_handlers(&q, p, what[ev], ev == ON_DELETE ? "OLD" : "NEW");
	add_body(&q, p, ev);
	str_addz(&q, "END");
	return str_take(&q);
}

void
mirror_render(struct plan *p)
{
	static const char *const event[] = { "DELETE", "UPDATE", "INSERT" };
	static const char *const suffix[] = { "_del", "_upd", "_ins" };
	/* No table's forward triggers are called so. */
	static const char *const back[] = { "_rdel", "_rupd", "_rins" };
	struct str q = STR_INIT;
	struct ident name;
	int ev;

	for (ev = 0; ev < N_TRIGGERS; ev++) {
		ident_derive(&name, "livealter_", p->names.old.table.raw,
		    p->complete ? back[ev] : suffix[ev]);
		qname_beside(&p->trigger[ev].name, &p->names.old, &name);
		p->trigger[ev].event = event[ev];
		p->trigger[ev].body = body(p, (enum trigger_event)ev);
	}
	str_addf(&q, "CREATE TABLE %s (what VARCHAR(6) NOT NULL, "
	    "errno INT NOT NULL, row_key VARCHAR(200) NOT NULL, "
	    "message VARCHAR(500), PRIMARY KEY (what, errno, row_key)) "
	    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin "
	    "COMMENT='livealter: what the %s table could not hold'",
	    p->names.notes.sql, p->complete ? "old" : "new");
	p->create_notes = str_take(&q);
}

void
mirror_session(struct str *q, const struct plan *p)
{
	str_addz(q, "SET SESSION sql_mode='STRICT_ALL_TABLES,");
	session_sql_mode(q, p->session);
	str_addz(q, "'");
}

void
mirror_create(struct str *q, const struct trigger *t,
    const struct qname *table)
{
	str_addf(q, "CREATE TRIGGER %s AFTER %s ON %s FOR EACH ROW %s",
	    t->name.sql, t->event, table->sql, t->body);
}

void
mirror_probe(struct str *q, const struct trigger *t,
    const struct qname *table)
{
	str_addf(q, "CREATE TRIGGER %s AFTER %s ON %s FOR EACH ROW BEGIN END",
	    t->name.sql, t->event, table->sql);
}
