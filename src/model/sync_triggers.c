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
 * In a revert, from the new table into the old one, every row is there
 * and there is no copy.  So a row is deleted, and moved, just by its key; and
 * what the new table does not have of it stays as it is.
 */
#include "model/sync_triggers.h"

#include <string.h>

#include "base/util.h"
#include "model/apart.h"
#include "model/convert.h"
#include "model/encode.h"
#include "model/journal.h"
#include "model/pair.h"
#include "model/phantom.h"
#include "model/quoting.h"
#include "model/split.h"
#include "model/sql.h"
#include "model/value.h"
#include "model/verb.h"
#include "server/session.h"

/*
 * Said with a LIMIT: under a SET STATEMENT, MariaDB's SELECT INTO obeys the
 * writer's sql_select_limit, and gives no row where that is 0.
 */
#define INTO_ONE " LIMIT 1 INTO "

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

/* INSERT the row; what follows says what to do when there is one. */
static void
add_insert(struct str *q, const struct plan *p, const char *row)
{
	value_insert_into(q, p);
	str_addz(q, " VALUES (");
	value_list(q, p, row);
	str_addz(q, ")");
}

/*
 * Assign each value as it is, because an expression around it would turn a
 * TIMESTAMP into local time.
 */
static void
add_values(struct str *q, const struct plan *p, const char *before)
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		if (p->pair[i].from == NULL || p->pair[i].forth != NULL)
			continue;
		str_addf(q, "%s%s = ", before, p->pair[i].to->name.sql);
		value_render(q, p, &p->pair[i], "NEW");
		before = ", ";
	}
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
	const char *id = p->id[0]->to->name.sql, *own = pair_assignable(p);

	str_addf(q, "%s = IF(", own);
	if (is_new)
		str_addf(q, "%s.%s IS NULL", shadow, id);
	else
		add_match(q, p, "NEW");
	str_addf(q, " OR (SELECT 1 UNION ALL SELECT 2), %s.%s, %s.%s)",
	    shadow, own, shadow, own);
}

static void
add_delete(struct str *q, const struct plan *p, const char *row,
    const char *indent)
{
	str_addz(q, indent);
	verb_add(q, p, "DELETE");
	str_addf(q, " FROM %s WHERE ", p->names.shadow.sql);
	add_match(q, p, row);
	str_addz(q, ";\n");
}

/* The row is there; what the other table does not have of it stays. */
static void
add_change(struct str *q, const struct plan *p, const char *indent)
{
	str_addz(q, indent);
	verb_add(q, p, "UPDATE");
	str_addf(q, " %s SET ", p->names.shadow.sql);
	add_values(q, p, "");
	str_addz(q, " WHERE ");
	add_match(q, p, "NEW");
	str_addz(q, ";\n");
}

/* Make the row in the shadow what it is in the old table now. */
static void
add_put(struct str *q, const struct plan *p, bool is_new, const char *indent)
{
	if (p->overlaps && !is_new && p->complete) {
		add_change(q, p, indent);
		return;
	}
	if (p->overlaps && !is_new)
		add_delete(q, p, "NEW", indent);
	str_addz(q, indent);
	add_insert(q, p, "NEW");
	if (!p->overlaps) {
		str_addz(q, " ON DUPLICATE KEY UPDATE ");
		add_guard(q, p, is_new);
		if (!is_new)
			add_values(q, p, ", ");
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
		verb_add(q, p, "UPDATE");
		str_addf(q, " %s SET %s = ", p->names.shadow.sql,
		    pr->to->name.sql);
		value_render(q, p, pr, "NEW");
		str_addz(q, " WHERE ");
		add_match(q, p, "NEW");
		str_addf(q, pr->from->kind == KIND_TEXT ?
		    " AND NOT (CAST(OLD.%s AS BINARY) <=> "
		    "CAST(NEW.%s AS BINARY));\n" :
		    " AND NOT (OLD.%s <=> NEW.%s);\n", pr->from->name.sql,
		    pr->from->name.sql);
	}
}

/* Give the row its new key, where it is; one that is computed comes with the
 * columns it is computed of. */
static void
add_move(struct str *q, const struct plan *p, const char *indent)
{
	size_t i;

	str_addz(q, indent);
	verb_add(q, p, "UPDATE");
	str_addf(q, " %s SET ", p->names.shadow.sql);
	if (p->computes_id)
		add_values(q, p, "");
	for (i = 0; i < p->n_id && !p->computes_id; i++) {
		str_addf(q, "%s%s = ", i > 0 ? ", " : "",
		    p->id[i]->to->name.sql);
		value_render(q, p, p->id[i], "NEW");
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
	const char *own = pair_assignable(p);

	if (!p->overlaps) {
		str_addf(q, "%sBEGIN\n"
		    "%s  DECLARE EXIT HANDLER FOR " PASSED_ON " RESIGNAL;\n"
		    "%s  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION, "
		    "SQLWARNING BEGIN END;\n%s  ", indent, indent, indent,
		    indent);
		add_insert(q, p, "OLD");
		str_addf(q, " ON DUPLICATE KEY UPDATE %s = %s.%s;\n%sEND;\n",
		    own, p->names.shadow.table.sql, own, indent);
	}
	add_delete(q, p, "OLD", indent);
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

#define DIAGNOSE \
	"GET DIAGNOSTICS CONDITION 1 livealter_errno = MYSQL_ERRNO, " \
	"livealter_text = MESSAGE_TEXT;\n"

/*
 * The guard's error says nothing of the key in which another row has the same
 * value; a plain statement that fails for the same reason names it.
 */
static void
add_reason(struct str *q, const struct plan *p, enum trigger_event ev)
{
	if (ev == ON_DELETE || p->overlaps || journal_is_kept(p))
		return;
	str_addz(q, "    IF livealter_errno = 1242 THEN\n"
	    "      BEGIN\n"
	    "        DECLARE EXIT HANDLER FOR " PASSED_ON " RESIGNAL;\n"
	    "        DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLWARNING "
	    DIAGNOSE);
	if (ev == ON_UPDATE)
		add_change(q, p, "        ");
	str_addz(q, "        ");
	add_insert(q, p, "NEW");
	str_addz(q, ";\n      END;\n    END IF;\n");
}

/*
 * Our triggers run with the rights of whoever has made them.  A view in the
 * place of one of our tables could call functions with them; but for a hint
 * the server refuses it (1176) before it evaluates any of it.  An INSERT takes
 * no hint, hence this, which reads nothing.  The tables of a statement, with
 * those of its triggers, stay what they are until it ends.
 */
static void
keep_out_views(struct str *q, const struct qname *table, const char *index,
    const char *indent)
{
	str_addf(q, "%sDO (SELECT 1 FROM %s FORCE INDEX (%s) LIMIT 0);\n",
	    indent, table->sql, index);
}

/*
 * A note that cannot be written (no room on the disk, a privilege that was
 * taken away, no table) is no error of the application's either; the lock tells
 * the run, and when its session has gone, so does the counter of KILLs
 * (story/unnoted.h); no session has the number 0.  On MariaDB "no table" is
 * also what a statement meets that began before the triggers
 * (steps/in_flight.h), and that is put right.  So is what by_key.h cannot note
 * under LOCK TABLES (1442).
 */
static void
add_note(struct str *q, const struct plan *p, enum trigger_event ev)
{
	static const char *const what[] = { "delete", "update", "insert" };

	str_addz(q, "    BEGIN\n"
	    "      DECLARE EXIT HANDLER FOR " PASSED_ON " RESIGNAL;\n"
	    "      DECLARE CONTINUE HANDLER FOR SQLWARNING BEGIN END;\n"
	    "      DECLARE EXIT HANDLER FOR SQLEXCEPTION\n"
	    "      BEGIN\n"
	    "        DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;\n");
	str_addf(q, "        DO GET_LOCK('" NAMES_LOST "', 0);\n"
	    "        KILL QUERY 0;\n"
	    "      END;\n", names_lost(&p->names.old));
	if (p->server->mariadb)
		str_addf(q, "      DECLARE EXIT HANDLER FOR 1100, 1146%s BEGIN "
		    "END;\n", p->by_key ? ", 1442" : "");
	keep_out_views(q, &p->names.rejects, "PRIMARY", "      ");
	str_addz(q, "      ");
	verb_add(q, p, "INSERT");
	str_addf(q, " IGNORE INTO %s (what, errno, row_key, message",
	    p->names.rejects.sql);
	split_columns(q, p);
	str_addf(q, ") VALUES ('%s', livealter_errno, ", what[ev]);
	add_key_text(q, p, ev == ON_DELETE ? "OLD" : "NEW");
	str_addz(q, ", LEFT(livealter_text, 500)");
	split_values(q, p, ev);
	str_addz(q, ");\n    END;\n");
}

/*
 * What a trigger does when the shadow cannot take the row.  GET DIAGNOSTICS
 * must be the handler's first statement: on MySQL any other clears what it
 * would read.  SQLWARNING is there because some errors (1265) are of its
 * class, also when the strict mode makes errors of them.
 *
 * So are notes, such as that of a DATETIME which becomes a DATE, though nothing
 * is wrong then and the row is written.  MariaDB is told to make none (see
 * verb_add()).  MySQL cannot be, but tells an error by a ROW_COUNT of -1; what
 * may be noted is the body's last statement.
 */
static void
add_handlers(struct str *q, const struct plan *p, enum trigger_event ev)
{
	bool asks = !p->server->mariadb && !p->complete;

	str_addf(q, "  DECLARE livealter_errno INT;\n"
	    "  DECLARE livealter_text TEXT;\n%s"
	    "  DECLARE EXIT HANDLER FOR " PASSED_ON " RESIGNAL;\n"
	    "  DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLWARNING\n"
	    "  BEGIN\n%s"
	    "    " DIAGNOSE,
	    asks ? "  DECLARE livealter_rows BIGINT;\n" : "",
	    asks ? "    GET DIAGNOSTICS livealter_rows = ROW_COUNT;\n" : "");
	str_addz(q, asks ? "    IF livealter_rows < 0 THEN\n" : "");
	add_reason(q, p, ev);
	add_note(q, p, ev);
	str_addz(q, asks ? "    END IF;\n  END;\n" : "  END;\n");
}

/* Has the row really become NEW? */
static void
add_look(struct str *q, const struct plan *p)
{
	str_addz(q, "  IF ");
	phantom_suspect(q, p);
	str_addz(q, " THEN\n    ");
	verb_add(q, p, "SELECT");
	phantom_look(q, p);
	str_addz(q, " LIMIT 1 LOCK IN SHARE MODE INTO livealter_phantom;\n"
	    "  END IF;\n");
}

static void
add_if_moved(struct str *q, const struct plan *p)
{
	const char *doubt = phantom_possible(p) ?
	    "NOT livealter_phantom AND " : "";

	if (p->zone == NULL) {
		str_addf(q, "  IF %sNOT (", doubt);
		add_unchanged(q, p);
		str_addz(q, ") THEN\n");
		return;
	}
	/* An IF has no clock of its own. */
	str_addz(q, "  ");
	verb_add(q, p, "SELECT");
	str_addz(q, " ");
	add_unchanged(q, p);
	str_addf(q, INTO_ONE "livealter_kept;\n"
	    "  IF %sNOT livealter_kept THEN\n",
	    doubt);
}

static void
add_update(struct str *q, const struct plan *p)
{
	if (phantom_possible(p))
		add_look(q, p);
	add_if_moved(q, p);
	if (p->complete) {
		add_move(q, p, "    ");
		add_put(q, p, false, "    ");
		add_lesser(q, p, "    ");
	} else {
		add_take(q, p, "    ");
		add_put(q, p, true, "    ");
	}
	split_again(q, p, ON_UPDATE, "    ");
	str_addz(q, phantom_possible(p) ?
	    "  ELSEIF NOT livealter_phantom THEN\n" : "  ELSE\n");
	add_put(q, p, false, "    ");
	add_lesser(q, p, "    ");
	str_addz(q, "  END IF;\n");
	split_parts(q, p, "  ");
}

static void
add_on_delete(struct str *q, const struct plan *p)
{
	apart_delete(q, p, "  ");
	if (p->complete)
		add_delete(q, p, "OLD", "  ");
	else
		add_take(q, p, "  ");
	split_again(q, p, ON_DELETE, "  ");
	split_parts(q, p, "  ");
}

static void
add_body(struct str *q, const struct plan *p, enum trigger_event ev)
{
	if (journal_is_kept(p)) {
		journal_body(q, p, ev);
		return;
	}
	switch (ev) {
	case ON_DELETE:
		add_on_delete(q, p);
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

/*
 * InnoDB asks for innodb_snapshot_isolation when a statement begins to use a
 * table, and goes by the answer until the next does.  So after ours the rest
 * of the application's statement, its next rows, would go on without; but for
 * this one, which begins by the application's own setting, and reads nothing.
 */
static void
add_restored(struct str *q, const struct plan *p)
{
	if (!p->server->snapshot_isolation)
		return;
	str_addf(q, "  BEGIN\n"
	    "    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;\n"
	    "    DO (SELECT 1 FROM %s WHERE FALSE);\n"
	    "  END;\n", p->names.rejects.sql);
}

static char *
body(const struct plan *p, enum trigger_event ev)
{
	bool nested = p->server->snapshot_isolation;
	bool compares = ev == ON_UPDATE && !journal_is_kept(p);
	struct str q = STR_INIT;

	str_addz(&q, nested ? "BEGIN\n  BEGIN\n" : "BEGIN\n");
	if (compares && p->zone != NULL)
		str_addz(&q, "  DECLARE livealter_kept BOOLEAN;\n");
	if (compares && phantom_possible(p))
		str_addz(&q, "  DECLARE livealter_phantom BOOLEAN DEFAULT "
		    "FALSE;\n");
	if (ev != ON_INSERT)
		split_declare(&q, p);
	add_handlers(&q, p, ev);
	if (journal_is_kept(p) || (split_possible(p) && ev != ON_INSERT))
		keep_out_views(&q, &p->names.rejects, "PRIMARY", "  ");
	if (!journal_is_kept(p))
		keep_out_views(&q, &p->names.shadow, p->id_index.sql, "  ");
	add_body(&q, p, ev);
	str_addz(&q, nested ? "  END;\n" : "");
	add_restored(&q, p);
	str_addz(&q, "END");
	return str_take(&q);
}

void
sync_triggers_rejects(struct str *q, const struct names *n)
{
	struct str comment = STR_INIT;

	names_comment(&comment, n);
	str_addf(q, "CREATE TABLE %s (what VARCHAR(6) NOT NULL, "
	    "errno INT NOT NULL, row_key VARCHAR(200) NOT NULL, "
	    "message VARCHAR(500), PRIMARY KEY (what, errno, row_key)) "
	    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT=",
	    n->rejects.sql);
	encode_text(q, comment.s);
	str_free(&comment);
}

bool
sync_triggers_alter_rejects(struct str *q, const struct plan *p)
{
	if (journal_is_kept(p))
		journal_alter(q, p);
	else
		split_alter(q, p);
	return q->len > 0;
}

/*
 * A row that is to be noted after it was written is noted before the user's
 * triggers may raise an error: it stays then.
 */
static const char *
comes_before(const struct plan *p, enum trigger_event ev)
{
	const struct user_trigger *t = p->dependents->trigger;
	size_t i;

	for (i = 0; p->by_key && ev == ON_INSERT &&
	    i < p->dependents->n_triggers; i++)
		if (same_text(t[i].timing, "AFTER") &&
		    same_text(t[i].event, "INSERT"))
			return t[i].name.sql;
	return NULL;
}

void
sync_triggers_render(struct plan *p)
{
	static const char *const event[] = { "DELETE", "UPDATE", "INSERT" };
	struct str q = STR_INIT;
	int ev;

	for (ev = 0; ev < N_TRIGGERS; ev++) {
		names_trigger(&p->trigger[ev].name, &p->names.old, ev,
		    p->complete);
		p->trigger[ev].timing = p->by_key && ev != ON_INSERT ?
		    "BEFORE" : "AFTER";
		p->trigger[ev].event = event[ev];
		p->trigger[ev].precedes = comes_before(p,
		    (enum trigger_event)ev);
		p->trigger[ev].definer = p->definer;
		p->trigger[ev].body = body(p, (enum trigger_event)ev);
	}
	if (!p->server->mariadb)
		quoting_triggers(p);
	sync_triggers_rejects(&q, &p->names);
	p->create_rejects = str_take(&q);
}

void
sync_triggers_session(struct str *q, const struct plan *p)
{
	str_addf(q, "SET SESSION sql_mode='STRICT_ALL_TABLES,%s",
	    p->ansi_quotes ? "ANSI_QUOTES," : "");
	session_sql_mode(q, p->session);
	str_addz(q, "'");
}
