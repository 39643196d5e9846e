#include "base/multibyte.h"

#include <stdbool.h>
#include <string.h>

enum multibyte
multibyte_of(const char *charset)
{
	static const struct {
		const char *name;
		enum multibyte is;
	} known[] = {
		{ "sjis", MULTIBYTE_SJIS },
		{ "cp932", MULTIBYTE_SJIS },
		{ "big5", MULTIBYTE_BIG5 },
		{ "gbk", MULTIBYTE_GBK },
		{ "gb18030", MULTIBYTE_GB18030 },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(charset, known[i].name) == 0)
			return known[i].is;
	return MULTIBYTE_NONE;
}

static bool
within(unsigned char c, unsigned char low, unsigned char high)
{
	return c >= low && c <= high;
}

/* The ranges are those of strings/ctype-*.c of both servers. */
static bool
is_pair(enum multibyte of, unsigned char a, unsigned char b)
{
	switch (of) {
	case MULTIBYTE_SJIS:
		return (within(a, 0x81, 0x9f) || within(a, 0xe0, 0xfc)) &&
		    (within(b, 0x40, 0x7e) || within(b, 0x80, 0xfc));
	case MULTIBYTE_BIG5:
		return within(a, 0xa1, 0xf9) &&
		    (within(b, 0x40, 0x7e) || within(b, 0xa1, 0xfe));
	case MULTIBYTE_GBK:
	case MULTIBYTE_GB18030:
		return within(a, 0x81, 0xfe) &&
		    (within(b, 0x40, 0x7e) || within(b, 0x80, 0xfe));
	case MULTIBYTE_NONE:
		break;
	}
	return false;
}

size_t
multibyte_len(enum multibyte of, const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	if (is_pair(of, u[0], u[1]))
		return 2;
	if (of == MULTIBYTE_GB18030 && within(u[0], 0x81, 0xfe) &&
	    within(u[1], '0', '9') && within(u[2], 0x81, 0xfe) &&
	    within(u[3], '0', '9'))
		return 4;
	return 1;
}
