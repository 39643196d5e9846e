#ifndef ERR_H
#define ERR_H

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/*
 * What kind of failure it is, which is also the exit status.  Up to 20 they
 * are pt-online-schema-change's numbers for the same conditions; from 30 up
 * they are ours.  None is an errno, and none is above 125, where the shell's
 * own begin.
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE = 1,		/* the command line or a file of options */
	ERR_VERSION = 2,	/* a server we do not support */
	ERR_NEEDS = 3,		/* a privilege or a setting is missing */
	ERR_NO_KEY = 4,		/* no unique key to walk or to mirror by */
	ERR_FK_METHOD = 6,	/* --alter-foreign-keys-method */
	ERR_CREATE = 10,	/* creating the new table */
	ERR_ALTER = 11,		/* altering the new table */
	ERR_TRIGGERS = 12,	/* creating the triggers */
	ERR_SWAP = 14,		/* swapping the tables */
	ERR_FKEYS = 15,		/* re-pointing the foreign keys */
	ERR_DROP = 16,		/* dropping the old table */
	ERR_REFUSED = 17,	/* a check said no; nothing was touched */
	ERR_CONNECT = 18,	/* no connection to the server */
	ERR_LOST = 19,		/* the connection broke and stayed broken */
	ERR_REVERSE = 20,	/* creating the triggers of the revert */
	ERR_DIFFERENT = 30,	/* verification found a difference */
	ERR_BUSY = 31,		/* another livealter is at work on the table */
	ERR_STOPPED = 32,	/* SIGINT or SIGTERM; undone */
	ERR_KEPT = 33,		/* SIGINT or SIGTERM; can be resumed */
	ERR_LIMIT = 34,		/* a load, lag or time limit was passed */
	ERR_CHANGED = 35,	/* the copy would have changed data */
	ERR_REJECTED = 36,	/* a write the new table cannot hold */
	ERR_DISK = 37,		/* not enough room */
	ERR_LEFT = 38,		/* swapped, but something stayed behind */
	ERR_SQL = 39,		/* the server refused a statement */
	ERR_LOSS = 40,		/* swapped; the new table lacks something */
	ERR_UNPROVEN = 41,	/* swapped; whether it does is not known */
};

/*
 * What begins another line in a text, such as one for each row that is wrong.
 * A plain newline may be part of a name or a value: it is escaped on output.
 */
#define ERR_LINE "\x1e\n"

struct err {
	enum err_kind kind;
	unsigned int sqlno;	/* the server's error number, or 0 */
	char text[2048];
	char hint[6144];	/* what to do about it; may be empty; two
				   commands with the longest names fit */
};

/* Record a failure.  Returns -1, so that callers can write return err_set(). */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    PRINTF(3, 4);

/* Say what was being done, in front of what went wrong.  Returns -1. */
int err_while(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Add what the user can do about it.  Returns -1. */
int err_hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
