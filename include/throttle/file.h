#ifndef FILE_H
#define FILE_H

#include "throttle/source.h"

/* The source of a file that holds these (HOLD_...) as long as it is there. */
void file_source(struct source *s, const char *name, unsigned int holds);

#endif
