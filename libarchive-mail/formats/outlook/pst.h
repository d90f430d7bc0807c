/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_H
#define AM_FORMATS_OUTLOOK_PST_H

#include "base/hash.h"
#include "model/format.h"

/* Outlook's data files: .pst and .ost are read, .pst is written. */
extern const struct am_format am_format_pst;
extern const struct am_option am_pst_options[];

AM_MUST_USE int am_pst_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);

AM_MUST_USE int am_pst_sink_open(struct am_sink **out,
                                 const struct am_location *where,
                                 struct am_ctx *ctx, struct am_error *err);

uint64_t am_pst_target_size(const struct am_location *where);

/* Was the store behind this source written by us (or is it empty)? */
bool am_pst_source_is_ours(const struct am_source *src);
/* The SHA-256 of the mail that the message next() gave last was made of; false:
 * it does not say. */
bool am_pst_source_hash(const struct am_source *src,
                        uint8_t out[AM_SHA256_LEN]);

#endif
