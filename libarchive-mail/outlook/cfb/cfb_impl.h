/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_CFB_CFB_IMPL_H
#define AM_OUTLOOK_CFB_CFB_IMPL_H

#include "outlook/cfb/cfb.h"

struct am_arena;

/* Sectors of the FAT that are held: chains mostly stay in one. */
enum { AM_CFB_HELD = 16 };

struct am_cfb {
	struct am_blob *blob;
	struct am_arena *arena;
	uint64_t size;
	struct am_cfb_header header;
	size_t sector;      /* bytes of one */
	uint32_t n_sectors; /* that the file has, the last maybe in part */
	uint32_t *fat;      /* where the FAT lies */
	uint32_t n_fat;
	uint32_t held[AM_CFB_HELD]; /* which of it; AM_CFB_FREE: none */
	uint8_t *bytes[AM_CFB_HELD];
	/* The stream that small streams are in, and its own FAT. */
	uint32_t *mini, n_mini;
	uint32_t *mini_fat, n_mini_fat;
	uint64_t mini_size;
	uint32_t n_entries, *children;
	struct am_cfb_entry *entries;
	const char *damage;
};

/* Where a sector begins. */
uint64_t am_cfb_offset(const struct am_cfb *cfb, uint32_t sector);
/* len bytes at offset into it, or an error with the offset. */
AM_MUST_USE int am_cfb_read(const struct am_cfb *cfb, uint32_t sector,
                            size_t offset, void *buf, size_t len,
                            struct am_error *err);
/* The sector behind one; AM_CFB_END at the end. */
AM_MUST_USE int am_cfb_next(struct am_cfb *cfb, uint32_t sector, uint32_t *out,
                            struct am_error *err);
/* A whole chain, of max sectors at the most; g_free() it.  With an error it is
 * what comes before. */
AM_MUST_USE int am_cfb_chain(struct am_cfb *cfb, uint32_t start, uint32_t max,
                             uint32_t **out, uint32_t *n, struct am_error *err);
/* Something is wrong and less is there for it. */
void am_cfb_damaged(struct am_cfb *cfb, const char *fmt, ...) AM_PRINTF(2, 3);
/* cfb_directory.c: entries and who is in whom. */
AM_MUST_USE int am_cfb_read_directory(struct am_cfb *cfb, struct am_error *err);

#endif
