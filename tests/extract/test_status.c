/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/status.h"

#include <criterion/criterion.h>

Test(status, has_a_name_and_one_for_all_failures)
{
	cr_expect_str_eq(am_extract_name(AM_EXTRACT_TOO_LARGE), "too-large");
	cr_expect_null(am_extract_name(AM_EXTRACT_N_STATUS));
	cr_expect(am_extract_failed(AM_EXTRACT_CRASH));
	cr_expect(!am_extract_failed(AM_EXTRACT_ENCRYPTED));
	cr_expect(!am_extract_failed(AM_EXTRACT_N_STATUS));
	cr_expect(am_extract_is_name("failed"));
	cr_expect(am_extract_is_name("timeout"));
	cr_expect(!am_extract_is_name("none"));
	cr_expect(!am_extract_is_name("Failed"));
}
