#include "base/print.h"

#include <stdarg.h>

#include "base/escape.h"

static void
print_escaped(FILE *to, void (*escape)(struct str *, const char *),
    const char *end, const char *fmt, va_list ap)
{
	struct str text = STR_INIT, shown = STR_INIT;

	str_vaddf(&text, fmt, ap);
	escape(&shown, text.s);
	fprintf(to, "%s%s\n", shown.s, end);
	str_free(&text);
	str_free(&shown);
}

void
print_line(FILE *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_escaped(to, escape_line, "", fmt, ap);
	va_end(ap);
}

void
print_sql(FILE *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_escaped(to, escape_sql, ";", fmt, ap);
	va_end(ap);
}
