#ifndef STOP_H
#define STOP_H

#include <stdbool.h>

/*
 * One thread waits for SIGINT and SIGTERM; every other thread has them
 * blocked, so no code here ever runs inside a signal handler.  SIGHUP and
 * SIGPIPE are ignored: a closed terminal costs the log, not the migration.  So
 * are SIGTSTP, SIGTTOU and SIGXFSZ.  SIGUSR1 has the status logged.  Call
 * before any other thread exists.
 */
void stop_init(void);

/* Has a signal come that was not yet acknowledged? */
bool stop_requested(void);

/* Has one ever come? */
bool stop_came(void);

/* The run goes on with something else: unless a signal has come, it is again
 * the second that stops at once. */
void stop_renew(void);

/*
 * The request was seen and is being obeyed.  What follows (the undoing) runs
 * and sleeps as usual, until another signal comes.  When it has come already,
 * nothing sleeps: what can be done at once is done.
 */
void stop_acknowledge(void);

/* Sleep, but not past a request to stop.  Returns true if there is one. */
bool stop_sleep(double seconds);

/*
 * When the program has not ended some seconds after the second signal, it
 * hangs in something that cannot be interrupted, such as a server that does
 * not answer.  Then the thread that waits for signals calls this (NULL: does
 * not), and ends the program with the exit status it returns.
 */
typedef int stop_parting_fn(void *arg);
void stop_parting(stop_parting_fn *parting, void *arg);

/* What is done before stop_leave() ends the program with this exit status, or a
 * second signal (-1): then it asks nothing of these functions. */
typedef void stop_leaving_fn(void *arg, int status);
void stop_leaving(stop_leaving_fn *leaving, void *arg);

/*
 * End the program without freeing anything: a thread hangs that cannot be
 * ended, and it may still read what would be freed.  For the very end.
 */
_Noreturn void stop_leave(int status);

#endif
