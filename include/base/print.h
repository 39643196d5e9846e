#ifndef PRINT_H
#define PRINT_H

#include "base/err.h"
#include "base/str.h"

/* Lines for standard output that have texts of others in them. */

/* Add one line, whatever is in the texts: see escape_line(). */
void print_line(struct str *to, const char *fmt, ...) PRINTF(2, 3);

/* Add a statement, to which a semicolon is added: see escape_sql(). */
void print_sql(struct str *to, const char *fmt, ...) PRINTF(2, 3);

#endif
