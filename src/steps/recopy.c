#include "steps/recopy.h"

#include "base/str.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/checksum.h"
#include "steps/verify.h"
#include "steps/warning.h"

#define TRIES	4	/* comparisons of a chunk */

/* The walk is one worker's. */
struct job {
	const struct plan *plan;
	const struct config *cfg;
	unsigned long long again;
	struct err different;		/* the first chunk that stays so */
};

/*
 * What others have in a unique key is no loss yet: they may be out of date, and
 * then the chunk is different in this walk, and not in the next.
 */
static int
insert(const struct job *j, struct db *db, const struct chunk *c,
    struct err *e)
{
	struct str q = STR_INIT, duplicate = STR_INIT;
	int rc;

	sql_copy(&q, j->plan, &c->after, &c->upto, ROWS_UPTO);
	rc = db_run_text(db, q.s, e);
	if (rc == 0 && db_warnings(db) > 0)
		rc = warning_judge(j->plan, j->cfg, db, c, &duplicate, e);
	str_free(&q);
	str_free(&duplicate);
	return rc;
}

static int
replace(const struct job *j, struct db *db, const struct chunk *c,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "DELETE FROM %s WHERE ", j->plan->names.shadow.sql);
	sql_range(&q, j->plan, SIDE_NEW, &c->after, &c->upto);
	rc = db_quiet(db, e, "START TRANSACTION") != 0 ||
	    db_run_text(db, q.s, e) != 0 || insert(j, db, c, e) != 0 ||
	    db_quiet(db, e, "COMMIT") != 0 ? -1 : 0;
	str_free(&q);
	return rc;
}

/* It is looked at twice: notes may have come between the two tables. */
static int
recopy_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	struct job *j = arg;
	struct checksum old, new;
	bool equal = false;
	int i;

	for (i = 0; i < TRIES && !equal; i++) {
		if (i >= 2 && j->plan->same_ranges) {
			if (replace(j, db, c, e) != 0)
				return -1;
			j->again += old.rows;
		}
		if (checksum_both(&old, &new, j->plan, db, c, e) != 0)
			return -1;
		equal = checksum_equal(&old, &new);
	}
	done->rows = old.rows;
	if (!equal && j->different.kind == ERR_NONE)
		verify_tell(j->plan, db, c, old.rows, new.rows,
		    &j->different);
	return 0;
}

int
recopy_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, struct walk_result *result,
    unsigned long long *again, struct err *e)
{
	const struct path path = plan_path(p);
	struct job j = { .plan = p, .cfg = cfg };
	struct walk w = { .path = &path, .server = p->server, .cfg = cfg,
	    .verb = "compared", .session = SESSION_COPY,
	    .modes = p->session, .alone = true, .locks_table = true,
	    .to_the_end = true, .chunk = recopy_chunk, .arg = &j,
	    .watch = watch };
	int rc = walk_run(&w, result, e);

	*again = j.again;
	if (rc != 0 || j.different.kind == ERR_NONE)
		return rc;
	*e = j.different;
	return -1;
}
