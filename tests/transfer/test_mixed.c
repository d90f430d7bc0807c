/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/mixed.h"

#include "base/blob.h"
#include "formats/folder_file.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/msg_sample.h"
#include "support/olm_sample.h"
#include "support/tmpdir.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>

#include <string.h>
#include <zlib.h>

TestSuite(mixed, .fini = am_test_tmpdir_end);

/* A mail of each kind; one text is called like Outlook's files. */
static GByteArray *gzip(const void *data, size_t len)
{
	GByteArray *out = g_byte_array_new();
	z_stream z = {.next_in = (void *)(uintptr_t)data,
	              .avail_in = (uInt)len};

	g_byte_array_set_size(out, (guint)compressBound(len) + 32);
	z.next_out = out->data;
	z.avail_out = out->len;
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	g_byte_array_set_size(out, (guint)z.total_out);
	(void)deflateEnd(&z);
	return out;
}

static void write_gzip(const char *path, const char *text)
{
	GByteArray *file = gzip(text, strlen(text));

	am_test_write(path, file->data, file->len);
	g_byte_array_free(file, TRUE);
}

static void make_tree(void)
{
	GByteArray *file = am_test_msg_file(AM_TEST_MSG_SIGNED);

	am_test_write("t/sub/a.msg", file->data, file->len);
	g_byte_array_free(file, TRUE);
	am_test_write_text("t/mail.msg", "From: a@b\nSubject: text\n\nx\n");
	am_test_write_text("t/one.eml", "From: a@b\nSubject: one\n\nx\n");
	am_test_write_text("t/box", "From a@b Thu Jan  1 00:00:00 2020\n"
	                            "From: a@b\nSubject: box\n\nx\n");
	am_test_write_text("t/md/cur/1:2,S", "From: a@b\nSubject: md\n\nx\n");
	am_test_mkdir("t/md/new");
	am_test_mkdir("t/md/tmp");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned n_failed; /* in the last origins() */

static char *origins_of(const char *name, const char *first, bool folders);

/* The origins of all that is there, in order, a line each. */
static char *origins(const char *first)
{
	return origins_of("t", first, false);
}

/* The same of any file or tree; folders: with where each is. */
static char *origins_of(const char *name, const char *first, bool folders)
{
	char *path = g_build_filename(am_test_tmpdir(), name, NULL);
	struct am_location where = {.path = path};
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	cr_assert_eq(am_mixed_open(&src, am_format_find(first), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		if (r == AM_FAILED) {
			n_failed++;
			continue;
		}
		cr_assert_eq(r, AM_OK, "%s: %s", first, err.text);
		if (!item.message)
			continue;
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK,
		             "%s: %s", item.message->origin, err.text);
		cr_expect(am_blob_size(item.message->raw));
		char *in = am_folder_print(item.message->folder);
		g_ptr_array_add(list,
		                folders ? g_strdup_printf("%s@%s",
		                                          item.message->origin,
		                                          in)
		                        : g_strdup(item.message->origin));
		g_free(in);
		am_message_free(&item.message);
	}
	am_source_close(&src);
	g_ptr_array_sort(list, by_text);
	g_ptr_array_add(list, NULL);
	char *line = g_strjoinv("\n", (char **)list->pdata);
	g_ptr_array_free(list, TRUE);
	g_free(path);
	return line;
}

static unsigned not_mail(void)
{
	return (unsigned)(am_test_notes("eml.not-mail") +
	                  am_test_notes("msg.not-mail") +
	                  am_test_notes("mbox.not-a-mailbox"));
}

Test(mixed, whatever_comes_first_all_is_read_and_once)
{
	static const char *const firsts[] = {"eml", "mbox", "maildir", "msg"};

	make_tree();
	am_test_write_text("t/sub/x.zip", "PK\3\4");
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		n_failed = 0;
		char *got = origins(firsts[i]);
		cr_expect_eq(n_failed, 1, "%s: %u", firsts[i], n_failed);
		cr_expect_eq(not_mail(), 0);
		/* The mbox and the mail in the Maildir have other names. */
		char **words = g_strsplit(got, "\n", -1);
		cr_expect_eq(g_strv_length(words), 5, "%s: %s", firsts[i], got);
		cr_expect(strstr(got, "sub/a.msg"), "%s: %s", firsts[i], got);
		g_strfreev(words);
		g_free(got);
	}
}

/* A mail compressed by itself, a mail behind a stray From_ line, and what is
 * nobody's: read once, or told once, and what is read is not called passed
 * over. */
Test(mixed, what_is_nobodys_is_told_and_nothing_else)
{
	static const char *const firsts[] = {"eml", "mbox", "maildir", "msg"};

	make_tree();
	write_gzip("t/zipped.eml.gz",
	           "From: a@b\nSubject: zipped\nTo: c@d\n\nx\n");
	write_gzip("t/box2.gz", "From a@b Thu Jan  1 00:00:00 2020\n"
	                        "From: a@b\nSubject: box2\n\nx\n");
	am_test_write_text("t/stray", "From nowhere\nFrom: a@b\nTo: c@d\n"
	                              "Subject: stray\n\nx\n");
	am_test_write_text("t/bare.eml", "Content-Type: text/x\n\nx\n");
	/* Names that programs give to what is no mail. */
	am_test_write_text("t/old.dat", "From a@b Thu Jan  1 00:00:00 2020\n"
	                                "From: a@b\nSubject: old\n\nx\n");
	am_test_write_text("t/one.tmp", "From: a@b\nTo: c@d\nSubject: tmp\n"
	                                "\nx\n");
	am_test_write_text("t/state.json", "{}\n");
	am_test_write_text("t/letter", "From here on,\nthis is no mail\n");
	write_gzip("t/letter.gz", "nor is this\n");
	am_test_write_text("t/sub/" AM_FOLDER_FILE, "a/b\n");
	am_test_write_text("t/Trash", "");
	am_test_write_text("t/Trash.msf", "// <!-- <mdb:mork:z -->\n");
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		n_failed = 0;
		unsigned before = not_mail();
		char *got = origins(firsts[i]);
		cr_expect_eq(n_failed, 0, "%s: %u", firsts[i], n_failed);
		cr_expect_eq(not_mail() - before, 2, "%s: %u", firsts[i],
		             not_mail() - before);
		char **words = g_strsplit(got, "\n", -1);
		cr_expect_eq(g_strv_length(words), 11, "%s: %s", firsts[i],
		             got);
		cr_expect(strstr(got, "old.dat"), "%s: %s", firsts[i], got);
		cr_expect(strstr(got, "one.tmp"), "%s: %s", firsts[i], got);
		cr_expect(strstr(got, "bare.eml"), "%s: %s", firsts[i], got);
		cr_expect(strstr(got, "zipped.eml.gz"), "%s: %s", firsts[i],
		          got);
		cr_expect(strstr(got, "stray"), "%s: %s", firsts[i], got);
		g_strfreev(words);
		g_free(got);
	}
}

/* A file of a mail for itself is no mailbox for what the mail quotes. */
Test(mixed, a_mail_in_a_dbox_that_quotes_a_separator_is_one)
{
	static const char mail[] = "From: a@b\nSubject: quotes\n\nas in:\n\n"
				   "From a@b Thu Jan  2 03:04:05 2020\n"
				   "Subject: in it\n\nx\n";
	char *file = g_strdup_printf("2 M1e C3a7a0c90\n\1\2N          %016zX\n"
	                             "%s\n\1\3\nR3a7a0c90\n\n",
	                             strlen(mail), mail);
	static const char *const firsts[] = {"eml", "mbox", "dbox"};

	am_test_write_text("t/mailboxes/In/dbox-Mails/u.1", file);
	/* Nor does a name make a Maildir of it. */
	am_test_write_text("t/mailboxes/cur/dbox-Mails/u.1", file);
	am_test_write_text("t/box", "From a@b Thu Jan  1 00:00:00 2020\n"
	                            "From: a@b\nSubject: box\n\nx\n");
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		char *got = origins(firsts[i]);
		char **words = g_strsplit(got, "\n", -1);
		cr_expect_eq(g_strv_length(words), 3, "%s: %s", firsts[i], got);
		g_strfreev(words);
		g_free(got);
	}
	g_free(file);
}

static const char *detected(const char *name)
{
	char *path = g_build_filename(am_test_tmpdir(), name, NULL);
	struct am_location where = {.path = path};
	const struct am_format *format = NULL;
	struct am_error err = {0};
	int r = am_format_detect(&where, &format, &err);

	g_free(path);
	return r ? "none" : format->name;
}

/* One mail among other files is why the folder was named. */
Test(mixed, a_mail_among_other_things_is_found)
{
	am_test_write_text("t/a.key", "secret\n");
	am_test_write_text("t/b.txt", "text\n");
	am_test_write_text("t/c.msg", "From: a@b\nTo: c@d\nSubject: x\n\nx\n");
	am_test_write_text("t/d.txt", "text\n");
	cr_expect_str_eq(detected("t"), "eml");
	char *got = origins("eml");
	cr_expect_str_eq(got, "c.msg");
	g_free(got);
}

Test(mixed, a_folder_of_outlook_for_mac_alone_is_known)
{
	GByteArray *file = am_test_olm(TRUE, FALSE);

	am_test_write("t/a.olm", file->data, file->len);
	cr_expect_str_eq(detected("t"), "eml");
	n_failed = 0;
	char *got = origins("eml");
	cr_expect(strstr(got, "a.olm"), "%s", got);
	g_free(got);
	g_byte_array_free(file, TRUE);
}

Test(mixed, outlooks_files_alone_are_known)
{
	GByteArray *file = am_test_msg_file(AM_TEST_MSG_CONTACT);

	am_test_write("t/sub/a.msg", file->data, file->len);
	cr_expect_str_eq(detected("t"), "msg");
	cr_expect_str_eq(detected("t/sub/a.msg"), "msg");
	char *got = origins("msg");
	cr_expect_str_eq(got, "sub/a.msg");
	g_free(got);
	g_byte_array_free(file, TRUE);
}

/* Folders that have nothing in them are told of by the format they are of. */
Test(mixed, an_empty_maildir_is_no_folder_of_files)
{
	static const char *const dirs[] = {"t/cur",       "t/new",
	                                   "t/tmp",       "t/.Sent/cur",
	                                   "t/.Sent/new", "t/.Sent/tmp"};
	for (size_t i = 0; i < AM_COUNT(dirs); i++)
		am_test_mkdir(dirs[i]);
	char *path = g_build_filename(am_test_tmpdir(), "t", NULL);
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	GString *folders = g_string_new(NULL);

	cr_assert_eq(am_mixed_open(&src, am_format_find("maildir"), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while (am_source_next(src, &item, &err) == AM_OK) {
		char *text = am_folder_print(item.folder);
		g_string_append_printf(folders, "%s ", text);
		g_free(text);
	}
	cr_expect_str_eq(folders->str, "INBOX Sent ");
	am_source_close(&src);
	g_string_free(folders, TRUE);
	g_free(path);
}

/* A zip of everything, a zip in it with the same things again. */
static GByteArray *make_zip(unsigned depth)
{
	struct am_test_zip *zip = am_test_zip_begin();

	am_test_zip_add_text(zip, "a/one.eml",
	                     "From: a@b\nSubject: one\n\nx\n");
	am_test_zip_add(zip, "a/two.msg", am_test_msg_file(AM_TEST_MSG_SIGNED));
	am_test_zip_add_text(zip, "Old.mbox",
	                     "From a@b Thu Jan  1 00:00:00 2020\n"
	                     "From: a@b\nSubject: old\n\nx\n");
	am_test_zip_add_text(zip, "b/Inbox",
	                     "From a@b Thu Jan  1 00:00:00 2020\n"
	                     "From: a@b\nSubject: in\n\nx\n\n"
	                     "From a@b Thu Jan  1 00:00:00 2020\n"
	                     "From: a@b\nSubject: in too\n\nx\n");
	am_test_zip_add_text(zip, "b/._c.msg", "Apple's");
	am_test_zip_add(zip, "b/mac.olm", am_test_olm(TRUE, FALSE));
	if (depth)
		am_test_zip_add(zip, "b/in.zip", make_zip(depth - 1));
	return am_test_zip_end(zip, TRUE);
}

static const char *const in_zip[] = {
	"a/one.eml@a", "a/two.msg@a", "Old.mbox:0@Old", "b/Inbox:0@b/Inbox",
	"b/mac.olm:Local/Tasks/Tasks.xml@b/mac/Tasks"};

/* All of them are there, each in its folder. */
static void expect_all(const char *got, const char *before, const char *folder)
{
	char **lines = g_strsplit(got, "\n", -1);

	for (size_t i = 0; i < AM_COUNT(in_zip); i++) {
		char **two = g_strsplit(in_zip[i], "@", 2);
		char *want = g_strdup_printf("%s%s@%s%s", before, two[0],
		                             folder, two[1]);
		cr_expect(g_strv_contains((const char *const *)lines, want),
		          "%s: %s", want, got);
		g_free(want);
		g_strfreev(two);
	}
	g_strfreev(lines);
}

Test(mixed, what_lies_in_a_zip_is_read_whatever_it_is)
{
	GByteArray *zip = make_zip(1);

	am_test_write("x.zip", zip->data, zip->len);
	am_test_write("t/sub/x.zip", zip->data, zip->len);
	am_test_write_text("t/one.eml", "From: a@b\nSubject: one\n\nx\n");
	n_failed = 0;
	char *got = origins_of("x.zip", "eml", true);
	expect_all(got, "", "");
	expect_all(got, "b/in.zip:", "b/in/");
	cr_expect_eq(n_failed, 0);
	char **words = g_strsplit(got, "\n", -1);
	cr_expect_eq(g_strv_length(words), 2 * 10, "%s", got);
	g_strfreev(words);
	g_free(got);
	static const char *const firsts[] = {"eml", "mbox"};
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		got = origins_of("t", firsts[i], true);
		expect_all(got, "sub/x.zip:", "sub/x/");
		expect_all(got, "sub/x.zip:b/in.zip:", "sub/x/b/in/");
		words = g_strsplit(got, "\n", -1);
		cr_expect_eq(g_strv_length(words), 2 * 10 + 1, "%s: %s",
		             firsts[i], got);
		g_strfreev(words);
		g_free(got);
	}
	cr_expect_eq(n_failed, 0);
	g_byte_array_free(zip, TRUE);
}

/* Mailboxes of programs of old, and Apple's messages, each of which is a file;
 * the directories that only Apple has are no folders. */
Test(mixed, old_mailboxes_in_a_zip_are_read)
{
	struct am_test_zip *zip = am_test_zip_begin();

	am_test_zip_add_text(zip, "Mail/Work.mbox/Messages/1.emlx",
	                     "26        \nFrom: a@b\nSubject: one\n\nx\n");
	am_test_zip_add_text(zip, "Mail/Work.mbox/Messages/2.emlx",
	                     "26        \nFrom: a@b\nSubject: two\n\nx\n");
	am_test_zip_add_text(zip, "old/rmail.babyl",
	                     "BABYL OPTIONS:\nVersion: 5\n\037\f\n0, unseen,,\n"
	                     "*** EOOH ***\nFrom: a@b\nSubject: old\n\nx\n"
	                     "\037");
	GByteArray *file = am_test_zip_end(zip, TRUE);
	am_test_write("x.zip", file->data, file->len);
	n_failed = 0;
	char *got = origins_of("x.zip", "eml", true);
	cr_expect_str_eq(got, "Mail/Work.mbox/Messages/1.emlx@Mail/Work\n"
	                      "Mail/Work.mbox/Messages/2.emlx@Mail/Work\n"
	                      "old/rmail.babyl:54@old/rmail");
	cr_expect_eq(n_failed, 0);
	g_free(got);
	g_byte_array_free(file, TRUE);
}

/* In the last zip that is looked into, mails and mailboxes are read and what
 * wants a reader of its own is named: .msg, .olm and the next zip. */
Test(mixed, nesting_has_an_end)
{
	GByteArray *zip = make_zip(12);

	am_test_write("x.zip", zip->data, zip->len);
	n_failed = 0;
	char *got = origins_of("x.zip", "eml", false);
	char **lines = g_strsplit(got, "\n", -1);
	cr_expect_eq(n_failed, 3, "%u", n_failed);
	cr_expect_eq(g_strv_length(lines), 8 * 10 + 1 + 3, "%u",
	             g_strv_length(lines));
	g_strfreev(lines);
	g_free(got);
	g_byte_array_free(zip, TRUE);
}

/* A tar of one mail, mostly blanks, and packed: small, until it is read. */
static GByteArray *make_bomb(size_t len)
{
	static const char head[] = "From: a@b\nSubject: boom\n\n";
	size_t all = 512 + ((len + 511) & ~(size_t)511) + 1024;
	uint8_t *tar = g_malloc0(all);
	unsigned sum = 0;

	memcpy(tar, "boom.eml", 8);
	(void)g_snprintf((char *)tar + 100, 8, "0000644");
	(void)g_snprintf((char *)tar + 124, 12, "%011zo", len);
	memcpy(tar + 136, "00000000000", 11);
	memcpy(tar + 257, "ustar\00000", 8);
	memset(tar + 148, ' ', 8);
	tar[156] = '0';
	for (size_t i = 0; i < 512; i++)
		sum += tar[i];
	(void)g_snprintf((char *)tar + 148, 8, "%06o", sum);
	memset(tar + 512, ' ', len);
	memcpy(tar + 512, head, sizeof(head) - 1);
	GByteArray *out = gzip(tar, all);
	g_free(tar);
	return out;
}

/* What is in zips in a zip is bounded by the zip that is there. */
Test(mixed, bombs_in_bombs_are_given_up)
{
	struct am_test_zip *zip = am_test_zip_begin();

	am_test_zip_add(zip, "a.tar.gz", make_bomb(3 << 20));
	am_test_zip_add(zip, "b.tar.gz", make_bomb(64 << 20));
	am_test_zip_add_text(zip, "c.eml", "From: a@b\nSubject: c\n\nx\n");
	GByteArray *file = am_test_zip_end(zip, TRUE);
	am_test_write("x.zip", file->data, file->len);
	/* 4 MiB free, and 200 times the zip, which is 70 KB. */
	am_test_ctx()->limits.spool_memory = 1024;
	n_failed = 0;
	char *got = origins_of("x.zip", "eml", false);
	cr_expect_str_eq(got, "a.tar.gz:boom.eml\nc.eml");
	cr_expect_eq(n_failed, 1);
	am_test_ctx()->limits.spool_memory = 0;
	g_free(got);
	g_byte_array_free(file, TRUE);
}
