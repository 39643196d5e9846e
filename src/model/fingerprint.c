#include "model/fingerprint.h"

#include <stdint.h>
#include <string.h>

#define DIGITS	16		/* of one line's hash */
#define SHOWN	3		/* lines that are named */

/* FNV-1a, of one line. */
static uint64_t
hash(const char *line, size_t len)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)line[i]) * 1099511628211u;
	return h;
}

static void
add_hash(struct str *out, const char *line, size_t len)
{
	str_addf(out, "%016llx", (unsigned long long)hash(line, len));
}

void
fingerprint_add(struct str *out, const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, "\n");
		add_hash(out, text, len);
		if (text[len] == '\0')
			return;
	}
}

static size_t
count(const char *print, const char *digits)
{
	size_t n = 0;

	for (; strlen(print) >= DIGITS; print += DIGITS)
		n += strncmp(print, digits, DIGITS) == 0;
	return n;
}

/* The first lines of the text that were not there before. */
static size_t
add_new_lines(struct str *why, const char *was, const char *text)
{
	struct str digits = STR_INIT;
	size_t len, n = 0;

	for (;; text += len + 1) {
		len = strcspn(text, "\n");
		str_reset(&digits);
		add_hash(&digits, text, len);
		if (count(was, digits.s) == 0 && n++ < SHOWN)
			str_addf(why, "%s%.*s", n > 1 ? "; " : "now: ",
			    (int)(len > 200 ? 200 : len), text);
		if (text[len] == '\0')
			break;
	}
	str_free(&digits);
	return n;
}

bool
fingerprint_same(const char *was, const char *text, struct str *why)
{
	struct str now = STR_INIT;
	bool same;
	size_t gone = 0, i, n;

	fingerprint_add(&now, text);
	same = strcmp(now.s, was) == 0;
	if (!same) {
		for (i = 0; i + DIGITS <= strlen(was); i += DIGITS)
			gone += count(now.s, was + i) == 0;
		n = add_new_lines(why, was, text);
		if (gone > 0)
			str_addf(why, "%s%zu line%s of before %s gone",
			    n > 0 ? "; " : "", gone, gone == 1 ? "" : "s",
			    gone == 1 ? "is" : "are");
		if (n == 0 && gone == 0)
			str_addz(why, "the order of its lines");
	}
	str_free(&now);
	return same;
}
