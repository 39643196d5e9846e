#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/num.h"
#include "base/secret.h"
#include "base/util.h"
#include "cli/option.h"
#include "cli/option_parse.h"

/* How much of a wrong value a complaint shows. */
#define SHOWN 60

#define LONGEST 40

static char
fold(char c)
{
	return c == '_' ? '-' : c;
}

/* Is name the beginning of the whole name?  *all: is it all of it? */
static bool
begins(const char *whole, const char *name, bool *all)
{
	for (; *name != '\0'; whole++, name++)
		if (fold(*whole) != fold(*name))
			return false;
	*all = *whole == '\0';
	return true;
}

/* As begins(), for the two negative forms. */
static bool
begins_no(const struct option *opt, const char *name, bool *all)
{
	char negated[LONGEST];
	bool found = false;
	size_t i;
	static const char form[][4] = { "no-", "no" };

	*all = false;
	for (i = 0; i < 2 && opt->type == OPTION_BOOL && !*all; i++) {
		snprintf(negated, sizeof(negated), "%s%s", form[i], opt->name);
		if (begins(negated, name, all))
			found = true;
	}
	return found;
}

const struct option *
option_find(const char *name, bool *no)
{
	size_t i;
	bool all;

	for (i = 0; i < option_count; i++) {
		*no = false;
		if (begins(option_table[i].name, name, &all) && all)
			return &option_table[i];
		*no = true;
		if (begins_no(&option_table[i], name, &all) && all)
			return &option_table[i];
	}
	*no = false;
	return NULL;
}

const struct option *
option_match(const char *name, bool *no, struct str *several)
{
	const struct option *opt, *found = option_find(name, no);
	size_t i, n = 0;
	bool all, negated;

	if (found != NULL || *name == '\0')
		return found;
	for (i = 0; i < option_count; i++) {
		opt = &option_table[i];
		negated = begins_no(opt, name, &all);
		if (!negated && !begins(opt->name, name, &all))
			continue;
		str_addf(several, "%s--%s%s", n++ ? ", " : "",
		    negated ? "no-" : "", opt->name);
		found = opt;
		*no = negated;
	}
	if (n == 1)
		str_reset(several);
	return n == 1 ? found : NULL;
}

const struct option *
option_letter(char letter)
{
	size_t i;

	for (i = 0; letter != '\0' && i < option_count; i++)
		if (option_table[i].letter == letter)
			return &option_table[i];
	return NULL;
}

/* How many letters to change, add or leave out to get from one to the other. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], i, j, was, next, len = strlen(b);

	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; *a != '\0'; a++, i++) {
		was = row[0];
		row[0] = i;
		for (j = 1; j <= len; j++) {
			next = was + (fold(*a) != fold(b[j - 1]));
			was = row[j];
			if (was + 1 < next)
				next = was + 1;
			if (row[j - 1] + 1 < next)
				next = row[j - 1] + 1;
			row[j] = next;
		}
	}
	return row[len];
}

const char *
option_nearest(const char *name)
{
	const char *best = NULL;
	size_t i, d, least = 4;

	if (strlen(name) >= LONGEST)
		return NULL;
	for (i = 0; i < option_count; i++) {
		d = distance(name, option_table[i].name);
		if (d >= least || d * 2 > strlen(name))
			continue;
		least = d;
		best = option_table[i].name;
	}
	return best;
}

bool
option_is_list(const struct option *opt)
{
	return opt->type == OPTION_LIST || opt->type == OPTION_VARS ||
	    opt->type == OPTION_WARNINGS || opt->type == OPTION_LIMITS ||
	    opt->type == OPTION_TRIES || opt->type == OPTION_DSNS ||
	    opt->type == OPTION_PROGRESS || opt->type == OPTION_RECURSION;
}

bool
option_is_dsn(const struct option *opt)
{
	return opt->type == OPTION_DSN || opt->type == OPTION_DSNS ||
	    opt->type == OPTION_RECURSION;
}

bool
option_is_text(const struct option *opt)
{
	return opt->state == OPTION_DONE && (opt->type == OPTION_TEXT ||
	    opt->type == OPTION_WORD || opt->type == OPTION_DIGEST ||
	    opt->type == OPTION_SECRET || opt->type == OPTION_MYCNF ||
	    opt->type == OPTION_LIST || opt->type == OPTION_VARS ||
	    opt->type == OPTION_WARNINGS || opt->type == OPTION_LIMITS ||
	    opt->type == OPTION_WINDOW ||
	    opt->type == OPTION_ACCOUNT || option_is_dsn(opt));
}

void
option_wrong(struct options *o, const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	/* one line a complaint, whatever the values hold */
	escape_line(&o->wrong, text.s);
	o->status = ERR_USAGE;
	str_addz(&o->wrong, "\n");
	str_free(&text);
}

void
option_note(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->notes->len > 0)
		str_addz(o->notes, ERR_LINE);
	va_start(ap, fmt);
	str_vaddf(o->notes, fmt, ap);
	va_end(ap);
}

void
option_begin(struct options *o, struct config *c, struct str *notes)
{
	static const struct str empty = STR_INIT;
	const struct option *opt;
	size_t i;

	memset(c, 0, sizeof(*c));
	o->c = c;
	o->notes = notes;
	o->wrong = empty;
	o->wanted = NULL;
	o->status = ERR_USAGE;
	o->from = xcalloc(option_count, sizeof(o->from[0]));
	for (i = 0; i < option_count; i++) {
		opt = &option_table[i];
		if (opt->deflt != NULL)
			option_set(o, opt, false, opt->deflt, "default");
		free(o->from[i]);
		o->from[i] = NULL;
	}
	c->chunk_adapts = true;
}

void
option_end(struct options *o)
{
	size_t i;

	for (i = 0; i < option_count; i++)
		free(o->from[i]);
	free(o->from);
	o->from = NULL;
	str_free(&o->wrong);
}

/* Is this one of the three ways to give a password?  The last one counts. */
static bool
is_password(const struct option *opt, const char *value)
{
	bool ask;

	if (opt->state != OPTION_DONE)
		return false;
	if (opt->at == offsetof(struct config, ask_pass))
		return num_bool(value, &ask) == 0 && ask;
	return opt->at == offsetof(struct config, login.password) ||
	    opt->at == offsetof(struct config, password_file);
}

static void
forget_passwords(struct config *c)
{
	secret_free(c->login.password);
	free(c->password_file);
	c->login.password = c->password_file = NULL;
	c->ask_pass = false;
}

/* The state of the option, and whether it wants a value.  1: nothing to do. */
static int
acceptable(struct options *o, const struct option *opt, const char *value,
    const char *name)
{
	if (opt->state == OPTION_LATER)
		option_wrong(o, "%s is not yet supported: %s", name, opt->help);
	else if (opt->state == OPTION_REFUSED)
		option_wrong(o, "%s is refused: %s", name, opt->help);
	else if (opt->arg != NULL && value == NULL)
		option_wrong(o, "%s: needs a value: %s", name, opt->arg);
	else if (opt->state == OPTION_DONE)
		return 0;
	else if (opt->state == OPTION_OLD_NAME) {
		option_note(o, "%s is an old name: %s", name, opt->help);
		return 0;
	} else {
		option_note(o, "%s: %s", name, opt->help);
		return 1;
	}
	return -1;
}

static void
say_why(struct options *o, const struct option *opt, const char *name,
    const char *value, const char *why)
{
	const bool first = o->wrong.len == 0;
	struct str range = STR_INIT;

	if (opt->type == OPTION_UINT)
		str_addf(&range, " (%u to %u)", opt->lo, opt->hi);
	if (opt->type == OPTION_WORD)
		str_addf(&range, " (%s)", opt->arg);
	if (opt->type == OPTION_SECRET || option_is_dsn(opt))
		option_wrong(o, "%s: %s", name, why);
	else
		option_wrong(o, "%s: %s%s: \"%.*s%s\"", name, why, range.s,
		    SHOWN, value, strlen(value) > SHOWN ? "..." : "");
	if (first && opt->at == offsetof(struct config, fkeys_method))
		o->status = ERR_FK_METHOD;
	str_free(&range);
}

/* The option that sets this field. */
static size_t
setter(size_t field)
{
	size_t i;

	for (i = 0; i + 1 < option_count; i++)
		if (option_table[i].state == OPTION_DONE &&
		    option_table[i].at == field)
			break;
	return i;
}

/* Who has set it last; an old name's counts for the new one. */
static void
note_from(struct options *o, const struct option *opt, const char *name)
{
	size_t i = (size_t)(opt - option_table);

	if (opt->state == OPTION_OLD_NAME)
		i = setter(opt->at);
	free(o->from[i]);
	o->from[i] = xstrdup(name);
}

int
option_set(struct options *o, const struct option *opt, bool no,
    const char *value, const char *where)
{
	struct str name = STR_INIT;
	const char *why = NULL;
	int rc;

	str_addf(&name, "%s%s%s", where ? where : "--", where ? ": " : "",
	    opt->name);
	if (o->wanted != NULL && !o->wanted(opt)) {
		str_free(&name);
		return 0;
	}
	rc = acceptable(o, opt, value, name.s);
	if (rc == 0) {
		if (value == NULL)
			value = "yes";
		if (is_password(opt, value))
			forget_passwords(o->c);
		why = option_parse(opt, o->c, no, value);
		note_from(o, opt, name.s);
	}
	if (why != NULL)
		say_why(o, opt, name.s, value, why);
	str_free(&name);
	return rc < 0 || why != NULL ? -1 : 0;
}

void
option_derive(struct config *c)
{
	struct tries *t;
	const char *name;
	size_t i;

	c->chunk_adapts = c->chunk_time > 0;
	for (i = 0; (t = option_tries(c, i, &name)) != NULL; i++)
		t->kill_blockers = c->kill_blockers;
	/* What is to be undone or finished is not left by a deadline. */
	c->tries_create_triggers.deadline = c->metadata_lock_deadline;
	c->tries_swap_tables.deadline = c->metadata_lock_deadline;
}

bool
option_given(const struct options *o, size_t field)
{
	return o->from[setter(field)] != NULL;
}

void
option_blame(struct options *o, size_t field, const char *what)
{
	size_t i = setter(field);

	if (o->from[i] != NULL)
		option_wrong(o, "%s: %s", o->from[i], what);
	else
		option_wrong(o, "--%s: %s", option_table[i].name, what);
}
