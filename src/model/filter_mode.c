#include "model/filter_mode.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Modes of the server that ours have not, and where they matter. */
static const struct {
	const char *mode, *token;	/* NULL: everywhere */
} modes[] = {
	{ "PIPES_AS_CONCAT", "||" },
	{ "HIGH_NOT_PRECEDENCE", "not" },
	{ "NO_UNSIGNED_SUBTRACTION", "-" },
	{ "REAL_AS_FLOAT", "real" },
	{ "PAD_CHAR_TO_FULL_LENGTH", NULL },
	{ "EMPTY_STRING_IS_NULL", NULL },
	{ "ORACLE", NULL },
};

static bool
has_token(const struct lex *l, const char *text)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (lex_is(l, i, text) || (l->token[i].kind == LEX_PUNCT &&
		    strncmp(l->text + l->token[i].at, text,
		    strlen(text)) == 0))
			return true;
	return false;
}

int
filter_mode_check(const struct lex *l, const struct server *s, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (s->sql_mode != NULL &&
		    server_has_mode(s->sql_mode, modes[i].mode) &&
		    (modes[i].token == NULL ||
		    has_token(l, modes[i].token)))
			return err_set(e, ERR_REFUSED, "the server's "
			    "sql_mode has %s, by which it means something else "
			    "than in livealter's sessions", modes[i].mode);
	return 0;
}
