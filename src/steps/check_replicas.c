#include "steps/check_replicas.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/util.h"
#include "model/filters.h"
#include "steps/check_server.h"
#include "steps/replica_signs.h"

/* A server, and what is to get through to it, or out of it. */
struct asked {
	struct db *db;
	const char *name;
	const struct names *names;
	const struct fkeys *children;
	const char *only;		/* this channel, or NULL: any */
};

static int
refuse(const struct asked *a, const char *channel, const struct str *why,
    struct err *e)
{
	err_set(e, ERR_NEEDS, "%s filters what it %s%s%s: %s", a->name,
	    channel == NULL ? "writes to its binary log" : "replicates",
	    channel != NULL && channel[0] != '\0' ? " by channel " : "",
	    channel != NULL ? channel : "", why->s);
	return err_hint(e, "replication would end with an error, or lose rows; "
	    "use a filter of tables that treats all those of %s that begin "
	    "with a \"_\" as it treats %s; --no-check-replication-filters "
	    "ignores it", a->names->old.db.sql, a->names->old.sql);
}

static int
judge(const struct asked *a, const struct filters *f, const char *channel,
    struct err *e)
{
	struct str why = STR_INIT;
	int rc = 0;

	if (filters_part(&why, f, channel == NULL ? "binlog_" : "replicate_",
	    a->names, a->children))
		rc = refuse(a, channel, &why, e);
	str_free(&why);
	return rc;
}

/* Who may not ask is told that this was not looked at. */
static int
unanswered(const struct asked *a, const char *what, const char *grant,
    struct err *e)
{
	if (e->kind == ERR_LOST)
		return -1;
	log_warn("%s of %s cannot be checked: %s; GRANT %s ON *.* TO %s "
	    "allows it", what, a->name, e->text, grant,
	    db_server(a->db)->user);
	e->kind = ERR_NONE;
	return 0;
}

/* How a server reads its rules. */
static int
read_as(struct filters *f, struct db *db, struct err *e)
{
	unsigned long long n = 0;

	if (db_number(db, &n, e, "SELECT @@lower_case_table_names") != 0)
		return -1;
	f->any_case = n != 0;
	return 0;
}

/* The binary log: File, Position, Binlog_Do_DB, Binlog_Ignore_DB. */
static int
check_log(const struct asked *a, struct err *e)
{
	const struct server *s = db_server(a->db);
	struct filters f = { .any_case = false };
	struct rows r = ROWS_INIT;
	int rc;

	if (!s->log_bin)
		return 0;
	rc = db_rows(a->db, &r, "????*", e, "%s", s->mariadb ||
	    s->version < 80200 ? "SHOW MASTER STATUS" :
	    "SHOW BINARY LOG STATUS");
	if (rc != 0)
		rc = unanswered(a, "the filters of the binary log",
		    s->mariadb && s->version >= 100502 ? "BINLOG MONITOR" :
		    "REPLICATION CLIENT", e);
	if (rc == 0 && r.n > 0) {
		f.list[FILTER_DO_DB] = xstrdup_null(r.cell[0][2]);
		f.list[FILTER_IGNORE_DB] = xstrdup_null(r.cell[0][3]);
		rc = read_as(&f, a->db, e) != 0 ? -1 :
		    judge(a, &f, NULL, e);
	}
	rows_free(&r);
	filters_free(&f);
	return rc;
}

static int
check_channel(const struct asked *a, const struct rows *r, size_t row,
    const struct filters *like, struct err *e)
{
	struct filters f = *like;
	const char *channel = rows_named(r, row, "Channel_Name");
	struct str column = STR_INIT;
	int i, rc;

	if (channel == NULL)
		channel = rows_named(r, row, "Connection_name");
	if (a->only != NULL && channel != NULL && !same_text(a->only, channel))
		return 0;
	for (i = 0; i < N_FILTERS; i++) {
		str_reset(&column);
		str_addf(&column, "Replicate_%s",
		    filters_word((enum filter)i));
		f.list[i] = xstrdup_null(rows_named(r, row, column.s));
	}
	rc = judge(a, &f, channel != NULL ? channel : "", e);
	str_free(&column);
	filters_free(&f);
	return rc;
}

static int
check_channels(const struct asked *a, struct err *e)
{
	struct filters f = { .any_case = false };
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	rc = db_rows(a->db, &r, NULL, e, "%s",
	    replica_statement(db_server(a->db)));
	if (rc != 0)
		rc = unanswered(a, "the replication filters",
		    replica_signs_privilege(db_server(a->db)), e);
	else
		rc = read_as(&f, a->db, e);
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = check_channel(a, &r, i, &f, e);
	rows_free(&r);
	return rc;
}

/* A wrong name would be taken for a replica that has stopped. */
static int
check_name(const struct replica *r, const char *channel, struct err *e)
{
	struct replica_state s = REPLICA_STATE_INIT;
	int rc = replica_ask(&s, r->db, channel, e);

	if (rc == 0 && !s.replicates)
		rc = err_set(e, ERR_USAGE, "--channel: replica %s has no "
		    "channel \"%s\", but %s", r->name, channel,
		    s.channels.len > 0 ? s.channels.s : "none at all");
	/* Without the privilege to ask, it is not known. */
	if (rc != 0 && e->kind == ERR_SQL) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	replica_state_free(&s);
	return rc;
}

/*
 * A row that it cannot apply is passed over, and nothing stops there; or one
 * that is missing is no error.  MySQL 8 has both names for each.
 */
static int
tell_skipped(const struct asked *a, struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	rc = db_rows(a->db, &r, "vv", e, "SHOW GLOBAL VARIABLES WHERE "
	    "Variable_name IN ('slave_skip_errors', 'slave_exec_mode', "
	    "'replica_skip_errors', 'replica_exec_mode') AND Value NOT IN "
	    "('', 'OFF', 'STRICT')");
	for (i = 0; rc == 0 && i < r.n; i++)
		log_warn("%s has %s=%s: where replication fails, rows of the "
		    "new table would be missing there, and nothing would tell",
		    a->name, r.cell[i][0], r.cell[i][1]);
	rows_free(&r);
	return rc;
}

/* What the swap takes with it, there: the new table has not what it has. */
static int
tell_columns(const struct asked *a, struct db *source, struct err *e)
{
	static const char ask[] = "SELECT COLUMN_NAME FROM "
	    "information_schema.COLUMNS WHERE ";
	struct str q = STR_INIT;
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	str_addz(&q, ask);
	db_match(&q, source, "TABLE_SCHEMA", "TABLE_NAME", &a->names->old);
	rc = db_rows(source, &r, "v", e, "%s", q.s);
	str_reset(&q);
	str_addz(&q, ask);
	db_match(&q, a->db, "TABLE_SCHEMA", "TABLE_NAME", &a->names->old);
	for (i = 0; rc == 0 && i < r.n; i++) {
		str_addz(&q, i > 0 ? ", " : " AND COLUMN_NAME NOT IN (");
		db_literal(&q, a->db, r.cell[i][0]);
	}
	str_addz(&q, r.n > 0 ? ")" : " AND FALSE");
	rows_free(&r);
	if (rc == 0)
		rc = db_rows(a->db, &r, "v", e, "%s", q.s);
	for (i = 0; rc == 0 && i < r.n; i++)
		log_warn("%s has a column of %s that this server has not, "
		    "and will lose it: %s", a->name, a->names->old.sql,
		    r.cell[i][0]);
	rows_free(&r);
	str_free(&q);
	return rc;
}

static int
check_replica(const struct replica *r, const struct asked *of,
    const struct config *cfg, struct err *e)
{
	struct str name = STR_INIT;
	struct asked a = *of;
	int rc;

	str_addf(&name, "replica %s", r->name);
	a.db = r->db;
	a.name = name.s;
	a.only = cfg->channel;
	rc = cfg->channel != NULL && !r->member ?
	    check_name(r, cfg->channel, e) : 0;
	if (rc == 0 && check_server_rbr_triggers(r->db, cfg, e) != 0)
		rc = err_while(e, "%s", name.s);
	if (rc == 0)
		rc = tell_skipped(&a, e);
	if (rc == 0)
		rc = tell_columns(&a, of->db, e);
	if (rc == 0 && cfg->check_filters)
		rc = check_channels(&a, e) != 0 || check_log(&a, e) != 0 ?
		    -1 : 0;
	str_free(&name);
	return rc;
}

int
check_replicas(struct db *source, const struct replica *found,
    const struct names *names, const struct fkeys *children,
    const struct config *cfg, struct err *e)
{
	const struct asked a = { source, "this server", names, children, NULL };
	const struct replica *r;
	int rc = 0;

	if (cfg->check_filters)
		rc = check_log(&a, e);
	for (r = found; rc == 0 && r != NULL; r = r->next)
		if (r->db != NULL)
			rc = check_replica(r, &a, cfg, e);
	return rc;
}
