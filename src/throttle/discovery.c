/*
 * Who replicates from a server.
 *
 * What a server tells is never all: its list of threads has addresses, as it
 * sees them, but no ports; its list of replicas has ports, and addresses only
 * where report_host is set.  So both are put together, each pair that may be
 * right is tried, and a server counts when it has the server_id that the list
 * has.  Readers of the binary log that are no replicas are in the first list
 * only.
 */
#include "throttle/discovery.h"

#include <stdlib.h>
#include <string.h>

#include "base/ident.h"
#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/dsn.h"
#include "cli/recursion.h"
#include "throttle/blind.h"
#include "throttle/group.h"

struct search {
	const struct discovery *how;
	struct recursion by;
	unsigned int level;		/* of those that are looked for */
	unsigned long long source_number;
	struct replica *first, **end;
};

bool
discovery_is_none(const struct discovery *how)
{
	struct recursion r;

	recursion_parse(&r, how->method);
	return how->only == NULL && r.methods == RECURSION_NONE;
}

bool
discovery_has_table(const struct discovery *how)
{
	struct recursion r;

	recursion_parse(&r, how->method);
	return how->only == NULL && r.table != NULL;
}

bool
discovery_is_search(const struct discovery *how)
{
	struct recursion r;

	recursion_parse(&r, how->method);
	return how->only == NULL && (r.methods & (RECURSION_PROCESSLIST |
	    RECURSION_HOSTS | RECURSION_CLUSTER)) != 0;
}

/* --- those that are found -------------------------------------------------*/

static void
begin(struct search *s, const struct discovery *how)
{
	memset(s, 0, sizeof(*s));
	s->how = how;
	s->end = &s->first;
	recursion_parse(&s->by, how->method);
}

static void
add(struct search *s, struct replica *r, const char *found)
{
	r->found = xstrdup(found);
	r->level = s->level;
	*s->end = r;
	s->end = &r->next;
}

/* Is this server the source, or one that was found before? */
static bool
is_known(const struct search *s, unsigned long long number)
{
	const struct replica *r;

	if (number == s->source_number)
		return true;
	for (r = s->first; r != NULL; r = r->next)
		if (number != 0 && r->number == number)
			return true;
	return false;
}

static struct replica *
at(const struct search *s, const char *host, unsigned int port)
{
	struct replica *r = replica_new(s->how->login, host, port);

	if (s->how->user != NULL)
		replica_set_text(&r->login.user, s->how->user);
	if (s->how->password != NULL)
		replica_set_text(&r->login.password, s->how->password);
	return r;
}

/* Another port, or another host: without the port, all of it. */
static bool
matches(const char *skip, const char *host, unsigned int port)
{
	struct err ignored = { .kind = ERR_NONE };
	struct dsn d;
	bool yes;

	yes = dsn_parse(&d, skip, &ignored) == 0 && d.host != NULL &&
	    same_text(replica_address(d.host), replica_address(host)) &&
	    (d.port == NULL || strtoul(d.port, NULL, 10) == port);
	dsn_free(&d);
	return yes;
}

static bool
is_skipped(const struct search *s, const char *host, unsigned int port)
{
	const char *p, *end;
	char *skip;
	bool yes = false;

	for (p = s->how->skip; p != NULL && *p != '\0' && !yes; p = end + 1) {
		end = strchr(p, '\n');
		skip = xstrndup(p, (size_t)(end - p));
		yes = matches(skip, host, port);
		free(skip);
	}
	if (yes && !s->how->again)
		log_info("replica %s:%u is not watched, as "
		    "--skip-check-replica-lag asks for",
		    replica_address(host), port);
	return yes;
}

static struct replica *
from_dsn(const struct search *s, const char *text, struct err *e)
{
	struct replica *r = NULL;
	unsigned int port = 3306;
	struct dsn d;

	if (dsn_parse(&d, text, e) != 0)
		goto end;
	if (d.host == NULL && d.socket == NULL) {
		err_set(e, ERR_USAGE, "a DSN of a replica without h= or S=");
		goto end;
	}
	if (s->how->login->port != 0)
		port = s->how->login->port;
	if (d.port != NULL && num_uint(d.port, 1, 65535, &port) != 0) {
		err_set(e, ERR_USAGE, "a DSN of a replica with a wrong P=");
		goto end;
	}
	r = at(s, d.host != NULL ? d.host : "localhost", port);
	if (d.user != NULL)
		replica_set_text(&r->login.user, d.user);
	if (d.password != NULL)
		replica_set_text(&r->login.password, d.password);
	if (d.socket != NULL)
		replica_use_socket(r, d.socket);
	if (d.defaults_file != NULL)
		replica_set_text(&r->login.defaults_file, d.defaults_file);
	if (d.tls != NULL)
		r->login.tls = same_text(d.tls, "0") ? TLS_OFF : TLS_REQUIRED;
end:
	dsn_free(&d);
	return r;
}

/* --- what a server tells --------------------------------------------------*/

/* A row of its list of replicas, and those in its list of threads. */
struct told {
	struct rows registered, readers;
	size_t n_hosts;
	char **host;			/* of readers, each once */
	size_t *times;
	bool knows;			/* registered is all there are */
	unsigned int port;		/* its own */
	char *where;			/* "db1:3306" */
};

static void
free_told(struct told *t)
{
	size_t i;

	rows_free(&t->registered);
	rows_free(&t->readers);
	for (i = 0; i < t->n_hosts; i++)
		free(t->host[i]);
	free(t->host);
	free(t->times);
	free(t->where);
}

/* "10.0.0.3:34766", "localhost", "[fe80::1]:3306" */
static void
add_host(struct told *t, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text), i;
	char *host;

	if (len > 1 && text[0] == '[' && text[len - 1] == ']')
		host = xstrndup(text + 1, len - 2);
	else
		host = xstrndup(text, len);
	for (i = 0; i < t->n_hosts; i++)
		if (same_text(t->host[i], host)) {
			t->times[i]++;
			free(host);
			return;
		}
	t->host = xrealloc(t->host, t->n_hosts + 1, sizeof(*t->host));
	t->times = xrealloc(t->times, t->n_hosts + 1, sizeof(*t->times));
	t->times[t->n_hosts] = 1;
	t->host[t->n_hosts++] = host;
}

static int
ask_readers(struct told *t, struct db *db, struct err *e)
{
	const struct rows *r = &t->readers;
	const char *command, *host;
	size_t i;

	if (db_rows(db, &t->readers, NULL, e, "SHOW PROCESSLIST") != 0)
		return -1;
	for (i = 0; i < r->n; i++) {
		command = rows_named(r, i, "Command");
		host = rows_named(r, i, "Host");
		if (command != NULL && host != NULL &&
		    strncmp(command, "Binlog Dump", 11) == 0)
			add_host(t, host);
	}
	return 0;
}

/* The privilege to ask (REPLICATION SLAVE) may be missing. */
static int
ask_registered(struct told *t, struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	int rc = db_rows(db, &t->registered, NULL, e, "%s", s->mariadb ||
	    s->version < 80022 ? "SHOW SLAVE HOSTS" : "SHOW REPLICAS");

	t->knows = rc == 0;
	if (rc == 0 || e->kind == ERR_LOST ||
	    db_class(e->sqlno) != DB_DENIED)
		return rc;
	e->kind = ERR_NONE;
	return 0;
}

static void
set_where(struct told *t, const struct server *s)
{
	const char *colon = strrchr(s->host_text, ':');

	t->where = xstrdup(s->host_text);
	t->port = colon != NULL ? (unsigned int)strtoul(colon + 1, NULL, 10) :
	    3306;
}

/* --- trying ---------------------------------------------------------------*/

static void
note_try(struct str *tried, const struct replica *r, const char *what)
{
	str_addf(tried, "%s%s: %s", tried->len > 0 ? "; " : "", r->name, what);
}

/* Is that the server?  number 0: any that is not known yet. */
static struct replica *
try_at(const struct search *s, const char *host, unsigned int port,
    unsigned long long number, struct str *tried)
{
	struct err e = { .kind = ERR_NONE };
	struct replica *r = at(s, host, port);

	if (replica_open(r, &e) != 0) {
		note_try(tried, r, e.text);
	} else if (number != 0 ? r->number != number :
	    is_known(s, r->number)) {
		note_try(tried, r, is_known(s, r->number) ?
		    "this is a server that is known already" :
		    "there is another server");
	} else {
		return r;
	}
	replica_free(r);
	return NULL;
}

static void
add_unreached(struct search *s, const char *host, unsigned int port,
    unsigned long long number, const struct str *tried, const char *found)
{
	struct replica *r = at(s, host, port);

	r->number = number;
	err_set(&r->why, ERR_CONNECT, "%s", tried->len > 0 ? tried->s :
	    "no address of it is known; set its report_host");
	add(s, r, found);
}

/* One that the list of replicas has. */
static void
find_registered(struct search *s, const struct told *t, size_t row)
{
	const char *id = rows_named(&t->registered, row, "Server_id");
	const char *host = rows_named(&t->registered, row, "Host");
	const char *p = rows_named(&t->registered, row, "Port");
	unsigned long long number = id != NULL ? strtoull(id, NULL, 10) : 0;
	unsigned int port = p != NULL ? (unsigned int)strtoul(p, NULL, 10) : 0;
	struct str tried = STR_INIT, found = STR_INIT;
	struct replica *r = NULL;
	bool skip = false;
	size_t i;

	if (number == 0 || is_known(s, number))
		return;
	str_addf(&found, "hosts of %s", t->where);
	if (host != NULL && host[0] != '\0' &&
	    !(skip = is_skipped(s, host, port)))
		r = try_at(s, host, port, number, &tried);
	for (i = 0; i < t->n_hosts && r == NULL && !skip; i++)
		if (!same_text(t->host[i], host) &&
		    !(skip = is_skipped(s, t->host[i], port)))
			r = try_at(s, t->host[i], port, number, &tried);
	if (r != NULL)
		add(s, r, found.s);
	else if (!skip)
		add_unreached(s, host != NULL && host[0] != '\0' ? host :
		    t->n_hosts > 0 ? t->host[0] : "?", port, number, &tried,
		    found.s);
	str_free(&tried);
	str_free(&found);
}

/* One of which only the address is known: it may have its source's port. */
static void
find_reader(struct search *s, const struct told *t, size_t i)
{
	struct str tried = STR_INIT, found = STR_INIT;
	struct replica *r;

	if (is_skipped(s, t->host[i], t->port))
		return;
	str_addf(&found, "processlist of %s", t->where);
	r = try_at(s, t->host[i], t->port, 0, &tried);
	if (r != NULL)
		add(s, r, found.s);
	else
		add_unreached(s, t->host[i], t->port, 0, &tried, found.s);
	if (t->times[i] > 1 && !s->how->again)
		log_warn("%zu readers of the binary log are at %s, and at most "
		    "one of them is found", t->times[i], t->host[i]);
	str_free(&tried);
	str_free(&found);
}

static int
find_below(struct search *s, struct db *db, struct err *e)
{
	struct told t = { .registered = ROWS_INIT, .readers = ROWS_INIT };
	size_t i;
	int rc = 0;

	set_where(&t, db_server(db));
	if ((s->by.methods & RECURSION_PROCESSLIST) != 0)
		rc = ask_readers(&t, db, e);
	if (rc == 0 && (s->by.methods & RECURSION_HOSTS) != 0)
		rc = ask_registered(&t, db, e);
	if (rc == 0 && !t.knows && t.n_hosts == 0 && !s->how->again)
		rc = blind_tell(db, e);
	for (i = 0; i < t.registered.n && rc == 0; i++)
		find_registered(s, &t, i);
	for (i = 0; i < t.n_hosts && rc == 0 && !t.knows; i++)
		find_reader(s, &t, i);
	free_told(&t);
	return rc;
}

/* Level by level: those that are found come behind the others. */
static int
find_all(struct search *s, struct db *source, struct err *e)
{
	struct replica *r;

	s->level = 1;
	if (s->how->levels == 0)
		return 0;
	if (find_below(s, source, e) != 0)
		return -1;
	for (r = s->first; r != NULL && r->level < s->how->levels;
	    r = r->next) {
		s->level = r->level + 1;
		if (r->db != NULL && find_below(s, r->db, e) != 0)
			return err_while(e, "the replicas of %s", r->name);
	}
	return 0;
}

/* --- clusters and lists ---------------------------------------------------*/

static void
find_member(struct search *s, const char *host, unsigned int port)
{
	struct replica *r = at(s, host, port);

	if (is_skipped(s, host, port)) {
		replica_free(r);
		return;
	}
	if (replica_open(r, &r->why) == 0 && is_known(s, r->number)) {
		replica_free(r);
		return;
	}
	r->member = true;
	add(s, r, "cluster");
}

static int
find_cluster(struct search *s, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc = group_members(&r, db, e);

	for (i = 0; i < r.n; i++)
		if (r.cell[i][2][0] == '0')
			find_member(s, r.cell[i][0], (unsigned int)strtoul(
			    r.cell[i][1], NULL, 10));
	if (rc == 0 && r.n == 0 && !s->how->again)
		rc = group_is_none(db, s->by.methods == RECURSION_CLUSTER, e);
	rows_free(&r);
	return rc;
}

static int
read_rows(struct search *s, struct db *db, const struct dsn *d, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct replica *one;
	struct qname name;
	size_t i;
	int rc;

	if (qname_set(&name, d->database, d->table, e) != 0)
		return -1;
	rc = db_rows(db, &r, "v", e, "SELECT dsn FROM %s ORDER BY id",
	    name.sql);
	for (i = 0; i < r.n && rc == 0; i++) {
		one = from_dsn(s, r.cell[i][0], e);
		rc = one != NULL ? 0 : -1;
		if (one != NULL && is_skipped(s, one->login.host,
		    one->login.port))
			replica_free(one);
		else if (one != NULL) {
			one->listed = true;
			add(s, one, name.sql);
		}
	}
	rows_free(&r);
	return rc != 0 ? err_while(e, "the replicas that %s lists", name.sql) :
	    0;
}

/* The table may be on a server of its own. */
static int
read_table(struct search *s, struct db *source, struct err *e)
{
	struct replica *of = NULL;
	struct dsn d;
	int rc = dsn_parse(&d, s->by.table, e);

	if (rc == 0 && d.host != NULL) {
		of = from_dsn(s, s->by.table, e);
		rc = of == NULL || replica_open(of, e) != 0 ? -1 : 0;
	}
	if (rc == 0)
		rc = read_rows(s, of != NULL ? of->db : source, &d, e);
	replica_free(of);
	dsn_free(&d);
	return rc;
}

int
discovery_read_table(struct replica **list, struct db *source,
    const struct discovery *how, struct err *e)
{
	struct search s;
	int rc;

	begin(&s, how);
	rc = s.by.table != NULL ? read_table(&s, source, e) : 0;
	*list = s.first;
	return rc;
}

static int
find_listed(struct search *s, struct db *source, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct replica *r, **was = s->end;

	if (read_table(s, source, e) != 0)
		return -1;
	for (r = *was; r != NULL; r = r->next)
		replica_open(r, &ignored);
	return 0;
}

static int
find_only(struct search *s, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct replica *r = from_dsn(s, s->how->only, e);

	if (r == NULL)
		return err_while(e, "--check-replica-lag");
	replica_open(r, &ignored);
	add(s, r, "--check-replica-lag");
	return 0;
}

int
discovery_run(struct replica **list, struct db *source,
    const struct discovery *how, struct err *e)
{
	const struct server *server = db_server(source);
	struct search s;
	int rc;

	begin(&s, how);
	rc = db_number(source, &s.source_number, e, "SELECT @@server_id");
	if (rc == 0 && how->only != NULL) {
		rc = find_only(&s, e);
	} else if (rc == 0) {
		if ((s.by.methods & (RECURSION_PROCESSLIST |
		    RECURSION_HOSTS)) != 0 &&
		    server->log_bin)
			rc = find_all(&s, source, e);
		if (rc == 0 && (s.by.methods & RECURSION_CLUSTER) != 0)
			rc = find_cluster(&s, source, e);
		else if (rc == 0 && !how->again)
			rc = group_hint(source, e);
		if (rc == 0 && (s.by.methods & RECURSION_DSN) != 0)
			rc = find_listed(&s, source, e);
	}
	*list = s.first;
	return rc;
}
