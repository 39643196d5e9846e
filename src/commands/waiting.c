#include "commands/waiting.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/print.h"
#include "base/reasons.h"
#include "base/util.h"
#include "base/waits.h"

static void
read_waits(struct waits *w, const struct registry_row *r, bool runs)
{
	waits_unpack(w, r->field[REGISTRY_WAITS_FOR]);
	if (runs)
		return;
	w->workers = 0;
	free(w->what);
	free(w->reasons);
	w->what = xstrdup("");
	w->reasons = xstrdup("");
}

void
waiting_print(struct str *to, const struct registry_row *r, bool runs)
{
	struct str s = STR_INIT;
	struct reason one;
	struct waits w;
	const char *list;

	read_waits(&w, r, runs);
	if (w.workers > 0 && w.fewer[0] != '\0')
		print_line(to, "  threads: %u of %u, as %s", w.workers,
		    w.workers_most, w.fewer);
	else if (w.workers > 0)
		print_line(to, "  threads: %u", w.workers);
	if (w.what[0] != '\0')
		print_line(to, "  waits for: %s", w.what);
	for (list = w.reasons; reasons_next(&list, &one); reasons_free(&one))
		print_line(to, "    since %s UTC: %s", one.since, one.source);
	waits_line(&s, "  ", &w.waited);
	if (s.len > 0)
		print_line(to, "%s", s.s);
	str_free(&s);
	waits_free(&w);
}

void
waiting_json(struct str *out, const struct registry_row *r, bool runs)
{
	const char *list, *comma = "";
	struct reason one;
	struct waits w;

	read_waits(&w, r, runs);
	str_addf(out, ", \"threads\": %u, \"threads_most\": %u, ",
	    w.workers, w.workers > 0 ? w.workers_most : 0);
	json_member(out, "fewer_threads", w.workers > 0 ? w.fewer : "");
	str_addz(out, ", ");
	json_member(out, "waits_for", w.what);
	str_addf(out, ", \"throttled\": %s, \"reasons\": [",
	    w.reasons[0] != '\0' ? "true" : "false");
	for (list = w.reasons; reasons_next(&list, &one);
	    reasons_free(&one)) {
		str_addf(out, "%s{", comma);
		json_member(out, "source", one.source);
		str_addz(out, ", ");
		json_member(out, "text", one.text);
		str_addz(out, ", ");
		json_member(out, "since", one.since);
		str_addz(out, "}");
		comma = ", ";
	}
	str_addf(out, "], \"waited\": %.1f, \"waited_share\": %.3f",
	    w.waited.seconds, waits_share(&w.waited));
	waits_free(&w);
}
