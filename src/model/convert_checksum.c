#include "model/convert_checksum.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "model/cast.h"
#include "model/type.h"

/* The value as it is; both sides have the same type. */
static void
plain(struct str *q, const struct column *c, const char *ref)
{
	const char *open = type_is_large(c) ? "SHA2(" : "";
	const char *close = type_is_large(c) ? ", 224)" : "";

	str_addz(q, open);
	switch (c->kind) {
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
	case KIND_TEXT:
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
	bool padded = type_is(from, "char") || type_is(to, "char");
	bool large = type_is_large(from) || type_is_large(to);

	str_addf(q, "%s%sCONVERT(%s USING utf8mb4)%s%s",
	    large ? "SHA2(" : "", padded ? "RTRIM(" : "", ref,
	    padded ? ")" : "", large ? ", 224)" : "");
}

/* Numbers of other widths: rounded as the new column rounds, then alike. */
static void
number(struct str *q, const struct column *to, const char *ref, bool old)
{
	str_addz(q, "CAST(");
	if (old && type_is(to, "decimal"))
		cast_decimal(q, to, ref);
	else if (old)
		str_addf(q, "ROUND(%s)", ref);
	else
		str_addz(q, ref);
	str_addz(q, " AS DECIMAL(65,30))");
}

/* For each member of an ENUM or SET: before, the member as a literal, after. */
static void
each_member(struct str *q, const struct column *c, const char *before,
    const char *after)
{
	const char *s = strchr(c->type, '(');
	bool inside = false;

	for (s++; *s != '\0' && (inside || *s != ')'); s++) {
		if (*s == '\'' && !inside)
			str_addf(q, "%s'", before);
		else if (*s == '\'' && s[1] != '\'')
			str_addf(q, "'%s", after);
		else if (*s == '\'' || *s == '\\')
			str_addf(q, "%c%c", *s, *s);
		else if (inside)
			str_add(q, s, 1);
		if (*s == '\'' && inside && s[1] == '\'')
			s++;
		else if (*s == '\'')
			inside = !inside;
	}
}

/*
 * The members of a SET as ones and zeros, in the order they had in the old
 * table: as a text they come in the order of each table's own.
 */
static void
members(struct str *q, const struct column *from, const char *ref)
{
	struct str after = STR_INIT;

	str_addf(&after, ", %s)", ref);
	str_addf(q, "IF(%s IS NULL, NULL, CONCAT(''", ref);
	each_member(q, from, ", 0 < FIND_IN_SET(", after.s);
	str_addz(q, "))");
	str_free(&after);
}

/*
 * The number of the member that a text stands for: of its name or, where none
 * has it, the number in the text.
 */
static void
member_of_text(struct str *q, const struct column *to, const char *ref)
{
	bool set = type_is(to, "set");
	struct str text = STR_INIT, after = STR_INIT;

	str_addf(&text, "RTRIM(CONVERT(%s USING %s)) COLLATE %s", ref,
	    to->charset, to->collation);
	str_addz(q, "COALESCE(NULLIF(");
	if (set) {
		str_addf(&after, ", %s)", text.s);
		str_addz(q, "CONV(REVERSE(CONCAT(''");
		each_member(q, to, ", 0 < FIND_IN_SET(", after.s);
		str_addz(q, ")), 2, 10)");
	} else {
		str_addf(q, "FIELD(%s", text.s);
		each_member(q, to, ", ", "");
		str_addz(q, ")");
	}
	str_addf(q, ", 0), CAST(%s AS UNSIGNED))", text.s);
	str_free(&text);
	str_free(&after);
}

/* An ENUM or SET that was made of something else, by its number. */
static void
member(struct str *q, const struct column *from, const struct column *to,
    const char *ref, bool old)
{
	struct str cast = STR_INIT;

	if (!old) {
		str_addf(q, "%s + 0", ref);
	} else if (from->kind == KIND_TEXT) {
		member_of_text(q, to, ref);
	} else if (!from->mariadb) {
		str_addf(&cast, "CAST(%s AS CHAR)", ref);
		member_of_text(q, to, cast.s);
	} else if (type_is_integer(from) || type_is(from, "year")) {
		str_addf(q, "%s + 0", ref);
	} else {
		str_addf(q, "CAST(%s AS SIGNED)", ref);
	}
	str_free(&cast);
}

/* Integers, also those of a BIT or of an ENUM's member.  The sign of a negative
 * one is the first of 64 bits. */
static void
integer(struct str *q, const struct column *c, bool as_bits, const char *ref)
{
	bool digits = type_is_integer(c) &&
	    strstr(c->type, "zerofill") == NULL;

	if (digits && as_bits)
		str_addf(q, "CAST(%s AS UNSIGNED)", ref);
	else
		str_addf(q, digits ? "%s" : "%s + 0", ref);
}

/*
 * Bytes; those of a BINARY without what fills it up, and where one is a CHAR
 * without the blanks at its end.
 */
static void
bytes(struct str *q, const struct column *from, const struct column *to,
    const char *ref)
{
	bool filled = type_is(from, "binary") || type_is(to, "binary");
	bool padded = type_is(from, "char") || type_is(to, "char");
	bool large = type_is_large(from) || type_is_large(to);

	str_addz(q, large ? "SHA2(" : "");
	str_addz(q, padded ? "TRIM(TRAILING x'20' FROM " : "");
	str_addz(q, filled ? "TRIM(TRAILING x'00' FROM " : "");
	str_addf(q, filled || padded ? "CAST(%s AS BINARY)" : "%s", ref);
	str_addf(q, "%s%s%s", filled ? ")" : "", padded ? ")" : "",
	    large ? ", 224)" : "");
}

/*
 * Bytes that become a text.  Where all characters have two bytes or four, zeros
 * are put in front of what is too short for one.
 */
static void
bytes_in_text(struct str *q, const struct column *from,
    const struct column *to, const char *ref, bool old)
{
	struct str text = STR_INIT;
	bool fills = strncmp(to->charset, "utf16", 5) == 0 ||
	    strcmp(to->charset, "utf32") == 0 ||
	    strcmp(to->charset, "ucs2") == 0;

	if (old && fills)
		str_addf(&text, "CONVERT(%s USING %s)", ref, to->charset);
	else
		str_addz(&text, ref);
	bytes(q, from, to, text.s);
	str_free(&text);
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
changed_to_text(struct str *q, const struct column *from,
    const struct column *to, const char *ref, bool old)
{
	if (type_is(from, "set") && type_is(to, "set"))
		members(q, from, ref);
	else if (type_is_string(from))
		text(q, from, to, ref);
	else if (from->kind == KIND_BINARY)
		bytes_in_text(q, from, to, ref, old);
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
	if (to->kind == KIND_ENUM && (from->kind == KIND_NUMBER ||
	    from->kind == KIND_FLOAT || from->kind == KIND_TEXT))
		member(q, from, to, ref, old);
	else if (to->kind == KIND_ENUM && (from->kind == KIND_BINARY ||
	    from->kind == KIND_JSON))
		return false;
	else if (type_is_exact(from) && type_is_exact(to))
		number(q, to, ref, old);
	else if (type_counts(from) && type_counts(to) && !type_is(to, "year"))
		integer(q, old ? from : to, to->kind == KIND_BIT, ref);
	else if (from->kind == KIND_TEXT && type_is_exact(to))
		number_in_text(q, to, ref, old);
	else if (from->kind == KIND_FLOAT && type_is(to, "double"))
		cast_double(q, to, ref);
	else if (type_is(to, "time") && from->kind == KIND_TEXT &&
	    !from->mariadb)
		return false;
	else if (to->kind == KIND_TIME && (from->kind == KIND_TEXT ||
	    (from->kind == KIND_TIME && type_same_clock(from, to))))
		cast_moment(q, from, to, ref, old);
	else if (to->kind == KIND_BINARY && (from->kind == KIND_BINARY ||
	    from->kind == KIND_TEXT))
		bytes(q, from, to, ref);
	else if (to->kind == KIND_UUID && (from->kind == KIND_TEXT ||
	    from->kind == KIND_BINARY))
		str_addf(q, old ? "CAST(%s AS %s)" : "%s", ref,
		    to->data_type);
	else if (to->kind == KIND_JSON && from->kind == KIND_TEXT)
		document(q, old ? from : to, ref);
	else if (to->kind == KIND_OTHER && from->kind == KIND_OTHER)
		str_addf(q, "SHA2(%s, 224)", ref);
	else
		return type_is_string(to) &&
		    changed_to_text(q, from, to, ref, old);
	return true;
}

bool
convert_checksum_plain(const struct column *from, const struct column *to)
{
	return strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset);
}

bool
convert_checksum_old(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	if (convert_checksum_plain(from, to)) {
		plain(q, from, ref);
		return true;
	}
	return changed(q, from, to, ref, true);
}

bool
convert_checksum_new(struct str *q, const struct column *from,
    const struct column *to, const char *ref)
{
	if (convert_checksum_plain(from, to)) {
		plain(q, to, ref);
		return true;
	}
	return changed(q, from, to, ref, false);
}
