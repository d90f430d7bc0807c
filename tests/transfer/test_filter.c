/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/filter.h"

#include "base/blob.h"
#include "model/folder.h"
#include "model/format.h"
#include "model/source.h"
#include "transfer/loss.h"
#include "transfer/registry.h"
#include "transfer/report.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

#define NOW 1600000000 /* 2020-09-13T12:26:40Z */

Test(filter, understands_dates)
{
	static const struct {
		const char *text, *first, *last; /* NULL: no date */
	} cases[] = {
		{"2020", "2020-01-01T00:00:00+00:00",
	         "2020-12-31T23:59:59+00:00"},
		{"2020-02", "2020-02-01T00:00:00+00:00",
	         "2020-02-29T23:59:59+00:00"},
		{"2020-12", "2020-12-01T00:00:00+00:00",
	         "2020-12-31T23:59:59+00:00"},
		{"2020-05-01", "2020-05-01T00:00:00+00:00",
	         "2020-05-01T23:59:59+00:00"},
		{"2020-05-01T12:00:00Z", "2020-05-01T12:00:00+00:00",
	         "2020-05-01T12:00:00+00:00"},
		{"3d", "2020-09-10T12:26:40+00:00",
	         "2020-09-10T12:26:40+00:00"},
		{"2w", "2020-08-30T12:26:40+00:00",
	         "2020-08-30T12:26:40+00:00"},
		{"1y", "2019-09-14T12:26:40+00:00",
	         "2019-09-14T12:26:40+00:00"},
		{"2020-02-31", NULL, NULL},
		{"2020-13", NULL, NULL},
		{"20", NULL, NULL},
		{"2020-", NULL, NULL},
		{"d", NULL, NULL},
		{"3x", NULL, NULL},
		{"", NULL, NULL},
		{"yesterday", NULL, NULL},
		{"999999999999d", NULL, NULL},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		for (int end = 0; end < 2; end++) {
			const char *want = end ? cases[i].last : cases[i].first;
			struct am_when when = {0};
			struct am_error err = {0};
			char iso[AM_TIME_ROOM];
			int r = am_filter_date(cases[i].text, end, NOW, &when,
			                       &err);
			cr_expect_eq(r, want ? AM_OK : AM_FAILED, "%s",
			             cases[i].text);
			am_time_iso(&when, iso);
			if (want)
				cr_expect_str_eq(iso, want, "%s",
				                 cases[i].text);
			else
				cr_expect_eq(err.kind, AM_E_ARGUMENT);
		}
}

static struct am_message *make(const char *folder, const char *bytes)
{
	struct am_message *msg = NULL;
	struct am_folder *f = NULL;

	cr_assert_eq(am_folder_new(&f, &folder, 1, AM_ROLE_NONE, NULL), AM_OK);
	cr_assert_eq(am_message_new(&msg, f, NULL), AM_OK);
	const struct am_folder *drop = f;
	am_folder_unref(&drop);
	msg->size = AM_SIZE_UNKNOWN;
	if (bytes) {
		cr_assert_eq(
			am_blob_copy(&msg->raw, bytes, strlen(bytes), NULL),
			AM_OK);
		msg->size = strlen(bytes);
	}
	return msg;
}

Test(filter, chooses_by_folder_flag_size_and_date)
{
	static const char *const work[] = {"Wor*"};
	struct am_message *msg =
		make("Work", "Date: 6 Jan 2020 00:00 +0000\n\nx\n");
	struct am_when y2020, y2021;

	cr_assert_eq(am_filter_date("2020", false, NOW, &y2020, NULL), AM_OK);
	cr_assert_eq(am_filter_date("2021", false, NOW, &y2021, NULL), AM_OK);
	msg->flags = AM_SEEN;
	const struct {
		struct am_filter filter;
		bool want;
	} cases[] = {
		{{0}, true},
		{{.n_folders = 1, .folders = work}, true},
		{{.n_exclude = 1, .exclude = work}, false},
		{{.larger = 5}, true},
		{{.larger = 500}, false},
		{{.smaller = 500}, true},
		{{.smaller = 5}, false},
		{{.since = y2020}, true},
		{{.since = y2021}, false},
		{{.until = y2021}, true},
		{{.until = y2020}, false},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cr_expect_eq(am_filter_wants(&cases[i].filter, msg, true),
		             cases[i].want, "case %zu", i);
	}
	am_message_free(&msg);
}

Test(filter, waits_for_the_bytes_where_they_decide)
{
	struct am_message *msg = make("Work", NULL);
	struct am_filter f = {.larger = 100};

	cr_expect(am_filter_wants(&f, msg, false), "size not known yet");
	f = (struct am_filter){.since = {.sec = NOW, .known = true}};
	cr_expect(am_filter_wants(&f, msg, false), "date not known yet");
	msg->received = (struct am_when){.sec = NOW - 1, .known = true};
	cr_expect_not(am_filter_wants(&f, msg, false), "it is known");
	am_message_free(&msg);

	msg = make("Work", "Subject: no date at all\n\n");
	cr_expect_not(am_filter_wants(&f, msg, true));
	am_message_free(&msg);
}

static void collect(void *user, const char *code, const char *sentence)
{
	g_string_append_printf(user, "%s|%s\n", code, sentence);
}

static void collect_codes(void *user, const char *code, const char *sentence)
{
	(void)sentence;
	g_string_append_printf(user, "%s ", code);
}

Test(loss, depends_on_the_options_of_the_target)
{
	static const struct {
		const char *option, *said;
	} rows[] = {
		{NULL, ""},
		{"as-imported", ""},
		{"state=none", "loss.keywords loss.labels "},
		{"labels=first", "loss.labels "},
	};
	const struct am_format *archive = am_format_find("archive");
	const struct am_format *mbox = am_format_find("mbox");
	struct am_source src = {.n_with_keywords = 3, .n_with_labels = 2};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		const char *options[] = {rows[i].option, NULL};
		struct am_location where = {.path = "x", .options = options};
		GString *said = g_string_new(NULL);

		am_loss_explain(archive, &src, mbox, &where, collect_codes,
		                said);
		cr_expect_str_eq(said->str, rows[i].said, "%s: %s",
		                 rows[i].option, said->str);
		g_string_free(said, TRUE);
	}
}

Test(loss, says_once_what_the_target_cannot_hold)
{
	const struct am_format from = {
		.name = "from",
		.keeps = AM_KEEPS_BYTES | AM_KEEPS_FLAGS | AM_KEEPS_LABELS |
	                 AM_KEEPS_KEYWORDS};
	const struct am_format to = {
		.name = "to", .keeps = AM_KEEPS_BYTES | AM_KEEPS_RECEIVED};
	const struct am_source src = {.n_with_labels = 412,
	                              .n_with_keywords = 1};
	const struct am_source none = {0};
	GString *said = g_string_new(NULL);

	am_loss_explain(&from, &src, &to, NULL, collect, said);
	cr_expect_str_eq(
		said->str,
		"loss.keywords|to: the keywords of 1 message are not kept\n"
		"loss.labels|to: the labels of 412 messages are not kept\n");
	g_string_truncate(said, 0);
	am_loss_explain(&to, &src, &to, NULL, collect, said);
	/* Nobody has them, or nobody knows. */
	am_loss_explain(&from, &none, &to, NULL, collect, said);
	cr_expect_str_eq(said->str, "");
	g_string_free(said, TRUE);
	char *words = am_keeps_words(AM_KEEPS_BYTES | AM_KEEPS_FLAGS);
	cr_expect_str_eq(words, "bytes, flags");
	g_free(words);
}

Test(loss, labels_become_what_the_target_is_told)
{
	static const struct am_option options[] = {
		{"labels", "folders|first|keywords", "", "folders"}, {0}};
	const struct am_format from = {.name = "from",
	                               .keeps = AM_KEEPS_LABELS};
	const struct am_format to = {.name = "to", .options = options};
	const struct am_source src = {.n_with_labels = 412};
	static const struct {
		const char *option, *said;
	} table[] = {
		{NULL, "loss.labels-copied|to: 412 messages with labels will "
	               "be written once more for each label\n"},
		{"labels=first", "loss.labels|to: 412 messages with labels "
	                         "will be written once; their labels are not "
	                         "kept\n"},
		{"labels=keywords", "loss.labels-keywords|to: 412 messages "
	                            "with labels will have them as keywords\n"},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		const char *given[] = {table[i].option, NULL};
		struct am_location where = {.path = "x", .options = given};
		GString *said = g_string_new(NULL);
		am_loss_explain(&from, &src, &to, &where, collect, said);
		cr_expect_str_eq(said->str, table[i].said);
		g_string_free(said, TRUE);
	}
}

Test(loss, is_summed_up_with_what_was_counted)
{
	static const struct am_option options[] = {
		{"labels", "folders|first|keywords", "", "folders"}, {0}};
	const struct am_format to = {.name = "to", .options = options};
	const struct am_location where = {.path = "x"};
	static const char *const nothing[] = {NULL};
	static const char *const labels[] = {"loss.labels-copied",
	                                     "loss.keywords", NULL};
	struct am_report *report = am_report_new();
	GString *said = g_string_new(NULL);

	am_report_note(report, "loss.sender", 1);
	am_report_note(report, "loss.labels", 2);
	am_report_note(report, "loss.keywords", 3);
	am_report_note(report, "other.thing", 4);
	am_loss_sum_up(&to, &where, report, nothing, collect, said);
	cr_expect_str_eq(
		said->str,
		"loss.keywords|to: the keywords of 3 messages are not kept\n"
		"loss.labels-copied|to: 2 messages with labels were written "
		"once more for each label\n"
		"loss.sender|to: the envelope sender of 1 message is not "
		"kept\n",
		"%s", said->str);
	g_string_truncate(said, 0);
	am_loss_sum_up(&to, &where, report, labels, collect, said);
	cr_expect_str_eq(said->str, "loss.sender|to: the envelope sender of 1 "
	                            "message is not kept\n");
	g_string_free(said, TRUE);
	am_report_free(&report);
}

static void note(void *user, const struct am_note *n)
{
	cr_expect_eq(n->level, AM_NOTE_LOSS);
	g_string_append_printf(user, "%s ", n->code);
}

Test(loss, counts_only_what_a_message_has)
{
	struct am_message *msg = make("Work", "x");
	GString *codes = g_string_new(NULL);
	struct am_ctx ctx = {.on_note = note, .user = codes};

	am_loss_count(&ctx, AM_KEEPS_FOLDERS, msg);
	cr_expect_str_eq(codes->str, "");
	msg->flags = AM_SEEN;
	am_message_add_label(msg, "L");
	am_loss_count(&ctx, AM_KEEPS_FLAGS, msg);
	cr_expect_str_eq(codes->str, "loss.labels loss.folders ");
	g_string_free(codes, TRUE);
	am_message_free(&msg);
}
