/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/tnef_expand.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/walk.h"
#include "model/folder.h"
#include "model/message.h"
#include "support/listing.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>

#include <string.h>

/* The mail opened; NULL when it stays as it is.  g_free() it. */
static char *expand(const char *mail)
{
	struct am_message *msg = NULL;
	struct am_folder *folder = NULL;
	struct am_blob *out = NULL;
	struct am_error err = {0};
	char *text = NULL;
	size_t got;

	cr_assert_eq(am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL),
	             AM_OK);
	cr_assert_eq(am_message_new(&msg, folder, NULL), AM_OK);
	msg->origin = "test";
	cr_assert_eq(am_blob_copy(&msg->raw, mail, strlen(mail), NULL), AM_OK);
	cr_assert_eq(am_tnef_expand(msg, am_test_ctx(), &out, &err), AM_OK,
	             "%s", err.text);
	if (out) {
		text = g_malloc0(am_blob_size(out) + 1);
		cr_assert_eq(am_blob_read(out, 0, text, am_blob_size(out), &got,
		                          NULL),
		             AM_OK);
	}
	am_blob_unref(&out);
	am_message_free(&msg);
	const struct am_folder *unref = folder;
	am_folder_unref(&unref);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* All types in order, as one line; g_free() it. */
static char *types(const char *mail)
{
	struct am_arena *arena = am_arena_new();
	struct am_limits limits = am_limits_or_default(NULL);
	struct am_blob *raw = NULL;
	GString *line = g_string_new(NULL);
	struct am_scan scan;

	cr_assert_eq(am_blob_copy(&raw, mail, strlen(mail), NULL), AM_OK);
	cr_assert_eq(am_scan_message(&scan, raw, &limits, arena, NULL), AM_OK);
	for (size_t i = 0; i < scan.n_parts; i++)
		g_string_append_printf(line, "%s ", scan.parts[i].type);
	am_blob_unref(&raw);
	am_arena_free(&arena);
	return g_string_free(line, FALSE);
}

static char *mixed_mail(const char *base64)
{
	return g_strdup_printf(
		"From: a@b\r\nSubject: s\r\nContent-Type: multipart/mixed; "
		"boundary=xx\r\n\r\nbefore\r\n--xx\r\n\r\nhello\r\n--xx\r\n"
		"Content-Type: application/ms-tnef\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--xx--\r\n"
		"behind",
		base64);
}

Test(tnef_expand, beside_what_is_there)
{
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *mail = mixed_mail(base64), *got = expand(mail);

	cr_assert_not_null(got);
	/* Every byte of the mail is there, in order. */
	const char *from = mail, *at = got;
	size_t same =
		strspn(from, "") + (size_t)(strstr(mail, "\r\n--xx--") - mail);
	cr_expect(!strncmp(from, at, same));
	cr_expect(g_str_has_suffix(got, "\r\n--xx--\r\nbehind"));
	char *list = types(got);
	cr_expect_str_eq(list, "multipart/mixed text/plain application/ms-tnef "
	                       "multipart/mixed text/html text/plain "
	                       "application/x-ole-storage message/rfc822 "
	                       "multipart/mixed text/plain text/plain ");
	cr_expect(strstr(got, "filename*=utf-8''Liste%20f%C3%BCr%20Bob.txt"));
	cr_expect(strstr(got, "Subject: the one within\r\n"));
	g_free(list);
	g_free(got);
	/* With line ends as the mail has them. */
	char **parts = g_strsplit(mail, "\r\n", -1);
	char *lf = g_strjoinv("\n", parts);
	got = expand(lf);
	cr_assert_not_null(got);
	cr_expect_null(strchr(got, '\r'));
	g_strfreev(parts);
	g_free(lf);
	g_free(got);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
}

Test(tnef_expand, a_mail_that_is_nothing_else)
{
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *mail =
		g_strdup_printf("From: a@b\r\nMIME-Version: 1.0\r\nno field\r\n"
	                        "Content-Type: application/octet-stream;\r\n "
	                        "name=\"WINMAIL.DAT\"\r\nX-Own: kept\r\n"
	                        "Content-Transfer-Encoding: base64\r\n\r\n%s",
	                        base64);
	char *got = expand(mail);

	cr_assert_not_null(got);
	cr_expect(g_str_has_prefix(got, "From: a@b\r\nno field\r\n"
	                                "X-Own: kept\r\nMIME-Version: 1.0\r\n"
	                                "Content-Type: multipart/mixed;\r\n"));
	cr_expect_eq(count(got, "MIME-Version"), 2, "one is an inner mail's");
	cr_expect(strstr(got, "Content-Type: application/octet-stream;\r\n "
	                      "name=\"WINMAIL.DAT\"\r\n"));
	cr_expect(strstr(got, base64));
	char *list = types(got);
	cr_expect(g_str_has_prefix(list,
	                           "multipart/mixed application/octet-stream "
	                           "multipart/mixed text/html text/plain "),
	          "%s", list);
	g_free(list);
	g_free(got);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
}

Test(tnef_expand, what_stays_as_it_is)
{
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *sealed = g_strdup_printf(
		"Content-Type: multipart/signed; boundary=ss\r\n\r\n--ss\r\n"
		"Content-Type: application/ms-tnef\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--ss\r\n"
		"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--ss--"
		"\r\n",
		base64);
	char *broken = mixed_mail("bm8gVE5FRg==");

	cr_expect_null(expand("Subject: plain\n\ntext\n"));
	cr_expect_null(expand(sealed));
	cr_expect_eq(am_test_notes("tnef.signed"), 1);
	cr_expect_null(expand(broken));
	cr_expect_eq(am_test_notes("tnef.unreadable"), 1);
	g_free(sealed);
	g_free(broken);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
}

/* Its text is the mail's own already; its file is not. */
Test(tnef_expand, no_body_twice)
{
	GByteArray *tnef = am_test_tnef_text();
	char *base64 = am_test_tnef_base64(tnef);
	char *mail = mixed_mail(base64), *got = expand(mail);

	cr_assert_not_null(got);
	cr_expect_null(strstr(got, "inner words"));
	cr_expect(strstr(got, "filename=\"deep.txt\""));
	g_free(got);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
}
