#include "base/text_list.h"

#include <string.h>

#include "base/utf8.h"
#include "base/util.h"

#define REPLACED "\xef\xbf\xbd"	/* U+FFFD */

void
text_list_add(struct str *list, const char *element)
{
	str_addf(list, "%zu:%s\n", strlen(element), element);
}

static void
add_valid(struct str *out, const char *text)
{
	uint32_t code;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = utf8_next(text, &code);
		if (code == UTF8_INVALID)
			str_addz(out, REPLACED);
		else
			str_add(out, text, len);
	}
}

void
text_list_add_cut(struct str *list, const char *text, size_t size)
{
	struct str all = STR_INIT, some = STR_INIT;
	size_t len, n = 0;
	uint32_t code;

	add_valid(&all, text);
	if (all.len > size && size >= 3) {
		while (n + (len = utf8_next(all.s + n, &code)) <= size - 3)
			n += len;
		str_add(&some, all.s, n);
		str_addz(&some, "...");
	}
	text_list_add(list, all.len > size ? some.s : all.s);
	str_free(&all);
	str_free(&some);
}

char *
text_list_next(const char **list)
{
	size_t len = 0;
	const char *p = *list;
	char *element;

	for (; *p >= '0' && *p <= '9' && len < 100000000; p++)
		len = 10 * len + (size_t)(*p - '0');
	/* Not all of a long list is looked at for each of its elements. */
	if (p == *list || *p != ':' || strnlen(p + 1, len + 1) <= len ||
	    p[1 + len] != '\n')
		return NULL;
	element = xstrndup(p + 1, len);
	*list = p + 1 + len + 1;
	return element;
}
