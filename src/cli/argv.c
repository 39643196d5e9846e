#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/util.h"
#include "cli/argv.h"
#include "cli/dsn.h"
#include "cli/recursion.h"

/*
 * By hand, because getopt_long(3) knows neither --nofoo nor where an option
 * came from, and is not in POSIX.
 */

struct words {
	char **word;
	size_t n, i;
};

/* These may be given several times; the rest is as with every option. */
static bool
add_to_list(struct argv *a, const struct option *opt, const char *value)
{
	struct str all = STR_INIT;
	size_t i;

	if (opt->type != OPTION_LIST || opt->group == OPTION_META)
		return false;
	for (i = 0; i < a->n && a->item[i].opt != opt; i++)
		;
	if (i == a->n)
		return false;
	str_addf(&all, "%s,%s", a->item[i].value, value);
	free(a->item[i].value);
	a->item[i].value = str_take(&all);
	return true;
}

static void
push(struct argv *a, const struct option *opt, bool no, char *value)
{
	struct argv_item *it;

	a->item = xrealloc(a->item, a->n + 1, sizeof(*a->item));
	it = &a->item[a->n++];
	it->opt = opt;
	it->no = no;
	it->value = xstrdup_null(value);
	/* at once: ps(1) shows it until then */
	if (value != NULL && opt->type == OPTION_SECRET)
		secret_hide(value);
	else if (value != NULL && option_is_dsn(opt))
		recursion_hide(value);
}

/* The value is the rest of this word, or the next word. */
static void
take_value(struct argv *a, struct options *o, struct words *w,
    const struct option *opt, char *rest)
{
	if (rest == NULL && w->i < w->n)
		rest = w->word[w->i++];
	if (rest == NULL)
		option_wrong(o, "--%s: needs a value: %s", opt->name,
		    opt->arg);
	else if (!add_to_list(a, opt, rest))
		push(a, opt, false, rest);
}

static void
unknown(struct argv *a, struct options *o, const char *name,
    const struct str *several)
{
	const char *like = option_nearest(name);

	a->unclear = true;
	if (several->len > 0)
		option_wrong(o, "--%s: could be any of %s", name, several->s);
	else if (like != NULL)
		option_wrong(o, "--%.60s: unknown option; did you mean --%s?",
		    name, like);
	else
		option_wrong(o, "--%.60s: unknown option", name);
}

static void
long_option(struct argv *a, struct options *o, struct words *w, char *word)
{
	char *eq = strchr(word, '=');
	char *name = xstrndup(word, strcspn(word, "="));
	struct str several = STR_INIT;
	const struct option *opt;
	bool no = false;

	opt = option_match(name, &no, &several);
	if (opt == NULL)
		unknown(a, o, name, &several);
	else if (opt->arg != NULL)
		take_value(a, o, w, opt, eq == NULL ? NULL : eq + 1);
	else if (eq != NULL)
		option_wrong(o, "--%s: takes no value", name);
	else
		push(a, opt, no, NULL);
	str_free(&several);
	free(name);
}

static void
letters(struct argv *a, struct options *o, struct words *w, char *word)
{
	const struct option *opt;

	for (; *word != '\0'; word++) {
		opt = option_letter(*word);
		if (opt == NULL) {
			option_wrong(o, "-%c: unknown option", *word);
			a->unclear = true;
			/* the rest may be its value, or a password */
			return;
		}
		if (opt->arg != NULL) {
			take_value(a, o, w, opt,
			    word[1] == '\0' ? NULL : word + 1);
			return;
		}
		push(a, opt, false, NULL);
	}
}

static const struct {
	const char *word;
	enum command command;
	bool done;
} verb[] = {
	{ "status", COMMAND_STATUS, true },
	{ "resume", COMMAND_RESUME, true },
	{ "cleanup", COMMAND_CLEANUP, true },
	{ "revert", COMMAND_REVERT, true },
	{ "control", COMMAND_CONTROL, true },
	{ "watch", COMMAND_WATCH, true },
	{ "explain", COMMAND_EXPLAIN, true },
};

/* A DSN is never one of these: it has a "=". */
static bool
take_verb(struct argv *a, struct options *o, const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(verb) / sizeof(verb[0]); i++) {
		if (strcmp(word, verb[i].word) != 0)
			continue;
		a->command = verb[i].command;
		if (!verb[i].done)
			option_wrong(o, "livealter %s is not yet supported",
			    word);
		return true;
	}
	return false;
}

static void
add_action(struct argv *a, const char *word)
{
	struct str s = STR_INIT;

	str_addf(&s, "%s%s%s", a->action != NULL ? a->action : "",
	    a->action != NULL ? " " : "", word);
	free(a->action);
	a->action = str_take(&s);
}

static void
other(struct argv *a, struct options *o, char *word)
{
	if (a->command == COMMAND_ALTER && a->dsn == NULL &&
	    take_verb(a, o, word))
		return;
	if (a->command == COMMAND_EXPLAIN ||
	    (a->dsn != NULL && a->command == COMMAND_CONTROL)) {
		add_action(a, word);
		return;
	}
	if (a->dsn == NULL)
		a->dsn = xstrdup(word);
	else if (!a->unclear)
		option_wrong(o, "more than one DSN: there may be only one "
		    "argument that is not an option");
	dsn_hide(word);
}

void
argv_parse(struct argv *a, struct options *o, int argc, char **argv)
{
	struct words w = { argv, argc > 0 ? (size_t)argc : 0, 1 };
	bool options = true;
	char *word;

	memset(a, 0, sizeof(*a));
	while (w.i < w.n) {
		word = w.word[w.i++];
		if (!options || word[0] != '-' || word[1] == '\0')
			other(a, o, word);
		else if (strcmp(word, "--") == 0)
			options = false;
		else if (word[1] == '-')
			long_option(a, o, &w, word + 2);
		else
			letters(a, o, &w, word + 1);
	}
}

void
argv_free(struct argv *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		secret_free(a->item[i].value);
	free(a->item);
	free(a->action);
	secret_free(a->dsn);
	memset(a, 0, sizeof(*a));
}
