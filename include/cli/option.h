#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"

/*
 * One table of options feeds the command line, the YAML files, --help,
 * --print-config and the test that compares it with the manual.
 */
enum option_state {
	OPTION_DONE,		/* works */
	OPTION_NOTED,		/* nothing needs doing; help says why */
	OPTION_REFUSED,		/* help says why, and what to use instead */
	OPTION_LATER,		/* not yet there */
};

enum option_type {
	OPTION_FLAG,		/* bool; takes no value */
	OPTION_BOOL,		/* bool; takes no value; has a --no- form */
	OPTION_TEXT,		/* char * */
	OPTION_SECRET,		/* char *; never shown */
	OPTION_MYCNF,		/* char *; absolute and readable */
	OPTION_LIST,		/* char *; a,b\,c: may be a sequence in YAML */
	OPTION_VARS,		/* char *; a list of name=value */
	OPTION_WARNINGS,	/* char *; a list of CODE or CODE:column */
	OPTION_ACCOUNT,		/* char *; see base/account.h */
	OPTION_UINT,		/* unsigned int, lo to hi */
	OPTION_SIZE,		/* unsigned long long, at least 1 */
	OPTION_SECONDS,		/* double */
	OPTION_TLS,		/* enum tls_mode */
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
	OPTION_ENDS,
	OPTION_SHOWN,
	OPTION_META,		/* only on the command line */
};

struct option {
	const char *name;
	char letter;		/* short form, or '\0' */
	enum option_type type;
	enum option_state state;
	enum option_group group;
	size_t at;		/* offset in struct config */
	unsigned int lo, hi;	/* OPTION_UINT */
	const char *deflt;	/* as the user would write it; NULL: none */
	const char *arg;	/* what --help calls the value; NULL: none */
	const char *help;	/* or the reason: see enum option_state */
};

extern const struct option option_table[];
extern const size_t option_count;

/* What is being set, where it came from, and what was wrong with it. */
struct options {
	struct config *c;
	struct str *notes;	/* accepted, but nothing needs doing */
	struct str wrong;	/* complaints, one per line */
	char **from;		/* for each of the table; NULL: the default */
	/* Others are passed over, unread; NULL: none is. */
	bool (*wanted)(const struct option *opt);
};

/* Sets the defaults.  option_end() is due; it leaves c and notes alone. */
void option_begin(struct options *o, struct config *c, struct str *notes);
void option_end(struct options *o);

/*
 * The option of this name, "no-name" or "noname"; *no says which.  "_" is as
 * good as "-".  NULL if there is none.
 */
const struct option *option_find(const char *name, bool *no);

/*
 * The same for the command line, where a beginning that fits only one option
 * will do.  When it fits several, a list of them is put in *several.
 */
const struct option *option_match(const char *name, bool *no,
    struct str *several);

const struct option *option_letter(char letter);

/* The known name most like this one, or NULL when none is like it. */
const char *option_nearest(const char *name);

/* May its value be a sequence in YAML? */
bool option_is_list(const struct option *opt);

/* Is its field a string, which config_free() frees? */
bool option_is_text(const struct option *opt);

/*
 * Give an option a value.  value is NULL when none was given, which is what
 * options without an arg want; they take yes and no as well.  no is whether
 * the name was negated.  where is NULL for the command line; otherwise it
 * goes in front of complaints.  Returns 0, or -1 with a line in o->wrong.
 */
int option_set(struct options *o, const struct option *opt, bool no,
    const char *value, const char *where);

/* The fields that follow from others, once all options have been set. */
void option_derive(struct config *c);

/* Was it set other than by its default?  field is its offset in config. */
bool option_given(const struct options *o, size_t field);

/* Add a complaint on one line. */
void option_wrong(struct options *o, const char *fmt, ...) PRINTF(2, 3);

/* A complaint about an option that names it and where it was set. */
void option_blame(struct options *o, size_t field, const char *what);

/*
 * The next element of a list, without blanks around it and with "\," made a
 * comma.  *list moves on, and is NULL after the last.  The caller frees it.
 */
char *option_list_next(const char **list);

/* All of --help, at most 80 columns wide. */
void option_help(FILE *to);

/* The value as option_set() takes it; false if there is none to show. */
bool option_value(const struct option *opt, const struct config *c,
    struct str *value);

#endif
