/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail in zips and tars. */
#include "formats/eml/eml.h"

#include "base/reader.h"
#include "base/unpack.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(eml_packed, .fini = am_test_tmpdir_end, .timeout = 60);

static void expect_list(const char *path, const char *const *options,
                        uint32_t what, bool sorted, const char *want)
{
	am_test_expect_list(&am_format_eml, path, options, what, sorted, want);
}

/* One member as tar has it: POSIX.1-1988 ustar, type '0' or '1' (a link). */
static void tar_add(GString *tar, const char *name, const char *link,
                    const char *bytes)
{
	char head[512] = {0};
	unsigned sum = 0;

	g_strlcpy(head, name, 100);
	g_snprintf(head + 100, 8, "%07o", 0644);
	g_snprintf(head + 124, 12, "%011zo", strlen(bytes));
	g_snprintf(head + 136, 12, "%011o", 1580000000);
	memset(head + 148, ' ', 8);
	head[156] = link ? '1' : '0';
	g_strlcpy(head + 157, link ? link : "", 100);
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	g_snprintf(head + 148, 7, "%06o", sum);
	g_string_append_len(tar, head, sizeof(head));
	g_string_append(tar, bytes);
	while (tar->len % 512)
		g_string_append_c(tar, 0);
}

/* A message in two folders is two names of one file, and tar keeps one. */
Test(eml_packed, links_in_a_tar_are_messages_too)
{
	static const char a[] = "From: a@b\nSubject: a\n\n";
	static const char b[] = "From: a@b\nSubject: b\n\n";
	GString *tar = g_string_new(NULL);

	tar_add(tar, "All/1.eml", NULL, a);
	tar_add(tar, "All/2.eml", NULL, b);
	tar_add(tar, "Work/1.eml", "All/1.eml", "");
	tar_add(tar, "Home/1.eml", "All/1.eml", "");
	tar_add(tar, "Home/x.png", "All/x.png", "");
	size_t whole = tar->len;
	for (size_t i = 0; i < 1024; i++)
		g_string_append_c(tar, 0);
	am_test_write("x.tar", tar->str, tar->len);
	expect_list("x.tar", NULL, AM_LIST_ORIGIN, true,
	            "All: \"From: a@b\\nSubject: a\\n\\n\" All/1.eml\n"
	            "All: \"From: a@b\\nSubject: b\\n\\n\" All/2.eml\n"
	            "Home: \"From: a@b\\nSubject: a\\n\\n\" Home/1.eml\n"
	            "Work: \"From: a@b\\nSubject: a\\n\\n\" Work/1.eml");
	cr_expect_eq(am_test_notes("eml.link-lost"), 1);
	/* Cut off behind the members: told once, and none is lost. */
	char *path = am_test_path("y.tar");
	char *want = g_strdup_printf("All: \"From: a@b\\nSubject: a\\n\\n\"\n"
	                             "All: \"From: a@b\\nSubject: b\\n\\n\"\n"
	                             "Home: \"From: a@b\\nSubject: a\\n\\n\"\n"
	                             "Work: \"From: a@b\\nSubject: a\\n\\n\"\n"
	                             "failed - %s",
	                             path);
	am_test_write("y.tar", tar->str, whole);
	expect_list("y.tar", NULL, 0, true, want);
	g_free(want);
	g_free(path);
	g_string_free(tar, TRUE);
}

static void pack_texts(const char *name, const char *const *members, size_t n,
                       const char *const *texts)
{
	char *path = am_test_path("%s", name);
	struct am_pack *p = NULL;
	struct am_error err = {0};

	cr_assert(am_pack_open(&p, path, &err) == AM_OK, "%s", err.text);
	for (size_t i = 0; i < n; i++) {
		struct am_reader *r = NULL;

		const char *text = texts ? texts[i] : "From: x@y\n\n";

		cr_assert(am_reader_memory(&r, text, strlen(text), &err) ==
		          AM_OK);
		cr_assert(am_pack_add(p, members[i], strlen(text), 1580699106,
		                      r, &err) == AM_OK,
		          "%s: %s", members[i], err.text);
		am_reader_close(&r);
	}
	cr_assert(am_pack_close(&p, true, &err) == AM_OK, "%s", err.text);
	g_free(path);
}

static void pack(const char *name, const char *const *members, size_t n)
{
	pack_texts(name, members, n, NULL);
}

Test(eml_packed, a_container_says_what_of_it_is_not_read)
{
	static const char *const members[] = {"a.eml", "readme.txt", "b.mbox",
	                                      "._a.eml", "c"};
	static const char *const texts[] = {
		"a", "no mail",
		"From a@b Mon Jan  1 00:00:00 2001\nSubject: x\nTo: y\n\n",
		"Apple's", "From: a@b\nTo: c@d\n\n"};

	pack_texts("x.zip", members, AM_COUNT(members), texts);
	expect_list("x.zip", NULL, 0, false,
	            ": \"a\"\nb: \"Subject: x\\nTo: y\\n\"\n"
	            ": \"From: a@b\\nTo: c@d\\n\\n\"");
	cr_expect(am_test_notes("eml.not-mail") == 2);
	cr_expect(am_test_notes("eml.members-not-mail") == 1);
}

/* Cut out of a larger one, it begins in the midst of a mail. */
Test(eml_packed, a_mailbox_in_a_container_may_begin_with_something_else)
{
	static const char *const members[] = {"old.mbox", "notes.txt"};
	static const char *const texts[] = {
		"rest of a mail\n\nFrom a@b Mon Jan  1 00:00:00 2001\n"
		"Subject: x\nTo: y\n\n",
		"rest\n\nFrom now on it is mine.\n"};

	pack_texts("x.zip", members, AM_COUNT(members), texts);
	expect_list("x.zip", NULL, 0, false, "old: \"Subject: x\\nTo: y\\n\"");
	cr_expect(am_test_notes("mbox.leading-junk") == 1);
	cr_expect(am_test_notes("eml.not-mail") == 1);
}

/* Mail may be in it; not in what only is a zip within. */
Test(eml_packed, a_container_within_is_a_failure_by_name)
{
	static const char *const members[] = {"a.eml", "in/b.ZIP", "c.docx",
	                                      "d.tar.gz", "._e.zip"};
	static const char *const texts[] = {"a", "PK\3\4", "PK\3\4", "\x1f\x8b",
	                                    "Apple's"};

	pack_texts("x.zip", members, AM_COUNT(members), texts);
	expect_list("x.zip", NULL, 0, false,
	            ": \"a\"\nfailed - in/b.ZIP\nfailed - d.tar.gz");
	for (size_t i = 0; i < AM_COUNT(members); i++) {
		char *name = g_strconcat("t/", members[i], NULL);
		am_test_write_text(name, texts[i]);
		g_free(name);
	}
	am_test_write_text("t/f.zip",
	                   "From a@b Mon Jan  1 00:00:00 2001\nA: b\nC: d\n\n");
	expect_list("t", NULL, AM_LIST_ORIGIN, false,
	            ": \"a\" a.eml\nfailed - d.tar.gz\nfailed - in/b.ZIP");
	expect_list("t", (const char *const[]){"files=eml", NULL},
	            AM_LIST_ORIGIN, false, ": \"a\" a.eml");
}

Test(eml_packed, names_in_a_container_lead_nowhere)
{
	static const char *const members[] = {"../../../tmp/evil.eml",
	                                      "/etc/abs.eml",
	                                      "a//b/./c.eml",
	                                      "a/b/d.eml",
	                                      "x/plain",
	                                      ".hidden.eml"};

	pack("x.zip", members, AM_COUNT(members));
	expect_list("x.zip", NULL, AM_LIST_ORIGIN, false,
	            "tmp: \"From: x@y\\n\\n\" ../../../tmp/evil.eml\n"
	            "etc: \"From: x@y\\n\\n\" /etc/abs.eml\n"
	            "a/b: \"From: x@y\\n\\n\" a//b/./c.eml\n"
	            "a/b: \"From: x@y\\n\\n\" a/b/d.eml\n"
	            "x: \"From: x@y\\n\\n\" x/plain\n"
	            ": \"From: x@y\\n\\n\" .hidden.eml");
}

Test(eml_packed, a_container_cut_short_gives_what_is_whole)
{
	static const char *const members[] = {"1.eml", "2.eml", "3.eml"};
	static const char *const kinds[] = {"x.tar", "x.tar.gz", "x.tar.zst",
	                                    "x.zip"};

	for (size_t k = 0; k < AM_COUNT(kinds); k++) {
		size_t len;
		char *whole;

		pack(kinds[k], members, AM_COUNT(members));
		whole = am_test_read(kinds[k], &len);
		for (size_t cut = 0; cut < len; cut += 1 + len / 97) {
			char *path = am_test_path("cut.eml");
			struct am_location where = {
				.path = path,
				.options = (const char *const[]){NULL}};
			struct am_source *src = NULL;
			struct am_item item;
			int r, n = 0;

			am_test_write("cut.eml", whole, cut);
			r = am_format_eml.open_source(&src, &where,
			                              am_test_ctx(), NULL);
			for (; r == AM_OK || r == AM_FAILED; n++) {
				item = (struct am_item){0};
				r = am_source_next(src, &item, NULL);
				if (item.message && r == AM_OK)
					(void)!am_source_load(src, item.message,
					                      NULL);
				am_message_free(&item.message);
				cr_assert(n < 20, "no end at %zu", cut);
			}
			am_source_close(&src);
			g_free(path);
		}
		g_free(whole);
	}
}
