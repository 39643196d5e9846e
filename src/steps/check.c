#include "steps/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/command.h"
#include "model/convert.h"
#include "model/filter.h"
#include "model/mapping.h"
#include "model/names.h"
#include "model/pair.h"
#include "model/type.h"
#include "steps/blocker.h"
#include "steps/check_engine.h"
#include "steps/check_filter.h"
#include "steps/check_keys.h"
#include "steps/check_server.h"
#include "steps/privileges.h"
#include "steps/unseen_children.h"
#include "throttle/load.h"
#include "throttle/user_query.h"

/* A reason to refuse: 0 none, -1 with *e.  A failed question is one, too. */
struct check {
	const char *name;
	int (*run)(const struct check_input *, struct err *);
};

static int
check_engine(const struct check_input *in, struct err *e)
{
	return check_engine_old(in->old, e) != 0 ? -1 :
	    check_engine_logged(in->db, in->old, e);
}

static int
check_clauses(const struct check_input *in, struct err *e)
{
	struct str why = STR_INIT;
	size_t i;

	for (i = 0; i < in->alter->n; i++)
		if (in->alter->item[i].what == ALTER_REFUSED)
			str_addf(&why, "%s%s", why.len > 0 ? "; " : "",
			    in->alter->item[i].why);
	if (why.len > 0)
		err_set(e, ERR_REFUSED, "the ALTER: %s", why.s);
	i = why.len;
	str_free(&why);
	return i > 0 ? -1 : 0;
}

static int
check_key(const struct check_input *in, struct err *e)
{
	return table_total_key(in->old, e) != NULL ? 0 : -1;
}

/* The names that a question yields, in one text; empty when there are none. */
static int
ask_names(const struct check_input *in, const char *sql, struct str *names,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;

	if (db_rows(in->db, &r, "v", e, "%s", sql) != 0)
		return -1;
	for (i = 0; i < r.n; i++)
		str_addf(names, "%s%s", i > 0 ? ", " : "", r.cell[i][0]);
	rows_free(&r);
	return 0;
}

static int
check_children(const struct check_input *in, struct err *e)
{
	const char *method = in->cfg->fkeys_method;

	(void)e;
	if (same_text(method, "drop_swap"))
		log_info("--alter-foreign-keys-method=drop_swap is taken as "
		    "auto: foreign keys of other tables follow in the cut-over "
		    "without a rebuild, and the table is never missing");
	if (in->dependents->child.n > 0 && same_text(method, "none"))
		log_warn("%zu foreign keys of other tables will go on "
		    "referencing the old table, which is kept, as "
		    "--alter-foreign-keys-method=none asks for",
		    in->dependents->child.n);
	return 0;
}

/* Ours are there only while we are at work. */
static int
check_triggers(const struct check_input *in, struct err *e)
{
	struct str q = STR_INIT, names = STR_INIT;
	int rc;

	str_addz(&q, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
	    "WHERE ");
	db_match(&q, in->db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE",
	    &in->old->name);
	str_addz(&q, " AND TRIGGER_NAME LIKE 'livealter\\_%'");
	if (in->running)
		str_addz(&q, " AND 0");
	rc = ask_names(in, q.s, &names, e);
	if (rc == 0 && names.len > 0) {
		rc = err_set(e, ERR_REFUSED, "the table has triggers: %s",
		    names.s);
		if (strstr(names.s, "_rins") != NULL)
			err_hint(e, "an earlier migration can still be "
			    "reverted; to end that, DROP TRIGGER each of "
			    "them, and then the tables _..._old and _..._back "
			    "beside it");
		else
			command_hint_status(e, in->cfg, "those called "
			    "livealter_... belong to no migration that is "
			    "known: DROP TRIGGER each of them first, and then "
			    "the tables; to list both");
	}
	str_free(&q);
	str_free(&names);
	return rc;
}

/* A database has each trigger's name once: --no-drop-triggers keeps them. */
static int
check_trigger_names(const struct check_input *in, struct err *e)
{
	struct str q = STR_INIT, names = STR_INIT;
	struct qname name;
	int i, rc;

	str_addz(&q, "SELECT CONCAT(TRIGGER_NAME, ' on ', EVENT_OBJECT_TABLE) "
	    "FROM information_schema.TRIGGERS WHERE NOT (");
	db_match(&q, in->db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE",
	    &in->old->name);
	for (i = 0; i < NAMES_TRIGGERS; i++) {
		names_trigger(&name, &in->old->name, i, false);
		str_addz(&q, i > 0 ? " OR " : ") AND (");
		db_match(&q, in->db, "TRIGGER_SCHEMA", "TRIGGER_NAME", &name);
	}
	str_addz(&q, ")");
	rc = in->running ? 0 : ask_names(in, q.s, &names, e);
	if (rc == 0 && names.len > 0) {
		rc = err_set(e, ERR_REFUSED, "there are triggers with names "
		    "that are needed: %s", names.s);
		command_hint_status(e, in->cfg, "a run with "
		    "--no-drop-triggers has left them: DROP TRIGGER each of "
		    "them, or drop its tables; to list both");
	}
	str_free(&q);
	str_free(&names);
	return rc;
}

static int
check_replica(const struct check_input *in, struct err *e)
{
	return check_server_replica(in->db, in->cfg, e);
}

static int
check_cluster(const struct check_input *in, struct err *e)
{
	return check_server_cluster(in->db, e);
}

static int
check_rbr_triggers(const struct check_input *in, struct err *e)
{
	return check_server_rbr_triggers(in->db, in->cfg, e);
}

/* MySQL wants REFERENCES for each foreign key that turns to the new table. */
static int
check_privileges(const struct check_input *in, struct err *e)
{
	return privileges_check(in->db, &in->old->name,
	    in->dependents->child.n > 0 ? PRIVILEGES_TURN : PRIVILEGES_RUN, e);
}

/* Unless they are to stay where they are. */
static int
check_unseen(const struct check_input *in, struct err *e)
{
	return in->running || in->cfg->only_same_schema_fks ||
	    same_text(in->cfg->fkeys_method, "none") ? 0 :
	    unseen_children_check(in->db, &in->old->name, in->dependents, e);
}

static int
check_cascades(const struct check_input *in, struct err *e)
{
	return check_keys_two_ways(in->db, in->old, e) != 0 ||
	    check_keys_firing(in->db, in->old, e) != 0 ||
	    check_keys_generations(in->db, in->old, in->cfg->force, e) != 0 ?
	    -1 : 0;
}

static int
check_blockers(const struct check_input *in, struct err *e)
{
	return blocker_check(in->db, MDL_ONE(&in->old->name),
	    &in->cfg->kill_blockers, e);
}

static int
check_load(const struct check_input *in, struct err *e)
{
	return load_check(in->db, in->cfg, e) != 0 ||
	    user_query_check(in->db, in->cfg, e) != 0 ? -1 : 0;
}

static int
check_where(const struct check_input *in, struct err *e)
{
	return in->cfg->where == NULL ? 0 : check_filter_table(in->db, in->old,
	    in->dependents, in->cfg, e);
}

static const struct check checks[] = {
	{ "engine",		check_engine },
	{ "clauses",		check_clauses },
	{ "key",		check_key },
	{ "children",		check_children },
	{ "triggers",		check_triggers },
	{ "names of triggers",	check_trigger_names },
	{ "replica",		check_replica },
	{ "cluster",		check_cluster },
	{ "triggers on replicas", check_rbr_triggers },
	{ "privileges",		check_privileges },
	{ "foreign keys of others", check_unseen },
	{ "foreign keys",	check_cascades },
	{ "--kill-blockers",	check_blockers },
	{ "the load",		check_load },
	{ "--where",		check_where },
};

/* Is it a reason against a copy only? */
static bool
is_left_out(const struct check_input *in, const struct check *c)
{
	const bool copy = c->run == check_key || c->run == check_cascades ||
	    c->run == check_rbr_triggers || c->run == check_where ||
	    c->run == check_trigger_names;

	return in->which == (copy ? CHECK_BUT_COPY : CHECK_COPY);
}

int
check_all(const struct check_input *in, struct err *e)
{
	struct str text = STR_INIT, hint = STR_INIT;
	struct err one, first = { .kind = ERR_NONE };
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		memset(&one, 0, sizeof(one));
		if (is_left_out(in, &checks[i]) ||
		    checks[i].run(in, &one) == 0)
			continue;
		if (one.kind == ERR_SQL || one.kind == ERR_LOST)
			err_while(&one, "checking %s", checks[i].name);
		if (first.kind == ERR_NONE)
			first = one;
		str_addf(&text, "%s%s", text.len > 0 ? ERR_LINE "  " : "",
		    one.text);
		if (one.hint[0] != '\0')
			str_addf(&hint, "%s%s", hint.len > 0 ? ERR_LINE "  " :
			    "", one.hint);
		if (one.kind == ERR_LOST)
			break;
	}
	if (first.kind != ERR_NONE) {
		err_set(e, first.kind, "%s: %s", in->old->name.sql, text.s);
		err_hint(e, "%s", hint.s);
	}
	str_free(&text);
	str_free(&hint);
	return first.kind != ERR_NONE ? -1 : 0;
}

/*
 * MariaDB makes the current time of a NULL that comes into a TIMESTAMP NOT
 * NULL, without a warning.
 */
static int
check_null_moments(struct db *db, const struct plan *p, struct err *e)
{
	struct str match = STR_INIT;
	const struct pair *pr;
	unsigned long long rows = 0;
	size_t i;
	int rc;

	for (i = 0; i < p->n_pairs && p->server->mariadb; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL || !pr->from->nullable ||
		    pr->to->nullable || pr->adapts_null || pr->may_change ||
		    !type_is_moment(pr->to))
			continue;
		filter_and(&match, p, NULL);
		rc = db_number(db, &rows, e, "SELECT EXISTS (SELECT 1 FROM %s "
		    "USE INDEX FOR GROUP BY (%s) WHERE %s%s IS NULL)",
		    p->names.old.sql, p->walk->name.sql,
		    match.len > 0 ? match.s : "", pr->from->name.sql);
		str_free(&match);
		if (rc != 0)
			return -1;
		if (rows == 0)
			continue;
		err_set(e, ERR_CHANGED, "the copy would change data: NULLs in "
		    "column %s would become the current time",
		    pr->to->name.sql);
		return err_hint(e, "correct the rows or the ALTER, or allow it "
		    "with --allow-warnings 1048:%s", pr->to->name.raw);
	}
	return 0;
}

/*
 * A DATE without a DEFAULT becomes 0000-00-00 in the rows there are.  Native
 * ALTER refuses that when the user's sql_mode forbids such dates.
 */
static int
check_zero_dates(struct db *db, const struct plan *p, struct err *e)
{
	const char *mode = p->server->sql_mode;
	unsigned long long rows = 0;
	size_t i;

	if (strstr(mode, "NO_ZERO_DATE") == NULL ||
	    strstr(mode, "STRICT_") == NULL)
		return 0;
	for (i = 0; i < p->n_pairs; i++) {
		if (p->pair[i].from != NULL ||
		    strncmp(p->pair[i].filler, "'0000-00-00", 11) != 0)
			continue;
		/* MySQL forbids it only for DATE and DATETIME. */
		if (!p->server->mariadb && type_is_moment(p->pair[i].to))
			continue;
		if (db_number(db, &rows, e, "SELECT EXISTS (SELECT 1 FROM %s "
		    "USE INDEX FOR GROUP BY (%s))", p->names.old.sql,
		    p->walk->name.sql) != 0)
			return -1;
		if (rows == 0)
			return 0;
		err_set(e, ERR_REFUSED, "column %s would be %s in the "
		    "existing rows, which the server's sql_mode forbids",
		    p->pair[i].to->name.sql, p->pair[i].filler);
		return err_hint(e, "give the column a DEFAULT, or make it "
		    "nullable");
	}
	return 0;
}

static int
check_conversions(const struct plan *p, struct err *e)
{
	const struct pair *pr = mapping_unconverted(p);

	if (pr == NULL)
		return 0;
	err_set(e, ERR_REFUSED, "column %s: %s cannot be copied into "
	    "%s as ALTER TABLE would convert it", pr->to->name.sql,
	    pr->from->type, pr->to->type);
	return err_hint(e, "change it in two steps: to an integer or "
	    "a text first");
}

/* What the rows there are, and those that come, would have in a new column. */
static int
check_fillers(const struct plan *p, struct err *e)
{
	const struct column *c = mapping_unfilled(p);

	if (c == NULL)
		return 0;
	err_set(e, ERR_REFUSED, "column %s is NOT NULL and has no DEFAULT, "
	    "and type %s has no empty value",
	    c->name.sql, c->type);
	return err_hint(e, "make it nullable, or give it a DEFAULT");
}

int
check_plan(struct db *db, const struct plan *p, struct err *e)
{
	return check_engine_new(p->old, p->new, e) != 0 ||
	    check_conversions(p, e) != 0 ||
	    check_filter_plan(db, p, e) != 0 || check_fillers(p, e) != 0 ||
	    check_null_moments(db, p, e) != 0 ? -1 : check_zero_dates(db, p, e);
}

/* SHOW CREATE TABLE, but for the counter, which goes on. */
static int
same_create(const struct check_input *in, const struct table *was,
    struct err *e)
{
	struct str a = STR_INIT, b = STR_INIT;
	struct table *is = NULL;
	int rc;

	rc = table_load(&is, in->db, &was->name, e);
	if (rc == 0) {
		table_definition(&a, was);
		table_definition(&b, is);
	}
	if (rc == 0 && strcmp(a.s, b.s) != 0) {
		rc = err_set(e, ERR_REFUSED, "%s was altered by another "
		    "session in the meantime", was->name.sql);
		err_hint(e, "start again; the swap would have undone that "
		    "change");
	}
	str_free(&a);
	str_free(&b);
	table_free(is);
	return rc;
}

/* Would a trigger or a child be left behind that came meanwhile? */
static int
same_dependents(const struct check_input *in, const struct table *new,
    struct err *e)
{
	struct str was = STR_INIT, is = STR_INIT;
	struct dependents dependents;
	int rc;

	rc = dependents_load(&dependents, in->db, &in->old->name, &new->name,
	    in->cfg->only_same_schema_fks, e);
	dependents_text(&was, in->dependents);
	dependents_text(&is, &dependents);
	if (rc == 0 && strcmp(was.s, is.s) != 0) {
		rc = err_set(e, ERR_REFUSED, "%s has other triggers than "
		    "before, or other foreign keys reference it",
		    in->old->name.sql);
		err_hint(e, "another session changed them in the meantime; "
		    "start again");
	}
	dependents_free(&dependents);
	str_free(&was);
	str_free(&is);
	return rc;
}

int
check_unchanged(const struct check_input *in, const struct table *new,
    struct err *e)
{
	return same_create(in, in->old, e) != 0 ||
	    same_create(in, new, e) != 0 ||
	    same_dependents(in, new, e) != 0 ? -1 : 0;
}
