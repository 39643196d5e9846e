#include "model/definer.h"

#include <stdbool.h>

#include "model/phantom.h"
#include "model/split.h"

#define NOTE "what, errno, row_key, message"

/*
 * It reads every column.  The index is what the server refuses a view for,
 * before it evaluates any of it.
 */
static void
add_cursor(struct str *q, const char *name, const struct qname *table,
    const struct ident *index, bool locks)
{
	str_addf(q, "  DECLARE %s CURSOR FOR SELECT * FROM %s FORCE INDEX (%s) "
	    "WHERE FALSE%s;\n", name, table->sql, index->sql,
	    locks ? " LOCK IN SHARE MODE" : "");
}

static void
add_columns(struct str *q, const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++)
		str_addf(q, "%s%s", i > 0 ? ", " : "",
		    p->pair[i].to->name.sql);
}

/* INSERT, UPDATE and DELETE. */
static void
add_writes(struct str *q, const struct plan *p)
{
	const char *shadow = p->names.shadow.sql, *name;
	size_t i;

	str_addf(q, "  INSERT INTO %s (", shadow);
	add_columns(q, p);
	str_addz(q, ") SELECT ");
	add_columns(q, p);
	str_addf(q, " FROM %s FORCE INDEX (%s) WHERE FALSE;\n  UPDATE %s SET ",
	    shadow, p->id_index.sql, shadow);
	for (i = 0; i < p->n_pairs; i++) {
		name = p->pair[i].to->name.sql;
		str_addf(q, "%s%s = %s", i > 0 ? ", " : "", name, name);
	}
	str_addf(q, " WHERE FALSE;\n  DELETE FROM %s WHERE FALSE;\n", shadow);
	str_addf(q, "  INSERT INTO %s (" NOTE ") SELECT " NOTE " FROM %s FORCE "
	    "INDEX (PRIMARY) WHERE FALSE;\n", p->names.rejects.sql,
	    p->names.rejects.sql);
	if (split_possible(p))
		str_addf(q, "  DELETE FROM %s WHERE FALSE;\n",
		    p->names.rejects.sql);
}

/*
 * There are no notes in a dry run, and before the swap no tables of the way
 * back.
 */
void
definer_body(struct str *q, const struct plan *p)
{
	str_addz(q, "BEGIN\n");
	add_cursor(q, "livealter_old", &p->names.old, &p->walk->name,
	    phantom_possible(p));
	add_cursor(q, "livealter_new", &p->names.shadow, &p->id_index, false);
	str_addz(q, "  DECLARE CONTINUE HANDLER FOR 1100, 1146 BEGIN END;\n"
	    "  OPEN livealter_old;\n  CLOSE livealter_old;\n"
	    "  OPEN livealter_new;\n  CLOSE livealter_new;\n");
	add_writes(q, p);
	if (p->back != NULL)
		add_writes(q, p->back);
	str_addz(q, "  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = "
	    "'livealter: the definer may do all';\nEND");
}
