/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_ole.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "formats/outlook/pst.h"
#include "outlook/cfb/cfb_write.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst/store.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(outlook_ole, .fini = am_test_tmpdir_end);

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

/* An object with one stream. */
static GByteArray *object(const char *stream, const void *data, size_t len)
{
	struct am_cfb_write *w = am_cfb_write_new();
	GByteArray *file = g_byte_array_new();

	am_cfb_write_bytes(w, 0, stream, data, len);
	cr_assert_eq(am_cfb_write_out(w, append, file, NULL), AM_OK);
	am_cfb_write_free(&w);
	return file;
}

/* The part that comes of it as text, "TYPE" of a document, or ""; takes file.
 */
static char *told_of(GByteArray *file, const char *name)
{
	const struct am_mapi_prop value = {.data = file->data,
	                                   .len = file->len};
	struct am_mail_out out = {.limit = 1 << 20};
	struct am_blob *blob = NULL;
	struct am_error err = {0};
	struct am_mapi_ole ole;
	char *text = NULL;

	bool any = am_mapi_ole_open(&ole, NULL, &value, name, am_test_ctx());
	if (ole.type) {
		text = g_strdup_printf("%s %s", ole.type, ole.ending);
	} else if (any) {
		cr_assert_eq(am_spool_open(&out.spool, 1 << 20, NULL, &err),
		             AM_OK);
		out.err = &err;
		if (!ole.file_type)
			ole.file_type = "text/x-unknown";
		cr_expect_eq(am_mapi_ole_put(&out, &ole, &err), AM_OK, "%s",
		             err.text);
		cr_assert_eq(am_spool_seal(&out.spool, &blob, &err), AM_OK);
		text = g_strndup((const char *)am_blob_bytes(blob),
		                 (gsize)am_blob_size(blob));
		am_blob_unref(&blob);
	}
	am_mapi_ole_close(&ole);
	g_byte_array_free(file, TRUE);
	return text ? text : g_strdup("");
}

static void expect_in(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "\"%s\" is not in\n%s", what, text);
}

static const char package[] = "\x50\0\0\0\2\0Gr\xfc\xdf"
			      "e.txt\0C:\\a\\b.txt\0\0\0\3\0"
			      "\4\0\0\0C:\\\0\5\0\0\0hellorest";

Test(outlook_ole, a_package_gives_its_file)
{
	char *got =
		told_of(object("\1Ole10Native", package, sizeof(package) - 1),
	                "Package");

	expect_in(got, "filename*=utf-8''Gr%C3%BC%C3%9Fe.txt");
	expect_in(got, "\r\n\r\naGVsbG8=\r\n");
	g_free(got);
	/* Cut anywhere it is none, or that file. */
	for (size_t n = 0; n < sizeof(package) - 1 - 4; n++) {
		got = told_of(object("\1Ole10Native", package, n), NULL);
		cr_expect(!*got || strstr(got, "aGVsbG8="), "%zu: %s", n, got);
		g_free(got);
	}
}

Test(outlook_ole, a_pasted_picture_gives_a_file_that_opens)
{
	uint8_t bits[40 + 8 + 4] = {40, 0, 0, 0, 1, 0, 0, 0,
	                            1,  0, 0, 0, 1, 0, 1, 0};
	char *got =
		told_of(object("CONTENTS", bits, sizeof(bits)), "Picture (x)");

	/* "BM", 66 bytes, the picture from 62 on. */
	expect_in(got, "Content-Type: image/bmp;\r\n name=\"Picture (x).bmp\"");
	expect_in(got, "\r\n\r\nQk1CAAAAAAAAAD4AAAAoAAAA");
	g_free(got);
	got = told_of(object("CONTENTS", "BMxx", 4), "a.bmp");
	expect_in(got, "name=\"a.bmp\"");
	expect_in(got, "\r\n\r\nQk14eA==");
	g_free(got);
	got = told_of(object("CONTENTS", "what?", 5), "a");
	cr_expect_str_eq(got, "");
	g_free(got);
}

Test(outlook_ole, documents_are_told_and_what_is_no_object_is_not)
{
	char *got = told_of(object("WordDocument", "x", 1), NULL);

	cr_expect_str_eq(got, "application/msword .doc");
	g_free(got);
	got = told_of(object("Workbook", "x", 1), NULL);
	cr_expect_str_eq(got, "application/vnd.ms-excel .xls");
	g_free(got);
	GByteArray *none = g_byte_array_new();
	g_byte_array_append(none, (const guint8 *)"no such file", 12);
	got = told_of(none, NULL);
	cr_expect_str_eq(got, "");
	g_free(got);
}

/* Mail made of an object is kept in a PST as the object it is. */
Test(outlook_ole, in_a_pst_it_is_an_object_again)
{
	GByteArray *file = object("CONTENTS", "BM and some dots", 16);
	char *base64 = g_base64_encode(file->data, file->len);
	char *mail = g_strdup_printf(
		"Subject: s\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n"
		"--b\nContent-Type: application/x-ole-storage; name=Picture\n"
		"Content-Transfer-Encoding: base64\n\n%s\n"
		"--b\nContent-Type: application/x-ole-storage; name=none\n\n"
		"no object\n--b--\n",
		base64);
	const struct am_test_message mails[] = {
		{.folder = {"in"}, .bytes = mail}};
	char *path = am_test_path("x.pst");
	struct am_arena *arena = am_arena_new();
	struct am_pst_store *store = NULL;
	struct am_error err = {0};
	struct am_pst_message msg;
	struct am_pst_attachment *atts = NULL;
	am_pst_nid *items = NULL;
	bool damaged = false;
	size_t at = 0, n = 0;

	am_test_fill(&am_format_pst, "x.pst",
	             (const char *const[]){"verify=yes", NULL}, mails, 1);
	char *got = am_test_list(&am_format_pst, "x.pst", NULL, 0, true);
	char *want = g_strescape(mail, NULL);
	cr_expect(strstr(got, want), "%s", got);
	cr_assert_eq(am_pst_store_open(&store, path, 1252, am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while (!n && at < am_pst_store_n_folders(store)) {
		g_free(items);
		am_pst_store_items(store, at++, AM_PST_LISTED, &items, &n,
		                   &damaged, NULL);
	}
	cr_assert_eq(n, 1);
	cr_assert_eq(am_pst_message_read(store, items[0], arena, &msg, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(
		am_pst_message_attachments(store, &msg, arena, &atts, &n, &err),
		AM_OK, "%s", err.text);
	cr_assert_eq(n, 2);
	cr_expect_eq(atts[0].method, AM_ATTACH_OLE);
	const struct am_mapi_prop *p =
		am_mapi_find(&atts[0].props, AM_PR_ATTACH_DATA);
	cr_assert(p);
	cr_expect_eq(p->tag, 0x3701000d);
	cr_expect_eq(p->size, file->len);
	cr_expect_eq(atts[1].method, AM_ATTACH_BY_VALUE);
	am_pst_store_close(&store);
	am_arena_free(&arena);
	g_free(items);
	g_free(got);
	g_free(want);
	g_free(path);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(file, TRUE);
}
