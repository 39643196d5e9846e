#ifndef MULTIBYTE_H
#define MULTIBYTE_H

#include <stddef.h>

/*
 * Character sets of clients in which the second byte of a character may be
 * an ASCII one: a back-quote, a backslash.  In all others that a client can
 * have, such a byte is always a character of its own.
 */
enum multibyte {
	MULTIBYTE_NONE,
	MULTIBYTE_SJIS,		/* and cp932 */
	MULTIBYTE_BIG5,
	MULTIBYTE_GBK,
	MULTIBYTE_GB18030,
};

/* By the server's name of the character set. */
enum multibyte multibyte_of(const char *charset);

/*
 * The bytes of the character at s, as the server's scanner counts them: 1 for
 * whatever is no character of several bytes.
 */
size_t multibyte_len(enum multibyte of, const char *s);

#endif
