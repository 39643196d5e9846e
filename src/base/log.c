#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool quiet, print;
static bool drawn;		/* a progress line is on the terminal */

static void
wipe(void)
{
	if (drawn)
		fputs("\r\033[K", stderr);
	drawn = false;
}

/* A text of several lines is marked on its first line only. */
static void
say(const char *mark, const char *fmt, va_list ap)
{
	pthread_mutex_lock(&lock);
	wipe();
	fprintf(stderr, "livealter: %s", mark);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	fflush(stderr);
	pthread_mutex_unlock(&lock);
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
	log_info("%s", title);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("error: ", fmt, ap);
	va_end(ap);
}

void
log_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("hint: ", fmt, ap);
	va_end(ap);
}

void
log_sql(const char *sql)
{
	if (!print)
		return;
	pthread_mutex_lock(&lock);
	wipe();
	fflush(stderr);
	fprintf(stdout, "%s;\n", sql);
	fflush(stdout);
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
	if (quiet)
		return;
	if (!log_live()) {
		log_info("%s", line);
		return;
	}
	pthread_mutex_lock(&lock);
	fprintf(stderr, "\r\033[Klivealter: %s", line);
	fflush(stderr);
	drawn = true;
	pthread_mutex_unlock(&lock);
}
