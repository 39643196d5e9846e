#include "base/waits.h"

#include <stdlib.h>

#include "base/progress.h"
#include "base/reasons.h"
#include "base/text_list.h"
#include "base/util.h"

#define MOST_WORKERS 1000.0	/* that are taken for true */
#define WORTH	0.5	/* seconds, to be told */
#define LEAST	40	/* bytes of a text: with less there is no use in it */
#define MOST	1e9	/* seconds: 31 years */
#define FRAME	6	/* bytes that text_list_add() adds, of short texts */

double
waits_share(const struct waited *w)
{
	double share = w->run > 0 ? w->seconds / w->run : 0;

	return !(share > 0) ? 0 : share < 1 ? share : 1;
}

void
waits_line(struct str *out, const char *before, const struct waited *w)
{
	if (w->seconds < WORTH)
		return;
	str_addf(out, "%swaited ", before);
	progress_clock(out, w->seconds);
	str_addf(out, ", %.0f%% of the run", 100 * waits_share(w));
}

/* --- in the registry ------------------------------------------------------*/

static size_t
count(const char *list)
{
	struct reason r;
	size_t n = 0;

	for (; reasons_next(&list, &r); n++)
		reasons_free(&r);
	return n;
}

/* A source gets a third of a reason's room: its name is in the text, too. */
static void
pack_reasons(struct str *out, const char *list, size_t size)
{
	size_t n = count(list), each, was = out->len;
	struct reason r;

	if (n == 0 || size < was)
		return;
	each = (size - was) / n;
	while (each < 3 * LEAST && n > 1)
		each = (size - was) / --n;
	for (; n-- > 0 && reasons_next(&list, &r); reasons_free(&r)) {
		was = out->len;
		text_list_add_cut(out, r.source, each / 3);
		text_list_add(out, r.since);
		if (was + each > out->len + FRAME)
			text_list_add_cut(out, r.text,
			    was + each - out->len - FRAME);
		else
			text_list_add(out, "");
	}
}

void
waits_pack(struct str *out, const struct waits *w, size_t size)
{
	struct str number = STR_INIT;

	if (!(w->waited.seconds > 0) && w->what[0] == '\0' &&
	    w->workers == 0)
		return;
	str_addf(&number, "%.1f %.1f", w->waited.seconds, w->waited.run);
	if (w->workers > 0)
		str_addf(&number, " %u %u %s", w->workers, w->workers_most,
		    w->fewer);
	text_list_add_cut(out, number.s, size / 6);
	str_free(&number);
	/* It says what the reasons say. */
	if (w->reasons[0] == '\0')
		text_list_add_cut(out, w->what, size - out->len - FRAME);
	else
		text_list_add(out, "");
	pack_reasons(out, w->reasons, size);
}

/* Any number may be there, or none. */
static double
number_at(char **text)
{
	double n = strtod(*text, text);

	return n > 0 && n < MOST ? n : 0;
}

/* What a registry says may be any number. */
static unsigned int
count_at(char **text)
{
	double n = number_at(text);

	return n > 0 && n < MOST_WORKERS ? (unsigned int)n : 0;
}

static void
join(struct waits *w)
{
	struct str what = STR_INIT;
	const char *list = w->reasons;
	struct reason r;

	for (; reasons_next(&list, &r); reasons_free(&r))
		str_addf(&what, "%s%s", what.len > 0 ? "; and " : "", r.text);
	if (what.len > 0) {
		free(w->what);
		w->what = str_take(&what);
	}
}

void
waits_unpack(struct waits *w, const char *text)
{
	const char *rest = text;
	char *numbers = text_list_next(&rest), *p = numbers;
	char *what = numbers != NULL ? text_list_next(&rest) : NULL;
	const char *fewer = "";

	*w = (struct waits){ .what = what, .reasons = NULL };
	if (what == NULL) {
		w->what = xstrdup(text);
		rest = "";
	} else {
		w->waited.seconds = number_at(&p);
		w->waited.run = number_at(&p);
		w->workers = count_at(&p);
		w->workers_most = count_at(&p);
		fewer = *p == ' ' ? p + 1 : "";
	}
	w->reasons = xstrdup(rest);
	w->fewer = xstrdup(fewer);
	free(numbers);
	join(w);
}

void
waits_free(struct waits *w)
{
	free(w->fewer);
	free(w->what);
	free(w->reasons);
	w->fewer = w->what = w->reasons = NULL;
}
