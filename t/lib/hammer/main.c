/*
 * hammer - an application, for tests: threads that write to a table while
 * something is done to it, and know exactly how long each statement took.
 *
 * With --control every transaction does the same to a second table, so that
 * afterwards the two have to be equal whatever happened to the first one.
 */
#include "hammer.h"

#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* Until it is told to stop, the time is over, or every thread is at its end. */
static void
wait_for_end(const sigset_t *set, double t0)
{
	struct timespec tick = { 0, 20 * 1000 * 1000 };
	struct stat sb;

	do {
		if (sigtimedwait(set, NULL, &tick) > 0)
			stop = true;
		if (opt.seconds > 0 && now_s() - t0 >= opt.seconds)
			stop = true;
		if (opt.until != NULL && stat(opt.until, &sb) == 0)
			stop = true;
	} while (!stop && worker_left() > 0);
}

static void
report(const struct worker *w, double seconds, const struct timespec *wall)
{
	static struct stats sum;
	FILE *f = stdout;
	int i;

	for (i = 0; i < opt.threads; i++)
		stats_add(&sum, &w[i].st);
	if (opt.report != NULL && (f = fopen(opt.report, "w")) == NULL)
		die("%s: %s", opt.report, strerror(errno));
	stats_report(f, &sum, seconds,
	    (double)wall->tv_sec + (double)wall->tv_nsec / 1e9);
	if (fflush(f) != 0)
		die("cannot write the report: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	struct timespec wall;
	struct worker *w;
	sigset_t set;
	int i;

	option_read(argc, argv);
	/* The threads inherit this; only main() hears of signals. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);

	if (mysql_library_init(0, NULL, NULL) != 0)
		die("cannot start the client library");
	w = worker_make();
	clock_gettime(CLOCK_REALTIME, &wall);
	worker_start(w);
	fputs("hammer: running\n", stderr);
	wait_for_end(&set, w->t0);
	for (i = 0; i < opt.threads; i++)
		pthread_join(w[i].tid, NULL);
	report(w, now_s() - w->t0, &wall);
	return 0;
}
