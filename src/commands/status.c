#include "commands/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/json.h"
#include "base/print.h"
#include "base/progress.h"
#include "base/text_list.h"
#include "base/util.h"
#include "cli/command.h"
#include "commands/waiting.h"
#include "model/registry_row.h"
#include "server/db.h"
#include "server/rows.h"
#include "server/server.h"
#include "steps/advisory_lock.h"
#include "steps/heartbeat.h"
#include "steps/privileges.h"
#include "steps/registry.h"
#include "steps/registry_swapped.h"
#include "story/connect.h"
#include "story/settling.h"

/* What can be done about a migration. */
enum life {
	ALIVE,
	RESUMABLE,		/* died; can go on */
	UNFINISHED,		/* died before the copy: only to be removed */
	SWAPPED,		/* died after the swap, or when it was ended:
				   its end is missing */
	REVERTIBLE,		/* done, and kept in step to go back */
};

static const char *const life_word[] = {
	[ALIVE] = "running",
	[RESUMABLE] = "resumable",
	[UNFINISHED] = "unfinished",
	[SWAPPED] = "swapped",
	[REVERTIBLE] = "revertible",
};

struct migration_seen {
	struct registry_row r;
	struct qname table;
	enum life life;
	char *connection;	/* that holds the lock, or NULL */
	struct str owed;	/* statements that a cut-over still owes, a list
				   of text_list_add() */
	struct err unseen;	/* why they are not known */
};

/* What belongs to no migration. */
struct leftover {
	const char *what;	/* "trigger" or "table" */
	char *name, *of;	/* of: a trigger's table */
	struct str sql;		/* that removes it */
};

struct view {
	const struct config *cfg;
	struct db *db;
	struct server server;
	struct migration_seen *seen;
	size_t n_seen;
	struct leftover *left;
	size_t n_left;
};

/* --- looking --------------------------------------------------------------*/

static int
judge(struct view *v, struct migration_seen *m, struct err *e)
{
	enum migration_state state = registry_row_state(&m->r);
	int yes;

	if (qname_set(&m->table, v->cfg->database, m->r.field[REGISTRY_TABLE],
	    e) != 0 || advisory_lock_holder(v->db, &m->table,
	    &m->connection, e) != 0)
		return -1;
	yes = m->connection != NULL ? 1 :
	    heartbeat_beats(v->db, &m->table, &m->r, e);
	if (yes != 0) {
		m->life = ALIVE;
		return yes < 0 ? -1 : 0;
	}
	yes = registry_swapped(v->db, &m->table, &m->r, e);
	if (yes < 0)
		return -1;
	m->life = yes || state == STATE_ENDING ? SWAPPED :
	    registry_row_is_done(&m->r) ? REVERTIBLE :
	    registry_row_is_resumable(&m->r) ? RESUMABLE : UNFINISHED;
	/* What is not known for want of a privilege is no error of this. */
	if (m->r.field[REGISTRY_CUT_OVER][0] != '\0' &&
	    settling_owed(&m->owed, v->db, &m->table, &m->r, &m->unseen) != 0 &&
	    m->unseen.kind == ERR_LOST) {
		*e = m->unseen;
		return -1;
	}
	return 0;
}

static int
look_at_migrations(struct view *v, struct err *e)
{
	struct registry_row *r = NULL, none;
	struct qname table;
	int rc;

	if (v->cfg->table == NULL) {
		if (qname_set(&table, v->cfg->database, "_", e) != 0)
			return -1;
		rc = registry_list(&r, &v->n_seen, v->db, &table.db, e);
	} else {
		r = xcalloc(1, sizeof(*r));
		rc = qname_set(&table, v->cfg->database, v->cfg->table, e);
		if (rc == 0)
			rc = registry_find(r, v->db, &table, e);
		v->n_seen = rc == 1;
	}
	memset(&none, 0, sizeof(none));
	v->seen = xcalloc(v->n_seen, sizeof(*v->seen));
	for (size_t i = 0; rc >= 0 && i < v->n_seen; i++) {
		v->seen[i].r = r[i];
		v->seen[i].owed = (struct str)STR_INIT;
		r[i] = none;
		rc = judge(v, &v->seen[i], e);
	}
	free(r);
	return rc < 0 ? -1 : 0;
}

static bool
is_trigger_of(const struct qname *table, const char *name)
{
	struct qname q;
	int i;

	for (i = 0; i < 2 * NAMES_TRIGGERS; i++) {
		names_trigger(&q, table, i / 2, i % 2);
		if (strcmp(q.table.raw, name) == 0)
			return true;
	}
	return false;
}

/* Does it belong to one of the migrations? */
static bool
is_known(const struct view *v, const char *name)
{
	const struct migration_seen *m;
	bool found = false;
	size_t i;

	for (i = 0; i < v->n_seen && !found; i++) {
		m = &v->seen[i];
		found = strcmp(name, m->r.field[REGISTRY_SHADOW]) == 0 ||
		    strcmp(name, m->r.field[REGISTRY_ATTIC]) == 0 ||
		    strcmp(name, m->r.field[REGISTRY_REJECTS]) == 0 ||
		    strcmp(name, m->r.field[REGISTRY_BACK_REJECTS]) == 0 ||
		    is_trigger_of(&m->table, name);
	}
	return found;
}

/* With t= in the DSN, only what can be of that table. */
static bool
concerns(const struct view *v, const char *name, const char *of)
{
	struct names n;
	struct err ignored;

	if (v->cfg->table == NULL)
		return true;
	if (qname_set(&n.old, v->cfg->database, v->cfg->table, &ignored) != 0)
		return false;
	names_derive(&n);
	/* A trigger goes with its table when that is renamed. */
	if (of != NULL)
		return strcmp(of, v->cfg->table) == 0 ||
		    strcmp(of, n.attic.table.raw) == 0;
	/* More underscores: the name was taken. */
	while (name[0] == '_' && name[1] == '_')
		name++;
	return strcmp(name, n.shadow.table.raw) == 0 ||
	    strcmp(name, n.attic.table.raw) == 0 ||
	    strcmp(name, n.back_rejects.table.raw) == 0 ||
	    strcmp(name, n.rejects.table.raw) == 0;
}

static int
add_leftovers(struct view *v, const struct rows *r, struct err *e)
{
	struct leftover *l;
	struct qname name;
	size_t i;

	v->left = xrealloc(v->left, v->n_left + r->n, sizeof(*v->left));
	for (i = 0; i < r->n; i++) {
		if (is_known(v, r->cell[i][0]) ||
		    !concerns(v, r->cell[i][0], r->cell[i][1]))
			continue;
		if (qname_set(&name, v->cfg->database, r->cell[i][0], e) != 0)
			return -1;
		l = &v->left[v->n_left++];
		memset(l, 0, sizeof(*l));
		l->sql = (struct str)STR_INIT;
		l->what = r->cell[i][1] != NULL ? "trigger" : "table";
		l->name = xstrdup(r->cell[i][0]);
		l->of = xstrdup_null(r->cell[i][1]);
		str_addf(&l->sql, "DROP %s %s", l->of != NULL ? "TRIGGER" :
		    "TABLE", name.sql);
	}
	return 0;
}

/* Triggers first: what they write to must not go before them. */
static int
look_around(struct view *v, struct err *e)
{
	static const char *const ask[][2] = {
		{ "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM "
		    "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ",
		    " AND TRIGGER_NAME LIKE 'livealter\\_%' ORDER BY 1" },
		{ "SELECT TABLE_NAME, NULL FROM information_schema.TABLES "
		    "WHERE TABLE_SCHEMA = ",
		    " AND (TABLE_NAME LIKE '\\_%\\_new' OR "
		    "TABLE_NAME LIKE '\\_%\\_old' OR "
		    "TABLE_NAME LIKE '\\_%\\_back' OR "
		    "TABLE_NAME LIKE '\\_%\\_notes') ORDER BY 1" },
	};
	struct rows r = ROWS_INIT;
	struct str schema = STR_INIT;
	size_t i;
	int rc = 0;

	db_literal(&schema, v->db, v->cfg->database);
	for (i = 0; i < sizeof(ask) / sizeof(ask[0]) && rc == 0; i++) {
		rc = db_rows(v->db, &r, "v?", e, "%s%s%s", ask[i][0], schema.s,
		    ask[i][1]);
		if (rc == 0)
			rc = add_leftovers(v, &r, e);
		rows_free(&r);
	}
	str_free(&schema);
	return rc;
}

/* --- telling --------------------------------------------------------------*/

/* What to do about it, best first; NULL after the last. */
static const char *
remedy(enum life life, size_t i)
{
	static const char *const verb[][3] = {
		[ALIVE] = { NULL },
		[RESUMABLE] = { "resume", "cleanup", NULL },
		[UNFINISHED] = { "cleanup", NULL },
		[SWAPPED] = { "cleanup", NULL },
		[REVERTIBLE] = { "revert", "cleanup", NULL },
	};

	return verb[life][i];
}

static void
progress_of(struct progress *p, const struct migration_seen *m)
{
	memset(p, 0, sizeof(*p));
	p->verb = registry_row_state(&m->r) == STATE_PURGING ? "purged" :
	    "copied";
	p->done = strtoull(m->r.field[REGISTRY_ROWS], NULL, 10);
	p->total = strtoull(m->r.field[REGISTRY_ROWS_TOTAL], NULL, 10);
	p->before = strtoull(m->r.field[REGISTRY_RUN_ROWS], NULL, 10);
	if (p->before > p->done)
		p->before = p->done;
	/* Of a dead one: until its last heartbeat. */
	p->seconds = strtod(m->r.field[REGISTRY_RUN_AGE], NULL);
	if (m->life != ALIVE)
		p->seconds -= strtod(m->r.field[REGISTRY_SILENCE], NULL);
}

/* Swapped, and no session is there any more to prove it. */
static bool
is_unproven(const struct migration_seen *m)
{
	return m->life == SWAPPED && registry_row_is_unproven(&m->r);
}

static void
add_ago(struct str *out, const char *seconds)
{
	progress_clock(out, strtod(seconds, NULL));
	str_addz(out, " ago");
}

static void
print_progress(struct str *to, const struct migration_seen *m)
{
	struct str s = STR_INIT;
	struct progress p;

	add_ago(&s, m->r.field[REGISTRY_AGE]);
	print_line(to, "  began: %s", s.s);
	str_reset(&s);
	add_ago(&s, m->r.field[REGISTRY_SILENCE]);
	print_line(to, "  last heartbeat: %s", s.s);
	str_reset(&s);
	progress_of(&p, m);
	progress_line(&s, &p);
	print_line(to, "  rows: %s", s.s);
	str_free(&s);
}

static void
print_remedy(struct str *to, const struct view *v,
    const struct migration_seen *m, const char *verb)
{
	struct str s = STR_INIT;

	command_add(&s, v->cfg, verb, m->table.table.raw);
	print_line(to, "  to %s: %s", strcmp(verb, "cleanup") != 0 ?
	    verb : m->life == SWAPPED ? "complete it" :
	    m->life == REVERTIBLE ? "end that" : "remove it", s.s);
	str_free(&s);
}

static void
print_owed(struct str *to, const struct migration_seen *m)
{
	const char *list = m->owed.s;
	char *sql;

	while ((sql = text_list_next(&list)) != NULL) {
		print_line(to, "  the cut-over has left to do: %s;", sql);
		free(sql);
	}
	if (m->unseen.kind != ERR_NONE)
		print_line(to, "  what the cut-over has left to do cannot be "
		    "seen: %s", m->unseen.text);
}

static void
print_migration(struct str *to, const struct view *v,
    const struct migration_seen *m)
{
	const char *verb;
	size_t i;

	print_line(to, "%s: %s, %s", m->table.sql, life_word[m->life],
	    m->r.field[REGISTRY_STATE]);
	print_line(to, "  ALTER: %s", *m->r.field[REGISTRY_ALTER] != '\0' ?
	    m->r.field[REGISTRY_ALTER] : "none, a rebuild");
	print_line(to, "  by: livealter %s on %s%s%s",
	    m->r.field[REGISTRY_TOOL], m->r.field[REGISTRY_CLIENT],
	    m->connection != NULL ? ", connection " : "",
	    m->connection != NULL ? m->connection : "");
	print_line(to, "  server: %s", m->r.field[REGISTRY_SERVER]);
	print_progress(to, m);
	if (is_unproven(m))
		print_line(to, "  the swap is not proven: compare the two "
		    "tables before the old one is dropped");
	print_owed(to, m);
	waiting_print(to, &m->r, m->life == ALIVE);
	for (i = 0; (verb = remedy(m->life, i)) != NULL; i++)
		print_remedy(to, v, m, verb);
}

static void
print_text(struct str *to, const struct view *v)
{
	size_t i;

	for (i = 0; i < v->n_seen; i++)
		print_migration(to, v, &v->seen[i]);
	if (v->n_left > 0)
		print_line(to, "of no known migration; inspect them, and "
		    "remove what is not needed:");
	for (i = 0; i < v->n_left; i++)
		print_line(to, "  %s;", v->left[i].sql.s);
	if (v->n_seen == 0 && v->n_left == 0)
		print_line(to, "no migration is known, and nothing is left "
		    "over");
}

static void
add_member(struct str *out, const struct migration_seen *m, const char *name,
    enum registry_field f)
{
	str_addz(out, ", ");
	json_member(out, name, m->r.field[f]);
}

static void
add_number(struct str *out, const char *name, double value)
{
	str_addf(out, ", \"%s\": %.1f", name, value);
}

static void
add_commands(struct str *out, const struct view *v,
    const struct migration_seen *m)
{
	struct str command = STR_INIT;
	const char *verb;
	size_t i;

	str_addz(out, ", \"commands\": [");
	for (i = 0; (verb = remedy(m->life, i)) != NULL; i++) {
		str_reset(&command);
		command_add(&command, v->cfg, verb, m->table.table.raw);
		str_addz(out, i > 0 ? ", " : "");
		json_text(out, command.s);
	}
	str_addz(out, "]}");
	str_free(&command);
}

static void
add_owed(struct str *out, const struct migration_seen *m)
{
	const char *list = m->owed.s, *comma = "";
	char *sql;

	str_addz(out, ", \"owed\": ");
	if (m->unseen.kind != ERR_NONE) {
		str_addz(out, "null");
		return;
	}
	str_addz(out, "[");
	while ((sql = text_list_next(&list)) != NULL) {
		str_addz(out, comma);
		json_text(out, sql);
		free(sql);
		comma = ", ";
	}
	str_addz(out, "]");
}

static void
add_migration(struct str *out, const struct view *v,
    const struct migration_seen *m)
{
	struct progress p;
	double rate;

	progress_of(&p, m);
	rate = p.seconds > 0 ? (double)(p.done - p.before) / p.seconds : 0;
	str_addz(out, "{");
	json_member(out, "table", m->table.table.raw);
	str_addz(out, ", ");
	json_member(out, "life", life_word[m->life]);
	add_member(out, m, "id", REGISTRY_ID);
	add_member(out, m, "state", REGISTRY_STATE);
	add_member(out, m, "alter", REGISTRY_ALTER);
	add_member(out, m, "version", REGISTRY_TOOL);
	add_member(out, m, "server", REGISTRY_SERVER);
	add_member(out, m, "client", REGISTRY_CLIENT);
	str_addz(out, ", ");
	json_member(out, "connection", m->connection);
	add_member(out, m, "began", REGISTRY_BEGAN);
	add_member(out, m, "heartbeat", REGISTRY_HEARTBEAT);
	waiting_json(out, &m->r, m->life == ALIVE);
	add_number(out, "age", strtod(m->r.field[REGISTRY_AGE], NULL));
	add_number(out, "silence", strtod(m->r.field[REGISTRY_SILENCE], NULL));
	str_addf(out, ", \"swap_proven\": %s", m->life != SWAPPED ? "null" :
	    is_unproven(m) ? "false" : "true");
	add_owed(out, m);
	str_addf(out, ", \"rows\": %llu, \"rows_total\": %llu", p.done,
	    p.total);
	add_number(out, "rate", rate);
	if (rate > 0 && p.done < p.total)
		add_number(out, "eta", (double)(p.total - p.done) / rate);
	add_commands(out, v, m);
}

/* With the error, if there was one, what was seen until then. */
static void
print_json(struct str *to, const struct view *v, const struct err *e)
{
	struct str s = STR_INIT;
	size_t i;

	str_addz(&s, "{");
	json_member(&s, "database", v->cfg->database);
	if (e->kind != ERR_NONE) {
		str_addz(&s, ", ");
		json_member(&s, "error", e->text);
	}
	str_addz(&s, ", \"migrations\": [");
	for (i = 0; i < v->n_seen; i++) {
		str_addz(&s, i > 0 ? ", " : "");
		add_migration(&s, v, &v->seen[i]);
	}
	str_addz(&s, "], \"leftovers\": [");
	for (i = 0; i < v->n_left; i++) {
		str_addz(&s, i > 0 ? ", {" : "{");
		json_member(&s, "what", v->left[i].what);
		str_addz(&s, ", ");
		json_member(&s, "name", v->left[i].name);
		str_addz(&s, ", ");
		json_member(&s, "of", v->left[i].of);
		str_addz(&s, ", ");
		json_member(&s, "sql", v->left[i].sql.s);
		str_addz(&s, "}");
	}
	str_addz(&s, "]}");
	print_line(to, "%s", s.s);
	str_free(&s);
}

static void
free_view(struct view *v)
{
	size_t i;

	for (i = 0; i < v->n_seen; i++) {
		registry_row_free(&v->seen[i].r);
		free(v->seen[i].connection);
		str_free(&v->seen[i].owed);
	}
	for (i = 0; i < v->n_left; i++) {
		free(v->left[i].name);
		free(v->left[i].of);
		str_free(&v->left[i].sql);
	}
	free(v->seen);
	free(v->left);
	server_free(&v->server);
	db_close(v->db);
}

static void
blame_privileges(const struct view *v, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *table = v->cfg->table;
	struct qname name;

	if (qname_set(&name, v->cfg->database, table != NULL ? table :
	    "_livealter", &ignored) == 0)
		privileges_blame(v->db, &name, PRIVILEGES_SEE, e);
}

int
status_run(struct config *cfg, struct err *e)
{
	struct view v = { .cfg = cfg };
	struct str text = STR_INIT;
	int rc;

	rc = connect_first(&v.db, &v.server, cfg, "status", e) != 0 ||
	    look_at_migrations(&v, e) != 0 || look_around(&v, e) != 0 ? -1 :
	    0;
	if (rc != 0)
		blame_privileges(&v, e);
	/* A program that reads it is told of an error, too. */
	if (cfg->output == OUTPUT_JSON)
		print_json(&text, &v, e);
	else if (rc == 0)
		print_text(&text, &v);
	event_answer(&text);
	str_free(&text);
	free_view(&v);
	return rc;
}
