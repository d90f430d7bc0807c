/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Maildir in a zip or tar is what it is on disk. */
#include "formats/eml/member_maildir.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/eml.h"
#include "formats/maildir/maildir.h"
#include "model/folder.h"
#include "model/message.h"
#include "model/source.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(member_maildir, .fini = am_test_tmpdir_end, .timeout = 60);

struct file {
	const char *name, *text;
};

/* Keywords come behind those who need them, as they may in a tar. */
static const struct file files[] = {
	{"cur/1700000001.M1P1.host:2,RSab", "From: a@b\nSubject: one\n\n1\n"},
	{"cur/1700000002.M1P1.host,S=27:2,", "From a box\nSubject: two\n\n"},
	{"new/1700000003.M1P1.host", "Subject: three\n\n3\n"},
	{".Sent.2020/cur/1700000004.M1P1.host:2,Fa", "Subject: four\n\n"},
	{".Entw&APw-rfe/cur/1700000005.M1P1.host:2,DS", "Subject: five\n\n"},
	{".Sent.2020/new/.nfs0001", "nobody's"},
	{".Sent.2020/maildirfolder", ""},
	{"subscriptions", "Sent.2020\n"},
	{"dovecot-keywords", "0 work\n1 $Forwarded\n2 unused\n"},
};

static void pack(const char *name, const char *below)
{
	struct am_error err = {0};
	struct am_pack *p = NULL;
	char *path = am_test_path("%s", name);

	cr_assert_eq(am_pack_open(&p, path, &err), AM_OK, "%s", err.text);
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		struct am_reader *r = NULL;
		size_t len = strlen(files[i].text);
		char *member = g_strconcat(below, files[i].name, NULL);

		cr_assert_eq(am_reader_memory(&r, files[i].text, len, &err),
		             AM_OK);
		cr_assert_eq(am_pack_add(p, member, len, 1600000000, r, &err),
		             AM_OK, "%s: %s", member, err.text);
		am_reader_close(&r);
		g_free(member);
	}
	cr_assert_eq(am_pack_close(&p, true, &err), AM_OK, "%s", err.text);
	g_free(path);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *line_of(const struct am_message *msg)
{
	GString *s = g_string_new(NULL);
	char *folder = am_folder_print(msg->folder);

	g_string_printf(s, "%s: %x %" PRId64, folder, msg->flags,
	                msg->received.sec);
	for (size_t i = 0; i < msg->n_keywords; i++)
		g_string_append_printf(s, " %s", msg->keywords[i]);
	g_string_append_printf(s, " %.*s", (int)am_blob_size(msg->raw),
	                       (const char *)am_blob_bytes(msg->raw));
	g_free(folder);
	return g_string_free(s, FALSE);
}

/* All of its messages with what travels beside them, in the order of words. */
static char *read_all(const struct am_format *format, const char *name)
{
	char *path = am_test_path("%s", name);
	struct am_location where = {.path = path};
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	cr_assert_eq(format->open_source(&src, &where, am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) == AM_OK) {
		if (!item.message)
			continue;
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK,
		             "%s", err.text);
		g_ptr_array_add(lines, line_of(item.message));
		am_message_free(&item.message);
	}
	cr_assert_eq(r, AM_END, "%s: %s", name, err.text);
	am_source_close(&src);
	g_ptr_array_sort(lines, by_text);
	g_ptr_array_add(lines, NULL);
	char *all = g_strjoinv("\n", (char **)lines->pdata);
	g_ptr_array_free(lines, TRUE);
	g_free(path);
	return all;
}

Test(member_maildir, is_what_it_is_on_disk)
{
	static const char *const containers[] = {"x.zip", "x.tar.gz", "x.tar"};

	for (size_t i = 0; i < AM_COUNT(files); i++) {
		char *name = g_strconcat("md/", files[i].name, NULL);

		am_test_write_text(name, files[i].text);
		am_test_mtime(name, 1600000000);
		g_free(name);
	}
	am_test_mkdir("md/tmp");
	char *want = read_all(&am_format_maildir, "md");
	cr_assert(strstr(want, " work "), "%s", want);
	cr_assert(strstr(want, "Entwürfe"), "%s", want);
	for (size_t i = 0; i < AM_COUNT(containers); i++) {
		pack(containers[i], "");
		char *got = read_all(&am_format_eml, containers[i]);
		cr_expect_str_eq(got, want, "%s: %s", containers[i], got);
		g_free(got);
	}
	/* Only what nobody knows is told. */
	cr_expect_eq(am_test_notes("eml.not-mail"), AM_COUNT(containers));
	cr_expect_eq(am_test_notes("eml.maildirs-own"), AM_COUNT(containers));
	g_free(want);
}

Test(member_maildir, lies_in_the_folder_it_was_packed_as)
{
	pack("x.tar", "home/Mail/");
	char *got = read_all(&am_format_eml, "x.tar");

	cr_expect(strstr(got, "home/Mail: "), "%s", got);
	cr_expect(strstr(got, "home/Mail/Sent/2020: "), "%s", got);
	g_free(got);
}

Test(member_maildir, is_known_by_its_names)
{
	static const char *const yes[] = {"cur/1700000001.M1P1.host:2,S",
	                                  "a/new/1700000001.host", "./cur/x:2,",
	                                  "a/cur/x;2,S"};
	static const char *const no[] = {"xcur/1700000001.host:2,S",
	                                 "1700000001.host:2,S",
	                                 "cur/20240101-1200_a.eml",
	                                 "cur/12",
	                                 "new/mail.mbox",
	                                 "cur/.1700000001.host:2,S",
	                                 "cur/",
	                                 "tmp/1700000001.host"};

	for (size_t i = 0; i < AM_COUNT(yes); i++)
		cr_expect(am_member_maildir_message(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < AM_COUNT(no); i++)
		cr_expect_not(am_member_maildir_message(no[i]), "%s", no[i]);
}

/* Dovecot's zlib plugin: what is told is that, not a mail of noise. */
Test(member_maildir, a_compressed_message_fails_by_name)
{
	static const char noise[] = "\x1f\x8b\x08\0\0\0\0\0\0\3";
	char *path = am_test_path("x.tar");
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_pack *p = NULL;
	struct am_reader *r = NULL;
	struct am_error err = {0};
	struct am_item item;
	int status;

	cr_assert_eq(am_pack_open(&p, path, &err), AM_OK);
	cr_assert_eq(am_reader_memory(&r, noise, sizeof(noise) - 1, &err),
	             AM_OK);
	cr_assert_eq(am_pack_add(p, "cur/1700000001.M1.host:2,S",
	                         sizeof(noise) - 1, 0, r, &err),
	             AM_OK);
	am_reader_close(&r);
	cr_assert_eq(am_pack_close(&p, true, &err), AM_OK);
	cr_assert_eq(
		am_format_eml.open_source(&src, &where, am_test_ctx(), &err),
		AM_OK);
	while ((status = am_source_next(src, &item, &err)) == AM_OK)
		cr_expect(!item.message);
	cr_expect_eq(status, AM_FAILED);
	cr_expect_str_eq(item.origin, "cur/1700000001.M1.host:2,S");
	cr_expect_eq(am_source_next(src, &item, &err), AM_END);
	am_source_close(&src);
	g_free(path);
}
