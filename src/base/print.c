#include "base/print.h"

#include <stdarg.h>

#include "base/escape.h"

static void
print_escaped(struct str *to, void (*escape)(struct str *, const char *),
    const char *end, const char *fmt, va_list ap)
{
	struct str text = STR_INIT;

	str_vaddf(&text, fmt, ap);
	escape(to, text.s);
	str_addf(to, "%s\n", end);
	str_free(&text);
}

void
print_line(struct str *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_escaped(to, escape_line, "", fmt, ap);
	va_end(ap);
}

void
print_sql(struct str *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_escaped(to, escape_sql, ";", fmt, ap);
	va_end(ap);
}
