#include "base/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_list.h"
#include "base/util.h"

#define OLD	60.0	/* seconds: what was a replica's lag then, is no more */
#define MOST	1e9	/* seconds: 31 years */
#define LIMIT	125	/* the highest exit status */

/* A place for a replica: its own, or the oldest. */
static size_t
place(const struct figures_kept *f, const char *name)
{
	size_t i, oldest = 0;

	for (i = 0; i < FIGURES_REPLICAS; i++) {
		if (strcmp(f->replica[i].name, name) == 0)
			return i;
		if (f->replica[i].at < f->replica[oldest].at)
			oldest = i;
	}
	return oldest;
}

void
figures_step(struct figures_kept *f)
{
	f->now.verb[0] = '\0';
	f->now.progress = (struct progress){ .verb = NULL };
	f->now.chunk_s = -1;
	f->now.blocker[0] = '\0';
}

void
figures_progress(struct figures_kept *f, const struct progress *p)
{
	snprintf(f->now.verb, sizeof(f->now.verb), "%s", p->verb);
	f->now.progress = *p;
	f->now.progress.verb = NULL;
}

void
figures_chunk(struct figures_kept *f, double seconds, double aim)
{
	f->now.chunk_s = seconds;
	f->now.chunk_aim = aim;
}

void
figures_lag(struct figures_kept *f, const char *name, double lag, double limit)
{
	size_t i = place(f, name);

	snprintf(f->replica[i].name, sizeof(f->replica[i].name), "%s", name);
	f->replica[i].lag = lag;
	f->replica[i].limit = limit;
	f->replica[i].at = now_s();
}

void
figures_blocker(struct figures_kept *f, const char *text)
{
	snprintf(f->now.blocker, sizeof(f->now.blocker), "%s",
	    text != NULL ? text : "");
}

void
figures_error(struct figures_kept *f, enum err_kind kind)
{
	if (f->now.error == ERR_NONE)
		f->now.error = kind;
}

/* --- in the registry ------------------------------------------------------*/

static void
pack_lag(struct str *out, const struct figures_kept *f)
{
	const size_t none = FIGURES_REPLICAS;
	struct str text = STR_INIT;
	size_t i, most = none;

	for (i = 0; i < FIGURES_REPLICAS; i++)
		if (f->replica[i].at > 0 && now_s() - f->replica[i].at < OLD &&
		    (most == none ||
		    f->replica[i].lag > f->replica[most].lag))
			most = i;
	if (most == none)
		return;
	str_addf(&text, "%.3f %.3f %s", f->replica[most].lag,
	    f->replica[most].limit, f->replica[most].name);
	text_list_add(out, "lag");
	text_list_add_cut(out, text.s, FIGURES_TEXT / 2);
	str_free(&text);
}

void
figures_pack(struct str *out, const struct figures_kept *f, size_t size)
{
	const struct progress *p = &f->now.progress;
	struct str text = STR_INIT, all = STR_INIT;

	if (f->now.error != ERR_NONE) {
		str_addf(&text, "%u", (unsigned int)f->now.error);
		text_list_add(&all, "error");
		text_list_add(&all, text.s);
	}
	if (f->now.verb[0] != '\0') {
		str_reset(&text);
		str_addf(&text, "%s %llu %llu %llu %llu %.3f", f->now.verb,
		    p->total, p->done, p->before, p->chunk, p->seconds);
		text_list_add(&all, "rows");
		text_list_add(&all, text.s);
	}
	if (f->now.chunk_s >= 0) {
		str_reset(&text);
		str_addf(&text, "%.3f %.3f", f->now.chunk_s,
		    f->now.chunk_aim);
		text_list_add(&all, "chunk");
		text_list_add(&all, text.s);
	}
	pack_lag(&all, f);
	if (f->now.blocker[0] != '\0') {
		text_list_add(&all, "blocker");
		text_list_add_cut(&all, f->now.blocker, FIGURES_TEXT - 1);
	}
	if (all.len <= size)
		str_addz(out, all.s);
	str_free(&text);
	str_free(&all);
}

/* Any number may be there, or none. */
static double
number_at(char **text)
{
	double n = strtod(*text, text);

	return n > 0 && n < MOST ? n : n < 0 ? -1 : 0;
}

static void
read_rows(struct figures *f, char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	char *p = text + len;

	if (len == 0 || len >= sizeof(f->verb))
		return;
	snprintf(f->verb, sizeof(f->verb), "%.*s", (int)len, text);
	f->progress.total = strtoull(p, &p, 10);
	f->progress.done = strtoull(p, &p, 10);
	f->progress.before = strtoull(p, &p, 10);
	f->progress.chunk = strtoull(p, &p, 10);
	f->progress.seconds = number_at(&p);
	if (f->progress.before > f->progress.done)
		f->progress.before = f->progress.done;
}

static void
read_one(struct figures *f, const char *name, char *text)
{
	char *p = text;

	if (strcmp(name, "rows") == 0) {
		read_rows(f, text);
	} else if (strcmp(name, "chunk") == 0) {
		f->chunk_s = number_at(&p);
		f->chunk_aim = number_at(&p);
	} else if (strcmp(name, "lag") == 0) {
		f->lag = number_at(&p);
		f->lag_limit = number_at(&p);
		snprintf(f->lag_of, sizeof(f->lag_of), "%s",
		    *p == ' ' ? p + 1 : p);
	} else if (strcmp(name, "blocker") == 0) {
		snprintf(f->blocker, sizeof(f->blocker), "%s", text);
	} else if (strcmp(name, "error") == 0) {
		f->error = (enum err_kind)(strtoul(text, NULL, 10) <= LIMIT ?
		    strtoul(text, NULL, 10) : ERR_NONE);
	}
}

void
figures_unpack(struct figures *f, const char *text)
{
	const char *rest = text;
	char *name, *value;

	*f = (struct figures){ .chunk_s = -1, .lag = -1 };
	while ((name = text_list_next(&rest)) != NULL) {
		value = text_list_next(&rest);
		if (value != NULL)
			read_one(f, name, value);
		free(value);
		free(name);
	}
}
