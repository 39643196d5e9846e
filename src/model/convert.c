#include "model/convert.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "model/cast.h"
#include "model/type.h"

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
is_bytewise(const char *collation)
{
	size_t len = strlen(collation);

	return len > 4 && strcmp(collation + len - 4, "_bin") == 0;
}

bool
convert_refused(const struct column *from, const struct column *to)
{
	if (type_is(to, "vector"))
		return !type_is(from, "vector");
	if (from->kind == KIND_JSON || from->kind == KIND_OTHER)
		return to->kind != from->kind && to->kind != KIND_TEXT &&
		    to->kind != KIND_BINARY;
	return to->kind == KIND_BIT && from->kind != KIND_NUMBER &&
	    from->kind != KIND_BIT && from->kind != KIND_TIME;
}

bool
convert_cuts(const struct column *from, const struct column *to)
{
	return !from->mariadb && type_is(to, "decimal") &&
	    (from->kind == KIND_BINARY || from->kind == KIND_TEXT ||
	    from->kind == KIND_JSON);
}

/* Numbers that ALTER TABLE hands on as the text they are shown as. */
static bool
goes_as_text(const struct column *from, const struct column *to)
{
	if (from->kind != KIND_NUMBER && from->kind != KIND_FLOAT)
		return false;
	switch (to->kind) {
	case KIND_TEXT:
	case KIND_BINARY:
		return true;
	case KIND_ENUM:
		return !from->mariadb;
	case KIND_TIME:
		return !from->mariadb || from->kind == KIND_FLOAT ||
		    type_is(from, "year");
	case KIND_NUMBER:
	case KIND_FLOAT:
	case KIND_BIT:
	case KIND_UUID:
	case KIND_JSON:
	case KIND_OTHER:
		break;
	}
	return false;
}

/* And those that it rounds to an integer, where an INSERT cuts them off. */
static bool
goes_as_integer(const struct column *from, const struct column *to)
{
	bool rough = from->kind == KIND_FLOAT || type_is(from, "decimal");

	if (to->kind == KIND_BIT)
		return rough || type_is(from, "year") ||
		    from->kind == KIND_TIME;
	if (!from->mariadb)
		return from->kind == KIND_FLOAT && type_is(to, "year");
	return rough && to->kind == KIND_ENUM;
}

/*
 * MariaDB's ALTER TABLE reads an integer in a text, and complains of a point or
 * an exponent.  An INSERT takes "12.6" for 13; with another character there it
 * complains as well.
 */
static void
integer_in_text(struct str *q, const char *ref)
{
	str_addf(q, "REPLACE(REPLACE(REPLACE(CAST(%s AS CHAR), '.', '~'), "
	    "'e', '~'), 'E', '~')", ref);
}

/* What is particular to MariaDB.  False: nothing; then nothing is added. */
static bool
mariadb_value(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	bool bytes = from->kind == KIND_BINARY;

	if ((from->kind == KIND_TEXT || bytes) && type_is_integer(to))
		integer_in_text(q, ref);
	else if (bytes && (type_is(to, "decimal") || to->kind == KIND_FLOAT))
		str_addf(q, "CAST(%s AS CHAR)", ref);
	else if (from->kind == KIND_BIT && to->kind == KIND_FLOAT)
		str_addf(q, "%s + 0e0", ref);
	else
		return false;
	return true;
}

/* The same of MySQL: a DATE is a number for a YEAR, and too large a one; -0.1
 * is 0 without a sign; and a DOUBLE is copied into one of fewer digits as it
 * is, neither rounded nor refused. */
static bool
mysql_value(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	if (type_is(from, "date") && type_is(to, "year"))
		str_addf(q, "%s + 0", ref);
	else if (type_is(from, "decimal") &&
	    (type_is_integer(to) || type_is(to, "year")))
		str_addf(q, "ROUND(%s)", ref);
	else if (from->kind == KIND_FLOAT && type_is(to, from->data_type) &&
	    strchr(to->type, ',') != NULL &&
	    strcmp(from->type, to->type) != 0)
		str_addf(q, "%s + 0e0", ref);
	else
		return false;
	return true;
}

void
convert_value(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	bool number = from->kind == KIND_NUMBER || from->kind == KIND_FLOAT;

	if (number && to->kind == KIND_JSON)
		str_addf(q, "CAST(CAST(%s AS CHAR) AS JSON)", ref);
	else if (goes_as_text(from, to))
		str_addf(q, "CAST(%s AS CHAR)", ref);
	else if (goes_as_integer(from, to))
		str_addf(q, "CAST(%s AS SIGNED)", ref);
	else if (!(from->mariadb ? mariadb_value : mysql_value)(q, from, to,
	    ref))
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

	return at == NULL || type_is_integer(c) ? 0 : strtoul(at + 1, NULL, 10);
}

/* utf8mb4_0900_bin tells 'a' from 'a ', utf8mb4_bin does not. */
static bool
is_padded(const struct column *c)
{
	return type_is(c, "char") || (strstr(c->collation, "_0900_") == NULL &&
	    strstr(c->collation, "nopad") == NULL);
}

bool
convert_distinct(const struct column *from, const struct column *to)
{
	if (is_alike(from, to))
		return true;
	if (type_is_exact(from) && type_is_exact(to))
		return digits(from) <= digits(to);
	if (from->kind == KIND_TIME)
		return type_is(from, to->data_type) &&
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
	return (type_is(to, "char") && !type_is(from, "char")) ||
	    (type_is(to, "binary") && !type_is(from, "binary"));
}

/* Dates and times; a TIMESTAMP tells two hours apart that look alike. */
static bool
clock_returns(const struct column *from, const struct column *to)
{
	return digits(from) <= digits(to) && (type_is(from, to->data_type) ||
	    (type_is(from, "datetime") && type_is(to, "timestamp")));
}

bool
convert_returns(const struct column *from, const struct column *to)
{
	if (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset))
		return true;
	if (type_is_exact(from) && type_is_exact(to))
		return digits(from) <= digits(to);
	if (type_counts(from) && type_counts(to))
		return true;
	if (from->kind == KIND_TIME && to->kind == KIND_TIME)
		return clock_returns(from, to);
	if (from->kind == KIND_BINARY && to->kind == KIND_BINARY)
		return !strips(from, to);
	if (!type_is_string(to))
		return false;
	return type_is_string(from) ? !strips(from, to) : type_is_exact(from) ||
	    from->kind == KIND_TIME || from->kind == KIND_UUID ||
	    from->kind == KIND_JSON;
}

bool
convert_ordered(const struct column *from, const struct column *to)
{
	return is_alike(from, to) ||
	    (type_is_integer(from) && type_is_integer(to));
}

/* Numbers of other widths, as an exact number the index can be asked for. */
static void
key_number(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	if (type_is(to, "decimal"))
		cast_decimal(q, to, ref);
	else if (type_is_integer(from))
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
	return !type_is(from, "set") || !type_is(to, "set") ||
	    strncmp(from->type, to->type, strlen(from->type) - 1) == 0;
}

/* Can every value be read as a text, and is that what is stored in one? */
static bool
has_text(const struct column *c)
{
	return type_is_string(c) || type_is_exact(c) || c->kind == KIND_TIME ||
	    c->kind == KIND_UUID;
}

static void
key_text(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	str_addf(q, type_is_string(from) ? "CONVERT(%s USING %s)" :
	    "CONVERT(CAST(%s AS CHAR) USING %s)", ref, to->charset);
	str_addf(q, " COLLATE %s", to->collation);
}

/* Bytes that are filled up, or not; of texts, and texts of them. */
static bool
key_bytes(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	if (from->kind == KIND_BINARY && to->kind == KIND_TEXT &&
	    !type_is(from, "binary"))
		str_addf(q, "CONVERT(%s USING %s) COLLATE %s", ref,
		    to->charset, to->collation);
	else if (type_is_exact(from) && type_is(to, "varbinary"))
		str_addf(q, "CAST(CAST(%s AS CHAR) AS BINARY)", ref);
	else if (to->kind != KIND_BINARY ||
	    (from->kind != KIND_BINARY && from->kind != KIND_TEXT))
		return false;
	else if (type_is(to, "binary"))
		str_addf(q, "CAST(%s AS %s)", ref, to->type);
	else
		str_addf(q, "CAST(%s AS BINARY)", ref);
	return true;
}

/* Texts that are read as something else, and what is read as a number. */
static bool
key_read(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	bool text = from->kind == KIND_TEXT;

	if (to->kind == KIND_UUID && (text || from->kind == KIND_BINARY))
		str_addf(q, "CAST(%s AS %s)", ref, to->data_type);
	else if (text && type_is_integer(to))
		str_addf(q, "CAST(ROUND(CAST(%s AS DECIMAL(65,10))) AS %s)",
		    ref, strstr(to->type, "unsigned") != NULL ? "UNSIGNED" :
		    "SIGNED");
	else if (text && to->kind == KIND_TIME && !type_is(to, "time"))
		cast_moment(q, from, to, ref, true);
	else if (type_is_integer(to) && (from->kind == KIND_BIT ||
	    from->kind == KIND_ENUM || type_is(from, "year")))
		str_addf(q, "%s + 0", ref);
	else
		return false;
	return true;
}

bool
convert_key(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	if (is_alike(from, to) ||
	    (from->kind == KIND_BINARY && type_is(to, "varbinary")))
		str_addz(q, ref);
	else if (type_is_exact(from) && type_is_exact(to))
		key_number(q, from, to, ref);
	else if (from->kind == KIND_TIME && to->kind == KIND_TIME &&
	    type_same_clock(from, to))
		cast_moment(q, from, to, ref, true);
	else if (type_is_string(to) && has_text(from) && keeps_order(from, to))
		key_text(q, from, to, ref);
	else
		return key_read(q, from, to, ref) ||
		    key_bytes(q, from, to, ref);
	return true;
}

bool
convert_filler_reads(const struct column *c)
{
	if (c->kind == KIND_NUMBER)
		return !type_is(c, "decimal") && !type_is(c, "year") &&
		    strstr(c->type, "zerofill") == NULL;
	return c->kind == KIND_TEXT || type_is(c, "varbinary");
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
		return type_is(c, "time") ? "'00:00:00'" :
		    type_is(c, "date") ? "'0000-00-00'" :
		    "'0000-00-00 00:00:00'";
	case KIND_TEXT:
	case KIND_BINARY:
		return "''";
	case KIND_UUID:
		return type_is(c, "inet6") ? "'::'" :
		    type_is(c, "inet4") ? "'0.0.0.0'" :
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
	    (type_is_exact(from) && type_is_exact(to)) ||
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
		return !type_is_large(c);
	case KIND_BINARY:
		str_addf(q, "COALESCE(CONCAT('x''', HEX(%s), ''''), 'NULL')",
		    name);
		return !type_is_large(c);
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
