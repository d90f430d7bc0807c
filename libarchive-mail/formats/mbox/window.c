/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/window.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"

#include <glib.h>

#include <string.h>

int am_mbox_window_open(struct am_mbox_window *w, struct am_file *file,
                        uint64_t limit, struct am_error *err)
{
	uint8_t head[64];
	size_t got;
	*w = (struct am_mbox_window){0};
	int r = am_file_read(file, 0, head, sizeof(head), &got, err);
	if (r)
		return r;
	if (am_unpack_sniff(head, got)) {
		r = am_unpack_open(&w->reader, file, err);
		if (r)
			return r;
		w->size = limit;
	} else {
		w->size = am_file_size(file);
		if (w->size > limit)
			w->size = limit;
	}
	w->file = am_file_ref(file);
	/* A small file needs no large window. */
	w->cap = AM_MBOX_WINDOW;
	if (!w->reader && w->size < w->cap)
		w->cap = (size_t)w->size + 1;
	w->buf = g_malloc(w->cap);
	return AM_OK;
}

void am_mbox_window_open_reader(struct am_mbox_window *w,
                                struct am_reader *reader, uint64_t limit)
{
	*w = (struct am_mbox_window){
		.reader = reader, .size = limit, .cap = AM_MBOX_WINDOW};
	w->buf = g_malloc(w->cap);
}

void am_mbox_window_close(struct am_mbox_window *w)
{
	am_reader_close(&w->reader);
	am_file_unref(&w->file);
	g_clear_pointer(&w->buf, g_free);
}

/* Make room by forgetting what lies before keep; grow when more than half is
 * still wanted, so that moving costs no more than reading. */
static void make_room(struct am_mbox_window *w, uint64_t keep)
{
	size_t drop = keep > w->base ? (size_t)(keep - w->base) : 0;
	if (drop > w->len)
		drop = w->len;
	if (w->cap - w->len > w->cap / 2 && drop < w->cap / 2)
		return;
	if (drop) {
		memmove(w->buf, w->buf + drop, w->len - drop);
		w->len -= drop;
		w->base += drop;
	}
	if (w->len > w->cap / 2) {
		w->cap *= 2;
		w->buf = g_realloc(w->buf, w->cap);
	}
}

bool am_mbox_window_seek(struct am_mbox_window *w, uint64_t offset)
{
	if (w->reader || offset > w->size)
		return false;
	if (offset >= w->base && offset < am_mbox_window_end(w))
		return true;
	w->base = offset;
	w->len = 0;
	w->ended = false;
	w->status = AM_OK;
	return true;
}

bool am_mbox_window_more(struct am_mbox_window *w, uint64_t keep)
{
	size_t got = 0;
	int r;
	if (w->ended)
		return false;
	make_room(w, keep);
	uint64_t at = am_mbox_window_end(w);
	size_t want = w->cap - w->len;
	if (w->size - at < want)
		want = (size_t)(w->size - at);
	if (!want) {
		w->ended = true;
		return false;
	}
	if (w->reader) {
		r = am_reader_read(w->reader, w->buf + w->len, want, &got,
		                   &w->error);
	} else {
		r = am_file_read(w->file, at, w->buf + w->len, want, &got,
		                 &w->error);
		if (!r && got < want)
			r = am_fail(&w->error, AM_FAILED, AM_E_IO,
			            "file shrank while it was read");
	}
	if (r < 0)
		w->status = r;
	w->len += got;
	w->ended = r < 0 || got < want;
	return got > 0;
}
