#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/report_data.h"
#include "base/str.h"

/* The whole page, in UTF-8. */
void report_page_add(struct str *out, const struct report *r);

#endif
