/*
 * hammer - an application, for tests: threads that write to a table while
 * something is done to it, and know exactly how long each statement took.
 *
 * With --control every transaction does the same to a second table, so that
 * afterwards the two have to be equal whatever happened to the first one.
 *
 * The keys are divided among the threads by residue, and within a transaction
 * they are visited in ascending order.  So the threads neither wait for one
 * another nor deadlock among themselves: an error or a slow statement is the
 * doing of whoever else is at work.  It also makes a thread's statements
 * depend on the seed alone (but for --auto, errors and the time it ends).
 */
#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mysql.h>

#define MAX_ITEMS	8
#define MAX_ERRORS	32
#define TEXT_MAX	240
/* 64 steps per power of two: a percentile is at most 1.6 % off. */
#define SUB_BITS	6
#define BUCKETS		(40 << SUB_BITS)
/* Ids from AUTO_INCREMENT start this far above the ones chosen here. */
#define AUTO_GAP	(INT64_C(1) << 26)

enum profile { MIXED, OLTP, HOT, KEYCHANGE };

struct keys {
	int64_t *v;
	size_t n, cap;
};

/* A key that the transaction at hand may use, and whether it has a row. */
struct item {
	int64_t key;
	bool row;
};

struct error {
	unsigned code;
	uint64_t count;
	double at;
	char message[TEXT_MAX];
	char statement[TEXT_MAX];
};

struct stats {
	uint64_t statements, transactions, rollbacks, reconnects;
	uint64_t over_second;
	uint64_t bucket[BUCKETS];
	uint64_t max_us;
	double max_at;
	char max_text[TEXT_MAX];
	struct error err[MAX_ERRORS];
	size_t nerr;
};

struct worker {
	int id;
	pthread_t tid;
	MYSQL *my;
	uint64_t rng;
	struct keys live, dead;
	int64_t fresh;
	size_t initial;
	struct item it[MAX_ITEMS + 1], taken[MAX_ITEMS];
	size_t nit, ntaken;
	char *sql;
	size_t len, cap;
	struct stats st;
};

static struct {
	const char *socket, *host, *user, *password, *db;
	const char *table, *control, *until, *report, *isolation;
	unsigned port;
	int threads;
	double seconds, rate;
	uint64_t seed, transactions;
	enum profile profile;
	bool random_order, autoinc;
} opt = {
	.user = "root", .password = "", .db = "app", .table = "orders",
	.isolation = "REPEATABLE READ", .threads = 4, .seed = 1,
};

static atomic_bool stop;
static int running;
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static double t0;
static int64_t hot_key;

static _Noreturn void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("hammer: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
nap(double seconds)
{
	struct timespec ts;

	if (seconds <= 0)
		return;
	ts.tv_sec = (time_t)seconds;
	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

/* splitmix64: any seed will do, also small ones that follow each other. */
static uint64_t
rnd(struct worker *w)
{
	uint64_t z = w->rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t
below(struct worker *w, size_t n)
{
	return (size_t)(rnd(w) % n);
}

static bool
chance(struct worker *w, unsigned percent)
{
	return rnd(w) % 100 < percent;
}

/* --- keys --------------------------------------------------------------- */

static void
push(struct keys *k, int64_t key)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 1024;
		k->v = realloc(k->v, k->cap * sizeof(*k->v));
		if (k->v == NULL)
			die("out of memory");
	}
	k->v[k->n++] = key;
}

static int64_t
take(struct worker *w, struct keys *k)
{
	size_t i = below(w, k->n);
	int64_t key = k->v[i];

	k->v[i] = k->v[--k->n];
	return key;
}

static int64_t
fresh(struct worker *w)
{
	int64_t key = w->fresh;

	w->fresh += opt.threads;
	return key;
}

static int
by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * The keys of a transaction leave the lists when it begins and come back when
 * it ends, by what became of them.  So undoing is copying this array back.
 */
static void
take_items(struct worker *w, size_t n, unsigned percent_live)
{
	struct item swap;
	size_t i, j;

	if (w->live.n > 2 * w->initial + 100)
		percent_live = 90;
	w->nit = 0;
	for (i = 0; i < n; i++) {
		struct item *it = &w->it[w->nit++];

		if (w->live.n > 0 && chance(w, percent_live)) {
			it->row = true;
			it->key = take(w, &w->live);
		} else {
			it->row = false;
			it->key = w->dead.n > 0 && chance(w, 70) ?
			    take(w, &w->dead) : fresh(w);
		}
	}
	if (!opt.random_order)
		qsort(w->it, w->nit, sizeof(*w->it), by_key);
	for (i = w->nit; i > 1 && opt.random_order; i--) {
		j = below(w, i);
		swap = w->it[i - 1];
		w->it[i - 1] = w->it[j];
		w->it[j] = swap;
	}
	memcpy(w->taken, w->it, sizeof(w->taken));
	w->ntaken = w->nit;
}

static void
put_items(struct worker *w)
{
	size_t i;

	for (i = 0; i < w->nit; i++)
		push(w->it[i].row ? &w->live : &w->dead, w->it[i].key);
	w->nit = 0;
}

/* --- statements ---------------------------------------------------------- */

static void
put(struct worker *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	for (;;) {
		va_start(ap, fmt);
		n = vsnprintf(w->sql + w->len, w->cap - w->len, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < w->cap - w->len)
			break;
		w->cap = w->cap * 2 + (size_t)n + 1;
		w->sql = realloc(w->sql, w->cap);
		if (w->sql == NULL)
			die("out of memory");
	}
	w->len += (size_t)n;
}

static void
begin_sql(struct worker *w)
{
	w->len = 0;
	put(w, "%s", "");
}

static size_t
bucket(uint64_t us)
{
	unsigned exp = 0;
	size_t b;

	while (us >> exp >= UINT64_C(2) << SUB_BITS)
		exp++;
	b = ((size_t)exp << SUB_BITS) + (size_t)(us >> exp);
	return b < BUCKETS ? b : BUCKETS - 1;
}

static double
bucket_ms(size_t b)
{
	unsigned exp = 0;

	while (b >= UINT64_C(2) << SUB_BITS) {
		b -= (size_t)1 << SUB_BITS;
		exp++;
	}
	return (double)((uint64_t)b << exp) / 1000;
}

static void
clip(char *to, const char *from, size_t n)
{
	if (n > TEXT_MAX - 1)
		n = TEXT_MAX - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void
note_error(struct worker *w, const char *sql, size_t len, double at)
{
	unsigned code = mysql_errno(w->my);
	struct error *e;
	size_t i;

	for (i = 0; i < w->st.nerr && w->st.err[i].code != code; i++)
		;
	if (i == MAX_ERRORS)
		i--;
	e = &w->st.err[i];
	if (i == w->st.nerr) {
		w->st.nerr++;
		e->code = code;
		e->at = at;
		clip(e->message, mysql_error(w->my),
		    strlen(mysql_error(w->my)));
		clip(e->statement, sql, len);
	}
	e->count++;
}

/* Runs a statement and reads its result away.  True: it succeeded. */
static bool
run(struct worker *w, const char *sql, size_t len)
{
	double start = now(), end;
	MYSQL_RES *res;
	uint64_t us;
	bool ok;

	ok = mysql_real_query(w->my, sql, len) == 0;
	if (ok && mysql_field_count(w->my) > 0) {
		res = mysql_store_result(w->my);
		ok = res != NULL;
		mysql_free_result(res);
	}
	end = now();

	us = (uint64_t)((end - start) * 1e6);
	w->st.statements++;
	w->st.bucket[bucket(us)]++;
	if (us >= 1000000)
		w->st.over_second++;
	if (us > w->st.max_us) {
		w->st.max_us = us;
		w->st.max_at = start - t0;
		clip(w->st.max_text, sql, len);
	}
	if (!ok)
		note_error(w, sql, len, start - t0);
	return ok;
}

static bool
simple(struct worker *w, const char *sql)
{
	return run(w, sql, strlen(sql));
}

/*
 * Runs what was put together, with the table's name for each \1: for the
 * table, and then for the control table.
 */
static bool
both(struct worker *w)
{
	const char *name[2] = { opt.table, opt.control }, *p;
	char buf[8192];
	size_t n, l;
	int i;

	for (i = 0; i < 2 && name[i] != NULL; i++) {
		l = strlen(name[i]);
		n = 0;
		for (p = w->sql; *p != '\0'; p++) {
			if (n + l + 1 >= sizeof(buf))
				die("statement too long");
			if (*p == '\1') {
				memcpy(buf + n, name[i], l);
				n += l;
			} else
				buf[n++] = *p;
		}
		if (!run(w, buf, n))
			return false;
	}
	return true;
}

/* --- values -------------------------------------------------------------- */

static void
put_note(struct worker *w)
{
	/* What a careless copy would spoil: quotes, blanks, other letters. */
	static const char *const odd[] = {
		"NULL", "''", "' leading'", "'trailing  '", "'it''s'",
		"'back\\\\slash'", "'caf\xc3\xa9'", "'a\\nb'", "'\"quoted\"'",
		"'100%'", "'NULL'", "'0'",
	};

	if (chance(w, 20))
		put(w, "%s", odd[below(w, sizeof(odd) / sizeof(odd[0]))]);
	else
		put(w, "'note %016" PRIx64 "%.*s'", rnd(w),
		    (int)below(w, 60), "............................"
		    "................................");
}

static void
put_values(struct worker *w)
{
	static const char *const state[] = {
		"new", "paid", "packed", "shipped", "returned",
	};

	put(w, "%d, '%s', %d.%02d, ", (int)below(w, 10000) + 1,
	    state[below(w, 5)], (int)below(w, 100000), (int)below(w, 100));
	put_note(w);
	put(w, ", '2026-%02d-%02d %02d:%02d:%02d.%06d'",
	    (int)below(w, 12) + 1, (int)below(w, 28) + 1, (int)below(w, 24),
	    (int)below(w, 60), (int)below(w, 60), (int)below(w, 1000000));
}

static void
put_set(struct worker *w)
{
	switch (below(w, 5)) {
	case 0:
		put(w, "amount = amount + 0.01");
		break;
	case 1:
		put(w, "customer = %d", (int)below(w, 10000) + 1);
		break;
	case 2:
		put(w, "state = 'paid', note = ");
		put_note(w);
		break;
	case 3:
		/* The value that is there: no row changes. */
		put(w, "state = state");
		break;
	default:
		put(w, "amount = %d.%02d, updated = "
		    "'2027-01-01 00:00:00.%06d', note = ",
		    (int)below(w, 1000), (int)below(w, 100),
		    (int)below(w, 1000000));
		put_note(w);
	}
}

#define COLUMNS "id, customer, state, amount, note, updated"

static void
put_rows(struct worker *w, const struct item *it, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		put(w, "%s(%" PRId64 ", ", i ? ", " : "", it[i].key);
		put_values(w);
		put(w, ")");
	}
}

static void
put_where(struct worker *w, const struct item *it, size_t n)
{
	size_t i;

	if (n == 1) {
		put(w, " WHERE id = %" PRId64, it->key);
		return;
	}
	put(w, " WHERE id IN (");
	for (i = 0; i < n; i++)
		put(w, "%s%" PRId64, i ? ", " : "", it[i].key);
	put(w, ")");
}

static void
set_rows(struct item *it, size_t n, bool row)
{
	size_t i;

	for (i = 0; i < n; i++)
		it[i].row = row;
}

/* --- what is done to rows ------------------------------------------------- */

static bool
do_insert(struct worker *w, struct item *it, size_t n)
{
	static const char *const verb[] = {
		"INSERT INTO", "INSERT INTO", "INSERT INTO", "REPLACE INTO",
		"INSERT IGNORE INTO", "INSERT INTO",
	};
	size_t v = below(w, sizeof(verb) / sizeof(verb[0]));

	begin_sql(w);
	put(w, "%s \1 (" COLUMNS ") VALUES ", verb[v]);
	put_rows(w, it, n);
	if (v == 5) {
		put(w, " ON DUPLICATE KEY UPDATE ");
		put_set(w);
	}
	set_rows(it, n, true);
	return both(w);
}

static bool
do_change(struct worker *w, struct item *it, size_t n)
{
	unsigned what = (unsigned)below(w, 100);

	begin_sql(w);
	if (what < 50) {
		/* Forced, lest a small table be scanned and locked whole. */
		put(w, "UPDATE \1 FORCE INDEX (PRIMARY) SET ");
		put_set(w);
		put_where(w, it, n);
	} else if (what < 75) {
		put(w, "DELETE FROM \1");
		/* DELETE takes no index hint everywhere; a key at a time. */
		put_where(w, it, 1);
		it->row = false;
	} else if (what < 88) {
		put(w, "REPLACE INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
	} else if (what < 96) {
		put(w, "INSERT INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
		put(w, " ON DUPLICATE KEY UPDATE ");
		put_set(w);
	} else {
		put(w, "INSERT IGNORE INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
	}
	return both(w);
}

static bool
do_move(struct worker *w, struct item *from, struct item *to)
{
	begin_sql(w);
	put(w, "UPDATE \1 SET id = %" PRId64, to->key);
	if (chance(w, 50)) {
		put(w, ", ");
		put_set(w);
	}
	put(w, " WHERE id = %" PRId64, from->key);
	from->row = false;
	to->row = true;
	return both(w);
}

/* Two rows change places, by way of a third key. */
static bool
do_swap(struct worker *w, struct item *a, struct item *b)
{
	struct item tmp = { fresh(w), false };

	return do_move(w, b, &tmp) && do_move(w, a, b) && do_move(w, &tmp, a);
}

static bool
do_auto_insert(struct worker *w)
{
	struct item *it = &w->it[w->nit];
	char values[1024];

	begin_sql(w);
	put_values(w);
	snprintf(values, sizeof(values), "%s", w->sql);
	begin_sql(w);
	put(w, "INSERT INTO %s (customer, state, amount, note, updated) "
	    "VALUES (%s)", opt.table, values);
	if (!run(w, w->sql, w->len))
		return false;
	it->key = (int64_t)mysql_insert_id(w->my);
	it->row = true;
	w->nit++;
	if (opt.control == NULL)
		return true;
	begin_sql(w);
	put(w, "INSERT INTO %s (" COLUMNS ") VALUES (%" PRId64 ", %s)",
	    opt.control, it->key, values);
	return run(w, w->sql, w->len);
}

static bool
steps(struct worker *w, size_t i, size_t end, unsigned percent_moves)
{
	size_t n, t;

	while (i < end) {
		if (w->it[i].row && chance(w, percent_moves)) {
			for (t = i + 1; t < end && w->it[t].row; t++)
				;
			if (t < end) {
				if (!do_move(w, &w->it[i], &w->it[t]))
					return false;
				i = t + 1;
				continue;
			}
		}
		n = 1;
		if (chance(w, 40))
			while (i + n < end && n < 4 &&
			    w->it[i + n].row == w->it[i].row)
				n++;
		if (w->it[i].row ? !do_change(w, &w->it[i], n) :
		    !do_insert(w, &w->it[i], n))
			return false;
		i += n;
	}
	return true;
}

static bool
mixed(struct worker *w)
{
	bool keychange = opt.profile == KEYCHANGE;
	size_t i, t, mid;
	struct item saved[MAX_ITEMS];

	take_items(w, 1 + below(w, MAX_ITEMS - 2), keychange ? 55 : 75);
	if (!simple(w, "START TRANSACTION"))
		return false;

	/*
	 * Moving a row down breaks the ascending order.  As the first thing
	 * done it does no harm: nobody waits for us yet.
	 */
	i = 0;
	if (w->nit > 1 && chance(w, keychange ? 60 : 5)) {
		t = below(w, w->nit - 1);
		i = t + 1 + below(w, w->nit - t - 1);
		if (w->it[i].row && w->it[t].row && keychange) {
			if (!do_swap(w, &w->it[t], &w->it[i]))
				return false;
			i++;
		} else if (w->it[i].row && !w->it[t].row) {
			if (!do_move(w, &w->it[i], &w->it[t]))
				return false;
			i = t + 1;
		} else
			i = 0;
	}
	if (w->nit - i > 1 && chance(w, 15)) {
		mid = i + 1 + below(w, w->nit - i - 1);
		memcpy(saved, w->it, sizeof(saved));
		if (!simple(w, "SAVEPOINT s") || !steps(w, i, mid, 10))
			return false;
		if (chance(w, 70)) {
			if (!simple(w, "ROLLBACK TO SAVEPOINT s"))
				return false;
			memcpy(w->it, saved, sizeof(saved));
		} else if (!simple(w, "RELEASE SAVEPOINT s"))
			return false;
		i = mid;
	}
	if (!steps(w, i, w->nit, keychange ? 60 : 8))
		return false;
	return !opt.autoinc || !chance(w, 50) || do_auto_insert(w);
}

static bool
oltp(struct worker *w)
{
	size_t i;

	take_items(w, 3, 100);
	if (!simple(w, "START TRANSACTION"))
		return false;
	for (i = 0; i < 4; i++) {
		begin_sql(w);
		put(w, "SELECT " COLUMNS " FROM %s WHERE id = %" PRId64,
		    opt.table, i < 3 || w->live.n == 0 ?
		    w->it[i % w->nit].key : w->live.v[below(w, w->live.n)]);
		if (!run(w, w->sql, w->len))
			return false;
	}
	begin_sql(w);
	put(w, "UPDATE \1 SET amount = amount + 0.01 WHERE id = %" PRId64,
	    w->it[0].key);
	if (!both(w))
		return false;
	begin_sql(w);
	put(w, "UPDATE \1 SET customer = %d, updated = NOW(6) WHERE id = %"
	    PRId64, (int)below(w, 10000) + 1, w->it[1].key);
	if (!both(w))
		return false;
	begin_sql(w);
	put(w, "DELETE FROM \1 WHERE id = %" PRId64, w->it[2].key);
	w->it[2].row = false;
	return both(w) && do_auto_insert(w);
}

static bool
hot(struct worker *w)
{
	if (!simple(w, "START TRANSACTION"))
		return false;
	begin_sql(w);
	put(w, "UPDATE \1 SET amount = amount + 0.01, note = ");
	put_note(w);
	put(w, " WHERE id = %" PRId64, hot_key);
	return both(w);
}

/* --- connections and transactions ----------------------------------------- */

static MYSQL *
connect_db(bool fatal)
{
	MYSQL *my = mysql_init(NULL);
	char sql[128];

	if (my == NULL)
		die("out of memory");
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(my, opt.host, opt.user, opt.password, opt.db,
	    opt.port, opt.socket, 0) == NULL) {
		if (fatal)
			die("cannot connect: %s", mysql_error(my));
		mysql_close(my);
		return NULL;
	}
	snprintf(sql, sizeof(sql), "SET SESSION TRANSACTION ISOLATION LEVEL "
	    "%s", opt.isolation);
	if (mysql_query(my, sql) != 0 && fatal)
		die("%s: %s", sql, mysql_error(my));
	return my;
}

static bool
lost(struct worker *w)
{
	switch (mysql_errno(w->my)) {
	case 1053:	/* server shutdown in progress */
	case 1927:	/* connection was killed */
	case 2002:
	case 2003:
	case 2006:
	case 2013:
	case 2055:
	case 4031:	/* disconnected by the server (MySQL) */
		return true;
	default:
		return false;
	}
}

static int64_t
number(MYSQL *my, const char *sql, int64_t otherwise)
{
	MYSQL_RES *res;
	MYSQL_ROW row;

	if (mysql_query(my, sql) != 0 ||
	    (res = mysql_store_result(my)) == NULL)
		return otherwise;
	row = mysql_fetch_row(res);
	if (row != NULL && row[0] != NULL)
		otherwise = strtoll(row[0], NULL, 10);
	mysql_free_result(res);
	return otherwise;
}

/*
 * The connection broke: whether the commit came through is for the server to
 * say.  (We do not ask before it has rolled back what was going on.)
 */
static void
reconnect(struct worker *w)
{
	char sql[256];
	int64_t n;
	size_t i;
	MYSQL *my;

	while ((my = connect_db(false)) == NULL && !stop)
		nap(0.01);
	if (my == NULL)
		return;
	mysql_close(w->my);
	w->my = my;
	w->st.reconnects++;
	for (i = 0; i < w->nit; i++) {
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s WHERE "
		    "id = %" PRId64 " FOR UPDATE", opt.table, w->it[i].key);
		n = number(w->my, sql, -1);
		if (n >= 0)
			w->it[i].row = n > 0;
	}
}

static void
transaction(struct worker *w)
{
	unsigned keep = (unsigned)below(w, 100);
	bool ok;

	w->nit = w->ntaken = 0;
	ok = opt.profile == OLTP ? oltp(w) : opt.profile == HOT ? hot(w) :
	    mixed(w);
	/* The odd one changes its mind. */
	if (ok && (keep >= 7 || opt.profile == OLTP) && simple(w, "COMMIT")) {
		w->st.transactions++;
		put_items(w);
		return;
	}
	w->st.rollbacks++;
	if (!lost(w) && simple(w, "ROLLBACK")) {
		memcpy(w->it, w->taken, sizeof(w->taken));
		w->nit = w->ntaken;
	} else
		reconnect(w);
	put_items(w);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	double step = opt.rate > 0 ? opt.threads / opt.rate : 0;
	double next = now() + step * w->id / opt.threads, t;
	uint64_t i;

	for (i = 0; !stop; i++) {
		if (opt.transactions > 0 && i >= opt.transactions)
			break;
		if (step > 0) {
			t = now();
			nap(next - t);
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

static void
load_keys(struct worker *w)
{
	MYSQL *my = connect_db(true);
	int64_t key, max = 0;
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
			hot_key = key;
		/* What is out of the way is not ours to play with. */
		if (key < 1 || key > INT64_MAX - 3 * AUTO_GAP)
			continue;
		push(&w[key % opt.threads].live, key);
		max = key;
	}
	mysql_free_result(res);

	for (i = 0; i < opt.threads; i++) {
		w[i].initial = w[i].live.n;
		w[i].fresh = max + 1;
		while (w[i].fresh % opt.threads != i)
			w[i].fresh++;
		if (opt.profile == OLTP && w[i].initial < 3)
			die("%s: too few rows for %d threads", opt.table,
			    opt.threads);
	}
	/* Keep the server's new ids away from ours. */
	if (opt.autoinc) {
		snprintf(sql, sizeof(sql), "INSERT INTO %s (" COLUMNS ") "
		    "VALUES (%" PRId64 ", 1, 'new', 0, NULL, "
		    "'2026-01-01')", opt.table, max + AUTO_GAP);
		if (mysql_query(my, sql) != 0)
			die("%s: %s", sql, mysql_error(my));
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE id = %"
		    PRId64, opt.table, max + AUTO_GAP);
		if (mysql_query(my, sql) != 0)
			die("%s: %s", sql, mysql_error(my));
	}
	mysql_close(my);
}

/* --- the report ----------------------------------------------------------- */

static void
put_json(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	putc('"', f);
	for (; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p < 0x20 || *p >= 0x7f)
			/* Clipping may have cut a letter in two. */
			fprintf(f, "\\u%04x", *p);
		else
			putc(*p, f);
	}
	putc('"', f);
}

static void
add_stats(struct stats *sum, const struct stats *s)
{
	size_t i, j;

	sum->statements += s->statements;
	sum->transactions += s->transactions;
	sum->rollbacks += s->rollbacks;
	sum->reconnects += s->reconnects;
	sum->over_second += s->over_second;
	for (i = 0; i < BUCKETS; i++)
		sum->bucket[i] += s->bucket[i];
	if (s->max_us > sum->max_us) {
		sum->max_us = s->max_us;
		sum->max_at = s->max_at;
		memcpy(sum->max_text, s->max_text, TEXT_MAX);
	}
	for (i = 0; i < s->nerr; i++) {
		for (j = 0; j < sum->nerr; j++)
			if (sum->err[j].code == s->err[i].code)
				break;
		if (j == MAX_ERRORS)
			j--;
		if (j == sum->nerr) {
			sum->err[sum->nerr++] = s->err[i];
			continue;
		}
		sum->err[j].count += s->err[i].count;
	}
}

static double
percentile(const struct stats *s, double p)
{
	uint64_t want = (uint64_t)((double)s->statements * p), seen = 0;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		seen += s->bucket[i];
		if (seen > want)
			return bucket_ms(i);
	}
	return (double)s->max_us / 1000;
}

static void
report(FILE *f, const struct stats *s, double seconds, double epoch)
{
	uint64_t errors = 0;
	size_t i;

	for (i = 0; i < s->nerr; i++)
		errors += s->err[i].count;
	fprintf(f, "{\"seed\":%" PRIu64 ",\"threads\":%d,\"started\":%.3f,"
	    "\"seconds\":%.3f,\"statements\":%" PRIu64 ",\"transactions\":%"
	    PRIu64 ",\"rollbacks\":%" PRIu64 ",\"reconnects\":%" PRIu64
	    ",\"error_count\":%" PRIu64 ",\"errors\":{",
	    opt.seed, opt.threads, epoch, seconds, s->statements,
	    s->transactions, s->rollbacks, s->reconnects, errors);
	for (i = 0; i < s->nerr; i++) {
		fprintf(f, "%s\"%u\":{\"count\":%" PRIu64 ",\"at\":%.3f,"
		    "\"message\":", i ? "," : "", s->err[i].code,
		    s->err[i].count, s->err[i].at);
		put_json(f, s->err[i].message);
		fputs(",\"statement\":", f);
		put_json(f, s->err[i].statement);
		fputs("}", f);
	}
	fprintf(f, "},\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,"
	    "\"max_ms\":%.3f,\"over_1s\":%" PRIu64 ",\"slowest\":{\"ms\":%.3f,"
	    "\"at\":%.3f,\"statement\":", percentile(s, 0.50),
	    percentile(s, 0.99), percentile(s, 0.999),
	    (double)s->max_us / 1000, s->over_second,
	    (double)s->max_us / 1000, s->max_at);
	put_json(f, s->max_text);
	fputs("}}\n", f);
}

/* --- main ----------------------------------------------------------------- */

static _Noreturn void
usage(void)
{
	fputs("usage: hammer --socket S | --host H --port P\n"
	    "	[--user U] [--password P] --db D --table T [--control T2]\n"
	    "	[--threads N] [--rate TRANSACTIONS_PER_SECOND] [--seed K]\n"
	    "	--seconds X | --until-file F | --transactions N (a thread)\n"
	    "	[--profile mixed|oltp|hot|keychange] [--random-order]\n"
	    "	[--auto] [--isolation rr|rc] [--report-file F]\n", stderr);
	exit(2);
}

static double
real(const char *s)
{
	char *end;
	double d = strtod(s, &end);

	if (end == s || *end != '\0' || d < 0)
		die("not a number: %s", s);
	return d;
}

static void
set_profile(const char *s)
{
	if (strcmp(s, "mixed") == 0)
		opt.profile = MIXED;
	else if (strcmp(s, "oltp") == 0)
		opt.profile = OLTP;
	else if (strcmp(s, "hot") == 0)
		opt.profile = HOT;
	else if (strcmp(s, "keychange") == 0)
		opt.profile = KEYCHANGE;
	else
		die("unknown profile: %s", s);
}

static void
options(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "socket", required_argument, NULL, 'S' },
		{ "host", required_argument, NULL, 'h' },
		{ "port", required_argument, NULL, 'P' },
		{ "user", required_argument, NULL, 'u' },
		{ "password", required_argument, NULL, 'p' },
		{ "db", required_argument, NULL, 'D' },
		{ "table", required_argument, NULL, 't' },
		{ "control", required_argument, NULL, 'c' },
		{ "threads", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "until-file", required_argument, NULL, 'f' },
		{ "transactions", required_argument, NULL, 'x' },
		{ "seed", required_argument, NULL, 'k' },
		{ "rate", required_argument, NULL, 'r' },
		{ "profile", required_argument, NULL, 'o' },
		{ "isolation", required_argument, NULL, 'i' },
		{ "report-file", required_argument, NULL, 'w' },
		{ "random-order", no_argument, NULL, 'R' },
		{ "auto", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case 'S': opt.socket = optarg; break;
		case 'h': opt.host = optarg; break;
		case 'P': opt.port = (unsigned)real(optarg); break;
		case 'u': opt.user = optarg; break;
		case 'p': opt.password = optarg; break;
		case 'D': opt.db = optarg; break;
		case 't': opt.table = optarg; break;
		case 'c': opt.control = optarg; break;
		case 'n': opt.threads = (int)real(optarg); break;
		case 's': opt.seconds = real(optarg); break;
		case 'f': opt.until = optarg; break;
		case 'x': opt.transactions = (uint64_t)real(optarg); break;
		case 'k': opt.seed = (uint64_t)real(optarg); break;
		case 'r': opt.rate = real(optarg); break;
		case 'o': set_profile(optarg); break;
		case 'i':
			if (strcmp(optarg, "rc") == 0)
				opt.isolation = "READ COMMITTED";
			else if (strcmp(optarg, "rr") != 0)
				usage();
			break;
		case 'w': opt.report = optarg; break;
		case 'R': opt.random_order = true; break;
		case 'a': opt.autoinc = true; break;
		default: usage();
		}
	}
	if (optind < argc || opt.threads < 1 || opt.threads > 1000)
		usage();
	if (opt.seconds <= 0 && opt.until == NULL && opt.transactions == 0)
		usage();
}

int
main(int argc, char **argv)
{
	struct timespec tick = { 0, 20 * 1000 * 1000 }, wall;
	static struct stats sum;
	struct worker *w;
	struct stat sb;
	double seconds;
	sigset_t set;
	FILE *f;
	int i, left;

	options(argc, argv);
	/* The threads inherit this; only main() hears of signals. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);

	if (mysql_library_init(0, NULL, NULL) != 0)
		die("cannot start the client library");
	w = calloc((size_t)opt.threads, sizeof(*w));
	if (w == NULL)
		die("out of memory");
	load_keys(w);
	for (i = 0; i < opt.threads; i++) {
		w[i].id = i;
		w[i].rng = opt.seed * UINT64_C(0x2545f4914f6cdd1d) +
		    (uint64_t)i * UINT64_C(0x5851f42d4c957f2d);
		w[i].cap = 4096;
		w[i].sql = malloc(w[i].cap);
		if (w[i].sql == NULL)
			die("out of memory");
		w[i].my = connect_db(true);
	}

	clock_gettime(CLOCK_REALTIME, &wall);
	t0 = now();
	running = opt.threads;
	for (i = 0; i < opt.threads; i++)
		if (pthread_create(&w[i].tid, NULL, work, &w[i]) != 0)
			die("cannot create a thread");
	fputs("hammer: running\n", stderr);

	do {
		if (sigtimedwait(&set, NULL, &tick) > 0)
			stop = true;
		if (opt.seconds > 0 && now() - t0 >= opt.seconds)
			stop = true;
		if (opt.until != NULL && stat(opt.until, &sb) == 0)
			stop = true;
		pthread_mutex_lock(&running_lock);
		left = running;
		pthread_mutex_unlock(&running_lock);
	} while (!stop && left > 0);
	for (i = 0; i < opt.threads; i++)
		pthread_join(w[i].tid, NULL);
	seconds = now() - t0;

	for (i = 0; i < opt.threads; i++)
		add_stats(&sum, &w[i].st);
	f = stdout;
	if (opt.report != NULL && (f = fopen(opt.report, "w")) == NULL)
		die("%s: %s", opt.report, strerror(errno));
	report(f, &sum, seconds,
	    (double)wall.tv_sec + (double)wall.tv_nsec / 1e9);
	if (fflush(f) != 0)
		die("cannot write the report: %s", strerror(errno));
	return 0;
}
