/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in the data of a node: [MS-PST] 2.2.2.8.3, 2.3.1 to 2.3.3. */
#include "outlook/pst_check/check_impl.h"

#include "base/arena.h"
#include "base/bytes.h"

/* Finding a block in the tree is worth so many bytes. */
enum { BLOCK_COST = 512 };
enum { BITMAP_FROM = 8, BITMAP_EVERY = 128, BITMAP_HEAD = 66 };

bool am_pst_check_data(struct am_pst_checker *c, am_pst_nid nid,
                       am_pst_bid data, uint64_t *total)
{
	struct am_pst_data list = {0};
	struct am_error err = {0};
	uint64_t sum = 0;
	int r = am_pst_data_open(&list, c->ndb, data, &err);

	*total = 0;
	if (!r &&
	    !am_pst_charge(c, nid, (uint64_t)list.n_blocks * BLOCK_COST)) {
		am_pst_data_close(&list);
		return false;
	}
	for (size_t i = 0; !r && i < list.n_blocks; i++) {
		struct am_pst_bbt_entry entry;
		const uint8_t *bytes;
		r = am_pst_bt_find(c->ndb, AM_PST_PAGE_BBT,
		                   list.blocks[i] & ~UINT64_C(1), &bytes, &err);
		if (r)
			break;
		am_pst_bbt_entry_decode(c->g, &entry, bytes);
		sum += entry.size;
		if (i + 1 < list.n_blocks && entry.size != c->g->block_max)
			am_pst_finding(c, nid, "data",
			               "block 0x%" PRIx64
			               " has %u bytes and is not the last",
			               entry.block.bid, entry.size);
	}
	if (r)
		am_pst_finding(c, nid, "data", "data 0x%" PRIx64 ": %s", data,
		               err.text);
	else if (sum != list.total)
		am_pst_finding(c, nid, "data",
		               "data 0x%" PRIx64 " has %" PRIu64
		               " bytes, its list says %" PRIu64,
		               data, sum, list.total);
	am_pst_data_close(&list);
	*total = sum;
	return !r;
}

static unsigned level_of(size_t room)
{
	static const uint16_t levels[] = {3584, 2560, 2048, 1792, 1536,
	                                  1280, 1024, 768,  512,  256,
	                                  128,  64,   32,   16,   8};
	unsigned i = 0;

	while (i < AM_COUNT(levels) && room < levels[i])
		i++;
	return i;
}

/* The nibbles of the first block, or of the bitmap block that has them. */
struct fill {
	uint8_t nibbles[64];
	size_t n;
};

static size_t head_of(size_t number)
{
	return !number                                ? AM_PST_HEAP_HEADER
	       : number % BITMAP_EVERY == BITMAP_FROM ? BITMAP_HEAD
	                                              : 2;
}

static void take_fill(struct fill *fill, size_t number, const uint8_t *bytes)
{
	size_t head = head_of(number), from = number ? 2 : 8;

	if (head == 2)
		return;
	fill->n = head - from;
	for (size_t i = 0; i < fill->n; i++)
		fill->nibbles[i] = bytes[from + i];
}

static const char *check_map(const uint8_t *bytes, size_t len, size_t head,
                             size_t *room)
{
	struct am_cursor c = am_cursor(bytes, len);
	size_t at = am_get_le16(&c), zero = 0;
	struct am_pst_heap_map map;

	if (at < head || at + AM_PST_HEAP_MAP + 2 > len)
		return "has no map of what is in it";
	am_pst_heap_map_decode(&map, bytes + at);
	size_t size = AM_PST_HEAP_MAP + 2 * ((size_t)map.n + 1);
	if (at + size > len)
		return "has a map that is cut off";
	c = am_cursor(bytes + at + AM_PST_HEAP_MAP, size - AM_PST_HEAP_MAP);
	size_t last = am_get_le16(&c);
	if (last != head)
		return "does not begin behind its head";
	for (unsigned i = 0; i < map.n; i++) {
		size_t next = am_get_le16(&c);
		if (next < last)
			return "has pieces that are not in order";
		if (next - last > 3580)
			return "has a piece that is too large";
		zero += next == last;
		last = next;
	}
	if (((last + 1) & ~(size_t)1) != at)
		return "has its map elsewhere than behind the last piece";
	if (map.n_free != zero)
		return "does not count its free pieces right";
	size_t used = at + size;
	*room = used < 8176 ? 8176 - used : 0;
	return NULL;
}

bool am_pst_check_heap(struct am_pst_checker *c, am_pst_nid nid,
                       am_pst_bid data, uint8_t client)
{
	struct am_pst_heap_header header;
	struct am_pst_data list = {0};
	struct am_error err = {0};
	struct fill fill = {.n = 0};
	int r = am_pst_data_open(&list, c->ndb, data, &err);

	if (!r && !list.n_blocks)
		r = am_fail(&err, AM_FAILED, AM_E_FORMAT, "it has no data");
	if (!r && !am_pst_charge(c, nid, (uint64_t)list.n_blocks * 8192)) {
		am_pst_data_close(&list);
		return false;
	}
	for (size_t i = 0; !r && i < list.n_blocks; i++) {
		struct am_pst_block *block = NULL;
		size_t head = head_of(i), room = 0;
		const char *wrong = "is too short";
		r = am_pst_data_block(&list, i, &block, &err);
		if (r)
			break;
		if (block->len >= head)
			wrong = check_map(block->bytes, block->len, head,
			                  &room);
		if (block->len >= head)
			take_fill(&fill, i, block->bytes);
		if (wrong)
			am_pst_finding(c, nid, "heap",
			               "heap block %zu (0x%" PRIx64 ") %s", i,
			               list.blocks[i], wrong);
		size_t k =
			i < BITMAP_FROM ? i : (i - BITMAP_FROM) % BITMAP_EVERY;
		unsigned said = 0;
		if (k / 2 < fill.n)
			said = (unsigned)fill.nibbles[k / 2] >> (k % 2 ? 4 : 0);
		said &= 0xf;
		if (!wrong && said != level_of(room))
			am_pst_finding(c, nid, "heap",
			               "heap block %zu (0x%" PRIx64
			               ") has %zu bytes left, which is not "
			               "level %u",
			               i, list.blocks[i], room, said);
		if (!i && block->len >= AM_PST_HEAP_HEADER) {
			am_pst_heap_header_decode(&header, block->bytes);
			if (header.sig != AM_PST_HEAP_SIG ||
			    header.client != client)
				r = am_fail(&err, AM_FAILED, AM_E_FORMAT,
				            "a heap of kind %02x %02x",
				            header.sig, header.client);
		}
		am_pst_block_unref(&block);
	}
	if (r)
		am_pst_finding(c, nid, "heap", "heap 0x%" PRIx64 ": %s", data,
		               err.text);
	am_pst_data_close(&list);
	return !r;
}

/* ---- property contexts ---- */

struct order {
	unsigned last;
	bool any, wrong;
};

static int take_record(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct order *order = user;
	struct am_pst_pc_record record;

	(void)err;
	am_pst_pc_record_decode(&record, bytes);
	order->wrong |= order->any && record.id <= order->last;
	order->last = record.id;
	order->any = true;
	return AM_OK;
}

bool am_pst_check_bag(struct am_pst_checker *c, am_pst_nid nid, am_pst_bid data,
                      am_pst_bid sub, unsigned arena, struct am_mapi_props *bag)
{
	struct am_pst_heap heap = {0};
	struct am_error err = {0};
	struct order order = {0};
	unsigned bad = 0;

	am_arena_reset(c->arenas[arena]);
	am_mapi_props_init(bag, c->arenas[arena]);
	if (!am_pst_check_heap(c, nid, data, AM_PST_HEAP_PC))
		return false;
	int r = am_pst_heap_open(&heap, c->ndb, data, &err);
	if (!r)
		r = am_pst_bth_each(&heap, heap.header.root, 2, 6, take_record,
		                    &order, &err);
	am_pst_heap_close(&heap);
	if (!r)
		r = am_pst_pc_read(c->ndb, data, sub, bag, &bad, &err);
	if (!r && !am_pst_charge(c, nid, bag->held))
		return false;
	if (order.wrong)
		am_pst_finding(c, nid, "properties",
		               "the properties of block 0x%" PRIx64
		               " are not in order",
		               data);
	if (r)
		am_pst_finding(c, nid, "properties", "%s", err.text);
	return !r;
}
