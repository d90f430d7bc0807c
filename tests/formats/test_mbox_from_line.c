/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/from_line.h"

#include "model/folder.h"
#include "model/message.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#define NEW_YEAR 978307200 /* 2001-01-01 00:00 UTC */

static const struct {
	const char *line;
	enum am_mbox_from_kind kind;
	int64_t sec; /* -1: none */
	const char *sender;
} good[] = {
	{"From a@b.example Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b.example"},
	{"From a@b Mon Jan  1 00:00 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b  Mon Jan 1 0:00:00 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From a@b Mon Jan 01 00:00:00 EST 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR + 5 * 3600, "a@b"},
	{"From a@b Mon Jan  1 00:00:00 2001 +0100", AM_MBOX_FROM_PLAIN,
         NEW_YEAR - 3600, "a@b"},
	{"From a@b Mon Jan  1 00:00:00 +0530 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR - 19800, "a@b"},
	{"From a!b!c Mon Jan  1 00:00:00 2001 remote from uunet",
         AM_MBOX_FROM_PLAIN, NEW_YEAR, "a!b!c"},
	{"From \"John Doe\"@b.example Mon Jan  1 00:00:00 2001",
         AM_MBOX_FROM_PLAIN, NEW_YEAR, "\"John Doe\"@b.example"},
	{"From \"some body\" Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "\"some body\""},
	{"From john doe at b.example  Mon Jan  1 00:00:00 2001",
         AM_MBOX_FROM_PLAIN, NEW_YEAR, "john doe at b.example"},
	{"From a@b Mon, 1 Jan 2001 00:00:00 +0000", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From a@b 1 Jan 01 00:00:00 GMT", AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 00:00:00 PST8PDT 101", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From  Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR, ""},
	{"From a@b 2001-01-01T00:00:00Z", AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b 2001-01-01 00:00:00", AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 00:00:00 2001\t", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From - Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_DASH, NEW_YEAR, "-"},
	{"From ", AM_MBOX_FROM_BARE, -1, ""},
	{"From  ", AM_MBOX_FROM_BARE, -1, ""},
	{"From 1628424719502045299@xxx Mon Jan 01 00:00:00 +0000 2001",
         AM_MBOX_FROM_TAKEOUT, NEW_YEAR, "1628424719502045299@xxx"},
	{"From 1844347792267117879@xxx", AM_MBOX_FROM_TAKEOUT, -1,
         "1844347792267117879@xxx"},
	{"From ?\?\?@?\?\? Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_EUDORA,
         NEW_YEAR, "?\?\?@?\?\?"},
	{"From 0123456789abcdef Mon Sep 17 00:00:00 2001", AM_MBOX_FROM_PATCH,
         1000684800, "0123456789abcdef"},
	{"From J\xf6rg@b Mon Jan  1 00:00:00 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "J\xf6rg@b"},
	/* what programs make of a date that do not know asctime(3) */
	{"From a@b Monday January  1 00:00:00 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From a@b Jan  1 00:00:00 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b Mon Jan 01 2001 02:00:00 GMT+0200 (Eastern European "
         "Standard Time)",
         AM_MBOX_FROM_PLAIN, NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 00:00:00 2001 (UTC)", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 02:00:00 UTC+02 2001", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 00:00:00.250 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From a@b  1-Jan-2001 01:00:00 +0100", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From a@b Mon, 1-Jan-01 00:00:00 GMT", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From a@b Mon Jan  1 12:00:00 AM 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From - Mon Jan 01 01:00:00 PM 2001", AM_MBOX_FROM_DASH,
         NEW_YEAR + 13 * 3600, "-"},
	{"From a@b Mon Jan  1 00:00:00", AM_MBOX_FROM_PLAIN, -1, "a@b"},
	{"From a@b Mon Jan  1 02:00:00 2001 METDST", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
	{"From a@b Mon Jan  1 02:00:00 MESZ 2001", AM_MBOX_FROM_PLAIN, NEW_YEAR,
         "a@b"},
	{"From a@b Mon Jan  1 00:00:00 2001 XYZDST", AM_MBOX_FROM_PLAIN,
         NEW_YEAR, "a@b"},
};

Test(mbox_from_line, forms_seen_in_the_wild)
{
	for (size_t i = 0; i < AM_COUNT(good); i++) {
		struct am_mbox_from from;
		cr_expect(am_mbox_from_parse(&from,
		                             (const uint8_t *)good[i].line,
		                             strlen(good[i].line)),
		          "refused: %s", good[i].line);
		cr_expect_eq(from.kind, good[i].kind, "%s", good[i].line);
		if (good[i].sec >= 0)
			cr_expect_eq(from.when.sec, good[i].sec, "%s: %lld",
			             good[i].line, (long long)from.when.sec);
		else
			cr_expect(!from.when.known);
		cr_expect(from.sender_len == strlen(good[i].sender) &&
		                  (!from.sender_len ||
		                   !memcmp(from.sender, good[i].sender,
		                           from.sender_len)),
		          "sender of %s", good[i].line);
	}
}

static const char *const bad[] = {
	"From",
	"Frome a@b Mon Jan  1 00:00:00 2001",
	"From now on we meet at noon",
	"From what I saw on Mon Jan  1 00:00:00",
	"From a@b Mon Jan  1 00:00:00 +1 2001",
	"From a@b Mon Jan  1 00:00:00. 2001",
	"From a@b Mon Jan  1 00:00:00 2001 and so on",
	"From a@b Mon Jan  1 00:00:00 2001 INDEED",
	"From a@b Mon Jan 32 00:00:00 2001",
	"From a@b Mon Foo  1 00:00:00 2001",
	"From a@b Mon Jan  1 25:00:00 2001",
	"From a@b Mon Jan  1 2001",
	"From a@b",
	"From: a@b Mon Jan  1 00:00:00 2001",
	" From a@b Mon Jan  1 00:00:00 2001",
	"From the 2001-01-01 edition",
};

Test(mbox_from_line, sentences_are_refused)
{
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct am_mbox_from from;
		cr_expect(!am_mbox_from_parse(&from, (const uint8_t *)bad[i],
		                              strlen(bad[i])),
		          "taken: %s", bad[i]);
	}
}

/* A name without an address, or prose: only headers behind it can tell. */
Test(mbox_from_line, several_words_are_loose)
{
	static const struct {
		const char *line;
		bool loose;
	} rows[] = {
		{"From what I saw on Mon Jan  1 00:00:00 2001", true},
		{"From John Doe Mon Jan  1 00:00:00 2001", true},
		{"From a@b (John Doe) Mon Jan  1 00:00:00 2001", true},
		{"From /O=Some Site/OU=First Group/CN=J Mon Jan  1 00:00:00 "
	         "2001",
	         true},
		{"From john at b.example Mon Jan  1 00:00:00 2001", false},
		{"From a@b Mon Jan  1 00:00:00 2001", false},
	};
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_mbox_from from;
		cr_expect(am_mbox_from_parse(&from,
		                             (const uint8_t *)rows[i].line,
		                             strlen(rows[i].line)),
		          "%s", rows[i].line);
		cr_expect_eq(from.loose, rows[i].loose, "%s", rows[i].line);
		cr_expect_eq(from.when.sec, NEW_YEAR, "%s", rows[i].line);
	}
}

Test(mbox_from_line, every_prefix_is_safe)
{
	for (size_t i = 0; i < AM_COUNT(good); i++)
		for (size_t n = 0; n <= strlen(good[i].line); n++) {
			struct am_mbox_from from;
			uint8_t *copy = malloc(n + 1);
			memcpy(copy, good[i].line, n);
			(void)am_mbox_from_parse(&from, copy, n);
			free(copy);
		}
}

Test(mbox_from_line, what_is_written_is_read)
{
	static const char *const senders[] = {
		"a@b", "",       "-",          "john doe@b",   "\"q q\"@b",
		"Mon", "a\nb@c", "2001-01-01", "J\xc3\xb6rg@b"};
	static const int64_t times[] = {0, 1, 978307200, 4102444800,
	                                253402300799};
	for (size_t i = 0; i < AM_COUNT(senders); i++)
		for (size_t k = 0; k < AM_COUNT(times); k++) {
			char line[AM_MBOX_FROM_ROOM];
			struct am_mbox_from from;
			size_t n =
				am_mbox_from_write(line, senders[i], times[k]);
			cr_expect_eq(n, strlen(line));
			cr_expect(!strpbrk(line, "\r\n"));
			cr_expect(am_mbox_from_parse(&from,
			                             (const uint8_t *)line, n),
			          "%s", line);
			cr_expect_eq(from.when.sec, times[k], "%s", line);
			cr_expect_eq(from.kind, AM_MBOX_FROM_PLAIN, "%s", line);
		}
}

/* The usual line is kept as the facts it is made of. */
Test(mbox_from_line, kept_lines_come_back)
{
	static const struct {
		const char *line, *sender;
		bool usual;
	} kept[] = {
		{"From a@b.example Sat Sep  7 05:32:30 2019\n", "a@b.example",
	         true},
		{"From MAILER-DAEMON Sat Sep  7 05:32:30 2019\n", NULL, true},
		{"From <> Sat Sep  7 05:32:30 2019\n", "", true},
		{"From a@b.example Sat Sep  7 05:32:30 2019\r\n", "a@b.example",
	         false},
		{"From a@b.example Sat Sep 07 05:32:30 2019\n", "a@b.example",
	         false},
		{"From <a@b.example> Sat Sep  7 05:32:30 2019\n", "a@b.example",
	         false},
		{"From a@b.example Sat Sep  7 05:32:31 2019\n", "a@b.example",
	         false},
		{"From a@b.example Sat Sep  7 05:32:30 2019", "a@b.example",
	         false},
		{"From \n", NULL, false},
	};
	static const char *const parts[] = {"x"};
	struct am_folder *folder;
	char room[AM_MBOX_FROM_ROOM];
	const char *line;

	cr_assert_eq(am_folder_new(&folder, parts, 1, AM_ROLE_NONE, NULL), 0);
	for (size_t i = 0; i < AM_COUNT(kept); i++) {
		struct am_message *msg;
		size_t len = strlen(kept[i].line);
		cr_assert_eq(am_message_new(&msg, folder, NULL), AM_OK);
		cr_expect_eq(am_mbox_from_kept(msg, room, &line), 0);
		msg->envelope_sender = kept[i].sender;
		msg->received = (struct am_when){1567834350, 0, true};
		am_mbox_from_keep(msg, (const uint8_t *)kept[i].line, len);
		cr_expect_eq(!msg->props[0].len, kept[i].usual, "case %zu", i);
		cr_expect_eq(am_mbox_from_kept(msg, room, &line), len);
		cr_expect(!memcmp(line, kept[i].line, len), "case %zu", i);
		am_message_free(&msg);
	}
	const struct am_folder *shared = folder;
	am_folder_unref(&shared);
}
