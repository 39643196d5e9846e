#include "cli/explain.h"

#include "base/catalogue.h"
#include "base/json.h"
#include "base/print.h"

static void
print_text(struct str *to, const struct catalogue_entry *c)
{
	print_line(to, "%d %s", (int)c->kind, c->name);
	print_line(to, "    %s", c->meaning);
	if (c->advice != NULL)
		print_line(to, "    What to do: %s", c->advice);
	if (c->retryable)
		print_line(to, "    The same command may succeed later.");
}

static void
print_json(struct str *to, const struct catalogue_entry *c)
{
	str_addf(to, "{\"code\": %d, ", (int)c->kind);
	json_member(to, "name", c->name);
	str_addz(to, ", ");
	json_member(to, "meaning", c->meaning);
	str_addz(to, ", ");
	json_member(to, "advice", c->advice);
	if (c->retryable)
		str_addz(to, ", \"retryable\": true}\n");
	else
		str_addz(to, ", \"retryable\": false}\n");
}

void
explain_print(const struct config *cfg, struct str *to)
{
	const struct catalogue_entry *one = cfg->action != NULL ?
	    catalogue_lookup(cfg->action) : NULL, *c;
	unsigned int i;

	for (i = 0; (c = catalogue_at(i)) != NULL; i++) {
		if (one != NULL && c != one)
			continue;
		if (cfg->output == OUTPUT_JSON)
			print_json(to, c);
		else
			print_text(to, c);
	}
}
