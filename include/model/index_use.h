#ifndef INDEX_USE_H
#define INDEX_USE_H

#include <stdbool.h>

#include "base/ident.h"
#include "model/plan.h"

/*
 * Does something need this index of the new table before the swap: a foreign
 * key of the table or of its children, or an AUTO_INCREMENT column?
 */
bool index_use_needs(const struct plan *p, const struct ident *index);

#endif
