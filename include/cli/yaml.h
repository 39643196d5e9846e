#ifndef CLI_YAML_H
#define CLI_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "cli/option.h"

/*
 * A file of options:
 *
 *	host: db1
 *	no-drop-old-table: true
 *	tries: [copy_rows:20:0.5, swap_tables:30:1]
 *	jobs:
 *	  add-status:
 *	    alter: ADD COLUMN status INT
 *	    database: app
 *	    table: orders
 *
 * The options of the job that was chosen override those beside "jobs".
 */

/*
 * Feed a file to option_set().  A file that is missing is a complaint unless
 * optional.  job may be NULL; *found becomes true when the file has the job.
 * Returns 0, or -1 with complaints in o->wrong.
 */
int yaml_load(struct options *o, const char *file, bool optional,
    const char *job, bool *found);

/* The same for text in memory; name goes in front of complaints. */
int yaml_load_text(struct options *o, const char *name, const char *text,
    size_t len, const char *job, bool *found);

/* Add "key: value", with the value quoted so that it reads back the same. */
void yaml_add(struct str *to, const char *key, const char *value);

#endif
