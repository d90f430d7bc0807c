/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst.h"

#include "base/blob.h"
#include "formats/outlook/pst_verify.h"
#include "model/folder.h"
#include "outlook/pst/store.h"
#include "support/listing.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(pst_sink, .fini = am_test_tmpdir_end);

static const struct am_test_message mails[] = {
	{.folder = {"INBOX"},
         .bytes = "Subject: one\nFrom: a@x.org\n\ntext \xe4\n",
         .flags = AM_SEEN | AM_ANSWERED,
         .keywords = {"work"},
         .received = 1580702706,
         .zone = 60},
	{.folder = {"INBOX", "Sub/folder"},
         .bytes = "Subject: two\r\n\r\nx\r\n"},
	{.folder = {"Deleted Items"}, .bytes = "", .flags = AM_DELETED},
	{.folder = {"Empty", "Inner"}, .folder_only = true},
	{.folder = {NULL}, .bytes = "in the root\n", .labels = {"l1", "l2"}},
	{.folder = {"INBOX"}, .bytes = "Subject: three\n\n\n"},
};

static char *list(const char *path, uint32_t what)
{
	return am_test_list(&am_format_pst, path, NULL, what, true);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the test's folder, sorted, each with a blank behind. */
static char *names(void)
{
	GDir *dir = g_dir_open(am_test_tmpdir(), 0, NULL);
	GString *text = g_string_new(NULL);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		g_ptr_array_add(all, g_strdup(name));
	g_dir_close(dir);
	g_ptr_array_sort(all, by_text);
	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, "%s ", (char *)all->pdata[i]);
	g_ptr_array_free(all, TRUE);
	return g_string_free(text, FALSE);
}

static void expect_names(const char *want)
{
	char *have = names();
	cr_expect_str_eq(have, want);
	g_free(have);
}

/* The same files are finished as in this list. */
static void expect_names_like(const char *before)
{
	char *now = names();
	cr_expect_eq(strlen(now), strlen(before), "%s, before %s", now, before);
	g_free(now);
}

static void finish(struct am_sink *sink)
{
	struct am_ledger ledger = {0};
	struct am_error err = {0};
	cr_assert_eq(am_sink_finish(sink, &ledger, true, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(am_sink_commit(sink, &err), AM_OK, "%s", err.text);
}

Test(pst_sink, everything_comes_back)
{
	am_test_fill(&am_format_pst, "x.pst",
	             (const char *const[]){"verify=yes", NULL}, mails,
	             AM_COUNT(mails));
	char *got = list("x.pst",
	                 AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_RECEIVED);
	cr_expect_str_eq(
		got,
		": \"in the root\\n\" \n"
		"Deleted Items: \"\" deleted \n"
		"INBOX/Sub\\/folder: \"Subject: two\\r\\n\\r\\nx\\r\\n\" \n"
		"INBOX: \"Subject: one\\nFrom: a@x.org\\n\\ntext \\344\\n\" "
		"seen answered [work] 2020-02-03T05:05:06+01:00\n"
		"INBOX: \"Subject: three\\n\\n\\n\" \n"
		"folder \nfolder Deleted Items\nfolder Empty\n"
		"folder Empty/Inner\nfolder INBOX\n"
		"folder INBOX/Sub\\/folder");
	g_free(got);
	expect_names("x.pst ");
}

Test(pst_sink, the_same_mail_makes_the_same_file)
{
	size_t a_len, b_len;

	am_test_fill(&am_format_pst, "a.pst", NULL, mails, AM_COUNT(mails));
	am_test_mkdir("other");
	am_test_fill(&am_format_pst, "other/a.pst", NULL, mails,
	             AM_COUNT(mails));
	char *a = am_test_read("a.pst", &a_len);
	char *b = am_test_read("other/a.pst", &b_len);
	cr_assert_eq(a_len, b_len);
	cr_expect(!memcmp(a, b, a_len));
	g_free(a);
	g_free(b);
}

/* ---- again ---- */

Test(pst_sink, a_second_run_adds_a_file_of_what_is_new)
{
	struct am_error err = {0};

	am_test_fill(&am_format_pst, "x.pst", NULL, mails, AM_COUNT(mails));
	char *before = am_test_read("x.pst", NULL);
	/* Nothing new. */
	am_test_fill(&am_format_pst, "x.pst", NULL, mails, AM_COUNT(mails));
	expect_names("x.pst ");
	/* The same in another folder is new, and so is another copy. */
	const struct am_test_message more[] = {
		mails[0],
		{.folder = {"Other"}, .bytes = mails[0].bytes},
		mails[0],
		{.folder = {"INBOX"}, .bytes = "Subject: new\n\n"},
	};
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", NULL);
	for (size_t i = 0; i < AM_COUNT(more); i++)
		cr_assert_eq(am_test_put(sink, &more[i], &err), AM_OK, "%s",
		             err.text);
	finish(sink);
	am_sink_close(&sink);
	expect_names("x-2.pst x.pst ");
	char *got = list("x-2.pst", AM_LIST_FLAGS);
	cr_expect_str_eq(
		got,
		"INBOX: \"Subject: new\\n\\n\"\n"
		"INBOX: \"Subject: one\\nFrom: a@x.org\\n\\ntext \\344\\n\" "
		"seen answered [work]\n"
		"Other: \"Subject: one\\nFrom: a@x.org\\n\\ntext \\344\\n\"");
	g_free(got);
	size_t len;
	char *after = am_test_read("x.pst", &len);
	cr_expect(!memcmp(before, after, len));
	g_free(before);
	g_free(after);
	/* What the second file has is known as well. */
	am_test_fill(&am_format_pst, "x.pst", NULL, more, AM_COUNT(more));
	expect_names("x-2.pst x.pst ");
}

Test(pst_sink, a_file_of_somebody_else_is_left_alone)
{
	const struct am_location where = {.path = am_test_path("x.pst"),
	                                  .options =
	                                          (const char *const[]){NULL}};
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	cr_expect_eq(am_pst_sink_open(&sink, &where, am_test_ctx(), &err),
	             AM_FATAL);
	cr_expect_eq(err.kind, AM_E_EXISTS);
	cr_expect(strstr(err.text, "not of mailark's making"), "%s", err.text);
	am_test_write_text("x.pst", "not a PST at all");
	cr_expect_eq(am_pst_sink_open(&sink, &where, am_test_ctx(), &err),
	             AM_FATAL);
	cr_expect(strstr(err.text, "is there already and cannot be read"), "%s",
	          err.text);
	expect_names("x.pst ");
	g_free((char *)(uintptr_t)where.path);
}

Test(pst_sink, a_folder_is_what_its_first_item_is)
{
	static const char contact[] = "I\0P\0M\0.\0C\0o\0n\0t\0a\0c\0t";
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", NULL);
	struct am_pst_store *store = NULL;
	struct am_message *msg = NULL;
	struct am_folder *made = NULL;
	struct am_error err = {0};
	enum am_outcome outcome;
	void *prepared = NULL;
	char *path = am_test_path("x.pst");

	cr_assert_eq(am_folder_new(&made, (const char *const[]){"People"}, 1,
	                           AM_ROLE_NONE, NULL),
	             AM_OK);
	cr_assert_eq(am_message_new(&msg, made, NULL), AM_OK);
	cr_assert_eq(am_blob_copy(&msg->raw, "Subject: a\n\n", 12, NULL),
	             AM_OK);
	am_message_add_prop(msg, "mapi.0x001a001f", contact, sizeof(contact));
	cr_assert_eq(am_sink_folder(sink, made, &err), AM_OK);
	cr_assert_eq(am_sink_prepare(sink, msg, &prepared, &err), AM_OK);
	cr_assert_eq(am_sink_put(sink, msg, &prepared, &outcome, &err), AM_OK);
	cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
	finish(sink);
	am_sink_close(&sink);
	cr_assert_eq(am_pst_store_open(&store, path, 1252, am_test_ctx(), &err),
	             AM_OK);
	size_t seen = 0;
	for (size_t i = 0; i < am_pst_store_n_folders(store); i++) {
		const struct am_pst_folder *f = am_pst_store_folder(store, i);
		bool people = !strcmp(f->name, "People");
		if (!people && strcmp(f->name, "INBOX") != 0)
			continue;
		seen++;
		cr_expect_str_eq(f->class, people ? "IPF.Contact" : "IPF.Note");
	}
	cr_expect_eq(seen, 2);
	am_pst_store_close(&store);
	am_message_free(&msg);
	const struct am_folder *folder = made;
	am_folder_unref(&folder);
	g_free(path);
}

/* ---- sizes ---- */

static char *noise(size_t len, uint32_t seed)
{
	GRand *random = g_rand_new_with_seed(seed);
	char *text = g_malloc(len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)g_rand_int_range(random, 33, 127);
	text[len] = '\0';
	g_rand_free(random);
	return text;
}

Test(pst_sink, a_full_file_is_finished_and_the_next_begun)
{
	static const char *const options[] = {"max-size=1M", "verify=yes",
	                                      NULL};
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", options);
	struct am_error err = {0};

	for (uint32_t i = 0; i < 30; i++) {
		char *text = noise(100000, i);
		char *mail = g_strdup_printf(
			"Subject: %u\nContent-Type: application/x\n\n%s", i,
			text);
		const struct am_test_message msg = {
			.folder = {"A", i % 2 ? "odd" : "even"}, .bytes = mail};
		uint64_t whole = sink->n_whole;
		char *was = names();
		cr_assert_eq(am_test_put(sink, &msg, &err), AM_OK, "%s",
		             err.text);
		/* It says when a file has become whole. */
		char *now = names();
		cr_expect_eq(sink->n_whole > whole,
		             strstr(now, ".pst ") && strlen(now) > strlen(was));
		g_free(was);
		g_free(now);
		g_free(text);
		g_free(mail);
	}
	/* No file can hold this one; that costs it alone, and no file. */
	char *text = noise(2000000, 77);
	char *mail = g_strdup_printf("Content-Type: text/plain\n\n%s", text);
	const struct am_test_message big = {.folder = {"A"}, .bytes = mail};
	char *before = names();
	cr_expect_eq(am_test_put(sink, &big, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_LIMIT);
	expect_names_like(before);
	g_free(before);
	cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
	finish(sink);
	am_sink_close(&sink);
	g_free(text);
	g_free(mail);
	unsigned n_files = 0, n_mails = 0;
	for (;; n_files++) {
		char *name = n_files ? g_strdup_printf("x-%u.pst", n_files + 1)
		                     : g_strdup("x.pst");
		if (!am_test_exists(name)) {
			g_free(name);
			break;
		}
		size_t len;
		g_free(am_test_read(name, &len));
		cr_expect_leq(len, 1u << 20);
		char *got = list(name, AM_LIST_FOLDERS);
		for (const char *p = got; (p = strstr(p, "\"Subject: ")); p++)
			n_mails++;
		cr_expect(strstr(got, "folder A"), "%s", name);
		g_free(got);
		g_free(name);
	}
	cr_expect_geq(n_files, 4u);
	cr_expect_eq(n_mails, 31u);
}

/* Every night it fails again, and leaves no file behind for it. */
Test(pst_sink, nothing_that_could_be_put_is_no_further_file)
{
	static const char *const options[] = {"max-size=1M", NULL};
	char *text = noise(2000000, 77);
	char *mail = g_strdup_printf("Content-Type: text/plain\n\n%s", text);
	const struct am_test_message big = {.folder = {"A"}, .bytes = mail};
	const struct am_test_message empty = {.folder = {"New"},
	                                      .folder_only = true};

	for (int night = 0; night < 3; night++) {
		struct am_sink *sink =
			am_test_sink(&am_format_pst, "x.pst", options);
		struct am_error err = {0};
		cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
		cr_expect_eq(am_test_put(sink, &big, &err), AM_FAILED);
		/* A folder is something. */
		if (night == 2)
			cr_assert_eq(am_test_put(sink, &empty, &err), AM_OK);
		finish(sink);
		am_sink_close(&sink);
		expect_names(night < 2 ? "x.pst " : "x-2.pst x.pst ");
	}
	g_free(text);
	g_free(mail);
}

/* ---- the end, and no end ---- */

Test(pst_sink, closed_without_an_end_it_leaves_nothing)
{
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", NULL);
	struct am_error err = {0};

	cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
	cr_assert_eq(am_sink_commit(sink, &err), AM_OK);
	am_sink_close(&sink);
	expect_names("");
}

Test(pst_sink, no_mail_at_all_is_an_empty_file)
{
	am_test_fill(&am_format_pst, "x.pst", NULL, NULL, 0);
	char *got = list("x.pst", AM_LIST_FOLDERS);
	/* Not even its Deleted Items, which every PST has. */
	cr_expect_str_eq(got, "");
	g_free(got);
	/* And is ours to go on behind. */
	am_test_fill(&am_format_pst, "x.pst", NULL, mails, 1);
	expect_names("x-2.pst x.pst ");
}

/* Ctrl-C: what was put so far becomes a whole file. */
Test(pst_sink, cancelled_it_is_finished_all_the_same)
{
	struct am_cancel cancel = {0};
	struct am_ctx ctx = *am_test_ctx();
	char *path = am_test_path("x.pst");
	const struct am_location where = {
		.path = path, .options = (const char *const[]){NULL}};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	ctx.cancel = &cancel;
	cr_assert_eq(am_pst_sink_open(&sink, &where, &ctx, &err), AM_OK);
	cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
	am_cancel_request(&cancel);
	finish(sink);
	am_sink_close(&sink);
	char *got = list("x.pst", 0);
	cr_expect(strstr(got, "Subject: one"), "%s", got);
	g_free(got);
	g_free(path);
}

Test(pst_sink, a_file_made_meanwhile_is_not_overwritten)
{
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", NULL);
	struct am_ledger ledger = {0};
	struct am_error err = {0};

	cr_assert_eq(am_test_put(sink, &mails[0], &err), AM_OK);
	am_test_write_text("x.pst", "somebody else's");
	cr_assert_eq(am_sink_finish(sink, &ledger, true, &err), AM_OK);
	cr_expect_eq(am_sink_commit(sink, &err), AM_FATAL);
	cr_expect_eq(err.kind, AM_E_EXISTS);
	am_sink_close(&sink);
	char *kept = am_test_read("x.pst", NULL);
	cr_expect_str_eq(kept, "somebody else's");
	g_free(kept);
	expect_names("x.pst ");
}

/* Killed: the next run takes away what was left, and nothing else. */
Test(pst_sink, what_a_killed_run_left_goes)
{
	am_test_write_text("x.pst.0123abcd.tmp", "");
	am_test_write_text("x-3.pst.0123abcd.tmp", "");
	am_test_write_text("xy.pst.0123abcd.tmp", "");
	am_test_write_text("x.pst.tmp", "");
	am_test_fill(&am_format_pst, "x.pst", NULL, mails, 1);
	expect_names("x.pst x.pst.tmp xy.pst.0123abcd.tmp ");
}

Test(pst_sink, one_at_a_time)
{
	struct am_sink *sink = am_test_sink(&am_format_pst, "x.pst", NULL);
	struct am_sink *other = NULL;
	char *path = am_test_path("x.pst");
	const struct am_location where = {
		.path = path, .options = (const char *const[]){NULL}};
	struct am_error err = {0};

	cr_expect_eq(am_pst_sink_open(&other, &where, am_test_ctx(), &err),
	             AM_FATAL);
	cr_expect_eq(err.kind, AM_E_BUSY);
	am_sink_close(&sink);
	cr_expect_eq(am_pst_sink_open(&other, &where, am_test_ctx(), &err),
	             AM_OK);
	am_sink_close(&other);
	expect_names("");
	g_free(path);
}

/* ---- where, and how ---- */

Test(pst_sink, a_folder_gets_a_file_and_an_ost_is_refused)
{
	struct am_sink *sink = NULL;
	struct am_error err = {0};
	char *path = am_test_path("x.ost");
	const struct am_location ost = {.path = path,
	                                .options = (const char *const[]){NULL}};

	am_test_fill(&am_format_pst, "new/folder/", NULL, mails, 1);
	cr_expect(am_test_exists("new/folder/mail.pst"));
	cr_expect_eq(am_pst_sink_open(&sink, &ost, am_test_ctx(), &err),
	             AM_FATAL);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	g_free(path);
}

Test(pst_sink, options_are_checked)
{
	static const char *const bad[] = {"max-size=10k", "max-size=51G",
	                                  "verify=perhaps", "colour=blue"};
	char *path = am_test_path("x.pst");

	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		const struct am_location where = {
			.path = path,
			.options = (const char *const[]){bad[i], NULL}};
		struct am_sink *sink = NULL;
		struct am_error err = {0};
		cr_expect_eq(
			am_pst_sink_open(&sink, &where, am_test_ctx(), &err),
			AM_FATAL, "%s", bad[i]);
		cr_expect_eq(err.kind, AM_E_ARGUMENT, "%s", bad[i]);
	}
	expect_names("");
	g_free(path);
}

/* ---- verify ---- */

Test(pst_sink, verifying_finds_what_is_missing_or_other)
{
	struct am_folder *made = NULL;
	struct am_error err = {0};
	char *path = am_test_path("x.pst");
	uint8_t hash[2][AM_SHA256_LEN];

	am_test_fill(&am_format_pst, "x.pst", NULL, mails, 1);
	cr_assert_eq(am_folder_new(&made, (const char *const[]){"INBOX"}, 1,
	                           AM_ROLE_NONE, NULL),
	             AM_OK);
	const struct am_folder *folder = made;
	am_sha256(mails[0].bytes, strlen(mails[0].bytes), hash[0]);
	am_sha256("other", 5, hash[1]);
	for (int i = 0; i < 3; i++) {
		struct am_pst_known *stored = am_pst_known_new();
		if (i != 1)
			am_pst_known_add(stored, folder, hash[0]);
		if (i)
			am_pst_known_add(stored, folder, hash[1]);
		int r = am_pst_verify(path, stored, i == 2 ? 2 : 1,
		                      am_test_ctx(), &err);
		cr_expect_eq(r, i ? AM_FATAL : AM_OK, "%d: %s", i, err.text);
		if (i == 1)
			cr_expect(strstr(err.text, "not the bytes"), "%s",
			          err.text);
		if (i == 2)
			cr_expect(strstr(err.text, "1 of 2 messages are not"),
			          "%s", err.text);
		am_pst_known_free(&stored);
	}
	/* One bit, in the middle of a block. */
	size_t len;
	char *bytes = am_test_read("x.pst", &len);
	bytes[0x5200] ^= 1;
	am_test_write("x.pst", bytes, len);
	struct am_pst_known *stored = am_pst_known_new();
	am_pst_known_add(stored, folder, hash[0]);
	cr_expect_eq(am_pst_verify(path, stored, 1, am_test_ctx(), &err),
	             AM_FATAL);
	cr_expect(strstr(err.text, "in what was written"), "%s", err.text);
	am_pst_known_free(&stored);
	am_folder_unref(&folder);
	g_free(bytes);
	g_free(path);
}
