#include "cli/sql_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/util.h"

#define FILE_MAX (1024 * 1024)

static int
read_all(int fd, struct str *text)
{
	char buf[8192];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		str_add(text, buf, (size_t)n);
		if (text->len > FILE_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	return 0;
}

int
sql_file_read(const char *file, char **text, struct err *e)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct str s = STR_INIT;
	int fd = open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return err_set(e, ERR_USAGE, "cannot open %s: %s", file,
		    strerror(errno));
	rc = read_all(fd, &s);
	if (rc != 0)
		err_set(e, ERR_USAGE, "cannot read %s: %s", file,
		    strerror(errno));
	close(fd);
	if (rc == 0 && (strlen(s.s) != s.len || !utf8_valid(s.s)))
		rc = err_set(e, ERR_USAGE, "%s: no text in UTF-8", file);
	if (rc == 0)
		*text = xstrdup(s.s + (strncmp(s.s, mark, 3) == 0 ? 3 : 0));
	str_free(&s);
	return rc;
}
