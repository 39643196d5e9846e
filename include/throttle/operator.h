#ifndef OPERATOR_H
#define OPERATOR_H

#include "base/ident.h"
#include "cli/config.h"
#include "server/server.h"
#include "throttle/gate.h"
#include "throttle/source.h"

/*
 * The source of what the operator asks for by livealter control: a pause, to
 * postpone the swap or, with --cut-over=when-told, to do it, and the end.
 * What concerns the pace goes to the gate itself.  It reads row id of the
 * registry on a connection of its own; a registry that cannot be read asks
 * for nothing.
 */
struct operator_reads {
	const struct config *cfg;
	const struct server *server;
	const struct qname *registry;	/* copied */
	unsigned long long id;
};

void operator_source(struct source *s, const struct operator_reads *from,
    struct gate *g);

#endif
