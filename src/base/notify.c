#include "base/notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alive.h"
#include "base/catalogue.h"
#include "base/escape.h"
#include "base/stop.h"
#include "base/util.h"

#define LONGEST		800U	/* bytes of a status */
#define SAY		1.0	/* seconds between two of them */
#define MUST		2000	/* milliseconds, for what must arrive */

/* How long the manager is to have patience while we begin or end, each time we
 * say that we live: as long as a server is waited for (reconnect_for). */
#define EXTEND		600ULL	/* seconds */
#define EXTEND_AGAIN	5.0

/* --- the socket ------------------------------------------------------------*/

/* A path, or, behind "@", a name that is in no file system. */
static int
find_address(struct sockaddr_un *to, socklen_t *len)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t n = name != NULL ? strlen(name) : 0;

	if (n < 2 || n >= sizeof(to->sun_path) || strchr("/@", *name) == NULL)
		return -1;
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, name, n);
	if (*name == '@')
		to->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
	    (*name == '/'));
	return 0;
}

static int
open_socket(void)
{
	struct sockaddr_un to;
	socklen_t len;
	int fd;

	if (find_address(&to, &len) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, len) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Seconds; 0 when nobody watches, or another process is meant. */
static double
find_watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *usec = getenv("WATCHDOG_USEC");
	char *end;
	double n;

	if (usec == NULL || (pid != NULL &&
	    strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	n = strtod(usec, &end) / 1e6;
	return *end == '\0' && n > 0 ? n : 0;
}

/* Only what must arrive is waited for, and not for long. */
static void
tell(const struct notify *n, const char *text, bool must)
{
	struct pollfd p = { .fd = n->fd, .events = POLLOUT };

	while (send(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0
	    && (errno == EINTR || (must && (errno == EAGAIN ||
	    errno == ENOBUFS) && poll(&p, 1, MUST) > 0)))
		;
}

/* --- what is said ----------------------------------------------------------*/

/* In one line, in which nothing but this is said. */
static void
add_flat(struct str *out, const char *text)
{
	struct str part = STR_INIT;
	const char *next;

	for (; (next = strstr(text, ERR_LINE)) != NULL;
	    text = next + strlen(ERR_LINE)) {
		str_reset(&part);
		str_add(&part, text, (size_t)(next - text));
		escape_line(out, part.s);
		str_addz(out, "; ");
	}
	escape_line(out, text);
	str_free(&part);
}

/* A datagram has a limit.  Characters are not divided. */
static void
add_status(struct str *out, const struct str *text)
{
	size_t len = text->len;

	str_addz(out, "STATUS=");
	if (len > LONGEST)
		for (len = LONGEST; len > 0 &&
		    ((unsigned char)text->s[len] & 0xc0) == 0x80; len--)
			;
	str_add(out, text->s, len);
	str_addz(out, len < text->len ? "...\n" : "\n");
}

/* Under the lock.  What was said is not said again, and not too often. */
static void
say_status(struct notify *n)
{
	struct str text = STR_INIT, out = STR_INIT;

	if (n->over || now_s() - n->said_at < SAY)
		return;
	if (n->job.len > 0) {
		add_flat(&text, n->job.s);
		str_addz(&text, ": ");
	}
	add_flat(&text, n->doing.s);
	if (n->waiting.len > 0) {
		str_addz(&text, "; waiting for ");
		add_flat(&text, n->waiting.s);
	}
	if (strcmp(text.s, n->said.s) != 0) {
		add_status(&out, &text);
		tell(n, out.s, false);
		str_reset(&n->said);
		str_addz(&n->said, text.s);
		n->said_at = now_s();
	}
	str_free(&text);
	str_free(&out);
}

static void
set(struct str *s, const char *text)
{
	str_reset(s);
	str_addz(s, text != NULL ? text : "");
}

static void
take_step(struct notify *n, const struct event *ev)
{
	set(&n->job, ev->job);
	set(&n->doing, ev->step->title);
	set(&n->waiting, NULL);
}

/* Those that are not here change nothing. */
static void
take_kind(struct notify *n, const struct event *ev)
{
	switch ((int)ev->kind) {
	case EVENT_STEP:
		take_step(n, ev);
		break;
	case EVENT_PROGRESS:
		str_reset(&n->doing);
		progress_line(&n->doing, ev->progress);
		break;
	case EVENT_WAIT:
		set(&n->waiting, ev->wait->what);
		break;
	case EVENT_ERROR:
		set(&n->failed, ev->err->text);
		break;
	default:
		break;
	}
}

/* Whoever asks to stop may hold locks of base/stop.c: here it is not asked. */
static void
take(struct event_sink *sink, const struct event *ev)
{
	struct notify *n = (struct notify *)(void *)sink;

	pthread_mutex_lock(&n->lock);
	take_kind(n, ev);
	say_status(n);
	pthread_mutex_unlock(&n->lock);
}

/* Under the lock. */
static void
say_ready(struct notify *n)
{
	if (!n->ready)
		tell(n, "READY=1\n", true);
	n->ready = true;
}

/* What was to be found out before anything is done is found out. */
static int
ask(struct event_sink *sink, const struct event_moment *m, struct err *e)
{
	struct notify *n = (struct notify *)(void *)sink;

	(void)e;
	if (strcmp(m->name, "startup") == 0)
		return 0;
	pthread_mutex_lock(&n->lock);
	say_ready(n);
	pthread_mutex_unlock(&n->lock);
	return 0;
}

/* --- signs of life ---------------------------------------------------------*/

/* Is so much of the time over?  Then it begins anew. */
static bool
is_due(double *at, double seconds)
{
	if (*at > 0 && now_s() - *at < seconds)
		return false;
	*at = now_s();
	return true;
}

/* Under the lock.  What is undone, or tried at the start, may take long. */
static void
extend(struct notify *n)
{
	struct str s = STR_INIT;

	str_addf(&s, "EXTEND_TIMEOUT_USEC=%llu\n", EXTEND * 1000000);
	if (is_due(&n->extended_at, EXTEND_AGAIN))
		tell(n, s.s, false);
	str_free(&s);
}

/* alive_fn */
static void
live(void *arg)
{
	struct notify *n = arg;
	const bool stops = stop_came();

	pthread_mutex_lock(&n->lock);
	if (stops && !n->stopping) {
		tell(n, "STOPPING=1\n", true);
		n->stopping = true;
		n->extended_at = 0;
	}
	if (stops || !n->ready)
		extend(n);
	if (n->watchdog > 0 && is_due(&n->alive_at, n->watchdog / 4))
		tell(n, "WATCHDOG=1\n", false);
	say_status(n);
	pthread_mutex_unlock(&n->lock);
}

/* --- beginning and end -----------------------------------------------------*/

void
notify_begin(struct notify *n)
{
	*n = (struct notify){ .fd = open_socket(), .job = STR_INIT,
	    .doing = STR_INIT, .waiting = STR_INIT, .failed = STR_INIT,
	    .said = STR_INIT };
	if (n->fd < 0)
		return;
	n->watchdog = find_watchdog();
	pthread_mutex_init(&n->lock, NULL);
	n->sink = (struct event_sink){ .take = take, .ask = ask };
	event_add_sink(&n->sink);
	alive_begin(live, n);
	alive_sign();
}

/* The manager takes numbers of errno(3) only; where none means the same, it is
 * told none. */
static int
errno_of(enum err_kind status)
{
	switch ((int)status) {
	case ERR_USAGE:
		return EINVAL;
	case ERR_BUSY:
		return EBUSY;
	case ERR_STOPPED:
	case ERR_KEPT:
		return EINTR;
	case ERR_DISK:
		return ENOSPC;
	default:
		return 0;
	}
}

void
notify_finish(struct notify *n, enum err_kind status)
{
	struct str s = STR_INIT, text = STR_INIT;

	if (n->fd < 0)
		return;
	pthread_mutex_lock(&n->lock);
	if (!n->over) {
		/* One that ends well was ready, however soon it ends. */
		if (status == ERR_NONE)
			say_ready(n);
		n->over = true;
		add_flat(&text, status != ERR_NONE && n->failed.len > 0 ?
		    n->failed.s : catalogue_find(status)->meaning);
		str_addz(&s, "STOPPING=1\n");
		add_status(&s, &text);
		str_addf(&s, "EXIT_STATUS=%d\n", (int)status);
		if (errno_of(status) != 0)
			str_addf(&s, "ERRNO=%d\n", errno_of(status));
		tell(n, s.s, true);
	}
	pthread_mutex_unlock(&n->lock);
	str_free(&s);
	str_free(&text);
}

/* The thread that has the lock may be the one that hangs. */
void
notify_cut(struct notify *n)
{
	if (n->fd >= 0)
		tell(n, "STOPPING=1\nSTATUS=stopped at once\n", false);
}

void
notify_end(struct notify *n)
{
	if (n->fd < 0)
		return;
	alive_end();
	event_remove_sink(&n->sink);
	close(n->fd);
	pthread_mutex_destroy(&n->lock);
	str_free(&n->job);
	str_free(&n->doing);
	str_free(&n->waiting);
	str_free(&n->failed);
	str_free(&n->said);
}
