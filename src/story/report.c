#include "story/report.h"

#include <stdio.h>

#include "base/print.h"
#include "base/util.h"

/* What has come of it, on standard output. */



static void
report_statistics(const struct migration *m)
{
	printf("# rows copied         %llu\n", m->copied.walk.rows);
	printf("# chunks              %llu\n", m->copied.walk.chunks);
	printf("# chunks met by locks %llu\n", m->copied.walk.conflicts);
	printf("# seconds copying     %.2f\n", m->copied.walk.seconds);
	printf("# rows compared       %llu\n", m->compared.rows);
	printf("# seconds comparing   %.2f\n", m->compared.seconds);
	printf("# seconds in all      %.2f\n", now_s() - m->began);
}

void
report_end(const struct migration *m)
{
	const char *done = m->reverting ? "reverted" : "altered";

	if (m->cfg->statistics && !m->cfg->dry_run)
		report_statistics(m);
	if (m->swap == SWAP_DONE && m->cfg->dry_run)
		print_line(stdout, "Dry run complete.  %s was %s before; its "
		    "end is still missing.", m->names.old.sql, done);
	else if (m->swap == SWAP_DONE)
		print_line(stdout, "Successfully %s %s.", done,
		    m->names.old.sql);
	else if (m->cfg->dry_run)
		print_line(stdout, "Dry run complete.  %s was not %s.",
		    m->names.old.sql, done);
	else
		print_line(stdout, "%s was not %s.", m->names.old.sql, done);
	fflush(stdout);
}
