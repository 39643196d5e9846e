#include "story/unnoted.h"

#include <stdlib.h>

#include "base/util.h"

/* The main connection has locked the table itself, for the swap. */
static int
ask(struct migration *m, const char *scope, struct unnoted *u, struct err *e)
{
	struct rows r = ROWS_INIT;
	unsigned long long n;
	size_t i;
	int rc;

	rc = db_rows(m->db, &r, "vv", e, "SHOW %s STATUS WHERE Variable_name "
	    "IN ('Com_kill', 'Com_lock_tables')", scope);
	for (i = 0; i < r.n; i++) {
		n = strtoull(r.cell[i][1], NULL, 10);
		if (same_text(r.cell[i][0], "Com_kill"))
			u->kills = n;
		else
			u->locks = n;
	}
	rows_free(&r);
	return rc;
}

static int
ask_others(struct migration *m, struct unnoted *u, struct err *e)
{
	struct unnoted own = { .kills = 0 };

	if (ask(m, "GLOBAL", u, e) != 0 || ask(m, "SESSION", &own, e) != 0)
		return -1;
	u->kills -= own.kills;
	u->locks -= own.locks;
	return 0;
}

int
unnoted_note(struct migration *m, struct err *e)
{
	struct unnoted now = { .ever = m->unnoted.ever };

	if (ask_others(m, &now, e) != 0)
		return -1;
	m->unnoted = now;
	return 0;
}

int
unnoted_look(struct migration *m, struct err *e)
{
	struct unnoted *u = &m->unnoted, now = { .kills = 0 };

	if (config_without(m->cfg, "unnoted"))
		return 0;
	if (ask_others(m, &now, e) != 0)
		return -1;
	u->possible = now.kills != u->kills;
	u->likely = u->possible && now.locks != u->locks;
	u->ever = u->ever || u->likely;
	return 0;
}
