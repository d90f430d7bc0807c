/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extracted.h"

#include <criterion/criterion.h>

Test(pdf, pages_end_with_a_form_feed)
{
	expect_extracted(am_test_pdf("first page\nsecond"),
	                 "ok:first page\n\n\fsecond\n\n\f");
	/* Empty ones before count, too. */
	expect_extracted(am_test_pdf("\n\nthird"), "ok:\f\fthird\n\n\f");
	expect_extracted(am_test_pdf(""), "empty:");
}

Test(pdf, rubbish_before_it_is_passed_over)
{
	GByteArray *pdf = am_test_pdf("text");

	g_byte_array_prepend(pdf, (const guint8 *)"HTTP/1.0 200\r\n\r\n", 16);
	expect_extracted(pdf, "ok:text\n\n\f");
}

Test(pdf, passwords_and_damage_are_told)
{
	GByteArray *pdf = am_test_pdf("text");

	expect_extracted(am_test_pdf_locked(), "encrypted:");
	g_byte_array_set_size(pdf, 30);
	expect_extracted(pdf, "damaged:");
}
