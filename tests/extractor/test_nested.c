/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extracted.h"

#include "extractor/limits.h"
#include "support/msg_sample.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>

#include <string.h>

static GByteArray *zip_of(const char *name, GByteArray *data, bool deflate)
{
	const struct am_test_zip_member members[] = {{.name = name,
	                                              .data = data->data,
	                                              .len = data->len,
	                                              .deflate = deflate},
	                                             {.name = NULL}};
	GByteArray *out = am_test_zip_of(members);

	g_byte_array_unref(data);
	return out;
}

Test(nested, files_in_zips_are_read_under_their_name)
{
	const struct am_test_zip_member members[] = {
		{.name = "a/Größe.txt", .data = "plain text", .deflate = true},
		{.name = "b.html", .data = "<p>mark<b>up</b>"},
		{.name = "c.png", .data = "no text"},
		{.name = "d.bin", .data = "no text"},
		{.name = NULL}};

	expect_extracted(am_test_zip_of(members),
	                 "ok:{a/Größe.txt}[a/Größe.txt]plain text[]"
	                 "{b.html}[b.html]markup[]{c.png}"
	                 "{d.bin}[d.bin][]");
	expect_extracted(zip_of("in.docx", am_test_docx("word"), false),
	                 "ok:{in.docx}[in.docx]word and more\n\nA title\n\n"
	                 "a footnote\n\n[]");
}

Test(nested, mail_gives_what_is_attached)
{
	char *got = extracted_text(
		AM_HINT_MAIL,
		"From: a@x.example\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
		"\n--b\n\nbody\n--b\nContent-Type: application/octet-stream; "
		"name=x.rtf\n\n{\\rtf1 rich text}\n--b--\n");

	cr_expect_str_eq(got,
	                 "ok:From: a@x.example\nSubject: Grüße\n{x.rtf}body"
	                 "[x.rtf]rich text[]");
	g_free(got);
}

Test(nested, outlook_is_mail_too)
{
	char *got = extracted(AM_HINT_LOOK, am_test_tnef());

	cr_expect(!strncmp(got, "ok:", 3), "%.60s", got);
	cr_expect(strstr(got, "{Liste für Bob.txt}"), "%s", got);
	g_free(got);
	got = extracted(AM_HINT_LOOK, am_test_msg_file(AM_TEST_MSG_RECEIVED));
	cr_expect(!strncmp(got, "ok:From: ", 9), "%.60s", got);
	g_free(got);
}

Test(nested, cards_and_texts_in_any_charset)
{
	char *got = extracted_text(AM_HINT_TEXT,
	                           "BEGIN:VCARD\nFN:Alice\nEND:VCARD\n");
	cr_expect_str_eq(got, "ok:Name: Alice\n");
	g_free(got);
	got = extracted(AM_HINT_TEXT,
	                g_byte_array_append(g_byte_array_new(),
	                                    (const guint8 *)"\xff\xfe\x61\0b\0",
	                                    6));
	cr_expect_str_eq(got, "ok:ab");
	g_free(got);
	got = extracted_text(AM_HINT_MARKUP,
	                     "<?xml version='1.0' encoding='koi8-r'?>"
	                     "<a>\xd0\xd2\xc9</a>");
	cr_expect_str_eq(got, "ok:при");
	g_free(got);
	got = extracted(AM_HINT_TEXT,
	                g_byte_array_append(g_byte_array_new(),
	                                    (const guint8 *)"a\0\0b", 4));
	cr_expect_str_eq(got, "none:");
	g_free(got);
	got = extracted_text(AM_HINT_TEXT, "-----BEGIN PGP MESSAGE-----\n\nx");
	cr_expect_str_eq(got, "encrypted:");
	g_free(got);
}

/* ---- hostile
 * --------------------------------------------------------------- */

Test(nested, zips_are_opened_so_deep_and_no_deeper)
{
	GByteArray *zip = am_test_repeat("text", 1);
	char *got;

	zip = zip_of("a.txt", zip, false);
	for (int i = 0; i < 3; i++)
		zip = zip_of("a.zip", zip, true);
	got = extracted(AM_HINT_LOOK, g_byte_array_ref(zip));
	cr_expect(!strncmp(got, "ok:", 3) && strstr(got, "]text["), "%s", got);
	g_free(got);
	for (int i = 0; i < 20; i++)
		zip = zip_of("a.zip", zip, true);
	got = extracted(AM_HINT_LOOK, zip);
	cr_expect(!strncmp(got, "too-large:", 10), "%s", got);
	g_free(got);
}

/* 48 MiB of one letter are 50 KB. */
Test(nested, bombs_are_put_out)
{
	GByteArray *zip = zip_of(
		"a.txt", am_test_repeat("aaaaaaaaaaaaaaaa", 3 << 20), true);
	char *got;

	cr_assert_lt(zip->len, 100000);
	got = extracted(AM_HINT_LOOK, zip);
	cr_expect(!strncmp(got, "too-large:", 10), "%.60s", got);
	g_free(got);
}

Test(nested, of_many_members_so_many_are_looked_at)
{
	unsigned n = AM_EXTRACTOR_MEMBERS + 10;
	struct am_test_zip_member *members =
		g_new0(struct am_test_zip_member, n + 1);
	char *got;

	for (unsigned i = 0; i < n; i++) {
		members[i].name = "a.txt";
		members[i].data = "x";
	}
	got = extracted(AM_HINT_LOOK, am_test_zip_of(members));
	cr_expect(!strncmp(got, "too-large:", 10), "%.60s", got);
	cr_expect_lt(strlen(got), 400000);
	g_free(got);
	g_free(members);
}

Test(nested, sizes_that_lie_are_not_believed)
{
	static const uint32_t lies[] = {1, 1u << 20, 0x7fffffff, (uint32_t)-3,
	                                (uint32_t)-5};

	for (size_t i = 0; i < AM_COUNT(lies); i++)
		for (int deflate = 0; deflate < 2; deflate++) {
			const struct am_test_zip_member members[] = {
				{.name = "a.txt",
			         .data = "text",
			         .deflate = deflate,
			         .lie = lies[i]},
				{.name = NULL}};
			char *got = extracted(AM_HINT_LOOK,
			                      am_test_zip_of(members));
			cr_expect(strlen(got) < 60, "%.60s", got);
			g_free(got);
		}
}
