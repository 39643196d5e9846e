#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"
#include "base/summary.h"
#include "base/waits.h"

/*
 * What happens is said once, from any thread, with what is known of it.  Sinks
 * make something of it: base/text_sink.h the lines that a person reads.  What
 * has only words is said by base/log.h.
 */
enum event_kind {
	EVENT_STEP,		/* a step begins: step */
	EVENT_STEP_END,		/* step */
	EVENT_NOTE,		/* text */
	EVENT_WARNING,		/* text */
	EVENT_ERROR,		/* err */
	EVENT_HINT,		/* text: advice that is not about an error */
	EVENT_PROGRESS,		/* text, progress */
	EVENT_WAIT,		/* wait */
	EVENT_WORKERS,		/* workers: other than before, by the load */
	EVENT_RETRY,		/* retry */
	EVENT_BLOCKER,		/* blocker */
	EVENT_SQL,		/* text: a statement, as it is sent */
	EVENT_STATUS,		/* status: a signal asks for it */
	EVENT_SUMMARY,		/* summary: what a dry run finds */
	EVENT_PLAN,		/* text: what it would do */
	EVENT_ANSWER,		/* text: what a command was asked for */
	EVENT_RESULT,		/* result: how the run ended */
	EVENT_MEASURE,		/* measure: a figure, as it is now */
	EVENT_FACT,		/* fact: what does not change in a run */
	EVENT_JOBS,		/* jobs: several are to be done */
	EVENT_JOB_END,		/* job_end: one of them, after its result */
	EVENT_EXIT,		/* exit_status: nothing comes after it */
};

struct event_step {
	const char *key;	/* a word for programs */
	const char *title;
	double seconds;		/* that it has taken; of its end */
	bool done;		/* it has not failed; of its end */
};

/* What is waited for; the first in this list counts, if there are several. */
enum event_wait_kind {
	EVENT_WAIT_SERVER,	/* a connection was lost */
	EVENT_WAIT_PAUSE,	/* no chunks for the time being */
	EVENT_WAIT_SWAP,	/* a time or a word to swap the tables */
	EVENT_WAIT_LOCK,	/* a table that is in use */
	EVENT_WAIT_WRITERS,	/* statements that began earlier */
	EVENT_WAIT_ROW,		/* a row that is locked */
	EVENT_WAITS		/* so many kinds */
};

struct event_wait {
	enum event_wait_kind kind;
	enum event_wait_phase {
		EVENT_WAIT_BEGINS,
		EVENT_WAIT_LASTS,
		EVENT_WAIT_CHANGES,	/* it lasts, for other sources */
		EVENT_WAIT_ENDS,
	} phase;
	const char *what;	/* "the file x to be gone"; at its end NULL */
	double seconds;		/* until now */
};

/* How many workers there are. */
struct event_workers {
	unsigned int n, most;	/* most: that are asked for */
	const char *why;	/* there are not as many; or "" */
	enum event_workers_change {
		EVENT_WORKERS_ARE,	/* not told */
		EVENT_WORKERS_FEWER,
		EVENT_WORKERS_MORE,
	} change;
};

struct event_retry {
	const char *table;	/* that is in use, quoted */
	double pause_s;
	unsigned int tries, of;	/* made, and allowed */
};

/* A connection in the way; all of it is as the server says it. */
struct event_blocker {
	bool known;		/* that it is; else it only may be */
	const char *id, *user, *host;
	const char *note;	/* "livealter" if it is ours, or NULL */
	const char *age_s, *statement;
	const char *holds;	/* more than the table, or NULL */
};

/* What is looked at again and again. */
#define EVENT_LAG	"Replication lag (s)"
#define EVENT_CHUNK_TIME "Chunk time (s)"
struct event_measure {
	const char *of, *name;	/* EVENT_LAG, "replica h:3306" */
	double value, limit;	/* limit: below 0 if there is none */
};

struct event_fact {
	const char *name, *value;
};

struct event_status {
	const char *step, *doing, *waiting;	/* each may be empty */
	const struct event_workers *workers;	/* n is 0: none are at work */
	double seconds;				/* in the step */
};

/* All jobs of a run of several, in their order. */
struct event_jobs {
	const char *const *name;
	size_t n;
	size_t ended, done;	/* done: without a failure */
};

struct event_job_end {
	const char *name;
	bool begun;
	enum err_kind status;	/* ERR_NONE, too, of one that was not begun */
	const struct err *err;	/* why it was not, or NULL */
};

struct event_result {
	const char *database, *table;
	const char *name;	/* both, quoted; NULL if not yet known */
	const char *done;	/* "altered" or "reverted" */
	enum event_end {
		EVENT_END_UNTOUCHED,	/* the table is what it was */
		EVENT_END_KEPT,		/* so it is, and this can be resumed */
		EVENT_END_SWAPPED,
		EVENT_END_UNKNOWN,	/* it is one of the two */
	} end;
	enum err_kind status;	/* the exit status */
	bool dry_run;
	bool instant;		/* the server altered it at once */
	bool already;		/* it had the structure that was asked for */
	const char *digest;	/* of what was planned, or NULL */
	bool begun;		/* there was something to undo */
	bool statistics;	/* they are wanted */
	unsigned long long rows, chunks, conflicts, compared;
	double copy_s, compare_s, all_s;
};

/*
 * text: one line, or several, each begun by ERR_LINE, in which there may be
 * anything; but of a plan and an answer whole lines that can be shown as they
 * are (see base/print.h).
 */
struct event {
	enum event_kind kind;
	const char *job;	/* which of several in one run, or NULL */
	const struct event_jobs *jobs;	/* the several, or NULL */
	struct waited waited;	/* until now */
	const char *text;
	union {
		const struct event_step *step;
		const struct err *err;
		const struct progress *progress;
		const struct event_wait *wait;
		const struct event_workers *workers;
		const struct event_retry *retry;
		const struct event_blocker *blocker;
		const struct event_status *status;
		const struct event_result *result;
		const struct summary *summary;
		const struct event_measure *measure;
		const struct event_fact *fact;
		const struct event_job_end *job_end;
		enum err_kind exit_status;
	};
	enum event_due {
		EVENT_QUIET,	/* no one needs to see it now */
		EVENT_LIVE,	/* who looks on all the time may */
		EVENT_DUE,	/* everybody should */
	} due;			/* of progress */
};

/* What a run is about, as far as it is known; names as they are, or NULL. */
struct event_subject {
	const char *database, *table, *new_table, *old_table;
	const char *alter;
	bool revert;
};

/* A moment at which who is told may say no. */
struct event_moment {
	const char *name;			/* "before-cut-over" */
	const struct event_subject *subject;	/* NULL: as before */
	/* To be called each second meanwhile; -1 with *e ends it.  Or NULL. */
	int (*beat)(void *arg, struct err *e);
	void *arg;
};

/*
 * It takes one event at a time.  It does not wait for anything, and causes no
 * events.  What an event has is its for the time of the call.
 */
struct event_sink {
	void (*take)(struct event_sink *sink, const struct event *event);
	/* May be NULL.  See event_moment(); it may wait. */
	int (*ask)(struct event_sink *sink, const struct event_moment *moment,
	    struct err *e);
	struct event_sink *next;
};

/* While no other thread is at work for the job. */
void event_add_sink(struct event_sink *sink);
void event_remove_sink(struct event_sink *sink);
void event_remove_sinks(void);

/* A job begins, of this name (NULL: the only one); what was is forgotten. */
void event_begin(const char *job);

/*
 * Returns 0, or -1 with *e: a sink says that the run must not go on.  No locks
 * of the server's are to be held meanwhile.
 */
int event_moment(const struct event_moment *moment, struct err *e);

/* There are several jobs; the names stay until the end. */
void event_jobs(const char *const *name, size_t n);

/*
 * The next of them has ended with this status; or was not begun, because of
 * err, or, when that is NULL, of another job or a signal.  event_exit() says
 * it of those of which it was not said.
 */
void event_job_end(bool begun, enum err_kind status, const struct err *err);

/* From now on only errors, answers and ends are said; or all is again. */
void event_mute(bool mute);

void event_step(const char *key, const char *title);
void event_step_end(bool done);

/* A note, warning or hint; of a warning that was said less than ten minutes
 * ago is only counted that it was. */
void event_text(enum event_kind kind, const char *text);

/* What failed, and what can be done about it. */
void event_error(const struct err *e);

void event_sql(const char *sql);

/* From now on it is not said, because what is sent is no part of what was
 * asked for; or it is again. */
void event_hush_sql(bool hush);

/* How far the step is: in rows, or in words, if it has none to count. */
void event_progress(const struct progress *p, enum event_due due);
void event_doing(const char *what);

/* Begin to wait, or wait on; what: NULL when it is over. */
void event_wait(enum event_wait_kind kind, const char *what);

/* The same, of a gate that is shut, with the list of reasons. */
void event_shut(enum event_wait_kind kind, const char *what,
    const char *reasons);

void event_workers(const struct event_workers *w);

/* What is waited for now, and what was, and workers, for waits_free(). */
void event_waits(struct waits *w);

/* The figures of the run, as figures_pack() has them, in so many bytes. */
void event_figures(struct str *packed, size_t size);

void event_retry(const struct event_retry *retry);
void event_blocker(const struct event_blocker *blocker);

void event_summary(const struct summary *summary);
/* limit: below 0 if there is none. */
void event_measure(const char *of, const char *name, double value,
    double limit);
void event_fact(const char *name, const char *value);

/* Whole lines, to be shown as they are. */
void event_plan(const struct str *text);
void event_answer(const struct str *text);

void event_result(const struct event_result *result);

/* The program ends; of every end but a kill this is the last event. */
void event_exit(enum err_kind status);

/* Say what the step is, for how long, and what it does and waits for. */
void event_status(void);

#endif
