#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "cli/option_table.h"

/* What is being set, where it came from, and what was wrong with it. */
struct options {
	struct config *c;
	struct str *notes;	/* accepted, but nothing needs doing;
				   ERR_LINE between them */
	struct str wrong;	/* complaints, one per line */
	enum err_kind status;	/* that of them all */
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

/* May there be a password in its value, as a part of it? */
bool option_is_dsn(const struct option *opt);

/* Is its field a string, which configure_free() frees? */
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

/* Add a note: an option is accepted, but means something else, or nothing. */
void option_note(struct options *o, const char *fmt, ...) PRINTF(2, 3);

/* A complaint about an option that names it and where it was set. */
void option_blame(struct options *o, size_t field, const char *what);

/* All of --help, at most 80 columns wide. */
void option_help(struct str *to);

/* The value as option_set() takes it; false if there is none to show. */
bool option_value(const struct option *opt, const struct config *c,
    struct str *value);

#endif
