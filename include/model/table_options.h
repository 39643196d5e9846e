#ifndef TABLE_OPTIONS_H
#define TABLE_OPTIONS_H

#include "base/summary.h"

/*
 * Of what SHOW CREATE TABLE has behind the list of columns, was before an ALTER
 * and is after it: add the clauses that take it back, as back.h has them, and
 * options of which no clause says that there is none any more.
 */
void table_options_back(struct summary_list *clauses,
    struct summary_list *lost, const char *was, const char *is);

#endif
