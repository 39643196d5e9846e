#include "base/utf8.h"

/* The next six bits, or UTF8_INVALID. */
static uint32_t
continued(uint32_t code, char c)
{
	uint32_t byte = (unsigned char)c;

	if (code == UTF8_INVALID || (byte & 0xc0u) != 0x80u)
		return UTF8_INVALID;
	return code << 6 | (byte & 0x3fu);
}

size_t
utf8_next(const char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t first = (unsigned char)*s, c;
	size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 :
	    first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0, i;

	if (len <= 1) {
		*code = len == 1 ? first : UTF8_INVALID;
		return 1;
	}
	c = first & (0x7fu >> len);
	/* A NUL is no continuation: nothing behind it is read. */
	for (i = 1; i < len && c != UTF8_INVALID; i++)
		c = continued(c, s[i]);
	if (c == UTF8_INVALID || c < least[len] || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff)) {
		*code = UTF8_INVALID;
		return 1;
	}
	*code = c;
	return len;
}

bool
utf8_valid(const char *s)
{
	uint32_t code = 0;

	while (*s != '\0' && code != UTF8_INVALID)
		s += utf8_next(s, &code);
	return code != UTF8_INVALID;
}

bool
utf8_unsafe(uint32_t code)
{
	/* Joiners (200c, 200d) are left out: whole languages need them. */
	static const struct { uint32_t from, to; } range[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f },
		{ 0x61c, 0x61c }, { 0x180e, 0x180e },
		{ 0x200b, 0x200b }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe0fff }, { UTF8_INVALID, UTF8_INVALID },
	};
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(range) / sizeof(range[0]) && !found; i++)
		found = code >= range[i].from && code <= range[i].to;
	return found;
}
