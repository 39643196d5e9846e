#include "cli/kept.h"

#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "base/util.h"
#include "cli/configure.h"
#include "cli/option.h"
#include "cli/yaml.h"

#define AT(field) offsetof(struct config, field)

/* What becomes of an option of the registry's. */
enum use {
	TAKEN,
	TAKEN_BACK,		/* for a revert as well */
	SAID,			/* only the user can say it: it is missed */
	SAID_BACK,
};

static const struct {
	size_t at;
	enum use use;
} kept[] = {
	/* Its text is read for what it renames and drops, and is not run. */
	{ AT(alter), TAKEN_BACK },
	{ AT(fkeys_method), TAKEN_BACK },
	{ AT(chunk_time), TAKEN },
	{ AT(chunk_size), TAKEN },
	{ AT(chunk_index), TAKEN },
	/* Read word by word, and with --force only if that is said again. */
	{ AT(where), TAKEN },
	{ AT(threads), TAKEN },
	{ AT(defer_indexes), TAKEN },
	{ AT(sleep), TAKEN },
	{ AT(nice_ratio), TAKEN },
	/* They make us wait, or end the run, which undoes it. */
	{ AT(max_load), TAKEN },
	{ AT(critical_load), TAKEN },
	{ AT(critical_load_hibernate), TAKEN },
	{ AT(min_free_space), TAKEN },
	{ AT(analyze_before_swap), TAKEN },
	/* How far behind, and of whom; but not where we would log in. */
	{ AT(max_lag), TAKEN },
	{ AT(check_interval), TAKEN },
	{ AT(fail_on_stopped), TAKEN },
	{ AT(channel), TAKEN },
	{ AT(recurse), TAKEN },
	{ AT(swap_tables), TAKEN },
	{ AT(cut_over_window), TAKEN },
	{ AT(drop_old_table), TAKEN },
	{ AT(purge_old_table), TAKEN },
	{ AT(drop_new_table), TAKEN },
	{ AT(drop_triggers), TAKEN },
	{ AT(reversible), TAKEN },
	{ AT(reverse_triggers), TAKEN },
	{ AT(cut_over), TAKEN },
	{ AT(on_interrupt), TAKEN },
	{ AT(login.reconnect_for), TAKEN },
	{ AT(tries_copy_rows), TAKEN },
	{ AT(metadata_lock_deadline), TAKEN },
	/* The triggers that are there have it in their text, or not. */
	{ AT(null_to_not_null), TAKEN_BACK },
	/* Only whether there is such a file is asked: it can make us wait, as
	 * what is asked for in the registry can. */
	{ AT(pause_file), TAKEN },
	{ AT(postpone_cut_over_flag_file), TAKEN },

	{ AT(login.set_vars), SAID_BACK },
	{ AT(allow_warnings), SAID_BACK },
	{ AT(only_same_schema_fks), SAID_BACK },
	{ AT(force), SAID_BACK },
	{ AT(check_filters), SAID_BACK },
	{ AT(trigger_definer), SAID_BACK },
	{ AT(throttle_query), SAID },
	{ AT(accept_loss), SAID },
};

#define N_KEPT	(sizeof(kept) / sizeof(kept[0]))

static const struct option *
find(size_t at)
{
	size_t i = 0;

	while (option_table[i].state != OPTION_DONE || option_table[i].at != at)
		i++;
	return &option_table[i];
}

int
kept_check(const struct config *c, struct err *e)
{
	const struct option *opt;
	struct str value = STR_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; i < N_KEPT && rc == 0; i++) {
		opt = find(kept[i].at);
		str_reset(&value);
		if (option_value(opt, c, &value) && !utf8_valid(value.s))
			rc = err_set(e, ERR_USAGE, "--%s: %.200s is no UTF-8",
			    opt->name, value.s);
	}
	str_free(&value);
	return rc;
}

void
kept_write(struct str *out, const struct config *c)
{
	const struct option *opt;
	struct str value = STR_INIT;
	size_t i;

	for (i = 0; i < N_KEPT; i++) {
		opt = find(kept[i].at);
		str_reset(&value);
		if (option_value(opt, c, &value))
			yaml_add(out, opt->name, value.s);
	}
	str_free(&value);
}

static bool
is_kept(const struct option *opt)
{
	size_t i;

	for (i = 0; i < N_KEPT; i++)
		if (opt == find(kept[i].at))
			return true;
	return false;
}

/* Has the migration got this option, and does no one say it now? */
static bool
is_unsaid(const struct option *opt, const struct config *c, const char *was)
{
	const char *none = opt->deflt != NULL ? opt->deflt : "no";

	return was[0] != '\0' && strcmp(was, none) != 0 &&
	    !c->said[opt - option_table];
}

static void
take(struct options *o, size_t i, const struct config *was, bool back,
    struct str *unsaid)
{
	const struct option *opt = find(kept[i].at);
	struct config *c = o->c;
	enum use use = kept[i].use;
	struct str value = STR_INIT;

	if (back && use != TAKEN_BACK && use != SAID_BACK)
		return;
	if (!option_value(opt, was, &value))
		return;
	if (use == SAID || use == SAID_BACK) {
		if (is_unsaid(opt, c, value.s))
			str_addf(unsaid, "%s--%s", unsaid->len > 0 ? ", " : "",
			    opt->name);
	} else if (!c->given[opt - option_table]) {
		option_set(o, opt, false, value.s, "registry");
	}
	str_free(&value);
}

int
kept_read(struct config *c, const char *text, bool back, struct str *unsaid,
    struct err *e)
{
	struct str notes = STR_INIT;
	struct options o;
	struct config was;
	bool found = false;
	size_t i;
	int rc = 0;

	option_begin(&o, &was, &notes);
	o.wanted = is_kept;
	yaml_load_text(&o, "registry", text, strlen(text), NULL, &found);
	o.c = c;
	for (i = 0; i < N_KEPT; i++)
		take(&o, i, &was, back, unsaid);
	option_derive(c);
	c->reverse = !back && (c->reversible || c->reverse_triggers);
	if (o.wrong.len > 0)
		rc = err_set(e, ERR_USAGE, "the registry's options cannot be "
		    "read: %.500s", o.wrong.s);
	option_end(&o);
	str_free(&notes);
	configure_free(&was);
	return rc;
}
