#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/progress.h"
#include "base/str.h"
#include "base/timer.h"
#include "base/util.h"

#define KEPT	(4UL << 20)	/* bytes, while nobody reads */

#define REMEMBERED	64	/* warnings */
#define SAID_AGAIN	600.0	/* seconds */

/* What is to be written, and where. */
struct line {
	struct line *next;
	int fd;
	struct str text;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static pthread_cond_t written;
static bool quiet, print;
static bool drawn;		/* a progress line is on the terminal */
static bool started;		/* there is a thread that writes */
static struct line *first, **end = &first;
static size_t kept;		/* bytes in the list and being written */
static unsigned long left_out;	/* lines */

/* Warnings that were said, the latest in a ring, and how often since then. */
static struct {
	char *text;
	double at;
	unsigned long again;
} warned[REMEMBERED];
static size_t next_warned;

/* As long as the longest command that may be in one. */
static char step[80], doing[4096], waiting[4096];
static double step_began;

/* What cannot be written is nobody's business: the terminal is gone. */
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

/* Under the lock.  The text becomes ours. */
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
	kept += text->len;
	*end = l;
	end = &l->next;
	pthread_cond_signal(&more);
}

static void
wipe(struct str *s)
{
	if (drawn)
		str_addz(s, "\r\033[K");
	drawn = false;
}

/* Is there room for another line that could be missed?  Under the lock. */
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
log_start(void)
{
	pthread_t thread;

	timer_cond(&written);
	/* Without one, lines are written as before. */
	if (pthread_create(&thread, NULL, write_lines, NULL) != 0)
		return;
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	started = true;
	pthread_mutex_unlock(&lock);
}

void
log_flush(double seconds)
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

/*
 * Has this warning been said, and not long ago?  One that is due again tells
 * how often it was not said in the meantime.  Under the lock.
 */
static bool
is_known(struct str *text)
{
	size_t i;

	for (i = 0; i < REMEMBERED && warned[i].text != NULL; i++)
		if (strcmp(warned[i].text, text->s) == 0)
			break;
	if (i < REMEMBERED && warned[i].text != NULL) {
		if (now_s() - warned[i].at < SAID_AGAIN) {
			warned[i].again++;
			return true;
		}
		if (warned[i].again > 0)
			str_addf(text, " (and %lu times since it was said)",
			    warned[i].again);
	} else {
		i = next_warned;
		next_warned = (i + 1) % REMEMBERED;
		free(warned[i].text);
		warned[i].text = xstrdup(text->s);
	}
	warned[i].at = now_s();
	warned[i].again = 0;
	return false;
}

/* One line, whatever is in the texts. */
static void
say_text(bool always, const char *mark, const char *text)
{
	struct str s = STR_INIT;

	pthread_mutex_lock(&lock);
	if (has_room() || always) {
		wipe(&s);
		str_addf(&s, "livealter: %s", mark);
		escape_line(&s, text);
		str_addz(&s, "\n");
		put(STDERR_FILENO, &s);
	}
	pthread_mutex_unlock(&lock);
}

static void
say(bool always, const char *mark, const char *fmt, va_list ap)
{
	struct str text = STR_INIT;

	str_vaddf(&text, fmt, ap);
	say_text(always, mark, text.s);
	str_free(&text);
}

void
log_open(bool be_quiet, bool show_sql)
{
	quiet = be_quiet;
	print = show_sql;
}

void
log_step(const char *title)
{
	pthread_mutex_lock(&lock);
	snprintf(step, sizeof(step), "%s", title);
	step_began = now_s();
	doing[0] = waiting[0] = '\0';
	pthread_mutex_unlock(&lock);
	log_info("%s", title);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say(false, "", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	struct str text = STR_INIT;
	bool known;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&lock);
	known = is_known(&text);
	pthread_mutex_unlock(&lock);
	if (!known)
		say_text(false, "warning: ", text.s);
	str_free(&text);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(true, "error: ", fmt, ap);
	va_end(ap);
}

void
log_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(true, "hint: ", fmt, ap);
	va_end(ap);
}

void
log_sql(const char *sql)
{
	struct str s = STR_INIT;

	if (!print)
		return;
	pthread_mutex_lock(&lock);
	wipe(&s);
	if (s.len > 0)
		put(STDERR_FILENO, &s);
	str_free(&s);
	if (has_room()) {
		escape_sql(&s, sql);
		str_addz(&s, ";\n");
		put(STDOUT_FILENO, &s);
	}
	pthread_mutex_unlock(&lock);
}

bool
log_live(void)
{
	return !quiet && isatty(STDERR_FILENO);
}

void
log_progress(const char *line)
{
	struct str s = STR_INIT;

	if (quiet)
		return;
	if (!log_live()) {
		log_info("%s", line);
		return;
	}
	pthread_mutex_lock(&lock);
	/* One that waits to be written is not worth another. */
	if (kept == 0) {
		str_addz(&s, "\r\033[Klivealter: ");
		escape_line(&s, line);
		put(STDERR_FILENO, &s);
		drawn = true;
	}
	pthread_mutex_unlock(&lock);
}

void
log_doing(const char *line)
{
	pthread_mutex_lock(&lock);
	snprintf(doing, sizeof(doing), "%s", line);
	pthread_mutex_unlock(&lock);
}

void
log_waiting(const char *what)
{
	pthread_mutex_lock(&lock);
	snprintf(waiting, sizeof(waiting), "%s", what != NULL ? what : "");
	pthread_mutex_unlock(&lock);
}

void
log_waits(struct str *out)
{
	pthread_mutex_lock(&lock);
	str_addz(out, waiting);
	pthread_mutex_unlock(&lock);
}

void
log_status(void)
{
	struct str s = STR_INIT;

	pthread_mutex_lock(&lock);
	if (has_room()) {
		wipe(&s);
		str_addf(&s, "livealter: status: %s, for ", step);
		progress_clock(&s, now_s() - step_began);
		str_addz(&s, doing[0] != '\0' ? ": " : "");
		escape_line(&s, doing);
		str_addz(&s, waiting[0] != '\0' ? "; waiting for " : "");
		escape_line(&s, waiting);
		str_addz(&s, "\n");
		put(STDERR_FILENO, &s);
	}
	pthread_mutex_unlock(&lock);
}

void
log_lines(void (*put_line)(const char *fmt, ...) PRINTF(1, 2), const char *text,
    const char *until)
{
	struct str line = STR_INIT;
	const char *next;

	for (; *text != '\0'; text = next) {
		next = strstr(text, until);
		str_reset(&line);
		str_add(&line, text, next != NULL ? (size_t)(next - text) :
		    strlen(text));
		put_line("%s", line.s);
		next = next != NULL ? next + strlen(until) : strchr(text, '\0');
	}
	str_free(&line);
}

void
log_failure(const struct err *e)
{
	log_lines(log_error, e->text, ERR_LINE);
	if (e->hint[0] != '\0')
		log_lines(log_hint, e->hint, ERR_LINE);
}
