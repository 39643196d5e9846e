#include "base/alive.h"

#include <stdbool.h>
#include <stddef.h>

/* Of one thread only, so that nothing has to be locked. */
static _Thread_local alive_fn *listens;
static _Thread_local void *listener_arg;

void
alive_begin(alive_fn *listener, void *arg)
{
	listens = listener;
	listener_arg = arg;
}

void
alive_end(void)
{
	listens = NULL;
}

void
alive_sign(void)
{
	if (listens != NULL)
		listens(listener_arg);
}
