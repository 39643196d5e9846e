#include "base/stop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/alive.h"
#include "base/event.h"
#include "base/log.h"
#include "base/output.h"
#include "base/timer.h"
#include "base/util.h"

/*
 * timeout(1), and a terminal together with a wrapper that passes signals on,
 * send what one means twice.
 */
#define SAME	0.5	/* seconds */

#define LONGEST_NAP 1.0	/* seconds, without a sign of life */

#define ORDERLY	3	/* seconds for an orderly end after the second */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked;
static unsigned int signals, obeyed;	/* a request: signals > obeyed */
static unsigned int enough = 2;		/* signals, to stop at once */
static stop_parting_fn *parting;
static void *parting_arg;
static stop_leaving_fn *leaving;
static void *leaving_arg;

_Noreturn static void
leave(int status, double seconds)
{
	event_exit((enum err_kind)status);
	output_flush(seconds);
	_exit(status);
}

static void
part(const sigset_t *set)
{
	struct sigaction end = { .sa_handler = SIG_DFL };

	pthread_mutex_lock(&lock);
	if (parting != NULL) {
		if (leaving != NULL)
			leaving(leaving_arg, -1);
		/* It writes, and that may hang as well: now one is enough. */
		sigaction(SIGINT, &end, NULL);
		sigaction(SIGTERM, &end, NULL);
		pthread_sigmask(SIG_UNBLOCK, set, NULL);
		leave(parting(parting_arg), 1);
	}
	pthread_mutex_unlock(&lock);
}

/* A signal that asks to stop, unless it is the last one's echo. */
static void
note(int sig, double *last)
{
	const char *name = sig == SIGINT ? "SIGINT" : "SIGTERM";
	bool now;

	if (*last > 0 && now_s() - *last < SAME)
		return;
	*last = now_s();
	pthread_mutex_lock(&lock);
	now = signals + 1 >= enough;
	pthread_mutex_unlock(&lock);
	/* Said first: the program may be gone in a moment. */
	if (now)
		log_info("%s: stopping at once", name);
	else
		log_info("%s: stopping; another one stops at once, and prints "
		    "what is left to do", name);
	pthread_mutex_lock(&lock);
	signals++;
	pthread_cond_broadcast(&asked);
	pthread_mutex_unlock(&lock);
}

static bool
is_enough(void)
{
	bool yes;

	pthread_mutex_lock(&lock);
	yes = signals >= enough;
	pthread_mutex_unlock(&lock);
	return yes;
}

static void *
listen_for_signals(void *arg)
{
	const struct timespec look = { .tv_nsec = 100000000 };
	const sigset_t *set = arg;
	double last = 0, since = 0;
	int sig;

	for (;;) {
		sig = since > 0 ? sigtimedwait(set, NULL, &look) :
		    sigwaitinfo(set, NULL);
		if (sig == SIGUSR1)
			event_status();
		else if (sig > 0)
			note(sig, &last);
		if (!(since > 0) && is_enough())
			since = now_s();
		/* However many more come in the meantime. */
		if (since > 0 && now_s() - since >= ORDERLY)
			part(set);
	}
	return NULL;
}

void
stop_init(void)
{
	static sigset_t set;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	pthread_t thread;

	timer_cond(&asked);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* A file of ours that may grow no more is no reason to die. */
	sigaction(SIGXFSZ, &ignore, NULL);
	/* A process that is made to stand still may do so with locks. */
	sigaction(SIGTSTP, &ignore, NULL);
	sigaction(SIGTTOU, &ignore, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
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

bool
stop_came(void)
{
	bool yes;

	pthread_mutex_lock(&lock);
	yes = signals > 0;
	pthread_mutex_unlock(&lock);
	return yes;
}

void
stop_renew(void)
{
	pthread_mutex_lock(&lock);
	if (signals == 0)
		enough = 2;
	pthread_mutex_unlock(&lock);
}

void
stop_acknowledge(void)
{
	pthread_mutex_lock(&lock);
	if (signals > 0)
		obeyed = 1;
	else
		enough = 1;	/* there is something to undo all the same */
	pthread_mutex_unlock(&lock);
}

void
stop_parting(stop_parting_fn *fn, void *arg)
{
	pthread_mutex_lock(&lock);
	parting = fn;
	parting_arg = arg;
	pthread_mutex_unlock(&lock);
}

static bool
nap(double seconds)
{
	struct timespec until = timer_until(seconds);
	bool yes;

	pthread_mutex_lock(&lock);
	while (signals <= obeyed &&
	    pthread_cond_timedwait(&asked, &lock, &until) != ETIMEDOUT)
		;
	yes = signals > obeyed;
	pthread_mutex_unlock(&lock);
	return yes;
}

bool
stop_sleep(double seconds)
{
	const double until = now_s() + seconds;
	double left = seconds;
	bool yes;

	do {
		alive_sign();
		yes = nap(left < LONGEST_NAP ? left : LONGEST_NAP);
		left = until - now_s();
	} while (!yes && left > 0);
	return yes;
}

void
stop_leaving(stop_leaving_fn *fn, void *arg)
{
	pthread_mutex_lock(&lock);
	leaving = fn;
	leaving_arg = arg;
	pthread_mutex_unlock(&lock);
}

void
stop_leave(int status)
{
	stop_leaving_fn *last;
	void *arg;

	pthread_mutex_lock(&lock);
	last = leaving;
	arg = leaving_arg;
	pthread_mutex_unlock(&lock);
	/* What hooks say of it comes before the last event. */
	if (last != NULL)
		last(arg, status);
	leave(status, 0);
}
