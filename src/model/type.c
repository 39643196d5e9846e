#include "model/type.h"

#include <strings.h>

bool
type_is(const struct column *c, const char *data_type)
{
	return strcasecmp(c->data_type, data_type) == 0;
}

bool
type_is_integer(const struct column *c)
{
	return c->kind == KIND_NUMBER && !type_is(c, "decimal") &&
	    !type_is(c, "year");
}

bool
type_is_large(const struct column *c)
{
	return type_is(c, "mediumtext") || type_is(c, "longtext") ||
	    type_is(c, "mediumblob") || type_is(c, "longblob") ||
	    c->kind == KIND_JSON || c->kind == KIND_OTHER;
}

bool
type_is_exact(const struct column *c)
{
	return c->kind == KIND_NUMBER && !type_is(c, "year");
}

bool
type_is_string(const struct column *c)
{
	return c->kind == KIND_TEXT || c->kind == KIND_ENUM;
}

bool
type_counts(const struct column *c)
{
	return type_is_integer(c) || c->kind == KIND_BIT || type_is(c, "year");
}

bool
type_same_clock(const struct column *from, const struct column *to)
{
	return !type_is(from, "time") == !type_is(to, "time");
}

bool
type_is_moment(const struct column *c)
{
	return strcasecmp(c->data_type, "timestamp") == 0;
}

/* Of a name without quotes; those of other alphabets have the high bit. */
