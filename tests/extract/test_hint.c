/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/hint.h"

#include <criterion/criterion.h>

Test(hint, names_and_types_say_what_a_file_may_be)
{
	static const struct {
		const char *type, *name;
		enum am_extract_hint hint;
	} cases[] = {
		{"application/octet-stream", "a.TXT", AM_HINT_TEXT},
		{"application/octet-stream", "a.pdf", AM_HINT_LOOK},
		{"application/octet-stream", "a.jpg", AM_HINT_NOTHING},
		{"application/octet-stream", NULL, AM_HINT_LOOK},
		{"application/pdf", "a.jpg.pdf", AM_HINT_LOOK},
		{"application/json", NULL, AM_HINT_TEXT},
		{"application/pgp-signature", "s.asc", AM_HINT_NOTHING},
		{"image/png", "a.txt", AM_HINT_NOTHING},
		{"text/x-anything", NULL, AM_HINT_TEXT},
		{"message/rfc822", NULL, AM_HINT_MAIL},
		{NULL, "a.eml", AM_HINT_MAIL},
		{NULL, "a.xhtml", AM_HINT_MARKUP},
		{NULL, "noextension", AM_HINT_LOOK},
		{NULL, NULL, AM_HINT_LOOK},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_expect_eq(am_extract_hint_of(cases[i].type, cases[i].name),
		             cases[i].hint, "%zu", i);
}

Test(hint, first_bytes_say_what_it_is)
{
	static const struct {
		const char *head;
		size_t len;
		enum am_extract_kind kind;
	} cases[] = {
		{"", 0, AM_KIND_UNKNOWN},
		{"%PDF-1.4", 8, AM_KIND_PDF},
		{"\n\n%PDF-1.4", 10, AM_KIND_PDF},
		{"PK\3\4", 4, AM_KIND_ZIP},
		{"PK\3", 3, AM_KIND_UNKNOWN},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, AM_KIND_CFB},
		{"{\\rtf1", 6, AM_KIND_RTF},
		{"\x78\x9f\x3e\x22", 4, AM_KIND_TNEF},
		{"\x1f\x8b\x08", 3, AM_KIND_PACKED},
		{"\xef\xbb\xbf begin:vcard", 16, AM_KIND_CARD},
		{"  <!DOCTYPE HTML>", 17, AM_KIND_MARKUP},
		{"<?xml ?>", 8, AM_KIND_MARKUP},
		{"-----BEGIN PGP MESSAGE-----", 27, AM_KIND_CIPHER},
		{"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	         "\xa0\x80\x30\x80\x02\x01\x00\x31\x82\x01\x02\x30",
	         25, AM_KIND_CIPHER},
		{"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	         "\xa0\x80\x30\x80\x02\x01\x00\x31\x82\x01\x02\x30",
	         25, AM_KIND_KNOWN},
		{"%!PS-Adobe", 10, AM_KIND_KNOWN},
		{"hello", 5, AM_KIND_UNKNOWN},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_expect_eq(am_extract_kind_of((const uint8_t *)cases[i].head,
		                                cases[i].len),
		             cases[i].kind, "%zu", i);
}
