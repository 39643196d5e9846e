/* How long everything took, what went wrong, and the report of both. */
#include "hammer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t
bucket(uint64_t us)
{
	unsigned exp = 0;
	size_t b;

	while (us >> exp >= UINT64_C(2) << SUB_BITS)
		exp++;
	b = ((size_t)exp << SUB_BITS) + (size_t)(us >> exp);
	return b < BUCKETS ? b : BUCKETS - 1;
}

static double
bucket_ms(size_t b)
{
	unsigned exp = 0;

	while (b >= UINT64_C(2) << SUB_BITS) {
		b -= (size_t)1 << SUB_BITS;
		exp++;
	}
	return (double)((uint64_t)b << exp) / 1000;
}

static void
clip(char *to, const char *from, size_t n)
{
	if (n > TEXT_MAX - 1)
		n = TEXT_MAX - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void
keep_slow(struct stats *st, const struct slow *s)
{
	size_t i, least = 0;

	if (st->nslow < MAX_SLOW) {
		st->slow[st->nslow++] = *s;
		return;
	}
	for (i = 1; i < MAX_SLOW; i++)
		if (st->slow[i].us < st->slow[least].us)
			least = i;
	if (st->slow[least].us < s->us)
		st->slow[least] = *s;
}

void
stats_statement(struct worker *w, const char *sql, size_t len, double start,
    double end)
{
	uint64_t us = (uint64_t)((end - start) * 1e6);
	struct slow slow;

	w->st.statements++;
	w->st.bucket[bucket(us)]++;
	if (us >= 1000000)
		w->st.over_second++;
	if (us > w->st.max_us) {
		w->st.max_us = us;
		w->st.max_at = start - w->t0;
		clip(w->st.max_text, sql, len);
	}
	if (us > SLOW_US) {
		slow.us = us;
		slow.at = start - w->t0;
		clip(slow.text, sql, len);
		keep_slow(&w->st, &slow);
	}
}

void
stats_error(struct worker *w, const char *sql, size_t len, double start)
{
	unsigned code = mysql_errno(w->my);
	struct error *e;
	size_t i;

	for (i = 0; i < w->st.nerr && w->st.err[i].code != code; i++)
		;
	if (i == MAX_ERRORS)
		i--;
	e = &w->st.err[i];
	if (i == w->st.nerr) {
		w->st.nerr++;
		e->code = code;
		e->at = start - w->t0;
		clip(e->message, mysql_error(w->my),
		    strlen(mysql_error(w->my)));
		clip(e->statement, sql, len);
	}
	e->count++;
}

void
stats_add(struct stats *sum, const struct stats *s)
{
	size_t i, j;

	sum->statements += s->statements;
	sum->transactions += s->transactions;
	sum->rollbacks += s->rollbacks;
	sum->reconnects += s->reconnects;
	sum->over_second += s->over_second;
	for (i = 0; i < BUCKETS; i++)
		sum->bucket[i] += s->bucket[i];
	if (s->max_us > sum->max_us) {
		sum->max_us = s->max_us;
		sum->max_at = s->max_at;
		memcpy(sum->max_text, s->max_text, TEXT_MAX);
	}
	for (i = 0; i < s->nslow; i++)
		keep_slow(sum, &s->slow[i]);
	for (i = 0; i < s->nerr; i++) {
		for (j = 0; j < sum->nerr; j++)
			if (sum->err[j].code == s->err[i].code)
				break;
		if (j == MAX_ERRORS)
			j--;
		if (j == sum->nerr) {
			sum->err[sum->nerr++] = s->err[i];
			continue;
		}
		sum->err[j].count += s->err[i].count;
	}
}

/* --- the report --------------------------------------------------------- */

static void
put_json(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	putc('"', f);
	for (; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p < 0x20 || *p >= 0x7f)
			/* Clipping may have cut a letter in two. */
			fprintf(f, "\\u%04x", *p);
		else
			putc(*p, f);
	}
	putc('"', f);
}

static double
percentile(const struct stats *s, double p)
{
	uint64_t want = (uint64_t)((double)s->statements * p), seen = 0;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		seen += s->bucket[i];
		if (seen > want)
			return bucket_ms(i);
	}
	return (double)s->max_us / 1000;
}

void
stats_report(FILE *f, const struct stats *s, double seconds, double epoch)
{
	uint64_t errors = 0;
	size_t i;

	for (i = 0; i < s->nerr; i++)
		errors += s->err[i].count;
	fprintf(f, "{\"seed\":%" PRIu64 ",\"threads\":%d,\"started\":%.3f,"
	    "\"seconds\":%.3f,\"statements\":%" PRIu64 ",\"transactions\":%"
	    PRIu64 ",\"rollbacks\":%" PRIu64 ",\"reconnects\":%" PRIu64
	    ",\"error_count\":%" PRIu64 ",\"errors\":{",
	    opt.seed, opt.threads, epoch, seconds, s->statements,
	    s->transactions, s->rollbacks, s->reconnects, errors);
	for (i = 0; i < s->nerr; i++) {
		fprintf(f, "%s\"%u\":{\"count\":%" PRIu64 ",\"at\":%.3f,"
		    "\"message\":", i ? "," : "", s->err[i].code,
		    s->err[i].count, s->err[i].at);
		put_json(f, s->err[i].message);
		fputs(",\"statement\":", f);
		put_json(f, s->err[i].statement);
		fputs("}", f);
	}
	fprintf(f, "},\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,"
	    "\"max_ms\":%.3f,\"over_1s\":%" PRIu64 ",\"slowest\":{\"ms\":%.3f,"
	    "\"at\":%.3f,\"statement\":", percentile(s, 0.50),
	    percentile(s, 0.99), percentile(s, 0.999),
	    (double)s->max_us / 1000, s->over_second,
	    (double)s->max_us / 1000, s->max_at);
	put_json(f, s->max_text);
	fputs("},\"slow\":[", f);
	for (i = 0; i < s->nslow; i++) {
		fprintf(f, "%s{\"ms\":%.3f,\"at\":%.3f,\"statement\":",
		    i ? "," : "", (double)s->slow[i].us / 1000, s->slow[i].at);
		put_json(f, s->slow[i].text);
		fputs("}", f);
	}
	fputs("]}\n", f);
}
