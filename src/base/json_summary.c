#include "base/json_summary.h"

#include "base/json.h"

static void
add_list(struct str *s, const char *name, const struct summary_list *l)
{
	size_t i;

	str_addf(s, ", \"%s\": [", name);
	for (i = 0; i < l->n; i++) {
		str_addz(s, i > 0 ? ", {" : "{");
		json_member(s, "kind", l->item[i].kind);
		json_field(s, "name", l->item[i].name);
		json_field(s, "text", l->item[i].text);
		str_addz(s, "}");
	}
	str_addz(s, "]");
}

static void
add_sample(struct str *s, const struct summary_list *l)
{
	size_t i;

	str_addz(s, ", \"sample\": [");
	for (i = 0; i < l->n; i++) {
		str_addz(s, i > 0 ? ", {" : "{");
		json_member(s, "key", l->item[i].name);
		json_field(s, "value", l->item[i].text);
		str_addz(s, "}");
	}
	str_addz(s, "]");
}

static void
add_misfits(struct str *s, const struct summary_misfits *m)
{
	size_t i;

	str_addz(s, ", \"misfits\": [");
	for (i = 0; i < m->n; i++) {
		str_addz(s, i > 0 ? ", {" : "{");
		json_member(s, "kind", m->misfit[i].kind);
		json_field(s, "name", m->misfit[i].name);
		json_count(s, "rows", m->misfit[i].rows);
		add_sample(s, &m->misfit[i].sample);
		json_field(s, "text", m->misfit[i].text);
		str_addz(s, "}");
	}
	str_addz(s, "]");
	json_count(s, "misfits_rows_looked_at", m->rows);
	json_bool(s, "misfits_all_looked_at", m->all || m->by_type);
	json_field(s, "misfits_not_looked_for", m->why_not);
}

static void
add_estimate(struct str *s, const struct summary_estimate *m)
{
	bool known = m->why_not == NULL;

	json_count(s, "estimate_rows_measured", known ? m->rows : 0);
	if (known) {
		json_seconds(s, "estimate_copy_s", m->copy_s);
		json_seconds(s, "estimate_compare_s", m->compare_s);
		json_count(s, "estimate_size_b", m->bytes);
	} else {
		json_field(s, "estimate_copy_s", NULL);
		json_field(s, "estimate_compare_s", NULL);
		json_field(s, "estimate_size_b", NULL);
	}
	json_field(s, "estimate_not_measured", m->why_not);
}

static void
add_back(struct str *s, const struct summary *m)
{
	struct str back = STR_INIT;

	summary_back(&back, m);
	json_field(s, "alter_back", back.s);
	str_free(&back);
}

void
json_summary(struct str *s, const struct summary *m)
{
	json_field(s, "database", m->database);
	json_field(s, "table", m->table);
	json_field(s, "create_before", m->create_before);
	json_field(s, "create_after", m->create_after);
	json_count(s, "rows_estimate", m->rows);
	json_count(s, "size_b", m->bytes);
	json_field(s, "server_way", m->way);
	json_bool(s, "server_at_once", m->at_once);
	add_list(s, "hangs_on_it", &m->hangs);
	add_list(s, "breaks", &m->breaks);
	add_list(s, "changes", &m->changes);
	add_list(s, "indexes", &m->indexes);
	add_back(s, m);
	add_list(s, "not_taken_back", &m->lost);
	add_misfits(s, &m->misfits);
	add_estimate(s, &m->estimate);
	add_list(s, "not_known", &m->unknown);
}
