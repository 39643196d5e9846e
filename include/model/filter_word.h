#ifndef FILTER_WORD_H
#define FILTER_WORD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The words that a condition may have, besides names and literals.
 */
enum filter_word {
	WORD_UNKNOWN,
	WORD_RESERVED,		/* never a name without quotes: AND, CASE */
	WORD_VALUE,		/* the same, and a value: NULL, TRUE */
	WORD_SOFT,		/* may be a column's name: a unit, a type */
	WORD_FUNCTION,		/* the same result for the same arguments */
	WORD_NOW,		/* the moment, in one form or another */
	WORD_QUERY,		/* SELECT */
	WORD_MANY,		/* of many rows: COUNT() */
	WORD_VOLATILE,		/* something else each time: RAND() */
};

/* What it is as a word by itself, and before a parenthesis. */
enum filter_word filter_word_alone(const char *word, size_t len);
enum filter_word filter_word_called(const char *word, size_t len);

/* How a word of WORD_NOW shows the moment. */
enum filter_now {
	NOW_BOTH, NOW_DATE, NOW_TIME,		/* by the server's clock */
	NOW_UTC_BOTH, NOW_UTC_DATE, NOW_UTC_TIME,
	NOW_NUMBER,				/* UNIX_TIMESTAMP() */
};

enum filter_now filter_word_now(const char *word, size_t len);

/* 5, 1e3, 0xff, 0b1: a word that is one, though it may be a column's name. */
bool filter_word_is_number(const char *s, size_t len);

/* A string, with its quotes, that ends as '2026-01-01 00:00:00+02:00' does,
 * which MySQL shifts to the session's clock. */
bool filter_word_has_offset(const char *s, size_t len);

#endif
