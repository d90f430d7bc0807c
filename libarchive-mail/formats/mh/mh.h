/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MH_MH_H
#define AM_FORMATS_MH_MH_H

#include "formats/boxes/box.h"

/*
 * MH: a directory is a folder, a file whose name is a number is a message.
 * What else is known of them stands in files beside: .mh_sequences (MH, nmh,
 * mutt, Python), .sylpheed_mark and .claws_mark.
 */
extern const struct am_format am_format_mh;
extern const struct am_box_kind am_box_mh;
extern const struct am_option am_mh_options[];

AM_MUST_USE int am_mh_sink_open(struct am_sink **out,
                                const struct am_location *where,
                                struct am_ctx *ctx, struct am_error *err);

/* "12" is 12; anything else is no message: 0. */
uint32_t am_mh_number(const char *name);

#endif
