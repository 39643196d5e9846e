#include "throttle/room.h"

#include <stdlib.h>

#include "base/util.h"
#include "throttle/link.h"

#define EVERY	1.0	/* seconds between two looks */
#define PART	20

struct room {
	struct link link;		/* not for DISK_HOST */
	struct disk disk;
	unsigned long long least;
	bool exactly;
};

unsigned long long
room_least(const struct disk *d, unsigned long long least, bool exactly)
{
	return exactly || d->total == 0 || least < d->total / PART ? least :
	    d->total / PART;
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct room *r = arg;
	struct disk *d = &r->disk;
	unsigned long long least;

	if (d->by != DISK_HOST && link_open(&r->link, e) != 0)
		return 1;
	if (disk_look(d, r->link.db, e) != 0) {
		link_close(&r->link);
		return 1;
	}
	least = room_least(d, r->least, r->exactly);
	if (d->free >= least)
		return 0;
	v->holds = HOLD_WRITE;
	str_addf(&v->what, "%s to have ", d->path);
	disk_size(&v->what, least);
	str_addz(&v->what, " free (it has ");
	disk_size(&v->what, d->free);
	str_addz(&v->what, ")");
	return 0;
}

static void
cut(void *arg)
{
	struct room *r = arg;

	link_cut(&r->link);
}

static void
free_room(void *arg)
{
	struct room *r = arg;

	link_free(&r->link);
	disk_free(&r->disk);
	free(r);
}

/* It takes over what d has. */
void
room_source(struct source *s, struct disk *d, unsigned long long least,
    bool exactly, const struct server *server)
{
	struct room *r = xcalloc(1, sizeof(*r));
	struct str title = STR_INIT;

	r->disk = *d;
	r->least = least;
	r->exactly = exactly;
	d->path = NULL;
	d->directory = -1;
	link_init(&r->link, server, "room");
	str_addf(&title, "the room in %s", r->disk.path);
	/* What is not known makes nobody wait. */
	*s = (struct source){ .name = str_take(&title), .every = EVERY,
	    .look = look, .cut = cut, .free = free_room, .arg = r };
}
