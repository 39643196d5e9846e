#ifndef TRIGGER_H
#define TRIGGER_H

#include "base/ident.h"
#include "base/str.h"

/* A trigger that we make. */
struct trigger {
	struct qname name;
	const char *timing, *event;	/* "AFTER", "DELETE" */
	const char *definer;		/* quoted; NULL: who makes it */
	const char *precedes;		/* one that there is, quoted; NULL: all
					   of them come first */
	char *body;			/* after FOR EACH ROW */
};

/* CREATE TRIGGER, whole. */
void trigger_create(struct str *q, const struct trigger *t,
    const struct qname *table);

/* The same with no body that does anything, to find out whether we may. */
void trigger_probe(struct str *q, const struct trigger *t,
    const struct qname *table);

#endif
