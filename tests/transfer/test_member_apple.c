/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apple Mail's messages in a zip get their attachments back, as on disk. */
#include "transfer/mixed.h"

#include "base/blob.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/olm_sample.h"
#include "support/tmpdir.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <string.h>

TestSuite(member_apple, .fini = am_test_tmpdir_end, .timeout = 60);

#define TOP                                          \
	"From: a@b\nSubject: x\nMIME-Version: 1.0\n" \
	"Content-Type: multipart/mixed; boundary=b\n\n"
#define STUB                                                         \
	TOP "--b\nContent-Type: text/plain\n\ntext\n--b\n"           \
	    "Content-Type: a/b\nContent-Transfer-Encoding: base64\n" \
	    "X-Apple-Content-Length: 8\n\n\n--b--\n"
#define WHOLE                                                          \
	TOP "--b\nContent-Type: text/plain\n\ntext\n--b\n"             \
	    "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n" \
	    "aGVsbG8=\n--b--\n"

static void add_mail(struct am_test_zip *zip, const char *name,
                     const char *mail)
{
	char *text = g_strdup_printf("%-10zu\n%s", strlen(mail), mail);

	am_test_zip_add_text(zip, name, text);
	g_free(text);
}

/* Every mail's folder and bytes, one behind the other. */
static GString *read_all(void)
{
	char *path = am_test_path("t.zip");
	struct am_location where = {.path = path};
	GString *all = g_string_new(NULL);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	am_test_ctx()->tmpdir = am_test_tmpdir();
	cr_assert_eq(am_mixed_open(&src, am_format_find("eml"), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		cr_assert_eq(r, AM_OK, "%s", err.text);
		if (!item.message)
			continue;
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK);
		size_t len = (size_t)am_blob_size(item.message->raw), got;
		char *bytes = g_malloc0(len + 1);
		cr_assert_eq(am_blob_read(item.message->raw, 0, bytes, len,
		                          &got, &err),
		             AM_OK);
		g_string_append_printf(
			all, "%s\n%s%s", item.message->origin, bytes,
			item.message->incomplete ? "lost\n" : "");
		g_free(bytes);
		am_message_free(&item.message);
	}
	am_source_close(&src);
	am_test_ctx()->tmpdir = NULL;
	g_free(path);
	return all;
}

static void end_zip(struct am_test_zip *zip)
{
	GByteArray *bytes = am_test_zip_end(zip, TRUE);

	am_test_write("t.zip", bytes->data, bytes->len);
	g_byte_array_free(bytes, TRUE);
}

/* Nothing stays in the temporary directory. */
static void expect_clean(void)
{
	DIR *dir = opendir(am_test_tmpdir());
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		cr_expect_not(g_str_has_prefix(e->d_name, "mailark-"), "%s",
		              e->d_name);
	cr_assert(dir);
	closedir(dir);
}

Test(member_apple, attachments_are_put_back_wherever_they_stand)
{
	struct am_test_zip *zip = am_test_zip_begin();

	/* Before, behind, beside; and a mail that is an attachment. */
	am_test_zip_add_text(zip, "A.mbox/Attachments/7/2/file", "hello");
	am_test_zip_add_text(zip, "A.mbox/Attachments/8/2/in.eml", "hello");
	add_mail(zip, "A.mbox/Messages/7.partial.emlx", STUB);
	add_mail(zip, "A.mbox/Messages/9.partial.emlx", STUB);
	add_mail(zip, "A.mbox/Messages/10.emlx", TOP "--b--\n");
	am_test_zip_add_text(zip, "A.mbox/Messages/9.2.emlxpart", "aGVsbG8=");
	add_mail(zip, "B.mbox/Messages/7.partial.emlx", STUB);
	am_test_zip_add_text(zip, "B.mbox/Attachments/7/2/file", "HELLO");
	add_mail(zip, "C.mbox/Messages/7.partial.emlx", STUB);
	end_zip(zip);
	GString *all = read_all();
	char *want = g_strconcat("A.mbox/Messages/7.partial.emlx\n", WHOLE,
	                         "A.mbox/Messages/9.partial.emlx\n", WHOLE,
	                         "A.mbox/Messages/10.emlx\n", TOP "--b--\n",
	                         "B.mbox/Messages/7.partial.emlx\n", NULL);
	cr_expect(g_str_has_prefix(all->str, want), "%s", all->str);
	cr_expect(strstr(all->str, "SEVMTE8=\n"));
	cr_expect(g_str_has_suffix(all->str, STUB "lost\n"), "%s", all->str);
	cr_expect_not(strstr(all->str, "in.eml"));
	cr_expect_eq(am_test_notes("eml.maildirs-own"), 1);
	cr_expect_eq(am_test_notes("emlx.part-missing"), 1);
	g_free(want);
	g_string_free(all, TRUE);
	expect_clean();
}

/* A directory that is only called so holds mail as any other. */
Test(member_apple, attachments_of_no_messages_are_read)
{
	struct am_test_zip *zip = am_test_zip_begin();

	am_test_zip_add_text(zip, "Attachments/7/2/in.eml",
	                     "From: a@b\nSubject: x\n\nx\n");
	am_test_zip_add_text(zip, "../Attachments/../2/in.eml",
	                     "From: a@b\nSubject: y\n\ny\n");
	end_zip(zip);
	GString *all = read_all();
	cr_expect(strstr(all->str, "Subject: x"));
	cr_expect(strstr(all->str, "Subject: y"));
	g_string_free(all, TRUE);
	expect_clean();
}
