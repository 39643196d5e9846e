#include "cli/configure.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/ident.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/util.h"
#include "cli/argv.h"
#include "cli/dsn.h"
#include "cli/explain.h"
#include "cli/option.h"
#include "cli/ownership.h"
#include "cli/password.h"
#include "cli/testing.h"
#include "cli/yaml.h"

#define AT(field) offsetof(struct config, field)

/* --config may be given several times; the rest is as with every option. */
static void
add_files(struct config *c, const char *files)
{
	struct str all = STR_INIT;

	if (c->config != NULL)
		str_addf(&all, "%s,", c->config);
	str_addz(&all, files);
	free(c->config);
	c->config = str_take(&all);
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
			add_files(o->c, it->value);
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
apply_usual_files(struct options *o, bool *found)
{
	const char *home = getenv("HOME");
	struct str file = STR_INIT;

	yaml_load(o, "/etc/livealter.yaml", true, o->c->job, found);
	if (home == NULL || *home == '\0')
		return;
	str_addf(&file, "%s/.livealter.yaml", home);
	yaml_load(o, file.s, true, o->c->job, found);
	str_free(&file);
}

static void
apply_files(struct options *o)
{
	const char *rest = o->c->config;
	bool found = false;
	char *file;

	if (usual_files(o->c))
		apply_usual_files(o, &found);
	while (rest != NULL) {
		file = list_next(&rest);
		if (*file != '\0')
			yaml_load(o, file, false, o->c->job, &found);
		free(file);
	}
	if (o->c->job != NULL && !found)
		option_wrong(o, "--job: no such job in the files: \"%.60s\"",
		    o->c->job);
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

/* The revert needs the old table, and only one direction's triggers. */
static void
settle_reverse(struct options *o)
{
	struct config *c = o->c;
	size_t field = c->reversible ? AT(reversible) : AT(reverse_triggers);

	/* Others do what was asked for when the migration began. */
	c->reverse = (c->reversible || c->reverse_triggers) &&
	    c->command == COMMAND_ALTER;
	if (c->command == COMMAND_REVERT)
		c->execute = !c->dry_run;
	if (!c->reverse)
		return;
	if (!c->swap_tables)
		option_blame(o, field, "not together with --no-swap-tables");
	if (!c->drop_triggers)
		option_blame(o, field, "not together with "
		    "--no-drop-triggers");
	if (c->reversible)
		c->drop_old_table = false;
	else if (c->drop_old_table)
		option_blame(o, field, "needs --no-drop-old-table; "
		    "--reversible implies it");
}

/* Only a table that is to go is purged. */
static void
settle_purge(struct options *o)
{
	const struct config *c = o->c;
	size_t field = AT(purge_old_table);

	if (!c->purge_old_table)
		return;
	if (!c->swap_tables)
		option_blame(o, field, "not together with --no-swap-tables: "
		    "then there is no old table");
	if (!c->drop_triggers)
		option_blame(o, field, "not together with "
		    "--no-drop-triggers, which keeps the old table");
	else if (c->reverse)
		option_blame(o, field, "not together with --reversible or "
		    "--reverse-triggers, which keep the old table; give it to "
		    "livealter cleanup, which drops it");
	else if (!c->drop_old_table)
		option_blame(o, field, "not together with "
		    "--no-drop-old-table");
}

/*
 * As pt-online-schema-change: rows that do not match are to stay somewhere,
 * unless it is said that they need not.
 */
static void
settle_where(struct options *o)
{
	struct config *c = o->c;

	if (c->where == NULL || c->command != COMMAND_ALTER)
		return;
	if (!c->force && (c->swap_tables || c->drop_new_table))
		option_blame(o, AT(where), "needs --no-swap-tables and "
		    "--no-drop-new-table, since rows that do not match are "
		    "not in the new table; or --force");
	if (c->reverse)
		option_blame(o, AT(where), "not together with --reversible "
		    "or --reverse-triggers: the two tables have other rows");
	if (c->instant != NULL && !same_text(c->instant, "never"))
		option_blame(o, AT(where), "not together with --instant: a "
		    "table that is altered at once keeps all its rows");
}

static void
settle_instant(struct options *o)
{
	struct config *c = o->c;

	if (same_text(c->instant, "try"))
		c->at_once = INSTANT_TRY;
	else if (same_text(c->instant, "only"))
		c->at_once = INSTANT_ONLY;
	else if (!same_text(c->instant, "never"))
		option_blame(o, AT(instant), "not never, try or only");
}

/* What is resumed or reverted is compared by its fingerprints anyway. */
static void
settle_digest(struct options *o)
{
	const struct config *c = o->c;
	const char *hex = c->expect_digest;

	if (hex == NULL)
		return;
	if (strlen(hex) != 64 || strspn(hex, "0123456789abcdefABCDEF") != 64)
		option_blame(o, AT(expect_digest), "not the 64 hexadecimal "
		    "digits of a digest");
	else if (c->command != COMMAND_ALTER || c->resume != NULL)
		option_blame(o, AT(expect_digest), "only for a migration that "
		    "begins");
}

/* What one option says about another. */
static void
settle(struct options *o)
{
	struct config *c = o->c;
	struct login *l = &c->login;

	/* as pt-online-schema-change: triggers need both tables */
	if (!c->drop_triggers) {
		c->drop_old_table = false;
		if (!c->swap_tables)
			c->drop_new_table = false;
	}
	settle_reverse(o);
	settle_purge(o);
	settle_where(o);
	settle_instant(o);
	settle_digest(o);
	if (option_given(o, AT(chunk_size)) && !option_given(o, AT(chunk_time)))
		c->chunk_time = 0;
	option_derive(c);
	/* else a server without TLS would get past what they ask for */
	if (l->ssl_ca != NULL || l->ssl_cert != NULL || l->ssl_key != NULL ||
	    l->ssl_verify) {
		if (l->tls == TLS_OFF)
			option_blame(o, AT(login.tls), "contradicts --ssl-ca, "
			    "--ssl-cert, --ssl-key and --ssl-verify");
		l->tls = TLS_REQUIRED;
	}
	if (c->resume != NULL && c->command == COMMAND_ALTER) {
		if (!c->dry_run && !c->execute)
			option_blame(o, AT(resume), "needs --execute or "
			    "--dry-run");
		c->command = COMMAND_RESUME;
	}
	if (!same_text(c->cut_over, "now") &&
	    !same_text(c->cut_over, "when-told"))
		option_blame(o, AT(cut_over), "neither now nor when-told");
	if (!same_text(c->on_interrupt, "undo") &&
	    !same_text(c->on_interrupt, "keep"))
		option_blame(o, AT(on_interrupt), "neither undo nor keep");
	if (c->dry_run && c->execute) {
		option_blame(o, AT(dry_run), "not together with --execute");
		option_blame(o, AT(execute), "not together with --dry-run");
	}
}

/* As in pt-online-schema-change, no ALTER is an empty one. */
static void
settle_alter(struct options *o)
{
	struct config *c = o->c;

	if (c->alter != NULL || c->command != COMMAND_ALTER)
		return;
	c->alter = xstrdup("");
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
	if (c->command != COMMAND_STATUS || c->table != NULL)
		need_name(o, AT(table), c->table, 't');
	if (c->command == COMMAND_CONTROL && c->action == NULL)
		option_wrong(o, "livealter control: say what to do after the "
		    "DSN: pause, go, postpone, cut-over, abort or set "
		    "NAME=VALUE");
}

/* Last, so that no one types a password only to read about mistakes. */
static void
find_password(struct options *o)
{
	struct config *c = o->c;
	struct err e = { 0 };

	if (c->password_file != NULL &&
	    password_read(c->password_file, &c->login.password, &e) == -1)
		option_blame(o, AT(password_file), e.text);
	if (c->ask_pass && o->wrong.len == 0 &&
	    password_ask("Password: ", &c->login.password, &e) == -1)
		option_blame(o, AT(ask_pass), e.text);
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
	err_set(e, ERR_USAGE, "%s", text.s);
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
check(struct options *o)
{
	settle(o);
	if (o->c->print_config)
		return;
	check_mycnf(o);
	if (o->wrong.len == 0) {
		settle_alter(o);
		need_rest(o);
	}
	find_password(o);
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

/* Everything but --help and --version. */
static int
apply_all(struct options *o, const struct argv *a, struct err *e)
{
	apply_files(o);
	apply_rest(o, a);
	if (a->dsn != NULL && !a->unclear)
		apply_dsn(o, a->dsn);
	check(o);
	if (o->wrong.len > 0)
		return report(o, e);
	return o->c->print_config ? 1 : 0;
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

int
configure_load(struct config *c, int argc, char **argv, struct str *notes,
    struct err *e)
{
	struct options o;
	struct argv a;
	int rc;

	option_begin(&o, c, notes);
	ownership_settle_home();
	argv_parse(&a, &o, argc, argv);
	apply_meta(&o, &a);
	c->command = a.command;
	c->action = xstrdup_null(a.action);
	rc = c->help || c->version ? 1 : c->command == COMMAND_EXPLAIN ?
	    apply_explain(&o, &a, e) : apply_all(&o, &a, e);
	note_given(&o);
	c->fail_at = xstrdup_null(testing_env("LIVEALTER_FAIL_AT"));
	c->die_at = xstrdup_null(testing_env("LIVEALTER_DIE_AT"));
	c->stop_at = xstrdup_null(testing_env("LIVEALTER_STOP_AT"));
	c->without = xstrdup_null(testing_env("LIVEALTER_WITHOUT"));
	argv_free(&a);
	option_end(&o);
	return rc;
}

void
configure_print(const struct config *c, struct str *to)
{
	struct str value = STR_INIT;
	size_t i;

	for (i = 0; i < option_count; i++) {
		str_reset(&value);
		if (option_table[i].group != OPTION_META &&
		    option_value(&option_table[i], c, &value))
			yaml_add(to, option_table[i].name, value.s);
	}
	str_free(&value);
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

void
configure_free(struct config *c)
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
	c->action = NULL;
	free(c->given);
	free(c->said);
	c->given = NULL;
	free(c->fail_at);
	free(c->die_at);
	free(c->stop_at);
	free(c->without);
	c->fail_at = c->die_at = c->stop_at = c->without = NULL;
}
