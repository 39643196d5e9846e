#include "steps/check_server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "steps/replica_signs.h"

/* The column of the channel's name is not always at the same place. */
static bool
is_of_group(const struct rows *r, size_t row)
{
	static const char prefix[] = "group_replication_";
	size_t i;

	for (i = 0; i < r->cols; i++)
		if (r->cell[row][i] != NULL && strncmp(r->cell[row][i],
		    prefix, sizeof(prefix) - 1) == 0)
			return true;
	return false;
}

/*
 * Every channel counts, running or not.  Those of group replication are there
 * on its primary, too.  *n is how many; 1 when that cannot be asked, -1 with
 * *e when the connection is lost.
 */
static int
count_channels(unsigned long long *n, struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	const char *ask = s->mariadb ? "SHOW ALL SLAVES STATUS" :
	    s->version >= 80022 ? "SHOW REPLICA STATUS" :
	    "SHOW SLAVE STATUS";
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	*n = 0;
	rc = db_rows(db, &r, NULL, e, "%s", ask);
	for (i = 0; rc == 0 && i < r.n; i++)
		if (s->mariadb || !is_of_group(&r, i))
			++*n;
	rows_free(&r);
	return db_class_unanswered(rc, e) ? 1 : rc;
}

/* What can be asked on MySQL without REPLICATION CLIENT.  1: not either. */
static int
count_configured(unsigned long long *n, struct db *db, struct err *e)
{
	int rc;

	rc = db_number(db, n, e, "SELECT COUNT(*) FROM "
	    "performance_schema.replication_connection_configuration WHERE "
	    "CHANNEL_NAME NOT LIKE 'group\\_replication\\_%%'");
	return db_class_unanswered(rc, e) ? 1 : rc;
}

static int
refuse_replica(struct err *e)
{
	err_set(e, ERR_REFUSED, "this server is a replica");
	return err_hint(e, "what it replicates row by row fires no triggers "
	    "and would be lost, and what is written here ends replication; "
	    "run livealter on the source, or use --force when nothing "
	    "replicates into this table");
}

/* Who may not ask is told of the signs. */
static int
judge_signs(enum replica_sign sign, const char *what, const struct server *s,
    struct err *e)
{
	const char *grant = replica_signs_privilege(s);

	switch (sign) {
	case REPLICA_SIGN_SURE:
		return refuse_replica(e);
	case REPLICA_SIGN_LIKELY:
		err_set(e, ERR_NEEDS, "%s may not ask whether this server is a "
		    "replica, and it may be one: %s", s->user, what);
		return err_hint(e, "GRANT %s ON *.* TO %s; or use --force when "
		    "nothing replicates into this table", grant, s->user);
	case REPLICA_SIGN_OLD:
		log_warn("%s may not ask whether this server is a replica, and "
		    "%s; if it is still one, end this run, as rows would be "
		    "lost; GRANT %s ON *.* TO %s lets it ask", s->user, what,
		    grant, s->user);
		break;
	case REPLICA_SIGN_UNKNOWN:
		log_info("%s may not ask whether this server is a replica, and "
		    "%s; GRANT %s ON *.* TO %s lets it ask", s->user, what,
		    grant, s->user);
		break;
	case REPLICA_SIGN_NONE:
		break;
	}
	return 0;
}

static int
look_for_signs(struct db *db, struct err *e)
{
	enum replica_sign sign;
	struct str what = STR_INIT;
	int rc = replica_signs_find(&sign, &what, db, e);

	if (rc == 0)
		rc = judge_signs(sign, what.s, db_server(db), e);
	str_free(&what);
	return rc;
}

int
check_server_replica(struct db *db, const struct config *cfg, struct err *e)
{
	unsigned long long n;
	int rc;

	if (cfg->force)
		return 0;
	rc = count_channels(&n, db, e);
	if (rc == 1 && !db_server(db)->mariadb)
		rc = count_configured(&n, db, e);
	if (rc == 1)
		return look_for_signs(db, e);
	return rc != 0 || n == 0 ? rc : refuse_replica(e);
}

/* The value of a system variable, or of a status variable; NULL: none. */
static int
ask_named(char **value, struct db *db, const char *what, const char *name,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc;

	*value = NULL;
	rc = db_rows(db, &r, "v?", e, "SHOW GLOBAL %s LIKE '%s'", what, name);
	if (rc == 0 && r.n > 0)
		*value = xstrdup_null(r.cell[0][1]);
	rows_free(&r);
	return rc;
}

/* Also when wsrep_on is off in this session: the others would not know. */
static int
check_galera(struct db *db, struct err *e)
{
	char *provider = NULL, *on = NULL;
	int rc;

	rc = ask_named(&provider, db, "VARIABLES", "wsrep_provider", e) != 0 ||
	    ask_named(&on, db, "VARIABLES", "wsrep_on", e) != 0 ? -1 : 0;
	if (rc == 0 && (same_text(on, "ON") || (provider != NULL &&
	    provider[0] != '\0' && !same_text(provider, "none")))) {
		rc = err_set(e, ERR_REFUSED, "this server is a node of a "
		    "Galera cluster (wsrep_provider is %s)",
		    provider != NULL ? provider : "not known");
		err_hint(e, "creating triggers on a table that is written to "
		    "can stop all the nodes; use the server's own ALTER TABLE "
		    "with wsrep_OSU_method");
	}
	free(provider);
	free(on);
	return rc;
}

static int
refuse_group(struct err *e, const char *why, const char *hint)
{
	err_set(e, ERR_REFUSED, "this server is a member of a replication "
	    "group %s", why);
	return err_hint(e, "%s", hint);
}

/*
 * A member that is no primary is read-only, too, so that without the privilege
 * to ask for its role nothing is lost.
 */
static int
check_role(struct db *db, struct err *e)
{
	char *role = NULL;
	int rc;

	rc = db_value(db, &role, e, "SELECT MEMBER_ROLE FROM "
	    "performance_schema.replication_group_members WHERE MEMBER_ID = "
	    "@@server_uuid");
	if (db_class_unanswered(rc, e))
		rc = 0;
	if (rc == 0 && same_text(role, "SECONDARY"))
		rc = refuse_group(e, "and not its primary",
		    "run livealter on the primary");
	free(role);
	return rc;
}

static int
check_group(struct db *db, struct err *e)
{
	char *single = NULL, *name = NULL;
	int rc;

	rc = ask_named(&name, db, "VARIABLES", "group_replication_group_name",
	    e) != 0 || ask_named(&single, db, "VARIABLES",
	    "group_replication_single_primary_mode", e) != 0 ? -1 : 0;
	if (rc == 0 && name != NULL && name[0] != '\0')
		rc = !same_text(single, "OFF") ? check_role(db, e) :
		    refuse_group(e, "in which every member writes",
		    "what the others write fires no triggers here; SELECT "
		    "group_replication_switch_to_single_primary_mode() makes "
		    "one of them the primary: run livealter there");
	free(single);
	free(name);
	return rc;
}

int
check_server_cluster(struct db *db, struct err *e)
{
	return check_galera(db, e) != 0 ||
	    (!db_server(db)->mariadb && check_group(db, e) != 0) ? -1 : 0;
}

int
check_server_rbr_triggers(struct db *db, const struct config *cfg,
    struct err *e)
{
	const struct server *s = db_server(db);
	char *value = NULL;
	int rc;

	if (!s->mariadb || !s->log_bin)
		return 0;
	rc = db_value(db, &value, e,
	    "SELECT @@global.slave_run_triggers_for_rbr");
	if (rc == 0 && value != NULL && strcmp(value, "NO") != 0 &&
	    !cfg->force) {
		rc = err_set(e, ERR_REFUSED, "slave_run_triggers_for_rbr is "
		    "%s", value);
		err_hint(e, "replicas would apply each change twice; set it "
		    "to NO on all of them, or use --force");
	}
	free(value);
	return rc;
}

int
check_server_writes(struct db *db, const struct config *cfg, struct err *e)
{
	return check_server_replica(db, cfg, e) != 0 ||
	    check_server_cluster(db, e) != 0 ? -1 : 0;
}
