/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages, blocks and their entries ([MS-PST] 2.2.2.7 and 2.2.2.8).  An "id" is
 * 4 bytes in ANSI files and 8 in the others; node ids stand in such fields too
 * and their upper half is garbage in real files.
 */
#include "outlook/pst/ndb_layout.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <string.h>

static const struct am_pst_geometry geometries[] = {
	[AM_PST_ANSI] = {AM_PST_ANSI, false, 512, 512, 500, 496, 12, 16, 12, 64,
                         12, 8180, 4, 4, 12, 8, 16},
	[AM_PST_UNICODE] = {AM_PST_UNICODE, true, 564, 512, 496, 488, 24, 32,
                            24, 64, 16, 8176, 8, 8, 24, 16, 16},
	[AM_PST_OST4K] = {AM_PST_OST4K, true, 564, 4096, 4072, 4056, 24, 32, 24,
                          512, 24, 65512, 8, 8, 24, 16, 19},
};

const struct am_pst_geometry *am_pst_geometry(enum am_pst_kind kind)
{
	return &geometries[kind];
}

uint32_t am_pst_crc(const void *data, size_t len)
{
	return am_crc32(0xffffffffu, data, len) ^ 0xffffffffu;
}

uint16_t am_pst_sig(uint64_t at, am_pst_bid bid)
{
	uint32_t x = (uint32_t)(at ^ bid);

	return (uint16_t)((x >> 16) ^ x);
}

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* The i-th id of a run of them. */
static uint64_t get_id(const struct am_pst_geometry *g, const uint8_t *p,
                       unsigned i)
{
	return g->wide ? le64(p + 8 * i) : le32(p + 4 * i);
}

static void put_id(const struct am_pst_geometry *g, uint8_t *p, unsigned i,
                   uint64_t v)
{
	if (g->wide)
		am_put_le64(p + 8 * i, v);
	else
		am_put_le32(p + 4 * i, (uint32_t)v);
}

/* ptype, ptype, sig u16; crc u32, bid u64 (ANSI: bid u32, crc u32). */
void am_pst_page_trailer_decode(const struct am_pst_geometry *g,
                                struct am_pst_page_trailer *out,
                                const uint8_t *p)
{
	out->type = p[0];
	out->type_again = p[1];
	out->sig = le16(p + 2);
	out->crc = le32(p + (g->wide ? 4 : 8));
	out->bid = g->wide ? le64(p + 8) : le32(p + 4);
}

void am_pst_page_trailer_encode(const struct am_pst_geometry *g,
                                const struct am_pst_page_trailer *in,
                                uint8_t *p)
{
	p[0] = in->type;
	p[1] = in->type_again;
	am_put_le16(p + 2, in->sig);
	am_put_le32(p + (g->wide ? 4 : 8), in->crc);
	if (g->wide)
		am_put_le64(p + 8, in->bid);
	else
		am_put_le32(p + 4, (uint32_t)in->bid);
}

/* n u8, max u8, entry u8, level u8; of 4 KiB pages n and max are u16. */
void am_pst_bt_counts_decode(const struct am_pst_geometry *g,
                             struct am_pst_bt_counts *out, const uint8_t *p)
{
	bool big = g->kind == AM_PST_OST4K;

	out->n = big ? le16(p) : p[0];
	out->max = big ? le16(p + 2) : p[1];
	out->entry = p[big ? 4 : 2];
	out->level = p[big ? 5 : 3];
}

void am_pst_bt_counts_encode(const struct am_pst_geometry *g,
                             const struct am_pst_bt_counts *in, uint8_t *p)
{
	bool big = g->kind == AM_PST_OST4K;

	if (big) {
		am_put_le16(p, in->n);
		am_put_le16(p + 2, in->max);
	} else {
		p[0] = (uint8_t)in->n;
		p[1] = (uint8_t)in->max;
	}
	p[big ? 4 : 2] = in->entry;
	p[big ? 5 : 3] = in->level;
}

/* key id, bid id, at id */
void am_pst_bt_index_decode(const struct am_pst_geometry *g,
                            struct am_pst_bt_index *out, const uint8_t *p)
{
	out->key = get_id(g, p, 0);
	out->child.bid = get_id(g, p, 1);
	out->child.at = get_id(g, p, 2);
}

void am_pst_bt_index_encode(const struct am_pst_geometry *g,
                            const struct am_pst_bt_index *in, uint8_t *p)
{
	put_id(g, p, 0, in->key);
	put_id(g, p, 1, in->child.bid);
	put_id(g, p, 2, in->child.at);
}

/* nid id, data id, sub id, parent u32, padding */
void am_pst_nbt_entry_decode(const struct am_pst_geometry *g,
                             struct am_pst_nbt_entry *out, const uint8_t *p)
{
	out->nid = (am_pst_nid)get_id(g, p, 0);
	out->data = get_id(g, p, 1);
	out->sub = get_id(g, p, 2);
	out->parent = le32(p + (g->wide ? 24 : 12));
}

void am_pst_nbt_entry_encode(const struct am_pst_geometry *g,
                             const struct am_pst_nbt_entry *in, uint8_t *p)
{
	memset(p, 0, g->bt_nbt);
	put_id(g, p, 0, in->nid);
	put_id(g, p, 1, in->data);
	put_id(g, p, 2, in->sub);
	am_put_le32(p + (g->wide ? 24 : 12), in->parent);
}

/* bid id, at id, stored u16, [size u16 of 4 KiB,] refs u16, padding */
void am_pst_bbt_entry_decode(const struct am_pst_geometry *g,
                             struct am_pst_bbt_entry *out, const uint8_t *p)
{
	const uint8_t *rest = p + (g->wide ? 16 : 8);
	bool big = g->kind == AM_PST_OST4K;

	out->block.bid = get_id(g, p, 0);
	out->block.at = get_id(g, p, 1);
	out->stored = le16(rest);
	out->size = big ? le16(rest + 2) : out->stored;
	out->refs = le16(rest + (big ? 4 : 2));
}

void am_pst_bbt_entry_encode(const struct am_pst_geometry *g,
                             const struct am_pst_bbt_entry *in, uint8_t *p)
{
	uint8_t *rest = p + (g->wide ? 16 : 8);
	bool big = g->kind == AM_PST_OST4K;

	memset(p, 0, g->bt_bbt);
	put_id(g, p, 0, in->block.bid);
	put_id(g, p, 1, in->block.at);
	am_put_le16(rest, in->stored);
	if (big)
		am_put_le16(rest + 2, in->size);
	am_put_le16(rest + (big ? 4 : 2), in->refs);
}

/* stored u16, sig u16, crc u32, bid u64 (ANSI: bid u32, crc u32); of 4 KiB: 2
 * bytes, size u16 and 4 bytes more */
void am_pst_block_trailer_decode(const struct am_pst_geometry *g,
                                 struct am_pst_block_trailer *out,
                                 const uint8_t *p)
{
	out->stored = le16(p);
	out->sig = le16(p + 2);
	out->crc = le32(p + (g->wide ? 4 : 8));
	out->bid = g->wide ? le64(p + 8) : le32(p + 4);
	out->size = g->kind == AM_PST_OST4K ? le16(p + 18) : out->stored;
}

void am_pst_block_trailer_encode(const struct am_pst_geometry *g,
                                 const struct am_pst_block_trailer *in,
                                 uint8_t *p)
{
	memset(p, 0, g->block_trailer);
	am_put_le16(p, in->stored);
	am_put_le16(p + 2, in->sig);
	am_put_le32(p + (g->wide ? 4 : 8), in->crc);
	if (g->wide)
		am_put_le64(p + 8, in->bid);
	else
		am_put_le32(p + 4, (uint32_t)in->bid);
	if (g->kind == AM_PST_OST4K)
		am_put_le16(p + 18, in->size);
}

/* type u8, level u8, n u16, total u32; of type 2 the total is padding, which
 * ANSI files do not have */
void am_pst_list_head_decode(const struct am_pst_geometry *g,
                             struct am_pst_list_head *out, const uint8_t *p)
{
	(void)g;
	out->type = p[0];
	out->level = p[1];
	out->n = le16(p + 2);
	out->total = out->type == 1 ? le32(p + 4) : 0;
}

void am_pst_list_head_encode(const struct am_pst_geometry *g,
                             const struct am_pst_list_head *in, uint8_t *p)
{
	p[0] = in->type;
	p[1] = in->level;
	am_put_le16(p + 2, in->n);
	if (in->type == 1 || g->wide)
		am_put_le32(p + 4, in->type == 1 ? in->total : 0);
}

void am_pst_sl_entry_decode(const struct am_pst_geometry *g,
                            struct am_pst_sl_entry *out, const uint8_t *p)
{
	out->nid = (am_pst_nid)get_id(g, p, 0);
	out->data = get_id(g, p, 1);
	out->sub = get_id(g, p, 2);
}

void am_pst_sl_entry_encode(const struct am_pst_geometry *g,
                            const struct am_pst_sl_entry *in, uint8_t *p)
{
	put_id(g, p, 0, in->nid);
	put_id(g, p, 1, in->data);
	put_id(g, p, 2, in->sub);
}

void am_pst_si_entry_decode(const struct am_pst_geometry *g,
                            struct am_pst_si_entry *out, const uint8_t *p)
{
	out->nid = (am_pst_nid)get_id(g, p, 0);
	out->child = get_id(g, p, 1);
}

void am_pst_si_entry_encode(const struct am_pst_geometry *g,
                            const struct am_pst_si_entry *in, uint8_t *p)
{
	put_id(g, p, 0, in->nid);
	put_id(g, p, 1, in->child);
}

am_pst_bid am_pst_x_entry_decode(const struct am_pst_geometry *g,
                                 const uint8_t *p)
{
	return get_id(g, p, 0);
}

void am_pst_x_entry_encode(const struct am_pst_geometry *g, am_pst_bid bid,
                           uint8_t *p)
{
	put_id(g, p, 0, bid);
}
