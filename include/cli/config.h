#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/login.h"
#include "base/str.h"

/* When a connection that holds a metadata lock that we want is killed: see
 * steps/blocker.h. */
struct kill_rule {
	double after;			/* seconds; 0: never */
	unsigned long long max_rows;	/* never if it has modified more */
};

/*
 * How often a step may be tried, how long it pauses in between, and, for one
 * that needs a table's metadata lock, when it gives up however often it was
 * tried, and whom it kills.
 */
struct tries {
	unsigned int times;
	double wait;			/* seconds */
	double deadline;		/* seconds; 0: none */
	struct kill_rule kill_blockers;
};

/* The first word that is neither an option nor the DSN. */
enum command {
	COMMAND_ALTER,			/* none: --dry-run or --execute */
	COMMAND_STATUS,
	COMMAND_RESUME,
	COMMAND_CLEANUP,
	COMMAND_REVERT,
	COMMAND_CONTROL,
	COMMAND_WATCH,
	COMMAND_EXPLAIN,		/* no server is asked */
};

enum output_form { OUTPUT_TEXT, OUTPUT_JSON };

/* Is a change that the server makes at once left to it? */
enum instant_mode { INSTANT_NEVER, INSTANT_TRY, INSTANT_ONLY };

enum verify_mode { VERIFY_CHECKSUM, VERIFY_COUNT, VERIFY_NONE };

/* Are secondary indexes built after the copy?  Auto: where it pays. */
enum defer_mode { DEFER_AUTO, DEFER_ALWAYS, DEFER_NEVER };

/* Is the swap proven?  Auto: where the comparison was not too long. */
enum verify_swap { VERIFY_SWAP_AUTO, VERIFY_SWAP_YES, VERIFY_SWAP_NO };

/* What ends the wait for the next line of progress. */
enum progress_by { PROGRESS_TIME, PROGRESS_PERCENTAGE, PROGRESS_ITERATIONS };

/*
 * What the user asked for.  Filled by configure_load() and constant afterwards.
 * Strings that were not given are NULL.  Each field is set by the option of
 * the same name unless its comment says otherwise.
 */
struct config {
	/* what to do */
	enum command command;
	char *action;			/* the words after control's DSN */
	char *alter;
	char *to;			/* a file */
	char *rename, *drop;		/* lists: OLD=NEW, names */
	bool dry_run, execute;
	char *instant;			/* "never", "try" or "only" */
	enum instant_mode at_once;	/* the same */
	bool idempotent;
	char *expect_digest;		/* 64 hexadecimal digits */
	char *resume;			/* an ID; sets command as well */
	char *database;			/* DSN key D, or --database */
	char *table;			/* DSN key t, or --table */
	char *pid;			/* a file */

	/* how to connect */
	struct login login;
	bool ask_pass;			/* already asked: see login.password */
	char *password_file;		/* already read: see login.password */

	/* the new table */
	char *new_table_name;
	bool default_engine, remove_data_dir, remove_tablespace;
	char *data_dir;

	/* what is safe */
	bool null_to_not_null, check_unique, check_filters;
	bool force, accept_loss;
	char *fkeys_method;		/* --alter-foreign-keys-method */
	bool only_same_schema_fks;
	char *allow_warnings;
	char *trigger_definer;		/* account_set() takes it */

	/* the copy */
	double chunk_time;		/* seconds; 0: never adapt */
	unsigned long long chunk_size;	/* rows in the first chunk */
	bool chunk_adapts;		/* chunk_time > 0; false as well for
					 * --chunk-size without --chunk-time */
	char *chunk_index;
	char *where;			/* filter_read() takes it */
	unsigned int threads;		/* 0: auto */
	double sleep;			/* seconds of pause for each chunk */
	double nice_ratio;		/* times what a chunk has taken */
	char *pause_file;
	char *max_load, *critical_load;	/* limit_parse() takes each */
	double critical_load_hibernate;	/* seconds; 0: it ends the run */
	char *throttle_query;
	unsigned long long min_free_space;	/* bytes; 0: no one looks */
	enum defer_mode defer_indexes;
	enum verify_mode verify;
	enum verify_swap verify_swap;
	bool analyze_before_swap;

	/* replicas: who they are, and how far behind they may be */
	char *recursion_method;		/* recursion_parse() takes it */
	unsigned int recurse;		/* levels */
	char *replica_user, *replica_password;	/* NULL: as for the source */
	char *channel;			/* NULL: all of them */
	char *check_replica_lag;	/* a DSN */
	char *skip_check_replica_lag;	/* DSNs, each with a newline */
	double max_lag;			/* seconds */
	double check_interval;		/* seconds */
	bool fail_on_stopped;

	/* when to swap */
	char *postpone_cut_over_flag_file;
	char *cut_over_window;		/* window_parse() takes it */

	/* the ends */
	char *cut_over;			/* "now" or "when-told" */
	char *on_interrupt;		/* "undo" or "keep" */
	bool swap_tables, drop_old_table, drop_new_table, drop_triggers;
	bool purge_old_table;		/* before it is dropped */
	bool reversible, reverse_triggers;
	bool reverse;			/* one of the two */
	struct tries tries_create_triggers, tries_drop_triggers,
	    tries_copy_rows, tries_swap_tables, tries_update_foreign_keys,
	    tries_analyze_table;	/* all of --tries */

	/* those who hold the table: see steps/blocker.h */
	double metadata_lock_deadline;	/* seconds; 0: none; in tries_*, too */
	struct kill_rule kill_blockers;	/* in tries_*, too */

	/* what is shown */
	enum output_form output;
	char *hooks_dir;
	double hooks_timeout, hooks_status_interval;	/* seconds; 0: none */
	bool print, quiet, statistics;
	enum progress_by progress_by;	/* --progress time,30 */
	double progress_every;

	char *report;			/* a file */
	char *prometheus_textfile;	/* a file */

	/* answered or used by configure_load() itself */
	bool help, version, print_config;
	char *config, *job;		/* the files, and the job in them, as
					 * an element of a list */
	bool all;			/* jobs of the files */

	/* several jobs in one run */
	bool keep_going;		/* after one that has failed */
	char *name;			/* of this one; NULL: the only one */
	struct config *next;		/* the next one, or NULL; they are freed
					 * with the first */

	bool *given;		/* of option_table: by the command line or
				 * its DSN, */
	bool *said;		/* or by a file */

	/* for the tests: fail before or after a step, "before:swap" */
	char *fail_at;			/* $LIVEALTER_FAIL_AT, not an option */
	char *die_at;			/* $LIVEALTER_DIE_AT: by SIGKILL */
	char *stop_at;			/* $LIVEALTER_STOP_AT: by SIGSTOP */
	char *without;			/* $LIVEALTER_WITHOUT: names of
					 * protections, separated by commas */
};

/*
 * For the tests: is this protection left out?  $LIVEALTER_WITHOUT takes out
 * one or several, so that a test sees what the others make of it.
 */
bool config_without(const struct config *c, const char *protection);

#endif
