#include "base/limit.h"

#include <stddef.h>
#include <string.h>

#include "base/num.h"

/* A few names of components have a dot. */
#define LETTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."

const char *
limit_parse(struct limit *l, const char *text)
{
	size_t len = strspn(text, LETTERS);
	const char *value = text + len;
	double most = 0;

	if (len == 0 || len >= sizeof(l->name) ||
	    (*value != '\0' && *value != '=' && *value != ':'))
		return "not a list of VARIABLE, VARIABLE=N or VARIABLE:N";
	if (*value != '\0')
		value++;
	if (*value != '\0' && num_real(value, &most) == -1)
		return "the limit is not a number";
	if (*value != '\0' && !(most > 0))
		return "a limit of 0 is always reached; omit it for one that "
		    "follows from the value at the start";
	memcpy(l->name, text, len);
	l->name[len] = '\0';
	l->most = most;
	return NULL;
}
