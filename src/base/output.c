#include "base/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/timer.h"
#include "base/util.h"

#define KEPT	(4UL << 20)	/* bytes, while no one reads */

/* What is to be written, and where. */
struct line {
	struct line *next;
	int fd;
	struct str text;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static pthread_cond_t written;
static bool started;		/* there is a thread that writes */
static struct line *first, **end = &first;
static size_t kept;		/* bytes in the list and being written */
static unsigned long left_out;	/* texts */

/* What cannot be written is ignored: the terminal is gone. */
static void
write_out(int fd, const char *text, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&p, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			return;
		}
	}
}

/* Under the lock. */
static void
put(int fd, struct str *text)
{
	struct line *l;

	if (!started) {
		write_out(fd, text->s, text->len);
		str_free(text);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->fd = fd;
	l->text = *text;
	*text = (struct str)STR_INIT;
	kept += l->text.len;
	*end = l;
	end = &l->next;
	pthread_cond_signal(&more);
}

/* Is there room for another one?  Under the lock. */
static bool
has_room(void)
{
	struct str note = STR_INIT;

	if (kept >= KEPT) {
		left_out++;
		return false;
	}
	if (left_out > 0) {
		str_addf(&note, "livealter: %lu lines are left out here: they "
		    "could not be written\n", left_out);
		left_out = 0;
		put(STDERR_FILENO, &note);
	}
	return true;
}

bool
output_put(int fd, struct str *text, bool must)
{
	bool fits;

	pthread_mutex_lock(&lock);
	fits = has_room() || must;
	if (fits)
		put(fd, text);
	else
		str_free(text);
	pthread_mutex_unlock(&lock);
	return fits;
}

static void *
write_lines(void *arg)
{
	struct line *l;

	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		while (first == NULL)
			pthread_cond_wait(&more, &lock);
		l = first;
		first = l->next;
		if (first == NULL)
			end = &first;
		pthread_mutex_unlock(&lock);
		write_out(l->fd, l->text.s, l->text.len);
		pthread_mutex_lock(&lock);
		kept -= l->text.len;
		str_free(&l->text);
		free(l);
		pthread_cond_broadcast(&written);
	}
	return NULL;
}

void
output_start(void)
{
	pthread_t thread;

	timer_cond(&written);
	/* Without one, all is written as before. */
	if (pthread_create(&thread, NULL, write_lines, NULL) != 0)
		return;
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	started = true;
	pthread_mutex_unlock(&lock);
}

bool
output_idle(void)
{
	bool idle;

	pthread_mutex_lock(&lock);
	idle = kept == 0;
	pthread_mutex_unlock(&lock);
	return idle;
}

void
output_flush(double seconds)
{
	struct timespec until = timer_until(seconds);
	int rc = 0;

	pthread_mutex_lock(&lock);
	while (started && kept > 0 && rc == 0)
		rc = seconds > 0 ?
		    pthread_cond_timedwait(&written, &lock, &until) :
		    pthread_cond_wait(&written, &lock);
	pthread_mutex_unlock(&lock);
}
