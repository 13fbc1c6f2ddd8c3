/* SPDX-License-Identifier: MIT */
/* test-version.c - the version that headers, library and configure name. */
#include "config.h"

#include <with/version.h>

#include "testing.h"

START_TEST(library_and_headers_name_the_same_version)
{
	ck_assert_str_eq(with_version(), WITH_VERSION);
}
END_TEST

START_TEST(version_is_that_of_the_package)
{
	ck_assert_str_eq(with_version(), PACKAGE_VERSION);
}
END_TEST

TESTING_MAIN("version",
	library_and_headers_name_the_same_version,
	version_is_that_of_the_package)
