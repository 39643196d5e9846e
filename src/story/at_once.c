#include "story/at_once.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/print.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/native.h"
#include "server/peer.h"
#include "steps/check.h"
#include "steps/foreign_keys.h"
#include "steps/instant.h"
#include "steps/postpone.h"
#include "steps/shadow.h"
#include "story/digesting.h"
#include "story/summing.h"
#include "story/throttling.h"
#include "story/undoing.h"
#include "story/watch.h"

bool
at_once_is_done(const struct migration *m)
{
	return m->at_once;
}

/* What was asked for that only a copy has. */
static const char *
wants_copy(const struct migration *m)
{
	const struct config *c = m->cfg;

	if (!c->swap_tables)
		return "--no-swap-tables leaves the table as it is";
	if (c->where != NULL)
		return "--where copies some of the rows";
	if (c->reverse)
		return "what is done at once cannot be reverted";
	if (!c->drop_triggers)
		return "--no-drop-triggers keeps both tables";
	if (!c->drop_old_table)
		return "--no-drop-old-table keeps the old table";
	if (c->default_engine || c->data_dir != NULL || c->remove_data_dir ||
	    c->remove_tablespace)
		return "an option says where the new table is to be";
	if (native_asks(&m->alter, &m->server, "COPY"))
		return "ALGORITHM=COPY asks for a copy";
	return NULL;
}

/* MySQL renames such a column in place, under locks of the children. */
static const char *
concerns_children(const struct migration *m)
{
	const struct fkeys *f = &m->dependents.child;
	const char *name;
	size_t i, k;

	for (i = 0; i < f->n && !m->server.mariadb; i++)
		for (k = 0; k < f->key[i].n; k++) {
			name = f->key[i].referenced[k].raw;
			if (alter_renamed(&m->alter, name) != NULL ||
			    alter_drops(&m->alter, name))
				return "foreign keys of other tables "
				    "reference a column";
		}
	return NULL;
}

static void
say_why(struct native *n, const char *why)
{
	struct str s = STR_INIT;

	str_addz(&s, why);
	if (s.len >= sizeof(n->why))
		s.s[sizeof(n->why) - 1] = '\0';
	memcpy(n->why, s.s, strlen(s.s) + 1);
	str_free(&s);
}

#define ER_PARSE_ERROR 1064

/* It says no more than that it does not go this way. */
static bool
is_refusal(const struct err *e)
{
	return (e->kind == ERR_ALTER || e->kind == ERR_SQL) && e->sqlno != 0 &&
	    !db_class_conflict(e);
}

/* With a comma; but PARTITION BY has none before it. */
static int
alter_by(struct migration *m, const char *words, struct err *e)
{
	struct alter by = m->alter;
	struct str how = STR_INIT;
	int rc;

	str_addf(&how, "%s, ", words);
	by.how = how.s;
	rc = shadow_alter(m->db, &m->names, m->old, &by, m->cfg, e);
	if (rc != 0 && e->sqlno == ER_PARSE_ERROR) {
		str_reset(&how);
		str_addf(&how, "%s ", words);
		by.how = how.s;
		e->kind = ERR_NONE;
		rc = shadow_alter(m->db, &m->names, m->old, &by, m->cfg, e);
	}
	str_free(&how);
	return rc;
}

/* Does it touch no row?  For the new table it did not. */
static bool
is_free(const struct migration *m)
{
	const struct native *n = &m->native;

	if (n->way > NATIVE_INPLACE || n->rebuilt)
		return false;
	if (n->way == NATIVE_INSTANT)
		return true;
	/* MariaDB's NOCOPY is believed; MySQL's INPLACE says nothing. */
	return native_builds_none(&m->alter, &m->server) &&
	    (n->way == NATIVE_BESIDE || (!m->server.mariadb && n->kept));
}

/* 1: it was altered this way; 0: not; -1 with *e. */
static int
try_way(struct migration *m, enum native_way way, struct err *e)
{
	const char *words = native_words(way, &m->server);
	struct identity id = IDENTITY_INIT;
	int rc;

	if (words == NULL)
		return 0;
	rc = identity_note(&id, m->db, &m->names.shadow, false, e);
	if (rc == 0) {
		rc = alter_by(m, words, e);
		if (rc != 0 && is_refusal(e)) {
			if (way == NATIVE_INSTANT)
				say_why(&m->native, e->text);
			e->kind = ERR_NONE;
			rc = 1;
		}
	}
	if (rc == 0)
		rc = identity_look(&id, m->db, e);
	if (rc == 0) {
		m->native.way = way;
		m->native.rebuilt = id.other;
		m->native.kept = id.ids != NULL && !id.other;
		m->native.free = is_free(m);
	}
	identity_free(&id);
	return rc < 0 ? -1 : rc == 0;
}

/* What of the ways need be known: all for a plan, else what is at once. */
static bool
is_wanted(const struct migration *m, enum native_way way)
{
	if (m->cfg->dry_run || m->cfg->at_once == INSTANT_ONLY)
		return true;
	return way == NATIVE_INSTANT || (way <= NATIVE_INPLACE &&
	    native_builds_none(&m->alter, &m->server));
}

/* The row versions are the table's, but for the one that is added. */
static int
count_versions(struct migration *m, struct err *e)
{
	struct native *n = &m->native;
	unsigned long long added, most;

	if (n->way != NATIVE_INSTANT || !m->cfg->dry_run)
		return 0;
	if (instant_versions(&added, &most, m->db, &m->names.shadow, e) != 0)
		return -1;
	if (added == 0)
		return 0;
	if (instant_versions(&n->versions, &n->most, m->db, &m->names.old,
	    e) != 0)
		return -1;
	n->versions += added;
	if (n->most > 0 && n->versions > n->most) {
		n->free = false;
		say_why(n, "the table has as many row versions as it may have");
	}
	return 0;
}

/* 1: the new table was altered; 0: not; -1 with *e. */
static int
try_ways(struct migration *m, struct err *e)
{
	const char *unfit = native_unfit(&m->alter, &m->server);
	struct native *n = &m->native;
	int way, rc = 0;

	if (unfit == NULL)
		unfit = concerns_children(m);
	for (way = NATIVE_INSTANT; way < NATIVE_COPY && rc == 0; way++) {
		if (unfit != NULL && way < NATIVE_INPLACE)
			continue;
		if (is_wanted(m, (enum native_way)way))
			rc = try_way(m, (enum native_way)way, e);
	}
	if (rc == 0)
		n->way = NATIVE_COPY;
	if (unfit != NULL) {
		n->free = false;
		say_why(n, unfit);
	}
	return rc == 1 && count_versions(m, e) != 0 ? -1 : rc;
}

static void
tell_ways(const struct migration *m)
{
	struct str text = STR_INIT;

	native_describe(&text, &m->native, m->old, &m->server);
	event_plan(&text);
	str_free(&text);
	if (m->native.free && m->cfg->at_once == INSTANT_NEVER &&
	    wants_copy(m) == NULL && !m->cfg->quiet)
		log_hint("--instant=try leaves this change to the server, and "
		    "copies nothing");
}

static int
refuse(const struct migration *m, const char *why, struct err *e)
{
	err_set(e, ERR_REFUSED, "the server does not change %s at once: %s",
	    m->names.old.sql, why);
	return err_hint(e, "--instant=try copies it then; --dry-run shows what "
	    "the server could do");
}

/* The new table as it is without a try: made and altered once more. */
static int
start_again(struct migration *m, struct err *e)
{
	return undoing_drop_new(m, e) != 0 ? -1 : shadow_create(m->db,
	    &m->names, m->old, m->cfg, &m->undo, e);
}

/* What the table will be, and whether what hangs on it can be on that. */
static int
look_ahead(struct migration *m, struct err *e)
{
	if (table_load(&m->new, m->db, &m->names.shadow, e) != 0 ||
	    dependents_prepare(&m->dependents, m->db, &m->names,
	    m->server.mariadb, e) != 0)
		return -1;
	m->plan.names = m->names;
	m->plan.old = m->old;
	m->plan.new = m->new;
	m->plan.server = &m->server;
	m->plan.dependents = &m->dependents;
	return foreign_keys_try(m->db, &m->plan, NULL, m->cfg, &m->undo, e) !=
	    0 || migration_tell_breakage(m, e) != 0 ? -1 : 0;
}

static void
show_statement(const struct instant *in)
{
	struct str q = STR_INIT, text = STR_INIT;

	instant_statement(&q, in);
	str_addz(&text, "statements:\n");
	print_sql(&text, "%s", q.s);
	event_plan(&text);
	str_free(&q);
	str_free(&text);
}

#define LAST_WORDS	10.0	/* seconds for a statement that was lost */

/* Wait until the session is gone that has it. */
static int
outlive(struct migration *m, unsigned long session, struct err *e)
{
	enum peer_state state = PEER_GONE;
	double began = now_s();

	if (watch_alone(m, e) != 0)
		return -1;
	while (session != db_id(m->db)) {
		if (peer_look(m->db, session, &state, e) != 0)
			return -1;
		if (state == PEER_GONE)
			break;
		if (now_s() - began >= LAST_WORDS || stop_sleep(0.05))
			return err_set(e, ERR_LOST, "the session %lu may still "
			    "alter it", session);
	}
	return 0;
}

#define LOOKS	30	/* at a table that others have locked, for a second */

static int
read_now(struct migration *m, struct table **is, struct err *e)
{
	int i, rc;

	for (i = 0; (rc = table_load(is, m->db, &m->names.old, e)) != 0; i++)
		if (i >= LOOKS || !watch_is_locked_out(e) || stop_sleep(0.1))
			break;
	return rc;
}

/* It may have been locked, and altered by others, when it was looked at. */
static void
tell_result(struct migration *m)
{
	struct err ignored = { .kind = ERR_NONE };
	struct table *is = NULL;

	if (read_now(m, &is, &ignored) != 0)
		log_warn("%s is altered, but cannot be read: %s",
		    m->names.old.sql, ignored.text);
	else if (!native_alike(is, m->new))
		log_warn("%s is altered, but is not what the ALTER alone makes "
		    "of it: another session altered it, too",
		    m->names.old.sql);
	table_free(is);
}

/*
 * The connection was lost: which structure is there?  1: the new one; 0: the
 * one that was; -1 with *e: neither, or it is not known.
 */
static int
look_which(struct migration *m, unsigned long session, struct err *e)
{
	struct table *is = NULL;
	int rc = -1;

	if (session == 0)
		return 0;
	if (outlive(m, session, e) == 0 && read_now(m, &is, e) == 0) {
		if (native_alike(is, m->new))
			rc = 1;
		else if (native_alike(is, m->old))
			rc = 0;
		else
			err_set(e, ERR_LOST, "%s is neither what it was nor "
			    "what it is to be", m->names.old.sql);
	}
	table_free(is);
	if (rc < 0) {
		m->swap = SWAP_UNKNOWN;
		err_while(e, "the connection was lost that altered it");
	} else if (rc == 1) {
		log_info("the connection was lost, and %s is altered",
		    m->names.old.sql);
	}
	return rc;
}

#define LOSSES	3	/* one after the other */

/* 0: done; 1: not by the server at once, with *e; -1 with *e. */
static int
run_once(struct migration *m, const struct instant *in, int *losses,
    struct err *e)
{
	struct check_input check = migration_to_check(m);
	struct err lost;
	unsigned long session;
	int rc;

	if (stop_requested())
		return err_set(e, ERR_STOPPED, "stopped before the ALTER");
	if (watch_alone(m, e) != 0 || (check_unchanged(&check, m->new, e) !=
	    0 && !watch_is_locked_out(e)))
		return -1;
	switch (instant_run(in, m->db, &session, e)) {
	case INSTANT_DONE:
		return 0;
	case INSTANT_SHUT:
		return 2;
	case INSTANT_REFUSED:
		return 1;
	case INSTANT_FAILED:
		return -1;
	case INSTANT_LOST:
		break;
	}
	lost = *e;
	e->kind = ERR_NONE;
	rc = look_which(m, session, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	log_info("the connection was lost, and %s is what it was",
	    m->names.old.sql);
	if (++*losses < LOSSES && !stop_requested())
		return 2;
	*e = lost;
	return -1;
}

/* It is the cut-over: when that may be.  As run_once(). */
static int
run(struct migration *m, struct instant *in, struct err *e)
{
	static const double never;
	struct postpone p = { .watch = watch_alone, .arg = m,
	    .compared = &never, .took = &never };
	int rc, losses = 0;

	in->gate = p.gate = throttling_gate(m);
	do {
		rc = watch_state(m, STATE_WAITING, e) != 0 ||
		    postpone_run(&p, e) != 0 ? -1 :
		    run_once(m, in, &losses, e);
	} while (rc == 2);
	return rc;
}

/* The table itself is asked by the statement: it may have another history. */
static int
alter_original(struct migration *m, struct instant *in, struct err *e)
{
	double began = now_s();
	int rc;

	event_step_end(true);
	event_step("instant", "alter the table at once");
	rc = run(m, in, e);
	if (rc == 0) {
		m->swap = SWAP_DONE;
		log_info("altered at once, by %s, in %.1f s",
		    native_words(m->native.way, &m->server), now_s() - began);
		tell_result(m);
		return 0;
	}
	if (rc < 0)
		return -1;
	if (m->cfg->at_once == INSTANT_ONLY) {
		struct err was = *e;

		return refuse(m, was.text, e);
	}
	log_warn("the server does not change %s itself at once: %s",
	    m->names.old.sql, e->text);
	e->kind = ERR_NONE;
	m->at_once = false;
	table_free(m->new);
	m->new = NULL;
	return 0;
}

static int
do_it(struct migration *m, struct err *e)
{
	struct alter by = m->alter;
	struct str how = STR_INIT;
	struct instant in = { m->old, &by, &m->dependents, m->cfg, NULL };
	int rc = look_ahead(m, e);

	str_addf(&how, "%s, ", native_words(m->native.way, &m->server));
	by.how = how.s;
	if (rc == 0)
		rc = digesting_look(m, e);
	if (rc == 0 && m->cfg->dry_run)
		rc = summing_tell(m, e);
	if (rc == 0 && m->cfg->dry_run)
		show_statement(&in);
	else if (rc == 0)
		rc = alter_original(m, &in, e);
	str_free(&how);
	return rc;
}

/* 1: the new table was altered by it; 0: not; -1 with *e. */
static int
find_way(struct migration *m, struct err *e)
{
	const char *copy = wants_copy(m);
	struct native *n = &m->native;
	const char *unasked = native_unasked(&m->alter, &m->server);
	int rc = 0;

	n->way = NATIVE_UNKNOWN;
	if (unasked != NULL)
		say_why(n, unasked);
	else if (copy == NULL || m->cfg->dry_run)
		rc = try_ways(m, e);
	if (rc < 0)
		return -1;
	if (m->cfg->dry_run)
		tell_ways(m);
	if (copy != NULL) {
		n->free = false;
		say_why(n, copy);
	}
	return rc;
}

/* What a dry run tries only to know it is not part of what is planned. */
static int
find_quietly(struct migration *m, struct err *e)
{
	int rc;

	event_hush_sql(m->cfg->dry_run);
	rc = find_way(m, e);
	event_hush_sql(false);
	return rc;
}

static int
start_again_quietly(struct migration *m, struct err *e)
{
	int rc;

	event_hush_sql(m->cfg->dry_run);
	rc = start_again(m, e);
	event_hush_sql(false);
	return rc;
}

/* One that the server takes in no way is told in its words. */
static int
refuse_or_fail(struct migration *m, bool taken, struct err *e)
{
	if (!taken && shadow_alter(m->db, &m->names, m->old, &m->alter, m->cfg,
	    e) != 0)
		return -1;
	return refuse(m, m->native.why, e);
}

/* What was not asked before, as it does not matter to the server itself. */
static int
check_copy(struct migration *m, struct err *e)
{
	struct check_input in = migration_to_check(m);

	in.which = CHECK_COPY;
	return check_all(&in, e);
}

int
at_once_alter(struct migration *m, struct err *e)
{
	bool instant = m->cfg->at_once != INSTANT_NEVER;
	int tried = 0;

	if (m->cfg->dry_run || instant)
		tried = find_quietly(m, e);
	if (tried < 0)
		return -1;
	m->at_once = m->native.free && instant;
	if (!m->at_once && m->cfg->at_once == INSTANT_ONLY)
		return refuse_or_fail(m, tried, e);
	if (!m->at_once && instant)
		log_info("the server does not change it at once: %s",
		    m->native.why);
	if (m->at_once && do_it(m, e) != 0)
		return -1;
	if (m->at_once)
		return 0;
	if ((instant && check_copy(m, e) != 0) ||
	    (tried && start_again_quietly(m, e) != 0))
		return -1;
	return shadow_alter(m->db, &m->names, m->old, &m->alter, m->cfg, e);
}
