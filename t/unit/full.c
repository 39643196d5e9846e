/* Errors that tell of a full disk or file by a number in their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>

#include "server/db.h"

/* As MariaDB says it, and as MySQL does. */
static const char *const form[] = {
	"Can't create table `a`.`b` (errno: %ld \"%s\")",
	"Can't create table 'a.b' (errno: %ld - %s)",
	"Error writing file './a/b' (Errcode: x) (OS errno %ld - %s)",
	"Can't create table `Got error 28`.`errno: 28` (errno: %ld \"%s\")",
	"Got error %ld \"%s\" from storage engine InnoDB",
	"Got error %ld - '%s' from storage engine",
	"Got error %ld '%s' during COMMIT",
};

static enum db_class
class_of(size_t i, unsigned int sqlno, long no, const char *text)
{
	char message[200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(message, sizeof(message), form[i], no, text);
#pragma GCC diagnostic pop
	return db_class_said(sqlno, message);
}

static void
test_reasons(void **state)
{
	static const unsigned int carrier[] = { 1, 3, 14, 27, 1004, 1005, 1006,
	    1023, 1025, 1026, 1030, 1180, 1296, 3680 };
	size_t i, k;

	(void)state;
	for (k = 0; k < sizeof(carrier) / sizeof(carrier[0]); k++)
		for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
			assert_int_equal(class_of(i, carrier[k], ENOSPC,
			    "No space left on device"), DB_FULL);
			assert_int_equal(class_of(i, carrier[k], EFBIG,
			    "File too large"), DB_FULL);
			assert_int_equal(class_of(i, carrier[k], EDQUOT,
			    "Disk quota exceeded"), DB_FULL);
			assert_int_equal(class_of(i, carrier[k], 135,
			    "No more room in record file"), DB_FULL);
			assert_int_equal(class_of(i, carrier[k], 136,
			    "No more room in index file"), DB_FULL);
			assert_int_equal(class_of(i, carrier[k], EDQUOT,
			    "Internal error"), DB_FINAL);
			assert_int_equal(class_of(i, carrier[k], 121,
			    "Duplicate key on write or update"), DB_FINAL);
			assert_int_equal(class_of(i, carrier[k], 128,
			    "Out of memory in engine"), DB_FINAL);
			assert_int_equal(class_of(i, carrier[k], 2,
			    "No such file or directory"), DB_FINAL);
		}
}

/* Names and values of users look like anything. */
static void
test_no_reason(void **state)
{
	unsigned int no;

	(void)state;
	for (no = 1040; no < 7000; no++)
		if (!(no >= 1180 && no <= 1183) && no != 1296 && no != 1297 &&
		    no != 1388 && no != 3680)
			assert_int_equal(db_class_said(no,
			    "Unknown column 'errno: 28'"), db_class(no));
	assert_int_equal(db_class_said(1005, "Can't create table `a`.`b`"),
	    DB_FINAL);
	assert_int_equal(db_class_said(1005, ""), DB_FINAL);
	assert_int_equal(db_class_said(1205, "(errno: 28)"), DB_CONFLICT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
