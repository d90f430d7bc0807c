/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_SPACE_H
#define AM_OUTLOOK_PST_WRITE_SPACE_H

#include "outlook/pst/ndb_layout.h"

/*
 * The space of a Unicode PST that is written from front to end ([MS-PST]
 * 2.2.2.7): intervals of 253,952 bytes, each beginning with its allocation map,
 * of which a bit says that 64 bytes are taken.
 *
 * The interval at work is the write buffer: pages and blocks are made in it,
 * and it goes to the file whole, with its map.
 */
enum {
	AM_PST_UNIT = 64,
	AM_PST_PAGE = 512,
	AM_PST_PAGE_BODY = 496,
	AM_PST_MAP_FIRST = 0x4400,
	AM_PST_INTERVAL = 253952
};

/* Pages of the maps; the others are in ndb_layout.h. */
enum am_pst_map_type {
	AM_PST_PAGE_FMAP = 0x82,
	AM_PST_PAGE_PMAP = 0x83,
	AM_PST_PAGE_AMAP = 0x84,
	AM_PST_PAGE_FPMAP = 0x85,
	AM_PST_PAGE_DLIST = 0x86
};

/* What belongs behind the allocation map of interval k: up to two pages, of
 * these types; how many. */
unsigned am_pst_interval_pages(uint64_t k, uint8_t types[2]);

/* Where writing stands; may be gone back to. */
struct am_pst_space_mark {
	uint64_t interval, free;
	size_t used;
	uint8_t map[AM_PST_PAGE_BODY];
};

struct am_pst_space {
	int fd; /* the owner's */
	const char *path;
	struct am_pst_space_mark now; /* free: in the intervals before */
	uint8_t *buf;
};

void am_pst_space_begin(struct am_pst_space *space, int fd, const char *path);
void am_pst_space_clear(struct am_pst_space *space);
/* len bytes of zeros, aligned and within one interval; *out until the next
 * call. */
AM_MUST_USE int am_pst_space_take(struct am_pst_space *space, size_t len,
                                  size_t align, uint64_t *at, uint8_t **out,
                                  struct am_error *err);
/* All that was taken since is free again. */
AM_MUST_USE int am_pst_space_back(struct am_pst_space *space,
                                  const struct am_pst_space_mark *mark,
                                  struct am_error *err);
/* The last interval; how long the file is, where its last map, what is free. */
AM_MUST_USE int am_pst_space_end(struct am_pst_space *space,
                                 struct am_pst_header *header,
                                 struct am_error *err);
/* How long the file would be with so many bytes more, in pieces of up to
 * 8 KiB; never too little. */
uint64_t am_pst_space_with(const struct am_pst_space *space, uint64_t more);

/* The trailer of a page; maps are named by where they are. */
void am_pst_page_seal(uint8_t *page, uint8_t type, uint64_t at, am_pst_bid bid);

#endif
