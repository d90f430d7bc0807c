/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/file_base64.h"

#include "base/blob.h"
#include "base/file.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

#define CHUNK (57 * 1024)

int am_file_base64(struct am_spool *to, struct am_file *file, unsigned width,
                   const char *eol, struct am_ctx *ctx, struct am_error *err)
{
	size_t step = width / 4 * 3, room = CHUNK / step * step;
	uint8_t *buf = g_malloc(room);
	uint64_t size = am_file_size(file);
	int r = AM_OK;

	for (uint64_t at = 0; at < size && !r; at += room) {
		size_t n = (size_t)MIN(size - at, room);
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		if (!r)
			r = am_file_read_all(file, at, buf, n, err);
		for (size_t i = 0; i < n && !r; i += step) {
			char *line = g_base64_encode(buf + i, MIN(step, n - i));
			if (at || i)
				r = am_spool_write(to, eol, strlen(eol), err);
			if (!r)
				r = am_spool_write(to, line, strlen(line), err);
			g_free(line);
		}
	}
	g_free(buf);
	return r;
}
