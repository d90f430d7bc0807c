/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_SPLIT_H
#define AM_STORE_SPLIT_H

#include "store/items.h"

struct am_blob;
struct am_limits;
struct am_overview;
struct am_reader;

/*
 * A message taken apart for storing: which of its bytes are text, which are
 * base64 parts that decode and re-encode to exactly the same bytes (proven
 * here, before the encoded form is given up), which are large binary parts.
 * Pure: reads the raw bytes, writes nothing, any thread.
 */
struct am_split_source { /* where a step's bytes come from in the raw message */
	uint64_t offset, len; /* of the raw (encoded) bytes */
	uint32_t crc; /* CRC-32 of a text step's stored bytes, when they are to
	               * be read from a file again: it might change under us */
};

struct am_split {
	struct am_arena *arena;
	uint64_t size;
	uint8_t hash[AM_SHA256_LEN];    /* of the raw bytes */
	uint8_t hash_lf[AM_SHA256_LEN]; /* with line ends as LF: equal to hash
	                                 * when there is no CRLF */
	enum am_eol_class eol;
	struct am_recipe recipe; /* steps; extents come when it is placed */
	const struct am_split_source *from; /* one for each step */
	const struct am_overview *overview;
	struct am_blob *held; /* a small message that lies in a file, read once
	                       * and for all; NULL: the raw blob is good */
};

#define AM_INLINE_MAX                                            \
	(16u << 10) /* decoded parts up to this stay inline, and \
	             * so do text parts up to AM_TEXT_MAX */
#define AM_TEXT_MAX (256u << 10)

AM_MUST_USE int am_split_message(struct am_split **out,
                                 const struct am_blob *raw,
                                 const struct am_limits *limits,
                                 struct am_error *err);
/* The same of a message whose hash is known, and that it has no CR; hash NULL:
 * it is not. */
AM_MUST_USE int am_split_hashed(struct am_split **out,
                                const struct am_blob *raw,
                                const uint8_t hash[AM_SHA256_LEN],
                                const struct am_limits *limits,
                                struct am_error *err);
/* Hashes, line ends and overview only: no steps, so nothing to put. */
AM_MUST_USE int am_split_facts(struct am_split **out, const struct am_blob *raw,
                               const uint8_t hash[AM_SHA256_LEN],
                               const struct am_limits *limits,
                               struct am_error *err);
void am_split_free(struct am_split **split);

/* Where a base64 step's text lies in the raw message it has this form: with the
 * line ends of the raw bytes, not of the stored ones. */
struct am_base64_form am_split_raw_form(const struct am_split *split,
                                        size_t step);
/* The stored bytes of one step (text with LF ends when eol says so; decoded
 * where the step is base64), streamed from the raw message. */
AM_MUST_USE int am_split_step(struct am_reader **out, const struct am_blob *raw,
                              const struct am_split *split, size_t step,
                              struct am_error *err);

#endif
