/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the samples do not show of mailboxes that are files of messages: damage,
 * oddities, lines that only look like a separator. */
#include "formats/oldbox/oldbox.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <unistd.h>

TestSuite(oldbox, .fini = am_test_tmpdir_end, .timeout = 60);

static void sample(const char *name, const char *as)
{
	const char *dir = g_getenv("SAMPLES");
	char *path =
		g_build_filename(dir ? dir : "samples", "oldbox", name, NULL);
	char *bytes = NULL;
	gsize len = 0;

	cr_assert(g_file_get_contents(path, &bytes, &len, NULL), "%s", path);
	am_test_write(as, bytes, len);
	g_free(bytes);
	g_free(path);
}

static char *list(const struct am_format *format, const char *path,
                  uint32_t what)
{
	return g_strchomp(am_test_list(format, path, NULL, what, false));
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, word)); p++)
		n++;
	return n;
}

static const struct {
	const struct am_format *format;
	const char *name, *as;
	unsigned messages;
} all[] = {
	{&am_format_thebat, "thebat/Looms/MESSAGES.TBB", "x.tbb", 4},
	{&am_format_pegasus, "FOL0042A.PMM", "x.pmm", 2},
	{&am_format_babyl, "rmail.babyl", "x.babyl", 3},
	{&am_format_listserv, "weave.log", "x.log", 2},
	{&am_format_uwmbx, "cords.mbx", "x.mbx", 3},
	{&am_format_dbox, "dbox/storage/m.1", "m.1", 2},
};

/* Cut anywhere: what is whole comes, what is lost is told, nothing hangs. */
Test(oldbox, a_file_that_was_cut_gives_what_is_left)
{
	for (size_t i = 0; i < AM_COUNT(all); i++) {
		sample(all[i].name, all[i].as);
		char *path = am_test_path("%s", all[i].as);
		char *whole = list(all[i].format, all[i].as, 0);
		cr_expect_eq(count(whole, "Subject: "), all[i].messages,
		             "%s: %s", all[i].name, whole);
		size_t len = 0;
		g_free(am_test_read(all[i].as, &len));
		for (size_t cut = len - 1; cut > 128 && cut > len / 2;
		     cut -= 37) {
			cr_assert_eq(truncate(path, (off_t)cut), 0);
			char *got = list(all[i].format, all[i].as, 0);
			unsigned n = count(got, "Subject: ") +
			             count(got, "failed ") +
			             am_test_notes("box.damaged");
			cr_expect_leq(count(got, "Subject: "),
			              all[i].messages + 1, "%s: %s",
			              all[i].name, got);
			cr_expect(n || cut < 0xC30, "%s, %zu bytes: silence",
			          all[i].name, cut);
			g_free(got);
		}
		g_free(whole);
		g_free(path);
	}
}

Test(oldbox, pegasus_folders_are_called_as_the_file_says)
{
	sample("FOL0042A.PMM", "x.pmm");
	char *got = list(&am_format_pegasus, "x.pmm", AM_LIST_FOLDERS);
	cr_expect(g_str_has_prefix(got, "folder Looms and wheels\n"), "%s",
	          got);
	g_free(got);
}

Test(oldbox, babyl_without_a_header_as_it_came)
{
	am_test_write_text("x", "BABYL OPTIONS:\n\x1f\f\n1,,,\n*** EOOH ***\n"
	                        "From: a@b\n\ntext\n\x1f\f\n0, unseen,,\n"
	                        "*** EOOH ***\nFrom: c@d\n\nmore\n\x1f");
	char *got = list(&am_format_babyl, "x", AM_LIST_FLAGS);
	cr_expect_str_eq(got,
	                 "x: \"From: a@b\\n\\ntext\\n\" seen\n"
	                 "x: \"From: c@d\\n\\nmore\\n\"",
	                 "%s", got);
	g_free(got);
}

Test(oldbox, babyl_text_is_not_mistaken_for_what_rmail_wrote)
{
	am_test_write_text("x",
	                   "BABYL OPTIONS:\n\x1f\f\n1,,,\nFrom: a@b\n\n"
	                   "*** EOOH ***\nFrom: a\n\n*** EOOH ***\n\n1,,,\n"
	                   "\x1f");
	char *got = list(&am_format_babyl, "x", 0);
	cr_expect_str_eq(got, "x: \"From: a@b\\n\\n*** EOOH ***\\n\\n1,,,\\n\"",
	                 "%s", got);
	g_free(got);
}

Test(oldbox, uwmbx_lines_that_are_wrong_end_it)
{
	static const char *const lines[] = {
		" 1-Feb-2001 08:01:00 +0100,5\r\n",
		" 1-Feb-2001 08:01:00 +0100,9999;000000000001-00000001\r\n",
		" 1-Feb-2001 08:01:00 +0100,-5;000000000001-00000001\r\n",
		" 1-Feb-2001 08:01:00 +0100,99999999999999999999999;"
		"000000000001-00000001\r\n",
		"\r\n"};
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		GByteArray *b = g_byte_array_new();
		guint8 zeros[2048] = "*mbx*\r\n3a7a0c9000000007\r\n";
		static const char good[] =
			" 1-Feb-2001 08:01:00 +0100,7;000000000001-"
			"00000001\r\nA: b\r\n\n";
		g_byte_array_append(b, zeros, sizeof zeros);
		g_byte_array_append(b, (const guint8 *)good, sizeof good - 1);
		g_byte_array_append(b, (const guint8 *)lines[i],
		                    (guint)strlen(lines[i]));
		am_test_write("x", b->data, b->len);
		char *got = list(&am_format_uwmbx, "x", AM_LIST_FLAGS);
		cr_expect_str_eq(got, "x: \"A: b\\r\\n\\n\" seen", "%zu: %s", i,
		                 got);
		cr_expect_eq(am_test_notes("box.damaged"), i + 1);
		g_free(got);
		g_byte_array_free(b, TRUE);
	}
}

Test(oldbox, compressed_ones_are_read_too)
{
	char *plain = am_test_path("weave.log");
	char *command[] = {(char *)"gzip", (char *)"-f", plain, NULL};
	sample("weave.log", "weave.log");
	cr_assert(g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL,
	                       NULL, NULL, NULL, NULL, NULL));
	char *got = list(&am_format_listserv, "weave.log.gz", AM_LIST_FOLDERS);
	cr_expect(g_str_has_prefix(got, "folder weave\n"), "%s", got);
	cr_expect_eq(count(got, "Subject: "), 2);
	g_free(got);
	g_free(plain);
}
