/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst_packed.h"

#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"

#include <glib.h>

#include <unistd.h>

/* Outlook's files are half empty and shrink to a twentieth; what grows more
 * than this is made to fill a disk. */
enum { HEAD = 16, MAX_RATIO = 400 };
#define FREE_BYTES (UINT64_C(256) << 20)

static int pour(struct am_reader *from, int fd, uint64_t allowed,
                struct am_ctx *ctx, struct am_error *err)
{
	const uint8_t *data;
	uint64_t all = 0;
	size_t len;
	int r;

	while (!(r = am_reader_peek(from, 1, &data, &len, err))) {
		all += len;
		if (am_ctx_cancelled(ctx))
			return am_ctx_fail_cancelled(err);
		if (all > allowed)
			return am_fail(err, AM_FAILED, AM_E_LIMIT,
			               "unpacks to more than %" PRIu64
			               " MB: a bomb, not a PST",
			               allowed >> 20);
		r = am_write_all(fd, data, len, "temporary file", err);
		if (r)
			return r;
		am_reader_skip(from, len);
	}
	return r == AM_END ? AM_OK : r;
}

int am_pst_unpack(int *fd, const char *path, struct am_ctx *ctx,
                  struct am_error *err)
{
	struct am_reader *from = NULL;
	struct am_file *file = NULL;
	uint8_t head[HEAD];
	size_t got = 0;

	*fd = -1;
	int r = am_file_open(&file, path, err);
	if (r)
		return r;
	r = am_file_read(file, 0, head, sizeof(head), &got, err);
	if (r || !am_unpack_sniff(head, got))
		goto out;
	r = am_unpack_open(&from, file, err);
	if (!r)
		r = am_file_temp(fd, am_ctx_tmpdir(ctx), err);
	if (!r)
		r = pour(from, *fd, FREE_BYTES + am_file_size(file) * MAX_RATIO,
		         ctx, err);
	/* What came before the damage may have all that matters in it. */
	if (r && !am_ctx_cancelled(ctx) && err->kind == AM_E_FORMAT) {
		am_ctx_note_error(ctx, "pst.packed", NULL, NULL, err);
		r = AM_OK;
	}
out:
	am_reader_close(&from);
	am_file_unref(&file);
	return r;
}
