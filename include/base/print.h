#ifndef PRINT_H
#define PRINT_H

#include <stdio.h>

#include "base/err.h"

/* The ways to standard output for whatever has texts of others in it. */

/* One line, whatever is in the texts: see escape_line(). */
void print_line(FILE *to, const char *fmt, ...) PRINTF(2, 3);

/* A statement, to which a semicolon is added: see escape_sql(). */
void print_sql(FILE *to, const char *fmt, ...) PRINTF(2, 3);

#endif
