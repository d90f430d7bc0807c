/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/pst_sample.h"

#include "base/bytes.h"

#include <string.h>

enum {
	ROOT = 0x122,
	TOP = 0x8022,
	TRASH = 0x8042,
	SENT = 0x8062,
	INBOX = 0x8082,
	BELOW = 0x80a2,
	CONTACTS = 0x80c2,
	CALENDAR = 0x80e2,
	TASKS = 0x8102,
	VIEWS = 0x8122
};

/* 2020-01-02 03:04:05 and so many minutes, in 100 ns since 1601. */
#define AT(minutes) (INT64_C(132224078450000000) + (minutes)*INT64_C(600000000))

struct store {
	struct am_test_pst *pst;
	bool ansi, damaged;
	am_pst_nid next_message;
};

static GArray *new_subs(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
}

/* Strings as the store has them; what was made is in `made`. */
static struct am_test_prop *native(const struct store *s,
                                   const struct am_test_prop *props, size_t n,
                                   GPtrArray *made)
{
	struct am_test_prop *copy = g_memdup2(props, n * sizeof(*props));

	for (size_t i = 0; s->ansi && i < n; i++) {
		gsize len;
		char *text;
		if ((copy[i].tag & 0xffff) != 0x1f)
			continue;
		text = g_convert(copy[i].bytes, -1, "windows-1252", "UTF-8",
		                 NULL, &len, NULL);
		g_assert(text);
		g_ptr_array_add(made, text);
		copy[i].tag ^= 1;
		copy[i].bytes = text;
		copy[i].len = len;
	}
	return copy;
}

static am_pst_bid put_pc(struct store *s, const struct am_test_prop *props,
                         size_t n, GArray *subs)
{
	GPtrArray *made = g_ptr_array_new_with_free_func(g_free);
	struct am_test_prop *own = native(s, props, n, made);
	am_pst_bid bid = am_test_pst_pc(s->pst, own, n, subs);

	g_free(own);
	g_ptr_array_free(made, TRUE);
	return bid;
}

/* A table of row ids alone. */
static void put_table(struct store *s, am_pst_nid nid, const uint32_t *ids,
                      size_t n)
{
	GArray *subs = new_subs();
	am_pst_bid data = am_test_pst_tc(s->pst, NULL, 0, ids, n, NULL, subs);

	am_test_pst_node(s->pst, nid, 0, data, am_test_pst_sub(s->pst, subs));
	g_array_free(subs, TRUE);
}

static void put_folder(struct store *s, am_pst_nid nid, am_pst_nid parent,
                       const char *name, const char *class,
                       const uint32_t *items, size_t n)
{
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x3001, name),
	                                     AM_TEST_NUM(0x36020003, (int)n),
	                                     AM_TEST_TEXT(0x3613, class)};
	GArray *subs = new_subs();
	am_pst_bid data = put_pc(s, props, *class ? 3 : 2, subs);

	am_test_pst_node(s->pst, nid, parent, data, 0);
	g_array_free(subs, TRUE);
	put_table(s, (nid & ~0x1fu) | 0x0e, items, n);
}

/* ---- messages ---- */

struct recipient {
	int kind;
	const char *name, *address;
};

static void add_recipients(struct store *s, GArray *subs,
                           const struct recipient *list, size_t n)
{
	enum { COLUMNS = 4 };
	const uint32_t tags[COLUMNS] = {0x0c150003, 0x3001001f, 0x3002001f,
	                                0x3003001f};
	struct am_test_prop *cells = g_new0(struct am_test_prop, n * COLUMNS);
	uint32_t columns[COLUMNS], *ids = g_new(uint32_t, n);
	GPtrArray *made = g_ptr_array_new_with_free_func(g_free);
	GArray *below = new_subs();

	for (size_t i = 0; i < n; i++) {
		struct am_test_prop *c = cells + i * COLUMNS;
		ids[i] = (uint32_t)i + 1;
		c[0] = (struct am_test_prop)AM_TEST_NUM(0x0c150003,
		                                        list[i].kind);
		c[1] = (struct am_test_prop)AM_TEST_TEXT(0x3001, list[i].name);
		c[2] = (struct am_test_prop)AM_TEST_TEXT(0x3002, "SMTP");
		c[3] = (struct am_test_prop)AM_TEST_TEXT(0x3003,
		                                         list[i].address);
	}
	for (size_t i = 0; i < COLUMNS; i++)
		columns[i] = tags[i] - (s->ansi && (tags[i] & 0xffff) == 0x1f);
	struct am_test_prop *own = native(s, cells, n * COLUMNS, made);
	am_pst_bid data =
		am_test_pst_tc(s->pst, columns, COLUMNS, ids, n, own, below);
	struct am_pst_sl_entry entry = {0x692, data,
	                                am_test_pst_sub(s->pst, below)};
	g_array_append_val(subs, entry);
	g_array_free(below, TRUE);
	g_ptr_array_free(made, TRUE);
	g_free(own);
	g_free(cells);
	g_free(ids);
}

static void add_attachment(struct store *s, GArray *subs,
                           const struct am_test_prop *props, size_t n,
                           const struct am_pst_sl_entry *inside)
{
	GArray *below = new_subs();
	struct am_pst_sl_entry entry = {(am_pst_nid)(0x400 + subs->len) << 5 |
	                                        5,
	                                put_pc(s, props, n, below), 0};

	if (inside)
		g_array_append_val(below, *inside);
	entry.sub = am_test_pst_sub(s->pst, below);
	g_array_append_val(subs, entry);
	g_array_free(below, TRUE);
}

static am_pst_nid put_message(struct store *s, am_pst_nid folder,
                              const struct am_test_prop *props, size_t n,
                              GArray *subs)
{
	am_pst_nid nid = s->next_message << 5 | 4;
	GArray *own = subs ? subs : new_subs();
	am_pst_bid data = put_pc(s, props, n, own);

	s->next_message++;
	am_test_pst_node(s->pst, nid, folder, data,
	                 am_test_pst_sub(s->pst, own));
	g_array_free(own, TRUE);
	return nid;
}

/* Received mail: text, HTML, a picture in it and a file beside it. */
static am_pst_nid put_received(struct store *s)
{
	static const char headers[] =
		"Received: from mx.example by mail.example; Thu, 2 Jan 2020 "
		"03:04:05 +0000\r\n"
		"From: Ann Example <ann@a.example>\r\n"
		"To: Bob <bob@b.example>\r\n"
		"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
		"Date: Thu, 2 Jan 2020 04:04:00 +0100\r\n"
		"Message-ID: <one@a.example>\r\n"
		"X-Own: kept,\r\n\tfolds and all\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=gone\r\n\r\n";
	static const char html[] = "<html><body><p>Gr\xfc\xdf"
				   "e <img "
				   "src=\"cid:pic@a.example\"></body></html>";
	static const uint8_t keywords[] = {2,   0, 0,   0, 12,  0, 0,   0,
	                                   18,  0, 0,   0, 'r', 0, 'e', 0,
	                                   'd', 0, 'b', 0, 'i', 0, 'g', 0};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "\001\001Grüße"),
		AM_TEST_TEXT(0x7d, headers),
		AM_TEST_NUM(0x0e070003, 0x11),
		AM_TEST_NUM(0x10810003, 102),
		AM_TEST_NUM(0x10900003, 2),
		AM_TEST_NUM(0x0e060040, AT(0)),
		AM_TEST_NUM(0x00390040, AT(-1)),
		AM_TEST_TEXT(0x1000, "Grüße\r\n"),
		AM_TEST_BYTES(0x1013, html, sizeof(html) - 1),
		AM_TEST_NUM(0x3fde0003, 1252),
		{0x8000101f, 0, keywords, sizeof(keywords)}};
	const struct am_test_prop picture[] = {
		AM_TEST_NUM(0x37050003, 1),
		AM_TEST_BYTES(0x3701, "\x89PNG\r\n\x1a\nnot really", 18),
		AM_TEST_TEXT(0x3707, "dot.png"),
		AM_TEST_TEXT(0x370e, "image/png"),
		AM_TEST_TEXT(0x3712, "pic@a.example")};
	char *text = g_strnfill(9000, 'z');
	const struct am_test_prop file[] = {
		AM_TEST_NUM(0x37050003, 1), AM_TEST_BYTES(0x3701, text, 9000),
		AM_TEST_TEXT(0x3704, "LISTE~1.TXT"),
		AM_TEST_TEXT(0x3707, "Liste für Bob.txt")};
	GArray *subs = new_subs();

	add_attachment(s, subs, picture, AM_COUNT(picture), NULL);
	add_attachment(s, subs, file, AM_COUNT(file), NULL);
	am_pst_nid nid = put_message(s, INBOX, props, AM_COUNT(props), subs);
	g_free(text);
	return nid;
}

const char am_test_pst_signed[] =
	"Content-Type: multipart/signed; protocol=\"application/pkcs7-"
	"signature\"; micalg=sha-256; boundary=\"sig\"\r\n\r\n"
	"--sig\r\nContent-Type: text/plain\r\n\r\nsigned words \r\n"
	"--sig\r\nContent-Type: application/pkcs7-signature; "
	"name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMAAA\r\n"
	"--sig--\r\n";

static am_pst_nid put_signed(struct store *s)
{
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note.SMIME.MultipartSigned"),
		AM_TEST_TEXT(0x37, "\001\005Re: signed"),
		AM_TEST_TEXT(0x7d,
	                     "From: ann@a.example\r\nTo: bob@b.example\r\n"
	                     "Subject: Re: signed\r\n"
	                     "Date: Thu, 2 Jan 2020 03:10:00 +0000\r\n"
	                     "Message-ID: <two@a.example>\r\n"
	                     "Content-Type: multipart/signed\r\n"),
		AM_TEST_NUM(0x0e070003, 0x10),
		AM_TEST_NUM(0x0e060040, AT(6)),
		AM_TEST_TEXT(0x1000, "signed words\r\n")};
	const struct am_test_prop payload[] = {
		AM_TEST_NUM(0x37050003, 1),
		AM_TEST_BYTES(0x3701, am_test_pst_signed,
	                      strlen(am_test_pst_signed)),
		AM_TEST_TEXT(0x370e, "multipart/signed")};
	GArray *subs = new_subs();

	add_attachment(s, subs, payload, AM_COUNT(payload), NULL);
	return put_message(s, INBOX, props, AM_COUNT(props), subs);
}

/* A message in it, a link and a file that is elsewhere. */
static am_pst_nid put_nested(struct store *s)
{
	const struct am_test_prop inner[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "the one within"),
		AM_TEST_TEXT(0x0042, "Carl"),
		AM_TEST_TEXT(0x0064, "SMTP"),
		AM_TEST_TEXT(0x0065, "carl@c.example"),
		AM_TEST_NUM(0x0e070003, 1),
		AM_TEST_NUM(0x00390040, AT(10)),
		AM_TEST_TEXT(0x1000, "inner words")};
	const struct am_test_prop outer[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "\001\005Fw: the one within"),
		AM_TEST_TEXT(0x0c1a, "Bob"),
		AM_TEST_TEXT(0x0c1e, "EX"),
		AM_TEST_TEXT(0x0c1f, "/O=ORG/CN=RECIPIENTS/CN=BOB"),
		AM_TEST_NUM(0x0e070003, 0x18),
		AM_TEST_NUM(0x10800003, 0x106),
		AM_TEST_NUM(0x30070040, AT(11)),
		AM_TEST_TEXT(0x1000, "see below")};
	GArray *subs = new_subs(), *none = new_subs();
	struct am_pst_sl_entry inside = {0x20004, 0, 0};
	uint8_t record[8];

	inside.data = put_pc(s, inner, AM_COUNT(inner), none);
	am_put_le32(record, inside.nid);
	am_put_le32(record + 4, 100);
	const struct am_test_prop message[] = {
		AM_TEST_NUM(0x37050003, 5),
		{0x3701000d, 0, record, sizeof(record)},
		AM_TEST_TEXT(0x3001, "the one within")};
	const struct am_test_prop linked[] = {
		AM_TEST_NUM(0x37050003, 2),
		AM_TEST_TEXT(0x370d, "\\\\server\\share\\big.doc"),
		AM_TEST_TEXT(0x3707, "big.doc")};
	add_attachment(s, subs, message, AM_COUNT(message), &inside);
	add_attachment(s, subs, linked, AM_COUNT(linked), NULL);
	g_array_free(none, TRUE);
	return put_message(s, BELOW, outer, AM_COUNT(outer), subs);
}

/* Sent mail: nothing but properties, and a body of HTML hidden in RTF. */
static am_pst_nid put_sent(struct store *s)
{
	static const char rtf[] =
		"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag64 "
		"<p>}\\htmlrtf {\\htmlrtf0 sent \\'e4s HTML{\\*\\htmltag72 "
		"</p>}\\htmlrtf }\\htmlrtf0}";
	static const struct recipient to[] = {
		{1, "Ann, the first", "ann@a.example"},
		{1, "Zoë", "zoe@z.example"},
		{2, "carl@c.example", "carl@c.example"},
		{3, "Hidden", "hidden@h.example"}};
	uint8_t packed[16 + sizeof(rtf) - 1] = {0};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "\001\001plans for the year, and one more "
	                           "word so that the line is folded"),
		AM_TEST_TEXT(0x0042, "Bob"),
		AM_TEST_TEXT(0x0064, "SMTP"),
		AM_TEST_TEXT(0x0065, "bob@b.example"),
		AM_TEST_TEXT(0x0c1a, "Secretary"),
		AM_TEST_TEXT(0x0c1e, "SMTP"),
		AM_TEST_TEXT(0x0c1f, "office@b.example"),
		AM_TEST_NUM(0x00170003, 2),
		AM_TEST_NUM(0x0e070003, 1),
		AM_TEST_NUM(0x00390040, AT(20)),
		AM_TEST_NUM(0x0e060040, AT(20)),
		AM_TEST_TEXT(0x1035, "<three@b.example>"),
		AM_TEST_TEXT(0x1042, "<one@a.example>"),
		AM_TEST_BYTES(0x1009, packed, sizeof(packed))};
	GArray *subs = new_subs();

	am_put_le32(packed, sizeof(packed) - 4);
	am_put_le32(packed + 4, sizeof(packed) - 4);
	memcpy(packed + 8, "MELA", 4);
	memcpy(packed + 16, rtf, sizeof(rtf) - 1);
	add_recipients(s, subs, to, AM_COUNT(to));
	return put_message(s, SENT, props, AM_COUNT(props), subs);
}

/* Encrypted mail is one attachment in DER; then a file as an OLE object, one
 * on the web, and one that was never there. */
static void put_odd(struct store *s, am_pst_nid out[2])
{
	static const uint8_t der[] = {0x30, 0x80, 0x06, 0x09, 0x2a,
	                              0x86, 0x48, 0x86, 0xf7, 0x0d,
	                              0x01, 0x07, 0x03, 0xa0, 0x80};
	static const uint8_t reply_to[] = {
		1,    0,    0,    0,    48,   0,    0,    0,    41,   0,
		0,    0,    0,    0,    0,    0,    0x81, 0x2b, 0x1f, 0xa4,
		0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f,
		0x54, 0x02, 0,    0,    0,    0,    'D',  0,    'S',  'M',
		'T',  'P',  0,    'd',  '@',  'd',  '.',  'e',  'x',  'a',
		'm',  'p',  0,    0,    0,    0};
	const struct am_test_prop sealed[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note.SMIME"),
		AM_TEST_TEXT(0x37, "sealed"), AM_TEST_TEXT(0x0042, "Ann"),
		AM_TEST_TEXT(0x0065, "ann@a.example"),
		AM_TEST_NUM(0x0e060040, AT(12))};
	const struct am_test_prop smime[] = {
		AM_TEST_NUM(0x37050003, 1),
		AM_TEST_BYTES(0x3701, der, sizeof(der)),
		AM_TEST_TEXT(0x3707, "smime.p7m"),
		AM_TEST_TEXT(0x370e, "application/pkcs7-mime")};
	const struct am_test_prop note[] = {
		AM_TEST_TEXT(0x1a, "IPM.Post"),
		AM_TEST_TEXT(0x37, "odd attachments"),
		AM_TEST_TEXT(0x0042, "Ann"),
		AM_TEST_BYTES(0x004f, reply_to, sizeof(reply_to)),
		AM_TEST_TEXT(0x0e04, "Bob; x@y.example"),
		AM_TEST_NUM(0x0e060040, AT(13)),
		AM_TEST_TEXT(0x1000, "a\001b")};
	uint8_t record[8] = {0};
	const struct am_test_prop object[] = {
		AM_TEST_NUM(0x37050003, 6),
		{0x3701000d, 0, record, sizeof(record)},
		AM_TEST_TEXT(0x3001, "Drawing")};
	const struct am_test_prop web[] = {
		AM_TEST_NUM(0x37050003, 7),
		AM_TEST_TEXT(0x370d, "https://w.example/big"),
		AM_TEST_TEXT(0x3707, "big.zip")};
	const struct am_test_prop never[] = {AM_TEST_NUM(0x37050003, 1),
	                                     AM_TEST_TEXT(0x3707, "lost.txt")};
	struct am_pst_sl_entry inside = {
		0x8fff, am_test_pst_data(s->pst, "OLE bytes", 9), 0};
	GArray *subs = new_subs();

	add_attachment(s, subs, smime, AM_COUNT(smime), NULL);
	out[0] = put_message(s, INBOX, sealed, AM_COUNT(sealed), subs);
	subs = new_subs();
	am_put_le32(record, inside.nid);
	add_attachment(s, subs, object, AM_COUNT(object), &inside);
	add_attachment(s, subs, web, AM_COUNT(web), NULL);
	if (s->damaged)
		add_attachment(s, subs, never, AM_COUNT(never), NULL);
	out[1] = put_message(s, INBOX, note, AM_COUNT(note), subs);
}

static void put_items(struct store *s)
{
	const struct am_test_prop contact[] = {
		AM_TEST_TEXT(0x1a, "IPM.Contact"),
		AM_TEST_TEXT(0x3001, "Dr. Ann Example; the elder"),
		AM_TEST_TEXT(0x3a06, "Ann"),
		AM_TEST_TEXT(0x3a11, "Example"),
		AM_TEST_TEXT(0x3a16, "Garden, Ltd"),
		AM_TEST_TEXT(0x3a08, "+49 1"),
		AM_TEST_TEXT(0x8001, "ann@a.example"),
		AM_TEST_NUM(0x30080040, AT(30))};
	const struct am_test_prop meeting[] = {
		AM_TEST_TEXT(0x1a, "IPM.Appointment"),
		AM_TEST_TEXT(0x37, "lunch"),
		AM_TEST_NUM(0x80020040, AT(60)),
		AM_TEST_NUM(0x80030040, AT(120)),
		AM_TEST_TEXT(0x8004, "the garden"),
		AM_TEST_NUM(0x30070040, AT(31)),
		AM_TEST_NUM(0x30080040, AT(31))};
	const struct am_test_prop task[] = {
		AM_TEST_TEXT(0x1a, "IPM.Task"),
		AM_TEST_TEXT(0x37, "water the plants"),
		AM_TEST_TEXT(0x1000, "all of them"), AM_TEST_NUM(0x80050003, 2),
		AM_TEST_NUM(0x30070040, AT(32))};
	const struct am_test_prop view[] = {
		AM_TEST_TEXT(0x1a, "IPM.Microsoft.FolderDesign.NamedView"),
		AM_TEST_TEXT(0x37, "Compact")};
	am_pst_nid nid;

	nid = put_message(s, CONTACTS, contact, AM_COUNT(contact), NULL);
	put_folder(s, CONTACTS, TOP, "Contacts", "IPF.Contact", &nid, 1);
	nid = put_message(s, CALENDAR, meeting, AM_COUNT(meeting), NULL);
	put_folder(s, CALENDAR, TOP, "Calendar", "IPF.Appointment", &nid, 1);
	nid = put_message(s, TASKS, task, AM_COUNT(task), NULL);
	put_folder(s, TASKS, TOP, "Tasks", "IPF.Task", &nid, 1);
	/* Beside what people see, with hidden items alone. */
	put_folder(s, VIEWS, ROOT, "Common Views", "", NULL, 0);
	GArray *subs = new_subs();
	am_pst_bid data = put_pc(s, view, AM_COUNT(view), subs);
	nid = s->next_message++ << 5 | 8;
	am_test_pst_node(s->pst, nid, VIEWS, data, 0);
	put_table(s, (VIEWS & ~0x1fu) | 0x0f, &nid, 1);
	g_array_free(subs, TRUE);
}

static void put_entry_id(uint8_t out[24], am_pst_nid nid)
{
	memset(out, 0, 24);
	memset(out + 4, 0x11, 16);
	am_put_le32(out + 20, nid);
}

/* The store's own properties and the names of others. */
static void put_store(struct store *s)
{
	static const uint8_t guids[] = {
		/* Address, Appointment, Task */
		0x04, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46,
		0x02, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46,
		0x03, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
	/* From 8000: "Keywords"; 8083 (address); 820d, 820e, 8208; 8101 (task);
	 * 8216, 8233 (series, zone); 8116 (series of tasks); 8054 (members). */
	static const uint8_t entries[] = {
		0,    0,    0, 0, 5,    0,    0, 0, 0x83, 0x80, 0, 0,
		6,    0,    1, 0, 0x0d, 0x82, 0, 0, 8,    0,    2, 0,
		0x0e, 0x82, 0, 0, 8,    0,    3, 0, 8,    0x82, 0, 0,
		8,    0,    4, 0, 1,    0x81, 0, 0, 0x0a, 0,    5, 0,
		0x16, 0x82, 0, 0, 8,    0,    6, 0, 0x33, 0x82, 0, 0,
		8,    0,    7, 0, 0x16, 0x81, 0, 0, 0x0a, 0,    8, 0,
		0x54, 0x80, 0, 0, 6,    0,    9, 0};
	static const uint8_t strings[] = {16,  0,   0,   0,   'K', 0,   'e',
	                                  0,   'y', 0,   'w', 0,   'o', 0,
	                                  'r', 0,   'd', 0,   's', 0};
	uint8_t top[24], trash[24], sent[24];
	const struct am_test_prop store[] = {
		AM_TEST_TEXT(0x3001, "Synthetic store"),
		AM_TEST_BYTES(0x35e0, top, 24),
		AM_TEST_BYTES(0x35e3, trash, 24),
		AM_TEST_BYTES(0x35e4, sent, 24)};
	const struct am_test_prop names[] = {
		AM_TEST_NUM(0x00010003, 251),
		AM_TEST_BYTES(2, guids, sizeof(guids)),
		AM_TEST_BYTES(3, entries, sizeof(entries)),
		AM_TEST_BYTES(4, strings, sizeof(strings))};
	GArray *subs = new_subs();

	put_entry_id(top, TOP);
	put_entry_id(trash, TRASH);
	put_entry_id(sent, SENT);
	am_pst_bid data = put_pc(s, store, AM_COUNT(store), subs);
	am_test_pst_node(s->pst, 0x21, 0, data, 0);
	data = put_pc(s, names, AM_COUNT(names), subs);
	am_test_pst_node(s->pst, 0x61, 0, data, 0);
	put_folder(s, ROOT, ROOT, "", "", NULL, 0);
	put_folder(s, TOP, ROOT, "Top of Outlook data file", "", NULL, 0);
	g_array_free(subs, TRUE);
}

static GByteArray *make_sample(enum am_pst_kind kind, enum am_pst_crypt crypt,
                               bool damaged)
{
	const struct am_test_prop gone[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "in no list any more"),
		AM_TEST_NUM(0x0e060040, AT(50))};
	struct store s = {am_test_pst_new(kind, crypt), kind == AM_PST_ANSI,
	                  damaged, 0x10001};
	am_pst_nid inbox[4], one;

	put_store(&s);
	put_folder(&s, TRASH, TOP, "Gelöschte Elemente", "IPF.Note", NULL, 0);
	inbox[0] = put_received(&s);
	inbox[1] = put_signed(&s);
	put_odd(&s, inbox + 2);
	put_folder(&s, INBOX, TOP, "Posteingang", "IPF.Note", inbox, 4);
	one = put_nested(&s);
	put_folder(&s, BELOW, INBOX, "Müller / Söhne", "IPF.Note", &one, 1);
	one = put_sent(&s);
	put_folder(&s, SENT, TOP, "Gesendete Objekte", "IPF.Note", &one, 1);
	put_items(&s);
	put_message(&s, TRASH, gone, AM_COUNT(gone), NULL);
	return am_test_pst_finish(s.pst);
}

GByteArray *am_test_pst_sample(enum am_pst_kind kind, enum am_pst_crypt crypt)
{
	return make_sample(kind, crypt, false);
}

GByteArray *am_test_pst_damaged(void)
{
	return make_sample(AM_PST_UNICODE, AM_PST_CRYPT_NONE, true);
}

GByteArray *am_test_pst_many(enum am_pst_kind kind, size_t n, size_t listed)
{
	struct store s = {am_test_pst_new(kind, AM_PST_CRYPT_PERMUTE),
	                  kind == AM_PST_ANSI, false, 0x10001};
	uint32_t *ids = g_new(uint32_t, n + 1);

	put_store(&s);
	for (size_t i = 0; i < n; i++) {
		char *subject = g_strdup_printf("message %zu", i + 1);
		const struct am_test_prop props[] = {
			AM_TEST_TEXT(0x1a, "IPM.Note"),
			AM_TEST_TEXT(0x37, subject),
			AM_TEST_TEXT(0x1000, "words"),
			AM_TEST_NUM(0x0e060040, AT((int64_t)i))};
		ids[i] = put_message(&s, INBOX, props, AM_COUNT(props), NULL);
		g_free(subject);
	}
	put_folder(&s, INBOX, TOP, "Inbox", "IPF.Note", ids, listed);
	g_free(ids);
	return am_test_pst_finish(s.pst);
}

GByteArray *am_test_pst_one(const struct am_test_prop *props, size_t n)
{
	struct store s = {am_test_pst_new(AM_PST_UNICODE, AM_PST_CRYPT_NONE),
	                  false, false, 0x10001};
	am_pst_nid nid;

	put_store(&s);
	nid = put_message(&s, INBOX, props, n, NULL);
	put_folder(&s, INBOX, TOP, "Inbox", "IPF.Note", &nid, 1);
	return am_test_pst_finish(s.pst);
}

/* The subnodes of its attachment are its own. */
GByteArray *am_test_pst_loop(void)
{
	struct store s = {am_test_pst_new(AM_PST_UNICODE, AM_PST_CRYPT_NONE),
	                  false, false, 0x10001};
	uint8_t record[8] = {0};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, "round and round"),
		AM_TEST_TEXT(0x1000, "words")};
	const struct am_test_prop attachment[] = {
		AM_TEST_NUM(0x37050003, 5),
		{0x3701000d, 0, record, sizeof(record)}};
	const struct am_pst_geometry *g = am_test_pst_geometry(s.pst);
	GArray *subs = new_subs();
	uint8_t list[8 + 2 * 24];
	struct am_pst_list_head head = {2, 0, 2, 0};

	put_store(&s);
	am_put_le32(record, 0x20004);
	am_pst_bid data = put_pc(&s, props, AM_COUNT(props), subs);
	am_pst_bid att = put_pc(&s, attachment, AM_COUNT(attachment), subs);
	/* The list of subnodes will be called so. */
	am_pst_bid self = (am_test_pst_block(s.pst, "x", 1, false) + 4) | 2;
	struct am_pst_sl_entry entries[2] = {{0x8005, att, self},
	                                     {0x20004, data, self}};
	am_pst_list_head_encode(g, &head, list);
	for (unsigned i = 0; i < 2; i++)
		am_pst_sl_entry_encode(g, &entries[i], list + 8 + 24 * i);
	g_assert(am_test_pst_block(s.pst, list, sizeof(list), true) == self);
	am_pst_nid nid = 0x200024;
	am_test_pst_node(s.pst, nid, INBOX, data, self);
	put_folder(&s, INBOX, TOP, "Inbox", "IPF.Note", &nid, 1);
	g_array_free(subs, TRUE);
	return am_test_pst_finish(s.pst);
}
