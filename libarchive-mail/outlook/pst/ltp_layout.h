/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_LTP_LAYOUT_H
#define AM_OUTLOOK_PST_LTP_LAYOUT_H

#include "base/error.h"

/*
 * What lies in the data of a node ([MS-PST] 2.3), to the byte: a heap, on it
 * trees of small records, and out of these property and table contexts.  Each
 * structure with a decode and an encode that are inverses.
 */
enum {
	AM_PST_HEAP_SIG = 0xec,
	AM_PST_HEAP_BTH = 0xb5,
	AM_PST_HEAP_PC = 0xbc,
	AM_PST_HEAP_TC = 0x7c
};

/* HNHDR, 2.3.1.2; of the blocks behind the first only map_at. */
enum { AM_PST_HEAP_HEADER = 12 };
struct am_pst_heap_header {
	uint16_t map_at; /* ibHnpm: where the page map lies */
	uint8_t sig, client;
	uint32_t root; /* hidUserRoot */
	uint32_t fill; /* 8 nibbles: how full the first 8 blocks are */
};

/* HNPAGEMAP, 2.3.1.5: then n + 1 offsets, u16 each. */
enum { AM_PST_HEAP_MAP = 4 };
struct am_pst_heap_map {
	uint16_t n, n_free;
};

/* BTHHEADER, 2.3.2.1. */
enum { AM_PST_BTH_HEADER = 8 };
struct am_pst_bth_header {
	uint8_t type, key, entry, levels;
	uint32_t root;
};

/* A record of a property context, 2.3.3.3. */
enum { AM_PST_PC_RECORD = 8 };
struct am_pst_pc_record {
	uint16_t id, type;
	uint32_t value; /* itself, or where it lies */
};

/* TCINFO, 2.3.4.1; then the columns. */
enum { AM_PST_TC_INFO = 22 };
struct am_pst_tc_info {
	uint8_t type, n_columns;
	uint16_t ends[4]; /* of cells of 4 and 8 bytes, 2, 1; of the row */
	uint32_t row_index, rows;
};

/* TCOLDESC, 2.3.4.2. */
enum { AM_PST_TC_COLUMN = 8 };
struct am_pst_tc_column {
	uint32_t tag; /* id << 16 | type */
	uint16_t at;
	uint8_t width, bit;
};

#define AM_PST_LTP_DECODER(name)                               \
	void am_pst_##name##_decode(struct am_pst_##name *out, \
	                            const uint8_t *bytes)
#define AM_PST_LTP_ENCODER(name)                                    \
	void am_pst_##name##_encode(const struct am_pst_##name *in, \
	                            uint8_t *bytes)

AM_PST_LTP_DECODER(heap_header);
AM_PST_LTP_ENCODER(heap_header);
AM_PST_LTP_DECODER(heap_map);
AM_PST_LTP_ENCODER(heap_map);
AM_PST_LTP_DECODER(bth_header);
AM_PST_LTP_ENCODER(bth_header);
AM_PST_LTP_DECODER(pc_record);
AM_PST_LTP_ENCODER(pc_record);
AM_PST_LTP_DECODER(tc_info);
AM_PST_LTP_ENCODER(tc_info);
AM_PST_LTP_DECODER(tc_column);
AM_PST_LTP_ENCODER(tc_column);

#endif
