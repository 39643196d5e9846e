#ifndef FILTERS_H
#define FILTERS_H

#include <stdbool.h>

#include "base/str.h"
#include "model/fkey.h"
#include "model/names.h"

/*
 * What a replica, or the binary log of a server, leaves out, and by what rules.
 *
 * Rules of databases count for the default database of a statement, and for
 * the changed rows of every table.  Most of livealter's statements have no
 * default database: that they pass, as the rows do, cannot be relied on as soon
 * as there is any such rule, whatever database it names.  Rules of
 * tables count for both, and of a statement about several tables the first one
 * that any rule names decides.
 */
enum filter {
	FILTER_DO_DB,
	FILTER_IGNORE_DB,
	FILTER_DO_TABLE,
	FILTER_IGNORE_TABLE,
	FILTER_WILD_DO_TABLE,
	FILTER_WILD_IGNORE_TABLE,
	FILTER_REWRITE_DB,
	N_FILTERS
};

struct filters {
	char *list[N_FILTERS];	/* as the server shows it; NULL: none */
	bool any_case;		/* lower_case_table_names is not 0 */
};

/* The word after "replicate_" or, of the first two, "binlog_". */
const char *filters_word(enum filter f);

/*
 * Do they treat anything that livealter makes or changes beside the table, such
 * as the children whose foreign keys follow it, otherwise than the table
 * itself?  Adds to *why which rule it is, and whom they part; prefix is
 * "replicate_" or "binlog_".
 */
bool filters_part(struct str *why, const struct filters *f,
    const char *prefix, const struct names *n, const struct fkeys *children);

void filters_free(struct filters *f);

#endif
