#ifndef UNNOTED_H
#define UNNOTED_H

#include "base/err.h"
#include "story/migration.h"

/*
 * A trigger that can write neither to the new table nor to the rejects table
 * takes a named lock, which ends with the session, and sends a KILL to no
 * session, which the server counts (Com_kill).  So when others have sent KILLs
 * since the tables were compared, some rows may differ that nothing tells of.
 *
 * Mostly it is LOCK TABLES on MariaDB: a session that locks the table gets the
 * tables of its triggers, too, each once for each trigger; and if one of these
 * was in the table cache, all the triggers get error 1442.  Who holds the table
 * in this way keeps the comparison out, so that it is only a lock taken since
 * then that matters.
 */

/* From now on others are seen.  Returns 0, or -1 with *e. */
int unnoted_note(struct migration *m, struct err *e);

/* Look: m->unnoted says what was seen. */
int unnoted_look(struct migration *m, struct err *e);

#endif
