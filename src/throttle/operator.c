#include "throttle/operator.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "cli/command.h"
#include "throttle/link.h"
#include "throttle/request.h"

#define EVERY	0.3	/* seconds between two looks */

struct operator {
	struct link link;
	struct gate *gate;
	struct qname registry;
	unsigned long long id;
	bool when_told;			/* --cut-over */
	bool paused, postponed, told;	/* told: to swap */
	struct gate_pace pace;
	struct str go, cut_over;	/* the commands that end a wait */
};

static int
obey(struct operator *o, const char *text, struct err *e)
{
	if (request_check(text) != NULL) {
		log_warn("unknown request: %.60s", text);
		return 0;
	}
	log_info("livealter control: %s", text);
	if (strcmp(text, "abort") == 0)
		return err_set(e, ERR_STOPPED, "stopped by livealter control");
	if (strcmp(text, "pause") == 0) {
		o->paused = true;
	} else if (strcmp(text, "go") == 0) {
		o->paused = o->postponed = false;
	} else if (strcmp(text, "postpone") == 0) {
		o->postponed = true;
		o->told = false;
	} else if (strcmp(text, "cut-over") == 0) {
		o->told = true;
		o->postponed = false;
	} else {
		request_setting(text, &o->pace);
		gate_set_pace(o->gate, &o->pace);
	}
	return 0;
}

/* All the lines of what was in the row. */
static int
obey_all(struct operator *o, const char *text, struct err *e)
{
	size_t len;
	char *line;
	int rc = 0;

	for (; *text != '\0' && rc == 0; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		line = xstrndup(text, len);
		rc = obey(o, line, e);
		free(line);
	}
	return rc;
}

static void
judge(const struct operator *o, struct verdict *v)
{
	if (o->paused) {
		v->holds = HOLD_WALK | HOLD_SWAP;
		str_addz(&v->what, o->go.s);
	} else if (o->postponed || (o->when_told && !o->told)) {
		v->holds = HOLD_SWAP;
		str_addz(&v->what, o->cut_over.s);
	}
}

/* A connection that broke is made anew the next time. */
static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct operator *o = arg;
	char *text = NULL;
	int rc;

	if (link_open(&o->link, e) != 0)
		return 1;
	if (request_take(o->link.db, &o->registry, o->id, &text, e) != 0) {
		link_close(&o->link);
		return 1;
	}
	rc = text != NULL ? obey_all(o, text, e) : 0;
	free(text);
	judge(o, v);
	return rc;
}

static void
cut(void *arg)
{
	struct operator *o = arg;

	link_cut(&o->link);
}

static void
free_operator(void *arg)
{
	struct operator *o = arg;

	link_free(&o->link);
	str_free(&o->go);
	str_free(&o->cut_over);
	free(o);
}

static void
set_command(struct str *out, const struct config *cfg, const char *action)
{
	*out = (struct str)STR_INIT;
	command_bare(out, cfg, "control", cfg->table);
	str_addf(out, " %s", action);
}

void
operator_source(struct source *s, const struct operator_reads *from,
    struct gate *g)
{
	struct operator *o = xcalloc(1, sizeof(*o));

	link_init(&o->link, from->server, "control");
	o->gate = g;
	o->registry = *from->registry;
	o->id = from->id;
	o->when_told = same_text(from->cfg->cut_over, "when-told");
	o->pace = gate_pace(g);
	set_command(&o->go, from->cfg, "go");
	set_command(&o->cut_over, from->cfg, "cut-over");
	*s = (struct source){ .name = xstrdup("livealter control"),
	    .every = EVERY, .look = look, .cut = cut, .free = free_operator,
	    .arg = o };
}
