#ifndef LEX_H
#define LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/multibyte.h"

/*
 * SQL text cut into tokens, as the servers cut it.  Comments and blanks are
 * left out; what stands in a version comment that the server executes is not
 * a comment.  Whether the tokens make sense is not judged here.
 */

enum lex_kind {
	LEX_WORD,	/* a keyword or a name without quotes */
	LEX_NAME,	/* a name in quotes, which is never a keyword */
	LEX_STRING,	/* in quotes; N'', _utf8'' and x'' are two tokens */
	LEX_NUMBER,	/* digits; a sign, a point and a fraction are others */
	LEX_PUNCT,	/* one character */
};

struct lex_token {
	enum lex_kind kind;
	size_t at, len;		/* in the text, with the quotes */
	bool maybe;		/* in a version comment that some of the
				   servers we support execute, others not */
};

struct lex_mode {
	bool ansi_quotes;		/* "a" is a name, not a string */
	bool no_backslash_escapes;	/* '\' is a backslash */
	bool mariadb;			/* which version comments are code */
	enum multibyte multibyte;	/* what the text is written in */
};

struct lex {
	const char *text;		/* the caller's */
	struct lex_token *token;
	size_t n, cap;
};

/*
 * The text must outlive *l.  Returns 0, or -1 with *e (ERR_USAGE) when a
 * string, a name or a comment is not closed.  lex_free() either way.
 */
int lex_scan(struct lex *l, const char *text, const struct lex_mode *mode,
    struct err *e);

void lex_free(struct lex *l);

/* The questions below may be asked of tokens beyond the last: all false. */

/* Is token i this word, without quotes and in any case? */
bool lex_is(const struct lex *l, size_t i, const char *word);

/* ... or one of these?  NULL ends them. */
bool lex_any(const struct lex *l, size_t i, const char *const *word);

/* Is token i this character, outside of quotes? */
bool lex_punct(const struct lex *l, size_t i, char c);

/* Can token i be a name? */
bool lex_named(const struct lex *l, size_t i);

/* Does token i start with a digit, as 5, 1e3 and 0xff do? */
bool lex_digit(const struct lex *l, size_t i);

/* Where token i ends: one past its last byte. */
size_t lex_end(const struct lex *l, size_t i);

/*
 * The name that token i is (see lex_named()), without its quotes.  Returns
 * 0, or -1 with *e (ERR_USAGE) when it is no name a server would take.
 */
int lex_name(const struct lex *l, size_t i, struct ident *id, struct err *e);

#endif
