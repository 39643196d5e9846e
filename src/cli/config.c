#include "cli/config.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

bool
config_without(const struct config *c, const char *protection)
{
	size_t len = strlen(protection), n;
	const char *p;

	for (p = c->without; p != NULL && *p != '\0'; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		if (n == len && strncmp(p, protection, n) == 0)
			return true;
	}
	return false;
}
