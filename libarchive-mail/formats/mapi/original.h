/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_ORIGINAL_H
#define AM_FORMATS_MAPI_ORIGINAL_H

#include "base/hash.h"
#include "mime/base64_form.h"
#include "model/ctx.h"
#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

struct am_blob;
struct am_spool;

/*
 * How a mail comes back, byte for byte, from the item that was made of it: a
 * property of ours on the item says which of its bytes stand where in the item
 * and holds the others, compressed.
 *
 *   magic "MkO1"
 *   size u64         of the mail
 *   sha256 32 bytes  of the mail
 *   mark 8 bytes     of what a person can change: subject, bodies,
 *                    attachments.  Another one: somebody has, and the mail is
 *                    made of what is there.
 *   frames           each: raw length u32, packed length u32 (its top bit: as
 *                    it is, not compressed), zstd
 *
 * Together the frames are a run of steps, little-endian and LEB128:
 *
 *   kind u8          low 4 bits: enum am_original_kind; 0x40: in base64; 0x80:
 *                    each CRLF is an LF
 *   index            of FILE and ITEM: which attachment
 *   from, n          which bytes (of text: as UTF-8); not of ITEM.  BYTES has n
 *                    only, and the bytes follow.
 *   line, crlf, lead, trail   of base64: struct am_base64_form
 */
enum am_original_kind {
	AM_ORIGINAL_BYTES = 1,
	AM_ORIGINAL_HEADER = 2, /* PR_TRANSPORT_MESSAGE_HEADERS */
	AM_ORIGINAL_TEXT = 3,   /* PR_BODY */
	AM_ORIGINAL_HTML = 4,   /* PR_HTML */
	AM_ORIGINAL_FILE = 5,   /* an attachment's bytes */
	AM_ORIGINAL_ITEM = 6    /* what an embedded item was made of */
};

enum {
	AM_ORIGINAL_HEAD = 4 + 8 + 32 + 8,
	AM_ORIGINAL_FRAME = 256 * 1024, /* most raw bytes in one */
	AM_ORIGINAL_DEPTH = 32,         /* of items in items */
	AM_ORIGINAL_BASE64 = 0x40,
	AM_ORIGINAL_LF = 0x80
};

/* A stretch of the mail that follows from the item: whoever says so has seen
 * that it does. */
struct am_original_span {
	uint64_t at, len; /* in the mail */
	enum am_original_kind kind;
	bool base64, lf;
	uint32_t index;
	uint64_t from, n;
	struct am_base64_form form;
};

/* Its mark as it is now. */
AM_MUST_USE int am_original_mark(const struct am_mapi_message *msg,
                                 const struct am_mapi_enclosure *atts, size_t n,
                                 uint8_t out[8], struct am_error *err);
/* The same of an item that is not written yet. */
AM_MUST_USE int am_original_mark_item(const struct am_mapi_item *item,
                                      uint8_t out[8], struct am_error *err);
/* And the hash of a mail that lies in memory (NULL: none), in one go. */
AM_MUST_USE int am_original_mark_both(const struct am_mapi_item *item,
                                      const struct am_piece *mail,
                                      uint8_t *mail_hash, uint8_t out[8],
                                      struct am_error *err);

/*
 * Put the property on an item made of raw[at, at + len); spans (sorted by this)
 * are offsets in raw.  Those that overlap an earlier one are left out.
 */
struct am_original_job {
	const struct am_blob *raw;
	uint64_t at, len;
	struct am_original_span *spans;
	size_t n_spans;
	struct am_coder *coder;
	const struct am_ctx *ctx;
};
AM_MUST_USE int am_original_put(struct am_mapi_item *item,
                                const struct am_original_job *job,
                                struct am_error *err);

/* What the property begins with; false: there is none, or not one of ours. */
struct am_original_head {
	uint64_t size;
	uint8_t hash[AM_SHA256_LEN], mark[8];
};
bool am_original_head_of(const struct am_mapi_container *in,
                         const struct am_mapi_props *props,
                         struct am_original_head *out);

/*
 * The mail again.  AM_OK: these are its bytes, their hash is right.  AM_END:
 * the item does not say.  AM_FAILED: it says, but it is not so any more, and
 * why.  limit: bytes that may come out.
 */
AM_MUST_USE int am_original_read(struct am_blob **out,
                                 const struct am_mapi_message *msg,
                                 uint64_t limit, const struct am_ctx *ctx,
                                 struct am_error *err);

#endif
