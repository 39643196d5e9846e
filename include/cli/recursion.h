#ifndef RECURSION_H
#define RECURSION_H

/* How replicas are found, by --recursion-method; bits. */
enum {
	RECURSION_PROCESSLIST = 1,
	RECURSION_HOSTS = 2,
	RECURSION_CLUSTER = 4,
	RECURSION_DSN = 8,
	RECURSION_NONE = 16,
};

struct recursion {
	unsigned int methods;
	/* Of dsn=: the DSN of a table, which goes to the end of the text; or
	 * NULL. */
	const char *table;
};

/* NULL, or what is wrong with it; r->table points into the text. */
const char *recursion_parse(struct recursion *r, const char *text);

/* dsn_hide() of what is such a text, or a DSN. */
void recursion_hide(char *text);

#endif
