#include "model/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
script_add(struct script *c, enum script_lane lane, const struct qname *child,
    struct str *sql)
{
	struct script_item *it;

	c->item = xrealloc(c->item, c->n + 1, sizeof(*c->item));
	it = &c->item[c->n++];
	it->lane = lane;
	it->child = child;
	it->last = false;
	it->sql = str_take(sql);
}

bool
script_has(const struct script *c, enum script_lane lane)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].lane == lane)
			return true;
	return false;
}

bool
script_follows(const struct script_item *it)
{
	return it->lane >= SCRIPT_ATTIC;
}

void
script_free(struct script *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->item[i].sql);
	free(c->item);
	free(c->child);
	free(c->parent);
	free(c->grandchild);
	memset(c, 0, sizeof(*c));
}
