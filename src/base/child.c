#define _GNU_SOURCE		/* syscall() */

#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"

#define KEPT	16384UL		/* bytes of output */
#define TICK	100		/* milliseconds */
#define GRACE	2.0		/* seconds, between the two signals */
#define MOST	65536UL		/* descriptors */

/* Our ends, and the child's; -1: closed. */
struct pipes {
	int to[2], from[2], failed[2];
};

struct running {
	const struct child *c;
	struct child_end *end;
	pid_t pid;
	int in, out;
	size_t written;
};

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_pipes(struct pipes *p)
{
	close_one(&p->to[0]);
	close_one(&p->to[1]);
	close_one(&p->from[0]);
	close_one(&p->from[1]);
	close_one(&p->failed[0]);
	close_one(&p->failed[1]);
}

/* No other program that is started meanwhile gets them. */
static int
open_pipe(int fd[2])
{
	return pipe2(fd, O_CLOEXEC);
}

static int
open_pipes(struct pipes *p)
{
	int why;

	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (open_pipe(p->to) == 0 && open_pipe(p->from) == 0 &&
	    open_pipe(p->failed) == 0 &&
	    fcntl(p->to[1], F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(p->from[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	why = errno;
	close_pipes(p);
	errno = why;
	return -1;
}

/* --- in the child, where there is one thread, which may hold no lock -------*/

/* Connections of the client library are among them. */
static void
hide_descriptors(void)
{
	struct rlimit limit;
	unsigned long fd, top = MOST;

#ifdef SYS_close_range
	/* 4: CLOSE_RANGE_CLOEXEC.  The pipe for errors is needed so long. */
	if (syscall(SYS_close_range, 3U, ~0U, 4U) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < top)
		top = (unsigned long)limit.rlim_cur;
	for (fd = 3; fd < top; fd++)
		fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

/* As they are in a program that a shell starts: base/stop.c has set some. */
static void
restore_signals(void)
{
	static const int ours[] = { SIGHUP, SIGPIPE, SIGTSTP, SIGTTOU, SIGXFSZ,
	    SIGCHLD, SIGINT, SIGTERM, SIGQUIT, SIGUSR1 };
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
become(const struct child *c, const struct pipes *p, char *const *argv)
{
	int why;

	if (setpgid(0, 0) == 0 && dup2(p->to[0], STDIN_FILENO) >= 0 &&
	    dup2(p->from[1], 1) >= 0 && dup2(p->from[1], 2) >= 0) {
		hide_descriptors();
		restore_signals();
		execve(c->path, argv, c->env);
	}
	why = errno;
	/* Who waits for it sees the pipe's end at least. */
	if (write(p->failed[1], &why, sizeof(why)) < 0)
		why = 0;
	kill(getpid(), SIGKILL);
}

/* --- in livealter ----------------------------------------------------------*/

/* How the start went: an errno, or 0. */
static int
failure_of(int fd)
{
	int why = 0;
	ssize_t n;

	do
		n = read(fd, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(why) ? why : 0;
}

/* Returns 0, or an errno. */
static int
start(struct running *r, struct pipes *p)
{
	char *argv[2] = { NULL, NULL };
	char *path = xstrdup(r->c->path);
	int why;

	argv[0] = path;
	r->pid = fork();
	if (r->pid == 0)
		become(r->c, p, argv);
	why = r->pid < 0 ? errno : 0;
	free(path);
	if (r->pid < 0)
		return why;
	close_one(&p->to[0]);
	close_one(&p->from[1]);
	close_one(&p->failed[1]);
	why = failure_of(p->failed[0]);
	if (why != 0)
		waitpid(r->pid, NULL, 0);
	return why;
}

/* One that does not read it is not waited for. */
static void
feed(struct running *r)
{
	size_t left = strlen(r->c->input) - r->written;
	ssize_t n = left > 0 ? write(r->in, r->c->input + r->written, left) :
	    0;

	if (n > 0)
		r->written += (size_t)n;
	if (left == (n > 0 ? (size_t)n : 0) ||
	    (n < 0 && errno != EAGAIN && errno != EINTR))
		close_one(&r->in);
}

/* Is there more? */
static bool
collect(struct running *r)
{
	struct child_end *end = r->end;
	char some[4096];
	size_t fits;
	ssize_t n = read(r->out, some, sizeof(some));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_one(&r->out);
	if (n <= 0)
		return false;
	fits = KEPT - end->output.len;
	if (fits > (size_t)n)
		fits = (size_t)n;
	str_add(&end->output, some, fits);
	end->left_out += (unsigned long long)((size_t)n - fits);
	return true;
}

static void
exchange(struct running *r)
{
	struct pollfd p[2] = { { .fd = r->in, .events = POLLOUT },
	    { .fd = r->out, .events = POLLIN } };

	if (poll(p, 2, TICK) <= 0)
		return;
	if (p[0].revents != 0)
		feed(r);
	if (p[1].revents != 0)
		collect(r);
}

/* It is not buried: its process group cannot be another one's yet. */
static bool
has_ended(const struct running *r)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG |
	    WNOWAIT) == 0 && info.si_pid == r->pid;
}

static void
end_group(struct running *r)
{
	double until = now_s() + GRACE;

	kill(-r->pid, SIGTERM);
	kill(-r->pid, SIGCONT);
	while (!has_ended(r) && now_s() < until)
		exchange(r);
	kill(-r->pid, SIGKILL);
}

/* Wait for its end, or bring it about. */
static void
attend(struct running *r)
{
	const struct child *c = r->c;
	double began = now_s(), asked = began;

	while (!has_ended(r)) {
		exchange(r);
		if (c->limit > 0 && now_s() - began > c->limit) {
			r->end->how = CHILD_LATE;
		} else if (c->give_up != NULL &&
		    now_s() - asked >= TICK / 1000.0) {
			asked = now_s();
			if (c->give_up(c->arg))
				r->end->how = CHILD_GIVEN_UP;
		}
		if (r->end->how != CHILD_EXITED) {
			end_group(r);
			return;
		}
	}
}

/* What it has written before its end is there; of what it left running there
 * may come more for ever. */
static void
bury(struct running *r)
{
	int status = 0, i;

	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (i = 0; i < 64 && r->out >= 0 && collect(r); i++)
		;
	if (r->end->how != CHILD_EXITED)
		return;
	if (WIFSIGNALED(status)) {
		r->end->how = CHILD_KILLED;
		r->end->number = WTERMSIG(status);
	} else {
		r->end->number = WEXITSTATUS(status);
	}
}

void
child_run(const struct child *c, struct child_end *end)
{
	struct running r = { .c = c, .end = end, .in = -1, .out = -1 };
	struct pipes p;
	int why = open_pipes(&p) == 0 ? start(&r, &p) : errno;

	*end = (struct child_end)CHILD_END_INIT;
	if (why != 0) {
		end->how = CHILD_NOT_RUN;
		end->number = why;
		close_pipes(&p);
		return;
	}
	r.in = p.to[1];
	r.out = p.from[0];
	p.to[1] = p.from[0] = -1;
	close_pipes(&p);
	attend(&r);
	bury(&r);
	close_one(&r.in);
	close_one(&r.out);
}
