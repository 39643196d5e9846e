#include "base/stop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked;
static unsigned int signals, obeyed;	/* a request: signals > obeyed */

static void *
listen_for_signals(void *arg)
{
	sigset_t *set = arg;
	int sig;

	while (sigwait(set, &sig) == 0) {
		pthread_mutex_lock(&lock);
		signals++;
		pthread_cond_broadcast(&asked);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

void
stop_init(void)
{
	static sigset_t set;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	pthread_condattr_t attr;
	pthread_t thread;

	/* Sleeps must not stretch when somebody sets the clock. */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&asked, &attr);
	pthread_condattr_destroy(&attr);

	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
	    pthread_create(&thread, NULL, listen_for_signals, &set) != 0)
		abort();
	pthread_detach(thread);
}

bool
stop_requested(void)
{
	bool yes;

	pthread_mutex_lock(&lock);
	yes = signals > obeyed;
	pthread_mutex_unlock(&lock);
	return yes;
}

void
stop_acknowledge(void)
{
	pthread_mutex_lock(&lock);
	obeyed = signals;
	pthread_mutex_unlock(&lock);
}

bool
stop_sleep(double seconds)
{
	struct timespec until;
	bool yes;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)seconds;
	until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&lock);
	while (signals == obeyed &&
	    pthread_cond_timedwait(&asked, &lock, &until) != ETIMEDOUT)
		;
	yes = signals > obeyed;
	pthread_mutex_unlock(&lock);
	return yes;
}
