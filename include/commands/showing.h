#ifndef SHOWING_H
#define SHOWING_H

#include "base/gauge.h"
#include "base/screen.h"
#include "base/str.h"
#include "commands/looking.h"

/* A migration that is watched, as people and programs see it. */
struct showing {
	const struct looking *l;
	const struct gauge *rate;	/* of the rows */
	double outage;			/* seconds without a connection */
	const char *why;		/* the error of that; NULL: none */
};

/* A frame for a terminal. */
void showing_frame(struct screen *to, const struct showing *w);

/* One line; and what of it, when it changes, is worth another one. */
void showing_line(struct str *to, const struct showing *w);
void showing_news(struct str *to, const struct showing *w);

/* An object of JSON on a line. */
void showing_json(struct str *to, const struct showing *w);
void showing_json_end(struct str *to, const struct looking *l);

/* What has become of it: a word for programs, and words for people. */
const char *showing_end_word(enum looking_end end);
const char *showing_end(enum looking_end end);

#endif
