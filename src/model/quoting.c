#include "model/quoting.h"

#include <stdlib.h>

#include "base/str.h"
#include "model/lex.h"

/* Add the name in these quotes.  Does MySQL break it? */
static bool
quote(struct str *q, const char *raw, char by)
{
	size_t begin = q->len + 1, doubled = 0;

	str_add(q, &by, 1);
	for (; *raw != '\0'; raw++) {
		str_add(q, raw, 1);
		if (*raw != by)
			continue;
		str_add(q, &by, 1);
		doubled++;
	}
	str_add(q, &by, 1);
	/* Each is a byte that no character of UTF-8 begins with? */
	return ((unsigned char)q->s[begin + doubled] & 0xc0) == 0x80 ||
	    ((unsigned char)q->s[q->len - 1 - doubled] & 0xc0) == 0x80;
}

static void
add_name(struct str *q, struct plan *p, const struct ident *name)
{
	struct str one = STR_INIT;

	if (quote(&one, name->raw, '`')) {
		str_reset(&one);
		if (!quote(&one, name->raw, '"'))
			p->ansi_quotes = true;
		else if (p->unsayable.raw[0] == '\0')
			p->unsayable = *name;
	}
	str_add(q, one.s, one.len);
	str_free(&one);
}

/* Our texts have no strings but those in single quotes. */
static void
requote(struct plan *p, struct trigger *t)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	struct ident name;
	struct lex l;
	size_t i, done = 0;
	int rc = lex_scan(&l, t->body, &mode, &ignored);

	for (i = 0; rc == 0 && i < l.n; i++) {
		if (l.token[i].kind != LEX_NAME ||
		    lex_name(&l, i, &name, &ignored) != 0)
			continue;
		str_add(&q, t->body + done, l.token[i].at - done);
		add_name(&q, p, &name);
		done = lex_end(&l, i);
	}
	str_addz(&q, t->body + done);
	lex_free(&l);
	free(t->body);
	t->body = str_take(&q);
}

void
quoting_triggers(struct plan *p)
{
	int ev;

	for (ev = 0; ev < N_TRIGGERS; ev++)
		requote(p, &p->trigger[ev]);
}

int
quoting_check(const struct plan *p, struct err *e)
{
	if (p->unsayable.raw[0] == '\0')
		return 0;
	err_set(e, ERR_REFUSED, "MySQL can store no trigger in which the name "
	    "%s occurs: it breaks names that have backticks, double quotes and "
	    "other characters than ASCII in such places", p->unsayable.sql);
	return err_hint(e, "rename it first; RENAME COLUMN, RENAME INDEX and "
	    "RENAME TABLE change the definition only");
}
