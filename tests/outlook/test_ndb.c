/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/ndb.h"

#include "base/bytes.h"
#include "model/ctx.h"
#include "support/pst_builder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static unsigned n_notes;
static char last_code[40];

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	n_notes++;
	g_strlcpy(last_code, note->code, sizeof(last_code));
}

static struct am_ctx ctx = {.on_note = on_note};

TestSuite(ndb, .fini = am_test_tmpdir_end);

static struct am_pst_ndb *open_bytes(const GByteArray *file)
{
	struct am_pst_ndb *ndb = NULL;
	struct am_error err = {0};
	am_test_write("x.pst", file->data, file->len);
	char *path = am_test_path("x.pst");
	int r = am_pst_ndb_open(&ndb, path, &ctx, &err);
	cr_assert(r == 0, "%s", err.text);
	g_free(path);
	return ndb;
}

static GByteArray *pattern(size_t len)
{
	GByteArray *data = g_byte_array_new();
	g_byte_array_set_size(data, (guint)len);
	for (size_t i = 0; i < len; i++)
		data->data[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	return data;
}

static void expect_data(struct am_pst_ndb *ndb, am_pst_bid bid,
                        const GByteArray *want)
{
	struct am_pst_data data = {0};
	struct am_error err = {0};
	uint8_t *bytes = NULL;
	size_t len = 0;
	cr_assert(am_pst_data_open(&data, ndb, bid, &err) == 0, "%s", err.text);
	cr_assert(am_pst_data_all(&data, 64 << 20, &bytes, &len, &err) == 0,
	          "%s", err.text);
	cr_expect(len == want->len &&
	          (!len || !memcmp(bytes, want->data, len)));
	cr_expect(data.total == want->len);
	g_free(bytes);
	if (want->len)
		cr_expect(am_pst_data_all(&data, want->len - 1, &bytes, &len,
		                          &err) == AM_FAILED &&
		          err.kind == AM_E_LIMIT);
	am_pst_data_close(&data);
}

/* Nothing, one block, many, and enough for two storeys of lists. */
Test(ndb, data_of_every_length_in_every_layout_and_cipher)
{
	static const size_t lens[] = {0, 1, 8176, 8177, 100000, 9000000};
	for (unsigned kind = 0; kind < 3; kind++)
		for (unsigned crypt = 0; crypt < 3; crypt++) {
			struct am_test_pst *p = am_test_pst_new(kind, crypt);
			am_pst_bid bids[AM_COUNT(lens)];
			for (size_t i = 0; i < AM_COUNT(lens); i++) {
				GByteArray *data = pattern(lens[i]);
				bids[i] = am_test_pst_data(p, data->data,
				                           data->len);
				am_test_pst_node(p,
				                 (am_pst_nid)(0x8004 + 32 * i),
				                 0x122, bids[i], 0);
				g_byte_array_free(data, TRUE);
			}
			GByteArray *file = am_test_pst_finish(p);
			struct am_pst_ndb *ndb = open_bytes(file);
			for (size_t i = 0; i < AM_COUNT(lens); i++) {
				GByteArray *data = pattern(lens[i]);
				struct am_pst_nbt_entry node;
				cr_assert(am_pst_ndb_node(
						  ndb,
						  (am_pst_nid)(0x8004 + 32 * i),
						  &node, NULL) == 0);
				cr_expect(node.parent == 0x122);
				cr_expect(node.data == bids[i]);
				expect_data(ndb, node.data, data);
				g_byte_array_free(data, TRUE);
			}
			am_pst_ndb_close(&ndb);
			g_byte_array_free(file, TRUE);
		}
	cr_expect(n_notes == 0, "%s", last_code);
}

struct seen {
	size_t n, bad;
	am_pst_nid last;
};

static int see(void *user, const struct am_pst_nbt_entry *entry,
               struct am_error *err)
{
	struct seen *seen = user;
	(void)err;
	cr_expect(entry->nid > seen->last);
	seen->last = entry->nid;
	seen->n++;
	return AM_OK;
}

static int see_bad(void *user, uint64_t at, const struct am_error *why)
{
	struct seen *seen = user;
	(void)at;
	cr_expect(*why->text);
	seen->bad++;
	return AM_OK;
}

static struct seen see_all(struct am_pst_ndb *ndb, int want)
{
	struct seen seen = {0};
	struct am_pst_node_visitor visitor = {see, see_bad, &seen};
	struct am_error err = {0};
	int r = am_pst_ndb_each(ndb, &visitor, &err);
	cr_expect(r == want, "%d %s", r, err.text);
	return seen;
}

Test(ndb, ten_thousand_nodes_are_found_and_visited)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct am_test_pst *p = am_test_pst_new(kind, 0);
		am_pst_bid bid = am_test_pst_data(p, "x", 1);
		for (unsigned i = 0; i < 10000; i++)
			am_test_pst_node(p, 0x10004 + 32 * i, 0x8022, bid, 0);
		GByteArray *file = am_test_pst_finish(p);
		struct am_pst_ndb *ndb = open_bytes(file);
		struct am_pst_nbt_entry node;
		struct am_error err = {0};
		struct seen seen = see_all(ndb, AM_OK);
		cr_expect(seen.n == 10000 && !seen.bad);
		for (unsigned i = 0; i < 10000; i += 77)
			cr_expect(am_pst_ndb_node(ndb, 0x10004 + 32 * i, &node,
			                          &err) == 0);
		cr_expect(am_pst_ndb_node(ndb, 0x10005, &node, &err) ==
		                  AM_FAILED &&
		          err.kind == AM_E_NOTFOUND);
		cr_expect(am_pst_ndb_node(ndb, 1, &node, &err) == AM_FAILED);
		am_pst_ndb_close(&ndb);
		g_byte_array_free(file, TRUE);
	}
}

Test(ndb, a_lost_page_costs_what_was_in_it)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 0);
	struct am_pst_header header;
	for (unsigned i = 0; i < 100; i++)
		am_test_pst_node(p, 0x10004 + 32 * i, 0x8022, 0, 0);
	GByteArray *file = am_test_pst_finish(p);
	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	/* Pages lie back to back, the root last: the leaf before it. */
	memset(file->data + header.nbt.at - 512, 0xff, 512);
	struct am_pst_ndb *ndb = open_bytes(file);
	struct seen seen = see_all(ndb, AM_OK);
	cr_expect(seen.bad == 1 && seen.n == 90, "%zu %zu", seen.bad, seen.n);
	am_pst_ndb_close(&ndb);
	g_byte_array_free(file, TRUE);
}

/* Give a page the right checksum again. */
static void seal_page(GByteArray *file, uint64_t at)
{
	am_put_le32(file->data + at + 496 + 4,
	            am_pst_crc(file->data + at, 496));
}

Test(ndb, trees_that_name_themselves_end)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 0);
	struct am_pst_header header;
	for (unsigned i = 0; i < 100; i++)
		am_test_pst_node(p, 0x10004 + 32 * i, 0x8022, 0, 0);
	GByteArray *file = am_test_pst_finish(p);
	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct am_pst_bt_index index = {0x10004, header.nbt};
	am_pst_bt_index_encode(g, &index, file->data + header.nbt.at);
	seal_page(file, header.nbt.at);
	struct am_pst_ndb *ndb = open_bytes(file);
	struct seen seen = see_all(ndb, AM_OK);
	cr_expect(seen.bad == 1 && seen.n == 85, "%zu %zu", seen.bad, seen.n);
	struct am_pst_nbt_entry node;
	struct am_error err = {0};
	cr_expect(am_pst_ndb_node(ndb, 0x10004, &node, &err) == AM_OK,
	          "its leaf is there");
	cr_expect(am_pst_ndb_node(ndb, 0x10005, &node, &err) == AM_FAILED);
	cr_expect(strstr(err.text, "its own level"), "%s", err.text);
	am_pst_ndb_close(&ndb);
	g_byte_array_free(file, TRUE);
}

Test(ndb, counts_that_lie_and_wrong_checksums)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 1);
	struct am_pst_header header;
	struct am_pst_block *block = NULL;
	struct am_error err = {0};
	am_pst_bid bid = am_test_pst_data(p, "some bytes", 10);
	am_test_pst_node(p, 0x8022, 0x122, bid, 0);
	GByteArray *file = am_test_pst_finish(p);
	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	file->data[1024] ^= 0xff; /* the block's first byte */
	n_notes = 0;
	struct am_pst_ndb *ndb = open_bytes(file);
	cr_assert(am_pst_ndb_block(ndb, bid, &block, &err) == 0, "%s",
	          err.text);
	cr_expect(block->len == 10 &&
	          !memcmp(block->bytes + 1, "ome bytes", 9));
	cr_expect(n_notes == 1 && !strcmp(last_code, "pst.block-checksum"));
	am_pst_block_unref(&block);
	am_pst_ndb_close(&ndb);

	file->data[header.nbt.at + 488] = 200;
	seal_page(file, header.nbt.at);
	ndb = open_bytes(file);
	struct seen seen = see_all(ndb, AM_OK);
	cr_expect(seen.bad == 1 && !seen.n);
	am_pst_ndb_close(&ndb);
	g_byte_array_free(file, TRUE);
}

Test(ndb, lists_that_name_a_block_twice_or_themselves_are_refused)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 0);
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct am_pst_data data;
	struct am_error err = {0};
	am_pst_bid one = am_test_pst_data(p, "one", 3);
	uint8_t list[8 + 16] = {1, 1, 2, 0};
	am_pst_x_entry_encode(g, one, list + 8);
	am_pst_x_entry_encode(g, one, list + 16);
	am_pst_bid twice = am_test_pst_block(p, list, sizeof(list), true);
	/* The next one will be called so. */
	am_pst_bid self = ((twice & ~UINT64_C(2)) + 4) | 2;
	am_pst_x_entry_encode(g, self, list + 8);
	cr_assert(am_test_pst_block(p, list, sizeof(list), true) == self);
	list[1] = 2;
	am_pst_bid lists = am_test_pst_block(p, list, sizeof(list), true);
	list[2] = 200;
	am_pst_bid lies = am_test_pst_block(p, list, sizeof(list), true);
	am_pst_bid text = am_test_pst_block(p, "hi", 2, true);
	am_test_pst_node(p, 0x8022, 0x122, one, 0);
	GByteArray *file = am_test_pst_finish(p);
	struct am_pst_ndb *ndb = open_bytes(file);
	const am_pst_bid bad[] = {twice, self, lists, lies, text, 0x4444};
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		struct am_pst_sl_entry entry;
		cr_expect(am_pst_data_open(&data, ndb, bad[i], &err) ==
		                  AM_FAILED,
		          "%zu", i);
		cr_expect(am_pst_sub_find(ndb, bad[i], 5, &entry, &err) ==
		                  AM_FAILED,
		          "%zu", i);
	}
	am_pst_ndb_close(&ndb);
	g_byte_array_free(file, TRUE);
}

Test(ndb, subnodes_of_one_leaf_and_of_many)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct am_test_pst *p = am_test_pst_new(kind, 0);
		GArray *few = g_array_new(FALSE, FALSE,
		                          sizeof(struct am_pst_sl_entry));
		GArray *many = g_array_new(FALSE, FALSE,
		                           sizeof(struct am_pst_sl_entry));
		for (unsigned i = 0; i < 3000; i++) {
			struct am_pst_sl_entry entry = {
				(2999 - i) * 32 + (i % 3 ? 5 : 0x1f), i + 4, 0};
			if (i < 5)
				g_array_append_val(few, entry);
			g_array_append_val(many, entry);
		}
		const am_pst_bid subs[] = {am_test_pst_sub(p, few),
		                           am_test_pst_sub(p, many)};
		GByteArray *file = am_test_pst_finish(p);
		struct am_pst_ndb *ndb = open_bytes(file);
		const GArray *lists[] = {few, many};
		for (unsigned k = 0; k < 2; k++) {
			struct am_pst_sl_entry got, *list = NULL;
			size_t n = 0, want = 0;
			for (guint i = 0; i < lists[k]->len; i++) {
				struct am_pst_sl_entry e = g_array_index(
					lists[k], struct am_pst_sl_entry, i);
				want += (e.nid & 0x1f) == 5;
				cr_assert(am_pst_sub_find(ndb, subs[k], e.nid,
				                          &got, NULL) == 0);
				cr_expect(got.data == e.data);
			}
			cr_expect(am_pst_sub_find(ndb, subs[k], 0xffffff, &got,
			                          NULL) == AM_FAILED);
			cr_assert(am_pst_sub_list(ndb, subs[k], 5, &list, &n,
			                          NULL) == 0);
			cr_expect(n == want);
			g_free(list);
		}
		am_pst_ndb_close(&ndb);
		g_byte_array_free(file, TRUE);
		g_array_free(few, TRUE);
		g_array_free(many, TRUE);
	}
}
