#include "model/trigger.h"

#include <stddef.h>

static void
add(struct str *q, const struct trigger *t, const struct qname *table,
    const char *body)
{
	str_addz(q, "CREATE ");
	if (t->definer != NULL)
		str_addf(q, "DEFINER=%s ", t->definer);
	str_addf(q, "TRIGGER %s %s %s ON %s FOR EACH ROW ", t->name.sql,
	    t->timing, t->event, table->sql);
	if (t->precedes != NULL)
		str_addf(q, "PRECEDES %s ", t->precedes);
	str_addz(q, body);
}

void
trigger_create(struct str *q, const struct trigger *t,
    const struct qname *table)
{
	add(q, t, table, t->body);
}

void
trigger_probe(struct str *q, const struct trigger *t,
    const struct qname *table)
{
	add(q, t, table, "BEGIN END");
}
