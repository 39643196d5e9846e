#include "cli/agree.h"

#include <string.h>

#include "base/util.h"

#define AT(field) offsetof(struct config, field)

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
}

/* The file says all that is to be. */
static void
settle_to(struct options *o)
{
	static const size_t apart[] = { AT(alter), AT(default_engine),
	    AT(data_dir), AT(remove_data_dir), AT(remove_tablespace) };
	const struct config *c = o->c;
	const bool is[] = { c->alter != NULL, c->default_engine,
	    c->data_dir != NULL, c->remove_data_dir, c->remove_tablespace };
	size_t i;

	if (c->command != COMMAND_ALTER)
		return;
	if (c->to == NULL && c->rename != NULL)
		option_blame(o, AT(rename), "needs --to");
	if (c->to == NULL && c->drop != NULL)
		option_blame(o, AT(drop), "needs --to");
	for (i = 0; c->to != NULL && i < sizeof(apart) / sizeof(apart[0]); i++)
		if (is[i])
			option_blame(o, apart[i], "not together with --to");
}

/* What is resumed or reverted is compared by its fingerprints anyway. */
static void
settle_digest(struct options *o)
{
	const struct config *c = o->c;

	if (c->expect_digest == NULL)
		return;
	if (c->command != COMMAND_ALTER || c->resume != NULL)
		option_blame(o, AT(expect_digest), "only for a migration that "
		    "begins");
}

void
agree_settle(struct options *o)
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
	settle_to(o);
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
	if (c->dry_run && c->execute) {
		option_blame(o, AT(dry_run), "not together with --execute");
		option_blame(o, AT(execute), "not together with --dry-run");
	}
}

/* Is the report of a job before this one in the same file? */
static bool
is_reported_over(const struct config *c, const struct config *first)
{
	for (; c->report != NULL && first != c; first = first->next)
		if (same_text(c->report, first->report))
			return true;
	return false;
}

static bool
is_measured_over(const struct config *c, const struct config *first)
{
	for (; c->prometheus_textfile != NULL && first != c;
	    first = first->next)
		if (same_text(c->prometheus_textfile,
		    first->prometheus_textfile))
			return true;
	return false;
}

/* There is one process for all of them, with one output. */
void
agree_among(struct options *o, const struct config *first)
{
	if (is_reported_over(o->c, first))
		option_blame(o, AT(report), "must be another file for each "
		    "job: a report is about one table");
	if (is_measured_over(o->c, first))
		option_blame(o, AT(prometheus_textfile), "must be another "
		    "file for each job");
	if (first == o->c)
		return;
	if (!same_text(o->c->pid, first->pid))
		option_blame(o, AT(pid), "must be the same for all jobs of a "
		    "run");
	if (o->c->output != first->output)
		option_blame(o, AT(output), "must be the same for all jobs of "
		    "a run");
	if (o->c->keep_going != first->keep_going)
		option_blame(o, AT(keep_going), "must be the same for all "
		    "jobs of a run");
}
