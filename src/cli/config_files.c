#include "cli/config_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/util.h"

static void
add(struct config_files *f, struct options *o, const char *name, bool optional)
{
	f->file = xrealloc(f->file, f->n + 1, sizeof(*f->file));
	if (yaml_read(&f->file[f->n], o, name, optional) == 0)
		f->n++;
}

/* An empty name in --config stands for "not even the usual files". */
static bool
usual_files(const struct config *c)
{
	const char *rest = c->config;
	bool usual = true;
	char *file;

	while (rest != NULL) {
		file = list_next(&rest);
		if (*file == '\0')
			usual = false;
		free(file);
	}
	return usual;
}

static void
add_usual(struct config_files *f, struct options *o)
{
	const char *home = getenv("HOME");
	struct str file = STR_INIT;

	add(f, o, "/etc/livealter.yaml", true);
	if (home == NULL || *home == '\0')
		return;
	str_addf(&file, "%s/.livealter.yaml", home);
	add(f, o, file.s, true);
	str_free(&file);
}

void
config_files_read(struct config_files *f, struct options *o)
{
	const char *rest = o->c->config;
	char *file;

	*f = (struct config_files){ .n = 0 };
	if (usual_files(o->c))
		add_usual(f, o);
	while (rest != NULL) {
		file = list_next(&rest);
		if (*file != '\0')
			add(f, o, file, false);
		free(file);
	}
}

void
config_files_free(struct config_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		yaml_forget(&f->file[i]);
	free(f->file);
}

void
config_files_apply(const struct config_files *f, struct options *o,
    const char *job)
{
	bool found = false;
	struct str all = STR_INIT;
	size_t i;

	for (i = 0; i < f->n; i++)
		yaml_load(o, &f->file[i], job, &found);
	/* It may stand in what cannot be read. */
	if (job != NULL && !found && o->wrong.len == 0) {
		config_files_jobs(f, &all);
		option_wrong(o, "--job: no such job in the files: \"%.60s\"%s"
		    "%.500s", job, all.len > 0 ? "; there are " : "", all.s);
	}
	str_free(&all);
}

static bool
has(const struct str *list, const char *name)
{
	const char *rest = list->len > 0 ? list->s : NULL;
	bool found = false;
	char *item;

	while (rest != NULL && !found) {
		item = list_next(&rest);
		found = strcmp(item, name) == 0;
		free(item);
	}
	return found;
}

/* yaml_job_fn: several files may have the same. */
static void
add_name(void *arg, const char *name)
{
	struct str *list = arg;

	if (!has(list, name))
		list_add(list, name);
}

void
config_files_jobs(const struct config_files *f, struct str *list)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		yaml_jobs(&f->file[i], add_name, list);
}
