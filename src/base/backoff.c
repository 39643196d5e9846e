#include "base/backoff.h"

#include "base/util.h"

bool
backoff_is_due(const struct backoff *b)
{
	return now_s() >= b->due;
}

bool
backoff_failed(struct backoff *b)
{
	bool first = !(b->wait > 0);

	b->wait = first ? b->first : 2 * b->wait;
	if (b->wait > b->most)
		b->wait = b->most;
	b->due = now_s() + b->wait;
	return first;
}

void
backoff_succeeded(struct backoff *b)
{
	b->wait = b->due = 0;
}
