/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder of leftovers, as disks have them: mailboxes of every kind that lies
 * in trees, in each other and beside each other.  Whichever format the folder
 * is first taken for, each message comes once, in the folder it lay in.
 */
#include "base/blob.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/tmpdir.h"
#include "transfer/mixed.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(tree, .fini = am_test_tmpdir_end, .timeout = 60);

#define MAIL(s) "From: a@b.example\nTo: c@d.example\nSubject: " s "\n\nx\n"
#define SEP     "From a@b.example Mon Jan  1 00:00:00 2001\n"

/* Files of the tree, and the folder that the messages in them are to have. */
static const struct {
	const char *path, *text, *folder;
	unsigned n;
} files[] = {
	{"one.eml", MAIL("eml"), "", 1},
	{"letters/plain", MAIL("a mail without a name"), "letters", 1},
	{"boxes/old.mbox", SEP MAIL("1") "\n" SEP MAIL("2"), "boxes/old", 2},
	{"boxes/old.mmdf", "\1\1\1\1\n" MAIL("mmdf") "\1\1\1\1\n",
         "boxes/old (2)", 1},
	{"md/cur/1:2,S", MAIL("maildir"), "md", 1},
	{"md/new/2", MAIL("maildir"), "md", 1},
	{"mh/inbox/.mh_sequences", "unseen: 1\n", NULL, 0},
	{"mh/inbox/1", MAIL("mh"), "mh/inbox", 1},
	{"mh/inbox/3", MAIL("mh"), "mh/inbox", 1},
	{"mh/inbox/letter.eml", MAIL("eml in mh"), "mh/inbox", 1},
	{"mh/inbox/box", SEP MAIL("mbox in mh"), "mh/inbox/box", 1},
	{"numbers/1", MAIL("mh without a word"), "numbers", 1},
	{"Mail/V10/A/INBOX.mbox/B/Data/Messages/1.emlx",
         "72        \n" MAIL("emlx 1") "        ", "Mail/INBOX", 1},
	{"Mail/V10/A/INBOX.mbox/B/Data/Attachments/1/2/mail.eml",
         MAIL("attached"), NULL, 0},
};

static void make_zip(const char *name)
{
	static const struct {
		const char *name, *text;
	} members[] = {
		{"Takeout/Mail/All.mbox", SEP MAIL("1") "\n" SEP MAIL("2")},
		{"x/one.eml", MAIL("eml")},
		{"x/two.mmdf", "\1\1\1\1\n" MAIL("3") "\1\1\1\1\n"}};
	char *path = am_test_path("%s", name);
	struct am_pack *pack = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_pack_open(&pack, path, &err), AM_OK, "%s", err.text);
	for (size_t i = 0; i < AM_COUNT(members); i++) {
		struct am_reader *r = NULL;
		size_t len = strlen(members[i].text);
		cr_assert_eq(am_reader_memory(&r, members[i].text, len, &err),
		             AM_OK);
		cr_assert_eq(
			am_pack_add(pack, members[i].name, len, 86400, r, &err),
			AM_OK);
		am_reader_close(&r);
	}
	cr_assert_eq(am_pack_close(&pack, true, &err), AM_OK);
	g_free(path);
}

static unsigned n_failed;

/* "FOLDER: how many messages" for each folder with some, in order. */
static char *folders_of(const char *first)
{
	char *path = g_build_filename(am_test_tmpdir(), "t", NULL);
	struct am_location where = {.path = path};
	GHashTable *counts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *out = g_string_new(NULL);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	n_failed = 0;
	cr_assert_eq(am_mixed_open(&src, am_format_find(first), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		n_failed += r == AM_FAILED;
		if (r || !item.message)
			continue;
		r = am_source_load(src, item.message, &err);
		cr_assert_eq(r, AM_OK, "%s: %s", first, err.text);
		char *key = am_folder_print(item.message->folder);
		gpointer n = g_hash_table_lookup(counts, key);
		g_hash_table_insert(counts, key,
		                    GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
		am_message_free(&item.message);
	}
	am_source_close(&src);
	GList *keys = g_list_sort(g_hash_table_get_keys(counts),
	                          (GCompareFunc)strcmp);
	for (GList *k = keys; k; k = k->next)
		g_string_append_printf(
			out, "%s: %u\n", (char *)k->data,
			GPOINTER_TO_UINT(g_hash_table_lookup(counts, k->data)));
	g_list_free(keys);
	g_hash_table_destroy(counts);
	g_free(path);
	return g_string_free(out, FALSE);
}

static const char *const firsts[] = {"eml", "mbox", "maildir",
                                     "msg", "mh",   "emlx"};

static char *expected(bool with_zip)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);
	GHashTable *counts =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);

	for (size_t i = 0; i < AM_COUNT(files); i++)
		if (files[i].folder)
			g_hash_table_insert(
				counts, (gpointer)(uintptr_t)files[i].folder,
				GUINT_TO_POINTER(
					GPOINTER_TO_UINT(g_hash_table_lookup(
						counts, files[i].folder)) +
					files[i].n));
	if (with_zip) {
		g_hash_table_insert(counts,
		                    (gpointer)(uintptr_t) "packed/"
		                                          "Takeout/Mail/All",
		                    GUINT_TO_POINTER(2));
		g_hash_table_insert(counts, (gpointer)(uintptr_t) "packed/x",
		                    GUINT_TO_POINTER(1));
		g_hash_table_insert(counts,
		                    (gpointer)(uintptr_t) "packed/x/two",
		                    GUINT_TO_POINTER(1));
	}
	GList *keys = g_list_sort(g_hash_table_get_keys(counts),
	                          (GCompareFunc)strcmp);
	for (GList *k = keys; k; k = k->next)
		g_string_append_printf(
			out, "%s: %u\n", (char *)k->data,
			GPOINTER_TO_UINT(g_hash_table_lookup(counts, k->data)));
	g_list_free(keys);
	g_hash_table_destroy(counts);
	g_ptr_array_free(lines, TRUE);
	return g_string_free(out, FALSE);
}

static void make_tree(void)
{
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		char *path = g_strconcat("t/", files[i].path, NULL);
		am_test_write_text(path, files[i].text);
		g_free(path);
	}
	am_test_mkdir("t/md/tmp");
}

Test(tree, all_kinds_are_read_once_whatever_comes_first)
{
	make_tree();
	make_zip("t/packed.zip");
	char *want = expected(true);
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		char *got = folders_of(firsts[i]);
		/* A Maildir in a tree is called as its own source calls it. */
		cr_expect_str_eq(got, want, "%s gives\n%s\nnot\n%s", firsts[i],
		                 got, want);
		cr_expect_eq(n_failed, 0, "%s: %u failed", firsts[i], n_failed);
		g_free(got);
	}
	g_free(want);
}

Test(tree, a_compressed_tar_is_read_where_it_lies)
{
	am_test_write_text("t/a.eml", MAIL("a"));
	am_test_write_text("t/md/cur/1:2,S", MAIL("maildir"));
	am_test_mkdir("t/sub");
	make_zip("t/sub/packed.tgz");
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		char *got = folders_of(firsts[i]);
		cr_expect_str_eq(got,
		                 ": 1\nmd: 1\nsub/packed/Takeout/Mail/All: 2\n"
		                 "sub/packed/x: 1\nsub/packed/x/two: 1\n",
		                 "%s: %s", firsts[i], got);
		g_free(got);
	}
}

/* One clear line each, and the rest comes. */
Test(tree, what_cannot_be_read_is_told_once)
{
	make_tree();
	make_zip("t/cut.zip");
	char *cut = am_test_path("t/cut.zip");
	char *fifo = am_test_path("t/mh/inbox/4");
	char *loop = am_test_path("t/boxes/loop");
	cr_assert_eq(truncate(cut, 200), 0);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(symlink("..", loop), 0);
	char *want = expected(false);
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		char *got = folders_of(firsts[i]);
		/* Of what was cut, all before the cut. */
		char *rest = strstr(got, "cut/")
		                     ? strchr(strstr(got, "cut/"), '\n') + 1
		                     : got;
		cr_expect(strstr(got, "mh/inbox: 3\n"), "%s: %s", firsts[i],
		          got);
		cr_expect(strstr(rest, "numbers: 1\n"), "%s", got);
		cr_expect_geq(n_failed, 3, "%s: %u failed", firsts[i],
		              n_failed);
		cr_expect_leq(n_failed, 5, "%s: %u failed", firsts[i],
		              n_failed);
		g_free(got);
	}
	g_free(want);
	g_free(cut);
	g_free(fifo);
	g_free(loop);
}

static const char *detected(const char *name)
{
	char *path = am_test_path("%s", name);
	struct am_location where = {.path = path};
	const struct am_format *format = NULL;
	int r = am_format_detect(&where, &format, NULL);

	g_free(path);
	return r ? NULL : format->name;
}

/* However deep it lies, and in how many folders without any. */
Test(tree, mail_is_found_far_down)
{
	am_test_write_text("d/1/2/3/4/5/6/7/8/9/mh/.mh_sequences", "");
	am_test_write_text("d/1/2/3/4/5/6/7/8/9/mh/1", MAIL("deep"));
	cr_expect_str_eq(detected("d"), "mh");
	am_test_write_text("n/a/readme", "no mail here");
	cr_expect_null(detected("n"));
	/* More than is looked at: whoever reads it will see. */
	for (unsigned i = 0; i < 80; i++) {
		char *path = g_strdup_printf("w/%u/readme", i);
		am_test_write_text(path, "no mail here");
		g_free(path);
	}
	cr_expect_str_eq(detected("w"), "mbox");
}

/* The parts of a Takeout, and nothing beside them. */
Test(tree, a_folder_of_zips_is_read)
{
	am_test_mkdir("t");
	make_zip("t/takeout-001.zip");
	make_zip("t/takeout-002.tgz");
	cr_expect_str_eq(detected("t"), "eml");
	char *got = folders_of("eml");
	cr_expect_str_eq(got,
	                 "takeout-001/Takeout/Mail/All: 2\n"
	                 "takeout-001/x: 1\ntakeout-001/x/two: 1\n"
	                 "takeout-002/Takeout/Mail/All: 2\n"
	                 "takeout-002/x: 1\ntakeout-002/x/two: 1\n",
	                 "%s", got);
	g_free(got);
}
