/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extracted.h"

#include "extract/protocol.h"

#include <criterion/criterion.h>

#include <string.h>

Test(office, documents_of_today_give_their_text)
{
	expect_extracted(am_test_docx("Rechnung Größe"),
	                 "ok:Rechnung Größe and more\n\nA title\n\na footnote\n"
	                 "\n");
	expect_extracted(am_test_xlsx("cell"),
	                 "ok:cell\ntwoparts\n\nA title\n\n4711.5 inline \n\n");
	expect_extracted(am_test_pptx("on a slide"),
	                 "ok:on a slide\n\nA title\n\na note\n\n");
	expect_extracted(am_test_odt("text"),
	                 "ok:A heading\ntext and more\nend\n\n\n");
}

Test(office, documents_of_before_do_too)
{
	expect_extracted(am_test_doc("Some text\rline\002"),
	                 "ok:Some text\nline shown (wide)");
	expect_extracted(am_test_xls("shared string"),
	                 "ok:Sheet\nshared string\ntwo\n12.34 0.5 ");
	expect_extracted(am_test_ppt("on a slide"),
	                 "ok:on a slide\nin\nbytes!\n");
}

static GByteArray *with_bytes(GByteArray *doc, const char *from, const void *to,
                              size_t len, long offset)
{
	guint8 *at = memmem(doc->data, doc->len, from, strlen(from));

	cr_assert(at);
	memcpy(at + offset, to, len);
	return doc;
}

Test(office, passwords_are_told)
{
	const struct am_test_zip_member odt[] = {
		{.name = "mimetype",
	         .data = "application/vnd.oasis.opendocument.text"},
		{.name = "content.xml", .data = "\1\2\3 no xml"},
		{.name = "META-INF/manifest.xml",
	         .data = "<m:manifest xmlns:m='m'><m:file-entry>"
	                 "<m:encryption-data/></m:file-entry></m:manifest>"},
		{.name = NULL}};
	const struct am_test_zip_member zip[] = {{.name = "a.txt",
	                                          .data = "xxxxxxxxxxxxxxxx",
	                                          .encrypted = true},
	                                         {.name = NULL}};

	expect_extracted(am_test_cfb("EncryptedPackage", "x", 1,
	                             "EncryptionInfo", "y", 1),
	                 "encrypted:");
	expect_extracted(am_test_zip_of(odt), "encrypted:");
	expect_extracted(am_test_zip_of(zip), "encrypted:{a.txt}");
	/* fEncrypted of a .doc. */
	expect_extracted(with_bytes(am_test_doc("secret"), "\xec\xa5\xc1",
	                            "\0\3", 2, 0xa),
	                 "encrypted:");
	/* FILEPASS in place of BOUNDSHEET. */
	expect_extracted(
		with_bytes(am_test_xls("secret"), "\x85", "\x2f\0", 2, 0),
		"encrypted:");
}

Test(office, what_is_damaged_gives_what_there_is)
{
	char *got = extracted(AM_HINT_LOOK,
	                      with_bytes(am_test_doc("secret"), "\xec\xa5\xc1",
	                                 "\xff\xff\xff\x7f", 4, 0x1a2));
	cr_expect_str_eq(got, "damaged:");
	g_free(got);
	const struct am_test_zip_member cut[] = {
		{.name = "[Content_Types].xml", .data = "<a/>"},
		{.name = "word/document.xml",
	         .data = "<w:p><w:t>before the cut</w:t></w:p><w:p"},
		{.name = NULL}};
	got = extracted(AM_HINT_LOOK, am_test_zip_of(cut));
	cr_expect_str_eq(got, "damaged:before the cut\n\n");
	g_free(got);
}

/* "Billion laughs", and a file from outside. */
Test(office, entities_are_not_expanded)
{
	const struct am_test_zip_member laughs[] = {
		{.name = "[Content_Types].xml", .data = "<a/>"},
		{.name = "word/document.xml",
	         .data = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">"
	                 "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
	                 "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
	                 "<!ENTITY d SYSTEM \"file:///etc/passwd\">]>"
	                 "<w:p><w:t>&c;&d;</w:t></w:p>"},
		{.name = NULL}};

	expect_extracted(am_test_zip_of(laughs), "damaged:");
}

Test(office, is_not_led_too_deep)
{
	GString *deep = g_string_new("<w:p><w:t>above</w:t>");
	for (int i = 0; i < 100000; i++)
		g_string_append(deep, "<w:x>");
	const struct am_test_zip_member members[] = {
		{.name = "[Content_Types].xml", .data = "<a/>"},
		{.name = "word/document.xml",
	         .data = deep->str,
	         .deflate = true},
		{.name = NULL}};

	expect_extracted(am_test_zip_of(members), "damaged:above\n");
	g_string_free(deep, TRUE);
}

Test(office, long_texts_are_cut)
{
	GByteArray *text = am_test_repeat("ten bytes ", 300000);
	g_byte_array_append(text, (const guint8 *)"", 1);
	char *got = extracted(AM_HINT_LOOK, am_test_docx((char *)text->data));

	cr_expect(!strncmp(got, "truncated:ten bytes", 19), "%.60s", got);
	cr_expect_leq(strlen(got), AM_EXTRACT_TEXT_MAX + 10);
	g_free(got);
	g_byte_array_unref(text);
}

Test(office, what_cannot_be_read_is_told)
{
	expect_extracted(am_test_cfb("VisioDocument", "x", 1, NULL, NULL, 0),
	                 "unsupported:");
	expect_extracted(am_test_cfb("Whatever", "x", 1, NULL, NULL, 0),
	                 "none:");
}
