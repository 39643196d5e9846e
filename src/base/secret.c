#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

/* The volatile keeps the compiler from dropping stores no one reads. */
static void
fill(char *text, size_t len, char with)
{
	volatile char *p = text;

	while (len-- > 0)
		*p++ = with;
}

void
secret_wipe(char *text, size_t len)
{
	fill(text, len, '\0');
}

void
secret_hide(char *text)
{
	fill(text, strlen(text), 'x');
}

void
secret_free(char *password)
{
	if (password != NULL)
		fill(password, strlen(password), '\0');
	free(password);
}
