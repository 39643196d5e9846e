#include "steps/check_disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/disk.h"

/*
 * The estimate has a third more than the table: what is copied beside what is
 * written does not come out as dense as it was.
 */
#define ESTIMATE(bytes) ((bytes) + (bytes) / 10 * 3)

/*
 * InnoDB merges pages that are less than half full; so half of them is filled
 * for certain.  And it does not tell every free page of its own tablespace.
 */
#define SURELY(bytes) ((bytes) / 2)
#define UNTOLD(total) (4ULL * 1024 * 1024 + (total) / 50)

struct need {
	unsigned long long data, indexes;	/* of the old table */
	unsigned long long table, surely, log;	/* bytes that are needed */
};

static bool
has(const char *create, const char *word)
{
	return strstr(create, word) != NULL;
}

/* Is every value in the new table as it was, and written out as it was? */
static bool
is_as_large(const struct plan *p)
{
	const char *create = p->new->create;
	size_t i;

	if (p->n_dropped > 0 || has(create, "COMPRESS") ||
	    has(create, "KEY_BLOCK_SIZE"))
		return false;
	for (i = 0; i < p->n_pairs; i++)
		if (p->pair[i].from != NULL && !p->pair[i].same)
			return false;
	return true;
}

static int
find_need(struct need *n, struct db *db, const struct plan *p, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str where = STR_INIT;
	int rc;

	table_where(&where, db, &p->names.old);
	rc = db_row(db, &r, "??", e, "SELECT DATA_LENGTH, INDEX_LENGTH "
	    "FROM information_schema.TABLES WHERE %s", where.s);
	if (rc == 0) {
		n->data = r.cell[0][0] != NULL ?
		    strtoull(r.cell[0][0], NULL, 10) : 0;
		n->indexes = r.cell[0][1] != NULL ?
		    strtoull(r.cell[0][1], NULL, 10) : 0;
		n->table = ESTIMATE(n->data + n->indexes);
		n->surely = is_as_large(p) ? SURELY(n->data) : 0;
		n->log = p->server->binlog_statement ? 0 : n->data;
	}
	rows_free(&r);
	str_free(&where);
	return rc;
}

static void
add_free(struct str *out, const struct disk *d)
{
	if (d->path == NULL || d->by == DISK_UNKNOWN) {
		str_addf(out, "how much is free%s%s is not known",
		    d->path != NULL ? " in " : "", d->path != NULL ?
		    d->path : "");
		return;
	}
	str_addf(out, "%s has ", d->path);
	disk_size(out, d->free);
	str_addz(out, " free");
	if (!d->certain)
		str_addz(out, ", if no symbolic link leads elsewhere");
}

/* Say it: in a dry run in any case. */
static void
say(const struct config *cfg, bool lacks, const char *what,
    unsigned long long need, const struct disk *d)
{
	struct str text = STR_INIT;

	str_addf(&text, "disk: %s needs about ", what);
	disk_size(&text, need);
	str_addz(&text, "; ");
	add_free(&text, d);
	if (cfg->dry_run && !cfg->quiet)
		log_answer("%s", text.s);
	if (lacks)
		log_warn("%s", text.s);
	str_free(&text);
}

/* Does it need more than there is? */
static bool
is_short(const struct disk *d, unsigned long long need)
{
	return d->by != DISK_UNKNOWN && d->free < need;
}

static int
refuse(const struct need *n, const struct disk *d, struct err *e)
{
	struct str text = STR_INIT;

	str_addz(&text, "the new table needs at least ");
	disk_size(&text, n->surely);
	str_addf(&text, ", and %s has ", d->path);
	disk_size(&text, d->free);
	str_addz(&text, " free");
	err_set(e, ERR_DISK, "%s", text.s);
	str_free(&text);
	return err_hint(e, "make room there, or put the new table elsewhere by "
	    "--data-dir; --min-free-space=0 does not look");
}

static int
judge(const struct need *n, const struct disks *d, const struct config *cfg,
    struct err *e)
{
	bool together = disk_same(&d->data, &d->binlog);
	unsigned long long untold = d->data.by == DISK_TABLESPACE ?
	    UNTOLD(d->data.total) : 0;
	say(cfg, is_short(&d->data, n->table + (together ? n->log : 0)),
	    "the new table", n->table, &d->data);
	if (d->logs)
		say(cfg, is_short(&d->binlog, n->log +
		    (together ? n->table : 0)), n->log > 0 ?
		    "the binary log of the rows" :
		    "the binary log of statements", n->log, &d->binlog);
	return d->data.certain && !d->data.packs &&
	    is_short(&d->data, n->surely) &&
	    d->data.free + untold < n->surely ? refuse(n, &d->data, e) : 0;
}

int
check_disk(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e)
{
	struct disks d;
	struct need n;
	int rc;

	if (cfg->min_free_space == 0)
		return 0;
	rc = find_need(&n, db, p, e);
	if (rc == 0) {
		rc = disk_find_all(&d, db, &p->names.shadow, p->new->create, e);
		if (rc == 0)
			rc = judge(&n, &d, cfg, e);
		disk_free_all(&d);
	}
	return rc;
}
