#include "story/exchange.h"

#include "cutover/swap.h"
#include "model/standin.h"
#include "steps/capture.h"
#include "steps/check.h"
#include "steps/fkey_names.h"
#include "steps/foreign_keys.h"
#include "steps/postpone.h"
#include "story/catch_up.h"
#include "story/compare.h"
#include "story/migration.h"
#include "story/moments.h"
#include "story/outlast.h"
#include "story/prove.h"
#include "story/throttling.h"
#include "story/unchanged.h"
#include "story/watch.h"

/* cutover_look_fn: no session can write any more, and nothing can change. */
static int
last_look(void *arg, struct err *e)
{
	struct migration *m = arg;
	struct check_input in = migration_to_check(m);

	if (capture_intact(m->db, &m->plan, &m->triggers, e) != 0 ||
	    check_unchanged(&in, m->new, e) != 0 || unchanged_look(m, e) != 0)
		return -1;
	return unchanged_not(m);
}

/* The same, complete the copy, and take the snapshots when it may go on. */
static int
look_and_prove(void *arg, struct err *e)
{
	int rc = last_look(arg, e);

	if (rc == 0)
		rc = catch_up_finish(arg, e);
	return rc == 0 ? prove_begin(arg, e) : rc;
}

static int
read_new_again(struct migration *m, struct err *e)
{
	struct table *now = NULL;
	int rc = table_load(&now, m->db, &m->names.shadow, e);

	if (rc == 0)
		table_take_text(m->new, now);
	table_free(now);
	return rc;
}

/* It was ourselves who changed it. */
static int
note_new(struct migration *m, struct err *e)
{
	return identity_note(&m->new_is, m->db, &m->new->name, false, e);
}

/* From now on they hold; and what is there must be as they say. */
static int
add_keys(struct migration *m, struct err *e)
{
	const struct query_beat beat = { watch_tables, m };

	if (m->added.n == 0)
		return 0;
	return foreign_keys_add(m->db, &m->plan, m->cfg, e) != 0 ||
	    foreign_keys_orphans(&m->plan, true, &beat, e) != 0 ||
	    read_new_again(m, e) != 0 ? -1 : 0;
}

static int
remove_keys(struct migration *m, struct err *e)
{
	if (m->added.n == 0)
		return 0;
	return foreign_keys_remove(m->db, &m->names.shadow, &m->added, m->cfg,
	    e) != 0 ||
	    read_new_again(m, e) != 0 || note_new(m, e) != 0 ? -1 : 0;
}

/* What is to be done if we are not there to do it. */
static int
note_cutover(struct migration *m, struct err *e)
{
	struct str names = STR_INIT;
	int rc;

	standin_note(&names, &m->plan, &m->alter);
	rc = registry_note_cutover(&m->registry, m->db, names.s, e);
	str_free(&names);
	return rc;
}

/*
 * It is done, or all is as before it: whoever comes later would only make
 * again what somebody has dropped meanwhile.
 */
static int
forget_cutover(struct migration *m, struct err *e)
{
	return m->swap == SWAP_DONE && undo_owes(&m->undo, UNDO_FINISH) ? 0 :
	    registry_note_cutover(&m->registry, m->db, "", e);
}

/* 1: as look_and_swap(). */
static int
make_ready(struct migration *m, struct err *e)
{
	int rc = last_look(m, e);

	if (rc == 1 || (rc != 0 && !watch_is_locked_out(e)))
		return rc;
	/* MySQL makes a table anew to set its counter; MariaDB leaves out what
	 * Aria has left of its options. */
	if (fkey_names_try(m->db, &m->plan, &m->alter, m->cfg, &m->undo,
	    e) != 0 ||
	    swap_prepare(m->db, &m->plan, m->cfg, &m->undo, e) != 0 ||
	    (m->plan.by_key && read_new_again(m, e) != 0) ||
	    add_keys(m, e) != 0 || note_new(m, e) != 0)
		return -1;
	if (note_cutover(m, e) == 0 && prove_prepare(m, e) == 0)
		return 0;
	prove_end(m);
	return -1;
}

/*
 * The first look is without a lock, the last one with it.  1: it must wait
 * once more, or compare.
 */
static int
look_and_swap(struct migration *m, struct err *e)
{
	const struct cutover_ask ask = { m->gate, look_and_prove, m };
	struct err ignored = { .kind = ERR_NONE };
	enum cutover_end end;
	int rc;

	if (moments_tell(m, "before-cut-over", e) != 0 ||
	    watch_tables(m, e) != 0 || catch_up_run(m, e) != 0 ||
	    catch_up_count(m, e) != 0)
		return -1;
	if (watch_state(m, STATE_SWAPPING, e) != 0)
		return -1;
	/* Keys are not added twice. */
	rc = m->added.n > 0 ? make_ready(m, e) :
	    watch_persist(m, make_ready, e);
	if (rc != 0)
		return rc;
	end = swap_run(m->db, &m->plan, m->cfg, &m->undo, &ask, e);
	m->swap = end == CUTOVER_SWAPPED || end == CUTOVER_UNFINISHED ?
	    SWAP_DONE : end == CUTOVER_UNKNOWN ? SWAP_UNKNOWN : SWAP_NOT_YET;
	if (m->swap != SWAP_DONE)
		prove_end(m);
	outlast_note(m);
	if (end == CUTOVER_UNKNOWN || end == CUTOVER_UNRESTORED)
		return -1;
	if (end == CUTOVER_SWAPPED)
		return forget_cutover(m, e);
	forget_cutover(m, &ignored);
	if (end == CUTOVER_FAILED && prove_gives_way(m, e))
		end = CUTOVER_SHUT;
	return end != CUTOVER_SHUT ? -1 : remove_keys(m, e) != 0 ? -1 : 1;
}

/*
 * Between waiting and the swap lie other waits, for a comparison or the
 * table's lock, and when they are over it may have to wait again.
 */
int
exchange_run(struct migration *m, struct err *e)
{
	struct postpone p = {
		.gate = throttling_gate(m),
		.watch = catch_up_watch,
		.compare = compare_again,
		.arg = m,
		.compared = &m->compared_at,
		.took = &m->compared.seconds,
	};
	int rc, looks = 0;

	do {
		if (watch_state(m, STATE_WAITING, e) != 0 ||
		    postpone_run(&p, e) != 0)
			return -1;
		rc = look_and_swap(m, e);
		if (rc == 1 && compare_if_changed(m, &looks, e) != 0)
			return -1;
	} while (rc == 1);
	return rc;
}
