#ifndef ARGV_H
#define ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"

/* The command line, taken apart but not yet applied. */
struct argv {
	struct argv_item {
		const struct option *opt;
		bool no;
		char *value;		/* NULL: none given */
	} *item;
	size_t n;
	enum command command;
	char *action;			/* control: the words after the DSN */
	char *dsn;			/* the one other argument, or NULL */
	bool unclear;			/* an option was not known: the other
					   arguments may belong to it */
};

/*
 * Passwords are overwritten in argv, so it must be writable.  What is wrong
 * goes to o->wrong; argv_free() is due in any case.
 */
void argv_parse(struct argv *a, struct options *o, int argc, char **argv);

/* Overwrites passwords before it frees them. */
void argv_free(struct argv *a);

#endif
