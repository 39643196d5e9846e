/* The options. */
#include "hammer.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct options opt = {
	.user = "root", .password = "", .db = "app", .table = "orders",
	.isolation = "REPEATABLE READ", .threads = 4, .seed = 1,
};

static const struct option longopts[] = {
	{ "socket", required_argument, NULL, 'S' },
	{ "host", required_argument, NULL, 'h' },
	{ "port", required_argument, NULL, 'P' },
	{ "user", required_argument, NULL, 'u' },
	{ "password", required_argument, NULL, 'p' },
	{ "db", required_argument, NULL, 'D' },
	{ "table", required_argument, NULL, 't' },
	{ "control", required_argument, NULL, 'c' },
	{ "threads", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 's' },
	{ "until-file", required_argument, NULL, 'f' },
	{ "transactions", required_argument, NULL, 'x' },
	{ "seed", required_argument, NULL, 'k' },
	{ "rate", required_argument, NULL, 'r' },
	{ "profile", required_argument, NULL, 'o' },
	{ "isolation", required_argument, NULL, 'i' },
	{ "report-file", required_argument, NULL, 'w' },
	{ "random-order", no_argument, NULL, 'R' },
	{ "auto", no_argument, NULL, 'a' },
	{ NULL, 0, NULL, 0 }
};

static _Noreturn void
usage(void)
{
	fputs("usage: hammer --socket S | --host H --port P\n"
	    "	[--user U] [--password P] --db D --table T [--control T2]\n"
	    "	[--threads N] [--rate TRANSACTIONS_PER_SECOND] [--seed K]\n"
	    "	--seconds X | --until-file F | --transactions N (a thread)\n"
	    "	[--profile mixed|oltp|hot|keychange] [--random-order]\n"
	    "	[--auto] [--isolation rr|rc] [--report-file F]\n", stderr);
	exit(2);
}

static double
real(const char *s)
{
	char *end;
	double d = strtod(s, &end);

	if (end == s || *end != '\0' || d < 0)
		die("not a number: %s", s);
	return d;
}

static void
set_profile(const char *s)
{
	if (strcmp(s, "mixed") == 0)
		opt.profile = MIXED;
	else if (strcmp(s, "oltp") == 0)
		opt.profile = OLTP;
	else if (strcmp(s, "hot") == 0)
		opt.profile = HOT;
	else if (strcmp(s, "keychange") == 0)
		opt.profile = KEYCHANGE;
	else
		die("unknown profile: %s", s);
}

static void
set_isolation(const char *s)
{
	if (strcmp(s, "rc") == 0)
		opt.isolation = "READ COMMITTED";
	else if (strcmp(s, "rr") != 0)
		usage();
}

void
option_read(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case 'S': opt.socket = optarg; break;
		case 'h': opt.host = optarg; break;
		case 'P': opt.port = (unsigned)real(optarg); break;
		case 'u': opt.user = optarg; break;
		case 'p': opt.password = optarg; break;
		case 'D': opt.db = optarg; break;
		case 't': opt.table = optarg; break;
		case 'c': opt.control = optarg; break;
		case 'n': opt.threads = (int)real(optarg); break;
		case 's': opt.seconds = real(optarg); break;
		case 'f': opt.until = optarg; break;
		case 'x': opt.transactions = (uint64_t)real(optarg); break;
		case 'k': opt.seed = (uint64_t)real(optarg); break;
		case 'r': opt.rate = real(optarg); break;
		case 'o': set_profile(optarg); break;
		case 'i': set_isolation(optarg); break;
		case 'w': opt.report = optarg; break;
		case 'R': opt.random_order = true; break;
		case 'a': opt.autoinc = true; break;
		default: usage();
		}
	}
	if (optind < argc || opt.threads < 1 || opt.threads > 1000)
		usage();
	if (opt.seconds <= 0 && opt.until == NULL && opt.transactions == 0)
		usage();
}
