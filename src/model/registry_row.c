#include "model/registry_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NOT_NULL	"NOT NULL"
#define COUNT		"NOT NULL DEFAULT 0"

/* Types in the words of information_schema. */
static const struct {
	const char *name, *type, *rest;
} column[REGISTRY_AGE] = {
	[REGISTRY_ID] = { "id", "bigint unsigned", NOT_NULL " PRIMARY KEY" },
	[REGISTRY_TABLE] = { "table_name", "varchar(64)", NOT_NULL " UNIQUE" },
	[REGISTRY_STATE] = { "state", "varchar(16)", NOT_NULL },
	[REGISTRY_ALTER] = { "alter_sql", "mediumtext", NOT_NULL },
	[REGISTRY_OPTIONS] = { "options", "text", NOT_NULL },
	[REGISTRY_TOOL] = { "tool", "varchar(32)", NOT_NULL },
	[REGISTRY_SERVER] = { "server", "varchar(255)", NOT_NULL },
	[REGISTRY_CLIENT] = { "client", "varchar(255)", NOT_NULL },
	[REGISTRY_SHADOW] = { "shadow", "varchar(64)", NOT_NULL },
	[REGISTRY_ATTIC] = { "attic", "varchar(64)", NOT_NULL },
	[REGISTRY_REJECTS] = { "rejects", "varchar(64)", NOT_NULL },
	[REGISTRY_BACK_REJECTS] = { "back_rejects", "varchar(64)", NOT_NULL },
	[REGISTRY_TRIGGERS_MADE] = { "triggers_made", "text", NOT_NULL },
	[REGISTRY_OLD_PRINT] = { "old_print", "text", NOT_NULL },
	[REGISTRY_NEW_PRINT] = { "new_print", "text", NOT_NULL },
	[REGISTRY_PLAN_PRINT] = { "plan_print", "text", NOT_NULL },
	[REGISTRY_ADDED_KEYS] = { "added_keys", "mediumtext", NOT_NULL },
	[REGISTRY_MARK] = { "mark", "text", NOT_NULL },
	[REGISTRY_ROWS] = { "rows_copied", "bigint unsigned", COUNT },
	[REGISTRY_ROWS_TOTAL] = { "rows_total", "bigint unsigned", COUNT },
	[REGISTRY_RUN_BEGAN] = { "run_began", "datetime(6)", "" },
	[REGISTRY_RUN_ROWS] = { "run_rows", "bigint unsigned", COUNT },
	[REGISTRY_CUT_OVER] = { "cut_over", "mediumtext", NOT_NULL },
	[REGISTRY_REQUEST] = { "request", "varchar(255)", NOT_NULL " DEFAULT ''"
	    },
	[REGISTRY_WAITS_FOR] = { "waits_for", "varchar(1000)", NOT_NULL
	    " DEFAULT ''" },
	[REGISTRY_FIGURES] = { "figures", "varchar(700)", NOT_NULL
	    " DEFAULT ''" },
	[REGISTRY_BEGAN] = { "began", "datetime(6)", NOT_NULL },
	[REGISTRY_HEARTBEAT] = { "heartbeat", "datetime(6)", NOT_NULL },
};

#define SECONDS_SINCE(column) \
	"TIMESTAMPDIFF(MICROSECOND, " column ", UTC_TIMESTAMP(6)) / 1000000"

/*
 * The names must compare byte by byte, and no text must lose a character.  In
 * an older row format, which innodb_default_row_format may ask for, so many
 * texts do not fit into a row.
 */
void
registry_row_create(struct str *q, const struct qname *registry)
{
	size_t i;

	str_addf(q, "CREATE TABLE IF NOT EXISTS %s (", registry->sql);
	for (i = 0; i < REGISTRY_AGE; i++)
		str_addf(q, "%s%s %s %s", i > 0 ? ", " : "", column[i].name,
		    column[i].type, column[i].rest);
	str_addz(q, ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin "
	    "COMMENT='" REGISTRY_COMMENT "'");
}

void
registry_row_select(struct str *q, unsigned long most)
{
	size_t i;

	for (i = 0; i < REGISTRY_AGE; i++)
		if (strstr(column[i].type, "text") != NULL)
			str_addf(q, "LEFT(%s, %lu), ", column[i].name, most);
		else
			str_addf(q, "%s, ", column[i].name);
	str_addz(q, SECONDS_SINCE("began") ", " SECONDS_SINCE("heartbeat")
	    ", " SECONDS_SINCE("run_began"));
}

bool
registry_row_is_column(size_t i, const struct registry_row_described *c)
{
	const char *collation = strchr("tmv", column[i].type[0]) != NULL ?
	    "utf8mb4_bin" : "";

	return strcmp(c->name, column[i].name) == 0 &&
	    strcmp(c->type, column[i].type) == 0 &&
	    strcmp(c->nullable, column[i].rest[0] != '\0' ? "NO" : "YES") ==
	    0 && strcmp(c->collation, collation) == 0 && c->extra[0] == '\0';
}

const char *
registry_row_column(enum registry_field f)
{
	return column[f].name;
}

void
registry_row_made(struct str *out, const struct registry_row *r,
    const struct qname *table)
{
	struct qname trigger;
	int i;

	str_addf(out, "%s, %s", r->field[REGISTRY_SHADOW],
	    r->field[REGISTRY_REJECTS]);
	for (i = 0; i < NAMES_TRIGGERS; i++) {
		names_trigger(&trigger, table, i, false);
		str_addf(out, ", %s", trigger.table.raw);
	}
}

static bool
is_derived(const struct registry_row *r, enum registry_field f,
    const struct qname *q)
{
	return names_is_free(r->field[f], &q->table);
}

const char *
registry_row_strange_name(const struct registry_row *r, const struct names *n)
{
	static const enum registry_field any[] = { REGISTRY_SHADOW,
	    REGISTRY_ATTIC, REGISTRY_REJECTS, REGISTRY_BACK_REJECTS };
	const struct qname *base[] = { &n->shadow, &n->attic, &n->rejects,
	    &n->back_rejects };
	size_t i;

	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		if (!is_derived(r, any[i], base[i]) &&
		    (any[i] != REGISTRY_BACK_REJECTS ||
		    r->field[any[i]][0] != '\0'))
			return r->field[any[i]];
	return NULL;
}

const char *
registry_row_state_word(enum migration_state s)
{
	static const char *const word[N_STATES] = {
		[STATE_MAKING] = "making",
		[STATE_COPYING] = "copying",
		[STATE_INDEXING] = "building-indexes",
		[STATE_COMPARING] = "comparing",
		[STATE_WAITING] = "waiting",
		[STATE_SWAPPING] = "swapping",
		[STATE_PROVING] = "proving",
		[STATE_CLEANING] = "cleaning",
		[STATE_PURGING] = "purging",
		[STATE_UNDOING] = "undoing",
		[STATE_REVERTIBLE] = "revertible",
		[STATE_REVERTING] = "reverting",
		[STATE_PROVING_BACK] = "proving-back",
		[STATE_REVERTED] = "reverted",
		[STATE_ENDING] = "ending",
	};

	return word[s];
}

enum migration_state
registry_row_state(const struct registry_row *r)
{
	enum migration_state s = STATE_MAKING;

	while (s < N_STATES && strcmp(registry_row_state_word(s),
	    r->field[REGISTRY_STATE]) != 0)
		s++;
	return s;
}

bool
registry_row_is_unproven(const struct registry_row *r)
{
	enum migration_state s = registry_row_state(r);

	return s == STATE_SWAPPING || s == STATE_PROVING ||
	    s == STATE_REVERTING || s == STATE_PROVING_BACK;
}

bool
registry_row_is_resumable(const struct registry_row *r)
{
	return r->field[REGISTRY_TRIGGERS_MADE][0] != '\0' &&
	    registry_row_state(r) != STATE_UNDOING;
}

bool
registry_row_is_done(const struct registry_row *r)
{
	enum migration_state s = registry_row_state(r);

	return s >= STATE_REVERTIBLE && s < N_STATES;
}

void
registry_row_free(struct registry_row *r)
{
	int f;

	for (f = 0; f < N_REGISTRY_FIELDS; f++) {
		free(r->field[f]);
		r->field[f] = NULL;
	}
}

#define DIGIT	"0123456789"
#define HEX	DIGIT "ABCDEFabcdef"
#define WORD	HEX "GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz_"

static bool
only(const char *text, size_t len, const char *chars)
{
	return strspn(text, chars) >= len;
}

static const char *
after_sign(const char *text)
{
	return text + (*text == '-' || *text == '+');
}

/* -12.50e+3; nothing in it could begin a comment. */
static bool
is_number(const char *text)
{
	const char *p = after_sign(text);
	size_t whole = strspn(p, DIGIT), part = 0;

	p += whole;
	if (*p == '.') {
		part = strspn(p + 1, DIGIT);
		p += 1 + part;
	}
	if (whole + part == 0)
		return false;
	if (*p == 'e' || *p == 'E') {
		p = after_sign(p + 1);
		whole = strspn(p, DIGIT);
		if (whole == 0)
			return false;
		p += whole;
	}
	return *p == '\0';
}

/* A number, 'a time or uuid', x'..' or _charset x'..': nothing else. */
bool
registry_row_is_literal(const char *text)
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
	return is_number(text);
}
