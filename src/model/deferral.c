#include "model/deferral.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/ddl.h"

/* What is being written. */
struct writing {
	struct deferral *d;
	const struct qname *table;
	const char *create;		/* of the full table */
	const struct ddl_key *key;
	size_t n;
	const bool *picked;		/* of each key */
	const char *online;		/* the end of the statement */
};

static void
add_key(struct str *q, const struct writing *w, const struct ddl_key *k)
{
	str_addz(q, "ADD ");
	str_add(q, w->create + k->at, k->len);
	str_addz(q, ", ");
}

/* From key i on: that, or with all the picked ones. */
static char *
write_add(const struct writing *w, size_t i, bool all)
{
	struct str q = STR_INIT;
	size_t j;

	str_addf(&q, "ALTER TABLE %s ", w->table->sql);
	for (j = i; j < w->n; j++) {
		if (j > i && w->picked[j] && !all)
			continue;
		if (!w->picked[j])
			str_addf(&q, "DROP INDEX %s, ", w->key[j].name.sql);
		add_key(&q, w, &w->key[j]);
	}
	str_addz(&q, w->online);
	return str_take(&q);
}

static void
write_all(const struct writing *w)
{
	struct deferral *d = w->d;
	struct str drop = STR_INIT, order = STR_INIT;
	size_t i;

	for (i = 0; i < w->n; i++) {
		str_add(&order, w->create + w->key[i].at, w->key[i].len);
		str_addz(&order, "\n");
		if (!w->picked[i])
			continue;
		if (d->n == 0)
			d->add = write_add(w, i, true);
		str_addf(&drop, "%s DROP INDEX %s", d->n > 0 ? "," : "",
		    w->key[i].name.sql);
		d->index = xrealloc(d->index, d->n + 1, sizeof(*d->index));
		d->index[d->n].name = w->key[i].name;
		d->index[d->n++].add = write_add(w, i, false);
	}
	d->order = str_take(&order);
	if (d->n > 0) {
		str_reset(&order);
		str_addf(&order, "ALTER TABLE %s%s", w->table->sql, drop.s);
		d->drop = str_take(&order);
	}
	str_free(&drop);
	str_free(&order);
}

const char *
deferral_online(const struct server *s)
{
	return s->mariadb ? "ALGORITHM=NOCOPY, LOCK=NONE" :
	    "ALGORITHM=INPLACE, LOCK=NONE";
}

void
deferral_make(struct deferral *d, const struct deferral_of *of,
    const struct table *full, deferral_pick *pick, const void *arg)
{
	struct writing w = { .d = d, .table = of->table, .create = full->create,
	    .online = deferral_online(of->server) };
	struct ddl_key *key = ddl_plain_keys(full->create, &w.n);
	bool *picked = xcalloc(w.n + 1, sizeof(*picked));
	struct str q = STR_INIT;
	struct qname like;
	size_t i;

	*d = (struct deferral){ .why = NULL };
	for (i = 0; i < w.n; i++)
		picked[i] = pick(arg, &key[i].name);
	w.key = key;
	w.picked = picked;
	write_all(&w);
	names_trial(&like, of->names);
	str_addf(&q, "CREATE TABLE %s LIKE %s", like.sql,
	    of->names->shadow.sql);
	d->remember = str_take(&q);
	str_addf(&q, "DROP TABLE IF EXISTS %s", like.sql);
	d->forget = str_take(&q);
	free(picked);
	free(key);
}

void
deferral_free(struct deferral *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		free(d->index[i].add);
	free(d->index);
	free(d->remember);
	free(d->drop);
	free(d->add);
	free(d->forget);
	free(d->order);
	*d = (struct deferral){ .why = d->why };
}

bool
deferral_is_built(const struct deferral *d, const struct table *now)
{
	struct str order = STR_INIT;
	struct ddl_key *key;
	size_t i, n;
	bool yes;

	key = ddl_plain_keys(now->create, &n);
	for (i = 0; i < n; i++) {
		str_add(&order, now->create + key[i].at, key[i].len);
		str_addz(&order, "\n");
	}
	yes = d->order != NULL && strcmp(order.s, d->order) == 0;
	free(key);
	str_free(&order);
	return yes;
}

/* What another table has. */
struct others {
	const struct ddl_key *key;
	size_t n;
};

static bool
is_others(const void *arg, const char *name)
{
	const struct others *o = arg;
	size_t i;

	for (i = 0; i < o->n; i++)
		if (strcmp(o->key[i].name.raw, name) == 0)
			return true;
	return false;
}

void
deferral_definition(struct str *q, const struct table *t,
    const struct table *full)
{
	struct others o = { NULL, 0 };
	struct str text = STR_INIT;
	struct ddl_key *key;

	if (full == NULL) {
		table_definition(q, t);
		return;
	}
	o.key = key = ddl_plain_keys(full->create, &o.n);
	str_addz(&text, "CREATE TABLE t ");
	table_definition(&text, t);
	ddl_without_keys(q, text.s, is_others, &o);
	str_free(&text);
	free(key);
}

void
deferral_names(struct str *q, const struct deferral *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		str_addf(q, "%s%s", i > 0 ? ", " : "", d->index[i].name.sql);
}
