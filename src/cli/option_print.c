#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cli/option.h"
#include "cli/option_parse.h"
#include "cli/recursion.h"

/* Where the explanations start, and where they end. */
#define LEFT 30
#define RIGHT 79

static const struct {
	enum option_state state;
	enum option_group group;
	const char *title;
} section[] = {
	{ OPTION_DONE, OPTION_WHAT, "What to do" },
	{ OPTION_DONE, OPTION_CONNECT, "The server" },
	{ OPTION_DONE, OPTION_TABLE, "The new table" },
	{ OPTION_DONE, OPTION_SAFE, "What is safe" },
	{ OPTION_DONE, OPTION_COPY, "The copy" },
	{ OPTION_DONE, OPTION_REPLICAS, "Replicas" },
	{ OPTION_DONE, OPTION_ENDS, "The swap and the end" },
	{ OPTION_DONE, OPTION_SHOWN, "What is shown" },
	{ OPTION_DONE, OPTION_SCRIPTS, "For scripts" },
	{ OPTION_DONE, OPTION_META, "Options" },
	{ OPTION_NOTED, OPTION_WHAT,
	    "Accepted for compatibility; nothing needs doing" },
	{ OPTION_OLD_NAME, OPTION_REPLICAS, "Old names" },
	{ OPTION_REFUSED, OPTION_WHAT, "Refused" },
	{ OPTION_LATER, OPTION_WHAT, "Not yet supported" },
};

/* Words to a width, continued under LEFT.  col is where we are. */
static void
wrap(struct str *to, size_t col, const char *text)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		if (col > LEFT && col + 1 + len > RIGHT) {
			str_addf(to, "\n%*s", LEFT, "");
			col = LEFT;
		} else if (col > LEFT) {
			str_addz(to, " ");
			col++;
		}
		str_addf(to, "%.*s", (int)len, text);
		col += len;
		text += len;
		text += strspn(text, " ");
	}
	str_addz(to, "\n");
}

static void
help_option(struct str *to, const struct option *opt)
{
	struct str left = STR_INIT, right = STR_INIT;

	if (opt->letter != '\0')
		str_addf(&left, "  -%c, ", opt->letter);
	else
		str_addz(&left, "      ");
	str_addf(&left, "--%s%s", opt->type == OPTION_BOOL ? "[no]" : "",
	    opt->name);
	if (opt->arg != NULL)
		str_addf(&left, " %s", opt->arg);
	str_addz(&right, opt->help);
	if (opt->type == OPTION_TRIES)
		str_addz(&right, " (default: 10:1, and copy_rows:10:0.25)");
	else if (opt->deflt != NULL)
		str_addf(&right, " (default: %s)", opt->deflt);
	str_addz(to, left.s);
	if (left.len + 1 < LEFT)
		str_addf(to, "%*s", (int)(LEFT - left.len), "");
	else
		str_addf(to, "\n%*s", LEFT, "");
	wrap(to, LEFT, right.s);
	str_free(&left);
	str_free(&right);
}

void
option_help(struct str *to)
{
	const struct option *opt;
	size_t i, k;

	str_addz(to, "Usage: livealter --alter SQL D=DATABASE,t=TABLE "
	    "--dry-run | --execute\n"
	    "       livealter status D=DATABASE[,t=TABLE]\n"
	    "       livealter watch D=DATABASE[,t=TABLE]\n"
	    "       livealter resume D=DATABASE,t=TABLE [--dry-run]\n"
	    "       livealter control D=DATABASE,t=TABLE pause | go | "
	    "postpone | cut-over |\n"
	    "                 abort | set chunk-time=SECONDS | set "
	    "threads=N\n"
	    "       livealter cleanup D=DATABASE,t=TABLE [--dry-run]\n"
	    "       livealter revert D=DATABASE,t=TABLE [--dry-run]\n"
	    "       livealter explain [EXIT-STATUS]\n\n"
	    "Change the schema of a live table.  The DSN is a list of\n"
	    "KEY=VALUE: h host, P port, S socket, u user, p password, "
	    "D database, t table,\n"
	    "A charset, F my.cnf, s TLS.  It overrides the options.\n");
	for (i = 0; i < sizeof(section) / sizeof(section[0]); i++) {
		str_addf(to, "\n%s:\n", section[i].title);
		for (k = 0; k < option_count; k++) {
			opt = &option_table[k];
			if (opt->state == section[i].state &&
			    opt->group == section[i].group)
				help_option(to, opt);
		}
	}
}

/* Without an exponent, which num_seconds() does not take. */
static void
add_number(struct str *s, double v)
{
	str_addf(s, "%.9f", v);
	while (s->s[s->len - 1] == '0')
		s->s[--s->len] = '\0';
	if (s->s[s->len - 1] == '.')
		s->s[--s->len] = '\0';
}

static bool
add_progress(struct str *s, const struct config *c)
{
	switch (c->progress_by) {
	case PROGRESS_TIME:
		str_addz(s, "time,");
		break;
	case PROGRESS_PERCENTAGE:
		str_addz(s, "percentage,");
		break;
	case PROGRESS_ITERATIONS:
		str_addz(s, "iterations,");
		break;
	}
	add_number(s, c->progress_every);
	return true;
}

static bool
add_tries(struct str *s, const struct config *c)
{
	struct config copy = *c;
	const struct tries *t;
	const char *name;
	size_t i;

	for (i = 0; (t = option_tries(&copy, i, &name)) != NULL; i++) {
		str_addf(s, "%s%s:%u:", i > 0 ? "," : "", name, t->times);
		add_number(s, t->wait);
	}
	return true;
}

static bool
add_text(struct str *s, const char *text)
{
	if (text != NULL)
		str_addz(s, text);
	return text != NULL;
}

/* Without their passwords. */
static bool
add_dsns(struct str *s, const char *text)
{
	const char *p, *end;
	char *one;

	for (p = text; p != NULL && *p != '\0'; p = end + (*end != '\0')) {
		end = p + strcspn(p, "\n");
		one = xstrndup(p, (size_t)(end - p));
		recursion_hide(one);
		str_addf(s, "%s%s", s->len > 0 ? "\n" : "", one);
		free(one);
	}
	return text != NULL;
}

/* 0 is none, unless there is a default, or that default. */
static bool
add_uint(struct str *s, unsigned int v, const char *deflt)
{
	if (v == 0 && same_text(deflt, "auto"))
		str_addz(s, deflt);
	else if (v != 0 || deflt != NULL)
		str_addf(s, "%u", v);
	return v != 0 || deflt != NULL;
}

static void
add_tls(struct str *s, enum tls_mode v)
{
	str_addz(s, v == TLS_AUTO ? "auto" : v == TLS_OFF ? "0" : "1");
}

static void
add_defer(struct str *s, enum defer_mode v)
{
	str_addz(s, v == DEFER_AUTO ? "auto" :
	    v == DEFER_ALWAYS ? "always" : "never");
}

static void
add_verify(struct str *s, enum verify_mode v)
{
	str_addz(s, v == VERIFY_CHECKSUM ? "checksum" :
	    v == VERIFY_COUNT ? "count" : "none");
}

static void
add_verify_swap(struct str *s, enum verify_swap v)
{
	str_addz(s, v == VERIFY_SWAP_AUTO ? "auto" :
	    v == VERIFY_SWAP_YES ? "yes" : "no");
}

/* One of these. */
static void
add_how(struct str *s, enum option_type type, const void *at)
{
	if (type == OPTION_DEFER)
		add_defer(s, *(const enum defer_mode *)at);
	else if (type == OPTION_VERIFY)
		add_verify(s, *(const enum verify_mode *)at);
	else if (type == OPTION_OUTPUT)
		str_addz(s, *(const enum output_form *)at == OUTPUT_JSON ?
		    "json" : "text");
	else
		add_verify_swap(s, *(const enum verify_swap *)at);
}

bool
option_value(const struct option *opt, const struct config *c,
    struct str *value)
{
	const void *at = (const char *)c + opt->at;

	switch (opt->state == OPTION_DONE ? opt->type : OPTION_SECRET) {
	case OPTION_FLAG:
	case OPTION_BOOL:
		str_addz(value, *(const bool *)at ? "yes" : "no");
		return true;
	case OPTION_TEXT:
	case OPTION_WORD:
	case OPTION_DIGEST:
	case OPTION_MYCNF:
	case OPTION_LIST:
	case OPTION_VARS:
	case OPTION_WINDOW:
	case OPTION_WARNINGS:
	case OPTION_LIMITS:
	case OPTION_ACCOUNT:
		return add_text(value, *(char *const *)at);
	case OPTION_RECURSION:
	case OPTION_DSN:
	case OPTION_DSNS:
		return add_dsns(value, *(char *const *)at);
	case OPTION_UINT:
		return add_uint(value, *(const unsigned int *)at,
		    opt->deflt);
	case OPTION_SIZE:
		str_addf(value, "%llu", *(const unsigned long long *)at);
		return true;
	case OPTION_SECONDS:
	case OPTION_REAL:
		add_number(value, *(const double *)at);
		return true;
	case OPTION_TLS:
		add_tls(value, *(const enum tls_mode *)at);
		return true;
	case OPTION_OUTPUT:
	case OPTION_DEFER:
	case OPTION_VERIFY:
	case OPTION_VERIFY_SWAP:
		add_how(value, opt->type, at);
		return true;
	case OPTION_PROGRESS:
		return add_progress(value, c);
	case OPTION_TRIES:
		return add_tries(value, c);
	case OPTION_SECRET:
	default:
		return false;
	}
}
