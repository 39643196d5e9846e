#include "model/hint.h"

/*
 * By another clock a value would be another one.  A trigger may fire in the
 * midst of a cascade, when the row has its new parent's key and the parent not
 * yet; the old table has the same foreign keys, so that none has to be checked.
 */
void
hint_add(struct str *q, const struct plan *p, bool recurses)
{
	if (p->zone == NULL && !p->unchecked && !recurses)
		return;
	str_addz(q, " /*+");
	if (recurses)
		str_addz(q, " SET_VAR(cte_max_recursion_depth=4294967295) "
		    "SET_VAR(sql_safe_updates=OFF) "
		    "SET_VAR(sql_big_selects=ON) "
		    "SET_VAR(max_join_size=18446744073709551615)");
	if (p->zone != NULL)
		str_addf(q, " SET_VAR(time_zone='%s')", p->zone);
	if (p->unchecked)
		str_addz(q, " SET_VAR(foreign_key_checks=OFF)");
	str_addz(q, " */");
}
