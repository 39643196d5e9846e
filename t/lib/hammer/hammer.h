#ifndef HAMMER_H
#define HAMMER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mysql.h>

/*
 * What the files of the hammer know of each other; main.c says what it is.
 */

#define MAX_ITEMS	8
#define MAX_ERRORS	32
#define TEXT_MAX	240
#define MAX_SLOW	100
#define SLOW_US		300000
/* 64 steps per power of two: a percentile is at most 1.6 % off. */
#define SUB_BITS	6
#define BUCKETS		(40 << SUB_BITS)

#define COLUMNS "id, customer, state, amount, note, updated"

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

struct slow {
	uint64_t us;
	double at;
	char text[TEXT_MAX];
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
	struct slow slow[MAX_SLOW];	/* the longest of all */
	size_t nslow;
};

struct worker {
	int id;
	pthread_t tid;
	MYSQL *my;
	double t0;			/* when all of them began */
	uint64_t rng;
	struct keys live, dead;
	int64_t fresh, hot;
	size_t initial;			/* so many were live at first */
	struct item it[MAX_ITEMS + 1], taken[MAX_ITEMS];
	size_t nit, ntaken;
	char *sql;
	size_t len, cap;
	struct stats st;
};

/* --- option.c: what was asked for; never changed afterwards ------------- */

struct options {
	const char *socket, *host, *user, *password, *db;
	const char *table, *control, *until, *report, *isolation;
	unsigned port;
	int threads;
	double seconds, rate;
	uint64_t seed, transactions;
	enum profile profile;
	bool random_order, autoinc;
};

extern struct options opt;

void option_read(int argc, char **argv);

/* --- util.c ------------------------------------------------------------- */

_Noreturn void die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
double now_s(void);
void nap_s(double seconds);

/* --- draw.c: random numbers, and the keys of a transaction -------------- */

uint64_t rnd(struct worker *w);
size_t below(struct worker *w, size_t n);
bool chance(struct worker *w, unsigned percent);

void key_add(struct keys *k, int64_t key);
/* One that there has never been. */
int64_t key_fresh(struct worker *w);

void items_take(struct worker *w, size_t n, unsigned percent_live);
void items_put(struct worker *w);

/* --- sql.c: statements: putting one together, and running it ------------ */

void sql_begin(struct worker *w);
void sql_put(struct worker *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* These return whether it succeeded. */
bool sql_run(struct worker *w, const char *sql, size_t len);
bool sql_simple(struct worker *w, const char *sql);
bool sql_both(struct worker *w);

/* --- row.c: what is done to rows; true: it succeeded -------------------- */

void row_note(struct worker *w);
bool row_insert(struct worker *w, struct item *it, size_t n);
bool row_change(struct worker *w, struct item *it, size_t n);
bool row_move(struct worker *w, struct item *from, struct item *to);
bool row_swap(struct worker *w, struct item *a, struct item *b);
bool row_auto_insert(struct worker *w);

/* --- profile.c ---------------------------------------------------------- */

/* A transaction as the profile wants it, up to its end.  True: to commit. */
bool profile_run(struct worker *w);

/* --- session.c: connections --------------------------------------------- */

MYSQL *session_open(bool fatal);
bool session_lost(const struct worker *w);
void session_again(struct worker *w);

/* --- worker.c: the threads ---------------------------------------------- */

extern atomic_bool stop;

/* All of them, connected and with their keys. */
struct worker *worker_make(void);
void worker_start(struct worker *w);
int worker_left(void);

/* --- stats.c: how long everything took, and the report ------------------ */

/* A statement that began and ended then, by now_s(). */
void stats_statement(struct worker *w, const char *sql, size_t len,
    double start, double end);
/* The error that the connection has. */
void stats_error(struct worker *w, const char *sql, size_t len, double start);
void stats_add(struct stats *sum, const struct stats *s);
void stats_report(FILE *f, const struct stats *s, double seconds,
    double epoch);

#endif
