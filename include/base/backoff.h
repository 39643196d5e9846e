#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdbool.h>

/* Something that fails is tried again less and less often. */
struct backoff {
	double first, most;	/* seconds to wait; set by the owner */
	double wait, due;	/* the last wait, and its end; 0: none failed */
};

/* Is it time for a try? */
bool backoff_is_due(const struct backoff *b);

/* It failed.  Returns true the first time after a success. */
bool backoff_failed(struct backoff *b);

void backoff_succeeded(struct backoff *b);

#endif
