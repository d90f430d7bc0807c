/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/message.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static struct am_message *new_message(void)
{
	struct am_folder *folder;
	struct am_message *msg;
	struct am_error err;
	const char *part = "Inbox";

	cr_assert_eq(am_folder_new(&folder, &part, 1, AM_ROLE_INBOX, &err), 0);
	cr_assert_eq(am_message_new(&msg, folder, &err), 0);
	const struct am_folder *mine = folder;
	am_folder_unref(&mine);
	return msg;
}

Test(message, has_labels_that_are_asked_for_as_gmail_does)
{
	static const struct {
		const char *label, *wanted;
		bool is;
	} cases[] = {
		{"Urgent", "urgent", true},
		{"URGENT", "urgen", false},
		{"Gr\303\266\303\237e", "GR\303\226SSE", true},
		{"Category Promotions", "category-promotions", true},
		{"CATEGORY_PROMOTIONS", "category-promotions", true},
		{"Old/Bills", "old-bills", true},
		{"old-bills", "old bills", false},
		{"old bills", "old/bills", false},
		{"\377\376X", "\377\376x", true},
		{"", "", true},
		{"", "-", false},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *label = am_label_fold(cases[i].label);
		char *wanted = am_label_fold(cases[i].wanted);
		cr_expect_eq(am_label_is(label, wanted), cases[i].is, "%s, %s",
		             label, wanted);
		g_free(label);
		g_free(wanted);
	}
}

Test(message, is_empty_at_first_and_holds_its_folder)
{
	struct am_message *msg = new_message();

	cr_assert_str_eq(msg->folder->parts[0], "Inbox");
	cr_assert_eq(msg->size, AM_SIZE_UNKNOWN);
	cr_assert_eq(msg->n_keywords + msg->n_labels + msg->n_props, 0);
	cr_assert_null(msg->raw);
	cr_assert_not(msg->received.known);
	am_message_free(&msg);
	cr_assert_null(msg);
	am_message_free(&msg);
}

Test(message, needs_a_folder)
{
	struct am_message *msg;
	struct am_error err;

	cr_assert_eq(am_message_new(&msg, NULL, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
}

Test(message, does_not_list_a_word_twice)
{
	struct am_message *msg = new_message();

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			char *s = g_strdup_printf("label %d", i);
			am_message_add_label(msg, s);
			am_message_add_keyword(msg, i % 2 ? "odd" : "even");
			g_free(s);
		}
	}
	cr_assert_eq(msg->n_labels, 1000);
	cr_assert_str_eq(msg->labels[999], "label 999");
	cr_assert_eq(msg->n_keywords, 2);
	cr_assert_str_eq(msg->keywords[0], "even");
	am_message_free(&msg);
}

Test(message, goes_on_from_an_array_a_source_set)
{
	struct am_message *msg = new_message();
	static const char *const own[] = {"a", "b", "c"};

	msg->keywords = own;
	msg->n_keywords = 3;
	am_message_add_keyword(msg, "b");
	am_message_add_keyword(msg, "d");
	cr_assert_eq(msg->n_keywords, 4);
	cr_assert_str_eq(msg->keywords[2], "c");
	cr_assert_str_eq(msg->keywords[3], "d");
	am_message_free(&msg);
}

Test(message, keeps_properties_of_any_bytes)
{
	struct am_message *msg = new_message();

	for (int i = 0; i < 20; i++)
		am_message_add_prop(msg, i ? "x" : "first", "a\0b", 3);
	am_message_add_prop(msg, "none", NULL, 0);
	cr_assert_eq(msg->n_props, 21);
	const struct am_prop *p = am_message_prop(msg, "first");
	cr_assert_eq(p->len, 3);
	cr_assert_eq(memcmp(p->value, "a\0b", 4), 0);
	cr_assert_eq(am_message_prop(msg, "none")->len, 0);
	cr_assert_null(am_message_prop(msg, "missing"));
	am_message_free(&msg);
}

Test(message, copies_all_that_travels_beside_the_bytes)
{
	struct am_message *from = new_message(), *to = new_message();
	struct am_when when = {.sec = 5, .offset_min = 60, .known = true};

	am_message_add_keyword(to, "gone");
	from->flags = AM_SEEN | AM_JUNK;
	from->uid = 7;
	from->size = 100;
	from->exactness = AM_GUESSED;
	from->received = when;
	from->received_from = "imap";
	from->envelope_sender = "";
	am_message_add_keyword(from, "k");
	am_message_add_label(from, "l");
	am_message_add_prop(from, "p", "v", 1);
	am_message_add_date(from, "header.date", &when);
	am_message_copy_meta(to, from);
	am_message_free(&from);

	cr_assert_eq(to->flags, AM_SEEN | AM_JUNK);
	cr_assert_eq(to->uid, 7);
	cr_assert_eq(to->size, 100);
	cr_assert_eq(to->exactness, AM_GUESSED);
	cr_assert_eq(to->received.sec, 5);
	cr_assert_str_eq(to->received_from, "imap");
	cr_assert_str_eq(to->envelope_sender, "");
	cr_assert_eq(to->n_keywords, 1);
	cr_assert_str_eq(to->keywords[0], "k");
	cr_assert_str_eq(to->labels[0], "l");
	cr_assert_str_eq(am_message_prop(to, "p")->value, "v");
	cr_assert_eq(to->n_dates, 1);
	cr_assert_str_eq(to->dates[0].from, "header.date");
	am_message_add_keyword(to, "more");
	cr_assert_eq(to->n_keywords, 2);
	am_message_free(&to);
}

Test(message, names_flags_and_exactness_both_ways)
{
	enum am_flag flag;
	int n = 0;

	for (unsigned bit = 1; bit <= AM_JUNK; bit <<= 1, n++) {
		const char *name = am_flag_name((enum am_flag)bit);
		cr_assert_not_null(name);
		cr_assert(am_flag_parse(name, &flag));
		cr_assert_eq(flag, bit);
	}
	cr_assert_eq(n, AM_FLAG_COUNT);
	cr_assert(am_flag_parse("SEEN", &flag));
	cr_assert_not(am_flag_parse("see", &flag));
	cr_assert_null(am_flag_name(AM_SEEN | AM_JUNK));
	cr_assert_str_eq(am_exactness_name(AM_SYNTHESISED), "synthesised");
	cr_assert_null(am_exactness_name((enum am_exactness)9));
}
