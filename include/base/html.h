#ifndef HTML_H
#define HTML_H

#include "base/str.h"

/*
 * Add a text of others to a page, between tags or in an attribute with quotes.
 * No byte of it is markup, and what would not be shown is escaped as for a
 * terminal (base/escape.h).  Lines of a message (ERR_LINE) are lines; of a
 * statement those that it has.
 */
void html_text(struct str *out, const char *text);
void html_sql(struct str *out, const char *sql);

/* The bytes that a text becomes there, at most; and as much of it, with dots
 * behind that, as becomes so many, to be freed. */
size_t html_bytes(const char *text);
char *html_cut(const char *text, size_t size);

#endif
