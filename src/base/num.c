#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

/* More digits than this mean nothing in a double. */
#define DIGITS_MAX 30

/* 31 years: enough, and far from what would overflow a time_t. */
#define SECONDS_MAX 1e9

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at s; returns what follows them, NULL if there are none. */
static const char *
whole(const char *s, unsigned long long *v)
{
	unsigned long long n = 0;
	unsigned int d;

	if (!digit(*s))
		return NULL;
	for (; digit(*s); s++) {
		d = (unsigned int)(*s - '0');
		if (n > (ULLONG_MAX - d) / 10)
			return NULL;
		n = n * 10 + d;
	}
	*v = n;
	return s;
}

/* Not strtod(3), which takes signs, exponents, "inf" and the locale's comma. */
static const char *
decimal(const char *s, double *v)
{
	double n = 0, scale = 1;
	const char *from = s;
	bool fraction = false;

	for (; digit(*s) || (*s == '.' && !fraction); s++) {
		if (*s == '.') {
			fraction = true;
			continue;
		}
		n = n * 10 + (*s - '0');
		if (fraction)
			scale *= 10;
	}
	if (s == from || !digit(s[-1]) || s - from > DIGITS_MAX)
		return NULL;
	*v = n / scale;
	return s;
}

int
num_size(const char *s, unsigned long long *v)
{
	unsigned long long n;
	unsigned int shift = 0;

	s = whole(s, &n);
	if (s == NULL)
		return -1;
	if (*s == 'k')
		shift = 10;
	else if (*s == 'M')
		shift = 20;
	else if (*s == 'G')
		shift = 30;
	if (shift != 0)
		s++;
	if (*s != '\0' || n > ULLONG_MAX >> shift)
		return -1;
	*v = n << shift;
	return 0;
}

int
num_seconds(const char *s, double *v)
{
	static const struct {
		char name[3];
		double seconds;
	} unit[] = {
		{ "", 1 }, { "ms", 0.001 }, { "s", 1 }, { "m", 60 },
		{ "h", 3600 }, { "d", 86400 },
	};
	double n;
	size_t i;

	s = decimal(s, &n);
	if (s == NULL)
		return -1;
	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		if (strcmp(s, unit[i].name) != 0)
			continue;
		if (n * unit[i].seconds > SECONDS_MAX)
			return -1;
		/* 100 / 1000 is 0.1; 100 * 0.001 need not be */
		*v = unit[i].seconds < 1 ? n / 1000 : n * unit[i].seconds;
		return 0;
	}
	return -1;
}

int
num_uint(const char *s, unsigned int lo, unsigned int hi, unsigned int *v)
{
	unsigned long long n;

	s = whole(s, &n);
	if (s == NULL || *s != '\0' || n < lo || n > hi)
		return -1;
	*v = (unsigned int)n;
	return 0;
}

int
num_real(const char *s, double *v)
{
	double n;

	s = decimal(s, &n);
	if (s == NULL || *s != '\0')
		return -1;
	*v = n;
	return 0;
}

int
num_bool(const char *s, bool *v)
{
	static const char yes[][5] = { "yes", "true", "on", "1" };
	static const char no[][6] = { "no", "false", "off", "0" };
	size_t i;

	for (i = 0; i < 4; i++) {
		if (!same_text(s, yes[i]) && !same_text(s, no[i]))
			continue;
		*v = same_text(s, yes[i]);
		return 0;
	}
	return -1;
}
