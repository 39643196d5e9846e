#ifndef GOLDEN_H
#define GOLDEN_H

/*
 * Each plan is compared with t/plan/NAME.want; UPDATE_GOLDEN=1 writes these
 * files anew.  Read what has changed then: nothing here knows whether it is
 * right.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"
#include "model/bound.h"
#include "model/path.h"
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

/* --- what is compared ---------------------------------------------------- */

/* A value as the server would give it; the second is after the first. */
static inline const char *
golden_sample(const struct column *c, bool second)
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
static inline void
golden_bound(struct bound *b, const struct plan *p, bool upto)
{
	char **cell = xcalloc(p->walk->n, sizeof(*cell));
	const struct key_part *part;
	size_t i;

	for (i = 0; i < p->walk->n; i++) {
		part = &p->walk->part[i];
		cell[i] = xstrdup(golden_sample(&p->old->column[part->column],
		    upto != part->descending));
	}
	bound_set(b, p->old, p->walk, cell);
	for (i = 0; i < p->walk->n; i++)
		free(cell[i]);
	free(cell);
}

static inline void
golden_put(struct str *f, const char *what, struct str *q)
{
	str_addf(f, "-- %s\n%s;\n", what, q->s);
	str_reset(q);
}

static inline void
golden_statements(const struct plan *p, struct str *f)
{
	struct bound after = BOUND_INIT, upto = BOUND_INIT;
	struct bound none = BOUND_INIT;
	const struct path path = plan_path(p);
	struct str q = STR_INIT;

	golden_bound(&after, p, false);
	golden_bound(&upto, p, true);
	path_last(&q, &path);
	golden_put(f, "the last row", &q);
	path_nth(&q, &path, &none, &upto, 1000);
	golden_put(f, "the end of the first chunk", &q);
	path_nth(&q, &path, &after, &upto, 1);
	golden_put(f, "the end of a chunk of one row", &q);
	if (p->hold_head != NULL) {
		sql_copy(&q, p, &after, &upto, ROW_AT);
		golden_put(f, "the last row of a chunk", &q);
		sql_hold(&q, p, &after, &upto, ROWS_BEFORE);
		golden_put(f, "the rows before it, locked", &q);
	}
	sql_copy(&q, p, &after, &upto, ROWS_UPTO);
	golden_put(f, "a chunk", &q);
	sql_copy(&q, p, &none, &upto, ROW_AT_WAIT);
	golden_put(f, "the first chunk, waiting", &q);
	sql_checksum(&q, p, SIDE_OLD, &after, &upto);
	golden_put(f, "the old rows of a chunk", &q);
	sql_checksum(&q, p, SIDE_NEW, &after, &upto);
	golden_put(f, "its new rows", &q);
	sql_missing(&q, p, &after, &upto);
	golden_put(f, "those that are missing", &q);
	sql_differences(&q, p, SIDE_OLD, &after, &upto, 5);
	golden_put(f, "those that differ", &q);
	sql_differences(&q, p, SIDE_NEW, &after, &upto, 5);
	golden_put(f, "those that should not be there", &q);
	if (p->filter != NULL) {
		sql_last_match(&q, p, &after, &upto);
		golden_put(f, "the last row that matches", &q);
	}
	bound_free(&after);
	bound_free(&upto);
	str_free(&q);
}

/* What was decided, but is no SQL. */
static inline void
golden_facts(const struct plan *p, struct str *f)
{
	str_addf(f, "facts:%s%s%s%s%s%s%s\n",
	    p->session & SESSION_UTC ? " utc" : "",
	    p->session & SESSION_INVALID_DATES ? " invalid-dates" : "",
	    p->zone != NULL ? " zone " : "",
	    p->zone != NULL ? p->zone : "",
	    p->other_unique ? " other-unique" : "",
	    p->by_values ? " by-values" : "",
	    p->same_ranges ? " same-ranges" : "");
}

/* --- the files ----------------------------------------------------------- */

static inline char *
golden_read(const char *path)
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

static inline void
golden_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
		fail_msg("cannot write %s", path);
}

static inline void
golden_diff(const char *path, const char *got)
{
	char temp[] = "/tmp/plan-got.XXXXXX";
	int fd = mkstemp(temp);
	pid_t pid;

	assert_true(fd >= 0);
	close(fd);
	golden_write(temp, got);
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
static inline void
golden_is(const char *name, const char *got)
{
	struct str path = STR_INIT;
	char *want;
	bool equal;

	str_addf(&path, "t/plan/%s.want", name);
	if (getenv("UPDATE_GOLDEN") != NULL)
		golden_write(path.s, got);
	want = golden_read(path.s);
	equal = want != NULL && strcmp(want, got) == 0;
	if (!equal && want != NULL)
		golden_diff(path.s, got);
	free(want);
	str_free(&path);
	if (!equal)
		fail_msg("not as t/plan/%s.want has it", name);
}

static inline void
golden_begin(const struct golden *g, const struct fixture *f, struct str *out)
{
	str_addf(out, "-- ALTER TABLE %s %s\n", f->names.old.sql, g->alter);
	golden_facts(&f->plan, out);
	plan_print(&f->plan, out);
	golden_statements(&f->plan, out);
}

/* Plan the case; back: with the revert. */
static inline void
golden_check(const struct golden *g, bool back)
{
	struct fixture f;
	struct str text = STR_INIT;

	fixture_begin(&f);
	fixture_server(&f, g->server);
	g->build(&f);
	if (fixture_plan(&f, g->table, g->alter) != 0 || (back &&
	    planner_reverse(&f.plan, &f.alter, &f.options, &f.e) != 0))
		fail_msg("%s", f.e.text);
	golden_begin(g, &f, &text);
	if (back) {
		str_addz(&text, "-- the revert\n");
		golden_facts(f.plan.back, &text);
		golden_statements(f.plan.back, &text);
	}
	fixture_end(&f);
	golden_is(g->name, text.s);
	str_free(&text);
}

/* A test for each case, which test() finds in its state. */
static inline void
golden_tests(struct CMUnitTest *tests, struct golden *cases, size_t n,
    CMUnitTestFunction test)
{
	size_t i;

	memset(tests, 0, n * sizeof(*tests));
	for (i = 0; i < n; i++) {
		tests[i].name = cases[i].name;
		tests[i].test_func = test;
		tests[i].initial_state = &cases[i];
	}
}

#endif
