/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst.h"

#include "base/bytes.h"
#include "outlook/pst/ndb_layout.h"
#include "support/listing.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(pst, .fini = am_test_tmpdir_end);

static const char *const everything[] = {"deleted=yes", "associated=yes", NULL};

static void write_file(GByteArray *file)
{
	am_test_write("x.pst", file->data, file->len);
}

static char *list(const char *const *options, uint32_t what)
{
	return am_test_list(&am_format_pst, "x.pst", options, what, false);
}

static char *list_of(GByteArray *file, const char *const *options,
                     uint32_t what)
{
	write_file(file);
	g_byte_array_free(file, TRUE);
	return list(options, what);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

Test(pst, folders_in_order_with_their_roles)
{
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL,
	                    AM_LIST_FOLDERS | AM_LIST_MORE);
	GString *folders = g_string_new(NULL);
	char **lines = g_strsplit(got, "\n", -1);
	for (char **l = lines; *l; l++)
		if (g_str_has_prefix(*l, "folder "))
			g_string_append_printf(folders, "%s\n", *l);
	cr_expect_str_eq(folders->str,
	                 "folder Gelöschte Elemente trash\n"
	                 "folder Gesendete Objekte sent\n"
	                 "folder Posteingang inbox\n"
	                 "folder Posteingang/Müller \\/ Söhne -\n"
	                 "folder Contacts -\n"
	                 "folder Calendar -\n"
	                 "folder Tasks -\n",
	                 "%s", folders->str);
	cr_expect(am_test_notes("pst.unlisted") == 1);
	g_string_free(folders, TRUE);
	g_strfreev(lines);
	g_free(got);
}

/* What a store says does not depend on how it is laid out. */
Test(pst, the_three_layouts_give_the_same_mail_and_always_do)
{
	const uint32_t what = AM_LIST_FOLDERS | AM_LIST_FLAGS |
	                      AM_LIST_RECEIVED | AM_LIST_ORIGIN;
	char *unicode = list_of(am_test_pst_sample(AM_PST_UNICODE, 1),
	                        everything, what);
	char *again = list(everything, what);
	char *ost =
		list_of(am_test_pst_sample(AM_PST_OST4K, 0), everything, what);
	char *ansi =
		list_of(am_test_pst_sample(AM_PST_ANSI, 2), everything, what);
	cr_expect_str_eq(unicode, again);
	cr_expect_str_eq(unicode, ost);
	/* But for the types that the dump of a task shows. */
	char **lines[2] = {g_strsplit(unicode, "\n", -1),
	                   g_strsplit(ansi, "\n", -1)};
	cr_assert(g_strv_length(lines[0]) == g_strv_length(lines[1]));
	for (guint i = 0; lines[0][i]; i++)
		if (!strstr(lines[0][i], "outlook-properties.json"))
			cr_expect_str_eq(lines[0][i], lines[1][i]);
	cr_expect(count(unicode, ": \"") == 11);
	g_strfreev(lines[0]);
	g_strfreev(lines[1]);
	g_free(unicode);
	g_free(again);
	g_free(ost);
	g_free(ansi);
}

Test(pst, options_for_what_is_hidden_or_deleted)
{
	static const char *const deleted[] = {"deleted", NULL};
	static const char *const associated[] = {"associated", NULL};
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	char *got;
	write_file(file);
	g_byte_array_free(file, TRUE);
	got = list(NULL, 0);
	cr_expect(count(got, ": \"") == 9);
	cr_expect(!strstr(got, "in no list any more"));
	g_free(got);
	got = list(deleted, 0);
	cr_expect(count(got, ": \"") == 10);
	cr_expect(strstr(got, "in no list any more"));
	g_free(got);
	got = list(associated, AM_LIST_FOLDERS);
	cr_expect(count(got, ": \"") == 10);
	cr_expect(strstr(got, "folder Common Views"));
	cr_expect(strstr(got, "Compact"));
	g_free(got);
}

static char *message_with(const char *listing, const char *what)
{
	char **lines = g_strsplit(listing, "\n", -1), *found = NULL;
	for (char **l = lines; *l && !found; l++)
		if (strstr(*l, what))
			found = g_strcompress(*l);
	g_strfreev(lines);
	cr_assert(found, "no message with %s", what);
	return found;
}

static void expect_in(const char *mail, const char *const *parts, size_t n)
{
	const char *at = mail;
	for (size_t i = 0; i < n; i++) {
		const char *found = strstr(at, parts[i]);
		cr_expect(found, "\"%s\" is not there or not in order in\n%s",
		          parts[i], mail);
		if (found)
			at = found + strlen(parts[i]);
	}
}

Test(pst, received_mail_keeps_its_header_and_gets_a_structure)
{
	static const char *const parts[] = {
		"Received: from mx.example by mail.example; Thu, 2 Jan 2020 "
		"03:04:05 +0000\r\nFrom: Ann Example <ann@a.example>\r\n",
		"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n",
		"X-Own: kept,\r\n\tfolds and all\r\n"
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;",
		"multipart/related;",
		"multipart/alternative;",
		"text/plain; charset=utf-8\r\n",
		"text/html; charset=windows-1252\r\n",
		"Gr=FC=DFe",
		"image/png;",
		"Content-ID: <pic@a.example>\r\n",
		"Content-Disposition: inline",
		"iVBORw0KGgpub3QgcmVhbGx5\r\n",
		"filename*=utf-8''Liste%20f%C3%BCr%20Bob.txt\r\n\r\nenp6"};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL,
	                    AM_LIST_FLAGS | AM_LIST_RECEIVED |
	                            AM_LIST_RECEIVED_FROM);
	char *mail = message_with(got, "X-Own");
	expect_in(mail, parts, AM_COUNT(parts));
	cr_expect(!strstr(mail, "boundary=gone"));
	cr_expect(count(mail, "\r\nMIME-Version:") == 1);
	cr_expect(!strstr(mail, "Synthesized"));
	cr_expect(strstr(mail, "\" seen answered flagged [red] [big] "
	                       "2020-01-02T03:04:05+00:00 "
	                       "mapi.delivery-time"),
	          "%s", strrchr(mail, '"'));
	g_free(mail);
	g_free(got);
}

Test(pst, signed_mail_comes_back_byte_for_byte)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		char *got = list_of(am_test_pst_sample(kind, 0), NULL, 0);
		char *mail = message_with(got, "Re: signed");
		char *want = g_strdup_printf("Message-ID: <two@a.example>\r\n"
		                             "MIME-Version: 1.0\r\n%s\"",
		                             am_test_pst_signed);
		cr_expect(g_str_has_suffix(mail, want), "%s", mail);
		g_free(want);
		g_free(mail);
		g_free(got);
	}
}

Test(pst, sent_mail_is_made_of_its_properties)
{
	static const char *const parts[] = {
		"From: Bob <bob@b.example>\r\n"
		"Sender: Secretary <office@b.example>\r\n"
		"To: \"Ann, the first\" <ann@a.example>,\r\n "
		"=?utf-8?B?Wm/Dqw==?= <zoe@z.example>\r\n"
		"Cc: carl@c.example\r\n"
		"Bcc: Hidden <hidden@h.example>\r\n",
		"Date: 2 Jan 2020 03:24:05 +0000\r\n"
		"Message-ID: <three@b.example>\r\n"
		"In-Reply-To: <one@a.example>\r\n"
		"Importance: high\r\n"
		"X-Mailark-Synthesized: header\r\n",
		"text/html; charset=utf-8\r\n", "<p>sent =C3=A4s HTML</p>"};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL, 0);
	char *mail = message_with(got, "plans for the year");
	expect_in(mail, parts, AM_COUNT(parts));
	g_free(mail);
	g_free(got);
}

Test(pst, messages_in_messages_and_files_elsewhere)
{
	static const char *const parts[] = {
		"From: Bob <IMCEAEX-_O+3DORG_CN+3DRECIPIENTS_CN+3DBOB@outlook."
		"invalid>\r\nSubject: Fw: the one within\r\n",
		"see below",
		"Content-Type: message/rfc822\r\n"
		"Content-Disposition: attachment\r\n\r\n"
		"From: Carl <carl@c.example>\r\nSubject: the one within\r\n",
		"inner words\r\n\r\n--",
		"message/external-body;\r\n access-type=local-file;\r\n "
		"name=\"\\\\\\\\server\\\\share\\\\big.doc\"",
		"--\r\n\" draft forwarded"};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL,
	                    AM_LIST_FLAGS);
	char *mail = message_with(got, "see below");
	expect_in(mail, parts, AM_COUNT(parts));
	g_free(mail);
	g_free(got);
}

Test(pst, sealed_mail_objects_links_and_answers_to_others)
{
	static const char *const sealed[] = {
		"From: Ann <ann@a.example>\r\nSubject: sealed\r\n",
		"Content-Type: application/pkcs7-mime;\r\n "
		"smime-type=\"enveloped-data\";\r\n name=\"smime.p7m\"\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n "
		"filename=\"smime.p7m\"\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n\""};
	static const char *const odd[] = {
		"From: Ann:;\r\nReply-To: D <d@d.examp>\r\n"
		"To: Bob:;,\r\n x@y.example\r\n",
		"X-Outlook-Class: IPM.Post\r\n",
		"quoted-printable\r\n\r\na=01b\r\n",
		"application/x-ole-storage;\r\n name=\"Drawing\"",
		"T0xFIGJ5dGVz\r\n",
		"access-type=URL;\r\n "
		"URL=\"https://w.example/big\""};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL, 0);
	char *mail = message_with(got, "sealed");
	expect_in(mail, sealed, AM_COUNT(sealed));
	g_free(mail);
	mail = message_with(got, "odd attachments");
	expect_in(mail, odd, AM_COUNT(odd));
	g_free(mail);
	g_free(got);
	cr_expect(am_test_notes("pst.attachment") == 0);
	got = list_of(am_test_pst_damaged(), NULL, 0);
	cr_expect(am_test_notes("pst.attachment") == 1);
	mail = message_with(got, "odd attachments");
	cr_expect(strstr(mail, "Here was an attachment, lost.txt, that could "
	                       "not be read: it has no data"));
	g_free(mail);
	g_free(got);
}

Test(pst, contacts_appointments_and_what_else_there_is)
{
	static const char *const card[] = {
		"X-Outlook-Class: IPM.Contact\r\n", "text/vcard",
		"BEGIN:VCARD\r\nVERSION:4.0\r\n"
		"FN:Dr. Ann Example\\; the elder\r\nN:Example;Ann;;;\r\n"
		"ORG:Garden\\, Ltd\r\nTEL;TYPE=\"work,voice\":+49 1\r\n"
		"EMAIL:ann@a.example\r\n"};
	static const char *const event[] = {
		"text/calendar; charset=utf-8; method=PUBLISH",
		"SUMMARY:lunch\r\nDTSTART:20200102T040405Z\r\n"
		"DTEND:20200102T050405Z\r\n",
		"LOCATION:the garden\r\n"};
	static const char *const task[] = {
		"X-Outlook-Class: IPM.Task\r\n", "all of them",
		"application/json",
		"\"name\":\"00062003-0000-0000-C000-000000000046 0x8101\"",
		"\"value\":2}"};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL, 0);
	char *mail = message_with(got, "BEGIN:VCARD");
	expect_in(mail, card, AM_COUNT(card));
	g_free(mail);
	mail = message_with(got, "BEGIN:VEVENT");
	expect_in(mail, event, AM_COUNT(event));
	g_free(mail);
	mail = message_with(got, "water the plants");
	expect_in(mail, task, AM_COUNT(task));
	g_free(mail);
	g_free(got);
}

/* One message of these properties, as text; g_free() it. */
static char *mail_of(const struct am_test_prop *props, size_t n)
{
	char *got = list_of(am_test_pst_one(props, n), NULL, 0);
	char *mail = g_strcompress(got);
	g_free(got);
	return mail;
}

Test(pst, large_text_is_text_all_the_same)
{
	char *text = g_strnfill(300000, 'x');
	for (size_t i = 70; i < 300000; i += 72)
		memcpy(text + i, "\r\n", 2);
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x1a, "IPM.Note"),
	                                     AM_TEST_TEXT(0x1000, text)};
	char *mail = mail_of(props, AM_COUNT(props));
	cr_expect(strstr(mail, "text/plain; charset=utf-8\r\n"
	                       "Content-Transfer-Encoding: 7bit\r\n\r\nxx"));
	cr_expect(strstr(mail, text));
	g_free(mail);
	g_free(text);
}

Test(pst, large_html_is_streamed)
{
	char *text = g_strnfill(300000, 'x');
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_BYTES(0x1013, text, 300000),
		AM_TEST_NUM(0x3fde0003, 65001)};
	char *mail = mail_of(props, AM_COUNT(props));
	cr_expect(strstr(mail, "text/html; charset=utf-8\r\n"
	                       "Content-Transfer-Encoding: base64"));
	cr_expect(count(mail, "eHh4") == 100000);
	g_free(mail);
	g_free(text);
}

Test(pst, the_charset_of_html_is_one_it_can_be_in)
{
	static const struct {
		const char *html;
		int codepage;
		const char *charset;
	} cases[] = {
		{"<p>a", 20127, "us-ascii"},
		{"<p>\xc3\xa4", 20127, "utf-8"},
		{"<meta charset=\"iso-8859-2\">\xe4", 20127, "iso-8859-2"},
		{"<meta charset=\"iso-8859-2\">\xe4", 1252, "windows-1252"},
		{"<p>\xe4", 65001, "utf-8"},
		{"<p>\x82\xa0", 932, "shift_jis"},
		{"<p>\xe4", 0, "windows-1252"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const struct am_test_prop props[] = {
			AM_TEST_TEXT(0x1a, "IPM.Note"),
			AM_TEST_BYTES(0x1013, cases[i].html,
		                      strlen(cases[i].html)),
			AM_TEST_NUM(0x3fde0003, cases[i].codepage)};
		char *mail = mail_of(props, AM_COUNT(props));
		char *want = g_strdup_printf("text/html; charset=%s\r\n",
		                             cases[i].charset);
		cr_expect(strstr(mail, want), "%zu: %s", i, mail);
		g_free(want);
		g_free(mail);
	}
}

Test(pst, rich_text_stays_and_gives_its_words_broken_rtf_is_told)
{
	uint8_t rtf[] =
		"\x1f\0\0\0\x1f\0\0\0MELA\0\0\0\0{\\rtf1 \\b rich words}";
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_BYTES(0x1009, rtf, sizeof(rtf) - 1)};
	rtf[0] = sizeof(rtf) - 1 - 4;
	char *mail = mail_of(props, AM_COUNT(props));
	cr_expect(strstr(mail, "text/plain; charset=utf-8\r\n"));
	cr_expect(strstr(mail, "rich words\r\n--"));
	cr_expect(strstr(mail, "text/rtf\r\n"));
	cr_expect(strstr(mail, "{\\rtf1 \\b rich words}"));
	cr_expect(am_test_notes("pst.body") == 0);
	g_free(mail);
	rtf[8] = 'X';
	mail = mail_of(props, AM_COUNT(props));
	cr_expect(am_test_notes("pst.body") == 1);
	g_free(mail);
}

Test(pst, properties_go_along_unless_they_are_not_wanted)
{
	static const char *const none[] = {"properties=no", NULL};
	char *got = list_of(am_test_pst_sample(AM_PST_UNICODE, 1), NULL,
	                    AM_LIST_MORE);
	cr_expect(strstr(got, "mapi.0x001a001f="));
	cr_expect(!strstr(got, "mapi.0x10130102="));
	g_free(got);
	got = list(none, AM_LIST_MORE);
	cr_expect(!strstr(got, "mapi."));
	g_free(got);
}

/* ---- damage ---- */

/* Where the entry of a block lies in the file's tree of blocks. */
static uint64_t entry_of(const GByteArray *file, am_pst_bid bid, uint64_t *page)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct am_pst_header header;
	struct am_pst_bt_counts counts;
	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	for (uint64_t at = header.bbt.at;;) {
		uint64_t next = 0;
		am_pst_bt_counts_decode(g, &counts,
		                        file->data + at + g->bt_counts);
		for (unsigned i = 0; i < counts.n; i++) {
			uint64_t e = at + (uint64_t)i * counts.entry;
			struct am_pst_bt_index index;
			am_pst_bt_index_decode(g, &index, file->data + e);
			if (!counts.level && index.key == bid) {
				*page = at;
				return e;
			}
			if (counts.level && index.key <= bid)
				next = index.child.at;
		}
		cr_assert(counts.level, "no block %" PRIx64, bid);
		at = next;
	}
}

/* The block is said to lie behind the end of the file. */
static void lose_block(GByteArray *file, am_pst_bid bid)
{
	uint64_t page, e = entry_of(file, bid, &page);
	am_put_le64(file->data + e + 8, UINT64_C(1) << 40);
	am_put_le32(file->data + page + 500,
	            am_pst_crc(file->data + page, 496));
}

/* The data of a node, from its entry in the tree of nodes. */
static struct am_pst_nbt_entry node_of(const GByteArray *file, am_pst_nid nid)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct am_pst_nbt_entry entry = {0};
	struct am_pst_bt_counts counts;
	for (uint64_t at = 512; at + 512 <= file->len; at += 512) {
		if (file->data[at + 496] != 0x81 ||
		    file->data[at + 497] != 0x81)
			continue;
		am_pst_bt_counts_decode(g, &counts,
		                        file->data + at + g->bt_counts);
		for (unsigned i = 0; !counts.level && i < counts.n; i++) {
			am_pst_nbt_entry_decode(g, &entry,
			                        file->data + at + 32 * i);
			if (entry.nid == nid)
				return entry;
		}
	}
	cr_assert_fail("no node %x", nid);
	return entry;
}

Test(pst, a_lost_message_is_named_and_the_rest_is_there)
{
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	lose_block(file, node_of(file, 0x200024).data);
	char *got = list_of(file, NULL, AM_LIST_ORIGIN);
	cr_expect(count(got, ": \"") == 8);
	cr_expect(strstr(got, "failed - 0x200024"), "%s", got);
	g_free(got);
}

Test(pst, a_lost_table_hides_no_message)
{
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	lose_block(file, node_of(file, 0x808e).data);
	char *got = list_of(file, NULL, AM_LIST_ORIGIN);
	cr_expect(count(got, ": \"") == 9);
	cr_expect(am_test_notes("pst.table") == 1);
	g_free(got);
}

Test(pst, a_lost_folder_name_loses_nothing_else)
{
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	lose_block(file, node_of(file, 0x8082).data);
	char *got = list_of(file, NULL, AM_LIST_FOLDERS);
	cr_expect(count(got, ": \"") == 9);
	cr_expect(strstr(got, "folder 8082"), "%s", got);
	cr_expect(am_test_notes("pst.folder") == 1);
	g_free(got);
}

Test(pst, lost_attachments_leave_a_word_and_a_note)
{
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 0);
	/* The second block of the file of 9,000 z: the only one so short. */
	am_pst_bid bid = 0;
	for (uint64_t at = 1024; at + 64 <= file->len && !bid; at += 64) {
		struct am_pst_block_trailer t;
		am_pst_block_trailer_decode(am_pst_geometry(AM_PST_UNICODE), &t,
		                            file->data + at + 48);
		if (t.stored == 9000 - 8176 && !(t.bid & 3))
			bid = t.bid;
	}
	cr_assert(bid);
	lose_block(file, bid);
	char *got = list_of(file, NULL, 0);
	cr_expect(count(got, ": \"") == 9);
	cr_expect(am_test_notes("pst.attachment") == 1);
	char *mail = message_with(got, "X-Own");
	cr_expect(strstr(mail, "filename*=utf-8''Liste"));
	cr_expect(count(mail, "enp6") > 10000 / 5); /* the first block */
	g_free(mail);
	g_free(got);
}

Test(pst, a_message_in_itself_ends)
{
	char *got = list_of(am_test_pst_loop(), NULL, 0);
	cr_expect(count(got, ": \"") == 1);
	cr_expect(am_test_notes("pst.embedded") +
	                  am_test_notes("pst.attachment") ==
	          1);
	cr_expect(strstr(got, "could not be read"), "%s", got);
	g_free(got);
}

/* What lies in the part that is missing fails, one by one. */
Test(pst, cut_off_files_give_what_they_have)
{
	GByteArray *file = am_test_pst_many(AM_PST_UNICODE, 500, 500);
	struct am_pst_header header;
	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	/* The trees lie at the end: over with the first blocks instead. */
	memset(file->data + 20000, 0, 20000);
	char *got = list_of(file, NULL, AM_LIST_ORIGIN);
	size_t good = count(got, ": \""), bad = count(got, "failed ");
	cr_expect(good + bad == 500 && bad > 20 && good > 300, "%zu %zu", good,
	          bad);
	g_free(got);
	/* The root is cut off, and some of the leaves before it. */
	file = am_test_pst_many(AM_PST_UNICODE, 500, 500);
	g_byte_array_set_size(file, (guint)header.nbt.at - 2048);
	got = list_of(file, NULL, AM_LIST_ORIGIN);
	good = count(got, ": \"");
	cr_expect(good > 300 && good < 500, "%zu", good);
	cr_expect(strstr(got, "failed "), "and it is told");
	g_free(got);
	/* All leaves are. */
	file = am_test_pst_many(AM_PST_UNICODE, 500, 500);
	g_byte_array_set_size(file, 20000);
	write_file(file);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_error err = {0};
	cr_expect(am_format_pst.open_source(&src, &where, am_test_ctx(),
	                                    &err) == AM_FATAL);
	cr_expect(strstr(err.text, "outside of the file"), "%s", err.text);
	cr_expect(am_test_notes("pst.truncated") == 2);
	g_free(path);
}

Test(pst, options_that_mean_nothing_are_refused)
{
	static const char *const cases[] = {"codepage=93", "codepage=x",
	                                    "deleted=maybe", "colour=red"};
	GByteArray *file = am_test_pst_sample(AM_PST_UNICODE, 1);
	write_file(file);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const char *options[] = {cases[i], NULL};
		struct am_location where = {.path = path, .options = options};
		struct am_source *src = NULL;
		struct am_error err = {0};
		cr_expect(am_format_pst.open_source(&src, &where, am_test_ctx(),
		                                    &err) < 0,
		          "%s", cases[i]);
		cr_expect(err.kind == AM_E_ARGUMENT, "%s", err.text);
	}
	g_free(path);
}
