#include "model/encode.h"

#include <stdbool.h>

#include "base/escape.h"
#include "base/ident.h"
#include "base/util.h"

void
encode_text(struct str *out, const char *s)
{
	str_addz(out, "'");
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			str_add(out, s, 1);
		str_add(out, s, 1);
	}
	str_addz(out, "'");
}

void
encode_quoted(struct str *out, enum multibyte m, const char *s, char quote)
{
	size_t len;

	str_add(out, &quote, 1);
	for (; *s != '\0'; s += len) {
		len = multibyte_len(m, s);
		if (*s == quote)
			str_add(out, s, 1);
		str_add(out, s, len);
	}
	str_add(out, &quote, 1);
}

static unsigned int
digit(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static void
unhex(struct str *out, const char *hex)
{
	char c;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		c = (char)(16 * digit(hex[0]) + digit(hex[1]));
		str_add(out, &c, 1);
	}
}

/* There and back: "?" is what the server puts for what is not in the set. */
static int
convert(struct str *out, struct db *db, const char *charset,
    const char *name, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str hex = STR_INIT;
	int rc;

	escape_hex(&hex, name);
	rc = db_row(db, &r, "v?", e, "SELECT HEX(CONVERT(_utf8mb4 %s "
	    "USING %s)), HEX(CONVERT(CONVERT(_utf8mb4 %s USING %s) USING "
	    "utf8mb4)) = HEX(%s)", hex.s, charset, hex.s, charset, hex.s);
	if (rc == 0 && !same_text(r.cell[0][1], "1"))
		rc = 1;
	if (rc == 0)
		unhex(out, r.cell[0][0]);
	str_free(&hex);
	rows_free(&r);
	return rc;
}

int
encode_name(char **out, struct db *db, const char *charset, const char *name,
    struct err *e)
{
	struct str bytes = STR_INIT, q = STR_INIT;
	int rc = 0;

	if (ident_is_plain(name))
		str_addz(&bytes, name);
	else
		rc = convert(&bytes, db, charset, name, e);
	if (rc == 0) {
		encode_quoted(&q, multibyte_of(charset), bytes.s, '`');
		*out = str_take(&q);
	}
	str_free(&bytes);
	return rc;
}
