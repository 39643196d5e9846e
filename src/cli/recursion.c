#include "cli/recursion.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/util.h"
#include "cli/dsn.h"

static const struct {
	const char *word;
	unsigned int bit;
} methods[] = {
	{ "processlist", RECURSION_PROCESSLIST },
	{ "hosts", RECURSION_HOSTS },
	{ "cluster", RECURSION_CLUSTER },
	{ "none", RECURSION_NONE },
};

static bool
take_word(unsigned int *bits, const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (same_text(word, methods[i].word)) {
			*bits |= methods[i].bit;
			return true;
		}
	return false;
}

static const char *
check_table(const char *text)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *why = NULL;
	struct dsn d;

	if (dsn_parse(&d, text, &ignored) != 0)
		why = "what follows dsn= is no DSN";
	else if (d.database == NULL || d.table == NULL)
		why = "the DSN after dsn= names no table, by D= and t=";
	dsn_free(&d);
	return why;
}

const char *
recursion_parse(struct recursion *r, const char *text)
{
	const char *rest = text;
	bool known = true;
	char *word;

	*r = (struct recursion){ 0, NULL };
	while (rest != NULL && known) {
		while (*rest == ' ')
			rest++;
		if (strncasecmp(rest, "dsn=", 4) == 0) {
			r->methods |= RECURSION_DSN;
			r->table = rest + 4;
			break;
		}
		word = list_next(&rest);
		known = take_word(&r->methods, word);
		free(word);
	}
	if (!known)
		return "not a list of processlist, hosts, cluster, none and "
		    "dsn=DSN";
	if ((r->methods & RECURSION_NONE) != 0 &&
	    r->methods != RECURSION_NONE)
		return "none, and others";
	return r->table != NULL ? check_table(r->table) : NULL;
}

/* The "dsn=" may stand directly before "p=". */
void
recursion_hide(char *text)
{
	char *p = text;

	while (strncasecmp(p, "dsn=", 4) != 0 && strchr(p, ',') != NULL)
		p = strchr(p, ',') + 1;
	dsn_hide(strncasecmp(p, "dsn=", 4) == 0 ? p + 4 : text);
}
