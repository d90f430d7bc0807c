/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/item_meta.h"

#include "formats/mapi/mapi_meta.h"
#include "formats/mapi/own_names.h"
#include "mapi_help.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char mail[] = "Subject: a\nDate: Thu, 2 Jan 2020 03:04:05 +0100\n"
			   "\ntext\n";

/* What comes back of a message's facts. */
static struct am_message *again(const struct made *m)
{
	struct am_message *to = NULL;
	const struct am_mapi_props *props = &m->item->props;
	const struct am_mapi_prop *words =
		am_own_find(NULL, props, &am_own_keywords);

	cr_assert_eq(am_message_new(&to, m->msg->folder, NULL), AM_OK);
	am_mapi_meta(to, props, 0);
	for (size_t i = 0; words && am_mapi_text_at(props, words, i); i++)
		am_message_add_keyword(to, am_mapi_text_at(props, words, i));
	am_item_meta_read(to, &test_item_container, props);
	return to;
}

static void begin(struct made *m)
{
	made_init(m, mail, sizeof(mail) - 1, false);
	m->msg->origin = "here:7";
}

static char *words(size_t n, const char *const *list)
{
	GString *text = g_string_new(NULL);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(text, "%s|", list[i]);
	return g_string_free(text, FALSE);
}

static void expect_words(size_t n, const char *const *list, const char *want)
{
	char *have = words(n, list);
	cr_expect_str_eq(have, want);
	g_free(have);
}

static void set_int(struct made *m, unsigned id, int32_t value)
{
	struct am_mapi_props *props = &m->item->props;
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].tag >> 16 == id)
			props->list[i] = props->list[--props->n];
	am_mapi_put_int(props, id, value);
	am_mapi_props_sort(props);
}

Test(outlook_item_meta, every_combination_of_flags_comes_back)
{
	for (uint32_t flags = 0; flags < 1u << AM_FLAG_COUNT; flags++) {
		struct made m;
		begin(&m);
		m.msg->flags = flags;
		made_item(&m);
		struct am_message *to = again(&m);
		cr_expect_eq(to->flags, flags);
		am_message_free(&to);
		made_clear(&m);
	}
}

Test(outlook_item_meta, outlook_sees_flags_as_its_own)
{
	struct made m;

	begin(&m);
	m.msg->flags = AM_SEEN | AM_ANSWERED | AM_FLAGGED;
	made_item(&m);
	cr_expect_eq(made_int(&m.item->props, AM_PR_MESSAGE_FLAGS), 1);
	cr_expect_eq(made_int(&m.item->props, AM_PR_ICON_INDEX), 0x105);
	cr_expect_eq(made_int(&m.item->props, AM_PR_LAST_VERB), 102);
	cr_expect_eq(made_int(&m.item->props, AM_PR_FLAG_STATUS), 2);
	made_clear(&m);
}

Test(outlook_item_meta, a_flag_changed_in_outlook_wins)
{
	struct made m;

	begin(&m);
	m.msg->flags = AM_SEEN | AM_JUNK | AM_FLAGGED;
	made_item(&m);
	set_int(&m, AM_PR_MESSAGE_FLAGS, 0);
	set_int(&m, AM_PR_LAST_VERB, 103);
	struct am_message *to = again(&m);
	cr_expect_eq(to->flags, (uint32_t)(AM_JUNK | AM_FLAGGED | AM_ANSWERED));
	am_message_free(&to);
	made_clear(&m);
}

Test(outlook_item_meta, keywords_and_labels_are_kept_apart)
{
	struct made m;

	begin(&m);
	am_message_add_keyword(m.msg, "work");
	am_message_add_keyword(m.msg, "both");
	am_message_add_label(m.msg, "Reise/2020, \xc3\x9c");
	am_message_add_label(m.msg, "both");
	made_item(&m);
	const struct am_mapi_prop *all =
		am_own_find(NULL, &m.item->props, &am_own_keywords);
	cr_assert(all);
	cr_expect_str_eq(am_mapi_text_at(&m.item->props, all, 2),
	                 "Reise/2020, \xc3\x9c");
	cr_expect_null(am_mapi_text_at(&m.item->props, all, 3));
	struct am_message *to = again(&m);
	expect_words(to->n_keywords, to->keywords, "work|both|");
	expect_words(to->n_labels, to->labels, "Reise/2020, \xc3\x9c|both|");
	am_message_free(&to);
	made_clear(&m);
}

/* Categories are changed in Outlook: one goes, one comes. */
Test(outlook_item_meta, a_category_changed_in_outlook_wins)
{
	static const char *const now[] = {"label", "new"};
	struct made m;

	begin(&m);
	am_message_add_keyword(m.msg, "gone");
	am_message_add_label(m.msg, "label");
	am_message_add_label(m.msg, "gone too");
	made_item(&m);
	struct am_mapi_props *props = &m.item->props;
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].name == &am_own_keywords)
			props->list[i] = props->list[--props->n];
	am_mapi_put_named_texts(props, &am_own_keywords, now, 2);
	am_mapi_props_sort(props);
	struct am_message *to = again(&m);
	expect_words(to->n_keywords, to->keywords, "new|");
	expect_words(to->n_labels, to->labels, "label|");
	am_message_free(&to);
	made_clear(&m);
}

Test(outlook_item_meta, everything_else_beside_the_bytes)
{
	const struct am_when when = {1577930645, -90, true};
	struct made m;

	begin(&m);
	m.msg->received = when;
	m.msg->received_from = "imap";
	m.msg->envelope_sender = "";
	m.msg->uid = 7;
	m.msg->uidvalidity = 4000000000u;
	m.msg->exactness = AM_GUESSED;
	am_message_add_date(m.msg, "mbox.from", &when);
	am_message_add_prop(m.msg, "x.bytes", "a\0b", 3);
	made_item(&m);
	struct am_message *to = again(&m);
	cr_expect_eq(to->received.sec, when.sec);
	cr_expect_eq(to->received.offset_min, -90);
	cr_expect_str_eq(to->received_from, "imap");
	cr_expect_str_eq(to->envelope_sender, "");
	cr_expect_eq(to->uid, 7);
	cr_expect_eq(to->uidvalidity, 4000000000u);
	cr_expect_eq(to->exactness, AM_GUESSED);
	cr_assert_eq(to->n_dates, 1);
	cr_expect_str_eq(to->dates[0].from, "mbox.from");
	cr_expect_eq(to->dates[0].when.offset_min, -90);
	const struct am_prop *p = am_message_prop(to, "x.bytes");
	cr_assert(p);
	cr_expect_eq(p->len, 3);
	cr_expect(!memcmp(p->value, "a\0b", 3));
	p = am_message_prop(to, "mailark.origin");
	cr_expect(p && p->len == 6);
	am_message_free(&to);
	made_clear(&m);
}

/* Outlook needs a delivery time; that there was none is kept all the same. */
Test(outlook_item_meta, an_unknown_received_date_stays_unknown)
{
	struct am_when shown;
	struct made m;

	begin(&m);
	made_item(&m);
	cr_expect(am_mapi_time(&m.item->props, AM_PR_DELIVERY_TIME, &shown));
	cr_expect_eq(shown.sec, 1577930645);
	struct am_message *to = again(&m);
	cr_expect(!to->received.known);
	am_message_free(&to);
	made_clear(&m);
}

/* From PST to PST to PST nothing piles up. */
Test(outlook_item_meta, a_property_is_not_there_twice)
{
	struct am_message *to = NULL;
	struct made m;

	begin(&m);
	am_message_add_prop(m.msg, "mapi.0x0e080003", "old!", 4);
	made_item(&m);
	cr_assert_eq(am_message_new(&to, m.msg->folder, NULL), AM_OK);
	am_message_add_prop(to, "mapi.0x0e080003", "new!", 4);
	am_item_meta_read(to, &test_item_container, &m.item->props);
	cr_expect_eq(to->n_props, 2); /* and mailark.origin */
	cr_expect(!memcmp(to->props[0].value, "new!", 4));
	am_message_free(&to);
	made_clear(&m);
}

Test(outlook_item_meta, damaged_facts_do_no_harm)
{
	struct made m;

	begin(&m);
	m.msg->flags = AM_SEEN;
	am_message_add_keyword(m.msg, "k");
	am_message_add_prop(m.msg, "x.y", "z", 1);
	made_item(&m);
	const struct am_mapi_prop *p =
		am_own_find(NULL, &m.item->props, &am_own_meta);
	uint8_t *bytes = (uint8_t *)(uintptr_t)p->data;
	for (size_t i = 0; i < p->len; i++) {
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			bytes[i] ^= (uint8_t)bit;
			struct am_message *to = again(&m);
			cr_assert_lt(to->flags, 1u << AM_FLAG_COUNT);
			cr_assert_leq(to->exactness, AM_SYNTHESISED);
			am_message_free(&to);
			bytes[i] ^= (uint8_t)bit;
		}
	}
	made_clear(&m);
}
