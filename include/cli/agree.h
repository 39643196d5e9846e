#ifndef AGREE_H
#define AGREE_H

#include "cli/option.h"

/*
 * What one option says about another: the fields that follow from several are
 * set, and what contradicts itself is a complaint.
 */
void agree_settle(struct options *o);

#endif
