#ifndef JSON_SUMMARY_H
#define JSON_SUMMARY_H

#include "base/str.h"
#include "base/summary.h"

/* Add the members of a line of the type summary. */
void json_summary(struct str *s, const struct summary *m);

#endif
