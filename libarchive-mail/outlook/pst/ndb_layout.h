/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_NDB_LAYOUT_H
#define AM_OUTLOOK_PST_NDB_LAYOUT_H

#include "base/error.h"

/*
 * The node database of a PST to the byte ([MS-PST] 2.2): each structure once,
 * with a decode and an encode that are tested as inverses.  There are three
 * layouts: ANSI (Outlook 97 to 2002, 32 bits), Unicode (64 bits), and the OST
 * of Outlook 2013 on (64 bits, pages of 4 KiB, blocks deflated).
 *
 * Decoders take a run of bytes that the caller has found to be long enough:
 * the sizes are in struct am_pst_geometry.
 */
typedef uint32_t am_pst_nid; /* node id: type in the lower 5 bits */
typedef uint64_t am_pst_bid; /* block id: bit 0 reserved, bit 1 internal */

enum am_pst_kind { AM_PST_ANSI, AM_PST_UNICODE, AM_PST_OST4K };

enum am_pst_crypt {
	AM_PST_CRYPT_NONE,
	AM_PST_CRYPT_PERMUTE,
	AM_PST_CRYPT_CYCLIC
};

/* What differs between the three, in bytes. */
struct am_pst_geometry {
	enum am_pst_kind kind;
	bool wide; /* ids and offsets of 64 bits */
	unsigned header;
	unsigned page, page_trailer; /* size; where its trailer lies */
	unsigned bt_counts;          /* where in a B-tree page the counts lie */
	unsigned bt_index, bt_nbt, bt_bbt; /* entries */
	unsigned block_align, block_trailer, block_max;
	unsigned x_entry;
	unsigned sl_header, sl_entry, si_entry;
	unsigned hid_block_shift; /* of a heap id: where its block stands */
};

const struct am_pst_geometry *am_pst_geometry(enum am_pst_kind kind);

struct am_pst_bref {
	am_pst_bid bid;
	uint64_t at; /* offset in the file */
};

enum { AM_PST_HEADER_MAX = 564 };

/* HEADER with its ROOT, 2.2.2.6. */
struct am_pst_header {
	enum am_pst_kind kind;
	uint16_t client; /* "SM" a PST, "SO" an OST, "AB" an address book */
	uint16_t version, client_version;
	uint8_t crypt; /* enum am_pst_crypt, or something else */
	uint8_t amap_valid;
	uint32_t unique;
	am_pst_nid nids[32]; /* by type: the highest handed out */
	am_pst_bid next_block, next_page;
	uint64_t eof, amap_last, amap_free, pmap_free;
	struct am_pst_bref nbt, bbt;
	bool crc_wrong; /* decode says it, encode ignores it */
};

/* AM_E_FORMAT: not a PST; AM_E_UNSUPPORTED: one we know but cannot read. */
AM_MUST_USE int am_pst_header_decode(struct am_pst_header *out,
                                     const uint8_t *bytes, size_t len,
                                     struct am_error *err);
/* Fills geometry->header bytes. */
void am_pst_header_encode(const struct am_pst_header *in, uint8_t *bytes);

enum am_pst_page_type { AM_PST_PAGE_BBT = 0x80, AM_PST_PAGE_NBT = 0x81 };

/* PAGETRAILER, 2.2.2.7.1. */
struct am_pst_page_trailer {
	uint8_t type, type_again;
	uint16_t sig;
	uint32_t crc;
	am_pst_bid bid;
};

/* The counts of a B-tree page, 2.2.2.7.7.1. */
struct am_pst_bt_counts {
	uint16_t n, max;
	uint8_t entry, level;
};

struct am_pst_bt_index { /* BTENTRY */
	uint64_t key;
	struct am_pst_bref child;
};

struct am_pst_nbt_entry {
	am_pst_nid nid, parent;
	am_pst_bid data, sub;
};

struct am_pst_bbt_entry {
	struct am_pst_bref block;
	uint16_t stored, size; /* without padding; the same unless deflated */
	uint16_t refs;
};

/* BLOCKTRAILER, 2.2.2.8.1. */
struct am_pst_block_trailer {
	uint16_t stored, sig;
	uint32_t crc;
	am_pst_bid bid;
	uint16_t size; /* of a deflated block, of the 4 KiB layout alone */
};

/* The head of XBLOCK, XXBLOCK (type 1), SLBLOCK and SIBLOCK (type 2). */
struct am_pst_list_head {
	uint8_t type, level;
	uint16_t n;
	uint32_t total; /* of type 1: bytes below */
};

struct am_pst_sl_entry {
	am_pst_nid nid;
	am_pst_bid data, sub;
};

struct am_pst_si_entry {
	am_pst_nid nid; /* first in child */
	am_pst_bid child;
};

#define AM_PST_DECODER(name, type)                                   \
	void am_pst_##name##_decode(const struct am_pst_geometry *g, \
	                            struct type *out, const uint8_t *bytes)
#define AM_PST_ENCODER(name, type)                                   \
	void am_pst_##name##_encode(const struct am_pst_geometry *g, \
	                            const struct type *in, uint8_t *bytes)

AM_PST_DECODER(page_trailer, am_pst_page_trailer);
AM_PST_ENCODER(page_trailer, am_pst_page_trailer);
AM_PST_DECODER(bt_counts, am_pst_bt_counts);
AM_PST_ENCODER(bt_counts, am_pst_bt_counts);
AM_PST_DECODER(bt_index, am_pst_bt_index);
AM_PST_ENCODER(bt_index, am_pst_bt_index);
AM_PST_DECODER(nbt_entry, am_pst_nbt_entry);
AM_PST_ENCODER(nbt_entry, am_pst_nbt_entry);
AM_PST_DECODER(bbt_entry, am_pst_bbt_entry);
AM_PST_ENCODER(bbt_entry, am_pst_bbt_entry);
AM_PST_DECODER(block_trailer, am_pst_block_trailer);
AM_PST_ENCODER(block_trailer, am_pst_block_trailer);
AM_PST_DECODER(list_head, am_pst_list_head);
AM_PST_ENCODER(list_head, am_pst_list_head);
AM_PST_DECODER(sl_entry, am_pst_sl_entry);
AM_PST_ENCODER(sl_entry, am_pst_sl_entry);
AM_PST_DECODER(si_entry, am_pst_si_entry);
AM_PST_ENCODER(si_entry, am_pst_si_entry);
/* One block id of an XBLOCK or XXBLOCK. */
am_pst_bid am_pst_x_entry_decode(const struct am_pst_geometry *g,
                                 const uint8_t *bytes);
void am_pst_x_entry_encode(const struct am_pst_geometry *g, am_pst_bid bid,
                           uint8_t *bytes);

/* 2.2.5: CRC-32 that begins with 0 and is not turned over at the end. */
uint32_t am_pst_crc(const void *data, size_t len);
/* 5.5: of pages and blocks, by where they are and who they are. */
uint16_t am_pst_sig(uint64_t at, am_pst_bid bid);

#endif
