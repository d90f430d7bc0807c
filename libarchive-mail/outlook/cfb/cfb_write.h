/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_CFB_CFB_WRITE_H
#define AM_OUTLOOK_CFB_CFB_WRITE_H

#include "base/error.h"
#include "outlook/cfb/cfb_layout.h"

struct am_blob;
struct am_cfb;

/*
 * A compound file that is to be written: say what is in it, then have it
 * written from front to back.  Version 3 up to 2 GiB, beyond that version 4
 * with sectors of 4 KiB.  The same entries in the same order give the same
 * bytes; there are no dates in it.
 *
 * Storages are named by number, 0 is the root.  A name must be no longer than
 * 31 UTF-16 units and be there once in its storage.
 */
struct am_cfb_write;

struct am_cfb_write *am_cfb_write_new(void);
void am_cfb_write_free(struct am_cfb_write **w); /* becomes NULL */

uint32_t am_cfb_write_storage(struct am_cfb_write *w, uint32_t in,
                              const char *name);
void am_cfb_write_class(struct am_cfb_write *w, uint32_t storage,
                        const uint8_t clsid[16]);
/* Copies. */
void am_cfb_write_bytes(struct am_cfb_write *w, uint32_t in, const char *name,
                        const void *data, size_t len);
/* Takes a reference. */
void am_cfb_write_blob(struct am_cfb_write *w, uint32_t in, const char *name,
                       struct am_blob *blob);
/* A stream, or all that is in a storage, of another file, which must outlive w.
 */
void am_cfb_write_stream(struct am_cfb_write *w, uint32_t in, const char *name,
                         struct am_cfb *from, uint32_t stream);
void am_cfb_write_all_in(struct am_cfb_write *w, uint32_t in,
                         struct am_cfb *from, uint32_t storage);

/* How long the file will be. */
uint64_t am_cfb_write_size(struct am_cfb_write *w);
/* put() gets all of it in order; what it returns but AM_OK ends the writing and
 * is returned. */
AM_MUST_USE int am_cfb_write_out(struct am_cfb_write *w,
                                 int (*put)(void *user, const void *data,
                                            size_t len, struct am_error *err),
                                 void *user, struct am_error *err);

#endif
