#include "base/report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fail(const char *option, const char *path, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, "%s: %s: %s", option, path, why);
}

static int
write_all(int fd, const struct str *text)
{
	size_t at = 0;
	ssize_t n;

	while (at < text->len) {
		n = pwrite(fd, text->s + at, text->len - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return fsync(fd);
}

/* A file beside it, of this name; -1 with *e. */
static int
open_beside(const char *option, const char *path, struct str *beside,
    struct err *e)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return fail(option, path, "not a regular file", e);
	str_addf(beside, "%s.%ld~", path, (long)getpid());
	/* Of a process that had this PID and was killed. */
	unlink(beside->s);
	fd = open(beside->s, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0666);
	return fd >= 0 ? fd : fail(option, path, strerror(errno), e);
}

int
report_file_put(const char *option, const char *path, const struct str *text,
    struct err *e)
{
	struct str beside = STR_INIT;
	const int fd = open_beside(option, path, &beside, e);
	int rc = -1, why;

	if (fd >= 0) {
		rc = write_all(fd, text);
		why = errno;
		if (close(fd) != 0 && rc == 0) {
			rc = -1;
			why = errno;
		}
		errno = why;
		if (rc == 0)
			rc = rename(beside.s, path);
		if (rc != 0) {
			fail(option, path, strerror(errno), e);
			unlink(beside.s);
		}
	}
	str_free(&beside);
	return rc;
}

int
report_file_check(const char *option, const char *path, struct err *e)
{
	struct str beside = STR_INIT;
	const int fd = open_beside(option, path, &beside, e);

	if (fd >= 0) {
		unlink(beside.s);
		close(fd);
	}
	str_free(&beside);
	return fd >= 0 ? 0 : -1;
}
