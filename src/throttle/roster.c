#include "throttle/roster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "throttle/link.h"

#define EVERY	5.0	/* seconds between two looks at the table */
#define SEARCH	10.0	/* between two searches: each asks all of them */

struct entry {
	char *name;
	unsigned long long number;	/* 0: not known */
	bool there;			/* when it was read last */
	struct entry *next;
};

struct roster {
	struct link link;
	struct discovery how;
	double searched;		/* when */
	pthread_mutex_t lock;		/* guards what is below it */
	struct entry *known;
	struct replica *added;		/* to be taken */
};

/* By its name, or by its number, unless that is 0. */
static struct entry *
find(const struct roster *r, const char *name, unsigned long long number)
{
	struct entry *k;

	for (k = r->known; k != NULL && strcmp(k->name, name) != 0 &&
	    (number == 0 || k->number != number); k = k->next)
		;
	return k;
}

/* Under the lock, but for the first ones. */
static void
add(struct roster *r, const struct replica *one)
{
	struct entry *k = xcalloc(1, sizeof(*k));

	k->name = xstrdup(one->name);
	k->number = one->number;
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
	r->how.again = true;
	r->searched = now_s();
	pthread_mutex_init(&r->lock, NULL);
	for (one = list; one != NULL; one = one->next)
		add(r, one);
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

/* To be watched from now on.  Under the lock. */
static void
take_up(struct roster *r, struct replica *one, const char *where)
{
	log_info("replica %s is new %s: its lag is watched", one->name, where);
	add(r, one);
	one->next = r->added;
	r->added = one;
}

/* What has gone, what has come back, and what is new; takes over the list. */
static void
compare(struct roster *r, struct replica *list)
{
	struct replica *one, *next;
	struct entry *k;
	bool there;

	pthread_mutex_lock(&r->lock);
	for (k = r->known; k != NULL && discovery_has_table(&r->how);
	    k = k->next) {
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
		if (find(r, one->name, 0) != NULL)
			replica_free(one);
		else
			take_up(r, one, "in the table");
	}
	pthread_mutex_unlock(&r->lock);
}

/*
 * What has come since; takes over the list.  One that is gone is not left out:
 * it has stopped, which is for throttle/lag.c to judge.
 */
static void
admit(struct roster *r, struct replica *list)
{
	struct replica *one, *next;

	pthread_mutex_lock(&r->lock);
	for (one = list; one != NULL; one = next) {
		next = one->next;
		one->next = NULL;
		if (find(r, one->name, one->number) == NULL &&
		    one->db != NULL) {
			take_up(r, one, "here");
			continue;
		}
		if (find(r, one->name, one->number) == NULL)
			log_warn("replica %s (found by %s) is new here, and "
			    "its lag is not watched, as it is not reached: %s",
			    one->name, one->found, one->why.text);
		replica_free(one);
	}
	pthread_mutex_unlock(&r->lock);
}

/* Not on a connection that is kept: it would be one more at all times. */
static int
search(struct roster *r, struct err *e)
{
	struct replica *list = NULL;
	int rc;

	if (now_s() - r->searched < SEARCH)
		return 0;
	if (link_open(&r->link, e) != 0)
		return 1;
	rc = discovery_run(&list, r->link.db, &r->how, e);
	r->searched = now_s();
	link_close(&r->link);
	/* Those that were found until then are there in any case. */
	admit(r, list);
	return rc != 0;
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct roster *r = arg;
	struct replica *list = NULL;

	(void)v;
	if (!discovery_has_table(&r->how))
		return search(r, e);
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
	*s = (struct source){ .name = xstrdup("the list of replicas"),
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
	k = find(r, name, 0);
	yes = k != NULL && k->there;
	pthread_mutex_unlock(&r->lock);
	return yes;
}
