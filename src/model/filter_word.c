/*
 * A word that is not here is refused: what is not known to be the same each
 * time is not taken to be.  The lists are of both servers' built-in functions;
 * what only one of them has is refused by the other itself.
 */
#include "model/filter_word.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *const reserved[] = {
	"and", "as", "between", "binary", "both", "case", "char", "character",
	"collate", "decimal", "div", "double", "else", "float", "for", "from",
	"in", "int", "integer", "interval", "is", "leading", "like", "mod",
	"not", "of", "or", "precision", "real", "regexp", "rlike", "set",
	"then", "trailing", "unsigned", "using", "when", "xor",
	"day_hour", "day_microsecond", "day_minute", "day_second",
	"hour_microsecond", "hour_minute", "hour_second",
	"minute_microsecond", "minute_second", "second_microsecond",
	"year_month", NULL
};

static const char *const value[] = { "false", "null", "true", NULL };

static const char *const soft[] = {
	"charset", "date", "datetime", "day", "end", "escape", "hour", "json",
	"member", "microsecond", "minute", "month", "quarter", "second",
	"signed", "sounds", "time", "timestamp", "unknown", "week", "year",
	NULL
};

static const char *const function[] = {
	/* numbers */
	"abs", "acos", "asin", "atan", "atan2", "bin", "bit_count", "ceil",
	"ceiling", "conv", "cos", "cot", "crc32", "degrees", "exp", "floor",
	"greatest", "hex", "interval", "least", "ln", "log", "log10", "log2",
	"mod", "oct", "pi", "pow", "power", "radians", "round", "sign", "sin",
	"sqrt", "tan", "truncate",
	/* choices and types */
	"cast", "char", "coalesce", "convert", "if", "ifnull", "isnull",
	"nullif", "nvl", "nvl2",
	/* texts */
	"ascii", "bit_length", "char_length", "character_length", "charset",
	"collation", "concat", "concat_ws", "elt", "export_set", "field",
	"find_in_set", "from_base64", "insert", "instr", "lcase", "left",
	"length", "locate", "lower", "lpad", "ltrim", "make_set", "mid",
	"octet_length", "ord", "position", "quote", "regexp_instr",
	"regexp_like", "regexp_replace", "regexp_substr", "repeat", "replace",
	"reverse", "right", "rpad", "rtrim", "soundex", "space", "strcmp",
	"substr", "substring", "substring_index", "to_base64", "trim",
	"ucase", "unhex", "upper", "weight_string",
	/* hashes, addresses */
	"bin_to_uuid", "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa",
	"is_ipv4", "is_ipv4_compat", "is_ipv4_mapped", "is_ipv6", "is_uuid",
	"md5", "sha", "sha1", "sha2", "uuid_to_bin",
	/* times */
	"adddate", "addtime", "convert_tz", "date", "date_add", "date_format",
	"date_sub", "datediff", "day", "dayname", "dayofmonth", "dayofweek",
	"dayofyear", "extract", "from_days", "from_unixtime", "hour",
	"last_day", "makedate", "maketime", "microsecond", "minute", "month",
	"monthname", "period_add", "period_diff", "quarter", "sec_to_time",
	"second", "str_to_date", "subdate", "subtime", "time", "time_format",
	"time_to_sec", "timediff", "timestamp", "timestampadd",
	"timestampdiff", "to_days", "to_seconds", "week", "weekday",
	"weekofyear", "year", "yearweek",
	/* JSON */
	"json_array", "json_contains", "json_contains_path", "json_depth",
	"json_exists", "json_extract", "json_keys", "json_length",
	"json_object", "json_overlaps", "json_query", "json_quote",
	"json_search", "json_type", "json_unquote", "json_valid",
	"json_value", NULL
};

/* Before a parenthesis that is not a function's. */
static const char *const operator[] = {
	"and", "as", "between", "binary", "case", "char", "decimal", "div",
	"else", "for", "from", "in", "interval", "is", "like", "mod", "not",
	"of", "or", "regexp", "rlike", "then", "when", "xor", "datetime",
	"float", "escape", "using", NULL
};

static const struct {
	const char *word;
	enum filter_now now;
} moments[] = {
	{ "now", NOW_BOTH }, { "current_timestamp", NOW_BOTH },
	{ "localtime", NOW_BOTH }, { "localtimestamp", NOW_BOTH },
	{ "curdate", NOW_DATE }, { "current_date", NOW_DATE },
	{ "curtime", NOW_TIME }, { "current_time", NOW_TIME },
	{ "utc_timestamp", NOW_UTC_BOTH }, { "utc_date", NOW_UTC_DATE },
	{ "utc_time", NOW_UTC_TIME }, { "unix_timestamp", NOW_NUMBER },
};

enum { N_MOMENTS = sizeof(moments) / sizeof(moments[0]) };

static const char *const query[] = {
	"exists", "select", "table", "union", "values", "with", NULL
};

static const char *const many[] = {
	"avg", "bit_and", "bit_or", "bit_xor", "count", "group_concat",
	"json_arrayagg", "json_objectagg", "max", "min", "row_number",
	"std", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop",
	"var_samp", "variance", "lag", "lead", "rank", "dense_rank", NULL
};

static const char *const otherwise[] = {
	"benchmark", "connection_id", "current_role", "current_user",
	"database", "found_rows", "get_lock", "is_free_lock", "is_used_lock",
	"last_insert_id", "lastval", "load_file", "nextval", "rand",
	"random_bytes", "release_all_locks", "release_lock", "row_count",
	"schema", "session_user", "setval", "sleep", "sys_guid", "sysdate",
	"system_user", "user", "uuid", "uuid_short", "uuid_v4", "uuid_v7",
	NULL
};

static bool
is_one_of(const char *const *list, const char *word, size_t len)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == len &&
		    strncasecmp(*list, word, len) == 0)
			return true;
	return false;
}

static size_t
moment(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < N_MOMENTS; i++)
		if (strlen(moments[i].word) == len &&
		    strncasecmp(moments[i].word, word, len) == 0)
			break;
	return i;
}

static enum filter_word
bad(const char *word, size_t len)
{
	if (is_one_of(query, word, len))
		return WORD_QUERY;
	if (is_one_of(many, word, len))
		return WORD_MANY;
	return is_one_of(otherwise, word, len) ? WORD_VOLATILE : WORD_UNKNOWN;
}

enum filter_word
filter_word_alone(const char *word, size_t len)
{
	size_t i = moment(word, len);

	if (is_one_of(value, word, len))
		return WORD_VALUE;
	if (is_one_of(reserved, word, len))
		return WORD_RESERVED;
	if (is_one_of(soft, word, len))
		return WORD_SOFT;
	/* The others are functions, and names without a parenthesis. */
	if (i < N_MOMENTS && moments[i].now != NOW_NUMBER &&
	    strncasecmp(word, "now", len) != 0 &&
	    strncasecmp(word, "curdate", len) != 0 &&
	    strncasecmp(word, "curtime", len) != 0)
		return WORD_NOW;
	return bad(word, len);
}

enum filter_word
filter_word_called(const char *word, size_t len)
{
	if (is_one_of(function, word, len))
		return WORD_FUNCTION;
	if (is_one_of(operator, word, len))
		return WORD_RESERVED;
	if (moment(word, len) < N_MOMENTS)
		return WORD_NOW;
	return bad(word, len);
}

enum filter_now
filter_word_now(const char *word, size_t len)
{
	return moments[moment(word, len)].now;
}

bool
filter_word_is_number(const char *s, size_t len)
{
	size_t n = 0;

	if (len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'b'))
		return true;
	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	if (n == 0 || n == len || (s[n] != 'e' && s[n] != 'E'))
		return n > 0 && n == len;
	while (++n < len && s[n] >= '0' && s[n] <= '9')
		;
	return n == len;
}

bool
filter_word_has_offset(const char *s, size_t len)
{
	const char *end = s + len - 1;

	return len > 14 && end[-1] >= '0' && end[-1] <= '9' &&
	    end[-3] == ':' && (end[-6] == '+' || end[-6] == '-') &&
	    memchr(s, ':', len - 7) != NULL;
}
