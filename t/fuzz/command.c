#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/ident.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool yes)
{
	if (!yes)
		abort();
}

/* Nothing in it is obeyed by a terminal; and it stays as it is. */
static void
is_safe(const char *text, bool layout)
{
	uint32_t code;

	while (*text != '\0') {
		text += utf8_next(text, &code);
		must(!utf8_unsafe(code) || (layout && (code == '\n' ||
		    code == '\t' || code == '\r')));
	}
}

static void
try_escape(const char *text)
{
	struct str line = STR_INIT, again = STR_INIT;

	escape_line(&line, text);
	is_safe(line.s, false);
	escape_line(&again, line.s);
	must(strcmp(line.s, again.s) == 0);
	str_reset(&line);
	escape_sql(&line, text);
	is_safe(line.s, true);
	str_reset(&line);
	json_text(&line, text);
	is_safe(line.s, false);
	must(line.s[0] == '"' && line.s[line.len - 1] == '"');
	str_free(&line);
	str_free(&again);
}

/* What printf(1) makes of its format, which has octal numbers only. */
static const char *
unprint(struct str *word, const char *p)
{
	char c;

	for (; *p != '\''; p++) {
		must(*p != '\0' && *p != '%');
		c = *p;
		if (c == '\\') {
			must(strspn(p + 1, "01234567") >= 3);
			c = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 +
			    p[3] - '0');
			p += 3;
		}
		str_add(word, &c, 1);
	}
	return p;
}

/* The next word as a shell takes it, for the quotes that we use. */
static const char *
unquote(struct str *word, const char *p)
{
	static const char made[] = "\"$(printf '";

	str_reset(word);
	if (strncmp(p, made, sizeof(made) - 1) == 0) {
		p = unprint(word, p + sizeof(made) - 1);
		must(strncmp(p, "')\"", 3) == 0);
		must(word->len == 0 || word->s[word->len - 1] != '\n');
		return p + 3;
	}
	while (*p != ' ' && *p != '\0') {
		if (*p == '\'') {
			for (p++; *p != '\''; p++) {
				must(*p != '\0');
				str_add(word, p, 1);
			}
			p++;
		} else if (*p == '\\') {
			must(p[1] == '\'');
			str_add(word, p + 1, 1);
			p += 2;
		} else {
			must(strchr("|&;<>()$`\"*?[#~!{}\t\n", *p) == NULL);
			str_add(word, p++, 1);
		}
	}
	return p;
}

/* A command that is pasted means the two names again. */
static void
try_command(const char *database, const char *table)
{
	const struct config c = { .database = (char *)(uintptr_t)database };
	struct str s = STR_INIT, word = STR_INIT, name = STR_INIT;
	const char *p;
	struct err e;
	struct dsn d;

	/* No name of a server's ends so; nor does a table of such a one. */
	if (database[strlen(database) - 1] == '\n')
		return;
	command_add(&s, &c, "status", table);
	is_safe(utf8_valid(database) && utf8_valid(table) ? s.s : "", false);
	must(strncmp(s.s, "livealter status ", 17) == 0);
	p = unquote(&word, s.s + 17);
	must(dsn_parse(&d, word.s, &e) == 0);
	must(strcmp(d.database, database) == 0);
	if (strncmp(p, " --table ", 9) == 0) {
		p = unquote(&name, p + 9);
		must(d.table == NULL && strcmp(name.s, table) == 0);
	} else {
		must(strcmp(d.table, table) == 0);
	}
	must(*p == '\0' && d.host == NULL && d.password == NULL);
	dsn_free(&d);
	str_free(&s);
	str_free(&word);
	str_free(&name);
}

/* A name that is taken is quoted, and makes others that are as good. */
static void
try_name(const char *name)
{
	struct ident id, made;
	struct qname q;
	struct err e;

	if (qname_set(&q, name, name, &e) != 0)
		return;
	ident_derive(&made, "~livealter_", name, "_livealter2");
	must(ident_set(&id, made.raw, &e) == 0);
	must(strcmp(id.sql, made.sql) == 0);
	qname_beside(&q, &q, &made);
}

/* Two names with a NUL between them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *bytes = data;
	const char *from = bytes;
	char *database = xstrndup(from, size), *table;
	size_t len = strlen(database);

	table = len < size ? xstrndup(from + len + 1, size - len - 1) :
	    xstrdup("t");
	try_escape(database);
	try_name(database);
	if (*database != '\0' && *table != '\0' &&
	    strlen(database) + strlen(table) < 2000)
		try_command(database, table);
	free(database);
	free(table);
	return 0;
}
