#include "cli/testing.h"

#include <stdlib.h>

#ifdef LIVEALTER_TEST

const char *
testing_env(const char *name)
{
	return getenv(name);
}

#else

const char *
testing_env(const char *name)
{
	(void)name;
	return NULL;
}

#endif
