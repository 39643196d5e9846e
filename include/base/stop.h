#ifndef STOP_H
#define STOP_H

#include <stdbool.h>

/*
 * One thread waits for SIGINT and SIGTERM; every other thread has them
 * blocked, so no code here ever runs inside a signal handler.  SIGHUP and
 * SIGPIPE are ignored: a closed terminal costs the log, not the migration.
 * Call before any other thread exists.
 */
void stop_init(void);

/* Has a signal come that was not yet acknowledged? */
bool stop_requested(void);

/*
 * The request was seen and is being obeyed.  What follows (the undoing) runs
 * and sleeps as usual, until another signal comes.
 */
void stop_acknowledge(void);

/* Sleep, but not past a request to stop.  Returns true if there is one. */
bool stop_sleep(double seconds);

#endif
