#include "cli/configure.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/ident.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/util.h"
#include "cli/agree.h"
#include "cli/argv.h"
#include "cli/config_files.h"
#include "cli/dsn.h"
#include "cli/explain.h"
#include "cli/option.h"
#include "cli/ownership.h"
#include "cli/password.h"
#include "cli/testing.h"
#include "cli/yaml.h"

#define AT(field) offsetof(struct config, field)

/* These may be given several times; the rest is as with every option. */
static void
add_to_list(char **list, const char *more)
{
	struct str all = STR_INIT;

	if (*list != NULL)
		str_addf(&all, "%s,", *list);
	str_addz(&all, more);
	free(*list);
	*list = str_take(&all);
}

/* What says how to read the rest comes first. */
static void
apply_meta(struct options *o, const struct argv *a)
{
	const struct argv_item *it;
	size_t i;

	for (i = 0; i < a->n; i++) {
		it = &a->item[i];
		if (it->opt->group != OPTION_META)
			continue;
		if (it->opt->at == AT(config) && it->value != NULL)
			add_to_list(&o->c->config, it->value);
		else if (it->opt->at == AT(job) && it->value != NULL)
			add_to_list(&o->c->job, it->value);
		else
			option_set(o, it->opt, it->no, it->value, NULL);
	}
}

static void
apply_rest(struct options *o, const struct argv *a)
{
	const struct argv_item *it;
	size_t i;

	for (i = 0; i < a->n; i++) {
		it = &a->item[i];
		if (it->opt->group != OPTION_META)
			option_set(o, it->opt, it->no, it->value, NULL);
	}
}

static void
apply_part(struct options *o, const char *name, const char *value)
{
	bool no;

	if (value != NULL)
		option_set(o, option_find(name, &no), false, value, "DSN");
}

static void
apply_dsn(struct options *o, const char *text)
{
	struct err e = { 0 };
	struct dsn d;

	if (dsn_parse(&d, text, &e) == -1) {
		option_wrong(o, "DSN: %s", e.text);
	} else {
		apply_part(o, "charset", d.charset);
		apply_part(o, "database", d.database);
		apply_part(o, "defaults-file", d.defaults_file);
		apply_part(o, "host", d.host);
		apply_part(o, "password", d.password);
		apply_part(o, "port", d.port);
		apply_part(o, "socket", d.socket);
		apply_part(o, "table", d.table);
		apply_part(o, "user", d.user);
		apply_part(o, "mysql_ssl", d.tls);
	}
	dsn_free(&d);
}

/* As in pt-online-schema-change, no ALTER is an empty one. */
static void
settle_alter(struct options *o)
{
	struct config *c = o->c;

	if (c->alter != NULL || c->command != COMMAND_ALTER)
		return;
	c->alter = xstrdup("");
	if (c->to == NULL)
		option_note(o, "no --alter: the table is rebuilt as it is");
}

static void
need_name(struct options *o, size_t field, const char *name, char key)
{
	struct str how = STR_INIT;
	struct err e = { 0 };
	struct ident id;

	if (name == NULL) {
		str_addf(&how, "missing; name it in the DSN (%c=NAME) or "
		    "with this option", key);
		option_blame(o, field, how.s);
	} else if (ident_set(&id, name, &e) == -1) {
		option_blame(o, field, e.text);
	}
	str_free(&how);
}

static void
need_rest(struct options *o)
{
	struct config *c = o->c;

	need_name(o, AT(database), c->database, 'D');
	if ((c->command != COMMAND_STATUS && c->command != COMMAND_WATCH) ||
	    c->table != NULL)
		need_name(o, AT(table), c->table, 't');
	if (c->command == COMMAND_CONTROL && c->action == NULL)
		option_wrong(o, "livealter control: say what to do after the "
		    "DSN: pause, go, postpone, cut-over, abort or set "
		    "NAME=VALUE");
}

bool
configure_same_login(const struct config *a, const struct config *b)
{
	const struct login *l = &a->login, *m = &b->login;

	return same_text(l->host, m->host) && l->port == m->port &&
	    same_text(l->socket, m->socket) && same_text(l->user, m->user) &&
	    same_text(l->defaults_file, m->defaults_file);
}

/* An earlier job has the password: a pipe is read once, a person asked once. */
static const char *
known_password(const struct config *c, const struct config *first)
{
	for (; first != c; first = first->next)
		if (first->login.password != NULL &&
		    (c->password_file != NULL ?
		    same_text(c->password_file, first->password_file) :
		    first->ask_pass && configure_same_login(c, first)))
			return first->login.password;
	return NULL;
}

/* Last, so that no one types a password only to read about mistakes. */
static void
find_password(struct options *o, const struct config *first)
{
	struct config *c = o->c;
	struct str prompt = STR_INIT;
	const char *known = NULL;
	struct err e = { 0 };

	if (c->password_file != NULL || c->ask_pass)
		known = known_password(c, first);
	if (c->name != NULL)
		str_addf(&prompt, "Password for job %s: ", c->name);
	else
		str_addz(&prompt, "Password: ");
	if (known != NULL)
		c->login.password = xstrdup(known);
	else if (c->password_file != NULL &&
	    password_read(c->password_file, &c->login.password, &e) == -1)
		option_blame(o, AT(password_file), e.text);
	else if (c->ask_pass && o->wrong.len == 0 &&
	    password_ask(prompt.s, &c->login.password, &e) == -1)
		option_blame(o, AT(ask_pass), e.text);
	str_free(&prompt);
}

/* As many of the complaints as fit, whole. */
static int
report(const struct options *o, struct err *e)
{
	const char *end, *p;
	struct str text = STR_INIT;
	size_t left = 0;

	for (p = o->wrong.s; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		if (left > 0 || text.len + (size_t)(end - p) >=
		    sizeof(e->text) - 40) {
			left++;
			continue;
		}
		if (text.len > 0)
			str_addz(&text, ERR_LINE);
		str_add(&text, p, (size_t)(end - p));
	}
	if (left > 0)
		str_addf(&text, ERR_LINE "... and %zu more", left);
	err_set(e, o->status, "%s", text.s);
	str_free(&text);
	return err_hint(e, "livealter --help lists the options");
}

/* The client library reads it for itself, whoever can write to it. */
static void
check_mycnf(struct options *o)
{
	const char *home = getenv("HOME"), *why;
	struct str file = STR_INIT;

	if (o->c->login.defaults_file != NULL || home == NULL || *home == '\0')
		return;
	str_addf(&file, "%s/.my.cnf", home);
	why = ownership_refusal_of(file.s);
	if (why != NULL)
		option_wrong(o, "%s: %s", file.s, why);
	str_free(&file);
}

/*
 * What is missing may stand in what could not be read or was misspelt; so that
 * is said only when nothing else is wrong.
 */
static void
check(struct options *o, const struct config *first)
{
	agree_settle(o);
	if (o->c->name != NULL && o->c->command != COMMAND_ALTER)
		option_wrong(o, "--job: this command takes one job; only a "
		    "migration takes several");
	agree_among(o, first);
	if (o->c->print_config)
		return;
	check_mycnf(o);
	if (o->wrong.len == 0) {
		settle_alter(o);
		need_rest(o);
	}
	find_password(o, first);
}

/* As apply_all(), of a command that needs nothing but its word. */
static int
apply_explain(struct options *o, const struct argv *a, struct err *e)
{
	const bool unknown = a->action != NULL &&
	    catalogue_lookup(a->action) == NULL;

	apply_rest(o, a);
	if (unknown)
		option_wrong(o, "livealter explain: no such exit status: "
		    "\"%.60s\"", a->action);
	if (o->wrong.len == 0)
		return 1;
	report(o, e);
	return unknown ? err_hint(e, "livealter explain lists them") : -1;
}

static void
note_given(struct options *o)
{
	size_t i;

	o->c->given = xcalloc(option_count, sizeof(*o->c->given));
	o->c->said = xcalloc(option_count, sizeof(*o->c->said));
	for (i = 0; i < option_count; i++) {
		o->c->said[i] = o->from[i] != NULL;
		o->c->given[i] = o->from[i] != NULL &&
		    (strncmp(o->from[i], "--", 2) == 0 ||
		    strncmp(o->from[i], "DSN:", 4) == 0);
	}
}

/* Complaints and notes that all jobs share are told once. */
static void
add_new(struct str *all, const char *more, const char *end)
{
	struct str line = STR_INIT;
	const char *next;

	for (; *more != '\0'; more = next) {
		next = strstr(more, end);
		next = next != NULL ? next + strlen(end) :
		    more + strlen(more);
		str_reset(&line);
		str_add(&line, more, (size_t)(next - more));
		if (strstr(all->s, line.s) == NULL)
			str_addz(all, line.s);
	}
	str_free(&line);
}

/* One job, or what is asked for without one. */
static void
apply_one(struct options *o, const struct argv *a,
    const struct config_files *files, const struct config *first)
{
	const char *rest = o->c->job;
	char *job = rest != NULL ? list_next(&rest) : NULL;

	o->c->command = a->command;
	o->c->action = xstrdup_null(a->action);
	config_files_apply(files, o, job);
	apply_rest(o, a);
	if (a->dsn != NULL && !a->unclear)
		apply_dsn(o, a->dsn);
	check(o, first);
	note_given(o);
	free(job);
}

static void
take_job(struct config *c, const char *job, bool several)
{
	struct str item = STR_INIT;

	list_add(&item, job);
	free(c->job);
	c->job = str_take(&item);
	if (several)
		c->name = xstrdup(job);
}

static void
apply_next(struct options *o, const struct argv *a,
    const struct config_files *files, struct config **last, const char *job)
{
	struct str notes = STR_INIT;
	struct config *c = xcalloc(1, sizeof(*c));
	struct options one;

	option_begin(&one, c, &notes);
	apply_meta(&one, a);
	take_job(c, job, true);
	(*last)->next = c;
	*last = c;
	apply_one(&one, a, files, o->c);
	o->status = o->wrong.len == 0 ? one.status : ERR_USAGE;
	add_new(&o->wrong, one.wrong.s, "\n");
	if (notes.len > 0 && strstr(o->notes->s, notes.s) == NULL)
		option_note(o, "%s", notes.s);
	option_end(&one);
	str_free(&notes);
}

/* The jobs of the run, each in a configuration of its own. */
static void
apply_jobs(struct options *o, const struct argv *a,
    const struct config_files *files, const char *list)
{
	const char *rest = list;
	struct config *last = o->c, *c;
	char *job = list_next(&rest);

	take_job(o->c, job, rest != NULL);
	apply_one(o, a, files, o->c);
	free(job);
	while (rest != NULL) {
		job = list_next(&rest);
		for (c = o->c; c != NULL && strcmp(c->name, job) != 0;)
			c = c->next;
		if (c == NULL)
			apply_next(o, a, files, &last, job);
		else
			option_wrong(o, "--job: \"%.60s\" is named twice",
			    job);
		free(job);
	}
}

/* Everything but --help and --version. */
static int
apply_all(struct options *o, const struct argv *a, struct err *e)
{
	struct config_files files;
	struct str list = STR_INIT;

	config_files_read(&files, o);
	if (o->c->all && o->c->job != NULL)
		option_blame(o, AT(all), "not together with --job");
	if (o->c->all)
		config_files_jobs(&files, &list);
	else if (o->c->job != NULL)
		str_addz(&list, o->c->job);
	if (o->c->job != NULL || list.len > 0)
		apply_jobs(o, a, &files, list.s);
	else
		apply_one(o, a, &files, o->c);
	if (o->c->all && list.len == 0)
		option_blame(o, AT(all), "no jobs in the files");
	config_files_free(&files);
	str_free(&list);
	if (o->wrong.len > 0)
		return report(o, e);
	return o->c->print_config ? 1 : 0;
}

/* For the tests. */
static void
note_testing(struct config *c)
{
	for (; c != NULL; c = c->next) {
		c->fail_at = xstrdup_null(testing_env("LIVEALTER_FAIL_AT"));
		c->die_at = xstrdup_null(testing_env("LIVEALTER_DIE_AT"));
		c->stop_at = xstrdup_null(testing_env("LIVEALTER_STOP_AT"));
		c->without = xstrdup_null(testing_env("LIVEALTER_WITHOUT"));
	}
}

int
configure_load(struct config *c, int argc, char **argv, struct str *notes,
    struct err *e)
{
	struct options o;
	struct argv a;
	int rc = 1;

	option_begin(&o, c, notes);
	ownership_settle_home();
	argv_parse(&a, &o, argc, argv);
	apply_meta(&o, &a);
	c->command = a.command;
	if (c->help || c->version) {
		note_given(&o);
	} else if (c->command == COMMAND_EXPLAIN) {
		c->action = xstrdup_null(a.action);
		rc = apply_explain(&o, &a, e);
		note_given(&o);
	} else {
		rc = apply_all(&o, &a, e);
	}
	note_testing(c);
	argv_free(&a);
	option_end(&o);
	return rc;
}

static void
print_one(const struct config *c, bool in_job, struct str *to)
{
	struct str value = STR_INIT;
	size_t i;

	for (i = 0; i < option_count; i++) {
		str_reset(&value);
		if (option_table[i].group == OPTION_META ||
		    !option_value(&option_table[i], c, &value))
			continue;
		if (in_job)
			str_addz(to, "    ");
		if (option_table[i].type == OPTION_DSNS)
			yaml_add_lines(to, option_table[i].name, value.s);
		else
			yaml_add(to, option_table[i].name, value.s);
	}
	str_free(&value);
}

void
configure_print(const struct config *c, struct str *to)
{
	if (c->name == NULL) {
		print_one(c, false, to);
		return;
	}
	str_addz(to, "jobs:\n");
	for (; c != NULL; c = c->next) {
		str_addz(to, "  ");
		yaml_add_quoted(to, c->name);
		str_addz(to, ":\n");
		print_one(c, true, to);
	}
}

void
configure_answer(const struct config *c, struct str *to)
{
	if (c->help)
		option_help(to);
	else if (c->version)
		str_addz(to, "livealter " VERSION "\n");
	else if (c->command == COMMAND_EXPLAIN)
		explain_print(c, to);
	else
		configure_print(c, to);
}

bool
configure_given(const struct config *c, size_t at)
{
	size_t i;

	for (i = 0; i < option_count; i++)
		if (option_table[i].state == OPTION_DONE &&
		    option_table[i].at == at)
			return c->given[i];
	return false;
}

/* Every string is in the table, but for what is not an option. */
void
configure_defaults(struct config *c)
{
	struct str notes = STR_INIT;
	struct options o;

	option_begin(&o, c, &notes);
	c->given = xcalloc(option_count, sizeof(*c->given));
	c->said = xcalloc(option_count, sizeof(*c->said));
	option_derive(c);
	option_end(&o);
	str_free(&notes);
}

static void
free_one(struct config *c)
{
	const struct option *opt;
	char **text;
	void *at;
	size_t i;

	for (i = 0; i < option_count; i++) {
		opt = &option_table[i];
		if (!option_is_text(opt))
			continue;
		at = (char *)c + opt->at;
		text = at;
		secret_free(*text);
		*text = NULL;
	}
	free(c->action);
	free(c->name);
	c->action = c->name = NULL;
	free(c->given);
	free(c->said);
	c->given = NULL;
	free(c->fail_at);
	free(c->die_at);
	free(c->stop_at);
	free(c->without);
	c->fail_at = c->die_at = c->stop_at = c->without = NULL;
}

void
configure_free(struct config *c)
{
	struct config *next, *rest = c->next;

	free_one(c);
	c->next = NULL;
	for (; rest != NULL; rest = next) {
		next = rest->next;
		free_one(rest);
		free(rest);
	}
}
