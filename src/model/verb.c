#include "model/verb.h"

#include "model/hint.h"

void
verb_add(struct str *q, const struct plan *p, const char *verb)
{
	bool isolation = p->server->snapshot_isolation;

	if (!p->server->mariadb) {
		str_addz(q, verb);
		hint_add(q, p, false);
		return;
	}
	/* A note would reach a handler: see add_handlers(). */
	str_addf(q, "SET STATEMENT %s", p->server->note_verbosity ?
	    "note_verbosity=''" : "sql_notes=0");
	if (p->zone != NULL)
		str_addf(q, ", time_zone='%s'", p->zone);
	if (isolation)
		str_addz(q, ", innodb_snapshot_isolation=OFF");
	str_addz(q, " FOR ");
	str_addz(q, verb);
}
