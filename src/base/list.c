#include "base/list.h"

#include <ctype.h>
#include <stddef.h>

char *
list_next(const char **list)
{
	const char *p = *list;
	struct str item = STR_INIT;

	while (isspace((unsigned char)*p))
		p++;
	for (; *p != '\0' && *p != ','; p++) {
		if (*p == '\\' && p[1] == ',')
			p++;
		str_add(&item, p, 1);
	}
	while (item.len > 0 && isspace((unsigned char)item.s[item.len - 1]))
		item.s[--item.len] = '\0';
	*list = *p == ',' ? p + 1 : NULL;
	return str_take(&item);
}

void
list_add(struct str *list, const char *item)
{
	/* A backslash at the end would escape the comma. */
	if (list->len > 0 && list->s[list->len - 1] == '\\')
		str_addz(list, " ");
	if (list->len > 0)
		str_addz(list, ",");
	for (; *item != '\0'; item++) {
		if (*item == ',')
			str_addz(list, "\\");
		str_add(list, item, 1);
	}
}
