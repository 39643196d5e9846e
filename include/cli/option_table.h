#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/config.h"

/*
 * One table of options feeds the command line, the YAML files, --help,
 * --print-config and the test that compares it with the manual.
 */
enum option_state {
	OPTION_DONE,		/* works */
	OPTION_NOTED,		/* nothing needs doing; help says why */
	OPTION_OLD_NAME,	/* of the one that sets the same field */
	OPTION_REFUSED,		/* help says why, and what to use instead */
	OPTION_LATER,		/* not yet there */
};

enum option_type {
	OPTION_FLAG,		/* bool; takes no value */
	OPTION_BOOL,		/* bool; takes no value; has a --no- form */
	OPTION_TEXT,		/* char * */
	OPTION_WORD,		/* char *; one of those in arg */
	OPTION_DIGEST,		/* char *; 64 hexadecimal digits */
	OPTION_SECRET,		/* char *; never shown */
	OPTION_MYCNF,		/* char *; absolute and readable */
	OPTION_LIST,		/* char *; a,b\,c: may be a sequence in YAML */
	OPTION_VARS,		/* char *; a list of name=value */
	OPTION_WARNINGS,	/* char *; a list of CODE or CODE:column */
	OPTION_LIMITS,		/* char *; a list of base/limit.h */
	OPTION_REAL,		/* double, from 0 to hi */
	OPTION_ACCOUNT,		/* char *; see base/account.h */
	OPTION_RECURSION,	/* char *; see cli/recursion.h */
	OPTION_DSN,		/* char *; its password is never shown */
	OPTION_DSNS,		/* char *; may be said again: a line each */
	OPTION_UINT,		/* unsigned int, lo to hi; or 0, "auto", if that
				   is the default */
	OPTION_SIZE,		/* unsigned long long, at least lo (1 or 0) */
	OPTION_SECONDS,		/* double */
	OPTION_TLS,		/* enum tls_mode */
	OPTION_DEFER,		/* enum defer_mode */
	OPTION_VERIFY,		/* enum verify_mode */
	OPTION_VERIFY_SWAP,	/* enum verify_swap */
	OPTION_WINDOW,		/* char *; see base/window.h */
	OPTION_OUTPUT,		/* enum output_form */
	OPTION_PROGRESS,	/* progress_by and progress_every */
	OPTION_TRIES,		/* all of tries_* */
};

enum option_group {
	OPTION_WHAT,
	OPTION_CONNECT,
	OPTION_TABLE,
	OPTION_SAFE,
	OPTION_COPY,
	OPTION_REPLICAS,
	OPTION_ENDS,
	OPTION_SHOWN,
	OPTION_SCRIPTS,
	OPTION_META,		/* only on the command line */
};

struct option {
	const char *name;
	char letter;		/* short form, or '\0' */
	enum option_type type;
	enum option_state state;
	enum option_group group;
	size_t at;		/* offset in struct config */
	unsigned int lo, hi;	/* of a number */
	const char *deflt;	/* as the user would write it; NULL: none */
	const char *arg;	/* what --help calls the value, or all that
				   it may be: "text|json"; NULL: none */
	const char *help;	/* or the reason: see enum option_state */
};

extern const struct option option_table[];
extern const size_t option_count;

#endif
