/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series of appointments and tasks, groups and the journal, as their parts. */
#include "formats/outlook/pst.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "support/listing.h"
#include "support/pst_sample.h"
#include "support/recurrence.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(pst_series, .fini = am_test_tmpdir_end);

/* The mail of the only message of a file, its folded lines put together. */
static char *mail_in(GByteArray *file)
{
	char *path = am_test_path("x.pst");
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_item item = {0};
	size_t got;
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	cr_assert(am_format_pst.open_source(&src, &where, am_test_ctx(),
	                                    NULL) == 0);
	while (!item.message)
		cr_assert(am_source_next(src, &item, NULL) == 0);
	cr_assert(am_source_load(src, item.message, NULL) == 0);
	size_t size = (size_t)am_blob_size(item.message->raw);
	char *text = g_malloc0(size + 1);
	cr_assert(am_blob_read(item.message->raw, 0, text, size, &got, NULL) ==
	          0);
	am_message_free(&item.message);
	am_source_close(&src);
	g_free(path);
	GString *flat = g_string_new(text);
	g_string_replace(flat, "\r\n ", "", 0);
	g_free(text);
	return g_string_free(flat, FALSE);
}

static char *mail_of(const struct am_test_prop *props, size_t n)
{
	return mail_in(am_test_pst_one(props, n));
}

static void expect_lines(const char *mail, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_expect(strstr(mail, lines[i]), "%s in\n%s", lines[i], mail);
}

Test(pst_series, an_appointment_has_its_rule_zone_and_exceptions)
{
	static const char *const lines[] = {
		"\r\nBEGIN:VTIMEZONE\r\nTZID:Outlook+60\r\n"
		"BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
		"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
		"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n",
		"\r\nDTSTART;TZID=\"Outlook+60\":20200107T100000\r\n"
		"DTEND;TZID=\"Outlook+60\":20200107T110000\r\n"
		"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO;"
		"UNTIL=20200305T090000Z\r\n"
		"EXDATE;TZID=\"Outlook+60\":20200109T100000\r\n",
		"\r\nRECURRENCE-ID;TZID=\"Outlook+60\":20200121T100000\r\n"
		"SUMMARY:sp\xc3\xa4ter\r\n"
		"DTSTART;TZID=\"Outlook+60\":20200122T140000\r\n"
		"DTEND;TZID=\"Outlook+60\":20200122T150000\r\n"
		"LOCATION:garden\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"};
	GByteArray *rule = am_test_weekly(), *zone = am_test_timezone();
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Appointment"),
		AM_TEST_TEXT(0x37, "round table"),
		AM_TEST_BYTES(0x8006, rule->data, rule->len),
		AM_TEST_BYTES(0x8007, zone->data, zone->len)};
	char *mail = mail_of(props, 4);
	/* The text is quoted-printable, for the sake of one letter. */
	GString *plain = g_string_new(mail);
	g_string_replace(plain, "=\r\n", "", 0);
	g_string_replace(plain, "=3D", "=", 0);
	g_string_replace(plain, "=C3=A4", "\xc3\xa4", 0);
	g_string_replace(plain, "\r\n ", "", 0);
	expect_lines(plain->str, lines, AM_COUNT(lines));
	g_string_free(plain, TRUE);
	g_free(mail);
	g_byte_array_free(rule, TRUE);
	g_byte_array_free(zone, TRUE);
}

/* Each kind of rule, as the fields of its blob and as iCalendar has it. */
Test(pst_series, every_kind_of_rule_is_said)
{
	static const struct {
		unsigned frequency, pattern;
		uint32_t period, first, second; /* of the pattern */
		unsigned ends;
		const char *rule;
	} cases[] = {
		{0x200a, 0, 1440, 0, 0, 0x2023, "FREQ=DAILY\r\n"},
		{0x200a, 0, 4320, 0, 0, 0x2022,
	         "FREQ=DAILY;INTERVAL=3;COUNT=9"},
		{0x200a, 1, 1, 0x3e, 0, 0x2023,
	         "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\n"},
		{0x200c, 2, 1, 15, 0, 0x2023, "FREQ=MONTHLY;BYMONTHDAY=15\r\n"},
		{0x200c, 2, 3, 30, 0, 0x2023,
	         "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29,30;BYSETPOS=-1\r\n"},
		{0x200c, 4, 1, 31, 0, 0x2023, "FREQ=MONTHLY;BYMONTHDAY=-1\r\n"},
		{0x200c, 3, 1, 0x20, 2, 0x2023,
	         "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=2\r\n"},
		{0x200c, 3, 1, 0x3e, 5, 0x2023,
	         "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1\r\n"},
		{0x200d, 2, 12, 7, 0, 0x2022,
	         "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=7;COUNT=9\r\n"},
		{0x200d, 3, 24, 4, 1, 0x2023,
	         "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=TU;BYSETPOS=1\r\n"},
		/* By the moon, of no days, on a day no month has. */
		{0x200c, 10, 1, 15, 0, 0x2023, NULL},
		{0x200b, 1, 1, 0, 0, 0x2023, NULL},
		{0x200c, 2, 1, 32, 0, 0x2023, NULL},
		{0x200a, 0, 0, 0, 0, 0x2023, NULL}};
	unsigned n_lost = 0;
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		GByteArray *blob = g_byte_array_new();
		uint8_t b[80] = {4, 0x30, 4, 0x30};
		size_t at = 22;
		am_put_le16(b + 4, (uint16_t)cases[i].frequency);
		am_put_le16(b + 6, (uint16_t)cases[i].pattern);
		am_put_le32(b + 14, cases[i].period);
		if (cases[i].pattern) {
			am_put_le32(b + at, cases[i].first);
			at += 4;
		}
		if (cases[i].pattern == 3) {
			am_put_le32(b + at, cases[i].second);
			at += 4;
		}
		am_put_le32(b + at, cases[i].ends);
		am_put_le32(b + at + 4, 9);
		am_put_le32(b + at + 20, AM_TEST_DAY(2020, 1, 7));
		am_put_le32(b + at + 24, AM_TEST_DAY(2020, 9, 1));
		g_byte_array_append(blob, b, (guint)at + 28);
		const struct am_test_prop props[] = {
			AM_TEST_TEXT(0x1a, "IPM.Task"),
			AM_TEST_TEXT(0x37, "water"),
			AM_TEST_BYTES(0x8008, blob->data, blob->len)};
		char *mail = mail_of(props, 3);
		const char *rule = strstr(mail, "\r\nRRULE:");
		cr_expect(!rule == !cases[i].rule, "%zu: %s", i, mail);
		n_lost += !cases[i].rule;
		cr_expect_eq(am_test_notes("pst.series"), n_lost, "%zu", i);
		if (rule && cases[i].rule) {
			cr_expect(g_str_has_prefix(rule + 8, cases[i].rule),
			          "%zu: %.100s", i, rule);
			cr_expect(strstr(mail, "\r\nDTSTART;VALUE=DATE:"
			                       "20200107\r\n"));
		}
		g_free(mail);
		g_byte_array_free(blob, TRUE);
	}
}

Test(pst_series, a_task_is_a_todo_and_keeps_all_its_properties)
{
	static const char *const lines[] = {
		"Content-Type: text/calendar; charset=utf-8; component=VTODO",
		"\r\nBEGIN:VTODO\r\n",
		"\r\nSUMMARY:water\r\n",
		"\r\nSTATUS:COMPLETED\r\n",
		"\r\nPRIORITY:1\r\n",
		"Content-Type: application/json",
		"0x12345678"};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Task"), AM_TEST_TEXT(0x37, "water"),
		AM_TEST_NUM(0x80050003, 2), AM_TEST_NUM(0x00170003, 2),
		AM_TEST_TEXT(0x6789, "0x12345678")};
	char *mail = mail_of(props, AM_COUNT(props));
	expect_lines(mail, lines, AM_COUNT(lines));
	g_free(mail);
}

Test(pst_series, a_list_of_people_is_a_group_and_the_journal_an_entry)
{
	/* One-off ids ([MS-OXCDATA] 2.2.5.1), two of them. */
	static const uint8_t one[] = {
		0,    0,    0,    0,   0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10,
		0x19, 0x9d, 0x6e, 0,   0xdd, 1,    0x0f, 0x54, 2,    0,    0,
		1,    0x80, 'A',  0,   'n',  0,    'n',  0,    0,    0,    'S',
		0,    'M',  0,    'T', 0,    'P',  0,    0,    0,    'a',  0,
		'@',  0,    'b',  0,   '.',  0,    'c',  0,    0,    0};
	uint8_t list[12 + 2 * sizeof(one)];
	am_put_le32(list, 2);
	am_put_le32(list + 4, 12);
	am_put_le32(list + 8, 12 + sizeof(one));
	memcpy(list + 12, one, sizeof(one));
	memcpy(list + 12 + sizeof(one), one, sizeof(one));
	list[12 + sizeof(one) + 42] = 'z';
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.DistList"),
		AM_TEST_TEXT(0x3001, "friends"),
		{0x80091102, 0, list, sizeof(list)}};
	static const char *const lines[] = {
		"\r\nKIND:group\r\nFN:friends\r\n"
		"MEMBER;X-CN=\"Ann\":mailto:a@b.c\r\n"
		"MEMBER;X-CN=\"Ann\":mailto:z@b.c\r\nEND:VCARD\r\n",
		"application/json"};
	char *mail = mail_of(props, AM_COUNT(props));
	expect_lines(mail, lines, AM_COUNT(lines));
	g_free(mail);
	const struct am_test_prop entry[] = {AM_TEST_TEXT(0x1a, "IPM.Activity"),
	                                     AM_TEST_TEXT(0x37, "call"),
	                                     AM_TEST_TEXT(0x1000, "long")};
	static const char *const journal[] = {
		"\r\nBEGIN:VJOURNAL\r\n", "\r\nSUMMARY:call\r\n",
		"\r\nDESCRIPTION:long\r\n", "component=VJOURNAL"};
	mail = mail_of(entry, AM_COUNT(entry));
	expect_lines(mail, journal, AM_COUNT(journal));
	g_free(mail);
}

static void put_folder(struct am_test_pst *pst, am_pst_nid nid, am_pst_nid up,
                       const uint32_t *items, size_t n, GArray *subs)
{
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x3001, "Contacts")};
	am_test_pst_node(pst, nid, up, am_test_pst_pc(pst, props, 1, subs), 0);
	am_test_pst_node(pst, (nid & ~0x1fu) | 0x0e, 0,
	                 am_test_pst_tc(pst, NULL, 0, items, n, NULL, subs), 0);
}

/* In the card, and beside it as it was. */
Test(pst_series, a_contact_has_its_picture)
{
	static const char *const lines[] = {
		"\r\nPHOTO:data:image/png;base64,iVBORw0K\r\n",
		"filename=\"ContactPicture.jpg\"", "\r\nBEGIN:VCARD\r\n"};
	const struct am_test_prop picture[] = {
		AM_TEST_NUM(0x37050003, 1),
		AM_TEST_TEXT(0x3707, "ContactPicture.jpg"),
		AM_TEST_NUM(0x7fff000b, 1),
		AM_TEST_BYTES(0x3701, "\x89PNG\r\n", 6)};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Contact"),
		AM_TEST_TEXT(0x3001, "Ann Example")};
	struct am_test_pst *pst = am_test_pst_new(AM_PST_UNICODE, 1);
	const uint32_t nid = 0x200024;
	GArray *subs =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
	put_folder(pst, 0x122, 0x122, NULL, 0, subs);
	put_folder(pst, 0x8022, 0x122, &nid, 1, subs);
	struct am_pst_sl_entry entry = {
		0x8005, am_test_pst_pc(pst, picture, 4, subs), 0};
	am_pst_bid data = am_test_pst_pc(pst, props, 2, subs);
	g_array_append_val(subs, entry);
	am_test_pst_node(pst, nid, 0x8022, data, am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
	char *mail = mail_in(am_test_pst_finish(pst));
	expect_lines(mail, lines, AM_COUNT(lines));
	g_free(mail);
}
