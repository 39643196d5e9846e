#include "story/connect.h"

#include "server/session.h"
#include "server/spelling.h"

int
connect_first(struct db **db, struct server *s, struct config *cfg,
    const char *role, struct err *e)
{
	s->login = &cfg->login;
	if (session_first(db, s, role, e) != 0)
		return -1;
	return config_without(cfg, "lower-case") ? 0 :
	    spelling_take(*db, &cfg->database, &cfg->table, e);
}
