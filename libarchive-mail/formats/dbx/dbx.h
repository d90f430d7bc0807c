/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_DBX_DBX_H
#define AM_FORMATS_DBX_DBX_H

#include "formats/boxes/box.h"

struct am_blob;
struct am_ctx;
struct am_file;

/*
 * Outlook Express 5 and 6, a file per folder.  Everything is little-endian, and
 * each object begins with its own place in the file.
 *
 *   0x00  CF AD 12 FE C5 FD 74 6F 66 E3 D1 11 9A 4E 00 C0   messages
 *                     C6                                     folders.dbx
 *   0xC4  how many messages        0xE4  root of the tree of them
 *
 *   node of the tree          information of a message   piece of its bytes
 *   +0  itself                +0   itself                +0   itself
 *   +8  a node to the left    +4   length from +12       +4   room, 512
 *   +17 n, how many entries   +10  n, how many           +8   bytes used
 *   +24 n times               +12  n times kind (8),     +12  next piece
 *       message, node,             value or offset (24)  +16  the bytes
 *       count below it        then the data
 *
 * Outlook Express 4 (.mbx) has messages one behind the other:
 *
 *   0x00  "JMF6" 03 00 01 00      0x54  the first
 *   +0  00 7F 00 7F   +4 number   +8 length in all   +12 of the text   +16 text
 */
extern const struct am_format am_format_dbx;
extern const struct am_box_kind am_box_dbx;

/* What the information of a message says. */
struct am_dbx_info {
	uint32_t at;   /* of the information */
	uint32_t data; /* of the first piece; 0: only the header was fetched */
	uint32_t flags;
	uint64_t received, sent; /* FILETIME; 0: not said */
};
enum {
	AM_DBX_FLAGGED = 0x20,
	AM_DBX_READ = 0x80,
	AM_DBX_REPLIED = 0x80000,
	AM_DBX_FORWARDED = 0x100000
};

/* Places of all messages, in order of the tree; g_array_free() it.  *bad: parts
 * of the tree that could not be followed. */
AM_MUST_USE int am_dbx_list(GArray **out, unsigned *bad, struct am_file *file,
                            struct am_error *err);
AM_MUST_USE int am_dbx_info(struct am_dbx_info *out, struct am_file *file,
                            uint32_t at, struct am_error *err);
/* The pieces from `at` put together; their places go into *used, where it is
 * not NULL. */
AM_MUST_USE int am_dbx_load(struct am_blob **out, struct am_file *file,
                            uint32_t at, GHashTable *used, struct am_ctx *ctx,
                            struct am_error *err);
/* First pieces of what is in no list any more and begins like a mail. */
AM_MUST_USE int am_dbx_deleted(GArray **out, struct am_file *file,
                               GHashTable *used, struct am_ctx *ctx,
                               struct am_error *err);

#endif
