#ifndef LIST_H
#define LIST_H

#include "base/str.h"

/*
 * The next element of a list with commas, without blanks around it and with
 * "\," made a comma.  *list moves on, and is NULL after the last.  The caller
 * frees it.
 */
char *list_next(const char **list);

/* One more element, which list_next() gives back but for blanks around it. */
void list_add(struct str *list, const char *item);

#endif
