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

/* A file, as it is read. */
struct yaml_file {
	char *name, *text;
	size_t len;
	bool is_open;		/* anybody may read it */
};

/*
 * Read a file.  Returns 0, and yaml_forget() is due; or -1, with a complaint in
 * o->wrong unless it is missing and optional.
 */
int yaml_read(struct yaml_file *f, struct options *o, const char *name,
    bool optional);
void yaml_forget(struct yaml_file *f);

/*
 * Feed a file to option_set().  job may be NULL; *found becomes true when the
 * file has the job.  Returns 0, or -1 with complaints in o->wrong.
 */
int yaml_load(struct options *o, const struct yaml_file *f, const char *job,
    bool *found);

/* Call fn for each job of the file; what is wrong with it is not said. */
typedef void yaml_job_fn(void *arg, const char *name);
void yaml_jobs(const struct yaml_file *f, yaml_job_fn *fn, void *arg);

/* The same for text in memory; name goes in front of complaints. */
int yaml_load_text(struct options *o, const char *name, const char *text,
    size_t len, const char *job, bool *found);

/* Add a text in quotes, so that it reads back the same. */
void yaml_add_quoted(struct str *to, const char *text);

/* Add "key: value", with the value quoted so that it reads back the same. */
void yaml_add(struct str *to, const char *key, const char *value);

/* Add "key: [line, line]", of a text with one line at least. */
void yaml_add_lines(struct str *to, const char *key, const char *lines);

#endif
