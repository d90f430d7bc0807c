/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_CFB_CFB_H
#define AM_OUTLOOK_CFB_CFB_H

#include "base/error.h"
#include "outlook/cfb/cfb_layout.h"

struct am_blob;
struct am_reader;

/*
 * A compound file, read: storages (folders) and streams (files) in one file.
 * One thread at a time.
 *
 * Memory: 4 bytes a sector for the stream of small streams, and less than 100
 * bytes an entry, of which there may be AM_CFB_ENTRIES; streams are read in
 * pieces.  Whatever contradicts itself is AM_FAILED with the offset.  A
 * directory whose tree is damaged is read as far as it goes, and says so.
 */
struct am_cfb;
enum { AM_CFB_ENTRIES = 1 << 19 };

struct am_cfb_entry {
	const char *name; /* UTF-8 */
	enum am_cfb_type type;
	const uint8_t *clsid; /* 16 bytes; NULL: none */
	uint32_t start;
	uint64_t size; /* of a stream */
	/* Entries in it, by name: am_cfb_child(). */
	uint32_t n_children, first;
};

/* Takes a reference on blob. */
AM_MUST_USE int am_cfb_open(struct am_cfb **out, struct am_blob *blob,
                            struct am_error *err);
void am_cfb_close(struct am_cfb **cfb); /* becomes NULL */

uint64_t am_cfb_size(const struct am_cfb *cfb); /* of the file */
/* What is wrong with the directory, or NULL. */
const char *am_cfb_damage(const struct am_cfb *cfb);
/* 0 is the root.  Pointers live as long as cfb. */
const struct am_cfb_entry *am_cfb_entry(const struct am_cfb *cfb, uint32_t i);
/* The k-th entry of a storage. */
uint32_t am_cfb_child(const struct am_cfb *cfb, uint32_t storage, uint32_t k);
/* By name, whatever the case of ASCII letters; AM_CFB_NONE. */
uint32_t am_cfb_find(const struct am_cfb *cfb, uint32_t storage,
                     const char *name);

/* A stream from its beginning; the reader must be closed before cfb is. */
AM_MUST_USE int am_cfb_stream(struct am_cfb *cfb, uint32_t stream,
                              struct am_reader **out, struct am_error *err);
/* All of it, g_free() it; AM_E_LIMIT beyond max. */
AM_MUST_USE int am_cfb_stream_all(struct am_cfb *cfb, uint32_t stream,
                                  size_t max, uint8_t **out, size_t *len,
                                  struct am_error *err);

#endif
