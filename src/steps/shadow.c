#include "steps/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "model/ddl.h"
#include "model/mirror.h"

#define UNDERSCORES 10		/* as many as pt-online-schema-change tries */

/* Put one more underscore in front until nobody has the name. */
static int
free_name(struct qname *q, struct db *db, struct err *e)
{
	struct ident id;
	char before[UNDERSCORES + 1] = "";
	struct ident base = q->table;
	size_t i;
	int taken;

	for (i = 0; i < UNDERSCORES; i++) {
		taken = table_exists(db, q, e);
		if (taken <= 0)
			return taken;
		before[i] = '_';
		before[i + 1] = '\0';
		ident_derive(&id, before, base.raw, "");
		qname_beside(q, q, &id);
	}
	return err_set(e, ERR_REFUSED, "there are %d tables called %s with "
	    "underscores in front", UNDERSCORES, base.sql);
}

/* --new-table-name, where %T is the table's name. */
static int
given_name(struct names *n, struct db *db, const char *pattern,
    struct err *e)
{
	struct str name = STR_INIT;
	const char *p;
	int rc;

	for (p = pattern; *p != '\0'; p++)
		if (p[0] == '%' && p[1] == 'T') {
			str_addz(&name, n->old.table.raw);
			p++;
		} else {
			str_add(&name, p, 1);
		}
	rc = qname_set(&n->shadow, n->old.db.raw, name.s, e);
	str_free(&name);
	if (rc != 0)
		return err_while(e, "--new-table-name");
	rc = table_exists(db, &n->shadow, e);
	if (rc == 1)
		return err_set(e, ERR_REFUSED, "--new-table-name: there is a "
		    "table %s already", n->shadow.sql);
	return rc;
}

int
shadow_names(struct names *n, struct db *db, const struct config *cfg,
    struct err *e)
{
	int rc;

	names_derive(n);
	rc = cfg->new_table_name != NULL ?
	    given_name(n, db, cfg->new_table_name, e) :
	    free_name(&n->shadow, db, e);
	if (rc != 0 || free_name(&n->attic, db, e) != 0 ||
	    free_name(&n->notes, db, e) != 0)
		return -1;
	return 0;
}

/*
 * Constraint names are unique in a schema on MySQL, so while both tables are
 * there a CHECK must be called something else.  Names the server made
 * ("t_chk_1") follow the table by themselves when it is renamed (MySQL manual,
 * "CHECK Constraints"); any other gets an underscore, and loses it the next
 * time.
 */
static void
other_check_name(void *arg, const char *name, struct ident *to)
{
	const struct names *n = arg;
	size_t len = strlen(n->old.table.raw);

	if (strncmp(name, n->old.table.raw, len) == 0 &&
	    strncmp(name + len, "_chk_", 5) == 0)
		ident_derive(to, "", n->shadow.table.raw, name + len);
	else if (name[0] == '_' && name[1] != '\0')
		ident_derive(to, "", name + 1, "");
	else
		ident_derive(to, "_", name, "");
}

/* For ddl_create(): rename, and say so when the name will stay different. */
static void
rename_check(void *arg, const char *name, struct ident *to)
{
	other_check_name(arg, name, to);
	if (strstr(name, "_chk_") == NULL)
		log_info("CHECK %s will be called %s: its name is unique in "
		    "the database, and only a rebuild could give it back",
		    name, to->raw);
}

int
shadow_create(struct db *db, const struct names *n, const struct table *old,
    const struct server *s, const struct config *cfg, struct undo *undo,
    struct err *e)
{
	struct names names = *n;
	struct ddl_change how = {
		.to = &n->shadow,
		.drop_engine = cfg->default_engine,
		.drop_data_dir = cfg->remove_data_dir || cfg->data_dir != NULL,
		.drop_tablespace = cfg->remove_tablespace,
		.drop_collation = !s->mariadb,
		.data_dir = cfg->data_dir,
		.rename_check = s->mariadb ? NULL : rename_check,
		.arg = &names,
	};
	struct str q = STR_INIT;
	int rc;

	rc = ddl_create(&q, old->create, &how, e);
	if (rc == 0) {
		undo_push(undo, UNDO_SHADOW, "DROP TABLE IF EXISTS %s",
		    n->shadow.sql);
		rc = db_run_text(db, q.s, e);
		if (rc != 0) {
			/* Refused, it made nothing; and a table of that name
			 * that is there is somebody else's. */
			if (e->kind != ERR_LOST)
				undo_forget(undo, UNDO_SHADOW);
			server_explain(s, &n->old.db, ERR_CREATE, e);
		}
	}
	str_free(&q);
	return rc;
}

/* Is there a CHECK of that name on the table?  1, 0, or -1 with *e. */
static int
is_check(struct db *db, const struct table *old, const char *name,
    struct err *e)
{
	unsigned long long n = 0;
	struct str q = STR_INIT;
	int rc;

	table_where(&q, db, &old->name);
	str_addz(&q, " AND CONSTRAINT_NAME = ");
	db_literal(&q, db, name);
	rc = db_number(db, &n, e, "SELECT COUNT(*) FROM "
	    "information_schema.TABLE_CONSTRAINTS WHERE %s AND "
	    "CONSTRAINT_TYPE = 'CHECK'", q.s);
	str_free(&q);
	return rc != 0 ? -1 : n > 0;
}

/*
 * The user's text, with the names that his CHECK constraints have on the
 * shadow where it drops them.
 */
static int
add_alter(struct str *q, struct db *db, const struct names *n,
    const struct table *old, const struct alter *a, const char *text,
    struct err *e)
{
	const struct alter_item *it;
	struct names names = *n;
	struct ident to;
	size_t i, done = 0;
	int check;

	for (i = 0; i < a->n; i++) {
		it = &a->item[i];
		if (it->what != ALTER_DROP_CONSTRAINT)
			continue;
		check = is_check(db, old, it->from.raw, e);
		if (check < 0)
			return -1;
		if (check == 0)
			continue;
		other_check_name(&names, it->from.raw, &to);
		str_add(q, text + done, it->at - done);
		str_addz(q, to.sql);
		done = it->at + it->len;
	}
	str_addz(q, text + done);
	return 0;
}

static int
run_alter(struct db *db, const struct names *n, const struct table *old,
    const struct alter *a, const struct server *s, const struct config *cfg,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	if (cfg->alter[strspn(cfg->alter, " \t\r\n")] == '\0')
		return 0;
	str_addf(&q, "ALTER TABLE %s ", n->shadow.sql);
	/* On MariaDB the shadow's CHECKs are called what they were. */
	if (s->mariadb)
		str_addz(&q, cfg->alter);
	rc = s->mariadb ? 0 : add_alter(&q, db, n, old, a, cfg->alter, e);
	if (rc == 0)
		rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc != 0 ? server_explain(s, &n->old.db, ERR_ALTER, e) : 0;
}

/* Triggers cannot be tried on the user's table; on this one they can. */
static int
probe_triggers(struct db *db, const struct server *s, const struct names *n,
    struct err *e)
{
	struct trigger t = { .event = "INSERT" };
	struct str q = STR_INIT;
	struct ident name;
	int rc;

	ident_derive(&name, "livealter_", n->shadow.table.raw, "_try");
	qname_beside(&t.name, &n->shadow, &name);
	mirror_probe(&q, &t, &n->shadow);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	if (rc == 0)
		rc = db_run(db, e, "DROP TRIGGER %s", t.name.sql);
	return rc != 0 ? server_explain(s, &n->old.db, ERR_TRIGGERS, e) : 0;
}

int
shadow_alter(struct db *db, const struct names *n, const struct table *old,
    const struct alter *a, const struct server *s, const struct config *cfg,
    struct err *e)
{
	struct db *users = NULL;
	int rc;

	rc = db_open(&users, cfg, "alter", e) != 0 ||
	    server_session(s, users, SESSION_ALTER, 0, cfg, e) != 0 ||
	    run_alter(users, n, old, a, s, cfg, e) != 0 ||
	    probe_triggers(db, s, n, e) != 0 ? -1 : 0;
	db_close(users);
	return rc;
}
