/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_READING_H
#define AM_INDEX_READING_H

#include "index/build.h"

/*
 * Documents in the making.  A message whose attached files are being read waits
 * for its turn with the text that is there; the messages behind it are read
 * meanwhile, up to a number.  What comes out is in the order it went in.
 */
#define AM_READING_AHEAD 64

struct am_document;

struct am_read {
	uint32_t id;
	uint64_t size;           /* of the message */
	struct am_document *doc; /* finished; until the next begin() */
};

/* Loads a message and asks for its files; AM_FATAL only. */
AM_MUST_USE int am_reading_begin(struct am_reading *reading,
                                 struct am_archive *archive, uint32_t id,
                                 const struct am_batch *batch,
                                 struct am_error *err);
bool am_reading_empty(const struct am_reading *reading);
bool am_reading_full(const struct am_reading *reading);
/* Is there a first one that is done, or within so many milliseconds?  Else
 * finish() waits. */
bool am_reading_ready(const struct am_reading *reading, unsigned ms);
/* The first one, waiting if need be.  AM_FAILED: it could not be read; out->id
 * is set. */
AM_MUST_USE int am_reading_finish(struct am_reading *reading,
                                  struct am_read *out, struct am_error *err);
/* All of them, unfinished. */
void am_reading_drop(struct am_reading *reading);

#endif
