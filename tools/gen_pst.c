/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A large PST for `make bench-pst`: gen_pst FILE MEBIBYTES [tiny].
 *
 * Mail as Outlook keeps it: 45 properties, transport headers, a text and an
 * HTML body, a table of recipients, in every eighth a file; or, tiny, four
 * properties and nothing else.  The same numbers give the same bytes.
 */
#include "base/bytes.h"
#include "support/pst_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOT = 0x122, TOP = 0x8022, INBOX = 0x8042, FOLDERS = 16 };

/* 2020-01-02 03:04:05 and so many minutes, in 100 ns since 1601. */
#define AT(minutes) (INT64_C(132224078450000000) + (minutes)*INT64_C(600000000))

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static GArray *new_subs(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
}

/* So many bytes of words in lines. */
static char *make_text(uint32_t *seed, size_t len, const char *line_end)
{
	static const char *const words[] = {"the",
	                                    "garden",
	                                    "we",
	                                    "meeting",
	                                    "on",
	                                    "Tuesday",
	                                    "report",
	                                    "attached",
	                                    "please",
	                                    "numbers",
	                                    "a",
	                                    "project",
	                                    "Gr\xc3\xbc\xc3\x9f"
	                                    "e",
	                                    "until",
	                                    "tomorrow",
	                                    "of",
	                                    "draft",
	                                    "thanks"};
	GString *text = g_string_new(NULL);
	size_t column = 0;

	while (text->len < len) {
		const char *word =
			words[next_random(seed) % G_N_ELEMENTS(words)];
		g_string_append(text, word);
		column += strlen(word) + 1;
		g_string_append(text, column > 70 ? line_end : " ");
		column = column > 70 ? 0 : column;
	}
	return g_string_free(text, FALSE);
}

static void add_recipients(struct am_test_pst *pst, GArray *subs,
                           uint32_t *seed)
{
	const uint32_t tags[] = {0x0c150003, 0x0e0f000b, 0x0ffe0003, 0x3001001f,
	                         0x3002001f, 0x3003001f, 0x39fe001f, 0x39ff001f,
	                         0x39000003, 0x3a40000b};
	enum { COLUMNS = G_N_ELEMENTS(tags), MOST = 5 };
	struct am_test_prop cells[MOST * COLUMNS];
	char names[MOST][40], addresses[MOST][40];
	uint32_t ids[MOST];
	size_t n = 1 + next_random(seed) % MOST;

	for (size_t i = 0; i < n; i++) {
		unsigned who = next_random(seed) % 500;
		struct am_test_prop *c = cells + i * COLUMNS;
		g_snprintf(names[i], sizeof(names[i]), "Person Number %u", who);
		g_snprintf(addresses[i], sizeof(addresses[i]),
		           "person.%u@office.example", who);
		ids[i] = (uint32_t)i + 1;
		for (size_t k = 0; k < COLUMNS; k++)
			c[k] = (struct am_test_prop)AM_TEST_NUM(tags[k], 1);
		c[0].number = i ? 2 : 1;
		for (size_t k = 3; k < 8; k++) {
			c[k].bytes = k == 3 || k == 7 ? names[i]
			             : k == 4         ? "SMTP"
			                              : addresses[i];
			c[k].len = SIZE_MAX;
		}
	}
	GArray *below = new_subs();
	struct am_pst_sl_entry entry = {
		0x692, am_test_pst_tc(pst, tags, COLUMNS, ids, n, cells, below),
		am_test_pst_sub(pst, below)};
	g_array_append_val(subs, entry);
	g_array_free(below, TRUE);
}

static void add_file(struct am_test_pst *pst, GArray *subs, uint32_t *seed)
{
	size_t len = 20000 + next_random(seed) % 400000;
	uint8_t *bytes = g_malloc(len + 4);

	for (size_t i = 0; i < len; i += 4)
		am_put_le32(bytes + i, next_random(seed) * 2654435761u);
	const struct am_test_prop props[] = {
		AM_TEST_NUM(0x37050003, 1),
		AM_TEST_NUM(0x0e200003, (int64_t)len),
		AM_TEST_NUM(0x370b0003, -1),
		AM_TEST_TEXT(0x3707, "yearly report (final).pdf"),
		AM_TEST_TEXT(0x3704, "yearly~1.pdf"),
		AM_TEST_TEXT(0x3703, ".pdf"),
		AM_TEST_TEXT(0x370e, "application/pdf"),
		AM_TEST_NUM(0x30070040, AT(1)),
		AM_TEST_NUM(0x30080040, AT(1)),
		AM_TEST_BYTES(0x3701, bytes, len)};
	GArray *below = new_subs();
	am_pst_bid data =
		am_test_pst_pc(pst, props, G_N_ELEMENTS(props), below);
	struct am_pst_sl_entry entry = {0x8005, data,
	                                am_test_pst_sub(pst, below)};
	g_array_append_val(subs, entry);
	g_array_set_size(below, 0);
	/* The table of attachments, by which others find them. */
	const uint32_t columns[] = {0x0e200003, 0x37050003};
	struct am_pst_sl_entry table = {
		0x671,
		am_test_pst_tc(pst, columns, 2, &entry.nid, 1,
	                       (struct am_test_prop[]){props[1], props[0]},
	                       below),
		am_test_pst_sub(pst, below)};
	g_array_append_val(subs, table);
	g_array_free(below, TRUE);
	g_free(bytes);
}

/* What Outlook has of a message besides its text. */
static void put_full(struct am_test_pst *pst, am_pst_nid nid, am_pst_nid folder,
                     unsigned n, uint32_t *seed)
{
	static const uint8_t blob[80] = {0, 0, 0, 0, 0x81, 0x2b};
	char subject[80], topic[60], id[60], from[40];
	char *text = make_text(seed, 300 + next_random(seed) % 3000, "\r\n");
	char *words =
		make_text(seed, 1000 + next_random(seed) % 8000, "<br>\r\n");
	char *html =
		g_strdup_printf("<html><head><meta http-equiv=\"Content-Type\" "
	                        "content=\"text/html; charset=utf-8\">"
	                        "</head><body>%s</body></html>",
	                        words);

	g_snprintf(topic, sizeof(topic), "message number %u of many", n);
	g_snprintf(subject, sizeof(subject), "\001\005Re: %s", topic);
	g_snprintf(id, sizeof(id), "<%u.%x@office.example>", n, *seed);
	g_snprintf(from, sizeof(from), "person.%u@office.example", n % 500);
	GString *header = g_string_new(NULL);
	for (unsigned i = 0; i < 4; i++)
		g_string_append_printf(header,
		                       "Received: from host%u.office.example "
		                       "(192.0.2.%u) by\r\n"
		                       " host%u.office.example with SMTP id "
		                       "%x; Thu, 2 Jan 2020 "
		                       "03:04:05 +0000\r\n",
		                       i, i, i + 1, next_random(seed));
	g_string_append_printf(
		header,
		"From: Person Number %u <%s>\r\nTo: someone@office.example\r\n"
		"Subject: Re: %s\r\nDate: Thu, 2 Jan 2020 03:04:05 +0000\r\n"
		"Message-ID: %s\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n",
		n % 500, from, topic, id);
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"),
		AM_TEST_TEXT(0x37, subject),
		AM_TEST_TEXT(0x3d, "Re: "),
		AM_TEST_TEXT(0x70, topic),
		AM_TEST_TEXT(0x0e1d, topic),
		AM_TEST_BYTES(0x71, blob, 27),
		AM_TEST_NUM(0x00170003, 1),
		AM_TEST_NUM(0x00260003, 0),
		AM_TEST_NUM(0x00360003, 0),
		AM_TEST_NUM(0x0e070003, n % 2),
		AM_TEST_NUM(0x0e080003, 20000),
		AM_TEST_NUM(0x0e170003, 0),
		AM_TEST_NUM(0x00390040, AT((int64_t)n)),
		AM_TEST_NUM(0x0e060040, AT((int64_t)n)),
		AM_TEST_NUM(0x30070040, AT((int64_t)n)),
		AM_TEST_NUM(0x30080040, AT((int64_t)n)),
		AM_TEST_BYTES(0x300b, blob, 16),
		AM_TEST_TEXT(0x0c1a, "Person Number"),
		AM_TEST_TEXT(0x0c1e, "SMTP"),
		AM_TEST_TEXT(0x0c1f, from),
		AM_TEST_BYTES(0x0c19, blob, 80),
		AM_TEST_BYTES(0x0c1d, blob, 32),
		AM_TEST_TEXT(0x42, "Person Number"),
		AM_TEST_TEXT(0x64, "SMTP"),
		AM_TEST_TEXT(0x65, from),
		AM_TEST_BYTES(0x41, blob, 80),
		AM_TEST_BYTES(0x3b, blob, 32),
		AM_TEST_TEXT(0x0e04, "Someone"),
		AM_TEST_TEXT(0x0e03, ""),
		AM_TEST_TEXT(0x0e02, ""),
		AM_TEST_TEXT(0x7d, header->str),
		AM_TEST_TEXT(0x1000, text),
		AM_TEST_BYTES(0x1013, html, strlen(html)),
		AM_TEST_NUM(0x3fde0003, 65001),
		AM_TEST_NUM(0x3ff10003, 1033),
		AM_TEST_TEXT(0x1035, id),
		AM_TEST_NUM(0x10800003, 0x100),
		AM_TEST_NUM(0x0023000b, 0),
		AM_TEST_NUM(0x0029000b, 0),
		AM_TEST_NUM(0x0002000b, 1),
		AM_TEST_NUM(0x0e1b000b, n % 8 == 0),
		AM_TEST_NUM(0x0e1f000b, 0),
		AM_TEST_BYTES(0x0e34, blob, 24),
		AM_TEST_NUM(0x66190003, (int64_t)n)};
	GArray *subs = new_subs();

	am_pst_bid data = am_test_pst_pc(pst, props, G_N_ELEMENTS(props), subs);
	add_recipients(pst, subs, seed);
	if (n % 8 == 0)
		add_file(pst, subs, seed);
	am_test_pst_node(pst, nid, folder, data, am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
	g_string_free(header, TRUE);
	g_free(html);
	g_free(words);
	g_free(text);
}

static void put_tiny(struct am_test_pst *pst, am_pst_nid nid, am_pst_nid folder,
                     unsigned n)
{
	char subject[40];

	g_snprintf(subject, sizeof(subject), "message %u", n);
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"), AM_TEST_TEXT(0x37, subject),
		AM_TEST_TEXT(0x1000, "words"),
		AM_TEST_NUM(0x0e060040, AT((int64_t)n))};
	GArray *subs = new_subs();
	am_pst_bid data = am_test_pst_pc(pst, props, G_N_ELEMENTS(props), subs);

	am_test_pst_node(pst, nid, folder, data, am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
}

static void put_table(struct am_test_pst *pst, am_pst_nid nid,
                      const GArray *ids)
{
	GArray *subs = new_subs();
	am_pst_bid data = am_test_pst_tc(
		pst, NULL, 0, (const uint32_t *)(const void *)ids->data,
		ids->len, NULL, subs);

	am_test_pst_node(pst, nid, 0, data, am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
}

static void put_folder(struct am_test_pst *pst, am_pst_nid nid,
                       am_pst_nid parent, const char *name,
                       const GArray *folders, const GArray *items)
{
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x3001, name), AM_TEST_NUM(0x36020003, items->len),
		AM_TEST_NUM(0x360a000b, folders->len > 0),
		AM_TEST_TEXT(0x3613, "IPF.Note")};
	GArray *subs = new_subs();

	am_test_pst_node(pst, nid, parent, am_test_pst_pc(pst, props, 4, subs),
	                 0);
	put_table(pst, (nid & ~0x1fu) | 0x0d, folders);
	put_table(pst, (nid & ~0x1fu) | 0x0e, items);
	g_array_free(subs, TRUE);
}

static void put_store(struct am_test_pst *pst)
{
	/* One named property, "Keywords"; others want a map that is not
	 * empty. */
	static const uint8_t entry[8] = {0, 0, 0, 0, 5};
	static const uint8_t string[20] = {16,  0,   0,   0,   'K', 0,   'e',
	                                   0,   'y', 0,   'w', 0,   'o', 0,
	                                   'r', 0,   'd', 0,   's', 0};
	uint8_t top[24] = {0};

	memset(top + 4, 0x11, 16);
	am_put_le32(top + 20, TOP);
	const struct am_test_prop store[] = {AM_TEST_TEXT(0x3001, "Store"),
	                                     AM_TEST_BYTES(0x35e0, top, 24)};
	const struct am_test_prop names[] = {
		AM_TEST_NUM(0x00010003, 251), AM_TEST_BYTES(2, top, 16),
		AM_TEST_BYTES(3, entry, 8), AM_TEST_BYTES(4, string, 20)};
	GArray *subs = new_subs();

	am_test_pst_node(pst, 0x21, 0, am_test_pst_pc(pst, store, 2, subs), 0);
	am_test_pst_node(pst, 0x61, 0, am_test_pst_pc(pst, names, 4, subs), 0);
	GArray *none = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	am_pst_nid nid = TOP;
	g_array_append_val(list, nid);
	put_folder(pst, ROOT, ROOT, "", list, none);
	g_array_set_size(list, 0);
	for (unsigned i = 0; i < FOLDERS; i++) {
		nid = INBOX + 0x20 * i;
		g_array_append_val(list, nid);
	}
	put_folder(pst, TOP, ROOT, "Top of Outlook data file", list, none);
	g_array_free(list, TRUE);
	g_array_free(none, TRUE);
	g_array_free(subs, TRUE);
}

int main(int argc, char **argv)
{
	struct am_test_pst *pst =
		am_test_pst_new(AM_PST_UNICODE, AM_PST_CRYPT_PERMUTE);
	uint64_t want =
		argc > 2 ? g_ascii_strtoull(argv[2], NULL, 10) << 20 : 0;
	bool tiny = argc > 3 && !strcmp(argv[3], "tiny");
	GArray *items[FOLDERS], *none;
	uint32_t seed = 1;
	GError *error = NULL;

	if (argc < 3 || !want || want > UINT64_C(3) << 30) {
		(void)fprintf(stderr, "usage: gen_pst FILE MEBIBYTES [tiny]\n");
		return 2;
	}
	put_store(pst);
	for (unsigned i = 0; i < FOLDERS; i++)
		items[i] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (unsigned n = 0; am_test_pst_size(pst) < want; n++) {
		unsigned f = n % FOLDERS;
		am_pst_nid nid = (0x10001 + n) << 5 | 4;
		am_pst_nid folder = INBOX + 0x20 * f;
		if (tiny)
			put_tiny(pst, nid, folder, n);
		else
			put_full(pst, nid, folder, n, &seed);
		g_array_append_val(items[f], nid);
	}
	none = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (unsigned i = 0; i < FOLDERS; i++) {
		char name[24];
		g_snprintf(name, sizeof(name), "Folder %u", i + 1);
		put_folder(pst, INBOX + 0x20 * i, TOP, name, none, items[i]);
		g_array_free(items[i], TRUE);
	}
	g_array_free(none, TRUE);
	GByteArray *file = am_test_pst_finish(pst);
	bool good = g_file_set_contents(argv[1], (const char *)file->data,
	                                (gssize)file->len, &error);
	if (!good)
		(void)fprintf(stderr, "%s\n", error->message);
	g_clear_error(&error);
	g_byte_array_free(file, TRUE);
	return good ? 0 : 1;
}
