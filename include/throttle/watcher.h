#ifndef WATCHER_H
#define WATCHER_H

#include <stdbool.h>

#include "throttle/gate.h"
#include "throttle/source.h"

/*
 * The threads that ask the sources of a gate, one each.  For one thread only.
 */
struct watcher;

struct watcher *watcher_new(struct gate *g);

/* From watcher_start() on, watch this one, too; it is copied, and freed at the
 * end. */
void watcher_add(struct watcher *w, const struct source *s);

/* Start the threads that are missing: there may be none to be had for now. */
void watcher_start(struct watcher *w);

/*
 * End the threads, and free all.  A source that is in the midst of a question
 * is cut off, and waited for for a second.  Returns false when one hangs even
 * so (in a file system, or while it connects): then nothing is freed, and
 * neither may be what the sources use; see stop_leave().
 */
bool watcher_end(struct watcher *w);

#endif
