#ifndef NUM_H
#define NUM_H

#include <stdbool.h>

/*
 * Numbers with units, strictly: no blanks, no signs but a leading minus where
 * it makes sense to refuse it by name, nothing after the unit, no overflow.
 * Each returns 0, or -1 with *v untouched.
 */

/* A count: digits and an optional k, M or G (powers of 1024, as pt-osc). */
int num_size(const char *s, unsigned long long *v);

/* A duration in seconds: a decimal number and an optional ms, s, m, h or d. */
int num_seconds(const char *s, double *v);

/* A whole number from lo to hi. */
int num_uint(const char *s, unsigned int lo, unsigned int hi, unsigned int *v);

/* A decimal number, not negative. */
int num_real(const char *s, double *v);

/* yes/no, true/false, on/off, 1/0, in any case. */
int num_bool(const char *s, bool *v);

#endif
