/* The threads: their keys, their transactions, their pace. */
#include "hammer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ids from AUTO_INCREMENT start this far above the ones chosen here. */
#define AUTO_GAP	(INT64_C(1) << 26)

atomic_bool stop;

static int running;
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- what they begin with ----------------------------------------------- */

/* Every row that there is, to the worker that it belongs to. */
static int64_t
load_keys(MYSQL *my, struct worker *w)
{
	int64_t key, max = 0, hot = 0;
	MYSQL_RES *res;
	MYSQL_ROW row;
	char sql[512];
	int i;

	snprintf(sql, sizeof(sql), "SELECT id FROM %s ORDER BY id",
	    opt.table);
	if (mysql_query(my, sql) != 0 ||
	    (res = mysql_store_result(my)) == NULL)
		die("%s: %s", sql, mysql_error(my));
	while ((row = mysql_fetch_row(res)) != NULL) {
		key = strtoll(row[0], NULL, 10);
		if (max == 0)
			hot = key;
		/* What is out of the way is not ours to play with. */
		if (key < 1 || key > INT64_MAX - 3 * AUTO_GAP)
			continue;
		key_add(&w[key % opt.threads].live, key);
		max = key;
	}
	mysql_free_result(res);

	for (i = 0; i < opt.threads; i++) {
		w[i].hot = hot;
		w[i].initial = w[i].live.n;
		w[i].fresh = max + 1;
		while (w[i].fresh % opt.threads != i)
			w[i].fresh++;
		if (opt.profile == OLTP && w[i].initial < 3)
			die("%s: too few rows for %d threads", opt.table,
			    opt.threads);
	}
	return max;
}

/* Keeps the ids that the server gives above this one. */
static void
raise_counter(MYSQL *my, int64_t to)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "INSERT INTO %s (" COLUMNS ") "
	    "VALUES (%" PRId64 ", 1, 'new', 0, NULL, '2026-01-01')",
	    opt.table, to);
	if (mysql_query(my, sql) != 0)
		die("%s: %s", sql, mysql_error(my));
	snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE id = %" PRId64,
	    opt.table, to);
	if (mysql_query(my, sql) != 0)
		die("%s: %s", sql, mysql_error(my));
}

struct worker *
worker_make(void)
{
	struct worker *w = calloc((size_t)opt.threads, sizeof(*w));
	MYSQL *my;
	int64_t max;
	int i;

	if (w == NULL)
		die("out of memory");
	my = session_open(true);
	max = load_keys(my, w);
	if (opt.autoinc)
		raise_counter(my, max + AUTO_GAP);
	mysql_close(my);
	for (i = 0; i < opt.threads; i++) {
		w[i].id = i;
		w[i].rng = opt.seed * UINT64_C(0x2545f4914f6cdd1d) +
		    (uint64_t)i * UINT64_C(0x5851f42d4c957f2d);
		w[i].cap = 4096;
		w[i].sql = malloc(w[i].cap);
		if (w[i].sql == NULL)
			die("out of memory");
		w[i].my = session_open(true);
	}
	return w;
}

/* --- their work --------------------------------------------------------- */

static void
transaction(struct worker *w)
{
	unsigned keep = (unsigned)below(w, 100);
	bool ok;

	w->nit = w->ntaken = 0;
	ok = profile_run(w);
	/* The odd one changes its mind. */
	if (ok && (keep >= 7 || opt.profile == OLTP) &&
	    sql_simple(w, "COMMIT")) {
		w->st.transactions++;
		items_put(w);
		return;
	}
	w->st.rollbacks++;
	if (!session_lost(w) && sql_simple(w, "ROLLBACK")) {
		memcpy(w->it, w->taken, sizeof(w->taken));
		w->nit = w->ntaken;
	} else
		session_again(w);
	items_put(w);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	double step = opt.rate > 0 ? opt.threads / opt.rate : 0;
	double next = now_s() + step * w->id / opt.threads, t;
	uint64_t i;

	for (i = 0; !stop; i++) {
		if (opt.transactions > 0 && i >= opt.transactions)
			break;
		if (step > 0) {
			t = now_s();
			nap_s(next - t);
			/* After a stall go on as before; do not catch up. */
			next = (next > t ? next : t) + step;
		}
		transaction(w);
	}
	mysql_close(w->my);
	mysql_thread_end();
	pthread_mutex_lock(&running_lock);
	running--;
	pthread_mutex_unlock(&running_lock);
	return NULL;
}

void
worker_start(struct worker *w)
{
	double t0 = now_s();
	int i;

	running = opt.threads;
	for (i = 0; i < opt.threads; i++)
		w[i].t0 = t0;
	for (i = 0; i < opt.threads; i++)
		if (pthread_create(&w[i].tid, NULL, work, &w[i]) != 0)
			die("cannot create a thread");
}

int
worker_left(void)
{
	int n;

	pthread_mutex_lock(&running_lock);
	n = running;
	pthread_mutex_unlock(&running_lock);
	return n;
}
