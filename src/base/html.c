#include "base/html.h"

#include <string.h>

#include "base/err.h"
#include "base/escape.h"

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
