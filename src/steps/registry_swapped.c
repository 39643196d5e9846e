#include "steps/registry_swapped.h"

#include "model/table.h"

int
registry_swapped(struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e)
{
	enum migration_state state = registry_row_state(r);
	struct qname shadow, attic;
	int there, left;

	if (qname_set(&shadow, table->db.raw, r->field[REGISTRY_SHADOW], e) !=
	    0 || qname_set(&attic, table->db.raw, r->field[REGISTRY_ATTIC],
	    e) != 0)
		return -1;
	left = table_exists(db, &shadow, e);
	there = left < 0 ? -1 : table_exists(db, &attic, e);
	if (there < 0)
		return -1;
	if (registry_row_is_done(r))
		return state == STATE_REVERTED ||
		    state == STATE_PROVING_BACK ||
		    (left && !there && state == STATE_REVERTING);
	/* Taken away by the undoing, or dropped after the swap. */
	if (!left && !there)
		return state == STATE_PROVING || state == STATE_CLEANING;
	return there && !left && state != STATE_UNDOING;
}
