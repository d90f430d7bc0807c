/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/pst_deleted.h"

#include "base/bytes.h"

#include <string.h>

enum { ROOT = 0x122, TOP = 0x8022, INBOX = 0x8042, THERE = 0x200024 };

static GArray *new_subs(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
}

static am_pst_bid put_pc(struct am_test_pst *pst,
                         const struct am_test_prop *props, size_t n)
{
	GArray *subs = new_subs();
	am_pst_bid bid = am_test_pst_pc(pst, props, n, subs);

	g_assert(!subs->len);
	g_array_free(subs, TRUE);
	return bid;
}

static void put_folder(struct am_test_pst *pst, am_pst_nid nid,
                       am_pst_nid parent, const char *name,
                       const uint32_t *items, size_t n)
{
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x3001, name)};
	GArray *subs = new_subs();

	am_test_pst_node(pst, nid, parent, put_pc(pst, props, 1), 0);
	am_test_pst_node(pst, (nid & ~0x1fu) | 0x0e, 0,
	                 am_test_pst_tc(pst, NULL, 0, items, n, NULL, subs), 0);
	g_array_free(subs, TRUE);
}

/* A message with an attachment of 20,000 bytes; the data of the message. */
static am_pst_bid put_message(struct am_test_pst *pst, am_pst_nid nid,
                              const char *subject)
{
	uint8_t *file = g_malloc(20000);
	GArray *subs = new_subs();

	memset(file, 'x', 20000);
	const struct am_test_prop attachment[] = {
		AM_TEST_NUM(0x37050003, 1), AM_TEST_TEXT(0x3707, "x.bin"),
		AM_TEST_BYTES(0x3701, file, 20000)};
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"), AM_TEST_TEXT(0x37, subject),
		AM_TEST_TEXT(0x1000, "words"),
		AM_TEST_NUM(0x0e060040, INT64_C(132224078450000000))};
	am_pst_bid data = put_pc(pst, props, 4);
	am_pst_bid att = am_test_pst_pc(pst, attachment, 3, subs);
	struct am_pst_sl_entry entry = {0x8005, att,
	                                am_test_pst_sub(pst, subs)};
	g_array_set_size(subs, 0);
	g_array_append_val(subs, entry);
	am_test_pst_node(pst, nid, INBOX, data, am_test_pst_sub(pst, subs));
	g_array_free(subs, TRUE);
	g_free(file);
	return data;
}

GByteArray *am_test_pst_with_deleted(enum am_pst_kind kind,
                                     enum am_pst_crypt crypt)
{
	struct am_test_pst *pst = am_test_pst_new(kind, crypt);
	const uint32_t items[] = {THERE};
	uint8_t top[24] = {0};

	am_test_pst_deflate(pst, false);
	am_put_le32(top + 20, TOP);
	const struct am_test_prop store[] = {AM_TEST_BYTES(0x35e0, top, 24)};
	am_test_pst_node(pst, 0x21, 0, put_pc(pst, store, 1), 0);
	put_folder(pst, ROOT, ROOT, "", NULL, 0);
	put_folder(pst, TOP, ROOT, "Top", NULL, 0);
	put_folder(pst, INBOX, TOP, "Inbox", items, 1);

	am_pst_bid from = am_test_pst_next(pst);
	(void)put_message(pst, THERE, "there, but before");
	am_test_pst_forget(pst, THERE, from);
	for (unsigned i = 0; i < 2; i++) {
		from = am_test_pst_next(pst);
		(void)put_message(pst, THERE + 0x20,
		                  i ? "deleted" : "deleted, but before");
		am_test_pst_forget(pst, THERE + 0x20, from);
	}
	from = am_test_pst_next(pst);
	uint64_t at = am_test_pst_size(pst);
	(void)put_message(pst, THERE + 0x40, "broken");
	uint64_t broken = am_test_pst_size(pst) - at;
	am_test_pst_forget(pst, THERE + 0x40, from);
	am_pst_bid data = put_message(pst, THERE, "there");
	am_test_pst_node(pst, THERE + 0x60, INBOX, data, 0);
	am_test_pst_forget(pst, THERE + 0x60, am_test_pst_next(pst));
	GByteArray *file = am_test_pst_finish(pst);
	file->data[at + broken / 2] ^= 1;
	return file;
}
