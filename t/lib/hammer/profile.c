/* The profiles: what an application does in a transaction. */
#include "hammer.h"

#include <inttypes.h>
#include <string.h>

static bool
steps(struct worker *w, size_t i, size_t end, unsigned percent_moves)
{
	size_t n, t;

	while (i < end) {
		if (w->it[i].row && chance(w, percent_moves)) {
			for (t = i + 1; t < end && w->it[t].row; t++)
				;
			if (t < end) {
				if (!row_move(w, &w->it[i], &w->it[t]))
					return false;
				i = t + 1;
				continue;
			}
		}
		n = 1;
		if (chance(w, 40))
			while (i + n < end && n < 4 &&
			    w->it[i + n].row == w->it[i].row)
				n++;
		if (w->it[i].row ? !row_change(w, &w->it[i], n) :
		    !row_insert(w, &w->it[i], n))
			return false;
		i += n;
	}
	return true;
}

static bool
mixed(struct worker *w)
{
	bool keychange = opt.profile == KEYCHANGE;
	size_t i, t, mid;
	struct item saved[MAX_ITEMS];

	items_take(w, 1 + below(w, MAX_ITEMS - 2), keychange ? 55 : 75);
	if (!sql_simple(w, "START TRANSACTION"))
		return false;

	/*
	 * Moving a row down breaks the ascending order.  As the first thing
	 * done it does no harm: nobody waits for us yet.
	 */
	i = 0;
	if (w->nit > 1 && chance(w, keychange ? 60 : 5)) {
		t = below(w, w->nit - 1);
		i = t + 1 + below(w, w->nit - t - 1);
		if (w->it[i].row && w->it[t].row && keychange) {
			if (!row_swap(w, &w->it[t], &w->it[i]))
				return false;
			i++;
		} else if (w->it[i].row && !w->it[t].row) {
			if (!row_move(w, &w->it[i], &w->it[t]))
				return false;
			i = t + 1;
		} else
			i = 0;
	}
	if (w->nit - i > 1 && chance(w, 15)) {
		mid = i + 1 + below(w, w->nit - i - 1);
		memcpy(saved, w->it, sizeof(saved));
		if (!sql_simple(w, "SAVEPOINT s") || !steps(w, i, mid, 10))
			return false;
		if (chance(w, 70)) {
			if (!sql_simple(w, "ROLLBACK TO SAVEPOINT s"))
				return false;
			memcpy(w->it, saved, sizeof(saved));
		} else if (!sql_simple(w, "RELEASE SAVEPOINT s"))
			return false;
		i = mid;
	}
	if (!steps(w, i, w->nit, keychange ? 60 : 8))
		return false;
	return !opt.autoinc || !chance(w, 50) || row_auto_insert(w);
}

static bool
oltp(struct worker *w)
{
	size_t i;

	items_take(w, 3, 100);
	if (!sql_simple(w, "START TRANSACTION"))
		return false;
	for (i = 0; i < 4; i++) {
		sql_begin(w);
		sql_put(w, "SELECT " COLUMNS " FROM %s WHERE id = %" PRId64,
		    opt.table, i < 3 || w->live.n == 0 ?
		    w->it[i % w->nit].key : w->live.v[below(w, w->live.n)]);
		if (!sql_run(w, w->sql, w->len))
			return false;
	}
	sql_begin(w);
	sql_put(w, "UPDATE \1 SET amount = amount + 0.01 WHERE id = %" PRId64,
	    w->it[0].key);
	if (!sql_both(w))
		return false;
	sql_begin(w);
	sql_put(w, "UPDATE \1 SET customer = %d, updated = NOW(6) WHERE id = %"
	    PRId64, (int)below(w, 10000) + 1, w->it[1].key);
	if (!sql_both(w))
		return false;
	sql_begin(w);
	sql_put(w, "DELETE FROM \1 WHERE id = %" PRId64, w->it[2].key);
	w->it[2].row = false;
	return sql_both(w) && row_auto_insert(w);
}

static bool
hot(struct worker *w)
{
	if (!sql_simple(w, "START TRANSACTION"))
		return false;
	sql_begin(w);
	sql_put(w, "UPDATE \1 SET amount = amount + 0.01, note = ");
	row_note(w);
	sql_put(w, " WHERE id = %" PRId64, w->hot);
	return sql_both(w);
}

bool
profile_run(struct worker *w)
{
	switch (opt.profile) {
	case OLTP:
		return oltp(w);
	case HOT:
		return hot(w);
	case MIXED:
	case KEYCHANGE:
		break;
	}
	return mixed(w);
}
