#ifndef BEATS_H
#define BEATS_H

#include "base/ident.h"
#include "server/server.h"
#include "throttle/source.h"

/*
 * The heartbeats of the registry, by which the lag of replicas is told: each
 * chunk of the copy is one; and when there has been none for a while, this
 * source, which holds nothing, makes one.  How old one is that a replica has
 * seen, is told by the clock of the source alone, whatever that shows.
 */
struct beats;

/* The heartbeats of row id; at least one each so many seconds. */
struct beats *beats_new(const struct server *s, const struct qname *registry,
    unsigned long long id, double period);

/* The source frees it. */
void beats_source(struct source *s, struct beats *p);

/*
 * Adds the SQL that reads a heartbeat, as a number: NULL, or no row, when there
 * is none.
 */
void beats_question(struct str *q, const struct beats *p);

/*
 * By how many seconds is a server behind that has seen this heartbeat?  Below
 * 0 when the source's own ones are not known.  From any thread.
 */
double beats_behind(struct beats *p, long long seen);

#endif
