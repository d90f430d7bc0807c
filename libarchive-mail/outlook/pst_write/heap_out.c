/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/heap_out.h"

#include "base/bytes.h"

#include <string.h>

/* Heads: the first block's; every 128th's from the ninth on, with how full it
 * and those behind it are; the others'. */
enum { BITMAP_FROM = 8, BITMAP_EVERY = 128, BITMAP_HEAD = 66, PLAIN_HEAD = 2 };

static bool is_bitmap(unsigned number)
{
	return number % BITMAP_EVERY == BITMAP_FROM;
}

static size_t head_of(unsigned number)
{
	if (!number)
		return AM_PST_HEAP_HEADER;
	return is_bitmap(number) ? BITMAP_HEAD : PLAIN_HEAD;
}

/* Its page map begins at an even offset. */
static size_t even(size_t at)
{
	return (at + 1) & ~(size_t)1;
}

static size_t map_len(unsigned n)
{
	return AM_PST_HEAP_MAP + 2 * ((size_t)n + 1);
}

static bool fits(size_t used, unsigned n, size_t len)
{
	return n < AM_PST_ALLOCS &&
	       even(used + len) + map_len(n + 1) <= AM_PST_BLOCK_MAX;
}

/* HNPAGEHDR's and HNHDR's nibbles, 2.3.1.2. */
static unsigned fill_of(const struct am_pst_heap_block *block)
{
	static const uint16_t levels[] = {3584, 2560, 2048, 1792, 1536,
	                                  1280, 1024, 768,  512,  256,
	                                  128,  64,   32,   16,   8};
	size_t room = AM_PST_BLOCK_MAX - even(block->used) - map_len(block->n);
	unsigned i = 0;

	while (i < AM_COUNT(levels) && room < levels[i])
		i++;
	return i;
}

void am_pst_heap_out_init(struct am_pst_heap_out *heap, struct am_pst_out *out)
{
	heap->out = out;
	heap->bids = g_array_new(FALSE, FALSE, sizeof(am_pst_bid));
}

void am_pst_heap_out_clear(struct am_pst_heap_out *heap)
{
	g_array_free(heap->bids, TRUE);
}

static void enter(struct am_pst_heap_out *heap, unsigned number)
{
	const am_pst_bid none = 0;

	heap->number = number;
	heap->now = !number             ? &heap->first
	            : is_bitmap(number) ? &heap->bitmap
	                                : &heap->plain;
	heap->now->used = head_of(number);
	heap->now->n = 0;
	memset(heap->now->bytes, 0, heap->now->used);
	g_array_append_val(heap->bids, none);
}

void am_pst_heap_out_begin(struct am_pst_heap_out *heap, uint8_t client)
{
	heap->client = client;
	heap->total = 0;
	g_array_set_size(heap->bids, 0);
	enter(heap, 0);
}

/* Its page map, its head, and off it goes. */
static int put_block(struct am_pst_heap_out *heap, unsigned number,
                     struct am_pst_heap_block *block, bool last,
                     struct am_error *err)
{
	const struct am_pst_heap_map map = {(uint16_t)block->n, 0};
	size_t at = even(block->used);
	size_t len = last ? at + map_len(block->n) : AM_PST_BLOCK_MAX;
	struct am_pst_out_block to;
	int r = am_pst_out_block(heap->out, len, false, &to, err);

	if (r)
		return r;
	memcpy(to.bytes, block->bytes, block->used);
	am_put_le16(to.bytes, (uint16_t)at);
	am_pst_heap_map_encode(&map, to.bytes + at);
	uint8_t *starts = to.bytes + at + AM_PST_HEAP_MAP;
	for (unsigned i = 0; i < block->n; i++)
		am_put_le16(starts + 2 * i, block->starts[i]);
	am_put_le16(starts + 2 * block->n, (uint16_t)block->used);
	g_array_index(heap->bids, am_pst_bid, number) = to.bid;
	return am_pst_out_seal(heap->out, &to, err);
}

/* The last block of those whose heads are the first one's business or a bitmap
 * block's. */
static void note_fill(struct am_pst_heap_out *heap)
{
	unsigned number = heap->number, fill = fill_of(heap->now);
	uint8_t *nibbles = number < BITMAP_FROM ? heap->first.bytes + 8
	                                        : heap->bitmap.bytes + 2;
	unsigned i = number < BITMAP_FROM
	                     ? number
	                     : (number - BITMAP_FROM) % BITMAP_EVERY;

	nibbles[i / 2] |= (uint8_t)(fill << (i % 2 ? 4 : 0));
}

static unsigned bitmap_before(unsigned number)
{
	return number - (number - BITMAP_FROM) % BITMAP_EVERY;
}

static int next_block(struct am_pst_heap_out *heap, struct am_error *err)
{
	unsigned next = heap->number + 1;
	int r = AM_OK;

	if (next == AM_PST_HEAP_BLOCKS)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a heap of more than %u blocks",
		               AM_PST_HEAP_BLOCKS);
	note_fill(heap);
	if (heap->now == &heap->plain)
		r = put_block(heap, heap->number, heap->now, false, err);
	if (!r && is_bitmap(next) && next > BITMAP_FROM)
		r = put_block(heap, next - BITMAP_EVERY, &heap->bitmap, false,
		              err);
	if (!r)
		enter(heap, next);
	return r;
}

int am_pst_heap_out_add(struct am_pst_heap_out *heap, const void *data,
                        size_t len, uint32_t *hid, struct am_error *err)
{
	struct am_pst_heap_block *block = heap->now;

	*hid = 0;
	if (!len)
		return AM_OK;
	if (!fits(block->used, block->n, len)) {
		int r = next_block(heap, err);
		if (r)
			return r;
		block = heap->now;
	}
	if (data)
		memcpy(block->bytes + block->used, data, len);
	else
		memset(block->bytes + block->used, 0, len);
	block->starts[block->n++] = (uint16_t)block->used;
	block->used += len;
	*hid = heap->number << 16 | block->n << 5;
	return AM_OK;
}

uint8_t *am_pst_heap_out_at(struct am_pst_heap_out *heap, uint32_t hid)
{
	assert(hid && hid < 0x10000);
	return heap->first.bytes + heap->first.starts[(hid >> 5) - 1];
}

int am_pst_heap_out_end(struct am_pst_heap_out *heap, uint32_t root,
                        am_pst_bid *bid, struct am_error *err)
{
	unsigned last = heap->number;
	struct am_pst_out_list list;
	int r = AM_OK;

	note_fill(heap);
	heap->total = (uint64_t)last * AM_PST_BLOCK_MAX +
	              even(heap->now->used) + map_len(heap->now->n);
	heap->first.bytes[2] = AM_PST_HEAP_SIG;
	heap->first.bytes[3] = heap->client;
	am_put_le32(heap->first.bytes + 4, root);
	if (heap->now == &heap->plain)
		r = put_block(heap, last, &heap->plain, true, err);
	if (!r && last >= BITMAP_FROM)
		r = put_block(heap, bitmap_before(last), &heap->bitmap,
		              heap->now == &heap->bitmap, err);
	if (!r)
		r = put_block(heap, 0, &heap->first, !last, err);
	am_pst_out_list_begin(&list);
	for (unsigned i = 0; !r && i <= last; i++)
		r = am_pst_out_list_add(
			heap->out, &list,
			g_array_index(heap->bids, am_pst_bid, i),
			i < last ? AM_PST_BLOCK_MAX
				 : (size_t)(heap->total -
		                            (uint64_t)last * AM_PST_BLOCK_MAX),
			err);
	return r ? r : am_pst_out_list_end(heap->out, &list, bid, err);
}

/* ---- sizes ---- */

void am_pst_heap_size_begin(struct am_pst_heap_size *size)
{
	*size = (struct am_pst_heap_size){.used = head_of(0)};
}

void am_pst_heap_size_add(struct am_pst_heap_size *size, size_t len)
{
	if (!len)
		return;
	if (!fits(size->used, size->n, len)) {
		size->number++;
		size->n = 0;
		size->used = head_of(size->number);
	}
	size->n++;
	size->used += len;
}

uint64_t am_pst_heap_size_end(const struct am_pst_heap_size *size)
{
	return (uint64_t)size->number * AM_PST_BLOCK_MAX + even(size->used) +
	       map_len(size->n);
}

/* ---- trees ---- */

void am_pst_bth_out_init(struct am_pst_bth_out *bth)
{
	bth->up = g_byte_array_new();
}

void am_pst_bth_out_clear(struct am_pst_bth_out *bth)
{
	g_byte_array_free(bth->up, TRUE);
}

void am_pst_bth_out_begin(struct am_pst_bth_out *bth,
                          struct am_pst_heap_out *heap, unsigned key,
                          unsigned entry)
{
	bth->heap = heap;
	bth->key = key;
	bth->entry = entry;
	bth->len = 0;
	g_byte_array_set_size(bth->up, 0);
}

/* A node of the tree, and its entry in the one above. */
static int put_node(struct am_pst_bth_out *bth, const uint8_t *bytes,
                    size_t len, struct am_error *err)
{
	uint8_t id[4];
	uint32_t hid;
	int r = am_pst_heap_out_add(bth->heap, bytes, len, &hid, err);

	if (r)
		return r;
	am_put_le32(id, hid);
	g_byte_array_append(bth->up, bytes, bth->key);
	g_byte_array_append(bth->up, id, sizeof(id));
	return AM_OK;
}

int am_pst_bth_out_add(struct am_pst_bth_out *bth, const uint8_t *record,
                       struct am_error *err)
{
	size_t size = bth->key + bth->entry;

	if (bth->len + size > sizeof(bth->leaf)) {
		int r = put_node(bth, bth->leaf, bth->len, err);
		if (r)
			return r;
		bth->len = 0;
	}
	memcpy(bth->leaf + bth->len, record, size);
	bth->len += size;
	return AM_OK;
}

int am_pst_bth_out_end(struct am_pst_bth_out *bth, uint32_t head,
                       struct am_error *err)
{
	struct am_pst_bth_header header = {AM_PST_HEAP_BTH, (uint8_t)bth->key,
	                                   (uint8_t)bth->entry, 0, 0};
	size_t size = bth->key + 4, per = AM_PST_ALLOC_MAX / size * size;
	int r = AM_OK;

	if (bth->len)
		r = put_node(bth, bth->leaf, bth->len, err);
	while (!r && bth->up->len > size) {
		GByteArray *level = bth->up;
		bth->up = g_byte_array_new();
		for (size_t at = 0; !r && at < level->len; at += per)
			r = put_node(bth, level->data + at,
			             MIN(per, level->len - at), err);
		g_byte_array_free(level, TRUE);
		header.levels++;
	}
	if (!r && bth->up->len) {
		struct am_cursor c = am_cursor(bth->up->data + bth->key, 4);
		header.root = am_get_le32(&c);
	}
	am_pst_bth_header_encode(&header, am_pst_heap_out_at(bth->heap, head));
	return r;
}
