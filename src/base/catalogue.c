#include "base/catalogue.h"

#include <stdio.h>
#include <string.h>

static const struct catalogue_entry entries[] = {
	{ ERR_NONE, "success", "What was asked for is done.", NULL, false },
	{ ERR_USAGE, "usage", "The command line or a file is wrong, or "
	    "neither --dry-run nor --execute was given.  Nothing was changed.",
	    "Correct what the message names; livealter --help lists the "
	    "options.", false },
	{ ERR_VERSION, "version", "The server is older than MariaDB 10.6 or "
	    "MySQL 8.0.", "Upgrade the server.", false },
	{ ERR_NEEDS, "needs", "A privilege or a setting of the server is "
	    "missing, or a filter of replication is in the way.", "Grant or "
	    "set what the message names.", false },
	{ ERR_NO_KEY, "no-key", "There is no unique key to walk the table or "
	    "to identify its rows by.", "Add a primary key, or a unique key "
	    "on columns that are NOT NULL.", false },
	{ ERR_FK_METHOD, "fk-method", "The value of "
	    "--alter-foreign-keys-method is unknown.", "Omit the option.",
	    false },
	{ ERR_CREATE, "create", "The new table could not be created.", "See "
	    "the message; the command cleanup removes what a run has left.",
	    false },
	{ ERR_ALTER, "alter", "The server refused the ALTER.", "Correct it; "
	    "the server's message says what is wrong.", false },
	{ ERR_TRIGGERS, "triggers", "The triggers could not be created, or "
	    "somebody changed or dropped one.", "Run it again when no long "
	    "transaction uses the table; --tries and --kill-blockers help.",
	    true },
	{ ERR_SWAP, "swap", "The tables could not be swapped.", "Run it again "
	    "when no long transaction uses the table; --tries and "
	    "--kill-blockers help.", true },
	{ ERR_FKEYS, "foreign-keys", "The tables were swapped, but foreign "
	    "keys of other tables or the table's own triggers could not be "
	    "moved, or a revert has not brought back the definition.",
	    "Run the statements that were printed, or the command "
	    "cleanup.", false },
	{ ERR_DROP, "drop", "Not used; see 38.", NULL, false },
	{ ERR_REFUSED, "refused", "A check refused.  Nothing was changed.",
	    "The message says why, and the hint what to do instead.", false },
	{ ERR_CONNECT, "connect", "There is no connection to the server, or "
	    "to a replica at the start.", "Run it again when the server can "
	    "be reached.", true },
	{ ERR_LOST, "lost", "The connection broke and could not be restored.",
	    "The command status tells what is there; resume or cleanup deals "
	    "with it.", true },
	{ ERR_REVERSE, "reverse", "The triggers for a revert could not be "
	    "created.", "See the message.", false },
	{ ERR_DIFFERENT, "different", "The two tables differ; they were not "
	    "swapped.", "Compare a row that is named, then run it again.",
	    false },
	{ ERR_BUSY, "busy", "Another livealter is at work on the table, or "
	    "the process that --pid names.", "Wait for it; the command "
	    "status shows how far it is.", true },
	{ ERR_STOPPED, "stopped", "It was interrupted, and all was undone.",
	    "Run it again.", true },
	{ ERR_KEPT, "kept", "It was interrupted, and can be resumed.",
	    "Run the command resume, or cleanup.", false },
	{ ERR_LIMIT, "limit", "A limit of time, load or lag was passed; all "
	    "was undone.", "Run it again when the server has less to do.",
	    true },
	{ ERR_CHANGED, "changed", "The copy would have changed data or lost "
	    "a row.", "Correct the rows that are named, or the ALTER.",
	    false },
	{ ERR_REJECTED, "rejected", "An application wrote what the new table "
	    "cannot hold.", "Have the application write no such values, or "
	    "choose another ALTER.", false },
	{ ERR_DISK, "disk", "The server has no room for the new table, or "
	    "its disk was full.", "Make room, and run it again.", false },
	{ ERR_LEFT, "left", "The table was altered, but something could not "
	    "be dropped.", "Run the statements that were printed, or "
	    "the command cleanup.", false },
	{ ERR_SQL, "sql", "The server failed a statement.", "See the "
	    "server's message.", false },
	{ ERR_LOSS, "loss", "The tables were swapped, and the new one lacks "
	    "rows or has others; the old one is kept.", "Compare the rows "
	    "that are named in both tables, and bring over what is missing.",
	    false },
	{ ERR_UNPROVEN, "unproven", "The tables were swapped, but whether the "
	    "new one has all rows is not proven; the old one is kept.",
	    "Compare the two tables, then drop the old one.", false },
};

const struct catalogue_entry *
catalogue_at(unsigned int i)
{
	return i < sizeof(entries) / sizeof(entries[0]) ? &entries[i] :
	    NULL;
}

const struct catalogue_entry *
catalogue_find(enum err_kind kind)
{
	const struct catalogue_entry *c;
	unsigned int i;

	for (i = 0; (c = catalogue_at(i)) != NULL; i++)
		if (c->kind == kind)
			return c;
	return catalogue_find(ERR_SQL);
}

/* The worst has the highest number; 0: no failure. */
static size_t
severity(enum err_kind kind)
{
	static const enum err_kind worst[] = { ERR_KEPT, ERR_LOST, ERR_LEFT,
	    ERR_FKEYS, ERR_UNPROVEN, ERR_LOSS };
	size_t i;

	for (i = 0; i < sizeof(worst) / sizeof(worst[0]); i++)
		if (worst[i] == kind)
			return i + 2;
	return kind != ERR_NONE;
}

enum err_kind
catalogue_worse(enum err_kind a, enum err_kind b)
{
	return severity(b) > severity(a) ? b : a;
}

const struct catalogue_entry *
catalogue_lookup(const char *text)
{
	const struct catalogue_entry *c;
	char number[16];
	unsigned int i;

	for (i = 0; (c = catalogue_at(i)) != NULL; i++) {
		snprintf(number, sizeof(number), "%u", (unsigned int)c->kind);
		if (strcmp(text, number) == 0 || strcmp(text, c->name) == 0)
			return c;
	}
	return NULL;
}
