#include "base/log.h"

#include <stdarg.h>

#include "base/event.h"
#include "base/print.h"
#include "base/str.h"

static void
say(enum event_kind kind, const char *fmt, va_list ap)
{
	struct str text = STR_INIT;

	str_vaddf(&text, fmt, ap);
	event_text(kind, text.s);
	str_free(&text);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(EVENT_NOTE, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(EVENT_WARNING, fmt, ap);
	va_end(ap);
}

void
log_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(EVENT_HINT, fmt, ap);
	va_end(ap);
}

void
log_answer(const char *fmt, ...)
{
	struct str text = STR_INIT, line = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	print_line(&line, "%s", text.s);
	event_answer(&line);
	str_free(&text);
	str_free(&line);
}
