#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include <stddef.h>

#include "base/str.h"
#include "cli/option.h"
#include "cli/yaml.h"

/* The files of options of a run.  Each is read once, since it may be a pipe,
 * and then applied for each job. */
struct config_files {
	struct yaml_file *file;
	size_t n;
};

/* /etc/livealter.yaml, ~/.livealter.yaml, and those of --config; what is
 * wrong goes to o->wrong.  config_files_free() is due. */
void config_files_read(struct config_files *f, struct options *o);
void config_files_free(struct config_files *f);

/* The options of all of them and, unless it is NULL, of this job, with a
 * complaint if no file has it. */
void config_files_apply(const struct config_files *f, struct options *o,
    const char *job);

/* The names of all jobs in their order, as --job has them. */
void config_files_jobs(const struct config_files *f, struct str *list);

#endif
