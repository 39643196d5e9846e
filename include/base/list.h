#ifndef LIST_H
#define LIST_H

/*
 * The next element of a list with commas, without blanks around it and with
 * "\," made a comma.  *list moves on, and is NULL after the last.  The caller
 * frees it.
 */
char *list_next(const char **list);

#endif
