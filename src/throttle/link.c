#include "throttle/link.h"

#include <sys/socket.h>

#include "server/session.h"

void
link_init(struct link *l, const struct server *s, const char *role)
{
	l->server = s;
	l->role = role;
	l->db = NULL;
	l->cut = false;
	pthread_mutex_init(&l->lock, NULL);
}

void
link_free(struct link *l)
{
	link_close(l);
	pthread_mutex_destroy(&l->lock);
}

/* No session has cut it while it was made. */
static bool
publish(struct link *l, struct db *db)
{
	bool cut;

	pthread_mutex_lock(&l->lock);
	cut = l->cut;
	if (!cut)
		l->db = db;
	pthread_mutex_unlock(&l->lock);
	return !cut;
}

int
link_adopt(struct link *l, struct db *db, struct err *e)
{
	if (publish(l, db))
		return 0;
	db_close(db);
	return err_set(e, ERR_STOPPED, "stopped");
}

int
link_open(struct link *l, struct err *e)
{
	struct db *db = NULL;

	if (l->db != NULL)
		return 0;
	if (session_open(&db, l->server, l->role, SESSION_MAIN, 0, e) == 0)
		return link_adopt(l, db, e);
	db_close(db);
	return -1;
}

void
link_close(struct link *l)
{
	struct db *db = l->db;

	pthread_mutex_lock(&l->lock);
	l->db = NULL;
	pthread_mutex_unlock(&l->lock);
	db_close(db);
}

void
link_cut(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	l->cut = true;
	if (l->db != NULL)
		shutdown(db_socket(l->db), SHUT_RDWR);
	pthread_mutex_unlock(&l->lock);
}
