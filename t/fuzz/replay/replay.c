/*
 * Feeds the corpus of a fuzz target to it once, without a fuzzer: what was
 * found stays found.  By make unit and make check.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(const char *file)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(file, "rb");
	uint8_t *copy;
	size_t n;

	if (f == NULL) {
		printf("Bail out! %s cannot be read\n", file);
		exit(1);
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	/* Of just that size, so that a sanitizer sees what is read beyond. */
	copy = malloc(n > 0 ? n : 1);
	if (copy == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		copy[i] = data[i];
	printf("# %s\n", file);
	fflush(stdout);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int
main(void)
{
	struct str file = STR_INIT;
	const struct dirent *entry;
	DIR *dir = opendir(CORPUS);
	int n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		str_reset(&file);
		str_addf(&file, "%s/%s", CORPUS, entry->d_name);
		feed(file.s);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
	str_free(&file);
	printf("%sok 1 - %d files of %s\n1..1\n", n > 0 ? "" : "not ", n,
	    CORPUS);
	return n > 0 ? 0 : 1;
}
