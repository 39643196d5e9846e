#include "model/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"

/* What every MySQL and every MariaDB that we support executes. */
#define MYSQL_ALWAYS 50700
#define MARIADB_ALWAYS 100600

#define SHOWN 40	/* bytes of the text, in a message */

struct scanner {
	struct lex *out;
	const struct lex_mode *mode;
	const char *s;		/* what comes next */
	const char *version;	/* the version comment we are in, or NULL */
	bool maybe;		/* and whether it depends on the server */
	struct err *e;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Every byte of a character outside of ASCII may be part of a name. */
static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

static void
add(struct scanner *sc, enum lex_kind kind, const char *end)
{
	struct lex *l = sc->out;
	struct lex_token *t;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->token = xrealloc(l->token, l->cap, sizeof(*l->token));
	}
	t = &l->token[l->n++];
	t->kind = kind;
	t->at = (size_t)(sc->s - l->text);
	t->len = (size_t)(end - sc->s);
	t->maybe = sc->maybe;
	sc->s = end;
}

static int
unclosed(struct scanner *sc, const char *what, const char *from)
{
	return err_set(sc->e, ERR_USAGE, "%s is not closed: %.*s", what, SHOWN,
	    from);
}

static size_t
char_len(const struct scanner *sc, const char *s)
{
	return multibyte_len(sc->mode->multibyte, s);
}

/* A quote inside is written twice; in a string, a backslash guards it too. */
static int
scan_quoted(struct scanner *sc, enum lex_kind kind)
{
	bool escapes = kind == LEX_STRING && !sc->mode->no_backslash_escapes;
	char quote = *sc->s;
	const char *p;

	for (p = sc->s + 1; *p != '\0'; p++) {
		if (char_len(sc, p) > 1) {
			p += char_len(sc, p) - 1;
		} else if (*p == '\\' && escapes) {
			if (*++p == '\0')
				break;
		} else if (*p == quote && *++p != quote) {
			add(sc, kind, p);
			return 0;
		}
	}
	return unclosed(sc, kind == LEX_NAME ? "a name" : "a string", sc->s);
}

static void
scan_word(struct scanner *sc)
{
	enum lex_kind kind = LEX_NUMBER;
	const char *p;

	for (p = sc->s; is_word(*p); p += char_len(sc, p))
		if (!is_digit(*p))
			kind = LEX_WORD;
	add(sc, kind, p);
}

static void
skip_line(struct scanner *sc)
{
	sc->s += strcspn(sc->s, "\n");
}

/*
 * A comment ends at the first end mark; a version comment that is not
 * executed may have whole comments inside.
 */
static int
skip_comment(struct scanner *sc, bool nests)
{
	const char *p = sc->s + 2;
	int depth = 1;

	for (; *p != '\0'; p++) {
		if (p[0] == '*' && p[1] == '/') {
			p++;
			if (--depth == 0) {
				sc->s = p + 1;
				return 0;
			}
		} else if (nests && depth == 1 && p[0] == '/' && p[1] == '*') {
			p++;
			depth++;
		}
	}
	return unclosed(sc, "a comment", sc->s);
}

/* Five or six digits are a version; less are code already. */
static const char *
skip_version(const char *p, unsigned long *version)
{
	size_t i, n = 0;

	*version = 0;
	while (n < 6 && is_digit(p[n]))
		n++;
	if (n < 5)
		return p;
	for (i = 0; i < n; i++)
		*version = 10 * *version + (unsigned long)(p[i] - '0');
	return p + n;
}

static int
scan_comment(struct scanner *sc)
{
	const char *p = sc->s + 2, *code;
	bool own = sc->mode->mariadb && p[0] == 'M' && p[1] == '!';
	unsigned long version;

	if (*p != '!' && !own)
		return skip_comment(sc, false);
	code = skip_version(p + (own ? 2 : 1), &version);
	/* These are MySQL's since they parted; MariaDB leaves them out. */
	if (sc->mode->mariadb && !own && version >= 50700 && version <= 99999)
		return skip_comment(sc, true);
	sc->version = sc->s;
	sc->maybe = version > (sc->mode->mariadb ? MARIADB_ALWAYS :
	    MYSQL_ALWAYS);
	sc->s = code;
	return 0;
}

/* "--" starts a comment only before a blank, a control character or nothing. */
static bool
at_line_comment(const char *s)
{
	if (*s == '#')
		return true;
	return s[0] == '-' && s[1] == '-' &&
	    ((unsigned char)s[2] <= ' ' || s[2] == 0x7f);
}

static int
scan_one(struct scanner *sc)
{
	const char *s = sc->s;

	if (is_word(*s)) {
		scan_word(sc);
	} else if (*s == '\'') {
		return scan_quoted(sc, LEX_STRING);
	} else if (*s == '`') {
		return scan_quoted(sc, LEX_NAME);
	} else if (*s == '"') {
		return scan_quoted(sc, sc->mode->ansi_quotes ? LEX_NAME :
		    LEX_STRING);
	} else if (at_line_comment(s)) {
		skip_line(sc);
	} else if (s[0] == '/' && s[1] == '*') {
		return scan_comment(sc);
	} else if (s[0] == '*' && s[1] == '/' && sc->version != NULL) {
		sc->version = NULL;
		sc->maybe = false;
		sc->s += 2;
	} else if (is_blank(*s)) {
		sc->s++;
	} else {
		add(sc, LEX_PUNCT, s + 1);
	}
	return 0;
}

int
lex_scan(struct lex *l, const char *text, const struct lex_mode *mode,
    struct err *e)
{
	struct scanner sc = { .mode = mode, .s = text, .e = e };

	memset(l, 0, sizeof(*l));
	l->text = text;
	sc.out = l;
	while (*sc.s != '\0')
		if (scan_one(&sc) != 0)
			return -1;
	if (sc.version != NULL)
		return unclosed(&sc, "a comment", sc.version);
	return 0;
}

void
lex_free(struct lex *l)
{
	free(l->token);
	memset(l, 0, sizeof(*l));
}

bool
lex_is(const struct lex *l, size_t i, const char *word)
{
	const struct lex_token *t;

	if (i >= l->n)
		return false;
	t = &l->token[i];
	return t->kind == LEX_WORD && t->len == strlen(word) &&
	    strncasecmp(l->text + t->at, word, t->len) == 0;
}

bool
lex_punct(const struct lex *l, size_t i, char c)
{
	return i < l->n && l->token[i].kind == LEX_PUNCT &&
	    l->text[l->token[i].at] == c;
}

bool
lex_named(const struct lex *l, size_t i)
{
	return i < l->n && (l->token[i].kind == LEX_WORD ||
	    l->token[i].kind == LEX_NAME);
}

bool
lex_digit(const struct lex *l, size_t i)
{
	return i < l->n && is_digit(l->text[l->token[i].at]);
}

size_t
lex_end(const struct lex *l, size_t i)
{
	return l->token[i].at + l->token[i].len;
}

int
lex_name(const struct lex *l, size_t i, struct ident *id, struct err *e)
{
	const struct lex_token *t = &l->token[i];
	const char *s = l->text + t->at, *end = s + t->len;
	struct str raw = STR_INIT;
	int rc;

	if (t->kind == LEX_WORD) {
		str_add(&raw, s, t->len);
	} else {
		for (s++; s < end - 1; s++) {
			str_add(&raw, s, 1);
			if (*s == *(end - 1))
				s++;
		}
	}
	rc = ident_set(id, raw.s, e);
	str_free(&raw);
	return rc;
}

bool
lex_any(const struct lex *l, size_t i, const char *const *word)
{
	while (*word != NULL && !lex_is(l, i, *word))
		word++;
	return *word != NULL;
}
