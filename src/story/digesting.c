#include "story/digesting.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/print.h"
#include "base/util.h"
#include "cli/matters.h"
#include "model/structure.h"

static int
add_structure(struct str *q, const struct table *t, struct err *e)
{
	struct structure s = STRUCTURE_INIT;
	int rc = structure_read(&s, t, e);

	if (rc == 0) {
		str_addf(q, "table %s\n", t->name.sql);
		structure_text(q, &s);
	}
	structure_free(&s);
	return rc;
}

static int
add_all(struct str *q, const struct migration *m, struct err *e)
{
	str_addf(q, "livealter digest 1\n%s %s\n", m->server.mariadb ?
	    "MariaDB" : "MySQL", m->server.version_text);
	if (add_structure(q, m->old, e) != 0 ||
	    add_structure(q, m->new, e) != 0)
		return -1;
	dependents_text(q, &m->dependents);
	str_addf(q, "sql_mode %s\nalter %s\n", m->server.sql_mode,
	    m->alter.text);
	matters_write(q, m->cfg);
	if (m->at_once)
		str_addz(q, "at once\n");
	else
		plan_essence(q, &m->plan);
	return 0;
}

static int
ask(struct migration *m, const char *text, struct err *e)
{
	struct str q = STR_INIT;
	char *digest = NULL;
	int rc;

	str_addz(&q, "SELECT SHA2(");
	db_literal(&q, m->db, text);
	str_addz(&q, ", 256)");
	rc = db_value(m->db, &digest, e, "%s", q.s);
	if (rc == 0 && (digest == NULL || strlen(digest) !=
	    sizeof(m->digest) - 1))
		rc = err_set(e, ERR_SQL, "the server has no SHA2()");
	if (rc == 0)
		memcpy(m->digest, digest, sizeof(m->digest));
	free(digest);
	str_free(&q);
	return rc;
}

static int
check(const struct migration *m, struct err *e)
{
	const char *expected = m->cfg->expect_digest;

	if (expected == NULL || same_text(expected, m->digest))
		return 0;
	err_set(e, ERR_REFUSED, "--expect-digest: the digest is %s: the "
	    "server, %s, the ALTER or an option is another than when it was "
	    "%.64s", m->digest, m->names.old.sql, expected);
	return err_hint(e, "look at the plan of another dry run");
}

int
digesting_look(struct migration *m, struct err *e)
{
	struct str text = STR_INIT, line = STR_INIT;
	int rc;

	if (!m->cfg->dry_run && m->cfg->expect_digest == NULL)
		return 0;
	rc = add_all(&text, m, e) != 0 ? -1 : ask(m, text.s, e);
	if (rc == 0 && m->cfg->dry_run) {
		print_line(&line, "digest: %s", m->digest);
		event_plan(&line);
	}
	str_free(&text);
	str_free(&line);
	return rc != 0 ? -1 : check(m, e);
}
