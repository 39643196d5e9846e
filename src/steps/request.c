#include "steps/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/util.h"
#include "cli/command.h"
#include "server/session.h"

#define LOOK		0.3	/* seconds between two looks */
#define MOST_THREADS	64
#define ROOM		200	/* characters, of the column's 255 */

void
request_init(struct request *w, const struct config *cfg,
    const struct server *s, const struct registry *reg)
{
	memset(w, 0, sizeof(*w));
	w->cfg = cfg;
	w->server = s;
	w->registry = reg;
	w->pace.chunk_time = -1;
}

void
request_free(struct request *w)
{
	db_close(w->db);
	w->db = NULL;
}

int
request_put(const struct registry *reg, struct db *db, const char *line,
    struct err *e)
{
	struct str q = STR_INIT, text = STR_INIT;
	int rc;

	str_addf(&text, "%s\n", line);
	str_addf(&q, "UPDATE %s" REGISTRY_OURS
	    " SET request = CONCAT(request, ", reg->name.sql);
	db_literal(&q, db, text.s);
	str_addf(&q, ") WHERE id = %llu AND CHAR_LENGTH(request) < %d", reg->id,
	    ROOM - (int)text.len);
	rc = db_quiet(db, e, "%s", q.s);
	if (rc == 0 && db_affected(db) == 0)
		rc = err_set(e, ERR_BUSY, "it has not read what it was asked "
		    "before, or has ended");
	str_free(&q);
	str_free(&text);
	return rc;
}

/* What is added between the two statements is taken the next time. */
static int
take(const struct registry *reg, struct db *db, char **text,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	rc = db_value(db, text, e, "SELECT request FROM %s" REGISTRY_OURS
	    " WHERE id = %llu AND request <> ''", reg->name.sql, reg->id);
	if (rc != 0 || *text == NULL)
		return rc;
	str_addf(&q, "UPDATE %s" REGISTRY_OURS
	    " SET request = '' WHERE id = %llu AND request = ",
	    reg->name.sql, reg->id);
	db_literal(&q, db, *text);
	rc = db_quiet(db, e, "%s", q.s);
	if (rc != 0 || db_affected(db) == 0) {
		free(*text);
		*text = NULL;
	}
	str_free(&q);
	return rc;
}

int
request_left(const struct registry *reg, struct db *db, struct err *e)
{
	unsigned long long n = 0;
	int rc = table_exists(db, &reg->name, e);

	if (rc == 1)
		rc = db_number(db, &n, e, "SELECT COUNT(*) FROM %s"
		    REGISTRY_OURS " WHERE id = %llu AND request <> ''",
		    reg->name.sql, reg->id);
	/* It may end, and take the table away, at any time. */
	if (rc < 0 && e->kind != ERR_LOST &&
	    table_exists(db, &reg->name, e) == 0)
		rc = 0;
	return rc != 0 ? rc : n > 0;
}

/* "set NAME=VALUE"; false when it is not that, or the value is none. */
static bool
read_setting(const char *text, struct walk_pace *pace)
{
	static const char time[] = "set chunk-time=", n[] = "set threads=";

	if (strncmp(text, time, sizeof(time) - 1) == 0)
		return num_seconds(text + sizeof(time) - 1,
		    &pace->chunk_time) == 0;
	if (strncmp(text, n, sizeof(n) - 1) == 0)
		return num_uint(text + sizeof(n) - 1, 1, MOST_THREADS,
		    &pace->threads) == 0;
	return false;
}

const char *
request_check(const char *text)
{
	static const char *const word[] = { "pause", "go", "postpone",
	    "cut-over", "abort", NULL };
	struct walk_pace pace;
	size_t i;

	for (i = 0; word[i] != NULL; i++)
		if (strcmp(text, word[i]) == 0)
			return NULL;
	if (strncmp(text, "set ", 4) == 0)
		return read_setting(text, &pace) ? NULL : "only chunk-time="
		    "SECONDS and threads=N (1 to 64) can be set";
	return "neither pause, go, postpone, cut-over, abort nor set "
	    "NAME=VALUE";
}

static int
obey(struct request *w, const char *text, struct err *e)
{
	if (request_check(text) != NULL) {
		log_warn("asked for what is not known: %.60s", text);
		return 0;
	}
	log_info("livealter control: %s", text);
	w->aborted = strcmp(text, "abort") == 0;
	if (w->aborted)
		return err_set(e, ERR_STOPPED, "stopped by livealter control");
	if (strcmp(text, "pause") == 0)
		w->paused = true;
	else if (strcmp(text, "go") == 0)
		w->paused = w->postponed = false;
	else if (strcmp(text, "postpone") == 0) {
		w->postponed = true;
		w->told = false;
	} else if (strcmp(text, "cut-over") == 0) {
		w->told = true;
		w->postponed = false;
	} else {
		read_setting(text, &w->pace);
	}
	return 0;
}

/* All the lines of what was in the row. */
static int
obey_all(struct request *w, const char *text, struct err *e)
{
	size_t len;
	char *line;
	int rc = 0;

	for (; *text != '\0' && rc == 0; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		line = xstrndup(text, len);
		rc = obey(w, line, e);
		free(line);
	}
	return rc;
}

/* Look, if it is time to; a connection that broke is made anew. */
static int
look(struct request *w, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	char *text = NULL;
	int rc = 0;

	if (w->registry->id == 0 || now_s() - w->looked < LOOK)
		return 0;
	w->looked = now_s();
	if (w->db == NULL && session_open(&w->db, w->server, w->cfg, "control",
	    SESSION_MAIN, 0, &ignored) != 0) {
		request_free(w);
		return 0;
	}
	if (take(w->registry, w->db, &text, &ignored) != 0)
		request_free(w);
	else if (text != NULL)
		rc = obey_all(w, text, e);
	free(text);
	return rc;
}

static struct request *
request_in(const void *arg)
{
	const struct request_of *of = arg;

	return of->request;
}

/* What the operator has to say for it to go on. */
static void
add_control(struct str *what, const struct request *w, const char *action)
{
	command_add(what, "control", w->cfg->database, w->cfg->table);
	str_addf(what, " %s", action);
}

int
request_pause(const void *arg, struct str *what, double *in, struct err *e)
{
	struct request *w = request_in(arg);

	(void)in;
	if (look(w, e) != 0)
		return -1;
	if (w->paused)
		add_control(what, w, "go");
	return w->paused ? 0 : 1;
}

int
request_hold(const void *arg, struct str *what, double *in, struct err *e)
{
	struct request *w = request_in(arg);
	bool waits;

	if (request_pause(arg, what, in, e) < 0)
		return -1;
	waits = w->postponed ||
	    (same_text(w->cfg->cut_over, "when-told") && !w->told);
	if (waits && !w->paused)
		add_control(what, w, "cut-over");
	return waits || w->paused ? 0 : 1;
}
