/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_UPDATE_WORK_H
#define AM_INDEX_UPDATE_WORK_H

#include "base/error.h"

struct am_ctx;
struct am_index;
struct am_news;

/* The work of am_index_update(): all that is new is indexed, by several threads
 * (workers 0: as many as there are processors), and in the published state as
 * far as it got, also when it fails. */
AM_MUST_USE int am_update_work(struct am_index *index, const char *archive,
                               const struct am_news *news, unsigned workers,
                               struct am_ctx *ctx, struct am_error *err);

#endif
