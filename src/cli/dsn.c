#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/util.h"
#include "cli/dsn.h"

/* The end of the part at s: a comma that is not escaped, or the NUL. */
static const char *
part_end(const char *s)
{
	for (; *s != '\0' && *s != ','; s++)
		if (*s == '\\' && s[1] == ',')
			s++;
	return s;
}

/* Only \, is an escape: pt-online-schema-change keeps other backslashes. */
static char *
unescape(const char *from, const char *end)
{
	char *value = xstrndup(from, (size_t)(end - from)), *to = value;

	for (; from < end; from++) {
		if (*from == '\\' && from + 1 < end && from[1] == ',')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return value;
}

static char **
place(struct dsn *d, char key)
{
	switch (key) {
	case 'A':
		return &d->charset;
	case 'D':
		return &d->database;
	case 'F':
		return &d->defaults_file;
	case 'h':
		return &d->host;
	case 'p':
		return &d->password;
	case 'P':
		return &d->port;
	case 'S':
		return &d->socket;
	case 't':
		return &d->table;
	case 'u':
		return &d->user;
	case 's':
		return &d->tls;
	default:
		return NULL;
	}
}

/*
 * A password with a comma that no one escaped continues as a part of its own;
 * therefore no part is shown once there was a password.
 */
static int
unknown(const struct dsn *d, const char *part, const char *eq, struct err *e)
{
	if (d->password != NULL)
		return err_set(e, ERR_USAGE, "unknown key after the password; "
		    "write a comma in it as \\,");
	return err_set(e, ERR_USAGE, "unknown key \"%.*s\"; the keys are "
	    "A D F h p P S t u s", (int)(eq - part > 40 ? 40 : eq - part),
	    part);
}

static int
parse_part(struct dsn *d, const char *part, const char *end, struct err *e)
{
	const char *eq = memchr(part, '=', (size_t)(end - part));
	const char *value = eq == NULL ? part : eq + 1;
	char key = eq == NULL ? 'h' : *part, **to;

	if (part == end)
		return err_set(e, ERR_USAGE, "an empty part: a comma too many");
	if (eq != NULL && eq != part + 1)
		return unknown(d, part, eq, e);
	to = place(d, key);
	if (to == NULL)
		return unknown(d, part, eq == NULL ? end : eq, e);
	if (eq == NULL && d->password != NULL)
		return unknown(d, part, end, e);
	if (*to != NULL)
		return err_set(e, ERR_USAGE, "key \"%c\" is given twice", key);
	if (value == end && key != 'p')
		return err_set(e, ERR_USAGE, "key \"%c\" has no value", key);
	*to = unescape(value, end);
	return 0;
}

int
dsn_parse(struct dsn *d, const char *text, struct err *e)
{
	const char *end;

	memset(d, 0, sizeof(*d));
	if (*text == '\0')
		return err_set(e, ERR_USAGE, "it is empty");
	for (;; text = end + 1) {
		while (isspace((unsigned char)*text))
			text++;
		end = part_end(text);
		if (parse_part(d, text, end, e) == -1)
			return -1;
		if (*end == '\0')
			return 0;
	}
}

/* Is this part one that everybody may see? */
static bool
harmless(const char *part)
{
	return part[0] != '\0' && part[0] != 'p' && part[1] == '=' &&
	    strchr("ADFhPStus", part[0]) != NULL;
}

void
dsn_hide(char *text)
{
	bool hiding = false;
	char *end;

	for (;; text = end + 1) {
		while (isspace((unsigned char)*text))
			text++;
		end = text + (part_end(text) - text);
		if (text[0] == 'p' && text[1] == '=') {
			hiding = true;
			text += 2;
		} else if (harmless(text)) {
			hiding = false;
		}
		if (hiding)
			memset(text, 'x', (size_t)(end - text));
		if (*end == '\0')
			return;
	}
}

void
dsn_free(struct dsn *d)
{
	secret_free(d->password);
	free(d->charset);
	free(d->database);
	free(d->defaults_file);
	free(d->host);
	free(d->port);
	free(d->socket);
	free(d->table);
	free(d->user);
	free(d->tls);
	memset(d, 0, sizeof(*d));
}
