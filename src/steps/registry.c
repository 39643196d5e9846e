#include "steps/registry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/text_list.h"
#include "base/util.h"
#include "model/as_was.h"
#include "model/fingerprint.h"
#include "steps/mdl.h"
#include "steps/trust.h"

#define TRIES		20
#define TRIES_TO_MAKE	5
/* What is read of a registry, however much somebody has put into it. */
#define MOST_ROWS	1000
#define MOST_OF_ONE	1000000UL	/* characters of a text */
#define MOST_OF_MANY	4000UL
#define NAP		0.05	/* seconds, and longer each time */

static void
set_name(struct qname *name, const struct qname *beside)
{
	struct ident id;

	ident_derive(&id, "", REGISTRY_NAME, "");
	qname_beside(name, beside, &id);
}

static void
set_client(struct registry *reg)
{
	char host[128] = "";

	gethostname(host, sizeof(host) - 1);
	str_reset(&reg->client);
	str_addf(&reg->client, "%s, process %ld", host, (long)getpid());
}

void
registry_locate(struct registry *reg, const struct qname *table)
{
	set_name(&reg->name, table);
	set_client(reg);
}

void
registry_free(struct registry *reg)
{
	str_free(&reg->client);
	bound_free(&reg->mark);
	reg->id = 0;
}

static void
add_value(struct str *q, struct db *db, const char *value)
{
	db_literal(q, db, value);
	str_addz(q, ", ");
}

static void
add_insert(struct str *q, const struct registry *reg, struct db *db,
    const struct registry_entry *entry)
{
	const struct server *s = db_server(db);
	const struct names *n = entry->names;
	struct str print = STR_INIT, text = STR_INIT;
	const struct { enum registry_field f; const char *value; } set[] = {
		{ REGISTRY_TOOL, VERSION },
		{ REGISTRY_TABLE, n->old.table.raw },
		{ REGISTRY_ALTER, entry->alter },
		{ REGISTRY_OPTIONS, entry->options },
		{ REGISTRY_SERVER, s->id },
		{ REGISTRY_CLIENT, reg->client.s },
		{ REGISTRY_SHADOW, n->shadow.table.raw },
		{ REGISTRY_ATTIC, n->attic.table.raw },
		{ REGISTRY_REJECTS, n->rejects.table.raw },
	};
	size_t i;

	as_was_text(&text, entry->old, &entry->old->fkey, &n->old);
	fingerprint_add(&print, text.s);
	str_addf(q, "INSERT INTO %s SET id = %llu, rows_total = %llu, "
	    "state = '%s', began = UTC_TIMESTAMP(6), "
	    "heartbeat = UTC_TIMESTAMP(6), back_rejects = '', "
	    "triggers_made = '', new_print = '', plan_print = '', "
	    "added_keys = '', mark = '', cut_over = '', ",
	    reg->name.sql, reg->id, entry->old->rows,
	    registry_row_state_word(STATE_MAKING));
	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		str_addf(q, "%s = ", registry_row_column(set[i].f));
		add_value(q, db, set[i].value);
	}
	str_addz(q, "old_print = ");
	db_literal(q, db, print.s);
	str_free(&print);
	str_free(&text);
}

/*
 * An INSERT takes no hint (see REGISTRY_OURS).  So the transaction reads the
 * table first: from then on no session can put another in its place, nor a
 * trigger on it, and it is looked at once more.
 */
static int
insert_row(const struct registry *reg, struct db *db, const char *sql,
    struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (db_quiet(db, e, "START TRANSACTION") != 0)
		return -1;
	rc = trust_hold(db, &reg->name, "PRIMARY", e);
	if (rc == 0)
		rc = trust_registry(db, &reg->name, e) == 1 ?
		    db_run_text(db, sql, e) : -1;
	if (rc == 0)
		return db_quiet(db, e, "COMMIT");
	db_quiet(db, &ignored, "ROLLBACK");
	return -1;
}

/* The table, if it is not there, and the row. */
static int
insert_once(const struct registry *reg, struct db *db, const char *create,
    const char *sql, struct err *e)
{
	int rc = trust_registry(db, &reg->name, e);

	return rc < 0 || (rc == 0 && db_run_text(db, create, e) != 0) ? -1 :
	    insert_row(reg, db, sql, e);
}

/*
 * Another migration of the schema may just be the last to end, and drop the
 * table that we have found; or several begin, and MySQL ends all but one CREATE
 * TABLE by error 1213.
 */
static bool
comes_right(const struct registry *reg, struct db *db, const struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };

	return e->kind == ERR_SQL && (db_class(e->sqlno) == DB_CONFLICT ||
	    trust_registry(db, &reg->name, &e2) == 0);
}

static int
insert(const struct registry *reg, struct db *db, const char *sql,
    struct err *e)
{
	struct str create = STR_INIT;
	int i, rc;

	registry_row_create(&create, &reg->name);
	for (i = 1; (rc = insert_once(reg, db, create.s, sql, e)) != 0; i++) {
		if (i >= TRIES_TO_MAKE || !comes_right(reg, db, e))
			break;
		if (stop_sleep(NAP * i)) {
			err_set(e, ERR_STOPPED, "stopped");
			break;
		}
	}
	str_free(&create);
	return rc;
}

int
registry_begin(struct registry *reg, struct db *db,
    const struct registry_entry *entry, struct err *e)
{
	const struct server *s = db_server(db);
	struct str q = STR_INIT;
	int rc;

	registry_locate(reg, &entry->names->old);
	/* Never the same again, so that no session writes to a later row. */
	if (db_number(db, &reg->id, e, "SELECT UUID_SHORT()") != 0)
		return -1;
	add_insert(&q, reg, db, entry);
	rc = insert(reg, db, q.s, e);
	str_free(&q);
	if (rc != 0 && e->kind != ERR_LOST)
		reg->id = 0;
	if (rc != 0)
		server_explain(s, &entry->names->old.db, ERR_CREATE, e);
	return rc;
}

/*
 * The short transactions of others that hold the row are soon over.  A backup
 * that has locked the whole server takes longer; each try waits for a second.
 */
static int
persist(struct db *db, const char *sql, int tries, struct err *e)
{
	int i;

	for (i = 1; db_quiet(db, e, "%s", sql) != 0; i++)
		if (i >= tries || e->kind == ERR_LOST || stop_requested() ||
		    db_class(e->sqlno) != DB_CONFLICT)
			return -1;
	return 0;
}

/*
 * Set columns of our row, and free what says so; the heartbeat changes it in
 * any case.
 */
static int
set(const struct registry *reg, struct db *db, struct str *what, int tries,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	if (reg->id != 0 && trust_bare(db, &reg->name, e) != 0) {
		str_free(what);
		return -1;
	}
	if (reg->id != 0)
		str_addf(&q, "UPDATE %s" REGISTRY_OURS " SET %sheartbeat = "
		    "UTC_TIMESTAMP(6) WHERE id = %llu AND client = ",
		    reg->name.sql, what->s,
		    reg->id);
	str_free(what);
	if (q.len == 0)
		return 0;
	db_literal(&q, db, reg->client.s);
	rc = persist(db, q.s, tries, e);
	str_free(&q);
	if (rc != 0)
		return err_while(e, "the registry %s", reg->name.sql);
	if (db_affected(db) > 0)
		return 0;
	err_set(e, ERR_BUSY, "the row of this run in %s is gone, or belongs "
	    "to another run",
	    reg->name.sql);
	return err_hint(e, "another livealter has resumed or removed this "
	    "migration");
}

static void
add_new(struct str *q, struct db *db, const struct table *t, bool bare)
{
	struct str text = STR_INIT, print = STR_INIT;

	deferral_definition(&text, t, bare ? t : NULL);
	fingerprint_add(&print, text.s);
	str_addz(q, "new_print = ");
	add_value(q, db, print.s);
	str_free(&text);
	str_free(&print);
}

int
registry_note_plan(const struct registry *reg, struct db *db,
    const struct plan *p, struct err *e)
{
	struct str q = STR_INIT, text = STR_INIT, print = STR_INIT;

	if (reg->id == 0)
		return 0;
	/* Some of its indexes come and go. */
	add_new(&q, db, p->new, p->deferral.n > 0);
	plan_essence(&print, p);
	fingerprint_add(&text, print.s);
	str_addz(&q, "plan_print = ");
	add_value(&q, db, text.s);
	str_reset(&print);
	fkey_keep(&print, p->added);
	str_addz(&q, "added_keys = ");
	add_value(&q, db, print.s);
	if (p->back != NULL) {
		str_addz(&q, "back_rejects = ");
		add_value(&q, db, p->back->names.rejects.table.raw);
	}
	str_free(&text);
	str_free(&print);
	return set(reg, db, &q, TRIES, e);
}

int
registry_note_new(const struct registry *reg, struct db *db,
    const struct table *new, struct err *e)
{
	struct str q = STR_INIT;

	add_new(&q, db, new, false);
	return set(reg, db, &q, TRIES, e);
}

int
registry_note_triggers(const struct registry *reg, struct db *db,
    const struct trigger_set *t, struct err *e)
{
	struct str q = STR_INIT, list = STR_INIT;
	size_t i;

	for (i = 0; i < t->n; i++)
		text_list_add(&list, t->created[i] != NULL ? t->created[i] :
		    "");
	str_addz(&q, "triggers_made = ");
	add_value(&q, db, list.s);
	str_free(&list);
	return set(reg, db, &q, TRIES, e);
}

static void
add_waits(struct str *q, struct db *db, const struct waits *waits)
{
	struct str packed = STR_INIT;

	waits_pack(&packed, waits, REGISTRY_WAITS_MOST);
	str_addz(q, "waits_for = ");
	add_value(q, db, packed.s);
	str_reset(&packed);
	event_figures(&packed, REGISTRY_FIGURES_MOST);
	str_addz(q, "figures = ");
	add_value(q, db, packed.s);
	str_free(&packed);
}

int
registry_state(const struct registry *reg, struct db *db,
    enum migration_state state, struct err *e)
{
	struct waits waits;
	struct str q = STR_INIT;

	str_addf(&q, "state = '%s', ", registry_row_state_word(state));
	event_waits(&waits);
	add_waits(&q, db, &waits);
	waits_free(&waits);
	if (state == STATE_COPYING || state == STATE_PURGING)
		str_addz(&q, "run_began = UTC_TIMESTAMP(6), "
		    "run_rows = rows_copied, ");
	return set(reg, db, &q, TRIES, e);
}

int
registry_beat(const struct registry *reg, struct db *db,
    const struct waits *waits, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	add_waits(&q, db, waits);
	rc = set(reg, db, &q, 1, e);
	if (rc == 0)
		return 0;
	/* Somebody holds the row: the next one will do. */
	return db_class_conflict(e) ? 0 : -1;
}

int
registry_purged(const struct registry *reg, struct db *db,
    unsigned long long rows, unsigned long long of, struct err *e)
{
	struct str q = STR_INIT;

	str_addf(&q, "rows_copied = %llu, run_rows = 0, rows_total = %llu, ",
	    rows, of);
	return set(reg, db, &q, 1, e);
}

int
registry_note_revert(const struct registry *reg, struct db *db,
    const struct qname *shadow, struct err *e)
{
	struct str q = STR_INIT;

	str_addz(&q, "state = 'reverting', shadow = ");
	add_value(&q, db, shadow->table.raw);
	return set(reg, db, &q, TRIES, e);
}

int
registry_note_cutover(const struct registry *reg, struct db *db,
    const char *names, struct err *e)
{
	struct str q = STR_INIT;

	str_addz(&q, "cut_over = ");
	add_value(&q, db, names);
	return set(reg, db, &q, TRIES, e);
}

void
registry_mark(struct str *q, const struct registry *reg, struct db *db,
    const struct bound *mark, unsigned long long rows)
{
	struct str list = STR_INIT;
	size_t i;

	for (i = 0; i < mark->n; i++)
		text_list_add(&list, mark->literal[i]);
	str_addf(q, "UPDATE %s" REGISTRY_OURS " SET rows_copied = %llu, "
	    "heartbeat = UTC_TIMESTAMP(6), mark = ", reg->name.sql, rows);
	db_literal(q, db, list.s);
	str_addf(q, " WHERE id = %llu", reg->id);
	str_free(&list);
}

int
registry_ours(const struct registry *reg, struct db *db, struct err *e)
{
	struct str q = STR_INIT;
	unsigned long long n = 0;
	int rc;

	rc = trust_registry(db, &reg->name, e);
	if (rc == 1) {
		db_literal(&q, db, reg->client.s);
		rc = db_number(db, &n, e, "SELECT COUNT(*) FROM %s"
		    REGISTRY_OURS " WHERE id = %llu AND client = %s",
		    reg->name.sql, reg->id, q.s);
		rc = rc != 0 ? -1 : n > 0;
		str_free(&q);
	}
	return rc;
}

/* No session can enter a row while we hold the table. */
static int
drop_empty(const struct registry *reg, struct db *db, const struct tries *tries,
    struct err *e)
{
	unsigned long long n = 0;
	int rc;

	if (db_number(db, &n, e, "SELECT COUNT(*) FROM %s" REGISTRY_OURS,
	    reg->name.sql) != 0)
		return -1;
	if (n > 0)
		return 0;
	if (mdl_hold(db, MDL_ONE(&reg->name), tries, e) != 0)
		return -1;
	rc = db_number(db, &n, e, "SELECT COUNT(*) FROM %s"
	    REGISTRY_OURS, reg->name.sql);
	if (rc == 0 && n == 0)
		rc = db_run(db, e, "DROP TABLE %s", reg->name.sql);
	return mdl_release(db, rc, e);
}

int
registry_end(const struct registry *reg, struct db *db,
    const struct tries *tries, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	int rc = trust_registry(db, &reg->name, e);

	if (rc <= 0)
		return rc;
	str_addf(&q, "DELETE FROM %s USING %s" REGISTRY_OURS " WHERE id = %llu",
	    reg->name.sql, reg->name.sql, reg->id);
	event_sql(q.s);
	rc = persist(db, q.s, TRIES, e);
	if (rc == 0)
		rc = drop_empty(reg, db, tries, e);
	str_free(&q);
	/* Another migration that ended may have dropped it meanwhile. */
	if (rc != 0 && e->kind != ERR_LOST &&
	    trust_registry(db, &reg->name, &e2) == 0)
		rc = 0;
	return rc;
}

static void
take_registry_row(struct registry_row *r, char **cell)
{
	int f;

	for (f = 0; f < N_REGISTRY_FIELDS; f++)
		r->field[f] = xstrdup(cell[f] != NULL ? cell[f] : "");
}

/* Rows of the registry beside name, those of one table or all of them. */
static int
read_rows(struct rows *r, struct db *db, const struct qname *name,
    const char *where, unsigned long most, struct err *e)
{
	char shape[N_REGISTRY_FIELDS + 1] = { 0 };
	struct str list = STR_INIT;
	int rc = trust_registry(db, name, e);

	if (rc == 1) {
		registry_row_select(&list, most);
		memset(shape, DB_NULL, N_REGISTRY_FIELDS);
		rc = db_rows(db, r, shape, e, "SELECT %s FROM %s" REGISTRY_OURS
		    " WHERE %s ORDER BY began LIMIT %d", list.s, name->sql,
		    where, MOST_ROWS);
		str_free(&list);
	}
	return rc;
}

int
registry_find(struct registry_row *r, struct db *db, const struct qname *table,
    struct err *e)
{
	struct rows rows = ROWS_INIT;
	struct str where = STR_INIT, name = STR_INIT;
	struct qname registry;
	int rc;

	memset(r, 0, sizeof(*r));
	set_name(&registry, table);
	db_literal(&name, db, table->table.raw);
	str_addf(&where, "IF(@@lower_case_table_names > 0, "
	    "LOWER(table_name) = LOWER(%s), table_name = %s)", name.s, name.s);
	rc = read_rows(&rows, db, &registry, where.s, MOST_OF_ONE, e);
	if (rc == 0 && rows.n > 0) {
		take_registry_row(r, rows.cell[0]);
		rc = 1;
	}
	rows_free(&rows);
	str_free(&where);
	str_free(&name);
	return rc;
}

int
registry_list(struct registry_row **list, size_t *n, struct db *db,
    const struct ident *schema, struct err *e)
{
	struct qname registry, any = { .db = *schema };
	struct rows rows = ROWS_INIT;
	size_t i;

	set_name(&registry, &any);
	if (read_rows(&rows, db, &registry, "1", MOST_OF_MANY, e) != 0)
		return -1;
	*list = xcalloc(rows.n, sizeof(**list));
	for (i = 0; i < rows.n; i++)
		take_registry_row(&(*list)[i], rows.cell[i]);
	*n = rows.n;
	rows_free(&rows);
	return 0;
}

int
registry_read_mark(struct registry *reg, const struct registry_row *r,
    struct err *e)
{
	const char *list = r->field[REGISTRY_MARK];
	struct bound *b = &reg->mark;
	char *literal;

	bound_free(b);
	reg->rows = strtoull(r->field[REGISTRY_ROWS], NULL, 10);
	while ((literal = text_list_next(&list)) != NULL) {
		b->literal = xrealloc(b->literal, b->n + 1,
		    sizeof(*b->literal));
		b->literal[b->n++] = literal;
		if (!registry_row_is_literal(literal))
			return err_set(e, ERR_REFUSED, "the registry's "
			    "low-water mark is not a position in the table: "
			    "%.200s", literal);
	}
	if (*list != '\0')
		return err_set(e, ERR_REFUSED, "the registry's low-water mark "
		    "cannot be read: %.200s", list);
	return 0;
}

int
registry_adopt(struct registry *reg, struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e)
{
	const struct server *s = db_server(db);
	struct str q = STR_INIT;
	int rc;

	registry_locate(reg, table);
	reg->id = strtoull(r->field[REGISTRY_ID], NULL, 10);
	str_addf(&q, "UPDATE %s" REGISTRY_OURS
	    " SET request = '', waits_for = '', figures = '', "
	    "heartbeat = UTC_TIMESTAMP(6), server = ", reg->name.sql);
	add_value(&q, db, s->id);
	str_addz(&q, "client = ");
	db_literal(&q, db, reg->client.s);
	str_addf(&q, " WHERE id = %llu", reg->id);
	rc = persist(db, q.s, TRIES, e);
	str_free(&q);
	return rc;
}
