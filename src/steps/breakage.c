#include "steps/breakage.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/usage.h"

#define OTHERS(schema) " WHERE " schema " NOT IN ('information_schema', " \
	"'mysql', 'performance_schema', 'sys')"

/* The table's own triggers are another matter: they are refused. */
static const char texts[] =
    "SELECT 'view', TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, '' "
    "FROM information_schema.VIEWS" OTHERS("TABLE_SCHEMA")
    " UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME, "
    "ROUTINE_DEFINITION, SQL_MODE "
    "FROM information_schema.ROUTINES" OTHERS("ROUTINE_SCHEMA")
    " UNION ALL SELECT 'event', EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION, "
    "SQL_MODE FROM information_schema.EVENTS" OTHERS("EVENT_SCHEMA")
    " UNION ALL SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, "
    "ACTION_STATEMENT, SQL_MODE FROM information_schema.TRIGGERS"
    OTHERS("TRIGGER_SCHEMA") " AND NOT (%s) ORDER BY 1 DESC, 2, 3";

enum { KIND, SCHEMA, NAME, TEXT, MODE };

/* Something that may use the table. */
struct user {
	const char *kind;	/* "view" */
	struct qname name;
	struct usage usage;
	bool broken;
};

struct users {
	const struct plan *p;
	bool fold;		/* of struct usage */
	struct rows r;		/* what the users point into */
	struct user *user;
	size_t n;
	struct summary_list *unknown;
};

/* Its name, not the column: one that is dropped and added anew will do. */
static bool
goes(const struct plan *p, const struct column *c)
{
	return table_column(p->new, c->name.raw) == NULL;
}

static bool
uses_what_goes(const struct users *us, const struct usage *u)
{
	const struct plan *p = us->p;
	size_t i;

	for (i = 0; i < p->old->n_columns; i++)
		if (goes(p, &p->old->column[i]) && usage_column(u,
		    &p->names.old, &p->old->column[i].name))
			return true;
	return false;
}

/* A broken view breaks what uses it in turn. */
static void
break_it(struct users *us, struct user *u)
{
	size_t i;

	u->broken = true;
	for (i = 0; i < us->n && u->usage.resolved; i++)
		if (!us->user[i].broken &&
		    usage_table(&us->user[i].usage, &u->name))
			break_it(us, &us->user[i]);
}

/* A text that is not shown is empty, or NULL; a routine need not be SQL. */
static int
take_user(struct users *us, char **cell, struct err *e)
{
	struct user *u = &us->user[us->n++];
	struct lex_mode mode = { .mariadb = us->p->server->mariadb };
	struct err ignored = { .kind = ERR_NONE };

	u->kind = cell[KIND];
	u->usage.resolved = strcmp(u->kind, "view") == 0;
	u->usage.schema = &u->name.db;
	u->usage.fold = us->fold;
	if (qname_set(&u->name, cell[SCHEMA], cell[NAME], e) != 0)
		return -1;
	mode.ansi_quotes = strstr(cell[MODE], "ANSI_QUOTES") != NULL;
	mode.no_backslash_escapes = strstr(cell[MODE],
	    "NO_BACKSLASH_ESCAPES") != NULL;
	if (cell[TEXT] != NULL && cell[TEXT][0] != '\0' &&
	    lex_scan(&u->usage.l, cell[TEXT], &mode, &ignored) == 0)
		return 0;
	summary_add(us->unknown, "unseen", u->name.sql, "what %s %s uses: its "
	    "definition cannot be read", u->kind, u->name.sql);
	return 0;
}

static int
read_users(struct users *us, struct db *db, struct err *e)
{
	const struct qname *q = &us->p->names.old;
	struct str on = STR_INIT;
	unsigned long long fold = 0;
	size_t i;
	int rc;

	db_match(&on, db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE", q);
	rc = db_number(db, &fold, e, "SELECT @@lower_case_table_names") != 0 ||
	    db_rows(db, &us->r, "vvv?v", e, texts, on.s) != 0 ?
	    -1 : 0;
	str_free(&on);
	us->fold = fold > 0;
	us->user = xcalloc(us->r.n + 1, sizeof(*us->user));
	for (i = 0; rc == 0 && i < us->r.n; i++)
		rc = take_user(us, us->r.cell[i], e);
	return rc;
}

/* As a list keeps it; the kinds are constant words. */
static void
keep(struct summary_list *l, const struct user *u)
{
	static const char *const kind[] = { "view", "procedure", "function",
	    "event", "trigger" };
	size_t i;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (strcmp(u->kind, kind[i]) == 0)
			summary_add(l, kind[i], u->name.sql, "%s %s", kind[i],
			    u->name.sql);
}

static void
sort_out(struct breakage *b, struct users *us)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (!us->user[i].broken &&
		    uses_what_goes(us, &us->user[i].usage))
			break_it(us, &us->user[i]);
	for (i = 0; i < us->n; i++) {
		if (usage_table(&us->user[i].usage, &us->p->names.old))
			keep(&b->uses, &us->user[i]);
		if (us->user[i].broken)
			keep(&b->breaks, &us->user[i]);
	}
}

/* What an account without these on *.* may not see is in no list at all. */
static const char seen_by[] =
    "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES "
    "WHERE PRIVILEGE_TYPE IN ('SELECT', 'SHOW VIEW', 'EVENT', 'TRIGGER') "
    "AND GRANTEE = CONCAT('''', LEFT(CURRENT_USER(), "
    "CHAR_LENGTH(CURRENT_USER()) - 1 - "
    "CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))), '''@''', "
    "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";

static int
find_blind(struct breakage *b, struct db *db, struct err *e)
{
	static const char *const needed[] = { "SELECT", "SHOW VIEW", "EVENT",
	    "TRIGGER" };
	struct rows r = ROWS_INIT;
	struct str lacks = STR_INIT;
	size_t i, k;
	int rc = db_rows(db, &r, "v", e, "%s", seen_by);

	for (i = 0; rc == 0 && i < sizeof(needed) / sizeof(needed[0]); i++) {
		for (k = 0; k < r.n && strcmp(r.cell[k][0], needed[i]) != 0;
		    k++)
			;
		if (k == r.n)
			str_addf(&lacks, "%s%s", lacks.len > 0 ? ", " : "",
			    needed[i]);
	}
	if (lacks.len > 0)
		summary_add(&b->unknown, "unseen", "", "what the account may "
		    "not see: it lacks %s on *.*", lacks.s);
	rows_free(&r);
	str_free(&lacks);
	return rc;
}

int
breakage_find(struct breakage *b, struct db *db, const struct plan *p,
    bool all, struct err *e)
{
	struct users us = { .p = p, .r = ROWS_INIT, .unknown = &b->unknown };
	bool wanted = all;
	size_t i;
	int rc;

	for (i = 0; i < p->old->n_columns && !wanted; i++)
		wanted = goes(p, &p->old->column[i]);
	if (!wanted)
		return 0;
	rc = all ? find_blind(b, db, e) : 0;
	if (rc == 0)
		rc = read_users(&us, db, e);
	if (rc == 0) {
		sort_out(b, &us);
	} else if (e->kind == ERR_SQL) {
		summary_add(&b->unknown, "unseen", "", "what views, routines, "
		    "events and triggers use: %s", e->text);
		e->kind = ERR_NONE;
		rc = 0;
	}
	for (i = 0; i < us.n; i++)
		lex_free(&us.user[i].usage.l);
	free(us.user);
	rows_free(&us.r);
	return rc;
}

void
breakage_free(struct breakage *b)
{
	summary_free_list(&b->uses);
	summary_free_list(&b->breaks);
	summary_free_list(&b->unknown);
}

void
breakage_describe(struct str *out, const struct breakage *b,
    const struct plan *p)
{
	const char *comma = "the swap breaks, as ALTER TABLE would, what uses ";
	size_t i;

	for (i = 0; i < p->old->n_columns && b->breaks.n > 0; i++)
		if (goes(p, &p->old->column[i])) {
			str_addf(out, "%s%s", comma,
			    p->old->column[i].name.sql);
			comma = ", ";
		}
	for (i = 0; i < b->breaks.n; i++)
		str_addf(out, "%s%s", i == 0 ? ": " : ", ",
		    b->breaks.item[i].text);
}
