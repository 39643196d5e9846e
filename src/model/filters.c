#include "model/filters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

const char *
filters_word(enum filter f)
{
	static const char *const word[N_FILTERS] = {
		[FILTER_DO_DB] = "do_db",
		[FILTER_IGNORE_DB] = "ignore_db",
		[FILTER_DO_TABLE] = "do_table",
		[FILTER_IGNORE_TABLE] = "ignore_table",
		[FILTER_WILD_DO_TABLE] = "wild_do_table",
		[FILTER_WILD_IGNORE_TABLE] = "wild_ignore_table",
		[FILTER_REWRITE_DB] = "rewrite_db",
	};

	return word[f];
}

void
filters_free(struct filters *f)
{
	int i;

	for (i = 0; i < N_FILTERS; i++)
		free(f->list[i]);
	memset(f, 0, sizeof(*f));
}

static bool
has_rule(const struct filters *f, enum filter i)
{
	return f->list[i] != NULL && f->list[i][0] != '\0';
}

/* --- a rule, and what it is about -----------------------------------------*/

typedef bool match_fn(const char *rule, const char *name, bool any_case);

/* match_fn */
static bool
is_equal(const char *rule, const char *name, bool any_case)
{
	return any_case ? strcasecmp(rule, name) == 0 :
	    strcmp(rule, name) == 0;
}

static bool
same_byte(char a, char b, bool any_case)
{
	return any_case ? strncasecmp(&a, &b, 1) == 0 : a == b;
}

/* match_fn: "%" is any text, "_" one character, and "\" takes that away. */
static bool
is_like(const char *rule, const char *name, bool any_case)
{
	for (; *rule != '\0'; rule++, name++) {
		if (*rule == '%') {
			do
				if (is_like(rule + 1, name, any_case))
					return true;
			while (*name++ != '\0');
			return false;
		}
		if (*name == '\0')
			return false;
		if (*rule == '_') {
			while ((name[1] & 0xc0) == 0x80)
				name++;
			continue;
		}
		if (*rule == '\\' && rule[1] != '\0')
			rule++;
		if (!same_byte(*rule, *name, any_case))
			return false;
	}
	return *name == '\0';
}

/* match_fn: MariaDB's "from->to", MySQL's "(from,to)", cut at its comma. */
static bool
is_rewritten(const char *rule, const char *name, bool any_case)
{
	char *from;
	bool yes;

	if (rule[0] == '(')
		from = xstrdup(rule + 1);
	else if (strstr(rule, "->") != NULL)
		from = xstrndup(rule, (size_t)(strstr(rule, "->") - rule));
	else
		return false;
	yes = is_equal(from, name, any_case);
	free(from);
	return yes;
}

/* Is there one in the list?  Neither server quotes the names in it. */
static bool
names_it(const struct filters *f, enum filter i, match_fn *match,
    const char *name)
{
	const char *at = f->list[i];
	bool found = false;
	char *rule;
	size_t len;

	for (; at != NULL && *at != '\0' && !found; at += len) {
		at += strspn(at, ", ");
		len = strcspn(at, ",");
		rule = xstrndup(at, len);
		found = match(rule, name, f->any_case);
		free(rule);
	}
	return found;
}

/* --- what becomes of a table ----------------------------------------------*/

/* The rule that names it, or the first of those that name all others. */
struct verdict {
	bool passes;
	enum filter by;		/* N_FILTERS: none */
};

static struct verdict
of_table(const struct filters *f, const struct qname *t)
{
	static const struct {
		enum filter by;
		match_fn *match;
		bool passes;
	} order[] = {
		{ FILTER_DO_TABLE, is_equal, true },
		{ FILTER_IGNORE_TABLE, is_equal, false },
		{ FILTER_WILD_DO_TABLE, is_like, true },
		{ FILTER_WILD_IGNORE_TABLE, is_like, false },
	};
	struct verdict v = { true, N_FILTERS };
	struct str name = STR_INIT;
	size_t i;

	str_addf(&name, "%s.%s", t->db.raw, t->table.raw);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (names_it(f, order[i].by, order[i].match, name.s)) {
			v = (struct verdict){ order[i].passes, order[i].by };
			break;
		}
	str_free(&name);
	if (v.by == N_FILTERS && (has_rule(f, FILTER_DO_TABLE) ||
	    has_rule(f, FILTER_WILD_DO_TABLE)))
		v = (struct verdict){ false, has_rule(f, FILTER_DO_TABLE) ?
		    FILTER_DO_TABLE : FILTER_WILD_DO_TABLE };
	return v;
}

/* Which rule of databases there is that counts. */
static enum filter
of_database(const struct filters *f, const char *db)
{
	if (names_it(f, FILTER_REWRITE_DB, is_rewritten, db))
		return FILTER_REWRITE_DB;
	return has_rule(f, FILTER_DO_DB) ? FILTER_DO_DB :
	    has_rule(f, FILTER_IGNORE_DB) ? FILTER_IGNORE_DB : N_FILTERS;
}

static void
add_rule(struct str *why, const struct filters *f, const char *prefix,
    enum filter by)
{
	str_addf(why, "%s%s=%s ", prefix, filters_word(by), f->list[by]);
}

/* Is the other table treated as it is? */
static bool
parts(struct str *why, const struct filters *f, const char *prefix,
    const struct qname *it, const struct qname *other)
{
	struct verdict this = of_table(f, it), that = of_table(f, other);

	if (that.passes == this.passes)
		return false;
	add_rule(why, f, prefix, that.by != N_FILTERS ? that.by : this.by);
	str_addf(why, "treats %s otherwise than %s", other->sql, it->sql);
	return true;
}

bool
filters_part(struct str *why, const struct filters *f, const char *prefix,
    const struct names *n, const struct fkeys *children)
{
	enum filter db = of_database(f, n->old.db.raw);
	struct qname made;
	size_t i;

	if (db != N_FILTERS) {
		add_rule(why, f, prefix, db);
		str_addz(why, db == FILTER_REWRITE_DB ?
		    "moves the rows, but not the statements that create and "
		    "rename tables" :
		    "goes by the default database of a statement, and those "
		    "of livealter have none");
		return true;
	}
	for (i = 0; names_made(&made, n, i); i++)
		if (parts(why, f, prefix, &n->old, &made))
			return true;
	for (i = 0; i < children->n; i++)
		if (parts(why, f, prefix, &n->old, &children->key[i].child))
			return true;
	return false;
}
