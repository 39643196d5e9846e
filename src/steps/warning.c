#include "steps/warning.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/util.h"
#include "cli/option.h"
#include "model/convert.h"
#include "model/sql.h"

#define ER_BAD_NULL	1048	/* does not name the row */
#define ER_DUP_ENTRY	1062

struct said {
	const char *level;		/* "Note" or "Warning" */
	unsigned long code;
	const char *text;
	const struct pair *column;	/* whose value it is about, or NULL */
	unsigned long long row;		/* of the chunk, from 1; 0: unknown */
};

/*
 * Says nothing about the data, or of what ALTER TABLE does without a word in
 * strict mode: fractions that are cut off or rounded are notes, and only notes.
 */
static bool
is_harmless(const struct said *w)
{
	if (strcmp(w->level, "Note") == 0)
		return w->column == NULL || !convert_cuts(w->column->from,
		    w->column->to);
	switch (w->code) {
	case 1287:	/* deprecated syntax */
	case 1592:	/* unsafe for statement-based logging */
	case 1681:	/* deprecated */
	case 6414:	/* deprecated: MyISAM written, and then InnoDB */
	case 1364:	/* no default: ALTER TABLE gives the same */
	case 3170:	/* too little memory to plan by ranges */
	case 4095:	/* a delimiter in a date that is deprecated, */
	case 4096:	/* or one too many */
		return true;
	default:
		return false;
	}
}

/*
 * The servers give column and row only in the text (in English, see
 * server/session.c): "... for column 'c' at row 3", on MariaDB also
 * "... for column `db`.`t`.`c` at row 3".
 */
static bool
is_about(const char *text, const struct column *c)
{
	struct str name = STR_INIT;
	bool yes;

	str_addf(&name, "olumn '%s'", c->name.raw);
	yes = strstr(text, name.s) != NULL;
	str_reset(&name);
	str_addf(&name, ".`%s` at row", c->name.raw);
	yes = yes || strstr(text, name.s) != NULL;
	str_free(&name);
	return yes;
}

static unsigned long long
row_of(const char *text)
{
	const char *at = NULL, *next;

	for (next = text; (next = strstr(next, " at row ")) != NULL; next++)
		at = next;
	return at == NULL ? 0 : strtoull(at + 8, NULL, 10);
}

static struct said
read_warning(const struct plan *p, char **cell)
{
	struct said w = { .level = cell[0],
	    .code = strtoul(cell[1], NULL, 10), .text = cell[2] };
	size_t i;

	for (i = 0; i < p->n_pairs && w.column == NULL; i++)
		if (is_about(w.text, p->pair[i].to))
			w.column = &p->pair[i];
	w.row = row_of(w.text);
	return w;
}

/* One of 1265:status,1264; a column of it is of the new table. */
static bool
item_allows(const char *item, const struct said *w, const struct pair *pr)
{
	const char *column = strchr(item, ':');

	return strtoul(item, NULL, 10) == w->code && (column == NULL ||
	    (pr != NULL && same_text(column + 1, pr->to->name.raw)));
}

static bool
list_allows(const char *list, const struct said *w, const struct pair *pr)
{
	bool yes = false;
	char *item;

	while (list != NULL && !yes &&
	    (item = list_next(&list)) != NULL) {
		yes = item_allows(item, w, pr);
		free(item);
	}
	return yes;
}

/*
 * A warning that names no column may be about any whose values are converted,
 * so it has to be allowed for all of them.
 */
static bool
is_allowed(const struct plan *p, const struct config *cfg,
    const struct said *w)
{
	bool any = false;
	size_t i;

	if (list_allows(cfg->allow_warnings, w, w->column))
		return true;
	for (i = 0; i < p->n_pairs && w->column == NULL; i++) {
		if (p->pair[i].from == NULL || p->pair[i].same)
			continue;
		any = true;
		if (!list_allows(cfg->allow_warnings, w, &p->pair[i]))
			return false;
	}
	return any;
}

bool
warning_allowed(const struct config *cfg, const char *column)
{
	const char *list = cfg->allow_warnings;
	char *item, *name;
	bool yes = false;

	while (list != NULL && !yes &&
	    (item = list_next(&list)) != NULL) {
		name = strchr(item, ':');
		yes = name == NULL || same_text(name + 1, column);
		free(item);
	}
	return yes;
}

/*
 * Which row it was, what it had and what it would have.  To be asked before
 * the transaction ends: the row is locked, and the new value is there.
 */
static void
show_row(struct str *out, const struct plan *p, struct db *db,
    const struct chunk *c, const struct said *w)
{
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;

	if (w->column != NULL && w->column->from != NULL &&
	    (w->row > 0 || w->code == ER_BAD_NULL)) {
		sql_row(&q, p, w->column, &c->after, &c->upto, w->row);
		if (db_rows(db, &r, "vvv", &ignored, "%s", q.s) == 0 && r.n > 0)
			str_addf(out, ": row %s, column %s, from %s to %s",
			    r.cell[0][0], w->column->to->name.sql,
			    r.cell[0][1], r.cell[0][2]);
	}
	if (out->len == 0 && c->upto.n > 0) {
		str_addz(out, ", in the rows up to ");
		bound_print(out, &c->upto);
	}
	rows_free(&r);
	str_free(&q);
}

static int
changes_data(const struct plan *p, struct db *db, const struct chunk *c,
    const struct said *w, struct err *e)
{
	struct str where = STR_INIT;

	show_row(&where, p, db, c, w);
	err_set(e, ERR_CHANGED, "the copy would change data: %s (warning "
	    "%lu)%s", w->text, w->code, where.s);
	if (p->filter != NULL && w->column == NULL)
		err_hint(e, "if it is about the condition of --where, compare "
		    "only values of one kind: a text is no number");
	else
		err_hint(e, "correct the rows or the ALTER, or allow it with "
		    "--allow-warnings %lu%s%s", w->code,
		    w->column != NULL ? ":" : "",
		    w->column != NULL ? w->column->to->name.raw : "");
	str_free(&where);
	return -1;
}

/* "Duplicate entry '5' for key 't.u'": is it of the identifying key? */
static bool
is_expected(const struct plan *p, const char *text)
{
	size_t len = strlen(p->id_index.raw), all = strlen(text);

	return all > len && text[all - 1] == '\'' &&
	    strncmp(text + all - 1 - len, p->id_index.raw, len) == 0;
}

int
warning_judge(const struct plan *p, const struct config *cfg, struct db *db,
    const struct chunk *c, struct str *duplicate, struct err *e)
{
	unsigned long long said = db_warnings(db);
	struct rows r = ROWS_INIT;
	struct said w;
	size_t i;
	int rc = 0;

	if (db_rows(db, &r, "vvv", e, "SHOW WARNINGS") != 0)
		return -1;
	for (i = 0; i < r.n && rc == 0; i++) {
		w = read_warning(p, r.cell[i]);
		if (w.code != ER_DUP_ENTRY) {
			if (!is_harmless(&w) && !is_allowed(p, cfg, &w))
				rc = changes_data(p, db, c, &w, e);
		} else if (duplicate->len == 0 || !is_expected(p, w.text)) {
			str_reset(duplicate);
			str_addz(duplicate, w.text);
		}
	}
	if (rc == 0 && r.n < said) {
		/* A smaller piece has less. */
		rc = err_set(e, ERR_SQL, "a chunk gave %llu warnings, of which "
		    "the server shows only %zu", said, r.n);
		e->sqlno = DB_ERR_TOO_BIG;
	}
	rows_free(&r);
	return rc;
}

int
warning_list(struct warnings *list, const struct plan *p,
    const struct config *cfg, struct db *db, struct err *e)
{
	unsigned long long said = db_warnings(db);
	struct rows r = ROWS_INIT;
	struct said w;
	size_t i;

	*list = (struct warnings){ NULL, 0, false };
	if (db_rows(db, &r, "vvv", e, "SHOW WARNINGS") != 0)
		return -1;
	for (i = 0; i < r.n; i++) {
		w = read_warning(p, r.cell[i]);
		if (w.code == ER_DUP_ENTRY || is_harmless(&w) ||
		    is_allowed(p, cfg, &w))
			continue;
		list->w = xrealloc(list->w, list->n + 1, sizeof(*list->w));
		list->w[list->n++] = (struct warning){ w.column, w.code, w.row,
		    xstrdup(w.text) };
	}
	list->all = r.n >= said;
	rows_free(&r);
	return 0;
}

void
warning_free(struct warnings *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->w[i].text);
	free(list->w);
}
