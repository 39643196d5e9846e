#ifndef CAPTURE_H
#define CAPTURE_H

/* What is written to a descriptor; after the headers that cmocka wants. */

#include <stdio.h>
#include <unistd.h>

/* What fd gets while that is said, as a string of less than size bytes. */
static inline void
captured(char *text, size_t size, int fd, void (*say)(void))
{
	FILE *f = tmpfile();
	int was = dup(fd);
	size_t n;

	assert_non_null(f);
	assert_true(was >= 0 && dup2(fileno(f), fd) >= 0);
	say();
	assert_true(dup2(was, fd) >= 0);
	close(was);
	rewind(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
}

#endif
