#include "base/json.h"

void
json_text(struct str *out, const char *text)
{
	str_addz(out, "\"");
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			str_addf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			str_addf(out, "\\u%04x", (unsigned int)*text);
		else
			str_add(out, text, 1);
	str_addz(out, "\"");
}

void
json_member(struct str *out, const char *name, const char *text)
{
	json_text(out, name);
	str_addz(out, ": ");
	if (text != NULL)
		json_text(out, text);
	else
		str_addz(out, "null");
}
