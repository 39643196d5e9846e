#include "steps/trigger_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "steps/mdl.h"

void
trigger_set_init(struct trigger_set *set, const struct qname *table,
    const struct trigger *trigger, size_t n)
{
	set->table = table;
	set->trigger = trigger;
	set->n = n;
	set->created = xcalloc(n, sizeof(*set->created));
}

void
trigger_set_free(struct trigger_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		free(set->created[i]);
	free(set->created);
	memset(set, 0, sizeof(*set));
}

static int
create_all(const struct trigger_set *set, struct db *db, struct undo *undo,
    struct err *e)
{
	const struct trigger *t;
	struct str q = STR_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; i < set->n && rc == 0; i++) {
		t = &set->trigger[i];
		str_reset(&q);
		trigger_create(&q, t, set->table);
		undo_push(undo, UNDO_TRIGGER, "DROP TRIGGER IF EXISTS %s",
		    t->name.sql);
		rc = db_run_text(db, q.s, e);
		/* One of that name on another table is somebody else's. */
		if (rc != 0 && e->kind != ERR_LOST)
			undo_pop(undo);
		if (rc != 0)
			err_while(e, "creating trigger %s", t->name.sql);
	}
	str_free(&q);
	return rc;
}

/* Under one lock, so that the application meets us only once. */
int
trigger_set_create(const struct trigger_set *set, struct db *db,
    const struct tries *tries, struct undo *undo, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (mdl_hold(db, MDL_ONE(set->table), tries, e) != 0)
		return -1;
	rc = mdl_reopen(db, set->table, e);
	if (rc == 0)
		rc = create_all(set, db, undo, e);
	/* What a failure leaves behind, the application shall not meet. */
	if (rc != 0)
		mdl_reopen(db, set->table, &ignored);
	return mdl_release(db, rc, e);
}

#define BODY 2		/* columns of SHOW CREATE TRIGGER */
#define CREATED 6

/*
 * SHOW CREATE TRIGGER has the text as it was sent; information_schema, on
 * MySQL, gives names with back-quotes another form.
 */
static int
show(struct db *db, const struct trigger *t, struct rows *r, struct err *e)
{
	return db_rows(db, r, "vvvvvv?", e, "SHOW CREATE TRIGGER %s",
	    t->name.sql);
}

int
trigger_set_recognize(struct trigger_set *set, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; i < set->n && rc == 0; i++) {
		rc = show(db, &set->trigger[i], &r, e);
		if (rc == 0 && r.n > 0) {
			free(set->created[i]);
			set->created[i] = xstrdup_null(r.cell[0][CREATED]);
		}
		rows_free(&r);
	}
	return rc;
}

bool
trigger_set_is_known(const struct trigger_set *set)
{
	return set->n > 0 && set->created[set->n - 1] != NULL;
}

/* What is wrong with the trigger, if anything is. */
static const char *
complaint(const struct rows *r, const struct trigger *t, const char *created)
{
	size_t len = strlen(t->body), all;

	if (r->n == 0)
		return "is gone";
	all = strlen(r->cell[0][BODY]);
	if (all < len || strcmp(r->cell[0][BODY] + all - len, t->body) != 0)
		return "was changed";
	if (created != NULL && !same_text(r->cell[0][CREATED], created))
		return "was dropped and created again";
	return NULL;
}

static int
is_intact(const struct trigger_set *set, size_t i, struct db *db,
    struct err *e)
{
	const struct trigger *t = &set->trigger[i];
	struct rows r = ROWS_INIT;
	const char *why;

	/* Only one error says that it is gone; the table may be flushed, or
	 * locked, or our question be interrupted. */
	if (show(db, t, &r, e) != 0 && db_class(e->sqlno) != DB_DONE)
		return -1;
	why = complaint(&r, t, set->created[i]);
	if (why != NULL)
		err_set(e, ERR_TRIGGERS, "trigger %s %s", t->name.sql, why);
	rows_free(&r);
	return why != NULL ? -1 : 0;
}

int
trigger_set_intact(const struct trigger_set *set, struct db *db,
    struct err *e)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (is_intact(set, i, db, e) != 0)
			return -1;
	return 0;
}
