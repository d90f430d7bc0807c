/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies beside an .eml as x.eml.json, and back. */
#include "formats/eml/eml_sidecar.h"

#include "formats/eml/eml.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

TestSuite(eml_sidecar, .fini = am_test_tmpdir_end, .timeout = 60);

static const char *const sidecar_yes[] = {"sidecar=yes", NULL};

static const struct am_test_message rich[] = {
	{.folder = {"A"},
         .bytes = "Subject: one\n\none\n",
         .flags = AM_SEEN | AM_DRAFT,
         .keywords = {"later"},
         .labels = {"Work"},
         .received = 1580699106,
         .zone = 60},
	{.folder = {"A"}, .bytes = "Subject: two\n\ntwo\n"},
};
static const char rich_list[] =
	"A: \"Subject: one\\n\\none\\n\" seen draft [later] "
	"2020-02-03T04:05:06+01:00\n"
	"A: \"Subject: two\\n\\ntwo\\n\" ";

static void expect_rich(const char *path)
{
	char *got = am_test_list(&am_format_eml, path, NULL,
	                         AM_LIST_FLAGS | AM_LIST_RECEIVED, true);

	cr_expect(g_str_has_prefix(got, rich_list), "%s gives\n%s", path, got);
	cr_expect_eq(am_test_notes("eml.not-mail"), 0);
	g_free(got);
}

Test(eml_sidecar, gives_back_what_an_eml_cannot_hold)
{
	static const char *const places[] = {"tree/", "x.zip", "x.tar.gz"};

	for (size_t i = 0; i < AM_COUNT(places); i++) {
		am_test_fill(&am_format_eml, places[i], sidecar_yes, rich, 2);
		expect_rich(places[i]);
	}
	am_test_fill(&am_format_eml, "one.eml", sidecar_yes, rich, 1);
	cr_expect(am_test_exists("one.eml.json"));
	char *got = am_test_list(&am_format_eml, "one.eml", NULL, AM_LIST_FLAGS,
	                         false);
	cr_expect_str_eq(got, ": \"Subject: one\\n\\none\\n\" seen draft "
	                      "[later]");
	g_free(got);
}

Test(eml_sidecar, nothing_is_of_a_broken_run_and_replaced)
{
	static const char *const names[] = {"sidecar=yes", "name={subject}.eml",
	                                    NULL};

	/* One of ours without its message, and one of somebody else. */
	am_test_write_text("t/A/one.eml.json",
	                   "{\"mailark\":\"message/1\",\"size\":1}\n");
	am_test_write_text("t/A/two.eml.json", "mine");
	am_test_fill(&am_format_eml, "t/", names, rich, 2);
	cr_expect(am_test_exists("t/A/one.eml"));
	cr_expect(!am_test_exists("t/A/two.eml"));
	cr_expect(am_test_exists("t/A/two-2.eml"));
	cr_expect(am_test_exists("t/A/two-2.eml.json"));
	char *mine = am_test_read("t/A/two.eml.json", NULL);
	cr_expect_str_eq(mine, "mine");
	g_free(mine);
	char *got = am_test_list(&am_format_eml, "t", NULL,
	                         AM_LIST_FLAGS | AM_LIST_RECEIVED, true);
	cr_expect(g_str_has_prefix(got, rich_list), "%s", got);
	g_free(got);
}

Test(eml_sidecar, a_message_that_changed_is_told_and_keeps_its_flags)
{
	am_test_fill(&am_format_eml, "one.eml", sidecar_yes, rich, 1);
	am_test_write_text("one.eml", "Subject: other\n\nother text\n");
	char *got = am_test_list(&am_format_eml, "one.eml", NULL, AM_LIST_FLAGS,
	                         false);
	cr_expect_str_eq(got, ": \"Subject: other\\n\\nother text\\n\" "
	                      "seen draft [later]");
	cr_expect_eq(am_test_notes("eml.sidecar-other"), 1);
	g_free(got);
	/* What is no JSON of ours is as if it were not there. */
	am_test_write_text("one.eml.json", "{\"mailark\": 7}");
	got = am_test_list(&am_format_eml, "one.eml", NULL, AM_LIST_FLAGS,
	                   false);
	cr_expect_str_eq(got, ": \"Subject: other\\n\\nother text\\n\"");
	g_free(got);
}
