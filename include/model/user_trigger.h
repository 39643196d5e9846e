#ifndef USER_TRIGGER_H
#define USER_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/multibyte.h"
#include "base/str.h"
#include "server/db.h"

/*
 * A trigger of the user's, and how it is made again.
 *
 * Its text is somebody else's, is in the character set of the client that made
 * it, and is read by the server under that set and under its own sql_mode.  So
 * it never meets a byte of ours in another character set: names that are put
 * into it are converted first.  And it must not be able to end the statement
 * it is in, as several are sent in one packet:
 *
 *	MariaDB		EXECUTE IMMEDIATE takes it as a literal, and takes one
 *			statement only.
 *	MySQL		cannot prepare CREATE TRIGGER (error 1295).  There the
 *			text is first sent by itself, in a packet that may hold
 *			one statement only, under the same settings and for a
 *			table that does not exist: when the server then misses
 *			the table (1146), it has read all of it as one
 *			statement, and so it will when others follow.
 */

/* A part of the text. */
struct user_trigger_part {
	size_t at, end;
};

struct user_trigger {
	struct ident name;
	char *timing, *event;		/* "BEFORE", "INSERT" */
	char *sql_mode, *charset, *collation;	/* under which it was made */
	/* CREATE TRIGGER as the server has it, byte for byte. */
	char *create;
	struct user_trigger_part definer, called, table;	/* names */
	size_t body;			/* what follows FOR EACH ROW */
	bool block;			/* BEGIN ... END */
	bool comment;			/* it ends with one */
	/* The same names, and that of the table where a stand-in is, quoted, in
	 * its character set; new_sql is NULL before user_trigger_prepare(). */
	char *definer_sql, *name_sql, *table_sql, *new_sql;
};

/* What is made of it; NULL for what stays as it is. */
struct user_trigger_form {
	const char *name, *table;	/* quoted, in its character set */
	const char *next;		/* a trigger that it is to precede */
	bool mariadb;
	bool alone;			/* nothing follows it in its packet */
};

/*
 * Read the text of a trigger on this table; name, timing and event are set.
 * The session's character_set_results must be NULL.  definer is "user@host".
 * Returns 0, or -1 with *e: ERR_NEEDS when it cannot be seen, ERR_TRIGGERS
 * when it is not understood, ERR_REFUSED when its character set has no
 * characters for the names that it needs.
 */
int user_trigger_load(struct user_trigger *t, struct db *db,
    const struct qname *table, const char *definer, bool mariadb,
    struct err *e);

/*
 * The part of it that needs no server: find the names and the body in a text
 * that was read.  Whatever the text is, nothing beyond its end is looked at.
 */
int user_trigger_parse(struct user_trigger *t, const struct qname *table,
    const char *definer, bool mariadb, struct err *e);
void user_trigger_free(struct user_trigger *t);

/*
 * Have the name of the stand-in's table ready, and MySQL read the text by
 * itself.  Returns as above, and ERR_TRIGGERS when it is not one statement.
 */
int user_trigger_prepare(struct user_trigger *t, struct db *db,
    const struct ident *on, bool mariadb, struct err *e);

/*
 * Adds a statement that sets a session up to create this trigger (character
 * set, sql_mode), and one that sets it back.
 */
void user_trigger_before(struct str *q, const struct user_trigger *t);
void user_trigger_after(struct str *q);

/*
 * What its stand-in is called, in characters that are the same in every
 * character set.  There is one while the name itself is on its way from the old
 * table to the new one: on MariaDB on the new table, on MySQL on the old one.
 */
void user_trigger_stand_in(struct ident *to, const struct user_trigger *t);

/*
 * The name of another trigger in the character set of this one, for next; or
 * NULL, where that would have to be converted.
 */
const char *user_trigger_next(const struct user_trigger *t,
    const struct user_trigger *next);

/*
 * Adds the statement that makes it.  The schema must be the session's, as the
 * names are without one.
 */
void user_trigger_create(struct str *q, const struct user_trigger *t,
    const struct user_trigger_form *form);

#endif
