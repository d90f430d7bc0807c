/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps, property contexts and table contexts as the builder writes them. */
#include "outlook/pst/context.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "model/ctx.h"
#include "support/pst_builder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static unsigned n_notes;

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	cr_expect(*note->text);
	n_notes++;
}

static struct am_ctx ctx = {.on_note = on_note};

TestSuite(context, .fini = am_test_tmpdir_end);

static struct am_pst_ndb *open_built(struct am_test_pst *p)
{
	GByteArray *file = am_test_pst_finish(p);
	struct am_pst_ndb *ndb = NULL;
	struct am_error err = {0};
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	cr_assert(am_pst_ndb_open(&ndb, path, &ctx, &err) == 0, "%s", err.text);
	g_free(path);
	return ndb;
}

static GArray *no_subs(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
}

/* Values of every way to store them, in every layout. */
Test(context, properties_come_back)
{
	char *long_text = g_strnfill(5000, 'x');
	uint8_t *huge = g_malloc0(AM_PST_VALUE_NOW + 1);
	const struct am_test_prop props[] = {
		AM_TEST_TEXT(0x0037, "Grüße \xf0\x9f\x98\x80"),
		AM_TEST_TEXT(0x1000, long_text),
		AM_TEST_NUM(0x0e070003, 17),
		AM_TEST_NUM(0x0e1f000b, 1),
		AM_TEST_NUM(0x36010002, -3),
		AM_TEST_NUM(0x00390040, INT64_C(116444736000000000) + 25000000),
		AM_TEST_BYTES(0x1013, "<b>", 3),
		AM_TEST_BYTES(0x3701, huge, AM_PST_VALUE_NOW + 1),
		AM_TEST_TEXT(0x001a, ""),
		{0x3001001e, 0, "\x82\xa0", 2}};
	for (unsigned kind = 0; kind < 3; kind++) {
		struct am_test_pst *p =
			am_test_pst_new(kind, AM_PST_CRYPT_PERMUTE);
		GArray *subs = no_subs();
		am_pst_bid data =
			am_test_pst_pc(p, props, AM_COUNT(props), subs);
		am_pst_bid sub = am_test_pst_sub(p, subs);
		struct am_pst_ndb *ndb = open_built(p);
		struct am_arena *arena = am_arena_new();
		struct am_mapi_props bag;
		struct am_error err = {0};
		struct am_when when;
		int64_t n;
		unsigned bad = 0;
		am_mapi_props_init(&bag, arena);
		bag.codepage = 932;
		cr_assert(am_pst_pc_read(ndb, data, sub, &bag, &bad, &err) == 0,
		          "%s", err.text);
		cr_expect(bag.n == AM_COUNT(props) && !bad);
		cr_expect_str_eq(am_mapi_text(&bag, 0x37),
		                 "Grüße \xf0\x9f\x98\x80");
		cr_expect_str_eq(am_mapi_text(&bag, 0x1000), long_text);
		cr_expect_str_eq(am_mapi_text(&bag, 0x1a), "");
		cr_expect_str_eq(am_mapi_text(&bag, 0x3001), "\xe3\x81\x82");
		cr_expect(am_mapi_int(&bag, 0xe07, &n) && n == 17);
		cr_expect(am_mapi_int(&bag, 0x3601, &n) && n == -3);
		cr_expect(am_mapi_bool(&bag, 0xe1f));
		cr_expect(am_mapi_time(&bag, 0x39, &when) && when.sec == 2);
		cr_expect(!am_mapi_text(&bag, 0xe07) && !am_mapi_find(&bag, 5));
		const struct am_mapi_prop *one = am_mapi_find(&bag, 0x1013);
		cr_expect(one->len == 3 && !memcmp(one->data, "<b>", 3));
		one = am_mapi_find(&bag, 0x3701);
		cr_expect(!one->data && one->size == AM_PST_VALUE_NOW + 1);
		struct am_pst_data large = {0};
		cr_assert(am_pst_data_open(&large, ndb, one->store, &err) == 0);
		cr_expect(large.total == one->size);
		am_pst_data_close(&large);
		am_arena_free(&arena);
		am_pst_ndb_close(&ndb);
		g_array_free(subs, TRUE);
	}
	g_free(long_text);
	g_free(huge);
}

Test(context, a_value_that_is_not_there_costs_one_property)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 0);
	const struct am_test_prop props[] = {AM_TEST_TEXT(0x37, "here"),
	                                     AM_TEST_NUM(0x0e070003, 1)};
	struct am_test_heap *heap = am_test_heap_new(p);
	uint8_t records[3 * AM_PST_PC_RECORD];
	struct am_pst_pc_record record = {0x37, 0x1f, 0x7fff0020};
	am_pst_pc_record_encode(&record, records);
	record = (struct am_pst_pc_record){0x1000, 0x1f, 0x123f};
	am_pst_pc_record_encode(&record, records + 8);
	record = (struct am_pst_pc_record){0x1001, 0x03, 5};
	am_pst_pc_record_encode(&record, records + 16);
	uint32_t root = am_test_heap_bth(heap, 2, 6, records, 3);
	am_pst_bid broken = am_test_heap_finish(heap, AM_PST_HEAP_PC, root);
	GArray *subs = no_subs();
	am_pst_bid good = am_test_pst_pc(p, props, 2, subs);
	struct am_pst_ndb *ndb = open_built(p);
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props bag;
	struct am_error err = {0};
	unsigned bad = 0;
	am_mapi_props_init(&bag, arena);
	n_notes = 0;
	cr_assert(am_pst_pc_read(ndb, broken, 0, &bag, &bad, &err) == 0);
	cr_expect(bag.n == 1 && bad == 2 && n_notes == 2);
	uint32_t *ids = NULL;
	size_t n;
	cr_expect(am_pst_tc_ids(ndb, good, &ids, &n, &err) == AM_FAILED);
	cr_expect(strstr(err.text, "it is none"), "%s", err.text);
	am_arena_free(&arena);
	am_pst_ndb_close(&ndb);
	g_array_free(subs, TRUE);
}

/* A tree of records that leads back to itself ends. */
Test(context, trees_on_a_heap_end)
{
	struct am_test_pst *p = am_test_pst_new(AM_PST_UNICODE, 0);
	struct am_test_heap *heap = am_test_heap_new(p);
	uint8_t node[100 * 6], head[AM_PST_BTH_HEADER];
	for (unsigned i = 0; i < 100; i++) {
		am_put_le16(node + 6 * i, (uint16_t)i);
		am_put_le32(node + 6 * i + 2, 0x20); /* itself */
	}
	struct am_pst_bth_header tree = {AM_PST_HEAP_BTH, 2, 6, 7, 0};
	tree.root = am_test_heap_add(heap, node, sizeof(node));
	am_pst_bth_header_encode(&tree, head);
	uint32_t root = am_test_heap_add(heap, head, sizeof(head));
	am_pst_bid data = am_test_heap_finish(heap, AM_PST_HEAP_PC, root);
	struct am_pst_ndb *ndb = open_built(p);
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props bag;
	struct am_error err = {0};
	am_mapi_props_init(&bag, arena);
	cr_expect(am_pst_pc_read(ndb, data, 0, &bag, NULL, &err) == AM_FAILED);
	cr_expect(strstr(err.text, "larger than it"), "%s", err.text);
	am_arena_free(&arena);
	am_pst_ndb_close(&ndb);
}

struct rows {
	size_t n;
	uint32_t first, last;
	bool good;
};

static int take_row(void *user, struct am_mapi_props *row, struct am_error *err)
{
	struct rows *rows = user;
	int64_t id = 0, size = 0;
	struct am_when when = {0};
	char want[40];
	(void)err;
	cr_assert(am_mapi_int(row, 0x67f2, &id));
	cr_assert(am_mapi_int(row, 0x0e08, &size));
	g_snprintf(want, sizeof(want), "row %d", (int)id);
	rows->good &= !g_strcmp0(am_mapi_text(row, 0x37), want) &&
	              size == id * 3 && am_mapi_time(row, 0x39, &when) &&
	              (am_mapi_bool(row, 0xe1b) == (id % 2 == 1));
	if (!rows->n++)
		rows->first = (uint32_t)id;
	rows->last = (uint32_t)id;
	return AM_OK;
}

Test(context, tables_of_none_one_and_many_rows)
{
	static const uint32_t columns[] = {0x0037001f, 0x0e080003, 0x0e1b000b,
	                                   0x00390040};
	static const size_t sizes[] = {0, 1, 60, 1500};
	enum { MOST = 1500, WIDE = AM_COUNT(columns) };
	uint32_t *ids = g_new(uint32_t, MOST);
	struct am_test_prop *cells = g_new0(struct am_test_prop, MOST * WIDE);
	char(*texts)[40] = g_malloc(MOST * sizeof(*texts));
	for (unsigned i = 0; i < MOST; i++) {
		struct am_test_prop *c = cells + i * WIDE;
		ids[i] = i + 1;
		g_snprintf(texts[i], 40, "row %u", i + 1);
		c[0] = (struct am_test_prop)AM_TEST_TEXT(0x37, texts[i]);
		c[1] = (struct am_test_prop)AM_TEST_NUM(0x0e080003,
		                                        (i + 1) * 3);
		if (ids[i] % 2)
			c[2] = (struct am_test_prop)AM_TEST_NUM(0x0e1b000b, 1);
		c[3] = (struct am_test_prop)AM_TEST_NUM(
			0x00390040, INT64_C(130000000000000000));
	}
	for (unsigned kind = 0; kind < 3; kind++)
		for (size_t k = 0; k < AM_COUNT(sizes); k++) {
			struct am_test_pst *p =
				am_test_pst_new(kind, AM_PST_CRYPT_CYCLIC);
			GArray *subs = no_subs();
			am_pst_bid data = am_test_pst_tc(p, columns, WIDE, ids,
			                                 sizes[k], cells, subs);
			am_pst_bid sub = am_test_pst_sub(p, subs);
			struct am_pst_ndb *ndb = open_built(p);
			struct am_arena *arena = am_arena_new();
			struct am_error err = {0};
			struct rows rows = {.good = true};
			uint32_t *got = NULL;
			size_t n = 0;
			cr_assert(am_pst_tc_ids(ndb, data, &got, &n, &err) == 0,
			          "%s", err.text);
			cr_expect(n == sizes[k]);
			cr_expect(!n || !memcmp(got, ids, n * sizeof(*ids)));
			g_free(got);
			cr_assert(am_pst_tc_each(ndb, data, sub, arena,
			                         take_row, &rows, &err) == 0,
			          "%s", err.text);
			cr_expect(rows.n == sizes[k] && rows.good);
			cr_expect(rows.last == sizes[k]);
			am_arena_free(&arena);
			am_pst_ndb_close(&ndb);
			g_array_free(subs, TRUE);
		}
	g_free(ids);
	g_free(cells);
	g_free(texts);
}
