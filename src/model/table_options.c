#include "model/table_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "model/lex.h"

struct option {
	char *name, *text;
};

struct options {
	struct option *option;
	size_t n;
	char *partitions;		/* or NULL */
};

/* What makes one as if it had not been said. */
static const struct {
	const char *name, *clause;
} defaults[] = {
	{ "AVG_ROW_LENGTH", "AVG_ROW_LENGTH=0" },
	{ "CHECKSUM", "CHECKSUM=0" },
	{ "COMMENT", "COMMENT=''" },
	{ "COMPRESSION", "COMPRESSION='NONE'" },
	{ "DELAY_KEY_WRITE", "DELAY_KEY_WRITE=0" },
	{ "ENCRYPTION", "ENCRYPTION='N'" },
	{ "KEY_BLOCK_SIZE", "KEY_BLOCK_SIZE=0" },
	{ "MAX_ROWS", "MAX_ROWS=0" },
	{ "MIN_ROWS", "MIN_ROWS=0" },
	{ "PACK_KEYS", "PACK_KEYS=DEFAULT" },
	{ "PAGE_CHECKSUM", "PAGE_CHECKSUM=0" },
	{ "ROW_FORMAT", "ROW_FORMAT=DEFAULT" },
	{ "STATS_AUTO_RECALC", "STATS_AUTO_RECALC=DEFAULT" },
	{ "STATS_PERSISTENT", "STATS_PERSISTENT=DEFAULT" },
	{ "STATS_SAMPLE_PAGES", "STATS_SAMPLE_PAGES=DEFAULT" },
};

static char *
cut(const struct lex *l, size_t from, size_t to)
{
	struct str q = STR_INIT;
	size_t at = l->token[from].at;

	str_add(&q, l->text + at, lex_end(l, to) - at);
	return str_take(&q);
}

/* The last token of the option at i, whose name ends at *name. */
static size_t
option_end(const struct lex *l, size_t i, size_t *name)
{
	size_t k = i;

	if (lex_is(l, i, "TABLESPACE") && !lex_punct(l, i + 1, '=')) {
		*name = i;
		return i + 1 < l->n ? i + 1 : i;
	}
	while (k + 2 < l->n && !lex_punct(l, k + 1, '='))
		k++;
	if (!lex_punct(l, k + 1, '=')) {
		*name = i;
		return i + 1 < l->n ? i + 1 : i;
	}
	*name = k;
	k += 2;
	if (lex_punct(l, k, '('))
		while (k + 1 < l->n && !lex_punct(l, k, ')'))
			k++;
	return k;
}

/* A COLLATE belongs to the CHARSET before it, and need not be there. */
static void
keep(struct options *o, const struct lex *l, size_t i, size_t name,
    size_t end)
{
	struct option *last = o->n > 0 ? &o->option[o->n - 1] : NULL;
	struct str q = STR_INIT;

	if (lex_is(l, i, "COLLATE") && last != NULL) {
		str_addf(&q, "%s ", last->text);
		free(last->text);
		str_add(&q, l->text + l->token[i].at,
		    lex_end(l, end) - l->token[i].at);
		last->text = str_take(&q);
	} else if (!lex_is(l, i, "AUTO_INCREMENT")) {
		o->option = xrealloc(o->option, o->n + 1, sizeof(*o->option));
		o->option[o->n++] = (struct option){ cut(l, i, name),
		    cut(l, i, end) };
	}
}

static void
read_options(struct options *o, const char *text)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	size_t i = 0, name, end;

	if (lex_scan(&l, text, &mode, &ignored) != 0)
		l.n = 0;
	while (i < l.n && o->partitions == NULL) {
		if (lex_is(&l, i, "PARTITION")) {
			o->partitions = cut(&l, i, l.n - 1);
			break;
		}
		end = option_end(&l, i, &name);
		keep(o, &l, i, name, end);
		i = end + 1;
	}
	lex_free(&l);
}

static void
free_options(struct options *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		free(o->option[i].name);
		free(o->option[i].text);
	}
	free(o->option);
	free(o->partitions);
}

static const struct option *
find(const struct options *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (same_text(o->option[i].name, name))
			return &o->option[i];
	return NULL;
}

/* The options of a storage engine are names: `PAGE_COMPRESSED`=1. */
static void
unsay(struct summary_list *clauses, struct summary_list *lost,
    const struct option *o)
{
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (same_text(o->name, defaults[i].name)) {
			summary_add(clauses, "option", o->name, "%s",
			    defaults[i].clause);
			return;
		}
	if (o->name[0] == '`')
		summary_add(clauses, "option", o->name, "%s=DEFAULT", o->name);
	else
		summary_add(lost, "option", o->name, "%s: no clause takes it "
		    "away", o->text);
}

void
table_options_back(struct summary_list *clauses, struct summary_list *lost,
    const char *was, const char *is)
{
	struct options a = { NULL, 0, NULL }, b = { NULL, 0, NULL };
	const struct option *o;
	size_t i;

	read_options(&a, was);
	read_options(&b, is);
	for (i = 0; i < a.n; i++) {
		o = find(&b, a.option[i].name);
		if (o == NULL || strcmp(o->text, a.option[i].text) != 0)
			summary_add(clauses, "option", a.option[i].name, "%s",
			    a.option[i].text);
	}
	for (i = 0; i < b.n; i++)
		if (find(&a, b.option[i].name) == NULL)
			unsay(clauses, lost, &b.option[i]);
	if (a.partitions == NULL && b.partitions != NULL)
		summary_add(clauses, "partitions", "", "REMOVE PARTITIONING");
	else if (a.partitions != NULL && (b.partitions == NULL ||
	    strcmp(a.partitions, b.partitions) != 0))
		summary_add(clauses, "partitions", "", "%s", a.partitions);
	free_options(&a);
	free_options(&b);
}
