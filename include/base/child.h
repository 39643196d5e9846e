#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * A program that is run for a while.  It has a process group of its own, so
 * that a Ctrl-C is not its, no descriptor of ours but standard input, output
 * and error, and signals as a shell gives them.
 */
struct child {
	const char *path;
	char *const *env;	/* "NAME=value", NULL at the end */
	const char *input;	/* on its standard input */
	double limit;		/* seconds; 0: none */
	/* Called ten times a second: is it to be ended? */
	bool (*give_up)(void *arg);
	void *arg;
};

struct child_end {
	enum {
		CHILD_EXITED,		/* number: its exit status */
		CHILD_KILLED,		/* number: a signal that is not ours */
		CHILD_LATE,		/* the limit has passed */
		CHILD_GIVEN_UP,
		CHILD_NOT_RUN,		/* number: an errno */
	} how;
	int number;
	struct str output;	/* both streams, as they came */
	unsigned long long left_out;	/* bytes of them */
};

#define CHILD_END_INIT { .output = STR_INIT }

/*
 * Runs it to its end.  Where it is ended for us, its whole group gets SIGTERM,
 * and after two seconds SIGKILL.  What it leaves running when it ends by itself
 * goes on.  The caller frees the output.
 */
void child_run(const struct child *c, struct child_end *end);

#endif
