#include "story/aiming.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/log.h"
#include "story/already.h"
#include "story/undoing.h"

int
aiming_read(struct migration *m, struct err *e)
{
	return m->cfg->to == NULL || m->resumed || m->reverting ? 0 :
	    target_read(&m->target, m->cfg, &m->names, &m->server, e);
}

/* From here on it is as if it had been written after --alter. */
static int
take(struct migration *m, struct str *text, struct err *e)
{
	log_info("--to %s: ALTER TABLE %s %s", m->target.file,
	    m->names.old.sql, text->s);
	free(m->recalled->alter);
	m->recalled->alter = str_take(text);
	alter_free(&m->alter);
	event_fact("ALTER TABLE", m->cfg->alter);
	return alter_read(&m->alter, m->cfg->alter, &m->server, e);
}

static int
find(struct migration *m, struct str *text, struct err *e)
{
	if (target_create(&m->target, m->db, &m->names, m->cfg, &m->undo,
	    e) != 0 || undoing_drop_new(m, e) != 0)
		return -1;
	return target_alter(text, &m->target, m->old, m->cfg, &m->server, e);
}

int
aiming_find(struct migration *m, struct err *e)
{
	struct str text = STR_INIT;
	int rc;

	if (m->target.file == NULL)
		return 0;
	event_hush_sql(m->cfg->dry_run);
	rc = find(m, &text, e);
	event_hush_sql(false);
	m->already = rc == 0 && text.len == 0;
	if (m->already && m->cfg->dry_run)
		already_tell(m);
	else if (rc == 0 && !m->already)
		rc = take(m, &text, e);
	str_free(&text);
	return rc;
}

int
aiming_check(struct migration *m, struct err *e)
{
	struct table *is = NULL;
	int rc;

	if (m->target.file == NULL)
		return 0;
	rc = table_load(&is, m->db, &m->names.shadow, e);
	if (rc == 0)
		rc = target_reached(&m->target, is, &m->server, e);
	table_free(is);
	return rc;
}
