#define _DEFAULT_SOURCE		/* fstatfs() */
#include "server/disk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "server/host.h"
#include "server/server.h"

/* Those that do not compress what they hold (statfs(2)). */
#define EXT	0xef53
#define XFS	0x58465342
#define TMPFS	0x01021994

#define K	1024ULL

/* --- how much is free ------------------------------------------------------*/

static int
look_here(struct disk *d, struct err *e)
{
	struct statvfs v;
	struct statfs s;
	struct stat st;

	if (fstatvfs(d->directory, &v) != 0 || fstatfs(d->directory, &s) != 0 ||
	    fstat(d->directory, &st) != 0)
		return err_set(e, ERR_SQL, "the file system of %s does not "
		    "answer", d->path);
	d->free = (unsigned long long)v.f_bavail * v.f_frsize;
	d->total = (unsigned long long)v.f_blocks * v.f_frsize;
	d->id = st.st_dev;
	d->packs = s.f_type != EXT && s.f_type != XFS && s.f_type != TMPFS;
	return 0;
}

/* Is the path below that mount? */
static bool
is_below(const char *path, const char *mount)
{
	size_t len = strlen(mount);

	return strcmp(mount, "/") == 0 || (strncmp(path, mount, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0'));
}

/*
 * Old versions of the plugin list devices only, and not the file systems whose
 * names are no paths.  Of these there is always one.
 */
static int
look_by_plugin(struct disk *d, struct db *db, struct err *e)
{
	size_t i, longest = 0, len;
	struct rows r = ROWS_INIT;
	bool all = false, found = false;

	if (db_rows(db, &r, "vvvv", e, "SELECT Disk, Path, Total, Available "
	    "FROM information_schema.DISKS") != 0)
		return -1;
	for (i = 0; i < r.n; i++) {
		all = all || r.cell[i][0][0] != '/';
		len = strlen(r.cell[i][1]);
		if (!is_below(d->path, r.cell[i][1]) || len < longest)
			continue;
		found = true;
		longest = len;
		d->id = i + 1;
		d->certain = len > 1;
		d->packs = !is_below(r.cell[i][0], "/dev") &&
		    strcmp(r.cell[i][0], "tmpfs") != 0;
		d->total = strtoull(r.cell[i][2], NULL, 10) * K;
		d->free = strtoull(r.cell[i][3], NULL, 10) * K;
	}
	rows_free(&r);
	d->certain = d->certain && all;
	return found ? 0 : err_set(e, ERR_SQL, "the plugin DISKS knows no file "
	    "system of %s", d->path);
}

/* "ibdata1:12M:autoextend:max:44M": so large may it become; 0: there is no
 * limit, or it has several files. */
static unsigned long long
most_of(const char *files)
{
	const char *size = strchr(files, ':'), *max = strstr(files, ":max:");
	unsigned long long n;
	char *end;

	if (size == NULL || strchr(files, ';') != NULL ||
	    (max == NULL && strstr(files, ":autoextend") != NULL))
		return 0;
	n = strtoull(max != NULL ? max + 5 : size + 1, &end, 10);
	return *end == 'G' || *end == 'g' ? n * K * K * K :
	    *end == 'M' || *end == 'm' ? n * K * K :
	    *end == 'K' || *end == 'k' ? n * K : n;
}

/* InnoDB says how many extents of it are free, and how large its file is. */
static int
look_inside(struct disk *d, struct db *db, struct err *e)
{
	unsigned long long size = 0, unused = 0;
	struct str where = STR_INIT;
	char *files = NULL;
	int rc;

	db_match(&where, db, "TABLE_SCHEMA", "TABLE_NAME", &d->table);
	rc = db_value(db, &files, e, "SELECT @@innodb_data_file_path") != 0 ||
	    db_number(db, &unused, e, "SELECT DATA_FREE FROM "
	    "information_schema.TABLES WHERE %s", where.s) != 0 ||
	    db_number(db, &size, e, db_server(db)->mariadb ?
	    "SELECT FILE_SIZE FROM information_schema.INNODB_SYS_TABLESPACES "
	    "WHERE SPACE = 0" : "SELECT TOTAL_EXTENTS * EXTENT_SIZE FROM "
	    "information_schema.FILES WHERE TABLESPACE_NAME = "
	    "'innodb_system'") != 0 ? -1 : 0;
	d->total = files != NULL ? most_of(files) : 0;
	d->free = unused + (d->total > size ? d->total - size : 0);
	if (rc == 0 && (size == 0 || d->total == 0))
		rc = err_set(e, ERR_SQL, "the system tablespace has no known "
		    "limit");
	free(files);
	str_free(&where);
	return rc;
}

int
disk_look(struct disk *d, struct db *db, struct err *e)
{
	switch (d->by) {
	case DISK_HOST:
		return look_here(d, e);
	case DISK_PLUGIN:
		return look_by_plugin(d, db, e);
	case DISK_TABLESPACE:
		return look_inside(d, db, e);
	case DISK_UNKNOWN:
		break;
	}
	return err_set(e, ERR_SQL, "not known");
}

bool
disk_same(const struct disk *a, const struct disk *b)
{
	return a->by == b->by && a->by != DISK_UNKNOWN && a->id == b->id;
}

void
disk_size(struct str *out, unsigned long long bytes)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes / 1024;
	size_t i = 0;

	while (n >= 1024 && i < 3) {
		n /= 1024;
		i++;
	}
	str_addf(out, n < 10 ? "%.1f %s" : "%.0f %s", n, unit[i]);
}

/* --- where it is -----------------------------------------------------------*/

/* Who can say? */
static int
find_source(struct disk *d, struct db *db, int root, struct err *e)
{
	struct err why = { .kind = ERR_NONE };

	d->directory = root >= 0 ? host_directory(root, d->path) : -1;
	d->by = d->directory >= 0 ? DISK_HOST :
	    db_server(db)->mariadb ? DISK_PLUGIN : DISK_UNKNOWN;
	d->certain = d->directory >= 0;
	if (d->by == DISK_UNKNOWN || disk_look(d, db, &why) == 0)
		return 0;
	d->by = DISK_UNKNOWN;
	if (why.kind != ERR_LOST)
		return 0;
	*e = why;
	return -1;
}

static bool
is_plain(const char *name)
{
	return name[strspn(name, "0123456789_abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* Where DATA DIRECTORY says, once; NULL: it says so of several parts. */
static char *
data_directory(const char *clause)
{
	const char *from = strchr(clause, '\''), *end;
	struct str path = STR_INIT;

	end = from != NULL ? strchr(from + 1, '\'') : NULL;
	if (end == NULL || strstr(end, "DATA DIRECTORY") != NULL)
		return NULL;
	str_add(&path, from + 1, (size_t)(end - from - 1));
	return str_take(&path);
}

struct layout {
	char *datadir, *home, *binlog;
	bool per_table;
};

static int
read_layout(struct layout *l, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	const char *const *c;
	char *end;

	if (db_row(db, &r, "??v?", e, "SELECT @@datadir, "
	    "@@innodb_data_home_dir, @@innodb_file_per_table, "
	    "IF(@@log_bin, @@log_bin_basename, NULL)") != 0)
		return -1;
	c = (const char *const *)r.cell[0];
	l->datadir = xstrdup(c[0] != NULL ? c[0] : "");
	l->home = xstrdup(c[1] != NULL && c[1][0] == '/' ? c[1] : l->datadir);
	l->per_table = strcmp(c[2], "1") == 0;
	l->binlog = xstrdup_null(c[3]);
	rows_free(&r);
	end = l->binlog != NULL ? strrchr(l->binlog, '/') : NULL;
	if (end != NULL)
		end[end == l->binlog] = '\0';
	return 0;
}

/* A tablespace of several tables may be anywhere. */
static char *
data_path(const struct layout *l, const struct qname *table,
    const char *create, bool *system)
{
	const char *space = create != NULL ? strstr(create, "TABLESPACE `") :
	    NULL, *dir = create != NULL ? strstr(create, "DATA DIRECTORY=") :
	    NULL;
	struct str path = STR_INIT;

	if (create != NULL && dir == NULL)
		dir = strstr(create, "DATA DIRECTORY =");
	*system = space != NULL ? strstr(space, "`innodb_system`") != NULL :
	    !l->per_table && dir == NULL &&
	    (create == NULL || strstr(create, "`innodb_file_per_table`") ==
	    NULL);
	if (space != NULL && !*system &&
	    strstr(space, "`innodb_file_per_table`") == NULL)
		return NULL;
	if (dir != NULL)
		return data_directory(dir);
	if (*system || !is_plain(table->db.raw))
		return xstrdup(*system ? l->home : l->datadir);
	str_addf(&path, "%s%s%s", l->datadir, l->datadir[0] != '\0' &&
	    l->datadir[strlen(l->datadir) - 1] == '/' ? "" : "/",
	    table->db.raw);
	return str_take(&path);
}

static int
find_data(struct disk *d, struct db *db, const struct layout *l,
    const char *create, int root, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	bool system;

	d->path = data_path(l, &d->table, create, &system);
	if (d->path == NULL)
		return 0;
	d->by = DISK_TABLESPACE;
	d->certain = true;
	if (!system || disk_look(d, db, &why) != 0)
		return find_source(d, db, root, e);
	free(d->path);
	d->path = xstrdup("the system tablespace");
	return 0;
}

int
disk_find_all(struct disks *d, struct db *db, const struct qname *table,
    const char *create, struct err *e)
{
	struct layout l = { NULL, NULL, NULL, false };
	int root, rc;

	memset(d, 0, sizeof(*d));
	d->data.directory = d->binlog.directory = -1;
	d->data.table = *table;
	if (read_layout(&l, db, e) != 0) {
		rc = e->kind == ERR_LOST ? -1 : 0;
		e->kind = rc != 0 ? ERR_LOST : ERR_NONE;
		return rc;
	}
	root = host_root(db);
	d->logs = l.binlog != NULL;
	d->binlog.path = xstrdup_null(l.binlog);
	rc = find_data(&d->data, db, &l, create, root, e) != 0 ||
	    (d->logs && find_source(&d->binlog, db, root, e) != 0) ? -1 : 0;
	if (root >= 0)
		close(root);
	free(l.datadir);
	free(l.home);
	free(l.binlog);
	return rc;
}

void
disk_free(struct disk *d)
{
	free(d->path);
	d->path = NULL;
	if (d->directory >= 0)
		close(d->directory);
	d->directory = -1;
	d->by = DISK_UNKNOWN;
}

void
disk_free_all(struct disks *d)
{
	disk_free(&d->data);
	disk_free(&d->binlog);
}
