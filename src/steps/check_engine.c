#include "steps/check_engine.h"

#include <stddef.h>

#include "base/util.h"

static const char elsewhere[] = "its rows are somewhere else, where they can "
    "be written past the triggers";
static const char foreign[] = "its transactions and locks are not InnoDB's";

/* Why not; what the server has is asked of the server. */
static const struct {
	const char *engine, *why;
} refused[] = {
	{ "ARCHIVE",	"its rows cannot be changed, and are read as a whole" },
	{ "BLACKHOLE",	"it keeps no rows" },
	{ "CONNECT",	elsewhere },
	{ "CSV",	"its rows cannot be found by a key" },
	{ "FEDERATED",	elsewhere },
	{ "MRG_MyISAM",	elsewhere },
	{ "NDBCLUSTER",	foreign },
	{ "PERFORMANCE_SCHEMA", "its rows are the server's own" },
	{ "ROCKSDB",	foreign },
	{ "S3",		"it is read only" },
	{ "SEQUENCE",	"its rows are not stored" },
	{ "SPIDER",	elsewhere },
	{ "TokuDB",	foreign },
};

/* Those that lock the whole table for a statement, and know their count. */
static bool
locks_tables(const char *engine)
{
	return same_text(engine, "MyISAM") || same_text(engine, "Aria") ||
	    same_text(engine, "MEMORY");
}

int
check_engine_old(const struct table *old, struct err *e)
{
	const char *why = "it is not known how it locks and undoes";
	size_t i;

	if (same_text(old->engine, "InnoDB") ||
	    (locks_tables(old->engine) && old->undoes_nothing))
		return 0;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (same_text(old->engine, refused[i].engine))
			why = refused[i].why;
	err_set(e, ERR_REFUSED, "the table's engine is %s: %s", old->engine,
	    why);
	return err_hint(e, "only tables of InnoDB, MyISAM, Aria and MEMORY can "
	    "be changed while they are written to; use the server's own ALTER "
	    "TABLE");
}

int
check_engine_logged(struct db *db, const struct table *old, struct err *e)
{
	unsigned long long enforced = 0;

	if (!old->undoes_nothing || db_server(db)->mariadb)
		return 0;
	if (db_number(db, &enforced, e, "SELECT @@global.log_bin = 1 AND "
	    "@@global.enforce_gtid_consistency = 'ON'") != 0)
		return -1;
	if (enforced == 0)
		return 0;
	err_set(e, ERR_REFUSED, "the table's engine is %s, and "
	    "enforce_gtid_consistency is ON: the server would refuse to bring "
	    "over the last rows in the swap (error 1785)", old->engine);
	return err_hint(e, "use the server's own ALTER TABLE");
}

int
check_engine_new(const struct table *old, const struct table *new,
    struct err *e)
{
	if (same_text(new->engine, "InnoDB"))
		return 0;
	err_set(e, ERR_REFUSED, "the new table's engine is %s", new->engine);
	if (same_text(old->engine, "InnoDB"))
		return err_hint(e, "what the application rolls back would "
		    "stay in it; use the server's own ALTER TABLE");
	return err_hint(e, "the new table has to be InnoDB: add ENGINE=InnoDB "
	    "to --alter, or use the server's own ALTER TABLE");
}
