/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sliding view of a blob.
 */
#include "mime/window.h"

#include "base/blob.h"

#include <glib.h>

void am_window_init(struct am_window *w, const struct am_blob *blob,
                    size_t room)
{
	*w = (struct am_window){.blob = blob, .room = room};
	w->size = am_blob_size(blob);
	w->data = am_blob_bytes(blob);
	if (w->data)
		w->len = (size_t)w->size;
	else
		w->data = (const uint8_t *)"";
}

void am_window_drop(struct am_window *w)
{
	g_free(w->buf);
	w->buf = NULL;
}

int am_window_slide(struct am_window *w, uint64_t pos, size_t want,
                    struct am_error *err)
{
	assert(pos <= w->size && want <= w->room);
	if (am_window_has(w, pos, want))
		return AM_OK;
	if (!w->buf)
		w->buf = g_malloc(w->room);
	size_t got = 0;
	int r = am_blob_read(w->blob, pos, w->buf, w->room, &got, err);
	w->data = w->buf;
	w->at = pos;
	w->len = r ? 0 : got;
	/* A blob that gives less than it promised ends here. */
	if (!r && got < w->room)
		w->size = pos + got;
	return r;
}
