#ifndef CONVERT_CHECKSUM_H
#define CONVERT_CHECKSUM_H

#include <stdbool.h>

#include "base/str.h"
#include "model/table.h"

/*
 * The value as it goes into the checksum: of the old column, converted as
 * the ALTER converts it, or of the new one.  Two equal rows give the same
 * bytes on both sides, where they are taken as bytes.  False when that cannot
 * be expressed; nothing is added then.
 */
bool convert_checksum_old(struct str *q, const struct column *from,
    const struct column *to, const char *ref);
bool convert_checksum_new(struct str *q, const struct column *from,
    const struct column *to, const char *ref);

/* Is it the value as it is, on both sides? */
bool convert_checksum_plain(const struct column *from,
    const struct column *to);

#endif
