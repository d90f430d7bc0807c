/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_NEWS_H
#define AM_INDEX_NEWS_H

#include "base/error.h"

#include <glib.h>

#include <stdint.h>

struct am_archive;
struct am_state;

/*
 * What the archive's change sequence tells since the index last looked: new
 * messages to be indexed, and known ones that have left or come back.
 */
struct am_news {
	GArray *ids, *gone, *back; /* uint32_t, ascending, each once */
	uint64_t seq;              /* the last that was looked at */
};

/* To be cleared, whatever comes of it. */
AM_MUST_USE int am_news_read(struct am_news *out, const struct am_state *state,
                             struct am_archive *archive, struct am_error *err);
void am_news_clear(struct am_news *news);

#endif
