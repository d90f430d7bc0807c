/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_RECIPE_H
#define AM_FORMATS_MBOX_RECIPE_H

#include "base/error.h"
#include "formats/mbox/quoting.h"

struct am_blob;

/*
 * How the raw bytes of a message become again what the mbox held: the value
 * of the prop "mbox.recipe".
 *
 *     byte 0    bits 0-2  quoting to apply first, enum am_mbox_quote
 *               bit  3    lines end in CR alone
 *               others    0
 *     then, up to the end, insertions into what that gave:
 *     varint    bytes to copy since the last insertion
 *     varint    length of the insertion
 *     bytes     the insertion
 *
 * So the recipe of a message that mboxrd quoted in the regular way is one
 * byte.  No recipe at all: the stored bytes are the raw ones.
 */
#define AM_MBOX_RECIPE_MAX (64 * 1024)

struct am_mbox_gap;

/*
 * gaps: in order and disjoint, in offsets of the stored message; not the '>'s
 * that `quote` will put back by itself.
 * *out NULL when there is nothing to say; AM_E_LIMIT beyond the maximum.
 */
AM_MUST_USE int am_mbox_recipe_encode(uint8_t **out, size_t *out_len,
                                      enum am_mbox_quote quote, uint8_t eol,
                                      const struct am_mbox_gap *gaps,
                                      size_t n_gaps, struct am_error *err);

/* Where restored or quoted bytes go. */
struct am_mbox_out {
	int (*write)(void *user, const void *data, size_t len,
	             struct am_error *err);
	void *user;
};

/* The stored bytes from raw and recipe; AM_E_FORMAT when it is none. */
AM_MUST_USE int am_mbox_recipe_apply(const uint8_t *recipe, size_t len,
                                     const struct am_blob *raw,
                                     struct am_mbox_out *out,
                                     struct am_error *err);
/* What quoting came across. */
struct am_mbox_found {
	uint64_t added; /* '>'s */
	bool after_nul; /* the word, behind a NUL: see am_mbox_plan */
};
/* [from, to) of a blob with its lines quoted; what was found is added up when
 * `found` is not NULL.  out NULL: only count. */
AM_MUST_USE int am_mbox_quote_blob(const struct am_blob *raw, uint64_t from,
                                   uint64_t to, enum am_mbox_quote quote,
                                   uint8_t eol, struct am_mbox_out *out,
                                   struct am_mbox_found *found,
                                   struct am_error *err);

#endif
