#ifndef SUMMARY_H
#define SUMMARY_H

/*
 * What a dry run has found, for people and for programs: see summary_text.h and
 * json_sink.h.  NULL is what is not known.
 */
struct summary {
	const char *database, *table;
	/* SHOW CREATE TABLE as it is, and as it will be, each under the name
	 * of the table. */
	const char *create_before, *create_after;
};

#endif
