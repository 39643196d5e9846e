#ifndef SQL_FILE_H
#define SQL_FILE_H

#include "base/err.h"

/*
 * The text of a file, without the mark that Windows puts in front of UTF-8; the
 * caller frees it.  Returns 0, or -1 with *e (ERR_USAGE): it cannot be read, is
 * larger than a megabyte, or is no text in UTF-8.
 */
int sql_file_read(const char *file, char **text, struct err *e);

#endif
