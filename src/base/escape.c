#include "base/escape.h"

#include <string.h>

#include "base/utf8.h"

static void
add_code(struct str *out, const char *bytes, uint32_t code)
{
	if (code == '\n')
		str_addz(out, "\\n");
	else if (code == '\r')
		str_addz(out, "\\r");
	else if (code == '\t')
		str_addz(out, "\\t");
	else if (code < 0x80 || code == UTF8_INVALID)
		str_addf(out, "\\x%02x", (unsigned int)(unsigned char)*bytes);
	else
		str_addf(out, code > 0xffff ? "\\U%08x" : "\\u%04x",
		    (unsigned int)code);
}

/* Add the character at s; returns its bytes. */
static size_t
add_char(struct str *out, const char *s)
{
	uint32_t code;
	size_t len = utf8_next(s, &code);

	if (utf8_unsafe(code))
		add_code(out, s, code);
	else
		str_add(out, s, len);
	return len;
}

void
escape_line(struct str *out, const char *text)
{
	while (*text != '\0')
		text += add_char(out, text);
}

/* Where a statement is: in quotes of this kind, in a comment, or in neither. */
enum { OUTSIDE = 0, IN_BLOCK = '*', IN_REST = '-' };

/*
 * What the character at s makes of that.  Whether a backslash escapes a quote
 * depends on sql_mode; nothing but how a line is shown depends on it here.
 */
static char
state_after(char in, const char *s)
{
	if (in == IN_REST)
		return *s == '\n' ? OUTSIDE : in;
	if (in == IN_BLOCK)
		return s[0] == '*' && s[1] == '/' ? OUTSIDE : in;
	if (in != OUTSIDE)
		return *s == in ? OUTSIDE : in;
	if (*s == '\'' || *s == '"' || *s == '`')
		return *s;
	if (s[0] == '/' && s[1] == '*')
		return IN_BLOCK;
	return *s == '#' || strncmp(s, "-- ", 3) == 0 ? IN_REST : OUTSIDE;
}

/* What lays out a statement, as opposed to a name in it. */
static bool
is_layout(char in, const char *s)
{
	return in != '`' && (*s == '\n' || *s == '\t' ||
	    (s[0] == '\r' && s[1] == '\n'));
}

void
escape_sql(struct str *out, const char *sql)
{
	char in = OUTSIDE;

	while (*sql != '\0') {
		in = state_after(in, sql);
		/* The quote after it is no end. */
		if ((in == '\'' || in == '"') && sql[0] == '\\' &&
		    sql[1] != '\0')
			str_add(out, sql++, 1);
		if (is_layout(in, sql))
			str_add(out, sql++, 1);
		else
			sql += add_char(out, sql);
	}
}

void
escape_hex(struct str *out, const char *text)
{
	str_addz(out, "x'");
	for (; *text != '\0'; text++)
		str_addf(out, "%02x", (unsigned int)(unsigned char)*text);
	str_addz(out, "'");
}
