#ifndef TIMER_H
#define TIMER_H

#include <pthread.h>
#include <time.h>

/*
 * To wait by the clock that no one sets (now_s()): a condition variable that
 * goes by it, and the moment in so many seconds, for pthread_cond_timedwait(3).
 */
void timer_cond(pthread_cond_t *cond);
struct timespec timer_until(double seconds);

#endif
