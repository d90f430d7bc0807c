/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_SINK_H
#define AM_FORMATS_IMAP_SINK_H

#include "model/format.h"

/* An account as a target: folders made, messages appended, nothing twice. */
AM_MUST_USE int am_imap_open_sink(struct am_sink **out,
                                  const struct am_location *where,
                                  struct am_ctx *ctx, struct am_error *err);

/* Rows of the format's option table that only writing reads. */
/* clang-format off */
#define AM_IMAP_SINK_OPTIONS                                                   \
	{"labels", "folders|keywords|first",                                   \
	 "a copy in each label's folder, labels as keywords, or neither",      \
	 "folders"},                                                           \
	{"repair", "YES/NO",                                                   \
	 "change what a server refuses as little as it takes, and say so",     \
	 "yes"},                                                               \
	{"bring-back", "YES/NO",                                               \
	 "copy again what was taken out since, where it came from a server",   \
	 "yes"}
/* clang-format on */

#endif
