#ifndef AGREE_H
#define AGREE_H

#include "cli/option.h"

/*
 * What one option says about another: the fields that follow from several are
 * set, and what contradicts itself is a complaint.
 */
void agree_settle(struct options *o);

/* What one job says about those of its run before it, of which this is the
 * first: complaints. */
void agree_among(struct options *o, const struct config *first);

#endif
