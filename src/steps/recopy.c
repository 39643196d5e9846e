#include "steps/recopy.h"

#include "base/str.h"
#include "model/by_key.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/bring.h"
#include "steps/checksum.h"
#include "steps/verify.h"

#define TRIES	5	/* comparisons of a chunk */

/* The walk is one worker's. */
struct job {
	const struct plan *plan;
	const struct config *cfg;
	unsigned long long again;
};

/* A statement about a chunk. */
static int
run(const struct job *j, struct db *db, const struct chunk *c,
    void (*add)(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto), struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	add(&q, j->plan, &c->after, &c->upto);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

/*
 * All its rows are brought over as if they had been written to: one may have
 * to wait for another that is out of date and has its value in a unique key.
 */
static int
copy_again(struct job *j, struct db *db, const struct chunk *c,
    struct err *e)
{
	const struct bring b = { .plan = j->plan, .cfg = j->cfg };
	unsigned long long left;

	if (j->plan->same_ranges &&
	    run(j, db, c, sql_delete_extra, e) != 0)
		return -1;
	return run(j, db, c, by_key_again, e) != 0 ? -1 :
	    bring_some(&b, db, 0, &left, e);
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
		if (i >= 2) {
			if (copy_again(j, db, c, e) != 0)
				return -1;
			j->again += old.rows;
		}
		if (checksum_both(&old, &new, j->plan, db, c, e) != 0)
			return -1;
		equal = checksum_equal(&old, &new);
	}
	done->rows = old.rows;
	return equal ? 0 : verify_tell(j->plan, db, c, old.rows, new.rows, e);
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
	    .modes = p->session, .threads = 1, .most = 1, .locks_table = true,
	    .to_the_end = true, .chunk = recopy_chunk, .arg = &j,
	    .watch = watch };
	int rc = walk_run(&w, result, e);

	*again = j.again;
	return rc;
}
