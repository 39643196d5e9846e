#include "base/text_list.h"

#include <string.h>

#include "base/util.h"

void
text_list_add(struct str *list, const char *element)
{
	str_addf(list, "%zu:%s\n", strlen(element), element);
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
