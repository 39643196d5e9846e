#include "cli/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"

/* What is in a file of one line; longer than any PID. */
struct content {
	char text[32];
};

static int
fail(const char *path, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, "--pid: %s: %s", path, why);
}

static int
refuse_live(const char *path, unsigned int pid, struct err *e)
{
	err_set(e, ERR_BUSY, "the PID file %s already exists, and the PID that "
	    "it contains, %u, is running", path, pid);
	return err_hint(e, "if that is not livealter, remove the file");
}

/* No link is followed, and nothing that is not a file is opened. */
static int
open_file(const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC, 0644);

	if (fd < 0)
		return fail(path, strerror(errno), e);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return fail(path, "not a regular file", e);
}

/* Its owner may have removed it after we have opened it. */
static bool
is_there(int fd, const char *path)
{
	struct stat st, now;

	return fstat(fd, &st) == 0 && lstat(path, &now) == 0 &&
	    st.st_dev == now.st_dev && st.st_ino == now.st_ino;
}

static struct flock
whole_file(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return l;
}

/* Two may find the same file at once, and one gets the lock. */
static int
lock_file(int fd, const char *path, struct err *e)
{
	struct flock l = whole_file();

	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return fail(path, strerror(errno), e);
	if (fcntl(fd, F_GETLK, &l) != 0 || l.l_type == F_UNLCK)
		l.l_pid = 0;
	return refuse_live(path, (unsigned int)l.l_pid, e);
}

/* The PID in the file; 0: it is empty; or -1 with *e. */
static int
read_pid(int fd, const char *path, unsigned int *pid, struct err *e)
{
	struct content c = { "" };
	ssize_t n = pread(fd, c.text, sizeof(c.text) - 1, 0);

	if (n < 0)
		return fail(path, strerror(errno), e);
	c.text[strcspn(c.text, "\r\n")] = '\0';
	*pid = 0;
	if (n == 0 || num_uint(c.text, 1, 1u << 30, pid) == 0)
		return 0;
	return fail(path, "it already exists, and does not contain a PID", e);
}

/* Those that are no livealter hold no lock on it. */
static int
check_owner(int fd, const char *path, struct err *e)
{
	unsigned int pid;

	if (read_pid(fd, path, &pid, e) != 0)
		return -1;
	if (pid == 0 || (pid_t)pid == getpid())
		return 0;
	if (kill((pid_t)pid, 0) == 0 || errno == EPERM)
		return refuse_live(path, pid, e);
	log_info("the PID file %s is taken over: the PID that it contains, "
	    "%u, is not running", path, pid);
	return 0;
}

static int
write_pid(int fd, const char *path, struct err *e)
{
	struct content c;
	int n = snprintf(c.text, sizeof(c.text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, c.text, (size_t)n, 0) == n)
		return 0;
	fail(path, strerror(errno), e);
	unlink(path);
	return -1;
}

int
pid_file_take(struct pid_file *f, const char *path, struct err *e)
{
	int fd, tries = 100;

	for (;;) {
		fd = open_file(path, e);
		if (fd < 0)
			return -1;
		if (lock_file(fd, path, e) != 0)
			break;
		if (!is_there(fd, path) && tries-- > 0) {
			close(fd);
			continue;
		}
		if (check_owner(fd, path, e) != 0 ||
		    write_pid(fd, path, e) != 0)
			break;
		f->path = path;
		f->fd = fd;
		return 0;
	}
	close(fd);
	return -1;
}

void
pid_file_drop(struct pid_file *f)
{
	if (f->path == NULL || !is_there(f->fd, f->path))
		return;
	unlink(f->path);
	f->path = NULL;
}
