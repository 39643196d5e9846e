/* What is done to rows, and the values they get. */
#include "hammer.h"

#include <inttypes.h>
#include <stdio.h>

/* --- values ------------------------------------------------------------- */

void
row_note(struct worker *w)
{
	/* What a careless copy would spoil: quotes, blanks, other letters. */
	static const char *const odd[] = {
		"NULL", "''", "' leading'", "'trailing  '", "'it''s'",
		"'back\\\\slash'", "'caf\xc3\xa9'", "'a\\nb'", "'\"quoted\"'",
		"'100%'", "'NULL'", "'0'",
	};

	if (chance(w, 20))
		sql_put(w, "%s", odd[below(w, sizeof(odd) / sizeof(odd[0]))]);
	else
		sql_put(w, "'note %016" PRIx64 "%.*s'", rnd(w),
		    (int)below(w, 60), "............................"
		    "................................");
}

static void
put_values(struct worker *w)
{
	static const char *const state[] = {
		"new", "paid", "packed", "shipped", "returned",
	};

	sql_put(w, "%d, '%s', %d.%02d, ", (int)below(w, 10000) + 1,
	    state[below(w, 5)], (int)below(w, 100000), (int)below(w, 100));
	row_note(w);
	sql_put(w, ", '2026-%02d-%02d %02d:%02d:%02d.%06d'",
	    (int)below(w, 12) + 1, (int)below(w, 28) + 1, (int)below(w, 24),
	    (int)below(w, 60), (int)below(w, 60), (int)below(w, 1000000));
}

static void
put_set(struct worker *w)
{
	switch (below(w, 5)) {
	case 0:
		sql_put(w, "amount = amount + 0.01");
		break;
	case 1:
		sql_put(w, "customer = %d", (int)below(w, 10000) + 1);
		break;
	case 2:
		sql_put(w, "state = 'paid', note = ");
		row_note(w);
		break;
	case 3:
		/* The value that is there: no row changes. */
		sql_put(w, "state = state");
		break;
	default:
		sql_put(w, "amount = %d.%02d, updated = "
		    "'2027-01-01 00:00:00.%06d', note = ",
		    (int)below(w, 1000), (int)below(w, 100),
		    (int)below(w, 1000000));
		row_note(w);
	}
}

static void
put_rows(struct worker *w, const struct item *it, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sql_put(w, "%s(%" PRId64 ", ", i ? ", " : "", it[i].key);
		put_values(w);
		sql_put(w, ")");
	}
}

static void
put_where(struct worker *w, const struct item *it, size_t n)
{
	size_t i;

	if (n == 1) {
		sql_put(w, " WHERE id = %" PRId64, it->key);
		return;
	}
	sql_put(w, " WHERE id IN (");
	for (i = 0; i < n; i++)
		sql_put(w, "%s%" PRId64, i ? ", " : "", it[i].key);
	sql_put(w, ")");
}

static void
set_rows(struct item *it, size_t n, bool row)
{
	size_t i;

	for (i = 0; i < n; i++)
		it[i].row = row;
}

/* --- statements --------------------------------------------------------- */

bool
row_insert(struct worker *w, struct item *it, size_t n)
{
	static const char *const verb[] = {
		"INSERT INTO", "INSERT INTO", "INSERT INTO", "REPLACE INTO",
		"INSERT IGNORE INTO", "INSERT INTO",
	};
	size_t v = below(w, sizeof(verb) / sizeof(verb[0]));

	sql_begin(w);
	sql_put(w, "%s \1 (" COLUMNS ") VALUES ", verb[v]);
	put_rows(w, it, n);
	if (v == 5) {
		sql_put(w, " ON DUPLICATE KEY UPDATE ");
		put_set(w);
	}
	set_rows(it, n, true);
	return sql_both(w);
}

bool
row_change(struct worker *w, struct item *it, size_t n)
{
	unsigned what = (unsigned)below(w, 100);

	sql_begin(w);
	if (what < 50) {
		/* Forced, lest a small table be scanned and locked whole. */
		sql_put(w, "UPDATE \1 FORCE INDEX (PRIMARY) SET ");
		put_set(w);
		put_where(w, it, n);
	} else if (what < 75) {
		sql_put(w, "DELETE FROM \1");
		/* DELETE takes no index hint everywhere; a key at a time. */
		put_where(w, it, 1);
		it->row = false;
	} else if (what < 88) {
		sql_put(w, "REPLACE INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
	} else if (what < 96) {
		sql_put(w, "INSERT INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
		sql_put(w, " ON DUPLICATE KEY UPDATE ");
		put_set(w);
	} else {
		sql_put(w, "INSERT IGNORE INTO \1 (" COLUMNS ") VALUES ");
		put_rows(w, it, n);
	}
	return sql_both(w);
}

bool
row_move(struct worker *w, struct item *from, struct item *to)
{
	sql_begin(w);
	sql_put(w, "UPDATE \1 SET id = %" PRId64, to->key);
	if (chance(w, 50)) {
		sql_put(w, ", ");
		put_set(w);
	}
	sql_put(w, " WHERE id = %" PRId64, from->key);
	from->row = false;
	to->row = true;
	return sql_both(w);
}

/* Two rows change places, by way of a third key. */
bool
row_swap(struct worker *w, struct item *a, struct item *b)
{
	struct item tmp = { key_fresh(w), false };

	return row_move(w, b, &tmp) && row_move(w, a, b) &&
	    row_move(w, &tmp, a);
}

bool
row_auto_insert(struct worker *w)
{
	struct item *it = &w->it[w->nit];
	char values[1024];

	sql_begin(w);
	put_values(w);
	snprintf(values, sizeof(values), "%s", w->sql);
	sql_begin(w);
	sql_put(w, "INSERT INTO %s (customer, state, amount, note, updated) "
	    "VALUES (%s)", opt.table, values);
	if (!sql_run(w, w->sql, w->len))
		return false;
	it->key = (int64_t)mysql_insert_id(w->my);
	it->row = true;
	w->nit++;
	if (opt.control == NULL)
		return true;
	sql_begin(w);
	sql_put(w, "INSERT INTO %s (" COLUMNS ") VALUES (%" PRId64 ", %s)",
	    opt.control, it->key, values);
	return sql_run(w, w->sql, w->len);
}
