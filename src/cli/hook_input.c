#define _GNU_SOURCE		/* environ */

#include "cli/hook_input.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/ident.h"
#include "base/json.h"
#include "base/json_sink.h"
#include "base/util.h"

#define FORMAT	"1.0"		/* of the object */

/* Linux refuses to run a program with a longer text than 128 KB. */
#define LONGEST	100000UL

/* No one else is to have a password, or to speak for us. */
static const char *const ours_alone[] = {
	"MYSQL_PWD", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
};

struct env {
	char **list;
	size_t n;
};

static void
add_line(struct env *env, const char *line)
{
	env->list = xrealloc(env->list, env->n + 2, sizeof(env->list[0]));
	env->list[env->n++] = xstrdup(line);
	env->list[env->n] = NULL;
}

static bool
is_named(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && line[len] == '=';
}

/* What we set takes the place of what was there. */
static void
drop(struct env *env, const char *name)
{
	size_t i, kept = 0;

	for (i = 0; i < env->n; i++)
		if (is_named(env->list[i], name))
			free(env->list[i]);
		else
			env->list[kept++] = env->list[i];
	env->n = kept;
	if (env->list != NULL)
		env->list[kept] = NULL;
}

static void
inherit(struct env *env)
{
	size_t i;
	char **p;

	for (p = environ; *p != NULL; p++)
		add_line(env, *p);
	for (i = 0; i < sizeof(ours_alone) / sizeof(ours_alone[0]); i++)
		drop(env, ours_alone[i]);
}

/* NULL: it is not known, and not set. */
static void
put(struct env *env, const char *prefix, const char *tail, const char *value)
{
	struct str name = STR_INIT;

	str_addf(&name, "%s%s", prefix, tail);
	drop(env, name.s);
	if (value != NULL && strlen(value) <= LONGEST) {
		str_addf(&name, "=%s", value);
		add_line(env, name.s);
	}
	str_free(&name);
}

static void
put_number(struct env *env, const char *prefix, const char *tail, double n,
    int digits)
{
	struct str s = STR_INIT;

	str_addf(&s, "%.*f", digits, n);
	put(env, prefix, tail, s.s);
	str_free(&s);
}

/* ALTER TABLE and what is to be changed; NULL: that is not known. */
static char *
ddl(const struct board_view *v)
{
	struct str s = STR_INIT;
	struct err ignored = { .kind = ERR_NONE };
	struct qname name;

	if (v->alter == NULL || v->database == NULL || v->table == NULL ||
	    qname_set(&name, v->database, v->table, &ignored) != 0)
		return NULL;
	str_addf(&s, "ALTER TABLE %s %s", name.sql, v->alter);
	return str_take(&s);
}

/* Lines of a message, as lines. */
static char *
plain(const char *text)
{
	struct str s = STR_INIT;
	const char *next;

	while ((next = strstr(text, ERR_LINE)) != NULL) {
		str_add(&s, text, (size_t)(next - text));
		str_addz(&s, "\n");
		text = next + strlen(ERR_LINE);
	}
	str_addz(&s, text);
	return str_take(&s);
}

static double
percent(const struct board_view *v)
{
	if (v->ended && v->status == ERR_NONE && !v->dry_run)
		return 100;
	return v->copy.verb != NULL ? 100 * progress_share(&v->copy) : 0;
}

static const char *
waiting(const struct board_view *v)
{
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		if (v->wait[i] != NULL)
			return v->wait[i];
	return NULL;
}

/* Did the run fail, and why?  As the catalogue has it, if nothing was said. */
static char *
complaint(const struct board_view *v)
{
	if (!v->ended || v->status == ERR_NONE)
		return NULL;
	return plain(v->error.kind != ERR_NONE ? v->error.text :
	    catalogue_find(v->status)->meaning);
}

static void
this_host(char *name, size_t size)
{
	if (gethostname(name, size) != 0)
		name[0] = '\0';
	name[size - 1] = '\0';
}

static void
put_texts(struct env *env, const char *prefix, const struct board_view *v)
{
	char *statement = ddl(v), *wrong = complaint(v);

	put(env, prefix, "JOB", v->job);
	put(env, prefix, "DATABASE_NAME", v->database);
	put(env, prefix, "TABLE_NAME", v->table);
	put(env, prefix, "GHOST_TABLE_NAME", v->new_table);
	put(env, prefix, "OLD_TABLE_NAME", v->old_table);
	put(env, prefix, "DDL", statement);
	put(env, prefix, "DRY_RUN", v->dry_run ? "true" : "false");
	put(env, prefix, "REVERT", v->revert ? "true" : "false");
	put(env, prefix, "INSTANT_DDL", strcmp(v->state, "instant") == 0 ?
	    "true" : "false");
	put(env, prefix, "STATUS", v->line != NULL ? v->line : v->title);
	put(env, prefix, "WAITING_FOR", waiting(v));
	put(env, prefix, "STATE", v->state[0] != '\0' ? v->state : NULL);
	put(env, prefix, "ERROR", wrong);
	free(statement);
	free(wrong);
}

static void
put_numbers(struct env *env, const char *prefix, const struct board_view *v)
{
	double left = v->copy.verb != NULL ? progress_left(&v->copy) : -1;
	pid_t pid = getpid();

	put_number(env, prefix, "ELAPSED_SECONDS", now_s() - v->began, 3);
	put_number(env, prefix, "ELAPSED_COPY_SECONDS", v->copy_s, 3);
	put_number(env, prefix, "ESTIMATED_ROWS", (double)v->copy.total, 0);
	put_number(env, prefix, "COPIED_ROWS", (double)v->rows, 0);
	put_number(env, prefix, "PROGRESS", percent(v), 1);
	put_number(env, prefix, "PID", pid, 0);
	if (left >= 0)
		put_number(env, prefix, "ETA_SECONDS", left, 0);
	if (v->ended)
		put_number(env, prefix, "EXIT_STATUS", v->status, 0);
}

char **
hook_input_env(const struct hook_file *f, const struct board_view *v,
    const char *host)
{
	struct env env = { .n = 0 };
	char here[HOST_NAME_MAX + 1];

	this_host(here, sizeof(here));
	inherit(&env);
	put(&env, f->prefix, "EVENT", hook_files_event(f->event));
	put_texts(&env, f->prefix, v);
	put_numbers(&env, f->prefix, v);
	put(&env, f->prefix, "MIGRATED_HOST", host);
	put(&env, f->prefix, "INSPECTED_HOST", host);
	put(&env, f->prefix, "EXECUTING_HOST", here);
	return env.list;
}

void
hook_input_free(char **env)
{
	size_t i;

	for (i = 0; env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

static void
member(struct str *out, const char *name, const char *text)
{
	str_addz(out, ", ");
	json_member(out, name, text);
}

static void
member_bool(struct str *out, const char *name, bool yes)
{
	str_addf(out, ", \"%s\": %s", name, yes ? "true" : "false");
}

static void
add_error(struct str *out, const struct board_view *v)
{
	const struct catalogue_entry *c = catalogue_find(v->status);
	char *wrong = complaint(v), *hint = plain(v->error.hint);

	str_addz(out, ", \"error\": ");
	if (wrong == NULL) {
		str_addz(out, "null");
	} else {
		str_addf(out, "{\"code\": %d", (int)v->status);
		member(out, "name", c->name);
		member(out, "message", wrong);
		member(out, "hint", hint[0] != '\0' ? hint : NULL);
		member_bool(out, "retryable", c->retryable);
		str_addz(out, "}");
	}
	free(wrong);
	free(hint);
}

static void
add_numbers(struct str *out, const struct board_view *v)
{
	double left = v->copy.verb != NULL ? progress_left(&v->copy) : -1;

	str_addf(out, ", \"rows\": %llu, \"rows_total_estimate\": %llu, "
	    "\"percent\": %.1f", v->rows, v->copy.total, percent(v));
	if (left >= 0)
		str_addf(out, ", \"remaining_s\": %.3f", left);
	str_addf(out, ", \"copy_s\": %.3f, \"waited_s\": %.3f, "
	    "\"duration_s\": %.3f, \"pid\": %ld", v->copy_s,
	    v->waited.seconds, now_s() - v->began, (long)getpid());
	if (v->ended)
		str_addf(out, ", \"exit\": %d", (int)v->status);
	else
		str_addz(out, ", \"exit\": null");
}

void
hook_input_json(struct str *out, enum hook_event event,
    const struct board_view *v, const char *host)
{
	json_sink_begin(out, "hook");
	member(out, "ui", FORMAT);
	member(out, "event", hook_files_event(event));
	member(out, "job", v->job);
	member(out, "database", v->database);
	member(out, "table", v->table);
	member(out, "new_table", v->new_table);
	member(out, "old_table", v->old_table);
	member(out, "alter", v->alter);
	member(out, "host", host);
	member_bool(out, "dry_run", v->dry_run);
	member_bool(out, "revert", v->revert);
	member(out, "step", v->step);
	member(out, "status", v->line != NULL ? v->line : v->title);
	member(out, "waiting_for", waiting(v));
	member(out, "state", v->state[0] != '\0' ? v->state : NULL);
	add_numbers(out, v);
	add_error(out, v);
	str_addz(out, "}\n");
}
