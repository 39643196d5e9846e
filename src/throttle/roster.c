#include "throttle/roster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "throttle/link.h"

#define EVERY	5.0	/* seconds between two looks */

struct entry {
	char *name;
	bool there;			/* when it was read last */
	struct entry *next;
};

struct roster {
	struct link link;
	struct discovery how;
	pthread_mutex_t lock;		/* guards what is below it */
	struct entry *known;
	struct replica *added;		/* to be taken */
};

static struct entry *
find(const struct roster *r, const char *name)
{
	struct entry *k;

	for (k = r->known; k != NULL && strcmp(k->name, name) != 0;
	    k = k->next)
		;
	return k;
}

/* Under the lock, but for the first ones. */
static void
add(struct roster *r, const char *name)
{
	struct entry *k = xcalloc(1, sizeof(*k));

	k->name = xstrdup(name);
	k->there = true;
	k->next = r->known;
	r->known = k;
}

struct roster *
roster_new(const struct server *s, const struct discovery *how,
    const struct replica *list)
{
	struct roster *r = xcalloc(1, sizeof(*r));
	const struct replica *one;

	link_init(&r->link, s, "roster");
	r->how = *how;
	pthread_mutex_init(&r->lock, NULL);
	for (one = list; one != NULL; one = one->next)
		if (one->listed)
			add(r, one->name);
	return r;
}

static bool
lists(const struct replica *list, const char *name)
{
	for (; list != NULL; list = list->next)
		if (strcmp(list->name, name) == 0)
			return true;
	return false;
}

/* What has gone, what has come back, and what is new; takes over the list. */
static void
compare(struct roster *r, struct replica *list)
{
	struct replica *one, *next;
	struct entry *k;
	bool there;

	pthread_mutex_lock(&r->lock);
	for (k = r->known; k != NULL; k = k->next) {
		there = lists(list, k->name);
		if (there != k->there)
			log_info("replica %s is %s the table: it is %s",
			    k->name, there ? "back in" : "not any more in",
			    there ? "watched again" : "watched no more");
		k->there = there;
	}
	for (one = list; one != NULL; one = next) {
		next = one->next;
		one->next = NULL;
		if (find(r, one->name) != NULL) {
			replica_free(one);
			continue;
		}
		log_info("replica %s is new in the table: its lag is watched",
		    one->name);
		add(r, one->name);
		one->next = r->added;
		r->added = one;
	}
	pthread_mutex_unlock(&r->lock);
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct roster *r = arg;
	struct replica *list = NULL;

	(void)v;
	if (link_open(&r->link, e) != 0)
		return 1;
	if (discovery_read_table(&list, r->link.db, &r->how, e) == 0) {
		compare(r, list);
		return 0;
	}
	log_warn("%s", e->text);
	replica_free(list);
	link_close(&r->link);
	return 1;
}

static void
cut(void *arg)
{
	struct roster *r = arg;

	link_cut(&r->link);
}

static void
free_roster(void *arg)
{
	struct roster *r = arg;
	struct entry *k, *next;

	link_free(&r->link);
	for (k = r->known; k != NULL; k = next) {
		next = k->next;
		free(k->name);
		free(k);
	}
	replica_free(r->added);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void
roster_source(struct source *s, struct roster *r)
{
	*s = (struct source){ .name = xstrdup("the table of replicas"),
	    .every = EVERY, .look = look, .cut = cut, .free = free_roster,
	    .arg = r };
}

struct replica *
roster_take(struct roster *r)
{
	struct replica *list;

	pthread_mutex_lock(&r->lock);
	list = r->added;
	r->added = NULL;
	pthread_mutex_unlock(&r->lock);
	return list;
}

bool
roster_has(struct roster *r, const char *name)
{
	const struct entry *k;
	bool yes;

	pthread_mutex_lock(&r->lock);
	k = find(r, name);
	yes = k != NULL && k->there;
	pthread_mutex_unlock(&r->lock);
	return yes;
}
