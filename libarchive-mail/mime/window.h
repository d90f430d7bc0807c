/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_WINDOW_H
#define AM_MIME_WINDOW_H

#include "base/error.h"

struct am_blob;

/*
 * Bytes of a blob, looked at in place.  A blob in memory is all in view for
 * nothing; of another one a piece of `room` bytes is, and it slides.
 *
 * Offsets at, at + len say what is in view at `data`; size is where the blob
 * ends.
 */
struct am_window {
	const uint8_t *data;
	uint64_t at, size;
	size_t len;
	const struct am_blob *blob;
	uint8_t *buf;
	size_t room;
};

void am_window_init(struct am_window *w, const struct am_blob *blob,
                    size_t room);
void am_window_drop(struct am_window *w);
/* Bring [pos, pos + want) into view, as far as there are bytes; want must not
 * exceed room.  What was in view before is no longer. */
AM_MUST_USE int am_window_slide(struct am_window *w, uint64_t pos, size_t want,
                                struct am_error *err);

/* Is it in view already?  The question of the inner loops. */
static inline bool am_window_has(const struct am_window *w, uint64_t pos,
                                 uint64_t want)
{
	uint64_t left = w->size - pos;

	return pos >= w->at && pos <= w->at + w->len &&
	       (want < left ? want : left) <= w->at + w->len - pos;
}

#endif
