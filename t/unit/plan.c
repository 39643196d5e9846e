/*
 * Each plan is compared with t/plan/NAME.want; UPDATE_GOLDEN=1 writes these
 * files anew.  Read what has changed then: nothing here knows whether it is
 * right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/bound.h"
#include "model/planner.h"
#include "model/sql.h"

#define UTF8	"collate=utf8mb4_general_ci"

struct golden {
	const char *name;
	const char *table;
	const char *alter;
	const struct server *server;
	void (*build)(struct fixture *f);
};

/* --- the tables before and after ----------------------------------------- */

static void
id_and_name(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	both(f, "name", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
add_column(struct fixture *f)
{
	id_and_name(f);
	column(&f->new, "size", "int(11)", "null");
	column(&f->new, "color", "varchar(9)", "default=red " UTF8);
}

static void
add_without_default(struct fixture *f)
{
	id_and_name(f);
	column(&f->new, "size", "int(11)", "");
	column(&f->new, "kind", "enum('a','b')", UTF8);
	column(&f->new, "born", "date", "");
}

static void
rename_column(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "name", "varchar(50)", "null " UTF8);
	column(&f->new, "title", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
in_order(struct fixture *f)
{
	both(f, "FTS_DOC_ID", "bigint(20) unsigned", "auto_increment");
	both(f, "body", "text", "null " UTF8);
	column(&f->new, "lang", "char(2)", "null " UTF8);
	primary(&f->old, "FTS_DOC_ID");
	primary(&f->new, "FTS_DOC_ID");
	f->new.create = xstrdup("CREATE TABLE `t` (FULLTEXT KEY `b` (`body`))");
}

static void
split_rows(struct fixture *f)
{
	both(f, "room", "varchar(9)", UTF8);
	both(f, "a", "date", "");
	both(f, "b", "date", "");
	column(&f->new, "price", "int(11)", "null");
	primary(&f->old, "room,a");
	primary(&f->new, "room,a");
	f->old.has_period = true;
	f->new.has_period = true;
}

static void
rename_key(struct fixture *f)
{
	column(&f->old, "id", "bigint(20)", "");
	column(&f->new, "no", "bigint(20)", "");
	both(f, "name", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "no");
}

static void
swapped_names(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "a", "int(11)", "");
	column(&f->old, "b", "varchar(20)", UTF8);
	column(&f->new, "b", "int(11)", "");
	column(&f->new, "a", "varchar(20)", UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
rename_onto_dropped(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "a", "int(11)", "");
	column(&f->old, "b", "int(11)", "");
	column(&f->new, "b", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
drop_and_add(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "a", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
composite_key(struct fixture *f)
{
	both(f, "shop", "int(10) unsigned", "");
	both(f, "kind", "enum('a','b','c')", UTF8);
	both(f, "code", "varbinary(8)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "bigint(20)", "null");
	primary(&f->old, "shop,kind,code");
	primary(&f->new, "shop,kind,code");
}

static void
descending_key(struct fixture *f)
{
	both(f, "day", "date", "");
	both(f, "no", "int(11)", "");
	column(&f->new, "note", "text", "null " UTF8);
	primary(&f->old, "-day,no");
	primary(&f->new, "-day,no");
}

static void
timestamp_key(struct fixture *f)
{
	both(f, "at", "timestamp(6)", "");
	both(f, "n", "int(11)", "null");
	primary(&f->old, "at");
	primary(&f->new, "at");
	key(&f->new, "n", false, "n");
}

static void
timestamp_to_datetime(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "at", "timestamp", "null");
	column(&f->new, "at", "datetime", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

/* The old primary key is gone; another unique key leads. */
static void
other_primary_key(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "email", "varchar(50)", UTF8);
	both(f, "n", "int(11)", "null");
	primary(&f->old, "id");
	unique(&f->old, "email", "email");
	primary(&f->new, "email");
}

/* What identifies a row is the new key with the old one. */
static void
primary_key_of_two(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "shop", "int(11)", "");
	both(f, "n", "int(11)", "null");
	primary(&f->old, "id");
	primary(&f->new, "shop,id");
}

static void
new_unique_key(struct fixture *f)
{
	id_and_name(f);
	unique(&f->new, "name", "name");
}

static void
hostile_names(struct fixture *f)
{
	both(f, "a`b", "bigint(20)", "");
	column(&f->old, "%s%n", "varchar(9)", UTF8);
	column(&f->new, "`; DROP TABLE t; --", "varchar(9)", UTF8);
	column(&f->new, "'%d\\", "int(11)", "");
	unique(&f->old, "k`%s", "a`b");
	unique(&f->new, "k`%s", "a`b");
}

static void
other_definer(struct fixture *f)
{
	id_and_name(f);
	f->options.definer = "`trig`@`%`";
}

static void
null_to_not_null(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "int(11)", "");
	column(&f->old, "name", "varchar(20)", "null " UTF8);
	column(&f->new, "name", "varchar(20)", UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->options.null_to_not_null = true;
}

static void
all_types(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	both(f, "f", "float", "null");
	both(f, "b", "bit(8)", "null");
	both(f, "e", "enum('a','b')", "null " UTF8);
	both(f, "t", "longtext", "null " UTF8);
	both(f, "d", "decimal(10,2)", "");
	both(f, "v", "varbinary(9)", "null");
	both(f, "g", "int(11)", "null generated");
	column(&f->old, "c", "int(11)", "null");
	column(&f->new, "c", "varchar(20)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->server.autoinc_lock = true;
}

static void
only_counted(struct fixture *f)
{
	rename_column(f);
	f->options.checksum = false;
}

static void
chosen_index(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "code", "char(3)", "collate=ascii_bin");
	primary(&f->old, "id");
	unique(&f->old, "code", "code");
	primary(&f->new, "id");
	unique(&f->new, "code", "code");
	f->options.chunk_index = "CODE";
}

static void
way_back(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	column(&f->old, "name", "varchar(50)", "null " UTF8);
	column(&f->new, "title", "varchar(90)", "null " UTF8);
	column(&f->old, "color", "varchar(9)", "default=red " UTF8);
	column(&f->old, "size", "int(11)", "");
	column(&f->new, "weight", "int(11)", "null");
	primary(&f->old, "id");
	unique(&f->old, "name", "name");
	primary(&f->new, "id");
}

/* The new table has less than the old one, in three columns. */
static void
less_to_bring_back(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "at", "timestamp(3)", "null");
	column(&f->new, "at", "datetime(3)", "null");
	column(&f->old, "code", "varchar(20)", UTF8);
	column(&f->new, "code", "int(11)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "int(11)", "");
	f->options.null_to_not_null = true;
	primary(&f->old, "id");
	primary(&f->new, "id");
}

/* Nobody assigns the second half of the key. */
static void
computed_key(struct fixture *f)
{
	const char *digest = "collate=utf8mb4_bin generated=lower(`name`)";

	both(f, "id", "bigint(20)", "");
	column(&f->old, "name", "varchar(50)", UTF8);
	column(&f->new, "name", "varchar(90)", UTF8);
	both(f, "g", "varchar(90)", digest);
	column(&f->new, "size", "int(11)", "null");
	primary(&f->old, "g,id");
	primary(&f->new, "g,id");
}

static void
computed_key_alone(struct fixture *f)
{
	both(f, "at", "timestamp(3)", "");
	both(f, "n", "int(11)", "");
	both(f, "g", "int(11)", "generated=(`n`+1)");
	unique(&f->old, "g", "g");
	unique(&f->new, "g", "g");
}

static const struct golden cases[] = {
	{ "add-column", "t", "ADD size INT, ADD color VARCHAR(9) NOT NULL "
	    "DEFAULT 'red'", &mariadb_10_11, add_column },
	{ "add-column-mariadb-10.6", "t", "ADD size INT, ADD color "
	    "VARCHAR(9) NOT NULL DEFAULT 'red'", &mariadb_10_6, add_column },
	{ "add-column-mysql", "t", "ADD size INT, ADD color VARCHAR(9) NOT "
	    "NULL DEFAULT 'red'", &mysql_8_4, add_column },
	{ "add-without-default", "t", "ADD size INT NOT NULL, ADD kind "
	    "ENUM('a','b') NOT NULL, ADD born DATE NOT NULL", &mariadb_10_11,
	    add_without_default },
	{ "rename-column", "t", "RENAME COLUMN name TO title",
	    &mariadb_10_11, rename_column },
	{ "in-order", "t", "ADD lang CHAR(2)", &mysql_8_4, in_order },
	{ "in-order-mariadb", "t", "ADD lang CHAR(2)", &mariadb_10_11,
	    in_order },
	{ "split-rows", "t", "ADD price INT", &mariadb_10_11, split_rows },
	{ "rename-key", "t", "CHANGE id no BIGINT NOT NULL", &mariadb_10_11,
	    rename_key },
	{ "swapped-names", "t", "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
	    &mariadb_10_11, swapped_names },
	{ "rename-onto-dropped", "t", "DROP b, RENAME COLUMN a TO b",
	    &mariadb_10_11, rename_onto_dropped },
	{ "drop-and-add", "t", "DROP a, ADD a INT NOT NULL", &mariadb_10_11,
	    drop_and_add },
	{ "composite-key", "t", "MODIFY n BIGINT", &mariadb_10_11,
	    composite_key },
	{ "descending-key", "t", "ADD note TEXT", &mysql_8_4,
	    descending_key },
	{ "timestamp-key", "t", "ADD KEY n (n)", &mariadb_10_11,
	    timestamp_key },
	{ "timestamp-to-datetime", "t", "MODIFY at DATETIME", &mariadb_10_11,
	    timestamp_to_datetime },
	{ "other-primary-key", "t", "DROP PRIMARY KEY, ADD PRIMARY KEY "
	    "(email)", &mariadb_10_11, other_primary_key },
	{ "primary-key-of-two", "t", "DROP PRIMARY KEY, ADD PRIMARY KEY "
	    "(shop, id)", &mysql_8_4, primary_key_of_two },
	{ "new-unique-key", "t", "ADD UNIQUE KEY name (name)",
	    &mariadb_10_11, new_unique_key },
	{ "hostile-names", "t`; %s", "RENAME COLUMN `%s%n` TO ```; DROP TABLE "
	    "t; --`, ADD `'%d\\` INT NOT NULL", &mariadb_10_11,
	    hostile_names },
	{ "trigger-definer", "t", "FORCE", &mysql_8_4, other_definer },
	{ "null-to-not-null", "t", "MODIFY n INT NOT NULL, MODIFY name "
	    "VARCHAR(20) NOT NULL", &mariadb_10_11, null_to_not_null },
	{ "all-types-mariadb", "t", "MODIFY c VARCHAR(20)", &mariadb_10_11,
	    all_types },
	{ "all-types-mysql", "t", "MODIFY c VARCHAR(20)", &mysql_8_4,
	    all_types },
	{ "only-counted", "t", "RENAME COLUMN name TO title",
	    &mariadb_10_11, only_counted },
	{ "chosen-index", "t", "FORCE", &mariadb_10_11, chosen_index },
	{ "way-back", "t", "CHANGE name title VARCHAR(90), DROP color, DROP "
	    "size, DROP KEY name, ADD weight INT", &mariadb_10_11, way_back },
	{ "way-back-of-less", "t", "MODIFY at DATETIME(3), MODIFY code INT "
	    "NOT NULL, MODIFY n INT NOT NULL", &mysql_8_4, less_to_bring_back },
	{ "computed-key", "t", "MODIFY name VARCHAR(90) NOT NULL, ADD size "
	    "INT", &mysql_8_4, computed_key },
	{ "way-back-of-computed-key", "t", "FORCE", &mysql_8_4,
	    computed_key_alone },
	{ "long-name", "a_table_with_a_name_of_64_characters_which_are_as_"
	    "many_as_can_be", "ADD size INT, ADD color VARCHAR(9) NOT NULL "
	    "DEFAULT 'red'", &mariadb_10_11, add_column },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* --- what is compared ---------------------------------------------------- */

/* A value as the server would give it; the second is after the first. */
static const char *
sample(const struct column *c, bool second)
{
	switch (c->kind) {
	case KIND_TEXT:
	case KIND_BINARY:
		return second ? "7A2527" : "61";
	case KIND_ENUM:
		return second ? "3" : "1";
	case KIND_TIME:
		return strcmp(c->data_type, "date") == 0 ?
		    (second ? "2020-02-29" : "2020-01-01") :
		    (second ? "2020-10-25 01:30:00" : "2020-01-01 00:00:00");
	case KIND_NUMBER:
	case KIND_BIT:
	case KIND_UUID:
	case KIND_FLOAT:
	case KIND_JSON:
	case KIND_OTHER:
		break;
	}
	return second ? "2000" : "1000";
}

/* For a descending part, what comes later is less. */
static void
set_bound(struct bound *b, const struct plan *p, bool upto)
{
	char **cell = xcalloc(p->walk->n, sizeof(*cell));
	const struct key_part *part;
	size_t i;

	for (i = 0; i < p->walk->n; i++) {
		part = &p->walk->part[i];
		cell[i] = xstrdup(sample(&p->old->column[part->column],
		    upto != part->descending));
	}
	bound_set(b, p->old, p->walk, cell);
	for (i = 0; i < p->walk->n; i++)
		free(cell[i]);
	free(cell);
}

static void
put(FILE *f, const char *what, struct str *q)
{
	fprintf(f, "-- %s\n%s;\n", what, q->s);
	str_reset(q);
}

static void
print_statements(const struct plan *p, FILE *f)
{
	struct bound after = BOUND_INIT, upto = BOUND_INIT;
	struct bound none = BOUND_INIT;
	struct str q = STR_INIT;

	set_bound(&after, p, false);
	set_bound(&upto, p, true);
	sql_last(&q, p);
	put(f, "the last row", &q);
	sql_boundary(&q, p, &none, &upto, 1000);
	put(f, "the end of the first chunk", &q);
	sql_boundary(&q, p, &after, &upto, 1);
	put(f, "the end of a chunk of one row", &q);
	if (p->hold_head != NULL) {
		sql_copy(&q, p, &after, &upto, ROW_AT);
		put(f, "the last row of a chunk", &q);
		sql_hold(&q, p, &after, &upto, ROWS_BEFORE);
		put(f, "the rows before it, locked", &q);
	}
	sql_copy(&q, p, &after, &upto, ROWS_UPTO);
	put(f, "a chunk", &q);
	sql_copy(&q, p, &none, &upto, ROW_AT_WAIT);
	put(f, "the first chunk, waiting", &q);
	sql_checksum(&q, p, SIDE_OLD, &after, &upto);
	put(f, "the old rows of a chunk", &q);
	sql_checksum(&q, p, SIDE_NEW, &after, &upto);
	put(f, "its new rows", &q);
	sql_missing(&q, p, &after, &upto);
	put(f, "those that are missing", &q);
	sql_differences(&q, p, SIDE_OLD, &after, &upto, 5);
	put(f, "those that differ", &q);
	sql_differences(&q, p, SIDE_NEW, &after, &upto, 5);
	put(f, "those that should not be there", &q);
	bound_free(&after);
	bound_free(&upto);
	str_free(&q);
}

/* What was decided, but is no SQL. */
static void
print_facts(const struct plan *p, FILE *f)
{
	fprintf(f, "facts:%s%s%s%s%s%s%s\n",
	    p->session & SESSION_UTC ? " utc" : "",
	    p->session & SESSION_INVALID_DATES ? " invalid-dates" : "",
	    p->zone != NULL ? " zone " : "",
	    p->zone != NULL ? p->zone : "",
	    p->other_unique ? " other-unique" : "",
	    p->by_values ? " by-values" : "",
	    p->same_ranges ? " same-ranges" : "");
}

/* --- the files ----------------------------------------------------------- */

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct str s = STR_INIT;
	char buf[4096];
	size_t n;

	if (f == NULL)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_add(&s, buf, n);
	fclose(f);
	return str_take(&s);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
		fail_msg("cannot write %s", path);
}

static void
show_diff(const char *path, const char *got)
{
	char temp[] = "/tmp/plan-got.XXXXXX";
	int fd = mkstemp(temp);
	pid_t pid;

	assert_true(fd >= 0);
	close(fd);
	write_file(temp, got);
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execlp("diff", "diff", "-u", path, temp, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	unlink(temp);
}

/* Is it what the file says? */
static void
is_golden(const char *name, const char *got)
{
	struct str path = STR_INIT;
	char *want;
	bool equal;

	str_addf(&path, "t/plan/%s.want", name);
	if (getenv("UPDATE_GOLDEN") != NULL)
		write_file(path.s, got);
	want = read_file(path.s);
	equal = want != NULL && strcmp(want, got) == 0;
	if (!equal && want != NULL)
		show_diff(path.s, got);
	free(want);
	str_free(&path);
	if (!equal)
		fail_msg("not as t/plan/%s.want has it", name);
}

static void
plan_is_as_written_down(void **state)
{
	const struct golden *g = *state;
	bool back = strncmp(g->name, "way-back", 8) == 0;
	struct fixture f;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	fixture_begin(&f);
	fixture_server(&f, g->server);
	g->build(&f);
	if (fixture_plan(&f, g->table, g->alter) != 0 || (back &&
	    planner_reverse(&f.plan, &f.alter, &f.options, &f.e) != 0))
		fail_msg("%s", f.e.text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	fprintf(out, "-- ALTER TABLE %s %s\n", f.names.old.sql, g->alter);
	print_facts(&f.plan, out);
	plan_print(&f.plan, out);
	print_statements(&f.plan, out);
	if (back) {
		fputs("-- the way back\n", out);
		print_facts(f.plan.back, out);
		print_statements(f.plan.back, out);
	}
	fclose(out);
	fixture_end(&f);
	is_golden(g->name, text);
	free(text);
}

int
main(void)
{
	struct CMUnitTest tests[N_CASES];
	struct golden each[N_CASES];
	size_t i;

	memset(tests, 0, sizeof(tests));
	for (i = 0; i < N_CASES; i++) {
		each[i] = cases[i];
		tests[i].name = each[i].name;
		tests[i].test_func = plan_is_as_written_down;
		tests[i].initial_state = &each[i];
	}
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
