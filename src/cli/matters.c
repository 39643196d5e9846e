#include "cli/matters.h"

#include <stddef.h>

#include "cli/option.h"

#define AT(field) offsetof(struct config, field)

static const size_t matters[] = {
	AT(instant),
	AT(login.set_vars),
	AT(new_table_name),
	AT(default_engine),
	AT(remove_data_dir),
	AT(remove_tablespace),
	AT(data_dir),
	AT(null_to_not_null),
	AT(check_unique),
	AT(check_filters),
	AT(force),
	AT(accept_loss),
	AT(fkeys_method),
	AT(only_same_schema_fks),
	AT(allow_warnings),
	AT(trigger_definer),
	AT(chunk_index),
	AT(where),
	AT(defer_indexes),
	AT(verify),
	AT(verify_swap),
	AT(swap_tables),
	AT(drop_old_table),
	AT(drop_new_table),
	AT(drop_triggers),
	AT(purge_old_table),
	AT(reversible),
	AT(reverse_triggers),
};

static bool
is_one(const struct option *opt)
{
	size_t i;

	for (i = 0; i < sizeof(matters) / sizeof(matters[0]); i++)
		if (opt->state == OPTION_DONE && opt->at == matters[i])
			return true;
	return false;
}

void
matters_write(struct str *out, const struct config *c)
{
	struct str value = STR_INIT;
	size_t i;

	for (i = 0; i < option_count; i++) {
		str_reset(&value);
		if (is_one(&option_table[i]) &&
		    option_value(&option_table[i], c, &value))
			str_addf(out, "%s %s\n", option_table[i].name,
			    value.s);
	}
	str_free(&value);
}
