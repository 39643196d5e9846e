#include "base/window.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"

#define MIDNIGHT	(24 * 60)	/* minutes */
#define EVERY_DAY	0x7fU

/* Summer time may leave out a window of this week, and of no other. */
#define FURTHEST	(15 * 24 * 60)	/* minutes */

static const char not_a_day[] = "its days are not of Mon, Tue, Wed, Thu, "
    "Fri, Sat, Sun, Mon-Fri, daily";
static const char not_a_time[] = "its times are not HH:MM-HH:MM, from 00:00 "
    "to 24:00";

/* The next word, at most size - 1 letters of it; *p moves on behind it. */
static size_t
next_word(const char **p, char *word, size_t size)
{
	size_t len;

	*p += strspn(*p, " \t");
	len = strcspn(*p, " \t");
	if (len < size) {
		memcpy(word, *p, len);
		word[len] = '\0';
	}
	*p += len;
	return len;
}

static int
day_number(const char *p)
{
	static const char name[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	char day[4];
	int i;

	if (strlen(p) < 3)
		return -1;
	memcpy(day, p, 3);
	day[3] = '\0';
	for (i = 0; i < 7; i++)
		if (same_text(day, name[i]))
			return i;
	return -1;
}

/* "Mon", "Mon-Fri", "Sat-Mon,Wed" */
static const char *
parse_days(unsigned int *days, const char *p)
{
	int first, last;

	if (same_text(p, "daily")) {
		*days = EVERY_DAY;
		return NULL;
	}
	for (*days = 0;; p++) {
		first = last = day_number(p);
		if (first < 0)
			return not_a_day;
		p += 3;
		if (*p == '-') {
			last = day_number(p + 1);
			if (last < 0)
				return not_a_day;
			p += 4;
		}
		for (; first != last; first = (first + 1) % 7)
			*days |= 1U << first;
		*days |= 1U << last;
		if (*p == '\0')
			return NULL;
		if (*p != ',')
			return not_a_day;
	}
}

static int
two_digits(const char *p)
{
	if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]))
		return -1;
	return 10 * (p[0] - '0') + (p[1] - '0');
}

/* Minutes since midnight, or -1. */
static int
minutes(const char *p)
{
	int h = two_digits(p), m = p[2] == ':' ? two_digits(p + 3) : -1;

	if (h < 0 || m < 0 || m > 59 || 60 * h + m > MIDNIGHT)
		return -1;
	return 60 * h + m;
}

static const char *
parse_times(struct window *w, const char *p)
{
	if (strlen(p) != sizeof("03:00-04:00") - 1 || p[5] != '-')
		return not_a_time;
	w->from = minutes(p);
	w->until = minutes(p + 6);
	if (w->from < 0 || w->until < 0)
		return not_a_time;
	if (w->from == MIDNIGHT)
		return "it begins at 24:00, which is 00:00 of the next day";
	if (w->from == w->until)
		return "it ends when it begins; a whole day is 00:00-24:00";
	return NULL;
}

const char *
window_parse(struct window *w, const char *text)
{
	char word[40];
	const char *why;

	w->days = EVERY_DAY;
	w->utc = false;
	if (next_word(&text, word, sizeof(word)) >= sizeof(word))
		return not_a_day;
	if (isalpha((unsigned char)word[0])) {
		why = parse_days(&w->days, word);
		if (why != NULL)
			return why;
		if (next_word(&text, word, sizeof(word)) >= sizeof(word))
			return not_a_time;
	}
	why = parse_times(w, word);
	if (why != NULL)
		return why;
	if (next_word(&text, word, sizeof(word)) == 0)
		return NULL;
	if (same_text(word, "UTC"))
		w->utc = true;
	else if (!same_text(word, "local"))
		return "after its times comes nothing but local or UTC";
	return text[strspn(text, " \t")] == '\0' ? NULL :
	    "something follows local or UTC";
}

static void
read_clock(const struct window *w, time_t t, struct tm *tm)
{
	if (w->utc)
		gmtime_r(&t, tm);
	else
		localtime_r(&t, tm);
}

bool
window_open(const struct window *w, time_t t)
{
	struct tm tm;
	bool today, yesterday;
	int now;

	read_clock(w, t, &tm);
	now = 60 * tm.tm_hour + tm.tm_min;
	today = (w->days >> tm.tm_wday & 1) != 0;
	yesterday = (w->days >> (tm.tm_wday + 6) % 7 & 1) != 0;
	if (w->from < w->until)
		return today && now >= w->from && now < w->until;
	return (today && now >= w->from) || (yesterday && now < w->until);
}

/* Minute by minute: no arithmetic is right for every clock. */
double
window_opens_in(const struct window *w, time_t t)
{
	time_t next = t - t % 60;
	int i;

	if (window_open(w, t))
		return 0;
	for (i = 0; i < FURTHEST; i++) {
		next += 60;
		if (window_open(w, next))
			return difftime(next, t);
	}
	return -1;
}

void
window_clock(const struct window *w, time_t t, char text[WINDOW_CLOCK_SIZE])
{
	struct tm tm;

	read_clock(w, t, &tm);
	/* gmtime_r() calls it GMT. */
	if (strftime(text, WINDOW_CLOCK_SIZE, w->utc ? "%a %H:%M UTC" :
	    "%a %H:%M %Z", &tm) == 0)
		text[0] = '\0';
}
