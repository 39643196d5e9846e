#include "cli/ownership.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/str.h"

/* Who called sudo(8), and could do all that root can without us. */
static bool
called_sudo(uid_t uid)
{
	const char *text = getenv("SUDO_UID");
	unsigned int caller;

	return geteuid() == 0 && text != NULL &&
	    num_uint(text, 0, (unsigned int)-1, &caller) == 0 &&
	    (uid_t)caller == uid;
}

static const char *
refusal(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return NULL;
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others can write to it, and so decide what is done; "
		    "chmod go-w";
	if (st->st_uid != 0 && st->st_uid != geteuid() &&
	    st->st_uid != getuid() && !called_sudo(st->st_uid))
		return "it belongs to another user, who could decide what is "
		    "done";
	return NULL;
}

const char *
ownership_refusal(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? refusal(&st) : "it cannot be looked at";
}

const char *
ownership_refusal_of(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 ? refusal(&st) : NULL;
}

bool
ownership_is_open(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & S_IROTH) != 0;
}

static bool
is_there(const char *home, const char *name)
{
	struct str file = STR_INIT;
	bool yes;

	str_addf(&file, "%s/%s", home, name);
	yes = access(file.s, F_OK) == 0;
	str_free(&file);
	return yes;
}

void
ownership_settle_home(void)
{
	const char *home = getenv("HOME");
	struct stat st;

	if (geteuid() != 0 || home == NULL || *home == '\0' ||
	    (stat(home, &st) == 0 && st.st_uid == 0))
		return;
	if (is_there(home, ".livealter.yaml") || is_there(home, ".my.cnf"))
		log_warn("HOME is %s, which is not owned by root: the "
		    "settings there are not read; use --config or "
		    "--defaults-file to name files that root reads", home);
	unsetenv("HOME");
}
