/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/item_props.h"

#include "formats/mapi/item_meta.h"
#include "formats/mapi/own_names.h"
#include "mapi_help.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char guid[] = "00062002-0000-0000-C000-000000000046";

static void begin(struct made *m)
{
	static const char mail[] = "Subject: ours\nFrom: a@x.org\n\ntext\n";
	made_init(m, mail, sizeof(mail) - 1, false);
}

static void add(struct made *m, const char *name, const void *value, size_t len)
{
	am_message_add_prop(m->msg, name, value, len);
}

static const struct am_mapi_prop *
find_named(const struct made *m, const char *string, uint32_t number)
{
	for (size_t i = 0; i < m->item->props.n; i++) {
		const struct am_mapi_prop *p = &m->item->props.list[i];
		if (p->name && p->name != &am_own_meta &&
		    p->name != &am_own_original &&
		    !g_strcmp0(p->name->string, string) &&
		    p->name->number == number)
			return p;
	}
	return NULL;
}

Test(outlook_item_props, what_another_item_was_comes_back_on_this_one)
{
	char name[100];
	struct made m;

	begin(&m);
	add(&m, "mapi.0x00600040", "12345678", 8);
	add(&m, "mapi.0x3a08001f",
	    "4\0"
	    "2\0",
	    4);
	g_snprintf(name, sizeof(name), "mapi.%s 0x820d:0040", guid);
	add(&m, name, "abcdefgh", 8);
	g_snprintf(name, sizeof(name), "mapi.%s A word: two:0003", guid);
	add(&m, name, "\1\2\3\4", 4);
	g_snprintf(name, sizeof(name), "mapi.%s Yes:000b", guid);
	add(&m, name, "\1\0", 2);
	made_item(&m);
	const struct am_mapi_prop *p = am_mapi_find(&m.item->props, 0x0060);
	cr_assert(p);
	cr_expect(!memcmp(p->data, "12345678", 8));
	cr_expect_str_eq(made_text(&m.item->props, 0x3a08), "42");
	p = find_named(&m, NULL, 0x820d);
	cr_assert(p);
	cr_expect_eq(p->tag, (uint32_t)AM_MAPI_TIME);
	cr_expect_eq(p->name->set[0], 2);
	cr_expect_eq(p->name->set[1], 0x20);
	cr_expect_eq(p->name->set[15], 0x46);
	cr_expect(!memcmp(p->data, "abcdefgh", 8));
	p = find_named(&m, "A word: two", 0);
	cr_assert(p);
	cr_expect_eq(p->tag, (uint32_t)AM_MAPI_I4);
	p = find_named(&m, "Yes", 0);
	cr_assert(p);
	cr_expect_eq(p->len, 1);
	cr_expect_eq(made_back(&m, NULL), AM_OK);
	made_clear(&m);
}

Test(outlook_item_props, what_the_mail_says_stays_and_strange_ones_are_kept)
{
	static const char *const stay[] = {
		"mapi.0x0e080003", /* a size */
		"mapi.0x0fff0102", /* an id in another store */
		"mapi.0x80050003", /* a name nobody knows */
		"mapi.0x0060001e", /* in a charset nobody knows */
		"mapi.0x00600014", /* of a wrong length */
		"mapi.0x006000",
		"mapi.",
		"mapi.x",
		"mapi.00062002-0000-0000-C000-00000000004 0x820d:0003",
		"mapi.00062002-0000-0000-C000-000000000046 0x820d",
		"mapi.00062002-0000-0000-C000-000000000046 :0003",
		"mapi.0006200x-0000-0000-C000-000000000046 a:0003",
	};
	struct made m;
	size_t n;

	begin(&m);
	made_item(&m);
	n = m.item->props.n;
	made_clear(&m);
	begin(&m);
	add(&m, "mapi.0x0037001f", "o\0", 2);
	for (size_t i = 0; i < AM_COUNT(stay); i++)
		add(&m, stay[i], "1234", 4);
	made_item(&m);
	cr_expect_eq(m.item->props.n, n);
	cr_expect_str_eq(made_text(&m.item->props, AM_PR_SUBJECT), "ours");
	struct am_message *to = NULL;
	cr_assert_eq(am_message_new(&to, m.msg->folder, NULL), AM_OK);
	am_item_meta_read(to, &test_item_container, &m.item->props);
	for (size_t i = 0; i < AM_COUNT(stay); i++)
		cr_expect(am_message_prop(to, stay[i]), "%s", stay[i]);
	am_message_free(&to);
	made_clear(&m);
}

Test(outlook_item_props, a_contact_is_one_again_and_a_mail_a_mail)
{
	static const struct {
		const char *was, *want;
	} list[] = {{"IPM.Contact", "IPM.Contact"},
	            {"IPM.Note", "IPM.Note"},
	            {"IPM.Note.SMIME", "IPM.Note"},
	            {"REPORT.IPM.Note.NDR", "IPM.Note"},
	            {"IPM.Appointment", "IPM.Appointment"}};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		struct made m;
		size_t len;
		begin(&m);
		const uint8_t *wide = am_mapi_utf16_of(
			m.msg->arena, list[i].was, strlen(list[i].was), &len);
		add(&m, "mapi.0x001a001f", wide, len);
		made_item(&m);
		cr_expect_str_eq(made_text(&m.item->props, AM_PR_MESSAGE_CLASS),
		                 list[i].want);
		made_clear(&m);
	}
}

Test(outlook_item_props, ids_of_a_store_become_names)
{
	static const uint8_t guids[16] = {0x02, 0x20, 0x06, 0, 0, 0, 0, 0,
	                                  0xc0, 0,    0,    0, 0, 0, 0, 0x46};
	static const uint8_t entries[] = {0x0d, 0x82, 0, 0, 6, 0, 0, 0};
	struct am_mapi_container in = {
		.names = am_mapi_names_new(guids, sizeof(guids), entries,
	                                   sizeof(entries), NULL, 0)};
	struct made m;

	begin(&m);
	struct am_mapi_props props;
	am_mapi_props_init(&props, m.msg->arena);
	const struct am_mapi_prop list[] = {
		{.tag = 0x80000040,
	         .data = (const uint8_t *)"12345678",
	         .len = 8},
		{.tag = 0x80010003, .data = (const uint8_t *)"1234", .len = 4},
		{.tag = 0x00600040,
	         .data = (const uint8_t *)"12345678",
	         .len = 8},
		{.tag = 0x1000001f, .data = (const uint8_t *)"b\0", .len = 2},
	};
	for (size_t i = 0; i < AM_COUNT(list); i++)
		am_mapi_props_add(&props, &list[i]);
	am_item_props_ride(m.msg, &props, &in);
	cr_expect_eq(m.msg->n_props, 3);
	cr_expect(am_message_prop(
		m.msg,
		"mapi.00062002-0000-0000-C000-000000000046 0x820d:0040"));
	cr_expect(am_message_prop(m.msg, "mapi.0x80010003"));
	cr_expect(am_message_prop(m.msg, "mapi.0x00600040"));
	struct am_mapi_names *names =
		(struct am_mapi_names *)(uintptr_t)in.names;
	am_mapi_names_free(&names);
	made_clear(&m);
}
