#include "steps/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cli/sql_file.h"
#include "model/aim.h"
#include "model/lex.h"
#include "server/session.h"
#include "server/spelling.h"
#include "steps/mdl.h"

int
target_read(struct target *t, const struct config *cfg, const struct names *n,
    const struct server *s, struct err *e)
{
	char *text = NULL;
	int rc;

	t->file = cfg->to;
	rc = sql_file_read(cfg->to, &text, e) != 0 ||
	    statement_read(&t->wanted, text, cfg->to, &n->shadow, s, e) != 0 ?
	    -1 : 0;
	free(text);
	return rc;
}

/* MySQL locks the parents. */
static int
run_beside_parents(struct target *t, struct db *db, const struct config *cfg,
    struct err *e)
{
	struct statement *st = &t->wanted;
	struct mdl_set set = { NULL, 0, 0, NULL };
	const struct qname **parent;
	size_t i;
	int rc = 0;

	parent = xcalloc(st->n_parents + 1, sizeof(*parent));
	for (i = 0; i < st->n_parents && rc == 0; i++) {
		if (!config_without(cfg, "lower-case"))
			rc = spelling_of_table(db, &st->parent[i], e);
		parent[set.n++] = &st->parent[i];
	}
	set.table = parent;
	if (rc == 0)
		rc = set.n > 0 ? mdl_run(db, &set, &cfg->tries_create_triggers,
		    st->sql.s, e) : db_run_text(db, st->sql.s, e);
	free(parent);
	return rc;
}

static int
create(struct target *t, struct db *db, const struct names *n,
    const struct config *cfg, struct err *e)
{
	struct db *users = NULL;
	int rc;

	rc = session_open(&users, db_server(db), "alter", SESSION_ALTER, 0,
	    e) != 0 || db_quiet(users, e, "USE %s", n->old.db.sql) != 0 ||
	    run_beside_parents(t, users, cfg, e) != 0 ? -1 : 0;
	db_close(users);
	return rc;
}

/* As SHOW CREATE TABLE would have it, if it were the user's table. */
static int
call_it(struct table *is, const struct statement *wanted,
    const struct names *n, struct err *e)
{
	struct str text = STR_INIT;
	int rc = statement_back(&text, wanted, is->create, &n->shadow.table,
	    &n->old.table, e);

	free(is->create);
	is->create = str_take(&text);
	return rc;
}

int
target_create(struct target *t, struct db *db, const struct names *n,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	undo_push(undo, UNDO_SHADOW, "DROP TABLE IF EXISTS %s", n->shadow.sql);
	if (create(t, db, n, cfg, e) != 0) {
		/* A table of that name that is there is somebody else's. */
		if (e->kind != ERR_LOST)
			undo_forget(undo, UNDO_SHADOW);
		server_explain(db_server(db), &n->old.db, ERR_CREATE, e);
		return err_while(e, "--to %s", t->file);
	}
	return table_load(&t->is, db, &n->shadow, e) != 0 ||
	    call_it(t->is, &t->wanted, n, e) != 0 ? -1 : 0;
}

static struct aim
aim_of(const struct target *t, const struct server *s)
{
	const struct aim a = { &t->old, &t->new, &t->moves, &t->wanted, s };

	return a;
}

static int
find_moves(struct target *t, const struct config *cfg, struct err *e)
{
	const struct moves_said said = { cfg->rename, cfg->drop, t->file };

	return moves_find(&t->moves, &said, &t->old, &t->new, e);
}

/* A string without escapes. */
static int
add_plain(struct str *q, const char *p, size_t len, struct err *e)
{
	static const char made[] = "n\nr\r";
	const char *end = p + len, *is;

	for (; p < end; p++) {
		is = NULL;
		if (*p == '\\') {
			is = strchr(made, *++p);
			if (*p == '0')
				return err_set(e, ERR_REFUSED, "--to: with "
				    "NO_BACKSLASH_ESCAPES in sql_mode, no "
				    "statement can say %.*s", (int)len,
				    end - len);
		}
		str_add(q, is != NULL ? is + 1 : p, 1);
	}
	return 0;
}

/* A session of the user's may take a backslash for one. */
static int
as_theirs(struct str *sql, const struct server *s, struct err *e)
{
	const struct lex_mode mode = { .mariadb = s->mariadb };
	struct str out = STR_INIT;
	struct lex l = { 0 };
	size_t i, done = 0;
	int rc = 0;

	if (!s->no_backslash_escapes)
		return 0;
	rc = lex_scan(&l, sql->s, &mode, e);
	for (i = 0; i < l.n && rc == 0; i++) {
		if (l.token[i].kind != LEX_STRING)
			continue;
		str_add(&out, sql->s + done, l.token[i].at - done);
		done = lex_end(&l, i);
		rc = add_plain(&out, sql->s + l.token[i].at, l.token[i].len, e);
	}
	str_addz(&out, sql->s + done);
	lex_free(&l);
	str_free(sql);
	*sql = out;
	return rc;
}

int
target_alter(struct str *out, struct target *t, const struct table *old,
    const struct config *cfg, const struct server *s, struct err *e)
{
	struct aim a;

	if (structure_read(&t->old, old, e) != 0 ||
	    structure_read(&t->new, t->is, e) != 0)
		return -1;
	a = aim_of(t, s);
	/* What the options say may have been done before. */
	if (aim_alter(out, &a, e) == 0 && out->len == 0)
		return 0;
	str_reset(out);
	e->kind = ERR_NONE;
	if (find_moves(t, cfg, e) != 0)
		return -1;
	a = aim_of(t, s);
	return aim_alter(out, &a, e) != 0 ? -1 : as_theirs(out, s, e);
}

int
target_reached(const struct target *t, const struct table *is,
    const struct server *s, struct err *e)
{
	struct structure now = STRUCTURE_INIT;
	struct aim a = aim_of(t, s);
	int rc = structure_read(&now, is, e);

	if (rc == 0)
		rc = aim_reached(&a, &now, e);
	structure_free(&now);
	return rc;
}

void
target_free(struct target *t)
{
	statement_free(&t->wanted);
	table_free(t->is);
	t->is = NULL;
	structure_free(&t->old);
	structure_free(&t->new);
	moves_free(&t->moves);
}
