/*
 * Nobody uses the table any more.  So its rows go by the key that it was walked
 * by, and what is gone already is passed over when this is begun anew.
 *
 * Sessions of the copy have foreign_key_checks=0: no cascade follows a DELETE,
 * and rows that reference others of the same table go in any order.  A table of
 * others that references this one would lose its parents that way, so there
 * must not be one.
 */
#include "story/purge.h"

#include <pthread.h>

#include "base/event.h"
#include "base/log.h"
#include "cli/command.h"
#include "steps/piece.h"
#include "steps/trust.h"
#include "steps/walk.h"
#include "story/throttling.h"
#include "story/watch.h"

struct purge {
	struct migration *m;
	const struct path *path;
	pthread_mutex_t lock;
	unsigned long long rows;	/* that are gone; under the mutex */
};

bool
purge_is_wanted(const struct migration *m, enum undo_what what)
{
	return m->cfg->purge_old_table && (what == UNDO_ATTIC ||
	    (what == UNDO_SHADOW && m->reverting && m->swap != SWAP_DONE));
}

/* Before the first row, and now and then: no trigger is fired. */
static int
see_that_it_is_bare(const struct purge *p, struct err *e)
{
	int rc = trust_bare(p->m->db, p->path->name, e);

	return rc != 0 && watch_is_locked_out(e) ? 0 : rc;
}

static int
refuse_children(struct migration *m, const struct qname *table, struct err *e)
{
	struct fkeys children = FKEYS_INIT;
	int rc = fkey_children(&children, m->db, table, NULL, false, e);
	size_t i;

	for (i = 0; rc == 0 && i < children.n; i++)
		if (!fkey_is_self(&children.key[i]))
			rc = err_set(e, ERR_LEFT, "foreign key %s of %s "
			    "references it", children.key[i].name.sql,
			    children.key[i].child.sql);
	fkey_free(&children);
	return rc;
}

static int
delete_piece(void *arg, struct db *db, const struct piece *piece,
    struct chunk_done *done, struct err *e)
{
	struct purge *p = arg;
	struct str q = STR_INIT;
	int rc;

	path_delete(&q, p->path, &piece->part.after, &piece->part.upto);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	if (rc != 0)
		return -1;
	done->rows = db_affected(db);
	pthread_mutex_lock(&p->lock);
	p->rows += done->rows;
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static int
delete_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	struct purge *p = arg;
	const struct piece_work w = {
		.path = p->path,
		.tries = &p->m->cfg->tries_copy_rows,
		.run = delete_piece,
		.arg = p,
	};

	return piece_run(&w, db, c, done, e);
}

static int
watch(void *arg, struct err *e)
{
	struct purge *p = arg;
	struct migration *m = p->m;
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long rows;

	pthread_mutex_lock(&p->lock);
	rows = p->rows;
	pthread_mutex_unlock(&p->lock);
	if (watch_alone(m, e) != 0 || see_that_it_is_bare(p, e) != 0)
		return -1;
	/* A connection that breaks here is found the next time. */
	if (!m->reverting)
		registry_purged(&m->registry, m->db, rows,
		    p->path->table->rows, &ignored);
	return 0;
}

static int
walk(struct purge *p, struct err *e)
{
	struct migration *m = p->m;
	const struct walk_watch watching = { watch, p, throttling_gate(m) };
	const struct walk w = { .path = p->path, .server = &m->server,
	    .cfg = m->cfg, .verb = "purged", .session = SESSION_COPY,
	    .modes = SESSION_UTC | SESSION_INVALID_DATES, .threads = 1,
	    .most = 1, .chunk = delete_chunk, .arg = p, .watch = &watching };
	struct walk_result done;

	if (watching.gate == NULL)
		return err_set(e, ERR_LIMIT, "the run was ended");
	if (walk_run(&w, &done, e) != 0)
		return -1;
	log_info("purged %llu rows in %.1f s", done.rows, done.seconds);
	return 0;
}

static int
purge(struct migration *m, const struct qname *table, struct table **t,
    struct err *e)
{
	struct path path = { table, NULL, NULL };
	struct purge p = { .m = m, .path = &path };
	int rc;

	if (throttling_look_for_replicas(m, e) != 0 ||
	    table_load(t, m->db, table, e) != 0)
		return -1;
	/* MySQL's own figure is of before the swap. */
	if ((*t)->rows < m->copied.walk.rows)
		(*t)->rows = m->copied.walk.rows;
	path.table = *t;
	path.key = table_total_key(*t, e);
	if (path.key == NULL || refuse_children(m, table, e) != 0 ||
	    see_that_it_is_bare(&p, e) != 0 || (!m->reverting &&
	    (registry_state(&m->registry, m->db, STATE_PURGING, e) != 0 ||
	    registry_purged(&m->registry, m->db, 0, (*t)->rows, e) != 0)))
		return -1;
	log_info("purging %s, of about %llu rows", table->sql, (*t)->rows);
	pthread_mutex_init(&p.lock, NULL);
	rc = walk(&p, e);
	pthread_mutex_destroy(&p.lock);
	return rc;
}

int
purge_run(struct migration *m, const struct qname *table, struct err *e)
{
	struct table *t = NULL;
	int rc = table_exists(m->db, table, e);

	if (rc == 1)
		rc = purge(m, table, &t, e);
	table_free(t);
	if (rc == 0 || e->kind == ERR_BUSY)
		return rc;
	/* It is not to be dropped with what it has left. */
	m->unpurged = true;
	e->kind = ERR_LEFT;
	err_while(e, "%s is not purged, and stays", table->sql);
	return command_hint(e, m->cfg, "to purge what is left of it, and drop "
	    "it", m->reverting ? "cleanup --purge-old-table" : "cleanup",
	    "to drop it at once", "cleanup --no-purge-old-table", COMMAND_END);
}
