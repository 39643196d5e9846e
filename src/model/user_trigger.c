#include "model/user_trigger.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/util.h"
#include "model/encode.h"
#include "model/lex.h"
#include "server/session.h"

/* SHOW CREATE TRIGGER: the text, and what it was made under, in one row. */
enum { SHOWN_MODE = 1, SHOWN_TEXT, SHOWN_CHARSET, SHOWN_COLLATION };

/* Words of the server's own, which are sent back without quotes. */
static bool
is_word_list(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_,")] == '\0';
}

static int
not_understood(const struct user_trigger *t, struct err *e)
{
	return err_set(e, ERR_TRIGGERS, "the server's CREATE TRIGGER of %s is "
	    "not understood", t->name.sql);
}

static int
read_row(struct user_trigger *t, struct db *db, const struct qname *table,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	char **c;
	int rc;

	rc = db_rows(db, &r, "vv?vvv?", e, "SHOW CREATE TRIGGER %s.%s",
	    table->db.sql, t->name.sql);
	c = rc == 0 && r.n > 0 ? r.cell[0] : NULL;
	if (rc == 0 && (c == NULL || c[SHOWN_TEXT] == NULL)) {
		rc = err_set(e, ERR_NEEDS, "the text of trigger %s cannot be "
		    "seen", t->name.sql);
		err_hint(e, "GRANT TRIGGER ON %s TO the user", table->sql);
	} else if (rc == 0 && (!is_word_list(c[SHOWN_MODE]) ||
	    !is_word_list(c[SHOWN_CHARSET]) ||
	    !is_word_list(c[SHOWN_COLLATION]))) {
		rc = not_understood(t, e);
	} else if (rc == 0) {
		t->sql_mode = xstrdup(c[SHOWN_MODE]);
		t->create = xstrdup(c[SHOWN_TEXT]);
		t->charset = xstrdup(c[SHOWN_CHARSET]);
		t->collation = xstrdup(c[SHOWN_COLLATION]);
	}
	rows_free(&r);
	return rc;
}

static bool
is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static int
name_in_it(char **out, const struct user_trigger *t, struct db *db,
    const char *name, struct err *e)
{
	int rc = encode_name(out, db, t->charset, name, e);

	if (rc != 1)
		return rc;
	err_set(e, ERR_REFUSED, "trigger %s was made by a client whose "
	    "character set, %s, has not all characters of %s, so it could not "
	    "be made again", t->name.sql, t->charset, name);
	return err_hint(e, "create it again with character_set_client = "
	    "utf8mb4");
}

/* "user@host" in two; a role of MariaDB's has no host. */
struct definer {
	char *user, *host;		/* "" for none */
};

static void
split_definer(struct definer *d, const char *text)
{
	const char *at = strrchr(text, '@');

	d->user = at != NULL ? xstrndup(text, (size_t)(at - text)) :
	    xstrdup(text);
	d->host = xstrdup(at != NULL ? at + 1 : "");
}

static int
name_definer(struct user_trigger *t, struct db *db, const struct definer *d,
    struct err *e)
{
	char *user = NULL, *host = NULL;
	struct str q = STR_INIT;
	int rc;

	rc = name_in_it(&user, t, db, d->user, e);
	if (rc == 0 && d->host[0] != '\0')
		rc = name_in_it(&host, t, db, d->host, e);
	if (rc == 0) {
		str_addz(&q, user);
		if (host != NULL)
			str_addf(&q, "@%s", host);
		t->definer_sql = str_take(&q);
	}
	free(user);
	free(host);
	return rc;
}

/* The text goes on with this at *at, which is then behind it. */
static bool
skip(const struct user_trigger *t, size_t *at, const char *what,
    struct user_trigger_part *part)
{
	size_t len = strlen(what);

	if (strncmp(t->create + *at, what, len) != 0)
		return false;
	if (part != NULL)
		*part = (struct user_trigger_part){ *at, *at + len };
	*at += len;
	return true;
}

static bool
skip_definer(struct user_trigger *t, const struct definer *d, char quote,
    size_t *at)
{
	struct str q = STR_INIT;
	bool found;

	encode_quoted(&q, MULTIBYTE_NONE, d->user, quote);
	if (d->host[0] != '\0') {
		str_addz(&q, "@");
		encode_quoted(&q, MULTIBYTE_NONE, d->host, quote);
	}
	*at = 0;
	found = skip(t, at, "CREATE DEFINER=", NULL) &&
	    skip(t, at, q.s, &t->definer) && skip(t, at, " ", NULL);
	str_free(&q);
	return found;
}

/*
 * Both servers begin it in UTF-8, whatever the rest is in; MariaDB by the
 * quotes of the session that made it.
 */
static bool
find_definer(struct user_trigger *t, const struct definer *d, size_t *at)
{
	return skip_definer(t, d, '`', at) || skip_definer(t, d, '"', at);
}

/* MySQL makes it of what it keeps, in UTF-8 up to the body. */
static bool
find_parts_mysql(struct user_trigger *t, const struct qname *table, size_t at)
{
	return skip(t, &at, "TRIGGER ", NULL) &&
	    skip(t, &at, t->name.sql, &t->called) &&
	    skip(t, &at, " ", NULL) && skip(t, &at, t->timing, NULL) &&
	    skip(t, &at, " ", NULL) && skip(t, &at, t->event, NULL) &&
	    skip(t, &at, " ON ", NULL) &&
	    skip(t, &at, table->table.sql, &t->table) &&
	    skip(t, &at, " FOR EACH ROW", NULL) && (t->body = at) > 0;
}

static struct lex_mode
mode_of(const struct user_trigger *t, bool mariadb)
{
	struct lex_mode mode = {
		.ansi_quotes = strstr(t->sql_mode, "ANSI_QUOTES") != NULL,
		.no_backslash_escapes =
		    strstr(t->sql_mode, "NO_BACKSLASH_ESCAPES") != NULL,
		.mariadb = mariadb,
		.multibyte = multibyte_of(t->charset),
	};

	return mode;
}

/* name or schema.name at token *i, which is then behind it. */
static bool
find_name(const struct lex *l, size_t from, size_t *i,
    struct user_trigger_part *p)
{
	size_t last = lex_punct(l, *i + 1, '.') ? *i + 2 : *i;

	if (!lex_named(l, *i) || !lex_named(l, last))
		return false;
	p->at = from + l->token[*i].at;
	p->end = from + lex_end(l, last);
	*i = last + 1;
	return true;
}

/* Is the last name of the part this one, given as SQL? */
static bool
part_is(const struct user_trigger *t, struct user_trigger_part p,
    const char *sql)
{
	size_t len = strlen(sql), n = p.end - p.at;
	const char *end = t->create + p.end;

	return (n >= len && strncasecmp(end - len, sql, len) == 0) ||
	    (n >= len - 2 && strncasecmp(end - (len - 2), sql + 1,
	    len - 2) == 0);
}

/*
 * MariaDB keeps what it was sent, but writes the table's name anew when that
 * changes, in UTF-8 (sql_trigger.cc, change_table_name_in_trignames()).
 */
static bool
find_parts_mariadb(struct user_trigger *t, const struct qname *table,
    size_t from, const struct lex_mode *mode)
{
	struct err ignored = { .kind = ERR_NONE };
	bool found = false;
	struct lex l;
	size_t i = 1;

	if (lex_scan(&l, t->create + from, mode, &ignored) == 0 &&
	    lex_is(&l, 0, "TRIGGER")) {
		if (lex_is(&l, i, "IF"))
			i += 3;			/* NOT EXISTS */
		found = find_name(&l, from, &i, &t->called) &&
		    lex_is(&l, i++, t->timing) && lex_is(&l, i++, t->event) &&
		    lex_is(&l, i++, "ON") &&
		    find_name(&l, from, &i, &t->table) &&
		    lex_is(&l, i, "FOR") && lex_is(&l, i + 1, "EACH") &&
		    lex_is(&l, i + 2, "ROW");
		if (found)
			t->body = from + lex_end(&l, i + 2);
	}
	lex_free(&l);
	/* Where a quote may be half a character, what looks right need not
	 * be. */
	return found && (multibyte_of(t->charset) == MULTIBYTE_NONE ||
	    (part_is(t, t->called, t->name_sql) &&
	    (part_is(t, t->table, t->table_sql) ||
	    part_is(t, t->table, table->table.sql))));
}

/*
 * As MariaDB writes a table's new name in UTF-8 into the text, whatever that
 * is in, a quote may become half a character: RENAME breaks such a trigger,
 * or the server (10.11 ends by a signal).
 */
static int
check_rename(const struct user_trigger *t, const struct qname *table,
    struct err *e)
{
	static const char *const wide[] = { "big5", "cp932", "eucjpms",
	    "euckr", "gb18030", "gb2312", "gbk", "sjis", "ujis" };
	bool is_wide = false;
	size_t i;

	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		is_wide = is_wide || strcmp(t->charset, wide[i]) == 0;
	if (!is_wide || is_ascii(table->table.raw, strlen(table->table.raw)))
		return 0;
	err_set(e, ERR_REFUSED, "trigger %s was made by a client whose "
	    "character set is %s; on a table called %s, MariaDB breaks such a "
	    "trigger when the table is renamed", t->name.sql, t->charset,
	    table->table.sql);
	return err_hint(e, "create it again with character_set_client = "
	    "utf8mb4");
}

/* How the body ends decides how it is told from what follows it. */
static void
look_at_body(struct user_trigger *t, const struct lex_mode *mode)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *body = t->create + t->body, *rest;
	struct lex l;

	t->comment = true;
	if (lex_scan(&l, body, mode, &ignored) == 0 && l.n > 0) {
		rest = body + lex_end(&l, l.n - 1);
		t->comment = rest[strspn(rest, " \t\r\n")] != '\0';
		t->block = !t->comment && lex_is(&l, 0, "BEGIN") &&
		    lex_is(&l, l.n - 1, "END");
	}
	lex_free(&l);
}

int
user_trigger_parse(struct user_trigger *t, const struct qname *table,
    const char *definer, bool mariadb, struct err *e)
{
	struct lex_mode mode = mode_of(t, mariadb), plain = mode;
	struct definer d;
	size_t at;
	bool found;

	split_definer(&d, definer);
	plain.multibyte = MULTIBYTE_NONE;
	found = find_definer(t, &d, &at);
	if (found && mariadb)
		found = find_parts_mariadb(t, table, at, &mode) ||
		    find_parts_mariadb(t, table, at, &plain);
	else if (found)
		found = find_parts_mysql(t, table, at);
	free(d.user);
	free(d.host);
	if (!found)
		return not_understood(t, e);
	look_at_body(t, &mode);
	return 0;
}

int
user_trigger_load(struct user_trigger *t, struct db *db,
    const struct qname *table, const char *definer, bool mariadb,
    struct err *e)
{
	struct definer d;
	int rc;

	split_definer(&d, definer);
	rc = read_row(t, db, table, e) != 0 ||
	    name_in_it(&t->name_sql, t, db, t->name.raw, e) != 0 ||
	    name_in_it(&t->table_sql, t, db, table->table.raw, e) != 0 ||
	    name_definer(t, db, &d, e) != 0 ||
	    (mariadb && check_rename(t, table, e) != 0) ||
	    user_trigger_parse(t, table, definer, mariadb, e) != 0 ? -1 : 0;
	free(d.user);
	free(d.host);
	return rc;
}

void
user_trigger_free(struct user_trigger *t)
{
	free(t->timing);
	free(t->event);
	free(t->sql_mode);
	free(t->charset);
	free(t->collation);
	free(t->create);
	free(t->definer_sql);
	free(t->name_sql);
	free(t->table_sql);
	free(t->new_sql);
}

void
user_trigger_before(struct str *q, const struct user_trigger *t)
{
	str_addf(q, "SET SESSION sql_mode = '%s', character_set_client = %s, "
	    "collation_connection = %s", t->sql_mode, t->charset,
	    t->collation);
}

void
user_trigger_after(struct str *q)
{
	str_addz(q, "SET NAMES utf8mb4, SESSION sql_mode = '" SQL_MODE_OURS
	    "'");
}

void
user_trigger_stand_in(struct ident *to, const struct user_trigger *t)
{
	ident_plain(to, "", t->name.raw, "_livealter");
}

const char *
user_trigger_next(const struct user_trigger *t,
    const struct user_trigger *next)
{
	return strcmp(t->charset, next->charset) == 0 ||
	    ident_is_plain(next->name.raw) ? next->name_sql : NULL;
}

/* A name of the text, or the one that takes its place. */
static void
add_name(struct str *q, const struct user_trigger *t,
    struct user_trigger_part p, const char *other, const char *own)
{
	if (other != NULL)
		str_addz(q, other);
	else if (is_ascii(t->create + p.at, p.end - p.at))
		str_add(q, t->create + p.at, p.end - p.at);
	else
		str_addz(q, own);
}

/*
 * MariaDB: to run it again is no error, because one that CREATE TRIGGER ends
 * by may cost the lock of the table; see mdl_reopen().
 */
static void
add_text(struct str *q, const struct user_trigger *t,
    const struct user_trigger_form *form)
{
	const char *s = t->create;

	str_addf(q, "CREATE %sDEFINER=", form->mariadb ? "OR REPLACE " : "");
	add_name(q, t, t->definer, NULL, t->definer_sql);
	str_add(q, s + t->definer.end, t->called.at - t->definer.end);
	add_name(q, t, t->called, form->name, t->name_sql);
	str_add(q, s + t->called.end, t->table.at - t->called.end);
	add_name(q, t, t->table, form->table, t->table_sql);
	str_add(q, s + t->table.end, t->body - t->table.end);
	if (form->next != NULL)
		str_addf(q, " PRECEDES %s", form->next);
	str_addz(q, s + t->body);
}

/* swe7 has no "@", and a literal is converted to the collation's set. */
static bool
knows_ascii(const struct user_trigger *t)
{
	return strcmp(t->charset, "swe7") != 0 &&
	    strncmp(t->collation, "swe7", 4) != 0;
}

/*
 * As the session reads it under user_trigger_before(): what is not ASCII goes
 * by its bytes.
 */
static void
add_literal(struct str *q, const struct user_trigger *t, const char *text)
{
	bool escapes = strstr(t->sql_mode, "NO_BACKSLASH_ESCAPES") == NULL;

	if (!is_ascii(text, strlen(text)) || !knows_ascii(t)) {
		str_addf(q, "_%s ", t->charset);
		escape_hex(q, text);
		return;
	}
	str_addz(q, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\'' || (*text == '\\' && escapes))
			str_add(q, text, 1);
		str_add(q, text, 1);
	}
	str_addz(q, "'");
}

void
user_trigger_create(struct str *q, const struct user_trigger *t,
    const struct user_trigger_form *form)
{
	struct str text = STR_INIT;

	add_text(&text, t, form);
	if (form->mariadb) {
		str_addz(q, "EXECUTE IMMEDIATE ");
		add_literal(q, t, text.s);
	} else {
		str_add(q, text.s, text.len);
		/* What follows would be part of the comment. */
		if (t->comment && !form->alone)
			str_addz(q, "\n");
	}
	str_free(&text);
}

/* In a session that is set up for it, and allows one statement a packet. */
static int
send_alone(const struct user_trigger *t, struct db *db, struct err *e)
{
	const struct user_trigger_form form = {
		.table = "`livealter: no such table`", .alone = true };
	struct str q = STR_INIT;
	int rc;

	user_trigger_create(&q, t, &form);
	rc = db_quiet(db, e, "%s", q.s);
	str_free(&q);
	if (rc != 0 && (e->kind != ERR_SQL ||
	    db_class(e->sqlno) == DB_NO_TABLE ||
	    db_class(e->sqlno) == DB_DENIED))
		return e->kind == ERR_SQL ? 0 : -1;
	if (rc != 0)
		e->kind = ERR_TRIGGERS;
	else
		err_set(e, ERR_TRIGGERS, "a table was found that cannot be");
	return err_while(e, "trigger %s is not one statement by itself",
	    t->name.sql);
}

static int
read_alone(const struct user_trigger *t, struct db *db, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	int rc;

	user_trigger_before(&q, t);
	rc = db_quiet(db, e, "%s", q.s);
	if (rc == 0)
		rc = send_alone(t, db, e);
	str_reset(&q);
	user_trigger_after(&q);
	if (db_quiet(db, rc == 0 ? e : &e2, "%s", q.s) != 0)
		rc = -1;
	else if (rc == 0)
		e->kind = ERR_NONE;
	str_free(&q);
	return rc;
}

int
user_trigger_prepare(struct user_trigger *t, struct db *db,
    const struct ident *on, bool mariadb, struct err *e)
{
	free(t->new_sql);
	t->new_sql = NULL;
	return name_in_it(&t->new_sql, t, db, on->raw, e) != 0 ||
	    (!mariadb && read_alone(t, db, e) != 0) ? -1 : 0;
}
