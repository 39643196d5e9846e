#include "story/migration.h"

#include "base/event.h"
#include "base/log.h"
#include "base/util.h"
#include "model/apart.h"
#include "model/bound.h"
#include "model/planner.h"
#include "server/cores.h"
#include "steps/breakage.h"
#include "steps/warning.h"
#include "story/connect.h"

int
migration_connect(struct migration *m, struct err *e)
{
	const char *definer = m->cfg->trigger_definer;

	m->began = now_s();
	if (definer != NULL && account_set(&m->definer, definer, e) != 0)
		return -1;
	if (connect_first(&m->db, &m->server, m->recalled, "main", e) != 0)
		return -1;
	event_fact("server", m->server.version_text);
	event_fact("server's address", m->server.host_text);
	return 0;
}

int
migration_read(struct migration *m, struct err *e)
{
	if (m->cfg->to == NULL)
		event_fact("ALTER TABLE", m->cfg->alter);
	if (cores_ask(&m->server.cores, m->db, e) != 0)
		return -1;
	return alter_read(&m->alter, m->cfg->alter, &m->server, e) != 0 ||
	    table_load(&m->old, m->db, &m->names.old, e) != 0 ||
	    dependents_load(&m->dependents, m->db, &m->names.old,
	    m->reverting ? &m->names.attic : &m->names.shadow,
	    m->cfg->only_same_schema_fks, e) != 0 ? -1 : 0;
}

struct check_input
migration_to_check(const struct migration *m)
{
	struct check_input in = {
		.db = m->db,
		.old = m->old,
		.dependents = &m->dependents,
		.alter = &m->alter,
		.cfg = m->cfg,
		.running = m->resumed || m->reverting,
	};

	return in;
}

/* For the plan: which columns may come out different. */
static bool
may_change(const void *arg, const char *column)
{
	const struct config *cfg = arg;

	return warning_allowed(cfg, column);
}

struct plan_options
migration_options(const struct migration *m)
{
	struct plan_options options = {
		.chunk_index = m->reverting ? NULL : m->cfg->chunk_index,
		.null_to_not_null = m->cfg->null_to_not_null,
		.checksum = m->cfg->verify != VERIFY_COUNT,
		.dependents = &m->dependents,
		.added = &m->added,
		.follow_children = !same_text(m->cfg->fkeys_method, "none"),
		.apart = m->new != NULL && !m->adds_itself &&
		    apart_is(&m->server, m->old, m->new),
		.kept_in_step = m->cfg->reverse,
		.threads = m->cfg->threads,
		.proves = m->cfg->verify_swap != VERIFY_SWAP_NO,
		.purges = m->cfg->purge_old_table && m->cfg->drop_old_table &&
		    !migration_left_behind(m),
		.believes_new = config_without(m->cfg, "update-ignore"),
		.definer = m->cfg->trigger_definer != NULL ? m->definer.sql :
		    NULL,
		.filter = m->filter.n > 0 ? &m->filter : NULL,
		.may_change = may_change,
		.arg = m->cfg,
	};

	return options;
}

/* The summary of a dry run has it. */
static void
tell_unknown(const struct migration *m, const struct summary_list *l)
{
	if (l->n > 0 && (!m->cfg->dry_run || m->reverting))
		log_warn("not known is %s%s", l->item[0].text,
		    l->n > 1 ? "; and so with others" : "");
}

int
migration_tell_breakage(const struct migration *m, struct err *e)
{
	struct breakage b = { .uses = { NULL, 0 } };
	struct str text = STR_INIT;
	int rc = breakage_find(&b, m->db, &m->plan, false, e);

	breakage_describe(&text, &b, &m->plan);
	tell_unknown(m, &b.unknown);
	breakage_free(&b);
	if (rc == 0 && text.len > 0 && m->cfg->dry_run && !m->cfg->quiet)
		log_answer("%s", text.s);
	else if (rc == 0 && text.len > 0)
		log_warn("%s", text.s);
	str_free(&text);
	return rc;
}

void
migration_tell_plan(const struct migration *m)
{
	struct str text = STR_INIT;

	plan_print(&m->plan, &text);
	event_plan(&text);
	str_free(&text);
}

bool
migration_left_behind(const struct migration *m)
{
	return m->dependents.child.n > 0 && !m->plan.follow_children;
}

void
migration_free(struct migration *m)
{
	proof_close(m->proof);
	planner_free(&m->plan);
	planner_free(&m->forth);
	dependents_free(&m->dependents);
	fkey_free(&m->added);
	alter_free(&m->alter);
	target_free(&m->target);
	filter_free(&m->filter);
	table_free(m->old);
	table_free(m->new);
	server_free(&m->server);
	trigger_set_free(&m->triggers);
	identity_free(&m->old_is);
	identity_free(&m->new_is);
	registry_free(&m->registry);
	registry_row_free(&m->was);
	in_flight_free(&m->late);
	bound_free(&m->copied.from);
	bound_free(&m->copied.upto);
	undo_forget(&m->undo, UNDO_ANY);
	replica_free(m->replicas);
	db_close(m->db);
}
