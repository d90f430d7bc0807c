/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_WINDOW_H
#define AM_FORMATS_MBOX_WINDOW_H

#include "base/error.h"

struct am_file;
struct am_reader;

/*
 * A bounded run of a file's bytes in memory, moving forward only.  Plain files
 * are read in place; packed ones through their unpacker.  Offsets are those of
 * the unpacked bytes.
 *
 * Bytes that cannot be read end the window as the end of the file does; what
 * went wrong stays in `error`, to be told once all before it is delivered.
 */
struct am_mbox_window {
	struct am_file *file; /* of a reader's own none; the bytes come from it
	                       * when ... */
	struct am_reader *reader; /* ... this is NULL */
	uint8_t *buf;
	size_t cap, len;
	uint64_t base; /* offset of buf[0] */
	uint64_t size; /* of a plain file when it was opened */
	bool ended;
	int status; /* AM_OK, or why it ended early */
	struct am_error error;
};

#define AM_MBOX_WINDOW (1024 * 1024)

/* Takes a reference on file; limit bounds what is read (UINT64_MAX: all). */
AM_MUST_USE int am_mbox_window_open(struct am_mbox_window *w,
                                    struct am_file *file, uint64_t limit,
                                    struct am_error *err);
/* The same of bytes that come by once; takes the reader. */
void am_mbox_window_open_reader(struct am_mbox_window *w,
                                struct am_reader *reader, uint64_t limit);
void am_mbox_window_close(struct am_mbox_window *w);
/*
 * Read on; bytes before offset `keep` may go.  Pointers into the window are
 * void afterwards.  false when there is nothing more to be had.
 */
bool am_mbox_window_more(struct am_mbox_window *w, uint64_t keep);

/* Go on at this offset; false: not in a file that is packed, or behind it. */
bool am_mbox_window_seek(struct am_mbox_window *w, uint64_t offset);

static inline uint64_t am_mbox_window_end(const struct am_mbox_window *w)
{
	return w->base + w->len;
}

/* offset must lie within [base, end]. */
static inline const uint8_t *am_mbox_window_at(const struct am_mbox_window *w,
                                               uint64_t offset)
{
	assert(offset >= w->base && offset - w->base <= w->len);
	return w->buf + (size_t)(offset - w->base);
}

#endif
