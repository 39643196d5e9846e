#define _GNU_SOURCE		/* O_PATH, struct ucred, cpu_set_t */
#include "server/host.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/server.h"

#define DIRECTORY (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* The process at the other end of a socket of this machine; 0: none. */
static pid_t
process_of(struct db *db)
{
	int fd = db_socket(db);
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(own), size = sizeof(peer);

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
	    own.ss_family != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return 0;
	return peer.pid;
}

/* Does the server name a thread of it? */
static bool
is_server(struct db *db, pid_t pid)
{
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long thread = 0;
	char path[80];

	if (db_number(db, &thread, &ignored, "%s = CONNECTION_ID()",
	    db_server(db)->mariadb ? "SELECT TID FROM "
	    "information_schema.PROCESSLIST WHERE ID" :
	    "SELECT THREAD_OS_ID FROM performance_schema.threads WHERE "
	    "PROCESSLIST_ID") != 0 || thread == 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%ld/task/%llu", (long)pid, thread);
	return access(path, F_OK) == 0;
}

/* The text of a file of /proc, to be freed; NULL: it may not be read. */
static char *
read_all(const char *path)
{
	FILE *f = fopen(path, "re");
	struct str text = STR_INIT;
	char some[4096];
	size_t n;

	if (f == NULL)
		return NULL;
	while ((n = fread(some, 1, sizeof(some), f)) > 0)
		str_add(&text, some, n);
	fclose(f);
	return str_take(&text);
}

/*
 * Who may not look at the process sees its mounts.  Each has a number that no
 * other has, and only those below its root are listed: if all are ours, the
 * root is, too.
 */
static int
common_root(pid_t pid)
{
	char path[64], *own, *its;
	int root = -1;

	snprintf(path, sizeof(path), "/proc/%ld/mountinfo", (long)pid);
	its = read_all(path);
	own = read_all("/proc/self/mountinfo");
	if (its != NULL && own != NULL && own[0] != '\0' &&
	    strcmp(its, own) == 0)
		root = open("/", DIRECTORY);
	free(own);
	free(its);
	return root;
}

int
host_root(struct db *db)
{
	pid_t pid = process_of(db);
	char path[64];
	int root;

	if (pid <= 0 || !is_server(db, pid))
		return -1;
	snprintf(path, sizeof(path), "/proc/%ld/root", (long)pid);
	root = open(path, DIRECTORY);
	return root >= 0 ? root : common_root(pid);
}

unsigned int
host_cores(struct db *db)
{
	pid_t pid = process_of(db);
	cpu_set_t set;

	return pid > 0 && is_server(db, pid) &&
	    sched_getaffinity(pid, sizeof(set), &set) == 0 ?
	    (unsigned int)CPU_COUNT(&set) : 0;
}

int
host_directory(int root, const char *path)
{
	struct open_how how = { .flags = DIRECTORY,
	    .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}
