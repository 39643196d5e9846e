#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/log.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/ownership.h"
#include "cli/password.h"

#define SECRET_MAX 1024

/* A core file has it all: so none is written, nor may anybody look inside. */
void
password_keep(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	/* A core that goes to a program is not held up by the limit. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* One line, byte by byte: nothing of what follows it is read. */
static int
read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, line + len, 1)) == 1 && line[len] != '\n') {
		if (line[len] == '\0' || ++len == size - 1) {
			errno = EINVAL;
			return -1;
		}
	}
	if (n < 0)
		return -1;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return 0;
}

int
password_read(const char *file, char **password, struct err *e)
{
	char line[SECRET_MAX];
	const char *why;
	int fd, rc;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_set(e, ERR_USAGE, "cannot open %s: %s", file,
		    strerror(errno));
	why = ownership_refusal(fd);
	if (why != NULL) {
		close(fd);
		return err_set(e, ERR_USAGE, "%s: %s", file, why);
	}
	if (ownership_is_open(fd))
		log_warn("%s contains a password and is readable by everyone; "
		    "run chmod o-r", file);
	rc = read_line(fd, line, sizeof(line));
	if (rc == -1)
		err_set(e, ERR_USAGE, "no password in %s: %s", file,
		    strerror(errno));
	close(fd);
	if (rc == 0)
		*password = xstrdup(line);
	secret_wipe(line, sizeof(line));
	return rc;
}

static bool
interrupted(void)
{
	sigset_t waiting;

	return stop_requested() || (sigpending(&waiting) == 0 &&
	    (sigismember(&waiting, SIGINT) == 1 ||
	    sigismember(&waiting, SIGTERM) == 1));
}

/* Returns 0, or -1 when a signal came first. */
static int
wait_for_line(int tty)
{
	struct pollfd p = { tty, POLLIN, 0 };

	while (!interrupted())
		if (poll(&p, 1, 200) > 0)
			return 0;
	return -1;
}

/*
 * The signals that would end the program here wait until the echo is on
 * again.
 */
static int
ask_quietly(int tty, const char *prompt, char *line, size_t size)
{
	struct termios was, quiet;
	sigset_t ending, before;
	int rc = -1;

	if (tcgetattr(tty, &was) == -1)
		return -1;
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGTSTP);
	pthread_sigmask(SIG_BLOCK, &ending, &before);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0) {
		if (write(tty, prompt, strlen(prompt)) != -1 &&
		    wait_for_line(tty) == 0)
			rc = read_line(tty, line, size);
		if (write(tty, "\n", 1) == -1)
			rc = -1;
		tcsetattr(tty, TCSAFLUSH, &was);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int
password_ask(const char *prompt, char **password, struct err *e)
{
	char line[SECRET_MAX] = "";
	int tty, rc;

	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty == -1)
		return err_set(e, ERR_USAGE, "there is no terminal to ask on; "
		    "use --password-file");
	rc = ask_quietly(tty, prompt, line, sizeof(line));
	close(tty);
	if (rc == 0)
		*password = xstrdup(line);
	else
		err_set(e, ERR_USAGE, "no password was entered");
	secret_wipe(line, sizeof(line));
	return rc;
}
