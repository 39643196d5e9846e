#include "model/convert.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

static bool
is_type(const struct column *c, const char *data_type)
{
	return strcasecmp(c->data_type, data_type) == 0;
}

bool
convert_same(const struct column *from, const struct column *to)
{
	return strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset) &&
	    (!from->nullable || to->nullable);
}

bool
convert_dates(const struct column *from, const struct column *to)
{
	return to->kind == KIND_TIME && strcmp(from->type, to->type) != 0;
}

static bool
is_integer(const struct column *c)
{
	return c->kind == KIND_NUMBER && !is_type(c, "decimal") &&
	    !is_type(c, "year");
}

static bool
is_bytewise(const char *collation)
{
	size_t len = strlen(collation);

	return len > 4 && strcmp(collation + len - 4, "_bin") == 0;
}

/* Values that may be larger than a packet are hashed before they are joined. */
static bool
is_large(const struct column *c)
{
	return is_type(c, "mediumtext") || is_type(c, "longtext") ||
	    is_type(c, "mediumblob") || is_type(c, "longblob") ||
	    c->kind == KIND_JSON || c->kind == KIND_OTHER;
}

/* The value as it is; both sides have the same type. */
static void
plain(struct str *q, const struct column *c, const char *ref)
{
	const char *open = is_large(c) ? "SHA2(" : "";
	const char *close = is_large(c) ? ", 224)" : "";

	str_addz(q, open);
	switch (c->kind) {
	case KIND_TEXT:
		str_addf(q, "CAST(%s AS BINARY)", ref);
		break;
	case KIND_FLOAT:
		/* As DOUBLE: a FLOAT would show only six digits. */
		str_addf(q, "%s + 0.0e0", ref);
		break;
	case KIND_BIT:
	case KIND_ENUM:
		str_addf(q, "%s + 0", ref);
		break;
	case KIND_JSON:
		str_addf(q, "CAST(%s AS CHAR)", ref);
		break;
	case KIND_NUMBER:
	case KIND_TIME:
	case KIND_BINARY:
	case KIND_UUID:
	case KIND_OTHER:
		str_addz(q, ref);
		break;
	}
	str_addz(q, close);
}

/* The text of a value, in one character set, without the blanks of a CHAR. */
static void
text(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	bool padded = is_type(from, "char") || is_type(to, "char");
	bool large = is_large(from) || is_large(to);

	str_addf(q, "%sCAST(%sCONVERT(%s USING utf8mb4)%s AS BINARY)%s",
	    large ? "SHA2(" : "", padded ? "RTRIM(" : "", ref,
	    padded ? ")" : "", large ? ", 224)" : "");
}

static bool
is_exact_number(const struct column *c)
{
	return c->kind == KIND_NUMBER && !is_type(c, "year");
}

static bool
is_string(const struct column *c)
{
	return c->kind == KIND_TEXT || c->kind == KIND_ENUM;
}

/* "(10,2)" of "decimal(10,2) unsigned", or an empty string. */
static void
add_precision(struct str *q, const char *type)
{
	const char *open = strchr(type, '('), *close;

	if (open == NULL || (close = strchr(open, ')')) == NULL)
		return;
	str_add(q, open, (size_t)(close - open) + 1);
}

static void
as_decimal(struct str *q, const struct column *to, const char *ref)
{
	str_addf(q, "CAST(%s AS DECIMAL", ref);
	add_precision(q, to->type);
	str_addz(q, ")");
}

/* Numbers of other widths: rounded as the new column rounds, then alike. */
static void
number(struct str *q, const struct column *to, const char *ref, bool old)
{
	str_addz(q, "CAST(");
	if (old && is_type(to, "decimal"))
		as_decimal(q, to, ref);
	else if (old)
		str_addf(q, "ROUND(%s)", ref);
	else
		str_addz(q, ref);
	str_addz(q, " AS DECIMAL(65,30))");
}

/* DATETIME and TIMESTAMP of another precision, or one made of the other. */
static void
moment(struct str *q, const struct column *to, const char *ref, bool old)
{
	if (!old) {
		str_addz(q, ref);
		return;
	}
	str_addf(q, "CAST(%s AS %s", ref,
	    is_type(to, "timestamp") ? "DATETIME" : to->data_type);
	if (!is_type(to, "date"))
		add_precision(q, to->type);
	str_addz(q, ")");
}

/*
 * The members of a SET as ones and zeros, in the order they had in the old
 * table: as a text they come in the order of each table's own.
 */
static void
members(struct str *q, const struct column *from, const char *ref)
{
	const char *s = strchr(from->type, '(');
	bool inside = false;

	str_addf(q, "IF(%s IS NULL, NULL, CONCAT(''", ref);
	for (s++; *s != '\0' && (inside || *s != ')'); s++) {
		if (*s == '\'' && !inside)
			str_addz(q, ", 0 < FIND_IN_SET('");
		else if (*s == '\'' && s[1] != '\'')
			str_addf(q, "', %s)", ref);
		else if (*s == '\'' || *s == '\\')
			str_addf(q, "%c%c", *s, *s);
		else if (inside)
			str_add(q, s, 1);
		if (*s == '\'' && inside && s[1] == '\'')
			s++;
		else if (*s == '\'')
			inside = !inside;
	}
	str_addz(q, "))");
}

/* Integers, also those of a BIT or of an ENUM's member. */
static void
integer(struct str *q, const struct column *c, const char *ref)
{
	str_addf(q, c->kind == KIND_NUMBER && !is_type(c, "year") ? "%s" :
	    "%s + 0", ref);
}

static bool
counts(const struct column *c)
{
	return is_integer(c) || c->kind == KIND_BIT || is_type(c, "year");
}

/* Bytes; those of a BINARY without what fills it up. */
static void
bytes(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	bool filled = is_type(from, "binary") || is_type(to, "binary");
	bool large = is_large(from) || is_large(to);

	str_addf(q, "%s%sCAST(%s AS BINARY)%s%s", large ? "SHA2(" : "",
	    filled ? "TRIM(TRAILING x'00' FROM " : "", ref,
	    filled ? ")" : "", large ? ", 224)" : "");
}

/* What is written as a text, and read as one. */
static void
written(struct str *q, const struct column *from, const struct column *to,
    const char *ref, bool old)
{
	struct str cast = STR_INIT;

	if (!old) {
		text(q, from, to, ref);
		return;
	}
	str_addf(&cast, "CAST(%s AS CHAR)", ref);
	text(q, from, to, cast.s);
	str_free(&cast);
}

/* Texts that are read as numbers. */
static void
number_in_text(struct str *q, const struct column *to, const char *ref,
    bool old)
{
	struct str cast = STR_INIT;

	str_addf(&cast, old ? "CAST(%s AS DECIMAL(65,20))" : "%s", ref);
	number(q, to, cast.s, old);
	str_free(&cast);
}

/* A JSON document, as MySQL writes it. */
static void
document(struct str *q, const struct column *c, const char *ref)
{
	str_addf(q, c->kind == KIND_JSON ? "SHA2(CAST(%s AS CHAR), 224)" :
	    "SHA2(CAST(CAST(%s AS JSON) AS CHAR), 224)", ref);
}

static bool
same_clock(const struct column *from, const struct column *to)
{
	return !is_type(from, "time") == !is_type(to, "time");
}

static bool
changed_to_text(struct str *q, const struct column *from,
    const struct column *to, const char *ref, bool old)
{
	if (is_type(from, "set") && is_type(to, "set"))
		members(q, from, ref);
	else if (is_string(from))
		text(q, from, to, ref);
	else if (from->kind == KIND_BINARY)
		bytes(q, from, to, ref);
	else if (from->kind == KIND_NUMBER || from->kind == KIND_FLOAT ||
	    from->kind == KIND_TIME || from->kind == KIND_UUID ||
	    from->kind == KIND_JSON)
		written(q, from, to, ref, old);
	else
		return false;
	return true;
}

static bool
changed(struct str *q, const struct column *from, const struct column *to,
    const char *ref, bool old)
{
	if (is_exact_number(from) && is_exact_number(to))
		number(q, to, ref, old);
	else if (counts(from) && counts(to) && !is_type(to, "year"))
		integer(q, old ? from : to, ref);
	else if (from->kind == KIND_TEXT && is_exact_number(to))
		number_in_text(q, to, ref, old);
	else if (from->kind == KIND_FLOAT && is_type(to, "double"))
		str_addf(q, "%s + 0.0e0", ref);
	else if (to->kind == KIND_TIME && (from->kind == KIND_TEXT ||
	    (from->kind == KIND_TIME && same_clock(from, to))))
		moment(q, to, ref, old);
	else if (to->kind == KIND_BINARY && (from->kind == KIND_BINARY ||
	    from->kind == KIND_TEXT))
		bytes(q, from, to, ref);
	else if (to->kind == KIND_JSON && from->kind == KIND_TEXT)
		document(q, old ? from : to, ref);
	else if (to->kind == KIND_OTHER && from->kind == KIND_OTHER)
		str_addf(q, "SHA2(%s, 224)", ref);
	else
		return is_string(to) && changed_to_text(q, from, to, ref, old);
	return true;
}

bool
convert_refused(const struct column *from, const struct column *to)
{
	return to->kind == KIND_BIT && !is_integer(from) &&
	    from->kind != KIND_BIT;
}

void
convert_value(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	bool number = from->kind == KIND_NUMBER || from->kind == KIND_FLOAT;

	if (number && to->kind == KIND_JSON)
		str_addf(q, "CAST(CAST(%s AS CHAR) AS JSON)", ref);
	else if (number && (to->kind == KIND_TEXT || to->kind == KIND_BINARY ||
	    (from->kind == KIND_FLOAT && to->kind == KIND_TIME)))
		str_addf(q, "CAST(%s AS CHAR)", ref);
	else
		str_addz(q, ref);
}

static bool
is_alike(const struct column *from, const struct column *to)
{
	return strcmp(from->type, to->type) == 0 &&
	    same_text(from->collation, to->collation);
}

/* The digits after the point: of a DECIMAL, or of a second. */
static unsigned long
digits(const struct column *c)
{
	const char *at = strchr(c->type, c->kind == KIND_TIME ? '(' : ',');

	return at == NULL || is_integer(c) ? 0 : strtoul(at + 1, NULL, 10);
}

/* utf8mb4_0900_bin tells 'a' from 'a ', utf8mb4_bin does not. */
static bool
is_padded(const struct column *c)
{
	return is_type(c, "char") || (strstr(c->collation, "_0900_") == NULL &&
	    strstr(c->collation, "nopad") == NULL);
}

bool
convert_distinct(const struct column *from, const struct column *to)
{
	if (is_alike(from, to))
		return true;
	if (is_exact_number(from) && is_exact_number(to))
		return digits(from) <= digits(to);
	if (from->kind == KIND_TIME)
		return is_type(from, to->data_type) &&
		    digits(from) <= digits(to);
	if (from->kind != KIND_TEXT || to->kind != KIND_TEXT ||
	    (is_padded(to) && !is_padded(from)))
		return false;
	return same_text(from->collation, to->collation) ||
	    (is_bytewise(from->collation) && is_bytewise(to->collation));
}

/* Does it lose what fills it up, and the other has not? */
static bool
strips(const struct column *from, const struct column *to)
{
	return (is_type(to, "char") && !is_type(from, "char")) ||
	    (is_type(to, "binary") && !is_type(from, "binary"));
}

/* Dates and times; a TIMESTAMP tells two hours apart that look alike. */
static bool
clock_returns(const struct column *from, const struct column *to)
{
	return digits(from) <= digits(to) && (is_type(from, to->data_type) ||
	    (is_type(from, "datetime") && is_type(to, "timestamp")));
}

bool
convert_returns(const struct column *from, const struct column *to)
{
	if (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset))
		return true;
	if (is_exact_number(from) && is_exact_number(to))
		return digits(from) <= digits(to);
	if (counts(from) && counts(to))
		return true;
	if (from->kind == KIND_TIME && to->kind == KIND_TIME)
		return clock_returns(from, to);
	if (from->kind == KIND_BINARY && to->kind == KIND_BINARY)
		return !strips(from, to);
	if (!is_string(to))
		return false;
	return is_string(from) ? !strips(from, to) : is_exact_number(from) ||
	    from->kind == KIND_TIME || from->kind == KIND_UUID ||
	    from->kind == KIND_JSON;
}

bool
convert_ordered(const struct column *from, const struct column *to)
{
	return is_alike(from, to) || (is_integer(from) && is_integer(to));
}

/* Numbers of other widths, as an exact number the index can be asked for. */
static void
key_number(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	if (is_type(to, "decimal"))
		as_decimal(q, to, ref);
	else if (is_integer(from))
		str_addz(q, ref);
	else
		str_addf(q, "CAST(ROUND(%s) AS %s)", ref,
		    strstr(to->type, "unsigned") != NULL ? "UNSIGNED" :
		    "SIGNED");
}

/* Does a SET keep its members' order, so that 'a,b' does not become 'b,a'? */
static bool
keeps_order(const struct column *from, const struct column *to)
{
	return !is_type(from, "set") || !is_type(to, "set") ||
	    strncmp(from->type, to->type, strlen(from->type) - 1) == 0;
}

/* Can every value be read as a text, and is that what is stored in one? */
static bool
has_text(const struct column *c)
{
	return is_string(c) || is_exact_number(c) || c->kind == KIND_TIME ||
	    c->kind == KIND_UUID;
}

static void
key_text(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	str_addf(q, is_string(from) ? "CONVERT(%s USING %s)" :
	    "CONVERT(CAST(%s AS CHAR) USING %s)", ref, to->charset);
	str_addf(q, " COLLATE %s", to->collation);
}

bool
convert_key(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	if (is_alike(from, to) ||
	    (from->kind == KIND_BINARY && is_type(to, "varbinary")))
		str_addz(q, ref);
	else if (is_exact_number(from) && is_exact_number(to))
		key_number(q, from, to, ref);
	else if (from->kind == KIND_TIME && to->kind == KIND_TIME &&
	    same_clock(from, to))
		moment(q, to, ref, true);
	else if (is_string(to) && has_text(from) && keeps_order(from, to))
		key_text(q, from, to, ref);
	else
		return false;
	return true;
}

bool
convert_sum_old(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	if (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset)) {
		plain(q, from, ref);
		return true;
	}
	return changed(q, from, to, ref, true);
}

bool
convert_sum_new(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	if (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset)) {
		plain(q, to, ref);
		return true;
	}
	return changed(q, from, to, ref, false);
}

bool
convert_filler_reads(const struct column *c)
{
	if (c->kind == KIND_NUMBER)
		return !is_type(c, "decimal") && !is_type(c, "year") &&
		    strstr(c->type, "zerofill") == NULL;
	return c->kind == KIND_TEXT || is_type(c, "varbinary");
}

const char *
convert_filler(const struct column *c)
{
	switch (c->kind) {
	case KIND_NUMBER:
	case KIND_FLOAT:
	case KIND_BIT:
		return "0";
	case KIND_ENUM:
		return c->members > 0 ? "1" : "''";
	case KIND_TIME:
		return is_type(c, "time") ? "'00:00:00'" :
		    is_type(c, "date") ? "'0000-00-00'" :
		    "'0000-00-00 00:00:00'";
	case KIND_TEXT:
	case KIND_BINARY:
		return "''";
	case KIND_UUID:
		return is_type(c, "inet6") ? "'::'" :
		    is_type(c, "inet4") ? "'0.0.0.0'" :
		    "'00000000-0000-0000-0000-000000000000'";
	case KIND_JSON:
		return "CAST('null' AS JSON)";
	case KIND_OTHER:
		break;
	}
	return NULL;
}

bool
convert_by_literal(const struct column *from, const struct column *to)
{
	return (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset)) ||
	    (is_exact_number(from) && is_exact_number(to)) ||
	    (from->kind == KIND_TEXT && to->kind == KIND_TEXT) ||
	    (from->kind == KIND_BINARY && to->kind == KIND_BINARY);
}

bool
convert_literal(struct str *q, const struct column *c)
{
	const char *name = c->name.sql;

	switch (c->kind) {
	case KIND_NUMBER:
		str_addf(q, "COALESCE(%s, 'NULL')", name);
		return true;
	case KIND_BIT:
	case KIND_ENUM:
		str_addf(q, "COALESCE(%s + 0, 'NULL')", name);
		return true;
	case KIND_TIME:
	case KIND_UUID:
		str_addf(q, "COALESCE(CONCAT('''', %s, ''''), 'NULL')", name);
		return true;
	case KIND_TEXT:
		str_addf(q, "COALESCE(CONCAT('_%s x''', HEX(%s), ''''), "
		    "'NULL')", c->charset, name);
		return !is_large(c);
	case KIND_BINARY:
		str_addf(q, "COALESCE(CONCAT('x''', HEX(%s), ''''), 'NULL')",
		    name);
		return !is_large(c);
	case KIND_FLOAT:
	case KIND_JSON:
	case KIND_OTHER:
		break;
	}
	return false;
}

void
convert_text(struct str *q, const struct column *c, const char *row)
{
	if (c->kind == KIND_BINARY || c->kind == KIND_BIT)
		str_addf(q, "HEX(%s.%s)", row, c->name.sql);
	else
		str_addf(q, "CONVERT(%s.%s USING utf8mb4)", row, c->name.sql);
}
