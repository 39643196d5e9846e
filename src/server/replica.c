#include "server/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/util.h"
#include "server/session.h"

/*
 * No session waits longer for a replica: one that hangs is as good as one that
 * is not there.
 */
#define PATIENCE	5	/* seconds */

const char *
replica_address(const char *host)
{
	return same_text(host, "localhost") ? "127.0.0.1" : host;
}

void
replica_set_text(char **field, const char *text)
{
	secret_free(*field);
	*field = xstrdup_null(text);
}

static void
copy_login(struct login *to, const struct login *from)
{
	*to = *from;
	to->host = xstrdup_null(from->host);
	to->user = xstrdup_null(from->user);
	to->password = xstrdup_null(from->password);
	to->socket = xstrdup_null(from->socket);
	to->defaults_file = xstrdup_null(from->defaults_file);
	to->ssl_ca = xstrdup_null(from->ssl_ca);
	to->ssl_cert = xstrdup_null(from->ssl_cert);
	to->ssl_key = xstrdup_null(from->ssl_key);
	to->server_public_key_path = xstrdup_null(
	    from->server_public_key_path);
	to->set_vars = xstrdup_null(from->set_vars);
}

static void
free_login(struct login *l)
{
	secret_free(l->password);
	free(l->host);
	free(l->user);
	free(l->socket);
	free(l->defaults_file);
	free(l->ssl_ca);
	free(l->ssl_cert);
	free(l->ssl_key);
	free(l->server_public_key_path);
	free(l->set_vars);
}

struct replica *
replica_new(const struct login *source, const char *host, unsigned int port)
{
	struct replica *r = xcalloc(1, sizeof(*r));
	struct str name = STR_INIT;

	copy_login(&r->login, source);
	replica_set_text(&r->login.host, replica_address(host));
	replica_set_text(&r->login.socket, NULL);
	/* What --set-vars says is for what is done on the source. */
	replica_set_text(&r->login.set_vars, NULL);
	r->login.port = port;
	r->login.patience = PATIENCE;
	r->server.login = &r->login;
	str_addf(&name, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u",
	    r->login.host, port);
	r->name = str_take(&name);
	return r;
}

/* The client library takes the socket for "localhost" only. */
void
replica_use_socket(struct replica *r, const char *socket)
{
	if (!same_text(r->login.host, replica_address("localhost")))
		return;
	replica_set_text(&r->login.host, "localhost");
	replica_set_text(&r->login.socket, socket);
	free(r->name);
	r->name = xstrdup(socket);
}

void
replica_free(struct replica *r)
{
	struct replica *next;

	for (; r != NULL; r = next) {
		next = r->next;
		db_close(r->db);
		server_free(&r->server);
		free_login(&r->login);
		free(r->name);
		free(r->found);
		free(r);
	}
}

int
replica_open(struct replica *r, struct err *e)
{
	r->why.kind = ERR_NONE;
	if (session_first(&r->db, &r->server, "replica", &r->why) == 0 &&
	    db_number(r->db, &r->number, &r->why, "SELECT @@server_id") == 0)
		return 0;
	*e = r->why;
	db_close(r->db);
	r->db = NULL;
	server_free(&r->server);
	r->server.login = &r->login;
	return -1;
}

/* --- what it says of itself -----------------------------------------------*/

/* A column that MySQL has renamed, and MariaDB has not. */
static const char *
cell(const struct rows *r, size_t row, const char *now, const char *before)
{
	const char *value = rows_named(r, row, now);

	return value != NULL ? value : rows_named(r, row, before);
}

static void
add_thread(struct replica_state *s, const char *thread, const char *channel,
    const char *error)
{
	str_addf(&s->why, "%sits %s%s%s%s%s%s", s->why.len > 0 ? "; " : "",
	    thread, channel[0] != '\0' ? " of the channel " : "", channel,
	    " is not running", error != NULL && error[0] != '\0' ? ": " : "",
	    error != NULL ? error : "");
}

static void
note_threads(struct replica_state *s, const struct rows *r, size_t i,
    const char *channel)
{
	const char *io = cell(r, i, "Replica_IO_Running", "Slave_IO_Running");
	const char *sql = cell(r, i, "Replica_SQL_Running",
	    "Slave_SQL_Running");

	if (!same_text(sql, "Yes")) {
		add_thread(s, "SQL thread", channel,
		    rows_named(r, i, "Last_SQL_Error"));
		s->stopped = true;
	}
	if (same_text(io, "Yes"))
		return;
	add_thread(s, "I/O thread", channel,
	    rows_named(r, i, "Last_IO_Error"));
	if (same_text(io, "No"))
		s->stopped = true;
	else
		s->connecting = true;
}

static void
note_channel(struct replica_state *s, const struct rows *r, size_t i,
    const char *channel)
{
	const char *behind = cell(r, i, "Seconds_Behind_Source",
	    "Seconds_Behind_Master");
	const char *delay = rows_named(r, i, "SQL_Delay");
	double d = delay != NULL ? strtod(delay, NULL) : 0;
	double b = behind != NULL ? strtod(behind, NULL) : -1;

	note_threads(s, r, i, channel);
	if (!s->replicates || (b > s->behind && s->behind >= 0) || b < 0)
		s->behind = b;
	/* Of several, it is not known which one the source's rows come by. */
	if (!s->replicates || d < s->delay)
		s->delay = d;
	s->replicates = true;
	s->n_channels++;
}

const char *
replica_statement(const struct server *s)
{
	return s->mariadb ? "SHOW ALL SLAVES STATUS" :
	    s->version >= 80022 ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

/* MySQL's channel says only that one of its workers has failed. */
static int
add_worker(struct replica_state *s, struct db *db, struct err *e)
{
	char *text = NULL;
	int rc;

	rc = db_value(db, &text, e, "SELECT LAST_ERROR_MESSAGE FROM "
	    "performance_schema.replication_applier_status_by_worker WHERE "
	    "LAST_ERROR_NUMBER <> 0 ORDER BY WORKER_ID LIMIT 1");
	if (rc != 0 && e->kind == ERR_SQL) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	if (text != NULL && strstr(s->why.s, text) == NULL)
		str_addf(&s->why, "; %s", text);
	free(text);
	return rc;
}

int
replica_ask(struct replica_state *s, struct db *db, const char *channel,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	const char *name;
	size_t i;
	int rc;

	rc = db_rows(db, &r, NULL, e, "%s", replica_statement(db_server(db)));
	for (i = 0; i < r.n; i++) {
		name = cell(&r, i, "Channel_Name", "Connection_name");
		name = name != NULL ? name : "";
		/* A group's own channels are none of somebody's making. */
		if (strncmp(name, "group_replication_", 18) == 0)
			continue;
		str_addf(&s->channels, "%s\"%s\"", s->channels.len > 0 ?
		    ", " : "", name);
		if (channel == NULL || same_text(name, channel))
			note_channel(s, &r, i, name);
	}
	rows_free(&r);
	return rc == 0 && s->stopped && !db_server(db)->mariadb ?
	    add_worker(s, db, e) : rc;
}

int
replica_ask_member(struct replica_state *s, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	const char *state = "not known", *queue = NULL;
	int rc;

	rc = db_rows(db, &r, "v?", e, "SELECT MEMBER_STATE, "
	    "COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE FROM "
	    "performance_schema.replication_group_members LEFT JOIN "
	    "performance_schema.replication_group_member_stats USING "
	    "(MEMBER_ID) WHERE MEMBER_ID = @@server_uuid");
	if (rc == 0 && r.n > 0) {
		state = r.cell[0][0];
		queue = r.cell[0][1];
	}
	if (rc == 0 && same_text(state, "ONLINE")) {
		s->behind = same_text(queue, "0") ? 0 : -1;
	} else if (rc == 0) {
		s->connecting = same_text(state, "RECOVERING");
		s->stopped = !s->connecting;
		str_addf(&s->why, "its state in the replication group is %s",
		    state);
	}
	rows_free(&r);
	return rc == 0 && s->stopped ? add_worker(s, db, e) : rc;
}

void
replica_state_free(struct replica_state *s)
{
	str_free(&s->why);
	str_free(&s->channels);
}
