#include "base/html.h"

#include <string.h>

#include "base/err.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "base/util.h"

/* Of what is valid UTF-8. */
static void
add_marked(struct str *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			str_addz(out, "&amp;");
			break;
		case '<':
			str_addz(out, "&lt;");
			break;
		case '>':
			str_addz(out, "&gt;");
			break;
		case '"':
			str_addz(out, "&quot;");
			break;
		case '\'':
			str_addz(out, "&#39;");
			break;
		default:
			str_add(out, text, 1);
		}
}

/* What a character becomes has so many bytes at most. */
static size_t
bytes_of(uint32_t code, size_t len)
{
	switch (code) {
	case '&':
	case '\'':
		return sizeof("&#39;") - 1;
	case '<':
	case '>':
		return sizeof("&lt;") - 1;
	case '"':
		return sizeof("&quot;") - 1;
	case '\n':
		return sizeof("\\n") - 1;
	default:
		return utf8_unsafe(code) ? sizeof("\\UHHHHHHHH") - 1 : len;
	}
}

/* How much of a text becomes at most so many bytes; *bytes is how many. */
static size_t
fitting(const char *text, size_t size, size_t *bytes)
{
	size_t n, len;
	uint32_t code;

	*bytes = 0;
	for (n = 0; text[n] != '\0'; n += len) {
		len = utf8_next(text + n, &code);
		if (*bytes + bytes_of(code, len) > size)
			break;
		*bytes += bytes_of(code, len);
	}
	return n;
}

size_t
html_bytes(const char *text)
{
	size_t bytes;

	fitting(text, SIZE_MAX, &bytes);
	return bytes;
}

char *
html_cut(const char *text, size_t size)
{
	struct str s = STR_INIT;
	size_t bytes, n = fitting(text, size, &bytes);

	if (text[n] == '\0')
		return xstrdup(text);
	str_add(&s, text, n);
	str_addz(&s, "...");
	return str_take(&s);
}

void
html_text(struct str *out, const char *text)
{
	struct str line = STR_INIT, plain = STR_INIT;
	const char *next;

	do {
		next = strstr(text, ERR_LINE);
		str_reset(&line);
		str_add(&line, text, next != NULL ? (size_t)(next - text) :
		    strlen(text));
		escape_line(&plain, line.s);
		if (next != NULL) {
			str_addz(&plain, "\n");
			text = next + strlen(ERR_LINE);
		}
	} while (next != NULL);
	add_marked(out, plain.s);
	str_free(&line);
	str_free(&plain);
}

void
html_sql(struct str *out, const char *sql)
{
	struct str plain = STR_INIT;

	escape_sql(&plain, sql);
	add_marked(out, plain.s);
	str_free(&plain);
}
