#include "base/json.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

/* What JSON wants escaped, and what a terminal would obey. */
static void
add_code(struct str *out, uint32_t code)
{
	if (code == UTF8_INVALID)
		code = 0xfffd;		/* the replacement character */
	if (code > 0xffff)
		str_addf(out, "\\u%04x\\u%04x",
		    (unsigned int)(0xd800 + ((code - 0x10000) >> 10)),
		    (unsigned int)(0xdc00 + (code & 0x3ff)));
	else
		str_addf(out, "\\u%04x", (unsigned int)code);
}

void
json_text(struct str *out, const char *text)
{
	uint32_t code;
	size_t len;

	str_addz(out, "\"");
	for (; *text != '\0'; text += len) {
		len = utf8_next(text, &code);
		if (*text == '"' || *text == '\\')
			str_addf(out, "\\%c", *text);
		else if (utf8_unsafe(code))
			add_code(out, code);
		else
			str_add(out, text, len);
	}
	str_addz(out, "\"");
}

void
json_member(struct str *out, const char *name, const char *text)
{
	json_text(out, name);
	str_addz(out, ": ");
	if (text != NULL)
		json_text(out, text);
	else
		str_addz(out, "null");
}

/* Lines of a text are lines of the string. */
void
json_lines(struct str *out, const char *text)
{
	struct str plain = STR_INIT;
	const char *next;

	while ((next = strstr(text, ERR_LINE)) != NULL) {
		str_add(&plain, text, (size_t)(next - text));
		str_addz(&plain, "\n");
		text = next + strlen(ERR_LINE);
	}
	str_addz(&plain, text);
	json_text(out, plain.s);
	str_free(&plain);
}

void
json_field(struct str *out, const char *name, const char *text)
{
	str_addz(out, ", ");
	if (text == NULL) {
		json_member(out, name, NULL);
		return;
	}
	json_text(out, name);
	str_addz(out, ": ");
	json_lines(out, text);
}

void
json_count(struct str *out, const char *name, unsigned long long n)
{
	str_addf(out, ", \"%s\": %llu", name, n);
}

void
json_seconds(struct str *out, const char *name, double seconds)
{
	str_addf(out, ", \"%s\": %.3f", name, seconds > 0 ? seconds : 0);
}

void
json_bool(struct str *out, const char *name, bool yes)
{
	str_addf(out, ", \"%s\": %s", name, yes ? "true" : "false");
}
