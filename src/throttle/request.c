#include "throttle/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "model/registry_row.h"
#include "model/table.h"

#define MOST_THREADS	64
#define ROOM		200	/* characters, of the column's 255 */

int
request_put(struct db *db, const struct qname *registry,
    unsigned long long id, const char *line, struct err *e)
{
	struct str q = STR_INIT, text = STR_INIT;
	int rc;

	str_addf(&text, "%s\n", line);
	str_addf(&q, "UPDATE %s" REGISTRY_OURS
	    " SET request = CONCAT(request, ", registry->sql);
	db_literal(&q, db, text.s);
	str_addf(&q, ") WHERE id = %llu AND CHAR_LENGTH(request) < %d", id,
	    ROOM - (int)text.len);
	rc = db_quiet(db, e, "%s", q.s);
	if (rc == 0 && db_affected(db) == 0)
		rc = err_set(e, ERR_BUSY, "the migration has not yet read the "
		    "previous request, or has ended");
	str_free(&q);
	str_free(&text);
	return rc;
}

/* What is added between the two statements is taken the next time. */
int
request_take(struct db *db, const struct qname *registry,
    unsigned long long id, char **text, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	rc = db_value(db, text, e, "SELECT request FROM %s" REGISTRY_OURS
	    " WHERE id = %llu AND request <> ''", registry->sql, id);
	if (rc != 0 || *text == NULL)
		return rc;
	str_addf(&q, "UPDATE %s" REGISTRY_OURS
	    " SET request = '' WHERE id = %llu AND request = ",
	    registry->sql, id);
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
request_left(struct db *db, const struct qname *registry,
    unsigned long long id, struct err *e)
{
	unsigned long long n = 0;
	int rc = table_exists(db, registry, e);

	if (rc == 1)
		rc = db_number(db, &n, e, "SELECT COUNT(*) FROM %s"
		    REGISTRY_OURS " WHERE id = %llu AND request <> ''",
		    registry->sql, id);
	/* It may end, and take the table away, at any time. */
	if (rc < 0 && e->kind != ERR_LOST &&
	    table_exists(db, registry, e) == 0)
		rc = 0;
	return rc != 0 ? rc : n > 0;
}

bool
request_setting(const char *text, struct gate_pace *pace)
{
	static const char time[] = "set chunk-time=", n[] = "set threads=";

	if (strncmp(text, time, sizeof(time) - 1) == 0)
		return num_seconds(text + sizeof(time) - 1,
		    &pace->chunk_time) == 0;
	if (strcmp(text, "set threads=auto") == 0) {
		pace->threads = 0;
		return true;
	}
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
	struct gate_pace pace;
	size_t i;

	for (i = 0; word[i] != NULL; i++)
		if (strcmp(text, word[i]) == 0)
			return NULL;
	if (strncmp(text, "set ", 4) == 0)
		return request_setting(text, &pace) ? NULL : "only chunk-time="
		    "SECONDS and threads=N (1 to 64) can be set";
	return "neither pause, go, postpone, cut-over, abort nor set "
	    "NAME=VALUE";
}
