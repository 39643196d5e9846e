#include <stdint.h>
#include <stdlib.h>

#include "cli/configure.h"
#include "cli/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any file is loaded, or there is a complaint that says why not. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *text = data;
	struct str rejects = STR_INIT;
	struct options o;
	struct config c;
	bool found = false;
	int rc;

	option_begin(&o, &c, &rejects);
	rc = yaml_load_text(&o, "fuzz.yaml", text, size, "job", &found);
	if ((rc == 0) != (o.wrong.len == 0))
		abort();
	option_end(&o);
	configure_free(&c);
	str_free(&rejects);
	return 0;
}
