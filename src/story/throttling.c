#include "story/throttling.h"

#include "base/log.h"
#include "steps/check_replicas.h"
#include "throttle/beats.h"
#include "throttle/discovery.h"
#include "throttle/file.h"
#include "throttle/lag.h"
#include "throttle/load.h"
#include "throttle/operator.h"
#include "throttle/room.h"
#include "throttle/schedule.h"
#include "throttle/user_query.h"

/* As soon as there is a row for requests. */
static void
add_operator(struct migration *m)
{
	const struct operator_reads from = { m->cfg, &m->server,
	    &m->registry.name, m->registry.id };
	struct source s;

	if (m->registry.id == 0 || m->obeys)
		return;
	operator_source(&s, &from, m->gate);
	watcher_add(m->watcher, &s);
	m->obeys = true;
}

/* --- replicas -------------------------------------------------------------*/

static struct discovery
how_to_find(const struct config *cfg)
{
	const struct discovery how = {
		.method = cfg->recursion_method,
		.levels = cfg->recurse,
		.login = &cfg->login,
		.user = cfg->replica_user,
		.password = cfg->replica_password,
		.only = cfg->check_replica_lag,
		.skip = cfg->skip_check_replica_lag,
	};

	return how;
}

static int
refuse_unreached(const struct replica *r, struct err *e)
{
	err_set(e, ERR_CONNECT, "replica %s (found by %s) is not reached: "
	    "%.1500s", r->name, r->found, r->why.text);
	return err_hint(e, "--replica-user and --replica-password log in to "
	    "replicas; --recursion-method=dsn=... names their addresses; "
	    "--skip-check-replica-lag h=%s,P=%u does without this one; "
	    "--recursion-method=none watches none", r->login.host,
	    r->login.port);
}

/* Why replication on it does not go on; empty if it does, or is not known. */
static int
ask_what_stopped(const struct replica *r, const char *channel,
    struct str *why, unsigned int *channels, struct err *e)
{
	struct replica_state s = REPLICA_STATE_INIT;
	int rc = replica_ask(&s, r->db, channel, e);

	if (rc == 0 && !s.replicates && s.channels.len == 0 && !r->member)
		str_addz(why, "it is no replica");
	else if (rc == 0 && s.replicates && s.stopped)
		str_addz(why, s.why.s);
	*channels = s.n_channels;
	/* without the privilege to ask */
	if (rc != 0 && e->kind == ERR_SQL) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	replica_state_free(&s);
	return rc;
}

/* Nothing is begun that would be undone. */
static int
refuse_stopped(const struct replica *r, const struct config *cfg,
    struct err *e)
{
	struct str why = STR_INIT;
	unsigned int channels = 0;
	int rc = ask_what_stopped(r, cfg->channel, &why, &channels, e);

	if (rc == 0 && why.len > 0 && cfg->fail_on_stopped) {
		err_set(e, ERR_LIMIT, "replication on %s has stopped: %s",
		    r->name, why.s);
		rc = lag_hint(r, channels, cfg->channel, e);
	} else if (rc == 0 && why.len > 0) {
		log_warn("replication on %s has stopped, and will be waited "
		    "for: %s", r->name, why.s);
	}
	str_free(&why);
	return rc;
}

/* What is said of those that are found. */
static int
tell_replicas(const struct migration *m, struct err *e)
{
	const struct replica *r;

	for (r = m->replicas; r != NULL; r = r->next) {
		if (r->db == NULL && m->cfg->fail_on_stopped)
			return refuse_unreached(r, e);
		if (r->db == NULL)
			log_warn("replica %s (found by %s) is not reached, "
			    "and will be waited for: %s", r->name, r->found,
			    r->why.text);
		else
			log_info("replica %s (found by %s): its lag is "
			    "watched", r->name, r->found);
		if (r->db != NULL && refuse_stopped(r, m->cfg, e) != 0)
			return -1;
	}
	return 0;
}

static int
find_replicas(struct migration *m, const struct discovery *how, struct err *e)
{
	m->sought = true;
	if (discovery_is_none(how)) {
		log_info("--recursion-method=none: no replica's lag is "
		    "watched");
		return 0;
	}
	if (discovery_run(&m->replicas, m->db, how, e) != 0)
		return err_while(e, "looking for replicas");
	return tell_replicas(m, e);
}

/* Those that can be reached are asked, and not watched. */
static int
check_before_revert(const struct migration *m, const struct discovery *how,
    struct err *e)
{
	struct replica *found = NULL;
	int rc = discovery_is_none(how) ? 0 :
	    discovery_run(&found, m->db, how, e);

	if (rc != 0 && e->kind != ERR_LOST) {
		log_warn("looking for replicas: %s", e->text);
		e->kind = ERR_NONE;
		rc = 0;
	}
	if (rc == 0)
		rc = check_replicas(m->db, found, &m->names,
		    &m->dependents.child, m->cfg, e);
	replica_free(found);
	return rc;
}

int
throttling_find_replicas(struct migration *m, struct err *e)
{
	const struct discovery how = how_to_find(m->cfg);

	if (m->cfg->command == COMMAND_REVERT)
		return check_before_revert(m, &how, e);
	return find_replicas(m, &how, e) != 0 ? -1 :
	    check_replicas(m->db, m->replicas, &m->names,
	    &m->dependents.child, m->cfg, e);
}

int
throttling_look_for_replicas(struct migration *m, struct err *e)
{
	const struct discovery how = how_to_find(m->cfg);

	return m->sought ? 0 : find_replicas(m, &how, e);
}

#define SLOWEST	0.5	/* seconds between two heartbeats, at the most */
#define FASTEST	0.05

/* So often that a lag is told exactly enough. */
static double
beat_period(const struct config *cfg)
{
	double least = cfg->max_lag < cfg->check_interval ? cfg->max_lag :
	    cfg->check_interval;

	return least / 2 > SLOWEST ? SLOWEST : least / 2 < FASTEST ?
	    FASTEST : least / 2;
}

/* Not without a replica: it writes. */
static void
begin_to_beat(struct migration *m)
{
	struct source s;

	if (m->lag.beats != NULL)
		return;
	m->lag.beats = beats_new(&m->server, &m->registry.name,
	    m->registry.id, beat_period(m->cfg));
	beats_source(&s, m->lag.beats);
	watcher_add(m->watcher, &s);
}

static void
watch_replicas(struct migration *m, struct replica *r)
{
	struct source s;

	if (r != NULL)
		begin_to_beat(m);
	for (; r != NULL; r = r->next) {
		lag_source(&s, r, &m->lag);
		watcher_add(m->watcher, &s);
	}
}

/* Those that have come meanwhile. */
static int
add_new(struct migration *m, struct err *e)
{
	struct replica *added, **end = &m->replicas;
	int rc;

	if (m->lag.roster == NULL)
		return 0;
	added = roster_take(m->lag.roster);
	rc = added == NULL ? 0 :
	    check_replicas(m->db, added, &m->names,
		    &m->dependents.child, m->cfg, e);
	watch_replicas(m, added);
	while (*end != NULL)
		end = &(*end)->next;
	*end = added;
	return rc;
}

/* May there be others than those that were found? */
static bool
may_change(const struct migration *m, const struct discovery *how)
{
	return m->cfg->command != COMMAND_REVERT &&
	    (discovery_has_table(how) || (discovery_is_search(how) &&
	    (m->server.log_bin || m->replicas != NULL)));
}

static void
add_replicas(struct migration *m)
{
	const struct discovery how = how_to_find(m->cfg);
	const struct config *cfg = m->cfg;
	struct source s;

	if (m->registry.id == 0 || m->lag.beats != NULL ||
	    m->lag.roster != NULL)
		return;
	m->lag = (struct lag_limits){ .most = cfg->max_lag,
	    .every = cfg->check_interval, .names = &m->names,
	    .fail = cfg->fail_on_stopped,
	    .channel = cfg->channel };
	if (may_change(m, &how)) {
		m->lag.roster = roster_new(&m->server, &how, m->replicas);
		roster_source(&s, m->lag.roster);
		watcher_add(m->watcher, &s);
	}
	watch_replicas(m, m->replicas);
}

/* --- all sources ----------------------------------------------------------*/

static void
add_disk(struct migration *m, struct disk *d)
{
	const struct config *cfg = m->cfg;
	struct source s;

	if (d->by == DISK_UNKNOWN || d->by == DISK_TABLESPACE || !d->certain)
		return;
	room_source(&s, d, cfg->min_free_space,
	    cfg->min_free_space != ROOM_DEFAULT, &m->server);
	watcher_add(m->watcher, &s);
}

/*
 * What cannot be known for certain makes nobody wait.  Once others are at work:
 * where threads are scarce, these need the first ones.
 */
static void
add_disks(struct migration *m)
{
	struct err ignored = { .kind = ERR_NONE };
	struct disks d;

	if (m->cfg->min_free_space == 0 || m->watches_disks)
		return;
	m->watches_disks = true;
	disk_find_all(&d, m->db, &m->names.shadow, m->plan.new != NULL ?
	    m->plan.new->create : NULL, &ignored);
	add_disk(m, &d.data);
	if (d.logs && !disk_same(&d.data, &d.binlog))
		add_disk(m, &d.binlog);
	disk_free_all(&d);
}

/* In the order in which they are named. */
static void
add_sources(struct migration *m)
{
	struct source s;

	if (m->cfg->pause_file != NULL) {
		file_source(&s, m->cfg->pause_file, HOLD_WALK);
		watcher_add(m->watcher, &s);
	}
	if (load_is_limited(m->cfg)) {
		load_source(&s, m->cfg, &m->server);
		watcher_add(m->watcher, &s);
	}
	if (m->cfg->throttle_query != NULL &&
	    m->cfg->throttle_query[0] != '\0') {
		user_query_source(&s, m->cfg, &m->server);
		watcher_add(m->watcher, &s);
	}
	add_operator(m);
	if (m->cfg->postpone_cut_over_flag_file != NULL) {
		file_source(&s, m->cfg->postpone_cut_over_flag_file,
		    HOLD_SWAP);
		watcher_add(m->watcher, &s);
	}
	if (m->cfg->cut_over_window != NULL) {
		schedule_source(&s, m->cfg->cut_over_window);
		watcher_add(m->watcher, &s);
	}
}

struct gate *
throttling_gate(struct migration *m)
{
	if (m->gate == NULL) {
		m->gate = gate_new();
		m->watcher = watcher_new(m->gate);
		add_sources(m);
	}
	add_operator(m);
	add_replicas(m);
	watcher_start(m->watcher);
	return gate_has_told(m->gate) ? NULL : m->gate;
}

int
throttling_retry(struct migration *m, struct err *e)
{
	int rc;

	if (m->watcher == NULL)
		return 0;
	rc = add_new(m, e);
	add_disks(m);
	watcher_start(m->watcher);
	return rc;
}

bool
throttling_condemned(const struct migration *m)
{
	return gate_is_condemned(m->gate);
}

bool
throttling_end(struct migration *m)
{
	if (!watcher_end(m->watcher))
		return false;
	m->watcher = NULL;
	gate_free(m->gate);
	m->gate = NULL;
	return true;
}
