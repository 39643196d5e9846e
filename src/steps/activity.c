#include "steps/activity.h"

#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/table.h"

#define QUIET	1.0	/* seconds without a write: the table is at rest */
#define DOUBT	0.2	/* seconds until the first looks are believed */

static bool
ask_written(struct db *db, const char *whose, unsigned long long *n)
{
	struct err ignored = { .kind = ERR_NONE };

	return db_number(db, n, &ignored, "SELECT SUM(CAST(VARIABLE_VALUE AS "
	    "UNSIGNED)) FROM information_schema.%s_STATUS WHERE VARIABLE_NAME "
	    "IN ('HANDLER_WRITE', 'HANDLER_UPDATE', 'HANDLER_DELETE')",
	    whose) == 0;
}

bool
activity_written(struct db *db, unsigned long long *n)
{
	return ask_written(db, "SESSION", n);
}

#define AGAIN	5	/* looks for two that agree */

/*
 * What all but this connection have written.  One that just ends may be left
 * out of a sum, as it is told nowhere then; so the sum is taken twice.
 */
static bool
ask_others(struct db *db, unsigned long long *others)
{
	unsigned long long all = 0, before, own;
	int i;

	for (i = 0; i < AGAIN; i++) {
		before = all;
		if (!ask_written(db, "GLOBAL", &all) ||
		    !activity_written(db, &own))
			return false;
		if (i > 0 && all == before) {
			*others = all - own;
			return true;
		}
		stop_sleep(0.001);
	}
	return false;
}

void
activity_except(struct activity *r, unsigned long long n)
{
	pthread_mutex_lock(&r->lock);
	r->ours += n;
	pthread_mutex_unlock(&r->lock);
}

/* Not allowed to ask, or not to be found (the name is a file's): 0. */
static unsigned long long
ask_changes(const struct activity *r, struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str name = STR_INIT, q = STR_INIT;
	unsigned long long n = 0;

	str_addf(&name, "%s/%s", r->table->db.raw, r->table->table.raw);
	db_exact(&q, db, "NAME", name.s);
	if (db_number(db, &n, &ignored, "SELECT 1 + MODIFIED_COUNTER FROM "
	    "information_schema.INNODB_SYS_TABLESTATS WHERE %s",
	    q.s) != 0)
		n = 0;
	str_free(&name);
	str_free(&q);
	return n;
}

static unsigned long long
ask_time(const struct activity *r, struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str where = STR_INIT;
	unsigned long long n = 0;

	table_where(&where, db, r->table);
	if (db_number(db, &n, &ignored, "SELECT 1 + COALESCE(UNIX_TIMESTAMP("
	    "UPDATE_TIME), 0) FROM information_schema.TABLES WHERE %s",
	    where.s) != 0)
		n = 0;
	str_free(&where);
	return n;
}

/*
 * The counter begins anew when statistics are made, and might come to the same
 * number; hence the time, which is that of the last COMMIT.
 */
static void
look(struct activity *r, struct db *db, bool last)
{
	unsigned long long n, at = 0;
	bool first;

	pthread_mutex_lock(&r->lock);
	first = r->time == 0;
	pthread_mutex_unlock(&r->lock);
	if (first || last)
		at = ask_time(r, db);
	n = ask_changes(r, db);
	pthread_mutex_lock(&r->lock);
	if (r->time == 0)
		r->time = at;
	if (n == 0 || (r->changes != 0 && n != r->changes) ||
	    (last && (at == 0 || at != r->time))) {
		r->changed = now_s();
		r->touched = true;
	}
	r->changes = n;
	pthread_mutex_unlock(&r->lock);
}

void
activity_begin(struct activity *r, const struct qname *table, struct db *db)
{
	r->table = table;
	r->changes = 0;
	r->touched = false;
	r->time = 0;
	r->ours = 0;
	r->known = ask_others(db, &r->others);
	look(r, db, false);
	/* One look tells nothing; until there are some, take it to be busy. */
	r->changed = now_s() - QUIET + DOUBT;
}

bool
activity_is_busy(struct activity *r, struct db *db)
{
	bool busy;

	look(r, db, false);
	pthread_mutex_lock(&r->lock);
	busy = now_s() - r->changed < QUIET;
	pthread_mutex_unlock(&r->lock);
	return busy;
}

bool
activity_is_kept(struct activity *r)
{
	bool kept;

	pthread_mutex_lock(&r->lock);
	kept = !r->touched && r->changes != 0;
	pthread_mutex_unlock(&r->lock);
	return kept;
}

bool
activity_was_kept(struct activity *r, struct db *db)
{
	unsigned long long others = 0;
	bool known;

	look(r, db, true);
	known = r->known && ask_others(db, &others);
	pthread_mutex_lock(&r->lock);
	known = known && others - r->ours == r->others;
	pthread_mutex_unlock(&r->lock);
	return known && activity_is_kept(r);
}
