#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "base/limit.h"
#include "base/list.h"
#include "base/num.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/util.h"
#include "base/window.h"
#include "cli/dsn.h"
#include "cli/option_parse.h"
#include "cli/ownership.h"
#include "cli/recursion.h"

/* More would not be retrying but hoping. */
#define TIMES_MAX 1000000

static const char *
set_text(char **to, const char *value)
{
	char *was = *to;

	*to = xstrdup(value);
	secret_free(was);
	return NULL;
}

/* One of "these|words", in any case. */
static const char *
set_word(char **to, const char *words, const char *value)
{
	const char *end;
	char *word;
	bool found = false;

	for (; *words != '\0' && !found; words = end + (*end != '\0')) {
		end = words + strcspn(words, "|");
		word = xstrndup(words, (size_t)(end - words));
		found = same_text(word, value);
		free(word);
	}
	return found ? set_text(to, value) : "not a word that it takes";
}

static const char *
set_digest(char **to, const char *value)
{
	if (strlen(value) != 64 ||
	    strspn(value, "0123456789abcdefABCDEF") != 64)
		return "not the 64 hexadecimal digits of a digest";
	return set_text(to, value);
}

static const char *
set_known(const struct option *opt, char **to, const char *value)
{
	return opt->type == OPTION_WORD ? set_word(to, opt->arg, value) :
	    set_digest(to, value);
}

static const char *
set_bool(bool *to, bool no, const char *value)
{
	bool v;

	if (num_bool(value, &v) == -1)
		return "not yes or no";
	*to = v != no;
	return NULL;
}

static const char *
set_size(unsigned long long *to, const struct option *opt, const char *value)
{
	unsigned long long v;

	if (num_size(value, &v) == -1)
		return "not a number with k, M or G";
	if (v < opt->lo)
		return "must be at least 1";
	*to = v;
	return NULL;
}

static const char *
set_uint(unsigned int *to, const struct option *opt, const char *value)
{
	const bool may_be_auto = same_text(opt->deflt, "auto");

	if (may_be_auto && same_text(value, "auto")) {
		*to = 0;
		return NULL;
	}
	return num_uint(value, opt->lo, opt->hi, to) == 0 ? NULL :
	    may_be_auto ? "neither auto nor a whole number in its range" :
	    "not a whole number in its range";
}

static const char *
set_real(double *to, unsigned int hi, const char *value)
{
	double v;

	if (num_real(value, &v) == -1 || v > hi)
		return "not a number in its range";
	*to = v;
	return NULL;
}

/* One of these. */
static const char *
set_number(const struct option *opt, void *to, const char *value)
{
	return opt->type == OPTION_UINT ? set_uint(to, opt, value) :
	    opt->type == OPTION_REAL ? set_real(to, opt->hi, value) :
	    set_size(to, opt, value);
}

static const char *
set_tls(enum tls_mode *to, const char *value)
{
	bool on;

	if (same_text(value, "auto"))
		*to = TLS_AUTO;
	else if (num_bool(value, &on) == 0)
		*to = on ? TLS_REQUIRED : TLS_OFF;
	else
		return "not 0, 1 or auto";
	return NULL;
}

static const char *
set_defer(enum defer_mode *to, const char *value)
{
	if (same_text(value, "auto"))
		*to = DEFER_AUTO;
	else if (same_text(value, "always"))
		*to = DEFER_ALWAYS;
	else if (same_text(value, "never"))
		*to = DEFER_NEVER;
	else
		return "not auto, always or never";
	return NULL;
}

static const char *
set_verify(enum verify_mode *to, const char *value)
{
	if (same_text(value, "checksum"))
		*to = VERIFY_CHECKSUM;
	else if (same_text(value, "count"))
		*to = VERIFY_COUNT;
	else if (same_text(value, "none"))
		*to = VERIFY_NONE;
	else
		return "not checksum, count or none";
	return NULL;
}

static const char *
set_verify_swap(enum verify_swap *to, const char *value)
{
	bool on;

	if (same_text(value, "auto"))
		*to = VERIFY_SWAP_AUTO;
	else if (num_bool(value, &on) == 0)
		*to = on ? VERIFY_SWAP_YES : VERIFY_SWAP_NO;
	else
		return "not auto, yes or no";
	return NULL;
}

static const char *
set_output(enum output_form *to, const char *value)
{
	if (strcmp(value, "text") == 0)
		*to = OUTPUT_TEXT;
	else if (strcmp(value, "json") == 0)
		*to = OUTPUT_JSON;
	else
		return "neither text nor json";
	return NULL;
}

/* One of these. */
static const char *
set_how(enum option_type type, void *to, const char *value)
{
	return type == OPTION_DEFER ? set_defer(to, value) :
	    type == OPTION_VERIFY ? set_verify(to, value) :
	    type == OPTION_TLS ? set_tls(to, value) :
	    type == OPTION_OUTPUT ? set_output(to, value) :
	    set_verify_swap(to, value);
}

static const char *
set_progress(struct config *c, const char *value)
{
	const char *comma = strchr(value, ',');
	const char *n = comma == NULL ? value : comma + 1;
	size_t len = comma == NULL ? 0 : (size_t)(comma - value);
	enum progress_by by;
	unsigned int times = 0;
	double every = 0;
	int rc;

	if (comma == NULL || (len == 4 && memcmp(value, "time", len) == 0)) {
		by = PROGRESS_TIME;
		rc = num_seconds(n, &every);
	} else if (len == 10 && memcmp(value, "percentage", len) == 0) {
		by = PROGRESS_PERCENTAGE;
		rc = num_real(n, &every);
		if (every > 100)
			rc = -1;
	} else if (len == 10 && memcmp(value, "iterations", len) == 0) {
		by = PROGRESS_ITERATIONS;
		rc = num_uint(n, 1, TIMES_MAX, &times);
		every = times;
	} else {
		return "not time,SECONDS, percentage,N or iterations,N";
	}
	if (rc == -1 || !(every > 0))
		return "not a number it could report by";
	c->progress_by = by;
	c->progress_every = every;
	return NULL;
}

struct tries *
option_tries(struct config *c, size_t i, const char **name)
{
	switch (i) {
	case 0:
		*name = "create_triggers";
		return &c->tries_create_triggers;
	case 1:
		*name = "drop_triggers";
		return &c->tries_drop_triggers;
	case 2:
		*name = "copy_rows";
		return &c->tries_copy_rows;
	case 3:
		*name = "swap_tables";
		return &c->tries_swap_tables;
	case 4:
		*name = "update_foreign_keys";
		return &c->tries_update_foreign_keys;
	case 5:
		*name = "analyze_table";
		return &c->tries_analyze_table;
	default:
		*name = NULL;
		return NULL;
	}
}

/* "copy_rows:10:0.25"; item is taken apart. */
static const char *
set_one_tries(struct config *c, char *item)
{
	char *times = strchr(item, ':'), *wait;
	struct tries *t, v = { .times = 0 };
	const char *name;
	size_t i;

	wait = times == NULL ? NULL : strchr(times + 1, ':');
	if (times == NULL || wait == NULL)
		return "not OPERATION:TIMES:WAIT";
	*times++ = '\0';
	*wait++ = '\0';
	for (i = 0; (t = option_tries(c, i, &name)) != NULL; i++)
		if (strcmp(item, name) == 0)
			break;
	if (t == NULL)
		return "not an operation that is tried again "
		    "(create_triggers, drop_triggers, copy_rows, swap_tables, "
		    "update_foreign_keys, analyze_table)";
	if (num_uint(times, 1, TIMES_MAX, &v.times) == -1)
		return "not a number of times from 1";
	if (num_seconds(wait, &v.wait) == -1)
		return "not a time to wait";
	t->times = v.times;
	t->wait = v.wait;
	return NULL;
}

/* What is not named keeps its value. */
static const char *
set_tries(struct config *c, const char *value)
{
	struct config copy = *c;
	const char *why = NULL, *name;
	struct tries *t;
	size_t i;
	char *item;

	while (value != NULL && why == NULL) {
		item = list_next(&value);
		why = set_one_tries(&copy, item);
		free(item);
	}
	for (i = 0; why == NULL &&
	    (t = option_tries(c, i, &name)) != NULL; i++)
		*t = *option_tries(&copy, i, &name);
	return why;
}

static const char *
check_var(const char *item)
{
	const char *eq = strchr(item, '=');

	return eq == NULL || eq == item ? "not a list of name=value" : NULL;
}

static const char *
check_warning(const char *item)
{
	size_t digits = strspn(item, "0123456789");

	if (digits == 0 || digits > 5 ||
	    (item[digits] != '\0' && item[digits] != ':') ||
	    (item[digits] == ':' && item[digits + 1] == '\0'))
		return "not a list of CODE or CODE:COLUMN";
	return NULL;
}

static const char *
check_limit(const char *item)
{
	struct limit ignored;

	return limit_parse(&ignored, item);
}

static const char *
set_list(char **to, const char *value, const char *(*check)(const char *))
{
	const char *why = NULL, *rest = *value == '\0' ? NULL : value;
	char *item;

	while (rest != NULL && why == NULL) {
		item = list_next(&rest);
		why = check(item);
		free(item);
	}
	return why != NULL ? why : set_text(to, value);
}

static bool
is_named(const char *rest, const char *name)
{
	struct limit l;
	bool found = false;
	char *item;

	while (rest != NULL && !found) {
		item = list_next(&rest);
		found = limit_parse(&l, item) == NULL &&
		    same_text(l.name, name);
		free(item);
	}
	return found;
}

/* Two limits of one variable contradict each other. */
static const char *
set_limits(char **to, const char *value)
{
	const char *rest = *value == '\0' ? NULL : value;
	struct limit l;
	bool twice = false;
	char *item;

	while (rest != NULL && !twice) {
		item = list_next(&rest);
		twice = limit_parse(&l, item) == NULL &&
		    is_named(rest, l.name);
		free(item);
	}
	return twice ? "names a variable twice" :
	    set_list(to, value, check_limit);
}

static const char *
set_window(char **to, const char *value)
{
	struct window w;
	const char *why = window_parse(&w, value);

	return why != NULL ? why : set_text(to, value);
}

/* '' takes back what a file says. */
static const char *
set_account(char **to, const char *value)
{
	struct err ignored = { .kind = ERR_NONE };
	struct account a;

	if (*value == '\0') {
		free(*to);
		*to = NULL;
		return NULL;
	}
	return account_set(&a, value, &ignored) != 0 ?
	    "not an account, USER or USER@HOST" : set_text(to, value);
}

static const char *
set_mycnf(char **to, const char *value)
{
	const char *why;

	if (value[0] != '/')
		return "not an absolute path";
	if (access(value, R_OK) == -1)
		return "cannot be read";
	why = ownership_refusal_of(value);
	if (why != NULL)
		return why;
	return set_text(to, value);
}

static const char *
set_recursion(char **to, const char *value)
{
	struct recursion r;
	const char *why = recursion_parse(&r, value);

	return why != NULL ? why : set_text(to, value);
}

static const char *
check_dsn(const char *value, bool by_socket)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *why = NULL;
	unsigned int port;
	struct dsn d;

	if (dsn_parse(&d, value, &ignored) != 0)
		why = "not a DSN";
	else if (d.host == NULL && !(by_socket && d.socket != NULL))
		why = by_socket ? "a DSN without h= or S=" :
		    "a DSN without h=";
	else if (d.port != NULL && num_uint(d.port, 1, 65535, &port) != 0)
		why = "a DSN with a wrong P=";
	dsn_free(&d);
	return why;
}

static const char *
set_dsn(char **to, const char *value)
{
	const char *why = check_dsn(value, true);

	return why != NULL ? why : set_text(to, value);
}

/* One more line of them, or the lines that option_value() shows. */
static const char *
add_dsns(char **to, const char *value)
{
	const char *end, *why = NULL;
	struct str all = STR_INIT;
	char *one, *was = *to;

	str_addz(&all, was != NULL ? was : "");
	do {
		end = value + strcspn(value, "\n");
		one = xstrndup(value, (size_t)(end - value));
		why = check_dsn(one, false);
		str_addf(&all, "%s\n", one);
		secret_free(one);
		value = end + (*end != '\0');
	} while (why == NULL && *value != '\0');
	if (why == NULL)
		*to = str_take(&all);
	secret_free(why == NULL ? was : str_take(&all));
	return why;
}

const char *
option_parse(const struct option *opt, struct config *c, bool no,
    const char *value)
{
	void *to = (char *)c + opt->at;

	switch (opt->type) {
	case OPTION_FLAG:
	case OPTION_BOOL:
		return set_bool(to, no, value);
	case OPTION_TEXT:
	case OPTION_SECRET:
	case OPTION_LIST:
		return set_text(to, value);
	case OPTION_WORD:
	case OPTION_DIGEST:
		return set_known(opt, to, value);
	case OPTION_MYCNF:
		return set_mycnf(to, value);
	case OPTION_VARS:
	case OPTION_WARNINGS:
		return set_list(to, value, opt->type == OPTION_VARS ?
		    check_var : check_warning);
	case OPTION_WINDOW:
		return set_window(to, value);
	case OPTION_LIMITS:
		return set_limits(to, value);
	case OPTION_ACCOUNT:
		return set_account(to, value);
	case OPTION_RECURSION:
		return set_recursion(to, value);
	case OPTION_DSN:
		return set_dsn(to, value);
	case OPTION_DSNS:
		return add_dsns(to, value);
	case OPTION_UINT:
	case OPTION_REAL:
	case OPTION_SIZE:
		return set_number(opt, to, value);
	case OPTION_SECONDS:
		return num_seconds(value, to) == 0 ? NULL : "not a duration";
	case OPTION_TLS:
	case OPTION_OUTPUT:
	case OPTION_DEFER:
	case OPTION_VERIFY:
	case OPTION_VERIFY_SWAP:
		return set_how(opt->type, to, value);
	case OPTION_PROGRESS:
		return set_progress(c, value);
	case OPTION_TRIES:
		return set_tries(c, value);
	}
	return "not a known type";
}
