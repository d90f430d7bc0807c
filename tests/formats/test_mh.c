/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mh/mh.h"

#include "formats/mh/mh_marks.h"
#include "formats/mh/mh_sequences.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(mh, .fini = am_test_tmpdir_end, .timeout = 60);

#define MAIL(s) "Subject: " s "\nFrom: a@b.example\nTo: c@d.example\n\n" s "\n"
#define SHOWN(s)                                                               \
	"\"Subject: " s "\\nFrom: a@b.example\\nTo: c@d.example\\n\\n" s "\\n" \
	"\""

static void expect_list(const char *path, uint32_t what, const char *want)
{
	char *got = g_strchomp(
		am_test_list(&am_format_mh, path, NULL, what, false));
	char *same = g_strchomp(g_strdup(want));

	cr_expect_str_eq(got, same, "%s gives\n%s\nnot\n%s", path, got, want);
	g_free(got);
	g_free(same);
}

Test(mh, sequences_become_flags_and_keywords)
{
	am_test_write_text(
		"m/inbox/.mh_sequences",
		"cur: 10\nunseen: 2-3 10\nreplied: 1\nflagged: 1 10\n"
		"todo: 2\nTo_20Do: 3\nodd: x 1\nlong: 1\n\t10\n");
	am_test_write_text("m/inbox/10", MAIL("ten"));
	am_test_write_text("m/inbox/2", MAIL("two"));
	am_test_write_text("m/inbox/1", MAIL("one"));
	am_test_write_text("m/inbox/3", MAIL("three"));
	am_test_write_text("m/inbox/,7", MAIL("gone"));
	am_test_write_text("m/inbox/sub/1", MAIL("below"));
	am_test_mkdir("m/inbox/4");
	am_test_write_text("m/inbox/4/1", MAIL("in a folder called four"));
	am_test_write_text("m/empty/.mh_sequences", "");
	expect_list(
		"m", AM_LIST_FOLDERS | AM_LIST_FLAGS,
		"folder empty\n"
		"folder inbox\n"
		"inbox: " SHOWN(
			"one") " seen answered flagged [long]\n"
			       "inbox: " SHOWN(
				       "two") " [todo]\n"
					      "inbox: " SHOWN(
						      "three") " [To Do]\n"
							       "inbox: " SHOWN(
								       "ten") " flagged [long]\n"
									      "folder inbox/4\n"
									      "inbox/4: " SHOWN(
										      "in a folder called four") "\n"
														 "folder inbox/sub\n"
														 "inbox/sub: " SHOWN(
															 "below") "\n");
}

static void mark(GByteArray *to, uint32_t value, bool big)
{
	uint32_t v = big ? GUINT32_TO_BE(value) : GUINT32_TO_LE(value);

	g_byte_array_append(to, (const uint8_t *)&v, sizeof v);
}

Test(mh, marks_of_either_byte_order_are_read)
{
	static const char *const names[] = {".sylpheed_mark", ".claws_mark"};
	for (size_t i = 0; i < 2; i++)
		for (int big = 0; big < 2; big++) {
			GByteArray *bytes = g_byte_array_new();
			static const uint32_t numbers[] = {
				2, 1, 3, 2, 4 | 16, 3, 2, 4, 8 | 32, 4};
			char *dir = g_strdup_printf("%zu%d", i, big);
			char *path = g_strconcat(dir, "/", names[i], NULL);
			for (size_t k = 0; k < AM_COUNT(numbers); k++)
				mark(bytes, numbers[k], big);
			am_test_write(path, bytes->data, bytes->len);
			for (unsigned n = 1; n < 6; n++) {
				char *mail = g_strdup_printf("%s/%u", dir, n);
				am_test_write_text(mail, MAIL("x"));
				g_free(mail);
			}
			expect_list(
				dir, AM_LIST_FLAGS,
				": " SHOWN(
					"x") "\n"
					     ": " SHOWN(
						     "x") " seen answered "
							  "flagged\n"
							  ": " SHOWN(
								  "x") "\n"
								       ":"
								       " " SHOWN(
									       "x") " seen deleted forwarded\n"
										    ": " SHOWN(
											    "x") "\n");
			g_free(path);
			g_free(dir);
			g_byte_array_free(bytes, TRUE);
		}
}

Test(mh, what_is_no_file_of_marks_is_none)
{
	static const uint8_t text[] = "plain text";
	cr_expect_null(am_mh_marks_parse(text, sizeof text));
	cr_expect_null(am_mh_marks_parse(text, 3));
}

Test(mh, without_control_files_numbers_and_a_mail_make_a_folder)
{
	am_test_write_text("a/1", MAIL("one"));
	am_test_write_text("a/02", MAIL("no number of MH's"));
	am_test_write_text("b/1", "a list of things\n");
	am_test_write_text("c/1", MAIL("one"));
	expect_list(".", AM_LIST_FOLDERS | AM_LIST_FLAGS,
	            "folder c\nc: " SHOWN("one") "\n");
}

Test(mh, a_fifo_is_told_and_the_rest_comes)
{
	am_test_write_text("m/.mh_sequences", "");
	am_test_write_text("m/1", MAIL("one"));
	char *path = am_test_path("m/2");
	cr_assert_eq(mkfifo(path, 0600), 0);
	am_test_write_text("m/3", MAIL("three"));
	expect_list("m", AM_LIST_FLAGS | AM_LIST_ORIGIN,
	            ": " SHOWN("one") " seen 1\n"
	                              "failed - 2\n"
	                              ": " SHOWN("three") " seen 3\n");
	g_free(path);
}

static const struct am_test_message given[] = {
	{.folder = {"12"}, .bytes = "A: b\n\nin 12\n", .flags = AM_SEEN},
	{.folder = {"12", "7"},
         .bytes = "A: b\n\nin 12/7\n",
         .received = 86400},
	{.folder = {"12_"}, .bytes = "A: b\n\nin 12_\n", .flags = AM_SEEN},
	{.folder = {"a/b"}, .bytes = "no header", .flags = AM_DRAFT | AM_JUNK},
	{.folder = {"a/b"},
         .bytes = "",
         .flags =
                 AM_SEEN | AM_DELETED | AM_FORWARDED | AM_ANSWERED | AM_FLAGGED,
         .keywords = {"To Do", "unseen", "9lives", "w_20x"}},
	{.folder = {"only"}, .folder_only = true},
};

Test(mh, gives_back_what_it_was_given)
{
	am_test_fill(&am_format_mh, "out/", NULL, given, AM_COUNT(given));
	char *got = am_test_list(&am_format_mh, "out", NULL,
	                         AM_LIST_FOLDERS | AM_LIST_FLAGS, true);
	g_strchomp(got);
	cr_expect_str_eq(got,
	                 "12/7: \"A: b\\n\\nin 12/7\\n\"\n"
	                 "12: \"A: b\\n\\nin 12\\n\" seen\n"
	                 "12_: \"A: b\\n\\nin 12_\\n\" seen\n"
	                 "a\\/b: \"\" seen answered flagged deleted forwarded "
	                 "[To Do] [unseen] [9lives] [w_20x]\n"
	                 "a\\/b: \"no header\" draft junk\n"
	                 "folder 12\nfolder 12/7\nfolder 12_\nfolder a\\/b\n"
	                 "folder only",
	                 "%s", got);
	g_free(got);
}

Test(mh, goes_on_behind_what_is_there)
{
	am_test_write_text("m/in/.mh_sequences", "unseen: 1-2\nmine: 2\n");
	am_test_write_text("m/in/2", MAIL("two"));
	am_test_write_text("m/in/,8", MAIL("deleted"));
	am_test_mkdir("m/in/9");
	struct am_test_message one = {
		.folder = {"in"}, .bytes = "A: b\n\nx\n", .flags = AM_FLAGGED};
	am_test_fill(&am_format_mh, "m", NULL, &one, 1);
	cr_expect(am_test_exists("m/in/10"));
	char *text = am_test_read("m/in/.mh_sequences", NULL);
	cr_expect_str_eq(text, "unseen: 1-2 10\nmine: 2\nflagged: 10\n");
	g_free(text);
}

Test(mh, sequences_survive_any_bytes)
{
	static const char *const texts[] = {
		"unseen",        ":",
		"unseen: 1-",    "unseen: -1",
		"unseen: 5-1",   "a: 99999999999",
		"a: 1 2 3 x 4",  "\n\n\t1\n",
		" 1: 2\n",       "unseen: 1-4294967295\n",
		"unseen:\t1\r\n"};
	for (size_t i = 0; i < AM_COUNT(texts); i++) {
		struct am_mh_sequences *seq = am_mh_sequences_new();
		struct am_error err = {0};
		struct am_folder *root = NULL;
		struct am_message *msg = NULL;
		am_mh_sequences_parse(seq, texts[i], strlen(texts[i]));
		cr_assert_eq(am_folder_new(&root, NULL, 0, AM_ROLE_NONE, &err),
		             AM_OK);
		cr_assert_eq(am_message_new(&msg, root, &err), AM_OK);
		am_mh_sequences_apply(seq, 1, msg);
		bool unseen =
			strstr(texts[i], "1-42") || strstr(texts[i], "\t1\r");
		cr_expect_eq(!(msg->flags & AM_SEEN), unseen, "%zu", i);
		am_message_free(&msg);
		const struct am_folder *done = root;
		am_folder_unref(&done);
		am_mh_sequences_free(&seq);
	}
}
