#include "model/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NAME	"VARCHAR(64) NOT NULL"
#define TEXT	"TEXT NOT NULL"
#define COUNT	"BIGINT UNSIGNED NOT NULL DEFAULT 0"
#define TIME	"DATETIME(6)"

static const struct {
	const char *name, *type;
} column[RECORD_AGE] = {
	[RECORD_ID] = { "id", "BIGINT UNSIGNED NOT NULL PRIMARY KEY" },
	[RECORD_TABLE] = { "table_name", NAME " UNIQUE" },
	[RECORD_STATE] = { "state", "VARCHAR(16) NOT NULL" },
	[RECORD_ALTER] = { "alter_sql", "MEDIUM" TEXT },
	[RECORD_OPTIONS] = { "options", TEXT },
	[RECORD_TOOL] = { "tool", "VARCHAR(32) NOT NULL" },
	[RECORD_SERVER] = { "server", "VARCHAR(255) NOT NULL" },
	[RECORD_CLIENT] = { "client", "VARCHAR(255) NOT NULL" },
	[RECORD_SHADOW] = { "shadow", NAME },
	[RECORD_ATTIC] = { "attic", NAME },
	[RECORD_NOTES] = { "notes", NAME },
	[RECORD_BACK_NOTES] = { "back_notes", NAME },
	[RECORD_TRIGGERS] = { "triggers", TEXT },
	[RECORD_BACK_TRIGGERS] = { "back_triggers", TEXT },
	[RECORD_TRIGGERS_MADE] = { "triggers_made", TEXT },
	[RECORD_OLD_PRINT] = { "old_print", TEXT },
	[RECORD_NEW_PRINT] = { "new_print", TEXT },
	[RECORD_PLAN_PRINT] = { "plan_print", TEXT },
	[RECORD_ADDED_KEYS] = { "added_keys", "MEDIUM" TEXT },
	[RECORD_MARK] = { "mark", TEXT },
	[RECORD_ROWS] = { "rows_copied", COUNT },
	[RECORD_ROWS_TOTAL] = { "rows_total", COUNT },
	[RECORD_RUN_BEGAN] = { "run_began", TIME },
	[RECORD_RUN_ROWS] = { "run_rows", COUNT },
	[RECORD_UNDO_SQL] = { "undo_sql", "MEDIUM" TEXT },
	[RECORD_FINISH_SQL] = { "finish_sql", "MEDIUM" TEXT },
	[RECORD_WISH] = { "wish", "VARCHAR(255) NOT NULL DEFAULT ''" },
	[RECORD_WAITS_FOR] = { "waits_for", "VARCHAR(255) NOT NULL DEFAULT ''"
	    },
	[RECORD_BEGAN] = { "began", TIME " NOT NULL" },
	[RECORD_HEARTBEAT] = { "heartbeat", TIME " NOT NULL" },
};

#define SECONDS_SINCE(column) \
	"TIMESTAMPDIFF(MICROSECOND, " column ", UTC_TIMESTAMP(6)) / 1000000"

/*
 * The names must compare byte by byte, and no text must lose a character.  In
 * an older row format, which innodb_default_row_format may ask for, so many
 * texts do not fit into a row.
 */
void
record_create(struct str *q, const struct qname *registry)
{
	size_t i;

	str_addf(q, "CREATE TABLE IF NOT EXISTS %s (", registry->sql);
	for (i = 0; i < RECORD_AGE; i++)
		str_addf(q, "%s%s %s", i > 0 ? ", " : "", column[i].name,
		    column[i].type);
	str_addz(q, ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin "
	    "COMMENT='" RECORD_COMMENT "'");
}

void
record_select(struct str *q)
{
	size_t i;

	for (i = 0; i < RECORD_AGE; i++)
		str_addf(q, "%s, ", column[i].name);
	str_addz(q, SECONDS_SINCE("began") ", " SECONDS_SINCE("heartbeat")
	    ", " SECONDS_SINCE("run_began"));
}

const char *
record_column(enum record_field f)
{
	return column[f].name;
}

void
record_made(struct str *out, const struct record *r)
{
	const char *list = r->field[RECORD_TRIGGERS];
	char *name;

	str_addf(out, "%s, %s", r->field[RECORD_SHADOW],
	    r->field[RECORD_NOTES]);
	while ((name = record_next(&list)) != NULL) {
		str_addf(out, ", %s", name);
		free(name);
	}
}

const char *
record_state_word(enum record_state s)
{
	static const char *const word[N_STATES] = {
		[STATE_MAKING] = "making",
		[STATE_COPYING] = "copying",
		[STATE_COMPARING] = "comparing",
		[STATE_WAITING] = "waiting",
		[STATE_SWAPPING] = "swapping",
		[STATE_PROVING] = "proving",
		[STATE_CLEANING] = "cleaning",
		[STATE_UNDOING] = "undoing",
		[STATE_REVERTIBLE] = "revertible",
		[STATE_REVERTING] = "reverting",
		[STATE_PROVING_BACK] = "proving-back",
		[STATE_REVERTED] = "reverted",
		[STATE_ENDING] = "ending",
	};

	return word[s];
}

enum record_state
record_state(const struct record *r)
{
	enum record_state s = STATE_MAKING;

	while (s < N_STATES && strcmp(record_state_word(s),
	    r->field[RECORD_STATE]) != 0)
		s++;
	return s;
}

bool
record_is_unproven(const struct record *r)
{
	enum record_state s = record_state(r);

	return s == STATE_SWAPPING || s == STATE_PROVING ||
	    s == STATE_REVERTING || s == STATE_PROVING_BACK;
}

bool
record_is_done(const struct record *r)
{
	enum record_state s = record_state(r);

	return s >= STATE_REVERTIBLE && s < N_STATES;
}

void
record_free(struct record *r)
{
	int f;

	for (f = 0; f < N_RECORD; f++) {
		free(r->field[f]);
		r->field[f] = NULL;
	}
}

void
record_add(struct str *list, const char *element)
{
	str_addf(list, "%zu:%s\n", strlen(element), element);
}

char *
record_next(const char **list)
{
	size_t len = 0;
	const char *p = *list;
	char *element;

	for (; *p >= '0' && *p <= '9' && len < 100000000; p++)
		len = 10 * len + (size_t)(*p - '0');
	/* Not all of a long list is looked at for each of its elements. */
	if (p == *list || *p != ':' || strnlen(p + 1, len + 1) <= len ||
	    p[1 + len] != '\n')
		return NULL;
	element = xstrndup(p + 1, len);
	*list = p + 1 + len + 1;
	return element;
}

static bool
only(const char *text, size_t len, const char *chars)
{
	return strspn(text, chars) >= len;
}

#define DIGIT	"0123456789"
#define HEX	DIGIT "ABCDEFabcdef"
#define WORD	HEX "GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz_"

/* A number, 'a time or uuid', x'..' or _charset x'..': nothing else. */
bool
record_is_literal(const char *text)
{
	size_t len = strlen(text);

	if (text[0] == '_' && strchr(text, ' ') != NULL) {
		len = strcspn(text, " ");
		if (!only(text, len, WORD))
			return false;
		text += len + 1;
		len = strlen(text);
		if (text[0] != 'x')
			return false;
	}
	if (len >= 3 && text[0] == 'x' && text[1] == '\'' &&
	    text[len - 1] == '\'')
		return only(text + 2, len - 3, HEX);
	if (len >= 2 && text[0] == '\'' && text[len - 1] == '\'')
		return only(text + 1, len - 2, HEX ":.- ");
	return len > 0 && only(text, len, DIGIT "-+.eE");
}
