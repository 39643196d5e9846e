#ifndef LIMIT_H
#define LIMIT_H

/*
 * A limit of a status variable, as pt-online-schema-change's --max-load has
 * them: "Threads_running=25", "Threads_running:25", "Threads_running".
 */
struct limit {
	char name[65];
	double most;		/* it is reached; 0: it follows from the value
				   that the variable has at the start */
};

/* Returns NULL, or what is wrong with it. */
const char *limit_parse(struct limit *l, const char *text);

#endif
