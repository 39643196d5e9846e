#ifndef TEXT_LIST_H
#define TEXT_LIST_H

#include "base/str.h"

/*
 * Lists in one text: each element is preceded by its length, so that it may
 * hold anything.
 */
void text_list_add(struct str *list, const char *element);

/* The same of a text as valid UTF-8, of which at most size bytes are taken;
 * dots are in the place of what is cut off. */
void text_list_add_cut(struct str *list, const char *text, size_t size);

/*
 * The next element as a text that the caller frees; *list then begins behind
 * it.  NULL at the end, or where the text is no list.
 */
char *text_list_next(const char **list);

#endif
