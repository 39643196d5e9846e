#include "model/threads.h"

#define FEWEST	2
#define MOST	4

static unsigned int
by_cores(unsigned int cores)
{
	unsigned int half = cores / 2;

	return half < FEWEST ? FEWEST : half > MOST ? MOST : half;
}

void
threads_choose(struct plan *p, unsigned int asked)
{
	const unsigned int cores = p->server->cores;
	const bool alone = p->numbers || p->in_order || p->by_key;

	p->threads_why = alone ? THREADS_ALONE : asked > 0 ? THREADS_ASKED :
	    p->autoinc_lock ? THREADS_IN_TURN : cores > 0 ? THREADS_CORES :
	    THREADS_UNKNOWN;
	p->threads = asked > 0 ? asked : p->autoinc_lock || cores == 0 ?
	    FEWEST : by_cores(cores);
}

void
threads_describe(struct str *out, const struct plan *p)
{
	switch (p->threads_why) {
	case THREADS_ASKED:
		str_addf(out, "%u, as --threads says", p->threads);
		break;
	case THREADS_ALONE:
		str_addf(out, "1 copies, whatever --threads says, so that rows "
		    "are numbered in the order of the key; %u compare",
		    p->threads);
		break;
	case THREADS_IN_TURN:
		str_addf(out, "%u, as one copies while one compares "
		    "(innodb_autoinc_lock_mode)", p->threads);
		break;
	case THREADS_CORES:
		str_addf(out, "%u, as the server has %u core%s", p->threads,
		    p->server->cores, p->server->cores == 1 ? "" : "s");
		break;
	case THREADS_UNKNOWN:
		str_addf(out, "%u, as it is not known how many cores the "
		    "server has", p->threads);
		break;
	}
}
