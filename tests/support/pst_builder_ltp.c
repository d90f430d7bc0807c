/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps and what stands on them, for tests. */
#include "base/bytes.h"
#include "support/pst_builder.h"

#include <string.h>

enum { ALLOC_MAX = 3580, BLOCKS = 128, BITMAP_HEADER = 66, ALLOCS = 2000 };

struct am_test_heap {
	struct am_test_pst *pst;
	GByteArray *blocks[BLOCKS];
	GArray *starts[BLOCKS]; /* uint16_t: where each allocation begins */
	unsigned n;
};

static void next_block(struct am_test_heap *heap)
{
	static const uint8_t zeros[BITMAP_HEADER];
	unsigned i = heap->n++;

	g_assert(i < BLOCKS);
	heap->blocks[i] = g_byte_array_new();
	heap->starts[i] = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	g_byte_array_append(heap->blocks[i], zeros, i ? 2 : AM_PST_HEAP_HEADER);
}

struct am_test_heap *am_test_heap_new(struct am_test_pst *pst)
{
	struct am_test_heap *heap = g_new0(struct am_test_heap, 1);

	heap->pst = pst;
	next_block(heap);
	return heap;
}

uint32_t am_test_heap_add(struct am_test_heap *heap, const void *data,
                          size_t len)
{
	const struct am_pst_geometry *g = am_test_pst_geometry(heap->pst);
	unsigned i = heap->n - 1;

	if (!len)
		return 0;
	g_assert(len <= ALLOC_MAX);
	size_t map = AM_PST_HEAP_MAP + 2 * ((size_t)heap->starts[i]->len + 3);
	if (heap->blocks[i]->len + len + map > g->block_max ||
	    heap->starts[i]->len >= ALLOCS) {
		next_block(heap);
		i++;
	}
	uint16_t at = (uint16_t)heap->blocks[i]->len;
	g_array_append_val(heap->starts[i], at);
	g_byte_array_append(heap->blocks[i], data, (guint)len);
	return i << g->hid_block_shift | heap->starts[i]->len << 5;
}

uint32_t am_test_heap_bth(struct am_test_heap *heap, unsigned key,
                          unsigned entry, const uint8_t *records, size_t n)
{
	size_t size = key + entry;
	struct am_pst_bth_header tree = {AM_PST_HEAP_BTH, (uint8_t)key,
	                                 (uint8_t)entry, 0, 0};
	uint8_t head[AM_PST_BTH_HEADER];
	uint8_t *level = g_memdup2(records, n * size);

	while (n) {
		size_t per = ALLOC_MAX / size, n_up = 0, up_size = key + 4;
		uint8_t *up = g_malloc((n / per + 1) * up_size);
		for (size_t at = 0; at < n; at += per, n_up++) {
			tree.root = am_test_heap_add(heap, level + at * size,
			                             MIN(per, n - at) * size);
			memcpy(up + n_up * up_size, level + at * size, key);
			am_put_le32(up + n_up * up_size + key, tree.root);
		}
		g_free(level);
		level = up;
		size = up_size;
		n = n_up;
		if (n == 1)
			break;
		tree.levels++;
	}
	g_free(level);
	am_pst_bth_header_encode(&tree, head);
	return am_test_heap_add(heap, head, sizeof(head));
}

am_pst_bid am_test_heap_finish(struct am_test_heap *heap, uint8_t client,
                               uint32_t root)
{
	const struct am_pst_geometry *g = am_test_pst_geometry(heap->pst);
	GByteArray *all = g_byte_array_new();

	for (unsigned i = 0; i < heap->n; i++) {
		GByteArray *block = heap->blocks[i];
		uint16_t end = (uint16_t)block->len;
		struct am_pst_heap_map map = {(uint16_t)heap->starts[i]->len,
		                              0};
		uint8_t bytes[AM_PST_HEAP_MAP];
		g_array_append_val(heap->starts[i], end);
		g_byte_array_set_size(block, (end + 1u) & ~1u);
		block->data[block->len - 1] =
			block->len > end ? 0 : block->data[block->len - 1];
		struct am_pst_heap_header header = {
			(uint16_t)block->len, AM_PST_HEAP_SIG, client, root, 0};
		uint8_t head[AM_PST_HEAP_HEADER];
		am_pst_heap_header_encode(&header, head);
		memcpy(block->data, head, i ? 2 : sizeof(head));
		am_pst_heap_map_encode(&map, bytes);
		g_byte_array_append(block, bytes, sizeof(bytes));
		for (guint k = 0; k < heap->starts[i]->len; k++) {
			am_put_le16(bytes, g_array_index(heap->starts[i],
			                                 uint16_t, k));
			g_byte_array_append(block, bytes, 2);
		}
		guint len = block->len;
		if (i + 1 < heap->n) {
			g_byte_array_set_size(block, g->block_max);
			memset(block->data + len, 0, block->len - len);
		}
		g_byte_array_append(all, block->data, block->len);
		g_byte_array_free(block, TRUE);
		g_array_free(heap->starts[i], TRUE);
	}
	am_pst_bid bid = am_test_pst_data(heap->pst, all->data, all->len);
	g_byte_array_free(all, TRUE);
	g_free(heap);
	return bid;
}

/* ---- contexts ---- */

/* The bytes of a value; g_free() them. */
static uint8_t *value_of(const struct am_test_prop *prop, size_t *len)
{
	unsigned type = prop->tag & 0xffff;
	glong units;

	if (type == 0x1f) {
		gunichar2 *text =
			g_utf8_to_utf16(prop->bytes, -1, NULL, &units, NULL);
		g_assert(text);
		*len = (size_t)units * 2;
		return (uint8_t *)text;
	}
	if (!prop->bytes) {
		uint8_t *number = g_malloc(8);
		am_put_le64(number, (uint64_t)prop->number);
		*len = 8;
		return number;
	}
	*len = prop->len == SIZE_MAX ? strlen(prop->bytes) : prop->len;
	return g_memdup2(prop->bytes, *len);
}

static bool in_record(unsigned type)
{
	return type == 2 || type == 3 || type == 4 || type == 10 || type == 11;
}

/* What stands in 4 bytes for a value that is elsewhere. */
static uint32_t store_value(struct am_test_heap *heap,
                            const struct am_test_prop *prop, GArray *sub)
{
	size_t len;
	uint8_t *bytes = value_of(prop, &len);
	uint32_t where;

	if (len <= ALLOC_MAX) {
		where = am_test_heap_add(heap, bytes, len);
	} else {
		where = (0x1000 + sub->len) << 5 | 0x1f;
		struct am_pst_sl_entry entry = {
			where, am_test_pst_data(heap->pst, bytes, len), 0};
		g_array_append_val(sub, entry);
	}
	g_free(bytes);
	return where;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct am_test_prop *)a)->tag;
	uint32_t y = ((const struct am_test_prop *)b)->tag;

	return x < y ? -1 : x > y;
}

am_pst_bid am_test_pst_pc(struct am_test_pst *pst,
                          const struct am_test_prop *props, size_t n,
                          GArray *sub)
{
	struct am_test_heap *heap = am_test_heap_new(pst);
	struct am_test_prop *sorted = g_memdup2(props, n * sizeof(*props));
	uint8_t *records = g_malloc(n * AM_PST_PC_RECORD + 1);

	if (n)
		qsort(sorted, n, sizeof(*sorted), by_id);
	for (size_t i = 0; i < n; i++) {
		unsigned type = sorted[i].tag & 0xffff;
		struct am_pst_pc_record record = {
			(uint16_t)(sorted[i].tag >> 16), (uint16_t)type,
			in_record(type) ? (uint32_t)sorted[i].number
					: store_value(heap, &sorted[i], sub)};
		am_pst_pc_record_encode(&record,
		                        records + i * AM_PST_PC_RECORD);
	}
	uint32_t root = am_test_heap_bth(heap, 2, 6, records, n);
	g_free(records);
	g_free(sorted);
	return am_test_heap_finish(heap, AM_PST_HEAP_PC, root);
}

static unsigned width_of(unsigned type)
{
	return type == 0x40 || type == 0x14 ? 8
	       : type == 2                  ? 2
	       : type == 11                 ? 1
	                                    : 4;
}

/* Where each column lies: cells of 4 and 8 bytes, of 2, of 1. */
static void lay_out(struct am_pst_tc_column *columns,
                    struct am_pst_tc_info *info)
{
	static const unsigned widths[3][2] = {{8, 4}, {2, 2}, {1, 1}};
	uint16_t at = 0;

	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < info->n_columns; i++) {
			struct am_pst_tc_column *c = &columns[i];
			c->width = (uint8_t)width_of(c->tag & 0xffff);
			c->bit = (uint8_t)i;
			if (c->width != widths[k][0] &&
			    c->width != widths[k][1])
				continue;
			c->at = at;
			at = (uint16_t)(at + c->width);
		}
		info->ends[k] = at;
	}
	info->ends[3] = (uint16_t)(at + (info->n_columns + 7) / 8);
}

am_pst_bid am_test_pst_tc(struct am_test_pst *pst, const uint32_t *tags,
                          size_t n_columns, const uint32_t *ids, size_t n_rows,
                          const struct am_test_prop *cells, GArray *sub)
{
	const struct am_pst_geometry *g = am_test_pst_geometry(pst);
	struct am_test_heap *heap = am_test_heap_new(pst);
	struct am_pst_tc_column *columns =
		g_new0(struct am_pst_tc_column, n_columns + 1);
	struct am_pst_tc_info info = {.type = AM_PST_HEAP_TC,
	                              .n_columns = (uint8_t)(n_columns + 1)};
	unsigned entry = g->wide ? 4 : 2;
	uint8_t *index = g_malloc0(n_rows * (4 + entry) + 1);

	for (size_t i = 0; i < n_columns; i++)
		columns[i + 1].tag = tags[i];
	columns[0].tag = 0x67f20003; /* the row's id comes first */
	lay_out(columns, &info);
	size_t row = info.ends[3], per = g->block_max / row;
	GByteArray *rows = g_byte_array_new();
	for (size_t r = 0; r < n_rows; r++) {
		uint8_t *bytes = g_malloc0(row);
		am_put_le32(bytes + columns[0].at, ids[r]);
		bytes[info.ends[2]] |= 0x80;
		for (size_t i = 0; i < n_columns; i++) {
			const struct am_test_prop *p =
				&cells[r * n_columns + i];
			const struct am_pst_tc_column *c = &columns[i + 1];
			uint8_t number[8];
			if (!p->tag)
				continue;
			bool here = in_record(p->tag & 0xffff) || c->width == 8;
			am_put_le64(number, here ? (uint64_t)p->number
			                         : store_value(heap, p, sub));
			memcpy(bytes + c->at, number, c->width);
			bytes[info.ends[2] + c->bit / 8] |=
				(uint8_t)(0x80 >> c->bit % 8);
		}
		if (r && r % per == 0) {
			guint len = rows->len,
			      full = (guint)(r / per * g->block_max);
			g_byte_array_set_size(rows, full);
			memset(rows->data + len, 0, full - len);
		}
		g_byte_array_append(rows, bytes, (guint)row);
		g_free(bytes);
		am_put_le32(index + r * (4 + entry), ids[r]);
		am_put_le16(index + r * (4 + entry) + 4, (uint16_t)r);
	}
	info.row_index = am_test_heap_bth(heap, 4, entry, index, n_rows);
	if (rows->len > ALLOC_MAX) {
		info.rows = (0x2000 + sub->len) << 5 | 0x1f;
		struct am_pst_sl_entry matrix = {
			info.rows, am_test_pst_data(pst, rows->data, rows->len),
			0};
		g_array_append_val(sub, matrix);
	} else {
		info.rows = am_test_heap_add(heap, rows->data, rows->len);
	}
	size_t head_len =
		AM_PST_TC_INFO + (size_t)info.n_columns * AM_PST_TC_COLUMN;
	uint8_t *head = g_malloc0(head_len);
	am_pst_tc_info_encode(&info, head);
	for (unsigned i = 0; i < info.n_columns; i++)
		am_pst_tc_column_encode(&columns[i],
		                        head + AM_PST_TC_INFO +
		                                i * AM_PST_TC_COLUMN);
	uint32_t root = am_test_heap_add(heap, head, head_len);
	g_free(head);
	g_free(index);
	g_free(columns);
	g_byte_array_free(rows, TRUE);
	return am_test_heap_finish(heap, AM_PST_HEAP_TC, root);
}
