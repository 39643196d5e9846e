#include "base/ident.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define HASH_CHARS 9		/* "_" and eight hexadecimal digits */

/* The first byte of a UTF-8 character, as opposed to a continuation. */
static int
starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t
chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (size_t)starts_char(*s);
	return n;
}

/* The length in bytes of the first n characters. */
static size_t
bytes_of(const char *s, size_t n)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (starts_char(*p) && n-- == 0)
			break;
	return (size_t)(p - s);
}

/*
 * A table is a file, and its name is written with five bytes for each
 * character but letters, digits and "_" (MySQL manual, "Mapping of Identifiers
 * to File Names").  255 bytes is what file systems allow; a partition's name
 * or an extension must fit as well.
 */
#define FILE_BYTES 200

static size_t
file_bytes(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if ((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= 'a' && *s <= 'z') || *s == '_')
			n++;
		else if (starts_char(*s))
			n += 5;
	return n;
}

/* FNV-1a. */
uint32_t
ident_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static void
quote(struct ident *id)
{
	const char *s = id->raw;
	char *q = id->sql;

	*q++ = '`';
	for (; *s != '\0'; s++) {
		if (*s == '`')
			*q++ = '`';
		*q++ = *s;
	}
	*q++ = '`';
	*q = '\0';
}

int
ident_set(struct ident *id, const char *name, struct err *e)
{
	size_t len = strlen(name);

	if (len == 0)
		return err_set(e, ERR_USAGE, "a name is empty");
	if (!utf8_valid(name))
		return err_set(e, ERR_USAGE, "a name is not in UTF-8: %.80s",
		    name);
	if (strpbrk(name, "\xf0\xf1\xf2\xf3\xf4") != NULL)
		return err_set(e, ERR_USAGE, "a name has a character beyond "
		    "U+FFFF, which servers do not allow: %.80s", name);
	if (len > IDENT_BYTES || chars(name) > IDENT_CHARS)
		return err_set(e, ERR_USAGE, "name longer than %d characters: "
		    "%.80s", IDENT_CHARS, name);
	memcpy(id->raw, name, len + 1);
	quote(id);
	return 0;
}

void
ident_derive(struct ident *id, const char *before, const char *base,
    const char *after)
{
	size_t rest = IDENT_CHARS - chars(before) - chars(after);
	bool fits = chars(base) <= rest &&
	    file_bytes(before) + file_bytes(base) + file_bytes(after) <=
	    FILE_BYTES;
	int n;

	if (!fits && file_bytes(base) > chars(base))
		rest = FILE_BYTES / 5 - chars(before) - chars(after);
	if (fits)
		n = snprintf(id->raw, sizeof(id->raw), "%s%s%s", before, base,
		    after);
	else
		n = snprintf(id->raw, sizeof(id->raw), "%s%.*s_%08x%s", before,
		    (int)bytes_of(base, rest - HASH_CHARS), base,
		    (unsigned int)ident_hash(base), after);
	if (n < 0)
		id->raw[0] = '\0';
	quote(id);
}

/* Are there names that differ from it in case, or accents, only? */
static bool
has_case(const char *name)
{
	for (; *name != '\0'; name++)
		if ((*name >= 'A' && *name <= 'Z') ||
		    (unsigned char)*name >= 0x80)
			return true;
	return false;
}

void
ident_apart(struct ident *id, const char *before, const char *base,
    const char *after)
{
	char apart[2 * IDENT_BYTES + 1 + HASH_CHARS + 1];

	if (!has_case(base)) {
		ident_derive(id, before, base, after);
		return;
	}
	snprintf(apart, sizeof(apart), "%s_%08x", base,
	    (unsigned int)ident_hash(base));
	ident_derive(id, before, apart, after);
}

bool
ident_is_plain(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name < ' ' || *name >= 0x7f ||
		    strchr("#@[\\]^`{|}~", *name) != NULL)
			return false;
	return true;
}

void
ident_plain(struct ident *id, const char *before, const char *base,
    const char *after)
{
	char plain[IDENT_BYTES + 1];
	const char *s;
	size_t n = 0;

	if (ident_is_plain(base)) {
		ident_derive(id, before, base, after);
		return;
	}
	for (s = base; *s != '\0' && n < IDENT_CHARS - HASH_CHARS; s++)
		if ((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
		    (*s >= 'A' && *s <= 'Z') || *s == '_')
			plain[n++] = *s;
	snprintf(plain + n, sizeof(plain) - n, "_%08x",
	    (unsigned int)ident_hash(base));
	ident_derive(id, before, plain, after);
}

static void
join(struct qname *q)
{
	snprintf(q->sql, sizeof(q->sql), "%s.%s", q->db.sql, q->table.sql);
}

int
qname_set(struct qname *q, const char *db, const char *table, struct err *e)
{
	if (ident_set(&q->db, db, e) != 0 ||
	    ident_set(&q->table, table, e) != 0)
		return -1;
	join(q);
	return 0;
}

void
qname_beside(struct qname *q, const struct qname *of,
    const struct ident *table)
{
	q->db = of->db;
	q->table = *table;
	join(q);
}
