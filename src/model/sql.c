#include "model/sql.h"

#include <assert.h>
#include <string.h>

#include "model/convert.h"
#include "model/filter.h"
#include "model/journal.h"
#include "model/pair.h"
#include "model/row_checksum.h"
#include "model/time_zone.h"
#include "model/value.h"

/* How one side of the comparison names the columns of the walking key. */
static struct path_names
names_of(const struct plan *p, enum side side)
{
	bool new = side == SIDE_NEW || side == SIDE_NEW_ALIAS;
	struct path_names names = {
		.alias = side == SIDE_OLD_ALIAS ? "o." :
		    side == SIDE_NEW_ALIAS ? "n." : "",
		.column = new ? p->walk_new : NULL,
	};

	assert(!new || p->same_ranges);
	return names;
}

void
sql_range(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto)
{
	const struct path path = plan_path(p);
	const struct path_names names = names_of(p, side);

	path_range(q, &path, &names, after, upto);
}

/* The rows of a piece, and how to lock them. */
static void
add_locked(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which)
{
	const struct path path = plan_path(p);

	if (which == ROW_AT || which == ROW_AT_WAIT)
		path_at(q, &path, upto);
	else if (which == ROWS_BEFORE)
		path_between(q, &path, PATH_PLAIN, after, upto);
	else
		path_range(q, &path, PATH_PLAIN, after, upto);
	str_addz(q, which == ROW_AT_WAIT || which == ROWS_UPTO_WAIT ?
	    p->copy_tail_wait : p->copy_tail);
}

void
sql_copy(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which)
{
	str_addz(q, p->copy_head);
	add_locked(q, p, after, upto, which);
}

void
sql_hold(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which)
{
	str_addz(q, p->hold_head);
	add_locked(q, p, after, upto, which);
}

void
sql_checksum(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto)
{
	str_addz(q, side == SIDE_OLD ? p->checksum_old : p->checksum_new);
	if (side == SIDE_NEW && !p->same_ranges)
		side = SIDE_OLD_ALIAS;
	sql_range(q, p, side, after, upto);
}

void
sql_checksums(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	str_addz(q, "SELECT * FROM (");
	sql_checksum(q, p, SIDE_OLD, after, upto);
	str_addz(q, ") o STRAIGHT_JOIN (");
	sql_checksum(q, p, SIDE_NEW, after, upto);
	str_addz(q, ") n");
}

bool
sql_key(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row)
{
	struct str ref = STR_INIT;
	bool yes;

	time_zone_source(&ref, p, pr, row);
	yes = convert_key(q, pr->from, pr->to, ref.s);
	str_free(&ref);
	return yes;
}

/* n.`k` = o.`k` AND ... */
static void
add_join(struct str *q, const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%sn.%s = ", i > 0 ? " AND " : "",
		    p->id[i]->to->name.sql);
		sql_key(q, p, p->id[i], "o");
	}
}

/* The row of the new table that belongs to one of the old, which is not
 * called o here. */
static void
add_twin(struct str *q, const struct plan *p)
{
	size_t i;

	str_addf(q, "(SELECT 1 FROM %s n FORCE INDEX (%s) WHERE ",
	    p->names.shadow.sql, p->id_index.sql);
	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%sn.%s = ", i > 0 ? " AND " : "",
		    p->id[i]->to->name.sql);
		sql_key(q, p, p->id[i], p->names.old.sql);
	}
	str_addz(q, ")");
}

void
sql_expected(struct str *q, const struct plan *p)
{
	if (p->filter == NULL)
		return;
	str_addz(q, "(");
	filter_add(q, p->filter, p, NULL);
	str_addz(q, " OR EXISTS ");
	add_twin(q, p);
	str_addz(q, ") AND ");
}

/* FROM the old table o, and the rows n of the new one that belong to its. */
static void
add_both(struct str *q, const struct plan *p, const char *join)
{
	const struct path path = plan_path(p);

	path_from(q, &path, "o");
	str_addf(q, " %s %s n FORCE INDEX (%s) ON ", join,
	    p->names.shadow.sql, p->id_index.sql);
	add_join(q, p);
}

void
sql_last_match(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	const struct path path = plan_path(p);
	struct str match = STR_INIT;

	filter_and(&match, p, NULL);
	path_last_in(q, &path, match.s, after, upto);
	str_free(&match);
}

void
sql_delete_extra(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto)
{
	const char *new = p->names.shadow.sql;
	const struct path path = plan_path(p);
	struct path_names names = { NULL, p->walk_new };
	struct str dot = STR_INIT;
	size_t i;

	str_addf(q, "DELETE FROM %s USING %s FORCE INDEX (%s) LEFT JOIN %s o "
	    "ON ", new, new, p->new_index.sql, p->names.old.sql);
	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%s%s.%s = ", i > 0 ? " AND " : "", new,
		    p->id[i]->to->name.sql);
		sql_key(q, p, p->id[i], "o");
	}
	str_addf(q, " WHERE o.%s IS NULL AND ", p->id[0]->from->name.sql);
	str_addf(&dot, "%s.", new);
	names.alias = dot.s;
	path_range(q, &path, &names, after, upto);
	str_free(&dot);
}

void
sql_missing(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	str_addz(q, p->missing);
	sql_range(q, p, SIDE_OLD_ALIAS, after, upto);
}

static char *
render_sum(const struct plan *p, bool old)
{
	const struct path path = plan_path(p);
	bool joined = !old && !p->same_ranges;
	struct str q = STR_INIT;

	str_addz(&q, "SELECT COUNT(*), ");
	if (p->checksum)
		row_checksum_join(&q, p, old, joined ? "n" : NULL);
	else
		str_addz(&q, "0");
	if (old)
		path_from(&q, &path, NULL);
	else if (!joined)
		str_addf(&q, " FROM %s FORCE INDEX (%s)", p->names.shadow.sql,
		    p->new_index.sql);
	else
		add_both(&q, p, "STRAIGHT_JOIN");
	str_addz(&q, " WHERE ");
	if (old)
		sql_expected(&q, p);
	journal_settled(&q, p, old);
	return str_take(&q);
}

static void
render_sums(struct plan *p)
{
	p->checksum_old = render_sum(p, true);
	p->checksum_new = render_sum(p, false);
}

void
sql_after_swap(struct plan *after, const struct plan *p)
{
	*after = *p;
	after->names.old = p->names.attic;
	after->names.shadow = p->names.old;
	after->in_order = false;
	after->by_key = false;
	render_sums(after);
}

/* The identifying columns of a row, for people. */
static void
add_id_text(struct str *q, const struct plan *p, bool old)
{
	size_t i;

	str_addz(q, "CONCAT_WS(', '");
	for (i = 0; i < p->n_id; i++) {
		str_addz(q, ", ");
		convert_text(q, old ? p->id[i]->from : p->id[i]->to,
		    old ? "o" : "n");
	}
	str_addz(q, ")");
}

void
sql_differences(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto, unsigned int limit)
{
	const char *id = p->id[0]->to->name.sql;

	str_addz(q, "SELECT ");
	if (side == SIDE_OLD) {
		add_id_text(q, p, true);
		str_addf(q, ", IF(n.%s IS NULL, 'missing', 'different')", id);
		add_both(q, p, "LEFT JOIN");
		str_addf(q, " WHERE (n.%s IS NULL OR ", id);
		row_checksum_add(q, p, true, "o");
		str_addz(q, " <> ");
		row_checksum_add(q, p, false, "n");
		str_addz(q, ") AND ");
		if (p->filter != NULL) {
			str_addf(q, "(n.%s IS NOT NULL OR ", id);
			filter_add(q, p->filter, p, "o");
			str_addz(q, ") AND ");
		}
		sql_range(q, p, SIDE_OLD_ALIAS, after, upto);
	} else {
		add_id_text(q, p, false);
		/* Without a GROUP BY these choose nothing: they are there
		 * for a view to be refused. */
		str_addf(q, ", 'unknown' FROM %s n USE INDEX FOR GROUP BY "
		    "(%s) LEFT JOIN %s o USE INDEX FOR GROUP BY (%s) ON ",
		    p->names.shadow.sql, p->id_index.sql, p->names.old.sql,
		    p->walk->name.sql);
		add_join(q, p);
		str_addf(q, " WHERE o.%s IS NULL AND ",
		    p->id[0]->from->name.sql);
		if (p->same_ranges)
			sql_range(q, p, SIDE_NEW_ALIAS, after, upto);
		else
			str_addz(q, "1");
	}
	str_addf(q, " LIMIT %u", limit);
}

/* A value for people. */
static void
add_shown(struct str *q, const struct column *c, const char *row)
{
	str_addz(q, ", COALESCE(CONCAT('''', LEFT(");
	convert_text(q, c, row);
	str_addz(q, ", 100), ''''), 'NULL')");
}

void
sql_row(struct str *q, const struct plan *p, const struct pair *pr,
    const struct bound *after, const struct bound *upto,
    unsigned long long row)
{
	const struct path path = plan_path(p);
	const struct path_names names = names_of(p, SIDE_OLD_ALIAS);

	str_addz(q, "SELECT ");
	add_id_text(q, p, true);
	add_shown(q, pr->from, "o");
	add_shown(q, pr->to, "n");
	add_both(q, p, "LEFT JOIN");
	str_addz(q, " WHERE ");
	filter_and(q, p, "o");
	if (row == 0)
		str_addf(q, "o.%s IS NULL AND ", pr->from->name.sql);
	path_range(q, &path, &names, after, upto);
	path_order(q, &path, &names);
	str_addf(q, " LIMIT %llu, 1", row == 0 ? 0 : row - 1);
}

/*
 * Where the copy numbers the rows and the triggers draw numbers meanwhile
 * (innodb_autoinc_lock_mode=2), no row may be a duplicate: after one that is
 * ignored, the servers take the number back to where it was before the
 * statement reserved its last few (handler::restore_auto_increment()), and the
 * rows that follow get numbers that others have reserved.  The rows of the old
 * table are locked by then, so none of them comes into the new one meanwhile.
 */
static void
add_absent(struct str *q, const struct plan *p)
{
	add_twin(q, p);
	str_addz(q, " IS NULL AND ");
}

static bool
shares_numbers(const struct plan *p)
{
	return p->numbers && !p->server->autoinc_lock;
}

static char *
render_copy(const struct plan *p)
{
	const struct path path = plan_path(p);
	struct str q = STR_INIT;

	str_addf(&q, "INSERT LOW_PRIORITY IGNORE INTO %s ",
	    p->names.shadow.sql);
	value_columns(&q, p);
	str_addz(&q, " SELECT ");
	value_list(&q, p, NULL);
	path_from(&q, &path, NULL);
	str_addz(&q, " WHERE ");
	filter_and(&q, p, NULL);
	if (shares_numbers(p))
		add_absent(&q, p);
	return str_take(&q);
}

/*
 * What is no part of the key is read from the row itself, so that not only an
 * entry of the index is locked.
 */
static char *
render_hold(const struct plan *p)
{
	const struct path path = plan_path(p);
	const struct column *c = p->old->column;
	struct str q = STR_INIT;
	size_t i, part;

	for (i = 0; i < p->old->n_columns; i++) {
		for (part = 0; part < p->walk->n; part++)
			if (p->walk->part[part].column == i)
				break;
		if (part == p->walk->n && !c[i].generated)
			break;
	}
	str_addf(&q, "SELECT COUNT(%s)",
	    i < p->old->n_columns ? c[i].name.sql : "*");
	path_from(&q, &path, NULL);
	str_addz(&q, " WHERE ");
	filter_and(&q, p, NULL);
	return str_take(&q);
}

/* Text inside a quoted string. */
static void
add_escaped(struct str *q, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			str_add(q, text, 1);
		str_add(q, text, 1);
	}
}

const char *const sql_run_values = "EXECUTE IMMEDIATE @livealter_rows";

/*
 * The server writes the rows into a text and then runs it: nothing passes
 * through the client.
 */
static char *
render_values(const struct plan *p)
{
	const struct path path = plan_path(p);
	struct str q = STR_INIT;
	size_t i;

	str_addz(&q, "SELECT COALESCE(CONCAT('INSERT LOW_PRIORITY IGNORE "
	    "INTO ");
	add_escaped(&q, p->names.shadow.sql);
	for (i = 0; i < p->n_pairs; i++) {
		str_addz(&q, i > 0 ? ", " : " (");
		add_escaped(&q, p->pair[i].to->name.sql);
	}
	str_addz(&q, ") VALUES (', GROUP_CONCAT(CONCAT_WS(','");
	for (i = 0; i < p->n_pairs; i++) {
		str_addz(&q, ", ");
		if (p->pair[i].from != NULL) {
			convert_literal(&q, p->pair[i].from);
		} else {
			str_addz(&q, "'");
			add_escaped(&q, p->pair[i].filler);
			str_addz(&q, "'");
		}
	}
	str_addz(&q, ") SEPARATOR '),('), ')'), 'DO 0') "
	    "INTO @livealter_rows");
	path_from(&q, &path, NULL);
	str_addz(&q, " WHERE ");
	filter_and(&q, p, NULL);
	return str_take(&q);
}

void
sql_values(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which)
{
	str_addz(q, p->values_head);
	add_locked(q, p, after, upto, which);
}

void
sql_unpark(struct str *q, const struct names *n)
{
	str_addf(q, "RENAME TABLE %s TO %s", n->parked.sql, n->shadow.sql);
}

static void
render_swap(struct plan *p)
{
	const struct names *n = &p->names;
	bool parks = p->server->mariadb;
	struct str q = STR_INIT;

	if (parks) {
		str_addf(&q, "ALTER TABLE %s RENAME TO %s", n->shadow.sql,
		    n->parked.sql);
		p->park = str_take(&q);
	}
	str_addf(&q, "RENAME TABLE %s TO %s, %s TO %s", n->old.sql,
	    n->attic.sql, parks ? n->parked.sql : n->shadow.sql, n->old.sql);
	p->swap = str_take(&q);
}

void
sql_render(struct plan *p)
{
	struct str q = STR_INIT;

	p->copy_head = render_copy(p);
	if (!p->by_key && (!p->server->mariadb || p->in_order ||
	    shares_numbers(p)))
		p->hold_head = render_hold(p);
	if (p->by_values)
		p->values_head = render_values(p);
	/* There is the lock of the table alone, to the statement's end. */
	if (!p->by_key)
		str_addf(&q, " %s", server_share_nowait(p->server));
	p->copy_tail = str_take(&q);
	if (!p->by_key)
		str_addf(&q, " %s", server_share(p->server));
	p->copy_tail_wait = str_take(&q);
	render_sums(p);

	str_addz(&q, "SELECT COUNT(*)");
	add_both(&q, p, "LEFT JOIN");
	str_addf(&q, " WHERE n.%s IS NULL AND ", p->id[0]->to->name.sql);
	filter_and(&q, p, "o");
	p->missing = str_take(&q);

	render_swap(p);
}
