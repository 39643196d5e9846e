#include "base/reasons.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text_list.h"

static void
add_time(struct str *out, double since)
{
	time_t whole = since > 0 ? (time_t)since : 0;
	double part = since - (double)whole;
	char text[32];
	struct tm tm;

	if (gmtime_r(&whole, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	str_addf(out, "%s.%06d", text, part > 0 && part < 1 ?
	    (int)(part * 1e6) : 0);
}

void
reasons_add(struct str *list, const char *source, double since,
    const char *text)
{
	struct str when = STR_INIT;

	add_time(&when, since);
	text_list_add(list, source);
	text_list_add(list, when.len > 0 ? when.s : "");
	text_list_add(list, text);
	str_free(&when);
}

bool
reasons_next(const char **list, struct reason *r)
{
	const char *p = *list;

	r->source = text_list_next(&p);
	r->since = r->source != NULL ? text_list_next(&p) : NULL;
	r->text = r->since != NULL ? text_list_next(&p) : NULL;
	if (r->text == NULL) {
		reasons_free(r);
		return false;
	}
	*list = p;
	return true;
}

void
reasons_free(struct reason *r)
{
	free(r->source);
	free(r->since);
	free(r->text);
	*r = (struct reason){ NULL, NULL, NULL };
}

bool
reasons_same(const char *a, const char *b)
{
	struct reason x, y;
	bool more, same;

	do {
		more = reasons_next(&a, &x);
		same = reasons_next(&b, &y) == more &&
		    (!more || strcmp(x.source, y.source) == 0);
		reasons_free(&x);
		reasons_free(&y);
	} while (more && same);
	return same;
}
