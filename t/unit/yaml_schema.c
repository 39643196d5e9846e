#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../golden.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/option.h"

/*
 * The schema that editors check files of options by is made of the table of
 * options; UPDATE_GOLDEN=1 writes it anew.  t/98-yaml.t tries whether it takes
 * what the program takes.
 *
 * Patterns are of ECMA 262, as JSON Schema has them.  A value may be a number
 * or a truth value in YAML; the program reads its text.
 */

#define FILE_OF_IT	"examples/schema/livealter.yaml.schema.json"

#define NO_NUL	"^[^\\u0000]*$"
#define BLANKS	"[ \\t\\n\\v\\f\\r]*"
/* A character of an item, where commas divide items. */
#define CHAR	"(?:[^\\\\,]|\\\\,|\\\\(?!,))"
#define DIGITS	"(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)"
#define NUMBER	"(?=[0-9.]{1,30}(?![0-9.]))" DIGITS
#define ABOVE_0	"(?=[0-9.]*[1-9])"
#define UNIT	"(?:ms|s|m|h|d)?"
#define TIMES	"(?!0+(?![0-9]))0*(?:[0-9]{1,6}|1000000)"

/* A pattern that takes letters in any case. */
static void
add_any_case(struct str *s, const char *word)
{
	for (; *word != '\0'; word++)
		if (*word >= 'a' && *word <= 'z')
			str_addf(s, "[%c%c]", *word - 'a' + 'A', *word);
		else
			str_add(s, word, 1);
}

/* A pattern for the whole numbers up to hi. */
static void
add_up_to(struct str *s, unsigned int hi)
{
	char digit[16];
	size_t n, i;
	int first;

	n = (size_t)snprintf(digit, sizeof(digit), "%u", hi);
	str_addf(s, "0*(?:%s", digit);
	for (i = 0; i < n; i++) {
		first = i == 0 && n > 1 ? '1' : '0';
		if (digit[i] <= first)
			continue;
		str_addf(s, "|%.*s[%c-%c]", (int)i, digit, first,
		    digit[i] - 1);
		if (i + 1 < n)
			str_addf(s, "[0-9]{%zu}", n - i - 1);
	}
	if (n > 1)
		str_addf(s, "|[0-9]{1,%zu}", n - 1);
	str_addz(s, ")");
}

/* {"type": "string", "pattern": ...} */
static void
put_pattern(struct str *s, const char *pattern)
{
	str_addz(s, "{\"type\": \"string\", \"pattern\": ");
	json_text(s, pattern);
	str_addz(s, "}");
}

/* The words of the table, in any case, unless exact. */
static void
put_words(struct str *s, const char *words, bool exact)
{
	struct str one = STR_INIT, pattern = STR_INIT;
	const char *p, *end;

	str_addz(s, "{\"enum\": [");
	str_addz(&pattern, "^(?:");
	for (p = words; *p != '\0'; p = end + (*end != '\0')) {
		end = p + strcspn(p, "|");
		str_reset(&one);
		str_add(&one, p, (size_t)(end - p));
		if (p > words)
			str_addz(s, ", ");
		json_text(s, one.s);
		str_addz(&pattern, p > words ? "|" : "");
		add_any_case(&pattern, one.s);
	}
	str_addz(s, "]}");
	str_addz(&pattern, ")$");
	if (!exact) {
		str_addz(s, ",\n        ");
		put_pattern(s, pattern.s);
	}
	str_free(&one);
	str_free(&pattern);
}

static void
put_yes_no(struct str *s)
{
	str_addz(s, "{\"type\": \"boolean\"},\n        {\"enum\": [0, 1]},\n"
	    "        ");
	put_words(s, "yes|no|true|false|on|off|1|0", false);
}

static void
put_text(struct str *s, const char *pattern)
{
	str_addz(s, "{\"type\": [\"number\", \"boolean\"]},\n        ");
	put_pattern(s, pattern);
}

static void
put_uint(struct str *s, const struct option *opt)
{
	struct str pattern = STR_INIT;

	str_addf(s, "{\"type\": \"integer\", \"minimum\": %u, \"maximum\": "
	    "%u},\n        ", opt->lo, opt->hi);
	str_addz(&pattern, opt->lo > 0 ? "^(?!0+$)" : "^");
	add_up_to(&pattern, opt->hi);
	str_addz(&pattern, "$");
	put_pattern(s, pattern.s);
	if (same_text(opt->deflt, "auto")) {
		str_addz(s, ",\n        ");
		put_words(s, "auto", false);
	}
	str_free(&pattern);
}

static void
put_size(struct str *s, const struct option *opt)
{
	str_addf(s, "{\"type\": \"integer\", \"minimum\": %u, \"maximum\": "
	    "18446744073709551615},\n        ", opt->lo);
	put_pattern(s, opt->lo > 0 ? "^(?!0+[kMG]?$)[0-9]+[kMG]?$" :
	    "^[0-9]+[kMG]?$");
}

static void
put_real(struct str *s, const struct option *opt)
{
	struct str pattern = STR_INIT;

	str_addf(s, "{\"type\": \"number\", \"minimum\": 0, \"maximum\": "
	    "%u},\n        ", opt->hi);
	str_addz(&pattern, "^(?=.{1,30}$)(?:(?:");
	add_up_to(&pattern, opt->hi - 1);
	str_addz(&pattern, ")?\\.[0-9]+|");
	add_up_to(&pattern, opt->hi);
	str_addf(&pattern, "|0*%u\\.0+)$", opt->hi);
	put_pattern(s, pattern.s);
	str_free(&pattern);
}

static void
put_seconds(struct str *s)
{
	str_addz(s, "{\"type\": \"number\", \"minimum\": 0, \"maximum\": "
	    "1000000000},\n        ");
	put_pattern(s, "^" NUMBER UNIT "$");
}

/* A list of such items, as a text with commas or as a sequence of more. */
static void
put_list(struct str *s, const char *item, const char *alone, bool empty)
{
	struct str pattern = STR_INIT;

	str_addf(&pattern, "^%s" BLANKS "(?:%s)" BLANKS "(?:," BLANKS
	    "(?:%s)" BLANKS ")*$", empty ? "$|^" : "", item, item);
	put_pattern(s, pattern.s);
	str_addf(s, ",\n        {\"type\": \"array\", \"minItems\": %d, "
	    "\"items\": ", empty ? 0 : 1);
	str_reset(&pattern);
	str_addf(&pattern, "^" BLANKS "(?:%s)" BLANKS "$", alone);
	put_pattern(s, pattern.s);
	str_addz(s, "}");
	str_free(&pattern);
}

static void
put_warnings(struct str *s)
{
	const char *const code = "{\"type\": \"integer\", \"minimum\": 0, "
	    "\"maximum\": 99999}";

	str_addf(s, "%s,\n        ", code);
	put_pattern(s, "^$|^" BLANKS "[0-9]{1,5}(?::" BLANKS
	    "(?![ \\t\\n\\v\\f\\r])" CHAR "+)?" BLANKS "(?:," BLANKS
	    "[0-9]{1,5}(?::" BLANKS "(?![ \\t\\n\\v\\f\\r])" CHAR "+)?"
	    BLANKS ")*$");
	str_addf(s, ",\n        {\"type\": \"array\", \"items\": {\"anyOf\": "
	    "[%s,\n          ", code);
	put_pattern(s, "^" BLANKS "[0-9]{1,5}(?::" BLANKS
	    "[^ \\t\\n\\v\\f\\r][^\\u0000]*)?" BLANKS "$");
	str_addz(s, "]}}");
}

static void
put_vars(struct str *s)
{
	put_list(s, "(?![= \\t\\n\\v\\f\\r,])" CHAR "(?:(?!=)" CHAR ")*="
	    CHAR "*", "[^= \\t\\n\\v\\f\\r\\u0000][^=\\u0000]*=[^\\u0000]*",
	    true);
}

static void
put_limits(struct str *s)
{
	const char *const item = "[A-Za-z0-9_.]{1,64}(?:[=:](?:" ABOVE_0
	    NUMBER ")?)?";

	str_addz(s, "{\"type\": \"boolean\"}, {\"type\": \"number\", "
	    "\"minimum\": 0},\n        ");
	put_list(s, item, item, true);
}

static void
put_tries(struct str *s)
{
	const char *const item = "(?:create_triggers|drop_triggers|copy_rows|"
	    "swap_tables|update_foreign_keys|analyze_table):" TIMES ":"
	    NUMBER UNIT;

	put_list(s, item, item, false);
}

/* Such a word, and such a number after it. */
static void
put_pair(struct str *s, const char *word, const char *number,
    const char *pattern)
{
	str_addf(s, ",\n        {\"type\": \"array\", \"minItems\": 2, "
	    "\"items\": [{\"enum\": [\"%s\"]},\n          {\"anyOf\": [%s",
	    word, number);
	if (pattern != NULL) {
		str_addz(s, ",\n          ");
		put_pattern(s, pattern);
	}
	str_addz(s, "]}], \"additionalItems\": false}");
}

static void
put_progress(struct str *s)
{
	const char *const number = "{\"type\": \"number\", "
	    "\"exclusiveMinimum\": 0, \"maximum\": 1000000000}";
	struct str percent = STR_INIT, one = STR_INIT, all = STR_INIT;

	str_addz(&percent, "percentage,(?=[0-9.]{1,30}$)" ABOVE_0 "(?:(?:");
	add_up_to(&percent, 99);
	str_addz(&percent, ")?\\.[0-9]+|");
	add_up_to(&percent, 100);
	str_addz(&percent, "|0*100\\.0+)");
	str_addf(&all, "^(?:(?:time,)?" ABOVE_0 NUMBER UNIT "|%s|iterations,"
	    TIMES ")$", percent.s);
	put_pattern(&one, all.s);
	str_addf(s, "%s,\n        %s,\n        {\"type\": \"array\", "
	    "\"minItems\": 1, \"maxItems\": 1, \"items\": {\"anyOf\": "
	    "[\n          %s,\n          %s]}}", number, one.s, number, one.s);
	put_pair(s, "time", "{\"type\": \"number\", \"exclusiveMinimum\": "
	    "0, \"maximum\": 1000000000}", "^" ABOVE_0 NUMBER UNIT "$");
	put_pair(s, "percentage", "{\"type\": \"number\", "
	    "\"exclusiveMinimum\": 0, \"maximum\": 100}", NULL);
	put_pair(s, "iterations", "{\"type\": \"integer\", \"minimum\": 1, "
	    "\"maximum\": 1000000}", NULL);
	str_free(&percent);
	str_free(&one);
	str_free(&all);
}

static void
put_recursion(struct str *s)
{
	struct str word = STR_INIT, none = STR_INIT, all = STR_INIT;

	str_addz(&word, BLANKS "(?:");
	add_any_case(&word, "processlist|hosts|cluster");
	str_addz(&word, ")" BLANKS);
	str_addz(&none, BLANKS);
	add_any_case(&none, "none");
	str_addz(&none, BLANKS);
	str_addf(&all, "^(?:%s(?:,%s)*|(?:%s,)*(?:%s| *[Dd][Ss][Nn]="
	    "[^\\u0000]+))$", none.s, none.s, word.s, word.s);
	put_pattern(s, all.s);
	str_addz(s, ",\n        {\"type\": \"array\", \"minItems\": 1, "
	    "\"items\": ");
	put_pattern(s, "^[^\\u0000]+$");
	str_addz(s, "}");
	str_free(&word);
	str_free(&none);
	str_free(&all);
}

static void
put_window(struct str *s)
{
	struct str p = STR_INIT, day = STR_INIT;

	str_addz(&day, "(?:");
	add_any_case(&day, "mon|tue|wed|thu|fri|sat|sun");
	str_addz(&day, ")");
	str_addf(&p, "^[ \\t]*(?:(?=[^ \\t]{1,39}[ \\t])(?:");
	add_any_case(&p, "daily");
	str_addf(&p, "|%s(?:-%s)?(?:,%s(?:-%s)?)*)[ \\t]+)?", day.s, day.s,
	    day.s, day.s);
	str_addz(&p, "(?!([0-9:]{5})-\\1)(?:[01][0-9]|2[0-3]):[0-5][0-9]-"
	    "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?:[ \\t]+(?:");
	add_any_case(&p, "utc|local");
	str_addz(&p, "))?[ \\t]*$");
	put_pattern(s, p.s);
	str_free(&p);
	str_free(&day);
}

/* One text, or a sequence of some. */
static void
put_texts(struct str *s, const char *one, int least)
{
	put_text(s, one);
	str_addf(s, ",\n        {\"type\": \"array\", \"minItems\": %d, "
	    "\"items\": {\"anyOf\": [\n          ", least);
	put_text(s, "^[^\\u0000]+$");
	str_addz(s, "]}}");
}

/* What is a list, in one form or the other. */
static void
put_lists(struct str *s, const struct option *opt)
{
	if (opt->type == OPTION_VARS)
		put_vars(s);
	else if (opt->type == OPTION_WARNINGS)
		put_warnings(s);
	else if (opt->type == OPTION_LIMITS)
		put_limits(s);
	else if (opt->type == OPTION_TRIES)
		put_tries(s);
	else if (opt->type == OPTION_PROGRESS)
		put_progress(s);
	else if (opt->type == OPTION_RECURSION)
		put_recursion(s);
	else if (opt->type == OPTION_LIST)
		put_texts(s, NO_NUL, 0);
	else
		put_texts(s, "^[^\\u0000]+$", 1);
}

static void
put_number(struct str *s, const struct option *opt)
{
	if (opt->type == OPTION_UINT)
		put_uint(s, opt);
	else if (opt->type == OPTION_REAL)
		put_real(s, opt);
	else if (opt->type == OPTION_SIZE)
		put_size(s, opt);
	else
		put_seconds(s);
}

/* What is one text. */
static void
put_one(struct str *s, const struct option *opt)
{
	if (opt->state == OPTION_NOTED)
		put_text(s, NO_NUL);
	else if (opt->type == OPTION_MYCNF)
		put_pattern(s, "^/[^\\u0000]*$");
	else if (opt->type == OPTION_DIGEST)
		put_pattern(s, "^[0-9A-Fa-f]{64}$");
	else if (opt->type == OPTION_WINDOW)
		put_window(s);
	else if (opt->type == OPTION_ACCOUNT)
		put_text(s, "^$|^[^@\\u0000]{1,64}$|"
		    "^[^\\u0000]{1,64}@[^@\\u0000]{1,64}$");
	else
		put_text(s, opt->type == OPTION_DSN ? "^[^\\u0000]+$" :
		    NO_NUL);
}

/* The forms that a value may have, with commas in between. */
static void
put_forms(struct str *s, const struct option *opt)
{
	switch (opt->state == OPTION_NOTED ? OPTION_TEXT : opt->type) {
	case OPTION_FLAG:
	case OPTION_BOOL:
		put_yes_no(s);
		break;
	case OPTION_TLS:
	case OPTION_VERIFY_SWAP:
		put_yes_no(s);
		str_addz(s, ",\n        ");
		put_words(s, "auto", false);
		break;
	case OPTION_WORD:
	case OPTION_DEFER:
	case OPTION_VERIFY:
	case OPTION_OUTPUT:
		put_words(s, opt->arg, opt->type == OPTION_OUTPUT);
		break;
	case OPTION_UINT:
	case OPTION_REAL:
	case OPTION_SIZE:
	case OPTION_SECONDS:
		put_number(s, opt);
		break;
	case OPTION_MYCNF:
	case OPTION_DIGEST:
	case OPTION_WINDOW:
	case OPTION_ACCOUNT:
	case OPTION_DSN:
	case OPTION_TEXT:
	case OPTION_SECRET:
		put_one(s, opt);
		break;
	case OPTION_LIST:
	case OPTION_VARS:
	case OPTION_WARNINGS:
	case OPTION_LIMITS:
	case OPTION_TRIES:
	case OPTION_PROGRESS:
	case OPTION_RECURSION:
	case OPTION_DSNS:
		put_lists(s, opt);
		break;
	}
}

static void
put_default(struct str *s, const struct option *opt)
{
	const char *d = opt->deflt;
	bool number;

	if (opt->state != OPTION_DONE ||
	    (d == NULL && opt->type != OPTION_FLAG))
		return;
	number = d != NULL && d[strspn(d, "0123456789.")] == '\0';
	str_addz(s, "      \"default\": ");
	if (d == NULL || strcmp(d, "no") == 0)
		str_addz(s, "false");
	else if (strcmp(d, "yes") == 0)
		str_addz(s, "true");
	else if (number)
		str_addz(s, d);
	else
		json_text(s, d);
	str_addz(s, ",\n");
}

/* May a file have it? */
static bool
is_in_files(const struct option *opt)
{
	return opt->group != OPTION_META && opt->state != OPTION_REFUSED &&
	    opt->state != OPTION_LATER;
}

static void
put_definition(struct str *s, const struct option *opt)
{
	str_addz(s, "    ");
	json_text(s, opt->name);
	str_addz(s, ": {\n      ");
	json_member(s, "description", opt->help);
	str_addz(s, ",\n");
	if (opt->state != OPTION_DONE) {
		str_addz(s, "      ");
		json_member(s, "deprecationMessage", opt->help);
		str_addz(s, ",\n");
	}
	put_default(s, opt);
	str_addz(s, "      \"anyOf\": [\n        ");
	put_forms(s, opt);
	str_addz(s, "\n      ]\n    },\n");
}

/* Every other form of the name: "_" for "-", and "no" before it. */
static void
put_other_forms(struct str *s, const struct option *opt)
{
	struct str pattern = STR_INIT;
	const char *p;

	if (strpbrk(opt->name, "-_") == NULL && opt->type != OPTION_BOOL)
		return;
	if (opt->type == OPTION_BOOL && opt->state == OPTION_DONE)
		str_addf(&pattern, "^(?!%s$|no-%s$)(?:no[-_]?)?", opt->name,
		    opt->name);
	else if (opt->type == OPTION_BOOL)
		str_addf(&pattern, "^(?!%s$)(?:no[-_]?)?", opt->name);
	else
		str_addf(&pattern, "^(?!%s$)", opt->name);
	for (p = opt->name; *p != '\0'; p++)
		if (*p == '-' || *p == '_')
			str_addz(&pattern, "[-_]");
		else
			str_add(&pattern, p, 1);
	str_addz(&pattern, "$");
	str_addz(s, s->s[s->len - 1] == '{' ? "\n        " : ",\n        ");
	json_text(s, pattern.s);
	str_addf(s, ":\n          {\"$ref\": \"#/definitions/%s\"}", opt->name);
	str_free(&pattern);
}

static void
put_names(struct str *s, const struct option *opt)
{
	str_addz(s, s->s[s->len - 1] == '{' ? "\n        " : ",\n        ");
	json_text(s, opt->name);
	str_addf(s, ": {\"$ref\": \"#/definitions/%s\"}", opt->name);
	if (opt->type != OPTION_BOOL || opt->state != OPTION_DONE)
		return;
	str_addf(s, ",\n        \"no-%s\": {\"description\": "
	    "\"The opposite of %s.\",\n          \"allOf\": [{\"$ref\": "
	    "\"#/definitions/%s\"}]}", opt->name, opt->name, opt->name);
}

/* The options, in an object of their own or beside the jobs. */
static void
put_options(struct str *s, bool beside_jobs)
{
	size_t i;

	str_addz(s, "      \"properties\": {");
	if (beside_jobs)
		str_addz(s, "\n        \"jobs\": {\"$ref\": "
		    "\"#/definitions/jobs\"}");
	for (i = 0; i < option_count; i++)
		if (is_in_files(&option_table[i]))
			put_names(s, &option_table[i]);
	str_addz(s, "\n      },\n      \"patternProperties\": {");
	for (i = 0; i < option_count; i++)
		if (is_in_files(&option_table[i]))
			put_other_forms(s, &option_table[i]);
	str_addz(s, "\n      },\n      \"additionalProperties\": false\n");
}

static void
make(struct str *s)
{
	size_t i;

	str_addz(s, "{\n  \"$schema\": "
	    "\"http://json-schema.org/draft-07/schema#\",\n"
	    "  \"title\": \"Options of livealter in a file\",\n"
	    "  \"description\": \"See livealter.yaml(5).\",\n"
	    "  \"anyOf\": [\n    {\"type\": \"null\"},\n"
	    "    {\"$ref\": \"#/definitions/file\"}\n  ],\n"
	    "  \"definitions\": {\n");
	for (i = 0; i < option_count; i++)
		if (is_in_files(&option_table[i]))
			put_definition(s, &option_table[i]);
	str_addz(s, "    \"jobs\": {\n      \"description\": \"Jobs for --job "
	    "and --all; their options override those beside them.\",\n"
	    "      \"type\": \"object\",\n      \"additionalProperties\": "
	    "{\"anyOf\": [\n        {\"type\": \"null\"},\n"
	    "        {\"$ref\": \"#/definitions/job\"}\n      ]}\n    },\n"
	    "    \"job\": {\n      \"type\": \"object\",\n");
	put_options(s, false);
	str_addz(s, "    },\n    \"file\": {\n      \"type\": \"object\",\n");
	put_options(s, true);
	str_addz(s, "    }\n  }\n}\n");
}

static void
the_schema_is_that_of_the_table(void **state)
{
	struct str s = STR_INIT;
	char *want;
	bool equal;

	(void)state;
	make(&s);
	if (getenv("UPDATE_GOLDEN") != NULL)
		golden_write(FILE_OF_IT, s.s);
	want = golden_read(FILE_OF_IT);
	equal = want != NULL && strcmp(want, s.s) == 0;
	if (!equal && want != NULL)
		golden_diff(FILE_OF_IT, s.s);
	free(want);
	str_free(&s);
	if (!equal)
		fail_msg("not as %s has it; UPDATE_GOLDEN=1 with this program "
		    "writes it anew", FILE_OF_IT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_that_of_the_table),
	};

	return cmocka_run_group_tests_name("yaml_schema", tests, NULL, NULL);
}
