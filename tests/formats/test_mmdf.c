/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is peculiar to MMDF; that all else is as in an mbox, the tests of mbox
 * show, which have it among their dialects. */
#include "test_mbox_help.h"

#include "base/compiler.h"

#include <criterion/criterion.h>

#include <string.h>

#define LINE "\1\1\1\1\n"
#define FROM "From a@b.example Mon Jan  1 00:00:00 2001\n"
#define ONE  "A: b\nC: d\n\none\n"
#define TWO  "A: b\nC: e\n\nFrom here on\nContent-Length: 3\n\n"

static const struct {
	const char *name, *bytes;
	const char *raw[4];
} files[] = {
	{"plain", LINE ONE LINE LINE TWO LINE, {ONE, TWO}},
	{"with From_ lines", LINE FROM ONE LINE LINE FROM TWO LINE, {ONE, TWO}},
	{"one line does for both", LINE ONE LINE TWO LINE, {ONE, TWO}},
	{"no end", LINE ONE LINE LINE TWO, {ONE, TWO}},
	{"an end without its line end",
         LINE ONE LINE LINE TWO "\1\1\1\1",
         {ONE, TWO}},
	{"an empty one", LINE LINE LINE ONE LINE, {"", ONE}},
	{"begun and left", LINE ONE LINE LINE, {ONE}},
	{"only a separator is one",
         LINE ONE " " LINE "x\1\1\1\1\n\1\1\1\1\1\n" LINE,
         {ONE " " LINE "x\1\1\1\1\n\1\1\1\1\1\n"}},
	{"a From_ line of its own", LINE FROM FROM ONE LINE, {FROM ONE}},
	{"empty lines first", "\n\n" LINE ONE LINE, {ONE}},
	{"a byte-order mark", "\xef\xbb\xbf" LINE ONE LINE, {ONE}},
	{"no last line end",
         LINE "A: b\n\nx\1\1\1\1\n",
         {"A: b\n\nx\1\1\1\1\n"}},
	{"status",
         LINE "A: b\nStatus: RO\nX-Status: F\n\nx\n" LINE LINE
              "A: b\nStatus: O\n\ny\n" LINE,
         {"A: b\n\nx\n", "A: b\n\ny\n"}},
};

Test(mmdf, messages_stand_between_lines_of_four_bytes_1)
{
	for (size_t i = 0; i < AM_COUNT(files); i++)
		for (size_t memory = 0; memory < 8; memory += 7) {
			const char *bytes = files[i].bytes;
			size_t n = 0;
			struct run *run = mbox_run_bytes(
				"x.mmdf", bytes, strlen(bytes), NULL, memory);
			for (; n < 4 && files[i].raw[n]; n++)
				if (n < run->messages->len)
					cr_expect(mbox_raw_is(
							  mbox_got(run, n),
							  files[i].raw[n],
							  strlen(files[i].raw
					                                 [n])),
					          "%s: message %zu",
					          files[i].name, n);
			cr_expect_eq(run->messages->len, n, "%s: %u messages",
			             files[i].name, run->messages->len);
			cr_expect_eq(run->failures->len, 0);
			/* All of the file is known, for as-imported. */
			cr_expect_eq(run->whole->len, strlen(bytes), "%s",
			             files[i].name);
			cr_expect(!memcmp(run->whole->str, bytes,
			                  MIN(run->whole->len, strlen(bytes))),
			          "%s", files[i].name);
			mbox_run_free(&run);
		}
}

Test(mmdf, status_fields_are_flags)
{
	const char *bytes = files[AM_COUNT(files) - 1].bytes;
	struct run *run =
		mbox_run_bytes("x.mmdf", bytes, strlen(bytes), NULL, 0);
	cr_assert_eq(run->messages->len, 2);
	cr_expect_eq(mbox_got(run, 0)->flags, AM_SEEN | AM_FLAGGED);
	cr_expect_eq(mbox_got(run, 1)->flags, 0);
	mbox_run_free(&run);
}

Test(mmdf, from_lines_tell_sender_and_date)
{
	static const char bytes[] = LINE FROM ONE LINE;
	struct run *run =
		mbox_run_bytes("x.mmdf", bytes, sizeof bytes - 1, NULL, 0);
	cr_assert_eq(run->messages->len, 1);
	cr_expect_str_eq(mbox_got(run, 0)->sender, "a@b.example");
	cr_expect_eq(mbox_got(run, 0)->received.sec, 978307200);
	mbox_run_free(&run);
}

Test(mmdf, a_message_with_a_separator_in_it_fails)
{
	static const struct {
		const char *raw;
		int status;
	} cases[] = {{"A: b\n\n" LINE "x\n", AM_FAILED},
	             {LINE "x\n", AM_FAILED},
	             {"A: b\n\nx\n\1\1\1\1", AM_FAILED},
	             {"A: b\n\nx\n\1\1\1\1\r\n", AM_FAILED},
	             {"A: b\n\nx\1\1\1\1\n", AM_OK},
	             {"A: b\n\nx\n\1\1\1\1\1\n", AM_OK}};
	char *dir = mbox_tmp(), *path = g_build_filename(dir, "x", NULL);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct give one = {
			.folder = "Inbox",
			.raw = g_bytes_new(cases[i].raw, strlen(cases[i].raw))};
		cr_expect_eq(
			mbox_write(path, "dialect=mmdf", &one, 1, false, NULL),
			cases[i].status, "%zu", i);
		g_bytes_unref(one.raw);
	}
	g_free(path);
	mbox_tmp_remove(&dir);
}

/* Each goes on with what it knows, and neither with the other. */
Test(mmdf, is_not_mixed_with_mbox_in_one_file)
{
	char *dir = mbox_tmp();
	char *path =
		mbox_file(dir, "x.mmdf", LINE ONE LINE, strlen(LINE ONE LINE));
	struct give one = {.folder = "Inbox",
	                   .raw = g_bytes_new(TWO, strlen(TWO))};
	cr_expect_eq(mbox_write(path, NULL, &one, 1, true, NULL), AM_FAILED);
	cr_expect_eq(mbox_write(path, "dialect=mmdf", &one, 1, true, NULL),
	             AM_OK);
	struct run *run = mbox_run(path, NULL, 0);
	cr_expect_eq(run->messages->len, 2);
	cr_expect(mbox_raw_is(mbox_got(run, 1), TWO, strlen(TWO)));
	mbox_run_free(&run);
	g_bytes_unref(one.raw);
	g_free(path);
	mbox_tmp_remove(&dir);
}
