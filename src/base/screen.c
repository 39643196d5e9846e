#define _XOPEN_SOURCE 700	/* wcwidth() */
#include "base/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/output.h"
#include "base/utf8.h"

#define COLUMNS	80	/* of a terminal that does not say */
#define ROWS	24
#define LEAST	2	/* columns */

static const char *const begins[] = {
	[SCREEN_PLAIN] = "", [SCREEN_STRONG] = "\033[1m",
	[SCREEN_FAINT] = "\033[2m", [SCREEN_ALERT] = "\033[33m",
};

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] != '\0';
}

static bool
is_able(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && is_set("TERM") &&
	    strcmp(term, "dumb") != 0;
}

/* From now on wcwidth() goes by the user's locale, in this thread. */
static bool
take_locale(void)
{
	locale_t user = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (user == (locale_t)0)
		return false;
	uselocale(user);
	return strcasecmp(nl_langinfo_l(CODESET, user), "UTF-8") == 0;
}

static void
ask_size(size_t *columns, size_t *rows)
{
	struct winsize w = { .ws_col = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
		w.ws_col = w.ws_row = 0;
	*columns = w.ws_col > 0 ? w.ws_col : COLUMNS;
	*rows = w.ws_row > 0 ? w.ws_row : ROWS;
	if (*columns < LEAST)
		*columns = LEAST;
}

void
screen_open(struct screen *s)
{
	s->live = is_able();
	s->utf8 = take_locale();
	s->colour = s->live && !is_set("NO_COLOR");
	ask_size(&s->columns, &s->rows);
}

void
screen_close(struct screen *s)
{
	locale_t was = uselocale(LC_GLOBAL_LOCALE);

	if (was != LC_GLOBAL_LOCALE && was != (locale_t)0)
		freelocale(was);
	str_free(&s->frame);
}

bool
screen_resized(struct screen *s)
{
	size_t columns, rows;

	ask_size(&columns, &rows);
	if (columns == s->columns && rows == s->rows)
		return false;
	s->columns = columns;
	s->rows = rows;
	return true;
}

/* How many columns a character takes; below 0: it cannot be shown. */
static int
width_of(const struct screen *s, uint32_t code)
{
	if (code < 0x80)
		return utf8_unsafe(code) ? -1 : 1;
	return s->utf8 && !utf8_unsafe(code) ? wcwidth((wchar_t)code) : -1;
}

/* The last column stays empty: some terminals go to the next line there. */
static size_t
add_clipped(struct screen *s, const char *text)
{
	size_t len, used = 0;
	uint32_t code;
	int width;

	for (; *text != '\0'; text += len) {
		len = utf8_next(text, &code);
		width = width_of(s, code);
		if (used + (size_t)(width < 0 ? 1 : width) > s->columns - 1)
			break;
		if (width < 0)
			str_addz(&s->frame, "?");
		else
			str_add(&s->frame, text, len);
		used += (size_t)(width < 0 ? 1 : width);
	}
	return used;
}

void
screen_line(struct screen *s, enum screen_style style, const char *text)
{
	bool styled = s->colour && style != SCREEN_PLAIN;

	if (s->lines >= SCREEN_LINES || s->lines + 1 >= s->rows)
		return;
	if (styled)
		str_addz(&s->frame, begins[style]);
	s->next[s->lines++] = add_clipped(s, text);
	str_addz(&s->frame, styled ? "\033[0m\033[K\n" : "\033[K\n");
}

/*
 * How many rows the last frame takes now: a terminal that has become narrower
 * may have broken its lines.
 */
static size_t
rows_drawn(const struct screen *s)
{
	size_t i, rows = 0;

	for (i = 0; i < s->drawn; i++)
		rows += s->width[i] > s->columns ?
		    (s->width[i] + s->columns - 1) / s->columns : 1;
	return rows;
}

void
screen_draw(struct screen *s)
{
	struct str out = STR_INIT;
	size_t up = rows_drawn(s);

	if (s->live && output_idle()) {
		str_addz(&out, "\r");
		if (up > 0)
			str_addf(&out, "\033[%zuA", up);
		str_addf(&out, "%s\033[J", s->frame.s);
		output_put(STDOUT_FILENO, &out, false);
		memcpy(s->width, s->next, sizeof(s->width));
		s->drawn = s->lines;
	}
	str_reset(&s->frame);
	s->lines = 0;
}

void
screen_put(struct screen *s, struct str *text)
{
	s->drawn = 0;
	output_put(STDOUT_FILENO, text, true);
}

bool
screen_is_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = 0 };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}
